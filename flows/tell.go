package flows

import (
	"encoding/json"
	"fmt"

	"fanflow/store"
)

// maxDepth is how deep flows may tell each other: an event that such an event caused is one deeper.
const maxDepth = 8

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
		if !ok || !d.edition.listens(event, subject, e.Flow) {
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
