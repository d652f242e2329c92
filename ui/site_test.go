package ui_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/ui"
	"fanflow/wechat"
)

const (
	token      = "an-admin-token-of-some-length"
	hookSecret = "hook secret"
	fanA       = "oFanAAAAAAAAAAAAAAAAAAAAAAAA"
	fanB       = "oFanBBBBBBBBBBBBBBBBBBBBBBBB"
	fanC       = "oFanCCCCCCCCCCCCCCCCCCCCCCCC"
	fanX       = "oFan<script>alert(1)</script>" // no platform gives such, but hooks may bring anything
)

// evil is what a fan may write.
const evil = `<script>alert("x")</script>'"><img src=x onerror=alert(1)>{{.}}`

// site is the UI over a real engine and a store in memory, with clocks that the test moves.
type site struct {
	t      *testing.T
	store  store.Store
	engine *flows.Engine
	http   *httptest.Server

	mu        sync.Mutex
	now       time.Time // of the service
	wall      time.Time
	published []store.Publication
	log       strings.Builder
	pushes    int
}

func newSite(t *testing.T, change ...func(*ui.Config)) *site {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, store: mem.New(), now: time.Date(2026, 11, 2, 21, 30, 0, 0, zone), wall: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
	s.engine, err = flows.New(flows.Config{
		Store: s.store, Now: s.clock, Accounts: []flows.Account{
			{Name: "demo", Location: zone, Type: "service", Templates: map[string]string{"COUPON_EXPIRING": "T1"}},
			{Name: "empty", Location: time.UTC, Type: "subscription"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := ui.Config{
		Store: s.store, Engine: s.engine, AdminToken: token, Now: s.clock, Demo: true, Version: "test",
		Wall:   func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.wall },
		Logger: slog.New(slog.NewTextHandler(s, nil)),
		Accounts: []ui.Account{
			{Name: "demo", Title: "春日咖啡", AppID: "wxdemo0000000000", HookSecret: hookSecret, Location: zone},
			{Name: "empty"},
		},
		OnPublish: func(p store.Publication) { s.mu.Lock(); defer s.mu.Unlock(); s.published = append(s.published, p) },
	}
	for _, f := range change {
		f(&c)
	}
	h, err := ui.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewServer(h)
	t.Cleanup(s.http.Close)
	return s
}

// Write takes the log.
func (s *site) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *site) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *site) passWall(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wall = s.wall.Add(d)
}

// publish pushes and publishes a script.
func (s *site) publish(kind, file, source string) {
	s.t.Helper()
	sc, err := s.engine.Push(context.Background(), "demo", kind, file, source, "test")
	if err == nil {
		_, err = s.engine.Publish(context.Background(), sc.ScriptID, sc.Version, "test")
	}
	if err != nil {
		s.t.Fatalf("publish %s: %v", file, err)
	}
}

// receive plays a push of the platform.
func (s *site) receive(fan, msgType, event string, body wechat.Body) {
	s.t.Helper()
	s.pushes++
	p := &wechat.Push{
		ToUserName: "gh_demo", FromUserName: fan, CreateTime: s.clock().Unix(), MsgType: msgType, Event: event,
		MsgID: fmt.Sprint(s.pushes), Body: body,
	}
	if _, err := s.engine.Receive(context.Background(), "demo", p); err != nil {
		s.t.Fatalf("receive %s of %s: %v", p.Name(), fan, err)
	}
	s.engine.Written("demo", p)
	s.pass(time.Minute)
}

func (s *site) text(fan, text string) {
	s.t.Helper()
	s.receive(fan, "text", "", &wechat.Text{Content: text})
}

// seed publishes the example campaign and plays two fans: A is given a code, B asks for a shop and stops.
func (s *site) seed() {
	s.t.Helper()
	for _, f := range []struct{ kind, path string }{
		{store.KindPlugin, "plugins/shops.lua"},
		{store.KindPlugin, "plugins/stock.lua"},
		{store.KindFlow, "coupon/coupon.lua"},
		{store.KindFlow, "help/help.lua"},
	} {
		b, err := os.ReadFile("../examples/" + f.path)
		if err != nil {
			s.t.Fatal(err)
		}
		s.publish(f.kind, f.path[strings.LastIndex(f.path, "/")+1:], string(b))
	}
	s.receive(fanA, "event", "subscribe", &wechat.Subscribe{Scene: "store-1"})
	s.text(fanA, "1")
	s.text(fanA, evil)
	s.receive(fanB, "event", "subscribe", &wechat.Subscribe{})
	s.text(fanB, "2")
	s.receive(fanX, "text", "", &wechat.Text{Content: "hi"})
}

// client is a browser that keeps cookies and does not follow redirects.
func (s *site) client() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *site) login() *http.Client {
	s.t.Helper()
	c := s.client()
	if r := s.post(c, "/login", url.Values{"token": {token}}); r.status != http.StatusSeeOther {
		s.t.Fatalf("login: %d %s", r.status, r.body)
	}
	return c
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(c *http.Client, req *http.Request) answer {
	s.t.Helper()
	res, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (s *site) request(method, path, body string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequest(method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return req
}

func (s *site) get(c *http.Client, path string) answer {
	s.t.Helper()
	return s.do(c, s.request(http.MethodGet, path, ""))
}

func (s *site) post(c *http.Client, path string, form url.Values) answer {
	s.t.Helper()
	req := s.request(http.MethodPost, path, form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(c, req)
}

// api calls the admin API with the bearer token.
func (s *site) api(method, path, body string) answer {
	s.t.Helper()
	req := s.request(method, "/api/v1"+path, body)
	req.Header.Set("Authorization", "Bearer "+token)
	return s.do(http.DefaultClient, req)
}
