package flows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"fanflow/plugins"
)

var modelZone = time.FixedZone("CST", 8*60*60)

// randomFlow makes a flow that passes check.
func randomFlow(r *rand.Rand, name string) *modelFlow {
	f := &modelFlow{Name: name, Priority: r.IntN(3) - 1, First: "s0", Again: pick(r, []time.Duration{-1, 0, 0, 0, time.Hour, 3 * day})}
	if chance(r, 30) {
		f.Arms = [2]int{1 + r.IntN(3), r.IntN(3)}
	}
	n := 3 + r.IntN(3)
	for i := range n {
		f.States = append(f.States, &modelState{Name: fmt.Sprint("s", i), Final: i == n-1 || i == n-2 && i > 1 && chance(r, 30)})
	}
	for _, s := range f.States {
		fillState(r, f, s)
		if s.Name == f.First || chance(r, 60) || s.Name == f.States[n-1].Name {
			f.Funnel = append(f.Funnel, s.Name)
		}
	}
	if name != "fallback" {
		f.Triggers = randomRules(r, 1+r.IntN(3), nil)
		f.Listens = chance(r, 10)
	}
	fillFlow(r, f)
	return f
}

// fillFlow makes what holds for the whole flow.
func fillFlow(r *rand.Rand, f *modelFlow) {
	f.Limit, f.Exits, f.Listen = 0, nil, nil
	f.From, f.To, f.Closes, f.Share, f.Control = time.Time{}, time.Time{}, false, 0, ""
	fillWindow(r, f)
	if f.Arms != [2]int{} {
		f.Arms = [2]int{1 + r.IntN(3), r.IntN(3)}
	}
	if chance(r, 15) {
		f.Share, f.Control = 40, pick(r, []string{"", "s1"})
	}
	if chance(r, 15) {
		f.Limit = 1 + r.IntN(5)
	}
	if chance(r, 15) {
		f.Listen = randomRules(r, 1, func() modelAction { return randomAction(r, f, f.States[0], "listen") })
	}
	for chance(r, 35) {
		x := modelExit{Event: pick(r, []string{"unsubscribe", "optout", "tag", "untag", "goal", "webhook"}), Key: "*"}
		switch x.Event {
		case "tag", "untag":
			x.Key = pick(r, modelTags)
		case "goal":
			x.Key = pick(r, []string{"f0.g1", "f1.g2", f.Name + ".g1"})
		case "webhook":
			x.Key = pick(r, modelHooks)
		}
		if last := f.States[len(f.States)-1]; x.Key != "*" && chance(r, 40) {
			x.To = last.Name
		}
		if !slices.ContainsFunc(f.Exits, func(o modelExit) bool { return o.Event == x.Event }) {
			f.Exits = append(f.Exits, x)
		}
	}
}

// fillWindow bounds the time in which the flow takes fans in.
func fillWindow(r *rand.Rand, f *modelFlow) {
	begin := time.Date(2026, 11, 3, 8, 0, 0, 0, modelZone)
	if chance(r, 15) {
		f.From = begin.Add(time.Duration(r.IntN(72)) * time.Hour)
	}
	if chance(r, 25) {
		f.To = begin.Add(time.Duration(80+r.IntN(500)) * time.Hour)
		f.Closes = chance(r, 60)
	}
}

func fillState(r *rand.Rand, f *modelFlow, s *modelState) {
	s.Enter, s.Leave, s.On, s.Listen, s.Timers, s.Goal, s.Result = modelAction{}, modelAction{}, nil, nil, nil, "", ""
	if chance(r, 60) {
		s.Enter = randomAction(r, f, s, "enter")
	}
	if chance(r, 15) {
		s.Goal = pick(r, modelGoals)
	}
	if s.Final {
		s.Result = pick(r, []string{"", "", "done"})
		return
	}
	if chance(r, 30) {
		s.Leave = randomAction(r, f, s, "leave")
	}
	s.On = randomRules(r, 1+r.IntN(5), func() modelAction { return randomAction(r, f, s, "on") })
	if calls(s) {
		for _, key := range []string{"done", "s*", "left", "refused", "*"} {
			if chance(r, 50) {
				s.On = append(s.On, modelRule{"result", key, randomAction(r, f, s, "result")})
			}
		}
	}
	if chance(r, 15) {
		s.Listen = randomRules(r, 1+r.IntN(2), func() modelAction { return randomAction(r, f, s, "listen") })
	}
	for _, d := range modelDelays {
		if chance(r, 20) {
			t := modelTimer{Name: d, Do: randomAction(r, f, s, "timer")}
			if every, ok := strings.CutPrefix(d, "every "); ok {
				t.Every = every
			} else {
				t.Wait, _ = plugins.ParseDuration(d)
			}
			if chance(r, 25) {
				t.Late = pick(r, []string{"skip", "09:00-21:00"})
			}
			s.Timers = append(s.Timers, t)
		}
	}
}

// calls reports whether the state calls a sub-flow.
func calls(s *modelState) bool {
	all := []modelAction{s.Enter}
	for _, rule := range s.On {
		all = append(all, rule.Do)
	}
	return slices.ContainsFunc(all, func(a modelAction) bool {
		return slices.ContainsFunc(a.Verbs, func(v modelVerb) bool { return v.Verb == "call" })
	})
}

var modelSubjects = map[string][]string{
	"text": modelKeys, "click": {"a", "b", "*"}, "scan": {"s-1", "s-*", "*"}, "webhook": {"h1", "h*", "*"}, "tag": {"t1", "t2", "*"}, "untag": {"t1", "*"},
	"attr": {"x", "*"}, "goal": {"g1", "g2", "*"}, "subscribe": {"*"}, "unsubscribe": {"*"},
}

func randomRules(r *rand.Rand, n int, do func() modelAction) (out []modelRule) {
	events := []string{"text", "text", "text", "text", "click", "scan", "webhook", "tag", "untag", "attr", "goal", "subscribe", "unsubscribe"}
	for range n {
		event := pick(r, events)
		rule := modelRule{Event: event, Key: pick(r, modelSubjects[event])}
		if event == "goal" && rule.Key != "*" {
			rule.Key = pick(r, []string{"f0.g1", "f1.g1", "f2.g2"})
		}
		if slices.ContainsFunc(out, func(o modelRule) bool { return o.Event == rule.Event && o.Key == rule.Key }) {
			continue
		}
		if do != nil {
			rule.Do = do()
		}
		out = append(out, rule)
	}
	return out
}

// randomAction makes the verbs in the order in which data carries them out.
func randomAction(r *rand.Rand, f *modelFlow, s *modelState, hook string) (a modelAction) {
	add := func(percent int, verb, name, value string) {
		if chance(r, percent) {
			a.Verbs = append(a.Verbs, modelVerb{verb, name, value})
		}
	}
	switch r.IntN(3) {
	case 0:
		add(60, "attr", pick(r, []string{"x", "y"}), pick(r, []string{"1", "2"}))
	case 1:
		add(60, "var", pick(r, []string{"n", "o"}), pick(r, []string{"1", "2", "${vars.n}x"}))
	case 2:
		if f.Arms != [2]int{} {
			add(50, "variant", "x", "")
		}
	}
	add(25, "tag", pick(r, modelTags), "")
	add(15, "untag", pick(r, modelTags), "")
	add(15, "goal", pick(r, modelGoals), "")
	add(4, "fail", "", "")
	add(6, "cancel", pick(r, []string{"k1", "k2"}), "")
	add(40, "reply", "", fmt.Sprint(f.Name, " ", s.Name, " ", hook, r.IntN(100), pick(r, []string{"", " ${vars.n}"})))
	add(15, "message", pick(r, []string{"", "", "k1", "k2"}), fmt.Sprint("m", r.IntN(100)))
	add(10, "enroll", pick(r, modelNames), pick(r, []string{"", "", "k1"}))
	if to := pick(r, modelNames); to != f.Name && hook != "leave" && hook != "result" && !s.Final {
		add(8, "call", to, "")
	}
	add(4, "leave", "", "")
	bound := hook == "leave" || hook == "enter" && s.Final
	if percent := map[string]int{"enter": 12, "on": 55, "timer": 65, "listen": 30, "result": 30}[hook]; !bound && !calls(&modelState{Enter: a}) && chance(r, percent) {
		a.To = pick(r, f.States).Name
		if hook == "enter" && a.To <= s.Name && chance(r, 90) { // a circle is a failure: seldom
			a.To = ""
		}
		a.Decides = a.To != "" && chance(r, 25)
	}
	if a.To != "" { // who leaves goes nowhere
		a.Verbs = slices.DeleteFunc(a.Verbs, func(v modelVerb) bool { return v.Verb == "leave" })
	}
	if len(a.Verbs) == 0 && a.To == "" {
		a.Verbs = []modelVerb{{"reply", "", fmt.Sprint("r", r.IntN(100))}}
	}
	return a
}

// editFlow makes another version.
func editFlow(r *rand.Rand, old *modelFlow) *modelFlow {
	f := *old
	f.States = nil
	for _, s := range old.States {
		c := *s
		f.States = append(f.States, &c)
	}
	for range 1 + r.IntN(3) {
		s := pick(r, f.States)
		switch r.IntN(7) {
		case 6:
			fillFlow(r, &f)
		case 0, 1:
			fillState(r, &f, s)
		case 2:
			f.Priority = r.IntN(3) - 1
		case 3:
			f.Again = pick(r, []time.Duration{-1, 0, time.Hour})
		case 4:
			if f.Name != "fallback" {
				f.Triggers = randomRules(r, 1+r.IntN(3), nil)
			}
		case 5: // a state more
			name := fmt.Sprint("n", r.IntN(3))
			if f.state(name) == nil {
				n := &modelState{Name: name}
				f.States = append([]*modelState{n}, f.States...)
				fillState(r, &f, n)
			}
		}
	}
	return &f
}

// renderFlow writes a flow in Lua: as plain data or with functions, as it falls. Both mean the same.
func renderFlow(f *modelFlow, r *rand.Rand) string {
	var b strings.Builder
	again := `"never"`
	if f.Again >= 0 {
		again = fmt.Sprintf("%q", fmt.Sprintf("%ds", int(f.Again/time.Second)))
	}
	fmt.Fprintf(&b, "return flow { name = %q, priority = %d, again = %s, first = %q, funnel = { %s },\n  triggers = {", f.Name, f.Priority, again, f.First, quoted(f.Funnel))
	events, byEvent := groupRules(f.Triggers)
	for _, e := range events {
		if modelPlain[e] {
			fmt.Fprintf(&b, " %s = true,", e)
			continue
		}
		var keys []string
		for _, rule := range byEvent[e] {
			keys = append(keys, rule.Key)
		}
		fmt.Fprintf(&b, " %s = { %s },", e, quoted(keys))
	}
	if f.Listens {
		b.WriteString(" listen = true")
	}
	b.WriteString(" },\n")
	renderWhole(&b, f, r)
	b.WriteString("  states = {\n")
	for _, s := range f.States {
		renderState(&b, s, r)
	}
	b.WriteString("  },\n}\n")
	return b.String()
}

// renderWhole writes limit, exit and listen of a flow.
func renderWhole(b *strings.Builder, f *modelFlow, r *rand.Rand) {
	if f.Limit > 0 {
		fmt.Fprintf(b, "  limit = { all = %d },\n", f.Limit)
	}
	for i, at := range []time.Time{f.From, f.To} {
		if !at.IsZero() {
			fmt.Fprintf(b, "  %s = %q,\n", []string{"from", "to"}[i], at.Format("2006-01-02 15:04"))
		}
	}
	if f.Closes {
		b.WriteString("  closes = \"leave\",\n")
	}
	if f.Arms != [2]int{} {
		fmt.Fprintf(b, "  variants = { x = { a = %d, b = %d } },\n", f.Arms[0], f.Arms[1])
	}
	if f.Share > 0 {
		state := ""
		if f.Control != "" {
			state = fmt.Sprintf(", state = %q", f.Control)
		}
		fmt.Fprintf(b, "  holdout = { share = %d%s },\n", f.Share, state)
	}
	if len(f.Exits) > 0 {
		b.WriteString("  exit = {")
		for _, x := range f.Exits {
			switch {
			case x.Key == "*":
				fmt.Fprintf(b, " %s = true,", x.Event)
			case x.To != "":
				fmt.Fprintf(b, " %s = { [%q] = %q },", x.Event, x.Key, x.To)
			default:
				fmt.Fprintf(b, " %s = { %q },", x.Event, x.Key)
			}
		}
		b.WriteString(" },\n")
	}
	renderRules(b, "  listen", f.Listen, r)
}

// renderRules writes rules by their events.
func renderRules(b *strings.Builder, field string, rules []modelRule, r *rand.Rand) {
	if len(rules) == 0 {
		return
	}
	fmt.Fprintf(b, "%s = {\n", field)
	events, byEvent := groupRules(rules)
	for _, e := range events {
		if modelPlain[e] {
			fmt.Fprintf(b, "        %s = %s,\n", e, renderAction(byEvent[e][0].Do, r))
			continue
		}
		fmt.Fprintf(b, "        %s = {\n", e)
		for _, rule := range byEvent[e] {
			fmt.Fprintf(b, "          [%q] = %s,\n", rule.Key, renderAction(rule.Do, r))
		}
		b.WriteString("        },\n")
	}
	b.WriteString("      },\n")
}

func renderState(b *strings.Builder, s *modelState, r *rand.Rand) {
	fmt.Fprintf(b, "    %s = {\n", s.Name)
	if s.Final {
		b.WriteString("      final = true,\n")
	}
	if s.Goal != "" {
		fmt.Fprintf(b, "      goal = %q,\n", s.Goal)
	}
	for _, hook := range []struct {
		name string
		do   modelAction
	}{{"enter", s.Enter}, {"leave", s.Leave}} {
		if len(hook.do.Verbs) > 0 || hook.do.To != "" {
			fmt.Fprintf(b, "      %s = %s,\n", hook.name, renderAction(hook.do, r))
		}
	}
	if s.Result != "" {
		fmt.Fprintf(b, "      result = %q,\n", s.Result)
	}
	renderRules(b, "      on", s.On, r)
	renderRules(b, "      listen", s.Listen, r)
	for _, field := range []string{"after", "every"} {
		var lines []string
		for _, t := range s.Timers {
			if (t.Wait > 0) == (field == "after") {
				do := renderAction(t.Do, r)
				if t.Late != "" {
					do = fmt.Sprintf("{ late = %q, %s", t.Late, strings.TrimPrefix(do, "{ "))
				}
				lines = append(lines, fmt.Sprintf("        [%q] = %s,", strings.TrimPrefix(t.Name, "every "), do))
			}
		}
		if lines != nil {
			fmt.Fprintf(b, "      %s = {\n%s\n      },\n", field, strings.Join(lines, "\n"))
		}
	}
	b.WriteString("    },\n")
}

func groupRules(rules []modelRule) (events []string, byEvent map[string][]modelRule) {
	byEvent = map[string][]modelRule{}
	for _, rule := range rules {
		if byEvent[rule.Event] == nil {
			events = append(events, rule.Event)
		}
		byEvent[rule.Event] = append(byEvent[rule.Event], rule)
	}
	return events, byEvent
}

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}

// renderAction takes data or a function, as it falls. Only a function decides where to go.
func renderAction(a modelAction, r *rand.Rand) string {
	if a.Decides || chance(r, 30) {
		return renderFunction(a)
	}
	return renderData(a)
}

func renderData(a modelAction) string {
	fields := map[string][]string{}
	var order, set []string
	add := func(field, value string) {
		if fields[field] == nil {
			order = append(order, field)
		}
		fields[field] = append(fields[field], value)
	}
	for _, v := range a.Verbs {
		switch v.Verb {
		case "attr":
			set = append(set, fmt.Sprintf("[%q] = %q", v.Name, v.Value))
		case "var":
			set = append(set, fmt.Sprintf("[%q] = %q", "vars."+v.Name, v.Value))
		case "fail": // a tag without a name
			add("tag", `"${vars.none}"`)
		case "message":
			value := fmt.Sprintf("%q", v.Value)
			if v.Name != "" {
				value = fmt.Sprintf("{ text = %q, after = \"2h\", key = %q }", v.Value, v.Name)
			}
			add(v.Verb, value)
		case "reply":
			add(v.Verb, fmt.Sprintf("%q", v.Value))
		case "enroll":
			value := fmt.Sprintf("%q", v.Name)
			if v.Value != "" {
				value = fmt.Sprintf("{ flow = %q, after = \"2h\", key = %q }", v.Name, v.Value)
			}
			add(v.Verb, value)
		case "leave":
			add("leave", "true")
		default:
			add(v.Verb, fmt.Sprintf("%q", v.Name))
		}
	}
	var out []string
	if set != nil {
		out = append(out, "set = { "+strings.Join(set, ", ")+" }")
	}
	for _, field := range order {
		value := strings.Join(fields[field], ", ")
		if len(fields[field]) > 1 {
			value = "{ " + value + " }"
		}
		out = append(out, field+" = "+value)
	}
	if a.To != "" {
		out = append(out, fmt.Sprintf("to = %q", a.To))
	}
	return "{ " + strings.Join(out, ", ") + " }"
}

// keyOptions are those of what is scheduled under a key.
func keyOptions(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(", { after = \"2h\", key = %q }", key)
}

func renderFunction(a modelAction) string {
	var b strings.Builder
	b.WriteString("{ run = function(fan)\n")
	for _, v := range a.Verbs {
		value := fmt.Sprintf("%q", v.Value)
		if text, ok := strings.CutSuffix(v.Value, "${vars.n}"); ok {
			value = fmt.Sprintf("%q .. (fan.vars.n or \"\")", text)
		} else if text, ok := strings.CutPrefix(v.Value, "${vars.n}"); ok {
			value = fmt.Sprintf("(fan.vars.n or \"\") .. %q", text)
		}
		switch v.Verb {
		case "attr":
			fmt.Fprintf(&b, "  fan.attrs[%q] = %s\n", v.Name, value)
		case "var":
			fmt.Fprintf(&b, "  fan.vars[%q] = %s\n", v.Name, value)
		case "variant":
			fmt.Fprintf(&b, "  fan.vars.%s = fan:variant(%q)\n", v.Name, v.Name)
		case "fail":
			b.WriteString("  error(\"broken\")\n")
		case "reply":
			fmt.Fprintf(&b, "  fan:reply(%s)\n", value)
		case "message":
			fmt.Fprintf(&b, "  fan:message(%s%s)\n", value, keyOptions(v.Name))
		case "enroll":
			fmt.Fprintf(&b, "  fan:enroll(%q%s)\n", v.Name, keyOptions(v.Value))
		case "leave":
			b.WriteString("  fan:leave()\n")
		default:
			fmt.Fprintf(&b, "  fan:%s(%q)\n", v.Verb, v.Name)
		}
	}
	switch {
	case a.To != "" && !a.Decides:
		fmt.Fprintf(&b, "end, to = %q }", a.To)
	case a.To != "":
		fmt.Fprintf(&b, "  return %q\nend, to = { %q } }", a.To, a.To)
	default:
		b.WriteString("end, to = {} }")
	}
	return b.String()
}
