package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/wechat/api"
)

// The platform's own example. Source: developer.work.weixin.qq.com/document/path/96909, which signs by the same rule.
func TestJSSignature(t *testing.T) {
	const (
		ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
		want   = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
	)
	for _, page := range []string{"http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#part", "http://mp.weixin.qq.com?params=value#a#b"} {
		if got := api.JSSignature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, page); got != want {
			t.Errorf("%s: %s, want %s", page, got, want)
		}
	}
	if api.JSSignature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=other") == want {
		t.Error("another page has the same signature")
	}
}

// tickets plays a platform that gives tickets of each type, one after the other: jsapi-1, jsapi-2, …
func tickets(t *testing.T) (p *platform, count func() int) {
	var mu sync.Mutex
	n := map[string]int{}
	p = play(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		mu.Lock()
		defer mu.Unlock()
		kind := r.URL.Query().Get("type")
		n[kind]++
		say(w, fmt.Sprintf(`{"errcode":0,"errmsg":"ok","ticket":"%s-%d","expires_in":7200}`, kind, n[kind]))
	})
	return p, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n["jsapi"] + n["wx_card"]
	}
}

func TestTicketIsKept(t *testing.T) {
	p, count := tickets(t)
	c := p.client()
	want := func(kind api.TicketType, value string) {
		t.Helper()
		if got, err := c.Ticket(t.Context(), kind); err != nil || got != value {
			t.Errorf("ticket %q, %v, want %q", got, err, value)
		}
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() { want(api.TicketJSAPI, "jsapi-1") })
	}
	wg.Wait()
	if n := count(); n != 1 {
		t.Errorf("%d calls for 32 who ask at once", n)
	}
	want(api.TicketCard, "wx_card-1")
	p.advance(time.Hour)
	want(api.TicketJSAPI, "jsapi-1")
	if n := count(); n != 2 {
		t.Errorf("%d calls for two tickets", n)
	}
	p.advance(time.Hour) // by the account's clock it is over
	want(api.TicketJSAPI, "jsapi-2")
	if _, calls := p.seen(); !strings.HasPrefix(calls[0], "GET /cgi-bin/ticket/getticket token-1") {
		t.Errorf("calls %q", calls)
	}
}

func TestTicketIsRefreshedAhead(t *testing.T) {
	p := play(t, nil)
	asked, give := make(chan struct{}), make(chan struct{})
	n := 0
	p.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		n++ // one call at a time
		if n == 2 {
			close(asked)
			<-give
		}
		say(w, fmt.Sprintf(`{"errcode":0,"errmsg":"ok","ticket":"t-%d","expires_in":7200}`, n))
	}
	c := p.client()
	get := func() string {
		t.Helper()
		got, err := c.Ticket(t.Context(), api.TicketJSAPI)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	get()
	p.advance(2*time.Hour - time.Minute)
	if got := get(); got != "t-1" { // nobody waits for the next one
		t.Errorf("ticket %q while the next is asked for", got)
	}
	<-asked
	close(give)
	p.advance(2 * time.Minute)
	if got := get(); got != "t-2" {
		t.Errorf("ticket %q", got)
	}
}

func TestTicketErrors(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, `{"errcode":48001,"errmsg":"api unauthorized"}`)
	})
	_, err := p.client().SignPage(t.Context(), "https://example.com/")
	refused := new(api.Error)
	if !errors.As(err, &refused) || refused.Code != 48001 || refused.API != "/cgi-bin/ticket/getticket" {
		t.Errorf("error %v", err)
	}
	if _, err := p.client().Ticket(t.Context(), "other"); !errors.As(err, &refused) || refused.Class != api.Payload {
		t.Errorf("error %v", err)
	}
	if _, err := play(t, ok).client().Ticket(t.Context(), api.TicketCard); err == nil {
		t.Error("no error for an answer without a ticket")
	}
}

func TestSignPage(t *testing.T) {
	p, _ := tickets(t)
	c := p.client()
	const page = "https://example.com/shop?a=1&b=好"
	first, err := c.SignPage(t.Context(), page+"#top")
	if err != nil {
		t.Fatal(err)
	}
	if first.AppID != appID || first.Timestamp != 1700000000 || len(first.NonceStr) < 16 || first.Signature != api.JSSignature("jsapi-1", first.NonceStr, 1700000000, page) {
		t.Errorf("%+v", first)
	}
	second, err := c.SignPage(t.Context(), page)
	if err != nil || second.NonceStr == first.NonceStr {
		t.Errorf("the nonce came again: %+v, %v", second, err)
	}
}
