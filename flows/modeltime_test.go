package flows_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The reference model's rules of time: timers, publications, pauses.

// due: 10: an after counts from the entry of its state; an every comes next after a time, and what it owes comes at once.
func (d *modelDecision) due(n *modelEnrollment, t *modelTimer, after time.Time) time.Time {
	if t.Wait > 0 {
		return n.stateAt.Add(t.Wait)
	}
	if old := n.timers[t.Name]; old != nil && old.pending() && !old.due.After(after) {
		return old.due
	}
	if gap, err := time.ParseDuration(t.Every); err == nil {
		next := n.stateAt.Add(gap)
		for !next.After(after) {
			next = next.Add(gap)
		}
		return next
	}
	clock, _ := time.Parse("15:04", t.Every)
	local := after.In(d.zone)
	next := time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 0, 0, d.zone)
	if !next.After(after) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

// arm sets a timer of the wait; it fires at from at the earliest.
func (d *modelDecision) arm(n *modelEnrollment, t *modelTimer, from time.Time) {
	d.set(n, t, d.due(n, t, d.now), from)
}

func (d *modelDecision) set(n *modelEnrollment, t *modelTimer, due, from time.Time) {
	if old := n.timers[t.Name]; old != nil && old.pending() {
		d.dropTimer(n, old)
	}
	key := t.Name
	if t.Wait == 0 {
		key += "@" + strconv.FormatInt(due.Unix(), 10)
	}
	j := &modelJob{
		kind: "timer", fan: d.fan.id, flow: n.flow.Name, no: n.no, wait: n.wait, state: n.state, name: t.Name, key: key, due: due,
	}
	if due.Before(from) {
		j.due, j.anew = from, d.ev.name == "published"
	}
	n.timers[t.Name] = &modelArmed{due: due, key: key}
	d.made = append(d.made, j)
	d.note("armed", n, n.state, t.Name)
}

// drop ends jobs, also such as this decision has made.
func (d *modelDecision) drop(which func(*modelJob) bool) {
	for _, j := range d.jobs {
		if j != d.ev.job && which(j) {
			d.done = append(slices.Clone(d.done), j)
		}
	}
	d.made = slices.DeleteFunc(slices.Clone(d.made), which)
}

func (d *modelDecision) dropTimer(n *modelEnrollment, t *modelArmed) {
	d.drop(func(j *modelJob) bool {
		return j.kind == "timer" && j.fan == d.fan.id && j.flow == n.flow.Name && j.no == n.no && j.wait == n.wait && j.key == t.key
	})
}

// dropTimers: 10: the timers of a wait go with it.
func (d *modelDecision) dropTimers(n *modelEnrollment) {
	for _, t := range n.timers {
		d.dropTimer(n, t)
	}
}

// fire: 10: a timer fires in its own wait only, as its version declares it, once. Late means more than a minute: skip passes
// it over, hours put it off, otherwise it runs.
func (d *modelDecision) fire() {
	j := d.ev.job
	n := d.fan.in(j.flow)
	if n == nil || n.no != j.no || n.wait != j.wait {
		d.note("stale", &modelEnrollment{flow: &modelFlow{Name: j.flow}, no: j.no}, j.state, j.name)
		return
	}
	t, armed := n.flow.state(n.state).timer(j.name), n.timers[j.name]
	if t == nil || armed == nil || armed.key != j.key || !armed.pending() {
		state := j.state
		if armed != nil && armed.key == j.key {
			armed.over, state = "stale", n.state
		}
		d.note("stale", n, state, j.name)
		return
	}
	d.taken = n.flow.Name
	if armed.due.After(d.now) { // a publication has moved it
		if !slices.ContainsFunc(d.made, func(o *modelJob) bool { return o.kind == "timer" && o.wait == j.wait && o.key == j.key }) {
			moved := *j
			moved.due = armed.due
			d.made = append(d.made, &moved)
		}
		return
	}
	d.dropTimer(n, armed)
	since := armed.due
	if j.tries > 0 {
		since = j.due
	}
	if late := d.now.Sub(since) > time.Minute; late && t.Late == "skip" {
		armed.over = "missed"
		d.note("missed", n, n.state, t.Name)
		d.again(n, t)
		return
	} else if late && t.Late != "" && !modelHours(t.Late, d.now.In(d.zone)) {
		next := d.now.In(d.zone).Truncate(time.Minute)
		for !modelHours(t.Late, next) {
			next = next.Add(time.Minute)
		}
		d.set(n, t, next, next)
		return
	}
	d.part(n.flow, func() {
		armed.over = "fired"
		d.note("fired", n, n.state, t.Name)
		d.act(n, t.Do)
		d.again(n, t)
	})
}

// modelHours reports whether the hours 09:00-21:00 hold the moment.
func modelHours(hours string, t time.Time) bool {
	from, to, _ := strings.Cut(hours, "-")
	now := t.Format("15:04")
	return from <= now && now < to
}

// again: 10: an every comes next after now, however many times were missed, as long as the wait lasts.
func (d *modelDecision) again(n *modelEnrollment, t *modelTimer) {
	if t.Wait > 0 || n.over || n.wait != d.ev.job.wait {
		return
	}
	after := d.now
	if d.ev.job.due.After(after) {
		after = d.ev.job.due
	}
	due := d.due(n, t, after)
	d.set(n, t, due, due)
}

// modernise: 17: an enrollment goes through every publication in order, unless its flow is paused.
func (d *modelDecision) modernise() {
	for _, n := range slices.Clone(d.fan.live) {
		name := n.name()
		if d.paused[name.flow] {
			continue
		}
		pubs := d.pubs[name.flow]
		for i := n.pub; i < len(pubs); i++ {
			if n := d.fan.at(name); n != nil {
				d.goThrough(n, &pubs[i], i == len(pubs)-1)
			}
		}
	}
	if d.ev.name == "published" {
		d.revive()
	}
}

// goThrough: 17: who is in a state that the version has moves to it, and stays in the wait; a map leads to another state; who is
// in a state that it has not stays on the old version.
func (d *modelDecision) goThrough(n *modelEnrollment, p *modelPub, last bool) {
	mode, to := p.mode, n.state
	if mode == "map" {
		mode = ""
		switch named := p.to[n.state]; named {
		case "":
		case "<keep>", "<restart>", "<end>":
			mode = strings.Trim(named, "<>")
		default:
			to = named
		}
	}
	old := n.flow.state(n.state)
	flow, is := p.flow, p.flow.state(to)
	if mode == "keep" || is == nil {
		flow, is = n.flow, old
	}
	switch {
	case mode == "end":
		n.pub = p.no
		d.note("versioned", n, n.state, strconv.Itoa(n.flow.Version))
		d.end(n)
	case mode == "restart":
		d.restart(n, p)
	case is.Final:
		n.flow, n.pub, n.state = flow, p.no, to
		d.note("versioned", n, to, strconv.Itoa(flow.Version))
		d.reach(n)
		d.end(n)
	default:
		drop, arm, over := modelPairs(n, old, is)
		if flow == n.flow && is == old && len(drop)+len(arm)+len(over) == 0 && !last {
			return
		}
		n.flow, n.pub, n.state = flow, p.no, is.Name
		d.note("versioned", n, n.state, strconv.Itoa(flow.Version))
		d.reach(n)
		for _, name := range drop {
			d.dropTimer(n, n.timers[name])
			delete(n.timers, name)
			d.note("disarmed", n, n.state, name)
		}
		for i := range is.Timers {
			t := &is.Timers[i]
			if slices.Contains(arm, t.Name) {
				d.arm(n, t, d.from(n))
			} else if was, ok := over[t.Name]; ok {
				n.timers[t.Name] = &modelArmed{due: was.due, over: "missed"}
				d.note("armed", n, n.state, t.Name)
				d.note("missed", n, n.state, t.Name)
			}
		}
	}
}

// modelPairs: 17: timers of one name are one. Of the others, if they are equally many, the first stands for the first: its time
// was edited; else those are one that lead to the same state. What has fired does not fire again under another name; what was
// parked does. over are the new timers that stand for such as are over.
func modelPairs(n *modelEnrollment, was, is *modelState) (drop, arm []string, over map[string]modelArmed) {
	pairs := map[string]string{} // new to old
	var olds []string
	for _, t := range was.Timers {
		if n.timers[t.Name] != nil {
			olds = append(olds, t.Name)
		}
	}
	free := func(old string) bool {
		for _, o := range pairs {
			if o == old {
				return false
			}
		}
		return true
	}
	for _, t := range is.Timers {
		if slices.Contains(olds, t.Name) {
			pairs[t.Name] = t.Name
		}
	}
	for _, every := range []bool{false, true} {
		var left, right []string
		for _, name := range olds {
			if free(name) && (was.timer(name).Wait == 0) == every {
				left = append(left, name)
			}
		}
		for _, t := range is.Timers {
			if pairs[t.Name] == "" && (t.Wait == 0) == every {
				right = append(right, t.Name)
			}
		}
		for i, name := range right {
			if len(left) == len(right) {
				pairs[name] = left[i]
			}
		}
	}
	for _, t := range is.Timers {
		for _, name := range olds {
			if pairs[t.Name] == "" && free(name) && t.Do.To != "" && was.timer(name).Do.To == t.Do.To {
				pairs[t.Name] = name
			}
		}
	}
	over = map[string]modelArmed{}
	for _, t := range is.Timers {
		old := n.timers[pairs[t.Name]]
		if old == nil {
			arm = append(arm, t.Name)
			continue
		}
		same := pairs[t.Name] == t.Name
		switch {
		case same && old.over == "parked" || !same && old.pending():
			arm = append(arm, t.Name)
		case !same:
			over[t.Name] = *old
		}
		if !same {
			drop = append(drop, pairs[t.Name])
		}
	}
	for _, name := range olds {
		if free(name) {
			drop = append(drop, name)
		}
	}
	return drop, arm, over
}

// restart: 17: the enrollment begins anew in the version; if that fails it stays.
func (d *modelDecision) restart(n *modelEnrollment, p *modelPub) {
	name, old := n.name(), n
	d.moving = true
	d.try(p.flow, func() {
		n.flow, n.pub = p.flow, p.no
		d.note("versioned", n, n.state, strconv.Itoa(p.flow.Version))
		d.reach(n)
		for _, v := range []string{"n", "o", "x"} {
			if _, ok := n.vars[v]; ok {
				delete(n.vars, v)
				d.note("var", n, v)
			}
		}
		d.goOn(n, p.flow.start(n))
	})
	d.moving = false
	if n := d.fan.at(name); n != nil && n != old {
		n.pub = p.no
		d.note("versioned", n, n.state, strconv.Itoa(n.flow.Version))
	}
}

// from is when overdue timers may fire: at once, or when the publication gives them a turn.
func (d *modelDecision) from(n *modelEnrollment) time.Time {
	if d.ev.name == "published" && d.ev.flow == n.flow.Name {
		return d.ev.from
	}
	return d.now
}

// asleep are the timers of a wait that wait for somebody to let them go on: the parked, and those that are overdue.
func (d *modelDecision) asleep(n *modelEnrollment, t *modelTimer) bool {
	armed := n.timers[t.Name]
	return armed != nil && armed.asleep(d.now)
}

func (t *modelArmed) asleep(now time.Time) bool {
	return t.over == "parked" || t.over == "" && !t.due.After(now)
}

func (m *model) sleeps(n *modelEnrollment) bool {
	for _, t := range n.timers {
		if t.asleep(m.now) {
			return true
		}
	}
	return false
}

// revive: 11, 18: what was parked or held fires again when the flow is published or goes on.
func (d *modelDecision) revive() {
	n := d.fan.in(d.ev.flow)
	if n == nil || d.paused[d.ev.flow] {
		return
	}
	timers := slices.DeleteFunc(slices.Clone(n.flow.state(n.state).Timers), func(t modelTimer) bool { return n.timers[t.Name] == nil })
	slices.SortStableFunc(timers, func(a, b modelTimer) int { // the earliest first
		return cmp.Or(n.timers[a.Name].due.Compare(n.timers[b.Name].due), cmp.Compare(a.Name, b.Name))
	})
	for i := range timers {
		t := &timers[i]
		madeNow := slices.ContainsFunc(d.made, func(j *modelJob) bool {
			return j.kind == "timer" && j.wait == n.wait && n.timers[t.Name] != nil && j.key == n.timers[t.Name].key
		})
		if d.asleep(n, t) && !madeNow {
			d.arm(n, t, d.from(n))
		}
	}
}

// publish makes a version current.
func (m *model) publish(f *modelFlow, mode string, to map[string]string) {
	m.published[f.Name] = f
	delete(m.paused, f.Name)
	m.pubs[f.Name] = append(m.pubs[f.Name], modelPub{len(m.pubs[f.Name]) + 1, f, mode, to})
	m.goOn(f.Name)
	closing := &modelJob{kind: "chore", flow: f.Name, name: "close", subject: "0", due: f.To}
	if f.Closes && !slices.ContainsFunc(m.jobs, func(j *modelJob) bool { return j.String() == closing.String() && j.due.Equal(f.To) }) {
		m.jobs = append(m.jobs, closing)
	}
}

// pause: 18: a paused flow takes nothing and holds its timers; its exits act.
func (m *model) pause(flow string, on bool) {
	m.paused[flow] = on
	if !on {
		m.goOn(flow)
	}
}

// goOn sets the job that brings a flow's fans to its publication.
func (m *model) goOn(flow string) {
	for _, f := range m.fans {
		if f.in(flow) != nil {
			m.jobs = append(m.jobs, &modelJob{kind: "chore", flow: flow, name: "publish", subject: strconv.Itoa(len(m.pubs[flow])), due: m.now})
			return
		}
	}
}

// wake brings a job that is due. 18: the timers of a paused flow wait.
func (m *model) wake(j *modelJob) {
	switch {
	case j.kind == "timer" && m.paused[j.flow]:
		j.due = m.now.Add(time.Hour)
	case j.kind == "send":
		f := m.fan(j.fan)
		f.journal = append(f.journal, "settled sent")
		f.unkey(j)
		m.end(j)
	case j.kind == "timer":
		m.decide(j.fan, modelEvent{name: "timer", job: j})
	case j.name == "close" && j.kind == "chore":
		m.end(j)
		for _, f := range m.fans {
			if f.in(j.flow) != nil {
				m.decide(f.id, modelEvent{name: "closed"})
			}
		}
	case j.kind == "chore":
		m.end(j)
		if m.paused[j.flow] || j.subject != strconv.Itoa(len(m.pubs[j.flow])) {
			return
		}
		for _, r := range m.jobs { // 16: the results that were kept for it come now
			if r.name == "result" && r.kind == "event" && r.ending.caller.flow == j.flow && m.fan(r.fan).waitsFor(r.ending) {
				r.due = m.now
			}
		}
		for _, f := range m.fans {
			if n := f.in(j.flow); n != nil && (n.pub < len(m.pubs[j.flow]) || m.sleeps(n)) {
				m.decide(f.id, modelEvent{name: "published", flow: j.flow, from: j.due})
			}
		}
	default:
		subject := j.subject
		if j.name == "goal" {
			subject = j.flow + "." + subject
		}
		m.decide(j.fan, modelEvent{
			name: j.name, subject: subject, acts: j.name == "webhook", created: j.due.Unix(), source: j.flow, depth: j.depth, job: j,
		})
	}
}

// waitsFor reports whether the caller still sleeps for this result.
func (f *modelFan) waitsFor(e modelEnding) bool {
	n := f.at(e.caller)
	return n != nil && n.calls == e.flow && n.wait == e.wait
}

func (m *model) end(j *modelJob) {
	m.jobs = slices.DeleteFunc(m.jobs, func(o *modelJob) bool { return o == j })
}

// tag is an operator's.
func (m *model) tag(fan string, add, remove []string) {
	m.decide(fan, modelEvent{name: "tags", add: add, remove: remove})
}

// 19: the arm of a fan is that with the smallest -ln(u)/weight, u being drawn from the hash of flow, experiment, fan and arm; who is
// held out has none. What was drawn at entry stays.
func (f *modelFlow) draw(fan string) map[string]string {
	arms := map[string]string{}
	if f.Share > 0 {
		arms["holdout"] = "in"
	}
	if f.holds(fan) {
		arms["holdout"] = "held"
	} else if f.Arms != [2]int{} {
		arms["x"] = f.drawArm(fan)
	}
	return arms
}

func (f *modelFlow) drawArm(fan string) string {
	a := -math.Log(modelDraw(f.Name+"/x", fan, "a")) / float64(f.Arms[0])
	b := -math.Log(modelDraw(f.Name+"/x", fan, "b")) / float64(f.Arms[1])
	if a <= b {
		return "a"
	}
	return "b"
}

// modelDraw gives a number between 0 and 1.
func modelDraw(salt, fan, arm string) float64 {
	sum := sha256.Sum256([]byte(salt + "\x00" + fan + "\x00" + arm))
	return (float64(binary.BigEndian.Uint64(sum[:8])>>11) + 0.5) / (1 << 53)
}

func (f *modelFlow) holds(fan string) bool {
	return f.Share > 0 && modelDraw(f.Name+"/holdout", fan, "") < float64(f.Share)/100
}

// start is where an enrollment begins.
func (f *modelFlow) start(n *modelEnrollment) string {
	if f.Share > 0 && f.Control != "" && n.arms["holdout"] == "held" {
		return f.Control
	}
	return f.First
}

// arm is what was drawn at entry; an experiment that was declared later is drawn now.
func (n *modelEnrollment) arm(name, fan string) string {
	switch {
	case n.arms[name] != "":
		return n.arms[name]
	case n.flow.Arms == [2]int{}:
		panic(modelFault{})
	case n.arms["holdout"] == "held":
		return ""
	}
	return n.flow.drawArm(fan)
}
