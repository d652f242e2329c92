package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// tag and hook are what people and other systems do to a fan.
func (w *world) tag(openID, add, remove string) {
	w.t.Helper()
	err := w.engine.Tag(w.t.Context(), store.FanID{Account: account, OpenID: openID}, strings.Fields(add), strings.Fields(remove), "api")
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) hook(openID, event string) {
	w.t.Helper()
	if _, err := w.engine.Hook(w.t.Context(), account, flows.Hook{Event: event, OpenID: openID}); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// ends are the reasons for which the fan's enrollments ended, in order: "flow why".
func (w *world) ends(openID string) string {
	w.t.Helper()
	var out []string
	for _, r := range w.rows(openID, store.Left) {
		out = append(out, r.Flow+" "+r.Why)
	}
	return strings.Join(out, ", ")
}

// waiter is a flow that waits a year for nothing, with exit rules and further fields.
func waiter(name, exit, fields string) string {
	return fmt.Sprintf(`return flow { name = %q, triggers = { text = "in" , webhook = { "come" } }, again = "0s", first = "wait", exit = %s, %s states = {
	wait = { after = { ["365d"] = "over" } }, over = { final = true }, redeemed = { final = true, goal = "redeemed" } } }`, name, exit, fields)
}

// other is a second flow that does things to the fan.
const other = `return flow { name = "other", triggers = { text = { "buy", "give", "note", "sell" } }, again = "0s", first = "s", states = {
	s = { final = true, enter = { run = function(fan, event)
		if event.text == "buy" then fan:tag("bought") end
		if event.text == "sell" then fan:untag("bought") end
		if event.text == "give" then fan:goal("given") end
		if event.text == "note" then fan.attrs.size = "L" end
	end } } } }`

// TestExits: "exit rules on the whole flow that act at once even in a long wait".
func TestExits(t *testing.T) {
	text := func(s string) func(*world) { return func(w *world) { w.text("fan", s) } }
	for name, c := range map[string]struct {
		exit string
		do   func(*world)
		want string // why it ended; empty: it did not
	}{
		"unsubscribe":                {`{ unsubscribe = true }`, func(w *world) { w.unsubscribe("fan") }, "one exit: unsubscribe"},
		"unsubscribe is not heard":   {`{ optout = true }`, func(w *world) { w.unsubscribe("fan") }, ""},
		"the account's own word":     {`{ optout = true }`, text("退订"), "one exit: optout"},
		"false is no rule":           {`{ optout = false }`, text("退订"), ""},
		"a tag of another flow":      {`{ tag = { "gone", "bought" } }`, text("buy"), "one exit: tag bought"},
		"another tag":                {`{ tag = { "gone" } }`, text("buy"), ""},
		"one tag, no list":           {`{ tag = "b*" }`, text("buy"), "one exit: tag b*"},
		"a tag of an operator":       {`{ tag = { bought = true } }`, func(w *world) { w.tag("fan", "x bought", "") }, "one exit: tag bought"},
		"a tag there already":        {`{ tag = "old" }`, func(w *world) { w.tag("fan", "old", "") }, ""},
		"a tag taken by an operator": {`{ untag = "old" }`, func(w *world) { w.tag("fan", "", "old") }, "one exit: untag old"},
		"an attribute":               {`{ attr = "size" }`, text("note"), "one exit: attr size"},
		"an attribute's value":       {`{ attr = { "size=L" } }`, text("note"), "one exit: attr size=L"},
		"another value":              {`{ attr = { "size=S" } }`, text("note"), ""},
		"a goal":                     {`{ goal = { "given" } }`, text("give"), "one exit: goal given"},
		"a goal of that flow":        {`{ goal = { "other.given" } }`, text("give"), "one exit: goal other.given"},
		"a goal of no such flow":     {`{ goal = { "third.given" } }`, text("give"), ""},
		"a webhook":                  {`{ webhook = { "order.*" } }`, func(w *world) { w.hook("fan", "order.paid") }, "one exit: webhook order.*"},
		"another webhook":            {`{ webhook = { "order.*" } }`, func(w *world) { w.hook("fan", "cart") }, ""},
		"into a final state":         {`{ webhook = { ["order.paid"] = "redeemed" } }`, func(w *world) { w.hook("fan", "order.paid") }, "one exit: webhook order.paid"},
		"the more particular":        {`{ webhook = { ["*"] = "over", ["order.paid"] = "redeemed" } }`, func(w *world) { w.hook("fan", "order.paid") }, "one exit: webhook order.paid"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(waiter("one", c.exit, ""))
			w.flow(other)
			w.subscribe("fan", "")
			w.tag("fan", "old", "")
			w.text("fan", "in")
			w.advance(100 * day)
			c.do(w)
			got := strings.ReplaceAll(w.ends("fan"), "other final", "")
			expect(t, "why", strings.Trim(got, ", "), c.want)
			timers, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "timer"}, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "timers", len(timers), map[bool]int{true: 1, false: 0}[c.want == ""])
			goals := len(w.rows("fan", store.Goal))
			if strings.Contains(c.exit, `["order.paid"] = "redeemed"`) {
				expect(t, "goal", goals, 1)
			}
		})
	}
}

// TestAnExitIsInTheSameChange: nobody can see the fan with the fact and in the flow.
func TestAnExitIsInTheSameChange(t *testing.T) {
	w := newWorld(t)
	w.flow(waiter("one", `{ tag = "bought" }`, ""))
	w.flow(waiter("two", `{ tag = "bought" }`, "priority = 1,"))
	w.flow(waiter("three", `{ tag = "other" }`, ""))
	w.flow(other)
	for range 3 {
		w.text("fan", "in") // one flow takes it each time
	}
	f := w.fan("fan")
	expect(t, "live", len(f.Live), 3)
	w.text("fan", "buy")
	f = w.fan("fan")
	expect(t, "live", fmt.Sprint(len(f.Live), " ", f.Live[0].Flow), "1 three")
	rows := w.journal("fan")
	last := rows[len(rows)-1].Rev
	var in []string
	for _, r := range rows {
		if r.Rev == last && (r.Kind == store.Tagged || r.Kind == store.Left) {
			in = append(in, string(r.Kind)+" "+r.Flow)
		}
	}
	expect(t, "one change", strings.Join(in, ", "), "tagged other, left other, left two, left one")
}

// TestWhoComesInByAFactStays: a flow that a tag leads into is not left by the same tag.
func TestWhoComesInByAFactStays(t *testing.T) {
	w := newWorld(t)
	w.flow(waiter("one", `{ webhook = "come" }`, ""))
	w.subscribe("fan", "")
	w.hook("fan", "come")
	expect(t, "by it", w.state("fan", "one"), "wait")
	w.hook("fan", "come")
	expect(t, "again", w.ends("fan"), "one exit: webhook come")
}

// TestOnBeforeExit: who takes an event by its own on is left alone by its exit; other flows' exits act.
func TestOnBeforeExit(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", priority = 1, triggers = { text = "in" }, first = "wait", exit = { unsubscribe = true, webhook = "x" }, states = {
	wait = { on = { unsubscribe = { tag = "lost" }, webhook = { x = { run = function() error("oops") end } } } } } }`)
	w.flow(waiter("two", `{ unsubscribe = true, webhook = "x" }`, ""))
	w.subscribe("fan", "")
	w.text("fan", "in")
	w.text("fan", "in")
	w.unsubscribe("fan")
	expect(t, "ends", w.ends("fan"), "two exit: unsubscribe")
	w.hook("fan", "x") // what fails has not taken care of it
	expect(t, "ends", w.ends("fan"), "two exit: unsubscribe, one exit: webhook x")
}

// TestALateUnsubscribeIsNoExit: an unsubscribe that the fan has undone since changes nothing.
func TestALateUnsubscribeIsNoExit(t *testing.T) {
	w := newWorld(t)
	w.flow(waiter("one", `{ unsubscribe = true }`, ""))
	w.subscribe("fan", "")
	old := w.push("fan", "event", "unsubscribe", "", nil)
	w.advance(time.Hour)
	w.subscribe("fan", "")
	w.text("fan", "in")
	old.CreateTime -= 10
	w.receive(old)
	expect(t, "state", w.state("fan", "one"), "wait")
}

// TestExitHooks: leave hook, the final state, Left. A hook that fails does not hold the fan back, and a paused flow runs none.
// "A script that fails … changes nothing of its flow": here its exit stands, as the fan must not stay in.
func TestExitHooks(t *testing.T) {
	flow := func(leave string) string {
		return fmt.Sprintf(`return flow { name = "one", triggers = { text = "in" }, first = "wait", exit = { tag = "out", webhook = { done = "bye" } }, states = {
		wait = { leave = %s }, bye = { final = true, goal = "done", enter = { tag = "entered" } } } }`, leave)
	}
	fine, bad := `{ tag = "left" }`, `{ run = function(fan) fan:tag("half") error("oops") end }`
	for name, c := range map[string]struct {
		leave string
		hold  bool
		hook  bool
		want  string // tags, goals, failures
	}{
		"by a tag":               {fine, false, false, "[left out] 0 0"},
		"into a state":           {fine, false, true, "[entered left] 1 0"},
		"failing":                {bad, false, false, "[out] 0 1"},
		"failing, into a state":  {bad, false, true, "[] 1 1"},
		"paused":                 {fine, true, false, "[out] 0 0"},
		"paused, into a state":   {fine, true, true, "[] 1 0"},
		"paused, a failing hook": {bad, true, false, "[out] 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(flow(c.leave))
			w.text("fan", "in")
			if c.hold {
				if err := w.engine.Pause(t.Context(), account, "one", "for a test"); err != nil {
					t.Fatal(err)
				}
			}
			if c.hook {
				w.hook("fan", "done")
			} else {
				w.tag("fan", "out", "")
			}
			f := w.fan("fan")
			expect(t, "what happened", fmt.Sprint(f.Tags, len(w.rows("fan", store.Goal)), len(w.rows("fan", store.Failed))), c.want)
			expect(t, "live", len(f.Live), 0)
		})
	}
}

// TestATimersPartComesBeforeItsExit: what a timer does stands, then the flow ends by it, and the timers that are left go with it.
func TestATimersPartComesBeforeItsExit(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", triggers = { text = "in" }, first = "a", exit = { tag = "out" }, states = {
	a = { leave = { run = function() error("oops") end }, after = { ["1h"] = { tag = "out" }, ["2h"] = { tag = "late" } } } } }`)
	w.text("fan", "in")
	w.advance(3 * time.Hour)
	f := w.fan("fan")
	expect(t, "tags", fmt.Sprint(f.Tags), "[out]")
	expect(t, "ends", w.ends("fan"), "one exit: tag out")
	expect(t, "fired", len(w.rows("fan", store.Fired)), 1)
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "jobs", len(jobs), 0)
}

// TestFlowSaysWhatLeadsAnywhere: exits, and what the flow listens to, are edges that no state has.
func TestFlowSaysWhatLeadsAnywhere(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "on", exit = { unsubscribe = true, webhook = { ["order.paid"] = "bought" } },
		listen = { tag = { vip = "gift" } }, states = { on = {}, gift = {}, bought = { final = true } } }`)
	f, err := w.engine.Flow(t.Context(), account, "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "anywhere", fmt.Sprint(f.Anywhere), "[{exit: unsubscribe } {exit: webhook order.paid bought} {listen tag vip gift}]")
}
