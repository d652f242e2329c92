package text

import (
	"math"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// The wide forms of ASCII stand in one row, but for the space.
const (
	wideSpace = 0x3000
	wideFirst = 0xff01 // of "!"
	wideLast  = 0xff5e // of "~"
)

func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == wideSpace:
			return ' '
		case r >= wideFirst && r <= wideLast:
			return r - wideFirst + '!'
		}
		return r
	}, s)
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return wideSpace
		case r >= '!' && r <= '~':
			return r - '!' + wideFirst
		}
		return r
	}, s)
}

// width is text.width(s, to).
func width(L *lua.LState) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(len(v) / 16)
	switch L.CheckString(2) {
	case "narrow":
		return push(L, narrow(v))
	case "wide":
		if 3*len(v) > sandbox.MaxString {
			L.RaiseError("text.width: the result would be too long")
		}
		return push(L, wide(v))
	}
	L.ArgError(2, `write "narrow" or "wide"`)
	return 0
}

type salute struct {
	hour int
	text string
}

// maxMoment is the end of the year 9999.
const maxMoment = 253402300800

// greetings by the hour at which they begin.
var greetings = []salute{{18, "晚上好"}, {13, "下午好"}, {11, "中午好"}, {9, "上午好"}, {5, "早上好"}, {0, "晚上好"}}

// greeting is text.greeting(when), when in seconds since 1970.
func greeting(L *lua.LState) int {
	s := sandbox.From(L)
	at := s.Now()
	if L.Get(1) != lua.LNil {
		n, ok := L.Get(1).(lua.LNumber)
		if !ok {
			L.ArgError(1, `a moment in seconds since 1970 is expected: time.at("+1d 10:00") gives it`)
		}
		if !(math.Abs(float64(n)) < maxMoment) {
			L.ArgError(1, "this is no moment in seconds since 1970")
		}
		at = time.Unix(int64(n), 0).In(s.Location())
	}
	i := slices.IndexFunc(greetings, func(g salute) bool { return at.Hour() >= g.hour })
	return push(L, greetings[i].text)
}

var html = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// escapeHTML is text.escape_html(s).
func escapeHTML(L *lua.LState) int {
	v := L.CheckString(1)
	sandbox.From(L).Spend(len(v) / 16)
	if len(v)+4*strings.Count(v, "&")+3*(strings.Count(v, "<")+strings.Count(v, ">"))+4*(strings.Count(v, `"`)+strings.Count(v, "'")) > sandbox.MaxString {
		L.RaiseError("text.escape_html: the result would be too long")
	}
	return push(L, html.Replace(v))
}
