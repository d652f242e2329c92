package flows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
)

// byTime is a flow that triggers enroll in and that is over at once, so that who is offered it twice is in it twice.
func byTime(triggers string) string {
	return `return flow { name = "v", triggers = { ` + triggers + ` }, again = "0s", first = "a", states = { a = { final = true, enter = { message = "x" } } } }`
}

// audience makes fans: f0 to fn-1 follow, every second has the tag vip, every third the tag bought; gone does not follow.
func (w *world) audience(n int) {
	w.t.Helper()
	for i := range n {
		fan := fmt.Sprintf("f%04d", i)
		c := store.Change{Fan: store.FanID{Account: account, OpenID: fan}, Cause: "made", At: w.clock(), Entries: []store.Entry{
			{Kind: store.Heard, Name: "subscribe"}, {Kind: store.Subscribed, Created: w.clock()},
		}}
		if i%2 == 0 {
			c.Entries = append(c.Entries, store.Entry{Kind: store.Tagged, Name: "vip"})
		}
		if i%3 == 0 {
			c.Entries = append(c.Entries, store.Entry{Kind: store.Tagged, Name: "bought"})
		}
		if _, err := w.store.Commit(w.t.Context(), c); err != nil {
			w.t.Fatal(err)
		}
	}
	w.subscribe("gone", "")
	if err := w.engine.Tag(w.t.Context(), store.FanID{Account: account, OpenID: "gone"}, []string{"vip"}, nil, "test"); err != nil {
		w.t.Fatal(err)
	}
	w.unsubscribe("gone")
}

// entries says who was enrolled and how often: "f0000 2".
func (w *world) entries() (out []string) {
	w.t.Helper()
	for cursor := ""; ; {
		fans, next, err := w.store.List(w.t.Context(), account, store.FanFilter{}, cursor, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range fans {
			if n := fans[i].Past["v"].Count; n > 0 {
				out = append(out, fmt.Sprintf("%s %d", fans[i].ID.OpenID, n))
			}
		}
		if cursor = next; next == "" {
			return out
		}
	}
}

// ticks are the ids of the ticks in the due-queue.
func (w *world) ticks() (ids []string) {
	w.t.Helper()
	jobs, _, err := w.store.Jobs(w.t.Context(), account, store.JobFilter{Kind: "chore"}, "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		id, unix, _ := strings.Cut(j.ID, "@")
		var at int64
		if _, err := fmt.Sscan(unix, &at); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, id+" "+time.Unix(at, 0).In(w.clock().Location()).Format("01-02 15:04"))
	}
	return ids
}

func TestTicksGoToTheirAudience(t *testing.T) {
	for _, tt := range []struct{ audience, want string }{
		{`tag = "vip"`, "f0000 1, f0002 1, f0004 1, f0006 1"},
		{`without = "vip"`, "f0001 1, f0003 1, f0005 1"},
		{`tag = "vip", without = "bought"`, "f0002 1, f0004 1"},
		{`all = true, name = "everybody"`, "f0000 1, f0001 1, f0002 1, f0003 1, f0004 1, f0005 1, f0006 1"},
	} {
		w := newWorld(t)
		w.audience(7)
		w.flow(byTime(`at = { ["2026-11-03 10:00"] = { ` + tt.audience + ` } }`))
		w.advance(12 * time.Hour)
		expect(t, tt.audience+" before", strings.Join(w.entries(), ", "), "")
		w.advance(3 * day)
		expect(t, tt.audience, strings.Join(w.entries(), ", "), tt.want)
		expect(t, "said", len(w.sent), len(strings.Split(tt.want, ",")))
		expect(t, "left", len(w.ticks()), 0)
	}
}

func TestTicksComeAgain(t *testing.T) {
	w := newWorld(t)
	w.audience(1)
	source := byTime(`every = { ["mon,thu 10:00"] = { all = true } }, at = { ["2026-11-10 9:00"] = { tag = "vip" } }, text = { "in" }`)
	w.flow(source)
	expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every mon,thu 10:00 11-05 10:00, tick/v/at 2026-11-10 9:00 11-10 09:00")
	w.advance(4 * day)
	expect(t, "once", strings.Join(w.entries(), ", "), "f0000 1")
	w.flow(source + " -- published again")
	expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every mon,thu 10:00 11-09 10:00, tick/v/at 2026-11-10 9:00 11-10 09:00")
	w.advance(4 * day)
	expect(t, "three times", strings.Join(w.entries(), ", "), "f0000 3")
	w.flow(source + " -- and again: what is past does not begin again")
	expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every mon,thu 10:00 11-12 10:00")
	rows := w.rows("f0000", store.Enrolled)
	expect(t, "by", rows[0].Name+", "+rows[2].Name, "every mon,thu 10:00, at 2026-11-10 9:00")
	f, err := w.engine.Flow(t.Context(), account, "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(f.Triggers, func(t flows.Trigger) bool { return t.Event == "time" && t.Match[0] == "every mon,thu 10:00" }) {
		t.Errorf("triggers: %+v", f.Triggers)
	}
}

// A missed run is caught up once or skipped, as the entry says. A jump of the clock neither loses nor repeats a job.
func TestMissedTicks(t *testing.T) {
	for _, tt := range []struct{ late, entries, armed string }{
		{``, "f0000 1", "11-12 10:00"},
		{`, late = "skip"`, "", "11-12 10:00"},
		{`, late = "next"`, "", "11-03 10:00"}, // it waits in the queue under its own time
		{`, late = "02:00-04:00"`, "f0000 1", "11-12 10:00"},
	} {
		w := newQuietWorld(t, "22:00-08:00")
		w.audience(1)
		w.flow(byTime(`every = { ["10:00"] = { all = true` + tt.late + ` } }`))
		w.set(w.clock().Add(8*day + 6*time.Hour)) // 3:30 on 11 November
		w.settle()
		expect(t, "entries"+tt.late, strings.Join(w.entries(), ", "), tt.entries)
		armed := strings.Replace(tt.armed, "11-12", "11-11", 1)
		expect(t, "armed"+tt.late, strings.Join(w.ticks(), ", "), "tick/v/every 10:00 "+armed)
		if tt.late == `, late = "next"` {
			w.advance(5 * time.Hour) // 8:30
			expect(t, "put off", strings.Join(w.entries(), ", "), "f0000 1")
			expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every 10:00 11-11 10:00")
		}
		w.set(w.clock().Add(-5 * day)) // the clock is put back: its times do not come a second time
		w.settle()
		w.advance(4 * day)
		expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every 10:00 11-11 10:00")
	}
}

// A paused flow takes no event: a tick waits until it goes on.
func TestHeldTicks(t *testing.T) {
	w := newWorld(t)
	w.audience(3)
	w.flow(byTime(`at = { ["2026-11-03 10:00"] = { all = true } }`))
	if err := w.engine.Pause(t.Context(), account, "v", "holiday"); err != nil {
		t.Fatal(err)
	}
	w.advance(2 * day)
	expect(t, "paused", len(w.entries()), 0)
	if err := w.engine.Pause(t.Context(), account, "v", ""); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Hour)
	expect(t, "goes on", len(w.entries()), 3)
}

func TestTicksOfAnotherVersion(t *testing.T) {
	w := newWorld(t)
	w.audience(3)
	w.flow(byTime(`at = { ["2026-11-03 10:00"] = { all = true, name = "start" } }, every = { ["12:00"] = { all = true } }`))
	w.flow(byTime(`at = { ["2026-11-03 11:00"] = { tag = "vip", name = "start" } }`))
	w.advance(13*time.Hour + 15*time.Minute) // 10:45
	expect(t, "the old time", len(w.entries()), 0)
	w.advance(2 * day)
	expect(t, "the new one", strings.Join(w.entries(), ", "), "f0000 1, f0002 1")
	expect(t, "left", len(w.ticks()), 0)
}

// dying is a store that fails for good after some commits of fans, the last of which it carries out without saying so.
type dying struct {
	store.Store
	left atomic.Int64
}

var errDied = errors.New("the process died")

func (s *dying) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	switch left := s.left.Add(-1); {
	case left == 0:
		if _, err := s.Store.Commit(ctx, c); err != nil {
			return store.Receipt{}, err
		}
		return store.Receipt{}, errDied
	case left < 0:
		return store.Receipt{}, errDied
	}
	return s.Store.Commit(ctx, c)
}

// A crash midway through a tick, at any place, repeats nothing and leaves nobody out.
func TestATickAfterACrash(t *testing.T) {
	const fans = 520 // two pages
	for _, after := range []int64{1, 300, 501, 522} {
		s := mem.New()
		w := newWorldOn(t, s)
		w.audience(fans)
		w.flow(byTime(`every = { ["tue 10:00"] = { without = "done" } }`))
		w.set(w.clock().Add(13 * time.Hour)) // 10:30
		jobs, err := s.Lease(t.Context(), store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: 1})
		if err != nil || len(jobs) != 1 {
			t.Fatal(jobs, err)
		}
		d := &dying{Store: s}
		d.left.Store(after)
		half := newWorldOn(t, d)
		half.set(w.clock())
		for job := jobs[0]; ; {
			if err = half.engine.Wake(t.Context(), job); err != nil {
				break
			}
			if job, err = s.Job(t.Context(), account, job.ID); err != nil {
				break
			}
		}
		if !errors.Is(err, errDied) {
			t.Fatalf("after %d: %v", after, err)
		}
		if err := s.Release(t.Context(), account, jobs[0].ID); err != nil {
			t.Fatal(err)
		}
		w.set(w.clock().Add(36 * time.Hour)) // longer than most receipts are kept
		if _, err := s.Sweep(t.Context(), w.clock()); err != nil {
			t.Fatal(err)
		}
		w.settle()
		got := w.entries()
		expect(t, fmt.Sprintf("after %d: fans", after), len(got), fans)
		if i := slices.IndexFunc(got, func(s string) bool { return !strings.HasSuffix(s, " 1") }); i >= 0 {
			t.Errorf("after %d: %s", after, got[i])
		}
		expect(t, "said", len(w.sent), fans)
		expect(t, "armed", strings.Join(w.ticks(), ", "), "tick/v/every tue 10:00 11-10 10:00")
	}
}

func TestTicksAreChecked(t *testing.T) {
	for _, tt := range []struct{ triggers, want string }{
		{`after = { ["1d"] = { all = true } }`, "triggers.after: a timer belongs to a state"},
		{`at = { ["22:00"] = { all = true } }`, "triggers.at.22:00: a trigger's at is a date, such as 2026-12-24 10:00"},
		{`at = { ["${vars.x}"] = { all = true } }`, "a trigger's at is a date"},
		{`every = { ["10:00"] = true }`, "triggers.every.10:00: must say whom it enrolls"},
		{`every = { ["10:00"] = {} }`, "triggers.every.10:00: must say whom it enrolls"},
		{`every = { ["10:00"] = { all = true, tag = "vip" } }`, "triggers.every.10:00: must say whom it enrolls"},
		{`every = { ["10:00"] = { tags = "vip" } }`, `unknown field "triggers.every.10:00.tags"; did you mean "tag"?`},
		{`every = { ["10:00"] = { tag = "vip", late = "later" } }`, `late is "run", "skip", "next" or hours`},
		{`every = { ["mon"] = { all = true } }`, `"mon" does not say how often`},
		{`every = { ["10:00"] = { all = true, name = "x" }, ["11:00"] = { all = true, name = "x" } }`, `triggers: two timers are named "x"`},
	} {
		_, findings, err := newWorld(t).engine.Check(t.Context(), account, store.KindFlow, "v.lua", byTime(tt.triggers))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(findings, func(f flows.Finding) bool {
			return strings.Contains(f.Msg, tt.want) && f.Severity == flows.SeverityError
		}) {
			t.Errorf("%s: got %+v", tt.triggers, findings)
		}
	}
}
