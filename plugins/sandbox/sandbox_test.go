package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
)

// TestLua runs scripts that assert what the language and its libraries do.
func TestLua(t *testing.T) {
	files, err := filepath.Glob("testdata/lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := run(t, filepath.Base(file), string(source), sandbox.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func compile(t testing.TB, file, source string) *sandbox.Program {
	t.Helper()
	p, err := sandbox.Compile(file, source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t testing.TB, file, source string, o sandbox.Options) (lua.LValue, error) {
	t.Helper()
	s := sandbox.NewState(context.Background(), o)
	defer s.Close()
	return s.Run(compile(t, file, source))
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		source, want string
		kind         sandbox.Kind
	}{
		"end missing":        {"local a = 1\nif a then\n", "s.lua:2: the script ends in the middle of a statement: an `end`, a bracket or a value is missing", sandbox.KindSyntax},
		"no lua":             {"local a = = 1", "s.lua:1: this is no Lua near `=`", sandbox.KindSyntax},
		"wide comma":         {"local a\nf(a，b)", "s.lua:2: `，` cannot stand here: outside of quotes and comments Lua takes plain ASCII letters and signs", sandbox.KindSyntax},
		"wide quotes":        {"return “x”", "s.lua:1: `“` cannot stand here: outside of quotes and comments Lua takes plain ASCII letters and signs", sandbox.KindSyntax},
		"control":            {"return \x01", "s.lua:1: `\\1` cannot stand here: outside of quotes and comments Lua takes plain ASCII letters and signs", sandbox.KindSyntax},
		"bom":                {"\ufeffreturn 1", "s.lua:1: the file begins with a byte order mark: save it as UTF-8 without BOM", sandbox.KindSyntax},
		"open string":        {"local a = 'x\n", "s.lua:1: unterminated string near `x`", sandbox.KindSyntax},
		"goto":               {"local x\ngoto nowhere", "s.lua:3: no visible label 'nowhere' for <goto> at line 2", sandbox.KindSyntax},
		"global":             {"\ncount = 1", "s.lua:2: `count` is assigned to but is not a local variable: write `local count` where it is first used (what should outlast this step goes into fan.vars or kv)", sandbox.KindSyntax},
		"global in function": {"local function f(a) a = 1; b = 2 end", "s.lua:1: `b` is assigned to but is not a local variable: write `local b` where it is first used (what should outlast this step goes into fan.vars or kv)", sandbox.KindSyntax},
		"index nil":          {"local a\nreturn a.b", "s.lua:2: `b` was looked up on a nil value", sandbox.KindRuntime},
		"set nil":            {"local a\na.b = 1", "s.lua:2: `b` cannot be set on a nil value", sandbox.KindRuntime},
		"call nil":           {"local a\na()", "s.lua:2: what is called here is no function: check the name, and : against .", sandbox.KindRuntime},
		"join nil":           {"local a\nreturn 'x' .. a", "s.lua:2: a nil value cannot be joined with .. (use tostring)", sandbox.KindRuntime},
		"add":                {"return 1 + {}", "s.lua:1: number and table cannot be computed with (add)", sandbox.KindRuntime},
		"compare":            {"return 1 < 'a'", "s.lua:1: number and string cannot be compared", sandbox.KindRuntime},
		"error":              {"\nerror('sold out')", "s.lua:2: sold out", sandbox.KindRuntime},
		"error level 0":      {"\nerror('sold out', 0)", "s.lua:2: sold out", sandbox.KindRuntime},
		"error table":        {"error({message = 'sold out'})", "s.lua:1: sold out", sandbox.KindRuntime},
		"error other table":  {"error({})", "s.lua:1: the script raised an error that is a table, not a text", sandbox.KindRuntime},
		"member":             {"return string.uper('x')", "s.lua:1: there is no string.uper", sandbox.KindRuntime},
		"method":             {"return ('x'):uper()", "s.lua:1: there is no string.uper", sandbox.KindRuntime},
		"argument":           {"return ('x'):rep({})", "s.lua:1: bad argument #2 to rep (number expected, got table)", sandbox.KindRuntime},
		"module":             {"local x = require 'x'", `s.lua:1: there is no module "x"`, sandbox.KindRuntime},
		"budget":             {"while true do\nend", "s.lua:2: the script used up its 200000 instructions; look for an endless loop, or do less in one step", sandbox.KindBudget},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := runSource("s.lua", tt.source)
			var e *sandbox.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if err.Error() != tt.want || e.Kind != tt.kind {
				t.Errorf("got %s %q\nwant %s %q", e.Kind, err, tt.kind, tt.want)
			}
		})
	}
}

func TestTraceback(t *testing.T) {
	_, err := run(t, "trace.lua", "local function inner()\n  error('x')\nend\nlocal function outer()\n  inner()\nend\npcall(outer)\nouter()\n", sandbox.Options{})
	var e *sandbox.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := "trace.lua:2: in function 'inner'\ntrace.lua:5: in function 'outer'\ntrace.lua:8: in main chunk"
	if e.Traceback != want {
		t.Errorf("got\n%s\nwant\n%s", e.Traceback, want)
	}
}

// TestTracebackOfFunction: a function that the host calls, as flows do, is told from the file that it stands in.
func TestTracebackOfFunction(t *testing.T) {
	s := sandbox.NewState(t.Context(), sandbox.Options{})
	defer s.Close()
	v, err := s.Run(compile(t, "f.lua", "return function()\n  error('x')\nend\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Call(v.(*lua.LFunction), 0)
	var e *sandbox.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if want := "f.lua:2: in the function of line 1"; e.Traceback != want {
		t.Errorf("got %q, want %q", e.Traceback, want)
	}
}

// TestRequire covers modules, programs, their order, and errors inside of what is required.
func TestRequire(t *testing.T) {
	programs := map[string]*sandbox.Program{
		"stock":  compile(t, "stock.lua", "local n = 0\nlocal M = {}\nfunction M.next() n = n + 1; return n end\nfunction M.bad() error('no stock') end\nreturn M"),
		"circle": compile(t, "circle.lua", "return require 'circle'"),
		"fails":  compile(t, "fails.lua", "\nlocal x = nil\nreturn x.y"),
		"none":   compile(t, "none.lua", "local x = 1"),
	}
	built := 0
	o := sandbox.Options{
		Modules: map[string]sandbox.Module{"lib": func(*sandbox.State, sandbox.Scope) lua.LValue { built++; return lua.LString("module") }},
		Require: func(name string) (*sandbox.Program, error) {
			if p, ok := programs[name]; ok {
				return p, nil
			}
			return nil, fmt.Errorf("there is no plugin %q: %w", name, os.ErrNotExist)
		},
	}
	v, err := run(t, "s.lua", "local a, b = require 'stock', require('stock')\na.next()\nreturn b.next() .. lib .. require 'lib' .. tostring(require 'none')", o)
	if err != nil || v.String() != "2modulemoduletrue" || built != 1 {
		t.Errorf("got %v %v, built %d times", v, err, built)
	}
	for source, want := range map[string]string{
		"\nrequire 'circle'":         "circle.lua:1: plugin \"circle\" requires itself, directly or through another",
		"\nrequire 'fails'":          "fails.lua:3: `y` was looked up on a nil value",
		"\nrequire('stock').bad()":   "stock.lua:4: no stock",
		"\nrequire 'missing'":        `s.lua:2: there is no plugin "missing": file does not exist`,
		"\nlocal x = lib\nx = y.z.a": "s.lua:3: `z` was looked up on a nil value",
	} {
		_, err := run(t, "s.lua", source, o)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", strings.TrimSpace(source), err, want)
		}
		if strings.Contains(source, "missing") && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
	p := compile(t, "s.lua", `local a = require "one"; local function f() return require('two'), require "one", require(a) end`)
	if got := fmt.Sprint(p.Requires()); got != "[one two]" {
		t.Errorf("Requires: %s", got)
	}
}

type need struct{ key string }

func (n *need) Error() string { return "need " + n.key }

// TestAbort: no pcall, xpcall, sort, gsub or metamethod of the script keeps the host's error from Run and Call.
func TestAbort(t *testing.T) {
	want := &need{"stock"}
	o := sandbox.Options{Modules: map[string]sandbox.Module{"fetch": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
		return s.L.NewFunction(func(L *lua.LState) int {
			sandbox.From(L).Abort(want)
			t.Error("Abort returned")
			return 0
		})
	}}, Require: func(string) (*sandbox.Program, error) { return sandbox.Compile("plugin.lua", "pcall(fetch) return {}") }}
	for name, source := range map[string]string{
		"plain":      "fetch()",
		"pcall":      "pcall(fetch)",
		"pcall loop": "while true do pcall(pcall, fetch) end",
		"xpcall":     "xpcall(fetch, function() return 1 end)",
		"sort":       "table.sort({3, 2, 1}, function() pcall(fetch) return true end)",
		"gsub":       "string.gsub('aaa', 'a', function() pcall(fetch) end)",
		"index":      "local t = setmetatable({}, { __index = function() return fetch() end }) pcall(function() return t.x end)",
		"tostring":   "pcall(tostring, setmetatable({}, { __tostring = fetch }))",
		"concat":     "pcall(function() return 'a' .. setmetatable({}, { __concat = fetch }) end)",
		"iterator":   "for _ in fetch do end",
		"require":    "pcall(require, 'plugin')",
		"pairs":      "pcall(pairs, setmetatable({}, { __pairs = fetch }))",
		"direct":     "table.sort({3, 2, 1}, fetch)",
	} {
		t.Run(name, func(t *testing.T) {
			s := sandbox.NewState(context.Background(), o)
			defer s.Close()
			var got *need
			_, err := s.Run(compile(t, "s.lua", source))
			if !errors.As(err, &got) || got != want || err != error(want) {
				t.Fatalf("got %v", err)
			}
			if _, err := s.Run(compile(t, "s.lua", "return 1")); err != error(want) {
				t.Errorf("the state went on: %v", err)
			}
		})
	}
}

// TestRaise: a host function's error is the script's to catch, and its cause survives where it is not caught.
func TestRaise(t *testing.T) {
	o := sandbox.Options{Modules: map[string]sandbox.Module{"fails": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
		return s.L.NewFunction(func(L *lua.LState) int { sandbox.From(L).Raise(&need{"x"}); return 0 })
	}}}
	if v, err := run(t, "s.lua", "return select(2, pcall(function()\nfails() end))", o); err != nil || v.String() != "s.lua:2: need x" {
		t.Errorf("got %v, %v", v, err)
	}
	_, err := run(t, "s.lua", "\nfails()", o)
	var n *need
	if !errors.As(err, &n) || err.Error() != "s.lua:2: need x" {
		t.Errorf("got %v", err)
	}
}

// TestPanic: a Go panic in a host function ends the run; neither the script nor the service swallows or suffers it.
func TestPanic(t *testing.T) {
	o := sandbox.Options{Modules: map[string]sandbox.Module{"breaks": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
		return s.L.NewFunction(func(L *lua.LState) int { return []int{}[L.GetTop()+1] })
	}}}
	for _, source := range []string{"\nbreaks()", "\npcall(breaks)"} {
		_, err := run(t, "s.lua", source, o)
		var e *sandbox.Error
		if !errors.As(err, &e) || e.Kind != sandbox.KindRuntime || e.Line != 2 || !strings.Contains(e.Msg, "fanflow itself failed") || strings.Contains(err.Error(), ".go") {
			t.Errorf("%q: got %v", source, err)
		}
	}
}

// TestRepeatable: the same script under the same options does the same, to the instruction.
func TestRepeatable(t *testing.T) {
	p := compile(t, "s.lua", "local n = 0\nwhile true do n = n + 1; count(n, math.random(1000), tostring({})) end")
	var runs []string
	for range 3 {
		var last string
		o := sandbox.Options{Seed: 42, Limits: sandbox.Limits{Instructions: 5000, Time: time.Minute}, Modules: map[string]sandbox.Module{
			"count": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
				return s.L.NewFunction(func(L *lua.LState) int {
					last = fmt.Sprint(L.Get(1), L.Get(2), L.Get(3))
					return 0
				})
			},
		}}
		s := sandbox.NewState(context.Background(), o)
		_, err := s.Run(p)
		s.Close()
		runs = append(runs, fmt.Sprint(last, err))
	}
	if runs[0] != runs[1] || runs[1] != runs[2] {
		t.Errorf("runs differ: %q", runs)
	}
}

// TestDeadline: wall time and the caller's context end a run, also one whose instructions are slow.
func TestDeadline(t *testing.T) {
	forever := compile(t, "s.lua", "while true do pcall(string.rep, 'x', 10) end")
	limits := sandbox.Limits{Instructions: 1 << 40, Bytes: 1 << 50, Time: time.Millisecond}
	var e *sandbox.Error
	s := sandbox.NewState(context.Background(), sandbox.Options{Limits: limits})
	defer s.Close()
	if _, err := s.Run(forever); !errors.As(err, &e) || e.Kind != sandbox.KindDeadline || e.File != "s.lua" {
		t.Errorf("got %v", err)
	}
	limits.Time = time.Hour
	why := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	s = sandbox.NewState(ctx, sandbox.Options{Limits: limits})
	defer s.Close()
	if _, err := s.Run(forever); !errors.As(err, &e) || e.Kind != sandbox.KindDeadline || !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// TestLimitsOfDecision: Run and Call of one state share their budget.
func TestLimitsOfDecision(t *testing.T) {
	s := sandbox.NewState(context.Background(), sandbox.Options{Limits: sandbox.Limits{Instructions: 3000}})
	defer s.Close()
	v, err := s.Run(compile(t, "s.lua", "return function(n) for i = 1, n do end return 'done', n end"))
	if err != nil {
		t.Fatal(err)
	}
	fn := v.(*lua.LFunction)
	values, err := s.Call(fn, lua.MultRet, lua.LNumber(1000))
	if err != nil || len(values) != 2 || values[0].String() != "done" {
		t.Fatalf("got %v, %v", values, err)
	}
	var e *sandbox.Error
	for range 3 {
		_, err = s.Call(fn, 1, lua.LNumber(1000))
	}
	if !errors.As(err, &e) || e.Kind != sandbox.KindBudget {
		t.Errorf("got %v", err)
	}
}

func TestPrint(t *testing.T) {
	var lines []string
	_, err := run(t, "s.lua", "print(1, nil, 'x')\nprint()", sandbox.Options{Print: func(l string) { lines = append(lines, l) }})
	if err != nil || len(lines) != 2 || lines[0] != "1\tnil\tx" || lines[1] != "" {
		t.Errorf("%q, %v", lines, err)
	}
}

// TestNothingStays runs what tries to leave something behind, then looks for it in the next state.
func TestNothingStays(t *testing.T) {
	plugin := compile(t, "plugin.lua", "local seen = {}\nlocal record = { n = 0 }\nreturn { seen = seen, record = record, up = function() seen.n = (seen.n or 0) + 1; return seen.n end }")
	flow := `
		local up = 0
		local list = {}
		local alias = list
		local plugin = require "plugin"
		local function probe()
			up = up + 1
			alias.n = (alias.n or 0) + 1
			plugin.extra = (plugin.extra or 0) + 1
			plugin.record.n = plugin.record.n + 1
			local found = up + alias.n + plugin.extra + plugin.record.n + plugin.up() - 5
			if getmetatable(list) then found = found + 1 end
			pcall(setmetatable, list, { __index = { x = 1 } })
			pcall(function() string.upper = function() return "patched" end end)
			pcall(function() getmetatable("").__index = { upper = function() return "patched" end } end)
			pcall(setmetatable, "", { __index = { upper = function() return "patched" end } })
			pcall(setmetatable, string, { __index = { upper = function() return "patched" end } })
			pcall(function() table.insert(math, 1) end)
			pcall(function() math.pi = 3 end)
			pcall(function() lib.x = 1 end)
			pcall(function() lib.f = print end)
			pcall(function() table.sort(lib) end)
			if ("x"):upper() ~= "X" or string.upper("x") ~= "X" or math.pi == 3 or lib.f() ~= 7 then found = found + 100 end
			return found
		end
		return probe()`
	lib := sandbox.Describe(reference.Module{Name: "lib", Funcs: []reference.Func{reference.Fn("f(): integer", "Seven.", "七。")}}, map[string]lua.LGFunction{"f": func(L *lua.LState) int { L.Push(lua.LNumber(7)); return 1 }}, nil)
	p := compile(t, "flow.lua", flow)
	o := sandbox.Options{Require: func(string) (*sandbox.Program, error) { return plugin, nil }, Modules: map[string]sandbox.Module{"lib": lib.Module}}
	var wg sync.WaitGroup
	for range 8 { // at once, so that the race detector sees every write into what is shared
		wg.Go(func() {
			for range 5 {
				if v, err := run(t, "flow.lua", flow, o); err != nil || v != lua.LNumber(0) {
					t.Errorf("something stayed: %v, %v", v, err)
				}
				s := sandbox.NewState(context.Background(), o)
				if v, err := s.Run(p); err != nil || v != lua.LNumber(0) {
					t.Errorf("something stayed: %v, %v", v, err)
				}
				s.Close()
			}
		})
	}
	wg.Wait()
}
