package scheduler_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
)

func TestSettleWorksEverythingOfOneInstantInOrder(t *testing.T) {
	g := newRig(t)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	g.now = func() time.Time { return now }
	r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
		g.note(j.ID)
		switch j.ID {
		case "b": // orders something for now that comes before what waits, and something for later
			return g.finish(ctx, j, job("a-late", "fan-1", now), job("later", "fan-1", now.Add(time.Hour)))
		case "c":
			return fmt.Errorf("again later")
		}
		return g.finish(ctx, j)
	}}})
	g.add(job("d", "fan-1", now), job("c", "fan-2", now), job("b", "fan-3", now.Add(-time.Second)), job("tomorrow", "fan-1", now.Add(24*time.Hour)))
	next, err := r.Settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b", "a-late", "c", "d"}; !slices.Equal(g.done(), want) {
		t.Errorf("worked %v, want %v", g.done(), want)
	}
	if want := store.Stamp(now.Add(scheduler.Backoff("c", 1))); !next.Equal(want) {
		t.Errorf("next due %s, want the failed job's %s", next, want)
	}
}

func TestSettleBesideRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		base := g.now()
		var ahead time.Duration
		g.now = func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return base.Add(ahead) }
		r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			time.Sleep(time.Second)
			g.note(j.ID)
			return g.finish(ctx, j)
		}}})
		g.add(job("at work when the clock is held", "f1", base))
		stop := start(t, r)
		defer stop()
		synctest.Wait()
		for i := range 20 {
			g.add(job(fmt.Sprintf("step %02d", i), fmt.Sprint("fan", i%7), base.Add(time.Duration(i/4+1)*time.Hour)))
		}
		release := r.Hold()
		next, err := r.Settle(t.Context())
		for ; err == nil && !next.IsZero(); next, err = r.Settle(t.Context()) {
			g.mu.Lock()
			ahead = next.Sub(base)
			g.mu.Unlock()
			r.Poke()
		}
		release()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"at work when the clock is held"}
		for i := range 20 {
			want = append(want, fmt.Sprintf("step %02d", i))
		}
		if got := g.done(); !slices.Equal(got, want) {
			t.Errorf("worked %q", got)
		}
	})
}

func TestSettleEndsAnEndlessLoop(t *testing.T) {
	g := newRig(t)
	now := g.now()
	g.now = func() time.Time { return now }
	n := 0
	r := g.runner(scheduler.Config{MaxPerInstant: 50, Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
		n++
		return g.finish(ctx, j, job(fmt.Sprint("x", n), "f", now))
	}}})
	g.add(job("x", "f", now))
	_, err := r.Settle(t.Context())
	if err == nil || !strings.Contains(err.Error(), "without a delay") {
		t.Errorf("Settle = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Settle(ctx); err == nil {
		t.Error("Settle with an ended context is no error")
	}
}
