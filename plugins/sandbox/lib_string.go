package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// stringFunctions work on bytes, as Lua's do; the text module knows characters. lower and upper know all of Unicode.
var stringFunctions = map[string]lua.LGFunction{
	"byte": stringByte, "char": stringChar, "find": stringFind, "format": stringFormat, "gmatch": stringGmatch, "gsub": stringGsub,
	"len": stringLen, "lower": stringLower, "match": stringMatch, "rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringUpper,
}

// bounds turns Lua's 1-based, possibly negative, inclusive positions into a Go slice's.
func bounds(length, first, last int) (from, to int) {
	if first < 0 {
		first = max(length+first+1, 1)
	}
	if last < 0 {
		last = length + last + 1
	}
	from, to = max(first, 1)-1, min(last, length)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func stringByte(L *lua.LState) int {
	text := L.CheckString(1)
	first := L.OptInt(2, 1)
	from, to := bounds(len(text), first, L.OptInt(3, first))
	if to-from > maxUnpack {
		L.RaiseError("string.byte: more than %d values at once", maxUnpack)
	}
	From(L).Spend((to - from) / 8)
	From(L).Charge(costNumber * int64(to-from))
	for i := from; i < to; i++ {
		L.Push(lua.LNumber(text[i]))
	}
	return to - from
}

func stringChar(L *lua.LState) int {
	out := make([]byte, L.GetTop())
	for i := range out {
		n := L.CheckInt(i + 1)
		if n < 0 || n > 255 {
			L.ArgError(i+1, "a byte is 0 to 255")
		}
		out[i] = byte(n)
	}
	L.Push(From(L).text(string(out)))
	return 1
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(L.CheckString(1))))
	return 1
}

func stringLower(L *lua.LState) int {
	L.Push(From(L).mapped(L.CheckString(1), strings.ToLower))
	return 1
}

func stringUpper(L *lua.LState) int {
	L.Push(From(L).mapped(L.CheckString(1), strings.ToUpper))
	return 1
}

// mapped charges for a text as long as v, then makes it. A few letters take more bytes in the other case, and so do bytes that are no
// UTF-8.
func (s *State) mapped(v string, f func(string) string) lua.LString {
	s.room(len(v))
	s.Spend(len(v) / 64)
	out := f(v)
	if len(out) > len(v) {
		s.room(len(out))
	}
	return lua.LString(out)
}

func stringReverse(L *lua.LState) int {
	L.Push(From(L).mapped(L.CheckString(1), func(v string) string {
		out := make([]byte, len(v))
		for i := range out {
			out[i] = v[len(v)-1-i]
		}
		return string(out)
	}))
	return 1
}

func stringRep(L *lua.LState) int {
	text, n := L.CheckString(1), L.CheckInt(2)
	if n <= 0 || text == "" {
		L.Push(lua.LString(""))
		return 1
	}
	if n > MaxString {
		n = MaxString + 1
	}
	From(L).room(len(text) * n)
	L.Push(lua.LString(strings.Repeat(text, n)))
	return 1
}

func stringSub(L *lua.LState) int {
	text := L.CheckString(1)
	from, to := bounds(len(text), L.OptInt(2, 1), L.OptInt(3, -1))
	From(L).Charge(costString)
	L.Push(lua.LString(text[from:to]))
	return 1
}

// matcher compiles a pattern the first time that a state uses it. It is charged the same whether another state has compiled it before.
func (s *State) matcher(subject, text string) *matcher {
	p, ok := s.patterns[text]
	if !ok {
		s.Charge(patternCost(text))
		s.Spend(len(text) / 16)
		var err error
		if p, err = knownPatterns.get(text); err != nil {
			s.L.RaiseError("%s", err.Error())
		}
		if s.patterns == nil {
			s.patterns = map[string]*pattern{}
		}
		s.patterns[text] = p
	}
	m := &matcher{state: s, pattern: p, subject: subject}
	if m.captures = m.few[:]; p.captures > len(m.few) {
		m.captures = make([]capture, p.captures)
	}
	return m
}

// captured is capture i of the last match, or the whole match where the pattern has none.
func (m *matcher) captured(i, start, end int) lua.LValue {
	if m.pattern.captures == 0 {
		m.state.Charge(costString)
		return lua.LString(m.subject[start:end])
	}
	c := m.captures[i]
	if c.end < 0 {
		return lua.LNumber(c.start + 1)
	}
	m.state.Charge(costString)
	return lua.LString(m.subject[c.start:c.end])
}

// push pushes the captures, or the whole match where whole is set and the pattern has none, and gives how many.
func (m *matcher) push(start, end int, whole bool) int {
	n := m.pattern.captures
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		m.state.L.Push(m.captured(i, start, end))
	}
	return n
}

// initial is the 0-based start of a search, -1 beyond the end.
func initial(L *lua.LState, arg, length int) int {
	init := L.OptInt(arg, 1)
	if init < 0 {
		init = max(length+init+1, 1)
	}
	if init = max(init, 1) - 1; init > length {
		return -1
	}
	return init
}

func stringFind(L *lua.LState) int {
	s, subject, text := From(L), L.CheckString(1), L.CheckString(2)
	init := initial(L, 3, len(subject))
	if init < 0 {
		L.Push(lua.LNil)
		return 1
	}
	if L.ToBool(4) || !strings.ContainsAny(text, "^$*+?.([%-") {
		s.Spend(len(subject) / 64)
		at := strings.Index(subject[init:], text)
		if at < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(init + at + 1))
		L.Push(lua.LNumber(init + at + len(text)))
		return 2
	}
	m := s.matcher(subject, text)
	start, end := m.find(init)
	if start < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(start + 1))
	L.Push(lua.LNumber(end))
	return 2 + m.push(start, end, false)
}

func stringMatch(L *lua.LState) int {
	subject := L.CheckString(1)
	m := From(L).matcher(subject, L.CheckString(2))
	if init := initial(L, 3, len(subject)); init >= 0 {
		if start, end := m.find(init); start >= 0 {
			return m.push(start, end, true)
		}
	}
	L.Push(lua.LNil)
	return 1
}

// stringGmatch gives an iterator over the matches.
func stringGmatch(L *lua.LState) int {
	s := From(L)
	m := s.matcher(L.CheckString(1), L.CheckString(2))
	s.Charge(1024)
	at := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if at > len(m.subject) || m.pattern.anchored && at > 0 {
			return 0
		}
		start, end := m.find(at)
		if start < 0 {
			at = len(m.subject) + 1
			return 0
		}
		at = end
		if end == start {
			at++
		}
		return m.push(start, end, true)
	}))
	return 1
}

// stringGsub replaces at most n matches by a text with %0 to %9, the values of a table, or what a function gives.
func stringGsub(L *lua.LState) int {
	s, subject := From(L), L.CheckString(1)
	m := s.matcher(subject, L.CheckString(2))
	L.CheckTypes(3, lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction)
	limit := L.OptInt(4, len(subject)+1)
	var out []byte
	at, count := 0, 0
	for count < limit {
		start, end := m.find(at)
		if start < 0 {
			break
		}
		count++
		out = append(out, subject[at:start]...)
		out = append(out, m.replacement(L.Get(3), start, end)...)
		at = end
		if end == start {
			if at >= len(subject) {
				at = len(subject) + 1
				break
			}
			out = append(out, subject[at])
			at++
		}
		if len(out) > MaxString {
			s.room(len(out))
		}
		if m.pattern.anchored || at > len(subject) {
			break
		}
	}
	if at < len(subject) {
		out = append(out, subject[at:]...)
	}
	s.room(len(out))
	L.Push(lua.LString(out))
	L.Push(lua.LNumber(count))
	return 2
}

// replacement is what a match is replaced by: nil and false keep it.
func (m *matcher) replacement(by lua.LValue, start, end int) string {
	s := m.state
	var v lua.LValue
	switch by := by.(type) {
	case lua.LString, lua.LNumber:
		return m.expand(by.String(), start, end)
	case *lua.LTable:
		v = s.L.GetTable(by, m.captured(0, start, end))
	case *lua.LFunction:
		s.L.Push(by)
		s.L.Call(m.push(start, end, true), 1)
		v = s.L.Get(-1)
		s.L.Pop(1)
	}
	if lua.LVIsFalse(v) {
		return m.subject[start:end]
	}
	text, ok := s.plainText(v)
	if !ok {
		s.L.RaiseError("string.gsub: the replacement is a %s value, not a text", v.Type())
	}
	return text
}

// expand fills %0 to %9 of a replacement text.
func (m *matcher) expand(text string, start, end int) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		switch c := text[i]; {
		case c == '0':
			out = append(out, m.subject[start:end]...)
		case c >= '1' && c <= '9':
			n := int(c - '1')
			if n >= max(m.pattern.captures, 1) {
				m.state.L.RaiseError("string.gsub: %%%c in the replacement names no capture", c)
			}
			part, _ := m.state.plainText(m.captured(n, start, end))
			out = append(out, part...)
		default:
			out = append(out, c)
		}
		if len(out) > MaxString {
			m.state.room(len(out))
		}
	}
	m.step(len(out) / 8)
	return string(out)
}
