package sandbox

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"
)

// A run is light until it has spent one of these; then it goes on only as one of the Gate's heavy ones. A usual decision (2,000
// instructions, 100 KB) stays far below.
const (
	lightInstructions = 25_000
	lightBytes        = 1 << 20
)

// Gate bounds the scripts that run at a time, and with them the memory of all of them: light runs hold up to 1 MB each, the few
// heavy ones up to Limits.Bytes. Who waits for a place holds nothing. It is safe for concurrent use.
type Gate struct {
	light, heavy chan struct{}
	lately       atomic.Int64 // when somebody last came in, in nanoseconds since started
	started      time.Time
}

// NewGate makes a Gate with places for light and for heavy runs. Neither may be 0.
func NewGate(light, heavy int) *Gate {
	return &Gate{light: make(chan struct{}, light), heavy: make(chan struct{}, heavy), started: time.Now()}
}

// Run waits for a place among the light runs and calls f with it. If a script of f grows heavy and no place for that is free, all of f's
// Lua is ended, and f is called once more, from its start, when there is one: so f must come to the same when it is done again, and what
// the first call gave is forgotten. The error is f's, or ctx's. f does not call Run: all places may be held by those who wait
// for theirs. A nil Gate lets everybody in and gives no Pass.
func (g *Gate) Run(ctx context.Context, f func(*Pass) error) error {
	if g == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(nil)
	}
	p := &Pass{gate: g}
	defer p.leave()
	g.lately.Store(int64(time.Since(g.started)))
	for _, next := range []chan struct{}{g.light, g.heavy} {
		p.turned = false
		if err := p.take(ctx, next); err != nil {
			return err
		}
		err := f(p)
		if !p.turned {
			return err
		}
		p.leave()
	}
	return errTurned // who is heavy is not turned away
}

// Pass is a place in a Gate. It is used by one goroutine.
type Pass struct {
	gate   *Gate
	place  chan struct{} // where the place is held; nil: nowhere
	turned bool          // the run grew heavy while others were
}

// errTurned ends the Lua of a run that is to be done again as a heavy one.
var errTurned = errors.New("the script waits until it may go on")

func (p *Pass) take(ctx context.Context, place chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case place <- struct{}{}:
		p.place = place
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the place back. A second call does nothing.
func (p *Pass) leave() {
	if p.place != nil {
		<-p.place
		p.place = nil
	}
}

// isHeavy reports whether the run need not grow any more: it is heavy, or bound by no gate.
func (p *Pass) isHeavy() bool { return p == nil || p.place == p.gate.heavy }

// Turned reports whether the run is over because it is to be done again as a heavy one: nothing that it comes to now is heeded.
func (p *Pass) Turned() bool { return p != nil && p.turned }

// heavy changes the place for one among the heavy runs. Where none is free the run is turned away: it gives up what it holds.
func (p *Pass) heavy() error {
	if p.isHeavy() {
		return nil
	}
	select {
	case p.gate.heavy <- struct{}{}:
		p.leave()
		p.place = p.gate.heavy
		return nil
	default:
		p.turned = true
		return errTurned
	}
}

const (
	// yieldEvery is how long a heavy run goes on before it gives way.
	yieldEvery = 200 * time.Microsecond
	// company is how long after somebody has come in a heavy run counts as not alone.
	company = 100 * time.Millisecond
	// restShare is how long, for each moment that a heavy run works, it rests while it is not alone: a heavy run takes a quarter of
	// one processor from the others, and makes garbage at a quarter of its speed.
	restShare = 3
)

// giveWay lets the others go first, after a heavy run has worked for a while.
func (p *Pass) giveWay(worked time.Duration) {
	if time.Since(p.gate.started)-time.Duration(p.gate.lately.Load()) < company {
		time.Sleep(restShare * worked)
		return
	}
	runtime.Gosched()
}

// Tally is what all States of one decision may spend together. It is used by one goroutine.
type Tally struct {
	Left  int   // instructions
	Bytes int64 // of the States that are not closed: they live together

	total  int   // instructions given in the beginning
	all    int64 // bytes given in the beginning
	spent  int   // instructions of this run, without what was charged again
	active *meter
}

// NewTally gives what a decision may spend.
func NewTally(l Limits) *Tally {
	l = l.withDefaults()
	return &Tally{Left: l.Total, Bytes: l.Bytes, total: l.Total, all: l.Bytes}
}

// Asked tells that a question was answered from memory: the decision was run anew for it, so all that its States have spent up to
// here is charged once more. It hangs on the questions alone, not on how often a decision really ran.
func (t *Tally) Asked() {
	if t == nil {
		return
	}
	if t.active != nil {
		t.active.settle()
	}
	t.Left -= t.spent
	if t.active != nil {
		t.active.settle()
	}
}
