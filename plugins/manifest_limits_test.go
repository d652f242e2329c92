package plugins_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"fanflow/plugins"
)

// TestManifestLimits: what a plugin says of itself is of a size that people read. One table that stands in many places costs a script
// next to nothing, and would cost the reader a copy for each.
func TestManifestLimits(t *testing.T) {
	const begin = "local big, c = {}, {}\nfor i = 1, 9000 do big[i] = \"v\" .. i end\n"
	const deep = "local t = {}\nfor i = 1, 6000 do t[\"k\" .. i] = function() end end\n"
	for name, row := range map[string]struct{ source, want string }{
		"enum":       {begin + "for i = 1, 5000 do c[\"k\" .. i] = { type = \"string\", enum = big } end\nreturn { config = c }", "config has more than 100 settings"},
		"one enum":   {begin + "return { config = { k = { type = \"string\", enum = big } } }", "config.k.enum has more than 100 items"},
		"default":    {begin + "return { config = { k = { type = \"list\", default = big } } }", "config.k.default has more than 100 items"},
		"hosts":      {begin + "return { permissions = { hosts = big } }", "permissions.hosts has more than 100 items"},
		"kv":         {begin + "return { permissions = { kv = big } }", "permissions.kv has more than 100 items"},
		"a long one": {"return { permissions = { kv = { (\"*a\"):rep(9000) } } }", "item 1 of permissions.kv is longer than 300 bytes"},
		"webhooks":   {deep + "return { hooks = { on_webhook = t } }", "hooks.on_webhook has more than 100 names"},
		"times":      {deep + "return { hooks = { every = t } }", "hooks.every has more than 100 names"},
		"functions":  {"--" + strings.Repeat("x", 50_000) + "\nlocal function make() return function() end end\nlocal t = {}\nfor i = 1, 9000 do t[\"f\" .. i] = make() end\nreturn t", "more than 500 functions"},
		"strangers":  {deep + "return { hooks = t }", "hooks has more than 100 fields"},
	} {
		t.Run(name, func(t *testing.T) {
			h := plugins.NewHost(plugins.Config{Source: library{}, ParseCron: fiveFields})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m, found, err := h.Manifest(context.Background(), "p.lua", row.source)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Config) > 100 || len(m.Hosts)+len(m.KV) > 101 || len(m.Hooks.Webhooks)+len(m.Hooks.Every) > 100 {
				t.Errorf("it keeps %d settings, %d hosts, %d globs, %d webhooks", len(m.Config), len(m.Hosts), len(m.KV), len(m.Hooks.Webhooks))
			}
			if len(found) != 1 || !strings.Contains(found[0].Msg, row.want) {
				t.Errorf("it says %d things: %.200v", len(found), found)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
				t.Errorf("%d MB were allocated", n>>20)
			}
		})
	}
}
