package ui

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// The login takes maxTries wrong tokens from one address in a tryWindow. The table of addresses is bounded.
const (
	maxTries     = 10
	tryWindow    = 10 * time.Minute
	maxAddresses = 4096
)

// throttle counts tries to log in by address.
type throttle struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[string]*tries
}

type tries struct {
	since time.Time
	count int
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, seen: map[string]*tries{}}
}

// take counts a try before it is looked at, so that tries side by side count too. It answers how long to wait when there have
// been too many, 0 when this one may go on.
func (t *throttle) take(address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	s := t.seen[address]
	if s == nil || now.Sub(s.since) >= tryWindow {
		t.makeRoom(now)
		s = &tries{since: now}
		t.seen[address] = s
	}
	if s.count >= maxTries {
		return s.since.Add(tryWindow).Sub(now)
	}
	s.count++
	return 0
}

// forget clears an address that has logged in.
func (t *throttle) forget(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, address)
}

// makeRoom drops what is over, and where that is not enough the address that began first.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.seen) < maxAddresses {
		return
	}
	var oldest string
	for a, s := range t.seen {
		if now.Sub(s.since) >= tryWindow {
			delete(t.seen, a)
		} else if oldest == "" || s.since.Before(t.seen[oldest].since) {
			oldest = a
		}
	}
	if len(t.seen) >= maxAddresses {
		delete(t.seen, oldest)
	}
}

// address gives whom a request is counted for: the peer's IP, for IPv6 its /64 network. Headers that a proxy may set are not
// believed, as anybody may set them: behind a proxy all share one count.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Unmap().Is4() {
		return host
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}
