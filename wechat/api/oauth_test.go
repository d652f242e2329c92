package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/api"
)

func TestAuthorizeURL(t *testing.T) {
	c := api.New(api.Config{AppID: "wx520c15f417810387", Secret: secret})
	const start = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx520c15f417810387&redirect_uri="
	for _, tt := range []struct {
		in   api.Authorize
		want string
	}{
		{
			api.Authorize{RedirectURI: "https://chong.qq.com/php/index.php?d=&c=wxAdapter&m=mobileDeal&showwxpaytitle=1&vb2ctag=4_2030_5_1194_60", Scope: api.ScopeBase, State: "123"},
			start + "https%3A%2F%2Fchong.qq.com%2Fphp%2Findex.php%3Fd%3D%26c%3DwxAdapter%26m%3DmobileDeal%26showwxpaytitle%3D1%26vb2ctag%3D4_2030_5_1194_60&response_type=code&scope=snsapi_base&state=123#wechat_redirect",
		},
		{
			api.Authorize{RedirectURI: "http://example.com/a b", Scope: api.ScopeUserInfo, ForcePopup: true, ForceSnapShot: true},
			start + "http%3A%2F%2Fexample.com%2Fa%20b&response_type=code&scope=snsapi_userinfo&state=&forcePopup=true&forceSnapShot=true#wechat_redirect",
		},
	} {
		got, err := c.AuthorizeURL(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
		}
	}
	for name, in := range map[string]api.Authorize{
		"no address":     {Scope: api.ScopeBase},
		"path only":      {Scope: api.ScopeBase, RedirectURI: "/back"},
		"other scheme":   {Scope: api.ScopeBase, RedirectURI: "javascript://example.com/"},
		"no scope":       {RedirectURI: "https://example.com/"},
		"other scope":    {RedirectURI: "https://example.com/", Scope: "snsapi_login"},
		"state of signs": {RedirectURI: "https://example.com/", Scope: api.ScopeBase, State: "a-b"},
		"long state":     {RedirectURI: "https://example.com/", Scope: api.ScopeBase, State: strings.Repeat("a", 129)},
	} {
		got, err := c.AuthorizeURL(in)
		refused := new(api.Error)
		if got != "" || !errors.As(err, &refused) || refused.Class != api.Payload {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: "no address"}).AuthorizeURL(api.Authorize{RedirectURI: "https://example.com/", Scope: api.ScopeBase}); err == nil {
		t.Errorf("an address without a base: %s", got)
	}
}

func TestSignInCalls(t *testing.T) {
	web := api.WebToken{AccessToken: "WEB", OpenID: "oA"}
	checkSamples(t, []sample{
		{
			name: "exchange", public: true,
			want:   `GET /sns/oauth2/access_token?appid=` + appID + `&code=CODE&grant_type=authorization_code&secret=` + secret,
			answer: `{"access_token":"WEB","expires_in":7200,"refresh_token":"REFRESH","openid":"oA","scope":"snsapi_userinfo","is_snapshotuser":1,"unionid":"u"}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Exchange(ctx, "CODE") },
			got:    api.WebToken{AccessToken: "WEB", Life: 2 * time.Hour, RefreshToken: "REFRESH", OpenID: "oA", UnionID: "u", Scope: api.ScopeUserInfo, Snapshot: true},
		},
		{
			name: "refresh", public: true,
			want:   `GET /sns/oauth2/refresh_token?appid=` + appID + `&grant_type=refresh_token&refresh_token=REFRESH`,
			answer: `{"access_token":"WEB2","expires_in":7200,"refresh_token":"REFRESH","openid":"oA","scope":"snsapi_base"}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.RefreshWebToken(ctx, "REFRESH") },
			got:    api.WebToken{AccessToken: "WEB2", Life: 2 * time.Hour, RefreshToken: "REFRESH", OpenID: "oA", Scope: api.ScopeBase},
		},
		{
			name: "profile", public: true, want: `GET /sns/userinfo?access_token=WEB&lang=zh_CN&openid=oA`,
			answer: `{"openid":"oA","nickname":"小明","sex":0,"province":"","city":"","country":"","headimgurl":"https://thirdwx.qlogo.cn/46","privilege":[],"unionid":"u"}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.UserProfile(ctx, web, "") },
			got:    api.Profile{OpenID: "oA", Nickname: "小明", HeadImgURL: "https://thirdwx.qlogo.cn/46", Privilege: []string{}, UnionID: "u"},
		},
		{
			name: "good", public: true, want: `GET /sns/auth?access_token=WEB&openid=oA`, got: true,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.CheckWebToken(ctx, web) },
		},
		{
			name: "not good", public: true, want: `GET /sns/auth?access_token=WEB&openid=oA`, answer: `{"errcode":40003,"errmsg":"invalid openid"}`, got: false,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.CheckWebToken(ctx, web) },
		},
	})
}

func TestSignInErrors(t *testing.T) {
	exchange := func(ctx context.Context, c *api.Client) error { _, err := c.Exchange(ctx, "S3CRETCODE"); return err }
	refresh := func(ctx context.Context, c *api.Client) error {
		_, err := c.RefreshWebToken(ctx, "S3CRETCODE")
		return err
	}
	profile := func(ctx context.Context, c *api.Client) error {
		_, err := c.UserProfile(ctx, api.WebToken{AccessToken: "S3CRETCODE", OpenID: "oA"}, "en")
		return err
	}
	valid := func(ctx context.Context, c *api.Client) error {
		_, err := c.CheckWebToken(ctx, api.WebToken{AccessToken: "S3CRETCODE", OpenID: "oA"})
		return err
	}
	for _, tt := range []struct {
		name  string
		call  func(context.Context, *api.Client) error
		code  int
		is    error // besides the *Error
		class api.Class
	}{
		{name: "bad code", call: exchange, code: 40029, is: api.ErrSignIn, class: api.User},
		{name: "used code", call: exchange, code: 40163, is: api.ErrSignIn, class: api.User},
		{name: "missing code", call: exchange, code: 41008, is: api.ErrSignIn, class: api.User},
		{name: "old code", call: exchange, code: 42003, is: api.ErrSignIn, class: api.User},
		{name: "wrong secret", call: exchange, code: 40125, class: api.Configuration},
		{name: "secret of another", call: exchange, code: 40001, class: api.Configuration},
		{name: "busy", call: exchange, code: -1, class: api.Retry},
		{name: "bad refresh token", call: refresh, code: 40030, is: api.ErrSignIn, class: api.User},
		{name: "old refresh token", call: refresh, code: 42002, is: api.ErrSignIn, class: api.User},
		{name: "changed password", call: refresh, code: 42007, is: api.ErrSignIn, class: api.User},
		{name: "refresh token as a code", call: refresh, code: 40029, is: api.ErrSignIn, class: api.User},
		{name: "bad web token", call: profile, code: 40001, is: api.ErrWebToken, class: api.User},
		{name: "old web token", call: profile, code: 42001, is: api.ErrWebToken, class: api.User},
		{name: "scope", call: profile, code: 48001, class: api.Configuration},
		{name: "check when busy", call: valid, code: -1, class: api.Retry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				say(w, fmt.Sprintf(`{"errcode":%d,"errmsg":"no S3CRETCODE of %s, rid: 6553f101-00000001-00000002"}`, tt.code, secret))
			})
			err := tt.call(t.Context(), p.client())
			refused := new(api.Error)
			if !errors.As(err, &refused) || refused.Code != tt.code || refused.Class != tt.class {
				t.Errorf("error %v of class %s", err, refused.Class)
			}
			for _, kind := range []error{api.ErrSignIn, api.ErrWebToken} {
				if errors.Is(err, kind) != (kind == tt.is) {
					t.Errorf("error %v is %q: %v", err, kind, kind != tt.is)
				}
			}
			if s := fmt.Sprintf("%v %+v", err, err); strings.Contains(s, "S3CRETCODE") || strings.Contains(s, secret) {
				t.Errorf("the error shows a secret: %s", s)
			}
			// A web token that is refused is no business of the account's own token.
			if tokens, calls := p.seen(); tokens > 0 || len(calls) != 1 {
				t.Errorf("%d tokens, %d calls", tokens, len(calls))
			}
		})
	}
	t.Run("no code and no token", func(t *testing.T) {
		p := play(t, ok)
		_, first := p.client().Exchange(t.Context(), "")
		_, second := p.client().RefreshWebToken(t.Context(), "")
		if !errors.Is(first, api.ErrSignIn) || !errors.Is(second, api.ErrSignIn) {
			t.Errorf("%v, %v", first, second)
		}
		if _, err := p.client().UserProfile(t.Context(), api.WebToken{}, "fr"); err == nil {
			t.Error("there is a lang fr")
		}
		if _, calls := p.seen(); len(calls) > 0 {
			t.Errorf("calls %q", calls)
		}
	})
	t.Run("an answer without a token", func(t *testing.T) {
		if got, err := play(t, ok).client().Exchange(t.Context(), "CODE"); err == nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("shown", func(t *testing.T) {
		token := api.WebToken{AccessToken: "S3CRET", RefreshToken: "S3CRET", OpenID: "oA"}
		if s := fmt.Sprintf("%v %+v %#v %s", token, token, token, &token); strings.Contains(s, "S3CRET") || !strings.Contains(s, "oA") {
			t.Errorf("a token shows itself: %s", s)
		}
	})
}

// A visitor who comes with a code of one letter does not take that letter out of the error.
func TestShortCodeLeavesTheErrorReadable(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"errcode":40029,"errmsg":"invalid code rid: 12ab34cd-00112233-445566cc"}`)
	}))
	defer server.Close()
	_, err := api.New(api.Config{AppID: "wx1", Secret: "a secret of some length", BaseURL: server.URL}).Exchange(t.Context(), "c")
	if refused := new(api.Error); !errors.As(err, &refused) || refused.RID != "12ab34cd-00112233-445566cc" || refused.Msg != "invalid code" {
		t.Errorf("err = %#v", err)
	}
}
