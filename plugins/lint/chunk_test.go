package lint_test

import (
	"encoding/json"
	"strings"
	"testing"

	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
)

// TestModule compares what a plugin's text says that it offers.
func TestModule(t *testing.T) {
	tests := []struct {
		name, source, want string
		open               bool
	}{
		{"declared, assigned and in the table", `
local function far(x) return x end
local M = { name = "shops", limit = 3, far = far }
--- The nearest shop.
--- Nil without one.
---@param latitude number in degrees
---@param longitude number
---@param most? integer at most so many
---@return { name: string, metres: number } shop the nearest
---@return number? metres
function M.nearest(latitude, longitude, most) return far(latitude), longitude, most end
-- no words for it
M.any = function(...) return ... end
return M`, `shops: far(x?: any); nearest(latitude: number, longitude: number, most?: integer): { name: string, metres: number }, number? -- The nearest shop. Nil without one.; any(...: any); values name string, limit number`, false},
		{"written at the return", `return { name = "x", f = function(a) return a end }`, `x: f(a?: any); values name string`, false},
		{"a method, and calls of its own functions", `
local M = {}
function M:size() return M.n(self) end
function M.n(t) return #t end
M.n({})
return M`, `: size(); n(t?: any); values`, false},
		{"handed to a function", `local M = {} setmetatable(M, { __index = function() return 1 end }) function M.f() end return M`, `: f(); values`, true},
		{"computed keys", `local M = {} for _, k in ipairs({ "a", "b" }) do M[k] = function() end end return M`, `: values`, true},
		{"computed keys in the table", `local k = "a" return { [k] = 1 }`, `: values`, true},
		{"not in the text", `local function make() return {} end return make()`, `: values`, true},
		{"another table later", `local M = { a = 1 } M = { b = 2 } return M`, `: values`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sandbox.Compile("x.lua", tt.source); err != nil {
				t.Fatal(err)
			}
			c, err := lint.Parse("x.lua", tt.source)
			if err != nil {
				t.Fatal(err)
			}
			m, whole := c.Module()
			var parts []string
			for _, f := range m.Funcs {
				text := f.Signature()
				if f.Doc != "" {
					text += " -- " + f.Doc
				}
				parts = append(parts, text)
			}
			values := "values"
			for i, v := range m.Values {
				if i > 0 {
					values += ","
				}
				values += " " + v.Name + " " + v.Type
			}
			if got := m.Name + ": " + strings.Join(append(parts, values), "; "); got != tt.want || whole == tt.open {
				t.Errorf("whole %v, got\n%s\nwant\n%s", whole, got, tt.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	source := "local a = require \"stock\"\nlocal b = require('shops')\nlocal c = require(a)\nlocal function require(x) return x end\nrequire \"mine\"\n\n--- Does it.\nfunction a.f() end\nreturn a\n"
	c, err := lint.Parse("x.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(c.Requires); string(got) != `[{"Name":"stock","Line":1},{"Name":"shops","Line":2}]` {
		t.Errorf("requires %s", got)
	}
	c, err = lint.Parse("x.lua", "local M = {}\n--- Does it.\nfunction M.f() end\nreturn M")
	if err != nil || len(c.Functions) != 1 || c.Functions[0].Line != 3 || c.Functions[0].Doc != "Does it." {
		t.Errorf("functions %+v, %v", c, err)
	}
	if _, err := lint.Parse("x.lua", "return {"); err == nil || !strings.Contains(err.Error(), "parse x.lua") {
		t.Errorf("half a script: %v", err)
	}
	if found := lint.Check("x.lua", "return {", lint.World{}); found != nil {
		t.Errorf("found in half a script: %v", found)
	}
}
