package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
)

// Settle does everything that is due at Now, and what that makes due at once, and returns when nothing is due and nothing is at
// work: next is the earliest due instant after Now, zero if there is none. It is for a clock that stands still while it is
// stepped, and works without Run too.
//
// What Settle works it works one job after another in the order (Due, ID), so that the same queue always gives the same
// outcome; Run takes nothing up meanwhile. More than MaxPerInstant jobs at one instant are an error: something orders itself
// anew without a delay.
func (r *Runner) Settle(ctx context.Context) (next time.Time, err error) {
	r.settling.Lock()
	defer r.settling.Unlock()
	release := r.Hold()
	defer release()
	if err := r.idle(ctx); err != nil {
		return next, err
	}
	var instant time.Time
	for n := 0; ; n++ {
		now := r.c.Now()
		if !now.Equal(instant) {
			instant, n = now, 0
		}
		if n > r.c.MaxPerInstant {
			return next, fmt.Errorf("over %d jobs were due at %s: something orders itself anew without a delay",
				r.c.MaxPerInstant, now.Format(time.RFC3339Nano))
		}
		worked, err := r.one(ctx, now)
		if err != nil {
			return next, err
		}
		if worked {
			continue
		}
		next, err := r.c.Store.NextDue(ctx)
		if err != nil {
			return next, fmt.Errorf("read the next due time: %w", err)
		}
		if next.IsZero() || next.After(now) {
			return next, nil
		}
	}
}

// one works the first job due at now, if there is one.
func (r *Runner) one(ctx context.Context, now time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	j, q, err := r.leaseOne(ctx, now)
	if err != nil || q == nil {
		return false, err
	}
	r.do(j)
	r.mu.Lock()
	r.lanes.end(q, &j)
	r.mu.Unlock()
	return true, nil
}

func (r *Runner) leaseOne(ctx context.Context, now time.Time) (j store.Job, q *lane, err error) {
	r.feed.Lock()
	defer r.feed.Unlock()
	if r.stopped {
		return j, nil, errors.New("the scheduler has stopped")
	}
	jobs, err := r.c.Store.Lease(ctx, store.LeaseQuery{Now: now, For: leaseFor, Owner: r.owner, Max: 1})
	if err != nil {
		return j, nil, fmt.Errorf("lease due jobs: %w", err)
	}
	if len(jobs) == 0 {
		return j, nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lanes.add(jobs[0])
	q, j = r.lanes.next()
	return j, q, nil
}
