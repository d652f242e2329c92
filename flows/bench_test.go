package flows

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// The three commonest flows, as plain data and as functions that do the same.
var benchFlows = map[string]string{
	"keyword/data": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = { s = { on = { text = {
		["1"] = { reply = "one" }, ["2"] = { reply = "two" }, ["*"] = { reply = "1 or 2" } } } } } }`,
	"keyword/function": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = { s = { on = { text = {
		["1"] = { run = function(fan) fan:reply("one") end, to = {} }, ["2"] = { reply = "two" }, ["*"] = { reply = "1 or 2" } } } } } }`,
	"menu/data": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = {
		s = { on = { click = { ["1"] = { tag = "t", to = "u" } } }, after = { ["1d"] = "u" } },
		u = { on = { click = { ["1"] = { untag = "t", to = "s" } } }, after = { ["1d"] = "s" } } } }`,
	"menu/function": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = {
		s = { on = { click = { ["1"] = { run = function(fan) fan:tag("t") end, to = "u" } } }, after = { ["1d"] = "u" } },
		u = { on = { click = { ["1"] = { run = function(fan) fan:untag("t") end, to = "s" } } }, after = { ["1d"] = "s" } } } }`,
	"coupon/data": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = { s = { on = { text = {
		["1"] = { claim = { key = "codes", limit = 100000000, set = "vars.n" }, goal = "issued", reply = "code ${vars.n}",
			template = { name = "COUPON_EXPIRING", data = { thing1 = "${vars.n}" }, at = "+6d 10:00", key = "expiring" } } } } } } }`,
	"coupon/function": `return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = { s = { on = { text = {
		["1"] = { run = function(fan)
			fan.vars.n = kv.increment("codes")
			fan:goal("issued")
			fan:reply("code " .. fan.vars.n)
			fan:template("COUPON_EXPIRING", { thing1 = tostring(fan.vars.n) }, { at = "+6d 10:00", key = "expiring" })
		end, to = {} } } } } } }`,
}

// benched is an engine over a store in memory, with a clock that stands.
type benched struct {
	*Engine
	b    *testing.B
	at   time.Time
	next atomic.Int64
}

const benchAccount = "shop"

func newBenched(b *testing.B) *benched {
	b.Helper()
	w := &benched{b: b, at: time.Date(2026, 11, 2, 13, 30, 0, 0, time.UTC)}
	var err error
	w.Engine, err = New(Config{Store: mem.New(), Now: func() time.Time { return w.at }, Accounts: []Account{{
		Name: benchAccount, Type: "service", Templates: map[string]string{"COUPON_EXPIRING": "TEMPLATE-1"},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	return w
}

func (w *benched) flow(source string) {
	w.b.Helper()
	s, err := w.Push(w.b.Context(), benchAccount, store.KindFlow, "b.lua", source, "bench")
	if err == nil {
		_, err = w.Publish(w.b.Context(), s.ScriptID, s.Version, "bench")
	}
	if err != nil {
		w.b.Fatal(err)
	}
}

// text makes a message, click a click on the menu.
func (w *benched) text(fan, text string) *wechat.Push {
	return &wechat.Push{
		FromUserName: fan, CreateTime: w.at.Unix(), MsgType: "text", MsgID: fmt.Sprint(w.next.Add(1)), Body: &wechat.Text{Content: text},
	}
}

func (w *benched) click(fan, key string) *wechat.Push {
	return &wechat.Push{
		FromUserName: fan, CreateTime: w.at.Unix() + w.next.Add(1), MsgType: "event", Event: "CLICK", EventKey: key, Body: &wechat.Click{Key: key},
	}
}

func (w *benched) receive(p *wechat.Push) {
	w.b.Helper()
	if _, err := w.Receive(w.b.Context(), benchAccount, p); err != nil {
		w.b.Fatal(err)
	}
}

// BenchmarkDecide is decide alone, from the snapshot to the Change, without load and commit; run it with -cpu 1.
func BenchmarkDecide(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(benchFlows)) {
		b.Run(name, func(b *testing.B) {
			w := newBenched(b)
			w.flow(benchFlows[name])
			w.receive(w.text("fan", "in"))
			p := w.text("fan", "1")
			if strings.HasPrefix(name, "menu") {
				p = w.click("fan", "1")
			}
			in, m := w.given(p)
			b.ReportAllocs()
			for b.Loop() {
				out, err := decide(b.Context(), in, m, nil)
				if err != nil || len(out.change.Entries) < 4 {
					b.Fatal(err, out.change.Entries)
				}
			}
		})
	}
}

// given is all that decide needs for a push, with the answers from outside.
func (w *benched) given(p *wechat.Push) (*input, *memory) {
	w.b.Helper()
	ctx, acc := w.b.Context(), w.accounts[benchAccount]
	t := task{fan: store.FanID{Account: benchAccount, OpenID: p.FromUserName}, cause: p.Key(), event: pushEvent(p), now: store.Stamp(w.at)}
	a := &attempt{Engine: w.Engine, task: t, account: acc, fetch: fetcher{engine: w.Engine, account: benchAccount}}
	snap, err := w.store.Load(ctx, t.fan, t.cause)
	if err != nil {
		w.b.Fatal(err)
	}
	ed, err := w.library.edition(ctx, benchAccount, snap.Catalog)
	if err != nil {
		w.b.Fatal(err)
	}
	in, err := a.input(ctx, acc, t, snap.Fan, ed)
	if err == nil {
		_, err = a.decide(ctx, in)
	}
	if err != nil {
		w.b.Fatal(err)
	}
	return in, &a.fetch.memory
}

// BenchmarkReceive is one event from Receive to the commit on a store in memory.
func BenchmarkReceive(b *testing.B) {
	w := newBenched(b)
	w.flow(benchFlows["keyword/data"])
	for i := range 100 {
		w.receive(w.text(fmt.Sprint("fan", i), "in"))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.receive(w.text(fmt.Sprint("fan", i%100), "1"))
	}
}

// BenchmarkReplay decides a journal of 1,000 messages again; the figure is for one of them.
func BenchmarkReplay(b *testing.B) {
	w := newBenched(b)
	w.flow(benchFlows["keyword/data"])
	w.receive(w.text("fan", "in"))
	const messages = 1000
	for range messages {
		w.receive(w.text("fan", "1"))
	}
	for b.Loop() {
		r, err := w.Replay(b.Context(), store.FanID{Account: benchAccount, OpenID: "fan"}, 0)
		if err != nil || !r.Equal {
			b.Fatal(err, r)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/messages, "ns/message")
}

// BenchmarkPublication brings 1,000 fans to a version whose delay was edited; the figure is for one of them.
func BenchmarkPublication(b *testing.B) {
	const fans = 1000
	version := func(delay int) string {
		return fmt.Sprintf(`return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = {
			s = { after = { ["%dh"] = { tag = "t" } } } } }`, 24+delay)
	}
	w := newBenched(b)
	w.flow(version(0))
	for i := range fans {
		w.receive(w.text(fmt.Sprint("fan", i), "in"))
	}
	for i := 0; b.Loop(); i++ {
		w.at = w.at.Add(time.Millisecond)
		w.flow(version(1 + i%100))
		w.work(b.Context())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/fans, "ns/fan")
}

// work does what is due until nothing is.
func (w *benched) work(ctx context.Context) {
	for {
		jobs, err := w.store.Lease(ctx, store.LeaseQuery{Now: w.at, For: time.Hour, Owner: "bench", Max: 10})
		if err != nil {
			w.b.Fatal(err)
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			if err := w.Wake(ctx, j); err != nil {
				w.b.Fatal(err)
			}
		}
	}
}
