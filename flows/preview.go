package flows

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"fanflow/store"
)

// Preview says what a publication would make of the fans who are in a flow. Nothing is changed by making it.
type Preview struct {
	Flow    string        `json:"flow"`
	Version int           `json:"version"` // that would be published
	Choice  *store.Choice `json:"choice,omitempty"`
	Fans    int64         `json:"fans"` // who are in the flow
	Moves   []MoveCount   `json:"moves"`
	Timers  []TimerCount  `json:"timers"`
	Stuck   []StuckCount  `json:"stuck"`
}

// Place is a state of a version.
type Place struct {
	Version int    `json:"version"`
	State   string `json:"state"`
}

// MoveCount counts the fans of whom a publication makes the same.
type MoveCount struct {
	From Place `json:"from"`
	To   Place `json:"to"`
	// Kind is stays, moves, maps, restarts, ends or broken: the version cannot be used, so they stay.
	Kind   string   `json:"kind"`
	Fans   int64    `json:"fans"`
	Sample []string `json:"sample"` // at most ten of their OpenIDs
}

// TimerCount counts timers that a publication treats alike.
type TimerCount struct {
	State string `json:"state"` // after it
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// What is kept, moved, new, dropped, over (it has fired and does not again) or parked (it is set anew); ", overdue" says that
	// it is late already and its late policy decides.
	What string `json:"what"`
	Late string `json:"late,omitempty"` // the policy of what is overdue: run, skip or next
	Fans int64  `json:"fans"`
}

// StuckCount counts fans whom nothing can lead on after the publication.
type StuckCount struct {
	Place
	Why    string   `json:"why"`
	Fans   int64    `json:"fans"`
	Sample []string `json:"sample"`
}

// sampleSize is how many fans a Preview names of each kind.
const sampleSize = 10

// previewPage is how many fans Preview reads at a time.
const previewPage = 1000

// foreseen is a step of an enrollment through its publications, and what it is after it.
type foreseen struct {
	migration
	flow  *compiled // its version after it; nil for one that cannot be used
	after store.Enrollment
}

// foresee goes through the publications of a lineage without running anything.
func foresee(f *store.Fan, n *store.Enrollment, line *lineage, now time.Time, loc *time.Location) (steps []foreseen) {
	at, flow := *n, line.From
	for i := range line.Pubs {
		p := &line.Pubs[i]
		m := migrate(f, &at, flow, p, now, loc)
		at = m.apply(&at, p)
		if m.Version == p.Version && p.Flow != nil && m.Kind != fanStays || m.Kind == fanStays && m.Version == p.Version {
			flow = p.Flow
		}
		steps = append(steps, foreseen{m, flow, at})
		if m.Kind == fanEnds {
			break
		}
	}
	return steps
}

// Preview is the dry run of a publication: who stays, who moves where, whose timers change, who would be stuck. It reads all fans
// of the flow and changes nothing; version 0 is the newest, a nil choice moves. A million fans take less than a minute on one
// data file. Errors are those of PublishAs.
func (e *Engine) Preview(ctx context.Context, account, flow string, version int, choice *store.Choice) (*Preview, error) {
	acc, err := e.account(account)
	if err != nil {
		return nil, err
	}
	script, err := LoadScript(ctx, e.store, store.ScriptID{Account: account, Kind: store.KindFlow, Name: flow}, version)
	if err != nil {
		return nil, err
	}
	pins, err := e.pin(ctx, script)
	if err != nil {
		return nil, err
	}
	if choice, err = e.checkChoice(ctx, script, pins, choice); err != nil {
		return nil, err
	}
	next, err := e.library.draft(ctx, script.ScriptID, script.Version, pins)
	if err != nil {
		return nil, err
	}
	ed, err := e.current(ctx, account)
	if err != nil {
		return nil, err
	}
	d := &dryRun{Engine: e, acc: acc, ed: ed, now: store.Stamp(e.now()), tally: newTally()}
	d.next = pubStep{PastPub: store.PastPub{No: 1, Version: script.Version, Choice: choice, Pins: pins}, Flow: next}
	if p := ed.ByName[flow]; p != nil {
		d.next.No = p.No + 1
	}
	if err := d.all(ctx, flow); err != nil {
		return nil, fmt.Errorf("look at the fans of flow %s: %w", flow, err)
	}
	return d.tally.preview(flow, script.Version, choice), nil
}

// PreviewRollback is the dry run of Rollback: for version 0 that of the version which was current before this one. Errors are
// those of Rollback.
func (e *Engine) PreviewRollback(ctx context.Context, account, flow string, version int, choice *store.Choice) (*Preview, error) {
	version, err := e.backTo(ctx, store.ScriptID{Account: account, Kind: store.KindFlow, Name: flow}, version)
	if err != nil {
		return nil, err
	}
	return e.Preview(ctx, account, flow, version, choice)
}

// dryRun looks at all fans of a flow.
type dryRun struct {
	*Engine
	acc  *Account
	ed   *edition
	next pubStep
	now  time.Time

	mu    sync.Mutex
	tally *tally
}

// all reads page by page while others look at the pages that were read.
func (d *dryRun) all(ctx context.Context, flow string) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pages := make(chan []store.Fan)
	var workers sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)-1) {
		workers.Go(func() {
			for fans := range pages {
				if err := d.page(ctx, flow, fans); err != nil {
					stop(err)
				}
			}
		})
	}
	for cursor := ""; ctx.Err() == nil; {
		fans, next, err := d.store.List(ctx, d.acc.Name, store.FanFilter{Flow: flow}, cursor, previewPage)
		if err != nil {
			stop(err)
			break
		}
		select {
		case pages <- fans:
		case <-ctx.Done():
		}
		if cursor = next; next == "" {
			break
		}
	}
	close(pages)
	workers.Wait()
	return context.Cause(ctx)
}

// page looks at a page of fans and adds what it finds.
func (d *dryRun) page(ctx context.Context, flow string, fans []store.Fan) error {
	t := newTally()
	for i := range fans {
		n := fans[i].Enrolled(flow)
		if n == nil {
			continue
		}
		line, err := d.library.lineage(ctx, d.ed, d.acc.Name, n)
		if err != nil {
			return err
		}
		ahead := lineage{From: line.From, Pubs: append(slices.Clip(line.Pubs), d.next)}
		steps := foresee(&fans[i], n, &ahead, d.now, d.acc.Location)
		if d.next.Flow.Window.ends(d.now, d.acc.Location) { // whatever version they are in
			steps[len(steps)-1].Kind = fanEnds
		}
		t.add(&fans[i], n, steps)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.merge(t)
	return nil
}

// tally counts what is alike.
type tally struct {
	fans   int64
	moves  map[moveKey]*MoveCount
	timers map[TimerCount]int64
	stuck  map[stuckKey]*StuckCount
}

// moveKey and stuckKey tell what is counted together.
type (
	moveKey struct {
		From, To Place
		Kind     string
	}
	stuckKey struct {
		Place
		Why string
	}
)

func newTally() *tally {
	return &tally{moves: map[moveKey]*MoveCount{}, timers: map[TimerCount]int64{}, stuck: map[stuckKey]*StuckCount{}}
}

// add counts one fan. What several publications make of a fan who is behind is counted as one move, from where they are to
// where they will be.
func (t *tally) add(f *store.Fan, n *store.Enrollment, steps []foreseen) {
	t.fans++
	last := &steps[len(steps)-1]
	key := moveKey{Place{n.Version, n.State}, Place{last.Version, last.State}, last.Kind}
	m := t.moves[key]
	if m == nil {
		m = &MoveCount{From: key.From, To: key.To, Kind: key.Kind, Sample: []string{}}
		t.moves[key] = m
	}
	m.Fans++
	m.Sample = sample(m.Sample, f.ID.OpenID)
	for _, s := range steps {
		t.countTimers(&s)
	}
	if last.Kind == fanEnds || last.Kind == fanRestarts {
		return
	}
	if why := stuck(&last.after, last.flow); why != "" {
		at := stuckKey{key.To, why}
		s := t.stuck[at]
		if s == nil {
			s = &StuckCount{Place: at.Place, Why: why, Sample: []string{}}
			t.stuck[at] = s
		}
		s.Fans++
		s.Sample = sample(s.Sample, f.ID.OpenID)
	}
}

func (t *tally) countTimers(s *foreseen) {
	for _, p := range s.Pairs {
		c := TimerCount{State: s.State, From: p.From, To: p.To, What: p.What}
		if s.flow != nil && s.flow.States[s.State] != nil && strings.HasSuffix(p.What, "overdue") {
			c.Late = s.flow.States[s.State].timer(p.To).lateWord()
		}
		t.timers[c]++
	}
}

func sample(list []string, openID string) []string {
	if len(list) < sampleSize {
		list = append(list, openID)
	}
	return list
}

func (t *tally) merge(o *tally) {
	t.fans += o.fans
	for k, m := range o.moves {
		if t.moves[k] == nil {
			t.moves[k] = m
			continue
		}
		t.moves[k].Fans += m.Fans
		t.moves[k].Sample = merged(t.moves[k].Sample, m.Sample)
	}
	for k, n := range o.timers {
		t.timers[k] += n
	}
	for k, s := range o.stuck {
		if t.stuck[k] == nil {
			t.stuck[k] = s
			continue
		}
		t.stuck[k].Fans += s.Fans
		t.stuck[k].Sample = merged(t.stuck[k].Sample, s.Sample)
	}
}

// merged keeps the first OpenIDs in order, whichever page was looked at first.
func merged(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return all[:min(len(all), sampleSize)]
}

// preview puts the counts in order: the most fans first.
func (t *tally) preview(flow string, version int, choice *store.Choice) *Preview {
	p := &Preview{
		Flow: flow, Version: version, Choice: choice, Fans: t.fans, Moves: []MoveCount{}, Timers: []TimerCount{}, Stuck: []StuckCount{},
	}
	for _, m := range t.moves {
		p.Moves = append(p.Moves, *m)
	}
	for c, n := range t.timers {
		c.Fans = n
		p.Timers = append(p.Timers, c)
	}
	for _, s := range t.stuck {
		p.Stuck = append(p.Stuck, *s)
	}
	slices.SortFunc(p.Moves, func(a, b MoveCount) int {
		return cmp.Or(cmp.Compare(b.Fans, a.Fans), a.From.compare(b.From), a.To.compare(b.To), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(p.Timers, func(a, b TimerCount) int {
		return cmp.Or(cmp.Compare(b.Fans, a.Fans), cmp.Compare(a.State, b.State), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.What, b.What))
	})
	slices.SortFunc(p.Stuck, func(a, b StuckCount) int {
		return cmp.Or(cmp.Compare(b.Fans, a.Fans), a.compare(b.Place), cmp.Compare(a.Why, b.Why))
	})
	return p
}

func (p Place) compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Version, o.Version), cmp.Compare(p.State, o.State))
}
