package flows

import (
	"encoding/json"
	"fmt"

	"fanflow/store"
)

// maxDepth is how deep flows may tell each other: an event that such an event caused is one deeper, and so is the end of a send that
// it caused. Else two flows, or one that sends again what has failed, would go on as fast as the machine can.
const maxDepth = 8

// tooDeepWhy is what is said of what flows are not told.
const tooDeepWhy = "told too deep"

// tooDeep notes an event that no flow is told of.
func (d *decision) tooDeep() error {
	d.word = "ignored"
	return d.draft.add(store.Entry{Kind: store.Ignored, Name: d.event.title(), Why: tooDeepWhy})
}

// untold lets the trace say what flows would have been told.
func (d *decision) untold() {
	for i := range d.draft.entries {
		e := &d.draft.entries[i]
		if event, subject, ok := fact(e); ok && d.hearsOf(event, subject, e.Flow) {
			d.tried(verdict{Flow: e.Flow, Rule: ruleName(event, subject), Said: tooDeepWhy})
		}
	}
}

// told are the entries that other flows can listen to, and the events they make.
var told = map[store.Kind]string{store.Tagged: "tag", store.Untagged: "untag", store.AttrSet: "attr", store.Goal: "goal"}

// fact gives the event that an entry makes for flows, and its subject; ok is false for what no flow can listen to.
func fact(e *store.Entry) (event, subject string, ok bool) {
	event, ok = told[e.Kind]
	return event, factSubject(event, e.Flow, e.Name, e.Value), ok
}

// factSubject is what keys are compared with: a goal as flow.goal, an attribute as name=value, of anything else the name.
func factSubject(event, flow, name string, value json.RawMessage) string {
	switch event {
	case "goal":
		return flow + "." + name
	case "attr":
		text, _ := plainText(jsonValue(value))
		return name + "=" + text
	}
	return name
}

// tell makes a job of everything in this decision that a published flow listens to. It is due at once, but decided on its own:
// a flow's failure does not touch the one that told it.
func (d *decision) tell() error {
	if d.event.Depth >= maxDepth {
		d.untold()
	}
	jobs, err := d.tidings()
	d.draft.jobs = append(d.draft.jobs, jobs...)
	d.draft.serial += len(jobs)
	return err
}

// tidings are the jobs of tell, as they would be if the decision ended here.
func (d *decision) tidings() (jobs []store.Job, err error) {
	if d.event.Depth >= maxDepth {
		return nil, nil
	}
	for i := range d.draft.entries {
		e := &d.draft.entries[i]
		event, subject, ok := fact(e)
		if !ok || !d.hearsOf(event, subject, e.Flow) {
			continue
		}
		args, err := encode(eventArgs{Name: e.Name, Value: e.Value})
		if err != nil {
			return nil, fmt.Errorf("encode what flow %s tells: %w", e.Flow, err)
		}
		jobs = append(jobs, store.Job{
			ID: d.draft.id(d.draft.serial + len(jobs) + 1), Account: d.fan.Account, OpenID: d.fan.OpenID, Kind: "event", Due: d.draft.at,
			Flow: e.Flow, Name: event, Args: args, Depth: d.event.Depth + 1,
		})
	}
	return jobs, nil
}
