package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// linesOf writes counts as "state entered/completed/dropped", with the durations that there are.
func linesOf(counts []store.FlowCount) string {
	var lines []string
	for _, n := range counts {
		if n.State+n.Goal == "" {
			n.State = "flow"
		}
		line := fmt.Sprintf("%s%s %d/%d/%d", n.State, n.Goal, n.Entered, n.Completed, n.Dropped)
		for _, k := range slices.Sorted(maps.Keys(n.Took)) {
			line += fmt.Sprintf(" took %d", k)
		}
		for range n.Stay {
			line += fmt.Sprintf(" stayed %d", n.StayQuantile(1))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func renumbered(state, steps string) store.Entry {
	return store.Entry{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 2, Pub: 2, State: state, Value: json.RawMessage(steps)}
}

// TestApplyFunnel: each state of an enrollment is entered once, and each step completed or dropped once, over all versions.
func TestApplyFunnel(t *testing.T) {
	in := func(e ...store.Entry) entries { return append(entries{enrolled(1)}, e...) }
	for name, c := range map[string]struct {
		changes []entries
		want    string // of the last change
	}{
		"first step":    {[]entries{in(entered("greet", 1, 1))}, "flow 1/0/0, greet 1/0/0"},
		"no step":       {[]entries{in(entered("greet", 0, 1))}, "flow 1/0/0, greet 1/0/0"},
		"next step":     {[]entries{in(entered("greet", 1, 1)), {entered("coupon", 2, 2)}}, "greet 0/1/0 took 60 stayed 61, coupon 1/0/0"},
		"two at once":   {[]entries{in(entered("greet", 1, 1), entered("coupon", 2, 2))}, "flow 1/0/0, greet 1/1/0 took 0 stayed 0, coupon 1/0/0"},
		"by way of one": {[]entries{in(entered("greet", 1, 1)), {entered("where", 0, 2)}, {entered("coupon", 2, 3)}}, "where 0/0/0 stayed 61, coupon 1/0/0, greet 0/1/0 took 120"},
		"once more":     {[]entries{in(entered("greet", 1, 1)), {entered("where", 0, 2)}, {entered("greet", 1, 3)}}, "where 0/0/0 stayed 61"},
		"itself again":  {[]entries{in(entered("greet", 1, 1)), {entered("greet", 1, 2)}}, "greet 0/0/0 stayed 61"},
		"a step behind": {[]entries{in(entered("coupon", 2, 1)), {entered("greet", 1, 2)}}, "coupon 0/0/0 stayed 61, greet 1/1/0 took 0"},
		"dropped":       {[]entries{in(entered("greet", 1, 1)), {entered("where", 0, 2)}, {left(false)}}, "where 0/0/0 stayed 61, greet 0/0/1, flow 0/0/1"},
		"done":          {[]entries{in(entered("greet", 1, 1)), {entered("end", 2, 2)}, {left(true)}}, "end 0/1/0 took 60 stayed 61, flow 0/1/0 took 120"},
		"no funnel":     {[]entries{in(entered("greet", 0, 1)), {left(true)}}, "greet 0/0/0 stayed 61, flow 0/1/0 took 60"},
		"erased":        {[]entries{in(entered("greet", 1, 1)), {{Kind: store.Erased}}}, "greet 0/0/1, flow 0/0/1"},
		"goal": {[]entries{in(entered("greet", 1, 1)), {
			{Kind: store.Goal, Flow: "coupon", No: 1, Name: "bought"}, {Kind: store.Goal, Flow: "coupon", No: 1, Name: "bought"},
		}}, "bought 1/0/0 took 60"},
		"goal again": {[]entries{
			in(entered("greet", 1, 1), store.Entry{Kind: store.Goal, Flow: "coupon", No: 1, Name: "bought"}),
			{{Kind: store.Goal, Flow: "coupon", No: 1, Name: "bought"}},
		}, ""},
		"a version that changes nothing": {[]entries{in(entered("greet", 1, 1)), {renumbered("", `{"greet":1}`)}}, ""},
		"a step renamed":                 {[]entries{in(entered("greet", 1, 1)), {renumbered("hello", `{"hello":1,"coupon":2}`)}}, "hello 1/0/0"},
		"the renamed one left":           {[]entries{in(entered("greet", 1, 1)), {renumbered("hello", `{"hello":1,"coupon":2}`)}, {entered("coupon", 2, 2)}}, "hello 0/1/0 took 60 stayed 122, coupon 1/0/0"},
		"moved on by a version":          {[]entries{in(entered("greet", 1, 1)), {renumbered("coupon", `{"greet":1,"coupon":2}`)}}, "coupon 1/0/0, greet 0/1/0 took 60"},
		"moved back by a version":        {[]entries{in(entered("coupon", 2, 1)), {renumbered("greet", `{"greet":1,"coupon":2}`)}}, "greet 1/1/0 took 0"},
		"moved without steps":            {[]entries{in(entered("greet", 1, 1)), {{Kind: store.Versioned, Flow: "coupon", No: 1, State: "coupon", Step: 2}}}, "coupon 1/0/0, greet 0/1/0 took 60"},
		"turned round": {[]entries{
			in(entered("greet", 1, 1)), {entered("coupon", 2, 2)}, {renumbered("", `{"coupon":1,"greet":2}`)}, // greet was completed
		}, "coupon 0/1/0 took 0"},
		"turned round and dropped": {[]entries{
			in(entered("greet", 1, 1)), {entered("coupon", 2, 2)}, {renumbered("", `{"coupon":1,"greet":2}`)}, {left(false)},
		}, "coupon 0/0/0 stayed 122, flow 0/0/1"},
		"a step of the new version only": {[]entries{
			in(entered("greet", 0, 1)), {entered("coupon", 1, 2)}, {renumbered("", `{"greet":1,"coupon":2}`)},
		}, "greet 0/1/0 took 60"},
		"a step no more": {[]entries{
			in(entered("greet", 1, 1)), {renumbered("", `{"coupon":1}`)}, {entered("coupon", 1, 2)},
		}, "greet 0/0/0 stayed 122, coupon 1/0/0"},
		"a step no more, and left": {[]entries{in(entered("greet", 1, 1)), {renumbered("", `{"coupon":1}`)}, {left(false)}}, "greet 0/0/0 stayed 122, flow 0/0/1"},
		"a step again after a rollback": {[]entries{
			in(entered("greet", 1, 1)), {renumbered("", `{"coupon":1}`)}, {renumbered("", `{"greet":1,"coupon":2}`)}, {left(false)},
		}, "greet 0/0/1 stayed 180, flow 0/0/1"},
	} {
		if got := linesOf(last(played(t, c.changes...)).Counts); got != c.want {
			t.Errorf("%s: counted %s; want %s", name, got, c.want)
		}
	}
}

// TestApplyFunnelOfOldEnrollments: enrollments from before steps had a mark were counted up to their furthest step.
func TestApplyFunnelOfOldEnrollments(t *testing.T) {
	old := func() store.Fan {
		return store.Fan{ID: ann, Rev: 5, Fence: 2, Live: []store.Enrollment{{
			Flow: "coupon", No: 1, Version: 1, State: "coupon", StateAt: at, EnteredAt: at, Fence: 2, Day: "2026-11-06",
			Reached: []store.Step{{State: "greet", Pos: 1, At: at}, {State: "coupon", Pos: 2, At: at}},
		}}, Past: map[string]store.Past{"coupon": {Count: 1}}}
	}
	for name, c := range map[string]struct {
		entry store.Entry
		want  string
	}{
		"goes on": {entered("end", 3, 3), "coupon 0/1/0 took 60 stayed 61, end 1/0/0"},
		"left":    {left(false), "coupon 0/0/1 stayed 61"},
		"turned":  {renumbered("", `{"coupon":1,"greet":2}`), "coupon 0/1/0 took 0"},
		"erased":  {store.Entry{Kind: store.Erased}, "coupon 0/0/1"},
	} {
		a, err := store.Apply(old(), store.Change{Fan: ann, Cause: "c", At: at.Add(time.Minute), Entries: entries{c.entry}})
		if err != nil {
			t.Fatal(err)
		}
		if got := linesOf(a.Counts); got != c.want {
			t.Errorf("%s: counted %s; want %s", name, got, c.want)
		}
	}
}

// TestApplyCohorts: what is counted says whose it is, also where a fan leaves and comes again at once.
func TestApplyCohorts(t *testing.T) {
	first := enrolled(1)
	first.Facts = &store.Facts{Scene: "门", Tags: []string{"new", "vip"}, Variants: map[string]string{"price": "a", "tone": "<b>"}}
	second := enrolled(2)
	second.Version, second.Day = 4, "2026-11-07"
	again := entered("greet", 1, 2)
	again.No = 2
	a := last(played(t, entries{first, entered("greet", 1, 1)}, entries{left(true), second, again}))
	var got []string
	for _, n := range a.Counts {
		for _, c := range n.CohortCounts() {
			if !c.Rough {
				t.Errorf("the cell %+v is not rough", c)
			}
			key := c.Tag
			if c.Cohort != "" {
				k, err := store.ParseCohort(c.Cohort)
				if err != nil || k.String() != c.Cohort {
					t.Errorf("%s is read as %+v, %v", c.Cohort, k, err)
				}
				key = fmt.Sprint(k)
			}
			got = append(got, fmt.Sprintf("%s %s %s %d/%d", key, c.Day, c.State, c.Entered, c.Completed))
		}
	}
	same(t, "cells", got, []string{
		"[1,\"text\",\"门\",{\"price\":\"a\",\"tone\":\"\\u003cb\\u003e\"}] 2026-11-06 greet 0/1",
		"new 2026-11-06 greet 0/1", "vip 2026-11-06 greet 0/1",
		"[1,\"text\",\"门\",{\"price\":\"a\",\"tone\":\"\\u003cb\\u003e\"}] 2026-11-06  0/1",
		"new 2026-11-06  0/1", "vip 2026-11-06  0/1",
		"[4,\"text\",\"\",{}] 2026-11-07  1/0",
		"[4,\"text\",\"\",{}] 2026-11-07 greet 1/0",
	})
	if _, err := store.ParseCohort("{}"); err == nil {
		t.Error("{} is read as a cohort")
	}
}

// TestCountAddsInAnyOrder: cells of the funnel are sums, however they were added up.
func TestCountAddsInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for run := range 60 {
		var parts []store.Count
		for range 1 + r.IntN(900) {
			c := store.Count{Entered: r.Int64N(3), Completed: r.Int64N(3), Dropped: r.Int64N(2), Took: map[int]int64{r.IntN(1 << (1 + r.IntN(22))): 1 + r.Int64N(3)}}
			if r.IntN(3) == 0 {
				c.Stay = map[int]int64{r.IntN(300): 1}
			}
			parts = append(parts, c)
		}
		sum := func(c store.Count, parts []store.Count) store.Count {
			for _, p := range parts {
				c.Add(p)
			}
			return c
		}
		start := store.Count{Rough: run%3 == 0}
		want := sum(start, parts)
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		cut := r.IntN(len(parts))
		halves := sum(start, parts[:cut])
		halves.Add(sum(store.Count{}, parts[cut:]))
		same(t, "shuffled", sum(start, parts), want)
		same(t, "in two halves", halves, want)
		rough := store.Count{Rough: true}
		rough.Add(want)
		same(t, "made rough at the end", rough, sum(store.Count{Rough: true}, parts))
	}
}

// TestCountQuantiles: within the width that each grain promises of what the durations themselves say.
func TestCountQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 10, 400, 3000} {
		var all []int
		exact, rough := store.Count{}, store.Count{Rough: true}
		for range n {
			s := r.IntN(1 << (1 + r.IntN(25)))
			all = append(all, s)
			exact.Add(store.Count{Took: map[int]int64{s: 1}})
			rough.Add(store.Count{Took: map[int]int64{s: 1}})
		}
		slices.Sort(all)
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			i := min(max(int(q*float64(n)+0.999999)-1, 0), n-1)
			want := float64(all[i])
			for what, c := range map[string]struct {
				got, within float64
			}{"exact": {float64(exact.Quantile(q)), 0.005}, "rough": {float64(rough.Quantile(q)), 0.035}} {
				if !exact.Coarse && what == "exact" {
					c.within = 0
				}
				if c.got < want*(1-c.within)-0.5 || c.got > want*(1+c.within)+0.5 {
					t.Errorf("%d durations: %s %v quantile is %v; want %v", n, what, q, c.got, want)
				}
			}
		}
	}
	var none store.Count
	if none.MedianSeconds() != 0 || none.Quantile(0.9) != 0 || none.StayQuantile(0.5) != 0 {
		t.Error("nobody took any time")
	}
}
