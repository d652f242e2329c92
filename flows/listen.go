package flows

import (
	"cmp"
	"slices"

	"fanflow/store"
)

// listeners let flows hear the event that do not take it: first the enrollments, by priority and then by entry, then the triggers
// that only listen, by priority and then by name. Each is a part of its own. Who took the event does not hear it once more, and
// who came into a flow by it does not hear it there.
func (d *decision) listeners() error {
	if d.event.Depth > maxDepth || d.stopped {
		return nil
	}
	for _, at := range d.byPriority() {
		if err := d.listen(at); err != nil {
			return err
		}
	}
	return d.listeningTriggers()
}

// byPriority names the enrollments that the event found, by their flow's priority, then by entry.
func (d *decision) byPriority() []store.Caller {
	live := slices.DeleteFunc(d.live(), func(at store.Caller) bool { return d.began(at) >= 0 })
	priority := map[string]int{}
	for _, at := range live {
		if c := d.flowOf(d.enrollment(at)); c != nil {
			priority[at.Flow] = c.Priority
		}
	}
	slices.SortStableFunc(live, func(a, b store.Caller) int { return cmp.Compare(priority[b.Flow], priority[a.Flow]) })
	return live
}

// listen lets one enrollment hear the event, also while it sleeps. The rule of its state comes before that of its flow.
func (d *decision) listen(at store.Caller) error {
	n := d.enrollment(at)
	if n == nil || n.Flow == d.taken || !d.mayHear(n) {
		return nil
	}
	flow := d.flowOf(n)
	if flow == nil || flow.States[n.State] == nil {
		return nil
	}
	r, captures := flow.States[n.State].Listen[d.event.Name].match(d.event.Subject)
	if r == nil {
		r, captures = flow.Listen[d.event.Name].match(d.event.Subject)
	}
	if r == nil {
		return nil
	}
	v := verdict{Flow: at.Flow, No: at.No, Rule: d.reason(r.Key), Said: "listened"}
	if d.paused(at.Flow) {
		v.Said = "paused"
		d.tried(v)
		return nil
	}
	d.tried(v)
	defer d.hearing(r, captures)()
	return d.part(flow, func() error { return d.walk(flow, at.No).act(r.Do, "listen "+d.reason(r.Key)) })
}

// listeningTriggers enroll without taking.
func (d *decision) listeningTriggers() error {
	for _, p := range d.edition.Flows {
		if !p.TriggersListen || p.Name == d.event.Source || p.Name == d.taken {
			continue
		}
		c, ok := d.trigger(p.compiled)
		if !ok {
			continue
		}
		if _, err := d.enrollBy(c); err != nil {
			return err
		}
	}
	return nil
}
