package outbox

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// pauses are the accounts and channels that wait for somebody to mend the account. They are kept in memory: after a restart the
// first send finds out anew.
type pauses struct {
	mu sync.Mutex
	m  map[pauseKey]pause
}

type pauseKey struct{ account, channel string }

type pause struct {
	until time.Time
	why   string
}

func (p *pauses) set(account, channel, why string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m == nil {
		p.m = map[pauseKey]pause{}
	}
	p.m[pauseKey{account, channel}] = pause{until, why}
}

func (p *pauses) clear(account, channel string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.m, pauseKey{account, channel})
}

func (p *pauses) get(account, channel string, now time.Time) (pause, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.m[pauseKey{account, channel}]
	return v, ok && v.until.After(now)
}

// Paused says why an account's sending pauses, channel by channel; empty when it does not. A channel pauses for ten minutes
// when the platform refuses a call because of the account's permission or configuration; then one send tries again.
func (o *Outbox) Paused(account string) string {
	now := o.c.Now()
	o.pauses.mu.Lock()
	defer o.pauses.mu.Unlock()
	var why []string
	for k, p := range o.pauses.m {
		if k.account == account && p.until.After(now) {
			why = append(why, k.channel+": "+p.why)
		}
	}
	slices.Sort(why)
	return strings.Join(why, "; ")
}
