package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// ToLua makes a Lua value of a JSON-like Go value.
func ToLua(L *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case nil:
		return lua.LNil
	case lua.LValue:
		return v
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case int:
		return ToLua(L, int64(v))
	case int64:
		if v > 1<<53 || v < -(1<<53) {
			return lua.LString(strconv.FormatInt(v, 10))
		}
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	case []any:
		t := L.CreateTable(len(v), 0)
		for _, e := range v {
			t.Append(ToLua(L, e))
		}
		return t
	case map[string]any:
		t := L.CreateTable(0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			t.RawSetString(k, ToLua(L, v[k]))
		}
		return t
	}
	return lua.LNil
}

// FromLua makes a JSON-like Go value of a Lua value: nil, bool, float64, string, []any, map[string]any.
func FromLua(v lua.LValue) (any, error) { return fromLua(v, 0) }

func fromLua(v lua.LValue, depth int) (any, error) {
	if depth > 32 {
		return nil, errors.New("the table is nested too deeply")
	}
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LString:
		return string(v), nil
	case lua.LNumber:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.New("a number is not finite")
		}
		return float64(v), nil
	case *lua.LTable:
		if n := v.Len(); n > 0 {
			list := make([]any, n)
			for i := range list {
				e, err := fromLua(v.RawGetInt(i+1), depth+1)
				if err != nil {
					return nil, err
				}
				list[i] = e
			}
			return list, nil
		}
		m := map[string]any{}
		for k, e := v.Next(lua.LNil); k != lua.LNil; k, e = v.Next(k) {
			g, err := fromLua(e, depth+1)
			if err != nil {
				return nil, err
			}
			m[k.String()] = g
		}
		return m, nil
	}
	return nil, fmt.Errorf("a %s is no data", v.Type())
}
