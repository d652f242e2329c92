package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fanflow/store"
)

// job is due so many minutes after at.
func job(id string, minutes int) store.Job {
	return store.Job{ID: id, Account: "shop", OpenID: "ann", Kind: "timer", Due: at.Add(time.Duration(minutes) * time.Minute)}
}

func (b *bench) add(jobs ...store.Job) {
	b.Helper()
	ch := b.change(ann)
	ch.Jobs = jobs
	b.commit(ch)
}

// lease asks for what is due so many minutes after at, for an hour.
func (b *bench) lease(minutes, most int) []string {
	b.Helper()
	jobs := value(b.Lease(ctx, store.LeaseQuery{Now: at.Add(time.Duration(minutes) * time.Minute), For: time.Hour, Owner: "test", Max: most}))(b, "lease")
	return ids(jobs, jobID)
}

func (b *bench) due() time.Time {
	b.Helper()
	return value(b.NextDue(ctx))(b, "next due")
}

// testJobs: jobs are added once, moved, ended and listed by the time they are due.
func testJobs(t *testing.T, c Config) {
	t.Run("adding one that exists", func(t *testing.T) {
		b := open(t, c)
		b.add(job("j", 1))
		other := job("j", 9)
		other.Kind = "send"
		b.add(other)
		same(t, "job", value(b.Job(ctx, "shop", "j"))(t, "job"), job("j", 1))
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals").Jobs, int64(1))
	})
	t.Run("ended and added anew", func(t *testing.T) {
		b := open(t, c)
		b.add(job("j", 1))
		b.lease(1, 1)
		ch := b.change(ann)
		ch.Done, ch.Jobs = []string{"j"}, []store.Job{job("j", 9)}
		b.commit(ch)
		same(t, "job", value(b.Job(ctx, "shop", "j"))(t, "job"), job("j", 9))
		same(t, "due", b.lease(9, 1), []string{"j"})
	})
	t.Run("snooze and park", func(t *testing.T) {
		b := open(t, c)
		b.add(job("j", 1), job("k", 2))
		move := func(z store.Snooze) {
			ch := b.change(ann)
			ch.Snooze = []store.Snooze{z, {Job: "never was", Due: at}}
			b.commit(ch)
		}
		move(store.Snooze{Job: "j", Due: at.Add(5 * time.Minute), Attempt: 2, Why: "busy"})
		want := job("j", 5)
		want.Attempt, want.Why = 2, "busy"
		same(t, "snoozed", value(b.Job(ctx, "shop", "j"))(t, "job"), want)
		same(t, "due", b.lease(4, 9), []string{"k"})
		move(store.Snooze{Job: "j", Due: at, Parked: true})
		same(t, "parked is not due", b.lease(60, 9), []string(nil))
		same(t, "parked is not next", b.due(), time.Time{})
		same(t, "parked is listed", ids(list(b, store.JobFilter{}), jobID), []string{"j", "k"})
		move(store.Snooze{Job: "j", Due: at})
		same(t, "resumed", b.lease(0, 9), []string{"j"})
	})
	t.Run("lists", func(t *testing.T) {
		b := open(t, c)
		a, z := job("a", 3), job("z", 1)
		a.Flow, z.OpenID, z.Kind = "coupon", "ben", "send"
		parked := job("p", 2)
		parked.Parked = true
		b.add(a, z, parked, job("b", 3))
		same(t, "all", ids(list(b, store.JobFilter{}), jobID), []string{"z", "p", "a", "b"})
		same(t, "fan", ids(list(b, store.JobFilter{OpenID: "ann"}), jobID), []string{"p", "a", "b"})
		same(t, "kind", ids(list(b, store.JobFilter{Kind: "send"}), jobID), []string{"z"})
		same(t, "flow", ids(list(b, store.JobFilter{Flow: "coupon", Kind: "timer"}), jobID), []string{"a"})
		other, _, err := b.Jobs(ctx, "cafe", store.JobFilter{}, "", 0)
		if len(other) != 0 || err != nil {
			t.Fatalf("another account's: %v, %v", other, err)
		}
	})
}

func list(b *bench, q store.JobFilter) []store.Job {
	b.Helper()
	return pages(b, 1, func(cursor string, limit int) ([]store.Job, string, error) {
		return b.Jobs(ctx, "shop", q, cursor, limit)
	})
}

// testLeases: a due job is held by one worker at a time.
func testLeases(t *testing.T, c Config) {
	t.Run("order", func(t *testing.T) {
		b := open(t, c)
		b.add(job("c/02", 1), job("c/10", 1), job("b", 2), job("a", 3), job("c/01", 1))
		same(t, "nothing yet", b.lease(0, 9), []string(nil))
		same(t, "next", b.due(), at.Add(time.Minute))
		same(t, "two", b.lease(2, 2), []string{"c/01", "c/02"})
		same(t, "the rest that is due", b.lease(2, 9), []string{"c/10", "b"})
		same(t, "nothing more", b.lease(2, 9), []string(nil))
		same(t, "next that nobody holds", b.due(), at.Add(3*time.Minute))
		if err := b.Release(ctx, "shop", "b", "c/02", "never was"); err != nil {
			t.Fatal(err)
		}
		same(t, "next after release", b.due(), at.Add(time.Minute))
		same(t, "released", b.lease(9, 9), []string{"c/02", "b", "a"})
	})
	t.Run("ends with the job and with snooze", func(t *testing.T) {
		b := open(t, c)
		b.add(job("a", 0), job("b", 0))
		same(t, "both", b.lease(0, 9), []string{"a", "b"})
		ch := b.change(ann)
		ch.Done = []string{"a"}
		ch.Snooze = []store.Snooze{{Job: "b", Due: at}}
		b.commit(ch)
		same(t, "after", b.lease(0, 9), []string{"b"})
	})
	t.Run("runs out", func(t *testing.T) {
		b := open(t, c)
		b.add(job("a", 0), job("b", 0))
		q := store.LeaseQuery{Now: at, For: time.Millisecond, Owner: "slow", Max: 1}
		same(t, "first", ids(value(b.Lease(ctx, q))(t, "lease"), jobID), []string{"a"})
		for deadline := time.Now().Add(10 * time.Second); ; { // leases hold by the wall clock
			got := b.lease(0, 1)
			if len(got) == 1 && got[0] == "a" {
				return
			}
			if err := b.Release(ctx, "shop", got...); err != nil || time.Now().After(deadline) {
				t.Fatalf("the lease did not run out; release: %v", err)
			}
		}
	})
	t.Run("of several accounts", func(t *testing.T) {
		b := open(t, c)
		b.add(job("a", 2))
		other := job("a", 1)
		other.Account = "cafe"
		b.commit(store.Change{Fan: store.FanID{Account: "cafe"}, Cause: "c", At: at, Jobs: []store.Job{other}})
		jobs := value(b.Lease(ctx, store.LeaseQuery{Now: at.Add(time.Hour), For: time.Hour, Max: 9}))(t, "lease")
		same(t, "accounts", ids(jobs, func(j store.Job) string { return j.Account }), []string{"cafe", "shop"})
	})
	t.Run("never twice", func(t *testing.T) { leaseTogether(t, open(t, c)) })
	t.Run("free after a restart", func(t *testing.T) {
		if c.Reopen == nil {
			return // nothing is left after a restart
		}
		b := open(t, c)
		b.add(job("a", 0))
		b.lease(0, 1)
		b.Store = c.Reopen(t, b.Store)
		same(t, "due", b.lease(0, 1), []string{"a"})
	})
}

// leaseTogether lets eight workers take and end jobs while others are added; each job is done by exactly one.
func leaseTogether(t *testing.T, b *bench) {
	const jobs = 200
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := map[string]int{}
	own := store.FanID{Account: "shop"}
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < jobs; i += 8 {
				id := fmt.Sprintf("j%03d", i)
				if _, err := b.Commit(ctx, store.Change{Fan: own, Cause: "add " + id, At: at, Jobs: []store.Job{job(id, i%3)}}); err != nil {
					t.Errorf("add: %v", err)
				}
				got, err := b.Lease(ctx, store.LeaseQuery{Now: at.Add(time.Hour), For: time.Hour, Max: 3})
				if err != nil {
					t.Errorf("lease: %v", err)
				}
				for _, j := range got {
					_, err := b.Commit(ctx, store.Change{Fan: own, Cause: j.ID, Done: []string{j.ID}, At: at})
					if err != nil && !errors.Is(err, store.ErrGone) {
						t.Errorf("end: %v", err)
					}
					mu.Lock()
					done[j.ID]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, id := range b.lease(60, jobs) {
		done[id]++
	}
	for id, n := range done {
		if n != 1 {
			t.Errorf("%s was leased %d times", id, n)
		}
	}
	if len(done) != jobs {
		t.Errorf("%d jobs were leased; want %d", len(done), jobs)
	}
}
