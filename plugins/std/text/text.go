// Package text is the Lua module text. It counts in characters, where string counts in bytes.
package text

import (
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Library is the module.
var Library = sandbox.Describe(words, map[string]lua.LGFunction{
	"trim": trim, "split": split, "fold": fold, "length": length, "sub": sub, "contains": contains, "starts": starts, "ends": ends, "replace": replace,
	"width": width, "chinese": chinese, "number": number, "greeting": greeting, "escape_html": escapeHTML,
}, nil)

// push pushes a text of this decision's making.
func push(L *lua.LState, v string) int {
	s := sandbox.From(L)
	s.Spend(len(v) / 64)
	s.Fits(len(v))
	L.Push(lua.LString(v))
	return 1
}

// trim is text.trim(s): without the white space at both ends, the wide space of Chinese included.
func trim(L *lua.LState) int { return push(L, strings.TrimSpace(L.CheckString(1))) }

// split is text.split(s, separator): the parts between the separators, as a list. Without a separator, the words between
// white space.
func split(L *lua.LState) int {
	s, v := sandbox.From(L), L.CheckString(1)
	s.Spend(len(v) / 16)
	s.Charge(int64(len(v)) * 16)
	var parts []string
	switch sep := L.OptString(2, ""); sep {
	case "":
		parts = strings.Fields(v)
	default:
		parts = strings.Split(v, sep)
	}
	L.Push(sandbox.ToLua(L, parts))
	return 1
}

// fold is text.fold(s): wide letters, digits and signs (１２３，ＡＢＣ) as their narrow ones, in lower case and trimmed, so
// that what fans type can be compared.
func fold(L *lua.LState) int {
	return push(L, strings.TrimSpace(strings.ToLower(narrow(L.CheckString(1)))))
}

// length is text.length(s): how many characters s has.
func length(L *lua.LState) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(len(v) / 64)
	L.Push(lua.LNumber(utf8.RuneCountInString(v)))
	return 1
}

// sub is text.sub(s, first, last): the characters from first to last, counted from 1, or from the end where negative.
func sub(L *lua.LState) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(len(v) / 32)
	n := utf8.RuneCountInString(v)
	first, last := L.CheckInt(2), L.OptInt(3, -1)
	if first < 0 {
		first = n + first + 1
	}
	if last < 0 {
		last = n + last + 1
	}
	first, last = max(first, 1), min(last, n)
	if first > last {
		return push(L, "")
	}
	from, to, i := 0, len(v), 0
	for at := range v {
		if i == first-1 {
			from = at
		}
		if i == last {
			to = at
			break
		}
		i++
	}
	return push(L, v[from:to])
}

// contains is text.contains(s, part), without patterns.
func contains(L *lua.LState) int { return test(L, strings.Contains) }

// starts is text.starts(s, part).
func starts(L *lua.LState) int { return test(L, strings.HasPrefix) }

// ends is text.ends(s, part).
func ends(L *lua.LState) int { return test(L, strings.HasSuffix) }

func test(L *lua.LState, f func(s, part string) bool) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(len(v) / 64)
	L.Push(lua.LBool(f(v, L.CheckString(2))))
	return 1
}

// replace is text.replace(s, old, new): every old replaced by new, without patterns.
func replace(L *lua.LState) int {
	v, old, by := L.CheckString(1), L.CheckString(2), L.CheckString(3)
	if old == "" {
		L.ArgError(2, "the text to replace is empty")
	}
	sandbox.From(L).Spend(len(v) / 16)
	if n := strings.Count(v, old); len(v)+n*(len(by)-len(old)) > sandbox.MaxString {
		L.RaiseError("text.replace: the result would be too long")
	}
	return push(L, strings.ReplaceAll(v, old, by))
}
