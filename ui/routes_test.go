package ui

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store/mem"
)

// bare is a server without data.
func bare(t *testing.T) *server {
	t.Helper()
	st := mem.New()
	engine, err := flows.New(flows.Config{Store: st, Now: time.Now, Accounts: []flows.Account{{Name: "demo"}}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(Config{Store: st, Engine: engine, AdminToken: "token", Demo: true, Accounts: []Account{{Name: "demo", HookSecret: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOpenAPI compares docs/openapi.yaml with the router: what one has the other has.
func TestOpenAPI(t *testing.T) {
	f, err := os.Open("../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var described []string
	path := ""
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "  /") && strings.HasSuffix(line, ":"):
			path = strings.TrimSuffix(strings.TrimSpace(line), ":")
			if !strings.HasPrefix(path, "/hooks/") {
				path = apiRoot + path
			}
		case line == "    get:", line == "    post:":
			described = append(described, strings.ToUpper(strings.Trim(line, " :"))+" "+path)
		case line == "components:":
			path = ""
		}
	}
	var routed []string
	for _, r := range bare(t).routes() {
		if r.access == operator || r.access == signed {
			routed = append(routed, r.method+" "+r.path)
		}
	}
	slices.Sort(described)
	slices.Sort(routed)
	if !slices.Equal(described, routed) {
		t.Errorf("docs/openapi.yaml describes\n%s\nthe router has\n%s", strings.Join(described, "\n"), strings.Join(routed, "\n"))
	}
}

// TestAccess tries every route as a stranger, with a wrong token, from another site with a session, with the token, and with a session.
func TestAccess(t *testing.T) {
	s := bare(t)
	h := s.guarded(s.router())
	session, err := s.sessions.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	try := func(r route, change func(*http.Request)) int {
		path := strings.NewReplacer("{account}", "demo", "{file}", "app.css", "{event}", "e").Replace(r.path)
		for _, name := range []string{"{openid}", "{flow}", "{kind}", "{name}"} {
			path = strings.ReplaceAll(path, name, "x")
		}
		req := httptest.NewRequest(r.method, path, strings.NewReader("{}"))
		req.RemoteAddr = "192.0.2.1:1"
		change(req)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "fanflow_session", Value: session}) }
	elsewhere := func(r *http.Request) { cookie(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }
	inside := func(code int) bool { return code != 401 && code != 403 && code != 303 }
	for _, r := range s.routes() {
		t.Run(r.method+r.path, func(t *testing.T) {
			stranger, wrong := try(r, func(*http.Request) {}), try(r, bearer("wrong"))
			switch r.access {
			case everyone:
				if stranger == 401 && r.path != "/login" || stranger == 404 {
					t.Errorf("a stranger gets %d", stranger)
				}
			case member:
				if stranger != 303 || wrong != 303 || try(r, bearer("token")) != 303 {
					t.Errorf("a stranger gets %d, with a wrong token %d", stranger, wrong)
				}
			case operator:
				if stranger != 401 || wrong != 401 {
					t.Errorf("a stranger gets %d, with a wrong token %d", stranger, wrong)
				}
				if got := try(r, bearer("token")); !inside(got) {
					t.Errorf("with the token: %d", got)
				}
			case signed:
				if stranger != 401 || try(r, bearer("token")) != 401 {
					t.Errorf("unsigned: %d", stranger)
				}
			}
			if r.access != member && r.access != operator {
				return
			}
			if got := try(r, cookie); !inside(got) && (got != 303 || strings.Contains(r.path, "{")) {
				t.Errorf("with a session: %d", got)
			}
			if got := try(r, elsewhere); r.method == http.MethodPost && got != 403 {
				t.Errorf("a form of another site gets %d", got)
			}
		})
	}
}

func TestPanicIsAnswered(t *testing.T) {
	s := bare(t)
	h := s.guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))
	for path, want := range map[string]string{"/api/v1/x": "application/problem+json", "/x": "text/html; charset=utf-8"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 500 || w.Header().Get("Content-Type") != want || strings.Contains(w.Body.String(), "oops") {
			t.Errorf("%s: %d %s %s", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestThrottleIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	th := newThrottle(func() time.Time { now = now.Add(time.Millisecond); return now })
	for i := range 3 * maxAddresses {
		th.take(string(rune(i)))
	}
	if n := len(th.young) + len(th.old); n > maxAddresses {
		t.Errorf("%d addresses are kept", n)
	}
}

func TestAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "[::ffff:192.0.2.7]:80": "::ffff:192.0.2.7", "odd": "odd",
	} {
		if got := address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
