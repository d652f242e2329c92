package scheduler_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/scheduler"
	"fanflow/store"
)

// cronRig works jobs of kind "mail", noting id, arguments and time.
func cronRig(t *testing.T, now *time.Time) (*rig, func() *scheduler.Runner) {
	g := newRig(t)
	g.now = func() time.Time { return *now }
	return g, func() *scheduler.Runner {
		return g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"mail": func(ctx context.Context, j store.Job) error {
			g.note(j.ID + " " + string(j.Args))
			return g.finish(ctx, j)
		}}})
	}
}

// stepTo settles at every due instant until the given one.
func stepTo(t *testing.T, r *scheduler.Runner, now *time.Time, to time.Time) {
	t.Helper()
	for {
		next, err := r.Settle(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(to) {
			*now = to
			return
		}
		*now = next
	}
}

func (g *rig) waiting() []string {
	g.t.Helper()
	jobs, _, err := g.store.Jobs(g.t.Context(), "shop", store.JobFilter{Kind: "cron"}, "", 0)
	if err != nil {
		g.t.Fatal(err)
	}
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEntriesRunAndSurviveARestart(t *testing.T) {
	now := at(t, "2026-11-22T00:00:00Z")
	g, fresh := cronRig(t, &now)
	r := fresh()
	news := scheduler.Entry{Name: "news", Spec: "0 9 * * *", Location: zone(t, "Asia/Shanghai"), Kind: "mail", Args: json.RawMessage(`{"n":1}`)}
	if err := r.SetEntries(t.Context(), "shop", []scheduler.Entry{news}); err != nil {
		t.Fatal(err)
	}
	stepTo(t, r, &now, at(t, "2026-11-23T00:00:00Z"))
	r = fresh() // the same file, a new process, nobody sets entries
	stepTo(t, r, &now, at(t, "2026-11-24T02:00:00Z"))
	want := []string{`mail/news@2026-11-22T01:00:00Z {"n":1}`, `mail/news@2026-11-23T01:00:00Z {"n":1}`, `mail/news@2026-11-24T01:00:00Z {"n":1}`}
	if d := cmp.Diff(want, g.done()); d != "" {
		t.Error(d)
	}
	if want := []string{"cron/news@2026-11-25T01:00:00Z"}; !slices.Equal(g.waiting(), want) {
		t.Errorf("waiting %v, want %v", g.waiting(), want)
	}
}

func TestMissedRuns(t *testing.T) {
	for missed, want := range map[string][]string{
		"":     {"mail/a@2026-11-22T01:00:00Z "},
		"run":  {"mail/a@2026-11-22T01:00:00Z "},
		"skip": nil,
	} {
		t.Run("missed="+missed, func(t *testing.T) {
			now := at(t, "2026-11-22T00:00:00Z")
			g, fresh := cronRig(t, &now)
			r := fresh()
			if err := r.SetEntries(t.Context(), "shop", []scheduler.Entry{{Name: "a", Spec: "0 1 * * *", Missed: missed, Kind: "mail"}}); err != nil {
				t.Fatal(err)
			}
			now = at(t, "2026-11-25T12:00:00Z") // nobody worked for three days and a half
			if _, err := r.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, g.done()); d != "" {
				t.Error(d)
			}
			if want := []string{"cron/a@2026-11-26T01:00:00Z"}; !slices.Equal(g.waiting(), want) {
				t.Errorf("waiting %v, want %v", g.waiting(), want)
			}
		})
	}
}

func TestSetEntriesAgain(t *testing.T) {
	now := at(t, "2026-11-22T00:00:00Z")
	g, fresh := cronRig(t, &now)
	r := fresh()
	set := func(entries ...scheduler.Entry) {
		t.Helper()
		if err := r.SetEntries(t.Context(), "shop", entries); err != nil {
			t.Fatal(err)
		}
	}
	a := scheduler.Entry{Name: "a", Spec: "0 1 * * *", Kind: "mail"}
	b := scheduler.Entry{Name: "b", Spec: "@every 2h", Kind: "mail"}
	expect := func(when string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, g.waiting()); d != "" {
			t.Errorf("%s: %s", when, d)
		}
	}
	set(a, b)
	expect("two entries", "cron/a@2026-11-22T01:00:00Z", "cron/b@2026-11-22T02:00:00Z")
	now = at(t, "2026-11-22T01:30:00Z")
	set(a, b)
	expect("the same: the overdue stays", "cron/a@2026-11-22T01:00:00Z", "cron/b@2026-11-22T02:00:00Z")
	a.Args = json.RawMessage(`"new"`)
	set(a, b)
	expect("other arguments: the same time", "cron/a@2026-11-22T01:00:00Z", "cron/b@2026-11-22T02:00:00Z")
	a.Spec = "0 5 * * *"
	set(a)
	expect("one changed, one removed", "cron/a@2026-11-22T05:00:00Z")
	set(a, b)
	set()
	expect("none")
	set(a, b)
	expect("back within the same second", "cron/b@2026-11-22T03:30:00Z", "cron/a@2026-11-22T05:00:00Z")
	stepTo(t, r, &now, at(t, "2026-11-22T05:00:00Z"))
	if _, err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"mail/b@2026-11-22T03:30:00Z ", `mail/a@2026-11-22T05:00:00Z "new"`}; !slices.Equal(g.done(), want) {
		t.Errorf("ran %q, want %q", g.done(), want)
	}
}

func TestSetEntriesRefuses(t *testing.T) {
	now := at(t, "2026-11-22T00:00:00Z")
	g, fresh := cronRig(t, &now)
	good := scheduler.Entry{Name: "good", Spec: "@daily", Kind: "mail"}
	tests := []struct {
		name, says string
		entry      scheduler.Entry
	}{
		{"spec", "five fields", scheduler.Entry{Name: "x", Spec: "daily", Kind: "mail"}},
		{"name", "no name", scheduler.Entry{Spec: "@daily", Kind: "mail"}},
		{"kind", "no kind", scheduler.Entry{Name: "x", Spec: "@daily"}},
		{"missed", "run or skip", scheduler.Entry{Name: "x", Spec: "@daily", Kind: "mail", Missed: "twice"}},
		{"twice", "twice", good},
		{"account", "not shop", scheduler.Entry{Account: "other", Name: "x", Spec: "@daily", Kind: "mail"}},
		{"zone", "time zone", scheduler.Entry{Name: "x", Spec: "@daily", Kind: "mail", Location: time.FixedZone("mine", 3600)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := fresh().SetEntries(t.Context(), "shop", []scheduler.Entry{good, tt.entry})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want an error that says %q", err, tt.says)
			}
			if got := g.waiting(); len(got) > 0 {
				t.Errorf("jobs were written: %v", got)
			}
		})
	}
}
