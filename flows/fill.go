package flows

import (
	"fmt"
	"strconv"
	"strings"
)

// places gives the value of a place in a text: vars.code, attrs.city, event.text. Absent ones are nil.
type places func(place string) any

// fill replaces ${vars.x}, ${attrs.x}, ${event.x} and ${fan.x} in a text of plain data; x may lead into a table, as in
// ${event.data.amount}. What is absent, or a table itself, becomes nothing.
func fill(s string, at places) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		place, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			if found {
				b.WriteString("${" + rest)
			}
			return b.String()
		}
		if text, ok := plainText(at(place)); ok {
			b.WriteString(text)
		}
		s = after
	}
}

// reach gives a value by its name, or what lies in a table: data.items.1.name is the name of the first of the items in data. A
// value whose own name has dots comes first.
func reach(path string, get func(name string) any) any {
	v := get(path)
	name, rest, deeper := strings.Cut(path, ".")
	if v != nil || !deeper {
		return v
	}
	for v = get(name); deeper; {
		name, rest, deeper = strings.Cut(rest, ".")
		switch t := v.(type) {
		case map[string]any:
			v = t[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 1 || i > len(t) {
				return nil
			}
			v = t[i-1]
		default:
			return nil
		}
	}
	return v
}

// checkPlaces finds what fill could never replace.
func checkPlaces(s string) error {
	for {
		_, rest, found := strings.Cut(s, "${")
		if !found {
			return nil
		}
		place, after, closed := strings.Cut(rest, "}")
		if !closed {
			return fmt.Errorf("\"${\" is not closed by \"}\"")
		}
		root, name, _ := strings.Cut(place, ".")
		switch {
		case name == "" || root != "vars" && root != "attrs" && root != "event" && root != "fan":
			return fmt.Errorf("${%s} names nothing: write ${vars.x}, ${attrs.x}, ${event.x} or ${fan.x}", place)
		case root == "fan" && profileFields[name] == nil:
			return fmt.Errorf("${%s}: the fan has no field %q%s", place, name, didYouMean(name, profileNames))
		}
		s = after
	}
}
