package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// testCommit: what is committed is read back whole, as stores keep it, and what is refused leaves no trace.
func testCommit(t *testing.T, c Config) {
	t.Run("a fan never seen", func(t *testing.T) {
		b := open(t, c)
		same(t, "snapshot", b.load(ann, "nothing"), store.Snapshot{Fan: store.Fan{ID: ann}})
	})
	t.Run("written whole", func(t *testing.T) { committed(t, open(t, c)) })
	t.Run("the fan is the fold of its entries", func(t *testing.T) {
		b := open(t, c)
		var want store.Fan
		for _, ch := range []store.Change{
			{Entries: []store.Entry{{Kind: store.Heard, Text: "领券"}, enrolled("coupon", 1), entered("coupon", 1, "greet", 1, 1)}},
			{Entries: []store.Entry{entered("coupon", 1, "coupon", 2, 2), {Kind: store.Tagged, Name: "新粉丝"}}},
			{Entries: []store.Entry{left("coupon", 1, "coupon", true)}},
		} {
			ch.Fan, ch.Base, ch.Cause, ch.At = ann, want.Rev, string(rune('a'+want.Rev)), at.Add(time.Duration(want.Rev)*time.Minute)
			a, err := store.Apply(want, ch)
			if err != nil {
				t.Fatal(err)
			}
			want = a.Fan
			if r := b.commit(ch); r.Rev != want.Rev {
				t.Fatalf("revision %d; want %d", r.Rev, want.Rev)
			}
			same(t, "fan", b.fan(ann), want)
		}
		past := value(b.Ended(ctx, ann))(t, "ended")
		if len(past) != 1 || past[0].LeftAt.IsZero() || past[0].State != "coupon" {
			t.Fatalf("ended enrollments: %+v", past)
		}
	})
	t.Run("an account's own change", func(t *testing.T) {
		b := open(t, c)
		own := store.FanID{Account: "shop"}
		ch := store.Change{Fan: own, Cause: "cron/1", At: at, Jobs: []store.Job{{ID: "cron/2", Account: "shop", Kind: "cron", Due: at}}}
		same(t, "receipt", b.commit(ch), store.Receipt{At: at})
		same(t, "receipt again", b.commit(ch), store.Receipt{At: at, Replayed: true})
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals"), store.Totals{Jobs: 1})
	})
	t.Run("refused leaves no trace", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Left, Flow: "never", No: 1})
		ch.Jobs = []store.Job{{ID: "j", Account: "shop", Kind: "timer", Due: at}}
		ch.Writes = []store.KV{{Key: "k", Value: raw(1)}}
		if _, err := b.Commit(ctx, ch); err == nil {
			t.Fatal("a fan left a flow that it was never in")
		}
		untouched(b, ch.Cause)
	})
	t.Run("not valid", func(t *testing.T) {
		b := open(t, c)
		big := b.change(ann, store.Entry{Kind: store.Heard, Text: strings.Repeat("大", store.MaxChange/3)})
		b.refuse(store.ErrTooLarge, big)
		for name, ch := range map[string]store.Change{
			"no account":    {Fan: store.FanID{OpenID: "ann"}, Cause: "c", At: at},
			"no cause":      {Fan: ann, At: at},
			"no time":       {Fan: ann, Cause: "c"},
			"no fan":        {Fan: store.FanID{Account: "shop"}, Cause: "c", At: at, Entries: []store.Entry{{Kind: store.Heard}}},
			"blind move":    {Fan: ann, Base: store.AnyRev, Cause: "c", At: at, Entries: []store.Entry{{Kind: store.Heard}}},
			"job elsewhere": {Fan: ann, Cause: "c", At: at, Jobs: []store.Job{{ID: "j", Account: "other", Kind: "k", Due: at}}},
			"NUL in a tag":  {Fan: ann, Cause: "c", At: at, Entries: []store.Entry{{Kind: store.Tagged, Name: "a\x00b"}}},
			"no unit":       {Fan: ann, Cause: "c", At: at, Claims: []store.Claim{{Key: "k", From: 2, To: 1}}},
			"long key":      {Fan: ann, Cause: "c", At: at, Writes: []store.KV{{Key: strings.Repeat("k", store.MaxName+1)}}},
		} {
			if _, err := b.Commit(ctx, ch); err == nil || errors.Is(err, store.ErrConflict) {
				t.Errorf("%s: got error %v", name, err)
			}
		}
		untouched(b, "c")
	})
}

// committed checks every kind of record of one Change, its times given in another zone and to the nanosecond.
func committed(t *testing.T, b *bench) {
	zone := time.FixedZone("Shanghai", 8*3600)
	fine := func(d time.Duration) time.Time { return at.Add(d + 123*time.Microsecond).In(zone) }
	ch := b.change(ann,
		store.Entry{Kind: store.Heard, Name: "text", Text: "<你好> & \u2028"},
		store.Entry{Kind: store.Subscribed, Name: "store-1", Created: fine(-time.Second)},
		store.Entry{Kind: store.AttrSet, Name: "city", Value: raw(map[string]string{"name": "上海"})},
		store.Entry{Kind: store.WindowOpened, Window: &store.Window{Trigger: "message", Opened: fine(0), Until: fine(48 * time.Hour), Left: 5}},
	)
	ch.At = fine(0)
	ch.Receipt = []byte(`{"text":"<b> & 你好"}`)
	ch.Jobs = []store.Job{{ID: "j/1", Account: "shop", OpenID: "ann", Kind: "timer", Due: fine(time.Hour), Fence: 3, Flow: "coupon", No: 1, State: "greet", Name: "1d", Args: raw([]int{1}), Depth: 2}}
	ch.Sends = []store.Send{{ID: "s/1", Account: "shop", OpenID: "ann", Channel: store.Template, Purpose: "service", Status: store.Waiting, Content: raw("x"), Created: fine(0), Due: fine(time.Hour), MsgID: 1 << 60, Depth: 2}}
	ch.Writes = []store.KV{{Key: "k", Value: raw("v")}}
	ch.Spends = []store.Spend{{Quota: "template", Period: "2026-11-06", N: 2, Limit: 10, Resets: fine(4 * time.Hour)}}
	got := b.commit(ch)
	want := store.Receipt{Rev: 1, Reply: []byte(`{"text":"<b> & 你好"}`), At: at}
	same(t, "receipt", got, want)

	norm := ch.Normal()
	a, err := store.Apply(store.Fan{}, norm)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "snapshot", b.load(ann, ch.Cause), store.Snapshot{Fan: a.Fan, Receipt: &want})
	same(t, "journal", b.rows(ann), a.Rows)
	same(t, "job", value(b.Job(ctx, "shop", "j/1"))(t, "job"), norm.Jobs[0])
	same(t, "send", value(b.Send(ctx, "shop", "s/1"))(t, "send"), norm.Sends[0])
	if k := b.key("k"); string(k.Value) != `"v"` || k.Rev == 0 {
		t.Fatalf("key: %+v", k)
	}
	same(t, "quotas", value(b.Quotas(ctx, "shop", at))(t, "quotas"),
		[]store.Quota{{Quota: "template", Period: "2026-11-06", Used: 2, Limit: 10, Resets: at.Add(4 * time.Hour)}})
	same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals"), store.Totals{Fans: 1, Subscribed: 1, Jobs: 1})

	f := b.fan(ann) // what is read is the reader's own
	f.Attrs["city"][0] = 'X'
	f.Windows[0].Left = 0
	same(t, "fan after a reader changed its copy", b.fan(ann), a.Fan)
}

// untouched checks that nothing was written under the cause.
func untouched(b *bench, cause string) {
	b.Helper()
	same(b, "snapshot", b.load(ann, cause), store.Snapshot{Fan: store.Fan{ID: ann}})
	same(b, "journal", b.rows(ann), []store.Row(nil))
	same(b, "totals", value(b.Totals(ctx, "shop"))(b, "totals"), store.Totals{})
	same(b, "key", b.key("k"), store.KV{Key: "k"})
}

func enrolled(flow string, no int) store.Entry {
	return store.Entry{Kind: store.Enrolled, Flow: flow, No: no, Version: 1, Name: "text", Day: "2026-11-06"}
}

func entered(flow string, no int, state string, step int, fence uint64) store.Entry {
	return store.Entry{Kind: store.Entered, Flow: flow, No: no, State: state, Step: step, Fence: fence}
}

func left(flow string, no int, state string, done bool) store.Entry {
	return store.Entry{Kind: store.Left, Flow: flow, No: no, State: state, Why: "final", Done: done}
}
