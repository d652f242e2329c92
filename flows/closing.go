package flows

import (
	"context"
	"fmt"
	"time"

	"fanflow/store"
)

// closeChore ends the enrollments of a flow whose window closes.
const closeChore = "close"

// closeJobs gives the chore that ends those who are in a published flow when its window closes; none where the window has no end,
// or lets them go on. The id holds the time, so that a window that is moved gets a chore of its own: the old one finds nobody.
func (e *Engine) closeJobs(acc *Account, p *published) ([]store.Job, error) {
	if p.Window.Closes != closesLeave || p.Window.To.IsZero() {
		return nil, nil
	}
	to := atZone(p.Window.To, acc.Location)
	job, err := choreJob(acc.Name, closeCause(p.Name, to), to, chore{Name: closeChore, Flow: p.Name})
	if err != nil {
		return nil, err
	}
	return []store.Job{job}, nil
}

func closeCause(flow string, to time.Time) string { return fmt.Sprintf("close/%s@%d", flow, to.Unix()) }

func (e *Engine) closeChoreDo() choreDo {
	return choreDo{
		filter: func(c *chore) store.FanFilter { return store.FanFilter{Flow: c.Flow} },
		page: func(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error {
			return e.eachFan(ctx, c, fans, func(ctx context.Context, f *store.Fan) error { return e.closeFor(ctx, acc, c.Flow, f.ID) })
		},
	}
}

// closeFor ends what a closed window ends for one fan. Done again it finds nothing to do.
func (e *Engine) closeFor(ctx context.Context, acc *Account, flow string, fan store.FanID) error {
	leave, err := e.lanes.enter(ctx, fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", fan, err)
	}
	defer leave()
	now := store.Stamp(e.now())
	_, err = e.run(ctx, acc, task{
		fan: fan, now: now, // ids of sends derive from the cause
		cause: fmt.Sprintf("%08x-close/%s@%d/%s", uint32(now.Unix()), flow, now.UnixMilli(), fan.OpenID),
		event: &event{Name: closedEvent, Created: now, Fields: map[string]any{}},
	})
	return err
}
