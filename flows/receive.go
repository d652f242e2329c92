package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// Receive takes a push of the platform: it decides, commits and gives the passive reply, the zero Reply for none. The same push
// again is given the same reply and changes nothing. An error means that nothing is known to have happened: let the platform
// deliver the push again. Safe for concurrent use; pushes of one fan wait for each other in the order they came.
func (e *Engine) Receive(ctx context.Context, account string, p *wechat.Push) (wechat.Reply, error) {
	acc, err := e.account(account)
	if err != nil {
		return wechat.Reply{}, err
	}
	if !concernsFan(p) {
		if e.onPush != nil {
			e.onPush(account, p)
		}
		if err := e.massSent(ctx, acc, p); err != nil {
			return wechat.Reply{}, err
		}
		if !mayConcernFan(p) {
			return wechat.Reply{}, nil
		}
	}
	t := task{fan: store.FanID{Account: account, OpenID: p.FromUserName}, cause: p.Key(), event: pushEvent(p)}
	e.talks.begin(t.fan, t.cause, store.Stamp(e.now()))
	leave, err := e.lanes.enter(ctx, t.fan)
	if err != nil {
		return wechat.Reply{}, fmt.Errorf("wait for fan %s: %w", t.fan, err)
	}
	defer leave()
	t.now = store.Stamp(e.now())
	if t.event.Name == "sent" {
		return wechat.Reply{}, e.report(ctx, acc, t, p)
	}
	return e.run(ctx, acc, t)
}

// commitJob keeps a job durably, as a blind Change of the fan, or of the account, which touches no fan. The cause is known, and
// adds no second job, for a day or for keep if that is longer.
func (e *Engine) commitJob(ctx context.Context, by store.FanID, cause string, keep time.Duration, j store.Job) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: by, Base: store.AnyRev, Cause: cause, At: store.Stamp(e.now()), Jobs: []store.Job{j}, Receipt: json.RawMessage("{}"), Keep: keep,
	})
	if err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("keep event %s of fan %s: %w", j.Name, j.Fan(), err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}
