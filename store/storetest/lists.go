package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fanflow/store"
)

// testLists: pages together give everything once, in order, whatever their size.
func testLists(t *testing.T, c Config) {
	t.Run("journal", func(t *testing.T) {
		b := open(t, c)
		for i := range 4 {
			b.commit(b.change(ann, store.Entry{Kind: store.Heard, Text: fmt.Sprint(i)}, store.Entry{Kind: store.Replied}))
		}
		b.commit(b.change(store.FanID{Account: "shop", OpenID: "ann2"}, store.Entry{Kind: store.Heard}))
		rows := b.rows(ann)
		for i, r := range rows {
			if r.Seq != uint64(i+1) || r.Cause == "" || !r.At.Equal(at) {
				t.Errorf("row %d: %+v", i, r)
			}
		}
		all, next, err := b.Journal(ctx, ann, 0, 0)
		if err != nil || next != 0 {
			t.Fatalf("next %d, %v", next, err)
		}
		same(t, "one page", all, rows)
		rest, next, err := b.Journal(ctx, ann, 6, 2)
		if err != nil || next != 0 {
			t.Fatalf("a page that ends with the journal: next %d, %v", next, err)
		}
		same(t, "the rest", rest, rows[6:])
		if _, next, _ := b.Journal(ctx, ann, 0, 3); next != 3 {
			t.Fatalf("next is %d; want 3", next)
		}
	})
	t.Run("fans", func(t *testing.T) { listFans(t, open(t, c)) })
	t.Run("default size", func(t *testing.T) {
		b := open(t, c)
		for i := range 101 {
			b.commit(b.change(store.FanID{Account: "shop", OpenID: fmt.Sprintf("f%03d", i)}, store.Entry{Kind: store.Heard}))
		}
		fans, next, err := b.List(ctx, "shop", store.FanFilter{}, "", 0)
		if len(fans) != 100 || next == "" || err != nil {
			t.Fatalf("%d fans, next %q, %v", len(fans), next, err)
		}
		fans, next, err = b.List(ctx, "shop", store.FanFilter{}, next, 5000)
		if len(fans) != 1 || next != "" || err != nil {
			t.Fatalf("%d fans, next %q, %v", len(fans), next, err)
		}
	})
}

func listFans(t *testing.T, b *bench) {
	id := func(openid string) store.FanID { return store.FanID{Account: "shop", OpenID: openid} }
	tag := func(name string) store.Entry { return store.Entry{Kind: store.Tagged, Name: name} }
	heard := store.Entry{Kind: store.Heard}
	b.commit(b.change(id("a1"), heard, tag("vip"), enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 1)))
	b.commit(b.change(id("a2"), heard, tag("vip"), tag("new"), enrolled("coupon", 1), entered("coupon", 1, "where", 0, 1)))
	b.commit(b.change(id("a3"), heard, enrolled("drip", 1), entered("drip", 1, "greet", 1, 1)))
	b.commit(b.change(id("b1"), heard, tag("vip"), enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 1), left("coupon", 1, "greet", false)))
	b.commit(b.change(id("b2"), heard, tag("vip")))
	b.commit(b.change(id("b2"), store.Entry{Kind: store.Untagged, Name: "vip"}))
	b.commit(b.change(id("b3"), heard, tag("vip")))
	b.commit(b.change(id("b3"), store.Entry{Kind: store.Erased}))
	b.commit(b.change(store.FanID{Account: "cafe", OpenID: "a1"}, heard, tag("vip")))
	for _, q := range []struct {
		filter store.FanFilter
		want   []string
	}{
		{store.FanFilter{}, []string{"a1", "a2", "a3", "b1", "b2"}},
		{store.FanFilter{Prefix: "a"}, []string{"a1", "a2", "a3"}},
		{store.FanFilter{Tag: "vip"}, []string{"a1", "a2", "b1"}},
		{store.FanFilter{Tag: "vip", Prefix: "b"}, []string{"b1"}},
		{store.FanFilter{Tag: "vi"}, nil},
		{store.FanFilter{Flow: "coupon"}, []string{"a1", "a2"}},
		{store.FanFilter{Flow: "coupon", State: "greet"}, []string{"a1"}},
		{store.FanFilter{State: "greet"}, []string{"a1", "a3"}},
		{store.FanFilter{Tag: "new", Flow: "coupon", State: "where"}, []string{"a2"}},
		{store.FanFilter{Tag: "new", Flow: "drip"}, nil},
		{store.FanFilter{Prefix: "c"}, nil},
		{store.FanFilter{Prefix: "b", Erased: true}, []string{"b1", "b2", "b3"}},
		{store.FanFilter{Tag: "vip", Erased: true}, []string{"a1", "a2", "b1"}},
	} {
		for size := 1; size <= 3; size++ {
			fans := pages(t, size, func(cursor string, limit int) ([]store.Fan, string, error) {
				return b.List(ctx, "shop", q.filter, cursor, limit)
			})
			same(t, fmt.Sprintf("%+v", q.filter), ids(fans, openID), q.want)
		}
	}
}

// testSends: sends are kept by id and listed newest first.
func testSends(t *testing.T, c Config) {
	b := open(t, c)
	send := func(id, openid string, status store.Status, minutes int) store.Send {
		return store.Send{
			ID: id, Account: "shop", OpenID: openid, Channel: store.Customer, Purpose: "service", Status: status,
			Content: raw(id), Created: at.Add(time.Duration(minutes) * time.Minute), Due: at,
		}
	}
	put := func(sends ...store.Send) {
		ch := b.change(ann)
		ch.Sends = sends
		b.commit(ch)
	}
	list := func(q store.SendFilter, size int) []string {
		return ids(pages(t, size, func(cursor string, limit int) ([]store.Send, string, error) {
			return b.Sends(ctx, "shop", q, cursor, limit)
		}), sendID)
	}
	put(send("a", "ann", store.Waiting, 1), send("b", "ben", store.Waiting, 2), send("c", "ann", store.Waiting, 0), send("d", "ann", store.Waiting, 1))
	same(t, "all", list(store.SendFilter{}, 3), []string{"b", "d", "a", "c"})
	same(t, "of a fan", list(store.SendFilter{OpenID: "ann"}, 1), []string{"d", "a", "c"})
	same(t, "one page's end", list(store.SendFilter{OpenID: "ann"}, 3), []string{"d", "a", "c"})

	sent := send("a", "ann", store.Sent, 1)
	sent.MsgID, sent.SentAt = 1<<60+1, at.Add(time.Hour)
	put(sent)
	same(t, "replaced", value(b.Send(ctx, "shop", "a"))(t, "send"), sent)
	same(t, "waiting", list(store.SendFilter{Status: store.Waiting}, 2), []string{"b", "d", "c"})
	same(t, "sent to ann", list(store.SendFilter{Status: store.Sent, OpenID: "ann"}, 2), []string{"a"})
	same(t, "sent to ben", list(store.SendFilter{Status: store.Sent, OpenID: "ben"}, 2), []string(nil))
	put(send("c", "ann", store.Sent, 9))
	same(t, "created anew", list(store.SendFilter{}, 2), []string{"c", "b", "d", "a"})
	put(send("b", "ann", store.Sent, 2))
	same(t, "now another's", list(store.SendFilter{OpenID: "ann"}, 2), []string{"c", "b", "d", "a"})
	same(t, "no longer his", list(store.SendFilter{OpenID: "ben"}, 2), []string(nil))
	if _, err := b.Send(ctx, "cafe", "a"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("another account's: %v", err)
	}
	other, _, err := b.Sends(ctx, "cafe", store.SendFilter{}, "", 0)
	if len(other) != 0 || err != nil {
		t.Fatalf("another account's: %v, %v", other, err)
	}
}
