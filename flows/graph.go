package flows

import "slices"

// actions shows every action of a state, each of its cases, with the words for what leads to it.
func (s *state) actions(show func(on string, a *action)) {
	see := func(on string, a *action) { a.each(func(a *action) { show(on, a) }) }
	if s.Enter != nil {
		see("enter", s.Enter)
	}
	ruleActions(s.On, "", see)
	ruleActions(s.Listen, "listen ", see)
	for i := range s.Timers {
		see(s.Timers[i].title(), s.Timers[i].Do)
	}
	if s.Leave != nil {
		see("leave", s.Leave)
	}
}

// ruleActions shows the actions of rules in the order of their events.
func ruleActions(rules map[string]*matcher, prefix string, see func(on string, a *action)) {
	for _, event := range sortedKeys(rules) {
		m := rules[event]
		for i := range m.Rules {
			see(prefix+ruleName(event, m.Rules[i].Key), m.Rules[i].Do)
		}
	}
}

// reachable are the states that a fan may come to from some states. open tells that a function may go anywhere, as it declares no targets.
func (d *declaration) reachable(from ...string) (found map[string]bool, open bool) {
	found = map[string]bool{}
	queue := slices.Concat(from, d.ends())
	ruleActions(d.Listen, "listen ", func(_ string, a *action) {
		a.each(func(a *action) { open = open || a.Run != nil && !a.Declared })
		queue = append(queue, a.edges()...)
	})
	for len(queue) > 0 {
		s := d.States[queue[0]]
		queue = queue[1:]
		if s == nil || found[s.Name] {
			continue
		}
		found[s.Name] = true
		s.actions(func(on string, a *action) {
			if a.Run != nil && !a.Declared && on != "leave" {
				open = true
			}
			queue = append(queue, a.edges()...)
		})
	}
	return found, open
}

// number derives the funnel where none is declared, and numbers its steps. The derived one is the main path: the reachable
// states in source order, of the final ones only the first and those that are a success.
func (d *declaration) number() {
	if len(d.Funnel) == 0 {
		found, open := d.reachable(d.First)
		for _, name := range d.Order {
			s := d.States[name]
			if d.Holdout != nil && name == d.Holdout.State && !found[name] {
				continue // who is held out is not on the way
			}
			if (found[name] || open) && (!s.Final || s.Goal != "" || name == d.First) {
				d.Funnel = append(d.Funnel, name)
			}
		}
	}
	for i, name := range d.Funnel {
		if s := d.States[name]; s != nil {
			s.Step = i + 1
		}
	}
}

// listens reports whether the flow may take such an event, by a trigger or in some state.
func (d *declaration) listens(event, subject string) bool {
	match := func(m *matcher) bool {
		if m == nil || m.Event != event {
			return false
		}
		r, _ := m.match(subject)
		return r != nil
	}
	if slices.ContainsFunc(d.Triggers, match) || match(d.Listen[event]) {
		return true
	}
	for _, s := range d.States {
		if match(s.On[event]) || match(s.Listen[event]) {
			return true
		}
	}
	return false
}

// describe gives the flow's outside.
func (d *declaration) describe(version int) *Flow {
	f := &Flow{
		Name: d.Name, Title: d.Title, Version: version, First: d.First, Priority: d.Priority, Funnel: slices.Clone(d.Funnel),
	}
	for _, name := range d.Order {
		s := d.States[name]
		out := State{Name: s.Name, Final: s.Final, Goal: s.Goal, Line: s.Line}
		s.actions(func(on string, a *action) {
			for _, to := range a.edges() {
				out.Edges = append(out.Edges, Edge{On: on, To: to})
			}
		})
		f.States = append(f.States, out)
	}
	for _, m := range d.Exit {
		for i := range m.Rules {
			f.Anywhere = append(f.Anywhere, Edge{On: "exit: " + ruleName(m.Event, m.Rules[i].Key), To: m.Rules[i].target()})
		}
	}
	ruleActions(d.Listen, "listen ", func(on string, a *action) {
		a.each(func(a *action) {
			for _, to := range a.edges() {
				f.Anywhere = append(f.Anywhere, Edge{On: on, To: to})
			}
		})
	})
	for _, m := range d.Triggers {
		t := Trigger{Event: spoken(m.Event)}
		for i := range m.Rules {
			t.Match = append(t.Match, m.Rules[i].Key)
		}
		f.Triggers = append(f.Triggers, t)
	}
	for i := range d.Ticks {
		f.Triggers = append(f.Triggers, Trigger{Event: tickEvent, Match: []string{d.Ticks[i].Name}})
	}
	return f
}
