package flows_test

import (
	"fmt"
	"testing"
	"time"

	"fanflow/store"
)

// TestEveryRowHasItsReason: "Every step is in the journal with its reason." What a flow sets, claims, tags and reaches says which
// rule led to it, as data and as a function, also what it is entered with and what a restart takes away.
func TestEveryRowHasItsReason(t *testing.T) {
	kinds := map[store.Kind]bool{
		store.VarSet: true, store.AttrSet: true, store.Claimed: true, store.Tagged: true, store.Untagged: true, store.Goal: true,
	}
	w := newWorld(t)
	w.flow(`return flow { name = "sub", triggers = {}, first = "z", states = { z = { final = true, goal = "seen", enter = { tag = "sub" } } } }`)
	source := `local kv = require "kv"
		return flow { name = "test", triggers = { text = "in" }, first = "a", %s states = {
		a = { goal = "begun", enter = { set = { ["vars.a"] = 1, city = "x" }, claim = { key = "codes", set = "vars.unit" }, variant = { color = { red = 1, blue = 1 } } },
			on = { text = {
				go = { set = { ["vars.b"] = 2 }, claim = { key = "codes" }, add = { points = 1 } },
				fn = function(fan) fan.vars.c = 3; fan.attrs.d = 4; fan.vars.e = kv.increment("codes") end,
				sub = { call = { flow = "sub", vars = { from = "a" } } },
			} },
			after = { ["1h"] = { set = { ["vars.late"] = true } } } },
	} }`
	w.flow(fmt.Sprintf(source, ""))
	for _, text := range []string{"in", "go", "fn", "sub"} {
		w.text("fan", text)
	}
	w.advance(2 * time.Hour)
	s, err := w.engine.Push(t.Context(), account, store.KindFlow, "test.lua", fmt.Sprintf(source, `title = "two",`), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.PublishAs(t.Context(), s.ScriptID, s.Version, "test", &store.Choice{Mode: store.RestartFans}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	whys := map[string]string{}
	seen := map[store.Kind]int{}
	for _, r := range w.journal("fan") {
		if !kinds[r.Kind] {
			continue
		}
		seen[r.Kind]++
		if r.Why == "" {
			t.Errorf("row %d has no reason: %s %s %s %s", r.Seq, r.Kind, r.Flow, r.Name, r.Value)
		}
		if _, ok := whys[r.Name]; !ok {
			whys[r.Name] = r.Why
		}
	}
	for name, want := range map[string]string{
		"a": "enter a", "city": "enter a", "codes": "enter a", "color": "enter a", "b": "text go", "points": "text go",
		"c": "text fn", "d": "text fn", "e": "text fn", "from": "enrolled by flow test", "late": "after 1h", "begun": "enrolled by text in",
	} {
		expect(t, "the reason of "+name, whys[name], want)
	}
	expect(t, "claims", seen[store.Claimed], 4)
}
