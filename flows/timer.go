package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
)

// timerTries is how often a timer whose script fails is tried before it is parked.
const timerTries = 3

// retryError asks the scheduler to bring a timer again.
type retryError struct{ err error }

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// arm sets a timer of the wait that the enrollment is in; one of its name that waits already is moved. It is done at its due,
// but not before notBefore; lateness counts from the due. why is for the journal where it is not the entry of the state that
// sets it. fired is how often it has fired in this wait, under whatever name. A moment that cannot be read sets no timer, and the
// journal says so: the fan is in the state all the same.
func (d *decision) arm(n *store.Enrollment, t *timer, fired int, notBefore time.Time, why string) error {
	due, err := t.due(n, &d.draft.fan, d.draft.at, d.account.Location)
	if err != nil {
		e := store.Entry{Kind: store.Failed, Flow: n.Flow, Version: n.Version, Why: cut(fmt.Sprintf("the timer %q of state %s is not set: %v", t.Name, n.State, err), shortWhy)}
		return d.draft.add(e)
	}
	return d.set(n, t, fired, due, notBefore, why)
}

// set arms a timer that has fired so often for a time. The id derives from the wait: setting the same timer of the same wait
// again sets nothing new.
func (d *decision) set(n *store.Enrollment, t *timer, fired int, due, notBefore time.Time, why string) error {
	if old := d.timerOf(n, t.Name); old != nil && pending(old) {
		d.draft.endJob(old.Job)
	}
	job := store.Job{
		ID: timerID(d.fan.OpenID, n.Fence, t, due, fired), Account: d.fan.Account, OpenID: d.fan.OpenID, Kind: "timer", Due: due, Fence: n.Fence,
		Flow: n.Flow, No: n.No, State: n.State, Name: t.Name,
	}
	if job.Due.Before(notBefore) {
		job.Due = store.Stamp(notBefore)
	}
	d.draft.jobs = append(d.draft.jobs, job)
	return d.draft.add(store.Entry{Kind: store.Armed, Flow: n.Flow, No: n.No, State: n.State, Name: t.Name, Due: due, Job: job.ID, Why: why})
}

// timerID names the job of a timer. Each time of an every has one of its own, and where they are counted it ends in how many
// were before it.
func timerID(openID string, fence uint64, t *timer, due time.Time, fired int) string {
	id := fmt.Sprintf("timer/%s/%d/%s", openID, fence, t.Name)
	if t.Kind == everyTimer {
		id += fmt.Sprintf("@%d", due.Unix())
		if t.Times > 0 {
			id += fmt.Sprintf("#%d", fired)
		}
	}
	return id
}

// firings reads from the job of an every how often it has fired before.
func firings(job string) int {
	_, count, _ := strings.Cut(job[strings.LastIndexByte(job, '@')+1:], "#")
	n, err := strconv.Atoi(count)
	if err != nil { // it is not counted
		return 0
	}
	return n
}

// timerOf gives the record's timer of a name in the enrollment's present wait, or nil.
func (d *decision) timerOf(n *store.Enrollment, name string) *store.Timer {
	live := d.draft.fan.Enrolled(n.Flow)
	if live == nil {
		return nil
	}
	i := slices.IndexFunc(live.Timers, func(t store.Timer) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &live.Timers[i]
}

// pending reports whether the timer has a job in the due-queue.
func pending(t *store.Timer) bool { return t.Armed() || t.Over == string(store.Parked) }

// disarm takes timers of the enrollment's wait back, whatever has become of them.
func (d *decision) disarm(n *store.Enrollment, names []string, why string) error {
	for _, name := range names {
		t := d.timerOf(n, name)
		if t == nil {
			continue
		}
		e := store.Entry{Kind: store.Disarmed, Flow: n.Flow, No: n.No, State: n.State, Name: t.Name, Due: t.Due, Job: t.Job, Why: why}
		if pending(t) {
			d.draft.endJob(t.Job)
		}
		if err := d.draft.add(e); err != nil {
			return err
		}
	}
	return nil
}

// dropTimers ends the jobs of the timers of a wait that is over. The fence would find them stale; this keeps them from being
// brought at all.
func (d *decision) dropTimers(n *store.Enrollment) {
	for i := range n.Timers {
		if t := &n.Timers[i]; pending(t) {
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
	due := d.job.Due // where the record does not know the timer
	if kept := d.timerOf(n, t.Name); kept != nil {
		if kept.Job != d.job.ID || !pending(kept) {
			return d.stale("it has been set anew since, or is over")
		}
		due = kept.Due
	}
	d.taken = flow.Name
	if due.After(d.draft.at) {
		d.putBack(due)
		return nil
	}
	d.draft.endJob(d.job.ID) // what this decision has set anew fires now
	if late := t.Late.judge(d.lateSince(due), d.draft.at, flow.Hours, d.account); late.skip {
		return d.miss(n, t, late.why)
	} else if !late.until.IsZero() {
		return d.set(n, t, firings(d.job.ID), store.Stamp(late.until), time.Time{}, late.why)
	}
	return d.part(flow, func() error {
		if err := d.draft.add(d.timerEntry(store.Fired, "")); err != nil {
			return err
		}
		if err := d.walk(flow, n.No).act(t.Do, t.title()); err != nil {
			return err
		}
		return d.again(t, firings(d.job.ID)+1)
	})
}

// lateSince is when the timer should have been done. A try that failed was in time, so that the next one counts from when it
// was to come.
func (d *decision) lateSince(due time.Time) time.Time {
	if d.job.Attempt > 0 {
		return d.job.Due
	}
	return due
}

// putBack leaves the timer in the due-queue: a new version has moved it, or the clock was put back.
func (d *decision) putBack(due time.Time) {
	if slices.ContainsFunc(d.draft.jobs, func(j store.Job) bool { return j.ID == d.job.ID }) {
		return
	}
	j := *d.job
	j.Due, j.Why = due, ""
	d.draft.jobs = append(d.draft.jobs, j)
}

// miss passes over a timer that is too late.
func (d *decision) miss(n *store.Enrollment, t *timer, why string) error {
	e := d.timerEntry(store.Missed, why)
	e.State = n.State
	if err := d.draft.add(e); err != nil {
		return err
	}
	return d.again(t, firings(d.job.ID))
}

// again arms an every for its next time, if the enrollment is still in the wait. The times that have passed meanwhile are not
// made up for.
func (d *decision) again(t *timer, fired int) error {
	n := d.draft.fan.Enrolled(d.job.Flow)
	if t.Kind != everyTimer || n == nil || n.No != d.job.No || n.Fence != d.job.Fence || t.Times > 0 && fired >= t.Times {
		return nil
	}
	now := d.draft.at
	if d.job.Due.After(now) { // the clock was put back
		now = d.job.Due
	}
	due, err := t.due(n, &d.draft.fan, now, d.account.Location)
	if err != nil {
		return err
	}
	return d.set(n, t, fired, due, time.Time{}, "")
}

// timerEntry notes what has become of the timer. Its due is the one that it was set for, not that of another try.
func (d *decision) timerEntry(kind store.Kind, why string) store.Entry {
	j := d.job
	e := store.Entry{Kind: kind, Flow: j.Flow, No: j.No, State: j.State, Name: j.Name, Due: j.Due, Job: j.ID, Why: why}
	if n := d.draft.fan.Enrolled(j.Flow); n != nil && n.No == j.No {
		if t := d.timerOf(n, j.Name); t != nil && t.Job == j.ID {
			e.State, e.Due = n.State, t.Due
		}
	}
	return e
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
