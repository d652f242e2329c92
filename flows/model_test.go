package flows_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is the reference model: what flows mean, said once more, without the engine, Lua or a store. It is the
// specification in a form that runs; modelflow_test.go drives engine and model side by side. The numbers are those of the
// rules in docs/flows.md.

// modelFlow is one version of a flow.
type modelFlow struct {
	Name     string
	Version  int
	Priority int
	Again    time.Duration // after leaving; negative: never
	First    string
	Funnel   []string
	Triggers []modelRule // without Do
	States   []*modelState
}

type modelState struct {
	Name         string
	Final        bool
	Goal         string
	Enter, Leave modelAction
	On           []modelRule
	Timers       []modelTimer
}

type modelRule struct {
	Event, Key string // Key "*": anything; an event that says nothing particular has no other
	Do         modelAction
}

type modelTimer struct {
	Name string
	Wait time.Duration
	Do   modelAction
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

// modelFan is what is known of a fan.
type modelFan struct {
	id         string
	subscribed bool
	decided    int64 // CreateTime of what subscribed was last decided by; 0: never
	tags       map[string]bool
	attrs      map[string]string
	live       []*modelEnrollment
	past       map[string]modelPast
	journal    []string
	replies    map[string]string // by cause
}

type modelPast struct {
	count int
	left  time.Time // zero: never left
}

type modelEnrollment struct {
	flow    *modelFlow
	no      int
	day     string
	state   string
	stateAt time.Time
	wait    int // grows with every state entered: two waits are never the same
	vars    map[string]string
	goals   []string
	timers  map[string]*modelArmed
	reached []string
	over    bool
}

type modelArmed struct {
	due  time.Time
	over string
}

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
}

// modelJob is something due: a timer, an event or a send.
type modelJob struct {
	kind, fan   string
	due         time.Time
	flow        string
	no, wait    int
	state, name string // of a timer; name of an event, or the words of a send
	subject     string // of an event
	depth       int
	decision    int // that made it
	tries       int
	parked      bool
	held        bool // the flow was paused when it was due
	anew        bool // it was let go again: the engine paces those
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
	published map[string]*modelFlow
	paused    map[string]bool
	fans      map[string]*modelFan
	jobs      []*modelJob
	counts    map[string]int // "flow day state what"
	decisions int
	waits     int
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
	c.journal = slices.Clip(f.journal)
	c.live = nil
	for _, n := range f.live {
		e := *n
		e.vars, e.goals, e.reached = maps.Clone(n.vars), slices.Clip(n.goals), slices.Clip(n.reached)
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

// modelDecision is what one event comes to. Nothing of it is so before it is whole.
type modelDecision struct {
	*model
	ev     modelEvent
	fan    *modelFan
	reply  string
	done   []*modelJob
	made   []*modelJob
	counts []string
	facts  []modelFact
	wishes []modelWish
}

type modelFact struct{ kind, name, flow string }
type modelWish struct{ flow, by string }

// A script that fails panics with modelFault; a timer whose script fails panics with modelRetry, for the first two times.
type (
	modelFault struct{}
	modelRetry struct{}
)

func (d *modelDecision) note(kind string, n *modelEnrollment, what ...string) {
	flow := ""
	if n != nil {
		flow = fmt.Sprintf("%s/%d", n.flow.Name, n.no)
	}
	d.fan.journal = append(d.fan.journal, modelLine(kind, flow, strings.Join(what, " ")))
}

func modelLine(kind, flow, what string) string {
	return strings.Join(strings.Fields(kind+" "+flow+" "+what), " ")
}

// decide is one event's way through all flows, in this order.
func (m *model) decide(fan string, ev modelEvent) (reply string) {
	before := m.fan(fan)
	if reply, known := before.replies[ev.cause]; known && ev.cause != "" { // 1: an event with a known cause changes nothing
		return reply
	}
	m.decisions++
	d := &modelDecision{model: m, ev: ev, fan: before.clone()}
	defer func() {
		if r := recover(); r == (modelRetry{}) { // nothing has happened, but that it was tried
			ev.job.tries++
			ev.job.due = m.now.Add(time.Second)
		} else if r != nil {
			panic(r)
		}
	}()
	if d.hear() {
		d.modernise()
		if ev.name == "timer" {
			d.fire()
		} else {
			d.offer()
		}
		d.grant()
		d.tell()
	}
	d.commit()
	return d.reply
}

func (d *modelDecision) commit() {
	if d.ev.cause != "" {
		d.fan.replies[d.ev.cause] = d.reply
	}
	d.fans[d.fan.id] = d.fan
	for _, j := range d.made {
		j.decision = d.decisions
	}
	d.jobs = slices.DeleteFunc(append(d.jobs, d.made...), func(j *modelJob) bool { return j == d.ev.job || slices.Contains(d.done, j) })
	for _, c := range d.counts {
		d.model.counts[c]++
	}
}

// hear notes what happened. 2: subscribe and unsubscribe count in the order of CreateTime, and subscribe wins a tie. A
// subscribe that was undone since moves nothing.
func (d *modelDecision) hear() bool {
	f, ev := d.fan, &d.ev
	if !ev.acts {
		return true
	}
	d.note("heard", nil, ev.name, ev.text)
	switch {
	case ev.name == "subscribe" && !f.subscribed && ev.created < f.decided:
		return false
	case ev.name == "subscribe":
		d.note("subscribed", nil, ev.scene)
		if ev.created >= f.decided {
			f.subscribed, f.decided = true, ev.created
		}
	case ev.name == "unsubscribe":
		d.note("unsubscribed", nil)
		if ev.created > f.decided || ev.created == f.decided && !f.subscribed {
			f.subscribed, f.decided = false, ev.created
		}
	case f.decided == 0 && ev.follows:
		d.note("subscribed", nil)
		f.subscribed, f.decided = true, ev.created
	}
	return true
}

// offer: 4: the first takes the event: enrollments by priority and entry that match with anything but "*", triggers by
// priority and name that do, the same for "*", the fallback flow.
func (d *modelDecision) offer() {
	live := slices.Clone(d.fan.live)
	slices.SortStableFunc(live, func(a, b *modelEnrollment) int { return b.flow.Priority - a.flow.Priority })
	for _, wild := range []bool{false, true} {
		for _, n := range live {
			if d.paused[n.flow.Name] || n.flow.Name == d.ev.source {
				continue
			}
			if r := modelMatch(n.flow.state(n.state).On, d.ev.name, d.ev.subject); r != nil && r.wild() == wild {
				d.part(n.flow, func() { d.act(n, r.Do) })
				return
			}
		}
		for _, t := range d.triggers() {
			if t.rule.wild() == wild && d.admits(t.flow) {
				d.enroll(t.flow, strings.TrimSpace(t.rule.Event+" "+modelKey(t.rule)))
				return
			}
		}
	}
	if f := d.published[d.fallback]; f != nil && d.ev.answers && d.admits(f) {
		d.enroll(f, "fallback for "+d.ev.name)
	} else if d.ev.acts {
		d.note("ignored", nil, d.ev.name)
	}
}

type modelTrigger struct {
	flow  *modelFlow
	rule  *modelRule
	loose int
}

// triggers in their order. A new follower who scanned a code is taken by the scene before the subscribing.
func (d *modelDecision) triggers() (out []modelTrigger) {
	for _, f := range d.published {
		if f.Name == d.ev.source {
			continue
		}
		t := modelTrigger{f, modelMatch(f.Triggers, d.ev.name, d.ev.subject), 0}
		if d.ev.name == "subscribe" && d.ev.scene != "" {
			t.loose = 1
			if r := modelMatch(f.Triggers, "scan", d.ev.scene); r != nil {
				t = modelTrigger{f, r, 0}
			}
		}
		if t.rule != nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b modelTrigger) int {
		return cmp.Or(b.flow.Priority-a.flow.Priority, a.loose-b.loose, strings.Compare(a.flow.Name, b.flow.Name))
	})
	return out
}

// modelPlain are the events that say nothing particular: taking them whole is specific.
var modelPlain = map[string]bool{"subscribe": true, "unsubscribe": true}

func (r *modelRule) wild() bool { return r.Key == "*" && !modelPlain[r.Event] }

func modelKey(r *modelRule) string {
	if modelPlain[r.Event] {
		return ""
	}
	return r.Key
}

// modelMatch: 5: exact before list before number before pattern (the longest) before expression before "*".
func modelMatch(rules []modelRule, event, subject string) (best *modelRule) {
	rank := func(r *modelRule) int {
		switch {
		case r.Key == "*":
			return 1
		case strings.HasPrefix(r.Key, "/"):
			return 2
		case strings.Contains(r.Key, "*"):
			return 10 + len(r.Key)
		case r.Key == "#":
			return 100
		case strings.Contains(r.Key, "|"):
			return 101
		}
		return 102
	}
	for i := range rules {
		if r := &rules[i]; r.Event == event && modelTakes(r.Key, subject) && (best == nil || rank(r) > rank(best)) {
			best = r
		}
	}
	return best
}

func modelTakes(key, s string) bool {
	_, notNumber := strconv.ParseFloat(s, 64)
	switch {
	case key == "*" || key == s || key == "#" && notNumber == nil:
		return true
	case strings.HasPrefix(key, "/"):
		return regexp.MustCompile(strings.Trim(key, "/")).MatchString(s)
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(key), `\*`, ".*") + "$"
	return slices.Contains(strings.Split(key, "|"), s) || strings.Contains(key, "*") && regexp.MustCompile(pattern).MatchString(s)
}

// admits: 6: a flow takes in who is not in it and may be in it again.
func (d *modelDecision) admits(f *modelFlow) bool {
	past := d.fan.past[f.Name]
	again := past.count == 0 || f.Again >= 0 && !d.now.Before(past.left.Add(f.Again))
	return !d.paused[f.Name] && d.fan.in(f.Name) == nil && again
}

// part: 8: what fails changes nothing of its flow, others' parts stand; who wrote reads the apology, once. 11: a timer is
// tried three times and then parked.
func (d *modelDecision) part(f *modelFlow, do func()) {
	before := *d
	before.fan = d.fan.clone()
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if r != (modelFault{}) {
			panic(r)
		}
		*d = before
		own := d.ev.name == "timer" && d.ev.job.flow == f.Name
		if own && d.ev.job.tries < 2 {
			panic(modelRetry{})
		}
		d.note("failed", nil, f.Name)
		if own {
			d.park()
		} else if d.ev.answers && d.reply == "" {
			d.reply = d.apology
			d.note("replied", nil, f.Name, d.apology)
		}
	}()
	do()
}

func (d *modelDecision) park() {
	parked := *d.ev.job
	parked.parked, parked.tries = true, 3
	d.made = append(d.made, &parked)
	n := d.fan.in(parked.flow)
	d.note("parked", n, parked.state, parked.name)
	n.timers[parked.name].over = "parked"
}

func (d *modelDecision) enroll(f *modelFlow, by string) {
	d.part(f, func() {
		past := d.fan.past[f.Name]
		past.count++
		d.fan.past[f.Name] = past
		n := &modelEnrollment{
			flow: f, no: past.count, day: d.now.In(d.zone).Format("2006-01-02"), vars: map[string]string{}, timers: map[string]*modelArmed{},
		}
		d.fan.live = append(d.fan.live, n)
		d.note("enrolled", n, by)
		d.goOn(n, f.First)
	})
}

// act: 7: a transition is leave, action, enter, to the end. A function that decides runs first.
func (d *modelDecision) act(n *modelEnrollment, a modelAction) {
	if a.To != "" && !a.Decides {
		d.leave(n)
	}
	d.verbs(n, a)
	if a.To != "" && a.Decides {
		d.leave(n)
	}
	if a.To != "" {
		d.goOn(n, a.To)
	}
}

func (d *modelDecision) leave(n *modelEnrollment) { d.verbs(n, n.flow.state(n.state).Leave) }

// goOn enters a state and those that it leads on to, at most 32.
func (d *modelDecision) goOn(n *modelEnrollment, to string) {
	for moves := 1; to != "" && !n.over; moves++ {
		if moves > 32 {
			panic(modelFault{})
		}
		s := n.flow.state(to)
		d.dropTimers(n)
		n.state, n.stateAt, n.timers = to, d.now, map[string]*modelArmed{}
		d.waits++
		n.wait = d.waits
		d.note("entered", n, to)
		d.step(n)
		if s.Goal != "" {
			d.goal(n, s.Goal)
		}
		d.verbs(n, s.Enter)
		switch {
		case n.over:
		case s.Final: // 9
			d.end(n)
		case s.Enter.To != "":
			d.leave(n)
		default:
			for _, t := range s.Timers {
				d.arm(n, t)
			}
		}
		to = s.Enter.To
	}
}

// end: 9: the journey is done if the last step of the funnel was reached.
func (d *modelDecision) end(n *modelEnrollment) {
	funnel := n.flow.Funnel
	done := slices.Contains(n.reached, funnel[len(funnel)-1])
	d.dropTimers(n)
	d.note("left", n, n.state, map[bool]string{true: "done"}[done])
	if len(n.reached) > 0 {
		d.count(n, d.furthest(n), map[bool]string{true: "completed", false: "dropped"}[done])
	}
	n.over = true
	d.fan.past[n.flow.Name] = modelPast{d.fan.past[n.flow.Name].count, d.now}
	d.fan.live = slices.DeleteFunc(slices.Clone(d.fan.live), func(o *modelEnrollment) bool { return o == n })
}

// step counts a step of the funnel once: who goes on completes the furthest so far, and a step gone back to is behind already.
func (d *modelDecision) step(n *modelEnrollment) {
	at := slices.Index(n.flow.Funnel, n.state)
	if at < 0 || slices.Contains(n.reached, n.state) {
		return
	}
	if len(n.reached) > 0 {
		if far := d.furthest(n); slices.Index(n.flow.Funnel, far) < at {
			d.count(n, far, "completed")
		} else {
			d.count(n, n.state, "completed")
		}
	}
	d.count(n, n.state, "entered")
	n.reached = append(n.reached, n.state)
}

func (d *modelDecision) furthest(n *modelEnrollment) string {
	return slices.MaxFunc(n.reached, func(a, b string) int { return slices.Index(n.flow.Funnel, a) - slices.Index(n.flow.Funnel, b) })
}

func (d *modelDecision) count(n *modelEnrollment, state, what string) {
	d.counts = append(d.counts, strings.Join([]string{n.flow.Name, n.day, state, what}, " "))
}

// arm: 10: a timer counts from the entry of its state.
func (d *modelDecision) arm(n *modelEnrollment, t modelTimer) {
	j := &modelJob{
		kind: "timer", fan: d.fan.id, flow: n.flow.Name, no: n.no, wait: n.wait, state: n.state, name: t.Name, due: n.stateAt.Add(t.Wait),
	}
	n.timers[t.Name] = &modelArmed{due: j.due}
	d.made = append(d.made, j)
	d.note("armed", n, n.state, t.Name)
}

// dropTimers: 10: the timers of a wait go with it.
func (d *modelDecision) dropTimers(n *modelEnrollment) {
	mine := func(j *modelJob) bool {
		return j.kind == "timer" && j.fan == d.fan.id && j.flow == n.flow.Name && j.no == n.no && j.wait == n.wait && (builtParkedDrop || !j.parked && n.timers[j.name].over == "")
	}
	for _, j := range d.jobs {
		if mine(j) {
			d.done = append(d.done, j)
		}
	}
	d.made = slices.DeleteFunc(slices.Clone(d.made), mine)
}

// fire: 10: a timer fires in its own wait only, as its version declares it.
func (d *modelDecision) fire() {
	j := d.ev.job
	n := d.fan.in(j.flow)
	if n == nil || n.no != j.no || n.wait != j.wait {
		d.note("stale", &modelEnrollment{flow: &modelFlow{Name: j.flow}, no: j.no}, j.state, j.name)
		return
	}
	timers := n.flow.state(n.state).Timers
	i := slices.IndexFunc(timers, func(t modelTimer) bool { return t.Name == j.name })
	if i < 0 {
		d.note("stale", n, j.state, j.name)
		n.timers[j.name].over = "stale"
		return
	}
	d.part(n.flow, func() {
		n.timers[j.name].over = "fired"
		d.note("fired", n, j.state, j.name)
		d.act(n, timers[i].Do)
	})
}

// verbs carries out what an action says, unless the enrollment has ended. 12: only what is news is noted.
func (d *modelDecision) verbs(n *modelEnrollment, a modelAction) {
	if n.over {
		return
	}
	leaves := false
	for _, v := range a.Verbs {
		value := strings.ReplaceAll(v.Value, "${vars.n}", n.vars["n"])
		switch v.Verb {
		case "fail":
			panic(modelFault{})
		case "attr":
			if d.fan.attrs[v.Name] != value {
				d.fan.attrs[v.Name] = value
				d.fact(n, "attr", v.Name, value)
			}
		case "var":
			if n.vars[v.Name] != value {
				n.vars[v.Name] = value
				d.note("var", n, v.Name, value)
			}
		case "tag", "untag":
			if d.fan.tags[v.Name] != (v.Verb == "tag") {
				d.retag(n, v.Verb, v.Name)
			}
		case "goal":
			d.goal(n, v.Name)
		case "reply":
			if d.ev.answers && d.reply == "" {
				d.reply = value
				d.note("replied", n, value)
				continue
			}
			d.send(n, value)
		case "message":
			d.send(n, value)
		case "enroll":
			d.wishes = append(d.wishes, modelWish{v.Name, n.flow.Name})
		case "leave":
			leaves = true
		}
	}
	if leaves {
		d.end(n)
	}
}

func (d *modelDecision) retag(n *modelEnrollment, verb, name string) {
	if verb == "tag" {
		d.fan.tags[name] = true
		d.fact(n, "tag", name, "")
		return
	}
	delete(d.fan.tags, name)
	d.note("untagged", n, name)
}

func (d *modelDecision) goal(n *modelEnrollment, name string) {
	if !slices.Contains(n.goals, name) {
		n.goals = append(n.goals, name)
		d.fact(n, "goal", name, "")
	}
}

var modelFactKinds = map[string]string{"tag": "tagged", "attr": "attr", "goal": "goal"}

func (d *modelDecision) fact(n *modelEnrollment, kind, name, value string) {
	d.note(modelFactKinds[kind], n, name, value)
	by := ""
	if n != nil {
		by = n.flow.Name
	}
	d.facts = append(d.facts, modelFact{kind, name, by})
}

func (d *modelDecision) send(n *modelEnrollment, text string) {
	d.made = append(d.made, &modelJob{kind: "send", fan: d.fan.id, flow: n.flow.Name, no: n.no, name: text, due: d.now})
	d.note("ordered", n, text)
}

// grant enrolls where scripts asked for it.
func (d *modelDecision) grant() {
	for len(d.wishes) > 0 {
		w := d.wishes[0]
		d.wishes = d.wishes[1:]
		if f := d.published[w.flow]; f != nil && d.admits(f) {
			d.enroll(f, "flow "+w.by)
		}
	}
}

// tell: 13: what flows tell each other are events due at once, not to the teller, at most 8 deep, only where somebody listens.
func (d *modelDecision) tell() {
	for _, fact := range d.facts {
		if d.ev.depth < 8 && d.listens(fact) {
			d.made = append(d.made, &modelJob{
				kind: "event", fan: d.fan.id, flow: fact.flow, name: fact.kind, subject: fact.name, depth: d.ev.depth + 1, due: d.now,
			})
		}
	}
}

func (d *modelDecision) listens(fact modelFact) bool {
	for _, f := range d.published {
		if f.Name == fact.flow || d.paused[f.Name] {
			continue
		}
		heard := modelMatch(f.Triggers, fact.kind, fact.name) != nil
		for _, s := range f.States {
			heard = heard || modelMatch(s.On, fact.kind, fact.name) != nil
		}
		if heard {
			return true
		}
	}
	return false
}

// modernise: 17: who is in a state that the published version still has goes on under it; new timers count from the entry.
func (d *modelDecision) modernise() {
	for _, n := range d.fan.live {
		now := d.published[n.flow.Name]
		if now == n.flow || d.paused[n.flow.Name] || now.state(n.state) == nil {
			continue
		}
		old := n.flow.state(n.state)
		n.flow = now
		d.note("versioned", n, n.state, strconv.Itoa(now.Version))
		for _, t := range now.state(n.state).Timers {
			if !slices.ContainsFunc(old.Timers, func(o modelTimer) bool { return o.Name == t.Name }) {
				d.arm(n, t)
			}
		}
	}
}

// wake brings a job that is due. 18: the timers of a paused flow wait.
func (m *model) wake(j *modelJob) {
	switch {
	case j.kind == "timer" && m.paused[j.flow]:
		j.due, j.held = m.now.Add(time.Hour), true
	case j.kind == "send":
		f := m.fan(j.fan)
		f.journal = append(f.journal, "settled sent")
		m.jobs = slices.DeleteFunc(m.jobs, func(o *modelJob) bool { return o == j })
	case j.kind == "timer":
		m.decide(j.fan, modelEvent{name: "timer", job: j})
	default:
		m.decide(j.fan, modelEvent{
			name: j.name, subject: j.subject, acts: j.name == "webhook", created: j.due.Unix(), source: j.flow, depth: j.depth, job: j,
		})
	}
}

// tag is an operator's.
func (m *model) tag(fan string, add, remove []string) {
	m.decisions++
	d := &modelDecision{model: m, fan: m.fan(fan).clone()}
	for _, name := range add {
		if !d.fan.tags[name] && !slices.Contains(remove, name) {
			d.retag(nil, "tag", name)
		}
	}
	for _, name := range remove {
		if d.fan.tags[name] {
			d.retag(nil, "untag", name)
		}
	}
	d.tell()
	d.commit()
}

// publish makes a version current; pause holds a flow, or lets it go on.
func (m *model) publish(f *modelFlow) {
	m.published[f.Name] = f
	delete(m.paused, f.Name)
	m.resume(f.Name)
}

func (m *model) pause(flow string, on bool) {
	m.paused[flow] = on
	if !on {
		m.resume(flow)
	}
}

// resume: 11: what was parked or held fires again.
func (m *model) resume(flow string) {
	for _, j := range m.jobs {
		if j.kind == "timer" && j.flow == flow && (j.parked || j.held) {
			j.parked, j.held, j.tries, j.anew, j.due = false, false, 0, true, m.now
		}
	}
}
