package flows

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
)

// reportPatience is how long a report on a send waits for the commit of the send's message id that it overtook.
const reportPatience = 10 * time.Second

// Wake is the scheduler's worker for jobs of kind timer, event, chore, http and plugin. It ends the job by its Change. An error means that the job
// shall be brought again: a timer whose script failed comes back until its third try, and is parked then.
func (e *Engine) Wake(ctx context.Context, job store.Job) error {
	acc, err := e.account(job.Account)
	if err != nil {
		return fmt.Errorf("job %s: %w", job.ID, err)
	}
	if job.Kind == choreKind {
		if job.Name == tickChore {
			ready, tick, err := e.beforeTick(ctx, acc, job)
			if err != nil || !ready {
				return err
			}
			job = tick
		}
		return e.chore(ctx, acc, job)
	}
	switch job.Kind {
	case callKind:
		return e.outcall(ctx, acc, job)
	case pluginKind:
		return e.accountRun(ctx, acc, job)
	}
	t := task{fan: job.Fan(), cause: job.ID, job: &job}
	leave, err := e.lanes.enter(ctx, t.fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", t.fan, err)
	}
	defer leave()
	t.now = store.Stamp(e.now())
	snap, err := e.store.Load(ctx, t.fan, "")
	if err != nil {
		return fmt.Errorf("load fan %s: %w", t.fan, err)
	}
	if job.Kind == "timer" {
		return e.wakeTimer(ctx, acc, t, snap)
	}
	return e.wakeEvent(ctx, acc, t, snap)
}

func (e *Engine) wakeTimer(ctx context.Context, acc *Account, t task, snap store.Snapshot) error {
	if snap.Fan.Rev == 0 || snap.Fan.Erased {
		return e.drop(ctx, t)
	}
	ed, err := e.library.edition(ctx, acc.Name, snap.Catalog)
	if err != nil {
		return err
	}
	if p := ed.ByName[t.job.Flow]; p != nil && p.Paused {
		return e.snooze(ctx, t, t.now.Add(pausedFor), heldWhy)
	}
	t.event = &event{Name: timerEvent, Created: t.job.Due, Fields: map[string]any{"delay": t.job.Name, "name": t.job.Name}}
	_, err = e.run(ctx, acc, t)
	return err
}

func (e *Engine) wakeEvent(ctx context.Context, acc *Account, t task, snap store.Snapshot) error {
	ev, err := jobEvent(*t.job)
	if err != nil {
		return fmt.Errorf("read event job %s: %w", t.job.ID, err)
	}
	if snap.Fan.Erased || snap.Fan.Rev == 0 && ev.Name != "webhook" {
		return e.drop(ctx, t)
	}
	t.event = ev
	if ev.Name == "sent" || ev.Name == acceptedEvent {
		found, err := e.settling(ctx, &t)
		if err != nil {
			return err
		}
		if !found {
			return e.drop(ctx, t)
		}
	}
	_, err = e.run(ctx, acc, t)
	return err
}

// drop ends a job that is about nobody any more.
func (e *Engine) drop(ctx context.Context, t task) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: t.fan.Account}, Cause: t.job.ID, At: store.Stamp(t.now), Done: []string{t.job.ID},
	})
	if err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("end job %s: %w", t.job.ID, err)
	}
	return nil
}

// snooze puts a job off. A job can be put off to the same moment twice, when the clock was put back or it was let go between: the
// cause is made anew each time, as it would be taken for done otherwise.
func (e *Engine) snooze(ctx context.Context, t task, due time.Time, why string) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: t.fan.Account}, Cause: fmt.Sprintf("%s@%d/%s", t.job.ID, due.UnixMilli(), rand.Text()), At: store.Stamp(t.now),
		Snooze: []store.Snooze{{Job: t.job.ID, Due: due, Attempt: t.job.Attempt, Why: why}},
	})
	if err != nil {
		return fmt.Errorf("put off job %s: %w", t.job.ID, err)
	}
	return nil
}
