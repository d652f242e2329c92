// Package config is the Lua modules config and secrets: what the operator has set for a plugin. A script reads settings; of secrets
// it only ever has the names, which http and crypto take where a secret is to stand.
package config

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Source knows the settings of the plugins that a decision may run.
type Source interface {
	// Setting gives a setting as ToLua takes it, nil if it has no value. The error is a sentence for the plugin's author.
	Setting(plugin, key string) (any, error)
	// Settings gives the names of all settings that are no secrets, in the order of the plugin's schema.
	Settings(plugin string) ([]string, error)
	// Secret reports whether a secret is set. The error is a sentence for the plugin's author.
	Secret(plugin, name string) (set bool, err error)
}

// Config is the module config over a Source; nil: no fan is being served.
func Config(src Source) sandbox.Module { return module(src, "config", configMeta) }

// Secrets is the module secrets over a Source; nil: no fan is being served.
func Secrets(src Source) sandbox.Module { return module(src, "secrets", secretsMeta) }

// view is one of the modules as a plugin sees it.
type view struct {
	src    Source
	plugin string
	made   map[string]*lua.LUserData // secrets, by name
}

func module(src Source, name string, meta *lua.LTable) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if in.Plugin == "" {
			s.Raise(fmt.Errorf("only a plugin has %s: put what needs it into a plugin's function and require that", name))
		}
		return &lua.LUserData{Value: &view{src: src, plugin: in.Plugin}, Env: &lua.LTable{Metatable: lua.LNil}, Metatable: meta}
	}
}

// looked gives the view that a metamethod is called on. Without a Source the script fails.
func looked(L *lua.LState, name string) (*sandbox.State, *view) {
	s := sandbox.From(L)
	v, ok := L.CheckUserData(1).Value.(*view)
	if !ok || v.src == nil {
		s.Raise(errors.New(name + " can be read only while a fan is being served: read it inside of a function"))
	}
	return s, v
}

// events are what happens to a userdata, by the name of the metamethod.
type events map[string]lua.LGFunction

// meta makes the metatable of what no script may change.
func meta(name string, more events) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	set := func(event string, fn lua.LGFunction) {
		t.RawSetString(event, &lua.LFunction{IsG: true, Env: &lua.LTable{Metatable: lua.LNil}, GFunction: fn})
	}
	set("__newindex", func(L *lua.LState) int {
		L.RaiseError("%s cannot be set by a script: it is set in fanflow.toml", name)
		return 0
	})
	set("__tostring", func(L *lua.LState) int { L.Push(lua.LString(name)); return 1 })
	for event, fn := range more {
		set(event, fn)
	}
	t.RawSetString("__metatable", lua.LString("locked"))
	return t
}

var configMeta = meta("config", events{"__index": setting, "__pairs": settings})

// setting is config.key.
func setting(L *lua.LState) int {
	s, v := looked(L, "config")
	value, err := v.src.Setting(v.plugin, L.CheckString(2))
	if err != nil {
		s.Raise(err)
	}
	L.Push(sandbox.ToLua(L, value))
	return 1
}

// settings walks config: those that have a value.
func settings(L *lua.LState) int {
	s, v := looked(L, "config")
	names, err := v.src.Settings(v.plugin)
	if err != nil {
		s.Raise(err)
	}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		for len(names) > 0 {
			name := names[0]
			names = names[1:]
			value, err := v.src.Setting(v.plugin, name)
			if err != nil {
				s.Raise(err)
			}
			if value != nil {
				L.Push(sandbox.ToLua(L, name))
				L.Push(sandbox.ToLua(L, value))
				return 2
			}
		}
		L.Push(lua.LNil)
		return 1
	}))
	L.Push(L.Get(1))
	L.Push(lua.LNil)
	return 3
}
