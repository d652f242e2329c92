package flows

import "fanflow/store"

// verdict is what became of one candidate for the event.
type verdict struct {
	Flow string `json:"flow"`
	No   int    `json:"no,omitempty"` // of the enrollment; 0 for a trigger
	Rule string `json:"rule,omitempty"`
	Said string `json:"said"` // took, listened, refused: …, asleep: …, paused, later: …
}

// maxTried is how many verdicts a decision keeps.
const maxTried = 32

// tried notes what became of a candidate.
func (d *decision) tried(v verdict) {
	if len(d.verdicts) < maxTried {
		d.verdicts = append(d.verdicts, v)
	}
}

// trace is the last entry of a decision: what is needed to make it again, and why it came out so. A zero Kind: none is kept.
func (d *decision) trace() (store.Entry, error) { return store.Entry{}, nil }
