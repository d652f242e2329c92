package flows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"fanflow/plugins"
)

// built says which features the engine has; the random flows use only those.
const (
	builtDataEnroll = false // enroll and leave as data
	builtRunTo      = false // run with to = "x" moves as data does
	builtScanAny    = false // a trigger scan = "*" is a wildcard for new followers too
	builtParkedDrop = false // a parked timer goes with its wait
	builtSets       = false // a function's fan.vars.x = … is noted where it stands, not at its end
)

// randomFlow makes a flow that passes check.
func randomFlow(r *rand.Rand, name string) *modelFlow {
	f := &modelFlow{Name: name, Priority: r.IntN(3) - 1, First: "s0", Again: pick(r, []time.Duration{-1, 0, 0, 0, time.Hour, 3 * day})}
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
	}
	return f
}

func fillState(r *rand.Rand, f *modelFlow, s *modelState) {
	s.Enter, s.Leave, s.On, s.Timers, s.Goal = modelAction{}, modelAction{}, nil, nil, ""
	if chance(r, 60) {
		s.Enter = randomAction(r, f, s, "enter")
	}
	if chance(r, 15) {
		s.Goal = pick(r, modelGoals)
	}
	if s.Final {
		return
	}
	if chance(r, 30) {
		s.Leave = randomAction(r, f, s, "leave")
	}
	s.On = randomRules(r, 1+r.IntN(5), func() modelAction { return randomAction(r, f, s, "on") })
	for _, d := range modelDelays {
		if chance(r, 20) {
			wait, _ := plugins.ParseDuration(d)
			s.Timers = append(s.Timers, modelTimer{Name: d, Wait: wait, Do: randomAction(r, f, s, "timer")})
		}
	}
}

var modelSubjects = map[string][]string{
	"text": modelKeys, "click": {"a", "b", "*"}, "scan": {"s-1", "s-*", "*"}, "webhook": {"h1", "h*", "*"}, "tag": {"t1", "t2", "*"},
	"attr": {"x", "*"}, "goal": {"g1", "g2", "*"}, "subscribe": {"*"}, "unsubscribe": {"*"},
}

func randomRules(r *rand.Rand, n int, do func() modelAction) (out []modelRule) {
	events := []string{"text", "text", "text", "text", "click", "scan", "webhook", "tag", "attr", "goal", "subscribe", "unsubscribe"}
	for range n {
		event := pick(r, events)
		rule := modelRule{Event: event, Key: pick(r, modelSubjects[event])}
		if event == "scan" && do == nil && rule.Key == "*" && !builtScanAny {
			continue
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
	}
	add(25, "tag", pick(r, modelTags), "")
	add(15, "untag", pick(r, modelTags), "")
	add(15, "goal", pick(r, modelGoals), "")
	add(4, "fail", "", "")
	add(40, "reply", "", fmt.Sprint(f.Name, " ", s.Name, " ", hook, r.IntN(100), pick(r, []string{"", " ${vars.n}"})))
	add(15, "message", "", fmt.Sprint("m", r.IntN(100)))
	add(10, "enroll", pick(r, modelNames), "")
	add(4, "leave", "", "")
	bound := hook == "leave" || hook == "enter" && s.Final
	if percent := map[string]int{"enter": 12, "on": 55, "timer": 65}[hook]; !bound && chance(r, percent) {
		a.To = pick(r, f.States).Name
		if hook == "enter" && a.To <= s.Name && chance(r, 90) { // a circle is a failure: seldom
			a.To = ""
		}
		a.Decides = a.To != "" && chance(r, 25)
	}
	if needsFunction(a) && !builtSets {
		a.Verbs = slices.DeleteFunc(a.Verbs, func(v modelVerb) bool { return (v.Verb == "attr" || v.Verb == "var") && len(a.Verbs) > 1 })
	}
	if needsFunction(a) && !builtRunTo {
		a.Decides = a.To != ""
	}
	if len(a.Verbs) == 0 && a.To == "" {
		a.Verbs = []modelVerb{{"reply", "", fmt.Sprint("r", r.IntN(100))}}
	}
	return a
}

// edit makes another version.
func edit(r *rand.Rand, old *modelFlow) *modelFlow {
	f := *old
	f.States = nil
	for _, s := range old.States {
		c := *s
		f.States = append(f.States, &c)
	}
	for range 1 + r.IntN(3) {
		s := pick(r, f.States)
		switch r.IntN(6) {
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
	b.WriteString(" },\n  states = {\n")
	for _, s := range f.States {
		renderState(&b, s, r)
	}
	b.WriteString("  },\n}\n")
	return b.String()
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
	if len(s.On) > 0 {
		b.WriteString("      on = {\n")
		events, byEvent := groupRules(s.On)
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
	if len(s.Timers) > 0 {
		b.WriteString("      after = {\n")
		for _, t := range s.Timers {
			fmt.Fprintf(b, "        [%q] = %s,\n", t.Name, renderAction(t.Do, r))
		}
		b.WriteString("      },\n")
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

// renderAction takes data or a function. Only a function decides where to go; what data cannot say only a function does.
func renderAction(a modelAction, r *rand.Rand) string {
	may := builtRunTo || a.To == "" && (builtSets || len(a.Verbs) == 1 || !a.sets())
	if needsFunction(a) || may && chance(r, 30) {
		return renderFunction(a)
	}
	return renderData(a)
}

func (a *modelAction) sets() bool {
	return slices.ContainsFunc(a.Verbs, func(v modelVerb) bool { return v.Verb == "attr" || v.Verb == "var" })
}

// needsFunction tells what data cannot say.
func needsFunction(a modelAction) bool {
	return a.Decides || !builtDataEnroll && slices.ContainsFunc(a.Verbs, func(v modelVerb) bool { return v.Verb == "enroll" || v.Verb == "leave" })
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
		case "reply", "message":
			add(v.Verb, fmt.Sprintf("%q", v.Value))
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
		case "fail":
			b.WriteString("  error(\"broken\")\n")
		case "reply", "message":
			fmt.Fprintf(&b, "  fan:%s(%s)\n", v.Verb, value)
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
