package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/wechat/api"
)

// stopped is an account's clock that moves by command only.
type stopped struct {
	mu  sync.Mutex
	now time.Time
}

func (s *stopped) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stopped) move(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// A clock that stands still holds nobody for longer than their own time, and one that is moved lets at once go who waits.
func TestRateOnAStoppedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: fine}
		account := &stopped{now: time.Unix(1700000030, 0)} // ten seconds before a minute
		c := w.client(api.Config{Now: account.Now, Rates: map[string]api.Rate{customPath: api.PerMinute(1)}})
		send := func() error { return c.SendCustom(t.Context(), "oFAN", hello()) }
		if err := send(); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		err := send()
		wantHeld(t, err, time.Unix(1700000040, 0))
		if waited := time.Since(begin); waited > 15*time.Second {
			t.Errorf("held for %s", waited)
		}
		done := make(chan error)
		go func() { done <- send() }()
		synctest.Wait()
		account.move(time.Hour)
		if err := <-done; err != nil || w.count() != 2 {
			t.Errorf("after the clock was moved: %v, %d calls", err, w.count())
		}
	})
}

// Who waits for the rate has time left for the call itself: one that breaks off may have been made.
func TestRateLeavesTimeForTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at midnight
		w := &wire{answer: func(r *http.Request) (string, error) {
			select {
			case <-time.After(4 * time.Second):
				return fine(r)
			case <-r.Context().Done():
				return "", r.Context().Err()
			}
		}}
		c := w.client(api.Config{Rates: map[string]api.Rate{customPath: api.PerMinute(1)}})
		begin := time.Now()
		send := func() error { return c.SendCustom(t.Context(), "oFAN", hello()) }
		if err := send(); err != nil {
			t.Fatal(err)
		}
		for range 56 { // from second 4 on
			if err := send(); err == nil {
				break
			} else if !errors.Is(err, api.ErrRate) {
				t.Fatalf("after %s: %v", time.Since(begin), err)
			}
			time.Sleep(time.Second)
		}
		if at := time.Since(begin); at != 64*time.Second || w.count() != 2 {
			t.Errorf("after %s: %d calls", at, w.count())
		}
	})
}

// Nobody gets more than the rate within a minute of the account's, in whatever steps the clock goes on.
func TestRateDoesNotBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := &stopped{now: time.Unix(1700000040, 0)}
		var mu sync.Mutex
		perMinute := map[time.Time]int{}
		w := &wire{answer: func(r *http.Request) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			perMinute[account.Now().Truncate(time.Minute)]++
			return fine(r)
		}}
		c := w.client(api.Config{Now: account.Now, Rates: map[string]api.Rate{customPath: api.PerMinute(3)}})
		steps := []time.Duration{0, 59 * time.Second, time.Second, 30 * time.Second, 30 * time.Second, -time.Second, time.Second, 3 * time.Hour, -time.Second}
		for i, step := range steps {
			account.move(step)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					defer cancel()
					if err := c.SendCustom(ctx, "oFAN", hello()); err != nil && !errors.Is(err, api.ErrRate) && !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for minute, n := range perMinute {
				if n > 3 {
					t.Errorf("step %d: %d calls in the minute of %s", i, n, minute)
				}
			}
		}
	})
}

// A clock that is moved far back leaves a token that the platform has forgotten meanwhile: it is renewed once.
func TestTokenOnAClockThatIsSetBack(t *testing.T) {
	good := "token-1"
	p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
		if token != good {
			say(w, `{"errcode":40001,"errmsg":"invalid credential"}`)
			return
		}
		ok(w, r, token)
	})
	c := p.client()
	for i, step := range []time.Duration{0, 30 * 24 * time.Hour, -60 * 24 * time.Hour, time.Hour, 90 * time.Minute} {
		p.advance(step)
		if tokens, _ := p.seen(); i > 0 {
			good = fmt.Sprintf("token-%d", tokens+1) // the platform knows no older one
		}
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
}
