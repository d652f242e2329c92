package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// endpoint is one call of the server API.
type endpoint struct {
	method     string // empty: GET and POST
	right      right
	credential bool // identifies itself by grant_type, appid and secret instead of an access token
	// noToken is for calls that bring no access token (/sns/…, showqrcode): it finds the account by what they do bring. It runs
	// without a lock and takes an account's own where it looks at its records.
	noToken   func(*call) (*account, error)
	daily     int   // calls a day for an account; 0: the platform's table gives none, so there is none here
	testDaily int   // the same for a test account; 0: as for others
	perMinute int   // calls within one minute of the clock; 0: not published
	maxBody   int64 // largest request in bytes; 0: maxRequest
	handle    func(*call) (any, error)
}

// endpointTable is the calls that are played: each room brings its own. The figures are those of new accounts.
// Source: developers.weixin.qq.com/doc/service/guide/dev/api/limit.html
func endpointTable() map[string]endpoint {
	all := map[string]endpoint{}
	for _, room := range []map[string]endpoint{
		baseEndpoints(), messageEndpoints(), massEndpoints(), templateEndpoints(),
		userEndpoints(), tagEndpoints(), menuEndpoints(), qrEndpoints(), webEndpoints(),
		mediaEndpoints(), draftEndpoints(), statEndpoints(),
	} {
		maps.Copy(all, room)
	}
	return all
}

// maxRequest is the largest body of a call that is read, in bytes, where its endpoint says nothing else.
const maxRequest = 1 << 20

// blob is an answer that is no JSON: a picture, a voice.
type blob struct {
	contentType string
	name        string // for Content-Disposition; empty: none
	body        []byte
	status      int    // 0: 200
	location    string // of a redirect: for pages that a browser opens
}

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
	largest := s.endpoints[r.URL.Path].maxBody
	if largest == 0 {
		largest = maxRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
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
	switch {
	case ep.method == http.MethodGet && c.r.Method != ep.method:
		return fail(43001)
	case ep.method != "" && c.r.Method != ep.method:
		return fail(43002)
	case ep.credential:
		return s.byCredential(c)
	case ep.noToken != nil:
		var err error
		c.a, err = ep.noToken(c)
		return err
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
	if b, ok := result.(blob); ok {
		w.Header().Set("Content-Type", b.contentType)
		if b.name != "" {
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.name}))
		}
		if b.location != "" {
			w.Header().Set("Location", b.location)
		}
		if b.status != 0 {
			w.WriteHeader(b.status)
		}
		_, _ = w.Write(b.body)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_, _ = w.Write(marshal(result)) // a client that went away
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
