package plugins_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/plugins"
)

// sentinel is the value of the secret that scripts try to see.
const sentinel = "tk_hush-7f3a/9+b2&c"

// waysToSee are what a plugin may try with s (a secret) and j (a text with it).
var waysToSee = []string{
	"print(s)", "print(j)", "log.info(s)", "log.error(s, j)", "return tostring(s)", "return tostring(j)", "return string.format('%s', s)",
	"return ('%q'):format(s)", "return string.format('%d', s)", "return s .. ''", "return '' .. j", "return 1 .. s", "return #s", "return #j",
	"return json.encode(s)", "return json.encode({ s })", "return json.encode({ [s] = 1 })", "return json.encode({ a = { b = j } })",
	"error(s)", "error(j)", "error({ message = s })", "error('x: ' .. tostring(s))", "assert(false, s)", "kv.set('crm:x', s)", "kv.set('crm:x', { j })",
	"kv.set(s, 1)", "return kv.get(s)", "return kv.increment(j)", "return table.concat({ s })", "return table.concat({ 'a', 'b' }, s)", "return s:sub(1, 99)",
	"return string.sub(s, 1, 99)", "return string.rep(s, 2)", "return string.byte(s, 1, 99)", "return string.len(j)", "return string.upper(s)", "return string.find(s, 'tk_')",
	"return string.match(j, '.*')", "return (string.gsub(s, '.', '%0'))", "return (string.gsub('x', 'x', s))", "return (string.gsub('x', 'x', function() return s end))",
	"return (string.gsub('x', 'x', { x = j }))", "return s.value", "return s[1]", "return s.pieces", "s.x = 1", "return s()", "return j('x')", "return s + 1", "return -s", "return s < j",
	"return s <= 'tk_z'", "return s == '" + sentinel + "'", "return rawequal(s, '" + sentinel + "')", "for k, v in pairs(s) do print(k, v) end", "for k, v in ipairs(s) do print(k, v) end",
	"return next(s)", "return tostring(getmetatable(s))", "return setmetatable(s, {})", "return rawget(s, 1)", "return unpack(s)", "return select('#', s)", "return tonumber(s)",
	"return text.trim(s)", "return text.split(j)[1]", "return crypto.base64(s)", "return crypto.sha256(s)", "return crypto.hex(j)", "return crypto.hmac_sha256('key', s)",
	"return time.format(s)", "return math.floor(s)", "return require(s)", "return xpcall(function() error(s) end, function(e) return tostring(e) end)",
	"local t = { [s] = 1 }; for k in pairs(t) do print(k) end", "table.sort({ s, j })", "for k, v in pairs(secrets) do print(k, v) end", "return tostring(secrets)", "secrets.token = 'x'",
	"return secrets.none", "return secrets.url", "return config.token", "for k, v in pairs(config) do print(k, v) end", "return secrets.join(s):upper()", "return secrets.join(s, { s })",
	"return secrets.join()", "return tostring(secrets.join('a', 1, s, j))", "return type(s)",
}

// settingsHost has the plugin crm in a version that does what a test says.
func settingsHost(body string) *plugins.Host {
	source := `local M = { name = "crm" }
M.config = {
  url = { type = "string", required = true }, vip = { type = "number", default = 1000 }, on = { type = "boolean", default = false }, tags = { type = "list", default = { "a", "b" } },
  none = { type = "string" }, must = { type = "string", required = true }, token = { type = "secret", required = true }, spare = { type = "secret" }, later = { type = "secret", required = true },
}
function M.try()
  local s, j = secrets.token, secrets.join("Bearer ", secrets.token)
  local _ = { s, j }
  ` + body + `
end
return M`
	return plugins.NewHost(plugins.Config{Source: library{"crm@1": source}, Secret: func(account, plugin, name string) (string, bool) {
		return sentinel, account == "shop" && plugin == "crm" && name == "token"
	}})
}

func settingsRun(p *port) plugins.Run {
	return plugins.Run{
		Account: "shop", Pins: map[string]int{"crm": 1}, Port: p,
		Settings: map[string]plugins.Setting{"crm": {Config: map[string]any{"url": "https://crm.example.com", "vip": "1500"}, Secrets: []string{"token"}}},
	}
}

// TestSecrets: whatever a script tries, no value of a secret comes into its State, so that none can come out. (Secrets never reach a
// log, a journal, the UI or an error message.)
func TestSecrets(t *testing.T) {
	for _, way := range waysToSee {
		p := newPort()
		h := settingsHost(strings.Replace(way, "return ", "do return ", 1) + strings.Repeat(" end", strings.Count(way[:min(7, len(way))], "return ")))
		if !strings.HasPrefix(way, "return ") {
			h = settingsHost(way)
		}
		got, err := evaluate(t, h, settingsRun(p), "local function all(...) local t = {} for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end return table.concat(t, ' ') end\nreturn all(require('crm').try())")
		out := fmt.Sprint(got, "\n", err, "\n", p.lines, "\n", p.values, "\n", p.counts)
		for _, part := range []string{sentinel, "7f3a", "tk_h"} {
			if strings.Contains(out, part) && !strings.Contains(way, part) {
				t.Errorf("%s shows the secret:\n%s", way, out)
			}
		}
		if strings.Contains(way, "'"+sentinel+"'") && got != "false" {
			t.Errorf("%s tells whether a guess is right: %s", way, got)
		}
	}
}

// TestSettings: what config and secrets give, and what they say where there is nothing to give.
func TestSettings(t *testing.T) {
	for source, want := range map[string]string{
		"return config.url":                     "https://crm.example.com",
		"return config.vip + 1":                 "1501",
		"return tostring(config.on)":            "false",
		"return table.concat(config.tags, ',')": "a,b",
		"return tostring(config.none)":          "nil",
		"return tostring(secrets.spare)":        "nil",
		"return tostring(s)":                    "secret crm.token",
		"return tostring(s == secrets.token)":   "true",
		"return tostring(config)":               "config",
		"local t = {} for k in pairs(config) do t[#t + 1] = k end return table.concat(t, ' ')": "config.must is not set: set it under [plugin.crm.config] in fanflow.toml and restart",
		"return config.must":                                   "config.must is not set: set it under [plugin.crm.config] in fanflow.toml and restart",
		"return secrets.later":                                 "secrets.later is not set: set it under [plugin.crm.secrets] in fanflow.toml, or as FANFLOW_PLUGIN_CRM_SECRETS_LATER, and restart",
		"return config.ulr":                                    `the plugin crm has no setting "ulr": it has url, vip, on, tags, none and must`,
		"return config.token":                                  "token is a secret: write secrets.token, which http and crypto.hmac_sha256 take",
		"return secrets.url":                                   "url is no secret: read it as config.url",
		"return secrets.tokn":                                  `the plugin crm has no secret "tokn": it has token, spare and later`,
		"config.url = 'x'":                                     "config cannot be set by a script: it is set in fanflow.toml",
		"secrets.token = 'x'":                                  "secrets cannot be set by a script: it is set in fanflow.toml",
		"return s .. 'x'":                                      "a secret cannot be joined with ..: no script sees its text; use secrets.join, and give it to http or crypto.hmac_sha256",
		"return secrets.join({})":                              "bad argument #1 to join (a text, a number or a secret is expected, not table)",
		"config.tags[1] = 'z'; return config.tags[1]":          "a",
		"return crypto.hmac_sha256(s, 'x')":                    `{"sealed":[{"secret":"token","plugin":"crm"}]} signs "x"`,
		"return crypto.hmac_sha256(secrets.join('k', s), 'x')": `{"sealed":["k",{"secret":"token","plugin":"crm"}]} signs "x"`,
	} {
		got, err := evaluate(t, settingsHost(source), settingsRun(newPort()), "return require('crm').try()")
		if err != nil {
			got = err.Error()
		}
		if got != want && !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s:\ngot  %s\nwant %s", source, got, want)
		}
	}
	for source, want := range map[string]string{
		"return config.url":           "only a plugin has config: put what needs it into a plugin's function and require that",
		"return require('secrets').x": "only a plugin has secrets: put what needs it into a plugin's function and require that",
	} {
		if _, err := evaluate(t, settingsHost(""), settingsRun(newPort()), source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
	_, _, err := newHost(library{}).Manifest(t.Context(), "x.lua", "local u = config.url\nreturn {}")
	if err == nil || err.Error() != "x.lua:1: config can be read only while a fan is being served: read it inside of a function" {
		t.Errorf("at load: %v", err)
	}
}

// TestCheckSetting: what is wrong with a configuration is one line for each key, and never a value of a secret.
func TestCheckSetting(t *testing.T) {
	m, found, err := newHost(library{}).Manifest(t.Context(), "crm.lua", `return { name = "crm", config = {
	  url = { type = "string", required = true, pattern = "^https://" }, vip = { type = "number", min = 0, max = 10 }, on = { type = "boolean" },
	  mode = { type = "string", enum = { "live", "test" } }, tags = { type = "list", enum = { "a", "b" } }, token = { type = "secret", required = true, pattern = "^tk_" } } }`)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	secret := func(v string) *plugins.Host {
		return plugins.NewHost(plugins.Config{Source: library{}, Secret: func(string, string, string) (string, bool) { return v, true }})
	}
	const missing = "plugin.crm.config.url: it is missing: set it, and restart"
	good := map[string]any{"url": "https://x"}
	with := func(key string, v any) map[string]any { return map[string]any{"url": "https://x", key: v} }
	token := []string{"token"}
	for name, tt := range map[string]struct {
		s      plugins.Setting
		secret string
		want   []string
	}{
		"good":            {plugins.Setting{Config: good, Secrets: token}, sentinel, nil},
		"of all types":    {plugins.Setting{Config: map[string]any{"url": "https://x", "vip": 3.5, "on": true, "mode": "live", "tags": []any{"a"}}, Secrets: token}, sentinel, nil},
		"as texts":        {plugins.Setting{Config: map[string]any{"url": "https://x", "vip": "3", "on": "true", "mode": "live", "tags": "a, b"}, Secrets: token}, sentinel, nil},
		"nothing":         {plugins.Setting{}, sentinel, []string{missing, "plugin.crm.secrets.token: it is missing: set it, or FANFLOW_PLUGIN_CRM_SECRETS_TOKEN, and restart"}},
		"nothing and off": {plugins.Setting{Off: true}, sentinel, nil},
		"unknown":         {plugins.Setting{Config: with("ulr", "x"), Secrets: []string{"token", "tokn"}}, sentinel, []string{"plugin.crm.config.ulr: the plugin has no such setting: it has url, vip, on, mode and tags", "plugin.crm.secrets.tokn: the plugin has no such secret: it has token"}},
		"pattern":         {plugins.Setting{Config: map[string]any{"url": "http://x"}, Secrets: token}, sentinel, []string{`plugin.crm.config.url: it is "http://x"; it must look like the Lua pattern ^https://`}},
		"not a number":    {plugins.Setting{Config: with("vip", "many"), Secrets: token}, sentinel, []string{"plugin.crm.config.vip: it is a text; it must be a number"}},
		"too low":         {plugins.Setting{Config: with("vip", -1.0), Secrets: token}, sentinel, []string{"plugin.crm.config.vip: it is -1; it must be at least 0"}},
		"too high":        {plugins.Setting{Config: with("vip", 11.0), Secrets: token}, sentinel, []string{"plugin.crm.config.vip: it is 11; it must be at most 10"}},
		"not a boolean":   {plugins.Setting{Config: with("on", 1.0), Secrets: token}, sentinel, []string{"plugin.crm.config.on: it is a number; it must be a boolean"}},
		"not in the enum": {plugins.Setting{Config: with("mode", "prod"), Secrets: token}, sentinel, []string{`plugin.crm.config.mode: it is "prod"; it must be one of live, test`}},
		"list":            {plugins.Setting{Config: with("tags", []any{"a", "c"}), Secrets: token}, sentinel, []string{`plugin.crm.config.tags: it is "c"; it must be one of a, b`}},
		"list of numbers": {plugins.Setting{Config: with("tags", []any{1.0}), Secrets: token}, sentinel, []string{"plugin.crm.config.tags: it is a list; it must be a list of texts"}},
		"in the open":     {plugins.Setting{Config: with("token", sentinel), Secrets: token}, sentinel, []string{"plugin.crm.config.token: it is a secret: set it under [plugin.crm.secrets]"}},
		"hidden":          {plugins.Setting{Config: good, Secrets: []string{"token", "vip"}}, sentinel, []string{"plugin.crm.secrets.vip: it is no secret: set it under [plugin.crm.config]"}},
		"short":           {plugins.Setting{Config: good, Secrets: token}, "tk_h", []string{"plugin.crm.secrets.token: it is shorter than 8 characters: it could not be kept out of logs"}},
		"of another kind": {plugins.Setting{Config: good, Secrets: token}, "zz_hush-7f3a", []string{"plugin.crm.secrets.token: it does not look like the Lua pattern ^tk_"}},
	} {
		var got []string
		for _, err := range secret(tt.secret).CheckSetting(m, "shop", tt.s) {
			got = append(got, err.Error())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, tt.secret) }) {
			t.Errorf("%s says the secret: %q", name, got)
		}
	}
}

func TestDigest(t *testing.T) {
	a := plugins.Setting{Config: map[string]any{"url": "x"}, Secrets: []string{"token"}}
	b := a
	b.Off = true
	c := plugins.Setting{Config: map[string]any{"url": "y"}, Secrets: []string{"token"}}
	of := func(s plugins.Setting) string {
		d, err := s.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if of(a) != of(b) || of(a) == of(c) || of(plugins.Setting{}) != "" || len(of(a)) != 16 {
		t.Errorf("%s %s %s", of(a), of(b), of(c))
	}
}
