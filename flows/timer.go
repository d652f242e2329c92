package flows

import (
	"fmt"
	"time"

	"fanflow/store"
)

// timerTries is how often a timer whose script fails is tried before it is parked.
const timerTries = 3

// retryError asks the scheduler to bring a timer again.
type retryError struct{ err error }

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// arm sets a timer of the state that the enrollment has been in since StateAt. The id derives from the wait: arming the same
// timer of the same wait again, by a new version or a repeated commit, sets nothing new.
func (d *decision) arm(n *store.Enrollment, t *timer) error {
	due := n.StateAt.Add(t.Wait)
	id := fmt.Sprintf("timer/%s/%d/%s", d.fan.OpenID, n.Fence, t.Name)
	e := store.Entry{Kind: store.Armed, Flow: n.Flow, No: n.No, State: n.State, Name: t.Name, Due: due, Job: id}
	d.draft.jobs = append(d.draft.jobs, store.Job{
		ID: id, Account: d.fan.Account, OpenID: d.fan.OpenID, Kind: "timer", Due: due, Fence: n.Fence,
		Flow: n.Flow, No: n.No, State: n.State, Name: t.Name,
	})
	return d.draft.add(e)
}

// dropTimers ends the jobs of the timers that are armed in a wait that is over. The fence would find them stale; this keeps
// them from being brought at all.
func (d *decision) dropTimers(n *store.Enrollment) {
	for i := range n.Timers {
		if t := &n.Timers[i]; t.Armed() {
			d.draft.endJob(t.Job)
		}
	}
}

// fire acts on a timer, if the enrollment is still in the wait that it was armed in and its version still declares it.
func (d *decision) fire() error {
	n := d.draft.fan.Enrolled(d.job.Flow)
	if n == nil || n.No != d.job.No || n.Fence != d.job.Fence {
		return d.stale("the fan has moved on since it was armed")
	}
	flow := d.flowOf(n)
	if flow == nil || flow.States[n.State] == nil {
		return d.stale(fmt.Sprintf("version %d of the flow cannot be used", n.Version))
	}
	t := flow.States[n.State].timer(d.job.Name)
	if t == nil {
		return d.stale(fmt.Sprintf("version %d declares no such timer", n.Version))
	}
	d.taken = flow.Name
	return d.part(flow, func() error {
		if err := d.draft.add(d.timerEntry(store.Fired, "")); err != nil {
			return err
		}
		return d.walk(flow, n.No).act(t.Do, t.title())
	})
}

func (d *decision) timerEntry(kind store.Kind, why string) store.Entry {
	j := d.job
	return store.Entry{Kind: kind, Flow: j.Flow, No: j.No, State: j.State, Name: j.Name, Due: j.Due, Job: j.ID, Why: why}
}

func (d *decision) stale(why string) error {
	d.word = "stale"
	return d.draft.add(d.timerEntry(store.Stale, why))
}

// park keeps a timer whose script failed for the last time until somebody resumes it.
func (d *decision) park(flow *compiled, f *failure) error {
	parked := *d.job
	parked.Attempt, parked.Parked, parked.Why = timerTries, true, cut(f.Error(), 500)
	d.draft.jobs = append(d.draft.jobs, parked)
	if err := d.draft.add(store.Entry{Kind: store.Failed, Flow: flow.Name, Version: flow.Version, Why: f.why()}); err != nil {
		return err
	}
	return d.draft.add(d.timerEntry(store.Parked, "it failed three times"))
}

// heldWhy marks the timers of a paused flow.
const heldWhy = "the flow is paused"

// pausedFor is how long a timer of a paused flow is put off at a time.
const pausedFor = time.Hour
