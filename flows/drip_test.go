package flows_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/flows"
	"fanflow/store"
)

// theDrip and theFlow say the same.
const (
	theDrip = `return drip {
  name = "course", title = "新手课程", triggers = { subscribe = true, text = { "课程" } }, again = "30d",
  exit = { webhook = { "order.paid" } }, hours = "09:00-21:00",
  steps = {
    { send = "欢迎!第一课:认识咖啡豆。", tag = "学员" },
    { after = "2h", message = { text = "还在吗?", expires = "1h" }, when = { without = "老客" } },
    { at = "+1d 10:00", send = { { title = "第二课", url = "https://shop.example/2" } } },
    { at = "+3d 10:00", send = "最后一课", goal = "through" },
  },
}`
	theFlow = `return flow {
  name = "course", title = "新手课程", triggers = { subscribe = true, text = { "课程" } }, again = "30d",
  exit = { webhook = { "order.paid" } }, hours = "09:00-21:00",
  first = "step-0", funnel = { "step-0", "step-2h", "step-1d-10:00", "step-3d-10:00" },
  states = {
    ["step-0"] = { enter = { send = { text = "欢迎!第一课:认识咖啡豆。", purpose = "campaign" }, tag = "学员" },
      after = { ["2h"] = { to = "step-2h", name = "step-2h", since = "entry", late = "next" } } },
    ["step-2h"] = { enter = { case = { { when = { without = "老客" }, message = { text = "还在吗?", expires = "1h", purpose = "campaign" } } } },
      at = { ["+1d 10:00"] = { to = "step-1d-10:00", name = "step-1d-10:00", since = "entry", late = "next" } } },
    ["step-1d-10:00"] = { enter = { send = { news = { { title = "第二课", url = "https://shop.example/2" } }, purpose = "campaign" } },
      at = { ["+3d 10:00"] = { to = "step-3d-10:00", name = "step-3d-10:00", since = "entry", late = "next" } } },
    ["step-3d-10:00"] = { enter = { send = { text = "最后一课", purpose = "campaign" }, goal = "through", to = "done" } },
    done = { final = true },
  },
}`
)

// drawn finds the parts of causes that are drawn by lot.
var drawn = regexp.MustCompile(`(hook|tag)-[0-9A-Za-z]{24,}`)

// TestDripIsAFlow: "A drip is a flow, so it has a funnel": the same fans make the same journals of a drip and of the flow that
// somebody would write by hand.
func TestDripIsAFlow(t *testing.T) {
	play := func(source string) (journals string, f flows.Funnel) {
		w := newWorld(t)
		w.flow(source)
		w.text("old", "课程")
		w.tag("old", "老客", "")
		w.settle()
		w.advance(150 * time.Minute)
		w.text("late", "课程")
		w.advance(day)
		w.hook("late", "order.paid")
		w.advance(4 * day)
		w.text("old", "课程") // too early
		w.advance(40 * day)
		w.text("old", "课程")
		for _, fan := range []string{"old", "late"} {
			for _, r := range w.journal(fan) {
				if r.Kind != store.Decided {
					b, err := json.Marshal(r)
					if err != nil {
						t.Fatal(err)
					}
					journals += drawn.ReplaceAllString(string(b), "$1-~") + "\n"
				}
			}
		}
		f, err := w.engine.Funnel(t.Context(), account, "course", "", "")
		if err != nil {
			t.Fatal(err)
		}
		return journals, f
	}
	drip, funnel := play(theDrip)
	flow, byHand := play(theFlow)
	if diff := cmp.Diff(flow, drip); diff != "" {
		t.Errorf("journals differ (-flow +drip):\n%s", diff)
	}
	if diff := cmp.Diff(byHand, funnel); diff != "" {
		t.Errorf("funnels differ (-flow +drip):\n%s", diff)
	}
	steps := []string{}
	for _, s := range funnel.Steps {
		steps = append(steps, fmt.Sprint(s.State, " ", s.Entered))
	}
	expect(t, "funnel", strings.Join(steps, ", "), "step-0 3, step-2h 2, step-1d-10:00 1, step-3d-10:00 1")
}

// TestDripTimes: the steps count from the entry, those with a time of the day by the account's calendar.
func TestDripTimes(t *testing.T) {
	w := newWorld(t) // 21:30
	w.flow(`return drip { name = "d", triggers = { text = { "go" } }, steps = {
  { after = "3h", send = "A" }, { at = "+1d 10:00", send = "B" }, { after = "2d", send = "C" }, { at = "+1w 9:30", send = "D" } } }`)
	w.text("fan", "go")
	w.advance(10 * day)
	var got []string
	for _, r := range w.rows("fan", store.Fired) {
		got = append(got, r.Name+" "+r.At.In(w.clock().Location()).Format("01-02 15:04"))
	}
	expect(t, "times", strings.Join(got, ", "), "step-3h 11-03 00:30, step-1d-10:00 11-03 10:00, step-2d 11-04 21:30, step-1w-9:30 11-09 09:30")
	expect(t, "ends", w.ends("fan"), "d final")
}

// TestDripLate: after an outage the steps that were missed come one after the other, or not at all, as late says; a drip that skips
// them comes to its end all the same.
func TestDripLate(t *testing.T) {
	for late, want := range map[string]string{
		`late = "run", `: "A B C", `late = "skip", `: "C", `late = "10:00-11:00", `: "A B C", ``: "A B C",
	} {
		w := newWorld(t)
		w.flow(`return drip { name = "d", triggers = { text = { "go" } }, ` + late + `steps = {
  { after = "1d", send = "A" }, { at = "+2d 10:00", send = "B" }, { after = "4d", send = "C" } } }`)
		w.text("fan", "go")
		w.set(w.clock().Add(3 * day)) // the service was stopped
		w.advance(8 * day)
		expect(t, late, strings.Join(w.said(), " "), want)
		expect(t, late+"state", w.state("fan", "d"), "")
	}
	w := newWorld(t)
	w.flow(`return drip { name = "d", triggers = { text = { "go" } }, late = "skip", steps = { { send = "A" }, { at = "+1d 23:59", send = "B" } } }`)
	w.text("fan", "go")
	w.set(w.clock().Add(3 * day))
	w.settle()
	expect(t, "all skipped", w.state("fan", "d")+strings.Join(w.said(), " "), "A")
	expect(t, "missed", len(w.rows("fan", store.Missed)), 1)
}

// TestDripEdited: a drip is published anew as a flow is: fans keep their step, and what comes next counts from their entry.
func TestDripEdited(t *testing.T) {
	w := newWorld(t)
	source := `return drip { name = "d", triggers = { text = { "go" } }, steps = { { send = "A" }, { after = "5d", send = "B" } } }`
	w.flow(source)
	w.text("fan", "go")
	w.advance(day)
	w.flow(strings.ReplaceAll(source, "5d", "2d"))
	w.advance(day + time.Minute)
	expect(t, "said", w.lastSaid(), "B")
	p, err := w.engine.Preview(t.Context(), account, "d", 1, nil)
	if err != nil || p.Flow != "d" {
		t.Errorf("preview: %+v, %v", p, err)
	}
	f, err := w.engine.Flow(t.Context(), account, "d", 2)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "graph", fmt.Sprint(f.States[0].Name, f.States[0].Edges, f.States[1].Edges), "step-0[{after step-2d step-2d}] [{enter done} {after done done}]")
	if d, err := w.engine.Diff(t.Context(), account, "d", 1, 2); err != nil || len(d.Changes) == 0 {
		t.Errorf("diff: %+v, %v", d, err)
	}
}

// TestDripStepsComeAndGo: who has got a step gets it no second time, and misses none behind it, when a new version has one more in
// front of it or one less.
func TestDripStepsComeAndGo(t *testing.T) {
	const a, b, c = `{ send = "A" }, `, `{ after = "2d", send = "B" }, `, `{ after = "5d", send = "C" }, `
	for name, x := range map[string]struct{ steps, said string }{
		"one in front":       {a + `{ after = "1d", send = "X" }, ` + b + c, "A B C"},
		"one behind":         {a + b + `{ after = "4d", send = "X" }, ` + c, "A B X C"},
		"one less in front":  {b + c, "A B C"},
		"not where they are": {a + c, "A B C"},
		"the next one later": {a + b + `{ after = "6d", send = "C" }`, "A B C"},
		"the next one less":  {a + b, "A B"},
		"other words":        {a + `{ after = "2d", send = "Y" }, ` + c, "A B C"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			drip := func(steps string) {
				w.flow(`return drip { name = "d", triggers = { text = { "go" } }, steps = { ` + steps + ` } }`)
			}
			drip(a + b + c)
			w.text("fan", "go")
			w.advance(3 * day)
			drip(x.steps)
			w.advance(10 * day)
			expect(t, "said", strings.Join(w.said(), " "), x.said)
			expect(t, "state", w.state("fan", "d"), "")
		})
	}
}

// TestSinceEntry: a timer may count from the entry into the flow.
func TestSinceEntry(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "f", triggers = { text = { "go" } }, first = "a", states = {
  a = { after = { ["1d"] = "b" } },
  b = { after = { ["2d"] = { since = "entry", message = "after" }, ["1d"] = { since = "entry", message = "at once", name = "past" } }, at = { ["+3d 10:00"] = { since = "entry", to = "c" } } },
  c = { final = true } } }`)
	w.text("fan", "go")
	w.advance(5 * day)
	var got []string
	for _, r := range w.rows("fan", store.Fired) {
		got = append(got, r.Name+" "+r.At.In(w.clock().Location()).Format("01-02 15:04"))
	}
	expect(t, "fired", strings.Join(got, ", "), "1d 11-03 21:30, past 11-03 21:30, 2d 11-04 21:30, at +3d 10:00 11-05 10:00")
}

var updateDrips = flag.Bool("update-drips", false, "write the golden findings of drips anew")

// TestDripFindings: what is wrong with a drip is told at the line of its step, in its own words.
func TestDripFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/drip/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, file := range files {
		w := newWorld(t)
		_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, filepath.Base(file), read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, f := range findings {
			fmt.Fprintln(&b, f.String())
		}
		golden := strings.TrimSuffix(file, ".lua") + ".txt"
		if *updateDrips {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(read(t, golden), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
