package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
)

// dripFlowFields are the fields of a flow that a drip may have, too.
var dripFlowFields = []string{"name", "title", "triggers", "again", "exit", "priority", "from", "to", "closes", "limit", "hours"}

// The states of a drip: one for each step, one before the first where that does not come at once, one for those who are through.
const (
	dripStart = "start"
	dripDone  = "done"
)

// stepState names the state of a step by its time, as in step-0, step-2h and step-3d-10:00, and not by its place: a step that a new
// version puts in or takes out must not make another one of those behind it, which fans would then get twice or never.
func stepState(s *plugins.DripStep) string {
	offset := strings.Fields(strings.TrimPrefix(s.Offset(), "+"))
	return "step-" + cmp.Or(strings.Join(offset, "-"), "0")
}

// dripFlow makes the table of a flow of that of a drip: each step is a state whose enter carries it out, with a timer to the next that
// counts from the entry into the flow; the last leads to a final state. src learns where the places of the flow stand in the drip.
func dripFlow(src *source, root *lua.LTable) (*lua.LTable, []Finding) {
	d := &declarer{src: src}
	flow := plainTable()
	each(root, func(k, v lua.LValue) {
		field := k.String()
		switch _, isText := k.(lua.LString); {
		case isText && slices.Contains(dripFlowFields, field):
			flow.RawSet(k, v)
		case !isText || !slices.Contains(plugins.DripFields, field):
			known := slices.Concat(dripFlowFields, plugins.DripFields)
			d.add(SeverityError, "unknown-field", field, fmt.Sprintf("unknown field %q%s", field, didYouMean(field, known)),
				"the fields of a drip are "+strings.Join(known, ", "))
		}
	})
	drip, faults := plugins.ReadDrip(root)
	for _, f := range faults {
		d.add(SeverityError, "drip", f.Path, f.Msg, f.Mend)
	}
	if _, err := parseLate(drip.Late); err != nil {
		d.wrong("late", "%v", err)
	}
	b := &dripBuilder{src: src, drip: &drip}
	flow.RawSetString("states", b.states())
	flow.RawSetString("first", lua.LString(b.first()))
	funnel := plainTable()
	for i := range drip.Steps {
		funnel.Append(lua.LString(stepState(&drip.Steps[i])))
	}
	flow.RawSetString("funnel", funnel)
	return flow, d.findings
}

// dripBuilder makes the states of a drip.
type dripBuilder struct {
	src  *source
	drip *plugins.Drip
}

func (b *dripBuilder) first() string {
	if len(b.drip.Steps) > 0 && b.drip.Steps[0].Offset() == "" {
		return stepState(&b.drip.Steps[0])
	}
	return dripStart
}

func (b *dripBuilder) states() *lua.LTable {
	states := plainTable()
	if b.first() == dripStart {
		state := plainTable()
		b.timers(state, dripStart, 0)
		states.RawSetString(dripStart, state)
	}
	for i := range b.drip.Steps {
		name := stepState(&b.drip.Steps[i])
		state := plainTable()
		state.RawSetString("enter", b.enter(name, i))
		b.timers(state, name, i+1)
		states.RawSetString(name, state)
		b.src.stands("states."+name, "steps."+strconv.Itoa(i+1))
	}
	done := plainTable()
	done.RawSetString("final", lua.LTrue)
	states.RawSetString(dripDone, done)
	return states
}

// enter is the action of a step: for those whom its when takes, else nothing.
func (b *dripBuilder) enter(state string, i int) *lua.LTable {
	step := &b.drip.Steps[i]
	do := plainTable()
	for _, verb := range sortedKeys(step.Do) {
		do.RawSetString(verb, luaOf(purposed(verb, step.Do[verb], b.drip.Purpose)))
	}
	b.src.stands("states."+state+".enter", "steps."+strconv.Itoa(i+1))
	last := i == len(b.drip.Steps)-1
	if last {
		do.RawSetString("to", lua.LString(dripDone))
	}
	if step.When == nil {
		return do
	}
	do.RawSetString("when", luaOf(step.When))
	b.src.stands("states."+state+".enter.case.1", "steps."+strconv.Itoa(i+1))
	list, enter := listOf(do), plainTable()
	if last {
		on := plainTable()
		on.RawSetString("to", lua.LString(dripDone))
		list.Append(on)
	}
	enter.RawSetString("case", list)
	return enter
}

// timers lead from a state to the step with the index next. Where late ones are skipped they lead to all later ones, as the one
// that is skipped leads nowhere, and past the last.
func (b *dripBuilder) timers(state *lua.LTable, name string, next int) {
	skips := b.drip.Late == "skip"
	for i := next; i < len(b.drip.Steps) && (i == next || skips); i++ {
		b.timer(state, name, b.drip.Steps[i], stepState(&b.drip.Steps[i]), i+1)
	}
	switch n := len(b.drip.Steps); {
	case n == 0:
	case next < n && skips:
		b.timer(state, name, soonAfter(b.drip.Steps[n-1]), dripDone, n)
	case next == n && b.drip.Steps[n-1].Offset() == "":
		b.timer(state, name, plugins.DripStep{After: "1s"}, dripDone, n)
	case next == n:
		b.timer(state, name, b.drip.Steps[n-1], dripDone, n)
	}
}

func (b *dripBuilder) timer(state *lua.LTable, name string, at plugins.DripStep, to string, step int) {
	field := "after"
	if at.At != "" {
		field = "at"
	}
	times, ok := state.RawGetString(field).(*lua.LTable)
	if !ok {
		times = plainTable()
		state.RawSetString(field, times)
	}
	t := plainTable()
	for _, f := range [][2]string{{"to", to}, {"name", to}, {"since", sinceEntry}, {"late", b.drip.Late}} {
		t.RawSetString(f[0], lua.LString(f[1]))
	}
	if to == dripDone {
		t.RawSetString("late", lua.LString("run"))
	}
	times.RawSetString(at.Offset(), t)
	b.src.stands(strings.Join([]string{"states", name, field, at.Offset()}, "."), fmt.Sprintf("steps.%d.%s", step, field))
}

// soonAfter is when a step is late for sure.
func soonAfter(s plugins.DripStep) plugins.DripStep {
	const wait = 2 * punctual
	if s.At == "" {
		d, err := plugins.ParseDuration(s.After)
		if err != nil {
			return s // it is found wrong already
		}
		return plugins.DripStep{After: durationText(d + wait)}
	}
	days, clock, _ := strings.Cut(strings.TrimPrefix(s.At, "+"), " ")
	d, err := plugins.ParseDuration(days)
	at, err2 := time.Parse("15:04", strings.TrimSpace(clock))
	if cmp.Or(err, err2) != nil {
		return s
	}
	end := at.Add(wait)
	if end.Day() != at.Day() {
		d += 24 * time.Hour
	}
	return plugins.DripStep{At: fmt.Sprintf("+%dd %s", d/(24*time.Hour), end.Format("15:04"))}
}

// durationText writes whole seconds as scripts do.
func durationText(d time.Duration) string { return fmt.Sprintf("%ds", d/time.Second) }

// purposed gives what a verb says with the drip's purpose, where it names none itself. A template is never a campaign.
func purposed(verb string, v any, purpose string) any {
	if !slices.Contains(plugins.DripSays, verb) || verb == "template" {
		return v
	}
	switch v := v.(type) {
	case string:
		return map[string]any{"text": v, "purpose": purpose}
	case map[string]any:
		if v["purpose"] == nil {
			v["purpose"] = purpose
		}
	case []any:
		if isNews(v) {
			return map[string]any{"news": v, "purpose": purpose}
		}
		for i := range v {
			v[i] = purposed(verb, v[i], purpose)
		}
	}
	return v
}

// luaOf makes Lua values of data.
func luaOf(v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	case []any:
		t := plainTable()
		for _, item := range v {
			t.Append(luaOf(item))
		}
		return t
	case map[string]any:
		t := plainTable()
		for _, k := range sortedKeys(v) {
			t.RawSetString(k, luaOf(v[k]))
		}
		return t
	}
	return lua.LNil
}

func plainTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }
