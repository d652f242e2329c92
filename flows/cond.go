package flows

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"fanflow/store"
)

// branch is one case of an action.
type branch struct {
	When cond
	Do   *action
}

// cond is what a case asks of the fan, all of it at once. The zero cond always holds.
type cond struct {
	With, Without []string // tags
	Values        []condValue
}

// condValue asks for a value of an attribute, a variable, an experiment's arm, or a field of the event.
type condValue struct {
	Root string // attr, var, variant or event
	Name string
	Any  []condTest // one of them must hold
}

// condTest is what a value is compared with: true for any that is there and not false, false for the contrary, a text, a
// number, or a range whose ends belong to it.
type condTest struct {
	Is       any // bool, string or float64; nil for a range
	Min, Max *float64
}

// condFields are the fields of when, as scripts write them.
var condFields = []string{"tag", "without", "attr", "var", "variant", "event"}

// condOf reads when = {tag = …, without = …, attr = {…}, var = {…}, variant = {…}, event = {…}}.
func condOf(v any) (c cond, err error) {
	t, ok := v.(map[string]any)
	if !ok {
		return c, fmt.Errorf("when is a table such as {tag = \"vip\"}, not %s", typeName(v))
	}
	rest := maps.Clone(t)
	for _, f := range []struct {
		name string
		to   *[]string
	}{{"tag", &c.With}, {"without", &c.Without}} {
		if v, ok := rest[f.name]; ok {
			if *f.to, err = namesOf(v); err != nil {
				return c, fmt.Errorf("%s: %w", f.name, err)
			}
			delete(rest, f.name)
		}
	}
	for _, root := range condFields[2:] {
		v, ok := rest[root]
		if !ok {
			continue
		}
		delete(rest, root)
		values, ok := v.(map[string]any)
		if !ok || len(values) == 0 {
			return c, fmt.Errorf("%s is a table of names and values such as {city = \"上海\"}, not %s", root, typeName(v))
		}
		for _, name := range sortedKeys(values) {
			asked, err := condValueOf(root, name, values[name])
			if err != nil {
				return c, fmt.Errorf("%s.%s: %w", root, name, err)
			}
			c.Values = append(c.Values, asked)
		}
	}
	return c, nothingElse(rest, strings.Join(condFields, ", "))
}

func condValueOf(root, name string, v any) (condValue, error) {
	asked := condValue{Root: root, Name: name}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	if name == "" || len(items) == 0 {
		return asked, fmt.Errorf("write a name and the value that it must have")
	}
	for _, item := range items {
		var test condTest
		switch item := item.(type) {
		case bool, string, float64:
			test.Is = item
		case map[string]any:
			var err error
			if test, err = rangeOf(item); err != nil {
				return asked, err
			}
		default:
			return asked, fmt.Errorf("compare with a text, a number, true, false, {min = …, max = …} or a list of them, not with %s", typeName(item))
		}
		asked.Any = append(asked.Any, test)
	}
	return asked, nil
}

func rangeOf(t map[string]any) (test condTest, err error) {
	rest := maps.Clone(t)
	for _, f := range []struct {
		name string
		to   **float64
	}{{"min", &test.Min}, {"max", &test.Max}} {
		v, ok := rest[f.name]
		if !ok {
			continue
		}
		n, isNumber := v.(float64)
		if !isNumber {
			return test, fmt.Errorf("%s is a number, not %s", f.name, typeName(v))
		}
		*f.to = &n
		delete(rest, f.name)
	}
	if err := nothingElse(rest, "min, max"); err != nil {
		return test, err
	}
	if test.Min == nil && test.Max == nil {
		return test, fmt.Errorf("a range needs min, max or both")
	}
	return test, nil
}

// holds looks at the event, and at the fan as the decision has left them so far; n is the enrollment, nil before there is one.
func (c *cond) holds(ev *event, f *store.Fan, n *store.Enrollment) bool {
	if slices.ContainsFunc(c.With, func(tag string) bool { return !f.Has(tag) }) || slices.ContainsFunc(c.Without, f.Has) {
		return false
	}
	for i := range c.Values {
		if !c.Values[i].holds(ev, f, n) {
			return false
		}
	}
	return true
}

func (c *condValue) holds(ev *event, f *store.Fan, n *store.Enrollment) bool {
	v := c.value(ev, f, n)
	return slices.ContainsFunc(c.Any, func(t condTest) bool { return t.holds(v) })
}

func (c *condValue) value(ev *event, f *store.Fan, n *store.Enrollment) any {
	switch {
	case c.Root == "event":
		return reach(c.Name, ev.field)
	case c.Root == "attr":
		return reach(c.Name, func(name string) any { return jsonValue(f.Attrs[name]) })
	case n == nil:
	case c.Root == "var":
		return reach(c.Name, func(name string) any { return jsonValue(n.Vars[name]) })
	default:
		if arm := n.Variants[c.Name]; arm != "" {
			return arm
		}
	}
	return nil
}

// holds compares. A number that stands as a text, as fans write it, is a number.
func (t condTest) holds(v any) bool {
	switch is := t.Is.(type) {
	case bool:
		return is == (v != nil && v != false)
	case string:
		text, ok := plainText(v)
		return ok && text == is
	}
	n, ok := numberOf(v)
	switch is := t.Is.(type) {
	case float64:
		return ok && n == is
	}
	return ok && (t.Min == nil || n >= *t.Min) && (t.Max == nil || n <= *t.Max)
}

// numberOf reads a value as a number.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		if isNumber(v) {
			n, err := strconv.ParseFloat(v, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// choose gives the action whose conditions hold: a itself where it has no cases, an action that does nothing where none holds.
func (w *walk) choose(a *action) *action {
	for len(a.Cases) > 0 {
		chosen := &action{Field: a.Field, Line: a.Line}
		for i := range a.Cases {
			if a.Cases[i].When.holds(w.d.event, &w.d.draft.fan, w.at()) {
				chosen = a.Cases[i].Do
				break
			}
		}
		a = chosen
	}
	return a
}
