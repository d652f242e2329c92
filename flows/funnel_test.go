package flows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// divided reads a funnel and writes its groups as "value entered: state entered/completed/dropped …; goal n".
func (w *world) divided(flow, from, to, by string) (flows.Funnel, string) {
	w.t.Helper()
	f, err := w.engine.FunnelBy(w.t.Context(), account, flow, from, to, by)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, g := range f.Groups {
		line := fmt.Sprintf("%s %d:", g.Value, g.Entered)
		for _, s := range g.Steps {
			line += fmt.Sprintf(" %s %d/%d/%d", s.State, s.Entered, s.Completed, s.Dropped)
		}
		for _, r := range g.Goals {
			line += fmt.Sprintf("; %s %d", r.Name, r.Entered)
		}
		lines = append(lines, line)
	}
	return f, strings.Join(lines, "\n")
}

const sale = `return flow { name = "sale", triggers = { text = "in", scan = { "door-*", "shop" } }, again = "0s", first = "offer",
	funnel = { "offer", "bought" }, %s
	states = {
		offer = { on = { text = { buy = "bought", ask = "asked", no = "gone" } }, after = { ["2h"] = "gone" } },
		asked = { on = { text = { buy = "bought", no = "gone" } } },
		bought = { final = true, goal = "sold" }, gone = { final = true } } }`

// sales plays three days of it under two versions: who buys, asks and goes, by trigger, scene, tag and variant.
func sales(t *testing.T) *world {
	w := newWorld(t)
	w.flow(fmt.Sprintf(sale, `variants = { price = { low = 1, high = 0 } },`))
	w.text("ann", "in")
	w.advance(10 * time.Minute)
	w.text("ann", "buy")
	w.text("ben", "in")
	w.advance(3 * time.Hour) // ben goes by the timer
	w.scan("cat", "door-7")
	w.advance(day)
	w.text("cat", "ask") // too late: she has gone
	w.flow(fmt.Sprintf(sale, `variants = { price = { low = 0, high = 1 } },`))
	if err := w.engine.Tag(t.Context(), store.FanID{Account: account, OpenID: "ann"}, []string{"vip", "old"}, nil, "test"); err != nil {
		t.Fatal(err)
	}
	w.text("ann", "in")
	w.text("ann", "ask")
	w.advance(time.Hour)
	w.scan("dan", "shop")
	w.text("dan", "no")
	return w
}

// TestFunnelBy: the same enrollments, divided by what was known when they began.
// "Funnel": unique fans by date of entry; a breakdown by tag means the tag at entry.
func TestFunnelBy(t *testing.T) {
	w := sales(t)
	for by, want := range map[string]string{
		"version":       "1 3: offer 3/1/2 bought 1/1/0; sold 1\n2 2: offer 2/0/1 bought 0/0/0",
		"variant:price": "low 3: offer 3/1/2 bought 1/1/0; sold 1\nhigh 2: offer 2/0/1 bought 0/0/0",
		"trigger":       "text in 3: offer 3/1/1 bought 1/1/0; sold 1\nscan door-* 1: offer 1/0/1 bought 0/0/0\nscan shop 1: offer 1/0/1 bought 0/0/0",
		"scene":         " 3: offer 3/1/1 bought 1/1/0; sold 1\ndoor-7 1: offer 1/0/1 bought 0/0/0\nshop 1: offer 1/0/1 bought 0/0/0",
		"tag":           "old 1: offer 1/0/0 bought 0/0/0\nvip 1: offer 1/0/0 bought 0/0/0",
		"day":           "2026-11-02 2: offer 2/1/1 bought 1/1/0; sold 1\n2026-11-03 1: offer 1/0/1 bought 0/0/0\n2026-11-04 2: offer 2/0/1 bought 0/0/0",
		"variant:none":  " 5: offer 5/1/3 bought 1/1/0; sold 1",
		"":              "",
	} {
		if _, got := w.divided("sale", "", "", by); got != want {
			t.Errorf("by %q:\n%s\nwant:\n%s", by, got, want)
		}
	}
	if _, got := w.divided("sale", "2026-11-03", "2026-11-03", "trigger"); got != "scan door-* 1: offer 1/0/1 bought 0/0/0" {
		t.Errorf("of one day:\n%s", got)
	}
	for _, by := range []string{"weather", "variant:", "Version"} {
		_, err := w.engine.FunnelBy(t.Context(), account, "sale", "", "", by)
		if !errors.As(err, new(*flows.ByError)) {
			t.Errorf("by %q: %v", by, err)
		}
	}
}

// TestFunnelCountsStatesAndGoals: every state, the time in it, and goals with the time since entry; and the flow as a whole.
func TestFunnelCountsStatesAndGoals(t *testing.T) {
	w := sales(t)
	f, _ := w.divided("sale", "", "", "")
	near := func(what string, got int64, want time.Duration) {
		t.Helper()
		if d := float64(got) - want.Seconds(); d > 0.035*want.Seconds() || -d > 0.035*want.Seconds() {
			t.Errorf("%s: %d s; want about %v", what, got, want)
		}
	}
	var states []string
	for _, s := range f.States {
		states = append(states, fmt.Sprint(s.Name, " ", s.Entered))
	}
	expect(t, "states", strings.Join(states, ", "), "offer 5, asked 1, bought 1, gone 3")
	near("median time in offer", f.States[0].MedianSeconds, 10*time.Minute)
	near("90 percent in offer", f.States[0].P90Seconds, 2*time.Hour)
	expect(t, "nobody has left asked", f.States[1].MedianSeconds, 0)
	expect(t, "goals", fmt.Sprint(f.Goals), "[{sold 1 600 600}]")
	expect(t, "step", fmt.Sprint(f.Steps[0]), "{offer 5 1 3 600 600}")
	expect(t, "flow", fmt.Sprint(f.Entered, f.Completed, f.Dropped), "5 1 3")
}

// TestFunnelShowsTheLargestGroups: codes made for each fan give a scene each, and a page shows so many.
func TestFunnelShowsTheLargestGroups(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(sale, ""))
	for i := range flows.MaxGroups + 5 {
		w.scan(fmt.Sprint("fan", i), fmt.Sprintf("door-%03d", i))
	}
	w.scan("one more", "door-104")
	f, _ := w.divided("sale", "", "", "scene")
	expect(t, "groups", fmt.Sprintln(len(f.Groups), f.More, f.Groups[0].Value, f.Groups[0].Entered, f.Entered), "100 5 door-104 2 106\n")
}
