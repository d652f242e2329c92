package flows

import (
	"slices"

	"fanflow/store"
)

// exitEvents are the words that exit rules know, and what their keys are compared with; empty: the rule is true.
var exitEvents = map[string]string{
	"unsubscribe": "", "optout": "", "tag": "the tag", "untag": "the tag", "attr": "the attribute, or attribute=value",
	"goal": "the goal, or flow.goal", "webhook": "the event's name",
}

// news is something that came to be true of the fan in this decision.
type news struct {
	event, subject string
	// said tells that it is the event itself, which an enrollment may have taken by its own on.
	said bool
}

// exits ends the enrollments whose exit rules match what has happened in this decision since the last look. more tells that
// something new happened by that.
func (d *decision) exits() (more bool, err error) {
	from := d.facts
	d.facts = len(d.draft.entries)
	for i := from; i < d.facts; i++ {
		f, ok := d.newsOf(i)
		if !ok {
			continue
		}
		for _, at := range d.live() {
			n := d.enrollment(at)
			if n == nil || f.said && n.Flow == d.acted || d.began(at) > i {
				continue
			}
			to, why, ok := d.exitRule(n, f)
			if !ok {
				continue
			}
			more = true
			d.tried(verdict{Flow: at.Flow, No: at.No, Rule: why, Said: "left"})
			if err := d.quit(n, to, why); err != nil {
				return more, err
			}
		}
	}
	return more, nil
}

// newsOf reads an entry of the decision. Of what the fan or another system did, only what stands is news: an unsubscribe that a
// newer subscribe has overtaken is none.
func (d *decision) newsOf(i int) (news, bool) {
	e := &d.draft.entries[i]
	switch e.Kind {
	case store.OptedOut:
		return news{event: "optout"}, true
	case store.Unsubscribed:
		return news{event: "unsubscribe", said: true}, !d.draft.fan.Subscribed
	case store.Heard:
		return news{event: "webhook", subject: d.event.Subject, said: true}, d.event.Name == "webhook"
	}
	event, subject, ok := fact(e)
	return news{event: event, subject: subject}, ok
}

// exitRule looks for the exit of the enrollment's flow that the news are: to is the final state to end in, empty for none.
func (d *decision) exitRule(n *store.Enrollment, f news) (to, why string, ok bool) {
	c := d.flowOf(n)
	if p := d.edition.ByName[n.Flow]; c == nil && p != nil { // its own version cannot be used; the campaign's rules still hold
		c = p.compiled
	}
	if c == nil {
		return "", "", false
	}
	for _, m := range c.Exit {
		if m.Event != f.event {
			continue
		}
		if r, _ := m.match(f.subject); r != nil {
			return r.target(), "exit: " + ruleName(m.Event, r.Key), true
		}
	}
	return "", "", false
}

// target is the state that the rule leads to; empty: none.
func (r *rule) target() string {
	if r.Do == nil {
		return ""
	}
	return r.Do.To
}

// began is the number of the entry by which the enrollment began in this decision; -1: it was there before. Who enters a flow
// that a tag ends does not leave it for the tag that they came with.
func (d *decision) began(at store.Caller) int {
	return slices.IndexFunc(d.draft.entries, func(e store.Entry) bool {
		return e.Kind == store.Enrolled && e.Flow == at.Flow && e.No == at.No
	})
}

// live names the enrollments of the moment, in order of entry.
func (d *decision) live() []store.Caller {
	var out []store.Caller
	for i := range d.draft.fan.Live {
		out = append(out, store.Caller{Flow: d.draft.fan.Live[i].Flow, No: d.draft.fan.Live[i].No})
	}
	return out
}

// enrollment gives one that is named; nil once it has ended.
func (d *decision) enrollment(at store.Caller) *store.Enrollment {
	if n := d.draft.fan.Enrolled(at.Flow); n != nil && n.No == at.No {
		return n
	}
	return nil
}

// quit ends an enrollment from outside of its states: leave hook, the final state if to names one, Left. What the flow's script
// cannot do does not hold it back: then, as in a paused flow, it ends without hooks.
func (d *decision) quit(n *store.Enrollment, to, why string) error {
	at, c := store.Caller{Flow: n.Flow, No: n.No}, d.flowOf(n)
	if c == nil {
		return d.finish(n, why)
	}
	for _, bare := range []bool{d.paused(n.Flow), true} {
		stands, err := d.try(c, func() error {
			w := d.walk(c, at.No)
			w.bare = bare
			return w.quit(to, why)
		})
		if stands || err != nil {
			return err
		}
	}
	return nil
}

// finish ends an enrollment, and with it the sub-flow that it waits for and the timers of its wait. Every end of an enrollment
// comes here. The journey is done if it has reached the last step of the funnel. A caller will hear of it.
func (d *decision) finish(n *store.Enrollment, why string) error {
	at := store.Caller{Flow: n.Flow, No: n.No}
	if err := d.endChild(n, callerEnded); err != nil {
		return err
	}
	n = d.enrollment(at)
	result, done := leftResult, false
	if c := d.flowOf(n); c != nil {
		last := c.last()
		done = slices.ContainsFunc(n.Reached, func(r store.Step) bool { return r.State == last })
		result = c.result(n.State)
	}
	if n.Caller != nil {
		if caller := d.enrollment(*n.Caller); caller != nil {
			d.draft.endings = append(d.draft.endings, ending{
				Caller: *n.Caller, Fence: caller.Fence, Flow: n.Flow, Result: result, Vars: n.Vars,
			})
		}
	}
	d.dropTimers(n)
	return d.draft.add(store.Entry{Kind: store.Left, Flow: at.Flow, No: at.No, State: n.State, Why: why, Done: done})
}

// closedEvent brings a fan to the end of a flow's window, with nothing else.
const closedEvent = "closed"

// closeWindows ends the enrollments in flows whose window has closed and that say closes = "leave".
func (d *decision) closeWindows() error {
	for _, at := range d.live() {
		n := d.enrollment(at)
		if n == nil {
			continue
		}
		c := d.flowOf(n)
		if p := d.edition.ByName[at.Flow]; p != nil { // the campaign's window is the published one, whatever version the fan is in
			c = p.compiled
		}
		if c == nil || !c.Window.ends(d.now, d.account.Location) {
			continue
		}
		if err := d.quit(n, "", c.Window.shut(d.now, d.account.Location)); err != nil {
			return err
		}
	}
	return nil
}
