package bolt

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// Counts gives a flow's funnel counters.
func (s *Store) Counts(ctx context.Context, account, flow, from, to string) (list []store.Count, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		prefix := []byte(under(account, flow))
		c := bucket(tx, bucketCounts).Cursor()
		for k, b := c.Seek(slices.Concat(prefix, []byte(from))); k != nil && bytes.HasPrefix(k, prefix); k, b = c.Next() {
			var n store.Count
			if err := decode(b, &n); err != nil {
				return err
			}
			if to != "" && n.Day > to {
				return nil
			}
			list = append(list, n)
		}
		return nil
	})
	return list, err
}

// Cohorts pages the funnel counters of a flow's cohorts, or of its fans' tags.
func (s *Store) Cohorts(ctx context.Context, account, flow string, q store.CohortQuery, cursor string, limit int) (list []store.CohortCount, next string, err error) {
	w := walk{bucket: bucketCohorts, prefix: cohortsUnder(account, flow, q.Tags)}
	if w.after, err = cursorKey(w.prefix, cursor); err != nil {
		return nil, "", err
	}
	if w.after == nil && q.From != "" {
		w.after = []byte(w.prefix + q.From) // which no key is
	}
	size := store.PageSize(limit)
	err = w.run(ctx, s, func(_ *bbolt.Tx, _, v []byte) (bool, error) {
		var n store.CohortCount
		if err := decode(v, &n); err != nil || q.To != "" && n.Day > q.To {
			return false, err
		}
		if len(list) == size {
			next = newCursor(cohortKey(&list[size-1]))
			return false, nil
		}
		list = append(list, n)
		return true, nil
	})
	return list, next, err
}

// Waiting gives the live enrollments of a flow's states; states with none are left out.
func (s *Store) Waiting(ctx context.Context, account, flow string) (map[string]int64, error) {
	prefix := under(account, flow)
	m := map[string]int64{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, bucketWaiting, prefix, func(key []byte, n int64) error {
			m[string(key[len(prefix):])] = n
			return nil
		})
	})
	return m, err
}

// Totals sums up an account.
func (s *Store) Totals(ctx context.Context, account string) (t store.Totals, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := find(tx, bucketTotals, account, &t)
		return err
	})
	return t, err
}

// Quotas lists an account's windows that have not reset.
func (s *Store) Quotas(ctx context.Context, account string, now time.Time) (list []store.Quota, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, bucketQuotas, under(account), func(_ []byte, q store.Quota) error {
			if !q.Resets.Before(now) {
				list = append(list, q)
			}
			return nil
		})
	})
	return list, err
}

// sweepStep is how many receipts one commit removes.
const sweepStep = 1000

// Sweep removes receipts that expired before now.
func (s *Store) Sweep(ctx context.Context, now time.Time) (n int, err error) {
	s.sweep.Lock()
	defer s.sweep.Unlock()
	for {
		old, err := s.aged(ctx, now)
		if err != nil {
			return n, err
		}
		if len(old) == 0 {
			return n, nil
		}
		_, err = do(ctx, s, 128*len(old), func(g *group) (struct{}, func(), error) {
			kept := make([]*cell[store.Receipt], len(old))
			for i, age := range old {
				c, err := g.receipts.cell(age[8:])
				if err != nil {
					return struct{}{}, nil, err
				}
				kept[i] = c
			}
			return struct{}{}, func() {
				for i, age := range old {
					kept[i].remove()
					g.drop(bucketReceiptAge, age)
				}
			}, nil
		})
		if err != nil {
			return n, err
		}
		n += len(old)
	}
}

// Receipts lists the receipts of a span of time. The index is by expiry, a day after At for all that are wanted, so those that
// are kept longer are passed over unless they expire in the very span.
func (s *Store) Receipts(ctx context.Context, since, until time.Time) (list []store.Given, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketReceiptAge).Cursor()
		for k, _ := c.Seek([]byte(instant(since.Add(24 * time.Hour)))); k != nil && !instantOf(k).After(until.Add(24*time.Hour)); k, _ = c.Next() {
			key := string(k[8:])
			var g store.Given
			if ok, err := find(tx, bucketReceipts, key, &g.Receipt); err != nil {
				return err
			} else if !ok || !g.Until.IsZero() {
				continue
			}
			names := strings.Split(key, "\x00")
			g.Fan, g.Cause = store.FanID{Account: names[0], OpenID: names[2]}, names[1]
			list = append(list, g)
		}
		return nil
	})
	return list, err
}

// aged gives some keys of the index of receipts that expired before a time.
func (s *Store) aged(ctx context.Context, before time.Time) (keys []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketReceiptAge).Cursor()
		for k, _ := c.First(); k != nil && len(keys) < sweepStep && instantOf(k).Before(before); k, _ = c.Next() {
			keys = append(keys, string(k))
		}
		return nil
	})
	return keys, err
}
