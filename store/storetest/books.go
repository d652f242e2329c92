package storetest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fanflow/store"
)

// testBooks: counters, live counts and totals are those of a fold over the journals.
func testBooks(t *testing.T, c Config) {
	t.Run("a story", func(t *testing.T) { story(t, open(t, c)) })
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
		{Day: day, State: "coupon", Entered: 2, Completed: 1, Dropped: 1, Took: map[int]int64{0: 1}},
		{Day: day, State: "greet", Entered: 3, Completed: 2, Took: map[int]int64{90: 2}},
		{Day: day, State: "redeemed", Entered: 1, Completed: 1, Took: map[int]int64{0: 1}},
	})
	for _, q := range []struct {
		from, to string
		n        int
	}{{day, day, 3}, {"2026-11-07", "", 0}, {"", "2026-11-05", 0}, {"2026-11-05", "2026-11-07", 3}, {"", day, 3}} {
		if n := len(value(b.Counts(ctx, "shop", "coupon", q.from, q.to))(t, "counts")); n != q.n {
			t.Errorf("%q..%q: %d counts; want %d", q.from, q.to, n, q.n)
		}
	}
	same(t, "waiting", value(b.Waiting(ctx, "shop", "coupon"))(t, "waiting"), map[string]int64{"greet": 1})
	same(t, "another flow", value(b.Waiting(ctx, "shop", "coup"))(t, "waiting"), map[string]int64{})
	same(t, "another account", value(b.Counts(ctx, "cafe", "coupon", "", ""))(t, "counts"), []store.Count(nil))
}

// folded plays the journals of an account's fans again and compares what is counted, and the fans themselves.
func folded(t *testing.T, b *bench, account string) {
	counts := map[string]map[[2]string]store.Count{}
	waiting := map[string]map[string]int64{}
	for _, flow := range flows {
		counts[flow], waiting[flow] = map[[2]string]store.Count{}, map[string]int64{}
	}
	totals := store.Totals{Jobs: value(b.Totals(ctx, account))(t, "totals").Jobs}
	for _, openid := range openids {
		f := store.Fan{ID: store.FanID{Account: account, OpenID: openid}}
		for _, ch := range replay(f.ID, b.rows(f.ID)) {
			a, err := store.Apply(f, ch)
			if err != nil {
				t.Fatalf("journal of %s: %v", f.ID, err)
			}
			f = a.Fan
			for _, n := range a.Counts {
				k := [2]string{n.Day, n.State}
				sum := counts[n.Flow][k]
				sum.Day, sum.State = n.Day, n.State
				sum.Add(n.Count)
				counts[n.Flow][k] = sum
			}
			for _, m := range a.Moved {
				waiting[m.Flow][m.State] += m.By
			}
			totals.Fans += a.Seen
			totals.Subscribed += a.Followed
		}
		same(t, "fan "+f.ID.String(), b.fan(f.ID), f)
	}
	same(t, "totals", value(b.Totals(ctx, account))(t, "totals"), totals)
	for _, flow := range flows {
		var want []store.Count
		for _, c := range counts[flow] {
			want = append(want, c)
		}
		slices.SortFunc(want, func(a, b store.Count) int {
			return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.State, b.State))
		})
		same(t, "counts of "+flow, value(b.Counts(ctx, account, flow, "", ""))(t, "counts"), want)
		for state, n := range waiting[flow] {
			if n == 0 {
				delete(waiting[flow], state)
			}
		}
		same(t, "waiting in "+flow, value(b.Waiting(ctx, account, flow))(t, "waiting"), waiting[flow])
	}
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
