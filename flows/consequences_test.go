package flows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// TestClosingSpeaksToEverybody: what leave hooks order while a window closes is an order of each fan's own.
func TestClosingSpeaksToEverybody(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "sale", triggers = { text = "in" }, to = "2026-11-03", closes = "leave", first = "wait", states = {
		wait = { leave = { message = "bye ${fan.openid}" }, on = { text = { out = "over" } } }, over = { final = true } } }`)
	var want []string
	for i := range 5 {
		fan := fmt.Sprint("fan", i)
		w.text(fan, "in")
		want = append(want, "bye "+fan)
	}
	w.advance(48 * time.Hour)
	got := w.said()
	slices.Sort(got)
	expect(t, "said", strings.Join(got, ", "), strings.Join(want, ", "))
}

// held is a caller whose sub-flow ends while the caller is paused.
func held(t *testing.T, rest string) *world {
	t.Helper()
	w := newWorld(t)
	w.publish(store.KindFlow, "child.lua", `return flow { name = "child", triggers = { text = "never" }, again = "0s", first = "ask", states = {
		ask = { on = { text = { yes = "done" } } }, done = { final = true } } }`)
	w.publish(store.KindFlow, "caller.lua", `return flow { name = "caller", triggers = { text = "in" }, first = "wait", states = {
		wait = { enter = { call = "child" }, on = { result = { done = "heard" }, text = { ["*"] = { reply = "awake" } } }, `+rest+` },
		heard = { enter = { message = "heard" }, on = { text = { x = "over" } } },
		over = { final = true } } }`)
	w.text("fan", "in")
	if err := w.engine.Pause(t.Context(), account, "caller", "a test"); err != nil {
		t.Fatal(err)
	}
	w.text("fan", "yes")
	expect(t, "the sub-flow has ended", w.state("fan", "child"), "")
	expect(t, "the caller sleeps", w.state("fan", "caller"), "wait")
	return w
}

// TestHeldResult: a paused flow takes no event; the result of its sub-flow comes when it goes on, not some time later.
func TestHeldResult(t *testing.T) {
	for name, pause := range map[string]time.Duration{"a short pause": time.Minute, "a long one": 30 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			w := held(t, ``)
			w.advance(pause)
			expect(t, "while it is paused", strings.Join(w.said(), " "), "")
			w.goOn("caller")
			w.advance(10 * time.Second)
			expect(t, "state", w.state("fan", "caller"), "heard")
			w.advance(3 * time.Hour)
			expect(t, "said", strings.Join(w.said(), " "), "heard")
		})
	}
}

// TestHeldResultIsOfItsCall: a result that was kept is that of the call which the caller waited for, and of no later one.
func TestHeldResultIsOfItsCall(t *testing.T) {
	w := held(t, `after = { ["10m"] = "again" } }, again = { enter = { call = "child" }, on = { result = { done = "heard" } }`)
	w.advance(5 * time.Minute)
	if err := w.engine.Tag(t.Context(), store.FanID{Account: account, OpenID: "fan"}, []string{"x"}, nil, "test"); err != nil {
		t.Fatal(err)
	}
	w.advance(10 * time.Minute)
	w.goOn("caller")
	w.advance(2 * time.Hour)
	switch state := w.state("fan", "caller"); state {
	case "heard": // the result came first, and ended the wait
		expect(t, "child", w.state("fan", "child"), "")
	case "again": // the timer came first: the result is of no call any more
		expect(t, "child", w.state("fan", "child"), "ask")
	default:
		t.Errorf("state %q", state)
	}
}

// TestExitOfAFullChange: whatever the flow that took the event writes, an exit that follows from it finds room.
func TestExitOfAFullChange(t *testing.T) {
	for kb := 50; kb < 64; kb++ {
		w := newWorld(t)
		w.publish(store.KindFlow, "one.lua", waiter("one", `{ tag = "bought" }`, ""))
		w.publish(store.KindFlow, "big.lua", fmt.Sprintf(`return flow { name = "big", triggers = { text = "big" }, again = "0s", first = "s", states = {
			s = { enter = { run = function(fan) fan:tag("bought"); fan.vars.x = string.rep("x", %d) end }, after = { ["1d"] = "o" } }, o = { final = true } } }`, kb*1024))
		w.text("fan", "in")
		w.text("fan", "big")
		if f := w.fan("fan"); f.Has("bought") && w.state("fan", "one") != "" {
			t.Errorf("with %d KB written, the exit did not happen:", kb)
			for _, r := range w.rows("fan", store.Failed) {
				t.Error(r.Flow, r.Why)
			}
		}
	}
}

// TestScriptAsksForTooMuch: what a script collects is bounded while it runs, and what is said of it does not depend on chance.
func TestScriptAsksForTooMuch(t *testing.T) {
	for name, c := range map[string]struct{ do, why string }{
		"enrollments":           {`for i = 1, 10000 do fan:enroll("other") end`, "more than 32 enrollments"},
		"enrollments with much": {`local s = string.rep("x", 60000) for i = 1, 20 do fan:enroll("other", { vars = { x = s } }) end`, "64 KB"},
		"values":                {`local s = string.rep("x", 30000) for i = 1, 10000 do fan.vars.x = s .. i; fan:tag("a") end`, "64 KB"},
		"tags":                  {`for i = 1, 10000 do fan:tag("tag" .. i) end`, "64 KB"},
		"keys":                  {`local kv = require "kv" local s = string.rep("x", 30000) for i = 1, 10000 do kv.set("k" .. i, s) end`, "64 KB"},
		"itself":                {`fan:call("gree" .. "dy")`, "cannot call itself"},
		"names that cannot be":  {`fan:enroll("other", { vars = { [string.rep("b", 200)] = 1, [string.rep("a", 201)] = 1, [string.rep("c", 202)] = 1 } })`, "not 201"},
		"a key of the engine's": {`local kv = require "kv" kv.increment("fanflow:entries/other", 1)`, "engine's own"},
		"values that cannot be": {`fan.vars.b = print; fan.vars.a = tostring; fan.vars.c = print`, "fan.vars"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(store.KindFlow, "other.lua", other)
			w.flow(`return flow { name = "greedy", triggers = { text = "in" }, first = "s", states = {
				s = { enter = { run = function(fan) ` + c.do + ` end } , on = { text = { ["*"] = { reply = "x" } } } } } }`)
			expect(t, "reply", w.text("fan", "in"), apology)
			failed := w.rows("fan", store.Failed)
			if len(failed) != 1 || !strings.Contains(failed[0].Why, c.why) {
				t.Errorf("failures %+v", failed)
			}
		})
	}
}
