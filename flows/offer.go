package flows

import (
	"cmp"
	"fmt"
	"slices"

	"fanflow/store"
)

// candidate is a flow that could take the event.
type candidate struct {
	flow *compiled
	no   int // of the enrollment; 0 for a trigger
	rule *rule
	name string // of the rule, with its event
	// captures are what the rule's key has captured of the event.
	captures []string
	loose    int // of two triggers for one event, the lower takes it: 0 for what says more
	wild     bool
}

// offer lets the first take the event that matches. The conversation beats the world and the specific the wildcard: first
// the enrollments, by priority and then by entry, that match with anything but "*"; then the triggers that do; then the
// enrollments' "*"; then the triggers' "*"; then the fallback flow.
func (d *decision) offer() error {
	for _, c := range d.candidates() {
		if d.taken != "" {
			d.tried(verdict{Flow: c.flow.Name, No: c.no, Rule: c.name, Said: "later: " + d.taken + " took it"})
			continue
		}
		if err := d.put(c); err != nil {
			return err
		}
	}
	if d.taken != "" {
		return nil
	}
	if taken, err := d.fallBack(); taken || err != nil {
		return err
	}
	d.unheard = len(d.draft.entries)
	return nil
}

// put offers the event to one candidate.
func (d *decision) put(c candidate) error {
	if c.no > 0 {
		return d.take(c)
	}
	in, err := d.enrollBy(c)
	if in {
		d.taken = c.flow.Name
	}
	return err
}

// candidates are the flows that could take the event, in the order in which they are asked.
func (d *decision) candidates() (out []candidate) {
	all := append(d.enrolledCandidates(), d.triggerCandidates()...)
	for _, wild := range []bool{false, true} {
		for _, enrolled := range []bool{true, false} {
			for _, c := range all {
				if c.wild == wild && (c.no > 0) == enrolled {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// enrolledCandidates are the enrollments whose state has a rule for the event, by priority. A caller sleeps until its sub-flow
// ends, and a paused flow takes nothing.
func (d *decision) enrolledCandidates() (out []candidate) {
	for i := range d.draft.fan.Live {
		n := &d.draft.fan.Live[i]
		flow := d.flowOf(n)
		if flow == nil || flow.States[n.State] == nil || !d.mayHear(n) {
			continue
		}
		r, captures := flow.States[n.State].On[d.event.Name].match(d.event.Subject)
		if r == nil {
			continue
		}
		switch name := d.reason(r.Key); {
		case d.paused(n.Flow):
			d.tried(verdict{Flow: n.Flow, No: n.No, Rule: name, Said: "paused"})
		case n.Calls != "":
			d.tried(verdict{Flow: n.Flow, No: n.No, Rule: name, Said: "asleep: it waits for flow " + n.Calls})
		default:
			out = append(out, candidate{flow: flow, no: n.No, rule: r, name: name, captures: captures, wild: r.wild(d.event)})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })
	return out
}

// triggerCandidates are the flows with a trigger for the event, by priority, then by what says more, then by name. Whether they
// take the fan in is asked when their turn comes.
func (d *decision) triggerCandidates() (out []candidate) {
	for _, p := range d.edition.Flows { // by priority, then name
		if p.Name == d.event.Source || p.TriggersListen {
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
// says more than that they subscribed; a circle says more than any place.
func (d *decision) trigger(flow *compiled) (candidate, bool) {
	var found candidate
	for _, m := range flow.Triggers {
		var r *rule
		var captures []string
		loose := 0
		switch {
		case m.Event == d.event.Name:
			r, captures = m.match(d.event.Subject)
			if d.event.Name == "subscribe" && d.event.Scene != "" || r != nil && r.bare {
				loose = 1
			}
		case m.Event == "scan" && d.event.Name == "subscribe" && d.event.Scene != "":
			if r, captures = m.match(d.event.Scene); r != nil && r.rank == anything { // whichever scene says less than that they came
				loose = 2
			}
		}
		if r != nil && (found.rule == nil || loose < found.loose) {
			found = candidate{
				flow: flow, rule: r, name: ruleName(m.Event, r.Key), captures: captures, loose: loose, wild: loose == 2 || r.wild(d.event),
			}
		}
	}
	return found, found.rule != nil
}

// take lets the enrollment act on the event.
func (d *decision) take(c candidate) error {
	d.taken = c.flow.Name
	d.tried(verdict{Flow: c.flow.Name, No: c.no, Rule: c.name, Said: "took"})
	defer d.hearing(c.rule, c.captures)()
	failed := d.failures()
	err := d.part(c.flow, func() error { return d.walk(c.flow, c.no).act(c.rule.Do, c.name) })
	if d.failures() == failed {
		d.acted = c.flow.Name
	}
	return err
}

// failures counts the parts that failed.
func (d *decision) failures() (n int) {
	for _, p := range d.parts {
		if p.err != "" {
			n++
		}
	}
	return n
}

// enrollBy starts an enrollment by a trigger, if the flow takes the fan in.
func (d *decision) enrollBy(c candidate) (in bool, err error) {
	defer d.hearing(c.rule, c.captures)()
	in, err = d.join(d.edition.ByName[c.flow.Name], enrollWish{flow: c.flow.Name, by: c.name})
	if in {
		said := "took"
		if c.flow.TriggersListen {
			said = "listened"
		}
		d.tried(verdict{Flow: c.flow.Name, Rule: c.name, Said: said})
	}
	return in, err
}

// fallBack lets the account's fallback flow take what a fan said or did and nobody took.
func (d *decision) fallBack() (taken bool, err error) {
	p := d.edition.ByName[d.account.Fallback]
	if p == nil || !d.event.Answerable {
		return false, nil
	}
	in, err := d.join(p, enrollWish{flow: p.Name, by: "fallback for " + d.event.Name})
	if in {
		d.taken = p.Name
	}
	return in, err
}

// ignore notes that nobody took the event, nor did anything about it.
func (d *decision) ignore() error {
	if d.unheard < 0 || len(d.draft.entries) > d.unheard {
		return nil
	}
	d.word = "ignored"
	if d.event.Name == "report" && d.snapshot.Rev > 0 && d.nothingBut(store.Heard, store.Refused) {
		d.draft.entries = nil // a position comes every five seconds where the owner wants it so, and nobody listens
		return nil
	}
	if !d.event.Acts {
		return nil
	}
	return d.draft.add(store.Entry{Kind: store.Ignored, Name: d.event.title(), Why: "no flow takes it"})
}

func (d *decision) nothingBut(kinds ...store.Kind) bool {
	return !slices.ContainsFunc(d.draft.entries, func(e store.Entry) bool { return !slices.Contains(kinds, e.Kind) })
}

// grantEnrolls starts the flows that scripts asked for, each as a part of its own.
func (d *decision) grantEnrolls() (more bool, err error) {
	for len(d.draft.enrolls) > 0 {
		wish := d.draft.enrolls[0]
		d.draft.enrolls = slices.Clone(d.draft.enrolls[1:])
		more = true
		if err := d.grant(wish); err != nil {
			return more, err
		}
	}
	return more, nil
}

// grant starts a flow that a script asked for. Who called one that does not begin, hears so.
func (d *decision) grant(wish enrollWish) error {
	p := d.edition.ByName[wish.flow]
	in := false
	var err error
	switch {
	case p == nil:
		d.tried(verdict{Flow: wish.flow, Rule: wish.by, Said: "refused: it is not published"})
	case d.granted >= maxMoves: // flows that enroll each other: so many are enough
		err = d.refuse(wish.flow, wish.by, fmt.Sprintf("more than %d enrollments in one event", maxMoves))
	default:
		in, err = d.join(p, wish)
	}
	if err != nil {
		return err
	}
	if in {
		d.granted++
	}
	if wish.caller == nil {
		return nil
	}
	n := d.enrollment(*wish.caller)
	if n == nil || n.Calls != wish.flow {
		return nil
	}
	if c := d.draft.fan.Enrolled(wish.flow); in && (c != nil && c.Caller != nil && *c.Caller == *wish.caller || d.answered(wish)) {
		return nil
	}
	result := refusedResult
	if in { // its first state failed
		result = leftResult
	}
	d.draft.endings = append(d.draft.endings, ending{Caller: *wish.caller, Fence: n.Fence, Flow: wish.flow, Result: result})
	return nil
}

// answered reports whether the sub-flow has begun and ended, so that its caller's result is known.
func (d *decision) answered(wish enrollWish) bool {
	return slices.ContainsFunc(d.draft.endings, func(e ending) bool { return e.Caller == *wish.caller && e.Flow == wish.flow })
}

// reason says by what rule the event was taken.
func (d *decision) reason(key string) string { return ruleName(d.event.Name, key) }
