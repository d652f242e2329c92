package api_test

import (
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

// tokenWire is a transport without a network whose token calls have the answer of the moment.
type tokenWire struct {
	mu     sync.Mutex
	answer string
	asked  int // token calls
}

func (w *tokenWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	doc := `{"errcode":0,"errmsg":"ok"}`
	if r.URL.Path == "/cgi-bin/stable_token" {
		w.asked++
		doc = w.answer
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
}

func (w *tokenWire) say(answer string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

func (w *tokenWire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

const (
	notAllowed = `{"errcode":40164,"errmsg":"invalid ip 1.2.3.4, not in whitelist rid: a-b-c"}`
	aToken     = `{"access_token":"token-1","expires_in":7200}`
)

// A refusal that an operator has to end is kept for ten seconds of wall time, also on an account's clock that stands still.
func TestRefusedTokenIsNotAskedForAgain(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		code, asked  int // of three calls within ten seconds
	}{
		{"address not allowed", notAllowed, 40164, 1},
		{"secret frozen", `{"errcode":40243,"errmsg":"appsecret is frozen"}`, 40243, 1},
		{"wrong secret", `{"errcode":40125,"errmsg":"invalid appsecret"}`, 40125, 1},
		{"wrong secret, older code", `{"errcode":40001,"errmsg":"invalid credential"}`, 40001, 1},
		{"busy", `{"errcode":-1,"errmsg":"system error"}`, -1, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &tokenWire{answer: tt.answer}
				account := &stopped{now: time.Unix(1700000000, 0)}
				c := api.New(api.Config{AppID: appID, Secret: secret, HTTPClient: &http.Client{Transport: w}, Now: account.Now})
				for range 3 {
					refused := new(api.Error)
					if err := c.SendCustom(t.Context(), "oFAN", hello()); !errors.As(err, &refused) || refused.Code != tt.code {
						t.Errorf("error = %v", err)
					}
					time.Sleep(3 * time.Second)
				}
				if w.count() != tt.asked {
					t.Errorf("asked for a token %d times, want %d", w.count(), tt.asked)
				}
				w.say(aToken)
				time.Sleep(time.Second)
				if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
					t.Errorf("after ten seconds: %v", err)
				}
			})
		})
	}
}

func TestRefusalOfATokenEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(t *testing.T, c *api.Client, s *shelf) error
		asked int
	}{
		{"another is forced", func(t *testing.T, c *api.Client, _ *shelf) error { return c.ForceRefresh(t.Context()) }, 2},
		{"another is stored", func(_ *testing.T, _ *api.Client, s *shelf) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.token.Value, s.token.Expires = "token-2", time.Now().Add(time.Hour)
			return nil
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s := &tokenWire{answer: aToken}, &shelf{}
				client := func() *api.Client {
					return api.New(api.Config{AppID: appID, Secret: secret, HTTPClient: &http.Client{Transport: w}, Tokens: s})
				}
				if err := client().SendCustom(t.Context(), "oFAN", hello()); err != nil { // leaves its owner's mark in the store
					t.Fatal(err)
				}
				s.mu.Lock()
				s.token.Expires = time.Now()
				s.mu.Unlock()
				w.say(notAllowed)
				before, c := w.count(), client()
				for range 2 {
					if err := c.SendCustom(t.Context(), "oFAN", hello()); err == nil {
						t.Fatal("no error")
					}
				}
				w.say(aToken)
				if err := tt.end(t, c, s); err != nil {
					t.Error(err)
				}
				if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
					t.Error(err)
				}
				if n := w.count() - before; n != tt.asked {
					t.Errorf("asked for a token %d times, want %d", n, tt.asked)
				}
			})
		})
	}
}
