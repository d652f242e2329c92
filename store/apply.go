package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Applied is what a Change makes of a fan: the whole of what a store writes about it.
type Applied struct {
	Fan   Fan
	Rows  []Row        // numbered on from the fan's Seq
	Ended []Enrollment // enrollments that the Change ended
	// Counts are to be added to the flow's funnel counters and to those of its cohorts, Moved to the live counts of its states.
	Counts []FlowCount
	Moved  []FlowMove
	// Base is set by an erasure: the tombstone, which takes the place of what replay starts from.
	Base *Fan
	// Seen and Followed are what the account's totals change by: -1, 0 or 1.
	Seen, Followed int64

	uncounted bool // Counts are not asked for
}

// FlowMove is a change of how many live enrollments a flow's state holds.
type FlowMove struct {
	Flow, State string
	By          int64
}

// Apply folds a Change's entries into a fan. It is pure: the fan given is not changed, and the same arguments give the same
// result. It checks nothing that Commit checks (cause, revision, claims); an entry that makes no sense for this fan, such as a
// move in a flow it is not in, is an error.
func Apply(f Fan, c Change) (Applied, error) {
	a := Applied{Fan: f.Clone()}
	a.Fan.ID = c.Fan
	before := a.Fan.Rev > 0 && !a.Fan.Erased
	followed := a.Fan.Subscribed
	at := c.At.UTC().Truncate(time.Millisecond)
	for i := range c.Entries {
		e := c.Entries[i]
		if err := a.entry(e, at); err != nil {
			return Applied{}, fmt.Errorf("entry %d (%s): %w", i, e.Kind, err)
		}
		a.Fan.Seq++
		a.Rows = append(a.Rows, Row{Seq: a.Fan.Seq, Rev: a.Fan.Rev + 1, At: at, Cause: c.Cause, Entry: e})
	}
	a.Fan.Rev++
	a.Seen = b2i(!a.Fan.Erased) - b2i(before)
	a.Followed = b2i(a.Fan.Subscribed) - b2i(followed)
	return a, nil
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// entry applies one entry to a.Fan and to the counts.
func (a *Applied) entry(e Entry, at time.Time) error {
	f := &a.Fan
	if !blind[e.Kind] && !aside[e.Kind] { // only who is heard of again comes back; what a late job notes leaves the tombstone
		f.Erased = false
	}
	switch e.Kind {
	case Heard:
		f.seen(at)
	case Subscribed, Unsubscribed:
		f.follow(e, at)
	case Tagged:
		if i, ok := slices.BinarySearch(f.Tags, e.Name); !ok {
			f.Tags = slices.Insert(f.Tags, i, e.Name)
		}
	case Untagged:
		if i, ok := slices.BinarySearch(f.Tags, e.Name); ok {
			f.Tags = slices.Delete(f.Tags, i, i+1)
		}
	case AttrSet:
		f.Attrs = setJSON(f.Attrs, e.Name, e.Value)
	case OptedOut, OptedIn:
		f.OptOut = e.Kind == OptedOut
	case Enrolled:
		return a.enroll(e, at)
	case Entered, Versioned, VarSet, Goal, Called, Left:
		return a.enrollment(e, at)
	case Armed, Fired, Missed, Disarmed, Stale, Parked:
		f.timer(e)
	case Ordered, Planned:
		return f.keyed(e)
	case Settled:
		f.unkey(e.Send)
	case Unplanned:
		f.unkey(e.Job)
	case KeptBack, Released:
		f.keep(e, at)
	case WindowOpened:
		if e.Window == nil {
			return fmt.Errorf("no window given")
		}
		f.Windows = slices.DeleteFunc(f.Windows, func(w Window) bool {
			return w.Trigger == e.Window.Trigger || !w.Until.After(at)
		})
		f.Windows = append(f.Windows, *e.Window)
	case WindowSpent:
		for i := range f.Windows {
			if w := &f.Windows[i]; w.Trigger == e.Name && w.Left > 0 {
				w.Left--
			}
		}
	case Erased:
		a.erase(at)
	}
	return nil
}

func (f *Fan) seen(at time.Time) {
	if f.FirstSeen.IsZero() {
		f.FirstSeen = at
	}
	if at.After(f.LastSeen) {
		f.LastSeen = at
	}
}

// follow sets Subscribed unless a newer event has set it; at the same second, subscribe wins.
func (f *Fan) follow(e Entry, at time.Time) {
	created := e.Created.UTC().Truncate(time.Millisecond)
	if created.Before(f.DecidedAt) || created.Equal(f.DecidedAt) && e.Kind == Unsubscribed && f.Subscribed {
		return
	}
	f.DecidedAt = created
	f.Subscribed = e.Kind == Subscribed
	if f.Subscribed {
		f.SubscribedAt = at
		if f.Scene == "" {
			f.Scene = e.Name
		}
	}
}

func (a *Applied) enroll(e Entry, at time.Time) error {
	f := &a.Fan
	if f.Enrolled(e.Flow) != nil {
		return fmt.Errorf("%s is in flow %s already", f.ID, e.Flow)
	}
	past := f.Past[e.Flow]
	if e.No != past.Count+1 {
		return fmt.Errorf("enrollment %d in flow %s follows %d", e.No, e.Flow, past.Count)
	}
	past.Count = e.No
	if f.Past == nil {
		f.Past = map[string]Past{}
	}
	f.Past[e.Flow] = past
	f.Live = append(f.Live, Enrollment{
		Flow: e.Flow, No: e.No, Version: e.Version, EnteredAt: at, StateAt: at,
		EntryVersion: e.Version, Pub: e.Pub, Trigger: e.Name, Priority: e.Priority, Day: e.Day,
	})
	n := &f.Live[len(f.Live)-1]
	if e.Facts != nil {
		facts := e.Facts.clone()
		n.Scene, n.Tags, n.Variants, n.Caller = facts.Scene, facts.Tags, facts.Variants, facts.Caller
	}
	a.count(n, Count{Entered: 1})
	return nil
}

// enrollment applies an entry that concerns a live enrollment.
func (a *Applied) enrollment(e Entry, at time.Time) error {
	f := &a.Fan
	n := f.Enrolled(e.Flow)
	if n == nil || n.No != e.No {
		return fmt.Errorf("%s is not in enrollment %d of flow %s", f.ID, e.No, e.Flow)
	}
	n.recall()
	switch e.Kind {
	case Entered:
		if n.State != "" {
			a.Moved = append(a.Moved, FlowMove{e.Flow, n.State, -1})
		}
		a.Moved = append(a.Moved, FlowMove{e.Flow, e.State, 1})
		a.stayed(n, at)
		n.State, n.StateAt, n.Fence, n.Timers = e.State, at, e.Fence, nil
		f.Fence = max(f.Fence, e.Fence)
		a.reach(n, e.State, e.Step, at)
	case Versioned:
		return a.version(n, e, at)
	case Called:
		n.Calls = e.Name
	case VarSet:
		n.Vars = setJSON(n.Vars, e.Name, e.Value)
	case Goal:
		if !slices.Contains(n.Goals, e.Name) {
			n.Goals = append(n.Goals, e.Name)
			a.count(n, Count{Goal: e.Name, Entered: 1, Took: took(at.Sub(n.EnteredAt))})
		}
	case Left:
		a.leave(n, e, at)
	}
	return nil
}

// version moves an enrollment to what a publication made of it. Its wait, and so its timers, stay; a state that it is moved to is
// reached without being entered.
func (a *Applied) version(n *Enrollment, e Entry, at time.Time) error {
	n.Version = e.Version
	n.Pub = max(n.Pub, e.Pub)
	step := e.Step
	if len(e.Value) > 0 {
		var steps map[string]int
		if err := json.Unmarshal(e.Value, &steps); err != nil {
			return fmt.Errorf("read the steps of version %d of flow %s: %w", e.Version, e.Flow, err)
		}
		for i := range n.Reached {
			n.Reached[i].Pos = steps[n.Reached[i].State]
		}
		step = steps[e.State]
	}
	if e.State == "" || e.State == n.State {
		a.pass(n)
		return nil
	}
	if n.State != "" {
		a.Moved = append(a.Moved, FlowMove{n.Flow, n.State, -1})
	}
	a.Moved = append(a.Moved, FlowMove{n.Flow, e.State, 1})
	n.State = e.State
	a.reach(n, e.State, step, at)
	return nil
}

// leave ends an enrollment and counts where its journey stopped.
func (a *Applied) leave(n *Enrollment, e Entry, at time.Time) {
	if n.State != "" {
		a.Moved = append(a.Moved, FlowMove{n.Flow, n.State, -1})
	}
	a.stayed(n, at)
	a.end(n, e.Done, at)
	ended := n.clone()
	ended.LeftAt, ended.Left = at, e.Why
	a.Ended = append(a.Ended, ended)
	past := a.Fan.Past[n.Flow]
	past.LeftAt = at
	a.Fan.Past[n.Flow] = past
	flow := n.Flow
	a.Fan.Live = slices.DeleteFunc(a.Fan.Live, func(l Enrollment) bool { return l.Flow == flow })
}

// erase leaves a tombstone. The live enrollments go without a trace but for the counters.
func (a *Applied) erase(at time.Time) {
	f := &a.Fan
	for i := range f.Live {
		n := &f.Live[i]
		if n.State != "" {
			a.Moved = append(a.Moved, FlowMove{n.Flow, n.State, -1})
		}
		a.end(n, false, at)
	}
	*f = Fan{ID: f.ID, Rev: f.Rev, Fence: f.Fence, Seq: f.Seq, Erased: true}
	a.Base = &Fan{ID: f.ID, Rev: f.Rev + 1, Fence: f.Fence, Seq: f.Seq + 1, Erased: true} // with the row of the erasure
}

func setJSON(m map[string]json.RawMessage, name string, v json.RawMessage) map[string]json.RawMessage {
	if len(v) == 0 || string(v) == "null" {
		delete(m, name)
		return m
	}
	if m == nil {
		m = map[string]json.RawMessage{}
	}
	m[name] = slices.Clone(v)
	return m
}
