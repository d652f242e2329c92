package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// coder writes or reads a record as JSON, field by field in the order of the struct and without reflection. records.go has one
// description of each record for both ways.
//
// What it writes is, byte for byte, what encoding/json writes. It reads only what is written like that: fields in their order,
// no space between. Anything else sets err, and codec.go turns to encoding/json.
type coder struct {
	b       []byte // written so far, or still to be read
	reading bool
	first   bool // no field of the object at hand has been met
	err     error
}

var errUnusual = errors.New("not as this program writes it")

// fail notes an error. What follows reads nothing, and what was written is thrown away.
func (c *coder) fail(err error) {
	c.err = err
	if c.reading {
		c.b = nil
	}
}

// next reports, when reading, whether this character comes.
func (c *coder) next(ch byte) bool { return len(c.b) > 0 && c.b[0] == ch }

// char writes a character, or takes it off.
func (c *coder) char(ch byte) {
	switch {
	case !c.reading:
		c.b = append(c.b, ch)
	case c.next(ch):
		c.b = c.b[1:]
	default:
		c.fail(errUnusual)
	}
}

func (c *coder) begin() { c.char('{'); c.first = true }
func (c *coder) end()   { c.char('}'); c.first = false }

// field begins a field and reports whether it is there: when writing unless it is absent, when reading if it comes next.
func (c *coder) field(name string, absent bool) bool {
	if !c.reading {
		if absent {
			return false
		}
		if !c.first {
			c.b = append(c.b, ',')
		}
		c.b = append(c.b, '"')
		c.b = append(c.b, name...)
		c.b = append(c.b, '"', ':')
		c.first = false
		return true
	}
	b, n := c.b, len(name)
	if !c.first {
		if !c.next(',') {
			return false
		}
		b = b[1:]
	}
	if len(b) < n+3 || b[0] != '"' || string(b[1:n+1]) != name || b[n+1] != '"' || b[n+2] != ':' {
		return false
	}
	c.b, c.first = b[n+3:], false
	return true
}

// token takes off what stands before the next comma or bracket.
func (c *coder) token() []byte {
	n := bytes.IndexAny(c.b, ",]}")
	if n < 0 {
		n = len(c.b)
	}
	t := c.b[:n]
	c.b = c.b[n:]
	return t
}

// quotation takes off a text with its quotes, escapes as they are.
func (c *coder) quotation() []byte {
	if c.next('"') {
		for i := 1; i < len(c.b); i++ {
			switch c.b[i] {
			case '\\':
				i++
			case '"':
				t := c.b[:i+1]
				c.b = c.b[i+1:]
				return t
			}
		}
	}
	c.fail(errUnusual)
	return nil
}

// text is a string field; omit leaves it out when it is empty.
func text[S ~string](c *coder, name string, v *S, omit bool) {
	if c.field(name, omit && *v == "") {
		words(c, v)
	}
}

// words is a string.
func words[S ~string](c *coder, v *S) {
	if !c.reading {
		c.b = appendQuoted(c.b, string(*v))
		return
	}
	t := c.quotation()
	switch {
	case c.err != nil:
	case bytes.IndexByte(t, '\\') >= 0:
		if err := json.Unmarshal(t, v); err != nil {
			c.fail(err)
		}
	case !utf8.Valid(t) || slices.Min(t) < ' ':
		c.fail(errUnusual)
	default:
		*v = S(t[1 : len(t)-1])
	}
}

// appendQuoted quotes as encoding/json does with HTML left as it is.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		ch := s[i]
		if ch >= ' ' && ch != '"' && ch != '\\' && ch < utf8.RuneSelf {
			i++
			continue
		}
		r, size := rune(ch), 1
		if ch >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = append(append(b, s[from:i]...), '\\')
		i += size
		from = i
		switch {
		case r == '"' || r == '\\':
			b = append(b, ch)
		case r == '\b' || r == '\t' || r == '\n' || r == '\f' || r == '\r':
			b = append(b, "btn.fr"[r-'\b'])
		default:
			b = append(b, 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// flag is a truth value.
func flag(c *coder, name string, v *bool, omit bool) {
	if !c.field(name, omit && !*v) {
		return
	}
	if !c.reading {
		c.b = strconv.AppendBool(c.b, *v)
		return
	}
	switch string(c.token()) {
	case "true":
		*v = true
	case "false":
		*v = false
	default:
		c.fail(errUnusual)
	}
}

// count is a whole number of a field.
func count[N int | int64](c *coder, name string, v *N, omit bool) {
	if c.field(name, omit && *v == 0) {
		integer(c, v)
	}
}

// integer is a whole number.
func integer[N int | int64](c *coder, v *N) {
	if !c.reading {
		c.b = strconv.AppendInt(c.b, int64(*v), 10)
		return
	}
	n, err := strconv.ParseInt(string(c.digits()), 10, 64)
	if *v = N(n); err != nil || int64(*v) != n {
		c.fail(errUnusual)
	}
}

// serial is a number of a field that is never negative.
func serial(c *coder, name string, v *uint64, omit bool) {
	if c.field(name, omit && *v == 0) {
		ordinal(c, v)
	}
}

// ordinal is a number that is never negative.
func ordinal(c *coder, v *uint64) {
	if !c.reading {
		c.b = strconv.AppendUint(c.b, *v, 10)
		return
	}
	n, err := strconv.ParseUint(string(c.digits()), 10, 64)
	if *v = n; err != nil {
		c.fail(errUnusual)
	}
}

// digits takes off a number as JSON writes it, without a sign in front of it or zeros.
func (c *coder) digits() []byte {
	t := c.token()
	if d := bytes.TrimPrefix(t, []byte{'-'}); len(d) == 0 || d[0] < '0' || d[0] > '9' || len(d) > 1 && d[0] == '0' {
		c.fail(errUnusual)
	}
	return t
}

// moment is a time.
func moment(c *coder, name string, v *time.Time, omit bool) {
	if !c.field(name, omit && v.IsZero()) {
		return
	}
	var err error
	if !c.reading {
		c.b = append(c.b, '"')
		c.b, err = v.AppendText(c.b)
		c.b = append(c.b, '"')
	} else if t := c.quotation(); len(t) > 2 {
		err = v.UnmarshalText(t[1 : len(t)-1])
	} else {
		err = errUnusual
	}
	if err != nil {
		c.fail(err)
	}
}

// raw is a field that is JSON already.
func raw(c *coder, name string, v *json.RawMessage, omit bool) {
	if c.field(name, omit && len(*v) == 0) {
		value(c, v)
	}
}

// value is JSON that stands as it is.
func value(c *coder, v *json.RawMessage) {
	if !c.reading {
		if *v == nil {
			c.b = append(c.b, "null"...)
			return
		}
		buf := bytes.NewBuffer(c.b)
		if err := json.Compact(buf, *v); err != nil {
			c.fail(err)
			return
		}
		c.b = buf.Bytes()
		return
	}
	n := c.extent()
	if n == 0 || c.b[0] <= ' ' || c.b[n-1] <= ' ' || !json.Valid(c.b[:n]) {
		c.fail(errUnusual)
		return
	}
	*v = bytes.Clone(c.b[:n])
	c.b = c.b[n:]
}

// extent is how long the next value is, if it is one.
func (c *coder) extent() int {
	depth, quoted := 0, false
	for i := 0; i < len(c.b); i++ {
		switch ch := c.b[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '{' || ch == '[':
			depth++
		case ch == ',' && depth == 0:
			return i
		case ch == '}' || ch == ']':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return len(c.b)
}

// list is a field of several, left out when there is none.
func list[T any](c *coder, name string, v *[]T, each func(*coder, *T)) {
	if !c.field(name, len(*v) == 0) {
		return
	}
	c.char('[')
	if !c.reading {
		for i := range *v {
			if i > 0 {
				c.b = append(c.b, ',')
			}
			each(c, &(*v)[i])
		}
	} else {
		*v = []T{}
		for !c.next(']') && c.err == nil {
			if len(*v) > 0 {
				c.char(',')
			}
			var one T
			each(c, &one)
			*v = append(*v, one)
		}
	}
	c.char(']')
}

// table is a field of values by name, left out when there is none.
func table[T any](c *coder, name string, v *map[string]T, each func(*coder, *T)) {
	if !c.field(name, len(*v) == 0) {
		return
	}
	c.begin()
	if !c.reading {
		for i, key := range slices.Sorted(maps.Keys(*v)) {
			if i > 0 {
				c.b = append(c.b, ',')
			}
			c.b = append(appendQuoted(c.b, key), ':')
			one := (*v)[key]
			each(c, &one)
		}
	} else {
		*v = map[string]T{}
		for i := 0; !c.next('}') && c.err == nil; i++ {
			if i > 0 {
				c.char(',')
			}
			var key string
			var one T
			words(c, &key)
			c.char(':')
			each(c, &one)
			(*v)[key] = one
		}
	}
	c.end()
}
