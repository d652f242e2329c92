package store

import (
	"encoding/json"
	"slices"
	"time"
)

// FanID names one fan: an OpenID of one account. OpenIDs are 28 characters of [A-Za-z0-9_-] on the platform; the store takes
// any non-empty UTF-8 string of at most 128 bytes without NUL.
type FanID struct {
	Account string `json:"account"`
	OpenID  string `json:"openid"`
}

// String gives account/openid, for messages to people.
func (id FanID) String() string { return id.Account + "/" + id.OpenID }

// Fan is the hot record of one fan: what a decision must know. The journal holds the rest.
// The zero Rev is a fan that was never written. Values returned by a store are the caller's to keep and change.
type Fan struct {
	ID  FanID  `json:"id"`
	Rev uint64 `json:"rev"`

	Subscribed bool `json:"subscribed"`
	// SubscribedAt is when the fan last subscribed, by our clock; zero if never seen to.
	SubscribedAt time.Time `json:"subscribed_at,omitzero"`
	// DecidedAt is the platform's CreateTime of the event that last set Subscribed: an older event does not undo a newer one.
	DecidedAt time.Time `json:"decided_at,omitzero"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	// Scene is the scene of the QR code that the fan first came by, bare.
	Scene   string `json:"scene,omitempty"`
	UnionID string `json:"unionid,omitempty"`
	Remark  string `json:"remark,omitempty"`
	OptOut  bool   `json:"opt_out,omitempty"`

	Tags  []string                   `json:"tags,omitempty"` // sorted, distinct
	Attrs map[string]json.RawMessage `json:"attrs,omitempty"`

	// Live are the enrollments that have not ended, in order of entry; at most one per flow.
	Live []Enrollment `json:"live,omitempty"`
	// Past says, per flow, how often the fan was in it and when it last left. An entry stands here from the first enrollment on.
	Past map[string]Past `json:"past,omitempty"`

	// Windows are the customer-service windows that may still be open.
	Windows []Window `json:"windows,omitempty"`

	// Keyed are the schedules that wait under a key, oldest first, at most MaxKeyed: what orders the same key again replaces them.
	Keyed []Keyed `json:"keyed,omitempty"`
	// Kept are replies that missed their push and wait for the fan's next message, oldest first, at most MaxKept.
	Kept []Kept `json:"kept,omitempty"`

	// Fence is the last fence given out; it only grows, also over an erasure.
	Fence uint64 `json:"fence,omitempty"`
	// Seq is the number of the fan's last journal row; rows count from 1.
	Seq uint64 `json:"seq,omitempty"`
	// Erased marks a tombstone: everything personal is gone, Rev, Fence and Seq stay.
	Erased bool `json:"erased,omitempty"`
}

// Has reports whether the fan carries the tag.
func (f *Fan) Has(tag string) bool {
	_, ok := slices.BinarySearch(f.Tags, tag)
	return ok
}

// Enrolled gives the live enrollment in the flow, or nil. The pointer is into f.Live.
func (f *Fan) Enrolled(flow string) *Enrollment {
	for i := range f.Live {
		if f.Live[i].Flow == flow {
			return &f.Live[i]
		}
	}
	return nil
}

// Clone copies the fan deeply, so that neither side sees the other's later changes.
func (f *Fan) Clone() Fan {
	c := *f
	c.Tags = slices.Clone(f.Tags)
	c.Attrs = cloneMap(f.Attrs)
	c.Past = cloneMap(f.Past)
	c.Windows = slices.Clone(f.Windows)
	c.Keyed = slices.Clone(f.Keyed)
	c.Kept = slices.Clone(f.Kept)
	c.Live = make([]Enrollment, len(f.Live))
	for i := range f.Live {
		c.Live[i] = f.Live[i].clone()
	}
	return c
}

// Starts reports whether replay of fan may start from f, where it started from base before: f is not older than base nor newer
// than fan.
func (f *Fan) Starts(base, fan Fan) bool {
	return f.Rev >= base.Rev && f.Seq >= base.Seq && f.Rev <= fan.Rev && f.Seq <= fan.Seq
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Enrollment is one fan's run through one flow.
type Enrollment struct {
	Flow    string `json:"flow"`
	No      int    `json:"no"` // counts the fan's enrollments in this flow from 1
	Version int    `json:"version"`
	// EntryVersion is the version it was entered under, Pub the number of the flow's last publication that it has gone through.
	EntryVersion int    `json:"entry_version,omitempty"`
	Pub          int    `json:"pub,omitempty"`
	State        string `json:"state"`
	// Vars are the variables the flow keeps, as JSON values.
	Vars      map[string]json.RawMessage `json:"vars,omitempty"`
	EnteredAt time.Time                  `json:"entered_at"`
	StateAt   time.Time                  `json:"state_at"`         // when State was entered
	LeftAt    time.Time                  `json:"left_at,omitzero"` // zero while live
	Left      string                     `json:"left,omitempty"`   // why it ended: final, unsubscribed, error, ...
	Goals     []string                   `json:"goals,omitempty"`  // in order of reaching, distinct
	Trigger   string                     `json:"trigger,omitempty"`
	Priority  int                        `json:"priority,omitempty"`
	// Fence is the wait the enrollment is in: it changes at every entry of a state, and a timer armed under another one is stale.
	Fence uint64 `json:"fence"`
	// Day is the day of entry in the account's zone, 2006-01-02: the funnel's cohort.
	Day string `json:"day"`
	// Reached are the states that it came to, in order of the first time.
	Reached []Step `json:"reached,omitempty"`

	// Timers are those of the present wait, in order of arming: the armed ones, and those that are over, until the wait ends.
	Timers []Timer `json:"timers,omitempty"`
	// Calls is the flow of the sub-flow that it waits for, Caller the enrollment that called this one.
	Calls  string  `json:"calls,omitempty"`
	Caller *Caller `json:"caller,omitempty"`
	// Variants, Scene and Tags are facts of the moment of entry: the arm of each experiment, the scene of the code, the fan's tags.
	Variants map[string]string `json:"variants,omitempty"`
	Scene    string            `json:"scene,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
}

// Timer is a timer of a wait. Job is its job's id.
type Timer struct {
	Name string    `json:"name"`
	Due  time.Time `json:"due"`
	Job  string    `json:"job"`
	Over string    `json:"over,omitempty"` // fired, missed, parked or stale; empty while armed
}

// Armed reports whether the timer is still to fire.
func (t *Timer) Armed() bool { return t.Over == "" }

// Timer gives the timer of the present wait under a name, or nil. The pointer is into e.Timers.
func (e *Enrollment) Timer(name string) *Timer {
	for i := range e.Timers {
		if e.Timers[i].Name == name {
			return &e.Timers[i]
		}
	}
	return nil
}

// Caller names the enrollment that called a sub-flow.
type Caller struct {
	Flow string `json:"flow"`
	No   int    `json:"no"`
}

// MaxKeyed is how many schedules under a key a fan may have waiting, MaxKept how many replies are kept for their next message.
const (
	MaxKeyed = 64
	MaxKept  = 3
)

// Keyed is something scheduled under a key: the send or the enrollment of a flow that the job will make.
type Keyed struct {
	Flow string    `json:"flow"` // whose key it is
	Key  string    `json:"key"`
	Kind string    `json:"kind"` // send or enroll
	Job  string    `json:"job"`  // and, of a send, its id
	Due  time.Time `json:"due"`
}

// Kept is a passive reply that missed all deliveries of its push and waits for the fan's next message.
type Kept struct {
	Push  string          `json:"push"`  // the key of the push it answers
	Reply json.RawMessage `json:"reply"` // a wechat.Reply; the store does not look inside
	At    time.Time       `json:"at"`
}

// Step is a state that an enrollment has come to. Pos is its place in the flow's funnel from 1; 0: it is no step of it.
type Step struct {
	State string    `json:"state"`
	Pos   int       `json:"pos"`
	At    time.Time `json:"at"` // for the first time
	// Passed marks a step that is counted as completed or dropped.
	Passed bool `json:"passed,omitempty"`
}

func (e *Enrollment) clone() Enrollment {
	c := *e
	c.Vars = cloneMap(e.Vars)
	c.Goals = slices.Clone(e.Goals)
	c.Reached = slices.Clone(e.Reached)
	c.Timers = slices.Clone(e.Timers)
	if e.Caller != nil {
		caller := *e.Caller
		c.Caller = &caller
	}
	c.Variants = cloneMap(e.Variants)
	c.Tags = slices.Clone(e.Tags)
	return c
}

// furthest gives the reached funnel step with the highest position, or nil.
func (e *Enrollment) furthest() *Step {
	var far *Step
	for i := range e.Reached {
		if e.Reached[i].Pos > 0 && (far == nil || e.Reached[i].Pos > far.Pos) {
			far = &e.Reached[i]
		}
	}
	return far
}

// Past sums up a fan's enrollments in one flow.
type Past struct {
	Count  int       `json:"count"`
	LeftAt time.Time `json:"left_at,omitzero"` // zero while the only one is live
}

// Window is a customer-service window: until Until, Left more messages may be sent without a message of the fan's.
type Window struct {
	Trigger string    `json:"trigger"` // message, menu, subscribe, scan, payment
	Opened  time.Time `json:"opened"`
	Until   time.Time `json:"until"`
	Left    int       `json:"left"`
}
