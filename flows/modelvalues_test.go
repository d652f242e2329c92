package flows_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// modelFlow is one version of a flow.
type modelFlow struct {
	Name     string
	Version  int
	Priority int
	Again    time.Duration // after leaving; negative: never
	Limit    int           // entries in all; 0: none
	From, To time.Time     // of the window; zero: none
	Closes   bool          // who is in it at To has to leave
	Arms     [2]int        // weights of the arms a and b of the experiment x; both 0: there is none
	Share    int           // percent that are held out
	Control  string        // the state of those; empty: they are not taken in
	First    string
	Funnel   []string
	Triggers []modelRule // without Do
	Listens  bool        // its triggers only listen
	Listen   []modelRule
	Exits    []modelExit
	States   []*modelState
}

type modelState struct {
	Name         string
	Final        bool
	Goal, Result string
	Enter, Leave modelAction
	On, Listen   []modelRule
	Timers       []modelTimer
}

type modelRule struct {
	Event, Key string // Key "*": anything; an event that says nothing particular has no other
	Do         modelAction
}

type modelExit struct{ Event, Key, To string }

type modelTimer struct {
	Name  string
	Wait  time.Duration // of an after; 0: it is an every
	Every string        // 6h, or a time of the day
	Late  string        // "", skip, or hours
	Do    modelAction
}

// modelAction is what a hook, a rule or a timer leads to. Decides: a function says where to go, so that it runs before the leave
// hook; otherwise the target is known before.
type modelAction struct {
	Verbs   []modelVerb
	To      string
	Decides bool
}

type modelVerb struct{ Verb, Name, Value string }

func (f *modelFlow) state(name string) *modelState {
	i := slices.IndexFunc(f.States, func(s *modelState) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return f.States[i]
}

// step is the place of a state in the funnel, from 1; 0 for none.
func (f *modelFlow) step(state string) int { return slices.Index(f.Funnel, state) + 1 }

func (s *modelState) timer(name string) *modelTimer {
	for i := range s.Timers {
		if s.Timers[i].Name == name {
			return &s.Timers[i]
		}
	}
	return nil
}

// modelPub is a publication of a flow. To, of mode map, is where a state's fans go.
type modelPub struct {
	no   int
	flow *modelFlow
	mode string
	to   map[string]string
}

// modelFan is what is known of a fan.
type modelFan struct {
	id                   string
	subscribed, optedOut bool
	decided              int64 // CreateTime of what subscribed was last decided by; 0: never
	tags                 map[string]bool
	attrs                map[string]string
	live                 []*modelEnrollment
	past                 map[string]modelPast
	keyed                []modelKeyed
	journal              []string
	replies              map[string]string // by cause
}

type modelPast struct {
	count int
	left  time.Time // zero: never left
}

type modelKeyed struct {
	flow, key string
	job       *modelJob
}

type modelEnrollment struct {
	flow    *modelFlow
	pub, no int
	day     string
	state   string
	stateAt time.Time
	wait    int // grows with every state entered: two waits are never the same
	vars    map[string]string
	goals   []string
	timers  map[string]*modelArmed
	reached []modelReached
	calls   string      // the flow of the sub-flow it waits for
	caller  modelCaller // zero: nobody called it
	arms    map[string]string
	since   int  // entries of the journal when it had begun
	bare    bool // its hooks are passed over
	over    bool
}

type modelCaller struct {
	flow string
	no   int
}

type modelReached struct {
	state  string
	passed bool
}

type modelArmed struct {
	due  time.Time
	key  string // of the job
	over string // fired, missed, parked or stale
}

func (t *modelArmed) pending() bool { return t.over == "" || t.over == "parked" }

// modelEvent is anything that moves a fan.
type modelEvent struct {
	name, subject string
	cause         string // empty: it cannot come twice
	text          string // that the journal shows
	scene         string // of a subscribe
	created       int64
	acts          bool // the fan did it, or another system said so
	follows       bool // only who follows can do it
	answers       bool // it can be answered passively
	source        string
	depth         int
	job           *modelJob
	add, remove   []string  // of an operator's tags
	flow          string    // of a publication
	from          time.Time // when its overdue timers may fire
}

// modelJob is something due: a timer, an event, a send, or a publication that is to be carried to all fans.
type modelJob struct {
	kind, fan   string
	due         time.Time
	flow        string
	no, wait    int
	state, name string // of a timer; name of an event, or the words of a send
	key         string // of a timer: its name and, of an every, the time
	subject     string // of an event
	depth       int
	decision    int // that made it
	tries       int
	parked      bool
	anew        bool // it was let go again: the engine paces those
	ending      modelEnding
}

// modelEnding is the end of a sub-flow, as its caller hears of it.
type modelEnding struct {
	caller       modelCaller
	flow, result string
	wait         int // in which the caller called
}

func (j *modelJob) String() string {
	s := fmt.Sprintf("%s %s %s/%d %s %s %s %d", j.kind, j.fan, j.flow, j.no, j.state, j.name, j.subject, j.depth)
	if j.parked {
		s += " parked"
	}
	return s
}

type model struct {
	now       time.Time
	zone      *time.Location
	apology   string
	fallback  string
	own       map[string]modelOwn // the account's own words
	published map[string]*modelFlow
	pubs      map[string][]modelPub
	paused    map[string]bool
	fans      map[string]*modelFan
	jobs      []*modelJob
	counts    map[string]int // "flow day state what"
	entries   map[string]int // of flows with a limit
	decisions int
	waits     int
	huge      bool // an event had more entries than the model answers for
}

type modelOwn struct{ kind, says string }

func newModel(now time.Time, apology, fallback string) *model {
	return &model{
		now: now, zone: now.Location(), apology: apology, fallback: fallback, own: map[string]modelOwn{}, published: map[string]*modelFlow{},
		pubs: map[string][]modelPub{}, paused: map[string]bool{}, fans: map[string]*modelFan{}, counts: map[string]int{}, entries: map[string]int{},
	}
}

func (m *model) fan(id string) *modelFan {
	if m.fans[id] == nil {
		m.fans[id] = &modelFan{
			id: id, tags: map[string]bool{}, attrs: map[string]string{}, past: map[string]modelPast{}, replies: map[string]string{},
		}
	}
	return m.fans[id]
}

func (f *modelFan) clone() *modelFan {
	c := *f
	c.tags, c.attrs, c.past = maps.Clone(f.tags), maps.Clone(f.attrs), maps.Clone(f.past)
	c.journal, c.keyed = slices.Clip(f.journal), slices.Clip(f.keyed)
	c.live = nil
	for _, n := range f.live {
		e := *n
		e.vars, e.goals, e.reached = maps.Clone(n.vars), slices.Clip(n.goals), slices.Clone(n.reached)
		e.timers = map[string]*modelArmed{}
		for name, t := range n.timers {
			copied := *t
			e.timers[name] = &copied
		}
		c.live = append(c.live, &e)
	}
	return &c
}

func (f *modelFan) in(flow string) *modelEnrollment {
	for _, n := range f.live {
		if n.flow.Name == flow {
			return n
		}
	}
	return nil
}

// at gives a live enrollment by its name.
func (f *modelFan) at(c modelCaller) *modelEnrollment {
	if n := f.in(c.flow); n != nil && n.no == c.no {
		return n
	}
	return nil
}

func (n *modelEnrollment) name() modelCaller { return modelCaller{n.flow.Name, n.no} }

// furthest is the reached step that is last in the funnel; nil if none is.
func (n *modelEnrollment) furthest() (far *modelReached) {
	for i := range n.reached {
		r := &n.reached[i]
		if at := n.flow.step(r.state); at > 0 && (far == nil || at > n.flow.step(far.state)) {
			far = r
		}
	}
	return far
}

// String shows what fanText shows of the store's record.
func (f *modelFan) String() string {
	var b strings.Builder
	tags := slices.Sorted(maps.Keys(f.tags))
	fmt.Fprintf(&b, "subscribed=%v out=%v tags=%v attrs=%v", f.subscribed, f.optedOut, strings.Join(tags, ","), f.attrs)
	for _, n := range f.live {
		timers := map[string]string{}
		for name, t := range n.timers {
			timers[name] = t.due.UTC().Format(modelTime) + " " + t.over
		}
		fmt.Fprintf(&b, "\n      in %s/%d v%d pub%d %s vars=%v goals=%v timers=%v calls=%s caller=%v arms=%v",
			n.flow.Name, n.no, n.flow.Version, n.pub, n.state, n.vars, n.goals, timers, n.calls, n.caller, n.arms)
	}
	past := map[string]string{}
	for flow, p := range f.past {
		past[flow] = fmt.Sprint(p.count, " ", p.left.UTC().Unix())
	}
	fmt.Fprintf(&b, "\n      past=%v keyed=%v", past, f.keyedText())
	return b.String()
}

func (f *modelFan) keyedText() (out []string) {
	for _, k := range f.keyed {
		out = append(out, k.flow+":"+k.key)
	}
	return out
}
