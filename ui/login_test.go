package ui_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/ui"
)

func TestLogin(t *testing.T) {
	s := newSite(t)
	c := s.client()
	r := s.get(c, "/a/demo/fans?tag=x")
	if to := r.header.Get("Location"); r.status != http.StatusSeeOther || to != "/login?next=%2Fa%2Fdemo%2Ffans%3Ftag%3Dx" {
		t.Fatalf("a stranger gets %d to %q", r.status, to)
	}
	if r := s.post(c, "/login", url.Values{"token": {"wrong"}}); r.status != http.StatusUnauthorized || !strings.Contains(r.body, `id="login-error"`) {
		t.Fatalf("wrong token: %d", r.status)
	}
	r = s.post(c, "/login", url.Values{"token": {token}, "next": {"/a/demo/fans?tag=x"}})
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/a/demo/fans?tag=x" {
		t.Fatalf("login: %d to %q", r.status, r.header.Get("Location"))
	}
	cookie := r.header.Get("Set-Cookie")
	for _, part := range []string{"fanflow_session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("session cookie %q lacks %s", cookie, part)
		}
	}
	if r := s.get(c, "/a/demo/fans"); r.status != http.StatusOK {
		t.Errorf("after login: %d", r.status)
	}
	id := strings.TrimPrefix(strings.SplitN(cookie, ";", 2)[0], "fanflow_session=")
	settings, err := s.store.Settings(context.Background(), "session/")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(id))
	if names := slices.Collect(maps.Keys(settings)); len(id) != 64 || !slices.Equal(names, []string{"session/" + hex.EncodeToString(sum[:])}) {
		t.Errorf("sessions stored: %q", names)
	}
	for name, v := range settings {
		if strings.Contains(name+string(v), id) || strings.Contains(string(v), token) {
			t.Error("the store holds the session's id or the token")
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	for name, end := range map[string]func(*site, *http.Client){
		"idle": func(s *site, _ *http.Client) { s.passWall(12 * time.Hour) },
		"old": func(s *site, c *http.Client) {
			for range 15 {
				s.passWall(11 * time.Hour)
				s.get(c, "/a/demo")
			}
			s.passWall(3 * time.Hour)
		},
		"logout": func(s *site, c *http.Client) { s.post(c, "/logout", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			c := s.login()
			s.passWall(11 * time.Hour)
			if r := s.get(c, "/a/demo"); r.status != http.StatusOK {
				t.Fatalf("after 11 h: %d", r.status)
			}
			end(s, c)
			if r := s.get(c, "/a/demo"); r.status != http.StatusSeeOther {
				t.Errorf("the session still lives: %d", r.status)
			}
		})
	}
}

func TestSessionEndsWithItsToken(t *testing.T) {
	s := newSite(t)
	c := s.login()
	other, err := ui.New(ui.Config{Store: s.store, Engine: s.engine, AdminToken: "another token", Wall: func() time.Time { return s.wall }, Accounts: []ui.Account{{Name: "demo"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.http.Config.Handler = other
	if r := s.get(c, "/a/demo"); r.status != http.StatusSeeOther {
		t.Errorf("a session of the former token lives: %d", r.status)
	}
}

func TestSecureCookies(t *testing.T) {
	s := newSite(t)
	req := s.request(http.MethodPost, "/login", url.Values{"token": {token}}.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-Proto", "https")
	if cookie := s.do(s.client(), req).header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "Secure") {
		t.Errorf("cookie behind TLS: %q", cookie)
	}
}

func TestThrottle(t *testing.T) {
	s := newSite(t)
	c := s.client()
	for i := range 10 {
		if r := s.post(c, "/login", url.Values{"token": {"wrong"}}); r.status != http.StatusUnauthorized {
			t.Fatalf("try %d: %d", i, r.status)
		}
	}
	r := s.post(c, "/login", url.Values{"token": {token}})
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "600" {
		t.Errorf("eleventh try: %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	s.passWall(10 * time.Minute)
	if r := s.post(c, "/login", url.Values{"token": {token}}); r.status != http.StatusSeeOther {
		t.Errorf("after the window: %d", r.status)
	}
}

func TestNextStaysHere(t *testing.T) {
	s := newSite(t)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, "javascript:alert(1)", ""} {
		r := s.post(s.client(), "/login", url.Values{"token": {token}, "next": {next}})
		if to := r.header.Get("Location"); to != "/" {
			t.Errorf("next %q leads to %q", next, to)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	s := newSite(t)
	ok := ui.Config{Store: s.store, Engine: s.engine, AdminToken: "x", Accounts: []ui.Account{{Name: "demo"}}}
	for name, change := range map[string]func(*ui.Config){
		"no store":   func(c *ui.Config) { c.Store = nil },
		"no engine":  func(c *ui.Config) { c.Engine = nil },
		"no token":   func(c *ui.Config) { c.AdminToken = "" },
		"no account": func(c *ui.Config) { c.Accounts = nil },
	} {
		c := ok
		change(&c)
		if _, err := ui.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
