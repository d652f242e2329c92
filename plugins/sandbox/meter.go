package sandbox

import (
	"context"
	"fmt"
	"time"
)

// Limits bound one decision: everything that one State runs, taken together. A zero field means its default.
type Limits struct {
	// Instructions of the VM. Library functions that loop charge their steps here too. The count is exact: the same script
	// with the same input stops at the same place on every machine.
	Instructions int
	// Bytes that the script may allocate in all: a ledger of what it asked for, not of what is still alive, so it is exact too.
	Bytes int64
	// Time is wall time spent inside Run and Call. It is the net under the other two, looked at every 256 instructions.
	Time time.Duration
	// Hard is the wall time after which a script is stopped in any case.
	Hard time.Duration
	// Total bounds the instructions of all States of one decision, over all the times that it is run anew for what it asks.
	Total int
}

// DefaultLimits are generous for a flow (a usual decision takes 2,000 instructions, 100 KB and 0.1 ms) and harmless to the service.
func DefaultLimits() Limits {
	return Limits{Instructions: 200_000, Bytes: 16 << 20, Time: 200 * time.Millisecond, Hard: time.Second, Total: 1_000_000}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Instructions <= 0 {
		l.Instructions = d.Instructions
	}
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Time <= 0 {
		l.Time = d.Time
	}
	if l.Hard <= 0 {
		l.Hard = max(d.Hard, l.Time)
	}
	if l.Total <= 0 {
		l.Total = max(d.Total, l.Instructions)
	}
	return l
}

// clockEvery is how many instructions pass between two looks at the clock and at the caller's context.
const clockEvery = 256

// closed is what Done answers once a run is over.
var closed = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// meter is the context the VM runs under. The VM asks Done before every instruction, which makes it the one place that sees
// all of a script: it counts there, and once stopped is set no further instruction runs, whatever pcall the script is in.
type meter struct {
	context.Context // the caller's
	state           *State
	limits          Limits

	left    int   // instructions
	look    int   // instructions until the next look at the clock
	bytes   int64 // bytes left
	spent   time.Duration
	entered time.Time // when the outermost Run or Call began
	stopped error     // why the run is over; set once
}

func (m *meter) start(ctx context.Context, s *State, l Limits) {
	l = l.withDefaults()
	*m = meter{Context: ctx, state: s, limits: l, left: l.Instructions, look: clockEvery, bytes: l.Bytes}
}

// Done is called by the VM before every instruction. A nil channel is never ready.
func (m *meter) Done() <-chan struct{} {
	if m.stopped == nil {
		m.left--
		m.look--
		if m.look > 0 && m.left >= 0 {
			return nil
		}
		m.check()
	}
	if m.stopped != nil {
		return closed
	}
	return nil
}

// Err is the reason that Done is closed, for the VM's message.
func (m *meter) Err() error { return m.stopped }

// check looks at everything but memory.
func (m *meter) check() {
	m.look = clockEvery
	switch {
	case m.stopped != nil:
	case m.left < 0:
		m.stop(&Error{Kind: KindBudget, Msg: fmt.Sprintf("the script used up its %d instructions; look for an endless loop, or do less in one step", m.limits.Instructions)})
	case m.elapsed() > m.limits.Time:
		m.stop(&Error{Kind: KindDeadline, Msg: fmt.Sprintf("the script ran longer than %v", m.limits.Time)})
	case m.Context.Err() != nil:
		m.stop(&Error{Kind: KindDeadline, Msg: "the script was stopped: " + m.Context.Err().Error(), cause: context.Cause(m.Context)})
	}
}

func (m *meter) stop(err error) {
	if m.stopped == nil {
		m.stopped = err
	}
}

// enter and leave stand around the outermost Run or Call: time in between the calls is the host's own.
func (m *meter) enter() { m.entered = time.Now() }
func (m *meter) leave() { m.spent, m.entered = m.elapsed(), time.Time{} }

// elapsed is the wall time spent inside so far; wall time on purpose, for the decision's own clock may stand still.
func (m *meter) elapsed() time.Duration {
	if m.entered.IsZero() {
		return m.spent
	}
	return m.spent + time.Since(m.entered)
}
