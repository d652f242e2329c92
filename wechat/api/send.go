package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// send makes one HTTP request when the path's rate allows it, and hands the answer on.
func (c *Client) send(ctx context.Context, r *request, token string) error {
	if err := c.checkBases(r.path); err != nil {
		return err
	}
	if token != "" {
		r.hide = append(r.hide, token)
	}
	if err := c.rates.wait(ctx, r.path); err != nil {
		return err
	}
	var sent atomic.Bool
	req, err := c.build(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}), r, token)
	if err != nil {
		return &noAnswer{api: r.path, err: c.clean(r, err)}
	}
	resp, err := c.http.Do(req)
	if req.Body != nil {
		// The transport may still read when the answer comes early; a second try reads the same source.
		defer req.Body.Close()
	}
	if err != nil {
		return &noAnswer{api: r.path, sent: sent.Load(), err: c.clean(r, err)}
	}
	defer resp.Body.Close()
	err = r.answer(r, resp)
	if refused := new(Error); errors.As(err, &refused) && refused.Code == 45011 {
		refused.RetryAt = c.rates.hold(r.path)
	}
	return err
}

func (c *Client) build(ctx context.Context, r *request, token string) (*http.Request, error) {
	base := r.base
	if base == nil {
		base = c.base
	}
	u := base.JoinPath(r.path)
	query := maps.Clone(r.query)
	if token != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("access_token", token)
	}
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), http.NoBody)
	if err != nil || r.body == nil {
		return req, err
	}
	req.Header.Set("Content-Type", r.ctype)
	req.GetBody = r.body
	req.ContentLength = r.size // always known: the platform answers chunked bodies with HTTP 412
	req.Body, err = r.body()
	return req, err
}

// readJSON reads an answer that is JSON in every case.
func (c *Client) readJSON(r *request, resp *http.Response, out any) error {
	doc, err := c.readAll(r, resp.Body)
	if err != nil {
		return err
	}
	return c.decode(r, resp.StatusCode, doc, out)
}

func (c *Client) readAll(r *request, body io.Reader) ([]byte, error) {
	doc, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(doc) > maxAnswer {
		err = errors.New("the answer is larger than 4 MiB")
	}
	if err != nil {
		return nil, &noAnswer{api: r.path, sent: true, err: c.clean(r, err)}
	}
	return doc, nil
}

// decode reads an answer. Errors of the platform are HTTP 200 with an errcode; any other status comes from what stands between.
func (c *Client) decode(r *request, status int, doc []byte, out any) error {
	var head struct {
		Code looseInt `json:"errcode"`
		// What these hold must not keep the code from being read.
		Msg          json.RawMessage `json:"errmsg"`
		Failed       json.RawMessage `json:"fail_openid_list"`
		AccessToken  json.RawMessage `json:"access_token"`
		RefreshToken json.RawMessage `json:"refresh_token"`
		Ticket       json.RawMessage `json:"ticket"`
	}
	doc = bytes.TrimSpace(bytes.TrimPrefix(doc, []byte("\ufeff")))
	err := json.Unmarshal(doc, &head)
	if err != nil || doc[0] != '{' || (status != http.StatusOK && head.Code == 0) {
		if status != http.StatusOK {
			return newError(r.path, status, 0, http.StatusText(status))
		}
		return &noAnswer{api: r.path, sent: true, err: errors.New("the answer is no JSON object")}
	}
	c.hidden.add(textOf(head.AccessToken), textOf(head.RefreshToken), textOf(head.Ticket))
	if out != nil {
		err = json.Unmarshal(doc, out)
	}
	if head.Code != 0 {
		refused := newError(r.path, status, int(head.Code), c.mask(textOf(head.Msg), r.hide...))
		if json.Unmarshal(head.Failed, &refused.FailedOpenIDs) != nil {
			refused.FailedOpenIDs = nil // absent, or of a form that no page shows
		}
		return refused
	}
	if err != nil {
		return badAnswer(r.path)
	}
	return nil
}

// textOf is what a JSON string holds; "" where it is none.
func textOf(doc json.RawMessage) string {
	var s string
	if json.Unmarshal(doc, &s) != nil {
		return ""
	}
	return s
}
