package flows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
)

// TestScriptsAreLookedThrough: what can be seen without running a script is found in flows, plugins and broadcasts, and an error
// refuses the push. "State lives in the store alone; `check` rejects state in upvalues, unknown names."
func TestScriptsAreLookedThrough(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindPlugin, "shops.lua", "local M = { name = \"shops\" }\nfunction M.nearest(latitude, longitude) return latitude + longitude end\nreturn M")
	flow := func(body string) string {
		return "local shops = require \"shops\"\nreturn flow { name = \"x\", first = \"a\", states = { a = { final = true, enter = function(fan)\n" + body + "\nend } } }"
	}
	tests := []struct{ kind, file, source, want string }{
		{store.KindFlow, "fine.lua", flow(`fan.vars.shop = shops.nearest(1, 2)`), ""},
		{store.KindFlow, "name.lua", flow(`fan.vars.shop = shops.nearst(1, 2)`), `error unknown-member: name.lua:3: there is no shops.nearst; did you mean "nearest"?`},
		{store.KindFlow, "global.lua", flow(`fan.vars.shop = shop.nearest(1, 2)`), "warning unused-local: global.lua:1: the variable shops is never used (remove it, or begin its name with _)\nerror unknown-global: global.lua:3: there is nothing called shop; did you mean \"shops\"? (declare it with `local`, or correct the name)"},
		{store.KindFlow, "state.lua", flow(`shops = fan`), "warning unused-local: state.lua:1: the variable shops is never used (remove it, or begin its name with _)\nerror state: state.lua:3: a function assigns to shops, a variable of the whole file (line 1): the next decision would not see it (what has to last goes into fan.vars, fan.attrs or kv; for this run alone declare it inside of the function)"},
		{store.KindFlow, "runs.lua", "local day = tme.date(\"+1d\")\nreturn flow { name = day }", "error unknown-global: runs.lua:1: there is nothing called tme; did you mean \"time\"? (declare it with `local`, or correct the name)\nerror runtime: runs.lua:1: `date` was looked up on a nil value"},
		{store.KindPlugin, "count.lua", "local n = 0\nlocal M = { name = \"count\" }\nfunction M.next() n = n + 1; return n end\nreturn M", "error state: count.lua:3: a function assigns to n, a variable of the whole file (line 1): the next decision would not see it (what has to last goes into fan.vars, fan.attrs or kv; for this run alone declare it inside of the function)"},
		{store.KindPlugin, "other.lua", "local M = { name = \"other\" }\nfunction M.all() return kv.get(\"shops:all\") end\nreturn M", `error kv-scope: other.lua:2: the key "shops:all": the plugin may use other:* only (name it in permissions = { kv = { … } } of the plugin's table)`},
		{store.KindPlugin, "unused.lua", "local M = { name = \"unused\" }\nlocal x = 1\nreturn M", "warning unused-local: unused.lua:2: the variable x is never used (remove it, or begin its name with _)"},
		{store.KindBroadcast, "weekly.lua", "local day = time.weekday()\nreturn broadcast { name = \"weekly\", audience = { all = true }, message = { text = \"hi\" } }", "warning unused-local: weekly.lua:1: the variable day is never used (remove it, or begin its name with _)"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			_, findings, err := w.engine.Check(t.Context(), account, tt.kind, tt.file, tt.source)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, f := range findings {
				lines = append(lines, fmt.Sprintf("%s %s: %s", f.Severity, f.Rule, f))
			}
			expect(t, "found", strings.Join(lines, "\n"), tt.want)
			_, err = w.engine.Push(t.Context(), account, tt.kind, tt.file, tt.source, "")
			var refused *flows.FindingsError
			bad := strings.Contains(tt.want, "error ")
			if bad && tt.file != "runs.lua" && !errors.As(err, &refused) || bad == (err == nil) {
				t.Errorf("pushed: %v", err)
			}
		})
	}
}

// TestModulesAreDescribed: check calls no module unknown that scripts have.
func TestModulesAreDescribed(t *testing.T) {
	set := flows.Reference()
	for name := range plugins.Std(nil) {
		if set.Module(name) == nil {
			t.Errorf("module %s has no words: check would call it unknown", name)
		}
	}
}
