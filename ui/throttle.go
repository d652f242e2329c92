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

// throttle counts tries to log in by address. It holds two generations of them: when the young one is full or a window old, it
// becomes the old one, and what was old is forgotten. So the table is bounded and no try has to look through it.
type throttle struct {
	now func() time.Time

	mu         sync.Mutex
	young, old map[string]*tries
	since      time.Time // when the young generation began
}

type tries struct {
	since time.Time
	count int
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, young: map[string]*tries{}, since: now()}
}

// take counts a try before it is looked at, so that tries side by side count too. It answers how long to wait when there have
// been too many, 0 when this one may go on.
func (t *throttle) take(address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.Sub(t.since) >= tryWindow || len(t.young) >= maxAddresses/2 {
		t.young, t.old, t.since = map[string]*tries{}, t.young, now
	}
	s := t.young[address]
	if s == nil {
		s = t.old[address]
	}
	if s == nil || now.Sub(s.since) >= tryWindow {
		s = &tries{since: now}
	}
	t.young[address] = s
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
	delete(t.young, address)
	delete(t.old, address)
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
