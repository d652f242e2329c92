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
	if d.chance(5) {
		m.trim(fan)
	}
	if d.chance(20) {
		m.lease()
	}
	if d.chance(10) {
		m.releaseAll()
	}
	same(m.got, fmt.Sprintf("next due after change %d", n), m.got.due(), m.want.due())
}

// trim lets go of a fan's journal up to a fan that was committed, or to one that was not.
func (m *model) trim(fan store.FanID) {
	m.got.Helper()
	base := m.want.fan(fan)
	if m.d.chance(20) {
		base.Seq++
	}
	got, want := m.got.Trim(ctx, base), m.want.Trim(ctx, base)
	same(m.got, "error of trimming "+fan.String(), class(got), class(want))
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
			all["base "+id.String()] = value(b.Base(ctx, id))(b, "base")
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
			for _, tags := range []bool{false, true} {
				all[fmt.Sprint("cohorts ", account, flow, tags)] = b.cohorts(account, flow, store.CohortQuery{Tags: tags}, 5)
			}
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
