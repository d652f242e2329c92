package mem

import (
	"context"
	"slices"

	"fanflow/store"
)

// Commit applies the Change once: first every check, then every write.
func (s *Store) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if err := c.Validate(); err != nil {
		return store.Receipt{}, err
	}
	c, err := written(c.Normal())
	if err != nil {
		return store.Receipt{}, err
	}
	if err := s.enter(ctx); err != nil {
		return store.Receipt{}, err
	}
	defer s.mu.Unlock()
	if old, err := s.cause(&c); old != nil || err != nil {
		return replayed(old), err
	}
	if err := s.unmoved(&c); err != nil {
		return store.Receipt{}, err
	}
	var a store.Applied
	if c.Fan.OpenID != "" {
		if a, err = store.Apply(s.fan(c.Fan), c); err != nil {
			return store.Receipt{}, err
		}
	}
	keys, err := s.claim(&c)
	if err != nil {
		return store.Receipt{}, err
	}
	quotas, err := s.spend(&c)
	if err != nil {
		return store.Receipt{}, err
	}

	s.writeFan(&c, a)
	s.writeJobs(&c)
	s.writeKeys(&c, keys)
	for k, q := range quotas {
		s.quotas[k] = q
	}
	for _, cancel := range c.Cancels {
		k := key{c.Fan.Account, cancel.Send}
		d := s.sends[k]
		d.Status, d.Reason = store.Cancelled, cancel.Why
		s.sends[k] = d
	}
	for _, d := range c.Sends {
		s.sends[key{c.Fan.Account, d.ID}] = d
	}
	r := c.NewReceipt(a.Fan.Rev)
	if !endsCause(&c) {
		s.receipts[receiptKey{c.Fan, c.Cause}] = r
	}
	return copied(r), nil
}

func replayed(r *store.Receipt) store.Receipt {
	if r == nil {
		return store.Receipt{}
	}
	again := *r
	again.Reply = slices.Clone(r.Reply)
	again.Replayed = true
	return again
}

// endsCause says whether the Change ends the job that caused it: then the job's being there is the check.
func endsCause(c *store.Change) bool { return slices.Contains(c.Done, c.Cause) }

// cause finds out whether the cause was applied before.
func (s *Store) cause(c *store.Change) (*store.Receipt, error) {
	if endsCause(c) {
		if _, ok := s.jobs[key{c.Fan.Account, c.Cause}]; !ok {
			return nil, store.ErrGone
		}
		return nil, nil
	}
	if r, ok := s.receipts[receiptKey{c.Fan, c.Cause}]; ok {
		return &r, nil
	}
	return nil, nil
}

// unmoved checks the revisions that the decision was made on, and that what it cancels still waits.
func (s *Store) unmoved(c *store.Change) error {
	if c.Fan.OpenID != "" && c.Base != store.AnyRev && c.Base != s.fans[c.Fan].Rev {
		return store.ErrConflict
	}
	for _, r := range c.Reads {
		if s.kv[key{c.Fan.Account, r.Key}].Rev != r.Rev {
			return store.ErrConflict
		}
	}
	for _, cancel := range c.Cancels {
		if s.sends[key{c.Fan.Account, cancel.Send}].Status != store.Waiting {
			return store.ErrConflict
		}
	}
	return nil
}

// claim takes the units on copies of their pools.
func (s *Store) claim(c *store.Change) (map[string]store.KV, error) {
	keys := map[string]store.KV{}
	for i, cl := range c.Claims {
		k, ok := keys[cl.Key]
		if !ok {
			k = s.kv[key{c.Fan.Account, cl.Key}]
			k.Key, k.Free = cl.Key, slices.Clone(k.Free)
		}
		if !k.Take(cl.From, cl.To) {
			return nil, &store.RefusedError{Claim: &c.Claims[i]}
		}
		keys[cl.Key] = k
	}
	return keys, nil
}

// spend books the spends on copies of their windows.
func (s *Store) spend(c *store.Change) (map[quotaKey]store.Quota, error) {
	quotas := map[quotaKey]store.Quota{}
	for i, sp := range c.Spends {
		k := quotaKey{c.Fan.Account, sp.Quota, sp.Period}
		q, ok := quotas[k]
		if !ok {
			q = s.quotas[k]
			q.Quota, q.Period = sp.Quota, sp.Period
		}
		if !q.Spend(sp) {
			return nil, &store.RefusedError{Spend: &c.Spends[i]}
		}
		quotas[k] = q
	}
	return quotas, nil
}

func (s *Store) writeFan(c *store.Change, a store.Applied) {
	if c.Fan.OpenID == "" {
		return
	}
	s.fans[c.Fan] = a.Fan
	s.journal[c.Fan] = append(s.journal[c.Fan], a.Rows...)
	s.ended[c.Fan] = append(s.ended[c.Fan], a.Ended...)
	if a.Base != nil {
		s.bases[c.Fan] = *a.Base
	}
	for _, n := range a.Counts {
		k := countKey{c.Fan.Account, n.Flow, n.Day, n.State, n.Goal}
		sum, ok := s.counts[k]
		if !ok {
			sum = store.Count{Day: n.Day, State: n.State, Goal: n.Goal}
		}
		sum.Add(n.Count)
		s.counts[k] = sum
		for _, part := range n.CohortCounts() {
			k := cohortKey{k, part.Cohort, part.Tag}
			sum, ok := s.cohorts[k]
			if !ok {
				sum = store.CohortCount{Cohort: part.Cohort, Tag: part.Tag, Count: store.Count{Day: n.Day, State: n.State, Goal: n.Goal}}
			}
			sum.Add(part.Count)
			s.cohorts[k] = sum
		}
	}
	for _, m := range a.Moved {
		s.waiting[stateKey{c.Fan.Account, m.Flow, m.State}] += m.By
	}
	t := s.totals[c.Fan.Account]
	t.Fans += a.Seen
	t.Subscribed += a.Followed
	s.totals[c.Fan.Account] = t
}

// writeJobs ends, moves and adds jobs, in this order. Whatever happens to a job ends its lease.
func (s *Store) writeJobs(c *store.Change) {
	for _, id := range c.Ends() {
		delete(s.jobs, key{c.Fan.Account, id})
		delete(s.leases, key{c.Fan.Account, id})
	}
	for _, z := range c.Snooze {
		k := key{c.Fan.Account, z.Job}
		if j, ok := s.jobs[k]; ok {
			j.Due, j.Attempt, j.Why, j.Parked = z.Due, z.Attempt, z.Why, z.Parked
			s.jobs[k] = j
			delete(s.leases, k)
		}
	}
	for _, j := range c.Jobs {
		if _, ok := s.jobs[key{c.Fan.Account, j.ID}]; !ok {
			s.jobs[key{c.Fan.Account, j.ID}] = j
		}
	}
}

// writeKeys puts what was claimed, then what is written, each key under a revision of its own.
func (s *Store) writeKeys(c *store.Change, keys map[string]store.KV) {
	put := func(k store.KV) {
		s.kvRev++
		k.Rev = s.kvRev
		s.kv[key{c.Fan.Account, k.Key}] = k
	}
	for _, k := range keys {
		put(k)
	}
	for _, w := range c.Writes {
		if k := (store.KV{Key: w.Key}); k.Write(w.Value) {
			put(k)
		} else {
			delete(s.kv, key{c.Fan.Account, w.Key})
		}
	}
}
