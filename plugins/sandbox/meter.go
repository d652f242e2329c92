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
	// Time is wall time spent inside Run and Call. It is the net under the other two, looked at every 256 instructions, and stops
	// nobody who has spent fewer than 10,000: then it was the machine that was busy.
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

// Patient gives the same limits with d of wall time, for runs that nobody waits for.
func (l Limits) Patient(d time.Duration) Limits {
	l = l.withDefaults()
	l.Time, l.Hard = max(l.Time, d), max(l.Hard, d)
	return l
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

// busyInstructions are those that a script must have spent before Limits.Time can end it: one that has not come so far in that time
// was kept from the processor by others. Limits.Hard ends it all the same.
const busyInstructions = 10_000

// closed is what Done answers once a run is over.
var closed = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// meter is the context the VM runs under. The VM asks Done before every instruction, which makes it the one place that sees
// all of a script: it counts there, and once stopped is set no further instruction runs, whatever pcall the script is in.
type meter struct {
	context.Context // the caller's
	state           *State
	limits          Limits
	pass            *Pass
	tally           *Tally

	left  int   // instructions until the script's budget or the decision's is spent
	look  int   // instructions until the next look at the clock
	bytes int64 // bytes until one of the two is spent
	low   int64 // bytes at which to look: the run becomes heavy, or is out of memory

	// own is what is left of the State's own budgets, and from what left and bytes were, at the last settle.
	own, from budget

	spent   time.Duration
	entered time.Time // when the outermost Run or Call began, or went on
	yielded time.Duration
	outer   *meter // whose script waits for this one; nil: none
	stopped error  // why the run is over; set once
}

type budget struct {
	left  int
	bytes int64
}

func (m *meter) start(ctx context.Context, s *State, o *Options) {
	l := o.Limits.withDefaults()
	*m = meter{Context: ctx, state: s, limits: l, pass: o.Pass, tally: o.Tally, look: clockEvery, own: budget{l.Instructions, l.Bytes}}
	m.settle()
}

// settle takes what was spent since the last settle from both budgets, and finds out which of them is spent next.
func (m *meter) settle() {
	n, b := m.from.left-m.left, m.from.bytes-m.bytes
	m.own.left -= n
	m.own.bytes -= b
	m.from = m.own
	held := m.limits.Bytes - m.own.bytes
	if t := m.tally; t != nil {
		t.Left -= n
		t.spent += n
		t.Bytes -= b
		m.from.left, m.from.bytes = min(m.own.left, t.Left), min(m.own.bytes, t.Bytes)
		held = t.all - t.Bytes
	}
	m.left, m.bytes, m.low = m.from.left, m.from.bytes, 0
	if !m.pass.isHeavy() {
		m.low = max(m.bytes-max(lightBytes-held, 0), 0)
	}
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
	if m.stopped != nil {
		return
	}
	m.settle()
	elapsed := m.elapsed()
	switch {
	case m.own.left < 0:
		m.stop(&Error{Kind: KindBudget, Msg: fmt.Sprintf("the script used up its %d instructions; look for an endless loop, or do less in one step", m.limits.Instructions)})
	case m.left < 0:
		m.stop(&Error{Kind: KindBudget, Msg: fmt.Sprintf("the decision used up its %d instructions, of which each key or answer that is asked for costs again what was spent before it; ask first, then work", m.tally.total)})
	case elapsed > m.limits.Hard:
		m.late(m.limits.Hard)
	case elapsed > m.limits.Time && m.limits.Instructions-m.own.left >= busyInstructions:
		m.late(m.limits.Time)
	case m.Context.Err() != nil:
		m.cancelled()
	case !m.pass.isHeavy():
		if m.lightSpent() > lightInstructions {
			m.grow()
		}
	case m.pass != nil && elapsed-m.yielded > yieldEvery:
		m.outside(func() { m.pass.giveWay(elapsed - m.yielded) })
		m.yielded = m.spent
	}
}

// lightSpent is what the run has spent in all, and the States before it.
func (m *meter) lightSpent() int {
	if m.tally != nil {
		return m.tally.spent
	}
	return m.limits.Instructions - m.own.left
}

// lean is called when little memory is left, or the run is no light one any more.
func (m *meter) lean() {
	if m.bytes >= 0 && !m.pass.isHeavy() {
		m.grow()
		return
	}
	m.settle()
	if m.bytes < 0 {
		m.stop(&Error{Kind: KindMemory, Msg: fmt.Sprintf("the script used more than its %d MB of memory", m.limits.Bytes>>20)})
	}
}

// grow makes the run a heavy one, or ends it to be done again as one.
func (m *meter) grow() {
	if err := m.pass.heavy(); err != nil {
		m.stop(err)
	}
	m.settle()
}

func (m *meter) late(limit time.Duration) {
	m.stop(&Error{Kind: KindDeadline, Msg: fmt.Sprintf("the script ran longer than %v", limit)})
}

func (m *meter) cancelled() {
	m.stop(&Error{Kind: KindDeadline, Msg: "the script was stopped: " + m.Context.Err().Error(), cause: context.Cause(m.Context)})
}

func (m *meter) stop(err error) {
	if m.stopped == nil {
		m.stopped = err
	}
}

// enter and leave stand around the outermost Run or Call: time in between the calls is the host's own. A script that is run from
// within another's (a hook on what a flow says) has the clock alone.
func (m *meter) enter() {
	if t := m.tally; t != nil {
		if m.outer = t.active; m.outer != nil {
			m.outer.settle()
			m.outer.halt()
		}
		t.active = m
	}
	m.settle()
	m.entered = time.Now()
}

func (m *meter) leave() {
	m.halt()
	m.settle()
	if m.tally == nil {
		return
	}
	if m.tally.active = m.outer; m.outer != nil {
		m.outer.settle()
		m.outer.entered = time.Now()
		m.outer = nil
	}
}

// close gives back the memory that the State held.
func (m *meter) close() {
	if m.tally != nil {
		m.settle()
		m.tally.Bytes += m.limits.Bytes - m.own.bytes
		m.tally = nil
	}
}

func (m *meter) halt() { m.spent, m.entered = m.elapsed(), time.Time{} }

// outside calls f with the clock stopped.
func (m *meter) outside(f func()) {
	running := !m.entered.IsZero()
	m.halt()
	f()
	if running {
		m.entered = time.Now()
	}
}

// elapsed is the wall time spent inside so far; wall time on purpose, for the decision's own clock may stand still.
func (m *meter) elapsed() time.Duration {
	if m.entered.IsZero() {
		return m.spent
	}
	return m.spent + time.Since(m.entered)
}
