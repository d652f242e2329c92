package flows

// Flow describes a version of a flow as its script declares it.
type Flow struct {
	Name     string
	Title    string
	Version  int
	First    string
	Priority int
	Funnel   []string // the steps, as declared or derived
	States   []State  // in source order
	Triggers []Trigger
	// Anywhere leads on from every state that is not final: exits, To being empty where they end the enrollment where it is, and
	// what the flow listens to.
	Anywhere []Edge
}

// State of a flow.
type State struct {
	Name  string
	Final bool
	Goal  string
	Line  int // in the script; 0 if it cannot be told
	Edges []Edge
}

// Edge leads from a state to another. On says by what: "text 1", "location", "after 1d", "enter", "webhook order.paid".
type Edge struct {
	On string
	To string
}

// Trigger enrolls fans: Event is text, scan, subscribe, …; Match what it asks of it, "*" for anything.
type Trigger struct {
	Event string
	Match []string
}

// FlowInfo is a line of the list of flows.
type FlowInfo struct {
	Name    string
	Title   string
	Version int // published; 0 if none is
	Newest  int // pushed
	Paused  bool
	Why     string // of the pause
	Live    int64  // enrollments now
	Entered int64  // enrollments ever
	Goals   int64  // of them, journeys that were completed
}

// Funnel counts unique enrollments by their day of entry.
type Funnel struct {
	Flow     string
	From, To string // days of entry in the account's zone, 2006-01-02, inclusive; empty: open
	Tally
	By     string  // what Groups divide by; empty: nothing
	Groups []Group // the largest first; of versions and days, in their order
	// More is how many groups are left out, as there are more than MaxGroups.
	More int
}

// Tally is what is counted of some enrollments of a flow.
type Tally struct {
	// Entered are the enrollments, Completed those that have ended as done, Dropped those that have ended otherwise.
	Entered, Completed, Dropped int64

	Steps  []Step  // of the funnel, in its order
	States []Reach // all states: those of the version in source order, then those of other versions by name
	Goals  []Reach // by name
}

// Group is what is counted of those enrollments that have something in common.
type Group struct {
	Value string // a version, an arm, a trigger, a scene, a tag or a day; empty: none, such as no scene
	Tally
}

// MaxGroups is how many groups a breakdown shows.
const MaxGroups = 100

// Step of a funnel. Entered - Completed - Dropped are waiting in it. The times are from entering it to completing it, in whole
// seconds; of a group they are within three percent.
type Step struct {
	State         string
	Entered       int64
	Completed     int64
	Dropped       int64
	MedianSeconds int64
	P90Seconds    int64 // what 90 percent did not take longer than
}

// Reach counts the enrollments that came to a state or a goal, each once. The times are, of a state, those of the visits that
// have ended, each by itself and within three percent; of a goal those since entering the flow.
type Reach struct {
	Name          string
	Entered       int64
	MedianSeconds int64
	P90Seconds    int64
}

// Severity of a finding.
type Severity string

// Push refuses a script with an error; warnings and hints are shown.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityHint    Severity = "hint"
)

// Finding is what Check has to say about a line of a script.
type Finding struct {
	File     string
	Line     int // 0 if it cannot be told
	Rule     string
	Msg      string
	Mend     string // how to mend it, one sentence; may be empty
	Severity Severity
}
