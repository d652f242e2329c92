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
		L.RaiseError("there is no %s.%s", name, clip(L.Get(2).String(), 40))
		return 0
	})})
	value := &lua.LUserData{Value: name, Env: noEnv, Metatable: frozenTable(map[string]lua.LValue{
		"__index": members,
		"__newindex": frozenFunction(func(L *lua.LState) int {
			L.RaiseError("%s.%s cannot be set: a script may not change a library", name, clip(L.Get(2).String(), 40))
			return 0
		}),
		"__tostring":  frozenFunction(func(L *lua.LState) int { L.Push(lua.LString("library: " + name)); return 1 }),
		"__metatable": lua.LString("locked"),
	})}
	return &Library{name: name, value: value, members: members}
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
		base.RawSetString(name, frozenFunction(fn))
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

// globalModule makes a module when a script first names it; any other unknown global is nil.
func globalModule(L *lua.LState) int {
	s := From(L)
	name := L.CheckString(2)
	if m, ok := s.opts.Modules[name]; ok {
		L.Push(s.module(name, m))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func refuseGlobal(L *lua.LState) int {
	L.RaiseError("global %s cannot be set: declare it with `local`", L.CheckString(2))
	return 0
}

// newVM makes the VM of a state over the kit.
func newVM(s *State) *lua.LState {
	L := lua.NewState(lua.Options{
		CallStackSize: 200,
		RegistrySize:  256, RegistryMaxSize: maxRegistry, RegistryGrowStep: 512,
		SkipOpenLibs: true,
		// MinimizeStackMemory stays off: the segmented call stack loses frames when a pcall fails at the end of a segment.
	})
	L.G.Global.Metatable = shared.globals
	L.SetMetatable(lua.LString(""), shared.strings)
	L.SetContext(&s.meter)
	return L
}

// maxRegistry is how many values may be on the VM's stack: 256 KB.
const maxRegistry = 16384

// require gives a module or the value of a program, made once in this state.
func (s *State) require(name string) (lua.LValue, error) {
	if v, ok := s.loaded[name]; ok {
		if v == nil {
			return nil, fmt.Errorf("plugin %q requires itself, directly or through another", name)
		}
		return v, nil
	}
	if m, ok := s.opts.Modules[name]; ok {
		return s.module(name, m), nil
	}
	if s.opts.Require == nil {
		return nil, fmt.Errorf("there is no module %q", name)
	}
	p, err := s.program(name)
	if err != nil {
		return nil, err
	}
	s.loaded[name] = nil
	v, err := s.Run(p)
	if err != nil {
		delete(s.loaded, name)
		return nil, err
	}
	if v == lua.LNil {
		v = lua.LTrue
	}
	s.loaded[name] = v
	return v, nil
}

func (s *State) module(name string, m Module) lua.LValue {
	if v, ok := s.loaded[name]; ok && v != nil {
		return v
	}
	v := m(s, Scope{})
	s.loaded[name] = v
	return v
}
