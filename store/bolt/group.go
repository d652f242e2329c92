package bolt

import (
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// group is one write transaction. Requests look at cells and, once they are found good, change them in memory; Commit puts all
// of it into the file, each bucket in the order of its keys. So a counter that many requests add to is written once, and a
// request sees what those before it did.
type group struct {
	tx     *bbolt.Tx
	leases *leases
	puts   [nBuckets]map[string][]byte // a nil value deletes the key
	freed  []jobKey                    // jobs that were ended or moved: their leases end with the commit

	fans      shelf[store.Fan]
	receipts  shelf[store.Receipt]
	jobs      shelf[store.Job]
	sends     shelf[store.Send]
	kv        shelf[store.KV]
	quotas    shelf[store.Quota]
	counts    shelf[store.Count]
	cohorts   shelf[store.CohortCount]
	waiting   shelf[int64]
	totals    shelf[store.Totals]
	newest    shelf[int]
	published shelf[store.Publication]
	bases     shelf[store.Fan]
	meta      shelf[uint64]
}

func newGroup(tx *bbolt.Tx, l *leases) *group {
	g := &group{tx: tx, leases: l}
	g.fans.init(g, bucketFans)
	g.receipts.init(g, bucketReceipts)
	g.jobs.init(g, bucketJobs)
	g.sends.init(g, bucketSends)
	g.kv.init(g, bucketKV)
	g.quotas.init(g, bucketQuotas)
	g.counts.init(g, bucketCounts)
	g.cohorts.init(g, bucketCohorts)
	g.waiting.init(g, bucketWaiting)
	g.totals.init(g, bucketTotals)
	g.newest.init(g, bucketNewest)
	g.published.init(g, bucketPublished)
	g.bases.init(g, bucketBase)
	g.meta.init(g, bucketMeta)
	return g
}

// Check judges a request.
func (g *group) Check(r request) (any, func(), error) { return r.check(g) }

// Commit writes everything and makes it durable.
func (g *group) Commit() error {
	for _, s := range []interface{ flush() error }{
		&g.fans, &g.receipts, &g.jobs, &g.sends, &g.kv, &g.quotas, &g.counts, &g.cohorts, &g.waiting, &g.totals, &g.newest, &g.published, &g.bases, &g.meta,
	} {
		if err := s.flush(); err != nil {
			return err
		}
	}
	for id, puts := range g.puts {
		if err := write(g.tx, bucketID(id), puts); err != nil {
			return err
		}
	}
	if err := g.tx.Commit(); err != nil {
		return err
	}
	g.leases.free(g.freed...)
	return nil
}

// write puts into one bucket.
func write(tx *bbolt.Tx, id bucketID, puts map[string][]byte) error {
	if len(puts) == 0 {
		return nil
	}
	b := tx.Bucket([]byte(buckets[id].name))
	if fill := buckets[id].fill; fill != 0 {
		b.FillPercent = fill
	}
	for _, k := range slices.Sorted(maps.Keys(puts)) {
		var err error
		if v := puts[k]; v == nil {
			err = b.Delete([]byte(k))
		} else {
			err = b.Put([]byte(k), v)
		}
		if err != nil {
			return fmt.Errorf("write to %s: %w", buckets[id].name, err)
		}
	}
	return nil
}

// Rollback forgets everything.
func (g *group) Rollback() {
	_ = g.tx.Rollback() // all it can say is that the transaction is over
}

// put notes a value that no cell stands for.
func (g *group) put(id bucketID, key string, value []byte) {
	if g.puts[id] == nil {
		g.puts[id] = map[string][]byte{}
	}
	g.puts[id][key] = value
}

// mark notes a key of an index.
func (g *group) mark(id bucketID, key string) { g.put(id, key, []byte{}) }

// drop notes a deletion.
func (g *group) drop(id bucketID, key string) { g.put(id, key, nil) }

// shelf holds the cells of a bucket that the group has looked at.
type shelf[T any] struct {
	g     *group
	id    bucketID
	cells map[string]*cell[T]
}

// cell is one record as the group has it. A check must not change it; a write does so through set and remove.
type cell[T any] struct {
	v     T
	there bool
	dirty bool
	bytes []byte // v encoded, nil if that is still to be done
}

func (s *shelf[T]) init(g *group, id bucketID) { s.g, s.id, s.cells = g, id, map[string]*cell[T]{} }

// cell gives the record under a key, there or not.
func (s *shelf[T]) cell(key string) (*cell[T], error) {
	if c, ok := s.cells[key]; ok {
		return c, nil
	}
	c := &cell[T]{}
	b := s.g.tx.Bucket([]byte(buckets[s.id].name)).Get([]byte(key))
	if b != nil {
		if err := decode(b, &c.v); err != nil {
			return nil, fmt.Errorf("read from %s: %w", buckets[s.id].name, err)
		}
		c.there = true
	}
	s.cells[key] = c
	return c, nil
}

// set replaces the record; bytes is v encoded, or nil where encoding v cannot fail.
func (c *cell[T]) set(v T, bytes []byte) { c.v, c.there, c.dirty, c.bytes = v, true, true, bytes }

func (c *cell[T]) remove() {
	var none T
	c.v, c.there, c.dirty, c.bytes = none, false, true, nil
}

// flush hands the changed cells to the group's puts.
func (s *shelf[T]) flush() error {
	for key, c := range s.cells {
		switch {
		case !c.dirty:
		case !c.there:
			s.g.drop(s.id, key)
		default:
			if c.bytes == nil {
				b, err := encode(&c.v)
				if err != nil {
					return fmt.Errorf("write to %s: %w", buckets[s.id].name, err)
				}
				c.bytes = b
			}
			s.g.put(s.id, key, c.bytes)
		}
	}
	return nil
}
