package scheduler

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"fanflow/store"
)

// Backoff is how long to wait after a failed try: five seconds after the first (attempt 1), twice as long after each further
// one, at most ten minutes, each up to a quarter longer or shorter. The same job and attempt always give the same.
func Backoff(jobID string, attempt int) time.Duration {
	const first, most = 5 * time.Second, 10 * time.Minute
	d := most
	if n := max(attempt, 1) - 1; n < 7 {
		d = min(first<<n, most)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", jobID, attempt)
	jitter := time.Duration(h.Sum64()%501) - 250 // thousandths
	return (d + d*jitter/1000).Truncate(time.Millisecond)
}

// do works one leased job to its end.
func (r *Runner) do(j store.Job) {
	late := max(0, r.c.Now().Sub(j.Due))
	worker, ok := r.c.Workers[j.Kind]
	if !ok {
		r.park(j)
		r.c.Observe(j.Kind, "unknown", late)
		return
	}
	outcome, err := call(r.work, worker, j)
	switch {
	case err == nil:
	case errors.Is(err, store.ErrGone):
		outcome = "gone"
	case r.work.Err() != nil:
		outcome = "stopped"
		r.release([]store.Job{j})
	default:
		r.retry(j, err)
	}
	r.c.Observe(j.Kind, outcome, late)
}

// panicked is what a worker's panic becomes.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("the worker panicked: %v", p.value) }

func call(ctx context.Context, w Worker, j store.Job) (outcome string, err error) {
	defer func() {
		if v := recover(); v != nil {
			outcome, err = "panic", &panicked{v, debug.Stack()}
		}
	}()
	if err := w(ctx, j); err != nil {
		return "retry", err
	}
	return "done", nil
}

// retry puts a failed job off.
func (r *Runner) retry(j store.Job, err error) {
	attempt := j.Attempt + 1
	due := r.c.Now().Add(Backoff(j.ID, attempt))
	r.c.Logger.Warn("a job failed and will be tried again",
		"account", j.Account, "kind", j.Kind, "job", j.ID, "attempt", attempt, "due", due, "err", err)
	var p *panicked
	if errors.As(err, &p) {
		r.c.Logger.Debug("a worker panicked", "job", j.ID, "stack", string(p.stack))
	}
	r.snooze(j, store.Snooze{Job: j.ID, Due: due, Attempt: attempt, Why: clip(err.Error(), 500)})
}

// park puts a job of a kind that nobody works aside.
func (r *Runner) park(j store.Job) {
	r.mu.Lock()
	first := !r.unknown[j.Kind]
	r.unknown[j.Kind] = true
	r.mu.Unlock()
	why := fmt.Sprintf("this program has no worker for jobs of kind %q", j.Kind)
	if first {
		r.c.Logger.Error("jobs are parked: "+why, "account", j.Account, "kind", j.Kind, "job", j.ID)
	}
	r.snooze(j, store.Snooze{Job: j.ID, Due: j.Due, Attempt: j.Attempt, Why: why, Parked: true})
}

// snooze moves a job. When that cannot be written either, the lease keeps the job away for a while.
func (r *Runner) snooze(j store.Job, z store.Snooze) {
	now := r.c.Now()
	c := store.Change{
		Fan: store.FanID{Account: j.Account}, Base: store.AnyRev, At: now, Snooze: []store.Snooze{z},
		Cause: Cause(now, "snooze", j.ID, strconv.Itoa(z.Attempt)),
	}
	_, err := r.c.Store.Commit(r.work, c)
	if err != nil {
		_, err = r.c.Store.Commit(r.work, c) // an error means unknown: the same cause finds out
	}
	if err != nil && r.work.Err() == nil {
		r.c.Logger.Error("a job could not be put off; it comes again when its lease runs out", "job", j.ID, "err", err)
	}
}

// Cause names a decision that no push and no job's end stands for; the same time, to the second, and words give the same. It
// begins with the time, as causes of receipts must.
func Cause(now time.Time, what string, about ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(about, "\x00")))
	return fmt.Sprintf("%08x-%s-%x", uint32(now.Unix()), what, sum[:12])
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 { // not inside a character
		n--
	}
	return s[:n] + "…"
}
