package flows

import (
	"fmt"
	"slices"
	"time"

	"fanflow/store"
)

// declaration is what a flow's script says, as far as it can be said without running its functions. It never changes once
// made and is shared by all decisions.
type declaration struct {
	Name     string
	Title    string
	Priority int
	First    string
	Again    again
	Funnel   []string // the steps: as declared, else derived
	States   map[string]*state
	Order    []string // names of the states in source order
	Triggers []*matcher
	// TriggersListen: they enroll without taking the event.
	TriggersListen bool

	Listen   map[string]*matcher // by event: hears in any state, without taking
	Exit     []*matcher          // what ends an enrollment wherever it is; a rule's To names the final state to end in
	Window   window
	Limit    limit
	Hours    Hours // that late = "next" waits for
	Variants []experiment
	Holdout  *holdout
	Ticks    []timer // triggers at and every: what enrolls an audience

	places map[string]string // see source
}

// state is a declared state.
type state struct {
	Name  string
	Line  int
	Final bool
	Goal  string
	Step  int // position in the funnel from 1; 0 for none
	// Result is what a caller of a flow that ends here hears; empty: the state's name.
	Result string
	Enter  *action
	Leave  *action
	On     map[string]*matcher // by event
	Listen map[string]*matcher // by event: hears without taking
	Timers []timer             // after, shortest first; then at and every in source order
}

// timer gives the timer declared under the name, or nil.
func (s *state) timer(name string) *timer {
	i := slices.IndexFunc(s.Timers, func(t timer) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Timers[i]
}

// last is the last funnel step, whose reaching completes a journey; empty without a funnel.
func (d *declaration) last() string {
	if len(d.Funnel) == 0 {
		return ""
	}
	return d.Funnel[len(d.Funnel)-1]
}

// again says when a fan who was in a flow may enter it once more.
type again struct {
	Ever  bool          // false: never
	Wait  time.Duration // after leaving
	Times int           // how often, after the first; 0: no end to it
}

// allows reports whether a fan who left at the time may enter now. Zero means never entered or not left.
func (a again) allows(count int, left, now time.Time) bool {
	if count == 0 {
		return true
	}
	return a.Ever && !now.Before(left.Add(a.Wait)) && (a.Times == 0 || count <= a.Times)
}

// refusal says what keeps out a fan who was there before, with times as clocks show them there.
func (a again) refusal(past store.Past, there *time.Location) string {
	switch {
	case !a.Ever:
		return "the fan was in it once, and that is all"
	case a.Times > 0 && past.Count > a.Times:
		return fmt.Sprintf("the fan was in it %d times, and may enter again %d times only", past.Count, a.Times)
	}
	return fmt.Sprintf("too soon: it was left %s, and may be entered again from %s",
		past.LeftAt.In(there).Format(minuteLayout), past.LeftAt.Add(a.Wait).In(there).Format(minuteLayout))
}

// action is what a hook, an event or a timer leads to: a function of the script, steps that are plain data, or cases; then,
// perhaps, a transition.
type action struct {
	Field string // where it stands: states.greet.on.text.1
	Line  int
	To    string // the target; empty: stays, or a function decides
	// Run is where the function stands in the script's table; nil for plain data.
	Run []any
	// Targets are those that a function declares; Declared tells an empty list from none.
	Targets  []string
	Declared bool
	Steps    []step
	Cases    []branch // the first that holds is carried out; then nothing else is set
}

// edges are the states that the action may lead to.
func (a *action) edges() (to []string) {
	if a == nil {
		return nil
	}
	a.each(func(a *action) {
		for i := range a.Steps {
			if c := a.Steps[i].Claim; c != nil && c.None != "" {
				to = append(to, c.None)
			}
		}
		if a.To != "" {
			to = append(to, a.To)
		} else {
			to = append(to, a.Targets...)
		}
	})
	return to
}

// each shows the actions that a may come to: those of its cases, else a itself.
func (a *action) each(see func(*action)) {
	if len(a.Cases) == 0 {
		see(a)
	}
	for i := range a.Cases {
		a.Cases[i].Do.each(see)
	}
}
