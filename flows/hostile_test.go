package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// well is a flow of fans who do nothing wrong: each word is answered by its number.
const well = `return flow { name = "well", triggers = { text = { "hi" } }, first = "a", states = { a = {
  enter = { run = function(fan) fan.vars.n = 1 fan:reply("1") end },
  on = { text = { hi = { run = function(fan) fan.vars.n = fan.vars.n + 1 fan:reply(tostring(fan.vars.n)) end } } } } } }`

// ring is one of two flows that enroll the fan in each other.
func ring(name, next string) string {
	return fmt.Sprintf(`return flow { name = "%s", again = "0s", triggers = { text = { "%s" } }, first = "a", states = {
	  a = { final = true, enter = { run = function(fan) fan:enroll("%s") end } } } }`, name, name, next)
}

// on is a flow that runs a body when the fan writes go.
func on(body string) string {
	return `return flow { name = "bad", again = "0s", triggers = { text = { "go" } }, first = "a", states = { a = { final = true, enter = { run = function(fan, event) ` + body + ` end } } } }`
}

// TestHostileDecisions: what only flows and hooks together can do without end, ends, with a word that says why; a fan who has nothing to do
// with it is answered as before. Each world is replayed.
func TestHostileDecisions(t *testing.T) {
	for name, c := range map[string]struct {
		flows, plugins []string // plugins are name, source
		words          string   // that the fan bad writes
		kind           store.Kind
		why            string
	}{
		"enrolls that go round": {flows: []string{ring("go", "round"), ring("round", "go")}, kind: store.Refused, why: "enrollments in one event"},
		"hooks that answer each other": {plugins: []string{
			"ping", `return { hooks = { on_event = { text = function(fan, event) if event.text == "go" then fan:tag("ping") end end, tag = function(fan) fan:untag("ping") fan:tag("ping") end } } }`,
			"pong", `return { hooks = { on_event = { tag = function(fan) fan:untag("pong") fan:tag("pong") end } } }`,
		}, kind: store.Decided, why: "told too deep"},
		"a hook that enrolls whom a flow lets go": {flows: []string{on(`fan:tag("again") fan:untag("again")`)}, plugins: []string{
			"back", `return { hooks = { on_event = { tag = function(fan) fan:enroll("bad") end } } }`,
		}, kind: store.Decided, why: "told too deep"},
		"a hook that writes a flood of lines": {plugins: []string{
			"flood", `return { hooks = { on_event = { text = function(fan, event) if event.text == "go" then for i = 1, 2000 do log.info(i) end end end } } }`,
		}, kind: store.Decided, why: "… 1980 more"},
		"keys after work":     {flows: []string{on(`for i = 1, 64 do for j = 1, 3000 do end kv.get("k" .. i) end`)}, kind: store.Failed, why: "used up"},
		"requests after work": {flows: []string{on(`for i = 1, 64 do for j = 1, 4000 do end http.get("https://h" .. i .. ".example.com") end`)}, kind: store.Failed, why: "used up"},
		"keys after work of a hook": {plugins: []string{
			"bad", `return { hooks = { on_event = { text = function(fan, event) if event.text == "go" then for i = 1, 64 do for j = 1, 3000 do end kv.get("bad:" .. i) end end end } } }`,
		}, kind: store.Failed, why: "used up"},
		"a before_send that loops": {flows: []string{on(`fan:reply("x")`)}, plugins: []string{
			"guard", `return { hooks = { before_send = function(send) while send.flow == "bad" do end end } }`,
		}, kind: store.Failed, why: "used up its 200000 instructions"},
		"calls without end": {flows: []string{on(`while true do http.post("https://crm.example.com") end`)}, kind: store.Failed, why: "at most 20 calls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for i, f := range append(c.flows, well) {
				w.publish(store.KindFlow, fmt.Sprintf("f%d.lua", i), f)
			}
			for i := 0; i < len(c.plugins); i += 2 {
				w.plugin(c.plugins[i], c.plugins[i+1])
			}
			expect(t, "before", w.text("well", "hi"), "1")
			w.text("bad", "go")
			w.settle()
			expect(t, "beside", w.text("well", "hi"), "2")
			ends := ""
			for _, r := range w.rows("bad", c.kind) {
				ends += r.Why + string(r.Value) + "\n"
			}
			if !strings.Contains(ends, c.why) {
				t.Errorf("no row %q says %q:\n%s", c.kind, c.why, ends)
			}
			if n := len(w.journal("bad")); n > 400 {
				t.Errorf("it has left %d rows", n)
			}
		})
	}
}

// TestHostileWebhook: the hundred events of a run come to their fan, and to no on_webhook again.
func TestHostileWebhook(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "well.lua", well)
	w.plugin("back", `return { hooks = { on_event = { webhook = function(fan) kv.increment("back:heard") end }, on_webhook = function(hook)
	  kv.increment("back:runs")
	  local all = {}
	  for i = 1, 100 do all[i] = { openid = "bad", event = hook.event, data = i } end
	  return all end } }`)
	w.text("bad", "x")
	expect(t, "before", w.text("well", "hi"), "1")
	w.webhook("round", `{}`, "")
	w.settle()
	expect(t, "runs", w.kv("back:runs"), "1")
	expect(t, "heard", w.kv("back:heard"), "100")
	expect(t, "beside", w.text("well", "hi"), "2")
}

// TestHostileEvery: a time of every that loops is parked after its third try, and says why.
func TestHostileEvery(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "well.lua", well)
	w.plugin("loop", `return { hooks = { every = { ["* * * * *"] = function() while true do end end } } }`)
	times, err := w.engine.PluginEntries(t.Context(), account)
	if err != nil || len(times) != 1 {
		t.Fatal(times, err)
	}
	job := store.Job{ID: times[0].Name + "@" + w.clock().UTC().Format(time.RFC3339), Account: account, Kind: "plugin", Due: w.clock(), Args: times[0].Args}
	if _, err := w.store.Commit(t.Context(), store.Change{Fan: store.FanID{Account: account}, Base: store.AnyRev, Cause: "tick", At: w.clock(), Jobs: []store.Job{job}}); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute)
	parked, err := w.engine.PluginJobs(t.Context(), account, "loop")
	if err != nil || len(parked) != 1 || !strings.Contains(parked[0].Why, "used up its 200000 instructions") {
		t.Errorf("parked: %+v %v", parked, err)
	}
	expect(t, "beside", w.text("well", "hi"), "1")
}

// TestHostileDeclarations: what is too large to be meant is told when it is pushed; what is large and does no harm, does none.
func TestHostileDeclarations(t *testing.T) {
	w := newWorld(t)
	for source, want := range map[string]string{
		`local s = {} for i = 1, 1000 do s[i] = { day = i, text = "x" } end return drip { name = "d", triggers = { subscribe = true }, steps = s }`: "a drip has at most 60",
	} {
		_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, "d.lua", source)
		if err != nil || !strings.Contains(fmt.Sprint(findings), want) {
			t.Errorf("%v %v", findings, err)
		}
	}
	_, findings, err := w.engine.Check(t.Context(), account, store.KindPlugin, "d.lua", `local M = {} for i = 1, 100000 do M["f" .. i] = function() end end return M`)
	if err != nil || !strings.Contains(fmt.Sprint(findings), "used up its 200000 instructions") {
		t.Errorf("%v %v", findings, err)
	}
	_, findings, err = w.engine.Check(t.Context(), account, store.KindPlugin, "d.lua", `local e = {} for i = 1, 1000 do e["e" .. i] = print end return { hooks = { on_webhook = e } }`)
	if err != nil || !strings.Contains(fmt.Sprint(findings), "hooks.on_webhook has more than 100 names") {
		t.Errorf("%v %v", findings, err)
	}
	w.publish(store.KindFlow, "well.lua", well)
	w.plugin("many", `local e = {} for i = 1, 100 do e["e" .. i] = function(hook) kv.increment("many:" .. i) end end return { hooks = { on_webhook = e } }`)
	expect(t, "beside", w.text("well", "hi"), "1")
	expect(t, "Lua states", w.last().Lua, 1)
	w.webhook("e50", `{}`, "")
	w.settle()
	expect(t, "run", w.kv("many:50"), "1")
	expect(t, "others", w.kv("many:49"), "")
}
