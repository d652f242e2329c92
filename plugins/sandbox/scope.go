package sandbox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// Scope is whose code runs: a plugin's in a version, or for the zero Scope the script that the State was made for.
type Scope struct {
	Plugin  string
	Version int
}

// env is the globals of a scope: empty at first, over the libraries that all share. The functions of a plugin's chunk, and the
// functions that those make, have it as their environment for good, whoever calls them.
type env struct {
	table *lua.LTable
	in    Scope
}

// scoped are the functions of the language that each scope has for itself.
var scoped = map[string]bool{"print": true, "require": true}

// costEnv is about what the environment of a plugin takes.
const costEnv = 600

// RunIn is Run in a scope of its own: the modules that its code names are made for it.
func (s *State) RunIn(p *Program, in Scope) (lua.LValue, error) {
	s.files[p.file] = struct{}{}
	s.Charge(p.bytes)
	fn := s.L.NewFunctionFromProto(p.proto)
	fn.Env = s.env(in)
	values, err := s.Call(fn, 1)
	if err != nil {
		return lua.LNil, err
	}
	return values[0], nil
}

// env gives the globals of a scope.
func (s *State) env(in Scope) *lua.LTable {
	if in.Plugin == "" {
		return s.L.G.Global
	}
	for i := range s.envs {
		if s.envs[i].in.Plugin == in.Plugin {
			return s.envs[i].table
		}
	}
	s.Charge(costEnv)
	e := env{table: s.L.CreateTable(0, 7), in: in}
	e.table.Metatable = s.L.G.Global.Metatable
	s.envs = append(s.envs, e)
	return e.table
}

// scope gives whose globals a table is.
func (s *State) scope(table *lua.LTable) Scope {
	for i := range s.envs {
		if s.envs[i].table == table {
			return s.envs[i].in
		}
	}
	return Scope{}
}

// callerEnv gives the globals of the Lua function that has called the running Go function.
func callerEnv(L *lua.LState) *lua.LTable {
	if dbg, ok := L.GetStack(1); ok {
		if fn, err := L.GetInfo("f", dbg, lua.LNil); err == nil {
			if fn, ok := fn.(*lua.LFunction); ok && !fn.IsG {
				return fn.Env
			}
		}
	}
	return L.G.Global
}

// global makes the value of a global that a scope names for the first time, and keeps it there; lua.LNil if there is no such.
func (s *State) global(table *lua.LTable, name string) lua.LValue {
	var v lua.LValue
	switch m, ok := s.opts.Modules[name]; {
	case ok:
		v = m(s, s.scope(table))
	case s.base[name] != nil: // print or require: the others are found before
		v = s.L.NewClosure(s.base[name], &lua.LUserData{Value: s.scope(table), Env: noEnv, Metatable: lua.LNil})
	default:
		return lua.LNil
	}
	table.RawSetString(name, v)
	return v
}

// own gives the scope that a function of the language was made for.
func own(L *lua.LState) (in Scope) {
	if ud, ok := L.Get(lua.UpvalueIndex(1)).(*lua.LUserData); ok {
		in, _ = ud.Value.(Scope)
	}
	return in
}

// Require gives the value of a program that scripts require by this name, run once in this state, in the scope of its own that
// plugins have.
func (s *State) Require(name string) (lua.LValue, error) { return s.require(Scope{}, name) }

// require gives a module of the scope, or the value of a program, made once in this state.
func (s *State) require(in Scope, name string) (lua.LValue, error) {
	if _, ok := s.opts.Modules[name]; ok {
		table := s.env(in)
		if v := table.RawGetString(name); v != lua.LNil {
			return v, nil
		}
		return s.global(table, name), nil
	}
	if v, ok := s.loaded[name]; ok {
		if v == nil {
			return nil, fmt.Errorf("plugin %q requires itself, directly or through another", name)
		}
		return v, nil
	}
	if s.opts.Require == nil {
		return nil, fmt.Errorf("there is no module %q", name)
	}
	p, err := s.program(name)
	if err != nil {
		return nil, err
	}
	s.loaded[name] = nil
	v, err := s.RunIn(p, Scope{Plugin: name})
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

// bound is a Library with a value of its own.
type bound struct {
	library *Library
	own     any
	made    map[string]lua.LValue // functions that were asked for
}

// Bind gives the library with a value that its functions find with [Own]: what they work on for this scope. They are made when
// the script asks for them.
func (l *Library) Bind(own any) lua.LValue {
	return &lua.LUserData{Value: &bound{library: l, own: own}, Env: noEnv, Metatable: l.bound}
}

// Own gives the value that the library of the running function was bound to; nil if it was not.
func Own(L *lua.LState) any {
	if ud, ok := L.Get(lua.UpvalueIndex(1)).(*lua.LUserData); ok {
		if b, ok := ud.Value.(*bound); ok {
			return b.own
		}
	}
	return nil
}

// boundIndex makes a function of a bound library when a script first asks for it.
func boundIndex(L *lua.LState) int {
	ud := L.CheckUserData(1)
	b, ok := ud.Value.(*bound)
	if !ok {
		return 0
	}
	name := L.CheckString(2)
	v, ok := b.made[name]
	if !ok {
		v = b.library.members.RawGetString(name)
		switch fn := v.(type) {
		case *lua.LFunction:
			From(L).Charge(costClosure)
			v = L.NewClosure(fn.GFunction, ud)
		case *lua.LNilType:
			noMember(L, b.library.name)
		}
		if b.made == nil {
			b.made = map[string]lua.LValue{}
		}
		b.made[name] = v
	}
	L.Push(v)
	return 1
}
