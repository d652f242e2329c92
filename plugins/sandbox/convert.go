package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// What FromLua takes out of a script at most, so that no script can make a Change too large to look at.
const (
	MaxDepth  = 32        // tables inside each other
	maxValues = 10_000    // values in all
	maxBytes  = MaxString // of keys and texts
)

// maxExact is the largest whole number that a Lua number keeps exactly.
const maxExact = 1 << 53

// emptyList marks a table that came from an empty list, so that it goes back as one: {} alone is an empty map.
var emptyList = frozenTable(map[string]lua.LValue{"__metatable": lua.LString("locked")})

// ToLua makes a Lua value of a JSON-like Go value: nil, bool, string, numbers, []any, map[string]any, []string,
// map[string]string, and json.RawMessage or json.Number. Keys are put in sorted order, so pairs walks them so. A whole number
// beyond 2^53, which a Lua number would round, becomes a text. A nil in a list or map leaves its place empty. What is nested
// deeper than MaxDepth, and any other type, becomes nil. What it builds is charged to L's decision.
func ToLua(L *lua.LState, v any) lua.LValue {
	var s *State
	if m, ok := L.Context().(*meter); ok {
		s = m.state
	}
	return toLua(s, v, 0)
}

func toLua(s *State, v any, depth int) lua.LValue {
	if depth > MaxDepth {
		return lua.LNil
	}
	switch v := v.(type) {
	case lua.LValue:
		return v
	case bool:
		return lua.LBool(v)
	case string:
		charge(s, costString+len(v))
		return lua.LString(v)
	case int:
		return wholeNumber(int64(v))
	case int64:
		return wholeNumber(v)
	case float64:
		return lua.LNumber(v)
	case json.Number:
		return jsonNumber(v)
	case json.RawMessage:
		return fromJSON(s, v, depth)
	case []any:
		return list(s, v, depth)
	case []string:
		return list(s, v, depth)
	case map[string]any:
		return table(s, v, depth)
	case map[string]string:
		return table(s, v, depth)
	}
	return lua.LNil
}

// charge charges s where there is one: values may also be built for a VM that is not ours.
func charge(s *State, n int) {
	if s != nil {
		s.Charge(int64(n))
	}
}

func wholeNumber(n int64) lua.LValue {
	if n > maxExact || n < -maxExact {
		return lua.LString(strconv.FormatInt(n, 10))
	}
	return lua.LNumber(n)
}

func jsonNumber(n json.Number) lua.LValue {
	if i, err := n.Int64(); err == nil {
		return wholeNumber(i)
	}
	if f, err := n.Float64(); err == nil && (math.Abs(f) <= maxExact || f != math.Trunc(f)) {
		return lua.LNumber(unsigned(f))
	}
	return lua.LString(n)
}

// unsigned gives 0 for -0, which as a whole number of JSON would not come back: what a decision keeps and what its replay reads must be one.
func unsigned(f float64) float64 {
	if f == 0 {
		return 0
	}
	return f
}

// fromJSON keeps whole numbers beyond 2^53: it reads them as they are written.
func fromJSON(s *State, raw json.RawMessage, depth int) lua.LValue {
	v, err := DecodeJSON(raw)
	if err != nil {
		return lua.LNil
	}
	return toLua(s, v, depth)
}

func list[T any](s *State, items []T, depth int) lua.LValue {
	charge(s, costTable+costSlot*len(items))
	t := s.newTable(len(items), 0)
	if len(items) == 0 {
		t.Metatable = emptyList
	}
	for i, item := range items {
		if v := toLua(s, item, depth+1); v != lua.LNil {
			t.RawSetInt(i+1, v)
		}
	}
	return t
}

func table[T any](s *State, fields map[string]T, depth int) lua.LValue {
	charge(s, costTable+costFirstKey+costKey*len(fields))
	t := s.newTable(0, len(fields))
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		t.RawSetString(k, toLua(s, fields[k], depth+1))
	}
	return t
}

// newTable makes a table with room; s may be nil.
func (s *State) newTable(items, keys int) *lua.LTable {
	if s == nil {
		return &lua.LTable{Metatable: lua.LNil}
	}
	return s.L.CreateTable(items, keys)
}

// FromLua makes a JSON-like Go value of a Lua value: nil, bool, float64, string, []any, map[string]any. A table whose keys are
// 1, 2, … n is a list; any other must have texts for keys and is a map, and so is an empty one. The error is a sentence for
// the script's author: a function or userdata, a table with itself in it, more than MaxDepth levels, too many values, or
// a number that is not finite.
//
// It is for what is read when the script has come to its end. Functions that a script calls take [State.FromLua], which charges.
func FromLua(v lua.LValue) (any, error) {
	r := &reader{values: maxValues, bytes: maxBytes}
	return r.value(v)
}

// FromLua is the function FromLua at the script's expense: an instruction and a few bytes for each value.
func (s *State) FromLua(v lua.LValue) (any, error) {
	r := &reader{state: s, values: maxValues, bytes: maxBytes}
	return r.value(v)
}

// Each calls f with every key and value of t, in the order of pairs, at the script's expense.
func (s *State) Each(t *lua.LTable, f func(k, v lua.LValue)) {
	for k, v := s.next(t, lua.LNil); k != lua.LNil; k, v = s.next(t, k) {
		f(k, v)
	}
}

// What a value costs in the ledger that was taken out of Lua: it is the host's until the decision is made.
const (
	costData  = 16
	costField = 64
)

// reader takes a value out of Lua.
type reader struct {
	state         *State // who pays; nil: nobody
	values, bytes int
	path          []*lua.LTable // that the value stands in
}

func (r *reader) value(v lua.LValue) (any, error) {
	if r.values--; r.values < 0 {
		return nil, fmt.Errorf("the table holds more than %d values", maxValues)
	}
	if r.state != nil {
		r.state.Spend(1)
		r.state.Charge(costData)
	}
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(v), nil
	case lua.LString:
		return r.text(string(v))
	case lua.LNumber:
		f := float64(v)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("the number %s cannot be kept: it is not finite", numberText(f))
		}
		return unsigned(f), nil
	case *lua.LTable:
		return r.table(v)
	}
	return nil, fmt.Errorf("a %s cannot be kept: only texts, numbers, booleans and tables of them are data", v.Type())
}

func (r *reader) length(t *lua.LTable) int {
	if r.state == nil {
		return t.Len()
	}
	return r.state.length(t)
}

func (r *reader) next(t *lua.LTable, after lua.LValue) (k, v lua.LValue) {
	if r.state == nil {
		return t.Next(after)
	}
	return r.state.next(t, after)
}

func (r *reader) text(v string) (string, error) {
	if r.bytes -= len(v); r.bytes < 0 {
		return "", fmt.Errorf("the value holds more than %d KB of text", maxBytes>>10)
	}
	return v, nil
}

func (r *reader) table(t *lua.LTable) (any, error) {
	if slices.Contains(r.path, t) {
		return nil, errors.New("a table that contains itself cannot be kept")
	}
	if len(r.path) == MaxDepth {
		return nil, fmt.Errorf("tables stand more than %d deep inside each other", MaxDepth)
	}
	r.path = append(r.path, t)
	defer func() { r.path = r.path[:len(r.path)-1] }()

	n := r.length(t)
	if n == 0 {
		first, _ := r.next(t, lua.LNil)
		if first == lua.LNil && t.Metatable == lua.LValue(emptyList) {
			return []any{}, nil
		}
		return r.fields(t)
	}
	return r.items(t, n)
}

func (r *reader) items(t *lua.LTable, n int) (any, error) {
	if n > maxValues {
		return nil, fmt.Errorf("the list holds more than %d values", maxValues)
	}
	items := make([]any, n)
	for i := range items {
		item := t.RawGetInt(i + 1)
		if item == lua.LNil {
			return nil, fmt.Errorf("the list has a hole at %d", i+1)
		}
		v, err := r.value(item)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	if k, _ := r.next(t, lua.LNumber(n)); k != lua.LNil {
		return nil, fmt.Errorf("the table mixes list items with the key `%s`: use two tables", clip(k.String(), 40))
	}
	return items, nil
}

func (r *reader) fields(t *lua.LTable) (any, error) {
	fields := map[string]any{}
	for k, v := r.next(t, lua.LNil); k != lua.LNil; k, v = r.next(t, k) {
		charge(r.state, costField)
		name, ok := k.(lua.LString)
		if !ok {
			return nil, fmt.Errorf("the key %s is a %s: keys are texts, or 1, 2, 3, … for a list", clip(k.String(), 40), k.Type())
		}
		key, err := r.text(string(name))
		if err != nil {
			return nil, err
		}
		if fields[key], err = r.value(v); err != nil {
			return nil, err
		}
	}
	return fields, nil
}
