package scheduler

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"fanflow/store"
)

// laneKey names the jobs that go one after another: a fan's, or an account's own of one kind; those of a kind that stands apart for each
// flow, or name, alone.
type laneKey struct{ account, openID, kind, flow string }

func (l *lanes) laneOf(j *store.Job) laneKey {
	if slices.Contains(l.apart, j.Kind) {
		return laneKey{account: j.Account, openID: j.OpenID, kind: j.Kind, flow: cmp.Or(j.Flow, j.Name)}
	}
	if j.OpenID != "" {
		return laneKey{account: j.Account, openID: j.OpenID}
	}
	return laneKey{account: j.Account, kind: j.Kind}
}

type jobKey struct{ account, id string }

func keyOf(j *store.Job) jobKey { return jobKey{j.Account, j.ID} }

// lane is a queue of leased jobs in the order (Due, ID). It is in lanes.ready unless its first job is at work.
type lane struct {
	key  laneKey
	jobs []store.Job
	busy bool
}

// lanes hold every job that this process has leased until it has ended. Not safe for concurrent use: Runner.mu guards it.
type lanes struct {
	byKey map[laneKey]*lane
	ready []*lane
	held  map[jobKey]store.Job
	work  map[jobKey]store.Job // of held: at work
	// empty is closed while nothing is held.
	empty chan struct{}
	apart []string // kinds, as Config.Apart
}

func newLanes(apart []string) lanes {
	l := lanes{apart: apart, byKey: map[laneKey]*lane{}, held: map[jobKey]store.Job{}, work: map[jobKey]store.Job{}, empty: make(chan struct{})}
	close(l.empty)
	return l
}

// add takes a leased job over, and reports false for one that is held already: its lease ran out and it was leased again.
func (l *lanes) add(j store.Job) bool {
	if _, ok := l.held[keyOf(&j)]; ok {
		return false
	}
	if len(l.held) == 0 {
		l.empty = make(chan struct{})
	}
	l.held[keyOf(&j)] = j
	key := l.laneOf(&j)
	q, ok := l.byKey[key]
	if !ok {
		q = &lane{key: key}
		l.byKey[key] = q
	}
	i, _ := slices.BinarySearchFunc(q.jobs, j, byDue)
	q.jobs = slices.Insert(q.jobs, i, j)
	if !q.busy && len(q.jobs) == 1 {
		l.ready = append(l.ready, q)
	}
	return true
}

func byDue(a, b store.Job) int { return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.ID, b.ID)) }

// next takes the first job of the lane that has waited longest.
func (l *lanes) next() (*lane, store.Job) {
	q := l.ready[0]
	l.ready = l.ready[1:]
	j := q.jobs[0]
	q.jobs, q.busy = q.jobs[1:], true
	l.work[keyOf(&j)] = j
	return q, j
}

// end is told that a job of the lane is over; its next one may go.
func (l *lanes) end(q *lane, j *store.Job) {
	q.busy = false
	if len(q.jobs) > 0 {
		l.ready = append(l.ready, q)
	} else {
		delete(l.byKey, q.key)
	}
	delete(l.work, keyOf(j))
	l.drop(j)
}

func (l *lanes) drop(j *store.Job) {
	delete(l.held, keyOf(j))
	if len(l.held) == 0 {
		close(l.empty)
	}
}

// clear drops the jobs that are not at work and gives them back.
func (l *lanes) clear() []store.Job {
	var waiting []store.Job
	for key, q := range l.byKey {
		for i := range q.jobs {
			waiting = append(waiting, q.jobs[i])
			l.drop(&q.jobs[i])
		}
		q.jobs = nil
		if !q.busy {
			delete(l.byKey, key)
		}
	}
	l.ready = nil
	return waiting
}

func (l *lanes) atWork() []store.Job {
	var jobs []store.Job
	for _, j := range l.work {
		jobs = append(jobs, j)
	}
	return jobs
}

// room says whether more jobs may be leased: some worker is free, and not everything waits behind one busy fan. r.mu is held.
func (r *Runner) room() bool {
	return len(r.lanes.ready) == 0 && len(r.lanes.work) < r.c.Parallel && len(r.lanes.held) < 4*batch
}

// wantsJobs is room, and remembers a no, so that the worker who makes room says so.
func (r *Runner) wantsJobs() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hungry = !r.room()
	return !r.hungry
}

// take puts leased jobs into their lanes and starts workers.
func (r *Runner) take(jobs []store.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range jobs {
		r.lanes.add(j)
	}
	r.dispatch()
}

// dispatch starts a worker for every ready lane while there are free ones. r.mu is held.
func (r *Runner) dispatch() {
	for len(r.lanes.ready) > 0 && len(r.lanes.work) < r.c.Parallel {
		q, j := r.lanes.next()
		go func() {
			r.do(j)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.lanes.end(q, &j)
			r.dispatch()
			if r.hungry && r.room() {
				r.Poke()
			}
		}()
	}
}

// idle waits until nothing is held.
func (r *Runner) idle(ctx context.Context) error {
	for {
		r.mu.Lock()
		n, empty := len(r.lanes.held), r.lanes.empty
		r.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-empty:
		}
	}
}
