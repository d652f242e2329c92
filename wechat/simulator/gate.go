package simulator

import (
	"context"
	"sync"
	"time"
)

// gate lets many enter side by side, or one hold it shut. Who wants it shut is not kept waiting by new entrants. The zero
// gate is open.
type gate struct {
	mu      sync.Mutex
	inside  int
	shut    bool
	changed chan struct{} // closed when inside or shut changes and somebody waits
}

// enter waits until the gate is open. The error is that of ctx; without one leave must follow.
func (g *gate) enter(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.mu.Lock()
		if !g.shut {
			g.inside++
			g.mu.Unlock()
			return nil
		}
		wait := g.waiting()
		g.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-wait:
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.wake()
}

// close shuts the gate, after another who has it shut, and waits until all inside have left. Without an error open must
// follow.
func (g *gate) close(ctx context.Context) error {
	mine := false
	for {
		g.mu.Lock()
		if err := ctx.Err(); err != nil {
			if mine {
				g.shut = false
				g.wake()
			}
			g.mu.Unlock()
			return err
		}
		if !g.shut {
			g.shut, mine = true, true
		}
		if mine && g.inside == 0 {
			g.mu.Unlock()
			return nil
		}
		wait := g.waiting()
		g.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-wait:
		}
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
	g.wake()
}

func (g *gate) waiting() <-chan struct{} {
	if g.changed == nil {
		g.changed = make(chan struct{})
	}
	return g.changed
}

func (g *gate) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// activity counts what goes on at the platform, so that a moving clock knows when an instant is over. The zero value is
// ready.
type activity struct {
	mu      sync.Mutex
	started uint64 // ever
	running int
	latest  time.Time     // wall time of the last begin or finish
	idle    chan struct{} // closed when running falls to zero and somebody waits
}

func (a *activity) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.started++
	a.running++
	a.latest = time.Now()
}

func (a *activity) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
	a.latest = time.Now()
	if a.running == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

// last is when something last began or ended, in wall time.
func (a *activity) last() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.latest
}

// mark is a point to ask quietSince about.
func (a *activity) mark() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.started
}

// quietSince reports whether nothing runs and nothing began after mark.
func (a *activity) quietSince(mark uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.running == 0 && a.started == mark
}

// wait returns when nothing runs.
func (a *activity) wait(ctx context.Context) error {
	for {
		a.mu.Lock()
		if a.running == 0 {
			a.mu.Unlock()
			return ctx.Err()
		}
		if a.idle == nil {
			a.idle = make(chan struct{})
		}
		idle := a.idle
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-idle:
		}
	}
}
