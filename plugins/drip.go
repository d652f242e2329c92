package plugins

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Drip is the series of sends of a drip script, `return drip { … }`. It is data: who reads it needs no Lua.
type Drip struct {
	// Late is what becomes of a step whose time has passed by more than a minute: run, skip, next (the default) or hours such as
	// 09:00-21:00. It is not checked here.
	Late    string     `json:"late"`
	Purpose string     `json:"purpose"` // of send, message and notice: campaign (the default) or service
	Steps   []DripStep `json:"steps"`
}

// DripStep is one step. Its time counts from the moment at which the fan came in.
type DripStep struct {
	At    string `json:"at,omitempty"`    // +3d 10:00: at that time of the day, so many days after the day of entry
	After string `json:"after,omitempty"` // 3d, 2h: so much later, a day being 24 hours; neither: at once
	When  any    `json:"when,omitempty"`  // for whom, as the conditions of a flow's case
	// Do are what is sent and noted, by verb, as a flow's plain data has them.
	Do map[string]any `json:"do"`
}

// Offset is the step's time as the script has it: "" is at once.
func (s *DripStep) Offset() string { return s.At + s.After }

// DripFault is a mistake in a drip, at a place such as steps.2.after.
type DripFault struct{ Path, Msg, Mend string }

var (
	// DripFields are the fields of a drip that are its own; the others are a flow's.
	DripFields = []string{"steps", "late", "purpose"}
	// DripVerbs are what a step may do, DripSays those of them that say something.
	DripVerbs = []string{"set", "add", "tag", "untag", "goal", "message", "send", "template", "notice"}
	DripSays  = []string{"message", "send", "template", "notice"}
)

// maxDripSteps bounds a drip: each step is a state of the flow that it becomes.
const maxDripSteps = 60

// ReadDrip reads the table that a script gave to drip. What is wrong with the contents of messages and conditions is not found here.
func ReadDrip(root *lua.LTable) (Drip, []DripFault) {
	r := &dripReader{}
	d := Drip{Late: r.text("late", root.RawGetString("late"), "next"), Purpose: r.text("purpose", root.RawGetString("purpose"), "campaign")}
	if d.Purpose != "campaign" && d.Purpose != "service" {
		r.fault("purpose", `write "campaign", or "service" for what the fan has asked for`, "is \"campaign\" or \"service\", not %q", d.Purpose)
	}
	steps, ok := root.RawGetString("steps").(*lua.LTable)
	switch {
	case !ok || steps.Len() == 0:
		r.fault("steps", `write steps = { { send = "…" }, { after = "3d", send = "…" } }`, "must be a list of the steps")
		return d, r.faults
	case steps.Len() > maxDripSteps:
		r.fault("steps", "begin another drip with enroll in a flow", "there are %d; a drip has at most %d", steps.Len(), maxDripSteps)
		return d, r.faults
	}
	whole := true
	for k, v := steps.Next(lua.LNil); k != lua.LNil; k, v = steps.Next(k) {
		path := "steps." + k.String()
		t, ok := v.(*lua.LTable)
		if k.Type() != lua.LTNumber || !ok {
			whole = false
			r.fault(path, "", "a step is a table in the list, such as { after = \"3d\", send = \"…\" }")
			continue
		}
		d.Steps = append(d.Steps, r.step(path, t))
	}
	if whole {
		r.ascend(d.Steps)
	}
	return d, r.faults
}

type dripReader struct{ faults []DripFault }

func (r *dripReader) fault(path, mend, format string, args ...any) {
	r.faults = append(r.faults, DripFault{path, path + ": " + fmt.Sprintf(format, args...), mend})
}

func (r *dripReader) text(path string, v lua.LValue, instead string) string {
	if v == lua.LNil {
		return instead
	}
	s, ok := v.(lua.LString)
	if !ok || s == "" {
		r.fault(path, "", "must be a text that is not empty")
	}
	return string(s)
}

func (r *dripReader) step(path string, t *lua.LTable) DripStep {
	s := DripStep{Do: map[string]any{}}
	known := slices.Concat([]string{"at", "after", "when"}, DripVerbs)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		field := k.String()
		here := path + "." + field
		switch {
		case !slices.Contains(known, field):
			r.faults = append(r.faults, DripFault{here, fmt.Sprintf("unknown field %q", here), "the fields here are " + strings.Join(known, ", ")})
		case field == "at":
			s.At = r.text(here, v, "")
		case field == "after":
			s.After = r.text(here, v, "")
		case field == "when":
			var err error
			if s.When, err = sandbox.FromLua(v); err != nil {
				r.fault(here, "", "%v", err)
			}
		default:
			data, err := sandbox.FromLua(v)
			s.Do[field] = data
			if err != nil {
				r.fault(here, "a drip is plain data: what needs a function is a flow", "%v", err)
			}
		}
	}
	if len(s.Do) == 0 {
		r.fault(path, "write send = \"…\", or one of "+strings.Join(DripVerbs, ", "), "the step does nothing")
	}
	if s.At != "" && s.After != "" {
		r.fault(path+".at", "keep one of them", "a step has at or after, not both")
		s.At = ""
	}
	return s
}

// span is when a step may be due, counted from the entry: an at may come up to a day before its days are full, as who came in late in
// the day waits for less.
type span struct{ from, to time.Duration }

// span reads the step's time.
func (s *DripStep) span() (span, error) {
	switch {
	case s.At != "":
		days, clock, ok := strings.Cut(strings.TrimPrefix(s.At, "+"), " ")
		if !ok || !strings.HasPrefix(s.At, "+") {
			return span{}, fmt.Errorf("%q counts no days from the entry", s.At)
		}
		if _, err := ParseWhen(s.At, time.Unix(0, 0), time.UTC); err != nil {
			return span{}, err
		}
		d, err := ParseDuration(days)
		if err != nil {
			return span{}, err
		}
		at, err := ParseWhen("2000-01-01 "+strings.TrimSpace(clock), time.Unix(0, 0), time.UTC)
		if err != nil {
			return span{}, err
		}
		d += at.Sub(at.Truncate(24 * time.Hour))
		return span{d - 24*time.Hour, d}, nil
	case s.After != "":
		d, err := ParseDuration(s.After)
		return span{d, d}, err
	}
	return span{}, nil
}

// ascend finds times that cannot be read, and steps that are due before the one before them.
func (r *dripReader) ascend(steps []DripStep) {
	var last span
	for i := range steps {
		s := &steps[i]
		path := fmt.Sprintf("steps.%d", i+1)
		field, mend := path+".after", `write "2h" or "3d"`
		if s.At != "" {
			field, mend = path+".at", `write "+3d 10:00": ten o'clock three days after the day of entry`
		}
		here, err := s.span()
		before := &steps[max(0, i-1)]
		switch {
		case err != nil:
			r.fault(field, mend, "%v", err)
			continue
		case i == 0:
		case s.Offset() == "":
			r.fault(path, `write after = "3d" or at = "+3d 10:00"`, "only the first step may do without a time")
		case (s.At == "") == (before.At == "") && here.to <= last.to, here.to <= last.from:
			r.fault(field, "put the steps in the order of their times, which count from the entry", "%q is not after the step before, %q", s.Offset(), before.Offset())
		}
		last = here
	}
}
