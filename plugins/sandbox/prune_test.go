package sandbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// shape writes what a flow's literal holds: functions as f with the line that they give, other values as they are.
func shape(t *testing.T, p *sandbox.Program) string {
	t.Helper()
	var root lua.LValue
	s := sandbox.NewState(context.Background(), sandbox.Options{Modules: map[string]sandbox.Module{
		"flow": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
			return s.L.NewFunction(func(L *lua.LState) int { root = L.Get(1); L.Push(root); return 1 })
		},
	}})
	defer s.Close()
	v, err := s.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	if root != nil {
		v = root
	}
	return shapeOf(t, s, v)
}

func shapeOf(t *testing.T, s *sandbox.State, v lua.LValue) string {
	t.Helper()
	switch v := v.(type) {
	case *lua.LTable:
		var parts []string
		v.ForEach(func(k, v lua.LValue) { parts = append(parts, k.String()+"="+shapeOf(t, s, v)) })
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case *lua.LFunction:
		_, err := s.Call(v, 0)
		if err == nil {
			return "f"
		}
		return fmt.Sprintf("f:%d", err.(*sandbox.Error).Line)
	}
	return v.String()
}

// TestHandlers: what is left of a flow for decisions. Functions stay at their paths and lines, items of lists at their places.
func TestHandlers(t *testing.T) {
	const all = "as it is"
	tests := map[string]struct{ source, want string }{
		"data alone":           {`return flow { a = 1, b = { c = "x", d = { true, false, nil, -1 } } }`, "{}"},
		"a function":           {"return flow { a = 1, b = { c = 'x',\n\nd = function() error() end } }", "{b={d=f:3}}"},
		"in a list":            {"return flow { list = { 'x', { when = 1,\nrun = function() error() end }, { y = 2 } } }", "{list={1=x 2={run=f:2} 3={}}}"},
		"items at the top":     {"return flow { 'x', 'y', function() end, a = 1 }", "{1=x 2=y 3=f}"},
		"numbers for keys":     {"return flow { [1] = 'a', [3] = function() end, [-1] = 'b' }", "{3=f}"},
		"computed keys":        {"local k = 'k' return flow { [k] = 1, [k .. 2] = { x = 1 }, z = 1 }", "{k2={} k=1}"},
		"computed values":      {"local v = 5 return flow { a = v, b = v + 1, c = 'x' .. v, d = #'abc', e = not true, f = 1 + 1, g = { v, 1 } }", "{a=5 b=6 c=x5 d=3 e=false f=2 g={1=5 2=1}}"},
		"a call":               {"local function f(t) return t end return flow { a = f { b = 1, c = 2 }, d = 3 }", "{a={b=1 c=2}}"},
		"a function's literal": {"return flow { run = function() local t = { a = 1, b = { c = 2 } } error({ message = t.a + t.b.c }) end }", "{run=f:1}"},
		"many items":           {"return flow { x = 1, f = { " + strings.Repeat("1, ", 60) + "y = 2, z = function() end } }", "{f={" + items(60) + "z=f}}"},
		"nested":               {"return flow { states = { a = { on = { text = { ['1'] = 'b', ['2'] = function() end } }, after = { ['1d'] = 'b' } }, b = { final = true } } }", "{states={a={on={text={2=f}}}}}"},
		"in brackets":          {"return (flow({ a = 1, f = function() end }))", "{f=f}"},
		"another name":         {"local f = { a = 1 } return flow(f)", all},
		"a local flow":         {"local flow = flow return flow { a = 1 }", all},
		"a function flow":      {"local function flow(t) return t end return flow { a = 1 }", all},
		"not returned":         {"local f = flow { a = 1 } return f", all},
		"two values":           {"return flow { a = 1 }, 2", all},
		"two arguments":        {"return flow({ a = 1 }, 2)", all},
		"a plugin":             {"return { a = 1, f = function() end }", all},
		"a broadcast":          {"local broadcast = function(t) return t end return broadcast { a = 1 }", all},
		"nothing to cut":       {"return flow { f = function() end }", all},
		"nothing":              {"", all},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			p := compile(t, "s.lua", c.source)
			h := p.Handlers()
			if h != p.Handlers() || h.Handlers() != h || h.File() != p.File() {
				t.Error("the handlers are made more than once, or are others")
			}
			if c.want == all {
				if h != p {
					t.Errorf("it was pruned: %s", shape(t, h))
				}
				return
			}
			if got := shape(t, h); got != c.want {
				t.Errorf("got  %s\nwant %s\nall  %s", got, c.want, shape(t, p))
			}
		})
	}
}

// items are those of a list of ones, as shape sorts them.
func items(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("%d=1", i+1))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ") + " "
}
