package mem

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

// Lease gives due jobs that nobody holds.
func (s *Store) Lease(ctx context.Context, q store.LeaseQuery) ([]store.Job, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	wall := time.Now() // leases hold by the wall clock
	var due []store.Job
	for k, j := range s.jobs {
		if !j.Parked && !j.Due.After(q.Now) && !s.held(k, wall) {
			due = append(due, j)
		}
	}
	slices.SortFunc(due, func(a, b store.Job) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.ID, b.ID), strings.Compare(a.Account, b.Account))
	})
	due = due[:min(len(due), store.PageSize(q.Max))]
	for i := range due {
		s.leases[key{due[i].Account, due[i].ID}] = wall.Add(q.For)
	}
	return copied(due), nil
}

func (s *Store) held(k key, wall time.Time) bool {
	until, ok := s.leases[k]
	return ok && wall.Before(until)
}

// Release gives jobs back.
func (s *Store) Release(ctx context.Context, account string, ids ...string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.leases, key{account, id})
	}
	return nil
}

// NextDue is the earliest due time of the jobs that nobody holds.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	wall := time.Now() // leases hold by the wall clock
	var next time.Time
	for k, j := range s.jobs {
		if !j.Parked && !s.held(k, wall) && (next.IsZero() || j.Due.Before(next)) {
			next = j.Due
		}
	}
	return next, nil
}

// Job gives one job.
func (s *Store) Job(ctx context.Context, account, id string) (store.Job, error) {
	if err := s.enter(ctx); err != nil {
		return store.Job{}, err
	}
	defer s.mu.Unlock()
	j, ok := s.jobs[key{account, id}]
	if !ok {
		return store.Job{}, store.ErrNotFound
	}
	return copied(j), nil
}

// Jobs pages an account's jobs by Due and ID.
func (s *Store) Jobs(ctx context.Context, account string, filter store.JobFilter, cursor string, limit int) ([]store.Job, string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var all []store.Job
	for k, j := range s.jobs {
		if k.account == account && filter.Match(&j) {
			all = append(all, j)
		}
	}
	return page(all, func(j *store.Job) string { return order(j.Due, j.ID) }, false, cursor, limit)
}
