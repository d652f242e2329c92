// Package when is the Lua module time: the decision's moment, and the calendar of the account's time zone. Scripts have no
// other clock, so deciding again gives the same times. A moment in Lua is a number of seconds since 1970, or a text that
// ParseWhen reads; left out, it is now.
package when

import (
	"fmt"
	"math"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Library is the module; scripts know it as time.
var Library = sandbox.Describe(words, map[string]lua.LGFunction{
	"now": now, "today": today, "at": at, "date": date, "format": format, "weekday": weekday, "hour": hour, "add": add, "seconds": seconds, "between": between,
}, nil)

// moment reads the argument arg.
func moment(L *lua.LState, arg int) time.Time {
	s := sandbox.From(L)
	switch v := L.Get(arg).(type) {
	case *lua.LNilType:
		return s.Now()
	case lua.LNumber:
		if f := float64(v); f != f || math.Abs(f) > 253402300799 { // the year 9999
			L.ArgError(arg, "this is no moment in seconds since 1970")
		}
		whole, part := math.Modf(float64(v))
		return time.Unix(int64(whole), int64(part*1e9)).In(s.Location())
	case lua.LString:
		t, err := ParseWhen(string(v), s.Now(), s.Location())
		if err != nil {
			s.Raise(err)
		}
		return t
	}
	L.ArgError(arg, "a moment is a number of seconds since 1970, or a text like +6d 22:00")
	return time.Time{}
}

func pushTime(L *lua.LState, t time.Time) int {
	L.Push(lua.LNumber(float64(t.UnixMilli()) / 1000))
	return 1
}

// now is time.now(): the decision's moment in seconds since 1970.
func now(L *lua.LState) int { return pushTime(L, sandbox.From(L).Now()) }

// at is time.at(when): a moment in seconds since 1970.
func at(L *lua.LState) int {
	L.CheckAny(1)
	return pushTime(L, moment(L, 1))
}

// date is time.date(when): a moment as the text "2026-11-02 21:30" in the account's zone, as templates show it.
func date(L *lua.LState) int {
	L.Push(lua.LString(moment(L, 1).Format("2006-01-02 15:04")))
	return 1
}

// today is time.today(when): the day of a moment as the text "2026-11-02", in the account's zone.
func today(L *lua.LState) int {
	L.Push(lua.LString(moment(L, 1).Format("2006-01-02")))
	return 1
}

// layouts are the letters of time.format.
var layouts = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04",
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'j': "002", 'z': "-0700", 'Z': "MST",
}

// format is time.format(layout, when): a moment in a layout of your own. %Y year, %m month, %d day, %H hour, %M minute,
// %S second, %y year of two digits, %I and %p hour of twelve, %j day of the year, %a %A weekday, %b %B month, %F date,
// %T %R time, %z %Z zone, %% a percent sign.
func format(L *lua.LState) int {
	layout, t := L.CheckString(1), moment(L, 2)
	if len(layout) > 200 {
		L.ArgError(1, "the layout is longer than 200 bytes")
	}
	var out strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			out.WriteByte(layout[i])
			continue
		}
		i++
		switch {
		case i < len(layout) && layout[i] == '%':
			out.WriteByte('%')
		case i < len(layout) && layouts[layout[i]] != "":
			out.WriteString(t.Format(layouts[layout[i]]))
		default:
			L.ArgError(1, fmt.Sprintf("%q has a %% with no letter that time.format knows", layout))
		}
	}
	sandbox.From(L).Charge(int64(out.Len()))
	L.Push(lua.LString(out.String()))
	return 1
}

// weekday is time.weekday(when): 1 for Monday to 7 for Sunday.
func weekday(L *lua.LState) int {
	L.Push(lua.LNumber((int(moment(L, 1).Weekday())+6)%7 + 1))
	return 1
}

// hour is time.hour(when): 0 to 23.
func hour(L *lua.LState) int {
	L.Push(lua.LNumber(moment(L, 1).Hour()))
	return 1
}

// add is time.add(when, duration): the moment that much later, in seconds since 1970; with a minus before it, earlier.
func add(L *lua.LState) int {
	text, earlier := strings.CutPrefix(L.CheckString(2), "-")
	d, err := ParseDuration(text)
	if err != nil {
		sandbox.From(L).Raise(err)
	}
	if earlier {
		d = -d
	}
	return pushTime(L, moment(L, 1).Add(d))
}

// seconds is time.seconds(duration): how many seconds "2d12h" is.
func seconds(L *lua.LState) int {
	d, err := ParseDuration(L.CheckString(1))
	if err != nil {
		sandbox.From(L).Raise(err)
	}
	L.Push(lua.LNumber(d.Seconds()))
	return 1
}

// between is time.between(from, to, when): whether a moment's time of the day is from or later and before to. Where to is
// not later than from the stretch goes over midnight.
func between(L *lua.LState) int {
	t := moment(L, 3)
	from, to := clock(L, 1), clock(L, 2)
	of := t.Hour()*3600 + t.Minute()*60 + t.Second()
	in := from <= of && of < to
	if to <= from {
		in = from <= of || of < to
	}
	L.Push(lua.LBool(in))
	return 1
}

// clock reads a time of the day, in seconds since midnight.
func clock(L *lua.LState, arg int) int {
	t, err := time.Parse("15:04", L.CheckString(arg))
	if err != nil {
		L.ArgError(arg, "a time of the day is written 09:00")
	}
	return t.Hour()*3600 + t.Minute()*60
}
