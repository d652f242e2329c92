package flows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

// publishedEvent brings a fan through the publications of a flow, with nothing else.
const publishedEvent = "published"

// publishedTo is the event for one fan. Its overdue timers fire at from at the earliest.
func publishedTo(flow string, from time.Time) *event {
	return &event{Name: publishedEvent, Created: from, Fields: map[string]any{"flow": flow, "from": from.Format(time.RFC3339Nano)}}
}

// modernise brings the fan's enrollments through the publications that they have not gone through. The event of a publication
// also sets the timers of its flow again that wait for it: the parked, and the held ones of a flow that was paused.
func (d *decision) modernise() error {
	for _, flow := range d.liveFlows() {
		if err := d.catchUp(flow); err != nil {
			return err
		}
	}
	if d.event.Name != publishedEvent {
		return nil
	}
	flow, _ := d.event.Fields["flow"].(string)
	return d.revive(flow)
}

func (d *decision) liveFlows() (names []string) {
	for i := range d.draft.fan.Live {
		names = append(names, d.draft.fan.Live[i].Flow)
	}
	return names
}

// catchUp brings one enrollment up to the current publication, one after the other. A paused flow waits until it goes on.
func (d *decision) catchUp(flow string) error {
	line, p := d.lines[flow], d.edition.ByName[flow]
	first := d.draft.fan.Enrolled(flow)
	if first == nil || line == nil || p == nil || p.Paused { // a caller that has ended takes its sub-flow with it
		return nil
	}
	no := first.No
	for i := range line.Pubs {
		n := d.draft.fan.Enrolled(flow)
		if n == nil || n.No != no {
			return nil
		}
		if err := d.goThrough(n, &line.Pubs[i], i == len(line.Pubs)-1); err != nil {
			return err
		}
	}
	return nil
}

// goThrough does what a publication makes of an enrollment. Where it changes nothing, only the last publication is noted.
func (d *decision) goThrough(n *store.Enrollment, p *pubStep, last bool) error {
	m := migrate(&d.draft.fan, n, d.flowOf(n), p, d.draft.at, d.account.Location)
	if m.Kind == fanRestarts {
		return d.restart(n, p, &m)
	}
	if m.Kind == fanStays && m.Version == n.Version && len(m.Drop)+len(m.Arm)+len(m.Renumber) == 0 && !last {
		return nil
	}
	flow := n.Flow
	if err := d.version(n, p, &m); err != nil {
		return err
	}
	if m.Kind == fanEnds {
		return d.finish(d.draft.fan.Enrolled(flow), m.Why)
	}
	if len(m.Drop) > 0 {
		if err := d.disarmAll(d.draft.fan.Enrolled(flow), m.Drop, fmt.Sprintf("version %d does not declare it", m.Version)); err != nil {
			return err
		}
	}
	for i := range m.Arm {
		if err := d.rearm(d.draft.fan.Enrolled(flow), &m.Arm[i], p); err != nil {
			return err
		}
	}
	return nil
}

// version notes that the enrollment has gone through a publication.
func (d *decision) version(n *store.Enrollment, p *pubStep, m *migration) error {
	e := store.Entry{Kind: store.Versioned, Flow: n.Flow, No: n.No, Version: m.Version, State: m.State, Pub: p.No, Why: m.Why}
	if m.Renumber != nil {
		raw, err := json.Marshal(m.Renumber)
		if err != nil {
			return fmt.Errorf("encode the steps of flow %s: %w", n.Flow, err)
		}
		e.Value = raw
	}
	return d.draft.add(e)
}

// restart begins the enrollment anew in the published version: what it had set is gone, what it has reached stays. If the new
// beginning fails, the fan stays where they were.
func (d *decision) restart(n *store.Enrollment, p *pubStep, m *migration) error {
	flow, no := n.Flow, n.No
	d.moving = true
	_, err := d.try(p.Flow, func() error {
		n := d.draft.fan.Enrolled(flow)
		stay := *m
		stay.State = n.State
		if err := d.version(n, p, &stay); err != nil {
			return err
		}
		for _, name := range sortedKeys(n.Vars) {
			if err := d.draft.add(store.Entry{Kind: store.VarSet, Flow: flow, No: no, Name: name, Why: m.Why}); err != nil {
				return err
			}
		}
		return d.walk(p.Flow, no).start(m.Why)
	})
	d.moving = false
	if err != nil {
		return err
	}
	n = d.draft.fan.Enrolled(flow)
	if n == nil || n.No != no || n.Pub >= p.No {
		return nil
	}
	return d.draft.add(store.Entry{
		Kind: store.Versioned, Flow: flow, No: no, Version: n.Version, State: n.State, Pub: p.No,
		Why: fmt.Sprintf("publication %d could not restart it: it stays", p.No),
	})
}

// disarmAll takes timers back.
func (d *decision) disarmAll(n *store.Enrollment, timers []store.Timer, why string) error {
	names := make([]string, len(timers))
	for i := range timers {
		names[i] = timers[i].Name
	}
	return d.disarm(n, names, why)
}

// rearm sets a timer of a new version. One that has fired under its old name is only noted, so that no later publication takes
// it for a new one.
func (d *decision) rearm(n *store.Enrollment, a *armed, p *pubStep) error {
	if !a.Over {
		why := fmt.Sprintf("version %d declares it", p.Version)
		if a.Was != "" {
			why += ", for " + a.Was
		}
		return d.arm(n, a.Timer, a.Fired, d.from(n.Flow), why)
	}
	id := timerID(d.fan.OpenID, n.Fence, a.Timer, a.Due, 0)
	e := store.Entry{
		Kind: store.Armed, Flow: n.Flow, No: n.No, State: n.State, Name: a.Timer.Name, Due: a.Due, Job: id,
		Why: "it stands for " + a.Was,
	}
	if err := d.draft.add(e); err != nil {
		return err
	}
	e.Kind, e.Why = store.Missed, "it was over as "+a.Was
	return d.draft.add(e)
}

// from is when the timers of a flow that are overdue may fire: at once, or when the publication's job has given them a turn.
func (d *decision) from(flow string) time.Time {
	if d.event.Name != publishedEvent || d.event.Fields["flow"] != flow {
		return d.draft.at
	}
	text, _ := d.event.Fields["from"].(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return d.draft.at
	}
	return store.Stamp(t)
}

// revive sets the flow's timers that wait for somebody to let them go on.
func (d *decision) revive(flow string) error {
	n, p := d.draft.fan.Enrolled(flow), d.edition.ByName[flow]
	if n == nil || p == nil || p.Paused {
		return nil
	}
	c := d.flowOf(n)
	if c == nil || c.States[n.State] == nil {
		return nil
	}
	for _, r := range asleepTimers(n, d.draft.at) {
		t := c.States[n.State].timer(r.Name)
		if t == nil || d.draft.armsJob(r.Job) {
			continue
		}
		if err := d.arm(n, t, firings(r.Job), d.from(flow), "the flow goes on"); err != nil {
			return err
		}
		n = d.draft.fan.Enrolled(flow)
	}
	return nil
}

// asleepTimers are the timers of a wait that are overdue and have not fired, and those that are parked, earliest due first.
func asleepTimers(n *store.Enrollment, now time.Time) (list []store.Timer) {
	for _, t := range n.Timers {
		if t.Over == parkedTimer || t.Armed() && !t.Due.After(now) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b store.Timer) int { return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Name, b.Name)) })
	return list
}
