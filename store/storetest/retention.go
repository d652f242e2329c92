package storetest

import (
	"errors"
	"testing"

	"fanflow/store"
)

// testRetention: old rows go, and the fold goes on from what they came to.
func testRetention(t *testing.T, c Config) {
	hello := store.Entry{Kind: store.Heard, Text: "hello"}
	t.Run("trim", func(t *testing.T) { trims(t, open(t, c), c) })
	t.Run("refused", func(t *testing.T) {
		b := open(t, c)
		same(t, "the base of a whole journal", value(b.Base(ctx, ann))(t, "base"), store.Fan{ID: ann})
		b.commit(b.change(ann, hello))
		early := b.fan(ann)
		b.commit(b.change(ann, hello))
		late := b.fan(ann)
		future := late
		future.Rev, future.Seq = 3, 3
		if err := b.Trim(ctx, future); !errors.Is(err, store.ErrConflict) {
			t.Errorf("trimmed to what is to come: %v", err)
		}
		trim(b, late)
		if err := b.Trim(ctx, early); !errors.Is(err, store.ErrConflict) {
			t.Errorf("trimmed to an older base: %v", err)
		}
		same(t, "base", value(b.Base(ctx, ann))(t, "base"), late)
	})
	t.Run("erased", func(t *testing.T) { erasedBase(t, open(t, c), c) })
}

func trim(b *bench, base store.Fan) {
	b.Helper()
	if err := b.Trim(ctx, base); err != nil {
		b.Fatalf("trim: %v", err)
	}
}

func trims(t *testing.T, b *bench, c Config) {
	ben := store.FanID{Account: "shop", OpenID: "ann2"} // whose key begins as ann's does
	b.commit(b.change(ben, store.Entry{Kind: store.Heard}))
	b.commit(b.change(ann, store.Entry{Kind: store.Heard}, enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 1),
		store.Entry{Kind: store.Armed, Flow: "coupon", No: 1, State: "greet", Name: "1d", Due: at, Job: "j"}))
	base := b.fan(ann)
	b.commit(b.change(ann, store.Entry{Kind: store.Tagged, Name: "vip"}, store.Entry{Kind: store.Heard}))
	want, rows, counts := b.fan(ann), b.rows(ann), value(b.Counts(ctx, "shop", "coupon", "", ""))(t, "counts")
	check := func() {
		t.Helper()
		same(t, "base", value(b.Base(ctx, ann))(t, "base"), base)
		same(t, "fan", b.fan(ann), want)
		same(t, "journal", b.rows(ann), rows[base.Seq:])
		same(t, "another's journal", len(b.rows(ben)), 1)
		same(t, "another's base", value(b.Base(ctx, ben))(t, "base"), store.Fan{ID: ben})
		same(t, "counts", value(b.Counts(ctx, "shop", "coupon", "", ""))(t, "counts"), counts)
		f := value(b.Base(ctx, ann))(t, "base")
		for _, ch := range replay(ann, b.rows(ann)) {
			a, err := store.Apply(f, ch)
			if err != nil {
				t.Fatal(err)
			}
			f = a.Fan
		}
		same(t, "fold from the base", f, want)
	}
	trim(b, base)
	check()
	trim(b, base)
	check()
	if c.Reopen != nil {
		b.Store = c.Reopen(t, b.Store)
		check()
	}
	b.commit(b.change(ann, store.Entry{Kind: store.Heard})) // the numbers go on
	rows, want = append(rows, store.Row{Seq: want.Seq + 1, Rev: want.Rev + 1, At: at, Cause: lastCause(b), Entry: store.Entry{Kind: store.Heard}}), b.fan(ann)
	check()
	base = want
	trim(b, base)
	check()
}

func lastCause(b *bench) string { // of the bench's last change
	b.n--
	return b.change(ann).Cause
}

// erasedBase: who is erased leaves nothing in the base, whenever it was made.
func erasedBase(t *testing.T, b *bench, c Config) {
	b.commit(b.change(ann, store.Entry{Kind: store.AttrSet, Name: "phone", Value: raw("139")}, enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 7)))
	old := b.fan(ann)
	trim(b, old)
	b.commit(b.change(ann, store.Entry{Kind: store.Heard}, store.Entry{Kind: store.Erased}, store.Entry{Kind: store.Settled, Send: "s"}))
	want := store.Fan{ID: ann, Rev: 2, Seq: 5, Fence: 7, Erased: true}
	check := func() {
		t.Helper()
		same(t, "base", value(b.Base(ctx, ann))(t, "base"), want)
		if err := b.Trim(ctx, old); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("the base from before the erasure was put back: %v", err)
		}
	}
	check()
	if c.Reopen != nil {
		b.Store = c.Reopen(t, b.Store)
		check()
	}
	b.commit(b.change(ann, store.Entry{Kind: store.Heard}))
	check()
	trim(b, want) // and what led there can go
	same(t, "rows", len(b.rows(ann)), 2)
}
