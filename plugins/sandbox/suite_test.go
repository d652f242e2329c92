package sandbox_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// suite says how many assertions each script of the language's own tests makes here. The scripts come with gopher-lua: Lua 5.1's of
// lua.org/tests as far as they do not test C, and gopher-lua's own. The numbers may grow and not fall.
var suite = map[string]int{
	"_lua5.1-tests/calls.lua": 68, "_lua5.1-tests/closure.lua": 21, "_lua5.1-tests/constructs.lua": 3200, "_lua5.1-tests/events.lua": 160,
	"_lua5.1-tests/literals.lua": 28, "_lua5.1-tests/locals.lua": 1270, "_lua5.1-tests/math.lua": 99, "_lua5.1-tests/nextvar.lua": 29352, "_lua5.1-tests/errors.lua": 23,
	"_lua5.1-tests/pm.lua": 133, "_lua5.1-tests/sort.lua": 25030, "_lua5.1-tests/strings.lua": 138, "_lua5.1-tests/vararg.lua": 61,
	"_glua-tests/base.lua": 4, "_glua-tests/goto.lua": 21, "_glua-tests/issues.lua": 74, "_glua-tests/math.lua": 2, "_glua-tests/strings.lua": 5,
	"_glua-tests/table.lua": 8, "_glua-tests/vm.lua": 13,
}

// spelled are names of Lua 5.0 that the suite still uses, a text longer than the sandbox allows, and two loops that take long.
var spelled = strings.NewReplacer("math.mod(", "math.fmod(", "string.gfind", "string.gmatch", "string.rep('a', 300000)", "string.rep('a', 60000)",
	"table.foreach(a, function (k,v) b[k] = v end)", "for k,v in pairs(a) do b[k] = v end",
	"limit = 30000", "limit = 5000", "  i = i+1\nuntil i==c", "  i = i+13\nuntil i>=c")

// cut leaves lines of a script out. The first of them begins with begins, so that a cut that no longer fits is found.
type cut struct {
	file     string
	from, to int
	begins   string
	why      string
}

// TestSuite runs the language's own tests through the sandbox's compiler, ledger and libraries.
func TestSuite(t *testing.T) {
	dir := goModule(t, "github.com/yuin/gopher-lua")
	for _, c := range cuts {
		if _, ok := suite[c.file]; !ok {
			t.Errorf("a cut names %s, which is not run", c.file)
		}
	}
	for name, least := range suite {
		t.Run(name, func(t *testing.T) {
			source := trim(t, dir, name)
			asserts, err := runSuite(t, filepath.Base(name), source)
			if err != nil {
				t.Error(err)
			}
			if asserts < least {
				t.Errorf("%d assertions, %d before", asserts, least)
			}
			t.Logf("%d assertions", asserts)
		})
	}
}

// goModule gives the folder of a module.
func goModule(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// trim reads a script without what is cut out of it; lines keep their numbers.
func trim(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(spelled.Replace(string(raw)), "\n")
	for _, c := range cuts {
		if c.file != name {
			continue
		}
		if c.to >= len(lines) || c.from > c.to || c.why == "" || !strings.HasPrefix(strings.TrimSpace(lines[c.from-1]), c.begins) {
			t.Fatalf("%s:%d is no longer what was cut out (%s)", name, c.from, c.why)
		}
		for i := c.from - 1; i < c.to; i++ {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

func runSuite(t *testing.T, file, source string) (asserts int, err error) {
	t.Helper()
	p, err := sandbox.CompileGlobals(file, source)
	if err != nil {
		return 0, err
	}
	system, err := sandbox.CompileGlobals("system.lua", "os = { clock = clock, setlocale = setlocale }")
	if err != nil {
		return 0, err
	}
	s := sandbox.NewState(context.Background(), sandbox.Options{Limits: sandbox.Limits{
		Instructions: 50_000_000, Total: 50_000_000, Bytes: 256 << 20, Time: time.Minute, Hard: time.Minute,
	}})
	defer s.Close()
	assert, err := s.Call(s.Load(compile(t, "assert.lua", "return assert")), 1)
	if err != nil {
		t.Fatal(err)
	}
	s.OpenGlobals(map[string]lua.LGFunction{
		"assert": func(L *lua.LState) int {
			asserts++
			return assert[0].(*lua.LFunction).GFunction(L)
		},
		"clock":          func(L *lua.LState) int { L.Push(lua.LNumber(0)); return 1 },
		"setlocale":      func(L *lua.LState) int { return 0 },
		"collectgarbage": func(L *lua.LState) int { L.Push(lua.LNumber(0)); return 1 },
		"rawset":         func(L *lua.LState) int { L.CheckTable(1).RawSet(L.Get(2), L.Get(3)); L.SetTop(1); return 1 },
		"loadstring":     func(L *lua.LState) int { return load(L, L.CheckString(1)) },
		"load": func(L *lua.LState) int {
			var all strings.Builder
			for {
				L.Push(L.Get(1))
				L.Call(0, 1)
				piece, ok := L.Get(-1).(lua.LString)
				if L.Pop(1); !ok || piece == "" {
					return load(L, all.String())
				}
				all.WriteString(string(piece))
			}
		},
	})
	if _, err := s.Run(system); err != nil {
		return 0, err
	}
	_, err = s.Run(p)
	return asserts, err
}

// load is loadstring.
func load(L *lua.LState, source string) int {
	p, err := sandbox.CompileGlobals("string", source)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(sandbox.From(L).Load(p))
	return 1
}

// cuts are what this sandbox is not: it has no coroutines, environments, files, debugger or locale, calls stand 200 deep, and its messages
// are its own.
var cuts = []cut{
	{"_lua5.1-tests/calls.lua", 100, 100, "deep(200)", "calls stand at most 200 deep"},
	{"_lua5.1-tests/calls.lua", 241, 241, "assert(debug.getinfo", "debug"},
	{"_lua5.1-tests/closure.lua", 157, 423, "-- coroutine tests", "coroutine"},
	{"_lua5.1-tests/constructs.lua", 189, 189, "assert(debug.getinfo", "debug"},
	{"_lua5.1-tests/events.lua", 5, 14, "setfenv", "setfenv"},
	{"_lua5.1-tests/events.lua", 22, 22, "assert(tostring(a) == nil)", "__tostring must give a text"},
	{"_lua5.1-tests/events.lua", 294, 294, "assert(_G == getfenv", "getfenv"},
	{"_lua5.1-tests/events.lua", 299, 299, "setfenv", "setfenv"},
	{"_lua5.1-tests/events.lua", 330, 357, "-- testing metatables for basic", "debug.setmetatable"},
	{"_lua5.1-tests/literals.lua", 143, 157, "-- generate all strings", "coroutine"},
	{"_lua5.1-tests/locals.lua", 54, 83, "-- testing globals", "getfenv, setfenv"},
	{"_lua5.1-tests/math.lua", 126, 144, "f = io.tmpfile", "io"},
	{"_lua5.1-tests/math.lua", 164, 165, "require", "a file of the suite"},
	{"_lua5.1-tests/math.lua", 176, 176, "math.randomseed", "math.randomseed"},
	{"_lua5.1-tests/nextvar.lua", 173, 188, "a = {x=90", "table.foreach of Lua 5.0"},
	{"_lua5.1-tests/nextvar.lua", 191, 195, "assert(print==find", "next(_G) does not show the libraries"},
	{"_lua5.1-tests/nextvar.lua", 234, 246, "local function foo", "getfenv, setfenv"},
	{"_lua5.1-tests/nextvar.lua", 370, 371, "-- conversion", "gopher-lua takes no texts as the numbers of for"},
	{"_lua5.1-tests/vararg.lua", 5, 10, "function f(a, ...)", "arg of Lua 5.0"},
	{"_lua5.1-tests/vararg.lua", 24, 26, "assert(f() == 0)", "arg of Lua 5.0"},
	{"_lua5.1-tests/vararg.lua", 46, 48, "local t = {1, 10}", "arg of Lua 5.0"},
	{"_glua-tests/base.lua", 1, 9, "local ok, msg", "dofile, getfenv"},
	{"_glua-tests/base.lua", 20, 32, "local fn, msg", "messages of load"},
	{"_glua-tests/issues.lua", 35, 51, "-- issue 33", "coroutine"},
	{"_glua-tests/issues.lua", 70, 115, "-- issue 62", "debug.traceback"},
	{"_glua-tests/issues.lua", 140, 152, "-- issue 82", "coroutine"},
	{"_glua-tests/issues.lua", 268, 333, "-- issue #292", "os.time"},
	{"_glua-tests/issues.lua", 473, 492, "-- issue #455", "io"},
	{"_glua-tests/issues.lua", 206, 212, "local ok, message = pcall(nil)", "the message of pcall(nil)"},
	{"_glua-tests/math.lua", 4, 12, "local ok, msg", "messages of math.max"},
	{"_glua-tests/strings.lua", 2, 5, "local ok, msg", "string.dump"},
	{"_glua-tests/strings.lua", 7, 7, "assert(string.gsub", "gopher-lua keeps %c in a replacement, Lua 5.1 does not"},
	{"_glua-tests/table.lua", 6, 12, "table.insert(a, 3, 10)", "gopher-lua inserts beyond the end, Lua 5.1 does not; messages"},
	{"_glua-tests/vm.lua", 10, 13, "setmetatable(tbl", "__len of a table, which Lua 5.1 does not know"},
	{"_glua-tests/vm.lua", 54, 57, "local ok, msg", "the message of .."},
	{"_glua-tests/vm.lua", 84, 136, "local ok, msg", "messages of the compiler"},
	{"_lua5.1-tests/errors.lua", 38, 41, "checksyntax", "messages; the parser takes empty statements, as later Luas do"},
	{"_lua5.1-tests/errors.lua", 44, 44, "assert(doit\"a=math.sin", "gopher-lua takes a call over two lines"},
	{"_lua5.1-tests/errors.lua", 48, 111, "checksyntax", "messages, which name variables there"},
	{"_lua5.1-tests/errors.lua", 126, 126, "assert(lineerror", "the line of a for over several lines"},
	{"_lua5.1-tests/errors.lua", 141, 167, "C = 0", "debug"},
	{"_lua5.1-tests/errors.lua", 190, 196, "checksyntax", "messages"},
	{"_lua5.1-tests/errors.lua", 210, 247, "-- testing syntax limits", "limits are others, and so are their messages"},
	{"_lua5.1-tests/literals.lua", 100, 119, "-- testing line ends", "debug.getinfo"},
}
