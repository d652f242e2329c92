package flows

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
)

// maxMoves is how many transitions one event may chain in a flow, and how many flows it may enroll the fan in.
const maxMoves = 32

// walk moves one enrollment: it carries out actions and goes where they lead, until the enrollment rests or ends.
type walk struct {
	d       *decision
	flow    *compiled
	no      int
	moves   int
	leaving bool // fan:leave was called
	ended   bool
	bare    bool   // no hook is run: the flow is paused, or its hook has failed
	why     string // what led to the step that is carried out now
	hook    string // the kind of the plugin's hook that it is; empty: it is an enrollment's
	over    string // why it ends in a final state, where that is not all there is to say
}

func (d *decision) walk(flow *compiled, no int) *walk { return &walk{d: d, flow: flow, no: no} }

// at gives the enrollment in the working copy; nil once it has ended.
func (w *walk) at() *store.Enrollment {
	n := w.d.draft.fan.Enrolled(w.flow.Name)
	if n == nil || n.No != w.no {
		return nil
	}
	return n
}

// state gives the declared state that the enrollment is in, nil before the first.
func (w *walk) state() *state {
	if n := w.at(); n != nil {
		return w.flow.States[n.State]
	}
	return nil
}

// note adds an entry of this enrollment.
func (w *walk) note(e store.Entry) error {
	e.Flow, e.No = w.flow.Name, w.no
	return w.d.draft.add(e)
}

func (w *walk) fault(line int, format string, args ...any) error {
	place := w.flow.Program.File()
	if line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	return &failure{err: fmt.Errorf("%s: %w", place, fmt.Errorf(format, args...))}
}

// start enters the first state of a new enrollment.
func (w *walk) start(why string) error { return w.goOn(w.first(), why) }

// act carries out what an event or a timer leads to. A transition runs leave, action, enter. Where a function decides on it, or
// a claim, that can only be known by running it, so there the order is action, leave, enter.
func (w *walk) act(a *action, why string) error {
	a = w.choose(a)
	if a.To != "" {
		if err := w.leave(why); err != nil || w.ended {
			return err
		}
		to, err := w.perform(a, why)
		if err != nil || w.ended {
			return err
		}
		return w.goOn(to, why)
	}
	to, err := w.perform(a, why)
	if err != nil || w.ended || to == "" {
		return err
	}
	if err := w.leave(why); err != nil || w.ended {
		return err
	}
	return w.goOn(to, why)
}

// goOn enters a state and those it leads on to.
func (w *walk) goOn(to, why string) error {
	for {
		next, err := w.enter(to, why)
		if err != nil || next == "" {
			return err
		}
		why = "from " + to
		if err := w.leave(why); err != nil || w.ended {
			return err
		}
		to = next
	}
}

// leave ends the sub-flow that the state waits for, and runs the leave hook of the state that is being left.
func (w *walk) leave(why string) error {
	if err := w.forget(callerWentOn); err != nil {
		return err
	}
	s := w.state()
	if s == nil || s.Leave == nil {
		return nil
	}
	to, err := w.perform(s.Leave, why)
	if err == nil && to != "" {
		err = w.fault(s.Leave.Line, "leave of state %q returned %q: leave cannot choose a state", s.Name, to)
	}
	return err
}

// enter moves into a state and runs its enter hook. It gives the state to go on to at once, or "" where the enrollment rests or
// has ended.
func (w *walk) enter(name, why string) (next string, err error) {
	s := w.flow.States[name]
	if s == nil {
		return "", w.fault(0, "there is no state %q%s", name, didYouMean(name, w.flow.Order))
	}
	if w.moves++; w.moves > maxMoves {
		return "", w.fault(s.Line, "more than %d transitions in a row, the last into %q: the states lead in a circle", maxMoves, name)
	}
	if err := w.forget(callerWentOn); err != nil { // the leave hook, or the function that chose this state, may have called one
		return "", err
	}
	w.d.dropTimers(w.at())
	fence := w.d.draft.fan.Fence + 1
	if err := w.note(store.Entry{Kind: store.Entered, State: name, From: w.at().State, Fence: fence, Step: s.Step, Why: why}); err != nil {
		return "", err
	}
	if s.Goal != "" {
		if err := w.goal(s.Goal); err != nil {
			return "", err
		}
	}
	if s.Enter != nil {
		if next, err = w.perform(s.Enter, "enter "+name); err != nil || w.ended {
			return "", err
		}
	}
	switch {
	case s.Final && next != "":
		return "", w.fault(s.Enter.Line, "enter of state %q returned %q: a final state cannot lead on", name, next)
	case s.Final:
		return "", w.end(cmp.Or(w.over, "final"))
	case next != "":
		return next, nil
	}
	return "", w.arm(s)
}

// end ends the enrollment.
func (w *walk) end(why string) error {
	w.ended = true
	return w.d.finish(w.at(), why)
}

// quit ends the enrollment from outside of its states: by way of a final one, if to names it.
func (w *walk) quit(to, why string) error {
	if err := w.forget(callerEnded); err != nil {
		return err
	}
	if err := w.leave(why); err != nil || w.ended {
		return err
	}
	if to == "" || w.flow.States[to] == nil {
		return w.end(why)
	}
	w.over = why
	return w.goOn(to, why)
}

// arm sets the timers of the state that the enrollment rests in. The ids derive from the wait, so that arming twice sets one.
func (w *walk) arm(s *state) error {
	for i := range s.Timers {
		if err := w.d.arm(w.at(), &s.Timers[i], 0, time.Time{}, ""); err != nil {
			return err
		}
	}
	return nil
}

// perform carries out an action and gives the state that it leads to, if any.
func (w *walk) perform(a *action, why string) (to string, err error) {
	w.why = why
	if w.bare {
		return "", nil
	}
	a = w.choose(a)
	if a.Run != nil {
		to, err = w.run(a)
	} else {
		to, err = w.steps(a)
	}
	if err == nil && w.leaving && !w.ended {
		return "", w.end("leave at " + why)
	}
	return to, err
}

// steps carries out plain data and gives the state that it leads to, if any.
func (w *walk) steps(a *action) (to string, err error) {
	for i := range a.Steps {
		to, err := w.step(&a.Steps[i])
		if errors.As(err, new(need)) {
			return "", err
		}
		if err != nil {
			return "", w.fault(a.Line, "%s: %w", a.Field, err)
		}
		if to != "" { // nothing is left to claim: the rest was meant for who has it
			return to, nil
		}
	}
	return a.To, nil
}
