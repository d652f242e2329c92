// Package kv is the Lua module kv: values that all fans of an account share. What a decision writes or claims becomes part of
// its Change: either all of it holds, or none.
package kv

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Port is where the values are.
type Port interface {
	// Get gives the value of a key, nil if there is none.
	Get(key string) (stdjson.RawMessage, error)
	// Set gives a key a value; nil deletes it.
	Set(key string, value stdjson.RawMessage) error
	// Increment claims by units of a key, all in a row, and gives the highest of them. by is at least 1.
	Increment(key string, by int64) (int64, error)
	// Take claims one unit of a key that is at most limit; ok is false when none is left.
	Take(key string, limit int64) (unit int64, ok bool, err error)
}

// Module is the module on a decision's values. p may be nil: then every function fails, and says that no fan is being served.
// keys gives the globs of the keys that a plugin may touch; the script that the State was made for may touch all.
func Module(p Port, keys func(plugin string) []string) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if p != nil {
			s.Bind(portKey{}, p)
		}
		if in.Plugin == "" {
			return library.Module(s, in)
		}
		return library.Bind(&permission{plugin: in.Plugin, globs: keys(in.Plugin)})
	}
}

// permission is what a plugin may touch.
type permission struct {
	plugin string
	globs  []string
}

// key is the key that a function is called with, if the script may touch it.
func key(L *lua.LState) string {
	k := L.CheckString(1)
	p, ok := sandbox.Own(L).(*permission)
	if ok {
		sandbox.From(L).Spend(len(p.globs) * (1 + len(k)/256))
	}
	if ok && !slices.ContainsFunc(p.globs, func(glob string) bool { return Match(glob, k) }) {
		sandbox.From(L).Raise(fmt.Errorf("the plugin %s may not touch the key %q: its permissions name %s; add it there: permissions = { kv = { … } }",
			p.plugin, clip(k), said(p.globs)))
	}
	return k
}

func said(globs []string) string {
	if len(globs) == 0 {
		return "none"
	}
	return strings.Join(globs, ", ")
}

// clip shortens a key for a sentence.
func clip(k string) string {
	if len(k) > 80 {
		return strings.ToValidUTF8(k[:80], "") + "…"
	}
	return k
}

// Match reports whether a glob has a key: in it * stands for any characters.
func Match(glob, key string) bool {
	head, rest, starred := strings.Cut(glob, "*")
	if !starred {
		return glob == key
	}
	key, ok := strings.CutPrefix(key, head)
	for ok {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(key, part)
		}
		_, key, ok = strings.Cut(key, part)
		rest = after
	}
	return false
}

type portKey struct{}

var library = sandbox.Describe(words, map[string]lua.LGFunction{
	"get": get, "set": set, "delete": remove, "increment": increment, "take": take, "count": count,
}, nil)

// port gives the decision's Port; without one the script fails.
func port(L *lua.LState) (*sandbox.State, Port) {
	s := sandbox.From(L)
	p, ok := s.Bound(portKey{}).(Port)
	if !ok {
		s.Raise(errors.New("kv can be used only while a fan is being served: call it inside of a function"))
	}
	return s, p
}

// get is kv.get(key): the value of a key, nil if it has none.
func get(L *lua.LState) int {
	s, p := port(L)
	raw, err := p.Get(key(L))
	if err != nil {
		s.Raise(err)
	}
	if len(raw) == 0 {
		L.Push(lua.LNil)
		return 1
	}
	v, err := sandbox.DecodeJSON(raw)
	if err != nil {
		s.Raise(err)
	}
	L.Push(sandbox.ToLua(L, v))
	return 1
}

// set is kv.set(key, value): gives a key a value, a text, number, boolean or table of them; nil deletes it.
func set(L *lua.LState) int {
	s, p := port(L)
	k := key(L)
	v, err := s.FromLua(L.Get(2))
	if err != nil {
		s.Raise(err)
	}
	var raw stdjson.RawMessage
	if v != nil {
		if raw, err = stdjson.Marshal(v); err != nil {
			s.Raise(err)
		}
		s.Spend(len(raw) / 64)
		s.Charge(2 * int64(len(raw)))
	}
	if err := p.Set(k, raw); err != nil {
		s.Raise(err)
	}
	return 0
}

// remove is kv.delete(key).
func remove(L *lua.LState) int {
	s, p := port(L)
	if err := p.Set(key(L), nil); err != nil {
		s.Raise(err)
	}
	return 0
}

// increment is kv.increment(key, by): counts by further (1 if it is left out) and gives the new count. Over all fans, also
// those served at the same moment, no count is given twice.
func increment(L *lua.LState) int {
	s, p := port(L)
	by := whole(L, 2, 1)
	if by < 1 {
		L.ArgError(2, "the step must be 1 or more")
	}
	n, err := p.Increment(key(L), by)
	if err != nil {
		s.Raise(err)
	}
	L.Push(sandbox.ToLua(L, n))
	return 1
}

// take is kv.take(key, limit): the next of the numbers 1, 2, 3, … limit, each given to one fan, nil when none is left.
func take(L *lua.LState) int {
	s, p := port(L)
	L.CheckNumber(2)
	n, ok, err := p.Take(key(L), whole(L, 2, 0))
	if err != nil {
		s.Raise(err)
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(sandbox.ToLua(L, n))
	return 1
}

// count is kv.count(key): the highest number that was counted or taken; 0 before the first. A value of another kind is no count.
func count(L *lua.LState) int {
	s, p := port(L)
	k := key(L)
	raw, err := p.Get(k)
	if err != nil {
		s.Raise(err)
	}
	var n int64
	if len(raw) > 0 {
		if n, err = strconv.ParseInt(string(raw), 10, 64); err != nil || n < 0 {
			s.Raise(fmt.Errorf("kv.count: %s holds a value that is no count", k))
		}
	}
	L.Push(sandbox.ToLua(L, n))
	return 1
}

// whole is a whole number argument.
func whole(L *lua.LState, arg int, def int64) int64 {
	if L.Get(arg) == lua.LNil {
		return def
	}
	n := float64(L.CheckNumber(arg))
	if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		L.ArgError(arg, "a whole number is expected")
	}
	return int64(n)
}
