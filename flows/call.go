package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fanflow/store"
)

// maxCalls is how deep flows may call each other.
const maxCalls = 8

// What a caller hears of a sub-flow that did not end in a final state, and of one that did not take the fan in.
const (
	leftResult    = "left"
	refusedResult = "refused"
)

// resultEvent is the event by which a caller hears how its sub-flow has ended. As a job it is one that a paused caller waits for.
const resultEvent = "result"

// ending is the end of a sub-flow, as its caller hears of it.
type ending struct {
	Caller store.Caller               `json:"caller"`
	Fence  uint64                     `json:"fence"` // of the wait in which it called: the result is told to no later one
	Flow   string                     `json:"flow"`  // that was called
	Result string                     `json:"result"`
	Vars   map[string]json.RawMessage `json:"vars,omitempty"` // as the sub-flow left them
}

// result is what a caller hears of an end in the state.
func (d *declaration) result(state string) string {
	s := d.States[state]
	switch {
	case s == nil || !s.Final:
		return leftResult
	case s.Result != "":
		return s.Result
	}
	return s.Name
}

// call starts a flow as a sub-flow of this enrollment, which sleeps until it ends. vars become the sub-flow's variables; why
// says what led to the call. The sub-flow is a part of its own: its failure is not the caller's.
func (w *walk) call(flow string, vars map[string]json.RawMessage, why string) error {
	n := w.at()
	switch s := w.state(); {
	case n == nil || s == nil:
		return errors.New("call needs a state to wait in")
	case s.Final:
		return fmt.Errorf("state %q is final: nothing can wait there for a call", s.Name)
	case flow == w.flow.Name:
		return fmt.Errorf("flow %q cannot call itself", flow)
	case n.Calls != "":
		return fmt.Errorf("it waits for flow %q already: one call at a time", n.Calls)
	case w.d.edition.ByName[flow] == nil:
		return fmt.Errorf("no flow %q is published%s", flow, didYouMean(flow, sortedKeys(w.d.edition.ByName)))
	case w.d.depth(n) >= maxCalls:
		return fmt.Errorf("flows call each other more than %d deep", maxCalls)
	}
	if err := w.note(store.Entry{Kind: store.Called, State: n.State, Name: flow, Why: why}); err != nil {
		return err
	}
	w.d.draft.enrolls = append(w.d.draft.enrolls, enrollWish{
		flow: flow, by: "flow " + w.flow.Name, vars: vars, caller: &store.Caller{Flow: w.flow.Name, No: w.no},
	})
	return nil
}

// depth is how many callers wait for the enrollment, one for the other.
func (d *decision) depth(n *store.Enrollment) (deep int) {
	for n != nil && n.Caller != nil && deep < maxCalls {
		n = d.enrollment(*n.Caller)
		deep++
	}
	return deep
}

// forget ends the sub-flow that the enrollment waits for, as it goes on without it; why is the sub-flow's reason.
func (w *walk) forget(why string) error {
	n := w.at()
	if n == nil || n.Calls == "" {
		return nil
	}
	if err := w.d.endChild(n, why); err != nil {
		return err
	}
	return w.note(store.Entry{Kind: store.Called, State: w.at().State, Why: why})
}

// Why a sub-flow ends that its caller does not wait for any more.
const (
	callerWentOn = "its caller went on"
	callerEnded  = "its caller has ended"
)

// endChild ends the sub-flow that an enrollment waits for, without hooks; one that has not begun yet does not begin. Nobody hears
// of its result.
func (d *decision) endChild(n *store.Enrollment, why string) error {
	if n.Calls == "" {
		return nil
	}
	caller, called := store.Caller{Flow: n.Flow, No: n.No}, n.Calls
	d.draft.enrolls = slices.DeleteFunc(slices.Clone(d.draft.enrolls), func(w enrollWish) bool {
		return w.caller != nil && *w.caller == caller
	})
	if c := d.draft.fan.Enrolled(called); c != nil && c.Caller != nil && *c.Caller == caller {
		if err := d.finish(c, why); err != nil {
			return err
		}
	}
	d.draft.endings = slices.DeleteFunc(slices.Clone(d.draft.endings), func(e ending) bool { return e.Caller == caller })
	return nil
}

// results wakes the callers of the sub-flows that have ended since the last look.
func (d *decision) results() (more bool, err error) {
	for len(d.draft.endings) > 0 {
		e := d.draft.endings[0]
		d.draft.endings = slices.Clone(d.draft.endings[1:])
		more = true
		if err := d.wakeCaller(e); err != nil {
			return more, err
		}
	}
	return more, nil
}

// wakeCaller lets a caller go on with the result of its sub-flow. Where it has no rule for it, it is awake and stays. If its
// script fails, the sub-flow's end stands, and so does the waking.
func (d *decision) wakeCaller(e ending) error {
	n := d.enrollment(e.Caller)
	if n == nil || n.Calls != e.Flow || n.Fence != e.Fence {
		return nil
	}
	if d.paused(n.Flow) {
		return d.holdResult(e)
	}
	name := ruleName(resultEvent, e.Result)
	err := d.draft.add(store.Entry{Kind: store.Called, Flow: n.Flow, No: n.No, State: n.State, Why: name + " of flow " + e.Flow})
	if err != nil {
		return err
	}
	flow := d.flowOf(n)
	if flow == nil || flow.States[n.State] == nil {
		d.tried(verdict{Flow: n.Flow, No: n.No, Rule: name, Said: "passed over: its version cannot be used"})
		return nil
	}
	r, captures := flow.States[n.State].On[resultEvent].match(e.Result)
	if r == nil {
		d.tried(verdict{Flow: n.Flow, No: n.No, Rule: name, Said: "no rule for it: it stays"})
		return nil
	}
	d.tried(verdict{Flow: n.Flow, No: n.No, Rule: ruleName(resultEvent, r.Key), Said: "took"})
	was := d.event
	d.event = d.resultOf(e)
	defer func() { d.event = was }()
	defer d.hearing(r, captures)()
	_, err = d.try(flow, func() error { return d.walk(flow, e.Caller.No).act(r.Do, ruleName(resultEvent, r.Key)) })
	return err
}

// resultOf is the event that a caller hears: it can be answered if the one that led to it can.
func (d *decision) resultOf(e ending) *event {
	ev := *d.event
	vars := map[string]any{}
	for name, v := range e.Vars {
		vars[name] = jsonValue(v)
	}
	ev.Name, ev.Subject, ev.Captures, ev.Other = resultEvent, e.Result, nil, false
	ev.Fields = map[string]any{"result": e.Result, "flow": e.Flow, "vars": vars}
	return &ev
}

// holdResult keeps the result for a caller whose flow is paused: it takes no event now. It is brought again every hour, and when
// the flow goes on.
func (d *decision) holdResult(e ending) error {
	raw, err := encode(e)
	if err != nil {
		return fmt.Errorf("encode the result of flow %s: %w", e.Flow, err)
	}
	args, err := encode(eventArgs{Name: e.Result, Value: raw})
	if err != nil {
		return fmt.Errorf("encode the result of flow %s: %w", e.Flow, err)
	}
	d.tried(verdict{Flow: e.Caller.Flow, No: e.Caller.No, Rule: ruleName(resultEvent, e.Result), Said: "paused: it is kept for an hour"})
	d.draft.jobs = append(d.draft.jobs, store.Job{
		ID:      resultJob(d.fan.OpenID, e.Caller, e.Fence),
		Account: d.fan.Account, OpenID: d.fan.OpenID, Kind: "event", Name: resultEvent, Flow: e.Flow,
		Due: d.draft.at.Add(heldFor), Args: args, Why: heldWhy,
	})
	return nil
}

// resultJob names the job that keeps a result: a caller waits for one at a time.
func resultJob(openID string, caller store.Caller, fence uint64) string {
	return fmt.Sprintf("result/%s/%s/%d/%d", openID, caller.Flow, caller.No, fence)
}

// keptResult gives the job that keeps a result for the fan's enrollment in a flow: it sleeps, and what it called has ended.
func keptResult(f *store.Fan, flow string) (job string, ok bool) {
	n := f.Enrolled(flow)
	if n == nil || n.Calls == "" {
		return "", false
	}
	at := store.Caller{Flow: flow, No: n.No}
	if c := f.Enrolled(n.Calls); c != nil && c.Caller != nil && *c.Caller == at {
		return "", false
	}
	return resultJob(f.ID.OpenID, at, n.Fence), true
}

// heldFor is how long a result waits for a paused caller at a time.
const heldFor = time.Hour

// heldResult brings a result that was kept for a paused caller.
func (d *decision) heldResult() error {
	var args eventArgs
	if err := json.Unmarshal(d.job.Args, &args); err != nil {
		return fmt.Errorf("read the result in job %s: %w", d.job.ID, err)
	}
	var e ending
	if err := json.Unmarshal(args.Value, &e); err != nil {
		return fmt.Errorf("read the result in job %s: %w", d.job.ID, err)
	}
	return d.wakeCaller(e)
}

// wakeAll ends the sleep of callers that this decision has no round left for: their flows call each other in a circle.
func (d *decision) wakeAll() error {
	var callers []store.Caller
	for _, w := range d.draft.enrolls {
		if w.caller != nil {
			callers = append(callers, *w.caller)
		}
	}
	for _, e := range d.draft.endings {
		callers = append(callers, e.Caller)
	}
	d.draft.enrolls, d.draft.endings = nil, nil
	for _, at := range callers {
		n := d.enrollment(at)
		if n == nil || n.Calls == "" {
			continue
		}
		err := d.draft.add(store.Entry{
			Kind: store.Called, Flow: at.Flow, No: at.No, State: n.State, Why: fmt.Sprintf("more than %d calls and results in one event", maxRounds),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
