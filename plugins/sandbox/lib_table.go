package sandbox

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

var tableFunctions = map[string]lua.LGFunction{
	"concat": tableConcat, "getn": tableGetn, "insert": tableInsert, "maxn": tableMaxn,
	"remove": tableRemove, "sort": tableSort, "unpack": tableUnpack,
}

// maxList is the longest list: beyond it gopher-lua's list part would lose what table.insert appends.
func maxList() int { return lua.MaxArrayIndex - 1 }

// maxUnpack is how many values may be on the stack by unpack and string.byte.
const maxUnpack = 4096

func tableConcat(L *lua.LState) int {
	s, t := From(L), L.CheckTable(1)
	sep := L.OptString(2, "")
	first, last := L.OptInt(3, 1), L.OptInt(4, s.length(t))
	if last-first >= lua.MaxArrayIndex || first < -lua.MaxArrayIndex {
		L.RaiseError("table.concat: the range is too large")
	}
	parts := make([]string, 0, min(max(last-first+1, 0), 64))
	length := 0
	for i := first; i <= last; i++ {
		part, ok := s.plainText(t.RawGetInt(i))
		if !ok {
			L.RaiseError("table.concat: item %d is a %s value, not a text or number", i, t.RawGetInt(i).Type())
		}
		if i > first {
			parts = append(parts, sep)
			length += len(sep)
		}
		parts = append(parts, part)
		if length += len(part); length > MaxString {
			s.room(length)
		}
		s.Spend(1)
	}
	s.room(length)
	L.Push(lua.LString(join(parts, length)))
	return 1
}

func tableGetn(L *lua.LState) int {
	L.Push(lua.LNumber(From(L).length(L.CheckTable(1))))
	return 1
}

func tableMaxn(L *lua.LState) int {
	t := L.CheckTable(1)
	largest := lua.LNumber(t.MaxN())
	s := From(L)
	for k, _ := s.next(t, lua.LNil); k != lua.LNil; k, _ = s.next(t, k) {
		if n, ok := k.(lua.LNumber); ok && n > largest {
			largest = n
		}
	}
	L.Push(largest)
	return 1
}

func tableInsert(L *lua.LState) int {
	s, t := From(L), L.CheckTable(1)
	n := s.length(t)
	if n >= maxList() {
		L.RaiseError("table.insert: a list may have at most %d items", maxList())
	}
	switch L.GetTop() {
	case 2:
		if v := L.Get(2); v != lua.LNil {
			s.chargeList(t, n+1)
			t.RawSetInt(n+1, v)
		}
	case 3:
		at := L.CheckInt(2)
		if at < 1 || at > n+1 {
			L.ArgError(2, "position out of bounds")
		}
		s.Spend((n - at) / 64)
		s.chargeList(t, n+2)
		t.Insert(at, L.Get(3))
	default:
		L.RaiseError("table.insert takes a list, a position if you like, and a value")
	}
	return 0
}

func tableRemove(L *lua.LState) int {
	s, t := From(L), L.CheckTable(1)
	n := s.length(t)
	at := L.OptInt(2, n)
	if at < 1 || at > n {
		L.Push(lua.LNil)
		return 1
	}
	s.Spend((n - at) / 64)
	L.Push(t.Remove(at))
	return 1
}

func tableUnpack(L *lua.LState) int {
	t := L.CheckTable(1)
	first, last := L.OptInt(2, 1), L.OptInt(3, From(L).length(t))
	if last < first {
		return 0
	}
	if last-first >= maxUnpack || last-first < 0 {
		L.RaiseError("unpack: more than %d values at once", maxUnpack)
	}
	From(L).Spend((last - first) / 8)
	for i := first; i <= last; i++ {
		L.Push(t.RawGetInt(i))
	}
	return last - first + 1
}

// sorter sorts a copy, so that a comparison that fails or changes the table does no harm.
type sorter struct {
	state *State
	less  *lua.LFunction // nil: the operator <
	items []lua.LValue
}

func (o sorter) Len() int      { return len(o.items) }
func (o sorter) Swap(i, j int) { o.items[i], o.items[j] = o.items[j], o.items[i] }
func (o sorter) Less(i, j int) bool {
	a, b := o.items[i], o.items[j]
	if o.less != nil {
		o.state.Spend(1)
		return lua.LVAsBool(o.state.call1(o.less, a, b))
	}
	steps := 1
	if x, ok := a.(lua.LString); ok {
		if y, ok := b.(lua.LString); ok {
			steps += min(len(x), len(y)) / 256
		}
	}
	o.state.Spend(steps)
	return o.state.L.LessThan(a, b)
}

func tableSort(L *lua.LState) int {
	s, t := From(L), L.CheckTable(1)
	o := sorter{state: s, items: make([]lua.LValue, s.length(t))}
	if L.GetTop() > 1 && L.Get(2) != lua.LNil {
		o.less = L.CheckFunction(2)
	}
	s.Charge(int64(len(o.items)) * costSlot)
	for i := range o.items {
		if o.items[i] = t.RawGetInt(i + 1); o.items[i] == lua.LNil {
			L.RaiseError("table.sort: the list has a hole at %d", i+1)
		}
	}
	sort.Sort(o)
	for i, v := range o.items {
		t.RawSetInt(i+1, v)
	}
	return 0
}
