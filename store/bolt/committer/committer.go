// Package committer gathers the requests of many callers into few durable commits.
//
// It is self-clocked: it takes one request, adds whatever else is waiting at that moment, carries all of them out in one group,
// and answers everybody once the group is durable. While that lasts the next requests gather. There is no timer: a lone caller
// waits for nobody.
//
// A request is judged on its own. A refusal, or a panic while judging, is its caller's result and leaves the neighbours alone.
// A panic while writing undoes the group, and the others are carried out again without the culprit.
//
// The package knows nothing of what is written where: an [Engine] does. So a log can be put in front of a database by giving
// another Engine, and nobody who asks for a commit sees a difference.
package committer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrClosed answers requests that came after Close.
var ErrClosed = errors.New("the committer is closed")

// Engine begins groups, one at a time.
type Engine[Req, Res any] interface {
	Begin() (Group[Req, Res], error)
}

// Group is a transaction that carries out many requests, or none of them.
type Group[Req, Res any] interface {
	// Check judges a request on the state that the requests before it have made, and changes nothing that can be seen. It
	// gives the answer and the write that is still to be done for it; a nil write means that there is nothing to do.
	// An error refuses the request.
	Check(req Req) (res Res, write func(), err error)
	// Commit makes all writes durable. After an error it is not known whether they are.
	Commit() error
	// Rollback forgets all writes. It is called instead of Commit, or after a Commit that failed.
	Rollback()
}

// Config of a committer.
type Config[Req any] struct {
	// MaxCount and MaxSize bound a group; 0 means 1024 requests and 4 MiB. A request larger than MaxSize goes alone.
	MaxCount, MaxSize int
	// Size of a request in bytes; nil counts them as nothing.
	Size func(Req) int
}

// Committer carries out requests. It is safe for concurrent use.
type Committer[Req, Res any] struct {
	engine Engine[Req, Res]
	config Config[Req]

	mu     sync.Mutex
	queue  []*item[Req, Res]
	closed bool
	wake   chan struct{} // holds one token when the queue may have grown or closed was set
	ended  chan struct{}
}

type item[Req, Res any] struct {
	req   Req
	size  int
	taken bool          // under Committer.mu
	done  chan struct{} // closed once res and err are final
	res   Res
	err   error
}

// New starts a committer; Close ends it.
func New[Req, Res any](e Engine[Req, Res], c Config[Req]) *Committer[Req, Res] {
	if c.MaxCount == 0 {
		c.MaxCount = 1024
	}
	if c.MaxSize == 0 {
		c.MaxSize = 4 << 20
	}
	if c.Size == nil {
		c.Size = func(Req) int { return 0 }
	}
	m := &Committer[Req, Res]{engine: e, config: c, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go m.loop()
	return m
}

// Do carries out the request and returns once the outcome is durable. When ctx ends while the request still waits for its turn,
// it is withdrawn; once it has its turn, Do waits for the outcome. Errors are the refusal by Check, ErrClosed, ctx's, or, when
// the outcome is not known, any other.
func (m *Committer[Req, Res]) Do(ctx context.Context, req Req) (Res, error) {
	var none Res
	if err := ctx.Err(); err != nil {
		return none, err
	}
	it := &item[Req, Res]{req: req, size: m.config.Size(req), done: make(chan struct{})}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return none, ErrClosed
	}
	m.queue = append(m.queue, it)
	m.mu.Unlock()
	m.poke()
	select {
	case <-it.done:
	case <-ctx.Done():
		if m.withdraw(it) {
			return none, ctx.Err()
		}
		<-it.done
	}
	return it.res, it.err
}

// withdraw takes a request out of the queue and reports whether it was still there.
func (m *Committer[Req, Res]) withdraw(it *item[Req, Res]) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if it.taken {
		return false
	}
	i := slices.Index(m.queue, it)
	m.queue = slices.Delete(m.queue, i, i+1)
	return true
}

func (m *Committer[Req, Res]) poke() {
	select {
	case m.wake <- struct{}{}:
	default: // a token lies there already
	}
}

// Close carries out what waits, refuses what comes later, and returns when all is over. It may be called more than once.
func (m *Committer[Req, Res]) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.poke()
	<-m.ended
}

func (m *Committer[Req, Res]) loop() {
	defer close(m.ended)
	for range m.wake {
		for {
			items, closed := m.take()
			if len(items) > 0 {
				m.run(items)
			} else if closed {
				return
			} else {
				break
			}
		}
	}
}

// take gives the next group: what waits, as far as the bounds allow.
func (m *Committer[Req, Res]) take() (items []*item[Req, Res], closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, size := 0, 0
	for n < len(m.queue) && n < m.config.MaxCount {
		size += m.queue[n].size
		if n > 0 && size > m.config.MaxSize {
			break
		}
		m.queue[n].taken = true
		n++
	}
	items = slices.Clone(m.queue[:n])
	m.queue = slices.Delete(m.queue, 0, n)
	return items, m.closed
}

// run carries out a group and answers. A culprit is answered and left out, and the rest runs again.
func (m *Committer[Req, Res]) run(items []*item[Req, Res]) {
	for len(items) > 0 {
		culprit, err := m.attempt(items)
		if culprit >= 0 {
			items[culprit].answer(err)
			items = slices.Delete(items, culprit, culprit+1)
			continue
		}
		for _, it := range items {
			if err != nil { // also refusals stood on what may or may not have been written
				it.answer(err)
			} else {
				close(it.done)
			}
		}
		return
	}
}

func (it *item[Req, Res]) answer(err error) {
	var none Res
	it.res, it.err = none, err
	close(it.done)
}

// attempt runs the group once. It returns the index of a request whose write panicked, or -1 and how the commit went.
func (m *Committer[Req, Res]) attempt(items []*item[Req, Res]) (culprit int, err error) {
	g, err := m.engine.Begin()
	if err != nil {
		return -1, fmt.Errorf("begin a group: %w", err)
	}
	dirty := false
	for i, it := range items {
		var write func()
		it.res, write, it.err = check(g, it.req)
		if it.err != nil || write == nil {
			continue
		}
		dirty = true
		if err := guarded("write", func() error { write(); return nil }); err != nil {
			g.Rollback()
			return i, err
		}
	}
	if !dirty {
		g.Rollback()
		return -1, nil
	}
	if err := guarded("commit", g.Commit); err != nil {
		g.Rollback()
		return -1, fmt.Errorf("commit a group of %d: %w", len(items), err)
	}
	return -1, nil
}

// check turns a panic into a refusal: nothing was written yet.
func check[Req, Res any](g Group[Req, Res], req Req) (res Res, write func(), err error) {
	err = guarded("check", func() (err error) {
		res, write, err = g.Check(req)
		return err
	})
	return res, write, err
}

// guarded calls f and gives a panic as an error.
func guarded(doing string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic during %s: %v", doing, r)
		}
	}()
	return f()
}
