package flows

import (
	"fmt"
	"slices"
	"time"

	"fanflow/store"
)

// Kinds of what a publication makes of an enrollment.
const (
	fanStays    = "stays"    // on its version
	fanMoves    = "moves"    // to the new version, in its state
	fanMapped   = "maps"     // to the new version, in another state
	fanRestarts = "restarts" // at the first state of the new version
	fanEnds     = "ends"     // it leaves the flow
	fanBroken   = "broken"   // it stays, as the new version cannot be used
)

// migration is what one publication makes of one enrollment.
type migration struct {
	Kind     string
	Version  int
	State    string
	Why      string
	Drop     []store.Timer  // taken back
	Arm      []armed        // set, or set anew
	Renumber map[string]int // the funnel's steps, where their places have changed; nil: none has
	Pairs    []timerPair    // what became of each timer of the wait, for people
}

// armed is a timer that a migration sets.
type armed struct {
	Timer *timer
	Due   time.Time
	Fired int    // how often it has fired before, of an every that counts
	Over  bool   // it fired before under another name, and shall not again: it is noted and not set
	Was   string // that name, or that of the timer it stands for
}

// timerPair says what became of a timer: one of From and To is empty where it is dropped or new.
type timerPair struct{ From, To, What string }

// migrate says what a publication makes of an enrollment that is in version old, which is nil where that cannot be used. It is
// pure: events that find a fan behind, the job that goes through all fans and the dry run use it alike.
func migrate(f *store.Fan, n *store.Enrollment, old *compiled, p *pubStep, now time.Time, loc *time.Location) migration {
	m := migration{Kind: fanStays, Version: n.Version, State: n.State}
	var was *state
	if old != nil {
		was = old.States[n.State]
	}
	mode, to := treatment(p.Choice, n.State)
	switch {
	case mode == store.EndFans:
		m.Kind, m.Why = fanEnds, fmt.Sprintf("ended by publication %d", p.No)
		return m
	case mode == store.KeepFans:
		m.Why = fmt.Sprintf("publication %d keeps fans on their version", p.No)
		m.timers(f, n, was, was, now, loc)
		return m
	case p.Flow == nil:
		m.Kind, m.Why = fanBroken, fmt.Sprintf("version %d cannot be used", p.Version)
		return m
	case mode == store.RestartFans:
		m.Kind, m.Version, m.State = fanRestarts, p.Version, p.Flow.First
		m.Renumber = renumber(n, p.Flow, n.State)
		m.Why = fmt.Sprintf("restarted by publication %d", p.No)
		return m
	}
	is := p.Flow.States[to]
	if is == nil {
		m.Why = fmt.Sprintf("version %d has no state %q", p.Version, to)
		m.timers(f, n, was, was, now, loc)
		return m
	}
	m.settle(n, p, is)
	if m.Kind != fanEnds {
		m.timers(f, n, was, is, now, loc)
	}
	return m
}

// settle moves the enrollment into a state of the published version.
func (m *migration) settle(n *store.Enrollment, p *pubStep, is *state) {
	m.Version, m.State = p.Version, is.Name
	m.Why = fmt.Sprintf("version %d was published; it was %d", p.Version, n.Version)
	m.Renumber = renumber(n, p.Flow, is.Name)
	switch {
	case is.Final:
		m.Kind = fanEnds
		m.Why = fmt.Sprintf("state %q is final in version %d", is.Name, p.Version)
	case is.Name != n.State:
		m.Kind = fanMapped
		m.Why += fmt.Sprintf("; %q became %q", n.State, is.Name)
	case p.Version != n.Version:
		m.Kind = fanMoves
	default:
		m.Why = fmt.Sprintf("version %d was published again", p.Version)
	}
}

// Words of a map of states beside the names of states.
const (
	mapKeep    = "<keep>"
	mapRestart = "<restart>"
	mapEnd     = "<end>"
)

// treatment reads the publisher's choice for a state: how fans in it are treated and, if they move, into which state.
func treatment(c *store.Choice, in string) (mode, to string) {
	if c == nil || c.Mode == "" {
		return store.MoveFans, in
	}
	if c.Mode != store.MapFans {
		return c.Mode, in
	}
	switch to, ok := c.Map[in]; {
	case !ok:
		return store.MoveFans, in
	case to == mapKeep:
		return store.KeepFans, in
	case to == mapRestart:
		return store.RestartFans, in
	case to == mapEnd:
		return store.EndFans, in
	default:
		return store.MapFans, to
	}
}

// renumber gives the places in the version's funnel of the reached steps and of the state that the enrollment goes to; nil where
// none has changed.
func renumber(n *store.Enrollment, flow *compiled, to string) map[string]int {
	steps := map[string]int{}
	changed := false
	for _, r := range append(slices.Clone(n.Reached), store.Step{State: to}) {
		if _, ok := steps[r.State]; ok {
			continue
		}
		pos := 0
		if s := flow.States[r.State]; s != nil {
			pos = s.Step
		}
		steps[r.State] = pos
		changed = changed || pos != r.Pos
	}
	if !changed {
		return nil
	}
	return steps
}

// apply makes a copy of the enrollment that has gone through the publication, as far as it can be known without running hooks.
func (m *migration) apply(n *store.Enrollment, p *pubStep) store.Enrollment {
	c := *n
	c.Version, c.State, c.Pub = m.Version, m.State, p.No
	if m.Kind == fanRestarts {
		c.Vars, c.Timers, c.Calls = nil, nil, ""
		return c
	}
	c.Timers = slices.Clone(n.Timers)
	for _, t := range m.Drop {
		c.Timers = slices.DeleteFunc(c.Timers, func(o store.Timer) bool { return o.Name == t.Name })
	}
	for _, a := range m.Arm {
		t := store.Timer{Name: a.Timer.Name, Due: a.Due}
		if a.Over {
			t.Over = "missed"
		}
		c.Timers = slices.DeleteFunc(c.Timers, func(o store.Timer) bool { return o.Name == t.Name })
		c.Timers = append(c.Timers, t)
	}
	return c
}

// stuck says why nothing can lead the enrollment on any more; empty: something can.
func stuck(n *store.Enrollment, flow *compiled) string {
	if flow == nil {
		return fmt.Sprintf("version %d cannot be used", n.Version)
	}
	s := flow.States[n.State]
	switch {
	case s == nil:
		return fmt.Sprintf("version %d has no state %q", n.Version, n.State)
	case s.Final, len(s.On) > 0, len(flow.Exit) > 0, n.Calls != "", leadsOn(s.Listen), leadsOn(flow.Listen),
		slices.ContainsFunc(n.Timers, func(t store.Timer) bool { return t.Armed() }):
		return ""
	case !flow.Window.To.IsZero() && flow.Window.Closes == "leave":
		return ""
	}
	return "no rule, timer or exit leads out of it any more"
}

// leadsOn reports whether a rule may choose a state.
func leadsOn(rules map[string]*matcher) bool {
	for _, m := range rules {
		for i := range m.Rules {
			if do := m.Rules[i].Do; do != nil && (do.Run != nil || len(do.edges()) > 0) {
				return true
			}
		}
	}
	return false
}
