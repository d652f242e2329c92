package flows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// inState wraps fields of the state a, which the word in enters and go leaves; b is another one.
func inState(fields string) string {
	return `return flow { name = "v", triggers = { text = { "in" } }, again = "0s", first = "a", states = {
	a = { ` + fields + `, on = { text = { go = "z", over = "b", again = "a" } } },
	b = { on = { text = { go = "z", back = "a" } } },
	z = { final = true } } }`
}

// dues are the timers of the fan's wait in flow v that are still to come, as "name at time".
func (w *world) dues(fan string) string {
	w.t.Helper()
	f := w.fan(fan)
	n := f.Enrolled("v")
	if n == nil {
		return ""
	}
	var out []string
	for _, t := range n.Timers {
		if t.Armed() {
			out = append(out, t.Name+" "+t.Due.In(w.clock().Location()).Format("01-02 15:04"))
		}
	}
	return strings.Join(out, ", ")
}

// agree checks that the timer jobs in the due-queue are those of the records, no more and no fewer.
func (w *world) agree() {
	w.t.Helper()
	var jobs, records []string
	for cursor := ""; ; {
		list, next, err := w.store.Jobs(w.t.Context(), account, store.JobFilter{Kind: "timer"}, cursor, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, j := range list {
			jobs = append(jobs, j.ID)
		}
		if cursor = next; next == "" {
			break
		}
	}
	for cursor := ""; ; {
		fans, next, err := w.store.List(w.t.Context(), account, store.FanFilter{}, cursor, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range fans {
			for _, n := range fans[i].Live {
				for _, t := range n.Timers {
					if t.Armed() || t.Over == "parked" {
						records = append(records, t.Job)
					}
				}
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	slices.Sort(jobs)
	slices.Sort(records)
	if !slices.Equal(jobs, records) {
		w.t.Fatalf("timers\nin the queue:    %q\nin the records: %q", jobs, records)
	}
}

// Time: "1d" is 24 hours, "at" is the calendar.
func TestTimersOfAState(t *testing.T) {
	for _, tt := range []struct{ name, fields, dues, said string }{
		{"after, shortest first", `after = { ["2d"] = { message = "two" }, ["1d"] = { message = "one" } }`, "1d 11-03 21:30, 2d 11-04 21:30", "one, two"},
		{"at, the next such time", `at = { ["22:00"] = { message = "ten" } }`, "at 22:00 11-02 22:00", "ten"},
		{"at, tomorrow", `at = { ["21:30"] = { message = "x" } }`, "at 21:30 11-03 21:30", "x"},
		{"at, days later", `at = { ["+2d 9:00"] = { message = "x" } }`, "at +2d 9:00 11-04 09:00", "x"},
		{"at, a date", `at = { ["2026-11-05 8:00"] = { message = "x" } }`, "at 2026-11-05 8:00 11-05 08:00", "x"},
		{"at, a date that is past", `at = { ["2026-11-01 8:00"] = { message = "x" } }`, "at 2026-11-01 8:00 11-01 08:00", "x"},
		{"at, from a variable", `enter = { set = { ["vars.when"] = "+1d 7:30" } }, at = { ["${vars.when}"] = { message = "x" } }`, "at ${vars.when} 11-03 07:30", "x"},
		{"at, from attributes", `enter = { set = { day = "2026-11-06" } }, at = { ["${attrs.day} 10:00"] = { message = "x" } }`, "at ${attrs.day} 10:00 11-06 10:00", "x"},
		{"every day", `every = { ["10:00"] = { message = "x", times = 3 } }`, "every 10:00 11-03 10:00", "x, x, x"},
		{"every weekday", `every = { ["mon,thu 10:00"] = { message = "x" } }`, "every mon,thu 10:00 11-05 10:00", "x"},
		{"every month", `every = { ["day 1 10:00"] = { message = "x" } }`, "every day 1 10:00 12-01 10:00", ""},
		{"every so long", `every = { ["36h"] = { message = "x" } }`, "every 36h 11-04 09:30", "x, x, x"},
		{"once a name", `after = { ["1d"] = { message = "x", name = "nudge" } }`, "nudge 11-03 21:30", "x"},
		{
			"delays first, then in source order", `every = { ["1d"] = { message = "every", times = 1 } }, at = { ["22:00"] = { message = "at" } }, after = { ["2h"] = { message = "after" } }`,
			"2h 11-02 23:30, every 1d 11-03 21:30, at 22:00 11-02 22:00", "at, after, every",
		},
		{"a function", `after = { ["1h"] = { late = "run", run = function(fan, event) fan:message(event.type .. " " .. event.delay) end } }`, "1h 11-02 22:30", "timer 1h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(inState(tt.fields))
			w.text("fan", "in")
			expect(t, "due", w.dues("fan"), tt.dues)
			w.agree()
			w.advance(5 * day)
			expect(t, "said", strings.Join(w.said(), ", "), tt.said)
			w.agree()
		})
	}
}

func TestAMomentThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`at = { ["${vars.when}"] = { message = "x" }, ["22:00"] = { message = "ten" } }`))
	w.text("fan", "in")
	expect(t, "state", w.state("fan", "v"), "a")
	expect(t, "due", w.dues("fan"), "at 22:00 11-02 22:00")
	rows := w.rows("fan", store.Failed)
	if len(rows) != 1 || !strings.Contains(rows[0].Why, `the timer "at ${vars.when}" of state a is not set`) {
		t.Errorf("failed: %+v", rows)
	}
}

// A jump of the clock neither loses nor repeats a job: what an every has missed is made up for once.
func TestEveryAfterAJumpOfTheClock(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`every = { ["10:00"] = { message = "x" } }, after = { ["1d"] = { message = "one" }, ["2d"] = { message = "two" } }`))
	w.text("fan", "in")
	w.set(w.clock().Add(9 * day)) // the service was stopped
	w.settle()
	w.settle()
	expect(t, "said", strings.Join(w.said(), ", "), "one, two, x")
	expect(t, "due", w.dues("fan"), "every 10:00 11-12 10:00")
	w.set(w.clock().Add(-3 * day)) // and the clock put back
	w.settle()
	w.advance(4 * day)
	expect(t, "said", strings.Join(w.said(), ", "), "one, two, x, x")
	w.agree()
}

func TestATimerThatStaysFiresOnce(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`after = { ["1h"] = { tag = "late" }, ["2h"] = { untag = "late", to = "b" } }`))
	w.text("fan", "in")
	w.advance(time.Hour)
	f := w.fan("fan")
	expect(t, "tagged", f.Has("late"), true)
	over := f.Enrolled("v").Timers
	if len(over) != 2 || over[0].Over != "fired" || over[1].Over != "" {
		t.Errorf("timers: %+v", over)
	}
	w.advance(time.Hour)
	expect(t, "state", w.state("fan", "v"), "b")
	expect(t, "left", w.dues("fan"), "")
	w.agree()
}

func TestTimesCountInOneWait(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`every = { ["1h"] = { message = "x", times = 2 } }`))
	w.text("fan", "in")
	w.advance(5 * time.Hour)
	expect(t, "said", len(w.sent), 2)
	w.agree()
	w.text("fan", "again") // the same state, another wait
	w.advance(5 * time.Hour)
	expect(t, "said", len(w.sent), 4)
	w.agree()
}

// A stale timer never fires into a newer wait, whatever the due-queue brings.
func TestStaleTimers(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`after = { ["1d"] = { tag = "fired" } }, every = { ["2d"] = { tag = "fired" } }`))
	w.text("fan", "in")
	old := w.fan("fan")
	w.text("fan", "again") // the same state, another wait
	f := w.fan("fan")
	n := f.Enrolled("v")
	was := old.Enrolled("v")
	for i, j := range []store.Job{
		{ID: was.Timers[0].Job, Fence: was.Fence, No: was.No, Name: "1d"},
		{ID: "timer/fan/by-hand", Fence: n.Fence, No: n.No, Name: "1d"},
		{ID: n.Timers[1].Job + "1", Fence: n.Fence, No: n.No, Name: "every 2d"},
		{ID: "timer/fan/of another enrollment", Fence: n.Fence, No: n.No + 1, Name: "1d"},
		{ID: "timer/fan/not declared", Fence: n.Fence, No: n.No, Name: "3d"},
	} {
		j.Account, j.OpenID, j.Kind, j.Flow, j.State, j.Due = account, "fan", "timer", "v", "a", w.clock()
		_, err := w.store.Commit(t.Context(), store.Change{
			Fan: store.FanID{Account: account}, Cause: fmt.Sprint("by hand ", i), At: w.clock(), Jobs: []store.Job{j},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		f := w.fan("fan")
		expect(t, j.ID, f.Has("fired"), false)
		expect(t, "stale", len(w.rows("fan", store.Stale)), i+1)
		expect(t, "due", w.dues("fan"), "1d 11-03 21:30, every 2d 11-04 21:30")
	}
	w.agree()
	w.advance(day)
	f = w.fan("fan")
	expect(t, "fired", f.Has("fired"), true)
}

// A job of an older wait is stale by its fence alone, also where the record knows nothing of the timer: here its moment could not be
// read.
func TestTheFenceAloneTellsAStaleTimer(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`at = { ["${vars.when}"] = { tag = "fired" } }`))
	w.text("fan", "in")
	f := w.fan("fan")
	old := f.Enrolled("v").Fence
	w.text("fan", "again") // the same state, another wait
	f = w.fan("fan")
	n := f.Enrolled("v")
	for _, fence := range []uint64{old, n.Fence} {
		_, err := w.store.Commit(t.Context(), store.Change{
			Fan: store.FanID{Account: account}, Cause: fmt.Sprint("by hand ", fence), At: w.clock(), Jobs: []store.Job{{
				ID: fmt.Sprint("timer/fan/by hand/", fence), Account: account, OpenID: "fan", Kind: "timer", Due: w.clock(), Fence: fence,
				Flow: "v", No: n.No, State: "a", Name: "at ${vars.when}",
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		f = w.fan("fan")
		expect(t, fmt.Sprint("fired by fence ", fence), f.Has("fired"), fence == n.Fence)
	}
	expect(t, "stale", len(w.rows("fan", store.Stale)), 1)
}

// A timer of a paused flow that is let go is held again, also in the same millisecond.
func TestATimerIsHeldTwiceAtOneTime(t *testing.T) {
	w := newWorld(t)
	w.flow(inState(`after = { ["1d"] = { tag = "fired" } }`))
	w.text("fan", "in")
	if err := w.engine.Pause(t.Context(), account, "v", "holiday"); err != nil {
		t.Fatal(err)
	}
	w.set(w.clock().Add(day))
	for i := range 2 {
		w.settle()
		jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "timer"}, "", 10)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("jobs %+v, %v; want one", jobs, err)
		}
		expect(t, "held until", jobs[0].Due.Equal(w.clock().Add(time.Hour)), true)
		_, err = w.store.Commit(t.Context(), store.Change{
			Fan: store.FanID{Account: account}, Cause: fmt.Sprint("let go ", i), At: w.clock(),
			Snooze: []store.Snooze{{Job: jobs[0].ID, Due: w.clock()}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A timer that fails is tried three times, then parked in its state; publishing or resuming fires the parked ones again. A
// paused flow holds its timers.
func TestParkedAndHeldTimers(t *testing.T) {
	w := newWorld(t)
	bad := inState(`every = { ["1d"] = { run = function(fan) error("no") end } }`)
	w.flow(bad)
	w.text("fan", "in")
	w.advance(day + time.Minute)
	expect(t, "parked", len(w.rows("fan", store.Parked)), 1)
	w.agree()
	w.text("fan", "over") // leaving takes a parked one along
	w.agree()
	w.text("fan", "back")
	w.advance(day + time.Minute)
	expect(t, "parked", len(w.rows("fan", store.Parked)), 2)
	w.flow(inState(`every = { ["1d"] = { message = "x" } }`))
	w.advance(time.Minute)
	expect(t, "said", len(w.sent), 1)
	w.agree()
	if err := w.engine.Pause(t.Context(), account, "v", "holiday"); err != nil {
		t.Fatal(err)
	}
	w.advance(10 * day)
	expect(t, "said while paused", len(w.sent), 1)
	if err := w.engine.Pause(t.Context(), account, "v", ""); err != nil {
		t.Fatal(err)
	}
	w.advance(2 * time.Hour)
	expect(t, "said after it", len(w.sent), 2)
	w.agree()
}

// Leaving drops the jobs, in whatever order things happen: the due-queue and the records always agree.
func TestTimersInTheQueueAreThoseOfTheRecords(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 4))
		w := newWorld(t)
		w.flow(inState(`after = { ["1h"] = { tag = "x" }, ["3h"] = "b", ["5h"] = { run = function() error("no") end } },
			at = { ["23:00"] = { untag = "x", late = "skip" } }, every = { ["2h"] = { tag = "y", times = 3 }, ["sat 10:00"] = "a" }`))
		for range 40 {
			fan := fmt.Sprint("fan", r.IntN(3))
			switch r.IntN(6) {
			case 0:
				w.advance(time.Duration(r.IntN(300)) * time.Minute)
			case 1:
				w.set(w.clock().Add(time.Duration(r.IntN(50)) * time.Hour))
			case 2:
				w.settle()
			default:
				w.text(fan, []string{"in", "go", "over", "back", "again", "?"}[r.IntN(6)])
			}
			w.agree()
		}
	}
}

func TestTimersAreChecked(t *testing.T) {
	for _, tt := range []struct{ name, fields, want string }{
		{"two of one name", `after = { ["1d"] = "b", ["2d"] = { to = "b", name = "1d" } }`, `states.a: two timers are named "1d", here and in line 2`},
		{"at, no moment", `at = { ["soon"] = "b" }`, `states.a.at.soon: "soon" is no moment`},
		{"at, an event", `at = { ["${event.x}"] = "b" }`, `a timer has no event`},
		{"at, an open place", `at = { ["${vars.x"] = "b" }`, `"${" is not closed`},
		{"every, how often", `every = { ["often"] = "b" }`, `"often" does not say how often: write 1d, 10:00, mon,thu 10:00 or day 1 10:00`},
		{"every, too often", `every = { ["5s"] = "b" }`, `"5s" comes too often: once a minute is the most`},
		{"late", `after = { ["1d"] = { to = "b", late = "drop" } }`, `late is "run", "skip", "next" or hours such as "09:00-21:00", not "drop"`},
		{"times of an after", `after = { ["1d"] = { to = "b", times = 2 } }`, `unknown field "states.a.after.1d.times"`},
		{"no times", `every = { ["1d"] = { to = "b", times = 0 } }`, `states.a.every.1d.times: must be at least 1`},
		{"no table", `every = "1d"`, `states.a.every: must be a table such as`},
	} {
		_, findings, err := newWorld(t).engine.Check(t.Context(), account, store.KindFlow, "v.lua", inState(tt.fields))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(findings, func(f flows.Finding) bool {
			return strings.Contains(f.Msg, tt.want) && f.Severity == flows.SeverityError && f.Line == 2
		}) {
			t.Errorf("%s: got %+v, want %q", tt.name, findings, tt.want)
		}
	}
}

// TestAnEditedEveryGoesOnCounting: an every whose spec was edited fires as often as it still may, not as often again.
func TestAnEditedEveryGoesOnCounting(t *testing.T) {
	w := newWorld(t)
	w.flow(version("one", `every = { ["1h"] = { message = "x", times = 3 } } }`))
	w.text("fan", "in")
	w.advance(2*time.Hour + time.Minute)
	w.flow(version("two", `every = { ["2h"] = { message = "y", times = 3 } } }`))
	w.advance(5 * day)
	expect(t, "said", strings.Join(w.said(), ", "), "x, x, y")
}
