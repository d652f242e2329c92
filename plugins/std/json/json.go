// Package json is the Lua module json.
package json

import (
	"bytes"
	stdjson "encoding/json"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Library is the module.
var Library = sandbox.Describe(words, map[string]lua.LGFunction{"encode": encode, "decode": decode, "list": list}, nil)

// encode is json.encode(value): the JSON of a value, keys in sorted order. {} is an empty object; a list that came from JSON
// stays a list when it is empty.
func encode(L *lua.LState) int {
	s := sandbox.From(L)
	v, err := s.FromLua(L.Get(1))
	if err != nil {
		s.Raise(err)
	}
	var out bytes.Buffer
	e := stdjson.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		s.Raise(err)
	}
	s.Spend(out.Len() / 64)
	s.Fits(out.Len())
	L.Push(lua.LString(bytes.TrimRight(out.Bytes(), "\n")))
	return 1
}

// decode is json.decode(text): the value of a JSON text. null is nil, and whole numbers beyond 2^53 are texts, so that ids
// stay exact. It fails where the text is no JSON; pcall catches that.
func decode(L *lua.LState) int {
	s := sandbox.From(L)
	text := L.CheckString(1)
	s.Spend(len(text) / 16)
	s.Charge(8 * int64(len(text)))
	v, err := sandbox.DecodeJSON([]byte(text))
	if err != nil {
		s.Raise(err)
	}
	L.Push(sandbox.ToLua(L, v))
	return 1
}

// list is json.list(): a table that stays a list while it is empty.
func list(L *lua.LState) int {
	L.Push(sandbox.ToLua(L, []any{}))
	return 1
}
