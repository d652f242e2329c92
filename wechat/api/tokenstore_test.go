package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/wechat/api"
)

// shelf is a TokenStore in memory. A fault is what its calls return.
type shelf struct {
	mu    sync.Mutex
	token api.AccessToken
	fault error
}

func (s *shelf) Load(context.Context) (api.AccessToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return api.AccessToken{}, s.fault
	}
	return s.token, nil
}

func (s *shelf) Save(_ context.Context, t api.AccessToken) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return s.fault
	}
	s.token = t
	return nil
}

// issuer is a platform that gives tokens T1, T2, … and refuses all but the good ones.
type issuer struct {
	*httptest.Server
	mu     sync.Mutex
	now    time.Time
	asked  []string // the token calls: method, path, query or body
	good   map[string]bool
	broken int // HTTP status of token calls; 0: they work
}

func newIssuer(t *testing.T) *issuer {
	p := &issuer{now: time.Unix(1700000000, 0), good: map[string]bool{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "token") && p.broken != 0:
		w.WriteHeader(p.broken)
	case strings.HasSuffix(path, "token"):
		p.asked = append(p.asked, strings.TrimSpace(r.Method+" "+path+" "+r.URL.RawQuery+string(body)))
		token := fmt.Sprintf("T%d", len(p.asked))
		p.good[token] = true
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":7200}`, token)
	case p.good[r.URL.Query().Get("access_token")]:
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	default:
		_, _ = io.WriteString(w, `{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest"}`)
	}
}

func (p *issuer) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *issuer) advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// revoke ends the life of a token.
func (p *issuer) revoke(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.good, token)
}

func (p *issuer) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func (p *issuer) config(s api.TokenStore) api.Config {
	return api.Config{AppID: appID, Secret: secret, BaseURL: p.URL, Now: p.clock, Tokens: s}
}

// sends makes a call with each of the clients and holds the platform to how often it was asked for a token in all.
func (p *issuer) sends(t *testing.T, tokens int, clients ...*api.Client) {
	t.Helper()
	for i, c := range clients {
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	if n := p.calls(); n != tokens {
		t.Fatalf("%d token calls, want %d", n, tokens)
	}
}

func TestTwoClientsShareOneToken(t *testing.T) {
	p, s := newIssuer(t), &shelf{}
	one, two := api.New(p.config(s)), api.New(p.config(s))
	p.sends(t, 1, one, two)
	p.revoke("T1")
	p.sends(t, 2, one) // the store has only what was refused
	p.sends(t, 2, two) // another has fetched a newer one
}

func TestRestartTakesTheStoredToken(t *testing.T) {
	p, s := newIssuer(t), &shelf{}
	p.sends(t, 1, api.New(p.config(s)))
	p.advance(2*time.Hour - time.Second)
	p.sends(t, 1, api.New(p.config(s)))
	p.advance(time.Second)
	p.sends(t, 2, api.New(p.config(s)))
}

func TestAskingAheadLooksIntoTheStoreFirst(t *testing.T) {
	p, s := newIssuer(t), &shelf{}
	one, two := api.New(p.config(s)), api.New(p.config(s))
	p.sends(t, 1, one, two)
	p.advance(2*time.Hour - time.Minute)
	if err := one.ForceRefresh(t.Context()); err != nil { // T2, good for longer
		t.Fatal(err)
	}
	p.sends(t, 2, two) // begins to look for another
	p.advance(2 * time.Minute)
	p.sends(t, 2, two)
}

func TestStoredTokenThatIsNotOurs(t *testing.T) {
	for name, change := range map[string]func(*api.Config){
		"other secret":  func(c *api.Config) { c.Secret += "x" },
		"other AppID":   func(c *api.Config) { c.AppID = "wxother" },
		"other address": func(c *api.Config) { c.BaseURL += "/proxy" },
	} {
		t.Run(name, func(t *testing.T) {
			p, s := newIssuer(t), &shelf{}
			p.sends(t, 1, api.New(p.config(s)))
			other := p.config(s)
			change(&other)
			p.sends(t, 2, api.New(other))
		})
	}
	t.Run("of nobody", func(t *testing.T) {
		p := newIssuer(t)
		s := &shelf{token: api.AccessToken{Value: "found", Expires: p.clock().Add(time.Hour)}}
		p.sends(t, 1, api.New(p.config(s)))
	})
	t.Run("holds no secret", func(t *testing.T) {
		p, s := newIssuer(t), &shelf{}
		p.sends(t, 1, api.New(p.config(s)))
		doc, err := json.Marshal(s.token)
		if err != nil || strings.Contains(string(doc), secret) || len(s.token.Owner) != 64 {
			t.Errorf("stored: %s, %v", doc, err)
		}
		if shown := fmt.Sprintf("%v %s", s.token, s.token); strings.Contains(shown, s.token.Value) {
			t.Errorf("shown as %s", shown)
		}
	})
}

func TestBrokenStoreDoesNotStopSending(t *testing.T) {
	p, s := newIssuer(t), &shelf{fault: errors.New("disk full")}
	var logged bytes.Buffer
	c := p.config(s)
	c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey { // the hour may look like a token
			return slog.Attr{}
		}
		return a
	}}))
	client := api.New(c)
	p.sends(t, 1, client, client)
	p.revoke("T1")
	p.sends(t, 2, client)
	if text := logged.String(); strings.Count(text, "disk full") != 4 || strings.Contains(text, "T1") || strings.Contains(text, secret) {
		t.Errorf("log = %s", text)
	}
}

// roundTripper plays the platform without a socket, so that a bubble's clock rules.
type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// stuck is a store that never answers.
type stuck struct{}

func (stuck) Load(ctx context.Context) (api.AccessToken, error) {
	<-ctx.Done()
	return api.AccessToken{}, ctx.Err()
}

func (stuck) Save(ctx context.Context, _ api.AccessToken) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestStuckStoreCostsSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := api.New(api.Config{AppID: appID, Secret: secret, Tokens: stuck{}, HTTPClient: &http.Client{
			Transport: roundTripper(func(*http.Request) *http.Response {
				doc := `{"errcode":0,"access_token":"T1","expires_in":7200}`
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc))}
			}),
		}})
		start := time.Now()
		if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("the first message took %v", took)
		}
	})
}

func TestForceRefresh(t *testing.T) {
	p, s := newIssuer(t), &shelf{}
	c := api.New(p.config(s))
	p.sends(t, 1, c)
	if err := c.ForceRefresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.revoke("T1")
	p.sends(t, 2, c, api.New(p.config(s)))
	if strings.Contains(p.asked[0], "force_refresh") || !strings.Contains(p.asked[1], `"force_refresh":true`) {
		t.Errorf("token calls: %q", p.asked)
	}
	p.broken = http.StatusBadGateway
	err := c.ForceRefresh(t.Context())
	if err == nil || api.Ambiguous(err) || strings.Contains(err.Error(), secret) {
		t.Errorf("ForceRefresh: %v", err)
	}
	p.sends(t, 2, c) // what was held goes on
}

func TestForceRefreshWaitsForAnOrdinaryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []bool // by force
		c := api.New(api.Config{AppID: appID, Secret: secret, HTTPClient: &http.Client{
			Transport: roundTripper(func(r *http.Request) *http.Response {
				doc := `{"errcode":0}`
				if strings.HasSuffix(r.URL.Path, "stable_token") {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					asked = append(asked, bytes.Contains(body, []byte("force_refresh")))
					doc = fmt.Sprintf(`{"access_token":"T%d","expires_in":7200}`, len(asked))
					mu.Unlock()
					time.Sleep(time.Second)
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc))}
			}),
		}})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 3 {
			wg.Go(func() {
				if err := c.ForceRefresh(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if fmt.Sprint(asked) != "[false true]" {
			t.Errorf("token calls by force: %v, want [false true]", asked)
		}
	})
}

func TestPlainToken(t *testing.T) {
	p, s := newIssuer(t), &shelf{}
	config := p.config(s)
	config.PlainToken = true
	c := api.New(config)
	p.sends(t, 1, c, api.New(config))
	if want := "GET /cgi-bin/token appid=" + appID + "&grant_type=client_credential&secret=" + secret; p.asked[0] != want {
		t.Errorf("token call %q, want %q", p.asked[0], want)
	}
	p.revoke("T1")
	p.broken = http.StatusBadGateway
	err := c.SendCustom(t.Context(), "oFAN", hello())
	if err == nil || api.Ambiguous(err) || strings.Contains(err.Error(), secret) {
		t.Errorf("error = %v", err)
	}
	p.Close()
	err = c.ForceRefresh(t.Context())
	if err == nil || api.Ambiguous(err) || strings.Contains(err.Error(), secret) {
		t.Errorf("error = %v", err)
	}
}
