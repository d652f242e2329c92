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

	Enrolled  Kind = "enrolled"  // state: Flow, No, Version, Pub, Name (the trigger), Day, Priority, Facts
	Entered   Kind = "entered"   // state: Flow, No, State, From, Fence, Step (position in the funnel, 0 for none)
	Versioned Kind = "versioned" // state: the enrollment has gone through publication Pub and goes on under Version, in State (where that differs it is moved there, without hooks); Value {"state":pos} renumbers its funnel steps
	Called    Kind = "called"    // state: Flow, No, State, Name is the flow called, whose result is awaited; an empty Name ends the waiting
	VarSet    Kind = "var"       // state: Flow, No, Name, Value; a null Value removes it
	Goal      Kind = "goal"      // state: Flow, No, Name
	Left      Kind = "left"      // state: Flow, No, State, Why; Done when the journey was completed (a final state that is the last step)

	WindowOpened Kind = "window"    // state: Window
	WindowSpent  Kind = "spent"     // state: Name is the trigger of the window; its count falls by one
	Armed        Kind = "armed"     // state: a timer was set: Flow, No, State, Name (the delay), Due, Job; one that is there already is set anew
	Fired        Kind = "fired"     // state: a timer fired: as Armed
	Missed       Kind = "missed"    // state: a timer's late policy passed it over: as Armed
	Disarmed     Kind = "disarmed"  // state: a version without the timer took it back: as Armed
	Stale        Kind = "stale"     // state: a timer came too late for its wait and did nothing
	Claimed      Kind = "claimed"   // Name is the pool, Value the unit
	Ordered      Kind = "ordered"   // state if Key is set, which replaces what waits under it: a send was scheduled: Flow, No, Send, Channel, Due, Text
	Sending      Kind = "sending"   // the platform is about to be called: Send, Channel
	Settled      Kind = "settled"   // state: a send ended, and no key waits for it any more: Send, Channel, Name (the Status), Why
	Planned      Kind = "planned"   // state: an enrollment was scheduled: Flow, No, Name is the flow to enter, Key, Due, Job
	Unplanned    Kind = "unplanned" // state: it was cancelled, or it is due: as Planned
	KeptBack     Kind = "kept"      // state: a reply that missed its push waits for the fan's next message: Send is the push's key, Value the reply
	Released     Kind = "given"     // state: it was given, or given up: Send is the push's key, Why
	Refused      Kind = "refused"   // a rule matched and did not take the event: Flow, Name (the rule), Why
	Decided      Kind = "decided"   // the end of a decision's entries: Value is what is needed to decide it again
	Ignored      Kind = "ignored"   // nobody took the event
	Failed       Kind = "failed"    // a script failed: Flow, Version, Why (Lua traceback with file and line)
	Parked       Kind = "parked"    // state: a timer failed three times and waits for a new version: as Armed
	Erased       Kind = "erased"    // state: the fan was erased

	Fetched Kind = "fetched" // a script read over HTTP: Flow, Name is the method and the address without its query, Value {"status":200,"ms":31,"bytes":812}, Why what went wrong
	Asked   Kind = "asked"   // a script ordered an HTTP call: Flow, No, Name as of Fetched, Key, Job
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
	Key      string          `json:"key,omitempty"`
	Pub      int             `json:"pub,omitempty"`
	Facts    *Facts          `json:"facts,omitempty"`
}

// Facts are what is known of an enrollment at its entry and kept with it: the cohort that it is counted in, and who called it.
type Facts struct {
	Scene    string            `json:"scene,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Variants map[string]string `json:"variants,omitempty"` // by experiment
	Caller   *Caller           `json:"caller,omitempty"`
}

// MaxFactTags is how many tags Facts hold, MaxArm how long the names of an experiment and its arms are in bytes.
const (
	MaxFactTags = 32
	MaxArm      = 64

	maxFactVariants = 16
)

// Row is an entry as it stands in the journal.
type Row struct {
	Seq   uint64    `json:"seq"`           // per fan, from 1, without gaps
	Rev   uint64    `json:"rev,omitempty"` // of the fan after the Change it belongs to: the rows of one Change share it
	At    time.Time `json:"at"`
	Cause string    `json:"cause"`
	Entry
}
