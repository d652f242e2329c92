package storetest

import (
	"errors"
	"testing"

	"fanflow/store"
)

// testCancels: a Change takes back what still waits, with its job, and is refused where it does not wait any more.
func testCancels(t *testing.T, c Config) {
	order := func(b *bench, status store.Status) {
		ch := b.change(ann, store.Entry{Kind: store.Ordered, Flow: "coupon", No: 1, Key: "k", Send: "s", Due: at})
		ch.Sends = []store.Send{{ID: "s", Account: "shop", OpenID: "ann", Status: status, Created: at, Due: at, Content: raw("hi")}}
		ch.Jobs = []store.Job{{ID: "s", Account: "shop", OpenID: "ann", Kind: "send", Due: at}}
		b.commit(ch)
	}
	cancel := func(b *bench) store.Change {
		ch := b.change(ann, store.Entry{Kind: store.Settled, Send: "s", Name: string(store.Cancelled)})
		ch.Cancels = []store.Cancel{{Send: "s", Why: "ordered anew"}}
		return ch
	}
	t.Run("waiting", func(t *testing.T) {
		b := open(t, c)
		order(b, store.Waiting)
		b.commit(cancel(b))
		s := value(b.Send(ctx, "shop", "s"))(t, "send")
		if s.Status != store.Cancelled || s.Reason != "ordered anew" || string(s.Content) != `"hi"` {
			t.Errorf("send %+v", s)
		}
		if _, err := b.Job(ctx, "shop", "s"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("job: %v", err)
		}
		same(t, "keys", b.fan(ann).Keyed, []store.Keyed(nil))
		for status, n := range map[store.Status]int{store.Waiting: 0, store.Cancelled: 1} {
			list, _, err := b.Sends(ctx, "shop", store.SendFilter{Status: status}, "", 0)
			if err != nil || len(list) != n {
				t.Errorf("%d sends are %s, %v; want %d", len(list), status, err, n)
			}
		}
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals").Jobs, int64(0))
		b.refuse(store.ErrConflict, cancel(b))
	})
	t.Run("not waiting", func(t *testing.T) {
		for _, status := range []store.Status{store.InFlight, store.Sent, store.Skipped} {
			b := open(t, c)
			order(b, status)
			ch := cancel(b)
			b.refuse(store.ErrConflict, ch)
			value(b.Job(ctx, "shop", "s"))(t, "job of the refused")
			if f := b.fan(ann); f.Rev != 1 || len(f.Keyed) != 1 {
				t.Errorf("%s: the refused was written: %+v", status, f)
			}
		}
	})
	t.Run("never ordered", func(t *testing.T) {
		b := open(t, c)
		b.refuse(store.ErrConflict, cancel(b))
	})
	t.Run("replaced by the same id", func(t *testing.T) {
		b := open(t, c)
		order(b, store.Waiting)
		ch := cancel(b)
		ch.Sends = []store.Send{{ID: "s", Account: "shop", OpenID: "ann", Status: store.Waiting, Created: at, Due: at, Content: raw("new")}}
		ch.Jobs = []store.Job{{ID: "s", Account: "shop", OpenID: "ann", Kind: "send", Due: at}}
		b.commit(ch)
		if s := value(b.Send(ctx, "shop", "s"))(t, "send"); s.Status != store.Waiting || string(s.Content) != `"new"` || s.Reason != "" {
			t.Errorf("send %+v", s)
		}
		value(b.Job(ctx, "shop", "s"))(t, "job")
	})
}
