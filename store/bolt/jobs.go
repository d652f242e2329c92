package bolt

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// leases says which jobs somebody holds, and until when by the wall clock. The lock is taken before a view is opened and a
// lease ends only after the commit that ended or moved its job: who finds a job free in the view may take it.
type leases struct {
	mu   sync.Mutex
	held map[jobKey]time.Time
}

// free ends leases.
func (l *leases) free(keys ...jobKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		delete(l.held, k)
	}
}

// holds reports whether somebody holds the job. The lock is the caller's.
func (l *leases) holds(k jobKey, wall time.Time) bool {
	until, ok := l.held[k]
	return ok && wall.Before(until)
}

// Lease gives due jobs that nobody holds. It looks past the held ones at the head of the queue, of which there are no more than
// workers have taken.
func (s *Store) Lease(ctx context.Context, q store.LeaseQuery) ([]store.Job, error) {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	wall := time.Now() // leases hold by the wall clock
	var given []store.Job
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketDue).Cursor()
		for k, _ := c.First(); k != nil && !instantOf(k).After(q.Now) && len(given) < store.PageSize(q.Max); k, _ = c.Next() {
			key := dueJob(k)
			if s.leases.holds(key, wall) {
				continue
			}
			var j store.Job
			if err := get(tx, bucketJobs, key.key(), &j); err != nil {
				return fmt.Errorf("due job %s of %s: %w", key.id, key.account, err)
			}
			given = append(given, j)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range given {
		s.leases.held[jobKey{given[i].Account, given[i].ID}] = wall.Add(q.For)
	}
	return given, nil
}

// Release gives jobs back.
func (s *Store) Release(ctx context.Context, account string, ids ...string) error {
	if err := s.view(ctx, func(*bbolt.Tx) error { return nil }); err != nil { // is the store open
		return err
	}
	for _, id := range ids {
		s.leases.free(jobKey{account, id})
	}
	return nil
}

// NextDue is the earliest due time of the jobs that nobody holds.
func (s *Store) NextDue(ctx context.Context) (next time.Time, err error) {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	wall := time.Now() // leases hold by the wall clock
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketDue).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if !s.leases.holds(dueJob(k), wall) {
				next = instantOf(k)
				return nil
			}
		}
		return nil
	})
	return next, err
}

// Job gives one job.
func (s *Store) Job(ctx context.Context, account, id string) (j store.Job, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error { return get(tx, bucketJobs, jobKey{account, id}.key(), &j) })
	return j, err
}

// Jobs pages an account's jobs by Due and ID. The queue is one for all accounts, so other accounts' keys are passed over; so are
// other fans' keys, without reading their jobs.
func (s *Store) Jobs(ctx context.Context, account string, filter store.JobFilter, cursor string, limit int) (list []store.Job, next string, err error) {
	after, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, "", errors.New("the cursor is not one that a list of jobs gave")
	}
	size := store.PageSize(limit)
	for more := true; more && next == ""; {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			q := newQueues(tx, after)
			for range scanStep {
				k, openid := q.next()
				if k == nil {
					more = false
					return nil
				}
				if key := dueJob(k); key.account == account && (filter.OpenID == "" || filter.OpenID == string(openid)) {
					var j store.Job
					if err := get(tx, bucketJobs, key.key(), &j); err != nil {
						return fmt.Errorf("job %s of %s: %w", key.id, key.account, err)
					}
					if filter.Match(&j) {
						if len(list) == size {
							next = base64.RawURLEncoding.EncodeToString([]byte(dueKey(&list[size-1])))
							return nil
						}
						list = append(list, j)
					}
				}
				after = append(after[:0], k...)
			}
			return nil
		})
		if err != nil {
			return nil, "", err
		}
	}
	return list, next, nil
}

// queues goes through the due and the parked jobs together, in the order of their keys.
type queues struct {
	cursors [2]*bbolt.Cursor
	keys    [2][]byte
	values  [2][]byte
}

// newQueues begins behind a key.
func newQueues(tx *bbolt.Tx, after []byte) *queues {
	q := &queues{}
	for i, id := range []bucketID{bucketDue, bucketParked} {
		c := bucket(tx, id).Cursor()
		q.cursors[i] = c
		if q.keys[i], q.values[i] = c.Seek(after); len(after) > 0 && bytes.Equal(q.keys[i], after) {
			q.keys[i], q.values[i] = c.Next()
		}
	}
	return q
}

// next gives a key and its value; a nil key ends.
func (q *queues) next() (k, v []byte) {
	i := 0
	if q.keys[0] == nil || q.keys[1] != nil && bytes.Compare(q.keys[1], q.keys[0]) < 0 {
		i = 1
	}
	k, v = q.keys[i], q.values[i]
	if k != nil {
		q.keys[i], q.values[i] = q.cursors[i].Next()
	}
	return k, v
}
