package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"fanflow/plugins"
)

// listen reads rules that hear an event without taking it: the same shape as on.
func (d *declarer) listen(at []any, v lua.LValue) map[string]*matcher {
	on := d.on(at, v)
	if on[resultEvent] != nil {
		d.wrong(join(pathOf(at), resultEvent), "the result of a sub-flow is told to its caller alone: write it under on of the state that calls")
	}
	return on
}

// exit reads what ends an enrollment wherever it is: {unsubscribe = true, tag = {"bought"}, webhook = {["order.paid"] = "redeemed"}}.
func (d *declarer) exit(path string, v lua.LValue) (out []*matcher) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {unsubscribe = true, tag = {\"bought\"}}, not %s", luaType(v))
		return nil
	}
	d.fields(path, t, sortedKeys(exitEvents), func(event, path string, v lua.LValue) {
		m := &matcher{Event: event, Line: d.src.line(path)}
		switch v := v.(type) {
		case lua.LBool:
			if !v {
				return
			}
			m.Rules = []rule{newRule(event, "*", m.Line, nil)}
		case *lua.LTable:
			d.exitKeys(m, path, v)
		default:
			d.exitKeys(m, path, listOf(v))
		}
		sortRules(m.Rules)
		if len(m.Rules) > 0 {
			out = append(out, m)
		}
	})
	return out
}

// listOf makes a list of the one value.
func listOf(v lua.LValue) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	t.Append(v)
	return t
}

// exitKeys reads the keys of an exit: a list of them, or a table of keys and the final states that they lead to.
func (d *declarer) exitKeys(m *matcher, path string, t *lua.LTable) {
	if exitEvents[m.Event] == "" {
		d.wrong(path, "must be true: %s says nothing that could be compared", m.Event)
		return
	}
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, "keys are compared with "+exitEvents[m.Event]) {
			return
		}
		p := join(path, k.String())
		_, listed := k.(lua.LNumber)
		text, isText := v.(lua.LString)
		switch {
		case listed && isText:
			d.rule(m, p, string(text), nil)
		case !listed && v == lua.LTrue:
			d.rule(m, p, k.String(), nil)
		case !listed && isText && text != "":
			d.rule(m, p, k.String(), &action{Field: p, Line: d.src.line(p), To: string(text)})
		case listed:
			d.wrong(p, "must be a text that is compared with %s, not %s", exitEvents[m.Event], luaType(v))
		default:
			d.wrong(p, "must be true, or the name of a final state, not %s", luaType(v))
		}
	})
}

// window reads one of from, to and closes.
func (d *declarer) window(w *window, field, path string, v lua.LValue) {
	text := d.text(path, v)
	if text == "" {
		return
	}
	if field == "closes" {
		if w.Closes = text; text != closesLeave {
			d.wrong(path, "is \"leave\", which ends those who are in the flow at to; without closes they go on. It is %q", text)
		}
		return
	}
	at, dayAlone, err := readMoment(text)
	if err != nil {
		d.add(SeverityError, "time", path, fmt.Sprintf("%s: %v", path, err), "write 2026-12-24 or 2026-12-24 20:00, in the account's zone")
		return
	}
	switch {
	case field == "from":
		w.From = at
	case dayAlone: // the day itself is inside
		w.To = at.AddDate(0, 0, 1)
	default:
		w.To = at
	}
}

// readMoment reads a day, or a minute of one, as clocks show it.
func readMoment(s string) (at time.Time, dayAlone bool, err error) {
	for _, layout := range []string{dayLayout, minuteLayout} {
		if at, err = time.Parse(layout, s); err == nil {
			return at, layout == dayLayout, nil
		}
	}
	return at, false, fmt.Errorf("%q is no day and no time of a day", s)
}

// limit reads limit = {all = 100, day = 20}.
func (d *declarer) limit(path string, v lua.LValue) (l limit) {
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {all = 100, day = 20}, not %s", luaType(v))
		return l
	}
	d.fields(path, t, []string{"all", "day"}, func(field, path string, v lua.LValue) {
		n := d.positive(path, v)
		if field == "all" {
			l.All = int64(n)
		} else {
			l.Day = int64(n)
		}
	})
	return l
}

// positive reads a whole number of at least 1.
func (d *declarer) positive(path string, v lua.LValue) int {
	n := d.whole(path, v)
	if _, ok := v.(lua.LNumber); ok && n < 1 {
		d.wrong(path, "must be a whole number of at least 1, not %s", luaType(v))
		return 0
	}
	return n
}

// again reads again = "30d", true, "never", or {after = "30d", times = 3}.
func (d *declarer) again(path string, v lua.LValue) (a again) {
	switch v := v.(type) {
	case lua.LBool:
		return again{Ever: bool(v)}
	case lua.LString:
		if v == "never" {
			return again{}
		}
		return again{Ever: true, Wait: d.delay(path, string(v))}
	case *lua.LTable:
		a.Ever = true
		d.fields(path, v, []string{"after", "times"}, func(field, path string, v lua.LValue) {
			if field == "after" {
				a.Wait = d.delay(path, d.text(path, v))
			} else {
				a.Times = d.positive(path, v)
			}
		})
		return a
	}
	d.wrong(path, "must be a delay such as \"30d\", \"never\", or {after = \"30d\", times = 3}, not %s", luaType(v))
	return again{}
}

func (d *declarer) delay(path, s string) time.Duration {
	if s == "" {
		return 0
	}
	wait, err := plugins.ParseDuration(s)
	if err != nil {
		d.add(SeverityError, "duration", path, path+": "+err.Error(), "write \"30d\", \"0s\" for at once, or \"never\"")
	}
	return wait
}

// checkExit finds exits that lead into states which are not final, or not there.
func checkExit(s *subject) {
	for _, m := range s.decl.Exit {
		for i := range m.Rules {
			a := m.Rules[i].Do
			if a == nil {
				continue
			}
			switch st := s.decl.States[a.To]; {
			case st == nil:
				s.unknown(a.Field, a.To)
			case !st.Final:
				s.find(SeverityError, "final", a.Field, fmt.Sprintf("%s: state %q is not final: an exit ends the enrollment", a.Field, a.To),
					"name a final state, or write true")
			}
		}
	}
}

// checkWindow finds windows that never open, and a closing that never comes.
func checkWindow(s *subject) {
	w := &s.decl.Window
	if !w.From.IsZero() && !w.To.IsZero() && !w.From.Before(w.To) {
		s.find(SeverityError, "time", "to", "to: the window closes before it opens", "let from be earlier than to")
	}
	if w.Closes != "" && w.To.IsZero() {
		s.find(SeverityError, "missing", "closes", "closes: the flow has no to at which it could close", `write to = "2026-12-31"`)
	}
}

// checkListen finds rules that are never asked, and targets of the flow's own listen that are not there.
func checkListen(s *subject) {
	ruleActions(s.decl.Listen, "", func(_ string, a *action) {
		for _, to := range a.edges() {
			if s.decl.States[to] == nil {
				s.unknown(a.Field, to)
			}
		}
	})
	for _, name := range s.decl.Order {
		st := s.decl.States[name]
		if st.Final && len(st.Listen) > 0 {
			s.find(SeverityError, "final", "states."+name+".listen", "states."+name+": a final state ends the enrollment: listen never happens in it", "remove it, or final")
		}
		if !st.Final && st.Result != "" {
			s.find(SeverityError, "final", "states."+name+".result", "states."+name+".result: only the end of a flow is its result, and the state is not final", "remove it, or write final = true")
		}
	}
}

// checkCalls finds results that never come, and flows that call themselves.
func checkCalls(s *subject) {
	for _, m := range s.decl.Triggers {
		if m.Event == resultEvent {
			s.find(SeverityError, "field", "triggers.result", "triggers.result: the result of a sub-flow is told to its caller alone", "write it under on of the state that calls")
		}
	}
	s.decl.actions(func(a *action) {
		if a.calls(s.decl.Name) {
			s.find(SeverityError, "call", a.Field, fmt.Sprintf("%s: flow %q cannot call itself", a.Field, s.decl.Name), callAnother)
		}
	})
	walkTree(s.src.Chunk, func(e ast.Expr) {
		call, ok := e.(*ast.FuncCallExpr)
		if !ok || call.Method != "call" || len(call.Args) == 0 {
			return
		}
		if name, ok := call.Args[0].(*ast.StringExpr); ok && name.Value == s.decl.Name {
			s.at(SeverityError, "call", call.Line(), fmt.Sprintf("fan:call(%q): a flow cannot call itself", name.Value), callAnother)
		}
	})
	checkResults(s)
}

const callAnother = "call another flow, or lead to a state"

// checkResults finds rules for results that cannot come: of a flow that calls none, or in a state that nothing calls one from.
func checkResults(s *subject) {
	anywhere, everywhere := false, false
	s.decl.actions(func(a *action) { anywhere = anywhere || a.mayCall() })
	ruleActions(s.decl.Listen, "", func(_ string, a *action) {
		a.each(func(a *action) { everywhere = everywhere || a.mayCall() })
	})
	for _, name := range s.decl.Order {
		st := s.decl.States[name]
		if st.On[resultEvent] == nil || everywhere {
			continue
		}
		here := false
		st.actions(func(_ string, a *action) { here = here || a.mayCall() })
		path := strings.Join([]string{"states", name, "on", resultEvent}, ".")
		switch {
		case !anywhere:
			s.find(SeverityError, "call", path, path+": there is no result, as the flow calls none", `write call = "…" in the state's enter, or remove it`)
		case !here:
			s.find(SeverityWarning, "call", path, path+": no result comes here, as nothing in this state calls a flow", `write call = "…" in the state's enter, or remove it`)
		}
	}
}

// calls reports whether the action, as data, calls the flow.
func (a *action) calls(flow string) bool {
	return slices.ContainsFunc(a.Steps, func(s step) bool { return s.Verb == "call" && (flow == "" || slices.Contains(s.Names, flow)) })
}

// mayCall reports whether the action may call a flow: a function may.
func (a *action) mayCall() bool { return a.Run != nil || a.calls("") }

// actions shows every action of the flow, with those in its cases.
func (d *declaration) actions(see func(a *action)) {
	all := func(_ string, a *action) { a.each(see) }
	for _, name := range d.Order {
		d.States[name].actions(all)
	}
	ruleActions(d.Listen, "", all)
	for i := range d.Ticks {
		if d.Ticks[i].Do != nil {
			d.Ticks[i].Do.each(see)
		}
	}
}

// ends are the final states that exits lead to.
func (d *declaration) ends() (out []string) {
	for _, m := range d.Exit {
		for i := range m.Rules {
			if to := m.Rules[i].target(); to != "" && !slices.Contains(out, to) {
				out = append(out, to)
			}
		}
	}
	return out
}
