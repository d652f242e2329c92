package fetch

import (
	"context"
	"sync"
	"time"
)

const (
	failsDown = 5                // faults in a row after which a host is down
	downFor   = 10 * time.Second // that nobody asks it then; after it one request tries
	maxKnown  = 1024             // hosts that are remembered
)

// hosts keep for each host how many requests are at it, and whether it is down.
type hosts struct {
	now     func() time.Time
	perHost int
	mu      sync.Mutex
	by      map[string]*host
}

type host struct {
	places  chan struct{}
	users   int // that hold it or wait
	fails   int
	downTo  time.Time
	probing bool // one request tries whether it is back
}

// enter waits for a place at a host. A fault says why there is none; leave gives the place back and says how it went.
func (h *hosts) enter(ctx context.Context, name string) (leave func(verdict), fault Fault) {
	h.mu.Lock()
	at := h.by[name]
	if at == nil {
		h.forget()
		at = &host{places: make(chan struct{}, h.perHost)}
		h.by[name] = at
	}
	probe := false
	if at.fails >= failsDown {
		if at.probing || h.now().Before(at.downTo) {
			h.mu.Unlock()
			return nil, Down
		}
		at.probing, probe = true, true
	}
	at.users++
	h.mu.Unlock()

	done := func(v verdict) {
		h.mu.Lock()
		defer h.mu.Unlock()
		at.users--
		if probe {
			at.probing = false
		}
		switch v {
		case works:
			at.fails = 0
		case fails:
			if at.fails++; at.fails >= failsDown {
				at.downTo = h.now().Add(downFor)
			}
		}
	}
	select {
	case at.places <- struct{}{}:
		return func(v verdict) { <-at.places; done(v) }, ""
	case <-ctx.Done():
		done(unknown)
		return nil, Busy
	}
}

// verdict is what a request shows of its host.
type verdict int

const (
	unknown verdict = iota
	works
	fails
)

// forget lets go of hosts that nobody uses and that nothing is held against, when there are many.
func (h *hosts) forget() {
	if len(h.by) < maxKnown {
		return
	}
	now := h.now()
	for name, at := range h.by {
		if at.users == 0 && (at.fails < failsDown || !now.Before(at.downTo)) {
			delete(h.by, name)
		}
	}
}
