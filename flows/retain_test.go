package flows_test

import (
	"slices"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// TestRetain: every night the rows that are older than the account keeps them are let go; what they came to is kept, and a replay
// starts from there ("Trimming a journal leaves a snapshot from which replay starts", under Personal data).
func TestRetain(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "f", triggers = { text = { "x" } }, again = "1d", first = "s", states = {
		s = { enter = { tag = "in" }, on = { text = { ["*"] = { set = { n = "${event.text}" } } } }, after = { ["40d"] = "e" } }, e = { final = true } } }`)
	keep := func(d time.Duration) {
		w.engine = newEngineOn(t, w.store, w.clock, func(a *flows.Account) { a.Journal = d })
		for range 2 {
			if err := w.engine.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	keep(30 * 24 * time.Hour)
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "chore"}, "", 0)
	if err != nil || len(jobs) != 1 || !jobs[0].Due.Equal(time.Date(2026, 11, 2, 19, 30, 0, 0, time.UTC)) {
		t.Fatalf("chores %+v, %v; want one at half past three", jobs, err)
	}
	w.text("fan", "x") // day 0
	w.text("quiet", "x")
	w.advance(10 * 24 * time.Hour)
	w.text("fan", "1") // day 10
	all := w.journal("fan")
	day10 := all[len(w.journal("quiet"))].Seq
	w.advance(19 * 24 * time.Hour)
	expect(t, "rows on day 29", len(w.journal("fan")), len(all))
	w.advance(2 * 24 * time.Hour) // day 31
	expect(t, "first row on day 31", w.journal("fan")[0].Seq, day10)
	expect(t, "rows of who was quiet", len(w.journal("quiet")), 0)
	for _, id := range []string{"fan", "quiet"} {
		r := w.replay(id, 0)
		expect(t, "equal "+id+r.Why, r.Equal && r.Hash != "", true)
		expect(t, "tag", slices.Contains(must(w.store.Base(t.Context(), store.FanID{Account: account, OpenID: id})).Tags, "in"), true)
	}
	w.advance(9*24*time.Hour + time.Hour) // the timer of the first day still fires
	expect(t, "state", w.state("quiet", "f"), "")
	expect(t, "fired", len(w.rows("quiet", store.Fired)), 1)
	expect(t, "equal", w.replay("quiet", 0).Equal, true)

	keep(0) // and for ever from now on
	seq := w.journal("fan")[0].Seq
	w.advance(100 * 24 * time.Hour)
	expect(t, "first row", w.journal("fan")[0].Seq, seq)
	jobs, _, err = w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "chore"}, "", 0)
	if err != nil || len(jobs) != 0 {
		t.Errorf("chores %+v, %v; want none", jobs, err)
	}
}
