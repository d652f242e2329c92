package sandbox

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseFunctions are the globals of the language. Left out: collectgarbage, dofile, getfenv, load, loadfile, loadstring, module,
// newproxy, rawset, setfenv, _G, and the libraries coroutine, debug, io, os, package.
var baseFunctions = map[string]lua.LGFunction{
	"assert":       baseAssert,
	"error":        baseError,
	"getmetatable": baseGetmetatable,
	"ipairs":       baseIpairs,
	"next":         baseNext,
	"pairs":        basePairs,
	"pcall":        basePcall,
	"print":        basePrint,
	"rawequal":     baseRawequal,
	"rawget":       baseRawget,
	"require":      baseRequire,
	"select":       baseSelect,
	"setmetatable": baseSetmetatable,
	"tonumber":     baseTonumber,
	"tostring":     baseTostring,
	"type":         baseType,
	"unpack":       tableUnpack,
	"xpcall":       baseXpcall,
}

func baseAssert(L *lua.LState) int {
	if L.ToBool(1) {
		return L.GetTop()
	}
	if L.GetTop() < 2 {
		L.RaiseError("assertion failed")
	}
	if _, ok := L.Get(2).(lua.LString); !ok {
		L.Error(L.Get(2), 1)
	}
	L.RaiseError("%s", L.CheckString(2))
	return 0
}

// baseError raises its first argument; a text gets the place put before it, which makes a new string.
func baseError(L *lua.LState) int {
	s := From(L)
	v := L.Get(1)
	if text, ok := v.(lua.LString); ok {
		s.room(len(text) + 100)
	}
	level := L.OptInt(2, 1)
	if level > 0 {
		level++ // gopher-lua takes the call of error itself for the first
	}
	L.Error(v, level)
	return 0
}

func baseGetmetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(L.CheckAny(1)))
	return 1
}

func baseSetmetatable(L *lua.LState) int {
	t := L.CheckTable(1)
	L.CheckTypes(2, lua.LTNil, lua.LTTable)
	if metamethod(L, t, "__metatable") != lua.LNil {
		L.RaiseError("this metatable is locked")
	}
	t.Metatable = L.Get(2)
	L.SetTop(1)
	return 1
}

var ipairsNext = frozenFunction(func(L *lua.LState) int {
	i := L.CheckInt(2) + 1
	v := L.CheckTable(1).RawGetInt(i)
	if v == lua.LNil {
		return 0
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
})

func baseIpairs(L *lua.LState) int {
	t := L.CheckTable(1)
	L.Push(ipairsNext)
	L.Push(t)
	L.Push(lua.LNumber(0))
	return 3
}

var pairsNext = frozenFunction(baseNext)

func baseNext(L *lua.LState) int {
	t := L.CheckTable(1)
	k, v := From(L).next(t, L.Get(2))
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

// basePairs honours __pairs, so that the host's objects can be walked.
func basePairs(L *lua.LState) int {
	if fn, ok := metamethod(L, L.CheckAny(1), "__pairs").(*lua.LFunction); ok {
		L.SetTop(1)
		L.Insert(fn, 1)
		L.Call(1, 3)
		return 3
	}
	t := L.CheckTable(1)
	L.Push(pairsNext)
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

// basePcall cannot keep the end of a run from the host: once the meter has stopped it passes the end on.
func basePcall(L *lua.LState) int {
	L.CheckAny(1)
	if err := From(L).protected(L.GetTop() - 1); err != nil {
		L.SetTop(0)
		L.Push(lua.LFalse)
		L.Push(err)
		return 2
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

// baseXpcall gives the error to the handler after the call has been left, so the handler sees no stack; there is no debug
// library to look at one with.
func baseXpcall(L *lua.LState) int {
	L.CheckAny(1)
	handler := L.CheckFunction(2)
	L.Remove(2)
	s := From(L)
	if err := s.protected(L.GetTop() - 1); err != nil {
		L.SetTop(0)
		L.Push(handler)
		L.Push(err)
		if s.protected(1) != nil {
			L.SetTop(0)
			L.Push(lua.LString("the error handler failed, too"))
		}
		L.SetTop(1)
		L.Insert(lua.LFalse, 1)
		return 2
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

// What an error caught by pcall costs, beside its text: the VM writes down the whole stack for each.
const (
	costCaught      = 1 << 10 // bytes
	stepsCaught     = 50
	stepsCaughtEach = 5 // for every pcall around this one: the stack is at least so deep
)

// protected calls the function below its nargs arguments on the stack and gives the error value, nil if there was none.
// A Go panic in a host function is no error of the script's: it ends the run.
func (s *State) protected(nargs int) lua.LValue {
	s.caught++
	defer func() { s.caught-- }()
	err := s.L.PCall(nargs, lua.MultRet, nil)
	if s.meter.stopped != nil {
		if err == nil {
			s.unwind()
		}
		panic(err) // with the traceback of where it happened
	}
	if err == nil {
		return nil
	}
	api, ok := err.(*lua.ApiError)
	if !ok || api.Type == lua.ApiErrorPanic {
		panic(err)
	}
	s.Spend(stepsCaught + stepsCaughtEach*s.caught)
	s.Charge(costCaught)
	if text, ok := api.Object.(lua.LString); ok {
		s.Charge(int64(len(text)) + costString)
		return lua.LString(noAddress(string(text)))
	}
	return api.Object
}

func basePrint(L *lua.LState) int {
	s := From(L)
	parts := make([]string, L.GetTop())
	length := 0
	for i := range parts {
		parts[i] = s.Text(L.Get(i + 1))
		length += len(parts[i]) + 1
	}
	s.room(length)
	line := strings.Join(parts, "\t")
	if in := own(L); in.Plugin != "" {
		line = in.Plugin + ": " + line
	}
	if s.opts.Print != nil {
		s.opts.Print(line)
	}
	return 0
}

func baseRawequal(L *lua.LState) int {
	L.Push(lua.LBool(L.CheckAny(1) == L.CheckAny(2)))
	return 1
}

func baseRawget(L *lua.LState) int {
	L.Push(L.CheckTable(1).RawGet(L.CheckAny(2)))
	return 1
}

func baseRequire(L *lua.LState) int {
	s := From(L)
	v, err := s.require(own(L), L.CheckString(1))
	if s.meter.stopped != nil {
		s.unwind()
	}
	if err != nil {
		s.Raise(err)
	}
	L.Push(v)
	return 1
}

func baseSelect(L *lua.LState) int {
	if L.Get(1) == lua.LString("#") {
		L.Push(lua.LNumber(L.GetTop() - 1))
		return 1
	}
	n, count := L.CheckInt(1), L.GetTop()-1
	if n < 0 {
		n = count + n + 1
	}
	if n < 1 {
		L.ArgError(1, "index out of range")
	}
	return max(count-n+1, 0)
}

func baseTonumber(L *lua.LState) int {
	base := L.OptInt(2, 10)
	if base < 2 || base > 36 {
		L.ArgError(2, "base out of range")
	}
	switch v := L.CheckAny(1).(type) {
	case lua.LNumber:
		L.Push(v)
		return 1
	case lua.LString:
		if n, ok := parseNumber(string(v), base); ok {
			L.Push(n)
			return 1
		}
	}
	L.Push(lua.LNil)
	return 1
}

// parseNumber reads a number as Lua writes them: no inf, nan or underscores, which Go would take.
func parseNumber(text string, base int) (lua.LNumber, bool) {
	text = strings.Trim(text, " \t\r\n\v\f")
	if len(text) > 400 || text == "" {
		return 0, false
	}
	if base != 10 {
		n, err := strconv.ParseInt(text, base, 64)
		return lua.LNumber(n), err == nil
	}
	unsigned := strings.TrimLeft(text, "+-")
	if len(unsigned) > 2 && (unsigned[:2] == "0x" || unsigned[:2] == "0X") {
		n, err := strconv.ParseUint(unsigned[2:], 16, 64)
		if text[0] == '-' {
			return -lua.LNumber(n), err == nil
		}
		return lua.LNumber(n), err == nil
	}
	for _, c := range text {
		if !strings.ContainsRune("0123456789+-.eE", c) {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	return lua.LNumber(n), err == nil || math.IsInf(n, 0)
}

func baseTostring(L *lua.LState) int {
	L.Push(From(L).displayValue(L.CheckAny(1)))
	return 1
}

func baseType(L *lua.LState) int {
	L.Push(lua.LString(L.CheckAny(1).Type().String()))
	return 1
}

// plainText is the text of a string or number, which .. and table.concat take.
func (s *State) plainText(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return numberText(float64(v)), true
	}
	return "", false
}

// numberText writes a number as Lua does: 3, 0.3, 1e+20.
func numberText(f float64) string {
	if i := int64(f); float64(i) == f && i > -1e15 && i < 1e15 {
		return strconv.FormatInt(i, 10)
	}
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return fmt.Sprintf("%.14g", f)
}

// Text is what tostring gives of a value. It may call the script's __tostring.
func (s *State) Text(v lua.LValue) string { return s.displayValue(v).String() }

// displayValue is tostring. What has no text of its own is named by its type and a number that counts up in this state: an
// address would differ from run to run.
func (s *State) displayValue(v lua.LValue) lua.LValue {
	if fn := metamethod(s.L, v, "__tostring"); fn != lua.LNil {
		text, ok := s.call1(fn, v).(lua.LString)
		if !ok {
			s.L.RaiseError("__tostring must return a text")
		}
		return text
	}
	if text, ok := s.plainText(v); ok {
		if t, ok := v.(lua.LString); ok {
			return t
		}
		return s.text(text)
	}
	switch v.(type) {
	case *lua.LTable, *lua.LFunction, *lua.LUserData:
		id, ok := s.ids[v]
		if !ok {
			id = len(s.ids) + 1
			s.ids[v] = id
			s.Charge(64)
		}
		return s.text(v.Type().String() + ": " + strconv.Itoa(id))
	}
	return lua.LString(v.String())
}
