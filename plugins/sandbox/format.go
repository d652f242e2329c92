package sandbox

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// stringFormat knows %d %i %u %c %x %X %o %e %E %f %g %G %q %s %%, with flags, a width and a precision of two digits each.
func stringFormat(L *lua.LState) int {
	s, layout := From(L), L.CheckString(1)
	var out []byte
	arg := 1
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			out = append(out, layout[i])
			continue
		}
		spec, ok := formatSpec(layout[i+1:])
		if !ok {
			L.RaiseError("string.format: `%s` is no format", clip(layout[i:], 10))
		}
		i += len(spec)
		if spec == "%" {
			out = append(out, '%')
			continue
		}
		arg++
		part := s.formatOne(spec, arg)
		if spec[len(spec)-1] != 's' { // which makes no text of its own, or has charged it
			s.Charge(int64(len(part)))
			s.Spend(len(part) / 8)
		}
		out = append(out, part...)
		if len(out) > MaxString {
			s.room(len(out))
		}
	}
	L.Push(s.text(string(out)))
	return 1
}

// formatSpec gives the directive at the start of text, after its %: flags, width, precision, verb.
func formatSpec(text string) (string, bool) {
	i := 0
	for i < len(text) && i < 5 && strings.IndexByte("-+ #0", text[i]) >= 0 {
		i++
	}
	digits := func() {
		for n := 0; n < 2 && i < len(text) && text[i] >= '0' && text[i] <= '9'; n++ {
			i++
		}
	}
	digits()
	if i < len(text) && text[i] == '.' {
		i++
		digits()
	}
	if i >= len(text) || strings.IndexByte("diucxXoeEfgGqs%", text[i]) < 0 || text[i] == '%' && i > 0 {
		return "", false
	}
	return text[:i+1], true
}

func (s *State) formatOne(spec string, arg int) string {
	L := s.L
	flags, verb := "%"+spec[:len(spec)-1], spec[len(spec)-1]
	switch verb {
	case 'd', 'i', 'u':
		return fmt.Sprintf(flags+"d", s.formatInt(arg))
	case 'x', 'X', 'o':
		n := s.formatInt(arg)
		if n < 0 {
			return fmt.Sprintf(flags+string(verb), uint64(n)) // as C shows it
		}
		return fmt.Sprintf(flags+string(verb), n)
	case 'c':
		return string([]byte{byte(L.CheckInt(arg))})
	case 'e', 'E', 'f', 'g', 'G':
		n := float64(L.CheckNumber(arg))
		if math.IsInf(n, 0) || math.IsNaN(n) {
			return numberText(n)
		}
		return formatFloat(flags, verb, n)
	case 'q':
		text := L.CheckString(arg)
		s.Charge(int64(len(text)))
		return quote(text)
	}
	text := s.Text(L.CheckAny(arg))
	if flags == "%" {
		return text
	}
	// Go counts width and precision in characters, which is what a Chinese text wants.
	s.room(len(text))
	return fmt.Sprintf(flags+"s", text)
}

func (s *State) formatInt(arg int) int64 {
	n := float64(s.L.CheckNumber(arg))
	if math.IsNaN(n) || n >= 1<<63 || n < -(1<<63) {
		s.L.ArgError(arg, "the number is too large for a whole one")
	}
	return int64(n)
}

// formatFloat follows C, where Go differs: %g without a precision has six digits.
func formatFloat(flags string, verb byte, n float64) string {
	if !strings.Contains(flags, ".") && (verb == 'g' || verb == 'G') {
		flags += ".6"
	}
	return fmt.Sprintf(flags+string(verb), n)
}

// quote writes a text so that Lua reads it back.
func quote(text string) string {
	out := make([]byte, 1, 2+len(text)+strings.Count(text, `"`)+strings.Count(text, `\`)+strings.Count(text, "\n")+strings.Count(text, "\r")+3*strings.Count(text, "\x00"))
	out[0] = '"'
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', '\n')
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}
