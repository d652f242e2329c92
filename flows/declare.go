package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// declarer reads the table that a script gives to flow, and notes what is wrong with it.
type declarer struct {
	src      *source
	findings []Finding
}

// declare makes a declaration of the table. Errors among the findings mean that it must not be used.
func declare(src *source, root *lua.LTable) (*declaration, []Finding) {
	d := &declarer{src: src}
	decl := d.flow(root)
	return decl, d.findings
}

func (d *declarer) add(sev Severity, rule, path, msg, mend string) {
	d.findings = append(d.findings, Finding{File: d.src.File, Line: d.src.line(path), Rule: rule, Msg: msg, Mend: mend, Severity: sev})
}

func (d *declarer) wrong(path, format string, args ...any) {
	d.add(SeverityError, "field", path, path+": "+fmt.Sprintf(format, args...), "")
}

// fields shows the fields of a table by name in source order, and notes those that are not known.
func (d *declarer) fields(path string, t *lua.LTable, known []string, see func(name, path string, v lua.LValue)) {
	each(t, func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			if d.namesKey(path, k, "the fields here are "+strings.Join(known, ", ")) {
				d.wrong(join(path, k.String()), "unexpected list item; the fields here are %s", strings.Join(known, ", "))
			}
			return
		}
		p := join(path, string(name))
		if !slices.Contains(known, string(name)) {
			d.add(SeverityError, "unknown-field", p, fmt.Sprintf("unknown field %q%s", p, didYouMean(string(name), known)),
				"the fields here are "+strings.Join(known, ", "))
			return
		}
		see(string(name), p, v)
	})
}

func (d *declarer) flow(root *lua.LTable) *declaration {
	decl := &declaration{States: map[string]*state{}}
	known := []string{
		"name", "title", "triggers", "again", "first", "funnel", "priority", "states",
		"listen", "exit", "from", "to", "closes", "limit", "hours", "variants", "holdout",
	}
	d.fields("", root, known, func(name, path string, v lua.LValue) {
		switch name {
		case "name":
			decl.Name = d.text(path, v)
		case "title":
			decl.Title = d.text(path, v)
		case "first":
			decl.First = d.text(path, v)
		case "priority":
			decl.Priority = d.whole(path, v)
		case "again":
			decl.Again = d.again(path, v)
		case "funnel":
			decl.Funnel = d.names(path, v)
		case "triggers":
			d.triggers(decl, path, v)
		case "states":
			d.states(decl, path, v)
		case "listen":
			decl.Listen = d.listen([]any{"listen"}, v)
		case "exit":
			decl.Exit = d.exit(path, v)
		case "from", "to", "closes":
			d.window(&decl.Window, name, path, v)
		case "limit":
			decl.Limit = d.limit(path, v)
		case "hours":
			decl.Hours = d.hours(path, v)
		case "variants":
			decl.Variants = d.variants(path, v)
		case "holdout":
			decl.Holdout = d.holdout(path, v)
		}
	})
	if decl.Name == "" {
		d.add(SeverityError, "missing", "", "the flow has no name", "write name = \"…\"")
	} else if !scriptName(decl.Name) {
		d.wrong("name", "%q is no name: use letters, digits, - and _", decl.Name)
	}
	return decl
}

// scriptName takes names that fit into URLs, job ids and file names.
func scriptName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

func (d *declarer) text(path string, v lua.LValue) string {
	s, ok := v.(lua.LString)
	if !ok || s == "" {
		d.wrong(path, "must be a text, not %s", luaType(v))
	}
	return string(s)
}

func (d *declarer) whole(path string, v lua.LValue) int {
	n, ok := v.(lua.LNumber)
	if !ok || n != lua.LNumber(int(n)) {
		d.wrong(path, "must be a whole number, not %s", luaType(v))
		return 0
	}
	return int(n)
}

func (d *declarer) truth(path string, v lua.LValue) bool {
	b, ok := v.(lua.LBool)
	if !ok {
		d.wrong(path, "must be true or false, not %s", luaType(v))
	}
	return bool(b)
}

// names reads a name or a list of names.
func (d *declarer) names(path string, v lua.LValue) []string {
	if s, ok := v.(lua.LString); ok {
		return []string{string(s)}
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a list of names, not %s", luaType(v))
		return nil
	}
	var names []string
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, "this is a list of names") {
			return
		}
		s, ok := v.(lua.LString)
		if _, isIndex := k.(lua.LNumber); !ok || !isIndex {
			d.wrong(join(path, k.String()), "must be a name in a list, not %s", luaType(v))
			return
		}
		names = append(names, string(s))
	})
	return names
}

func (d *declarer) triggers(decl *declaration, path string, v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {subscribe = true}, not %s", luaType(v))
		return
	}
	known := append(eventNames(), "at", "every", "listen")
	if t.RawGetString("after") != lua.LNil {
		known = append(known, "after") // it has an error of its own
	}
	d.fields(path, t, known, func(event, path string, v lua.LValue) {
		switch event {
		case "after":
			d.noDelay(path)
			return
		case "listen":
			decl.TriggersListen = d.truth(path, v)
			return
		}
		if event == "at" || event == "every" {
			decl.Ticks = append(decl.Ticks, d.ticks(event, path, v)...)
			return
		}
		if _, ok := v.(lua.LBool); event == "link" && !ok && v != lua.LString("*") {
			event = clickEvent
		}
		m := &matcher{Event: event, Line: d.src.line(path)}
		switch v := v.(type) {
		case lua.LBool:
			if !v {
				return
			}
			m.Rules = []rule{wholeRule(event, m.Line, nil)}
		default:
			if !keyed[event] && v != lua.LString("*") {
				d.wrong(path, "must be true, not %s", luaType(v))
				return
			}
			for i, key := range d.names(path, v) {
				p := path
				if _, ok := v.(*lua.LTable); ok {
					p = join(path, strconv.Itoa(i+1))
				}
				d.rule(m, p, key, nil)
			}
		}
		sortRules(m.Rules)
		decl.Triggers = append(decl.Triggers, m)
	})
}

// rule adds a rule to m, unless it takes what another one takes already.
func (d *declarer) rule(m *matcher, path, key string, do *action) {
	if key == "" {
		d.wrong(path, "an empty key matches nothing; use \"*\" for anything")
		return
	}
	r := newRule(m.Event, key, d.src.line(path), do)
	if r.bad != nil {
		d.add(SeverityError, "key", path, fmt.Sprintf("%s: %v", path, r.bad), "")
		return
	}
	for i := range m.Rules {
		if same := m.Rules[i].ties(&r); same != "" {
			d.add(SeverityError, "tie", path, fmt.Sprintf("%s: %q and %q (line %d) both match %q", path, key, m.Rules[i].Key, m.Rules[i].Line, same),
				"keep one of them; upper and lower case, full-width forms and space around a text make no difference")
			return
		}
	}
	m.Rules = append(m.Rules, r)
}

// ties gives a word that both rules take with the same rank; empty if there is none.
func (r *rule) ties(o *rule) string {
	switch {
	case r.rank != o.rank:
		return ""
	case r.rank == anything, r.rank == number, r.rank == expression && r.Key == o.Key, r.around != nil && *r.around == *o.around:
		return r.Key
	}
	for _, w := range r.words {
		if slices.Contains(o.words, w) {
			return w
		}
	}
	return ""
}

func (d *declarer) states(decl *declaration, path string, v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table of states, not %s", luaType(v))
		return
	}
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, "keys are the names of states") {
			return
		}
		p := join(path, k.String())
		name, ok := k.(lua.LString)
		body, isTable := v.(*lua.LTable)
		if !ok || !isTable {
			d.wrong(p, "must be a state: name = { … }")
			return
		}
		if err := checkWord("state", string(name)); err != nil {
			d.wrong(p, "%v", err)
			return
		}
		decl.States[string(name)] = d.state(string(name), p, body)
		decl.Order = append(decl.Order, string(name))
	})
}

func (d *declarer) state(name, path string, t *lua.LTable) *state {
	s := &state{Name: name, Line: d.src.line(path)}
	here := []any{"states", name}
	known := []string{"enter", "leave", "on", "listen", "after", "at", "every", "final", "goal", "result"}
	d.fields(path, t, known, func(field, path string, v lua.LValue) {
		switch field {
		case "enter":
			s.Enter = d.action(append(slices.Clone(here), "enter"), v, false)
		case "leave":
			s.Leave = d.action(append(slices.Clone(here), "leave"), v, false)
			if len(s.Leave.edges()) > 0 {
				d.wrong(path, "leave cannot choose a state")
			}
		case "on":
			s.On = d.on(append(slices.Clone(here), "on"), v)
		case "listen":
			s.Listen = d.listen(append(slices.Clone(here), "listen"), v)
		case "after", "at", "every":
			s.Timers = append(s.Timers, d.timers(field, append(slices.Clone(here), field), v)...)
		case "result":
			s.Result = d.text(path, v)
		case "final":
			s.Final = d.truth(path, v)
		case "goal":
			s.Goal = d.text(path, v)
		}
	})
	sortTimers(s.Timers)
	return s
}

func eventNames() []string {
	names := make([]string, 0, len(eventSubjects))
	for name := range eventSubjects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// each shows a table's pairs, the list part first and the rest in the order in which the script wrote it; the table's own ForEach
// would take Go's order of maps.
func each(t *lua.LTable, see func(k, v lua.LValue)) {
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		see(k, v)
	}
}

// keyOf makes a table key a part of a path that a later run can follow.
func keyOf(k lua.LValue) any {
	if n, ok := k.(lua.LNumber); ok {
		return float64(n)
	}
	return k.String()
}

func pathOf(at []any) string {
	parts := make([]string, len(at))
	for i, k := range at {
		parts[i], _ = plainText(k)
	}
	return strings.Join(parts, ".")
}

// luaType names a Lua value's type for people.
func luaType(v lua.LValue) string {
	switch v.Type() {
	case lua.LTString:
		return fmt.Sprintf("the text %q", v.String())
	case lua.LTNumber:
		return "the number " + v.String()
	case lua.LTBool:
		return v.String()
	case lua.LTTable, lua.LTFunction:
		return "a " + v.Type().String()
	}
	return v.Type().String()
}

// data reads a field of plain data as Go values.
func (d *declarer) data(path string, v lua.LValue) (any, bool) {
	data, err := sandbox.FromLua(v)
	if err != nil {
		d.wrong(path, "%v; a function stands in run = function(fan, event) … end", err)
		return nil, false
	}
	return data, true
}
