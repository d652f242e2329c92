package store

import (
	"slices"
	"time"
)

// reach notes a state that the enrollment has come to, and counts it: each state of an enrollment once.
func (a *Applied) reach(n *Enrollment, state string, pos int, at time.Time) {
	if slices.ContainsFunc(n.Reached, func(s Step) bool { return s.State == state }) {
		a.pass(n)
		return
	}
	a.count(n, Count{State: state, Entered: 1})
	n.Reached = append(n.Reached, Step{State: state, Pos: pos, At: at})
	a.pass(n)
}

// pass counts as completed every funnel step that lies behind the furthest one, each once. So of the steps that an enrollment has
// reached one is open at most, however publications renumber them. What was no step while the fan was there, and is one now,
// counts as the others do.
func (a *Applied) pass(n *Enrollment) {
	far := n.furthest()
	for i := range n.Reached {
		s := &n.Reached[i]
		if s.Pos == 0 || s == far || s.Passed {
			continue
		}
		s.Passed = true
		a.count(n, Count{State: s.State, Completed: 1, Took: took(n.onward(i).Sub(s.At))})
	}
}

// recall marks the steps that were passed before enrollments kept a mark of it: all but the furthest. Those enrollments do not
// know the version that they were entered under.
func (n *Enrollment) recall() {
	if n.EntryVersion > 0 {
		return
	}
	far := n.furthest()
	for i := range n.Reached {
		if s := &n.Reached[i]; s.Pos > 0 && s != far {
			s.Passed = true
		}
	}
}

// onward is when the enrollment first went on from a reached step to a later one; for a step that was gone back to, when it was
// reached.
func (n *Enrollment) onward(i int) time.Time {
	for _, s := range n.Reached[i+1:] {
		if s.Pos > n.Reached[i].Pos {
			return s.At
		}
	}
	return n.Reached[i].At
}

// end counts the end of an enrollment, and of the step where its journey has stopped: completed if it is done, else dropped.
func (a *Applied) end(n *Enrollment, done bool, at time.Time) {
	n.recall()
	stopped := func(state string, since time.Time) {
		if done {
			a.count(n, Count{State: state, Completed: 1, Took: took(at.Sub(since))})
		} else {
			a.count(n, Count{State: state, Dropped: 1})
		}
	}
	if far := n.furthest(); far != nil && !far.Passed {
		far.Passed = true
		stopped(far.State, far.At)
	}
	if n.EntryVersion > 0 { // else its beginning was not counted
		stopped("", n.EnteredAt)
	}
}

// stayed counts the visit of a state that ends.
func (a *Applied) stayed(n *Enrollment, at time.Time) {
	if n.State != "" {
		a.count(n, Count{State: n.State, Stay: stay(at.Sub(n.StateAt))})
	}
}
