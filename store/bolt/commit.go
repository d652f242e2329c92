package bolt

import (
	"context"
	"slices"

	"fanflow/store"
)

// Commit applies a Change once. What can be done without the group is done here, beside other callers.
func (s *Store) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if err := c.Validate(); err != nil {
		return store.Receipt{}, err
	}
	c = c.Normal()
	return do(ctx, s, size(&c), func(g *group) (store.Receipt, func(), error) {
		p := &plan{g: g, c: &c}
		return p.check()
	})
}

// size is about what the Change takes up.
func size(c *store.Change) int {
	n := 1024 + len(c.Receipt)
	for i := range c.Entries {
		n += 256 + len(c.Entries[i].Text) + len(c.Entries[i].Value)
	}
	for i := range c.Jobs {
		n += 256 + len(c.Jobs[i].Args)
	}
	for i := range c.Sends {
		n += 512 + len(c.Sends[i].Content)
	}
	return n
}

// plan is a Change on its way: every step of check looks, refuses, or adds writes. Everything that can fail, such as encoding,
// happens in check; the writes only move what is ready into cells.
type plan struct {
	g      *group
	c      *store.Change
	fan    *cell[store.Fan]
	total  *cell[store.Totals]
	rev    uint64 // of the fan after the Change
	writes []func()
}

func (p *plan) then(write func()) { p.writes = append(p.writes, write) }

// check goes through the promises in their order: cause, revisions, entries, claims, spends.
func (p *plan) check() (store.Receipt, func(), error) {
	old, err := p.cause()
	if old != nil || err != nil {
		return replayed(old), nil, err
	}
	for _, step := range []func() error{p.load, p.unmoved, p.entries, p.keys, p.spends, p.jobs, p.sends} {
		if err := step(); err != nil {
			return store.Receipt{}, nil, err
		}
	}
	r := p.c.NewReceipt(p.rev)
	r.Reply = slices.Clone(r.Reply)
	if err := p.receipt(r); err != nil {
		return store.Receipt{}, nil, err
	}
	return r, func() {
		for _, w := range p.writes {
			w()
		}
	}, nil
}

func replayed(r *store.Receipt) store.Receipt {
	if r == nil {
		return store.Receipt{}
	}
	return store.Receipt{Rev: r.Rev, Reply: slices.Clone(r.Reply), At: r.At, Until: r.Until, Replayed: true}
}

// endsCause says whether the Change ends the job that caused it: then the job's being there is the check.
func (p *plan) endsCause() bool { return slices.Contains(p.c.Done, p.c.Cause) }

// cause finds out whether the cause was applied before.
func (p *plan) cause() (*store.Receipt, error) {
	if p.endsCause() {
		j, err := p.g.jobs.cell(jobKey{p.c.Fan.Account, p.c.Cause}.key())
		if err == nil && !j.there {
			err = store.ErrGone
		}
		return nil, err
	}
	r, err := p.g.receipts.cell(receiptKey(p.c.Fan, p.c.Cause))
	if err != nil || !r.there {
		return nil, err
	}
	return &r.v, nil
}

func (p *plan) load() (err error) {
	if p.fan, err = p.g.fans.cell(fanKey(p.c.Fan)); err != nil {
		return err
	}
	p.total, err = p.g.totals.cell(p.c.Fan.Account)
	return err
}

// unmoved checks the revisions that the decision was made on, and that what it cancels still waits.
func (p *plan) unmoved() error {
	if p.c.Fan.OpenID != "" && p.c.Base != store.AnyRev && p.c.Base != p.fan.v.Rev {
		return store.ErrConflict
	}
	for _, r := range p.c.Reads {
		k, err := p.g.kv.cell(join(p.c.Fan.Account, r.Key))
		if err != nil {
			return err
		}
		if k.v.Rev != r.Rev {
			return store.ErrConflict
		}
	}
	for _, cancel := range p.c.Cancels {
		s, err := p.g.sends.cell(join(p.c.Fan.Account, cancel.Send))
		if err != nil {
			return err
		}
		if !s.there || s.v.Status != store.Waiting {
			return store.ErrConflict
		}
	}
	return nil
}

// entries folds the Change into the fan.
func (p *plan) entries() error {
	id := p.c.Fan
	if id.OpenID == "" {
		return nil
	}
	a, err := store.Apply(p.fan.v, *p.c)
	if err != nil {
		return err
	}
	b, err := encode(&a.Fan)
	if err != nil {
		return err
	}
	p.rev = a.Fan.Rev
	p.index(&p.fan.v, &a.Fan)
	p.then(func() {
		p.fan.set(a.Fan, b)
		p.total.v.Fans += a.Seen
		p.total.v.Subscribed += a.Followed
		p.total.set(p.total.v, nil)
	})
	for i := range a.Rows {
		if err := p.append(bucketJournal, under(id.Account, id.OpenID)+number(a.Rows[i].Seq), &a.Rows[i]); err != nil {
			return err
		}
	}
	if a.Base != nil {
		base, err := p.g.bases.cell(fanKey(id))
		if err != nil {
			return err
		}
		p.then(func() { base.set(*a.Base, nil) })
	}
	for i := range a.Ended {
		key := under(id.Account, id.OpenID) + number(a.Fan.Rev) + number(uint64(i))
		if err := p.append(bucketEnded, key, &a.Ended[i]); err != nil {
			return err
		}
	}
	return p.count(&a)
}

// append writes a record that nobody looks up within a group.
func (p *plan) append(id bucketID, key string, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	p.then(func() { p.g.put(id, key, b) })
	return nil
}

// index follows what the fan's tags and flows have become.
func (p *plan) index(before, after *store.Fan) {
	account, openid := after.ID.Account, after.ID.OpenID
	for _, tag := range before.Tags {
		if !after.Has(tag) {
			p.then(func() { p.g.drop(bucketFanTags, join(account, tag, openid)) })
		}
	}
	for _, tag := range after.Tags {
		if !before.Has(tag) {
			p.then(func() { p.g.mark(bucketFanTags, join(account, tag, openid)) })
		}
	}
	for i := range before.Live {
		if flow := before.Live[i].Flow; after.Enrolled(flow) == nil {
			p.then(func() { p.g.drop(bucketFanFlows, join(account, flow, openid)) })
		}
	}
	for i := range after.Live {
		if flow := after.Live[i].Flow; before.Enrolled(flow) == nil {
			p.then(func() { p.g.mark(bucketFanFlows, join(account, flow, openid)) })
		}
	}
}

// count adds to the funnel counters, those of cohorts too, and to the live counts of states.
func (p *plan) count(a *store.Applied) error {
	account := p.c.Fan.Account
	for _, n := range a.Counts {
		sum, err := p.g.counts.cell(countKey(&n.Count, account, n.Flow, n.Day))
		if err != nil {
			return err
		}
		p.then(func() {
			sum.v.Day, sum.v.State, sum.v.Goal = n.Day, n.State, n.Goal
			sum.v.Add(n.Count)
			sum.set(sum.v, nil)
		})
		for _, part := range n.CohortCounts() {
			sum, err := p.g.cohorts.cell(cohortsUnder(account, n.Flow, part.Tag != "") + cohortKey(&part))
			if err != nil {
				return err
			}
			p.then(func() {
				if !sum.there {
					sum.v = store.CohortCount{Cohort: part.Cohort, Tag: part.Tag, Count: store.Count{Day: n.Day, State: n.State, Goal: n.Goal}}
				}
				sum.v.Add(part.Count)
				sum.set(sum.v, nil)
			})
		}
	}
	for _, m := range a.Moved {
		live, err := p.g.waiting.cell(join(account, m.Flow, m.State))
		if err != nil {
			return err
		}
		p.then(func() {
			if live.v += m.By; live.v == 0 {
				live.remove()
			} else {
				live.set(live.v, nil)
			}
		})
	}
	return nil
}

// receipt keeps what was answered, unless the job's end says that the cause was applied.
func (p *plan) receipt(r store.Receipt) error {
	if p.endsCause() {
		return nil
	}
	key := receiptKey(p.c.Fan, p.c.Cause)
	kept, err := p.g.receipts.cell(key)
	if err != nil {
		return err
	}
	b, err := encode(&r)
	if err != nil {
		return err
	}
	p.then(func() {
		kept.set(r, b)
		p.g.mark(bucketReceiptAge, instant(r.Expires())+key)
	})
	return nil
}
