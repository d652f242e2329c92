package sandbox

import "context"

// A run is light until it has spent one of these; then it goes on only as one of the Gate's heavy ones. A usual decision (2,000
// instructions, 100 KB) stays far below.
const (
	lightInstructions = 25_000
	lightBytes        = 1 << 20
)

// Gate bounds the scripts that run at a time, and with them the memory of all of them: light runs hold up to 1 MB each, those that
// wait to be heavy too, and the few heavy ones up to Limits.Bytes. It is safe for concurrent use.
type Gate struct{ light, waiting, heavy chan struct{} }

// NewGate makes a Gate with places for light runs, for those that wait to be heavy, and for the heavy ones. None may be 0.
func NewGate(light, waiting, heavy int) *Gate {
	return &Gate{light: make(chan struct{}, light), waiting: make(chan struct{}, waiting), heavy: make(chan struct{}, heavy)}
}

// Enter waits for a place among the light runs. The error is ctx's. The Pass is left when the run is over. Who holds a Pass enters
// no second time: all places may be held by those who wait for theirs. A nil Gate lets everybody in and gives no Pass.
func (g *Gate) Enter(ctx context.Context) (*Pass, error) {
	if g == nil {
		return nil, ctx.Err()
	}
	if err := take(ctx, g.light); err != nil {
		return nil, err
	}
	return &Pass{gate: g, place: g.light}, nil
}

func take(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	default:
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pass is a place in a Gate. It is used by one goroutine.
type Pass struct {
	gate  *Gate
	place chan struct{} // where the place is held; nil: nowhere
}

// Leave gives the place back. A second call does nothing.
func (p *Pass) Leave() {
	if p != nil && p.place != nil {
		<-p.place
		p.place = nil
	}
}

// isHeavy reports whether the run has no lighter place to give back: it is heavy, or has left.
func (p *Pass) isHeavy() bool { return p == nil || p.place != p.gate.light }

// heavy changes the place for one among the heavy runs, and waits for it among those that wait. Who is heavy waits for nothing in
// the Gate any more, so that the others come to their turn. On an error, which is ctx's, no place is held.
func (p *Pass) heavy(ctx context.Context) error {
	if p.isHeavy() {
		return nil
	}
	for _, next := range []chan struct{}{p.gate.waiting, p.gate.heavy} {
		err := take(ctx, next)
		p.Leave()
		if err != nil {
			return err
		}
		p.place = next
	}
	return nil
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
