package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// endpoint is one call of the server API.
type endpoint struct {
	method     string // empty: GET and POST
	right      right
	credential bool // identifies itself by grant_type, appid and secret instead of an access token
	secret     bool // identifies itself by appid and appsecret in its body
	// noToken is for calls that bring no access token (/sns/…, showqrcode): it finds the account by what they do bring. It runs
	// without a lock and takes an account's own where it looks at its records.
	noToken   func(*call) (*account, error)
	daily     int   // calls a day for an account; 0: the platform's table gives none, so there is none here
	testDaily int   // the same for a test account; 0: as for others
	perMinute int   // calls within one minute of the clock; 0: not published
	maxBody   int64 // largest request in bytes; 0: maxRequest
	handle    func(*call) (any, error)
	// around, if there is one, is called without a lock and carries the call out by next: for calls that take their time.
	around func(c *call, next func() (any, error)) (any, error)
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

// callList is the control call that tells which calls are played: their path, their method (both where it is empty), and by what
// they say whose they are: access_token, secret, or something else (the code of a web page, the ticket of a picture).
func (s *Server) callList(w http.ResponseWriter, _ *http.Request) {
	type item struct {
		Path       string `json:"path"`
		Method     string `json:"method"`
		Credential string `json:"credential"`
	}
	var items []item
	for _, path := range slices.Sorted(maps.Keys(s.endpoints)) {
		ep := s.endpoints[path]
		i := item{path, ep.method, "access_token"}
		switch {
		case ep.credential || ep.secret:
			i.Credential = "secret"
		case ep.noToken != nil:
			i.Credential = "other"
		}
		items = append(items, i)
	}
	answer(w, list(items))
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
	form struct { // of an upload
		upload
		err error
	}
}

// serveAPI answers the platform's paths: always HTTP 200, errors as errcode. What the platform answers to a path that does
// not exist is not documented; here it is errcode 40066. What is wrong is looked for in this order: method, credential,
// caller's address, standing of the account, its rights, quota, body.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	s.work.begin()
	defer s.work.finish()
	began := time.Now()
	largest := s.endpoints[r.URL.Path].maxBody
	if largest == 0 {
		largest = maxRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	if err != nil {
		s.respond(nil, failf(45001, "post data size out of limit")).write(w)
		return
	}
	c := &call{s: s, path: r.URL.Path, r: r, body: body}
	if err := s.identify(c); err != nil {
		s.respond(nil, err).write(w)
		return
	}
	f := c.a.takeFault(onAPI, c.path)
	result, err := s.carryOut(c, f)
	s.cfg.Logger.Debug("server API", "account", c.a.Name, "path", c.path, "err", err)
	res := s.respond(result, err)
	s.note(c, res, began)
	if f != nil {
		s.spoil(w, r, f, res)
		return
	}
	res.write(w)
}

// carryOut does what the call asks for, unless a fault refuses it or comes before.
func (s *Server) carryOut(c *call, f *fault) (any, error) {
	switch {
	case f != nil && f.ErrCode != 0:
		return nil, fail(f.ErrCode)
	case f != nil && f.Before:
		return nil, nil
	}
	if err := s.admit(c); err != nil {
		return nil, err
	}
	return s.do(c)
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
	case ep.secret:
		return s.bySecret(c)
	case ep.noToken != nil:
		var err error
		c.a, err = ep.noToken(c)
		return err
	}
	return s.byToken(c)
}

// do carries a call out at the present instant.
func (s *Server) do(c *call) (any, error) {
	if around := s.endpoints[c.path].around; around != nil {
		return around(c, func() (any, error) { return s.locked(c) })
	}
	return s.locked(c)
}

func (s *Server) locked(c *call) (any, error) {
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

// escaped reports whether a body holds \u escapes of characters that a client should have written as UTF-8. The platform takes such
// a body for broken in places (40033, 47002) and shows the escapes to fans in others; here it is always 47002. Control characters
// and U+2028, U+2029 have to be, or usually are, escaped.
func escaped(body []byte) bool {
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 || i+1 == len(body) {
			return false
		}
		code := body[i+1:]
		body = body[i+2:] // a backslash behind a backslash begins nothing
		if code[0] != 'u' || len(code) < 5 {
			continue
		}
		if n, err := strconv.ParseUint(string(code[1:5]), 16, 32); err == nil && n >= 0x20 && n != 0x2028 && n != 0x2029 {
			return true
		}
	}
}

// decode reads the call's JSON body into v.
func (c *call) decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return fail(44002)
	}
	if escaped(c.body) {
		return fail(47002)
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(47001)
	}
	return nil
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
