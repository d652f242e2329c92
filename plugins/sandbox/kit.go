package sandbox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/reference"
)

// Library is a set of functions and values under one name, built once and shared by all states. Scripts see it as a userdata
// that refuses writes: a table would let table.insert and friends write into it for everybody.
type Library struct {
	name    string
	value   *lua.LUserData
	members *lua.LTable
	bound   *lua.LTable // metatable of the library with a value of its own
	words   reference.Module
}

// newLibrary builds a library. Reading a member that does not exist fails with its name, so that a misspelt function is found
// where it stands.
func newLibrary(name string, funcs map[string]lua.LGFunction, values map[string]lua.LValue) *Library {
	members := &lua.LTable{Metatable: lua.LNil}
	for key, fn := range funcs {
		members.RawSetString(key, frozenFunction(fn))
	}
	for key, v := range values {
		members.RawSetString(key, v)
	}
	members.Metatable = frozenTable(map[string]lua.LValue{"__index": frozenFunction(func(L *lua.LState) int {
		noMember(L, name)
		return 0
	})})
	meta := func(index lua.LValue) *lua.LTable {
		return frozenTable(map[string]lua.LValue{
			"__index": index,
			"__newindex": frozenFunction(func(L *lua.LState) int {
				L.RaiseError("%s.%s cannot be set: a script may not change a library", name, clip(L.Get(2).String(), 40))
				return 0
			}),
			"__tostring":  frozenFunction(func(L *lua.LState) int { L.Push(lua.LString("library: " + name)); return 1 }),
			"__metatable": lua.LString("locked"),
		})
	}
	value := &lua.LUserData{Value: name, Env: noEnv, Metatable: meta(members)}
	return &Library{name: name, value: value, members: members, bound: meta(frozenFunction(boundIndex))}
}

// noMember fails with the member that a library does not have: the key that was looked up last.
func noMember(L *lua.LState, library string) {
	L.RaiseError("there is no %s.%s", library, clip(L.Get(2).String(), 40))
}

// Describe makes a library with the words of its members: every function of m has its Go function in do, every value its value,
// and the other way round. The functions find their decision through From(L). A mistake in the words is one of ours, and panics
// when the program starts.
func Describe(m reference.Module, do map[string]lua.LGFunction, values map[string]lua.LValue) *Library {
	if len(m.Funcs) != len(do) || len(m.Values) != len(values) {
		panic(fmt.Sprintf("module %s: its words and its functions differ", m.Name))
	}
	for _, f := range m.Funcs {
		if do[f.Name] == nil || f.Doc == "" || f.DocZH == "" {
			panic(fmt.Sprintf("module %s: %s has no function or no words", m.Name, f.Name))
		}
	}
	for _, v := range m.Values {
		if values[v.Name] == nil || v.Doc == "" || v.DocZH == "" {
			panic(fmt.Sprintf("module %s: %s has no value or no words", m.Name, v.Name))
		}
	}
	l := newLibrary(m.Name, do, values)
	l.words = m
	return l
}

// Words describe the library's members.
func (l *Library) Words() reference.Module { return l.words }

// Module gives the library to a state: it is a [Module].
func (l *Library) Module(*State, Scope) lua.LValue { return l.value }

// noEnv is the environment of frozen functions. The VM asks for one and never looks into it.
var noEnv = &lua.LTable{Metatable: lua.LNil}

func frozenFunction(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, Env: noEnv, GFunction: fn}
}

func frozenTable(fields map[string]lua.LValue) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	for k, v := range fields {
		t.RawSetString(k, v)
	}
	return t
}

// kit is what all states share: built once, only read after that, reachable by no write of a script.
type kit struct {
	globals *lua.LTable // metatable of a state's global table
	strings *lua.LTable // metatable of strings
}

var shared = newKit()

func newKit() *kit {
	lua.MaxArrayIndex = 1 << 16 // t[1e7] = 1 goes to the hash part instead of making a list of 1e7 places
	lua.CompatVarArg = false    // no hidden table `arg` in each call of a function with ...

	describeBase()
	str := Describe(stringWords, stringFunctions, nil)
	base := frozenTable(map[string]lua.LValue{
		"string": str.value, "table": Describe(tableWords, tableFunctions, nil).value, "math": Describe(mathWords, mathFunctions, mathValues).value,
		"_VERSION": lua.LString("Lua 5.1"),
	})
	for name, fn := range baseFunctions {
		if !scoped[name] {
			base.RawSetString(name, frozenFunction(fn))
		}
	}
	for name, fn := range hiddenFunctions {
		base.RawSetString(name, frozenFunction(fn))
	}
	base.Metatable = frozenTable(map[string]lua.LValue{"__index": frozenFunction(globalModule)})
	return &kit{
		globals: frozenTable(map[string]lua.LValue{"__index": base, "__newindex": frozenFunction(refuseGlobal), "__metatable": lua.LString("locked")}),
		strings: frozenTable(map[string]lua.LValue{"__index": str.members, "__metatable": lua.LString("locked")}),
	}
}

// globalModule makes a module when a script first names it, for the scope of the function that does; any other unknown global
// is nil. The scope is told by the function that runs, not by who called it: pcall and tail calls would hide that.
func globalModule(L *lua.LState) int {
	L.Push(From(L).global(callerEnv(L), L.CheckString(2)))
	return 1
}

func refuseGlobal(L *lua.LState) int {
	L.RaiseError("global %s cannot be set: declare it with `local`", L.CheckString(2))
	return 0
}

// newVM makes the VM of a state over the kit.
func newVM(s *State) *lua.LState {
	L := lua.NewState(lua.Options{
		CallStackSize: maxCalls,
		RegistrySize:  256, RegistryMaxSize: maxRegistry, RegistryGrowStep: 512,
		SkipOpenLibs: true,
		// MinimizeStackMemory stays off: the segmented call stack loses frames when a pcall fails at the end of a segment.
	})
	L.G.Global.Metatable = shared.globals
	L.SetMetatable(lua.LString(""), shared.strings)
	L.SetContext(&s.meter)
	return L
}

// maxCalls is how many calls may stand inside each other.
const maxCalls = 200

// maxRegistry is how many values may be on the VM's stack: 256 KB.
const maxRegistry = 16384
