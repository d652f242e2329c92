package flows

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// action reads what a hook, an event or a timer leads to. Where a name alone is allowed, it is that of the next state.
func (d *declarer) action(at []any, v lua.LValue, name bool) *action {
	path := pathOf(at)
	a := &action{Field: path, Line: d.src.line(path)}
	switch v := v.(type) {
	case lua.LString:
		if !name {
			d.wrong(path, "must be a table such as {reply = \"…\"} or a function, not a text")
			return a
		}
		a.To = string(v)
		if a.To == "" {
			d.wrong(path, "must name a state")
		}
	case *lua.LFunction:
		a.Run = at
	case *lua.LTable:
		switch {
		case v.RawGetString("run") != lua.LNil:
			if d.alone("run", "say it in the function by a method of fan", path, v) {
				d.run(a, at, v)
			}
		case v.RawGetString("case") != lua.LNil:
			if d.alone("case", "write it in each case that it is meant for", path, v) {
				d.cases(a, at, v)
			}
		default:
			d.plain(a, path, v)
		}
	default:
		d.wrong(path, "must be a state's name, a table or a function, not %s", luaType(v))
	}
	return a
}

// alone finds verbs beside run or case, where nothing would carry them out.
func (d *declarer) alone(field, mend, path string, t *lua.LTable) bool {
	beside := slices.DeleteFunc(slices.Clone(verbs), func(verb string) bool { return t.RawGetString(verb) == lua.LNil })
	if len(beside) > 0 {
		d.add(SeverityError, "field", join(path, beside[0]), fmt.Sprintf("%s: %s cannot stand beside %s", path, strings.Join(beside, ", "), field), mend)
	}
	return len(beside) == 0
}

// run reads {run = function, to = …}: a text is where it always goes, a list is where it may.
func (d *declarer) run(a *action, at []any, t *lua.LTable) {
	d.fields(a.Field, t, []string{"run", "to"}, func(field, path string, v lua.LValue) {
		switch field {
		case "run":
			if _, ok := v.(*lua.LFunction); !ok {
				d.wrong(path, "must be a function, not %s", luaType(v))
			}
			a.Run = append(slices.Clone(at), "run")
		case "to":
			if _, ok := v.(lua.LString); ok {
				a.To = d.text(path, v)
			}
			a.Targets, a.Declared = d.names(path, v), true
		}
	})
}

// cases reads {case = {{when = {…}, …}, {…}}}.
func (d *declarer) cases(a *action, at []any, t *lua.LTable) {
	d.fields(a.Field, t, []string{"case"}, func(_, path string, v lua.LValue) {
		list, ok := v.(*lua.LTable)
		if !ok || list.Len() == 0 {
			d.wrong(path, "must be a list of cases such as {{when = {tag = \"vip\"}, reply = \"…\"}, {reply = \"…\"}}")
			return
		}
		open := false // a case without when has been seen
		each(list, func(k, v lua.LValue) {
			at := append(slices.Clone(at), "case", keyOf(k))
			if open {
				d.wrong(pathOf(at), "is never come to: the case before it has no when")
			}
			var b branch
			b, open = d.branch(at, v)
			a.Cases = append(a.Cases, b)
		})
	})
}

// branch reads one case; open tells that it has no conditions.
func (d *declarer) branch(at []any, v lua.LValue) (b branch, open bool) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(pathOf(at), "must be a table such as {when = {…}, reply = \"…\"}, not %s", luaType(v))
		return branch{Do: &action{Field: pathOf(at)}}, false
	}
	rest := &lua.LTable{Metatable: lua.LNil}
	open = true
	each(t, func(k, v lua.LValue) {
		if k != lua.LString("when") {
			rest.RawSet(k, v)
			return
		}
		open = false
		path := join(pathOf(at), "when")
		if data, ok := d.data(path, v); ok {
			var err error
			if b.When, err = condOf(data); err != nil {
				d.wrong(path, "%v", err)
			}
		}
	})
	b.Do = d.action(at, rest, false)
	return b, open
}

// plain reads {reply = …, tag = …, to = …}.
func (d *declarer) plain(a *action, path string, t *lua.LTable) {
	byVerb := map[string][]step{}
	d.fields(path, t, append([]string{"to"}, verbs...), func(field, path string, v lua.LValue) {
		if field == "to" {
			a.To = d.text(path, v)
			return
		}
		data, ok := d.data(path, v)
		if !ok {
			return
		}
		steps, err := readSteps(field, data)
		if err != nil {
			d.wrong(path, "%v", err)
			return
		}
		for i := range steps {
			steps[i].texts(func(s string) {
				if err := checkPlaces(s); err != nil {
					d.wrong(path, "%v", err)
				}
			})
		}
		byVerb[field] = steps
	})
	if a.To != "" && byVerb["leave"] != nil {
		d.wrong(path, "leave ends the enrollment, so that it cannot go to %q", a.To)
	}
	if a.To != "" && byVerb["call"] != nil {
		d.wrong(path, "call waits in this state for the other flow: go on by on.result, without to")
	}
	for _, verb := range verbs {
		a.Steps = append(a.Steps, byVerb[verb]...)
	}
}
