package store

import (
	"encoding/json"
	"time"
)

// Kind says what a journal entry reports. The kinds marked "state" change the fan record when they are applied; the others
// are told for the timeline alone.
type Kind string

const (
	Heard        Kind = "heard"        // state: a push, hook or other event arrived; Name is the event, Text what the fan wrote, Value its fields
	Replied      Kind = "replied"      // a passive reply was given; Value is the reply, Text its words
	Subscribed   Kind = "subscribed"   // state: Created is the platform's time, Name the scene
	Unsubscribed Kind = "unsubscribed" // state: Created is the platform's time
	Tagged       Kind = "tagged"       // state: Name is the tag
	Untagged     Kind = "untagged"     // state: Name is the tag
	AttrSet      Kind = "attr"         // state: Name, Value; a null Value removes it
	OptedOut     Kind = "opted-out"    // state
	OptedIn      Kind = "opted-in"     // state

	Enrolled  Kind = "enrolled"  // state: Flow, No, Version, Name (the trigger), Day, Priority
	Entered   Kind = "entered"   // state: Flow, No, State, From, Fence, Step (position in the funnel, 0 for none)
	Versioned Kind = "versioned" // state: the enrollment goes on under Version
	VarSet    Kind = "var"       // state: Flow, No, Name, Value; a null Value removes it
	Goal      Kind = "goal"      // state: Flow, No, Name
	Left      Kind = "left"      // state: Flow, No, State, Why; Done when the journey was completed (a final state that is the last step)

	WindowOpened Kind = "window"  // state: Window
	WindowSpent  Kind = "spent"   // state: Name is the trigger of the window; its count falls by one
	Armed        Kind = "armed"   // a timer was set: Flow, No, State, Name (the delay), Due, Job
	Fired        Kind = "fired"   // a timer fired: as Armed
	Stale        Kind = "stale"   // a timer came too late for its wait and did nothing
	Claimed      Kind = "claimed" // Name is the pool, Value the unit
	Ordered      Kind = "ordered" // a send was scheduled: Send, Channel, Due, Text
	Sending      Kind = "sending" // the platform is about to be called: Send, Channel
	Settled      Kind = "settled" // a send ended: Send, Channel, Name (the Status), Why
	Ignored      Kind = "ignored" // nobody took the event
	Failed       Kind = "failed"  // a script failed: Flow, Version, Why (Lua traceback with file and line)
	Parked       Kind = "parked"  // a timer failed three times and waits for a new version: as Armed
	Erased       Kind = "erased"  // state: the fan was erased
)

// Entry is one thing that happened to a fan. Fields that a kind does not name are zero.
type Entry struct {
	Kind     Kind            `json:"kind"`
	Flow     string          `json:"flow,omitempty"`
	No       int             `json:"no,omitempty"`
	Version  int             `json:"version,omitempty"`
	State    string          `json:"state,omitempty"`
	From     string          `json:"from,omitempty"`
	Name     string          `json:"name,omitempty"`
	Text     string          `json:"text,omitempty"`
	Value    json.RawMessage `json:"value,omitempty"`
	Why      string          `json:"why,omitempty"`
	Step     int             `json:"step,omitempty"`
	Day      string          `json:"day,omitempty"`
	Priority int             `json:"priority,omitempty"`
	Fence    uint64          `json:"fence,omitempty"`
	Done     bool            `json:"done,omitempty"`
	Send     string          `json:"send,omitempty"`
	Job      string          `json:"job,omitempty"`
	Channel  string          `json:"channel,omitempty"`
	Due      time.Time       `json:"due,omitzero"`
	Created  time.Time       `json:"created,omitzero"`
	Window   *Window         `json:"window,omitempty"`
}

// Row is an entry as it stands in the journal.
type Row struct {
	Seq   uint64    `json:"seq"` // per fan, from 1, without gaps
	At    time.Time `json:"at"`
	Cause string    `json:"cause"`
	Entry
}
