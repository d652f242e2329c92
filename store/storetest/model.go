package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// The small world that random Changes play in, so that they meet often.
var (
	accounts = []string{"shop", "cafe"}
	openids  = []string{"a", "b", "c", "d"}
	flows    = []string{"coupon", "drip"}
	states   = []string{"one", "two", "three"}
	names    = []string{"vip", "new", "上海"}
)

// dice make Changes that mostly make sense.
type dice struct {
	*rand.Rand
	lasting bool // no Change is blind, refused or without entries, nobody is erased
}

func pick[T any](d *dice, of []T) T { return of[d.IntN(len(of))] }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

func (d *dice) fan() store.FanID {
	return store.FanID{Account: pick(d, accounts), OpenID: pick(d, openids)}
}

// change moves the fan; n numbers it.
func (d *dice) change(f store.Fan, n int) store.Change {
	c := store.Change{Fan: f.ID, Cause: fmt.Sprintf("%08x/%d", at.Unix()+int64(n), n), At: at.Add(time.Duration(n) * 7 * time.Second), Base: f.Rev}
	if d.chance(50) {
		c.Receipt = raw(fmt.Sprintf("reply <%d>", n))
	}
	steps := 1 + d.IntN(4)
	for range steps {
		e := d.entry(f, n)
		a, err := store.Apply(f, store.Change{Fan: f.ID, Cause: c.Cause, At: c.At, Entries: []store.Entry{e}})
		if err != nil {
			continue // the entry does not fit what came before it
		}
		f = a.Fan
		c.Entries = append(c.Entries, e)
	}
	if len(c.Entries) == 0 {
		c.Entries = []store.Entry{{Kind: store.Heard, Text: "*"}}
	}
	return c
}

// entry picks what may happen to the fan next.
func (d *dice) entry(f store.Fan, n int) store.Entry {
	flow := pick(d, flows)
	no := f.Past[flow].Count
	switch d.IntN(16) {
	case 0, 1:
		return store.Entry{Kind: store.Subscribed, Name: pick(d, names), Created: at.Add(time.Duration(d.IntN(n+1)) * time.Second)}
	case 2:
		return store.Entry{Kind: store.Unsubscribed, Created: at.Add(time.Duration(d.IntN(n+1)) * time.Second)}
	case 3:
		return store.Entry{Kind: store.Tagged, Name: pick(d, names)}
	case 4:
		return store.Entry{Kind: store.Untagged, Name: pick(d, names)}
	case 5:
		return store.Entry{Kind: store.AttrSet, Name: pick(d, names), Value: raw(pick(d, []any{nil, 1, "x"}))}
	case 6, 7, 8:
		return store.Entry{Kind: store.Enrolled, Flow: flow, No: no + 1, Version: 1, Day: at.AddDate(0, 0, n/100).Format("2006-01-02")}
	case 9, 10, 11:
		step := d.IntN(len(states) + 1)
		return store.Entry{Kind: store.Entered, Flow: flow, No: no, State: states[max(0, step-1)], Step: step, Fence: f.Fence + 1}
	case 12:
		return store.Entry{Kind: store.Left, Flow: flow, No: no, Done: d.chance(50), Why: "final"}
	case 13:
		return store.Entry{Kind: store.VarSet, Flow: flow, No: no, Name: pick(d, names), Value: raw(n)}
	case 14:
		return store.Entry{Kind: store.WindowOpened, Window: &store.Window{Trigger: pick(d, names), Opened: at, Until: at.Add(time.Duration(n) * time.Minute), Left: 5}}
	default:
		if !d.lasting && d.chance(20) {
			return store.Entry{Kind: store.Erased}
		}
		return store.Entry{Kind: store.Heard, Text: fmt.Sprint(n)}
	}
}

// more adds jobs, sends, claims, keys and spends to a Change, or spoils it.
func (d *dice) more(c *store.Change, jobs []string, n int) {
	account := c.Fan.Account
	for i := range d.IntN(3) {
		j := store.Job{ID: fmt.Sprintf("j%d/%d", d.IntN(n+1), i), Account: account, OpenID: pick(d, openids), Kind: pick(d, states), Due: at.Add(time.Duration(d.IntN(60)) * time.Minute), Flow: pick(d, flows), Parked: d.chance(10)}
		c.Jobs = append(c.Jobs, j)
	}
	for _, id := range jobs {
		switch d.IntN(8) {
		case 0:
			c.Done = append(c.Done, id)
			if d.chance(30) {
				c.Cause = id
			}
		case 1:
			c.Snooze = append(c.Snooze, store.Snooze{Job: id, Due: at.Add(time.Duration(d.IntN(90)) * time.Minute), Attempt: n, Parked: d.chance(20)})
		}
	}
	if d.chance(30) {
		c.Sends = append(c.Sends, store.Send{ID: fmt.Sprint("s", d.IntN(40)), Account: account, OpenID: pick(d, openids), Status: pick(d, []store.Status{store.Waiting, store.Sent, store.Skipped}), Created: at.Add(time.Duration(d.IntN(9)) * time.Hour), Content: raw(n)})
	}
	if d.chance(20) {
		from := 1 + d.Int64N(40)
		c.Claims = append(c.Claims, store.Claim{Key: pick(d, names), From: from, To: from + d.Int64N(3)})
	}
	if d.chance(15) {
		c.Writes = append(c.Writes, store.KV{Key: pick(d, names), Value: raw(pick(d, []any{nil, 0, 5, "words"}))})
	}
	if d.chance(20) {
		c.Spends = append(c.Spends, store.Spend{Quota: pick(d, states), Period: pick(d, []string{"2026-11-06", "2026-11-07"}), N: d.Int64N(5) - 1, Limit: 12, Resets: at.Add(24 * time.Hour), Close: d.chance(5)})
	}
	switch d.IntN(20) {
	case 0:
		c.Base++ // stale
	case 1:
		c.Base = store.AnyRev
	case 2:
		c.Fan.OpenID, c.Entries = "", nil
	case 3:
		c.Done = append(c.Done, c.Cause) // gone
	case 4:
		c.Entries = append(c.Entries, store.Entry{Kind: store.Left, Flow: "never", No: 1})
	}
}

// testModel plays random Changes against the store and against the reference model and compares every answer, and now and
// then everything they hold.
func testModel(t *testing.T, c Config) {
	for _, seed := range []uint64{1, rand.Uint64()} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			d := &dice{Rand: rand.New(rand.NewPCG(seed, seed))}
			m := &model{got: open(t, c), want: &bench{TB: t, Store: mem.New()}, d: d}
			for n := range 300 {
				m.step(n)
				if n%100 == 99 {
					if c.Reopen != nil {
						m.releaseAll() // leases do not outlive a restart
						m.got.Store = c.Reopen(t, m.got.Store)
					}
					m.compare()
				}
			}
		})
	}
}

type model struct {
	got, want *bench
	d         *dice
	applied   []store.Change
	leased    []store.Job
}

func (m *model) step(n int) {
	m.got.Helper()
	d := m.d
	fan := d.fan()
	c := d.change(m.want.fan(fan), n)
	known := pages(m.want, 1000, func(cursor string, limit int) ([]store.Job, string, error) {
		return m.want.Jobs(ctx, fan.Account, store.JobFilter{}, cursor, limit)
	})
	var jobs []string
	for range min(3, len(known)) {
		if id := pick(d, known).ID; !slices.Contains(jobs, id) {
			jobs = append(jobs, id)
		}
	}
	d.more(&c, jobs, n)
	if len(m.applied) > 0 && d.chance(10) {
		c = pick(d, m.applied)
	}
	key, stale := pick(d, names), d.chance(20)
	if d.chance(20) {
		m.both(c, func(b *bench) []store.KVRead { // revisions are each store's own
			rev := value(b.KV(ctx, c.Fan.Account, key))(b, "read").Rev
			if stale {
				rev += 1000
			}
			return []store.KVRead{{Key: key, Rev: rev}}
		})
	} else {
		m.both(c, func(*bench) []store.KVRead { return nil })
	}
	m.applied = append(m.applied, c)
	if d.chance(20) {
		m.lease()
	}
	if d.chance(10) {
		m.releaseAll()
	}
	same(m.got, fmt.Sprintf("next due after change %d", n), m.got.due(), m.want.due())
}

// both commits to both stores and compares the answers.
func (m *model) both(c store.Change, reads func(*bench) []store.KVRead) {
	m.got.Helper()
	mine, ours := c, c
	mine.Reads, ours.Reads = reads(m.got), reads(m.want)
	got, gotErr := m.got.Commit(ctx, mine)
	want, wantErr := m.want.Commit(ctx, ours)
	same(m.got, "receipt of "+c.Cause, got, want)
	same(m.got, "error of "+c.Cause, class(gotErr), class(wantErr))
}

// class tells refusals apart by type and content.
func class(err error) string {
	var no *store.RefusedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &no):
		return no.Error()
	}
	for _, e := range []error{store.ErrConflict, store.ErrGone, store.ErrTooLarge} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return "another error: " + err.Error()
}

func (m *model) lease() {
	m.got.Helper()
	q := store.LeaseQuery{Now: at.Add(time.Duration(m.d.IntN(60)) * time.Minute), For: time.Hour, Owner: "model", Max: 1 + m.d.IntN(5)}
	want := value(m.want.Lease(ctx, q))(m.want, "lease")
	same(m.got, "lease", value(m.got.Lease(ctx, q))(m.got, "lease"), want)
	m.leased = append(m.leased, want...)
}

func (m *model) releaseAll() {
	m.got.Helper()
	for _, j := range m.leased {
		for _, b := range []*bench{m.got, m.want} {
			if err := b.Release(ctx, j.Account, j.ID); err != nil {
				b.Fatalf("release: %v", err)
			}
		}
	}
	m.leased = nil
}

// compare reads all there is from both.
func (m *model) compare() {
	m.got.Helper()
	got, want := everything(m.got), everything(m.want)
	for what := range want {
		same(m.got, what, got[what], want[what])
	}
}

func everything(b *bench) map[string]any {
	all := map[string]any{}
	for _, account := range accounts {
		for _, openid := range openids {
			id := store.FanID{Account: account, OpenID: openid}
			all["fan "+id.String()] = b.fan(id)
			all["journal "+id.String()] = b.rows(id)
			all["ended "+id.String()] = value(b.Ended(ctx, id))(b, "ended")
		}
		all["jobs "+account] = pages(b, 7, func(cursor string, limit int) ([]store.Job, string, error) {
			return b.Jobs(ctx, account, store.JobFilter{}, cursor, limit)
		})
		for _, q := range []store.SendFilter{{}, {OpenID: "a"}, {Status: store.Waiting}, {OpenID: "b", Status: store.Sent}} {
			all[fmt.Sprintf("sends %s %+v", account, q)] = pages(b, 3, func(cursor string, limit int) ([]store.Send, string, error) {
				return b.Sends(ctx, account, q, cursor, limit)
			})
		}
		for _, q := range []store.FanFilter{{}, {Tag: "vip"}, {Flow: "drip"}, {Flow: "coupon", State: "two"}, {State: "one", Tag: "new"}} {
			all[fmt.Sprintf("fans %s %+v", account, q)] = pages(b, 2, func(cursor string, limit int) ([]store.Fan, string, error) {
				return b.List(ctx, account, q, cursor, limit)
			})
		}
		for _, flow := range flows {
			all["counts "+account+flow] = value(b.Counts(ctx, account, flow, "", ""))(b, "counts")
			all["waiting "+account+flow] = value(b.Waiting(ctx, account, flow))(b, "waiting")
		}
		for _, name := range names {
			k := value(b.KV(ctx, account, name))(b, "key")
			k.Rev = min(k.Rev, 1) // there or not
			all["key "+account+name] = k
		}
		all["totals "+account] = value(b.Totals(ctx, account))(b, "totals")
		all["quotas "+account] = value(b.Quotas(ctx, account, at))(b, "quotas")
	}
	return all
}
