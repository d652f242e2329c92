package simulator

import (
	"crypto/rand"
	"time"
)

// login is an OAuth2 code and whom it is for.
type login struct {
	OpenID   string    `json:"openid"`
	Person   string    `json:"person"`
	Scope    string    `json:"scope"`
	Made     time.Time `json:"made"`
	Used     bool      `json:"used,omitempty"`
	Snapshot bool      `json:"snapshot,omitempty"`
}

// webSession is a web access token or a refresh token. It is no access token of the server API.
type webSession struct {
	Refresh  bool      `json:"refresh,omitempty"`
	OpenID   string    `json:"openid"`
	Person   string    `json:"person"`
	Scope    string    `json:"scope"`
	Expires  time.Time `json:"expires"`
	Snapshot bool      `json:"snapshot,omitempty"`
}

// How long things live.
// Source: developers.weixin.qq.com/doc/service/guide/h5/auth.html; the code's by older editions of it.
const (
	codeLife    = 5 * time.Minute
	webLife     = 2 * time.Hour
	refreshLife = 30 * 24 * time.Hour
)

// The scopes of pages.
const (
	scopeBase = "snsapi_base"
	scopeUser = "snsapi_userinfo"
)

// newLogin makes a code.
func (a *account) newLogin(l login) (code string) {
	a.sweepRooms(l.Made)
	code = "0" + base62(31)
	a.rooms.logins.put(code, l)
	return code
}

// newSession makes a token of either sort.
func (a *account) newSession(v webSession) (text string) {
	text = "W" + rand.Text() + "_" + rand.Text() + "-" + rand.Text() + rand.Text()
	a.rooms.sessions.put(text, v)
	return text
}

// snsApp finds the account of a call that brings an appid.
func snsApp(c *call) (*account, error) {
	id := c.r.URL.Query().Get("appid")
	if id == "" {
		return nil, fail(41002)
	}
	a := c.s.accounts[id]
	if a == nil {
		return nil, fail(40013)
	}
	return a, nil
}

// snsSession finds the account of a call that brings a web access token.
func snsSession(c *call) (*account, error) {
	text := c.r.URL.Query().Get("access_token")
	if text == "" {
		return nil, fail(41001)
	}
	for _, app := range c.s.apps {
		a := c.s.accounts[app]
		a.mu.Lock()
		v, ok := a.rooms.sessions.get(text)
		a.mu.Unlock()
		if ok && !v.Refresh {
			return a, nil
		}
	}
	return nil, fail(40001)
}

// snsToken answers sns/oauth2/access_token: one code, one token.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.html
func snsToken(c *call) (any, error) {
	q := c.r.URL.Query()
	code := q.Get("code")
	switch {
	case q.Get("secret") == "":
		return nil, fail(41004)
	case q.Get("secret") != c.a.AppSecret:
		return nil, fail(40125)
	case q.Get("grant_type") != "authorization_code":
		return nil, fail(40002)
	case code == "":
		return nil, fail(41008)
	}
	l, ok := c.a.rooms.logins.get(code)
	switch {
	case !ok:
		return nil, fail(40029)
	case l.Used:
		return nil, fail(40163)
	case !c.now.Before(l.Made.Add(codeLife)):
		return nil, fail(42003)
	}
	l.Used = true
	c.a.rooms.logins.put(code, l)
	v := webSession{OpenID: l.OpenID, Person: l.Person, Scope: l.Scope, Snapshot: l.Snapshot, Expires: c.now.Add(webLife)}
	refresh := v
	refresh.Refresh, refresh.Expires = true, c.now.Add(refreshLife)
	answer := tokenOf(c.a.newSession(v), c.a.newSession(refresh), v)
	if v.Snapshot {
		answer["is_snapshotuser"] = 1
	}
	if v.Scope == scopeUser && c.a.OpenPlatform != "" {
		answer["unionid"] = madeID("union", c.a.OpenPlatform, v.Person)
	}
	return answer, nil
}

func tokenOf(text, refresh string, v webSession) map[string]any {
	return map[string]any{
		"access_token": text, "expires_in": int(webLife.Seconds()), "refresh_token": refresh, "openid": v.OpenID, "scope": v.Scope,
	}
}

// snsRefresh answers sns/oauth2/refresh_token. The refresh token stays the same and is not renewed by use.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken.html
func snsRefresh(c *call) (any, error) {
	q := c.r.URL.Query()
	text := q.Get("refresh_token")
	switch {
	case q.Get("grant_type") != "refresh_token":
		return nil, fail(40002)
	case text == "":
		return nil, fail(41003)
	}
	v, ok := c.a.rooms.sessions.get(text)
	switch {
	case !ok || !v.Refresh:
		return nil, fail(40030)
	case !c.now.Before(v.Expires):
		return nil, fail(42002)
	}
	next := v
	next.Refresh, next.Expires = false, c.now.Add(webLife)
	return tokenOf(c.a.newSession(next), text, v), nil
}

// session is the token of the call, which has to be alive and of the OpenID that is asked for.
func (c *call) session() (webSession, error) {
	q := c.r.URL.Query()
	v, ok := c.a.rooms.sessions.get(q.Get("access_token"))
	switch {
	case !ok:
		return v, fail(40001)
	case !c.now.Before(v.Expires):
		return v, fail(42001)
	case q.Get("openid") == "":
		return v, fail(41009)
	case q.Get("openid") != v.OpenID:
		return v, fail(40003)
	}
	return v, nil
}

// snsUser answers sns/userinfo. Sex and region come empty since 2021.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsuserinfo.html
func snsUser(c *call) (any, error) {
	v, err := c.session()
	switch {
	case err != nil:
		return nil, err
	case v.Scope != scopeUser:
		return nil, fail(48001)
	}
	var p profile
	if f := c.a.fans[v.OpenID]; f != nil {
		p = f.profile()
	}
	answer := map[string]any{
		"openid": v.OpenID, "nickname": orElse(p.Nickname, "微信用户"), "sex": 0, "province": "", "city": "", "country": "",
		"headimgurl": p.Avatar, "privilege": []string{},
	}
	if c.a.OpenPlatform != "" {
		answer["unionid"] = madeID("union", c.a.OpenPlatform, v.Person)
	}
	return answer, nil
}

// snsCheck answers sns/auth: 0 or 40003.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsauth.html
func snsCheck(c *call) (any, error) {
	_, err := c.session()
	return nil, err
}
