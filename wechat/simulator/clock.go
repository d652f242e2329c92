package simulator

import (
	"sync"
	"time"
)

// clock is the simulator's time: wall time moved by an offset, or standing still while it is stepped. It also holds the order
// that followers of the clock carry out, under the same lock, so that no follower ever learns of an instant without its
// order. Instants are whole milliseconds: followers keep no finer ones.
type clock struct {
	mu        sync.Mutex
	offset    time.Duration // simulated minus wall
	frozen    time.Time     // not zero: the time stands here
	order     int64         // rises with every change that followers must know of
	followers map[string]*follower
	changed   chan struct{} // closed and replaced when order or followers change
}

// newClock starts at the given instant, or at wall time for the zero one. Orders begin at the wall clock's milliseconds, so
// that a follower of an earlier simulator finds every order new.
func newClock(start time.Time) *clock {
	c := &clock{order: time.Now().UnixMilli(), followers: map[string]*follower{}, changed: make(chan struct{})}
	if !start.IsZero() {
		c.offset = start.Sub(wall())
	}
	return c
}

// wall is the machine's time without its monotonic reading: an offset to it must hold over restarts.
func wall() time.Time { return time.Now().Round(0) }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

// read is now for those who hold the lock.
func (c *clock) read() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return wall().Add(c.offset).UTC().Truncate(time.Millisecond)
}

// freeze stops the clock where it is. Followers learn of it with the next order.
func (c *clock) freeze() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = c.read()
	return c.frozen
}

// step moves the frozen clock on to t and returns the offset that a run from there would have.
func (c *clock) step(t time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = t
	return t.Sub(wall())
}

// run lets the clock run on from where it stands, tells the followers, and returns the new offset.
func (c *clock) run() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = c.frozen.Sub(wall()), time.Time{}
	c.issue()
	return c.offset
}

// setOffset is for restoring.
func (c *clock) setOffset(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = d
}

// renew tells the followers of a clock that was set, and returns the time.
func (c *clock) renew() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.issue()
	return c.read()
}

// savedOffset is the offset to be kept in the state file.
func (c *clock) savedOffset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen.Sub(wall())
	}
	return c.offset
}

// issue makes a new order of the present state and wakes all who wait. The lock is held.
func (c *clock) issue() int64 {
	c.order++
	c.wake()
	return c.order
}

func (c *clock) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}
