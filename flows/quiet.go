package flows

import (
	"context"
	"sync"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// quietFor bounds Quiet: three deliveries of five seconds.
const quietFor = 15 * time.Second

// talks are the pushes that are being answered, per fan.
type talks struct {
	mu   sync.Mutex
	open map[store.FanID]*talk
	news bool // a push came or was answered since heard was asked
}

type talk struct {
	pushes map[string]time.Time // by key: when the push came, by the engine's clock
	over   chan struct{}        // closed when none is left
}

func newTalks() *talks { return &talks{open: map[store.FanID]*talk{}} }

func (t *talks) begin(fan store.FanID, push string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = true
	o := t.open[fan]
	if o == nil {
		o = &talk{pushes: map[string]time.Time{}, over: make(chan struct{})}
		t.open[fan] = o
	}
	o.pushes[push] = now
}

func (t *talks) end(fan store.FanID, push string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = true
	o := t.open[fan]
	if o == nil {
		return
	}
	delete(o.pushes, push)
	if len(o.pushes) == 0 {
		delete(t.open, fan)
		close(o.over)
	}
}

// heard reports whether pushes came or were answered since it was last asked.
func (t *talks) heard() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	news := t.news
	t.news = false
	return news
}

// writtenUntil is when the oldest push came that is still being answered; now if there is none. The caller has read now
// before, so that a push which comes meanwhile is later.
func (t *talks) writtenUntil(now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	oldest := now
	for _, o := range t.open {
		for _, at := range o.pushes {
			if at.Before(oldest) {
				oldest = at
			}
		}
	}
	return oldest
}

// Written says that every delivery of the push is over: later messages to the fan may go. A reply that a crash had left
// uncertain has now been asked for again, and the journal says so.
func (e *Engine) Written(account string, p *wechat.Push) {
	fan, key := store.FanID{Account: account, OpenID: p.FromUserName}, p.Key()
	e.talks.end(fan, key)
	if !e.doubts.take(key) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), quietFor)
	defer cancel()
	if err := e.noteReply(ctx, fan, key, key+"/asked", store.Sent, "the platform asked for the reply again"); err != nil {
		e.logger.Error("note a reply that was asked for again", "err", err)
	}
}

// Quiet waits until no push of the fan is being answered, so that a customer-service message does not overtake a passive reply.
// It waits 15 seconds of wall time at most: a push is over by then. The error is ctx's.
func (e *Engine) Quiet(ctx context.Context, fan store.FanID) error {
	timeout := time.NewTimer(quietFor) // wall time: it waits for HTTP requests
	defer timeout.Stop()
	for {
		e.talks.mu.Lock()
		o := e.talks.open[fan]
		e.talks.mu.Unlock()
		if o == nil {
			return nil
		}
		select {
		case <-o.over:
		case <-timeout.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
