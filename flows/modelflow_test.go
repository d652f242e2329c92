package flows_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// The flows and events that the model's test is made of.
var (
	modelFans   = []string{"ann", "bob", "cy"}
	modelNames  = []string{"f0", "f1", "f2", "fallback"}
	modelWords  = []string{"a", "b", "ab", "1", "ok", "a", "b", "ab", "1", "ok", "TD", "恢复订阅"}
	modelKeys   = []string{"a", "b", "a*", "b|ok", "#", "*", "ab*", "/^[ab]+$/", "/k/"}
	modelTags   = []string{"t1", "t2", "t3"}
	modelGoals  = []string{"g1", "g2"}
	modelScenes = []string{"s-1", "s-2", "x"}
	modelHooks  = []string{"h1", "h2"}
	modelDelays = []string{"10m", "1h", "5h", "1d", "3d", "every 6h", "every 10:00"}
)

const modelTime = "01-02 15:04:05.000"

// modelSteps is how many steps a run has.
const modelSteps = 200

// modelStep is one thing that happens. It says all that is needed to do it again.
type modelStep struct {
	What string
	Fan  string
	Arg  string
	Seed uint64
}

func (s modelStep) String() string {
	return strings.TrimSpace(fmt.Sprint(s.What, " ", s.Fan, " ", s.Arg))
}

// modelRun is an engine and the model beside it.
type modelRun struct {
	t      *testing.T
	world  *world
	model  *model
	seed   uint64
	texts  map[string]string // of the versions, by flow and version
	pushed []*modelPush
	seen   map[string]uint64 // rows of the journals that were looked at
	lines  map[string][]string
	agreed map[string]*modelFan // what the fans were when they were compared
	newest map[string]*modelFlow
	all    map[string][]*modelFlow // versions
	wrong  string
	// decisions are the model's, by what the ids of the engine's jobs begin with; known are those that stand there.
	decisions map[string]int
	known     map[int]bool
	said      map[string]string // by jobs
}

type modelPush struct {
	push *wechat.Push
	ev   modelEvent
}

// TestModel: random flows and events; after each step the engine and the model have the same fans, jobs, journals, replies and
// counts. Paragraphs of design.md: "Offering an event", "A script that fails", "A new version", "Time".
func TestModel(t *testing.T) {
	first, runs := uint64(1), 60
	if n, err := strconv.ParseUint(os.Getenv("FANFLOW_MODEL_SEED"), 10, 64); err == nil {
		first, runs = n, 1
	}
	if n, err := strconv.Atoi(os.Getenv("FANFLOW_MODEL_RUNS")); err == nil {
		runs = n
	}
	seeds := make(chan uint64, runs)
	for i := range runs {
		seeds <- first + uint64(i)
	}
	close(seeds)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // much is made and dropped at once
	var early atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range seeds {
				if t.Failed() {
					return
				}
				steps := modelStepsOf(seed)
				wrong := runModel(t, seed, steps)
				if wrong == modelTooMuch {
					early.Add(1)
				} else if wrong != "" {
					if os.Getenv("FANFLOW_MODEL_SHRINK") != "0" {
						wrong = shrink(t, seed, steps, wrong)
					}
					t.Errorf("seed %d: %s", seed, wrong)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d runs of %d steps; %d ended early", runs, modelSteps, early.Load())
	if early.Load()*100 > int64(max(runs, 100)) {
		t.Errorf("%d of %d runs ended early: the test shows too little", early.Load(), runs)
	}
}

// modelTooMuch is what a run says that has come to an event with more entries than the model answers for.
const modelTooMuch = "too much for the model"

// shrink leaves out steps as long as the run still fails.
func shrink(t *testing.T, seed uint64, steps []modelStep, wrong string) string {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(steps); {
			less := slices.Concat(steps[:i], steps[i+size:])
			if w := runModel(t, seed, less); w != "" && w != modelTooMuch {
				steps, wrong = less, w
				continue
			}
			i += size
		}
	}
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "\n  %s", s)
	}
	return fmt.Sprintf("%s\nsteps:%s", wrong, b.String())
}

func modelStepsOf(seed uint64) []modelStep {
	r := rand.New(rand.NewPCG(seed, 1))
	what := []string{
		"text", "text", "text", "text", "text", "text", "click", "scan", "subscribe", "unsubscribe", "tag", "untag", "hook", "repeat",
		"settle", "settle", "settle", "due", "due", "due", "minutes", "hours", "days", "publish", "rollback", "pause", "resume", "kill", "two", "late",
	}
	rare := map[string]int{"publish": 3, "rollback": 3, "pause": 3, "kill": 8, "unsubscribe": 2}
	var steps []modelStep
	for len(steps) < modelSteps {
		s := modelStep{What: pick(r, what), Fan: pick(r, modelFans), Seed: r.Uint64()}
		if n := rare[s.What]; n > 0 && r.IntN(n) > 0 {
			continue
		}
		switch s.What {
		case "text", "two":
			s.Arg = pick(r, modelWords)
		case "click":
			s.Arg = pick(r, modelWords)
		case "scan":
			s.Arg = pick(r, modelScenes)
		case "subscribe", "late":
			s.Arg = pick(r, append([]string{"", ""}, modelScenes...))
		case "tag", "untag":
			s.Arg = pick(r, modelTags)
		case "hook":
			s.Arg = pick(r, modelHooks)
		case "publish", "rollback", "pause", "resume":
			s.Fan, s.Arg = "", pick(r, modelNames)
		case "settle", "due", "kill", "minutes", "hours", "days":
			s.Fan = ""
		}
		steps = append(steps, s)
	}
	return steps
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// runModel gives what differs first; empty if nothing does.
func runModel(t *testing.T, seed uint64, steps []modelStep) string {
	w := modelWorld(t, mem.New(), time.Time{})
	if seed%modelIdle == 0 {
		w.plugin("idle", `return { order = 1, hooks = { on_event = function(fan, event) end, before_send = function(send) end, after_send = function(send) end,
		  on_webhook = function(hook) end } }`)
	}
	r := &modelRun{
		t: t, world: w, seed: seed, texts: map[string]string{}, seen: map[string]uint64{}, lines: map[string][]string{}, agreed: map[string]*modelFan{}, said: map[string]string{},
		newest: map[string]*modelFlow{}, all: map[string][]*modelFlow{},
		decisions: map[string]int{}, known: map[int]bool{},
	}
	r.model = newModel(w.clock(), apology, "fallback")
	r.model.own["TD"] = modelOwn{"stop", "已退订，今后不再向您发送活动消息。回复“恢复订阅”可重新接收。"}
	r.model.own["恢复订阅"] = modelOwn{"resume", "已恢复订阅，感谢您的关注。"}
	random := rand.New(rand.NewPCG(seed, 2))
	for _, name := range modelNames {
		r.publish(randomFlow(random, name), random, nil)
	}
	for i, s := range steps {
		r.step(s)
		if r.model.huge {
			return modelTooMuch
		}
		if r.wrong == "" {
			r.compare(i == len(steps)-1)
		}
		if r.wrong != "" {
			return fmt.Sprintf("step %d (%s): %s\n%s", i, s, r.wrong, r.flowsText())
		}
	}
	r.compareCounts()
	if seed%modelReplays == 0 {
		r.replay()
	}
	if r.wrong != "" {
		for _, fan := range modelFans {
			r.wrong += fmt.Sprintf("\njournal of %s\n\t%s", fan, strings.Join(r.lines[fan], "\n\t"))
		}
		return r.wrong + "\n" + r.flowsText()
	}
	return ""
}

// modelIdle: of so many runs one has a plugin whose hooks do nothing. The model knows of no plugins: the journals must be the same.
const modelIdle = 5

// modelReplays: of so many runs the journals of one are decided again.
const modelReplays = 10

// replay decides the journals again.
func (r *modelRun) replay() {
	for _, fan := range modelFans {
		if len(r.lines[fan]) == 0 {
			continue
		}
		p, err := r.world.engine.Replay(r.t.Context(), store.FanID{Account: account, OpenID: fan}, 0)
		if err != nil {
			r.failf("replay %s: %v", fan, err)
		} else if !p.Equal {
			r.failf("replay %s: %s", fan, p.Why)
		}
	}
}

// modelWorld is a world whose store may have been another's before. It begins as newWorld's, or at now.
func modelWorld(t *testing.T, s store.Store, now time.Time) *world {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if now.IsZero() {
		now = time.Date(2026, 11, 2, 21, 30, 0, 0, zone)
	}
	w := &world{t: t, store: s, now: now}
	w.engine, err = flows.New(flows.Config{
		Store: s, Now: w.clock,
		Accounts: []flows.Account{{Name: account, Location: zone, Apology: apology, Type: "service", Fallback: "fallback"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (r *modelRun) flowsText() string {
	var b strings.Builder
	for _, name := range modelNames {
		for _, f := range r.all[name] {
			fmt.Fprintf(&b, "-- %s version %d\n%s\n", name, f.Version, r.texts[fmt.Sprint(name, f.Version)])
		}
	}
	return b.String()
}

func (r *modelRun) failf(format string, args ...any) {
	if r.wrong == "" {
		r.wrong = fmt.Sprintf(format, args...)
	}
}

func (r *modelRun) publish(f *modelFlow, random *rand.Rand, choice *store.Choice) {
	f.Version = len(r.all[f.Name]) + 1
	text := renderFlow(f, random)
	s, err := r.world.engine.Push(r.t.Context(), account, store.KindFlow, f.Name+".lua", text, "test")
	if err != nil {
		r.failf("push %s: %v\n%s", f.Name, err, text)
		return
	}
	if s.Version != f.Version { // the same text again: the same version
		f = r.all[f.Name][s.Version-1]
	} else {
		r.all[f.Name] = append(r.all[f.Name], f)
		r.texts[fmt.Sprint(f.Name, f.Version)] = text
	}
	r.newest[f.Name] = f
	r.makeCurrent(f, choice)
}

func (r *modelRun) makeCurrent(f *modelFlow, choice *store.Choice) {
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: f.Name}
	if _, err := r.world.engine.PublishAs(r.t.Context(), id, f.Version, "test", choice); err != nil {
		r.failf("publish %s: %v", f.Name, err)
		return
	}
	if choice == nil {
		choice = &store.Choice{}
	}
	r.model.publish(f, choice.Mode, choice.Map)
}

// randomChoice is the publisher's for a version.
func randomChoice(r *rand.Rand, now, next *modelFlow) *store.Choice {
	mode := pick(r, []string{"", "", "", store.MoveFans, store.KeepFans, store.RestartFans, store.EndFans, store.MapFans, store.MapFans})
	if mode == "" {
		return nil
	}
	c := &store.Choice{Mode: mode}
	if mode == store.MapFans {
		c.Map = map[string]string{}
		for range 2 {
			from := pick(r, now.States)
			if to := pick(r, next.States); !from.Final {
				c.Map[from.Name] = pick(r, []string{to.Name, to.Name, "<keep>", "<restart>", "<end>"})
			}
		}
		if len(c.Map) == 0 {
			return nil
		}
	}
	return c
}

func (r *modelRun) step(s modelStep) {
	w, m := r.world, r.model
	random := rand.New(rand.NewPCG(s.Seed, 3))
	ctx := r.t.Context()
	w.set(w.clock().Add(7 * time.Millisecond))
	m.now = w.clock()
	switch s.What {
	case "text", "click", "scan", "subscribe", "unsubscribe", "late":
		r.receive(r.newPush(s))
	case "two":
		r.two(s)
	case "repeat":
		if len(r.pushed) > 0 {
			r.receive(pick(random, r.pushed))
		}
	case "tag", "untag":
		if len(m.fan(s.Fan).journal) == 0 {
			return
		}
		list := [2][]string{}
		list[map[string]int{"tag": 0, "untag": 1}[s.What]] = []string{s.Arg}
		if err := w.engine.Tag(ctx, store.FanID{Account: account, OpenID: s.Fan}, list[0], list[1], "operator"); err != nil {
			r.failf("tag: %v", err)
		}
		m.tag(s.Fan, list[0], list[1])
	case "hook":
		_, err := w.engine.Hook(ctx, account, flows.Hook{Event: s.Arg, OpenID: s.Fan, Create: true})
		if err != nil {
			r.failf("hook: %v", err)
		}
		m.decisions++
		m.jobs = append(m.jobs, &modelJob{kind: "event", fan: s.Fan, name: "webhook", subject: s.Arg, due: m.now, decision: m.decisions})
	case "settle":
		r.settle(1 + random.IntN(20))
	case "due":
		if next, err := w.store.NextDue(ctx); err == nil && next.After(w.clock()) {
			w.set(next)
		}
		r.settle(100)
	case "minutes", "hours", "days":
		unit := map[string]time.Duration{"minutes": time.Minute, "hours": time.Hour, "days": day}[s.What]
		w.set(w.clock().Add(time.Duration(random.Int64N(int64(5 * unit))).Truncate(time.Second)))
		if chance(random, 50) {
			r.settle(100)
		}
	case "publish":
		now := m.published[s.Arg]
		next := editFlow(random, now)
		r.publish(next, random, randomChoice(random, now, next))
	case "rollback":
		next := pick(random, r.all[s.Arg])
		r.makeCurrent(next, randomChoice(random, m.published[s.Arg], next))
	case "pause", "resume":
		why := map[string]string{"pause": "test"}[s.What]
		if err := w.engine.Pause(ctx, account, s.Arg, why); err != nil {
			r.failf("%s: %v", s.What, err)
		}
		m.pause(s.Arg, why != "")
	case "kill":
		r.world = modelWorld(r.t, w.store, w.clock())
		r.world.ids.Store(w.ids.Load())
	}
}

func (r *modelRun) newPush(s modelStep) *modelPush {
	w := r.world
	ev := modelEvent{name: s.What, subject: s.Arg, acts: true, follows: true, answers: true}
	var p *wechat.Push
	switch s.What {
	case "text", "two":
		p = w.push(s.Fan, "text", "", "", &wechat.Text{Content: s.Arg})
		ev.name, ev.text = "text", s.Arg
	case "click":
		p = w.push(s.Fan, "event", "CLICK", s.Arg, &wechat.Click{Key: s.Arg})
	case "scan":
		p = w.push(s.Fan, "event", "SCAN", s.Arg, &wechat.Scan{Scene: s.Arg})
	case "subscribe", "late":
		p = w.push(s.Fan, "event", "subscribe", "", &wechat.Subscribe{Scene: s.Arg})
		if s.What == "late" {
			p.CreateTime -= 3600
		}
		ev.name, ev.subject, ev.scene = "subscribe", "", s.Arg
	case "unsubscribe":
		p = w.push(s.Fan, "event", "unsubscribe", "", &wechat.Unsubscribe{})
		ev.subject, ev.answers = "", false
	}
	ev.created, ev.cause = p.CreateTime, p.Key()
	push := &modelPush{p, ev}
	r.pushed = append(r.pushed, push)
	return push
}

func (r *modelRun) receive(p *modelPush) {
	got, err := r.world.engine.Receive(r.t.Context(), account, p.push)
	if err != nil {
		r.failf("receive: %v", err)
		return
	}
	r.world.engine.Written(account, p.push)
	if want := r.model.decide(p.push.FromUserName, p.ev); got.Content != want {
		r.failf("the reply is %q; the model says %q", got.Content, want)
	}
}

// two pushes of one fan come at once: either may be first, and the journal tells which was.
func (r *modelRun) two(s modelStep) {
	pushes := []*modelPush{r.newPush(s), r.newPush(modelStep{What: "click", Fan: s.Fan, Arg: s.Arg})}
	var got [2]string
	var wg sync.WaitGroup
	for i, p := range pushes {
		wg.Go(func() {
			reply, err := r.world.engine.Receive(r.t.Context(), account, p.push)
			if err != nil {
				r.t.Errorf("seed %d: receive: %v", r.seed, err)
			}
			r.world.engine.Written(account, p.push)
			got[i] = reply.Content
		})
	}
	wg.Wait()
	order := []int{0, 1}
	for _, row := range r.rows(s.Fan) {
		if row.Kind == store.Heard {
			if row.Cause == pushes[1].ev.cause {
				order = []int{1, 0}
			}
			break
		}
	}
	for _, i := range order {
		if want := r.model.decide(s.Fan, pushes[i].ev); got[i] != want {
			r.failf("the reply to one of two pushes is %q; the model says %q", got[i], want)
		}
	}
}

// rows are those that were not looked at yet.
func (r *modelRun) rows(fan string) []store.Row {
	rows, _, err := r.world.store.Journal(r.t.Context(), store.FanID{Account: account, OpenID: fan}, r.seen[fan], 1000)
	if err != nil {
		r.failf("journal: %v", err)
	}
	return rows
}

// settle lets at most n due jobs be done, in the engine's order, which must be one that the model allows.
func (r *modelRun) settle(n int) {
	w := r.world
	ctx := r.t.Context()
	for range n {
		jobs, err := w.store.Lease(ctx, store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: 1})
		if err != nil || len(jobs) == 0 {
			if err != nil {
				r.failf("lease: %v", err)
			}
			return
		}
		r.model.now = w.clock()
		j := r.sameJob(jobs[0])
		if j == nil {
			r.failf("the engine brings %s; the model does not, or not yet:%s", r.jobText(jobs[0]), r.model.dueText())
			return
		}
		if jobs[0].Kind == "send" {
			w.do(ctx, jobs[0])
		} else if err := w.engine.Wake(ctx, jobs[0]); err != nil {
			if j.kind == "chore" {
				r.failf("chore: %v", err)
			}
			r.again(jobs[0], err)
		}
		r.model.wake(j)
		if j.kind == "chore" {
			r.adopt()
		}
	}
}

// dueText lists what is due, by the decision that made it.
func (m *model) dueText() string {
	var b strings.Builder
	for _, j := range m.jobs {
		if !j.due.After(m.now) {
			fmt.Fprintf(&b, "\n\t%s of decision %d: %s", j.due.UTC().Format(modelTime), j.decision, j)
		}
	}
	return b.String()
}

// again puts a job off that failed, as the scheduler does.
func (r *modelRun) again(j store.Job, why error) {
	due := r.world.clock().Add(time.Second)
	_, err := r.world.store.Commit(r.t.Context(), store.Change{
		Fan: store.FanID{Account: account}, Cause: fmt.Sprint("again ", r.world.ids.Add(1)), At: r.world.clock(),
		Snooze: []store.Snooze{{Job: j.ID, Due: due, Attempt: j.Attempt + 1, Why: why.Error()}},
	})
	if err != nil {
		r.failf("snooze: %v", err)
	}
}

// sameJob finds the model's job. What one decision made due at once comes in the order in which it was made.
func (r *modelRun) sameJob(j store.Job) *modelJob {
	text := r.jobText(j)
	alone := aloneJob(j)
	decision := 0
	if !alone {
		decision = r.decisionOf(j)
	}
	for _, m := range r.model.jobs {
		if m.fan != j.OpenID || !m.due.Equal(j.Due) || m.alone() != alone || !alone && m.decision != decision {
			continue
		}
		if m.String() == text {
			return m
		}
		if !alone {
			return nil
		}
	}
	return nil
}

// decisionOf finds the model's decision that made a job: the one that made the same jobs as the engine's.
func (r *modelRun) decisionOf(j store.Job) int {
	group := jobGroup(j)
	if d, ok := r.decisions[group]; ok {
		return d
	}
	var texts []string
	for _, o := range r.jobs() {
		if !aloneJob(o) && jobGroup(o) == group {
			texts = append(texts, o.Due.UTC().Format(modelTime)+r.jobText(o))
		}
	}
	made := map[int][]string{}
	for _, m := range slices.SortedStableFunc(slices.Values(r.model.jobs), func(a, b *modelJob) int { return a.due.Compare(b.due) }) {
		if !m.alone() && !r.known[m.decision] {
			made[m.decision] = append(made[m.decision], m.due.UTC().Format(modelTime)+m.String())
		}
	}
	for _, d := range slices.Sorted(maps.Keys(made)) {
		if slices.Equal(made[d], texts) {
			r.decisions[group], r.known[d] = d, true
			return d
		}
	}
	return 0
}

// alone are the jobs that are known by what they are, not by the decision that made them.
func (j *modelJob) alone() bool { return j.kind == "timer" || j.kind == "chore" || j.name == "result" }

func aloneJob(j store.Job) bool { return j.Kind == "timer" || j.Kind == "chore" || j.Name == "result" }

// jobGroup is what the ids of one decision's jobs begin with.
func jobGroup(j store.Job) string {
	if i := strings.LastIndex(j.ID, "/"); i > 0 {
		return j.ID[:i]
	}
	return "alone " + j.ID
}

func (r *modelRun) jobText(j store.Job) string {
	m := modelJob{kind: j.Kind, fan: j.OpenID, flow: j.Flow, no: j.No, state: j.State, name: j.Name, depth: j.Depth, parked: j.Parked}
	key := j.ID + "\x00" + string(j.Args)
	said, known := r.said[key]
	if !known {
		said = r.jobSays(j)
		r.said[key] = said
	}
	if j.Kind == "send" {
		m.name = said
	} else {
		m.subject = said
	}
	return m.String()
}

// jobSays is what a job holds beside its columns: the words of a send, the subject of an event, the number of a publication.
func (r *modelRun) jobSays(j store.Job) string {
	var args struct {
		Name string
		No   int
	}
	switch j.Kind {
	case "event":
		_ = json.Unmarshal(j.Args, &args)
		return args.Name
	case "chore":
		_ = json.Unmarshal(j.Args, &args)
		return strconv.Itoa(args.No)
	case "send":
		s, err := r.world.store.Send(r.t.Context(), j.Account, j.ID)
		if err != nil {
			r.failf("send %s: %v", j.ID, err)
		}
		var out wechat.Outgoing
		_ = json.Unmarshal(s.Content, &out)
		return out.Text
	}
	return ""
}

func (r *modelRun) jobs() (out []store.Job) {
	for cursor := ""; ; {
		jobs, next, err := r.world.store.Jobs(r.t.Context(), account, store.JobFilter{}, cursor, 1000)
		if err != nil {
			r.failf("jobs: %v", err)
		}
		out = append(out, jobs...)
		if cursor = next; next == "" {
			return out
		}
	}
}

// adopt takes over when the engine lets overdue timers fire: they are paced, from the publication on, within a second.
func (r *modelRun) adopt() {
	jobs := r.jobs()
	for _, m := range r.model.jobs {
		for i, j := range jobs {
			if m.anew && r.jobText(j) == m.String() && !j.Due.Before(m.due) && j.Due.Before(m.due.Add(time.Second)) {
				m.due, m.anew = j.Due, false
				jobs = slices.Delete(jobs, i, i+1)
				break
			}
		}
	}
}

// compare looks whether engine and model agree on every fan that either has touched since, or on all of everything.
func (r *modelRun) compare(all bool) {
	for _, fan := range modelFans {
		want, rows, from := r.model.fan(fan), r.rows(fan), len(r.lines[fan])
		if len(rows) == 0 && want == r.agreed[fan] && len(want.journal) == from && !all {
			continue
		}
		for i := range rows {
			r.seen[fan] = rows[i].Seq
			if rows[i].Kind != store.WindowOpened && rows[i].Kind != store.Decided {
				r.lines[fan] = append(r.lines[fan], rowLine(&rows[i]))
			}
		}
		if all || len(want.journal) < from {
			from = 0
		}
		if !slices.Equal(r.lines[fan][from:], want.journal[from:]) {
			r.failf("the journal of %s\n%s", fan, difference(r.lines[fan], want.journal))
			return
		}
		f := r.world.fan(fan)
		if got, want := fanText(&f), want.String(); got != want {
			r.failf("fan %s\n   is %s\nmodel %s", fan, got, want)
			return
		}
		r.agreed[fan] = want
	}
	var got, want []string
	for _, j := range r.jobs() {
		got = append(got, fmt.Sprint(j.Due.UTC().Format(modelTime+" "), r.jobText(j)))
	}
	for _, j := range r.model.jobs {
		want = append(want, fmt.Sprint(j.due.UTC().Format(modelTime+" "), j))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.failf("the jobs\n%s", difference(got, want))
	}
}

// difference shows two lists from a little before they part.
func difference(got, want []string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-3)
	return fmt.Sprintf("   is\n\t%s\nmodel\n\t%s", strings.Join(got[from:], "\n\t"), strings.Join(want[from:], "\n\t"))
}

func (r *modelRun) compareCounts() {
	got := map[string]int{}
	for _, name := range modelNames {
		counts, err := r.world.store.Counts(r.t.Context(), account, name, "", "")
		if err != nil {
			r.failf("counts: %v", err)
		}
		for _, c := range counts {
			if c.Goal != "" {
				c.State = "goal " + c.Goal
			}
			for what, n := range map[string]int64{"entered": c.Entered, "completed": c.Completed, "dropped": c.Dropped} {
				if n > 0 {
					got[strings.Join([]string{name, c.Day, c.State, what}, " ")] = int(n)
				}
			}
		}
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(r.model.counts); g != w {
		r.failf("counts\n   are %s\nmodel %s", g, w)
	}
}

func rowLine(row *store.Row) string {
	flow := row.Flow
	if row.No > 0 {
		flow = fmt.Sprintf("%s/%d", row.Flow, row.No)
	}
	what := []string{row.State, row.Name}
	switch row.Kind {
	case store.Heard, store.Replied, store.Ordered:
		what = append(what, row.Text)
	case store.VarSet, store.AttrSet:
		what = append(what, plain(row.Value))
	case store.Versioned:
		what = append(what, strconv.Itoa(row.Version))
	case store.Left:
		if row.Done {
			what = append(what, "done")
		}
	}
	return modelLine(string(row.Kind), flow, strings.Join(what, " "))
}

func plain(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

func plainMap(m map[string]json.RawMessage) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = plain(v)
	}
	return out
}

// fanText and the model's String show the same of a fan.
func fanText(f *store.Fan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "subscribed=%v out=%v tags=%v attrs=%v", f.Subscribed, f.OptOut, strings.Join(f.Tags, ","), plainMap(f.Attrs))
	for i := range f.Live {
		n := &f.Live[i]
		timers := map[string]string{}
		for _, t := range n.Timers {
			timers[t.Name] = t.Due.UTC().Format(modelTime) + " " + t.Over
		}
		caller := modelCaller{}
		if n.Caller != nil {
			caller = modelCaller{n.Caller.Flow, n.Caller.No}
		}
		fmt.Fprintf(&b, "\n      in %s/%d v%d pub%d %s vars=%v goals=%v timers=%v calls=%s caller=%v arms=%v",
			n.Flow, n.No, n.Version, n.Pub, n.State, plainMap(n.Vars), n.Goals, timers, n.Calls, caller, n.Variants)
	}
	past := map[string]string{}
	for flow, p := range f.Past {
		past[flow] = fmt.Sprint(p.Count, " ", p.LeftAt.UTC().Unix())
	}
	var keyed []string
	for _, k := range f.Keyed {
		keyed = append(keyed, k.Flow+":"+k.Key)
	}
	fmt.Fprintf(&b, "\n      past=%v keyed=%v", past, keyed)
	return b.String()
}
