package callback

import (
	"context"
	"time"
)

// idleFor is how long a worker waits for its next call.
const idleFor = 10 * time.Second

// workers call functions in goroutines that are kept for the next call. A decision runs deep, and a new goroutine would have to
// grow its stack for every push. They end with ctx.
type workers struct {
	ctx   context.Context
	calls chan func()
}

func newWorkers(ctx context.Context) workers { return workers{ctx, make(chan func())} }

// run calls f in a goroutine that is doing nothing else, and does not wait for it.
func (w workers) run(f func()) {
	select {
	case w.calls <- f:
	default: // nobody is waiting for a call
		go w.work(f)
	}
}

// work calls f and what comes after it, until nothing comes any more.
func (w workers) work(f func()) {
	idle := time.NewTimer(idleFor)
	defer idle.Stop()
	for {
		f()
		idle.Reset(idleFor)
		select {
		case f = <-w.calls:
		case <-w.ctx.Done():
			return
		case <-idle.C:
			return
		}
	}
}
