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
}

type talk struct {
	pushes map[string]bool // by key
	over   chan struct{}   // closed when none is left
}

func newTalks() *talks { return &talks{open: map[store.FanID]*talk{}} }

func (t *talks) begin(fan store.FanID, push string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.open[fan]
	if o == nil {
		o = &talk{pushes: map[string]bool{}, over: make(chan struct{})}
		t.open[fan] = o
	}
	o.pushes[push] = true
}

func (t *talks) end(fan store.FanID, push string) {
	t.mu.Lock()
	defer t.mu.Unlock()
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

// Written says that every delivery of the push is over: later messages to the fan may go.
func (e *Engine) Written(account string, p *wechat.Push) {
	e.talks.end(store.FanID{Account: account, OpenID: p.FromUserName}, p.Key())
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
