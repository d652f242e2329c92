package flows_test

import (
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
)

// newQuietWorld is a world whose account has quiet hours.
func newQuietWorld(t *testing.T, quiet string) *world {
	t.Helper()
	h, err := flows.ParseHours(quiet)
	if err != nil {
		t.Fatal(err)
	}
	s := mem.New()
	w := newWorldOn(t, s)
	w.engine, err = flows.New(flows.Config{
		Store: s, Now: w.clock, Accounts: []flows.Account{{Name: account, Location: w.clock().Location(), Quiet: h}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The overdue go by the late policy of their timer.
func TestLateTimers(t *testing.T) {
	for _, tt := range []struct {
		name, settings string
		behind         time.Duration // of 22:30
		said           int
		dues           string // after it
		missed         int
	}{
		{"run is what is not said", `after = { ["1h"] = { message = "x" } }`, 5 * day, 1, "", 0},
		{"run", `after = { ["1h"] = { message = "x", late = "run" } }`, 5 * time.Hour, 1, "", 0},
		{"a minute is not late", `after = { ["1h"] = { message = "x", late = "skip" } }`, time.Minute, 1, "", 0},
		{"skip", `after = { ["1h"] = { message = "x", late = "skip" } }`, 2 * time.Minute, 0, "", 1},
		{"next on time, in quiet hours", `after = { ["1h"] = { message = "x", late = "next" } }`, 0, 1, "", 0},
		{"next in quiet hours", `after = { ["1h"] = { message = "x", late = "next" } }`, 3 * time.Hour, 0, "1h 11-03 08:00", 0},
		{"next outside of them", `after = { ["1h"] = { message = "x", late = "next" } }`, 12 * time.Hour, 1, "", 0},
		{"hours of its own", `after = { ["1h"] = { message = "x", late = "12:00-13:00" } }`, 11 * time.Hour, 0, "1h 11-03 12:00", 0},
		{"hours over midnight", `after = { ["1h"] = { message = "x", late = "20:00-02:00" } }`, 3 * time.Hour, 1, "", 0},
		{"at that is past", `at = { ["2026-11-01 9:00"] = { message = "x", late = "skip" } }`, 0, 0, "", 1},
		{"every, skip", `every = { ["22:30"] = { message = "x", late = "skip" } }`, 2*day + time.Hour, 0, "every 22:30 11-05 22:30", 1},
		{"every, run makes up for one", `every = { ["22:30"] = { message = "x" } }`, 2*day + time.Hour, 1, "every 22:30 11-05 22:30", 0},
		{"every, next", `every = { ["22:30"] = { message = "x", late = "next", times = 2 } }`, 2*day + time.Hour, 0, "every 22:30 11-05 08:00", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newQuietWorld(t, "22:00-08:00")
			w.flow(inState(tt.settings))
			w.text("fan", "in")
			w.set(w.clock().Add(time.Hour + tt.behind)) // nothing was done meanwhile
			w.settle()
			expect(t, "said", len(w.sent), tt.said)
			expect(t, "due", w.dues("fan"), tt.dues)
			expect(t, "missed", len(w.rows("fan", store.Missed)), tt.missed)
			expect(t, "state", w.state("fan", "v"), "a")
			w.agree()
		})
	}
}

func TestLateTimersThatWaitFireThen(t *testing.T) {
	w := newQuietWorld(t, "22:00-08:00")
	w.flow(strings.Replace(inState(`after = { ["1h"] = { to = "b", late = "next" } }, every = { ["1h"] = { message = "x", late = "next", times = 2 } }`),
		`name = "v",`, `name = "v", hours = "10:00-12:00",`, 1))
	w.text("fan", "in")
	w.set(w.clock().Add(11 * time.Hour)) // 8:30
	w.settle()
	expect(t, "the flow's hours", w.dues("fan"), "1h 11-03 10:00, every 1h 11-03 10:00")
	rows := w.rows("fan", store.Armed)
	if last := rows[len(rows)-1]; last.Why != "it is 10h0m0s late and waits for 2026-11-03 10:00" {
		t.Errorf("why: %q", last.Why)
	}
	w.text("fan", "over") // who leaves has them no longer
	w.agree()
	w.text("fan", "back")
	w.set(w.clock().Add(16 * time.Hour)) // 0:30
	w.settle()
	w.advance(9 * time.Hour)
	expect(t, "state", w.state("fan", "v"), "a")
	w.advance(time.Hour) // 10:30
	expect(t, "state", w.state("fan", "v"), "b")
	w.agree()
}

// A paused flow holds its timers; how late they are counts from when they were due, not from when the flow goes on.
func TestHeldTimersAreLate(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`after = { ["1h"] = { message = "skipped", late = "skip" }, ["2h"] = { message = "run" } }`))
	w.text("fan", "in")
	if err := w.engine.Pause(t.Context(), account, "v", "holiday"); err != nil {
		t.Fatal(err)
	}
	w.advance(day)
	expect(t, "fired", len(w.rows("fan", store.Fired))+len(w.rows("fan", store.Missed)), 0)
	if err := w.engine.Pause(t.Context(), account, "v", ""); err != nil {
		t.Fatal(err)
	}
	w.advance(2 * time.Hour)
	expect(t, "said", strings.Join(w.said(), ", "), "run")
	missed := w.rows("fan", store.Missed)
	if len(missed) != 1 || missed[0].Due.In(w.clock().Location()).Format("01-02 15:04") != "11-02 22:30" {
		t.Errorf("missed: %+v", missed)
	}
	w.agree()
}

// A timer that fails is tried three times: the tries after the first are not late.
func TestATryThatFailedWasInTime(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`after = { ["1h"] = { late = "skip", run = function(fan) error("no") end } }`))
	w.text("fan", "in")
	w.advance(time.Hour + time.Minute)
	expect(t, "missed", len(w.rows("fan", store.Missed)), 0)
	expect(t, "parked", len(w.rows("fan", store.Parked)), 1)
}

func TestHours(t *testing.T) {
	for _, s := range []string{"", "09:00", "09:00-", "9-21", "09:00-24:00", "25:00-08:00", "08:00-08:00", "a-b"} {
		if h, err := flows.ParseHours(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, h)
		}
	}
	if h, err := flows.ParseHours("9:05-21:00"); err != nil || h != (flows.Hours{From: 545, To: 1260}) {
		t.Errorf("got %v, %v", h, err)
	}
}

// TestATimerThatIsPutOffOrdersAnew: what is sent when a timer is put off and when it fires are two sends, though both decisions have the
// timer's job for their cause.
func TestATimerThatIsPutOffOrdersAnew(t *testing.T) {
	w := newWorld(t) // 21:30
	w.flow(`return flow { name = "night", triggers = { text = "in" }, first = "a", states = {
	a = { after = { ["10m"] = { message = "good morning", late = "09:00-21:00" } } } } }`)
	w.flow(`return flow { name = "day", triggers = { text = { "in" }, listen = true }, to = "2026-11-02 22:00", closes = "leave", first = "a", states = {
	a = { leave = { message = "the day is over" } } } }`)
	w.text("fan", "in")
	w.set(w.clock().Add(time.Hour)) // the timer comes first, late, and closes the other flow's window for the fan
	w.advance(day)
	expect(t, "said", strings.Join(w.said(), ", "), "the day is over, good morning")
	if len(w.sent) == 2 && w.sent[0].ID == w.sent[1].ID {
		t.Errorf("both sends are %s", w.sent[0].ID)
	}
}
