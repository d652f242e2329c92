package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"fanflow/wechat/api"
)

func TestTokenIsAskedForOnce(t *testing.T) {
	p := play(t, ok)
	c := p.client()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tokens, calls := p.seen(); tokens != 1 || len(calls) != 32 {
		t.Errorf("%d tokens for %d calls", tokens, len(calls))
	}
}

// lastToken is the token that the last of the calls carried.
func lastToken(t *testing.T, p *platform) string {
	t.Helper()
	_, calls := p.seen()
	var method, path, token string
	if _, err := fmt.Sscan(calls[len(calls)-1], &method, &path, &token); err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenIsRefreshedAhead(t *testing.T) {
	p := play(t, ok)
	asked, give := make(chan struct{}), make(chan struct{})
	p.issue = func(n int) string {
		if n == 2 {
			close(asked)
			<-give
			return `{"access_token":"token-2","expires_in":7200}`
		}
		return `{"access_token":"token-1","expires_in":7200}`
	}
	c := p.client()
	call := func() string {
		t.Helper()
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatal(err)
		}
		return lastToken(t, p)
	}
	if got := call(); got != "token-1" {
		t.Errorf("first token %q", got)
	}
	p.advance(2*time.Hour - 4*time.Minute - time.Second)
	call()
	if tokens, _ := p.seen(); tokens != 1 {
		t.Errorf("asked for a token too early")
	}
	p.advance(2 * time.Second)
	if got := call(); got != "token-1" { // nobody waits for the next one
		t.Errorf("token while the next is asked for: %q", got)
	}
	<-asked
	close(give)
	p.advance(5 * time.Minute) // the old one is over: now everyone waits
	if got := call(); got != "token-2" {
		t.Errorf("token after the end of the first: %q", got)
	}
	if tokens, _ := p.seen(); tokens != 2 {
		t.Errorf("%d tokens were asked for", tokens)
	}
}

func TestExpiredTokenIsNotUsed(t *testing.T) {
	p := play(t, ok)
	c := p.client()
	for range 2 {
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatal(err)
		}
		p.advance(2 * time.Hour)
	}
	if got := lastToken(t, p); got != "token-2" {
		t.Errorf("token %q", got)
	}
}

func TestRefreshThatFailsLeavesTheOldToken(t *testing.T) {
	p := play(t, ok)
	failed := make(chan struct{})
	p.issue = func(n int) string {
		if n == 1 {
			return `{"access_token":"token-1","expires_in":7200}`
		}
		close(failed) // a second time would panic: after a failure there is a pause
		return `{"errcode":-1,"errmsg":"system error"}`
	}
	c := p.client()
	call := func() {
		t.Helper()
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatal(err)
		}
	}
	call()
	p.advance(2*time.Hour - time.Minute)
	call()
	<-failed
	for range 20 {
		call()
	}
	if got := lastToken(t, p); got != "token-1" {
		t.Errorf("token %q", got)
	}
}

func TestRefusedTokenIsRenewedOnceByAll(t *testing.T) {
	for _, code := range []string{"40001", "40014", "42001"} {
		t.Run(code, func(t *testing.T) {
			var together sync.WaitGroup
			together.Add(16)
			p := play(t, func(w http.ResponseWriter, _ *http.Request, token string) {
				if token == "token-1" {
					together.Done()
					together.Wait() // all sixteen are refused at the same time
					say(w, `{"errcode":`+code+`,"errmsg":"invalid credential"}`)
					return
				}
				say(w, `{"errcode":0}`)
			})
			c := p.client()
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if tokens, calls := p.seen(); tokens != 2 || len(calls) != 32 {
				t.Errorf("%d tokens, %d calls", tokens, len(calls))
			}
		})
	}
}

func TestTokenRefusedTwice(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, `{"errcode":40001,"errmsg":"not latest"}`)
	})
	err := p.client().SendCustom(t.Context(), "oFAN", hello())
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.Class != api.Token || api.Ambiguous(err) {
		t.Errorf("error = %v", err)
	}
	if tokens, calls := p.seen(); tokens != 2 || len(calls) != 2 {
		t.Errorf("%d tokens, %d calls", tokens, len(calls))
	}
}

func TestNoToken(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		class        api.Class // empty: no *Error
	}{
		{"wrong secret", `{"errcode":40001,"errmsg":"invalid credential"}`, api.Configuration},
		{"wrong secret, newer code", `{"errcode":40125,"errmsg":"invalid appsecret"}`, api.Configuration},
		{"address not allowed", `{"errcode":40164,"errmsg":"invalid ip 1.2.3.4, not in whitelist rid: a-b-c"}`, api.Configuration},
		{"busy", `{"errcode":-1,"errmsg":"system error"}`, api.Retry},
		{"nothing in it", `{}`, ""},
		{"no JSON", `<html>`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, ok)
			p.issue = func(int) string { return tt.answer }
			err := p.client().SendCustom(t.Context(), "oFAN", hello())
			refused := new(api.Error)
			if got := errors.As(err, &refused); err == nil || got != (tt.class != "") || got && refused.Class != tt.class {
				t.Errorf("error = %v, class %q", err, refused.Class)
			}
			if api.Ambiguous(err) {
				t.Error("nothing was sent, but the error is ambiguous")
			}
			if _, calls := p.seen(); len(calls) > 0 {
				t.Errorf("calls without a token: %q", calls)
			}
		})
	}
}

func TestOneCallerGivesUpTheOthersGetTheToken(t *testing.T) {
	p := play(t, ok)
	asked, give := make(chan struct{}), make(chan struct{})
	p.issue = func(int) string {
		close(asked)
		<-give
		return `{"access_token":"token-1","expires_in":7200}`
	}
	c := p.client()
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- c.SendCustom(ctx, "oFAN", hello()) }()
	<-asked
	go func() { second <- c.SendCustom(t.Context(), "oFAN", hello()) }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v", err)
	}
	close(give)
	if err := <-second; err != nil {
		t.Errorf("second: %v", err)
	}
}
