package flows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"fanflow/store"
)

// pool names what fans share: a key of an account.
type pool struct{ account, key string }

// maxPools is how many pools the allocator remembers; one that nobody holds units of can be read again at any time.
const maxPools = 4096

// allocator hands out distinct units of pools to decisions in flight, so that they do not meet at the commit. A unit is taken
// by the commit of its decision, or given back. It is safe for concurrent use; the store stays the judge of what is taken.
type allocator struct {
	kv func(ctx context.Context, account, key string) (store.KV, error)

	mu    sync.Mutex
	pools map[pool]*units
}

// units are a pool as far as it is known here.
type units struct {
	mu    sync.Mutex
	known bool
	taken store.KV      // as last read, and what was committed here since
	held  []store.Range // in flight, ascending
	// settled is closed when one of held is taken or given back; nil while nobody waits for that.
	settled chan struct{}
}

func newAllocator(kv func(ctx context.Context, account, key string) (store.KV, error)) *allocator {
	return &allocator{kv: kv, pools: map[pool]*units{}}
}

// take holds n units in a row, none above limit (0: no limit), and gives the first. ok is false where there are none. Who may
// wait is not told so before it is sure: the last ones may be held by decisions that fail.
func (a *allocator) take(ctx context.Context, p pool, n, limit int64, wait bool) (first int64, ok bool, err error) {
	for {
		first, settled, err := a.tryTake(ctx, p, n, limit)
		if first > 0 || err != nil || settled == nil || !wait {
			return first, first > 0, err
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
}

// tryTake is take without the waiting. Where no units are to be had, first is 0; settled is then closed when some that are held
// may have become free, and nil where none are held.
func (a *allocator) tryTake(ctx context.Context, p pool, n, limit int64) (first int64, settled <-chan struct{}, err error) {
	u := a.open(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.known {
		if u.taken, err = a.kv(ctx, p.account, p.key); err != nil {
			return 0, nil, fmt.Errorf("read pool %s: %w", p.key, err)
		}
		u.known = true
	}
	first = u.free(n)
	if limit > 0 && first+n-1 > limit {
		if len(u.held) == 0 || u.held[0].From > limit {
			return 0, nil, nil
		}
		if u.settled == nil {
			u.settled = make(chan struct{})
		}
		return 0, u.settled, nil
	}
	i, _ := slices.BinarySearchFunc(u.held, first, func(h store.Range, at int64) int { return cmp.Compare(h.From, at) })
	u.held = slices.Insert(u.held, i, store.Range{From: first, To: first + n - 1})
	return first, nil, nil
}

// free gives the lowest n units in a row that are neither taken nor held.
func (u *units) free(n int64) int64 {
	for _, hole := range u.taken.Free {
		if from, ok := u.fit(hole.From, hole.To, n); ok {
			return from
		}
	}
	from, _ := u.fit(u.taken.Top()+1, 1<<62, n)
	return from
}

// fit looks for n units in from..to beside those held, which are in order.
func (u *units) fit(from, to, n int64) (int64, bool) {
	for _, h := range u.held {
		if h.To < from {
			continue
		}
		if from+n-1 < h.From {
			break
		}
		from = h.To + 1
	}
	return from, from+n-1 <= to
}

// commit says that the units are taken for good.
func (a *allocator) commit(p pool, r store.Range) {
	u := a.open(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drop(r)
	if !u.taken.Take(r.From, r.To) {
		u.known = false // the key was written meanwhile: read it again
	}
}

// giveBack frees units that were not committed.
func (a *allocator) giveBack(p pool, r store.Range) {
	u := a.open(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drop(r)
}

// refresh lets the pool be read again: somebody else has taken units, or the key was written.
func (a *allocator) refresh(p pool) {
	u := a.open(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.known = false
}

// drop ends the holding of units, and wakes who waits for that.
func (u *units) drop(r store.Range) {
	if u.settled != nil {
		close(u.settled)
		u.settled = nil
	}
	if i := slices.Index(u.held, r); i >= 0 {
		u.held = slices.Delete(u.held, i, i+1)
	}
}

func (a *allocator) open(p pool) *units {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.pools[p]
	if u == nil {
		if len(a.pools) >= maxPools {
			a.forgetIdle()
		}
		u = &units{}
		a.pools[p] = u
	}
	return u
}

// forgetIdle is called with a.mu held.
func (a *allocator) forgetIdle() {
	for p, u := range a.pools {
		if u.mu.TryLock() {
			if len(u.held) == 0 {
				delete(a.pools, p)
			}
			u.mu.Unlock()
		}
	}
}
