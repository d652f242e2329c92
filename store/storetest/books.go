package storetest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"fanflow/store"
)

// testBooks: counters, live counts and totals are those of a fold over the journals.
func testBooks(t *testing.T, c Config) {
	t.Run("a story", func(t *testing.T) { story(t, open(t, c)) })
	t.Run("cohorts", func(t *testing.T) { cohortsBy(t, open(t, c)) })
	t.Run("a fold over the journal", func(t *testing.T) {
		b := open(t, c)
		d := &dice{Rand: rand.New(rand.NewPCG(7, 7)), lasting: true}
		for i := range 250 {
			fan := d.fan()
			f := b.fan(fan)
			ch := d.change(f, i)
			ch.Base = f.Rev
			if _, err := b.Commit(ctx, ch); err != nil {
				t.Fatalf("change %d: %v", i, err)
			}
		}
		for _, account := range accounts {
			folded(t, b, account)
		}
	})
}

// story: of three fans one completes the journey, one stops midway and leaves, one waits.
func story(t *testing.T, b *bench) {
	for _, openid := range []string{"a", "b", "c"} {
		fan := store.FanID{Account: "shop", OpenID: openid}
		b.commit(b.change(fan, store.Entry{Kind: store.Heard}, enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 1)))
		if openid != "c" {
			ch := b.change(fan, entered("coupon", 1, "coupon", 2, 2))
			ch.At = at.Add(90_000_000_000) // a minute and a half
			b.commit(ch)
		}
		if openid == "a" {
			b.commit(b.change(fan, entered("coupon", 1, "redeemed", 3, 3), left("coupon", 1, "redeemed", true)))
		}
		if openid == "b" {
			b.commit(b.change(fan, left("coupon", 1, "coupon", false)))
		}
	}
	day := "2026-11-06"
	same(t, "counts", value(b.Counts(ctx, "shop", "coupon", "", ""))(t, "counts"), []store.Count{
		{Day: day, Entered: 3, Completed: 1, Dropped: 1, Took: map[int]int64{0: 1}},
		{Day: day, State: "coupon", Entered: 2, Completed: 1, Dropped: 1, Took: map[int]int64{0: 1}, Stay: map[int]int64{0: 2}},
		{Day: day, State: "greet", Entered: 3, Completed: 2, Took: map[int]int64{90: 2}, Stay: map[int]int64{54: 2}},
		{Day: day, State: "redeemed", Entered: 1, Completed: 1, Took: map[int]int64{0: 1}, Stay: map[int]int64{0: 1}},
	})
	for _, q := range []struct {
		from, to string
		n        int
	}{{day, day, 4}, {"2026-11-07", "", 0}, {"", "2026-11-05", 0}, {"2026-11-05", "2026-11-07", 4}, {"", day, 4}} {
		if n := len(value(b.Counts(ctx, "shop", "coupon", q.from, q.to))(t, "counts")); n != q.n {
			t.Errorf("%q..%q: %d counts; want %d", q.from, q.to, n, q.n)
		}
	}
	same(t, "waiting", value(b.Waiting(ctx, "shop", "coupon"))(t, "waiting"), map[string]int64{"greet": 1})
	same(t, "another flow", value(b.Waiting(ctx, "shop", "coup"))(t, "waiting"), map[string]int64{})
	same(t, "another account", value(b.Counts(ctx, "cafe", "coupon", "", ""))(t, "counts"), []store.Count(nil))
}

// tally is what a fold over journals counts.
type tally struct {
	counts  map[string]map[[3]string]store.Count // by flow, then day, state and goal
	cohorts map[string]map[[5]string]store.CohortCount
	waiting map[string]map[string]int64
	totals  store.Totals
}

func newTally() *tally {
	t := &tally{map[string]map[[3]string]store.Count{}, map[string]map[[5]string]store.CohortCount{}, map[string]map[string]int64{}, store.Totals{}}
	for _, flow := range flows {
		t.counts[flow], t.cohorts[flow] = map[[3]string]store.Count{}, map[[5]string]store.CohortCount{}
		t.waiting[flow] = map[string]int64{}
	}
	return t
}

func (t *tally) add(a *store.Applied) {
	for _, n := range a.Counts {
		k := [3]string{n.Day, n.State, n.Goal}
		sum := t.counts[n.Flow][k]
		sum.Day, sum.State, sum.Goal = n.Day, n.State, n.Goal
		sum.Add(n.Count)
		t.counts[n.Flow][k] = sum
		for _, c := range n.CohortCounts() {
			k := [5]string{c.Day, c.Cohort, c.Tag, c.State, c.Goal}
			sum := t.cohorts[n.Flow][k]
			sum.Day, sum.Cohort, sum.Tag, sum.State, sum.Goal = c.Day, c.Cohort, c.Tag, c.State, c.Goal
			sum.Add(c.Count)
			t.cohorts[n.Flow][k] = sum
		}
	}
	for _, m := range a.Moved {
		if t.waiting[m.Flow][m.State] += m.By; t.waiting[m.Flow][m.State] == 0 {
			delete(t.waiting[m.Flow], m.State)
		}
	}
	t.totals.Fans += a.Seen
	t.totals.Subscribed += a.Followed
}

// sorted gives the cells in the order of their keys.
func sorted[K interface{ [3]string | [5]string }, C any](cells map[K]C, compare func(a, b K) int) (list []C) {
	for _, k := range slices.SortedFunc(maps.Keys(cells), compare) {
		list = append(list, cells[k])
	}
	return list
}

// folded plays the journals of an account's fans again and compares what is counted, and the fans themselves.
func folded(t *testing.T, b *bench, account string) {
	sum := newTally()
	for _, openid := range openids {
		f := store.Fan{ID: store.FanID{Account: account, OpenID: openid}}
		for _, ch := range replay(f.ID, b.rows(f.ID)) {
			a, err := store.Apply(f, ch)
			if err != nil {
				t.Fatalf("journal of %s: %v", f.ID, err)
			}
			f = a.Fan
			sum.add(&a)
		}
		same(t, "fan "+f.ID.String(), b.fan(f.ID), f)
	}
	sum.totals.Jobs = value(b.Totals(ctx, account))(t, "totals").Jobs
	same(t, "totals", value(b.Totals(ctx, account))(t, "totals"), sum.totals)
	for _, flow := range flows {
		counts := sorted(sum.counts[flow], func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
		same(t, "counts of "+flow, value(b.Counts(ctx, account, flow, "", ""))(t, "counts"), counts)
		cohorts := sorted(sum.cohorts[flow], func(a, b [5]string) int { return slices.Compare(a[:], b[:]) })
		for _, tags := range []bool{false, true} {
			want := slices.DeleteFunc(slices.Clone(cohorts), func(n store.CohortCount) bool { return (n.Tag != "") != tags })
			same(t, "cohorts of "+flow, b.cohorts(account, flow, store.CohortQuery{Tags: tags}, 3), want)
		}
		same(t, "waiting in "+flow, value(b.Waiting(ctx, account, flow))(t, "waiting"), sum.waiting[flow])
	}
}

// cohorts reads all cells, a few a page.
func (b *bench) cohorts(account, flow string, q store.CohortQuery, size int) []store.CohortCount {
	b.Helper()
	return pages(b, size, func(cursor string, limit int) ([]store.CohortCount, string, error) {
		return b.Cohorts(ctx, account, flow, q, cursor, limit)
	})
}

// replay gathers rows to the Changes they came with: those of one revision.
func replay(fan store.FanID, rows []store.Row) []store.Change {
	var all []store.Change
	var rev uint64
	for _, r := range rows {
		if r.Rev != rev {
			all = append(all, store.Change{Fan: fan, Cause: r.Cause, At: r.At})
			rev = r.Rev
		}
		last := &all[len(all)-1]
		last.Entries = append(last.Entries, r.Entry)
	}
	return all
}
