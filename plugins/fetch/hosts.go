package fetch

import (
	"context"
	"maps"
	"sync"
	"time"
)

const (
	failsDown = 5                // faults in a row after which a host is down
	downFor   = 10 * time.Second // that nobody asks it then; after it one request tries
	maxKnown  = 1024             // hosts that are remembered
	maxAskers = 256              // whose faults are remembered of one host
)

// hosts keep for each host how many requests are at it, and for whom it is down: that one's path fails says nothing of another's.
type hosts struct {
	now     func() time.Time
	perHost int
	mu      sync.Mutex
	by      map[string]*host
}

type host struct {
	places chan struct{}
	users  int // that hold it or wait
	by     map[string]*record
}

// record is how a host has served one who asks.
type record struct {
	users   int
	fails   int
	downTo  time.Time
	probing bool // one request tries whether it is back
}

// enter waits for a place at a host, for who asks. A fault says why there is none; leave gives the place back and says how it went.
func (h *hosts) enter(ctx context.Context, name, by string) (leave func(verdict), fault Fault) {
	h.mu.Lock()
	to := h.by[name]
	if to == nil {
		h.forget()
		to = &host{places: make(chan struct{}, h.perHost), by: map[string]*record{}}
		h.by[name] = to
	}
	at := to.of(by, h.now())
	probe := false
	if at.fails >= failsDown {
		if at.probing || h.now().Before(at.downTo) {
			h.mu.Unlock()
			return nil, Down
		}
		at.probing, probe = true, true
	}
	to.users++
	at.users++
	h.mu.Unlock()

	done := func(v verdict) {
		h.mu.Lock()
		defer h.mu.Unlock()
		to.users--
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
	case to.places <- struct{}{}:
		return func(v verdict) { <-to.places; done(v) }, ""
	case <-ctx.Done():
		done(unknown)
		return nil, Busy
	}
}

// of gives the record of one who asks.
func (h *host) of(by string, now time.Time) *record {
	if h.by[by] == nil {
		if len(h.by) >= maxAskers {
			maps.DeleteFunc(h.by, func(_ string, r *record) bool { return r.idle(now) })
		}
		h.by[by] = &record{}
	}
	return h.by[by]
}

// idle reports whether nobody uses a record and it keeps nobody away.
func (r *record) idle(now time.Time) bool {
	return r.users == 0 && (r.fails < failsDown || !now.Before(r.downTo))
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
	maps.DeleteFunc(h.by, func(_ string, at *host) bool {
		for _, r := range at.by {
			if !r.idle(now) {
				return false
			}
		}
		return at.users == 0
	})
}
