package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
)

// Clock is the time that the whole service lives in: the wall clock moved by an offset, or standing still at one instant
// while a simulator steps through what is due. The zero Clock is the wall clock. Safe for concurrent use.
type Clock struct {
	mu     sync.RWMutex
	offset time.Duration
	frozen time.Time // not zero: the time stands here
}

// Now is the clock's time in UTC, to the millisecond.
func (c *Clock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return time.Now().Add(c.offset).UTC().Truncate(time.Millisecond)
}

// set puts the clock to an instant, where it stands still or from where it runs on.
func (c *Clock) set(now time.Time, frozen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = time.Time{}
	if frozen {
		c.frozen = now.UTC().Truncate(time.Millisecond)
		return
	}
	c.offset = time.Until(now)
}

const offsetSetting = "clock/offset"

// restore takes up the offset that the last run left, so that a service whose simulator is away does not fall back in time.
func (c *Clock) restore(ctx context.Context, st store.Store) error {
	b, err := st.Setting(ctx, offsetSetting)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the clock's offset: %w", err)
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("read the clock's offset: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = time.Duration(n)
	return nil
}

// follower keeps a Clock with a simulator's. See wechat/simulator/README.md for the protocol: a long poll says up to which
// order everything due is done and what is due next; the answer is the next order.
type follower struct {
	clock  *Clock
	base   string // api_base
	runner *scheduler.Runner
	store  store.Store
	logger *slog.Logger
	ready  chan struct{} // closed after the first answer

	id    string
	swept time.Time // by the simulator's clock
}

type order struct {
	Order  int64  `json:"order"`
	Now    string `json:"now"`
	Frozen bool   `json:"frozen"`
}

func newFollower(f follower) *follower {
	f.id = rand.Text()
	f.ready = make(chan struct{})
	return &f
}

// run follows until ctx ends. While the simulator cannot be reached the clock runs on as it was left.
func (f *follower) run(ctx context.Context) {
	var seen int64
	var next time.Time
	reached := true
	for ctx.Err() == nil {
		o, err := f.poll(ctx, seen, next)
		if err != nil {
			if ctx.Err() == nil && reached {
				f.logger.Warn("the simulator's clock cannot be read; running on and trying again", "api_base", f.base, "err", err)
			}
			reached, seen = false, 0
			pause(ctx, time.Second)
			continue
		}
		reached = true
		if o.Order == seen {
			continue
		}
		if next, err = f.obey(ctx, o); err != nil {
			f.logger.Error("moving the clock", "err", err)
			pause(ctx, time.Second)
			continue
		}
		seen = o.Order
	}
	f.leave()
}

// leave tells the simulator not to wait for this follower any more. If it cannot be told it finds out by itself.
func (f *follower) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = f.ask(ctx, map[string]any{"follower": f.id, "leave": true})
}

// obey sets the clock and, where it stands still, does everything that is due at that instant.
func (f *follower) obey(ctx context.Context, o order) (next time.Time, err error) {
	now, err := time.Parse(time.RFC3339Nano, o.Now)
	if err != nil {
		return next, fmt.Errorf("the simulator's time: %w", err)
	}
	if o.Frozen {
		// Held, so that what falls due at this instant is done by Settle alone, in the same order every time.
		release := f.runner.Hold()
		defer release()
		f.clock.set(now, true)
		if now.Sub(f.swept) > time.Hour { // a day may pass in a moment, and what served its time must be gone after it
			if _, err := f.store.Sweep(ctx, now); err != nil {
				return next, err
			}
			f.swept = now
		}
		return f.runner.Settle(ctx)
	}
	f.clock.set(now, false)
	f.runner.Poke()
	offset := strconv.FormatInt(int64(time.Until(now)), 10)
	if err := f.store.SetSetting(ctx, offsetSetting, []byte(offset)); err != nil {
		return next, fmt.Errorf("keep the clock's offset: %w", err)
	}
	select {
	case <-f.ready:
	default:
		close(f.ready)
	}
	return next, nil
}

func (f *follower) poll(ctx context.Context, seen int64, next time.Time) (order, error) {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	question := map[string]any{"follower": f.id, "seen": seen, "next": ""}
	if !next.IsZero() {
		question["next"] = next.Format(time.RFC3339Nano)
	}
	return f.ask(ctx, question)
}

func (f *follower) ask(ctx context.Context, question map[string]any) (order, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return order{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.base+"/sim/clock/follow", bytes.NewReader(body))
	if err != nil {
		return order{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return order{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return order{}, err
	}
	if res.StatusCode != http.StatusOK {
		return order{}, fmt.Errorf("POST /sim/clock/follow answered %s", res.Status)
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return order{}, fmt.Errorf("POST /sim/clock/follow: %w", err)
	}
	return o, nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
