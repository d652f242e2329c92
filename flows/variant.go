package flows

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"fanflow/store"
)

// experiment is one A/B/n test of a flow.
type experiment struct {
	Name string
	Salt string // empty: the flow's name and the experiment's
	Arms []arm  // in source order
}

// arm is one of an experiment's arms with its weight. One of weight 0 takes nobody new.
type arm struct {
	Name   string
	Weight float64
}

// holdout keeps a share of the fans out of a campaign, so that it can be seen what the campaign does.
type holdout struct {
	Share float64 // percent
	State string  // where they go; empty: they are not enrolled
	Salt  string  // empty: the flow's name
}

// What the facts of an entry say under holdoutFact in a flow that has a holdout.
const (
	holdoutFact = "holdout"
	heldOut     = "held"
	notHeld     = "in"
)

// variant draws the arm of a fan. It is a weighted rendezvous: each arm draws a number for the fan from the hash of salt, OpenID
// and arm, and the smallest -ln(u)/weight wins. So a fan has the same arm for ever, and one arm's weight changed moves fans
// into that arm or out of it and between no two others.
func variant(flow, openID string, x *experiment) string {
	salt := cmp.Or(x.Salt, flow+"/"+x.Name)
	best, least := "", math.Inf(1)
	for _, a := range x.Arms {
		if a.Weight <= 0 {
			continue
		}
		score := -math.Log(draw(salt, openID, a.Name)) / a.Weight
		if score < least || score == least && a.Name < best {
			best, least = a.Name, score
		}
	}
	return best
}

// draw gives a number between 0 and 1, both excluded, that is as good as random over the OpenIDs.
func draw(salt, openID, arm string) float64 {
	sum := sha256.Sum256([]byte(salt + "\x00" + openID + "\x00" + arm))
	return (float64(binary.BigEndian.Uint64(sum[:])>>11) + 0.5) / (1 << 53)
}

// holds reports whether the fan is held out of the flow. The draw is its own: it does not depend on the experiments, nor they
// on it, and a larger share holds all whom the smaller one held. No holdout holds nobody.
func (h *holdout) holds(flow, openID string) bool {
	return h != nil && draw(cmp.Or(h.Salt, flow+"/"+holdoutFact), openID, "") < h.Share/100
}

// entryFacts are what is kept of the moment of entry: the cohort of the enrollment. All experiments are drawn then, whether the
// fan comes to where they differ or not; who is held out is in none.
func (d *decision) entryFacts(p *compiled) (*store.Facts, error) {
	f := &d.draft.fan
	facts := &store.Facts{Scene: countable(cmp.Or(d.event.Scene, f.Scene))}
	facts.Tags = slices.Clone(f.Tags[:min(len(f.Tags), store.MaxFactTags)])
	arms := map[string]string{}
	if p.Holdout != nil {
		arms[holdoutFact] = notHeld
	}
	if p.Holdout.holds(p.Name, f.ID.OpenID) {
		arms[holdoutFact] = heldOut
	} else {
		for i := range p.Variants {
			arms[p.Variants[i].Name] = variant(p.Name, f.ID.OpenID, &p.Variants[i])
		}
	}
	if len(arms) > 0 {
		facts.Variants = arms
	}
	if facts.Scene == "" && len(facts.Tags) == 0 && facts.Variants == nil {
		return nil, nil
	}
	return facts, nil
}

// countable makes a text from outside, or a rule's key, such that a store can count by it: not too long, and without what it has no
// place for.
func countable(s string) string {
	if store.CheckName("", s) == nil {
		return s
	}
	return cut(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"), store.MaxName)
}

// first is the state that a new enrollment begins in.
func (w *walk) first() string {
	if h := w.flow.Holdout; h != nil && w.at().Variants[holdoutFact] == heldOut {
		return cmp.Or(h.State, w.flow.First)
	}
	return w.flow.First
}

// variant gives the fan's arm of an experiment. What was drawn at entry stays for the enrollment, whatever is published since; an
// experiment that was declared later is drawn from the same hash and is no fact of the enrollment's cohort. arms, if given, are
// an experiment of this call alone. Who is held out has no arm: "".
func (w *walk) variant(name string, arms []arm) (string, error) {
	n := w.at()
	if n == nil {
		return "", nil // the flow has ended
	}
	i := slices.IndexFunc(w.flow.Variants, func(x experiment) bool { return x.Name == name })
	a, drawn := n.Variants[name]
	switch {
	case len(arms) > 0 && (i >= 0 || drawn):
		return "", fmt.Errorf("the flow declares the variants of %q: ask for them without weights", name)
	case len(arms) > 0:
		x := experiment{Name: name, Arms: arms}
		if err := x.check(); err != nil {
			return "", err
		}
		return variant(w.flow.Name, w.d.draft.fan.ID.OpenID, &x), nil
	case drawn:
		return a, nil
	case i < 0:
		return "", fmt.Errorf("the flow declares no variants of %q%s", name, didYouMean(name, w.flow.experiments()))
	case n.Variants[holdoutFact] == heldOut:
		return "", nil
	}
	return variant(w.flow.Name, w.d.draft.fan.ID.OpenID, &w.flow.Variants[i]), nil
}

// experiments are the names of the declared ones.
func (d *declaration) experiments() []string {
	names := make([]string, len(d.Variants))
	for i := range d.Variants {
		names[i] = d.Variants[i].Name
	}
	return names
}

// check finds what is wrong with an experiment.
func (x *experiment) check() error {
	if err := checkArm("an experiment", x.Name); err != nil {
		return err
	}
	var sum float64
	for i, a := range x.Arms {
		if err := checkArm("a variant", a.Name); err != nil {
			return err
		}
		if !(a.Weight >= 0) || math.IsInf(a.Weight, 0) {
			return fmt.Errorf("the weight of %q must be a number from 0, not %v", a.Name, a.Weight)
		}
		if slices.ContainsFunc(x.Arms[:i], func(o arm) bool { return o.Name == a.Name }) {
			return fmt.Errorf("%q stands there twice", a.Name)
		}
		sum += a.Weight
	}
	if len(x.Arms) > maxArms || sum <= 0 {
		return fmt.Errorf("write 1 to %d variants with their weights, at least one above 0: {a = 50, b = 50}", maxArms)
	}
	return nil
}

// checkArm finds names that the cohorts cannot be counted by.
func checkArm(what, name string) error {
	if name == "" || len(name) > store.MaxArm || name == "salt" || name == holdoutFact {
		return fmt.Errorf("%q cannot name %s: use 1 to %d bytes, and neither salt nor %s", cut(name, 40), what, store.MaxArm, holdoutFact)
	}
	return store.CheckName("variant", name)
}
