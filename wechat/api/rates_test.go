package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/wechat/api"
)

// wire is a platform without sockets, for tests with a clock of their own: it answers token calls, and others by answer.
type wire struct {
	answer func(r *http.Request) (string, error)

	mu    sync.Mutex
	calls []string // paths of all but the token calls
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	doc, err := `{"access_token":"token-1","expires_in":7200}`, error(nil)
	if r.URL.Path != "/cgi-bin/stable_token" {
		w.mu.Lock()
		w.calls = append(w.calls, r.URL.Path)
		w.mu.Unlock()
		doc, err = w.answer(r)
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

func (w *wire) client(c api.Config) *api.Client {
	c.AppID, c.Secret, c.HTTPClient = appID, secret, &http.Client{Transport: w}
	return api.New(c)
}

func fine(*http.Request) (string, error) { return `{"errcode":0,"errmsg":"ok"}`, nil }

const customPath = "/cgi-bin/message/custom/send"

// wantHeld holds that err says when the path opens and that it counts as not made.
func wantHeld(t *testing.T, err error, until time.Time) {
	t.Helper()
	held := new(api.Error)
	if !errors.Is(err, api.ErrRate) || !errors.As(err, &held) || held.Class != api.Retry || !held.RetryAt.Equal(until) {
		t.Errorf("error = %v, %+v, want one of the rate until %s", err, held, until)
	}
	if api.Ambiguous(err) || !api.Retryable(err, true) {
		t.Errorf("%v: ambiguous %v, retryable %v", err, api.Ambiguous(err), api.Retryable(err, true))
	}
}

func TestRateWaitsForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at midnight
		w := &wire{answer: fine}
		c := w.client(api.Config{Rates: map[string]api.Rate{customPath: {Calls: 2, Per: 10 * time.Second}}})
		begin := time.Now()
		time.Sleep(4 * time.Second)
		for i, want := range []time.Duration{4, 4, 10, 10, 20} {
			if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
				t.Fatal(err)
			}
			if at := time.Since(begin); at != want*time.Second {
				t.Errorf("call %d at %s, want %ds", i, at, want)
			}
		}
	})
}

func TestRateFailsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: fine}
		c := w.client(api.Config{Rates: map[string]api.Rate{customPath: api.PerMinute(1)}})
		begin := time.Now()
		send := func(ctx context.Context) error { return c.SendCustom(ctx, "oFAN", hello()) }
		if err := send(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantHeld(t, send(t.Context()), begin.Add(time.Minute)) // a call takes 15 seconds at most
		time.Sleep(50 * time.Second)
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		wantHeld(t, send(short), begin.Add(time.Minute))
		if at := time.Since(begin); at != 50*time.Second || w.count() != 1 {
			t.Errorf("after %s there were %d calls", at, w.count())
		}
		gone, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		if err := send(gone); !errors.Is(err, context.Canceled) || api.Ambiguous(err) {
			t.Errorf("given up while it waits: %v", err)
		}
		if err := send(t.Context()); err != nil || time.Since(begin) != time.Minute || w.count() != 2 {
			t.Errorf("the next minute: %v at %s, %d calls", err, time.Since(begin), w.count())
		}
	})
}

func TestRatesOfPaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: fine}
		c := w.client(api.Config{Rates: map[string]api.Rate{customPath: api.PerMinute(1), "/cgi-bin/message/mass/send": {}}})
		for range 60 {
			if _, err := c.MassToAll(t.Context(), hello(), ""); err != nil {
				t.Fatal(err)
			}
		}
		_, err := c.MassToAll(t.Context(), hello(), "")
		wantHeld(t, err, time.Now().Add(time.Minute))
		for range 61 { // its limit is lifted
			if _, err := c.MassByOpenIDs(t.Context(), []string{"oA", "oB"}, hello(), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Error(err)
		}
		for range 100 { // no limit is documented
			if err := c.TagFans(t.Context(), 1, []string{"oA"}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestPauseAfter45011(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := true
		w := &wire{answer: func(r *http.Request) (string, error) {
			if slow && r.URL.Path == customPath {
				return `{"errcode":45011,"errmsg":"api minute-quota reach limit, must slower, retry next minute"}`, nil
			}
			return fine(r)
		}}
		c := w.client(api.Config{})
		send := func() error { return c.SendCustom(t.Context(), "oFAN", hello()) }
		begin := time.Now()
		time.Sleep(5 * time.Second)
		refused := new(api.Error)
		if err := send(); !errors.As(err, &refused) || refused.Code != 45011 || !refused.RetryAt.Equal(begin.Add(time.Minute)) || errors.Is(err, api.ErrRate) {
			t.Errorf("error = %v, %+v", err, refused)
		}
		wantHeld(t, send(), begin.Add(time.Minute))
		if _, err := c.MassToAll(t.Context(), hello(), ""); err != nil {
			t.Errorf("another path: %v", err)
		}
		slow = false
		time.Sleep(50 * time.Second)
		if err := send(); err != nil || time.Since(begin) != time.Minute {
			t.Errorf("the next minute: %v at %s", err, time.Since(begin))
		}
		if err := send(); err != nil || w.count() != 4 {
			t.Errorf("after the pause: %v, %d calls", err, w.count())
		}
	})
}

func TestRateByTheAccountsClock(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, r *http.Request, token string) {
		if r.URL.Path == "/cgi-bin/tags/get" {
			say(w, `{"errcode":45011,"errmsg":"slower"}`)
			return
		}
		ok(w, r, token)
	})
	c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: p.URL, Now: p.clock, Rates: map[string]api.Rate{customPath: api.PerMinute(1)}})
	send := func() error { return c.SendCustom(t.Context(), "oFAN", hello()) }
	minute := p.clock().Truncate(time.Minute).Add(time.Minute)
	p.advance(minute.Sub(p.clock()) - 30*time.Second)
	if err := send(); err != nil {
		t.Fatal(err)
	}
	wantHeld(t, send(), minute)
	p.advance(30 * time.Second)
	if err := send(); err != nil {
		t.Errorf("the clock has moved on: %v", err)
	}
	if _, err := c.Tags(t.Context()); err == nil {
		t.Fatal("45011 is no error")
	}
	_, err := c.Tags(t.Context())
	wantHeld(t, err, minute.Add(time.Minute))
	p.advance(-time.Hour) // a clock that is set back holds nothing for an hour
	if _, err := c.Tags(t.Context()); errors.Is(err, api.ErrRate) {
		t.Error(err)
	}
}

func TestCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(r *http.Request) (string, error) {
			<-r.Context().Done()
			return "", r.Context().Err()
		}}
		c := w.client(api.Config{})
		begin := time.Now()
		if err := c.SendCustom(t.Context(), "oFAN", hello()); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 15*time.Second {
			t.Errorf("a call: %v after %s", err, time.Since(begin))
		}
		begin = time.Now()
		big := api.File{Name: "a.jpg", Size: 1 << 20, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }}
		if err := c.SetAgentPicture(t.Context(), "a@b", big); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 31*time.Second {
			t.Errorf("an upload of a mebibyte: %v after %s", err, time.Since(begin))
		}
	})
}
