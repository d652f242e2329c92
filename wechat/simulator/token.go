package simulator

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// token is one access_token. Plain and stable ones live side by side and do not touch each other.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
type token struct {
	Stable  bool      `json:"stable,omitempty"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
	// Current marks the newest of its sort. One that was replaced lives until Expires and is then "not latest" (40001); one
	// that grew old is expired (42001).
	Current bool `json:"current,omitempty"`
}

const (
	tokenLife    = 2 * time.Hour
	tokenOverlap = 5 * time.Minute // for which a replaced token still works
	tokenMemory  = 24 * time.Hour  // for which an expired one is known to have been one
	forcePause   = 30 * time.Second
	forceDaily   = 20
)

type tokenAnswer struct {
	Token string `json:"access_token"`
	Life  int    `json:"expires_in"` // seconds
}

// tokenGet answers token: each call makes a new one, and the one before lives five minutes more.
func tokenGet(c *call) (any, error) {
	if old, t := c.a.current(false); t != nil {
		t.Current, t.Expires = false, earlier(t.Expires, c.now.Add(tokenOverlap))
		c.a.saveToken(old, t)
	}
	return tokenAnswer{c.a.mint(false, c.now), int(tokenLife.Seconds())}, nil
}

// tokenStable answers stable_token: the same one while it is good; in its last five minutes a new one, both then valid; with
// force_refresh a new one at once and the old one dead, at most 20 times a day and not within 30 seconds of the last.
func tokenStable(c *call) (any, error) {
	var req struct {
		Force bool `json:"force_refresh"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	text, t := c.a.current(true)
	good := t != nil && c.now.Before(t.Expires.Add(-tokenOverlap))
	switch {
	case req.Force && t != nil && c.now.Before(t.Made.Add(forcePause)):
		// too close: answered with what there is
	case req.Force:
		if c.a.others[counterForceToken].in(day, c.now) >= forceDaily {
			return nil, fail(45009)
		}
		c.a.count(counterForceToken, day, c.now)
		if t != nil {
			t.Current, t.Expires = false, c.now
			c.a.saveToken(text, t)
		}
		good = false
	}
	if !good {
		if t != nil && t.Current {
			t.Current = false
			c.a.saveToken(text, t)
		}
		return tokenAnswer{c.a.mint(true, c.now), int(tokenLife.Seconds())}, nil
	}
	return tokenAnswer{text, int(t.Expires.Sub(c.now).Seconds())}, nil
}

// current is the newest token of its sort that has not expired by being replaced.
func (a *account) current(stable bool) (string, *token) {
	for text, t := range a.tokens {
		if t.Stable == stable && t.Current {
			return text, t
		}
	}
	return "", nil
}

func (a *account) mint(stable bool, now time.Time) string {
	text := strings.ToUpper(originalID(a.AppID)[3:]) + "_" + rand.Text() + rand.Text() + rand.Text() + rand.Text()
	t := &token{Stable: stable, Made: now, Expires: now.Add(tokenLife), Current: true}
	a.tokens[text] = t
	a.saveToken(text, t)
	a.sweepOnce(now)
	return text
}

func (a *account) saveToken(text string, t *token) { a.file.put("token", a.AppID, text, t) }

// byToken finds the account of a call's access_token. Without one it is 41001; one that cannot be a token 40014; one that was
// never given, was replaced, or was made dead by force 40001; one that grew old 42001.
func (s *Server) byToken(c *call) error {
	text := c.r.URL.Query().Get("access_token")
	switch {
	case text == "":
		return fail(41001)
	case strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "":
		return fail(40014)
	}
	now := s.Now()
	for _, app := range s.apps {
		a := s.accounts[app]
		a.mu.Lock()
		var t token
		known := a.tokens[text] != nil
		if known {
			t = *a.tokens[text]
		}
		a.mu.Unlock()
		switch {
		case !known:
			continue
		case now.Before(t.Expires):
			c.a = a
			return nil
		case t.Expires.Before(t.Made.Add(tokenLife)):
			return fail(40001)
		default:
			return fail(42001)
		}
	}
	return fail(40001)
}

// byCredential finds the account of a call that brings appid and secret: a GET in its query, a POST in its body, and only there. The
// appid is looked at before the grant type, as the platform does; a wrong secret is 40125 (40001 in some answers of the platform, which callers must take alike).
func (s *Server) byCredential(c *call) error {
	var cred struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
	}
	if c.r.Method == http.MethodPost {
		if err := c.decode(&cred); err != nil {
			return err
		}
	} else {
		q := c.r.URL.Query()
		cred.Grant, cred.AppID, cred.Secret = q.Get("grant_type"), q.Get("appid"), q.Get("secret")
	}
	a := s.accounts[cred.AppID]
	switch {
	case cred.AppID == "":
		return fail(41002)
	case a == nil:
		return fail(40013)
	case cred.Grant != "client_credential":
		return fail(40002)
	case cred.Secret == "":
		return fail(41004)
	case cred.Secret != a.AppSecret:
		return fail(40125)
	}
	c.a = a
	return nil
}

// bySecret finds the account of a call that brings appid and appsecret in its body and needs no token.
func (s *Server) bySecret(c *call) error {
	var cred struct {
		AppID  string `json:"appid"`
		Secret string `json:"appsecret"`
	}
	if err := c.decode(&cred); err != nil {
		return err
	}
	a := s.accounts[cred.AppID]
	switch {
	case cred.AppID == "":
		return fail(41002)
	case a == nil:
		return fail(40013)
	case cred.Secret == "":
		return fail(41004)
	case cred.Secret != a.AppSecret:
		return fail(40125)
	}
	c.a = a
	return nil
}
