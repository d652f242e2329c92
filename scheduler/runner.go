package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"fanflow/store"
)

const (
	leaseFor = 10 * time.Minute // wall clock; a job that works longer is protected inside one process only
	batch    = 256              // jobs leased at once
	poll     = time.Second      // the longest wait between two looks into the queue
	shortest = 5 * time.Millisecond
	grace    = 10 * time.Second // how long workers may go on after a stop
)

// Worker does a job. It commits the job's end itself (Done, or a Snooze); nil means that it has. An error means that the job is
// to be tried again later; store.ErrGone that it had ended already. The context ends when the runner has to stop.
type Worker func(ctx context.Context, job store.Job) error

// Config says what a Runner works on.
type Config struct {
	Store store.Store
	// Now is the clock by which jobs are due. It may stand still.
	Now func() time.Time
	// Workers by kind of job. The kind "cron" is the runner's own unless one is given here.
	Workers map[string]Worker
	// Apart are kinds of jobs that may wait long for another system: a fan's other jobs do not wait for them, and neither do those of the same
	// kind of another flow (of another name where Flow is empty).
	Apart []string
	// Parallel is how many jobs are worked at the same time; 0 means 64.
	Parallel int
	// MaxPerInstant is how many jobs Settle works at one instant before it takes them for an endless loop; 0 means 1,000,000.
	MaxPerInstant int
	Logger        *slog.Logger // nil: slog.Default
	// Observe, if not nil, is told of each job that was worked: the outcome is done, gone (it had ended already), retry, panic
	// (a retry too), unknown (no worker for its kind: parked) or stopped (given back); lateness is from Due to the start. It is
	// called from many goroutines.
	Observe func(kind, outcome string, lateness time.Duration)
}

// Runner leases due jobs and runs their workers. All methods are safe for concurrent use.
type Runner struct {
	c     Config
	owner string
	wake  chan struct{}

	work   context.Context // the workers' context; it outlives Run's by the grace
	cancel context.CancelFunc

	cron     sync.Mutex // held while cron entries or their jobs change
	settling sync.Mutex // one Settle at a time
	feed     sync.Mutex // held while jobs are leased and taken over, so that nobody sees the moment between; taken before mu
	mu       sync.Mutex
	started  bool
	stopped  bool
	holds    int
	lanes    lanes
	hungry   bool            // there was no room for jobs that are or may be due
	unknown  map[string]bool // kinds that were logged as unknown
}

// New makes a Runner. Nothing happens before Run or Settle.
func New(c Config) (*Runner, error) {
	if c.Store == nil || c.Now == nil {
		return nil, errors.New("a scheduler needs a store and a clock")
	}
	if c.Parallel <= 0 {
		c.Parallel = 64
	}
	if c.MaxPerInstant <= 0 {
		c.MaxPerInstant = 1_000_000
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Observe == nil {
		c.Observe = func(string, string, time.Duration) {}
	}
	r := &Runner{c: c, owner: rand.Text(), wake: make(chan struct{}, 1), unknown: map[string]bool{}, lanes: newLanes(c.Apart)}
	r.c.Workers = map[string]Worker{cronKind: r.tick}
	maps.Copy(r.c.Workers, c.Workers)
	r.work, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Run works until ctx ends, then stops leasing, gives back what has not begun, and waits at most ten seconds for the workers.
// It returns nil after that, or an error when the store cannot be used any more. A Runner runs once.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.start(); err != nil {
		return err
	}
	defer r.stop()
	r.restoreEntries(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-timer.C:
		}
		wait, err := r.fill(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrClosed):
			return fmt.Errorf("lease due jobs: %w", err)
		case err != nil && !failing:
			r.c.Logger.Error("due jobs cannot be read; trying again", "err", err)
		}
		failing = err != nil
		timer.Reset(wait)
	}
}

func (r *Runner) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started {
		return errors.New("the scheduler has been started before")
	}
	r.started = true
	return nil
}

// Poke hints that something may be due now. It never blocks; a hint that is lost costs at most a second.
func (r *Runner) Poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Hold keeps Run from taking jobs up until release is called; what is at work goes on. A clock that is to be stepped is held
// first: then every job is worked by Settle, in order.
func (r *Runner) Hold() (release func()) {
	r.feed.Lock()
	defer r.feed.Unlock()
	r.holds++
	return sync.OnceFunc(func() {
		r.feed.Lock()
		r.holds--
		r.feed.Unlock()
		r.Poke()
	})
}

// fill leases what is due as far as there is room, and says how long to wait for the next look.
func (r *Runner) fill(ctx context.Context) (time.Duration, error) {
	r.feed.Lock()
	defer r.feed.Unlock()
	if r.holds > 0 || r.stopped || !r.wantsJobs() {
		return poll, nil
	}
	now := r.c.Now()
	jobs, err := r.c.Store.Lease(ctx, store.LeaseQuery{Now: now, For: leaseFor, Owner: r.owner, Max: batch})
	if err != nil {
		return poll, err
	}
	r.take(jobs)
	if len(jobs) == batch {
		r.Poke()
		return poll, nil
	}
	next, err := r.c.Store.NextDue(ctx)
	if err != nil || next.IsZero() {
		return poll, err
	}
	return min(poll, max(next.Sub(now), shortest)), nil
}

// stop ends the workers. What was leased and has not ended goes back into the queue as it was.
func (r *Runner) stop() {
	r.feed.Lock()
	r.stopped = true
	r.feed.Unlock()
	r.mu.Lock()
	waiting := r.lanes.clear()
	r.mu.Unlock()
	r.release(waiting)

	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if r.idle(ctx) != nil {
		r.cancel()
		late, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = r.idle(late)
	}
	r.cancel()
	r.mu.Lock()
	left := r.lanes.atWork()
	r.mu.Unlock()
	if len(left) > 0 {
		r.c.Logger.Warn("jobs did not end in time and are given back", "jobs", len(left))
		r.release(left)
	}
}

// release gives leased jobs back.
func (r *Runner) release(jobs []store.Job) {
	ids := map[string][]string{}
	for _, j := range jobs {
		ids[j.Account] = append(ids[j.Account], j.ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	for account, ids := range ids {
		if err := r.c.Store.Release(ctx, account, ids...); err != nil && !errors.Is(err, store.ErrClosed) {
			r.c.Logger.Warn("leased jobs could not be given back; they come again when their lease runs out",
				"account", account, "jobs", len(ids), "err", err)
		}
	}
}
