package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fanflow/store"
)

// testConflict: a Change is decided on a revision, and a moved fan refuses it.
func testConflict(t *testing.T, c Config) {
	hello := store.Entry{Kind: store.Heard, Text: "hello"}
	t.Run("base", func(t *testing.T) {
		b := open(t, c)
		first, second := b.change(ann, hello), b.change(ann, hello)
		b.commit(first)
		b.refuse(store.ErrConflict, second)
		second.Base = 2
		b.refuse(store.ErrConflict, second)
		same(t, "receipt of the refused", b.load(ann, second.Cause).Receipt, (*store.Receipt)(nil))
		second.Base = 1
		if r := b.commit(second); r.Rev != 2 || r.Replayed {
			t.Fatalf("after deciding again: %+v", r)
		}
	})
	t.Run("blind", func(t *testing.T) {
		b := open(t, c)
		stale := b.change(ann, hello)
		blind := b.change(ann, store.Entry{Kind: store.Tagged, Name: "vip"})
		blind.Base = store.AnyRev
		if r := b.commit(blind); r.Rev != 1 {
			t.Fatalf("a blind change moves the revision: got %d", r.Rev)
		}
		b.refuse(store.ErrConflict, stale)
	})
	t.Run("erased fans keep their revision", func(t *testing.T) {
		b := open(t, c)
		b.commit(b.change(ann, hello, store.Entry{Kind: store.Subscribed, Created: at}))
		old := b.change(ann, hello)
		b.commit(b.change(ann, store.Entry{Kind: store.Erased}))
		b.refuse(store.ErrConflict, old)
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals"), store.Totals{})
		late := b.change(ann, store.Entry{Kind: store.Settled, Send: "s"})
		late.Base = store.AnyRev
		b.commit(late)
		if f := b.fan(ann); !f.Erased || f.Rev != 3 {
			t.Fatalf("after a late note: %+v", f)
		}
		b.commit(b.change(ann, hello))
		if f := b.fan(ann); f.Erased || f.Rev != 4 || f.Seq != 5 {
			t.Fatalf("after being heard again: %+v", f)
		}
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals"), store.Totals{Fans: 1})
	})
}

// testReplay: a cause is applied once.
func testReplay(t *testing.T, c Config) {
	t.Run("push", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard, Text: "1"})
		ch.Receipt = raw("您的券码")
		ch.Jobs = []store.Job{{ID: "j", Account: "shop", Kind: "timer", Due: at}}
		first := b.commit(ch)
		other := ch // the same push decided on once more, elsewhere and later
		other.Base, other.At, other.Receipt = 7, at.Add(time.Minute), raw("another")
		for _, again := range []store.Change{ch, other} {
			got := b.commit(again)
			if !got.Replayed {
				t.Fatalf("not replayed: %+v", got)
			}
			got.Replayed = false
			same(t, "receipt", got, first)
		}
		same(t, "snapshot's receipt", b.load(ann, ch.Cause).Receipt, &first)
		if f := b.fan(ann); f.Rev != 1 || len(b.rows(ann)) != 1 {
			t.Fatalf("the fan moved: %+v", f)
		}
		ch.Fan.OpenID, ch.Base = "ben", 0 // a cause counts per fan
		if r := b.commit(ch); r.Replayed || r.Rev != 1 {
			t.Fatalf("another fan's: %+v", r)
		}
	})
	t.Run("without a reply", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		b.commit(ch)
		same(t, "receipt", b.commit(ch), store.Receipt{Rev: 1, At: at, Replayed: true})
	})
	t.Run("job", func(t *testing.T) {
		b := open(t, c)
		add := b.change(ann, store.Entry{Kind: store.Heard})
		add.Jobs = []store.Job{{ID: "j", Account: "shop", OpenID: "ann", Kind: "timer", Due: at}}
		b.commit(add)
		fire := b.change(ann, store.Entry{Kind: store.Fired})
		fire.Cause, fire.Done = "j", []string{"j", "never was"}
		if r := b.commit(fire); r.Rev != 2 || r.Replayed {
			t.Fatalf("a missing other job is no matter: %+v", r)
		}
		same(t, "no receipt is kept", b.load(ann, "j").Receipt, (*store.Receipt)(nil))
		fire.Base = 2
		b.refuse(store.ErrGone, fire)
		if f := b.fan(ann); f.Rev != 2 {
			t.Fatalf("the refused was written: %+v", f)
		}
		if _, err := b.Job(ctx, "shop", "j"); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("job after its end: %v", err)
		}
	})
	t.Run("refusals are not remembered", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		ch.Reads = []store.KVRead{{Key: "k", Rev: 99}}
		b.refuse(store.ErrConflict, ch)
		ch.Reads = nil
		if r := b.commit(ch); r.Replayed {
			t.Fatalf("replayed: %+v", r)
		}
	})
	t.Run("survives a restart", func(t *testing.T) {
		if c.Reopen == nil {
			return // nothing to survive
		}
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		ch.Receipt = raw("hi")
		b.commit(ch)
		b.Store = c.Reopen(t, b.Store)
		same(t, "receipt", b.commit(ch), store.Receipt{Rev: 1, Reply: raw("hi"), At: at, Replayed: true})
	})
}

// testReceipts: what was answered since a moment can be listed with whom it answered.
func testReceipts(t *testing.T, c Config) {
	b := open(t, c)
	var want []store.Given
	for i, fan := range []store.FanID{ann, {Account: "other", OpenID: "zoe"}, ann} {
		ch := b.change(fan, store.Entry{Kind: store.Heard})
		ch.At = at.Add(time.Duration(i) * time.Second)
		ch.Receipt = raw("answer")
		r := b.commit(ch)
		want = append(want, store.Given{Fan: fan, Cause: ch.Cause, Receipt: r})
	}
	b.commit(b.change(ann, store.Entry{Kind: store.Erased}))
	for i := range want {
		got := value(b.Receipts(ctx, at.Add(time.Duration(i)*time.Second), at.Add(time.Minute)))(t, "receipts")
		got = slices.DeleteFunc(got, func(g store.Given) bool { return len(g.Reply) == 0 })
		same(t, "receipts", got, want[i:])
	}
	same(t, "receipts of the first second", value(b.Receipts(ctx, at, at))(t, "receipts")[0], want[0])
	same(t, "receipts of the future", value(b.Receipts(ctx, at.Add(time.Hour), at.Add(2*time.Hour)))(t, "receipts"), []store.Given(nil))
}
