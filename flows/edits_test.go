package flows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// edit is an edit of a flow while a fan is somewhere in it. The fan comes in by the word in, and every version has the fan's
// words ? (a reply in place) and go (to z, which is final) where its states say so.
type edit struct {
	edit, position string
	choice         *store.Choice
	old, new       string // states, or the whole of what follows name, triggers and again
	mid            string // a version that is published just before the new one
	// child and childNew are states of a second flow, child, that the first may call. With childNew it is child that is published.
	child, childNew string
	before          func(w *world) // what happens once the fan is in
	wait            time.Duration  // then, until the publication
	after           func(w *world) // just after it
	later           time.Duration  // how long is looked on; 0: ten days
}

// flowText makes a version of flow name of states, or of a whole body.
func flowText(name, body string) string {
	if !strings.Contains(body, "states") {
		body = `first = "a", states = { ` + body + ` }`
	}
	trigger := "in"
	if name != "f" {
		trigger = "in " + name
	}
	return `return flow { name = "` + name + `", triggers = { text = { "` + trigger + `" } }, again = "0s", ` + body + ` }`
}

// ways are the orders in which a fan may meet a publication.
var ways = []struct {
	name  string
	first func(w *world)
}{
	{"next event first", func(w *world) { w.text("fan", "hm") }},
	{"job first", func(w *world) { w.settle() }},
	{"old timer first", func(w *world) { w.wakeTimers("f") }},
}

// wakeTimers brings the timers that wait in the queue, due or not, before anything else.
func (w *world) wakeTimers(flow string) {
	w.t.Helper()
	jobs, _, err := w.store.Jobs(w.t.Context(), account, store.JobFilter{Kind: "timer", Flow: flow}, "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		if !j.Parked {
			w.do(w.t.Context(), j)
		}
	}
}

// ended is what has become of the fan.
type ended struct {
	where  string // version and state once the publication has been met
	timers string // what became of the timers then
	final  string // what all led to
	saw    string // what the dry run foresaw
	notice []string
}

// TestEdits: "A new version". Every edit at every position comes to the same whichever meets the fan first, the next event, the
// job or an old timer; and the dry run has said so. The table in testdata is the documentation of it.
func TestEdits(t *testing.T) {
	var table strings.Builder
	table.WriteString("| edit | where the fan is | choice | what becomes of the fan | their timers | then | the dry run said |\n|---|---|---|---|---|---|---|\n")
	for _, c := range edits() {
		name := c.edit + ", " + c.position
		if c.choice != nil {
			name += ", " + c.choice.Mode
		}
		t.Run(name, func(t *testing.T) {
			var first ended
			for i, way := range ways {
				got := c.run(t, way.first)
				if i == 0 {
					first = got
				}
				if got.where != first.where || got.timers != first.timers || got.final != first.final {
					t.Errorf("%s:\n%s / %s / %s\n%s:\n%s / %s / %s", ways[0].name, first.where, first.timers, first.final, way.name, got.where, got.timers, got.final)
				}
				for _, n := range got.notice {
					t.Errorf("%s: %s", way.name, n)
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %s | %s | %s | %s | %s |\n",
				c.edit, c.position, choiceText(c.choice), first.where, first.timers, first.final, first.saw)
		})
	}
	path := filepath.Join("testdata", "edits.md")
	if *update {
		if err := os.WriteFile(path, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); table.String() != want {
		t.Errorf("the table differs from %s; run with -update and look at the difference:\n%s", path, table.String())
	}
	if n := strings.Count(table.String(), "\n") - 2; n < 36 {
		t.Errorf("%d cases: at least 36 are wanted", n)
	}
}

func choiceText(c *store.Choice) string {
	if c == nil {
		return "move"
	}
	var pairs []string
	for from, to := range c.Map {
		pairs = append(pairs, from+"="+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(to))
	}
	slices.Sort(pairs)
	return strings.TrimSpace(c.Mode + " " + strings.Join(pairs, ","))
}

// run plays the case with one of the ways first.
func (c *edit) run(t *testing.T, first func(w *world)) (got ended) {
	t.Helper()
	w := newWorld(t)
	start := w.clock()
	if c.child != "" {
		w.publish(store.KindFlow, "child.lua", flowText("child", c.child))
	}
	w.publish(store.KindFlow, "f.lua", flowText("f", c.old))
	w.text("fan", "in")
	if c.before != nil {
		c.before(w)
	}
	w.advance(c.wait)
	w.settle()
	flow, next := "f", c.new
	if c.childNew != "" {
		flow, next = "child", c.childNew
	}
	if c.mid != "" {
		w.publishWith(flow, c.mid, nil)
	}
	before := w.fan("fan").Seq
	saw := w.foresee(flow, next, c.choice)
	w.publishWith(flow, next, c.choice)
	if c.after != nil {
		c.after(w)
	}
	first(w)
	w.settle()
	w.advance(2 * time.Minute)
	met := w.met(flow, before)
	got.where, got.timers = place(met), timersText(met, start)
	got.saw, got.notice = foreseen(saw, met)
	if c.later == 0 {
		c.later = 10 * day
	}
	w.advance(c.later)
	got.final = w.story(flow, start)
	return got
}

// version pushes a version of a flow, or finds it.
func (w *world) version(flow, body string) store.Script {
	w.t.Helper()
	source := flowText(flow, body)
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: flow}
	for v := 1; ; v++ {
		s, err := w.store.Script(w.t.Context(), id, v)
		if err != nil {
			break
		}
		if s.Source == source {
			return s
		}
	}
	s, err := w.engine.Push(w.t.Context(), account, store.KindFlow, flow+".lua", source, "test")
	if err != nil {
		w.t.Fatalf("push: %v", err)
	}
	return s
}

// publishWith publishes a version with a choice.
func (w *world) publishWith(flow, body string, choice *store.Choice) {
	w.t.Helper()
	s := w.version(flow, body)
	if _, err := w.engine.PublishAs(w.t.Context(), s.ScriptID, s.Version, "test", choice); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

func (w *world) foresee(flow, body string, choice *store.Choice) *flows.Preview {
	w.t.Helper()
	p, err := w.engine.Preview(w.t.Context(), account, flow, w.version(flow, body).Version, choice)
	if err != nil {
		w.t.Fatalf("preview: %v", err)
	}
	return p
}

// met gives the rows of the decisions that brought the fan through the publications, from the first that did: what was noted of
// the version, and of its timers, before anything else happened.
func (w *world) met(flow string, after uint64) (rows []store.Row) {
	w.t.Helper()
	began := false
	var rev uint64
	for _, r := range w.journal("fan") {
		if r.Seq <= after || r.Flow != flow {
			continue
		}
		switch r.Kind {
		case store.Versioned:
			if began && r.Rev != rev {
				return rows
			}
			began, rev = true, r.Rev
			rows = append(rows, r)
		case store.Armed, store.Disarmed, store.Entered, store.Left:
			if began && r.Rev == rev && r.Why != "the flow goes on" {
				rows = append(rows, r)
			}
		case store.Fired, store.Missed:
			if began && !strings.HasPrefix(r.Why, "it was over as") {
				return rows
			}
			if began {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

// place says where the rows have brought the fan.
func place(rows []store.Row) string {
	text := "nothing yet"
	for _, r := range rows {
		switch r.Kind {
		case store.Versioned:
			text = fmt.Sprintf("version %d, %s", r.Version, r.State)
		case store.Entered:
			text = fmt.Sprintf("%s, then %s", text, r.State)
		case store.Left:
			text = "leaves: " + r.Why
		}
	}
	return text
}

// since writes a time as what has passed since the fan came in.
func since(t, start time.Time) string {
	d := t.Sub(start).Round(time.Minute)
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}

func timersText(rows []store.Row, start time.Time) string {
	var list []string
	for _, r := range rows {
		switch r.Kind {
		case store.Armed:
			list = append(list, fmt.Sprintf("%s set for %s", r.Name, since(r.Due, start)))
		case store.Disarmed:
			list = append(list, r.Name+" taken back")
		case store.Missed:
			list[len(list)-1] = fmt.Sprintf("%s is over", r.Name)
		}
	}
	if len(list) == 0 {
		return "as they were"
	}
	return strings.Join(list, ", ")
}

// foreseen writes the dry run of one fan and tells where what happened differs.
func foreseen(p *flows.Preview, rows []store.Row) (text string, notice []string) {
	if len(p.Moves) == 0 {
		if len(rows) > 0 {
			notice = append(notice, fmt.Sprintf("the dry run saw nobody, and %+v", rows))
		}
		return "nobody is in it", notice
	}
	m := p.Moves[0]
	words := []string{m.Kind}
	want := fmt.Sprintf("version %d, %s", m.To.Version, m.To.State)
	got := place(rows)
	switch {
	case len(rows) == 0:
	case m.Kind == "ends" && !strings.HasPrefix(got, "leaves"):
		notice = append(notice, "it should end: "+got)
	case m.Kind == "restarts" && !strings.HasSuffix(got, ", then "+m.To.State):
		notice = append(notice, "it should restart: "+got)
	case m.Kind != "ends" && m.Kind != "restarts" && got != want:
		notice = append(notice, fmt.Sprintf("it should be in %s: %s", want, got))
	}
	for _, c := range p.Timers {
		name := c.From
		if c.To != c.From {
			name = strings.Trim(c.From+" → "+c.To, " →")
		}
		word := name + " " + c.What
		if c.Late != "" {
			word += " (" + c.Late + ")"
		}
		words = append(words, word)
		armed := slices.ContainsFunc(rows, func(r store.Row) bool { return r.Kind == store.Armed && r.Name == c.To })
		set := strings.HasPrefix(c.What, "moved") || strings.HasPrefix(c.What, "new") || strings.HasPrefix(c.What, "parked")
		if len(rows) > 0 && c.To != "" && c.To != c.From && !armed || len(rows) > 0 && c.To == c.From && armed != set {
			notice = append(notice, fmt.Sprintf("timer %s: armed is %t", word, armed))
		}
		dropped := slices.ContainsFunc(rows, func(r store.Row) bool { return r.Kind == store.Disarmed && r.Name == c.From })
		if len(rows) > 0 && c.From != "" && dropped != (c.From != c.To) {
			notice = append(notice, fmt.Sprintf("timer %s: taken back is %t", word, dropped))
		}
	}
	for _, s := range p.Stuck {
		words = append(words, "stuck: "+s.Why)
	}
	return strings.Join(words, "; "), notice
}

// story says what has become of the fan in the end.
func (w *world) story(flow string, start time.Time) string {
	f := w.fan("fan")
	var words []string
	if n := f.Enrolled(flow); n != nil {
		words = append(words, fmt.Sprintf("in %s of %d", n.State, n.Version))
		for _, t := range n.Timers {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s", t.Name, since(t.Due, start), t.Over)))
		}
	} else {
		left := w.rows("fan", store.Left)
		words = append(words, "left: "+left[len(left)-1].State)
	}
	if len(f.Tags) > 0 {
		words = append(words, "tags "+strings.Join(f.Tags, " "))
	}
	if said := w.said(); len(said) > 0 {
		words = append(words, "heard "+strings.Join(said, ", "))
	}
	return strings.Join(words, ", ")
}
