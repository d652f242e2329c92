package sandbox_test

import (
	"strings"
	"testing"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/json"
)

// TestNoAddress: what a failing script catches names no address of the machine's memory, which is another one in each run: "decide is
// repeatable".
func TestNoAddress(t *testing.T) {
	for name, body := range map[string]string{
		"index nil":           "local x; return x[{}]",
		"index nil by func":   "local x; return x[function() end]",
		"index a number":      "local x = 1; return x[{}]",
		"set nil":             "local x; x[{}] = 1",
		"set a text":          "local x = ''; x[{}] = 1",
		"get of a text":       "local x = ''; return x[{}].y",
		"userdata key":        "local x; return x[string]",
		"library set":         "string[{}] = 1",
		"library get":         "return string[{}]",
		"json key":            "return json.encode({ [{}] = 1 })",
		"json mixed":          "return json.encode({ 1, [{}] = 1 })",
		"json function":       "return json.encode({ [function() end] = 1 })",
		"argument":            "return ('x'):rep({})",
		"argument of a local": "local f = string.rep; return f({})",
		"argument of a field": "local t = { [{}] = string.rep }; for _, f in pairs(t) do f({}) end",
		"handed to pcall":     "assert(select(2, pcall(string.rep, {})))  error(select(2, pcall(string.rep, {})))",
		"concat":              "return {} .. 'x'",
		"arithmetic":          "return {} + 1",
		"compare":             "return {} < {}",
		"call":                "local t = { [{}] = 1 }; t[{}]()",
		"format":              "error(string.format('%s', {}))",
		"error of a table":    "error(tostring({}))",
		"concat list":         "table.concat({ {} })",
		"sort":                "table.sort({ {}, {} })",
		"gsub":                "('x'):gsub('x', function() return {} end)",
		"tonumber":            "return tonumber({}, {})",
		"require":             "require({})",
		"global":              "return nope[{}]",
		"setmetatable":        "setmetatable({}, function() end)",
		"index function":      "local t = setmetatable({}, { __index = function() error({}) end }); return t[{}] .. ''",
		"index chain":         "local t = setmetatable({}, { __index = 5 }); return t[{}]",
		"newindex chain":      "local t = setmetatable({}, { __newindex = 5 }); t[{}] = 1",
	} {
		t.Run(name, func(t *testing.T) {
			o := sandbox.Options{Modules: map[string]sandbox.Module{"json": json.Library.Module}}
			v, err := run(t, "s.lua", "local ok, why = pcall(function() "+body+" end)\nreturn tostring(why)", o)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(v.String(), "0x") {
				t.Errorf("the script sees %q", v)
			}
		})
	}
}
