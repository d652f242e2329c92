package flows_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is the reference model: what flows mean, said once more, without the engine, Lua or a store. It is the
// specification in a form that runs; modelflow_test.go drives engine and model side by side. The numbers are those of the
// rules in docs/flows.md.

// modelDecision is what one event comes to. Nothing of it is so before it is whole.
type modelDecision struct {
	*model
	ev       modelEvent
	fan      *modelFan
	reply    string
	done     []*modelJob
	made     []*modelJob
	counts   []string
	entered  []string // flows with a limit
	news     []modelNews
	seen     int    // entries of the journal that exits have looked at
	start    int    // entries when it began
	taken    string // the flow that took the event
	acted    string // and stands by it
	unheard  int    // entries when nobody took it
	refused  map[string]bool
	wishes   []modelWish
	endings  []modelEnding
	granting int
	sends    int
	moving   bool // it goes through a publication
}

// modelNews is an entry that exits, and other flows, hear of. said: it is the event itself.
type modelNews struct {
	kind, subject, flow string
	at                  int // in the journal
	said                bool
}

type modelWish struct {
	flow, by string
	caller   modelCaller
}

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

// heard adds the last entry to the news.
func (d *modelDecision) heard(kind, subject string, n *modelEnrollment, said bool) {
	flow := ""
	if n != nil {
		flow = n.flow.Name
	}
	d.news = append(d.news, modelNews{kind, subject, flow, len(d.fan.journal) - 1, said})
}

// decide is one event's way through all flows, in this order.
func (m *model) decide(fan string, ev modelEvent) (reply string) {
	before := m.fan(fan)
	if reply, known := before.replies[ev.cause]; known && ev.cause != "" { // 1: an event with a known cause changes nothing
		return reply
	}
	m.decisions++
	d := &modelDecision{
		model: m, ev: ev, fan: before.clone(), refused: map[string]bool{}, unheard: -1, start: len(before.journal),
		seen: len(before.journal),
	}
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
		d.closeWindows()
		d.dispatch()
		d.listeners()
		d.consequences()
		if d.unheard == len(d.fan.journal) && ev.acts {
			d.note("ignored", nil, ev.name)
		}
		d.tell()
	}
	d.commit()
	return d.reply
}

// modelMost is how many entries of one event the model answers for: flows that call each other in a circle come to the end of
// what one Change holds, of which the model knows nothing.
const modelMost = 150

func (d *modelDecision) commit() {
	if d.ev.cause != "" {
		d.fan.replies[d.ev.cause] = d.reply
	}
	d.fans[d.fan.id] = d.fan
	d.huge = d.huge || len(d.fan.journal)-d.start > modelMost
	for _, j := range d.made {
		j.decision = d.decisions
	}
	d.jobs = slices.DeleteFunc(d.jobs, func(j *modelJob) bool { return j == d.ev.job || slices.Contains(d.done, j) })
	d.jobs = append(d.jobs, d.made...)
	for _, c := range d.counts {
		d.model.counts[c]++
	}
	for _, flow := range d.entered {
		d.entries[flow]++
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
	case ev.name == "webhook":
		d.heard("webhook", ev.subject, nil, true)
	case ev.name == "subscribe" && !f.subscribed && ev.created < f.decided:
		return false
	case ev.name == "subscribe":
		d.note("subscribed", nil, ev.scene)
		if ev.created >= f.decided {
			f.subscribed, f.decided = true, ev.created
		}
	case ev.name == "unsubscribe":
		d.note("unsubscribed", nil)
		d.heard("unsubscribe", "", nil, true)
		if ev.created > f.decided || ev.created == f.decided && !f.subscribed {
			f.subscribed, f.decided = false, ev.created
		}
	case f.decided == 0 && ev.follows:
		d.note("subscribed", nil)
		f.subscribed, f.decided = true, ev.created
	}
	return true
}

func (d *modelDecision) dispatch() {
	switch own := d.own[d.ev.text]; {
	case d.ev.name == "timer":
		d.fire()
	case d.ev.name == "result":
		d.result(d.ev.job.ending)
	case d.ev.name == "enroll" && d.paused[d.ev.job.subject]: // 18: it is held as timers are
		d.ev.job.due = d.now.Add(time.Hour)
		d.ev.job = nil
	case d.ev.name == "enroll": // 20: an enrollment that was scheduled
		d.unkey(d.ev.job)
		d.note("unplanned", &modelEnrollment{flow: &modelFlow{Name: d.ev.job.flow}, no: d.ev.job.no}, d.ev.job.subject)
		d.wishes = append(d.wishes, modelWish{flow: d.ev.job.subject, by: "flow " + d.ev.job.flow})
	case d.ev.name == "tags":
		d.retagAll()
	case d.ev.name == "closed", d.ev.name == "published": // closeWindows and modernise have done what there is to do
	case d.ev.name == "text" && own.kind != "": // 3: the account's own words come before all flows
		d.taken = "account"
		if out := own.kind == "stop"; own.kind != "human" && out != d.fan.optedOut {
			d.fan.optedOut = out
			d.note(map[bool]string{true: "opted-out", false: "opted-in"}[out], nil)
			if out {
				d.heard("optout", "", nil, false)
			}
		}
		d.reply = own.says
		d.note("replied", nil, own.says)
	default:
		d.offer()
	}
}

// offer: 4: the first takes the event: enrollments by priority and entry that match with anything but "*", triggers by
// priority and name that do, the same for "*", the fallback flow.
func (d *modelDecision) offer() {
	live := slices.Clone(d.fan.live)
	slices.SortStableFunc(live, func(a, b *modelEnrollment) int { return b.flow.Priority - a.flow.Priority })
	for _, wild := range []bool{false, true} {
		for _, n := range live {
			if d.paused[n.flow.Name] || n.flow.Name == d.ev.source || n.calls != "" { // 16: a caller sleeps
				continue
			}
			if r := modelMatch(n.flow.state(n.state).On, d.ev.name, d.ev.subject); r != nil && r.wild() == wild {
				d.taken = n.flow.Name
				if d.part(n.flow, func() { d.act(n, r.Do) }) {
					d.acted = n.flow.Name
				}
				return
			}
		}
		for _, t := range d.triggers(false) {
			if t.rule.wild() == wild && d.join(modelWish{flow: t.flow.Name, by: modelRuleName(t.rule)}) {
				d.taken = t.flow.Name
				return
			}
		}
	}
	if d.ev.answers && d.published[d.fallback] != nil && d.join(modelWish{flow: d.fallback, by: "fallback for " + d.ev.name}) {
		d.taken = d.fallback
		return
	}
	d.unheard = len(d.fan.journal)
}

type modelTrigger struct {
	flow  *modelFlow
	rule  *modelRule
	loose int
}

// triggers in their order. A new follower who scanned a code is taken by the scene before the subscribing, and
// by any scene after it.
func (d *modelDecision) triggers(listening bool) (out []modelTrigger) {
	for _, f := range d.published {
		if f.Name == d.ev.source || f.Listens != listening {
			continue
		}
		t := modelTrigger{f, modelMatch(f.Triggers, d.ev.name, d.ev.subject), 0}
		if d.ev.name == "subscribe" && d.ev.scene != "" {
			t.loose = 1
			if r := modelMatch(f.Triggers, "scan", d.ev.scene); r != nil && (!r.wild() || t.rule == nil) {
				t = modelTrigger{f, r, 0}
			}
		}
		if t.rule != nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b modelTrigger) int {
		if listening {
			a.loose, b.loose = 0, 0
		}
		return cmp.Or(b.flow.Priority-a.flow.Priority, a.loose-b.loose, strings.Compare(a.flow.Name, b.flow.Name))
	})
	return out
}

// modelPlain are the events that say nothing particular: taking them whole is specific.
var modelPlain = map[string]bool{"subscribe": true, "unsubscribe": true, "optout": true}

func (r *modelRule) wild() bool { return r.Key == "*" && !modelPlain[r.Event] }

func modelRuleName(r *modelRule) string {
	if modelPlain[r.Event] {
		return r.Event
	}
	return r.Event + " " + r.Key
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

var modelExpressions = map[string]*regexp.Regexp{"/^[ab]+$/": regexp.MustCompile("^[ab]+$"), "/k/": regexp.MustCompile("k")}

func modelTakes(key, s string) bool {
	if re := modelExpressions[key]; re != nil {
		return re.MatchString(s)
	}
	_, notNumber := strconv.ParseFloat(s, 64)
	prefix, glob := strings.CutSuffix(key, "*")
	return key == s || key == "#" && notNumber == nil || glob && strings.HasPrefix(s, prefix) || slices.Contains(strings.Split(key, "|"), s)
}

// listeners: 15: then those hear it who do not take it: enrollments by priority and entry, and triggers that only listen.
func (d *modelDecision) listeners() {
	live := slices.DeleteFunc(slices.Clone(d.fan.live), func(n *modelEnrollment) bool { return n.since > d.start })
	slices.SortStableFunc(live, func(a, b *modelEnrollment) int { return b.flow.Priority - a.flow.Priority })
	var names []modelCaller
	for _, n := range live {
		names = append(names, n.name())
	}
	for _, at := range names {
		n := d.fan.at(at)
		if n == nil || n.flow.Name == d.taken || n.flow.Name == d.ev.source || d.paused[n.flow.Name] {
			continue
		}
		r := modelMatch(n.flow.state(n.state).Listen, d.ev.name, d.ev.subject)
		if r == nil {
			r = modelMatch(n.flow.Listen, d.ev.name, d.ev.subject)
		}
		if r != nil {
			d.part(n.flow, func() { d.act(n, r.Do) })
		}
	}
	for _, t := range d.triggers(true) {
		if t.flow.Name != d.taken {
			d.join(modelWish{flow: t.flow.Name, by: modelRuleName(t.rule)})
		}
	}
}

// consequences: results of sub-flows, enrollments that scripts asked for, and exits, until nothing new comes of it, 32 times at
// most.
func (d *modelDecision) consequences() {
	for range 32 {
		begun := len(d.endings) + len(d.wishes)
		for len(d.endings) > 0 {
			e := d.endings[0]
			d.endings = slices.Clone(d.endings[1:])
			d.result(e)
		}
		begun += len(d.wishes)
		for len(d.wishes) > 0 {
			w := d.wishes[0]
			d.wishes = slices.Clone(d.wishes[1:])
			d.grant(w)
		}
		if left := d.exits(); !left && begun == 0 {
			return
		}
	}
	var callers []modelCaller // whose flows call each other in a circle: they wake
	for _, w := range d.wishes {
		callers = append(callers, w.caller)
	}
	for _, e := range d.endings {
		callers = append(callers, e.caller)
	}
	for _, at := range callers {
		if n := d.fan.at(at); n != nil && n.calls != "" {
			n.calls = ""
			d.note("called", n, n.state)
		}
	}
}

// join: 6: a flow takes in who is not in it and may be in it again, as long as there are places. Who was refused is told once.
func (d *modelDecision) join(w modelWish) bool {
	f := d.published[w.flow]
	past := d.fan.past[f.Name]
	again := past.count == 0 || w.caller != modelCaller{} || f.Again >= 0 && !d.now.Before(past.left.Add(f.Again))
	shut := d.now.Before(f.From) || !f.To.IsZero() && !d.now.Before(f.To)
	full := f.Limit > 0 && d.entries[f.Name]+len(slices.DeleteFunc(slices.Clone(d.entered), func(s string) bool { return s != f.Name })) >= f.Limit
	switch {
	case d.fan.in(f.Name) != nil:
		return false
	case d.paused[f.Name] || !again || shut || f.holds(d.fan.id) && f.Control == "" || full:
		d.refuse(w)
		return false
	}
	d.part(f, func() {
		d.fan.past[f.Name] = modelPast{past.count + 1, past.left}
		n := &modelEnrollment{
			flow: f, pub: len(d.pubs[f.Name]), no: past.count + 1, day: d.now.In(d.zone).Format("2006-01-02"), vars: map[string]string{},
			timers: map[string]*modelArmed{}, caller: w.caller, arms: f.draw(d.fan.id),
		}
		d.fan.live = append(d.fan.live, n)
		if f.Limit > 0 {
			d.entered = append(d.entered, f.Name)
		}
		d.note("enrolled", n, w.by)
		d.count(n, "", "entered")
		n.since = len(d.fan.journal)
		d.goOn(n, f.start(n))
	})
	return true
}

// refuse notes who was not taken in, once for a flow.
func (d *modelDecision) refuse(w modelWish) {
	if !d.refused[w.flow] && (d.ev.acts || len(d.fans[d.fan.id].journal) > 0) {
		d.note("refused", nil, w.flow, w.by)
	}
	d.refused[w.flow] = true
}

// part: 8: what fails changes nothing of its flow, others' parts stand; who wrote reads the apology, once. 11: a timer is
// tried three times and then parked.
func (d *modelDecision) part(f *modelFlow, do func()) (stands bool) {
	if d.try(f, do) {
		return true
	}
	if d.ev.name == "timer" && d.ev.job.flow == f.Name {
		d.park()
	}
	return false
}

// try takes back what fails, and notes it. What fails in a publication is not the fault of the event.
func (d *modelDecision) try(f *modelFlow, do func()) (stands bool) {
	before := *d
	before.fan = d.fan.clone()
	defer func() {
		r := recover()
		if r == nil {
			stands = true
			return
		}
		if r != (modelFault{}) {
			panic(r)
		}
		*d = before
		d.note("failed", nil, f.Name)
		if d.ev.answers && d.reply == "" && !d.moving {
			d.reply = d.apology
			d.note("replied", nil, f.Name, d.apology)
		}
	}()
	do()
	return true
}

func (d *modelDecision) park() {
	j := d.ev.job
	if j.tries < 2 {
		panic(modelRetry{})
	}
	parked := *j
	parked.parked, parked.tries = true, 3
	d.made = append(d.made, &parked)
	n := d.fan.in(parked.flow)
	d.note("parked", n, n.state, parked.name)
	n.timers[parked.name].over = "parked"
}

// grant enrolls where a script asked for it, 32 times for one event at most; a caller whose sub-flow does not begin hears so.
func (d *modelDecision) grant(w modelWish) {
	in := false
	if d.granting >= 32 {
		d.refuse(w)
	} else if in = d.join(w); in {
		d.granting++
	}
	n := d.fan.at(w.caller)
	if w.caller == (modelCaller{}) || n == nil || n.calls != w.flow {
		return
	}
	child := d.fan.in(w.flow)
	answered := slices.ContainsFunc(d.endings, func(e modelEnding) bool { return e.caller == w.caller && e.flow == w.flow })
	if in && (child != nil && child.caller == w.caller || answered) {
		return
	}
	d.endings = append(d.endings, modelEnding{w.caller, w.flow, map[bool]string{true: "left", false: "refused"}[in], n.wait})
}

// result: 16: the end of a sub-flow wakes its caller in the same decision; a paused one hears of it an hour later, or when it goes on.
func (d *modelDecision) result(e modelEnding) {
	n := d.fan.at(e.caller)
	if n == nil || n.calls != e.flow || n.wait != e.wait {
		return
	}
	if d.paused[n.flow.Name] {
		d.made = append(d.made, &modelJob{
			kind: "event", fan: d.fan.id, name: "result", flow: e.flow, subject: e.result, due: d.now.Add(time.Hour), ending: e,
		})
		return
	}
	n.calls = ""
	d.note("called", n, n.state)
	if r := modelMatch(n.flow.state(n.state).On, "result", e.result); r != nil {
		d.try(n.flow, func() { d.act(n, r.Do) })
	}
}

// exits: 14: exit rules act on all that has become true in the decision, at once, wherever the enrollment is, and take nothing.
// Who took the event is not ended by that event; who came by a fact does not leave for it.
func (d *modelDecision) exits() (left bool) {
	from := d.seen
	d.seen = len(d.fan.journal)
	for _, news := range slices.Clone(d.news) {
		if news.at < from || news.at >= d.seen || news.kind == "unsubscribe" && d.fan.subscribed {
			continue
		}
		var names []modelCaller
		for _, n := range d.fan.live {
			names = append(names, n.name())
		}
		for _, at := range names {
			n := d.fan.at(at)
			if n == nil || news.said && n.flow.Name == d.acted || n.since > news.at {
				continue
			}
			for _, x := range n.flow.Exits {
				if x.Event == news.kind && (modelPlain[x.Event] || modelTakes(x.Key, news.subject)) {
					d.quit(at, x.To)
					left = true
					break
				}
			}
		}
	}
	return left
}

// quit ends an enrollment from outside: leave hook, the final state if one is named. Without hooks if the flow is paused, or a
// hook fails.
func (d *modelDecision) quit(at modelCaller, to string) {
	for _, bare := range []bool{d.paused[at.flow], true} {
		n := d.fan.at(at)
		if d.try(n.flow, func() {
			n.bare = bare
			d.leave(n)
			switch {
			case n.over:
			case to == "":
				d.end(n)
			default:
				d.goOn(n, to)
			}
		}) {
			return
		}
	}
}

// closeWindows ends who is in a flow whose window has closed, if it says so: the published one's counts, whatever version they are in.
func (d *modelDecision) closeWindows() {
	for _, n := range slices.Clone(d.fan.live) {
		at := n.name()
		if f := d.published[at.flow]; d.fan.at(at) != nil && f.Closes && !d.now.Before(f.To) {
			d.quit(at, "")
		}
	}
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

func (d *modelDecision) leave(n *modelEnrollment) {
	if !n.over {
		d.forget(n)
		d.verbs(n, n.flow.state(n.state).Leave)
	}
}

// forget: 16: a caller that goes on ends its sub-flow.
func (d *modelDecision) forget(n *modelEnrollment) {
	if n.calls == "" {
		return
	}
	d.endChild(n)
	n.calls = ""
	d.note("called", n, n.state)
}

func (d *modelDecision) endChild(n *modelEnrollment) {
	mine := n.name()
	d.wishes = slices.DeleteFunc(slices.Clone(d.wishes), func(w modelWish) bool { return w.caller == mine })
	if child := d.fan.in(n.calls); child != nil && child.caller == mine {
		d.end(child)
	}
	d.endings = slices.DeleteFunc(slices.Clone(d.endings), func(e modelEnding) bool { return e.caller == mine })
}

// goOn enters a state and those that it leads on to, at most 32.
func (d *modelDecision) goOn(n *modelEnrollment, to string) {
	for moves := 1; to != "" && !n.over; moves++ {
		if moves > 32 {
			panic(modelFault{})
		}
		d.forget(n)
		d.dropTimers(n)
		s := n.flow.state(to)
		n.state, n.stateAt, n.timers = to, d.now, map[string]*modelArmed{}
		d.waits++
		n.wait = d.waits
		d.note("entered", n, to)
		d.reach(n)
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
			for i := range s.Timers {
				d.arm(n, &s.Timers[i], d.now)
			}
		}
		to = s.Enter.To
	}
}

// end: 9: the journey is done if the last step of the funnel was reached. Every end of an enrollment comes here.
func (d *modelDecision) end(n *modelEnrollment) {
	if n.calls != "" {
		d.endChild(n)
	}
	if caller := d.fan.at(n.caller); caller != nil {
		s := n.flow.state(n.state)
		result := map[bool]string{true: cmp.Or(s.Result, s.Name), false: "left"}[s.Final]
		d.endings = append(d.endings, modelEnding{n.caller, n.flow.Name, result, caller.wait})
	}
	last := n.flow.Funnel[len(n.flow.Funnel)-1]
	done := slices.ContainsFunc(n.reached, func(r modelReached) bool { return r.state == last })
	d.dropTimers(n)
	d.note("left", n, n.state, map[bool]string{true: "done"}[done])
	how := map[bool]string{true: "completed", false: "dropped"}[done]
	d.count(n, "", how)
	if far := n.furthest(); far != nil && !far.passed {
		d.count(n, far.state, how)
	}
	n.over = true
	d.fan.past[n.flow.Name] = modelPast{d.fan.past[n.flow.Name].count, d.now}
	d.fan.live = slices.DeleteFunc(slices.Clone(d.fan.live), func(o *modelEnrollment) bool { return o == n })
}

// reach counts a state once, and as completed every step of the funnel that lies behind the furthest.
func (d *modelDecision) reach(n *modelEnrollment) {
	if !slices.ContainsFunc(n.reached, func(r modelReached) bool { return r.state == n.state }) {
		d.count(n, n.state, "entered")
		n.reached = append(n.reached, modelReached{state: n.state})
	}
	far := n.furthest()
	for i := range n.reached {
		if r := &n.reached[i]; r != far && !r.passed && n.flow.step(r.state) > 0 {
			r.passed = true
			d.count(n, r.state, "completed")
		}
	}
}

func (d *modelDecision) count(n *modelEnrollment, what ...string) {
	d.counts = append(d.counts, strings.Join(append([]string{n.flow.Name, n.day}, what...), " "))
}

// verbs carries out what an action says, unless the enrollment has ended. 12: only what is news is noted.
func (d *modelDecision) verbs(n *modelEnrollment, a modelAction) {
	if n.over || n.bare {
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
				d.note("attr", n, v.Name, value)
				d.heard("attr", v.Name, n, false)
			}
		case "var":
			d.remember(n, v.Name, value)
		case "variant":
			d.remember(n, v.Name, n.arm(v.Name, d.fan.id))
		case "tag", "untag":
			d.retag(n, v.Verb, v.Name)
		case "goal":
			d.goal(n, v.Name)
		case "reply":
			if d.ev.answers && d.reply == "" {
				d.reply = value
				d.note("replied", n, value)
				continue
			}
			d.send(n, "", value)
		case "message":
			d.send(n, v.Name, value)
		case "cancel":
			d.cancel(n, v.Name)
		case "enroll":
			d.wish(n, v.Name, v.Value)
		case "call":
			d.call(n, v.Name)
		case "leave":
			leaves = true
		}
	}
	if leaves {
		d.end(n)
	}
}

func (d *modelDecision) remember(n *modelEnrollment, name, value string) {
	if old, ok := n.vars[name]; !ok || old != value {
		n.vars[name] = value
		d.note("var", n, name, value)
	}
}

func (d *modelDecision) retagAll() {
	for _, name := range d.ev.add {
		if !slices.Contains(d.ev.remove, name) {
			d.retag(nil, "tag", name)
		}
	}
	for _, name := range d.ev.remove {
		d.retag(nil, "untag", name)
	}
}

func (d *modelDecision) retag(n *modelEnrollment, verb, name string) {
	if d.fan.tags[name] == (verb == "tag") {
		return
	}
	if delete(d.fan.tags, name); verb == "tag" {
		d.fan.tags[name] = true
	}
	d.note(map[string]string{"tag": "tagged", "untag": "untagged"}[verb], n, name)
	d.heard(verb, name, n, false)
}

func (d *modelDecision) goal(n *modelEnrollment, name string) {
	if !slices.Contains(n.goals, name) {
		n.goals = append(n.goals, name)
		d.note("goal", n, name)
		d.count(n, "goal "+name, "entered")
		d.heard("goal", n.flow.Name+"."+name, n, false)
	}
}

// call: 16: the caller waits where it is; one call at a time, nobody calls itself, at most 8 deep.
func (d *modelDecision) call(n *modelEnrollment, flow string) {
	deep := 0
	for c := d.fan.at(n.caller); c != nil; c = d.fan.at(c.caller) {
		deep++
	}
	if flow == n.flow.Name || n.calls != "" || n.flow.state(n.state).Final || deep >= 8 {
		panic(modelFault{})
	}
	n.calls = flow
	d.note("called", n, n.state, flow)
	d.wishes = append(d.wishes, modelWish{flow, "flow " + n.flow.Name, n.name()})
}

// send orders a message, 50 for one event at most. 20: what is ordered under a key replaces what waits under it.
func (d *modelDecision) send(n *modelEnrollment, key, text string) {
	j := &modelJob{kind: "send", fan: d.fan.id, flow: n.flow.Name, no: n.no, name: text, due: d.now}
	if key != "" {
		d.cancel(n, key)
		j.due = d.now.Add(2 * time.Hour)
		d.fan.keyed = append(d.fan.keyed, modelKeyed{n.flow.Name, key, j})
	}
	if d.sends++; d.sends > 50 {
		panic(modelFault{})
	}
	d.made = append(d.made, j)
	d.note("ordered", n, text)
}

// wish asks for an enrollment, at once or two hours from now under a key.
func (d *modelDecision) wish(n *modelEnrollment, flow, key string) {
	if key == "" {
		d.wishes = append(d.wishes, modelWish{flow: flow, by: "flow " + n.flow.Name})
		return
	}
	d.cancel(n, key)
	j := &modelJob{kind: "event", fan: d.fan.id, flow: n.flow.Name, no: n.no, name: "enroll", subject: flow, due: d.now.Add(2 * time.Hour)}
	d.made = append(d.made, j)
	d.fan.keyed = append(d.fan.keyed, modelKeyed{n.flow.Name, key, j})
	d.note("planned", n, flow)
}

// cancel: 20: takes back what waits under a key of the flow.
func (d *modelDecision) cancel(n *modelEnrollment, key string) {
	for _, k := range d.fan.keyed {
		if k.flow != n.flow.Name || k.key != key {
			continue
		}
		d.drop(func(j *modelJob) bool { return j == k.job })
		d.unkey(k.job)
		if k.job.kind == "send" {
			d.note("settled", n, "cancelled")
		} else {
			d.note("unplanned", n)
		}
		return
	}
}

func (d *modelDecision) unkey(j *modelJob) { d.fan.unkey(j) }

func (f *modelFan) unkey(j *modelJob) {
	f.keyed = slices.DeleteFunc(slices.Clone(f.keyed), func(k modelKeyed) bool { return k.job == j })
}

// tell: 13: what flows tell each other are events due at once, not to the teller, at most 8 deep, only where somebody listens.
func (d *modelDecision) tell() {
	for _, news := range d.news {
		if news.said || news.kind == "optout" || d.ev.depth >= 8 || !d.listens(news) {
			continue
		}
		name := strings.TrimPrefix(news.subject, news.flow+".")
		d.made = append(d.made, &modelJob{
			kind: "event", fan: d.fan.id, flow: news.flow, name: news.kind, subject: name, depth: d.ev.depth + 1, due: d.now,
		})
	}
}

func (d *modelDecision) listens(news modelNews) bool {
	for _, f := range d.published {
		if f.Name == news.flow || d.paused[f.Name] {
			continue
		}
		all := slices.Concat(f.Triggers, f.Listen)
		for _, s := range f.States {
			all = slices.Concat(all, s.On, s.Listen)
		}
		if modelMatch(all, news.kind, news.subject) != nil {
			return true
		}
	}
	return false
}
