package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const crmScript = `local M = { name = "crm", version = "1.2.0" }
M.config = { vip = { type = "number", default = 1000 }, token = { type = "secret" } }
M.permissions = { kv = { "crm:*" } }
function M.level() log.info("asked") return "gold" end
M.hooks = { on_event = { subscribe = function(fan, event) end } }
return M
`

const clubScript = `local crm = require "crm"
return flow { name = "club", triggers = { text = { "club" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan)
  fan:reply(crm.level())
end } } } }
`

// TestPluginCommands: plugins are shown, rolled back, paused and resumed, flows follow them, and logs are read: of a running service
// and, but for logs, of the data file where none runs.
func TestPluginCommands(t *testing.T) {
	p := startPlatform(t)
	p.push("plugin", "crm.lua", crmScript)
	p.push("flow", "club.lua", clubScript)
	fanflow := func(want int, args ...string) string {
		t.Helper()
		out, code := command(t, append(args, "--config", p.config)...)
		if code != want {
			t.Fatalf("fanflow %s: exit %d\n%s", strings.Join(args, " "), code, out)
		}
		return out
	}
	has := func(out string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("no %q in\n%s", w, out)
			}
		}
	}
	shown := []string{"crm 1.2.0", "version 1", "crm:*", "subscribe", "1000 (default)", "(secret) not set", "version 1 runs version 1", "no failures"}
	has(fanflow(0, "plugin", "show", "crm"), shown...)
	has(fanflow(0, "plugin", "show", "crm", "--json"), `"pins":[{"flow":"club","version":1,"plugin":1}]`)
	has(fanflow(1, "plugin", "show", "nothing"), `there is no plugin "nothing"`)
	has(fanflow(0, "plugin", "pause", "crm"), "paused")
	has(fanflow(0, "plugin", "show", "crm"), "hooks are paused")
	has(fanflow(0, "plugin", "resume", "crm"), "resumed")
	expect(t, p.do("fan-1", map[string]any{"text": "club"}), "passive", "gold")
	has(fanflow(0, "flow", "log", "club"), "asked", "fan-1")
	has(fanflow(0, "plugin", "log", "crm", "--json"), `"items":[]`)

	newer := writeFile(t, filepath.Join(filepath.Dir(p.config), "crm.lua"), strings.Replace(crmScript, `"gold"`, `"silver"`, 1))
	fanflow(0, "plugin", "push", newer)
	has(fanflow(2, "plugin", "push", newer, "--flows"), "--publish")
	has(fanflow(0, "plugin", "push", newer, "--publish", "--flows"), "plugin crm version 2: published", "flow club runs it now")
	has(fanflow(0, "plugin", "rollback", "crm", "--flows"), "plugin crm version 1: published", "flow club runs it now")
	has(fanflow(0, "plugin", "publish", "crm", "--flows"), "plugin crm version 2: published", "flow club runs it now")
	expect(t, p.do("fan-1", map[string]any{"text": "club"}), "passive", "silver")
	has(fanflow(0, "plugin", "rollback", "crm", "--flows"), "plugin crm version 1: published", "flow club runs it now")

	if code := p.serve.stop(); code != 0 {
		t.Fatalf("serve ended with %d", code)
	}
	has(fanflow(0, "plugin", "show", "crm"), "version 1; the newest is 2", "version 1 runs version 1")
	has(fanflow(1, "plugin", "log", "crm"), "no service is running")
	has(fanflow(0, "plugin", "rollback", "crm", "--to", "2", "--flows"), "flow club runs it now")
	has(fanflow(0, "plugin", "pause", "crm", "--json"), `"paused":true`)
	has(fanflow(0, "plugin", "resume", "crm"), "resumed")
}

// TestCheckAlone: without a configuration nothing is said of what an account allows, findings stand in the order of the script, and
// a plugin with mistakes matters only to those who require it.
func TestCheckAlone(t *testing.T) {
	dir := t.TempDir()
	beside := filepath.Join(dir, "beside")
	if err := os.Mkdir(beside, 0o755); err != nil {
		t.Fatal(err)
	}
	plugin := func(name, head string) string {
		return writeFile(t, filepath.Join(beside, name+".lua"), head+"\nlocal M = { name = \""+name+"\" }\nfunction M.f() return 1 end\nreturn M\n")
	}
	fine := plugin("a-fine", `local z = require "z-fine" z.f()`) // what it requires comes after it
	plugin("z-fine", "")
	plugin("bad", "nonsense.f()")
	plugin("between", `local bad = require "bad" bad.f()`)
	stuck := plugin("stuck", `local between = require "between" between.f()`)
	asks := writeFile(t, filepath.Join(dir, "asks.lua"), `return { name = "asks", permissions = { hosts = { "crm.example.com" } },
	f = function() return http.get("https://crm.example.com/x") end }`)
	flow := writeFile(t, filepath.Join(dir, "asking.lua"), `return flow { name = "asking", first = "a", states = { a = { final = true, enter = function(fan)
	http.get("https://crm.example.com/x")
	fan:template("NOWHERE", {})
end } } }`)
	order := writeFile(t, filepath.Join(dir, "order.lua"), `local M = { name = "order" }
nothing.f()
local unused = 1
return M`)
	for _, tc := range []struct {
		code      int
		args      []string
		says, not string
	}{
		{0, []string{"plugin", "check", fine, "--plugins", beside}, "no mistakes", "bad.lua"},
		{1, []string{"plugin", "check", stuck, "--plugins", beside}, "bad.lua:1", "no plugin"},
		{0, []string{"plugin", "check", asks}, "no mistakes", "http_allow"},
		{0, []string{"flow", "check", flow}, "no mistakes", "warning"},
	} {
		if out, code := command(t, tc.args...); code != tc.code || !strings.Contains(out, tc.says) || strings.Contains(out, tc.not) {
			t.Errorf("fanflow %s: exit %d\n%s", strings.Join(tc.args, " "), code, out)
		}
	}
	out, code := command(t, "plugin", "check", order)
	var lines []string
	for line := range strings.Lines(out) {
		if _, rest, ok := strings.Cut(line, "order.lua:"); ok {
			lines = append(lines, rest[:1])
		}
	}
	if code != 1 || !slices.IsSorted(lines) || len(lines) < 3 {
		t.Errorf("exit %d, lines %v\n%s", code, lines, out)
	}
}
