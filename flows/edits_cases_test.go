package flows_test

import (
	"fmt"
	"time"

	"fanflow/store"
)

// aState is state a with timers of after and the words that every state has.
func aState(after string) string {
	return `a = { on = { text = { ["?"] = { reply = "a" }, go = "z" } }, after = { ` + after + ` } }, ` + zState
}

const zState = `z = { final = true }`

// timed is a timer that tags and stays.
func timed(delay, more string) string {
	return fmt.Sprintf(`["%s"] = { tag = "t%s"%s }`, delay, delay, more)
}

func choose(mode string) *store.Choice { return &store.Choice{Mode: mode} }

func mapped(pairs ...string) *store.Choice {
	c := &store.Choice{Mode: store.MapFans, Map: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		c.Map[pairs[i]] = pairs[i+1]
	}
	return c
}

func paused(w *world) { w.pause("f", "a look") }

func (w *world) pause(flow, why string) {
	w.t.Helper()
	if err := w.engine.Pause(w.t.Context(), account, flow, why); err != nil {
		w.t.Fatal(err)
	}
}

// pausedAndOn pauses the flow after the publication, lets an hour pass, and lets it go on.
func pausedAndOn(w *world) {
	w.pause("f", "a look")
	w.text("fan", "hm")
	w.advance(time.Hour)
	w.pause("f", "")
}

func edits() []edit {
	var all []edit
	for _, list := range [][]edit{delayEdits(), stateEdits(), timerEdits(), callEdits(), otherEdits()} {
		all = append(all, list...)
	}
	return all
}

// delayEdits are a delay made shorter and made longer, at eight positions each.
func delayEdits() []edit {
	failing := func(delay string) string {
		return fmt.Sprintf(`["%s"] = { run = function() error("broken") end }`, delay)
	}
	short, long := timed("1d", ""), timed("3d", "")
	next := func(s string) string { return `hours = "09:00-21:00", first = "a", states = { ` + s + ` }` }
	hour := 12 * time.Hour
	return []edit{
		{edit: "delay 3d → 1d", position: "before both", old: aState(long), new: aState(short), wait: hour},
		{edit: "delay 3d → 1d", position: "past the new one, late = run", old: aState(long), new: aState(short), wait: 2 * day},
		{edit: "delay 3d → 1d", position: "past the new one, late = skip", old: aState(long), new: aState(timed("1d", `, late = "skip"`)), wait: 2 * day},
		{edit: "delay 3d → 1d", position: "past the new one, late = next", old: aState(long), new: next(aState(timed("1d", `, late = "next"`))), wait: 2 * day},
		{edit: "delay 3d → 1d", position: "it has fired", old: aState(long), new: aState(short), wait: 4 * day},
		{edit: "delay 3d → 1d", position: "it is parked", old: aState(failing("3d")), new: aState(short), wait: 4 * day},
		{edit: "delay 3d → 1d", position: "the flow is paused and goes on", old: aState(long), new: aState(short), wait: 2 * day, after: pausedAndOn},
		{edit: "delay 3d → 1d", position: "two versions behind", old: aState(long), mid: aState(timed("5d", "")), new: aState(short), wait: hour},
		{edit: "delay 1d → 3d", position: "before both", old: aState(short), new: aState(long), wait: hour},
		{edit: "delay 1d → 3d", position: "held past both, late = run", old: aState(short), new: aState(long), before: paused, wait: 4 * day},
		{edit: "delay 1d → 3d", position: "held past both, late = skip", old: aState(short), new: aState(timed("3d", `, late = "skip"`)), before: paused, wait: 4 * day},
		{edit: "delay 1d → 3d", position: "held past both, late = next", old: aState(short), new: next(aState(timed("3d", `, late = "next"`))), before: paused, wait: 4 * day},
		{edit: "delay 1d → 3d", position: "it has fired", old: aState(short), new: aState(long), wait: 2 * day},
		{edit: "delay 1d → 3d", position: "it is parked", old: aState(failing("1d")), new: aState(long), wait: 2 * day},
		{edit: "delay 1d → 3d", position: "the flow is paused and goes on", old: aState(short), new: aState(long), wait: hour, after: pausedAndOn},
		{edit: "delay 1d → 3d", position: "two versions behind", old: aState(short), mid: aState(timed("2d", "")), new: aState(long), wait: hour},
	}
}

// stateEdits are states that go, come, are renamed, and change what they are.
func stateEdits() []edit {
	with := `a = { on = { text = { go = "b" } } }, b = { on = { text = { ["?"] = { reply = "b" } } }, after = { ["3d"] = "z" } }, ` + zState
	without := `a = { on = { text = { go = "c" } }, after = { ["1d"] = "z" } }, c = { on = { text = { ["?"] = { reply = "c" } } }, after = { ["2d"] = "z" } }, ` + zState
	inB := func(w *world) { w.text("fan", "go") }
	var list []edit
	for _, c := range []*store.Choice{nil, choose(store.KeepFans), choose(store.RestartFans), choose(store.EndFans), mapped("b", "c")} {
		list = append(list, edit{edit: "state removed", position: "in it", choice: c, old: with, new: without, before: inB, wait: time.Hour})
	}
	return append(list,
		edit{edit: "state renamed", position: "its timer waits", choice: mapped("b", "c"), old: with, new: without, before: inB, wait: day},
		edit{edit: "state renamed", position: "its new delay is over", choice: mapped("b", "c"), old: with, new: without, before: inB, wait: 60 * time.Hour},
		edit{edit: "state renamed", position: "in another", choice: mapped("b", "c"), old: with, new: without, wait: time.Hour},
		edit{edit: "state removed", position: "in it", choice: mapped("b", "<end>"), old: with, new: without, before: inB, wait: time.Hour},
		edit{edit: "state removed", position: "in it", choice: mapped("b", "<restart>"), old: with, new: without, before: inB, wait: time.Hour},
		edit{
			edit: "state made final", position: "in it", before: inB, wait: time.Hour,
			old: with, new: `a = { on = { text = { go = "b" } } }, b = { final = true, enter = { tag = "b" } }`,
		},
		edit{
			edit: "final state made live", position: "just left in it", before: inB, wait: time.Hour,
			old: `a = { on = { text = { go = "b" } } }, b = { final = true }`, new: with,
		},
		edit{
			edit: "state added", position: "in another", wait: time.Hour,
			old: `a = { on = { text = { go = "z" } } }, ` + zState, new: `a = { on = { text = { go = "b" } } }, b = { after = { ["1d"] = "z" } }, ` + zState,
		},
	)
}

// timerEdits are timers that come, go, and change their kind.
func timerEdits() []edit {
	named := func(delay string) string {
		return fmt.Sprintf(`["%s"] = { name = "nudge", tag = "nudged" }`, delay)
	}
	clock := func(field, key string) string {
		return `a = { on = { text = { go = "z" } }, ` + field + ` = { ["` + key + `"] = { tag = "rung" } } }, ` + zState
	}
	return []edit{
		{edit: "timer added", position: "before it", old: aState(timed("3d", "")), new: aState(timed("1d", "") + ", " + timed("3d", "")), wait: time.Hour},
		{edit: "timer added", position: "past it", old: aState(timed("3d", "")), new: aState(timed("1d", "") + ", " + timed("3d", "")), wait: 2 * day},
		{edit: "timer removed", position: "it waits", old: aState(timed("1d", "") + ", " + timed("3d", "")), new: aState(timed("3d", "")), wait: time.Hour},
		{edit: "timer removed", position: "it has fired", old: aState(timed("1d", "") + ", " + timed("3d", "")), new: aState(timed("3d", "")), wait: 2 * day},
		{edit: "the only timer removed", position: "it waits", old: `a = { after = { ["1d"] = "z" } }, ` + zState, new: `a = { on = { text = { ["?"] = { reply = "a" } } } }`, wait: time.Hour},
		{edit: "the only way out removed", position: "it waits", old: `a = { after = { ["1d"] = "z" } }, ` + zState, new: `a = {}`, wait: time.Hour},
		{edit: "two delays for one", position: "they wait", old: aState(`["2d"] = "z"`), new: aState(timed("1d", "") + `, ["3d"] = "z"`), wait: time.Hour},
		{edit: "named delay 3d → 1d", position: "before both", old: aState(named("3d")), new: aState(named("1d")), wait: 12 * time.Hour},
		{edit: "named delay 3d → 1d", position: "past the new one", old: aState(named("3d")), new: aState(named("1d")), wait: 2 * day},
		{edit: "named delay 1d → 3d", position: "it has fired", old: aState(named("1d")), new: aState(named("3d")), wait: 2 * day},
		{edit: "after 1d → at 10:00", position: "before both", old: clock("after", "1d"), new: clock("at", "10:00"), wait: time.Hour},
		{edit: "every 1d → every 2d", position: "it has fired twice", old: clock("every", "1d"), new: clock("every", "2d"), wait: 50 * time.Hour, later: 5 * day},
	}
}

// otherEdits change no state and no timer, or take a publication back.
func otherEdits() []edit {
	one, three := timed("1d", ""), timed("3d", "")
	flow := func(head, states string) string { return head + ` first = "a", states = { ` + states + ` }` }
	steps := `a = { on = { text = { go = "b" } } }, b = { on = { text = { go = "z" } } }, z = { final = true, goal = "done" }`
	return []edit{
		{edit: "text only", position: "its timer waits", old: aState(one), new: `title = "said better", first = "a", states = { ` + aState(one) + ` }`, wait: time.Hour},
		{edit: "timer's action", position: "it waits", old: aState(`["1d"] = { tag = "old" }`), new: aState(`["1d"] = { tag = "new" }`), wait: time.Hour},
		{edit: "rule removed", position: "no other leads on", old: `a = { on = { text = { go = "z" } } }, ` + zState, new: `a = {}`, wait: time.Hour},
		{edit: "first changed", position: "in the old first", old: steps, new: `first = "b", states = { ` + steps + ` }`, wait: time.Hour},
		{edit: "first changed", position: "in the old first", choice: choose(store.RestartFans), old: steps, new: `first = "b", states = { ` + steps + ` }`, wait: time.Hour},
		{
			edit: "funnel reordered", position: "in its second step", wait: time.Hour, before: func(w *world) { w.text("fan", "go") },
			old: flow(`funnel = { "a", "b", "z" },`, steps), new: flow(`funnel = { "b", "a", "z" },`, steps),
		},
		{edit: "any", position: "its timer waits", choice: choose(store.KeepFans), old: aState(one), new: aState(three), wait: time.Hour},
		{edit: "any", position: "it is parked", choice: choose(store.KeepFans), old: aState(`["1d"] = { run = function() error("broken") end }`), new: aState(three), wait: 2 * day},
		{
			edit: "any", position: "a send under a key waits", choice: choose(store.RestartFans), wait: time.Hour, later: 3 * day,
			old: `a = { enter = { message = { text = "soon", after = "1d", key = "k" } } }`, new: `a = { enter = { message = { text = "later", after = "1d", key = "k" } } }`,
		},
		{edit: "rollback", position: "the new timer waits", old: aState(one), mid: aState(three), new: aState(one), wait: time.Hour},
		{edit: "rollback", position: "the old timer has fired", old: aState(one), mid: aState(three), new: aState(one), wait: 2 * day},
		{
			edit: "limit and window added", position: "in it, past the window", wait: time.Hour,
			old: aState(one), new: flow(`limit = { all = 1 }, to = "2026-11-01",`, aState(one)),
		},
		{
			edit: "window added that closes", position: "in it, past the window", wait: time.Hour,
			old: aState(one), new: flow(`to = "2026-11-01", closes = "leave",`, aState(one)),
		},
		{
			edit: "exit added", position: "the tag is there already", wait: time.Hour,
			old: flow("", `a = { enter = { tag = "bought" }, after = { ["1d"] = { tag = "still here" } } }`),
			new: flow(`exit = { tag = { "bought" } },`, `a = { enter = { tag = "bought" }, after = { ["1d"] = { tag = "still here" } } }`),
		},
	}
}

// callEdits are of a flow that waits for a sub-flow, or of the sub-flow.
func callEdits() []edit {
	child := `a = { on = { text = { yes = "done" } }, after = { ["2d"] = "done" } }, done = { final = true }`
	calls := func(name, more string) string {
		return name + ` = { on = { text = { ask = { call = "child" } }, result = { ["*"] = "z" } }` + more + ` }`
	}
	asleep := func(w *world) { w.text("fan", "ask") }
	timer := `, after = { ["5d"] = { tag = "long" } }`
	return []edit{
		{
			edit: "state renamed", position: "asleep in it, a sub-flow runs", choice: mapped("a", "b"), before: asleep, wait: time.Hour, child: child,
			old: calls("a", timer) + ", " + zState, new: `first = "b", states = { ` + calls("b", timer) + ", " + zState + ` }`,
		},
		{
			edit: "state removed", position: "asleep in it, a sub-flow runs", before: asleep, wait: time.Hour, child: child,
			old: calls("a", timer) + ", " + zState, new: `first = "b", states = { ` + calls("b", timer) + ", " + zState + ` }`,
		},
		{
			edit: "call and its result removed", position: "asleep in it, a sub-flow runs", before: asleep, wait: time.Hour, child: child,
			old: calls("a", timer) + ", " + zState, new: `a = { on = { text = { go = "z" } }` + timer + ` }, ` + zState,
		},
		{
			edit: "any", position: "asleep, a sub-flow runs", choice: choose(store.RestartFans), before: asleep, wait: time.Hour, child: child,
			old: calls("a", timer) + ", " + zState, new: calls("a", `, after = { ["1d"] = "z" }`) + ", " + zState,
		},
		{
			edit: "any", position: "in the sub-flow", choice: choose(store.EndFans), before: asleep, wait: time.Hour, child: child,
			childNew: `a = { after = { ["1d"] = "done" } }, done = { final = true }`,
			old:      `a = { on = { text = { ask = { call = "child" } }, result = { left = { tag = "child left" }, ["*"] = "z" } } }, ` + zState,
		},
		{
			edit: "delay 2d → 1d", position: "in the sub-flow", before: asleep, wait: time.Hour, child: child,
			childNew: `a = { after = { ["1d"] = "done" } }, done = { final = true }`, old: calls("a", timer) + ", " + zState,
		},
	}
}
