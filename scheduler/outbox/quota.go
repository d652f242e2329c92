package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

// shanghai is the zone of the platform's days; it has had no daylight saving since 1991.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// period is how long a quota lasts.
type period string

const (
	daily   period = "2006-01-02"
	monthly period = "2006-01"
)

// window is the period that t falls in, as its name and the instant at which the next one begins.
func (p period) window(t time.Time) (name string, resets time.Time) {
	t = t.In(shanghai)
	next := time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, shanghai)
	if p == monthly {
		next = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, shanghai)
	}
	return t.Format(string(p)), next.UTC()
}

// limit is one line of the platform's table of frequencies, as it stood at Seen.
type limit struct {
	Quota  string
	Period period
	Of     int64  // calls in the period
	Test   int64  // the same for a test account
	Type   string // service or subscription; empty for both
	Seen   string // the day on which the source was read
	Source string
}

// limits are the figures of new accounts; the platform raises some of them at 100,000, 1 and 10 million followers and refuses
// with 45009 where it allows less. All of them need a verified account or a test account, which has a verified service account's
// rights; the others may not call at all (48001; fact sheet 12.2), so there is nothing to count.
var limits = []limit{
	{store.Customer, daily, 500_000, 50_000, "", "2026-10-07", "guide/dev/api/limit: customer-service message"},
	{store.Template, daily, 100_000, 100_000, "service", "2026-10-07", "guide/product/template_message; no figure for test accounts"},
	{store.Notice, daily, 100_000, 100_000, "service", "2026-10-07", "no figure is published: taken to be that of template messages"},
	{store.Mass, daily, 100, 100, "service", "2026-10-07", "guide/dev/api/limit: advanced mass send; no figure for test accounts"},
	{store.Mass, daily, 1, 1, "subscription", "2026-10-07", "guide/product/message/Batch_Sends"},
}

func (a *Account) limits() []limit {
	if !a.Verified && !a.Test {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(limits), func(l limit) bool { return l.Type != "" && l.Type != a.Type })
}

// barred says why the account cannot send by the channel at all, in words that name the mend; empty if it can. The platform
// would refuse each call with 48001. Source: fact sheet 12.2.
func (a *Account) barred(channel string) string {
	if slices.ContainsFunc(a.limits(), func(l limit) bool { return l.Quota == channel }) {
		return ""
	}
	if !a.Verified {
		return fmt.Sprintf("an account that is not verified may not send by %s; if it is, set verified = true for account %q", channel, a.Name)
	}
	return fmt.Sprintf("a %s account may not send by %s", a.Type, channel)
}

// May reports whether an account of this type and verification can send by the channel at all.
func (a *Account) May(channel string) bool { return a.barred(channel) == "" }

// spends are what one call costs of the named quotas now.
func (a *Account) spends(now time.Time, quotas ...string) []store.Spend {
	var spends []store.Spend
	for _, l := range a.limits() {
		if slices.Contains(quotas, l.Quota) {
			spends = append(spends, l.spend(a, now))
		}
	}
	return spends
}

func (l *limit) spend(a *Account, now time.Time) store.Spend {
	name, resets := l.Period.window(now)
	s := store.Spend{Quota: l.Quota, Period: name, N: 1, Limit: l.Of, Resets: resets}
	if a.Test {
		s.Limit = l.Test
	}
	return s
}

// closing are spends that mark the windows as used up, as the platform says they are.
func closing(spends []store.Spend) []store.Spend {
	c := slices.Clone(spends)
	for i := range c {
		c[i].N, c[i].Close = 0, true
	}
	return c
}

// refund gives back what was spent.
func refund(spends []store.Spend) []store.Spend {
	c := slices.Clone(spends)
	for i := range c {
		c[i].N = -c[i].N
	}
	return c
}

// Quotas lists every quota of the account that the outbox knows, in its present window: what is used, the limit, when it
// resets. An unknown account is an error.
func (o *Outbox) Quotas(ctx context.Context, account string) ([]store.Quota, error) {
	a, err := o.account(account)
	if err != nil {
		return nil, err
	}
	now := o.c.Now()
	used, err := o.c.Store.Quotas(ctx, account, now)
	if err != nil {
		return nil, fmt.Errorf("read the quotas of account %s: %w", account, err)
	}
	var list []store.Quota
	for _, l := range a.limits() {
		s := l.spend(a, now)
		q := store.Quota{Quota: s.Quota, Period: s.Period, Limit: s.Limit, Resets: s.Resets}
		for _, u := range used {
			if u.Quota == q.Quota && u.Period == q.Period {
				q.Used, q.Closed = u.Used, u.Closed
			}
		}
		list = append(list, q)
	}
	for _, u := range used { // quotas that others keep
		if !slices.ContainsFunc(list, func(q store.Quota) bool { return q.Quota == u.Quota && q.Period == u.Period }) && u.Resets.After(now) {
			list = append(list, u)
		}
	}
	slices.SortStableFunc(list, func(x, y store.Quota) int { return strings.Compare(x.Quota, y.Quota) })
	return list, nil
}
