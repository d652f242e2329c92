package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// caller calls the flow "child" from its state "wait"; there it has a timer, a listener and a rule for every result.
const caller = `return flow { name = "caller", triggers = { text = "start" }, again = "0s", first = "ask", exit = { tag = "out" }, states = {
	ask = { enter = { call = { flow = "child", vars = { size = "L", n = 2 } } }, listen = { text = { psst = { tag = "heard" } } },
		on = {
			text = { ["*"] = { reply = "caller took ${event.text}" } },
			result = { done = { run = function(fan, event)
				fan.vars.got = event.result .. " of " .. event.flow .. ": " .. tostring(event.vars.answer)
				return "after"
			end }, left = "lost", refused = "lost", ["*"] = { set = { other = "${event.result}" } } },
			webhook = { away = "elsewhere" },
		},
		after = { ["1h"] = { tag = "timer" }, ["2h"] = "elsewhere" } },
	after = { on = { text = { ["*"] = { reply = "after ${event.text}" } } } },
	lost = {}, elsewhere = {},
} }`

// child asks one question. Its ends are two final states, leaving, a timer and an exit.
const child = `return flow { name = "child", %s triggers = {}, again = "0s", first = "q", exit = { tag = "childout" }, states = {
	q = { enter = { reply = "size ${vars.size}?" }, leave = { tag = "childleave" }, on = { text = {
		yes = { set = { ["vars.answer"] = "yes" }, to = "done" }, no = "no", bye = { leave = true },
		bad = { run = function() error("oops") end } } }, after = { ["90m"] = "slow" } },
	done = { final = true, enter = { reply = "thanks" } }, no = { final = true, result = "declined" }, slow = { final = true },
} }`

// TestHowACallEnds: "A sub-flow is a child enrollment: its caller's timers run on, its caller's on sleeps." Every way in which a
// call can end, and what the caller makes of it.
func TestHowACallEnds(t *testing.T) {
	text := func(s string) func(*world) { return func(w *world) { w.text("fan", s) } }
	for name, c := range map[string]struct {
		do   func(*world)
		want string // the caller's state, what it waits for, its ends
		why  string // how the child ended
	}{
		"in a final state":         {text("yes"), `after  "done of child: yes"`, "final"},
		"with a result of its own": {text("no"), `ask  `, "final"},
		"by leaving":               {text("bye"), `lost  `, "leave at text bye"},
		"not by a failure":         {text("bad"), `ask child `, ""},
		"by its own exit":          {func(w *world) { w.tag("fan", "childout", "") }, `lost  `, "exit: tag childout"},
		"by its own timer":         {func(w *world) { w.advance(100 * time.Minute) }, `ask  `, "final"},
		"by its caller's timer": {func(w *world) {
			w.flow(strings.Replace(fmt.Sprintf(child, ""), "90m", "9h", 1))
			w.advance(3 * time.Hour)
		}, `elsewhere  `, "its caller went on"},
		"by its caller's exit":  {func(w *world) { w.tag("fan", "out", "") }, ` `, "its caller has ended"},
		"by both exits at once": {func(w *world) { w.tag("fan", "out childout", "") }, ` `, "its caller has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(fmt.Sprintf(child, ""))
			w.flow(caller)
			expect(t, "question", w.text("fan", "start"), "size L?")
			f := w.fan("fan")
			n := f.Enrolled("child")
			expect(t, "child", fmt.Sprint(string(n.Vars["size"]), string(n.Vars["n"]), *n.Caller, n.Trigger), `"L"2{caller 1}flow caller`)
			c.do(w)
			expect(t, "caller", w.calling("fan"), c.want)
			why := ""
			for _, r := range w.rows("fan", store.Left) {
				if r.Flow == "child" {
					why += r.Why
				}
			}
			expect(t, "child's end", why, c.why)
			f = w.fan("fan")
			expect(t, "child lives", f.Enrolled("child") != nil, c.why == "")
		})
	}
}

// calling says where the caller is, what it waits for and what it got.
func (w *world) calling(openID string) string {
	w.t.Helper()
	f := w.fan(openID)
	n := f.Enrolled("caller")
	if n == nil {
		return " "
	}
	return n.State + " " + n.Calls + " " + string(n.Vars["got"])
}

// TestTheCallersSleep: its on sleeps, its timers and listeners do not; the fan's words go to the child, and those that it does not
// know to nobody.
func TestTheCallersSleep(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(child, ""))
	w.flow(caller)
	w.text("fan", "start")
	expect(t, "nobody knows it", w.text("fan", "hm"), "")
	w.hook("fan", "away")
	expect(t, "asleep", w.calling("fan"), "ask child ")
	w.text("fan", "psst")
	w.advance(61 * time.Minute)
	f := w.fan("fan")
	expect(t, "listener and timer", strings.Join(f.Tags, " "), "heard timer")
	expect(t, "the child's answer is the passive reply", w.text("fan", "yes"), "thanks")
	expect(t, "awake", w.text("fan", "hm"), "after hm")
	rows := w.rows("fan", store.Called)
	var log []string
	for _, r := range rows {
		log = append(log, fmt.Sprintf("%s %s %s: %s", r.Flow, r.State, r.Name, r.Why))
	}
	expect(t, "journal", strings.Join(log, ", "), "caller ask child: enter ask, caller ask : result done of flow child")
}

// TestACallThatIsRefused: what keeps a fan out of a flow keeps out a call, but for again, which is about asking fans twice.
func TestACallThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		child, before string
		want          string
	}{
		"again does not count": {`again = "never",`, "enter", "ask child "},
		"paused":               {``, "pause", "lost  "},
		"closed":               {`to = "2026-11-01",`, "", "lost  "},
		"full":                 {`limit = { all = 1 },`, "other", "lost  "},
		"in it already":        {``, "stay", "lost  "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			source := strings.Replace(fmt.Sprintf(child, c.child), `triggers = {}, again = "0s"`, `triggers = { text = "child" }`, 1)
			w.flow(source)
			w.flow(caller)
			switch c.before {
			case "enter":
				w.text("fan", "child")
				w.text("fan", "yes")
			case "stay":
				w.text("fan", "child")
			case "other":
				w.text("other", "child")
			case "pause":
				if err := w.engine.Pause(t.Context(), account, "child", "for a test"); err != nil {
					t.Fatal(err)
				}
			}
			w.text("fan", "start")
			expect(t, "caller", w.calling("fan"), c.want)
		})
	}
}

// TestAChildThatCannotBegin: if its first state fails, the caller hears that it was left, and stands where it was until then.
func TestAChildThatCannotBegin(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "child", triggers = {}, first = "q", states = { q = { enter = { run = function() error("oops") end } } } }`)
	w.flow(caller)
	expect(t, "reply", w.text("fan", "start"), apology)
	expect(t, "caller", w.calling("fan"), "lost  ")
}

// TestAChildThatEndsAtOnce: the result comes in the same step, however deep.
func TestAChildThatEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		next := fmt.Sprintf(`s = { enter = { call = "f%d" }, on = { result = { ok = "ok", ["*"] = "no" } } }, no = { final = true },`, i+1)
		if i == 3 {
			next = `s = { enter = { run = function() return "ok" end } },`
		}
		w.flow(fmt.Sprintf(`return flow { name = "f%d", triggers = { text = "f%d" }, first = "s", states = { %s ok = { final = true, enter = { tag = "t%d" } } } }`, i, i, next, i))
	}
	w.text("fan", "f0")
	f := w.fan("fan")
	expect(t, "tags", strings.Join(f.Tags, " "), "t0 t1 t2 t3")
	expect(t, "ends", w.ends("fan"), "f3 final, f2 final, f1 final, f0 final")
}

// TestAResultThatFails: the child's end stands, the caller is awake and unmoved, and no timer is tried again for it.
func TestAResultThatFails(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(child, ""))
	w.flow(`return flow { name = "caller", triggers = { text = "start" }, first = "ask", states = { ask = { enter = { call = "child" }, on = {
		text = { ["*"] = { reply = "awake" } }, result = { run = function(fan) fan:tag("half") error("oops") end } } } } }`)
	w.text("fan", "start")
	w.advance(2 * time.Hour) // the child's timer ends it
	expect(t, "caller", w.calling("fan"), "ask  ")
	expect(t, "ends", w.ends("fan"), "child final")
	expect(t, "failures", len(w.rows("fan", store.Failed)), 1)
	expect(t, "awake", w.text("fan", "hm"), "awake")
	f := w.fan("fan")
	expect(t, "half done", f.Has("half"), false)
}

// TestAPausedCallerHearsLater: a paused flow takes no event; the result waits for it to go on.
func TestAPausedCallerHearsLater(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(child, ""))
	w.flow(caller)
	w.text("fan", "start")
	pause := func(why string) {
		t.Helper()
		if err := w.engine.Pause(t.Context(), account, "caller", why); err != nil {
			t.Fatal(err)
		}
	}
	pause("for a test")
	w.text("fan", "yes")
	expect(t, "asleep still", w.calling("fan"), "ask child ")
	w.advance(3*time.Hour + time.Minute)
	expect(t, "asleep still", w.calling("fan"), "ask child ")
	pause("")
	w.set(w.clock().Add(-2 * time.Hour)) // its own timers are not what this is about
	w.advance(2 * time.Hour)
	if got := w.calling("fan"); got != `after  "done of child: yes"` && got != "elsewhere  " {
		t.Errorf("caller: %s", got)
	}
}

// TestCallsThatCannotBe: the caller's part fails, and nothing of it stands.
func TestCallsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct{ enter, want string }{
		"itself":     {`{ run = function(fan) fan:call("o" .. "ne") end }`, `flow "one" cannot call itself`},
		"nobody":     {`{ run = function(fan) fan:call("chidl") end }`, `no flow "chidl" is published; did you mean "child"?`},
		"two":        {`{ run = function(fan) fan:call("child") fan:call("other") end }`, `it waits for flow "child" already`},
		"in the end": {`"e"`, `state "e" is final`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(fmt.Sprintf(child, ""))
			w.flow(other)
			w.flow(`return flow { name = "one", triggers = { text = "in" }, first = "s", states = { s = { on = { text = { go = ` + c.enter + ` } } },
			e = { final = true, enter = { run = function(fan) fan:call("child") end } } } }`)
			w.text("fan", "in")
			expect(t, "reply", w.text("fan", "go"), apology)
			failed := w.rows("fan", store.Failed)
			if len(failed) != 1 || !strings.Contains(failed[0].Why, c.want) {
				t.Errorf("%v, want %s", failed, c.want)
			}
			f := w.fan("fan")
			expect(t, "live", fmt.Sprint(len(f.Live), f.Live[0].State, f.Live[0].Calls), "1s")
		})
	}
}

// TestACallAndOn: a function that calls and then chooses a state goes there, and the sub-flow never begins.
func TestACallAndOn(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(child, ""))
	w.flow(`return flow { name = "caller", triggers = { text = "in" }, first = "s", states = {
		s = { enter = { run = function(fan) fan:call("child") return "t" end } }, t = {} } }`)
	w.text("fan", "in")
	expect(t, "caller", w.calling("fan"), "t  ")
	expect(t, "child", len(w.rows("fan", store.Enrolled)), 1)
}

// TestFlowsThatCallInCirclesWake: two flows that call each other without end stop within the event, and none sleeps for ever.
func TestFlowsThatCallInCirclesWake(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "done", triggers = {}, again = "0s", first = "s", states = { s = { final = true } } }`)
	w.flow(`return flow { name = "caller", triggers = { text = "in" }, first = "s", states = {
		s = { enter = { call = "done" }, on = { result = "t" } }, t = { enter = { call = "done" }, on = { result = "s" } } } }`)
	w.text("fan", "in")
	f := w.fan("fan")
	expect(t, "waits for", f.Enrolled("caller").Calls, "")
}

// TestACallersExitReachesDeep: the whole chain ends, the deepest first, and nobody hears of a result.
func TestACallersExitReachesDeep(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "c", triggers = {}, first = "s", states = { s = { after = { ["1d"] = "s" } } } }`)
	w.flow(`return flow { name = "b", triggers = {}, first = "s", states = { s = { enter = { call = "c" }, on = { result = { tag = "heard" } } } } }`)
	w.flow(`return flow { name = "a", triggers = { text = "in" }, first = "s", exit = { unsubscribe = true }, states = { s = { enter = { call = "b" }, on = { result = { tag = "heard" } } } } }`)
	w.subscribe("fan", "")
	w.text("fan", "in")
	f := w.fan("fan")
	expect(t, "live", len(f.Live), 3)
	w.unsubscribe("fan")
	expect(t, "ends", w.ends("fan"), "c its caller has ended, b its caller has ended, a exit: unsubscribe")
	f = w.fan("fan")
	expect(t, "heard", f.Has("heard"), false)
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "jobs", len(jobs), 0)
}

// TestCheckResults: check names a rule for a result that cannot come.
func TestCheckResults(t *testing.T) {
	for name, c := range map[string]struct{ flow, enter, want string }{
		"no call at all":       {``, ``, "error states.b.on.result: there is no result, as the flow calls none"},
		"a call in its state":  {``, `enter = { call = "two" },`, ""},
		"a call elsewhere":     {``, `leave = { reply = "x" } }, c = { enter = { call = "two" }, on = { text = { x = "e" } },`, "warning states.b.on.result: no result comes here, as nothing in this state calls a flow"},
		"a function may call":  {``, `enter = function(fan) fan:call("two") end,`, ""},
		"a call in a case":     {``, `enter = { case = { { when = { tag = "x" }, call = "two" } } },`, ""},
		"a call in any state":  {`listen = { text = { z = { call = "two" } } },`, ``, ""},
		"a call of a listener": {``, `listen = { text = { z = { call = "two" } } },`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			source := `return flow { name = "one", triggers = { text = "in" }, first = "a", ` + c.flow + ` states = { a = { on = { text = { x = "b", y = "c" } } },
				b = { on = { result = { ["*"] = "e" } }, ` + c.enter + ` }, e = { final = true } } }`
			_, findings, err := newWorld(t).engine.Check(t.Context(), account, store.KindFlow, "one.lua", source)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range findings {
				if f.Rule == "call" {
					got = string(f.Severity) + " " + f.Msg
				}
			}
			expect(t, "findings", got, c.want)
		})
	}
}
