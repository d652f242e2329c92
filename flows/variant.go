package flows

import (
	"errors"

	"fanflow/store"
)

// experiment is one A/B/n test of a flow.
type experiment struct {
	Name string
	Salt string
	Arms []arm // in source order
}

// arm is one of an experiment's arms with its weight.
type arm struct {
	Name   string
	Weight float64
}

// holdout keeps a share of the fans out of a campaign, so that it can be seen what the campaign does.
type holdout struct {
	Share float64 // percent
	State string  // where they go; empty: they are not enrolled
}

// entryFacts are what is kept of the moment of entry: the cohort of the enrollment.
func (d *decision) entryFacts(p *compiled) (*store.Facts, error) { return nil, nil }

// variant gives the fan's arm: without arms, the one that this enrollment has drawn in a declared experiment at its entry; with
// arms, that of an experiment which is not declared, by the same hash.
func (w *walk) variant(name string, arms []arm) (string, error) {
	return "", errors.New("variant is not built yet")
}
