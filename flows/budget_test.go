package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// TestABudgetCountsAllOfTheChange: what a decision writes beside the flow's own words (the receipt, what other flows are told,
// the note of a failure) counts too. What is too much is the flow's failure, not the store's refusal, which would repeat
// for ever.
func TestABudgetCountsAllOfTheChange(t *testing.T) {
	listener := `return flow { name = "listener", triggers = { attr = { "big" } }, first = "s", states = { s = { final = true } } }`
	articles := `{ news = { { title = "t", url = string.rep("u", 33000) } } }`
	for name, c := range map[string]struct {
		body    string
		failing bool
	}{
		"told to another flow":     {`fan.attrs.big = string.rep("x", 40000)`, true},
		"the receipt of a reply":   {`fan:reply(` + articles + `)`, true},
		"signs that HTML escapes":  {`fan.vars.x = string.rep("<", 15000)`, false},
		"signs that JSON escapes":  {`fan.vars.x = string.rep("\1", 15000)`, true},
		"just below":               {`fan.vars.x = string.rep("x", 55000)`, false},
		"a long error":             {`error(string.rep("\1", 3000))`, true},
		"much and then an error":   {`fan.vars.x = string.rep("x", 50000); error(string.rep("\1", 3000))`, true},
		"told, and no larger room": {`fan.attrs.big = string.rep("x", 25000)`, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(store.KindFlow, "listener.lua", listener)
			w.enrolled(c.body)
			p := w.push("fan", "text", "", "", textBody("x"))
			r, err := w.engine.Receive(t.Context(), account, p)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "failed", len(w.rows("fan", store.Failed)) == 1, c.failing)
			expect(t, "apology", r.Content == apology, c.failing)
		})
	}
}

// TestFailuresThatFillTheChange: one event may fail in many flows, after one of them has written nearly all there is room for.
func TestFailuresThatFillTheChange(t *testing.T) {
	w := newWorld(t)
	var wishes strings.Builder
	for i := range 30 {
		name := fmt.Sprintf("f%02d", i)
		w.publish(store.KindFlow, name+".lua", fmt.Sprintf(`return flow { name = "%s", triggers = { text = { "%s" } }, first = "s", states = {
	s = { enter = { run = function(fan) error(string.rep("no ", 1000)) end }, after = { ["1d"] = "e" } }, e = { final = true } } }`, name, name))
		fmt.Fprintf(&wishes, "fan:enroll(%q); ", name)
	}
	w.enrolled(wishes.String() + `fan.vars.x = string.rep("x", 50000)`)
	if _, err := w.engine.Receive(t.Context(), account, w.push("fan", "text", "", "", textBody("x"))); err != nil {
		t.Fatal(err)
	}
	f := w.fan("fan")
	expect(t, "kept", len(f.Enrolled("test").Vars["x"]), 50002)
	if n := len(w.rows("fan", store.Failed)); n < 5 {
		t.Errorf("%d failures are noted", n)
	}
}

// TestCountsEndWhereNumbersDo: beyond 2^53 a script's numbers are no longer exact, so that two fans would be given the same.
func TestCountsEndWhereNumbersDo(t *testing.T) {
	for _, set := range []string{"9007199254740992", "9223372036854774784"} {
		w := newWorld(t)
		w.enrolled(`local kv = require "kv"
		if event.text == "set" then kv.set("n", ` + set + `) else fan:reply("n " .. kv.increment("n", 9007199254740992)) end`)
		w.text("fan", "set")
		r, err := w.engine.Receive(t.Context(), account, w.push("fan", "text", "", "", textBody("x")))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "reply", r.Content, apology)
	}
}

// TestAReportThatComesAgain: a report that overtook its send, and that the platform delivers once more after the send is
// known, is offered to the flows once.
func TestAReportThatComesAgain(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { enter = { template = { name = "COUPON_EXPIRING", data = { thing1 = "x" } } },
		on = { sent = { delivered = { run = function(fan) fan.vars.n = (fan.vars.n or 0) + 1 end } } } } } }`)
	w.text("fan", "start")
	p := w.push("fan", "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: "success"})
	p.MsgID = fmt.Sprint(w.ids.Load() + 1)
	w.receive(p)
	w.settle()
	w.receive(p)
	w.advance(time.Minute)
	f := w.fan("fan")
	expect(t, "n", string(f.Enrolled("test").Vars["n"]), "1")
}
