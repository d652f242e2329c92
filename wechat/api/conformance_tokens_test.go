package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const (
	stablePath = "/cgi-bin/stable_token"
	plainPath  = "/cgi-bin/token"
)

// tokenTable are the two calls for access tokens.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken and …/api_getstableaccesstoken
func tokenTable() []served {
	codes := []int{
		-1, 40001, 40002, 40013, 41002, 41004, 40125, 40164, 40243, 45009, 45011, 50004, 50007, 61004,
		89501, 89502, 89503, 89504, 89505, 89506, 89507,
	}
	plainForm := "?grant_type=client_credential&appid=%s&secret=%s"
	return []served{
		{
			path: stablePath, method: "POST", who: noToken, daily: 500_000, codes: append([]int{43002}, codes...),
			rows: append(append(stableTokens(), tokenErrors(stablePath, false)...),
				wrongCredentials(stablePath, "POST", `{"grant_type":"client_credential","appid":%q,"secret":%q}`)...),
		},
		{
			path: plainPath, method: "GET", who: noToken, daily: 2000, testDaily: 200, codes: codes,
			rows: append(append(plainTokens(), tokenErrors(plainPath, true)...), wrongPlain(plainForm)...),
		},
	}
}

// wrongPlain is wrongCredentials in a query.
func wrongPlain(form string) []row {
	var rows []row
	for _, c := range []struct {
		name, appID, secret string
		code                int
	}{
		{"no appid, raw", "", secret, 41002},
		{"another appid, raw", "wxother", secret, 40013},
		{"another appid before another grant_type, raw", "wxother", secret + "&grant_type=other", 40013},
		{"no secret, raw", shop, "", 41004},
		{"another secret, raw", shop, "other", 40125},
	} {
		rows = append(rows, row{name: c.name, code: c.code, call: func(w *world) error {
			_, err := w.public("GET", plainPath+fmt.Sprintf(form, c.appID, url.QueryEscape(c.secret)), "")
			return err
		}})
	}
	return rows
}

// plainToken asks for a token by the older call, without the client.
func (w *world) plainToken() string {
	w.Helper()
	doc, err := w.public("GET", plainPath+"?"+url.Values{"grant_type": {"client_credential"}, "appid": {w.app}, "secret": {secret}}.Encode(), "")
	w.must(err)
	return fmt.Sprint(doc["access_token"])
}

// works is the errcode of a call with the token.
func (w *world) works(token string) int {
	w.Helper()
	return codeOf(w.raw("GET", ipPath+"?access_token="+token, ""))
}

// now is the simulator's time.
func (w *world) now() time.Time {
	var out struct{ Now time.Time }
	if err := json.Unmarshal([]byte(w.control("GET", "clock", "")), &out); err != nil {
		w.Fatal(err)
	}
	return out.Now
}

// fresh is a client of the row's account that holds no token.
func (w *world) fresh(plain bool, secret string) *api.Client {
	return api.New(api.Config{AppID: w.app, Secret: secret, BaseURL: w.server.URL, PlainToken: plain, Now: w.now})
}

func stableTokens() []row {
	return []row{
		{name: "the same as long as it is good", call: callIPs, check: func(w *world) {
			first := w.token()
			w.advance("1h54m")
			w.same("the same", first, w.token())
			w.advance("2m") // the last five minutes: both are good
			w.same("another", false, first == w.token())
			w.same("works", [2]int{0, 0}, [2]int{w.works(first), w.works(w.token())})
			w.advance("5m")
			w.same("expired", 42001, w.works(first))
		}},
		{name: "forced", call: func(w *world) error { return w.c.ForceRefresh(w.Context()) }, check: func(w *world) {
			w.advance("30s")
			old := w.token()
			w.must(w.c.ForceRefresh(w.Context()))
			w.same("the old one", 40001, w.works(old))
			now := w.token()
			w.must(w.c.ForceRefresh(w.Context())) // too soon after the last
			w.same("the same", now, w.token())
		}},
		{name: "forced twenty times a day", call: times(21, func(w *world) error {
			w.advance("30s")
			return w.c.ForceRefresh(w.Context())
		}), code: 45009},
		{name: "another process forced one", arrange: func(w *world) {
			w.must(callIPs(w))
			w.advance("30s")
			w.must(w.fresh(false, secret).ForceRefresh(w.Context()))
		}, call: callIPs},
		{name: "plain ones do not end it", arrange: func(w *world) {
			w.text = w.token()
			w.plainToken()
			w.plainToken()
			w.advance("10m")
		}, call: func(w *world) error { return w.raw("GET", ipPath+"?access_token="+w.text, "") }},
		{name: "by GET, raw", call: func(w *world) error {
			_, err := w.public("GET", stablePath, "")
			return err
		}, code: 43002},
		{name: "a body that is no JSON, raw", call: func(w *world) error {
			_, err := w.public("POST", stablePath, "grant_type=client_credential")
			return err
		}, code: 47001},
	}
}

func plainTokens() []row {
	return []row{
		{name: "each ends the one before in five minutes", call: func(w *world) error {
			_, err := w.fresh(true, secret).CallbackIPs(w.Context())
			return err
		}, check: func(w *world) {
			first, second := w.plainToken(), w.plainToken()
			w.same("another", false, first == second)
			w.advance("4m")
			w.same("works", [2]int{0, 0}, [2]int{w.works(first), w.works(second)})
			w.advance("1m")
			w.same("works", [2]int{40001, 0}, [2]int{w.works(first), w.works(second)})
		}},
		{name: "another process asked for one", call: func(w *world) error {
			c := w.fresh(true, secret)
			_, err := c.CallbackIPs(w.Context())
			w.must(err)
			w.plainToken()
			w.advance("5m")
			_, err = c.CallbackIPs(w.Context()) // 40001, and another token
			return err
		}},
		{name: "two hundred a day for a test account", on: trial, arrange: func(w *world) {
			for range 200 {
				w.plainToken()
			}
		}, call: func(w *world) error {
			_, err := w.fresh(true, secret).CallbackIPs(w.Context())
			return err
		}, code: 45009},
	}
}

// tokenErrors are what a client is told that has no token yet.
func tokenErrors(path string, plain bool) []row {
	call := func(w *world) error {
		_, err := w.fresh(plain, secret).CallbackIPs(w.Context())
		return err
	}
	stands := func(body string) func(*world) {
		return func(w *world) { w.control("PUT", w.app+"/standing", body) }
	}
	rows := []row{
		{name: "another secret", call: func(w *world) error {
			_, err := w.fresh(plain, "other").CallbackIPs(w.Context())
			return err
		}, code: 40125},
		{name: "an address that is not on the list", arrange: func(w *world) { w.control("PUT", w.app+"/allowlist", `{"ips":["10.0.0.0/8","192.0.2.1"]}`) }, call: func(w *world) error {
			return wantIP(call(w), "127.0.0.1")
		}, code: 40164},
		{name: "an address on the list", arrange: func(w *world) { w.control("PUT", w.app+"/allowlist", `{"ips":["127.0.0.1/8"]}`) }, call: call},
		{name: "the secret was frozen a while ago", arrange: later(stands(`{"secret_frozen":true}`), "10m"), call: call, code: 40243},
		{name: "the secret was frozen just now", arrange: stands(`{"secret_frozen":true}`), call: call},
		{name: "no tokens for the account", arrange: stands(`{"token_forbidden":true}`), call: call, code: 50004},
		{name: "the account is frozen", arrange: stands(`{"frozen":true}`), call: call, code: 50007},
		{name: "the admin is asked", arrange: stands(`{"confirm":"asked"}`), call: call, code: 89503},
		{name: "the admin refused", arrange: stands(`{"confirm":"refused"}`), call: call, code: 89507},
		{name: "the admin refused twice", arrange: stands(`{"confirm":"refused twice"}`), call: call, code: 89506},
		{name: "the day's calls are used up", config: func(c *simulator.Config) { c.DailyLimits = map[string]int{path: 1} }, call: func(w *world) error {
			w.must(call(w))
			return call(w)
		}, code: 45009},
		{name: "errcode 40001", by: byFault, arrange: refusing(path, 40001), call: call, code: 40001, class: api.Configuration},
	}
	for i := range rows {
		if rows[i].code >= 50004 {
			rows[i].by = byRule
		}
	}
	grant := `{"grant_type":"other","appid":"` + shop + `","secret":"x"}`
	rows = append(rows, row{name: "another grant_type, raw", code: 40002, call: func(w *world) error {
		if plain {
			_, err := w.public("GET", path+"?grant_type=other&appid="+shop+"&secret=x", "")
			return err
		}
		_, err := w.public("POST", path, grant)
		return err
	}})
	// 10,000 calls within a minute, and answers between which and those above the pages do not tell the difference.
	return append(rows, faults(path, call, -1, 45011, 61004, 89501, 89502, 89504, 89505)...)
}

// wantIP turns an error that does not name the address into another.
func wantIP(err error, ip string) error {
	if refused := new(api.Error); errors.As(err, &refused) && refused.IP != ip {
		return &rawError{Msg: fmt.Sprintf("the address is %q, want %q: %v", refused.IP, ip, err)}
	}
	return err
}
