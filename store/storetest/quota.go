package storetest

import (
	"errors"
	"testing"
	"time"

	"fanflow/store"
)

// testQuotas: a window is never overdrawn, can be given back to, and stays closed once it is.
func testQuotas(t *testing.T, c Config) {
	b := open(t, c)
	resets := at.Add(4 * time.Hour)
	day := func(n, limit int64, closes bool) store.Spend {
		return store.Spend{Quota: "template", Period: "2026-11-06", N: n, Limit: limit, Resets: resets, Close: closes}
	}
	for _, s := range []struct {
		name   string
		spend  []store.Spend
		ok     bool
		used   int64
		closed bool
	}{
		{"within", []store.Spend{day(3, 5, false)}, true, 3, false},
		{"past the limit", []store.Spend{day(3, 5, false)}, false, 3, false},
		{"to the limit", []store.Spend{day(2, 5, false)}, true, 5, false},
		{"a higher limit", []store.Spend{day(1, 6, false)}, true, 6, false},
		{"given back", []store.Spend{day(-4, 6, false)}, true, 2, false},
		{"two in one, too much together", []store.Spend{day(2, 6, false), day(3, 6, false)}, false, 2, false},
		{"two in one", []store.Spend{day(2, 6, false), day(1, 6, false)}, true, 5, false},
		{"closed by the platform", []store.Spend{day(0, 6, true)}, true, 5, true},
		{"spent when closed", []store.Spend{day(1, 6, false)}, false, 5, true},
		{"given back when closed", []store.Spend{day(-2, 6, false)}, true, 3, true},
		{"closed again", []store.Spend{day(0, 6, true)}, true, 3, true},
		{"more given back than used", []store.Spend{day(-9, 6, false)}, true, 0, true},
	} {
		ch := b.change(ann, store.Entry{Kind: store.Sending})
		ch.Spends = s.spend
		_, err := b.Commit(ctx, ch)
		var no *store.RefusedError
		switch {
		case s.ok && err != nil:
			t.Fatalf("%s: %v", s.name, err)
		case !s.ok && (!errors.As(err, &no) || no.Spend == nil || no.Spend.Quota != "template"):
			t.Fatalf("%s: got %v, want it refused", s.name, err)
		}
		got := value(b.Quotas(ctx, "shop", at))(t, s.name)
		want := store.Quota{Quota: "template", Period: "2026-11-06", Used: s.used, Limit: s.spend[0].Limit, Resets: resets, Closed: s.closed}
		if !s.ok {
			want.Limit = got[0].Limit
		}
		same(t, s.name, got, []store.Quota{want})
	}

	ch := b.change(ann)
	next := day(1, 5, false)
	next.Period, next.Resets = "2026-11-07", resets.Add(24*time.Hour)
	ch.Spends = []store.Spend{next, {Quota: "mass", Period: "2026-11", N: 1, Limit: 4, Resets: resets.Add(600 * time.Hour)}}
	b.commit(ch)
	list := func(now time.Time) []string {
		return ids(value(b.Quotas(ctx, "shop", now))(t, "quotas"), func(q store.Quota) string { return q.Quota + " " + q.Period })
	}
	same(t, "all", list(at), []string{"mass 2026-11", "template 2026-11-06", "template 2026-11-07"})
	same(t, "later", list(resets.Add(time.Second)), []string{"mass 2026-11", "template 2026-11-07"})
	same(t, "another account", value(b.Quotas(ctx, "cafe", at))(t, "quotas"), []store.Quota(nil))
}
