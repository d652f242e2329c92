// Package api is the client of WeChat's server API for one Official Account.
//
// It holds the access token, keeps to the documented calls per minute, knows no daily quota and never tries a message twice by
// itself: what an error means for the next try is the Class of an *Error, or Ambiguous, or both as Retryable.
package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	callTime  = 15 * time.Second // of one call with all that belongs to it; wall time, as it bounds a connection
	maxAnswer = 4 << 20          // bytes
	slowest   = 64 << 10         // bytes a second: at this rate a file must move, or its call ends
)

// FallbackURL is the platform's other entry, for disasters. A Client never turns to it by itself: a message whose answer got
// lost would be sent twice. An operator gives it as Config.BaseURL.
// Source: developers.weixin.qq.com/doc/subscription/guide/dev/api
const FallbackURL = "https://api2.weixin.qq.com"

// Config says which account a Client speaks for. AppID and Secret are required.
type Config struct {
	AppID, Secret string
	BaseURL       string // default https://api.weixin.qq.com
	// MPBaseURL is where pictures of QR codes are (default https://mp.weixin.qq.com), OpenBaseURL where fans authorize a web
	// page (default https://open.weixin.qq.com). Where BaseURL is not the platform's, it is the default of both.
	MPBaseURL, OpenBaseURL string
	HTTPClient             *http.Client // default: one of its own, with more idle connections; redirects are never followed
	// Rates are calls per time and path ("/cgi-bin/message/custom/send"), over those which the platform documents (see
	// DocumentedRates). A Rate of no calls lifts the limit.
	Rates map[string]Rate
	// Tokens shares the access token between restarts and processes; nil: it is kept in memory.
	Tokens TokenStore
	// PlainToken asks for tokens by /cgi-bin/token, of which every call ends the life of the token before, and not by
	// stable_token.
	PlainToken bool
	Now        func() time.Time
	Logger     *slog.Logger
}

// String names the account; what the Config holds besides the secret is not shown either.
func (c Config) String() string { return "config of " + c.AppID }

// GoString does so, too.
func (c Config) GoString() string { return c.String() }

// Client calls the API. It is safe for concurrent use. Every method ends within 15 seconds (with a file: and a second for every
// 64 KiB of it), or with ctx if that is sooner, and its error never holds a token or the secret.
type Client struct {
	appID, secret  string
	base, mp, open *url.URL
	badBase        bool // one of them is none
	http           http.Client
	logger         *slog.Logger
	plainToken     bool
	token          tokenKeeper
	tickets        map[TicketType]*tokenKeeper
	rates          limiter
	hidden         hidden
}

// String names the account; the Client holds its secret and tokens.
func (c *Client) String() string { return "client of " + c.appID }

// GoString does so, too.
func (c *Client) GoString() string { return c.String() }

// New makes a Client. It does not connect; a BaseURL that is none makes every call fail.
func New(c Config) *Client {
	cl := &Client{appID: c.AppID, secret: c.Secret, plainToken: c.PlainToken, logger: c.Logger}
	if cl.logger == nil {
		cl.logger = slog.New(slog.DiscardHandler)
	}
	cl.setBases(c)
	if c.HTTPClient != nil {
		cl.http = *c.HTTPClient
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		own := t.Clone()
		own.MaxIdleConnsPerHost = 64
		cl.http.Transport = own
	}
	// The platform redirects nothing; following would hand the token to whoever answered.
	cl.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	now := c.Now
	if now == nil {
		now = time.Now
	}
	cl.rates = newLimiter(now, c.Rates)
	cl.token = tokenKeeper{now: now, fetch: cl.fetchToken, store: c.Tokens, what: "access token", keeps: true, logger: cl.logger}
	cl.tickets = cl.newTickets(now)
	if !cl.badBase {
		cl.token.owner = tokenOwner(c.AppID, c.Secret, cl.base.String())
	}
	return cl
}

func (c *Client) setBases(cfg Config) {
	parse := func(address string) *url.URL {
		u, err := url.Parse(address)
		c.badBase = c.badBase || err != nil || u.Host == ""
		return u
	}
	c.base = parse(cmp.Or(cfg.BaseURL, "https://api.weixin.qq.com"))
	mp, open := "https://mp.weixin.qq.com", "https://open.weixin.qq.com"
	if !c.badBase && !strings.HasSuffix(c.base.Hostname(), ".weixin.qq.com") {
		mp, open = cfg.BaseURL, cfg.BaseURL
	}
	c.mp, c.open = parse(cmp.Or(cfg.MPBaseURL, mp)), parse(cmp.Or(cfg.OpenBaseURL, open))
}

// checkBases refuses a call that has nowhere to go. It does not show the address, which may hold a password.
func (c *Client) checkBases(path string) error {
	if !c.badBase {
		return nil
	}
	return &Error{API: path, Msg: "BaseURL, MPBaseURL or OpenBaseURL is no address with a host", Class: Configuration}
}

// request is one call: what goes out, and what is made of the answer.
type request struct {
	method, path string
	query        url.Values
	base         *url.URL // nil: the API's
	public       bool     // goes without an access token

	body  func() (io.ReadCloser, error) // from its start; nil: none
	size  int64                         // of the body, bytes
	ctype string                        // Content-Type of the body

	time   time.Duration // until which it must be over; 0: callTime
	hide   []string      // what no error may show, besides the secret and the access token
	answer func(r *request, resp *http.Response) error
}

// newRequest is a call whose body is in as JSON (nil: none) and whose answer goes into out as JSON. out may be nil; it is filled
// as far as the answer goes even when that is an *Error.
func (c *Client) newRequest(method, path string, query url.Values, in, out any) (*request, error) {
	r := &request{method: method, path: path, query: query}
	r.answer = func(r *request, resp *http.Response) error { return c.readJSON(r, resp, out) }
	if in == nil {
		return r, nil
	}
	body, err := encode(in)
	if err != nil {
		return nil, fmt.Errorf("%s: encode the request: %w", path, err)
	}
	r.setJSON(body)
	return r, nil
}

func (r *request) setJSON(body []byte) {
	r.body = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.size, r.ctype = int64(len(body)), "application/json; charset=utf-8"
}

func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	r, err := c.newRequest(http.MethodGet, path, query, nil, out)
	if err != nil {
		return err
	}
	return c.do(ctx, r)
}

func (c *Client) post(ctx context.Context, path string, in, out any) error {
	r, err := c.newRequest(http.MethodPost, path, nil, in, out)
	if err != nil {
		return err
	}
	return c.do(ctx, r)
}

// public makes a call that carries no access token of the account (web authorization, clear_quota/v2). hide are values of the
// query or of in that no error may show.
func (c *Client) public(ctx context.Context, method, path string, query url.Values, in, out any, hide ...string) error {
	r, err := c.newRequest(method, path, query, in, out)
	if err != nil {
		return err
	}
	r.public, r.hide = true, hide
	return c.do(ctx, r)
}

// do makes one call. A token that is refused is renewed once and the call made again, which is safe: a call without a valid
// token does nothing.
func (c *Client) do(ctx context.Context, r *request) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.time, callTime))
	defer cancel()
	if r.public {
		return c.send(ctx, r, "")
	}
	token, err := c.token.get(ctx)
	if err != nil {
		return fmt.Errorf("%s: get an access token: %w", r.path, err)
	}
	err = c.send(ctx, r, token)
	if refused := new(Error); !errors.As(err, &refused) || !isTokenCode(refused.Code) {
		return err
	}
	c.logger.Info("access token refused, renewing it", "appid", c.appID, "api", r.path)
	if token, err = c.token.renew(ctx, token); err != nil {
		return fmt.Errorf("%s: renew the access token: %w", r.path, err)
	}
	return c.send(ctx, r, token)
}

// roundTrip sends one request as it is, with no token added, and reads its answer into out.
func (c *Client) roundTrip(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	r, err := c.newRequest(method, path, query, nil, out)
	if err != nil {
		return err
	}
	if body != nil {
		r.setJSON(body)
	}
	return c.send(ctx, r, "")
}
