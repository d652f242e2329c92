package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"fanflow/store"
)

// A passive reply is the one act that is not durable: it is committed, then written to a connection that may be gone. The
// engine therefore keeps a mark in the store: every reply committed before it has been written, or given up. What was
// committed after the mark when the process died is uncertain, and the journal says so, unless the platform asks for it again.

// writtenSetting keeps the mark, as RFC 3339 with milliseconds.
const writtenSetting = "flows/written"

// markEvery is how often the mark is moved while pushes come, in wall time: so much traffic is uncertain after a crash.
const markEvery = 50 * time.Millisecond

// doubts are the replies that the last crash left open, by cause.
type doubts struct {
	mu   sync.Mutex
	open map[string]store.FanID
}

// take reports whether the cause was in doubt, and ends the doubt.
func (d *doubts) take(cause string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.open[cause]
	delete(d.open, cause)
	return ok
}

// Recover notes in the journal which replies the end of the last run left uncertain, and sets the jobs of publications that it
// left without. It is called once, before pushes are
// taken; after a stop in order there is nothing to do.
func (e *Engine) Recover(ctx context.Context) error {
	if err := e.followUp(ctx); err != nil {
		return err
	}
	since, err := e.mark(ctx)
	if err != nil {
		return err
	}
	if since.IsZero() {
		return e.Mark(ctx)
	}
	given, err := e.store.Receipts(ctx, since, e.now().Add(time.Hour)) // the simulator's clock may not be ours yet
	if err != nil {
		return fmt.Errorf("list the last replies before the stop: %w", err)
	}
	for _, g := range given {
		reply, err := readReply(g.Reply)
		if err != nil || reply.IsZero() {
			continue // the receipt of something else, or of no reply
		}
		why := "the service stopped before it was known whether the reply was written"
		if err := e.noteReply(ctx, g.Fan, g.Cause, g.Cause+"/unsure", store.Uncertain, why); err != nil {
			return err
		}
		e.doubts.mu.Lock()
		e.doubts.open[g.Cause] = g.Fan
		e.doubts.mu.Unlock()
	}
	return e.Mark(ctx)
}

// noteReply writes what became of a passive reply into the fan's journal, once per cause.
func (e *Engine) noteReply(ctx context.Context, fan store.FanID, push, cause string, status store.Status, why string) error {
	_, err := e.store.Commit(ctx, store.Change{
		Fan: fan, Base: store.AnyRev, Cause: cause, At: store.Stamp(e.now()), Receipt: json.RawMessage("{}"),
		Entries: []store.Entry{{Kind: store.Settled, Channel: store.Passive, Send: push, Name: string(status), Why: why}},
	})
	if err != nil {
		return fmt.Errorf("note that a reply to fan %s is %s: %w", fan, status, err)
	}
	return nil
}

// mark reads the mark; the zero time if none was ever set.
func (e *Engine) mark(ctx context.Context) (t time.Time, err error) {
	b, err := e.store.Setting(ctx, writtenSetting)
	if errors.Is(err, store.ErrNotFound) {
		return t, nil
	}
	if err == nil {
		t, err = time.Parse(time.RFC3339Nano, string(b))
	}
	if err != nil {
		return t, fmt.Errorf("read up to when replies were written: %w", err)
	}
	return t, nil
}

// Mark moves the mark to now, or to the start of the oldest push that is still being answered. Run calls it; a stop in order
// calls it last, when all pushes have been answered.
func (e *Engine) Mark(ctx context.Context) error {
	at := e.talks.writtenUntil(store.Stamp(e.now()))
	if err := e.store.SetSetting(ctx, writtenSetting, []byte(at.Format(time.RFC3339Nano))); err != nil {
		return fmt.Errorf("keep up to when replies were written: %w", err)
	}
	return nil
}

// Run keeps the mark behind the traffic until ctx ends. While no push comes it writes nothing.
func (e *Engine) Run(ctx context.Context) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !e.talks.heard() {
			continue
		}
		if err := e.Mark(ctx); err != nil && ctx.Err() == nil {
			e.logger.ErrorContext(ctx, "mark the written replies", "err", err)
		}
	}
}
