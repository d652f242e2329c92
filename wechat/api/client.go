// Package api is the client of WeChat's server API for one Official Account: messages out, fans and tags.
//
// It holds the access token, knows no quota and never tries a message twice by itself: what an error means for the next try is
// the Class of an *Error, or Ambiguous.
package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	callTime  = 15 * time.Second // of one call with all that belongs to it; wall time, as it bounds a connection
	maxAnswer = 4 << 20          // bytes
)

// Config says which account a Client speaks for. AppID and Secret are required.
type Config struct {
	AppID, Secret string
	BaseURL       string       // default https://api.weixin.qq.com
	HTTPClient    *http.Client // default: one of its own, with more idle connections; redirects are never followed
	Now           func() time.Time
	Logger        *slog.Logger
}

// Client calls the API. It is safe for concurrent use. Every method ends within 15 seconds, or with ctx if that is sooner,
// and its error never holds the token or the secret.
type Client struct {
	appID, secret string
	base          *url.URL
	baseErr       error
	http          http.Client
	logger        *slog.Logger
	token         tokenKeeper
}

// New makes a Client. It does not connect; a BaseURL that is none makes every call fail.
func New(c Config) *Client {
	cl := &Client{appID: c.AppID, secret: c.Secret, logger: c.Logger}
	if cl.logger == nil {
		cl.logger = slog.New(slog.DiscardHandler)
	}
	cl.base, cl.baseErr = url.Parse(cmp.Or(c.BaseURL, "https://api.weixin.qq.com"))
	if cl.baseErr == nil && cl.base.Host == "" {
		cl.baseErr = fmt.Errorf("API address %q has no host", c.BaseURL)
	}
	if c.HTTPClient != nil {
		cl.http = *c.HTTPClient
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		own := t.Clone()
		own.MaxIdleConnsPerHost = 64
		cl.http.Transport = own
	}
	// The platform redirects nothing; following would hand the token to whoever answered.
	cl.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cl.token = tokenKeeper{now: c.Now, fetch: cl.fetchToken, logger: cl.logger}
	if c.Now == nil {
		cl.token.now = time.Now
	}
	return cl
}

func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.call(ctx, http.MethodGet, path, query, nil, out)
}

func (c *Client) post(ctx context.Context, path string, in, out any) error {
	body, err := encode(in)
	if err != nil {
		return fmt.Errorf("%s: encode the request: %w", path, err)
	}
	return c.call(ctx, http.MethodPost, path, url.Values{}, body, out)
}

// call makes one call with the account's token. A token that is refused is renewed once and the call made again, which is
// safe: a call without a valid token does nothing.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	token, err := c.token.get(ctx)
	if err != nil {
		return fmt.Errorf("%s: get an access token: %w", path, err)
	}
	query.Set("access_token", token)
	err = c.roundTrip(ctx, method, path, query, body, out)
	if refused := new(Error); !errors.As(err, &refused) || !isTokenCode(refused.Code) {
		return err
	}
	c.logger.Info("access token refused, renewing it", "appid", c.appID, "api", path)
	if token, err = c.token.renew(ctx, token); err != nil {
		return fmt.Errorf("%s: renew the access token: %w", path, err)
	}
	query.Set("access_token", token)
	return c.roundTrip(ctx, method, path, query, body, out)
}

// roundTrip sends one request and reads its answer into out, which may be nil and is filled as far as the answer goes even
// when that is an *Error.
func (c *Client) roundTrip(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	if c.baseErr != nil {
		return c.baseErr
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return &noAnswer{api: path, err: withoutURL(err)}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return &noAnswer{api: path, sent: sent.Load(), err: withoutURL(err)}
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return &noAnswer{api: path, sent: true, err: withoutURL(err)}
	}
	return c.decode(path, resp.StatusCode, doc, out)
}

// decode reads an answer. Errors of the platform are HTTP 200 with an errcode; any other status comes from what stands between.
func (c *Client) decode(path string, status int, doc []byte, out any) error {
	if len(doc) > maxAnswer {
		return &noAnswer{api: path, sent: true, err: errors.New("the answer is larger than 4 MiB")}
	}
	var head struct {
		Code int    `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(doc, &head); err != nil || (status != http.StatusOK && head.Code == 0) {
		if status != http.StatusOK {
			return newError(path, status, 0, http.StatusText(status))
		}
		return &noAnswer{api: path, sent: true, err: errors.New("the answer is no JSON object")}
	}
	var err error
	if out != nil {
		err = json.Unmarshal(doc, out)
	}
	if head.Code != 0 {
		return newError(path, status, head.Code, c.mask(head.Msg))
	}
	if err != nil {
		return &noAnswer{api: path, sent: true, err: errors.New("the answer has fields of another type")}
	}
	return nil
}
