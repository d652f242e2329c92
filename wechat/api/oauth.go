package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Scope is how much a fan gives to a web page.
type Scope string

// The scopes.
const (
	ScopeBase     Scope = "snsapi_base"     // the OpenID; nobody is asked
	ScopeUserInfo Scope = "snsapi_userinfo" // name and picture, too; the fan is asked
)

// Authorize is a request to a fan's client to show who they are to a web page.
type Authorize struct {
	// RedirectURI is where the client comes back to, with code and state; its domain is registered for the account.
	RedirectURI string
	Scope       Scope
	State       string // at most 128 characters out of a-zA-Z0-9
	ForcePopup  bool   // asks the fan even where the client would not
	// ForceSnapShot shows the page as a snapshot, in which the fan is a virtual user, until they ask for the whole page.
	ForceSnapShot bool
}

var stateForm = regexp.MustCompile(`^[0-9A-Za-z]{0,128}$`)

// AuthorizeURL is the address to send the fan's client to. Its parameters come in the order that the platform insists on. The
// code that comes back is good for 5 minutes and one Exchange. Verified service accounts only.
// Source: developers.weixin.qq.com/doc/service/guide/h5/auth
func (c *Client) AuthorizeURL(a Authorize) (string, error) {
	const path = "/connect/oauth2/authorize"
	if err := c.checkBases(path); err != nil {
		return "", err
	}
	back, err := url.Parse(a.RedirectURI)
	switch {
	case err != nil || back.Host == "" || (back.Scheme != "https" && back.Scheme != "http"):
		return "", refuse(path, "redirect_uri is no http or https address")
	case a.Scope != ScopeBase && a.Scope != ScopeUserInfo:
		return "", refuse(path, fmt.Sprintf("there is no scope %q for web pages", a.Scope))
	case !stateForm.MatchString(a.State):
		return "", refuse(path, "state has at most 128 characters, out of a-zA-Z0-9")
	}
	query := []string{
		"appid=" + url.QueryEscape(c.appID),
		"redirect_uri=" + strings.ReplaceAll(url.QueryEscape(a.RedirectURI), "+", "%20"),
		"response_type=code", "scope=" + string(a.Scope), "state=" + a.State,
	}
	if a.ForcePopup {
		query = append(query, "forcePopup=true")
	}
	if a.ForceSnapShot {
		query = append(query, "forceSnapShot=true")
	}
	u := c.open.JoinPath(path)
	u.RawQuery, u.Fragment = strings.Join(query, "&"), "wechat_redirect"
	return u.String(), nil
}

// ErrSignIn is in errors that only sending the fan through AuthorizeURL again can cure: the code is bad (40029), was used
// (40163), is missing (41008) or over (42003), the refresh token is bad (40030) or over (42002), or the fan has changed their
// password (42007). The *Error is in them, too, of class User.
var ErrSignIn = errors.New("the fan has to sign in again")

// ErrWebToken is in errors of UserProfile where the web token is bad or over (40001, 40014, 42001): RefreshWebToken may get
// another one. The *Error is in them, too, of class User.
var ErrWebToken = errors.New("the web token is not good any more")

// WebToken is what a fan has given to a web page. It is no access token of the account. Both tokens are secrets of the fan's.
type WebToken struct {
	AccessToken  string
	Life         time.Duration // of AccessToken; 2 hours
	RefreshToken string        // good for 30 days from the sign-in; use does not make it longer
	OpenID       string
	UnionID      string // with ScopeUserInfo, where the account is bound to an open-platform account
	Scope        Scope
	Snapshot     bool // a virtual user of a snapshot page, not the fan
}

// String hides the tokens from logs.
func (t WebToken) String() string { return "web token of " + t.OpenID }

// GoString does so, too.
func (t WebToken) GoString() string { return t.String() }

// LogValue hides them from handlers that log JSON.
func (t WebToken) LogValue() slog.Value { return slog.StringValue(t.String()) }

type webTokenAnswer struct {
	AccessToken  string   `json:"access_token"`
	ExpiresIn    looseInt `json:"expires_in"`
	RefreshToken string   `json:"refresh_token"`
	OpenID       string   `json:"openid"`
	UnionID      string   `json:"unionid"`
	Scope        Scope    `json:"scope"`
	Snapshot     Flag     `json:"is_snapshotuser"`
}

func (a webTokenAnswer) token(path string) (WebToken, error) {
	if a.AccessToken == "" || a.OpenID == "" {
		return WebToken{}, &noAnswer{api: path, sent: true, err: errors.New("the answer holds no access_token and openid")}
	}
	return WebToken{
		AccessToken: a.AccessToken, Life: a.ExpiresIn.seconds(), RefreshToken: a.RefreshToken,
		OpenID: a.OpenID, UnionID: a.UnionID, Scope: a.Scope, Snapshot: bool(a.Snapshot),
	}, nil
}

// Exchange turns the code that came back with the fan's client into a token. A code that may have been used up by a call without
// an answer is not good a second time (40163).
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken
func (c *Client) Exchange(ctx context.Context, code string) (WebToken, error) {
	const path = "/sns/oauth2/access_token"
	if code == "" {
		return WebToken{}, fmt.Errorf("%w: %w", ErrSignIn, refuse(path, "no code"))
	}
	query := url.Values{"appid": {c.appID}, "secret": {c.secret}, "code": {code}, "grant_type": {"authorization_code"}}
	var out webTokenAnswer
	if err := c.public(ctx, http.MethodGet, path, query, nil, &out, code); err != nil {
		if refused := new(Error); errors.As(err, &refused) && isTokenCode(refused.Code) {
			refused.Class = Configuration // here these say that AppID and secret do not fit
		}
		return WebToken{}, signIn(err)
	}
	return out.token(path)
}

// RefreshWebToken gives another access token for the fan. 50,000 calls a minute.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken
func (c *Client) RefreshWebToken(ctx context.Context, refreshToken string) (WebToken, error) {
	const path = "/sns/oauth2/refresh_token"
	if refreshToken == "" {
		return WebToken{}, fmt.Errorf("%w: %w", ErrSignIn, refuse(path, "no refresh_token"))
	}
	query := url.Values{"appid": {c.appID}, "grant_type": {"refresh_token"}, "refresh_token": {refreshToken}}
	var out webTokenAnswer
	if err := c.public(ctx, http.MethodGet, path, query, nil, &out, refreshToken); err != nil {
		return WebToken{}, signIn(err)
	}
	return out.token(path)
}

// signIn marks the errors after which the fan has to sign in again.
func signIn(err error) error {
	refused := new(Error)
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case 40029, 40030, 40163, 41008, 42002, 42003, 42007:
		refused.Class = User
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	return err
}

// Profile is what a fan shows to a web page. Sex and place come empty since 2021.
type Profile struct {
	OpenID     string   `json:"openid"`
	Nickname   string   `json:"nickname"`
	Sex        int      `json:"sex"`
	Province   string   `json:"province"`
	City       string   `json:"city"`
	Country    string   `json:"country"`
	HeadImgURL string   `json:"headimgurl"`
	Privilege  []string `json:"privilege"`
	UnionID    string   `json:"unionid"`
}

// UserProfile asks for name and picture of the fan; the token has ScopeUserInfo (else 48001). lang is zh_CN (also for ""), zh_TW
// or en. 50,000 calls a minute. Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsuserinfo
func (c *Client) UserProfile(ctx context.Context, t WebToken, lang string) (Profile, error) {
	const path = "/sns/userinfo"
	switch lang {
	case "":
		lang = "zh_CN"
	case "zh_CN", "zh_TW", "en":
	default:
		return Profile{}, refuse(path, fmt.Sprintf("there is no lang %q", lang))
	}
	query := url.Values{"access_token": {t.AccessToken}, "openid": {t.OpenID}, "lang": {lang}}
	var out Profile
	err := c.public(ctx, http.MethodGet, path, query, nil, &out, t.AccessToken)
	if refused := new(Error); errors.As(err, &refused) && isTokenCode(refused.Code) {
		refused.Class = User
		err = fmt.Errorf("%w: %w", ErrWebToken, err)
	}
	return out, err
}

// CheckWebToken reports whether the token is good for its fan.
// Source: developers.weixin.qq.com/doc/service/api/webdev/access/api_snsauth
func (c *Client) CheckWebToken(ctx context.Context, t WebToken) (bool, error) {
	query := url.Values{"access_token": {t.AccessToken}, "openid": {t.OpenID}}
	err := c.public(ctx, http.MethodGet, "/sns/auth", query, nil, nil, t.AccessToken)
	if refused := new(Error); errors.As(err, &refused) && (refused.Code == 40003 || isTokenCode(refused.Code)) {
		return false, nil
	}
	return err == nil, err
}
