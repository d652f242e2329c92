package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// endpoint is one call of the server API.
type endpoint struct {
	method     string
	right      right
	credential bool // identifies itself by appid and secret instead of an access token
	daily      int  // calls a day for an account; 0: the platform's table gives none, so there is none here
	testDaily  int  // the same for a test account; 0: as for others
	perMinute  int  // calls within one minute of the clock; 0: not published
	handle     func(*call) (any, error)
}

// endpointTable is the calls that are played. The figures are those of new accounts.
// Source: developers.weixin.qq.com/doc/service/guide/dev/api/limit.html
func endpointTable() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/token":         {method: http.MethodGet, credential: true, daily: 2000, testDaily: 200, handle: tokenGet},
		"/cgi-bin/stable_token":  {method: http.MethodPost, credential: true, daily: 500_000, perMinute: 10_000, handle: tokenStable},
		"/cgi-bin/getcallbackip": {method: http.MethodGet, handle: callbackIP},

		"/cgi-bin/message/custom/send":       {method: http.MethodPost, right: rightCustomer, daily: 500_000, testDaily: 50_000, handle: customSend},
		"/cgi-bin/message/template/send":     {method: http.MethodPost, right: rightTemplate, daily: 100_000, handle: templateSend},
		"/cgi-bin/message/subscribe/bizsend": {method: http.MethodPost, right: rightTemplate, handle: noticeSend},

		"/cgi-bin/message/mass/sendall": {method: http.MethodPost, right: rightCustomer, daily: 100, perMinute: 60, handle: massSendAll},
		"/cgi-bin/message/mass/send":    {method: http.MethodPost, right: rightMassList, daily: 100, perMinute: 60, handle: massSend},
		"/cgi-bin/message/mass/get":     {method: http.MethodPost, right: rightCustomer, handle: massGet},

		"/cgi-bin/user/info":          {method: http.MethodGet, right: rightUsers, daily: 5_000_000, testDaily: 500_000, handle: userInfo},
		"/cgi-bin/user/info/batchget": {method: http.MethodPost, right: rightUsers, handle: userBatch},
		"/cgi-bin/user/get":           {method: http.MethodGet, right: rightUsers, daily: 500, testDaily: 100, handle: userList},
		"/cgi-bin/user/tag/get":       {method: http.MethodPost, right: rightUsers, handle: userByTag},

		"/cgi-bin/tags/create":                 {method: http.MethodPost, right: rightUsers, handle: tagCreate},
		"/cgi-bin/tags/get":                    {method: http.MethodGet, right: rightUsers, handle: tagList},
		"/cgi-bin/tags/update":                 {method: http.MethodPost, right: rightUsers, handle: tagUpdate},
		"/cgi-bin/tags/delete":                 {method: http.MethodPost, right: rightUsers, handle: tagDelete},
		"/cgi-bin/tags/getidlist":              {method: http.MethodPost, right: rightUsers, handle: tagsOfFan},
		"/cgi-bin/tags/members/batchtagging":   {method: http.MethodPost, right: rightUsers, handle: tagFans},
		"/cgi-bin/tags/members/batchuntagging": {method: http.MethodPost, right: rightUsers, handle: untagFans},

		"/cgi-bin/openapi/quota/get": {method: http.MethodPost, handle: quotaGet},
		"/cgi-bin/clear_quota":       {method: http.MethodPost, handle: quotaClear},
	}
}

// maxRequest is the largest body of a call that is read, in bytes.
const maxRequest = 8 << 20

// call is one request of the server API at one instant. Handlers run under the account's lock and do no I/O but the state
// file's; a nil answer without an error is errcode 0.
type call struct {
	s    *Server
	a    *account
	path string
	r    *http.Request
	body []byte
	now  time.Time
}

// serveAPI answers the platform's paths: always HTTP 200, errors as errcode. What the platform answers to a path that does
// not exist is not documented; here it is errcode 40066.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	s.work.begin()
	defer s.work.finish()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.answerAPI(w, nil, failf(45001, "post data size out of limit"))
		return
	}
	c := &call{s: s, path: r.URL.Path, r: r, body: body}
	if err := s.identify(c); err != nil {
		s.answerAPI(w, nil, err)
		return
	}
	f := c.a.takeFault(onAPI, c.path)
	var result any
	if f != nil && f.ErrCode != 0 {
		err = fail(f.ErrCode)
	} else {
		result, err = s.do(c)
	}
	s.cfg.Logger.Debug("server API", "account", c.a.Name, "path", c.path, "err", err)
	if f != nil {
		f.wait(r.Context(), s.life)
		if f.Reset {
			reset(w)
			return
		}
	}
	s.answerAPI(w, result, err)
}

// identify finds the endpoint and the account of a call: method first, then the credential.
func (s *Server) identify(c *call) error {
	ep, ok := s.endpoints[c.path]
	if !ok {
		return fail(40066)
	}
	if c.r.Method != ep.method {
		if ep.method == http.MethodGet {
			return fail(43001)
		}
		return fail(43002)
	}
	if ep.credential {
		return s.byCredential(c)
	}
	return s.byToken(c)
}

// do carries a call out at the present instant.
func (s *Server) do(c *call) (any, error) {
	c.a.mu.Lock()
	defer c.a.mu.Unlock()
	c.now = s.Now()
	ep := s.endpoints[c.path]
	if !c.a.may(ep.right) {
		return nil, fail(48001)
	}
	if err := s.spend(c.a, c.path, c.now); err != nil {
		return nil, err
	}
	return ep.handle(c)
}

// escaped finds \u escapes of characters that a client should have written as UTF-8. The platform takes such a body for
// broken in places (40033, 47002) and shows the escapes to fans in others; here it is always 47002. Control characters and
// U+2028, U+2029 have to be, or usually are, escaped.
var escaped = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\u([0-9A-Fa-f]{4})`)

// decode reads the call's JSON body into v.
func (c *call) decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return fail(44002)
	}
	for _, m := range escaped.FindAllSubmatch(c.body, -1) {
		if n, err := strconv.ParseUint(string(m[1]), 16, 32); err == nil && n >= 0x20 && n != 0x2028 && n != 0x2029 {
			return fail(47002)
		}
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(47001)
	}
	return nil
}

// answerAPI writes a call's answer. It ends without a line feed, as the platform's does.
func (s *Server) answerAPI(w http.ResponseWriter, result any, err error) {
	if err != nil {
		var e *apiError
		if !errors.As(err, &e) {
			e = fail(-1)
		}
		fields := map[string]any{"errcode": e.code, "errmsg": e.text + " " + requestID(s.Now())}
		for k, v := range e.fields {
			fields[k] = v
		}
		result = fields
	} else if result == nil {
		result = json.RawMessage(`{"errcode":0,"errmsg":"ok"}`)
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_, _ = w.Write(marshal(result)) // a client that went away
}

// callbackIP answers getcallbackip with the address that pushes come from.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getcallbackip.html
func callbackIP(*call) (any, error) {
	return map[string][]string{"ip_list": {"127.0.0.1"}}, nil
}

// reset ends the request's connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // where the connection cannot be had, net/http ends it
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST instead of FIN
	}
	_ = conn.Close()
}

// pause waits in wall time, at most until one of the contexts ends.
func pause(ctx, life context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-life.Done():
	}
}
