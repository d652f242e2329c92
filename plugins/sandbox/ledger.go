package sandbox

import (
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// MaxString is the longest text a script may build, in bytes. A whole Change is no longer, so nothing longer could be kept or sent.
const MaxString = 64 << 10

// Charge takes n bytes from the decision's memory budget. When it is spent the run is over, as after Abort. Functions that
// build values for a script call it before they build them.
func (s *State) Charge(n int64) {
	m := &s.meter
	if m.bytes -= n; m.bytes < m.low {
		if m.lean(); m.stopped != nil {
			s.unwind()
		}
	}
}

// Spend takes n steps from the decision's instruction budget. When it is spent the run is over, as after Abort. Functions
// that loop for a script call it as they go.
func (s *State) Spend(n int) {
	m := &s.meter
	m.left -= n
	m.look -= n
	if m.look <= 0 || m.left < 0 || m.stopped != nil {
		if m.check(); m.stopped != nil {
			s.unwind()
		}
	}
}

// text charges a new string and gives it. It fails where the string is longer than MaxString.
func (s *State) text(v string) lua.LString {
	s.room(len(v))
	return lua.LString(v)
}

// Fits charges a text of n bytes that is about to be given to the script. It fails where n is more than MaxString.
func (s *State) Fits(n int) { s.room(n) }

// room charges a string of n bytes that is about to be built.
func (s *State) room(n int) {
	if n > MaxString {
		s.L.RaiseError("this text would be longer than %d KB", MaxString>>10)
	}
	s.Charge(int64(n) + costString)
}

// The fields of a table that say how much it holds. gopher-lua does not export them; their lengths may be read all the same.
var fieldArray, fieldHash, fieldDict, fieldKeys = tableField("array"), tableField("strdict"), tableField("dict"), tableField("keys")

func tableField(name string) int {
	f, ok := reflect.TypeFor[lua.LTable]().FieldByName(name)
	if !ok {
		panic("gopher-lua's LTable has no field " + name + ": the ledger must be adapted to this version")
	}
	return f.Index[0]
}

// chargeTable charges what a table holds in its list part, for constructors that do not show it.
func (s *State) chargeTable(t *lua.LTable) {
	s.Charge(int64(reflect.ValueOf(t).Elem().Field(fieldArray).Cap()) * costSlot)
}

// store does t[k] = v without metamethods, charging the growth.
func (s *State) store(t *lua.LTable, k, v lua.LValue) {
	if v != lua.LNil {
		s.chargeGrowth(t, k)
	}
	s.L.RawSet(t, k, v)
}

func (s *State) chargeGrowth(t *lua.LTable, k lua.LValue) {
	if n, ok := k.(lua.LNumber); ok && n >= 1 && n < lua.LNumber(lua.MaxArrayIndex) && n == lua.LNumber(int(n)) {
		s.chargeList(t, int(n))
		return
	}
	if t.RawGet(k) != lua.LNil {
		return
	}
	field := fieldHash
	if _, ok := k.(lua.LString); !ok {
		field = fieldDict
	}
	cost := int64(costKey)
	if reflect.ValueOf(t).Elem().Field(field).IsNil() {
		cost += costFirstHash
	}
	s.Charge(cost)
}

// chargeList charges what it takes to give a list n places. append doubles, and leaves the old list behind.
func (s *State) chargeList(t *lua.LTable, n int) {
	list := reflect.ValueOf(t).Elem().Field(fieldArray)
	switch {
	case list.IsNil():
		s.Charge(costFirstList + 2*costSlot*int64(n))
	case n > list.Cap():
		s.Charge(2 * costSlot * int64(max(n, list.Cap())))
	}
}

// passedOver is how many empty places cost as much as one instruction.
const passedOver = 16

// length is the length of a list. gopher-lua passes over the nils at its end one by one: 65,000 of them take a millisecond.
func (s *State) length(t *lua.LTable) int {
	n := t.Len()
	s.Spend((reflect.ValueOf(t).Elem().Field(fieldArray).Len() - n) / passedOver)
	return n
}

// next is the VM's next. It passes over nils of the list part and over keys that were deleted, which stay behind.
func (s *State) next(t *lua.LTable, after lua.LValue) (k, v lua.LValue) {
	k, v = t.Next(after)
	from, _ := after.(lua.LNumber)
	table := reflect.ValueOf(t).Elem()
	if to, ok := k.(lua.LNumber); ok && int(to) <= table.Field(fieldArray).Len() {
		s.Spend(1 + max(int(to-from), 0)/passedOver)
		return k, v
	}
	skipped := table.Field(fieldKeys).Len() - table.Field(fieldHash).Len() - table.Field(fieldDict).Len()
	if after == lua.LNil || from > 0 {
		skipped += max(table.Field(fieldArray).Len()-int(from), 0)
	}
	s.Spend(1 + max(skipped, 0)/passedOver)
	return k, v
}

// set does t[k] = v as the VM does it, metamethods and all.
func (s *State) set(object, k, v lua.LValue) {
	for range lua.MaxTableGetLoop {
		t, isTable := object.(*lua.LTable)
		if isTable && (t.Metatable == lua.LNil || t.RawGet(k) != lua.LNil) {
			s.store(t, k, v)
			return
		}
		handler := metamethod(s.L, object, "__newindex")
		switch h := handler.(type) {
		case *lua.LFunction:
			s.L.Push(h)
			s.L.Push(object)
			s.L.Push(k)
			s.L.Push(v)
			s.L.Call(3, 0)
			return
		case *lua.LNilType:
			if !isTable {
				s.L.RaiseError("`%s` cannot be set on a %s value", clip(s.Text(k), 40), object.Type())
			}
			s.store(t, k, v)
			return
		}
		object = handler
	}
	s.L.RaiseError("__newindex goes round in a circle")
}

// metamethod gives a value's metamethod or LNil, also where the metatable is locked.
func metamethod(L *lua.LState, v lua.LValue, event string) lua.LValue {
	var mt lua.LValue
	switch v := v.(type) {
	case *lua.LTable:
		mt = v.Metatable
	case *lua.LUserData:
		mt = v.Metatable
	}
	if t, ok := mt.(*lua.LTable); ok {
		return t.RawGetString(event)
	}
	return lua.LNil
}

var hiddenFunctions = map[string]lua.LGFunction{
	nameCharge: func(L *lua.LState) int {
		From(L).Charge(int64(L.CheckNumber(1)))
		return 0
	},
	nameTable: func(L *lua.LState) int {
		From(L).chargeTable(L.CheckTable(1))
		L.SetTop(1)
		return 1
	},
	nameSet: func(L *lua.LState) int {
		From(L).set(L.Get(1), L.Get(2), L.Get(3))
		return 0
	},
	nameConcat: concat,
	nameLength: func(L *lua.LState) int {
		switch v := L.Get(1).(type) {
		case lua.LString:
			L.Push(lua.LNumber(len(v)))
		case *lua.LTable:
			L.Push(lua.LNumber(From(L).length(v)))
		default:
			fn, ok := metamethod(L, v, "__len").(*lua.LFunction)
			if !ok {
				L.RaiseError("a %s value has no length", v.Type())
			}
			L.Push(From(L).call1(fn, v))
		}
		return 1
	},
}

// concat joins its arguments from the right, as a chain of .. does.
func concat(L *lua.LState) int {
	s := From(L)
	n := L.GetTop()
	parts := make([]string, n)
	length := 0
	for i := range parts {
		part, ok := s.plainText(L.Get(i + 1))
		if !ok {
			L.Push(s.concatMeta(n))
			return 1
		}
		parts[i] = part
		length += len(part)
	}
	s.room(length)
	L.Push(lua.LString(join(parts, length)))
	return 1
}

// concatMeta is concat where an operand is neither text nor number.
func (s *State) concatMeta(n int) lua.LValue {
	L := s.L
	right := L.Get(n)
	for i := n - 1; i >= 1; i-- {
		left := L.Get(i)
		a, okA := s.plainText(left)
		b, okB := s.plainText(right)
		if okA && okB {
			right = s.text(a + b)
			continue
		}
		handler := metamethod(L, left, "__concat")
		if handler == lua.LNil {
			handler = metamethod(L, right, "__concat")
		}
		fn, ok := handler.(*lua.LFunction)
		if !ok {
			bad := right
			if !okA {
				bad = left
			}
			L.RaiseError("a %s value cannot be joined with .. (use tostring)", bad.Type())
		}
		right = s.call1(fn, left, right)
	}
	return right
}

// call1 calls fn inside the running script and gives its first value.
func (s *State) call1(fn lua.LValue, args ...lua.LValue) lua.LValue {
	s.L.Push(fn)
	for _, a := range args {
		s.L.Push(a)
	}
	s.L.Call(len(args), 1)
	v := s.L.Get(-1)
	s.L.Pop(1)
	return v
}

func join(parts []string, length int) string {
	b := make([]byte, 0, length)
	for _, p := range parts {
		b = append(b, p...)
	}
	return string(b)
}
