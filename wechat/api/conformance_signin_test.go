package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// signIn sends the fan through the authorize page and returns what came back to the account's own page: code and state.
func (w *world) signIn(fan string, a api.Authorize, how string) url.Values {
	w.Helper()
	var back url.Values
	page := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { back = r.URL.Query() }))
	defer page.Close()
	w.control("POST", w.app+"/sites", `{"oauth":["127.0.0.1"]}`)
	a.RedirectURI = page.URL + "/back?from=a%20b&c=%E5%A5%BD"
	address, err := w.c.AuthorizeURL(a)
	w.must(err)
	w.do(fan, `{"open":{"url":`+doc(address)+how+`}}`)
	return back
}

// code is what a fan who lets the account's page have the profile brings back.
func (w *world) code(scope api.Scope) string {
	w.Helper()
	w.control("POST", w.app+"/fans/oA/profile", `{"person":"anna","nickname":"安娜 <&>","headimgurl":"https://example.com/anna"}`)
	return w.signIn("oA", api.Authorize{Scope: scope}, "").Get("code")
}

// signedIn leaves a web token in token.
func signedIn(w *world, scope api.Scope) api.WebToken {
	w.Helper()
	token, err := w.c.Exchange(w.Context(), w.code(scope))
	w.must(err)
	return token
}

func bound(c *simulator.Config) { c.Accounts[0].OpenPlatform = "op" }

func signInTable() []served {
	const authorize, exchange = "/connect/oauth2/authorize", "/sns/oauth2/access_token"
	query := func(change func(url.Values)) string {
		v := url.Values{"appid": {shop}, "secret": {secret}, "code": {"c"}, "grant_type": {"authorization_code"}}
		change(v)
		return exchange + "?" + v.Encode()
	}
	exchanging := func(change func(url.Values)) func(*world) error {
		return func(w *world) error { _, err := w.public("GET", query(change), ""); return err }
	}
	page := func(path, code string) func(*world) error {
		return func(w *world) error {
			w.control("POST", w.app+"/sites", `{"oauth":["shop.example.com"]}`)
			status, text := w.request("GET", path, "")
			if status != 200 || !strings.Contains(text, "errcode: "+code) {
				w.Errorf("%d %s, want a page that says %s", status, text, code)
			}
			return nil
		}
	}
	with := func(query string) string { return authorize + "?" + query }
	const good = "appid=" + shop + "&redirect_uri=https%3A%2F%2Fshop.example.com%2F&response_type=code&scope=snsapi_base&state=s"
	changed := func(old, new string) string { return with(strings.Replace(good, old, new, 1)) }
	bad := func(name, path, code string) row {
		return row{name: name + " is a page, " + code, call: page(path, code)}
	}
	return []served{
		{
			path: authorize, method: "GET", who: noToken,
			rows: []row{
				{name: "back with code and state", call: func(w *world) error {
					back := w.signIn("oA", api.Authorize{Scope: api.ScopeUserInfo, State: strings.Repeat("s", 128), ForcePopup: true}, "")
					w.same("back", []string{"a b", "好", strings.Repeat("s", 128)}, []string{back.Get("from"), back.Get("c"), back.Get("state")})
					w.same("books", any("oA"), w.books("login")[back.Get("code")]["openid"])
					return nil
				}},
				{name: "a fan who does not want to", call: func(w *world) error {
					w.same("back", url.Values(nil), w.signIn("oA", api.Authorize{Scope: api.ScopeUserInfo}, `,"deny":true`))
					return nil
				}},
				{name: "a state of 129 characters", code: byClient, call: func(w *world) error {
					_, err := w.c.AuthorizeURL(api.Authorize{RedirectURI: "https://shop.example.com", Scope: api.ScopeBase, State: strings.Repeat("s", 129)})
					return err
				}},
				bad("no appid", changed(shop, ""), "10012"),
				bad("a made-up appid", changed(shop, "wx1"), "40013"),
				bad("no redirect_uri", changed("https%3A%2F%2Fshop.example.com%2F", ""), "10011"),
				bad("a domain that is not registered", changed("shop.example.com", "example.com"), "10003"),
				bad("no scope", changed("snsapi_base", ""), "10010"),
				bad("an unknown scope", changed("snsapi_base", "snsapi_all"), "10005"),
				{name: "an account without the right is a page, 10005", on: smallShop, call: page(changed(shop, smallShop), "10005")},
				bad("another order of the parameters", with("redirect_uri=https%3A%2F%2Fshop.example.com%2F&appid="+shop+"&response_type=code&scope=snsapi_base&state=s"), "-1"),
				bad("a state with other characters", changed("state=s", "state=a-b"), "-1"),
			},
		},
		{
			path: exchange, who: noToken, codes: []int{40001, 40002, 40013, 40029, 40125, 40163, 40226, 41002, 41004, 41008, 42003, 48001},
			rows: slices.Concat([]row{
				{name: "with the profile", config: bound, call: func(w *world) error {
					token, err := w.c.Exchange(w.Context(), w.code(api.ScopeUserInfo))
					want := api.WebToken{
						AccessToken: token.AccessToken, Life: 2 * time.Hour, RefreshToken: token.RefreshToken, OpenID: "oA", UnionID: token.UnionID, Scope: api.ScopeUserInfo,
					}
					if token != want || token.UnionID == "" {
						w.Errorf("token of %s, %s, %v", token.OpenID, token.UnionID, token.Life)
					}
					sessions := w.books("session")
					w.same("books", []any{"oA", "oA", true}, []any{sessions[token.AccessToken]["openid"], sessions[token.RefreshToken]["openid"], sessions[token.RefreshToken]["refresh"]})
					return err
				}},
				{name: "without", config: bound, call: func(w *world) error {
					token := signedIn(w, api.ScopeBase)
					w.same("token", []any{"oA", "", api.ScopeBase, false}, []any{token.OpenID, token.UnionID, token.Scope, token.Snapshot})
					return nil
				}},
				{name: "of a snapshot", call: func(w *world) error {
					token, err := w.c.Exchange(w.Context(), w.signIn("oA", api.Authorize{Scope: api.ScopeBase, ForceSnapShot: true}, "").Get("code"))
					if !token.Snapshot || token.OpenID == "oA" {
						w.Errorf("token of %s", token.OpenID)
					}
					return err
				}},
				{name: "a made-up code", code: 40029, call: signInAgain(func(w *world) error { _, err := w.c.Exchange(w.Context(), "made up"); return err })},
				{name: "a code again", code: 40163, arrange: func(w *world) {
					w.text = w.code(api.ScopeBase)
					_, err := w.c.Exchange(w.Context(), w.text)
					w.must(err)
				}, call: signInAgain(func(w *world) error { _, err := w.c.Exchange(w.Context(), w.text); return err })},
				{name: "a code of five minutes ago", code: 42003, arrange: func(w *world) {
					w.text = w.code(api.ScopeBase)
					w.advance("5m")
				}, call: signInAgain(func(w *world) error { _, err := w.c.Exchange(w.Context(), w.text); return err })},
				{name: "another account's code", code: 40029, call: func(w *world) error {
					_, err := w.clients[trial].Exchange(w.Context(), w.code(api.ScopeBase))
					return err
				}},
				{name: "another secret", code: 40125, call: func(w *world) error {
					_, err := api.New(api.Config{AppID: shop, Secret: "another", BaseURL: w.server.URL}).Exchange(w.Context(), "a-made-up-code")
					return err
				}},
				{name: "a made-up account", code: 40013, call: func(w *world) error {
					_, err := api.New(api.Config{AppID: "wx1", Secret: secret, BaseURL: w.server.URL}).Exchange(w.Context(), "a-made-up-code")
					return err
				}},
				{name: "an account without the right", code: 48001, call: func(w *world) error { _, err := w.clients[paper].Exchange(w.Context(), "a-made-up-code"); return err }},
				{name: "no appid", code: 41002, call: exchanging(func(v url.Values) { v.Del("appid") })},
				{name: "no secret", code: 41004, call: exchanging(func(v url.Values) { v.Del("secret") })},
				{name: "another grant_type", code: 40002, call: exchanging(func(v url.Values) { v.Set("grant_type", "client_credential") })},
			}, signInTwice("no code", 41008, func(w *world) error { _, err := w.c.Exchange(w.Context(), ""); return err }, exchanging(func(v url.Values) { v.Del("code") })),
				configured(faults(exchange, func(w *world) error { _, err := w.c.Exchange(w.Context(), "a-made-up-code"); return err }, 40001)),
				faults(exchange, func(w *world) error { _, err := w.c.Exchange(w.Context(), "a-made-up-code"); return err }, 40226)),
		},
	}
}

// configured are rows whose code says another thing here than of an access token: that AppID and secret do not fit.
func configured(rows []row) []row {
	for i := range rows {
		rows[i].class = api.Configuration
	}
	return rows
}

// webClass are rows whose code is of a web token, not of an access token of the account.
func webClass(rows ...row) []row {
	for i := range rows {
		rows[i].class = api.User
	}
	return rows
}

// webFaults are faults of a call for which the fan signs in first.
func webFaults(path string, arrange func(*world), call func(*world) error, codes ...int) []row {
	rows := faults(path, call, codes...)
	for i := range rows {
		rows[i].arrange = both(arrange, rows[i].arrange)
	}
	return rows
}

// signInAgain holds that the error of a call says that the fan has to sign in again.
func signInAgain(call func(*world) error) func(*world) error {
	return func(w *world) error {
		err := call(w)
		if !errors.Is(err, api.ErrSignIn) {
			w.Errorf("error %v does not say that the fan has to sign in again", err)
		}
		return err
	}
}

func signInTwice(name string, code int, client, raw func(*world) error) []row {
	return twice(name, code, nil, signInAgain(client), raw)
}

func webTokenTable() []served {
	const refresh, profile, check = "/sns/oauth2/refresh_token", "/sns/userinfo", "/sns/auth"
	signed := func(scope api.Scope) func(*world) {
		return func(w *world) {
			token := signedIn(w, scope)
			w.web = token
		}
	}
	refreshing := func(w *world) error { _, err := w.c.RefreshWebToken(w.Context(), w.web.RefreshToken); return err }
	asking := func(w *world) error {
		_, err := w.c.UserProfile(w.Context(), w.web, "")
		return err
	}
	good := func(want bool) func(*world) error {
		return func(w *world) error {
			got, err := w.c.CheckWebToken(w.Context(), w.web)
			w.same("good", want, got)
			return err
		}
	}
	raw := func(path string, query ...string) func(*world) error {
		return func(w *world) error {
			v := url.Values{}
			for i := 0; i < len(query); i += 2 {
				v.Set(query[i], strings.NewReplacer("REFRESH", w.web.RefreshToken, "TOKEN", w.web.AccessToken).Replace(query[i+1]))
			}
			_, err := w.public("GET", path+"?"+v.Encode(), "")
			return err
		}
	}
	over := func(w *world) {
		signed(api.ScopeUserInfo)(w)
		w.advance("2h")
	}
	other := func(w *world) {
		signed(api.ScopeUserInfo)(w)
		w.web.OpenID = "oB"
	}
	made := func(w *world) { w.web = api.WebToken{AccessToken: "made-up", RefreshToken: "made-up", OpenID: "oA"} }
	lost := func(call func(*world) error) func(*world) error {
		return func(w *world) error {
			err := call(w)
			if !errors.Is(err, api.ErrWebToken) {
				w.Errorf("error %v does not say that the web token is not good", err)
			}
			return err
		}
	}
	return []served{
		{
			path: refresh, who: noToken, codes: []int{40002, 40013, 40029, 40030, 41002, 41003, 42002, 42007},
			rows: slices.Concat([]row{
				{name: "another token, the same refresh token", arrange: func(w *world) { over(w) }, call: func(w *world) error {
					token, err := w.c.RefreshWebToken(w.Context(), w.web.RefreshToken)
					w.same("refresh token", true, token.RefreshToken == w.web.RefreshToken)
					w.same("another token", true, token.AccessToken != w.web.AccessToken)
					w.same("of", []any{"oA", api.ScopeUserInfo, 2 * time.Hour}, []any{token.OpenID, token.Scope, token.Life})
					w.web = token
					w.must(asking(w))
					return err
				}},
				{name: "on its 30th day", arrange: func(w *world) { signed(api.ScopeBase)(w); w.advance("29d23h") }, call: refreshing},
				{name: "30 days after the sign-in, whatever its use", code: 42002, arrange: func(w *world) {
					signed(api.ScopeBase)(w)
					w.advance("29d")
					w.must(refreshing(w))
					w.advance("1d1m")
				}, call: signInAgain(refreshing)},
				{name: "a made-up one", code: 40030, arrange: made, call: signInAgain(refreshing)},
				{name: "an access token", code: 40030, arrange: func(w *world) { signed(api.ScopeBase)(w); w.web.RefreshToken = w.web.AccessToken }, call: signInAgain(refreshing)},
				{name: "no appid", code: 41002, call: raw(refresh, "grant_type", "refresh_token", "refresh_token", "x")},
				{name: "a made-up account", code: 40013, call: raw(refresh, "appid", "wx1", "grant_type", "refresh_token", "refresh_token", "x")},
				{name: "another grant_type", code: 40002, call: raw(refresh, "appid", shop, "grant_type", "x", "refresh_token", "x")},
			}, signInTwice("none", 41003, func(w *world) error { _, err := w.c.RefreshWebToken(w.Context(), ""); return err }, raw(refresh, "appid", shop, "grant_type", "refresh_token")),
				faults(refresh, signInAgain(func(w *world) error { _, err := w.c.RefreshWebToken(w.Context(), "x"); return err }), 40029, 42007)),
		},
		{
			path: profile, who: noToken, codes: []int{40001, 40003, 41001, 41009, 42001, 48001},
			rows: slices.Concat([]row{
				{name: "name and picture", config: bound, arrange: signed(api.ScopeUserInfo), call: func(w *world) error {
					got, err := w.c.UserProfile(w.Context(), w.web, "en")
					w.same("profile", api.Profile{
						OpenID: "oA", Nickname: "安娜 <&>", HeadImgURL: "https://example.com/anna", Privilege: []string{}, UnionID: w.web.UnionID,
					}, got)
					return err
				}},
				{name: "without the scope", code: 48001, arrange: signed(api.ScopeBase), call: asking},
				{name: "another's OpenID", code: 40003, arrange: other, call: asking},
				{name: "an unknown language", code: byClient, arrange: signed(api.ScopeUserInfo), call: func(w *world) error { _, err := w.c.UserProfile(w.Context(), w.web, "fr"); return err }},
				{name: "no token", code: 41001, call: raw(profile, "openid", "oA")},
				{name: "no OpenID", code: 41009, arrange: signed(api.ScopeUserInfo), call: raw(profile, "access_token", "TOKEN")},
				{name: "an access token of the account", code: 40001, call: func(w *world) error { return w.raw("GET", profile+"?openid=oA", "") }},
			}, webClass(
				row{name: "a token that is over", code: 42001, arrange: over, call: lost(asking)},
				row{name: "a made-up token", code: 40001, arrange: made, call: lost(asking)},
				row{name: "a refresh token", code: 40001, arrange: func(w *world) { signed(api.ScopeUserInfo)(w); w.web.AccessToken = w.web.RefreshToken }, call: lost(asking)},
			), webFaults(profile, signed(api.ScopeUserInfo), asking, 50001, 50002)),
		},
		{
			path: check, who: noToken, codes: []int{40001, 40003, 42001},
			rows: []row{
				{name: "good", arrange: signed(api.ScopeBase), call: good(true)},
				{name: "over", arrange: over, call: good(false)},
				{name: "over, by its code", code: 42001, arrange: over, call: raw(check, "access_token", "TOKEN", "openid", "oA")},
				{name: "another's", arrange: other, call: good(false)},
				{name: "another's, by its code", code: 40003, arrange: other, call: raw(check, "access_token", "TOKEN", "openid", "oB")},
				{name: "made up", arrange: made, call: good(false)},
				{name: "made up, by its code", code: 40001, arrange: made, call: raw(check, "access_token", "TOKEN", "openid", "oA")},
			},
		},
	}
}
