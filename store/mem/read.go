package mem

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

// Journal lists a fan's rows after a number.
func (s *Store) Journal(ctx context.Context, fan store.FanID, after uint64, limit int) ([]store.Row, uint64, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	all := s.journal[fan]
	i, _ := slices.BinarySearchFunc(all, after+1, func(r store.Row, seq uint64) int { return cmp.Compare(r.Seq, seq) })
	rows := all[i:]
	var next uint64
	if n := store.PageSize(limit); len(rows) > n {
		rows, next = rows[:n], rows[n-1].Seq
	}
	return copied(rows), next, nil
}

// Base gives what a fan's journal starts from.
func (s *Store) Base(ctx context.Context, fan store.FanID) (store.Fan, error) {
	if err := s.enter(ctx); err != nil {
		return store.Fan{}, err
	}
	defer s.mu.Unlock()
	base := s.bases[fan]
	base.ID = fan
	return copied(base), nil
}

// Trim lets go of a fan's rows up to base.Seq.
func (s *Store) Trim(ctx context.Context, base store.Fan) error {
	base, err := written(base)
	if err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if !base.Starts(s.bases[base.ID], s.fans[base.ID]) {
		return store.ErrConflict
	}
	s.bases[base.ID] = base
	s.journal[base.ID] = slices.DeleteFunc(s.journal[base.ID], func(r store.Row) bool { return r.Seq <= base.Seq })
	return nil
}

// Ended lists a fan's ended enrollments.
func (s *Store) Ended(ctx context.Context, fan store.FanID) ([]store.Enrollment, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return copied(s.ended[fan]), nil
}

// List pages the fans of an account.
func (s *Store) List(ctx context.Context, account string, filter store.FanFilter, cursor string, limit int) ([]store.Fan, string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var all []store.Fan
	for id, f := range s.fans {
		if id.Account == account && filter.Match(&f) {
			all = append(all, f)
		}
	}
	return page(all, func(f *store.Fan) string { return f.ID.OpenID }, false, cursor, limit)
}

// KV reads a key.
func (s *Store) KV(ctx context.Context, account, name string) (store.KV, error) {
	if err := s.enter(ctx); err != nil {
		return store.KV{}, err
	}
	defer s.mu.Unlock()
	k := s.kv[key{account, name}]
	k.Key = name
	return copied(k), nil
}

// Counts gives a flow's funnel counters.
func (s *Store) Counts(ctx context.Context, account, flow, from, to string) ([]store.Count, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var all []store.Count
	for k, c := range s.counts {
		if k.account == account && k.flow == flow && k.day >= from && (to == "" || k.day <= to) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b store.Count) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.State, b.State), strings.Compare(a.Goal, b.Goal))
	})
	return copied(all), nil
}

// Cohorts pages the funnel counters of a flow's cohorts, or of its fans' tags.
func (s *Store) Cohorts(ctx context.Context, account, flow string, q store.CohortQuery, cursor string, limit int) ([]store.CohortCount, string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var all []store.CohortCount
	for k, n := range s.cohorts {
		if k.account == account && k.flow == flow && (k.tag != "") == q.Tags && k.day >= q.From && (q.To == "" || k.day <= q.To) {
			all = append(all, n)
		}
	}
	order := func(n *store.CohortCount) string {
		return strings.Join([]string{n.Day, n.Cohort + n.Tag, n.State, n.Goal}, "\x00")
	}
	return page(all, order, false, cursor, limit)
}

// Waiting gives the live enrollments of a flow's states; states with none are left out.
func (s *Store) Waiting(ctx context.Context, account, flow string) (map[string]int64, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	m := map[string]int64{}
	for k, n := range s.waiting {
		if k.account == account && k.flow == flow && n != 0 {
			m[k.state] = n
		}
	}
	return m, nil
}

// Totals sums up an account.
func (s *Store) Totals(ctx context.Context, account string) (store.Totals, error) {
	if err := s.enter(ctx); err != nil {
		return store.Totals{}, err
	}
	defer s.mu.Unlock()
	t := s.totals[account]
	for k := range s.jobs {
		if k.account == account {
			t.Jobs++
		}
	}
	return t, nil
}

// Quotas lists an account's windows that have not reset.
func (s *Store) Quotas(ctx context.Context, account string, now time.Time) ([]store.Quota, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var all []store.Quota
	for k, q := range s.quotas {
		if k.account == account && !q.Resets.Before(now) {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b store.Quota) int {
		return cmp.Or(strings.Compare(a.Quota, b.Quota), strings.Compare(a.Period, b.Period))
	})
	return copied(all), nil
}

// Send gives one send.
func (s *Store) Send(ctx context.Context, account, id string) (store.Send, error) {
	if err := s.enter(ctx); err != nil {
		return store.Send{}, err
	}
	defer s.mu.Unlock()
	d, ok := s.sends[key{account, id}]
	if !ok {
		return store.Send{}, store.ErrNotFound
	}
	return copied(d), nil
}

// Sends pages an account's sends by Created and ID, newest first.
func (s *Store) Sends(ctx context.Context, account string, filter store.SendFilter, cursor string, limit int) ([]store.Send, string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var all []store.Send
	for k, d := range s.sends {
		if k.account == account && filter.Match(&d) {
			all = append(all, d)
		}
	}
	return page(all, func(d *store.Send) string { return order(d.Created, d.ID) }, true, cursor, limit)
}

// page sorts by the items' distinct orders, or the other way round, and gives those after the cursor, which is the order of
// the last one given.
func page[T any](all []T, order func(*T) string, newest bool, cursor string, limit int) ([]T, string, error) {
	byOrder := make(map[string]T, len(all))
	for i := range all {
		byOrder[order(&all[i])] = all[i]
	}
	orders := slices.Sorted(maps.Keys(byOrder))
	if newest {
		slices.Reverse(orders)
	}
	if cursor != "" {
		orders = slices.DeleteFunc(orders, func(o string) bool { return o == cursor || (o < cursor) != newest })
	}
	next := ""
	if n := store.PageSize(limit); len(orders) > n {
		orders, next = orders[:n], orders[n-1]
	}
	items := make([]T, len(orders))
	for i, o := range orders {
		items[i] = byOrder[o]
	}
	return copied(items), next, nil
}

// order sorts as (t, id) do.
func order(t time.Time, id string) string { return t.Format("2006-01-02T15:04:05.000Z ") + id }
