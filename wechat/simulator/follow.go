package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// follower is a program whose clock goes with the simulator's: it carries out orders and says what it has due. Protected by
// the clock's lock; its times are wall times, except next.
type follower struct {
	seen   int64     // the last order it says is done
	next   time.Time // its earliest due instant; zero: none
	polls  int       // requests of it that wait for an order
	heard  time.Time // when it last asked or was answered
	broken bool      // its last request ended without an answer: its connection went away
	given  int64     // the order it was last answered with
	times  int       // how often it was answered with that order
}

const (
	// pollTime is how long a follower's request is held, in wall time.
	pollTime = 25 * time.Second
	// brokenGrace is how long an advance waits for a follower whose connection went away. A live one asks again at once.
	brokenGrace = 3 * time.Second
	// maxRounds bounds how often one instant is gone through: more means that programs keep each other busy without end.
	maxRounds = 1000
	// maxOverdue bounds how often an instant is repeated for followers alone that say they are done and yet have something
	// due: such jobs wait for something other than time.
	maxOverdue = 3
	// maxRefusals bounds how often a follower may come back without having done its order.
	maxRefusals = 10
)

type followRequest struct {
	Follower string `json:"follower"`
	Seen     int64  `json:"seen"`
	Next     string `json:"next"`
	Leave    bool   `json:"leave"` // it stops following; answered at once
}

type followAnswer struct {
	Order  int64  `json:"order"`
	Now    string `json:"now"`
	Frozen bool   `json:"frozen"`
}

// follow is POST /sim/clock/follow: a long poll that answers with the first order that is not the one the follower has seen.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	var req followRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&req); err != nil || req.Follower == "" {
		refuse(w, http.StatusBadRequest, `the body must be {"follower":"id","seen":0,"next":""}`)
		return
	}
	var next time.Time
	if req.Next != "" {
		var err error
		if next, err = time.Parse(time.RFC3339Nano, req.Next); err != nil {
			refuse(w, http.StatusBadRequest, "next must be a time as in 2006-01-02T15:04:05.000Z, or empty")
			return
		}
	}
	if req.Leave {
		s.clock.leave(req.Follower)
		answer(w, struct{}{})
		return
	}
	s.clock.poll(req.Follower, req.Seen, next, s.cfg.FollowerTimeout)
	o, ok := s.clock.await(r.Context(), s.life, req.Follower, req.Seen)
	if !ok {
		refuse(w, http.StatusServiceUnavailable, "the simulator is going down")
		return
	}
	answer(w, o)
}

// poll notes that a follower asks.
func (c *clock) poll(id string, seen int64, next time.Time, timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(c.followers, func(_ string, f *follower) bool {
		return f.polls == 0 && c.frozen.IsZero() && now.Sub(f.heard) > timeout
	})
	f := c.followers[id]
	if f == nil {
		f = &follower{}
		c.followers[id] = f
	}
	f.seen, f.next, f.heard, f.broken = seen, next.UTC(), now, false
	f.polls++
	c.wake()
}

// await waits until there is an order other than seen, at most pollTime. It is false where the follower went away.
func (c *clock) await(ctx, life context.Context, id string, seen int64) (followAnswer, bool) {
	timer := time.NewTimer(pollTime)
	defer timer.Stop()
	for over := false; ; {
		c.mu.Lock()
		if c.order != seen || over {
			defer c.mu.Unlock()
			return c.give(id), true
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			over = true
		case <-ctx.Done():
			c.lose(id)
			return followAnswer{}, false
		case <-life.Done():
			c.lose(id)
			return followAnswer{}, false
		}
	}
}

// give is the present order, noted as given. The lock is held.
func (c *clock) give(id string) followAnswer {
	if f := c.followers[id]; f != nil {
		f.polls--
		f.heard = time.Now()
		if f.given != c.order {
			f.given, f.times = c.order, 0
		}
		f.times++
	}
	return followAnswer{Order: c.order, Now: c.read().Format(time.RFC3339Nano), Frozen: !c.frozen.IsZero()}
}

func (c *clock) lose(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.followers[id]; f != nil {
		f.polls--
		f.heard, f.broken = time.Now(), true
		c.wake()
	}
}

func (c *clock) leave(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.followers, id)
	c.wake()
}

// patience says how long an advance waits for a follower that is not asking.
type patience struct {
	idle, ordered time.Duration
	// active is when the platform was last called or made a push: a follower at work gives signs.
	active func() time.Time
}

// command issues an order and waits until every follower has seen it. Followers that do not come back are dropped and
// returned.
func (c *clock) command(ctx context.Context, p patience) (dropped []string, err error) {
	c.mu.Lock()
	order := c.issue()
	c.mu.Unlock()
	for {
		c.mu.Lock()
		gone, left, wait := c.missing(order, p)
		changed := c.changed
		c.mu.Unlock()
		dropped = append(dropped, gone...)
		if left == 0 {
			return dropped, ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return dropped, err
		}
	}
}

// missing drops the followers that have been silent too long, and returns how many have yet to see the order and when to
// look again. The lock is held.
func (c *clock) missing(order int64, p patience) (gone []string, left int, wait time.Duration) {
	wait = time.Minute
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(c.followers)) {
		f := c.followers[id]
		if f.seen == order {
			continue
		}
		rest := f.rest(order, now, p)
		if rest <= 0 {
			delete(c.followers, id)
			gone = append(gone, id)
			continue
		}
		left++
		wait = min(wait, rest)
	}
	return gone, left, wait
}

// rest is for how long a follower that has not seen the order may still be waited for.
func (f *follower) rest(order int64, now time.Time, p patience) time.Duration {
	switch {
	case f.given == order && f.times > maxRefusals:
		return 0
	case f.polls > 0:
		return time.Minute // it is about to be answered
	case f.given == order:
		since := f.heard
		if a := p.active(); a.After(since) {
			since = a
		}
		return since.Add(p.ordered).Sub(now)
	case f.broken:
		return f.heard.Add(min(brokenGrace, p.idle)).Sub(now)
	default:
		return f.heard.Add(p.idle).Sub(now)
	}
}

// earliest is the first instant at which a follower has something due, zero for none.
func (c *clock) earliest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first time.Time
	for _, f := range c.followers {
		first = earlier(first, f.next)
	}
	return first
}

// after is earliest among the instants later than t.
func (c *clock) after(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first time.Time
	for _, f := range c.followers {
		if f.next.After(t) {
			first = earlier(first, f.next)
		}
	}
	return first
}

// earlier is the earlier of two instants of which the zero one means none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// advance moves the clock to the instant that until makes of its present one. It walks through every instant at which
// something is due, at the platform or at a follower, and at each of them lets everybody finish, so that one order of events
// comes out however fast the machine is. Fans that act meanwhile wait. One advance at a time; a second one follows.
func (s *Server) advance(ctx context.Context, until func(now time.Time) time.Time) (time.Time, error) {
	if err := s.gate.close(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.gate.open()
	at := s.clock.freeze()
	defer func() {
		s.file.put("clock", "", "", s.clock.run())
		s.due.wake()
	}()
	for target := until(at); ; {
		if err := s.settle(ctx, at); err != nil {
			return at, err
		}
		if s.file.outgrown(compactAt) { // nothing is at work now; Run waits for the end of the move
			if err := s.compact(); err != nil {
				return at, fmt.Errorf("rewrite the state file: %w", err)
			}
		}
		if !at.Before(target) {
			return at, nil
		}
		next := earlier(s.clock.after(at), s.due.next())
		if next.IsZero() || next.After(target) {
			next = target
		}
		at = next.Add(time.Millisecond - 1).Truncate(time.Millisecond)
		s.file.put("clock", "", "", s.clock.step(at))
	}
}

// settle goes through the present instant until nothing more happens at it.
func (s *Server) settle(ctx context.Context, at time.Time) error {
	overdue := 0
	for range maxRounds {
		mark := s.work.mark()
		s.runDue(ctx, at)
		if err := s.work.wait(ctx); err != nil {
			return err
		}
		dropped, err := s.clock.command(ctx, patience{idle: s.cfg.FollowerTimeout, ordered: s.cfg.OrderTimeout, active: s.work.last})
		for _, id := range dropped {
			s.cfg.Logger.Warn("a follower of the clock went silent and is no longer waited for", "follower", id)
		}
		if err != nil {
			return err
		}
		if !s.work.quietSince(mark) || s.dueBy(at) {
			continue
		}
		if first := s.clock.earliest(); first.IsZero() || first.After(at) || overdue == maxOverdue {
			return nil
		}
		overdue++
	}
	return fmt.Errorf("at %s there was still something going on after %d rounds: programs keep each other busy, or calls from outside come without pause; the clock stays here", at.Format(time.RFC3339), maxRounds)
}

func (s *Server) dueBy(at time.Time) bool {
	next := s.due.next()
	return !next.IsZero() && !next.After(at)
}

// state describes the clock for a control answer.
func (c *clock) state() (now time.Time, frozen bool, followers []map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	followers = []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(c.followers)) {
		f := map[string]any{"follower": id, "seen": c.followers[id].seen, "next": ""}
		if next := c.followers[id].next; !next.IsZero() {
			f["next"] = stamp(next)
		}
		followers = append(followers, f)
	}
	return c.read(), !c.frozen.IsZero(), followers
}
