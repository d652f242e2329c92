package callback

import (
	"context"
	"time"
)

// idleFor is how long a worker without a run is kept at least; twice as long at most.
const idleFor = 10 * time.Second

// workers receive runs in goroutines that are kept for the next one. A decision runs deep, and a new goroutine would have to
// grow its stack for every push. They end with ctx.
type workers struct {
	ctx     context.Context
	receive func(*run)
	runs    chan *run
}

func newWorkers(ctx context.Context, receive func(*run)) workers {
	return workers{ctx, receive, make(chan *run)}
}

// start has a run received in a goroutine that is doing nothing else, and does not wait for it.
func (w workers) start(r *run) {
	select {
	case w.runs <- r:
	default: // nobody is waiting for one
		go w.work(r)
	}
}

// work receives r and what comes after it, until nothing comes any more.
func (w workers) work(r *run) {
	look := time.NewTicker(idleFor) // setting a timer anew for every run would cost more than the look
	defer look.Stop()
	for used := true; ; {
		if r != nil {
			w.receive(r)
			used = true
		}
		select {
		case r = <-w.runs:
		case <-w.ctx.Done():
			return
		case <-look.C:
			if !used {
				return
			}
			r, used = nil, false
		}
	}
}
