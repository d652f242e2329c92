package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

// journal collects log lines of all levels.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

const (
	webToken, webRefresh = "WEB/ACCESS+1", "WEB/REFRESH+1"
	pageTicket           = "TICKET-of-the-page-1"
)

// shownSecrets are the secrets of these tests that text shows, as they are or as a query has them.
func shownSecrets(text string) (shown []string) {
	for _, s := range []string{secret, "token-1", "token-2", webToken, webRefresh, pageTicket, "CODE-1"} {
		if strings.Contains(text, s) || strings.Contains(text, url.QueryEscape(s)) {
			shown = append(shown, s)
		}
	}
	return shown
}

// echoes are ways in which a platform, or what stands before it, repeats what it was sent.
var echoes = map[string]func(r *http.Request, sent string) (*http.Response, error){
	"errmsg":           func(r *http.Request, sent string) (*http.Response, error) { return echo(200, 48001, sent) },
	"token refused":    func(r *http.Request, sent string) (*http.Response, error) { return echo(200, 42001, sent) },
	"errmsg and HTTP":  func(r *http.Request, sent string) (*http.Response, error) { return echo(500, 50000, sent) },
	"HTTP status line": func(r *http.Request, sent string) (*http.Response, error) { return echo(502, 0, sent) },
	"no JSON": func(r *http.Request, sent string) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader("<html>" + sent))}, nil
	},
	"dial": func(r *http.Request, sent string) (*http.Response, error) {
		return nil, fmt.Errorf("dial %s: %w", sent, errors.New("refused"))
	},
	"nested": func(r *http.Request, sent string) (*http.Response, error) {
		return nil, fmt.Errorf("proxy: %w", &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("malformed answer " + sent)})
	},
	"cut": func(r *http.Request, sent string) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(brokenBody{sent})}, nil
	},
	"redirect": func(r *http.Request, sent string) (*http.Response, error) {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://elsewhere.example/?" + sent}}, Body: http.NoBody}, nil
	},
}

func echo(status, code int, sent string) (*http.Response, error) {
	doc := fmt.Sprintf(`{"errcode":%d,"errmsg":%q}`, code, "what is "+sent+" rid: 6553f101-00000001-00000002")
	return &http.Response{StatusCode: status, Status: "500 " + sent, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc))}, nil
}

type brokenBody struct{ sent string }

func (b brokenBody) Read([]byte) (int, error) { return 0, errors.New("broken after " + b.sent) }

// mirror is a platform that gives tokens and a ticket while it is good, and repeats all it gets by one of the echoes after.
type mirror struct {
	mu   sync.Mutex
	echo func(r *http.Request, sent string) (*http.Response, error)
	n    int    // of token calls
	also string // what it repeats besides
}

func (m *mirror) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	doc := ""
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		m.n++
		doc = fmt.Sprintf(`{"access_token":"token-%d","expires_in":7200}`, min(m.n, 2))
	case "/cgi-bin/ticket/getticket":
		m.also = pageTicket
		doc = fmt.Sprintf(`{"errcode":0,"ticket":%q,"expires_in":7200}`, pageTicket)
	}
	if m.echo != nil && (doc == "" || m.n > 2) {
		return m.echo(r, r.URL.String()+" "+r.URL.RawQuery+" "+string(body)+" "+m.also)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
}

func TestNoSecretIsShown(t *testing.T) {
	web := api.WebToken{AccessToken: webToken, RefreshToken: webRefresh, OpenID: "oFAN"}
	calls := map[string]func(ctx context.Context, c *api.Client) error{
		"get":  func(ctx context.Context, c *api.Client) error { _, err := c.User(ctx, "oFAN"); return err },
		"post": func(ctx context.Context, c *api.Client) error { return c.SendCustom(ctx, "oFAN", hello()) },
		"upload": func(ctx context.Context, c *api.Client) error {
			return c.SetAgentPicture(ctx, "a@b", fileOf(t, "a.jpg", "x"))
		},
		"download": func(ctx context.Context, c *api.Client) error {
			_, err := c.DownloadVoice(ctx, "m", io.Discard)
			return err
		},
		"mass": func(ctx context.Context, c *api.Client) error {
			_, err := c.MassToAll(ctx, wechat.Outgoing{Text: "x"}, "")
			return err
		},
		"clear by secret": func(ctx context.Context, c *api.Client) error { return c.ClearQuotaBySecret(ctx) },
		"exchange":        func(ctx context.Context, c *api.Client) error { _, err := c.Exchange(ctx, "CODE-1"); return err },
		"refresh": func(ctx context.Context, c *api.Client) error {
			_, err := c.RefreshWebToken(ctx, webRefresh)
			return err
		},
		"profile": func(ctx context.Context, c *api.Client) error { _, err := c.UserProfile(ctx, web, ""); return err },
	}
	for how, repeat := range echoes {
		for name, call := range calls {
			t.Run(how+"/"+name, func(t *testing.T) {
				log := &journal{}
				m := &mirror{}
				c := api.New(api.Config{
					AppID: appID, Secret: secret, HTTPClient: &http.Client{Transport: m},
					Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				})
				if ticket, err := c.Ticket(t.Context(), api.TicketJSAPI); err != nil || ticket != pageTicket {
					t.Fatal(ticket, err)
				}
				m.mu.Lock()
				m.echo = repeat
				m.mu.Unlock()
				err := call(t.Context(), c)
				if err == nil {
					t.Fatal("no error")
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					text := fmt.Sprintf("%v %+v %#v %q", e, e, e, e)
					if shown := shownSecrets(e.Error() + text); shown != nil {
						t.Errorf("%q is in the error %s", shown, text)
					}
				}
				if shown := shownSecrets(log.String()); shown != nil {
					t.Errorf("%q is in the log %s", shown, log)
				}
			})
		}
	}
}

func TestNoSecretIsShownWhereNoTokenIsGiven(t *testing.T) {
	for how, repeat := range echoes {
		t.Run(how, func(t *testing.T) {
			log := &journal{}
			m := &mirror{echo: repeat, n: 5}
			c := api.New(api.Config{
				AppID: appID, Secret: secret, HTTPClient: &http.Client{Transport: m}, PlainToken: true,
				Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			err := c.SendCustom(t.Context(), "oFAN", hello())
			if err == nil || api.Ambiguous(err) {
				t.Fatalf("error = %v", err)
			}
			if shown := shownSecrets(err.Error() + log.String()); log.String() == "" || shown != nil {
				t.Errorf("%q is in %v or %s", shown, err, log)
			}
		})
	}
}

// What is printed or logged by mistake shows nothing.
func TestNoSecretIsPrinted(t *testing.T) {
	p := play(t, ok)
	config := api.Config{AppID: appID, Secret: secret, BaseURL: p.URL, Now: p.clock}
	c := api.New(config)
	if err := c.SendCustom(t.Context(), "oFAN", hello()); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{
		config, &config,
		struct{ API api.Config }{config},
		[]api.Config{config},
		c,
		struct{ C *api.Client }{c},
		c.DataCube(),
		api.AccessToken{Value: "token-1"},
		&api.AccessToken{Value: "token-1"},
		struct{ T api.AccessToken }{api.AccessToken{Value: "token-1"}},
		api.WebToken{AccessToken: webToken, RefreshToken: webRefresh},
		&api.WebToken{AccessToken: webToken, RefreshToken: webRefresh},
	} {
		log := &journal{}
		slog.New(slog.NewTextHandler(log, nil)).Info("text", "v", v)
		text := fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v) + log.String()
		if _, deep := v.(struct{ T api.AccessToken }); !deep { // encoding/json looks into it, as a TokenStore wants
			slog.New(slog.NewJSONHandler(log, nil)).Info("JSON", "v", v)
		}
		if shown := shownSecrets(text + log.String()); shown != nil {
			t.Errorf("%T shows %q: %s\n%s", v, shown, text, log)
		}
	}
}
