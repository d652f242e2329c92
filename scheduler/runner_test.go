package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/store/mem"
)

// rig is a store, a clock and a runner whose workers note what they did.
type rig struct {
	t     *testing.T
	store *mem.Store
	now   func() time.Time

	mu       sync.Mutex
	did      []string
	outcomes []string
	log      strings.Builder
}

func newRig(t *testing.T) *rig {
	return &rig{t: t, store: mem.New(), now: func() time.Time { return time.Now().UTC() }}
}

func (g *rig) runner(c scheduler.Config) *scheduler.Runner {
	g.t.Helper()
	c.Store, c.Now = g.store, func() time.Time { return g.now() }
	c.Logger = slog.New(slog.NewTextHandler(&locked{g: g}, nil))
	c.Observe = func(kind, outcome string, late time.Duration) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.outcomes = append(g.outcomes, kind+" "+outcome)
	}
	r, err := scheduler.New(c)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

type locked struct{ g *rig }

func (l *locked) Write(p []byte) (int, error) {
	l.g.mu.Lock()
	defer l.g.mu.Unlock()
	return l.g.log.Write(p)
}

func (g *rig) note(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.did = append(g.did, what)
}

func (g *rig) done() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.did)
}

// add puts jobs into the queue.
func (g *rig) add(jobs ...store.Job) {
	g.t.Helper()
	for _, j := range jobs {
		g.commit(store.Change{Fan: store.FanID{Account: "shop"}, Cause: scheduler.Cause(g.now(), "add", j.ID), Jobs: []store.Job{j}})
	}
}

func (g *rig) commit(c store.Change) {
	g.t.Helper()
	c.Base, c.At = store.AnyRev, g.now()
	if _, err := g.store.Commit(context.Background(), c); err != nil {
		g.t.Error(err)
	}
}

// finish ends a job as a worker does.
func (g *rig) finish(ctx context.Context, j store.Job, more ...store.Job) error {
	_, err := g.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: j.Account}, Base: store.AnyRev, Cause: j.ID, At: g.now(), Done: []string{j.ID}, Jobs: more,
	})
	return err
}

func job(id, fan string, due time.Time) store.Job {
	return store.Job{ID: id, Account: "shop", OpenID: fan, Kind: "note", Due: due}
}

// start runs r until the test's bubble is about to end.
func start(t *testing.T, r *scheduler.Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestFansInParallelEachInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		at := g.now()
		r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			g.note("> " + j.ID)
			time.Sleep(time.Second)
			g.note("< " + j.ID)
			return g.finish(ctx, j)
		}}})
		g.add(job("b2", "fan-b", at.Add(time.Millisecond)), job("a1", "fan-a", at), job("a2", "fan-a", at), job("b1", "fan-b", at), job("b0", "fan-b", at.Add(2*time.Second)))
		stop := start(t, r)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		first := g.done()
		slices.Sort(first[:2])
		if want := []string{"> a1", "> b1"}; !slices.Equal(first[:2], want) {
			t.Errorf("begun together: %v, want %v", first[:2], want)
		}
		time.Sleep(10 * time.Second)
		stop()
		for _, fan := range []string{"a", "b"} {
			var got []string
			for _, s := range g.done() {
				if strings.Contains(s, fan) {
					got = append(got, s)
				}
			}
			want := map[string][]string{"a": {"> a1", "< a1", "> a2", "< a2"}, "b": {"> b1", "< b1", "> b2", "< b2", "> b0", "< b0"}}[fan]
			if !slices.Equal(got, want) {
				t.Errorf("fan-%s: %v, want %v", fan, got, want)
			}
		}
	})
}

// TestWhatStandsApart: a fan's other jobs do not wait for one that waits for another system, nor do those of another flow.
func TestWhatStandsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		worker := func(ctx context.Context, j store.Job) error {
			if strings.HasPrefix(j.ID, "slow") {
				time.Sleep(time.Minute)
			}
			g.note(j.ID)
			return g.finish(ctx, j)
		}
		r := g.runner(scheduler.Config{Apart: []string{"http"}, Workers: map[string]scheduler.Worker{"note": worker, "http": worker}})
		of := func(id, fan, kind, flow string) store.Job {
			j := job(id, fan, g.now())
			j.Kind, j.Flow = kind, flow
			return j
		}
		g.add(
			of("slow", "fan", "http", "crm"), of("t-behind", "fan", "http", "crm"), of("fan's", "fan", "note", "crm"), of("other flow's", "fan", "http", "erp"),
			of("slow too", "", "http", "crm"), of("account's", "", "http", "erp"),
		)
		stop := start(t, r)
		time.Sleep(time.Second)
		synctest.Wait()
		got := g.done()
		slices.Sort(got)
		if want := []string{"account's", "fan's", "other flow's"}; !slices.Equal(got, want) {
			t.Errorf("did not wait: %q, want %q", got, want)
		}
		time.Sleep(2 * time.Minute)
		stop()
		if got := g.done(); len(got) != 6 || slices.Index(got, "t-behind") < slices.Index(got, "slow") {
			t.Errorf("in the end: %q", got)
		}
	})
}

func TestWakesAtTheDueInstantAndByPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		begin := g.now()
		r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			g.note(fmt.Sprintf("%s +%s", j.ID, g.now().Sub(begin)))
			return g.finish(ctx, j)
		}}})
		g.add(job("timer", "f", begin.Add(2500*time.Millisecond)))
		stop := start(t, r)
		defer stop()
		time.Sleep(3100 * time.Millisecond)
		g.add(job("found by polling", "f", begin))
		time.Sleep(2 * time.Second)
		g.add(job("poked", "f", begin))
		r.Poke()
		synctest.Wait()
		got := g.done()
		if len(got) != 3 || got[0] != "timer +2.5s" || got[2] != "poked +5.1s" || !strings.HasPrefix(got[1], "found by polling +3.") {
			t.Errorf("%q", got)
		}
	})
}

func TestManyJobsThroughFewWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		var atWork, most int
		r := g.runner(scheduler.Config{Parallel: 4, Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			g.mu.Lock()
			atWork++
			most = max(most, atWork)
			g.mu.Unlock()
			time.Sleep(time.Millisecond)
			g.mu.Lock()
			atWork--
			g.mu.Unlock()
			g.note(j.ID)
			return g.finish(ctx, j)
		}}})
		for i := range 600 {
			g.add(job(fmt.Sprintf("j%03d", i), fmt.Sprintf("fan-%d", i%50), g.now()))
		}
		stop := start(t, r)
		defer stop()
		time.Sleep(400 * time.Millisecond)
		synctest.Wait()
		if got := g.done(); len(got) != 600 || most != 4 {
			t.Errorf("%d jobs done, %d at most together; want 600 and 4", len(got), most)
		}
	})
}

func TestFailedJobComesBackLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		tries := 0
		r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			tries++
			switch tries {
			case 1:
				return errors.New("no answer")
			case 2:
				panic("out of range")
			}
			return g.finish(ctx, j)
		}}})
		g.add(job("x", "f", g.now()))
		stop := start(t, r)
		defer stop()
		synctest.Wait()
		j, err := g.store.Job(t.Context(), "shop", "x")
		if err != nil || j.Attempt != 1 || j.Why != "no answer" || !j.Due.Equal(store.Stamp(g.now().Add(scheduler.Backoff("x", 1)))) {
			t.Fatalf("after the first failure: %+v, %v", j, err)
		}
		time.Sleep(time.Until(j.Due) + time.Second)
		j, err = g.store.Job(t.Context(), "shop", "x")
		if err != nil || j.Attempt != 2 || j.Why != "the worker panicked: out of range" {
			t.Fatalf("after the panic: %+v, %v", j, err)
		}
		time.Sleep(time.Minute)
		if _, err := g.store.Job(t.Context(), "shop", "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after success: %v", err)
		}
		if want := []string{"note retry", "note panic", "note done"}; !slices.Equal(g.outcomes, want) {
			t.Errorf("outcomes %v, want %v", g.outcomes, want)
		}
	})
}

func TestBackoff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 8: 10 * time.Minute, 1000: 10 * time.Minute} {
		got := scheduler.Backoff("id", attempt)
		if got < want*3/4 || got > want*5/4 {
			t.Errorf("attempt %d: %s is not about %s", attempt, got, want)
		}
	}
	if scheduler.Backoff("a", 3) == scheduler.Backoff("b", 3) {
		t.Error("two jobs are put off by the same time")
	}
}

func TestUnknownKindIsParkedAndLoggedOnce(t *testing.T) {
	g := newRig(t)
	now := g.now()
	g.now = func() time.Time { return now }
	r := g.runner(scheduler.Config{})
	g.add(job("x", "f", now), job("y", "f", now))
	if next, err := r.Settle(t.Context()); err != nil || !next.IsZero() {
		t.Fatal(next, err)
	}
	j, err := g.store.Job(t.Context(), "shop", "x")
	if err != nil || !j.Parked || !strings.Contains(j.Why, `"note"`) {
		t.Errorf("%+v, %v", j, err)
	}
	if n := strings.Count(g.log.String(), "parked"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &g.log)
	}
}

func TestGoneCountsAsDone(t *testing.T) {
	g := newRig(t)
	r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
		if err := g.finish(ctx, j); err != nil {
			return err
		}
		return fmt.Errorf("commit: %w", g.finish(ctx, j))
	}}})
	g.add(job("x", "f", g.now()))
	if _, err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"note gone"}; !slices.Equal(g.outcomes, want) {
		t.Errorf("outcomes %v, want %v", g.outcomes, want)
	}
}

func TestStopWaitsForWorkersAndGivesTheRestBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		r := g.runner(scheduler.Config{Workers: map[string]scheduler.Worker{"note": func(ctx context.Context, j store.Job) error {
			g.note("> " + j.ID)
			if j.ID == "stuck" {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(3 * time.Second)
			g.note("< " + j.ID)
			return g.finish(ctx, j)
		}}})
		g.add(job("a1", "fan-a", g.now()), job("a2", "fan-a", g.now()), job("stuck", "fan-b", g.now()))
		stop := start(t, r)
		time.Sleep(time.Second)
		begin := time.Now()
		stop()
		if d := time.Since(begin); d != 10*time.Second {
			t.Errorf("the stop took %s, want the whole grace of 10s", d)
		}
		if got := g.done(); !slices.Contains(got, "< a1") || slices.Contains(got, "> a2") {
			t.Errorf("%v", got)
		}
		left, err := g.store.Lease(t.Context(), store.LeaseQuery{Now: g.now(), For: time.Minute, Owner: "next", Max: 10})
		if err != nil || len(left) != 2 || left[0].ID != "a2" || left[1].ID != "stuck" || left[1].Attempt != 0 {
			t.Errorf("given back: %+v, %v", left, err)
		}
		if _, err := r.Settle(t.Context()); err == nil {
			t.Error("Settle after the end is no error")
		}
		if err := r.Run(t.Context()); err == nil {
			t.Error("a second Run is no error")
		}
	})
}
