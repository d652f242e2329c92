package flows

import (
	"cmp"
	"encoding/json"
	"slices"

	"fanflow/store"
)

// candidate is a flow that could take the event.
type candidate struct {
	flow *compiled
	no   int // of the enrollment; 0 for a trigger
	rule *rule
	// captures are what the rule's key has captured of the event.
	captures []string
	trigger  string // the trigger's event
	loose    int    // of two triggers for one event, the lower takes it: 0 for what says more
}

// offer lets the first take the event that matches. The conversation beats the world and the specific the wildcard: first
// the enrollments, by priority and then by entry, that match with anything but "*"; then the triggers that do; then the
// enrollments' "*"; then the triggers' "*"; then the fallback flow.
func (d *decision) offer() error {
	enrolled, triggers := d.enrolledCandidates(), d.triggerCandidates()
	for _, wild := range []bool{false, true} {
		for _, c := range enrolled {
			if c.rule.wild(d.event) == wild {
				return d.take(c)
			}
		}
		for _, c := range triggers {
			if c.rule.wild(d.event) != wild {
				continue
			}
			if taken, err := d.enrollBy(c); taken || err != nil {
				return err
			}
		}
	}
	if taken, err := d.fallBack(); taken || err != nil {
		return err
	}
	return d.ignore()
}

func (d *decision) enrolledCandidates() (out []candidate) {
	for i := range d.draft.fan.Live {
		n := &d.draft.fan.Live[i]
		flow := d.flowOf(n)
		if flow == nil || d.paused(n.Flow) || n.Flow == d.event.Source || flow.States[n.State] == nil {
			continue
		}
		if !d.mayHear(n) {
			continue
		}
		if r, captures := flow.States[n.State].On[d.event.Name].match(d.event.Subject); r != nil {
			out = append(out, candidate{flow: flow, no: n.No, rule: r, captures: captures})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })
	return out
}

func (d *decision) triggerCandidates() (out []candidate) {
	for _, p := range d.edition.Flows { // by priority, then name
		if p.Name == d.event.Source || p.Paused || d.draft.fan.Enrolled(p.Name) != nil {
			continue
		}
		if c, ok := d.trigger(p.compiled); ok {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.flow.Priority, a.flow.Priority), cmp.Compare(a.loose, b.loose))
	})
	return out
}

// trigger gives the trigger of the flow that matches. A new follower who scanned a code matches by the scene also, and that
// says more than that they subscribed.
func (d *decision) trigger(flow *compiled) (candidate, bool) {
	var found candidate
	for _, m := range flow.Triggers {
		var r *rule
		var captures []string
		loose := 0
		switch {
		case m.Event == d.event.Name:
			r, captures = m.match(d.event.Subject)
			if d.event.Name == "subscribe" && d.event.Scene != "" {
				loose = 1
			}
		case m.Event == "scan" && d.event.Name == "subscribe" && d.event.Scene != "":
			r, captures = m.match(d.event.Scene)
		}
		if r != nil && (found.rule == nil || loose < found.loose) {
			found = candidate{flow: flow, rule: r, captures: captures, trigger: m.Event, loose: loose}
		}
	}
	return found, found.rule != nil
}

// take lets the enrollment act on the event.
func (d *decision) take(c candidate) error {
	d.taken = c.flow.Name
	defer d.hearing(c.rule, c.captures)()
	return d.part(c.flow, func() error {
		w := d.walk(c.flow, c.no)
		return w.act(c.rule.Do, d.reason(c.rule.Key))
	})
}

// enrollBy starts an enrollment by a trigger, if the flow takes the fan in.
func (d *decision) enrollBy(c candidate) (taken bool, err error) {
	name := ruleName(c.trigger, c.rule.Key)
	p := d.edition.ByName[c.flow.Name]
	why, err := d.admit(p, name, false)
	if err != nil || why != "" {
		d.tried(verdict{Flow: p.Name, Rule: name, Said: "refused: " + why})
		return false, err
	}
	d.taken = p.Name
	defer d.hearing(c.rule, c.captures)()
	return true, d.enroll(c.flow, name, nil)
}

// enroll starts an enrollment with variables and enters the first state. by says what led to it.
func (d *decision) enroll(flow *compiled, by string, vars map[string]json.RawMessage) error {
	return d.part(flow, func() error {
		no := d.draft.fan.Past[flow.Name].Count + 1
		facts, err := d.entryFacts(flow)
		if err != nil {
			return err
		}
		err = d.draft.add(store.Entry{
			Kind: store.Enrolled, Flow: flow.Name, No: no, Version: flow.Version, Pub: d.pub(flow), Name: by, Priority: flow.Priority,
			Day: d.now.In(d.account.Location).Format("2006-01-02"), Facts: facts,
		})
		if err != nil {
			return err
		}
		w := d.walk(flow, no)
		for _, name := range sortedKeys(vars) {
			if err := w.setVar(name, vars[name]); err != nil {
				return err
			}
		}
		return w.start("enrolled by " + by)
	})
}

// fallBack lets the account's fallback flow take what a fan said or did and nobody took.
func (d *decision) fallBack() (taken bool, err error) {
	p := d.edition.ByName[d.account.Fallback]
	if p == nil || !d.event.Answerable {
		return false, nil
	}
	by := "fallback for " + d.event.Name
	why, err := d.admit(p, by, false)
	if err != nil || why != "" {
		return false, err
	}
	d.taken = p.Name
	return true, d.enroll(p.compiled, by, nil)
}

func (d *decision) ignore() error {
	d.word = "ignored"
	if d.event.Name == "report" && d.snapshot.Rev > 0 && len(d.draft.entries) == 1 {
		d.draft.entries = nil // a position comes every five seconds where the owner wants it so, and nobody listens
		return nil
	}
	if !d.event.Acts {
		return nil
	}
	return d.draft.add(store.Entry{Kind: store.Ignored, Name: d.event.title(), Why: "no flow takes it"})
}

// grantEnrolls starts the flows that scripts asked for, each as a part of its own.
func (d *decision) grantEnrolls() (more bool, err error) {
	for len(d.draft.enrolls) > 0 {
		wish := d.draft.enrolls[0]
		d.draft.enrolls = slices.Clone(d.draft.enrolls[1:])
		p := d.edition.ByName[wish.flow]
		if p == nil || d.granted >= maxMoves { // flows that enroll each other: so many are enough
			continue
		}
		by := "flow " + wish.by
		why, err := d.admit(p, by, false)
		if err != nil {
			return more, err
		}
		if why != "" {
			d.tried(verdict{Flow: p.Name, Rule: by, Said: "refused: " + why})
			continue
		}
		more = true
		d.granted++
		if err := d.enroll(p.compiled, by, wish.vars); err != nil {
			return more, err
		}
	}
	return more, nil
}

// reason says by what rule the event was taken.
func (d *decision) reason(key string) string { return ruleName(d.event.Name, key) }
