package api_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

func TestErrorFields(t *testing.T) {
	for _, tt := range []struct {
		answer string
		want   api.Error
	}{
		{
			`{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 6553f101-00000001-00000002"}`,
			api.Error{Code: 40164, Msg: "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist", RID: "6553f101-00000001-00000002", IP: "1.2.3.4", Class: api.Configuration},
		},
		{
			`{"errcode":40164,"errmsg":"invalid ip 240e:3b7::1, not in whitelist"}`,
			api.Error{Code: 40164, Msg: "invalid ip 240e:3b7::1, not in whitelist", IP: "240e:3b7::1", Class: api.Configuration},
		},
		{
			`{"errcode":61004,"errmsg":"access clientip is not registered, requestIP: 5.6.7.8"}`,
			api.Error{Code: 61004, Msg: "access clientip is not registered, requestIP: 5.6.7.8", IP: "5.6.7.8", Class: api.Configuration},
		},
		{
			`{"errcode":47003,"errmsg":"argument invalid! data.thing1.value invalid rid: 6553f101-00000001-00000002"}`,
			api.Error{Code: 47003, Msg: "argument invalid! data.thing1.value invalid", RID: "6553f101-00000001-00000002", Field: "thing1", Class: api.Payload},
		},
		{
			`{"errcode":47003,"errmsg":"argument invalid! data.character_string12.value is empty"}`,
			api.Error{Code: 47003, Msg: "argument invalid! data.character_string12.value is empty", Field: "character_string12", Class: api.Payload},
		},
		{`{"errcode":47003,"errmsg":"argument invalid!"}`, api.Error{Code: 47003, Msg: "argument invalid!", Class: api.Payload}},
		{
			`{"errcode":48001,"errmsg":"api unauthorized hint: [ab1CD_9-x!]"}`,
			api.Error{Code: 48001, Msg: "api unauthorized", RID: "ab1CD_9-x!", Class: api.Configuration},
		},
		{
			`{"errcode":48001,"errmsg":"api unauthorized, hint: [ab1CD] rid: 6553f101-00000001-00000002"}`,
			api.Error{Code: 48001, Msg: "api unauthorized", RID: "6553f101-00000001-00000002", Class: api.Configuration},
		},
		{`{"errcode":48001,"errmsg":"a grid: none"}`, api.Error{Code: 48001, Msg: "a grid: none", Class: api.Configuration}},
		{
			`{"errcode":45171,"errmsg":"part failed","fail_openid_list":["oB","oC"]}`,
			api.Error{Code: 45171, Msg: "part failed", FailedOpenIDs: []string{"oB", "oC"}, Class: api.Retry},
		},
		{`{"errcode":45171,"errmsg":"part failed","fail_openid_list":"oB"}`, api.Error{Code: 45171, Msg: "part failed", Class: api.Retry}},
	} {
		p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, tt.answer) })
		got := new(api.Error)
		if err := p.client().TagFans(t.Context(), 101, []string{"oA", "oB", "oC"}); !errors.As(err, &got) {
			t.Fatal(err)
		}
		tt.want.API, tt.want.HTTPStatus = "/cgi-bin/tags/members/batchtagging", 200
		if diff := cmp.Diff(tt.want, *got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.answer, diff)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var connections atomic.Int64
	n := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		switch {
		case r.URL.Path == "/cgi-bin/stable_token":
			say(w, `{"access_token":"token-1","expires_in":7200}`)
		case n%4 == 0:
			w.WriteHeader(http.StatusBadGateway)
			say(w, strings.Repeat("<html>", 1000))
		case n%4 == 1:
			say(w, `{"errcode":45015,"errmsg":"`+strings.Repeat("x", 5000)+`"}`)
		case n%4 == 2:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		default:
			say(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: server.URL})
	failed := 0
	for range 40 {
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			failed++
		}
	}
	if connections.Load() != 1 || n != 41 || failed != 30 {
		t.Errorf("%d connections for %d requests, of which %d failed", connections.Load(), n, failed)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := play(t, func(w http.ResponseWriter, r *http.Request, _ string) { http.Redirect(w, r, other.URL, status) })
		got := new(api.Error)
		if err := p.client().SendCustom(t.Context(), "oFAN", hello()); !errors.As(err, &got) || got.HTTPStatus != status || api.Ambiguous(err) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if elsewhere.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

func TestBases(t *testing.T) {
	for _, tt := range []struct{ base, mp, want string }{
		{"", "", "https://mp.weixin.qq.com"},
		{"https://sh.api.weixin.qq.com", "", "https://mp.weixin.qq.com"},
		{api.FallbackURL, "", "https://mp.weixin.qq.com"},
		{"http://127.0.0.1:8080/wx", "", "http://127.0.0.1:8080/wx"},
		{"https://weixin.qq.com.example.org", "", "https://weixin.qq.com.example.org"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:9090", "http://127.0.0.1:9090"},
	} {
		c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: tt.base, MPBaseURL: tt.mp})
		if got, err := c.OneTimeURL(1, "T", "R", ""); err != nil || !strings.HasPrefix(got, tt.want+"/mp/subscribemsg?") {
			t.Errorf("%+v: %s, %v", tt, got, err)
		}
	}
	for i, c := range []api.Config{{BaseURL: "no host"}, {MPBaseURL: "::"}, {OpenBaseURL: "/path"}} {
		if err := api.New(c).SendCustom(t.Context(), "oFAN", hello()); err == nil || api.Ambiguous(err) {
			t.Errorf("%d: error = %v", i, err)
		}
	}
}

func TestRetryable(t *testing.T) {
	p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(http.StatusBadGateway) })
	lost := p.client().SendCustom(t.Context(), "oFAN", hello())
	closed := play(t, ok)
	closed.Close()
	never := closed.client().SendCustom(t.Context(), "oFAN", hello())
	for name, tt := range map[string]struct {
		err          error
		single, mass bool
	}{
		"no error":      {nil, false, false},
		"may have gone": {lost, false, false},
		"never went":    {never, true, true},
		"wrapped":       {fmt.Errorf("send: %w", &api.Error{Code: 12345, Class: api.Unknown}), true, false},
	} {
		if single, mass := api.Retryable(tt.err, false), api.Retryable(tt.err, true); single != tt.single || mass != tt.mass {
			t.Errorf("%s (%v): retryable %v, as a mass send %v", name, tt.err, single, mass)
		}
	}
}
