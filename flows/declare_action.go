package flows

import (
	"slices"

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
		if v.RawGetString("run") != lua.LNil {
			d.run(a, at, v)
		} else {
			d.plain(a, path, v)
		}
	default:
		d.wrong(path, "must be a state's name, a table or a function, not %s", luaType(v))
	}
	return a
}

// run reads {run = function, to = {…}}.
func (d *declarer) run(a *action, at []any, t *lua.LTable) {
	d.fields(a.Field, t, []string{"run", "to"}, func(field, path string, v lua.LValue) {
		switch field {
		case "run":
			if _, ok := v.(*lua.LFunction); !ok {
				d.wrong(path, "must be a function, not %s", luaType(v))
			}
			a.Run = append(slices.Clone(at), "run")
		case "to":
			a.Targets, a.Declared = d.names(path, v), true
		}
	})
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
	for _, verb := range verbs {
		a.Steps = append(a.Steps, byVerb[verb]...)
	}
}
