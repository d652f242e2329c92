package sandbox

import "context"

// Gate bounds the scripts that run at a time. It is safe for concurrent use.
type Gate struct{ light chan struct{} }

// NewGate makes a Gate with places for light runs, for those that wait to be heavy, and for the heavy ones.
func NewGate(light, waiting, heavy int) *Gate { return &Gate{light: make(chan struct{}, light)} }

// Enter waits for a place. The error is ctx's. The Pass is left when the run is over.
func (g *Gate) Enter(ctx context.Context) (*Pass, error) {
	select {
	case g.light <- struct{}{}:
		return &Pass{gate: g}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Pass is a place in a Gate. It is used by one goroutine.
type Pass struct {
	gate *Gate
	left bool
}

// Leave gives the place back. A second call does nothing.
func (p *Pass) Leave() {
	if p != nil && !p.left {
		p.left = true
		<-p.gate.light
	}
}

// Tally is what all States of one decision may spend together. It is used by one goroutine.
type Tally struct {
	Left  int   // instructions
	Bytes int64 // of all States of one run, which live together
}

// NewTally gives what a decision may spend.
func NewTally(l Limits) *Tally {
	l = l.withDefaults()
	return &Tally{Left: l.Total, Bytes: l.Bytes}
}

// Asked tells that a question was answered from memory: the run up to here was one that was run again.
func (t *Tally) Asked() {}
