package bolt

import (
	"maps"
	"slices"

	"fanflow/store"
)

// drafts are records as they will be once the steps of one Change are through; several steps may touch the same one.
type drafts[T any] struct {
	shelf *shelf[T]
	by    map[string]*draft[T]
}

type draft[T any] struct {
	cell  *cell[T]
	v     T
	there bool
}

func newDrafts[T any](s *shelf[T]) drafts[T] { return drafts[T]{s, map[string]*draft[T]{}} }

// of gives the draft of a record, begun as the group has it.
func (d drafts[T]) of(key string) (*draft[T], error) {
	if r, ok := d.by[key]; ok {
		return r, nil
	}
	c, err := d.shelf.cell(key)
	if err != nil {
		return nil, err
	}
	r := &draft[T]{cell: c, v: c.v, there: c.there}
	d.by[key] = r
	return r, nil
}

// each visits the drafts in the order of their keys.
func (d drafts[T]) each(visit func(*draft[T]) error) error {
	for _, key := range slices.Sorted(maps.Keys(d.by)) {
		if err := visit(d.by[key]); err != nil {
			return err
		}
	}
	return nil
}

// keys takes claims and then writes keys, each under a new revision.
func (p *plan) keys() error {
	d := newDrafts(&p.g.kv)
	for i, cl := range p.c.Claims {
		k, err := d.of(join(p.c.Fan.Account, cl.Key))
		if err != nil {
			return err
		}
		k.v.Key, k.v.Free, k.there = cl.Key, slices.Clone(k.v.Free), true
		if !k.v.Take(cl.From, cl.To) {
			return &store.RefusedError{Claim: &p.c.Claims[i]}
		}
	}
	for _, w := range p.c.Writes {
		k, err := d.of(join(p.c.Fan.Account, w.Key))
		if err != nil {
			return err
		}
		k.v.Key = w.Key
		k.there = k.v.Write(w.Value)
	}
	if len(d.by) == 0 {
		return nil
	}
	last, err := p.g.meta.cell(kvKey) // one count for all keys: a key removed and written again is not taken for the old one
	if err != nil {
		return err
	}
	return d.each(func(k *draft[store.KV]) error {
		p.then(func() {
			if !k.there {
				k.cell.remove()
				return
			}
			last.set(last.v+1, nil)
			k.v.Rev = last.v
			k.cell.set(k.v, nil)
		})
		return nil
	})
}

// spends books the spends.
func (p *plan) spends() error {
	d := newDrafts(&p.g.quotas)
	for i, sp := range p.c.Spends {
		q, err := d.of(join(p.c.Fan.Account, sp.Quota, sp.Period))
		if err != nil {
			return err
		}
		q.v.Quota, q.v.Period = sp.Quota, sp.Period
		if !q.v.Spend(sp) {
			return &store.RefusedError{Spend: &p.c.Spends[i]}
		}
	}
	return d.each(func(q *draft[store.Quota]) error {
		p.then(func() { q.cell.set(q.v, nil) })
		return nil
	})
}

// jobs ends, moves and adds jobs, in this order.
func (p *plan) jobs() error {
	d := newDrafts(&p.g.jobs)
	account := p.c.Fan.Account
	for _, id := range p.c.Ends() {
		j, err := d.of(jobKey{account, id}.key())
		if err != nil {
			return err
		}
		j.there = false
		p.free(account, id)
	}
	for _, z := range p.c.Snooze {
		j, err := d.of(jobKey{account, z.Job}.key())
		if err != nil {
			return err
		}
		if j.there {
			j.v.Due, j.v.Attempt, j.v.Why, j.v.Parked = z.Due, z.Attempt, z.Why, z.Parked
			p.free(account, z.Job)
		}
	}
	for _, add := range p.c.Jobs {
		j, err := d.of(jobKey{account, add.ID}.key())
		if err != nil {
			return err
		}
		if !j.there {
			j.v, j.there = add, true
		}
	}
	return d.each(p.job)
}

// free ends the lease of a job once the group is durable.
func (p *plan) free(account, id string) {
	p.then(func() { p.g.freed = append(p.g.freed, jobKey{account, id}) })
}

// job writes what became of one job, and its place in the queue.
func (p *plan) job(j *draft[store.Job]) (err error) {
	var b []byte
	if j.there {
		if b, err = encode(&j.v); err != nil {
			return err
		}
	}
	p.then(func() {
		if was := &j.cell.v; j.cell.there {
			p.g.drop(queue(was), dueKey(was))
			p.total.v.Jobs--
		}
		if j.there {
			p.g.put(queue(&j.v), dueKey(&j.v), []byte(j.v.OpenID))
			p.total.v.Jobs++
			j.cell.set(j.v, b)
		} else {
			j.cell.remove()
		}
		p.total.set(p.total.v, nil)
	})
	return nil
}

// queue is the index that a job stands in.
func queue(j *store.Job) bucketID {
	if j.Parked {
		return bucketParked
	}
	return bucketDue
}

// sends cancels sends, then adds and replaces them.
func (p *plan) sends() error {
	d := newDrafts(&p.g.sends)
	for _, cancel := range p.c.Cancels {
		r, err := d.of(join(p.c.Fan.Account, cancel.Send))
		if err != nil {
			return err
		}
		r.v.Status, r.v.Reason = store.Cancelled, cancel.Why
	}
	for _, s := range p.c.Sends {
		r, err := d.of(join(s.Account, s.ID))
		if err != nil {
			return err
		}
		r.v, r.there = s, true
	}
	return d.each(func(s *draft[store.Send]) error {
		b, err := encode(&s.v)
		if err != nil {
			return err
		}
		p.then(func() {
			now := sendIndex(&s.v)
			if s.cell.there {
				for id, key := range sendIndex(&s.cell.v) {
					if key != now[id] {
						p.g.drop(id, key)
					}
				}
			}
			for id, key := range now {
				p.g.mark(id, key)
			}
			s.cell.set(s.v, b)
		})
		return nil
	})
}

// sendIndex is where a send stands in the lists.
func sendIndex(s *store.Send) map[bucketID]string {
	end := instant(s.Created) + s.ID
	return map[bucketID]string{
		bucketSendTime:   under(s.Account) + end,
		bucketSendFan:    under(s.Account, s.OpenID) + end,
		bucketSendStatus: under(s.Account, string(s.Status)) + end,
	}
}
