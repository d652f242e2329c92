package flows

import (
	"slices"
	"time"
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
}

// state is a declared state.
type state struct {
	Name  string
	Line  int
	Final bool
	Goal  string
	Step  int // position in the funnel from 1; 0 for none
	Enter *action
	Leave *action
	On    map[string]*matcher // by event
	After []delay             // shortest first
}

// delay is a timer of a state.
type delay struct {
	Name string // as declared: 1d
	Wait time.Duration
	Do   *action
}

// after gives the timer declared under the name, or nil.
func (s *state) after(name string) *delay {
	i := slices.IndexFunc(s.After, func(d delay) bool { return d.Name == name })
	if i < 0 {
		return nil
	}
	return &s.After[i]
}

// last is the position of the last funnel step; 0 without a funnel.
func (d *declaration) last() int { return len(d.Funnel) }

// again says when a fan who was in a flow may enter it once more.
type again struct {
	Ever bool          // false: never
	Wait time.Duration // after leaving
}

// allows reports whether a fan who left at the time may enter now. Zero means never entered or not left.
func (a again) allows(count int, left, now time.Time) bool {
	if count == 0 {
		return true
	}
	return a.Ever && !now.Before(left.Add(a.Wait))
}

// action is what a hook, an event or a timer leads to: a function of the script, or steps that are plain data; then, perhaps, a
// transition.
type action struct {
	Field string // where it stands: states.greet.on.text.1
	Line  int
	To    string // the target of plain data; empty: stays
	// Run is where the function stands in the script's table; nil for plain data.
	Run []any
	// Targets are those that a function declares; Declared tells an empty list from none.
	Targets  []string
	Declared bool
	Steps    []step
}

// edges are the states that the action may lead to.
func (a *action) edges() []string {
	if a == nil {
		return nil
	}
	if a.To != "" {
		return []string{a.To}
	}
	return a.Targets
}
