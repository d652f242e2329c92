package flows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/wechat"
)

// task is an event to be decided on.
type task struct {
	fan   store.FanID
	cause string
	now   time.Time
	event *event
	job   *store.Job    // that the event comes from, which ends with the Change; nil for a push
	keep  time.Duration // how long the receipt is kept, if longer than a day
}

// input is all that a decision may know: the same input and the same remembered answers give the same outcome.
type input struct {
	task
	account  *Account
	config   string // digest of the account's settings
	snapshot store.Fan
	edition  *edition
	// lines are, by flow, the ways of the enrollments that have not gone through its last publication or stay on an older version.
	lines  map[string]*lineage
	host   *plugins.Host
	limits sandbox.Limits
	// maxReads is how many different requests it may read over HTTP; 0: as many as for a fan.
	maxReads int
	// looks: it only asks plugins, each of which has its own reads.
	looks bool
	// unkept: it has no trace, so that what it reads takes no room in its Change.
	unkept bool
	logger *slog.Logger
}

// outcome is what a decision comes to.
type outcome struct {
	change store.Change
	reply  wechat.Reply
	flow   string // that took the event
	word   string // for Observation
	lua    int
	parts  []part
	logs   []logLine // what scripts wrote
	// nothing says that there is nothing worth a commit.
	nothing bool
	// due says that jobs were made that are due soon.
	due bool
}

// soon is when a job is due for which the scheduler is woken. It looks for the others by itself, every second.
const soon = 2 * time.Second

func (d *decision) dueSoon() bool {
	return slices.ContainsFunc(d.draft.jobs, func(j store.Job) bool { return !j.Parked && j.Due.Before(d.draft.at.Add(soon)) })
}

// decision is one run of decide.
type decision struct {
	*input
	ctx     context.Context
	event   *event // the task's, with what the rule that acts on it has captured
	memory  *memory
	draft   *draft
	scripts map[*compiled]*script
	taken   string
	word    string
	lua     int
	parts   []part
	pass    *sandbox.Pass
	tally   *sandbox.Tally // of all Lua of this decision
	// logs are the lines that scripts wrote, also those whose part was undone.
	logs  []logLine
	muted muted
	// verdicts say what became of each candidate, for the trace.
	verdicts []verdict
	told     *happened // what the trace keeps of the event; nil until it is asked for
	acted    string    // the flow whose enrollment took the event, if its part stands
	facts    int       // how many entries exits have looked at
	granted  int       // enrollments that scripts asked for
	// places are the claims of the entries that flows with a limit have admitted, until they are begun.
	places map[string][]store.Claim
	// refused are the flows whose refusal stands in the journal.
	refused map[string]bool
	// unheard is how many entries there were when nobody took the event; negative: it was taken, or not offered.
	unheard int
	// hurried tells that a script ran out of time: whether it does depends on the machine.
	hurried bool
	// moving tells that a publication is being gone through: nobody says sorry for what fails then, as the event is yet to come.
	moving bool
	// stopped tells that a plugin keeps the event from flows.
	stopped bool
}

// decide is pure: it reads nothing but its arguments and changes nothing but the memory's place. The error is a need that
// the memory cannot answer, a timer that shall be tried again, ctx's, or a fault of ours.
// It runs in the place pass of a gate; nil: it has none.
func decide(ctx context.Context, in *input, m *memory, pass *sandbox.Pass) (outcome, error) {
	d := newDecision(ctx, in, m, pass)
	defer d.close()
	if err := d.all(); err != nil {
		return outcome{lua: d.lua, flow: d.taken, parts: d.parts, logs: d.wrote()}, err
	}
	return d.outcome()
}

// newDecision begins a run. The caller closes it.
func newDecision(ctx context.Context, in *input, m *memory, pass *sandbox.Pass) *decision {
	m.asked = 0
	d := &decision{
		input: in, ctx: ctx, event: in.event, memory: m, pass: pass, tally: sandbox.NewTally(in.limits), draft: newDraft(in.snapshot, in.now, in.cause),
		scripts: map[*compiled]*script{}, word: "silent", places: map[string][]store.Claim{}, refused: map[string]bool{}, unheard: -1, hurried: in.edition.Held,
	}
	if d.job != nil { // one that is put off, or let go again, is decided on more than once under one cause
		d.draft.ids = fmt.Sprintf("%s~%d", in.cause, in.snapshot.Rev)
	}
	return d
}

func (d *decision) close() {
	for _, s := range d.scripts {
		s.state.Close()
	}
}

func (d *decision) all() error {
	if err := d.hear(); err != nil {
		return err
	}
	if d.late() {
		d.word = "stale"
		return nil
	}
	for _, step := range []func() error{
		d.modernise, d.closeWindows, d.dispatch, d.listeners, d.consequences, d.ignore, d.giveKept, d.tell,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// dispatch brings the event to what it is for. What a fan says or does, and what flows and other systems tell, is offered.
func (d *decision) dispatch() error {
	switch d.event.Name {
	case timerEvent:
		return d.fire()
	case plannedEvent:
		return d.planned()
	case tickEvent:
		return d.tick()
	case lateEvent:
		return d.keepLate()
	case resultEvent:
		return d.heldResult()
	case tagsEvent:
		return d.retag()
	case acceptedEvent:
		return d.hookedSend()
	case publishedEvent, closedEvent: // modernise and closeWindows have done what there is to do
		return nil
	}
	if d.event.Depth > maxDepth {
		return d.tooDeep()
	}
	if taken, err := d.own(); taken || err != nil {
		return err
	}
	if stopped, err := d.hooked(); stopped || err != nil {
		return err
	}
	return d.offer()
}

// maxRounds bounds what follows from what follows in one decision. What is left over then is of flows that go round each
// other: a fan is in a flow once, so that each round ends or begins something.
const maxRounds = 32

// consequences carries out what the event's parts have led to: results of sub-flows, enrollments that scripts asked for, and
// exits on all that has happened, until nothing new comes of it.
func (d *decision) consequences() error {
	for range maxRounds {
		again := false
		for _, step := range []func() (bool, error){d.results, d.grantEnrolls, d.exits} {
			more, err := step()
			if err != nil {
				return err
			}
			again = again || more
		}
		if !again {
			return nil
		}
	}
	return d.wakeAll()
}

// outcome makes the Change of what was collected.
func (d *decision) outcome() (outcome, error) {
	o := outcome{reply: d.draft.reply, flow: d.taken, word: d.word, lua: d.lua, parts: d.parts, logs: d.wrote(), due: d.dueSoon()}
	var err error
	if o.change, err = d.change(); err != nil {
		return o, err
	}
	if len(o.change.Entries) > 0 {
		if err := d.trace(&o.change); err != nil {
			return o, err
		}
	}
	if d.word == "silent" && !o.reply.IsZero() {
		o.word = "replied"
	}
	o.nothing = d.job == nil && len(o.change.Entries) == 0
	return o, nil
}

// change is the Change of what was collected so far.
func (d *decision) change() (store.Change, error) {
	c := d.draft.change(d.snapshot.Rev)
	if d.job != nil && !slices.Contains(c.Done, d.job.ID) {
		c.Done = append(c.Done, d.job.ID)
	}
	c.Keep = d.keep
	if d.event.Push != nil {
		raw, err := encode(d.draft.reply)
		if err != nil {
			return c, fmt.Errorf("encode the reply: %w", err)
		}
		c.Receipt = raw
	}
	return c, nil
}

// ask gives a remembered answer or the need that ends the run.
func (d *decision) ask(n need) (answer, error) {
	if d.memory.asked >= maxNeeds {
		return answer{}, &failure{err: errManyNeeds}
	}
	a, err := d.memory.ask(n)
	if err == nil {
		d.tally.Asked()
	}
	return a, err
}

// flowOf gives the version of a flow that an enrollment is in; nil if it cannot be used.
func (d *decision) flowOf(n *store.Enrollment) *compiled {
	if line := d.lines[n.Flow]; line != nil {
		if flow := line.at(n.Version, n.Pub); flow != nil {
			return flow
		}
	}
	if p := d.edition.ByName[n.Flow]; p != nil && p.Version == n.Version {
		return p.compiled
	}
	return nil
}

// paused reports whether the flow takes no event at present.
func (d *decision) paused(flow string) bool {
	p := d.edition.ByName[flow]
	return p != nil && p.Paused
}

// failure is the fault of a script or of its author.
type failure struct {
	err error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// why is what the journal keeps: the sentence with its place, then the Lua traceback.
func (f *failure) why() string {
	text := f.err.Error()
	var e *sandbox.Error
	if errors.As(f.err, &e) && e.Traceback != "" {
		text += "\n" + e.Traceback
	}
	if len(text) > maxWhy {
		text = cut(text, maxWhy)
	}
	return text
}

// in names the flow's file where the failure does not tell its place.
func (f *failure) in(flow *compiled) *failure {
	file := flow.Program.File()
	var e *sandbox.Error
	if errors.As(f.err, &e) && e.File != "" || strings.HasPrefix(f.err.Error(), file) {
		return f
	}
	return &failure{fmt.Errorf("%s: %w", file, f.err)}
}

// maxWhy is the most of a failure that the journal keeps, in bytes.
const maxWhy = 2048

// cut shortens a text to at most n bytes between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// part runs fn as a flow's part of the event. If its script fails, nothing of the part stays: the failure is noted, and the
// fan who wrote reads the apology.
func (d *decision) part(flow *compiled, fn func() error) error {
	f, err := d.attempt(flow, fn, store.MaxChange-maxWhy-forWhatFollows)
	if f == nil {
		return err
	}
	return d.fail(flow, f)
}

// try runs fn as a part that follows from what others did, and reports whether it stands. Its failure is noted and no more:
// the timer that led to it is not tried again.
func (d *decision) try(flow *compiled, fn func() error) (stands bool, err error) {
	f, err := d.attempt(flow, fn, store.MaxChange-maxWhy)
	if f == nil {
		return err == nil, err
	}
	return false, d.noteFailure(flow, f)
}

// forWhatFollows is what a flow's part of an event leaves of the Change for what follows from it in others: that they are exited,
// or wake.
const forWhatFollows = 4 << 10

// attempt runs fn and takes back what a failing one has done, or one that makes the Change larger than most bytes.
func (d *decision) attempt(flow *compiled, fn func() error, most int) (*failure, error) {
	before, wrote := d.draft.save(), len(d.logs)
	err := fn()
	if err == nil {
		err = d.fits(most)
	}
	var f *failure
	if !errors.As(err, &f) {
		if err == nil {
			d.parts = append(d.parts, part{flow: flow})
		}
		return nil, err
	}
	d.undo(wrote)
	*d.draft = before
	if s := d.scripts[flow]; s != nil { // its Lua has seen what is undone
		s.state.Close()
		delete(d.scripts, flow)
	}
	d.word = "failed"
	if isSlow(f.err) {
		d.hurried = true
	}
	f = f.in(flow)
	d.parts = append(d.parts, part{flow, firstLine(f), f.why()})
	return f, nil
}

// fail notes a failure. A timer is tried three times in all; then it waits, parked, for a new version or for somebody to
// resume it.
func (d *decision) fail(flow *compiled, f *failure) error {
	if d.event.Name == timerEvent && flow.Name == d.job.Flow { // another flow's part of it is not tried again
		if d.job.Attempt+1 < timerTries {
			return &retryError{fmt.Errorf("flow %s version %d: %w", flow.Name, flow.Version, f)}
		}
		return d.park(flow, f)
	}
	return d.noteFailure(flow, f)
}

// noteFailure writes a failure down, and says sorry to who waits for an answer.
func (d *decision) noteFailure(flow *compiled, f *failure) error {
	if err := d.noteFailed(flow, f); err != nil {
		return err
	}
	apology := wechat.TextReply(cut(d.account.Apology, wechat.MaxText))
	if d.moving || !d.event.Answerable || !d.draft.reply.IsZero() || apology.Validate(d.event.Push) != nil { // none, or none that can be shown
		return nil
	}
	_, err := d.within(func() error {
		return d.give(apology, store.Entry{Flow: flow.Name, Why: "apology for a script that failed"})
	})
	return err
}

// noteFailed writes a failure down. Of many in one event those that do not fit are told to the log.
func (d *decision) noteFailed(flow *compiled, f *failure) error {
	why := f.why()
	noted := false
	for _, most := range []int{maxWhy, shortWhy} {
		var err error
		noted, err = d.within(func() error {
			return d.draft.add(store.Entry{Kind: store.Failed, Flow: flow.Name, Version: flow.Version, Why: cut(why, most)})
		})
		if err != nil {
			return err
		}
		if noted {
			break
		}
	}
	if !noted {
		d.logger.WarnContext(d.ctx, "a failure found no room in the journal", "account", d.fan.Account, "flow", flow.Name, "version", flow.Version, "why", why)
	}
	return nil
}

// shortWhy is what is kept of a failure where there is little room.
const shortWhy = 200
