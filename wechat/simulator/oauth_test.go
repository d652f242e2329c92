package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// shop is a web page that sends who has no code to the authorize page, and shows the query of who has one.
type shop struct {
	*httptest.Server
	scope string
}

func (p *platform) shop() *shop {
	s := &shop{scope: "snsapi_userinfo"}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("code") == "" {
			http.SetCookie(w, &http.Cookie{Name: "visit", Value: "first"})
			http.Redirect(w, r, s.authorize(p.url), http.StatusFound)
			return
		}
		cookie, err := r.Cookie("visit")
		if err != nil || cookie.Value != "first" {
			http.Error(w, "the cookie is lost", http.StatusBadRequest)
			return
		}
		_, _ = w.Write([]byte(r.URL.RawQuery))
	}))
	p.t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	p.control("POST", appID+"/sites", `{"oauth":["`+u.Host+`"]}`)
	return s
}

func (s *shop) authorize(base string) string {
	return base + "/connect/oauth2/authorize?appid=" + appID + "&redirect_uri=" + url.QueryEscape(s.URL+"/me?x=1") +
		"&response_type=code&scope=" + s.scope + "&state=s1#wechat_redirect"
}

// visit opens a page as a fan and returns what the fan sees.
func (p *platform) visit(openID, open string) object {
	p.t.Helper()
	seen := p.control("POST", appID+"/fans/"+openID+"/do", `{"open":`+open+`}`)["seen"].([]any)
	return object(seen[0].(map[string]any))
}

// code goes through the shop and returns the code that came with the fan.
func (p *platform) code(s *shop, openID, more string) string {
	p.t.Helper()
	page := p.visit(openID, `{"url":"`+s.URL+`/start"`+more+`}`)
	q, err := url.ParseQuery(page.text("content"))
	if err != nil || q.Get("code") == "" || q.Get("state") != "s1" || q.Get("x") != "1" {
		p.t.Fatalf("the fan sees %v", page)
	}
	return q.Get("code")
}

func (p *platform) sns(path string, query ...string) object {
	p.t.Helper()
	v := url.Values{}
	for i := 0; i < len(query); i += 2 {
		v.Set(query[i], query[i+1])
	}
	status, text := p.request("GET", "/sns/"+path+"?"+v.Encode(), "")
	if status != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, status, text)
	}
	return decode(p.t, text)
}

func (p *platform) exchange(code string) object {
	return p.sns("oauth2/access_token", "appid", appID, "secret", secret, "code", code, "grant_type", "authorization_code")
}

func TestWebLogin(t *testing.T) {
	account := service()
	account.OpenPlatform = "open1"
	p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
	s := p.shop()
	p.control("POST", appID+"/fans/fan1/profile", `{"nickname":"Ann","headimgurl":"https://pic.example/1"}`)
	o := p.exchange(p.code(s, "fan1", ""))
	if o.text("openid") != "fan1" || o.text("scope") != "snsapi_userinfo" || o.text("expires_in") != "7200" || o.text("unionid") == "" || o["is_snapshotuser"] != nil {
		t.Fatal(o)
	}
	web, refresh := o.text("access_token"), o.text("refresh_token")
	user := p.sns("userinfo", "access_token", web, "openid", "fan1")
	if user.text("nickname") != "Ann" || user.text("sex") != "0" || user.text("unionid") != o.text("unionid") {
		t.Error(user)
	}
	p.want(p.sns("auth", "access_token", web, "openid", "fan1"), 0)
	p.want(p.sns("auth", "access_token", web, "openid", "fan2"), 40003)
	p.want(p.sns("userinfo", "openid", "fan1"), 41001)
	p.want(p.sns("userinfo", "access_token", "made-up", "openid", "fan1"), 40001)
	p.want(p.sns("userinfo", "access_token", refresh, "openid", "fan1"), 40001)
	p.want(p.api("GET", "user/info?openid=fan1&access_token="+web, ""), 40001)
	if status, text := p.request("GET", "/sim/"+appID+"/fans", ""); status != 200 || strings.Contains(text, `"subscribed":true`) {
		t.Errorf("who opens a page does not follow: %s", text)
	}

	p.advance("2h")
	p.want(p.sns("userinfo", "access_token", web, "openid", "fan1"), 42001)
	again := p.sns("oauth2/refresh_token", "appid", appID, "grant_type", "refresh_token", "refresh_token", refresh)
	p.want(p.sns("userinfo", "access_token", again.text("access_token"), "openid", "fan1"), 0)
	if again.text("refresh_token") != refresh {
		t.Error("the refresh token is another one")
	}
	p.want(p.sns("oauth2/refresh_token", "appid", appID, "grant_type", "refresh_token", "refresh_token", web), 40030)
	p.want(p.sns("oauth2/refresh_token", "appid", appID, "grant_type", "x", "refresh_token", refresh), 40002)
	p.want(p.sns("oauth2/refresh_token", "appid", appID, "grant_type", "refresh_token"), 41003)
	p.advance("30d")
	p.want(p.sns("oauth2/refresh_token", "appid", appID, "grant_type", "refresh_token", "refresh_token", refresh), 42002)
}

func TestWebCodes(t *testing.T) {
	p := start(t, simulator.Config{})
	s := p.shop()
	s.scope = "snsapi_base"
	code := p.code(s, "fan1", "")
	p.want(p.sns("oauth2/access_token", "secret", secret, "code", code, "grant_type", "authorization_code"), 41002)
	p.want(p.sns("oauth2/access_token", "appid", "wxno", "secret", secret, "code", code, "grant_type", "authorization_code"), 40013)
	p.want(p.sns("oauth2/access_token", "appid", appID, "code", code, "grant_type", "authorization_code"), 41004)
	p.want(p.sns("oauth2/access_token", "appid", appID, "secret", "x", "code", code, "grant_type", "authorization_code"), 40125)
	p.want(p.sns("oauth2/access_token", "appid", appID, "secret", secret, "code", code, "grant_type", "code"), 40002)
	p.want(p.sns("oauth2/access_token", "appid", appID, "secret", secret, "grant_type", "authorization_code"), 41008)
	p.want(p.exchange("made-up"), 40029)
	o := p.want(p.exchange(code), 0)
	p.want(p.exchange(code), 40163)
	p.want(p.sns("userinfo", "access_token", o.text("access_token"), "openid", "fan1"), 48001)
	if o["unionid"] != nil {
		t.Errorf("an account without a binding: %v", o)
	}
	late := p.code(s, "fan1", "")
	p.advance("5m")
	p.want(p.exchange(late), 42003)

	s.scope = "snsapi_userinfo"
	o = p.exchange(p.code(s, "fan1", `,"snapshot":true`))
	if o.text("is_snapshotuser") != "1" || o.text("openid") == "fan1" {
		t.Errorf("a snapshot: %v", o)
	}
	if page := p.visit("fan1", `{"url":"`+s.URL+`/start","deny":true}`); strings.Contains(page.text("content"), "code=") {
		t.Errorf("the fan did not agree, and yet %v", page)
	}
}

// TestAuthorizePage opens the page in a browser that is no phone.
func TestAuthorizePage(t *testing.T) {
	p := start(t, simulator.Config{})
	s := p.shop()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	open := func(query string, cookie *http.Cookie) (int, string, string) {
		req, err := http.NewRequest("GET", p.url+"/connect/oauth2/authorize?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie != nil {
			req.AddCookie(cookie)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body := make([]byte, 4096)
		n, _ := res.Body.Read(body)
		return res.StatusCode, res.Header.Get("Location"), string(body[:n])
	}
	back := url.QueryEscape(s.URL + "/me")
	good := "appid=" + appID + "&redirect_uri=" + back + "&response_type=code&scope=snsapi_base&state=abc"
	for _, query := range []string{good + "&openid=fan1", good + "&forceSnapShot=false&openid=fan1"} {
		if status, to, body := open(query, nil); status != 302 || !strings.HasPrefix(to, s.URL+"/me?code=") || !strings.HasSuffix(to, "&state=abc") {
			t.Errorf("%s: %d %s %s", query, status, to, body)
		}
	}
	if status, to, _ := open(good, &http.Cookie{Name: "openid", Value: "fan1"}); status != 302 || to == "" {
		t.Errorf("by a cookie: %d", status)
	}
	for query, want := range map[string]string{
		good: "请在微信客户端打开链接",
		"redirect_uri=" + back + "&appid=" + appID + "&response_type=code&scope=snsapi_base&state=abc&openid=fan1":               "该链接无法访问",
		"appid=" + appID + "&redirect_uri=" + back + "&response_type=code&scope=snsapi_base&state=a%20b&openid=fan1":             "该链接无法访问",
		"appid=" + appID + "&redirect_uri=" + back + "&response_type=code&scope=snsapi_login&state=abc&openid=fan1":              "10005",
		"appid=" + appID + "&redirect_uri=" + back + "&response_type=code&state=abc&openid=fan1":                                 "10010",
		"appid=" + appID + "&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code&scope=snsapi_base&state=&openid=fan1": "10003",
		"appid=wxno&redirect_uri=" + back + "&response_type=code&scope=snsapi_base&state=abc&openid=fan1":                        "40013",
		"redirect_uri=" + back: "10012",
	} {
		if status, to, body := open(query, nil); status != 200 || to != "" || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s %s, want %s", query, status, to, body, want)
		}
	}
	if status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"open":"https://open.weixin.qq.com/connect/oauth2/authorize?`+good+`"}`); status != 409 {
		t.Errorf("without #wechat_redirect: %d %s", status, text)
	}
	page := p.visit("fan1", `"https://open.weixin.qq.com/connect/oauth2/authorize?`+good+`#wechat_redirect"`)
	if !strings.HasPrefix(page.text("url"), s.URL+"/me?code=") {
		t.Errorf("the platform's own host: %v", page)
	}
}

func TestWebRights(t *testing.T) {
	account := service()
	account.Type = "subscription"
	p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
	p.want(p.exchange("code"), 48001)
	s := p.shop()
	if page := p.visit("fan1", `"`+s.authorize(p.url)+`"`); !strings.Contains(page.text("content"), "10005") {
		t.Error(page)
	}
}

func TestTickets(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	get := func(kind string) object {
		return p.api("GET", "ticket/getticket?access_token="+token+"&type="+kind, "")
	}
	first := get("jsapi")
	if len(first.text("ticket")) != 86 || first.text("expires_in") != "7200" {
		t.Error(first)
	}
	p.want(get("x"), 40097)
	if card := get("wx_card"); card.text("ticket") == first.text("ticket") {
		t.Error("one ticket for two uses")
	}
	if again := get("jsapi"); again.text("ticket") != first.text("ticket") {
		t.Error("another ticket while the first lives")
	}
	p.advance("2h")
	token = p.token()
	if next := get("jsapi"); next.text("ticket") == first.text("ticket") {
		t.Error("the same ticket after its end")
	}
}
