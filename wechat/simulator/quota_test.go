package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// TestDayOfShanghai uses up a day's calls of a test account and gets new ones at midnight in Shanghai.
func TestDayOfShanghai(t *testing.T) {
	a := service()
	a.Test = true
	p := start(t, simulator.Config{Accounts: []simulator.Account{a}, Start: time.Date(2026, 11, 8, 15, 50, 0, 0, time.UTC)}) // 23:50 there
	token := p.stableToken(false)
	for range 100 {
		p.want(p.api("GET", "user/get?access_token="+token, ""), 0)
	}
	p.want(p.api("GET", "user/get?access_token="+token, ""), 45009)
	for range 200 {
		p.token()
	}
	p.want(p.api("GET", "token?grant_type=client_credential&appid="+appID+"&secret="+strings.ReplaceAll(secret, " ", "%20"), ""), 45009)
	p.advance("5m")
	p.want(p.api("GET", "user/get?access_token="+token, ""), 45009)
	p.advance("5m")
	p.want(p.api("GET", "user/get?access_token="+token, ""), 0)
	p.token()
}

// TestMinuteQuota asks for more mass sends within a minute than the 60 that are allowed.
func TestMinuteQuota(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	send := func() object { return p.post("message/mass/sendall", token, `{}`) }
	for range 60 {
		if c := send().code(); c == 45011 {
			t.Fatal("refused within the minute's quota")
		}
	}
	p.want(send(), 45011)
	p.advance("1m")
	if c := send().code(); c == 45011 {
		t.Error("refused in the next minute")
	}
}

func TestClearingQuotas(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, DailyLimits: map[string]int{"/cgi-bin/getcallbackip": 1, "/cgi-bin/tags/get": 1}})
	token := p.token()
	call := func(path string) object { return p.api("GET", path+"?access_token="+token, "") }
	v2 := func(appID, secret string) object {
		return p.api("POST", "clear_quota/v2", fmt.Sprintf(`{"appid":%q,"appsecret":%q}`, appID, secret))
	}
	one := func(path string) object { return p.post("openapi/quota/clear", token, `{"cgi_path":"`+path+`"}`) }

	p.want(call("getcallbackip"), 0)
	p.want(call("tags/get"), 0)
	p.want(call("getcallbackip"), 45009)
	p.want(one("/cgi-bin/getcallbackip"), 0)
	p.want(call("getcallbackip"), 0)
	p.want(call("tags/get"), 45009) // one path alone was cleared

	for _, c := range []struct {
		appID, secret string
		code          int
	}{{"", secret, 41002}, {"wxother", secret, 40013}, {appID, "", 41004}, {appID, "wrong", 40125}, {appID, secret, 0}} {
		p.want(v2(c.appID, c.secret), c.code)
	}
	p.want(call("tags/get"), 0)

	for range 4 { // one pool of ten for both calls and the website
		p.control("POST", appID+"/clear_quota", "")
		p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 0)
	}
	p.want(v2(appID, secret), 0)
	p.want(v2(appID, secret), 48006)
	p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 48006)
	if status, text := p.request("POST", "/sim/"+appID+"/clear_quota", ""); status != 409 {
		t.Error(status, text)
	}
	for range 49 {
		p.want(one("/cgi-bin/getcallbackip"), 0)
	}
	p.want(one("/cgi-bin/getcallbackip"), 48006)
	p.advance("31d")
	p.want(v2(appID, secret), 0)
}

func TestQuotaPaths(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	for path, code := range map[string]int{
		"/cgi-bin/message/custom/send": 0, "/cgi-bin/nothing": 76021, "/sns/userinfo": 76022,
		"cgi-bin/message/custom/send": 76003, "https://api.weixin.qq.com/cgi-bin/token": 76003, "": 76003,
	} {
		for _, call := range []string{"openapi/quota/get", "openapi/quota/clear"} {
			p.want(p.post(call, token, `{"cgi_path":"`+path+`"}`), code)
		}
	}
	mass := p.post("openapi/quota/get", token, `{"cgi_path":"/cgi-bin/message/mass/sendall"}`)
	if got := fmt.Sprint(mass["quota"], mass["rate_limit"]); got != "map[daily_limit:100 remain:100 used:0] map[call_count:60 refresh_second:60]" {
		t.Error(got)
	}
}

func TestRID(t *testing.T) {
	other := service()
	other.Name, other.AppID = "other", "wxother"
	p := start(t, simulator.Config{Accounts: []simulator.Account{service(), other}, Start: noon})
	token := p.token()
	theirs := p.api("GET", "token?grant_type=client_credential&appid=wxother&secret="+strings.ReplaceAll(secret, " ", "%20"), "").text("access_token")
	failed := p.want(p.post("message/custom/send", token, `{"touser":"nobody","msgtype":"text","text":{"content":"x"}}`), 40003)
	_, rid, _ := strings.Cut(failed.text("errmsg"), " rid: ")

	ask := func(token, rid string) object { return p.post("openapi/rid/get", token, `{"rid":"`+rid+`"}`) }
	told := p.want(ask(token, rid), 0)["request"].(map[string]any)
	if told["client_ip"] != "127.0.0.1" || !strings.Contains(fmt.Sprint(told["request_body"]), "nobody") || !strings.Contains(fmt.Sprint(told["response_body"]), rid) {
		t.Errorf("%v", told)
	}
	if strings.Contains(fmt.Sprint(told), token) {
		t.Errorf("the token is told: %v", told)
	}
	p.want(ask(theirs, rid), 76003)
	p.want(ask(token, "xyz"), 76002)
	p.want(ask(token, rid[:9]+"00000000-00000000"), 76001)

	p.advance("6d")
	token = p.token()
	p.want(ask(token, rid), 0)
	p.advance("25h")
	p.want(ask(p.token(), rid), 76004)
}

func TestNetworkCalls(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	for _, path := range []string{"getcallbackip", "get_api_domain_ip"} {
		if got := fmt.Sprint(p.want(p.api("GET", path+"?access_token="+token, ""), 0)["ip_list"]); got != "[127.0.0.1]" {
			t.Error(path, got)
		}
	}
	check := func(body string) object { return p.post("callback/check", token, body) }
	p.want(check(`{"action":"look","check_operator":"CAP"}`), 40202)
	p.want(check(`{"action":"all","check_operator":"ME"}`), 40203)
	all := p.want(check(`{"action":"all","check_operator":"CAP"}`), 0)
	if all["dns"] == nil || all["ping"] == nil {
		t.Error(all)
	}
	if dns := check(`{"action":"dns","check_operator":"DEFAULT"}`); dns["ping"] != nil {
		t.Error(dns)
	}
	off := p.want(p.api("GET", "get_current_autoreply_info?access_token="+token, ""), 0)
	if off.text("is_autoreply_open") != "0" {
		t.Error(off)
	}
	p.control("PUT", appID+"/standing", `{"autoreply":{"is_autoreply_open":1}}`)
	if on := p.api("GET", "get_current_autoreply_info?access_token="+token, ""); on.text("is_autoreply_open") != "1" {
		t.Error(on)
	}

	silent, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	q := serve(t, silent)
	q.want(q.post("callback/check", q.token(), `{"action":"all","check_operator":"CAP"}`), 40201)
}

func TestAllowList(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	list := func(ips string) { p.control("PUT", appID+"/allowlist", `{"ips":[`+ips+`]}`) }
	call := func() object { return p.api("GET", "getcallbackip?access_token="+token, "") }
	ask := "token?grant_type=client_credential&appid=" + appID + "&secret=" + strings.ReplaceAll(secret, " ", "%20")

	list(`"10.0.0.0/8","192.168.1.1"`)
	for _, o := range []object{call(), p.api("GET", ask, ""), p.post("message/custom/send", token, "{}")} {
		p.want(o, 40164)
		if !strings.HasPrefix(o.text("errmsg"), "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist") {
			t.Error(o.text("errmsg"))
		}
	}
	p.want(p.api("GET", "token?grant_type=client_credential&appid="+appID+"&secret=wrong", ""), 40125)
	for _, ips := range []string{`"127.0.0.1"`, `"10.0.0.0/8","127.0.0.9/24"`, ``} {
		list(ips)
		p.want(call(), 0)
	}
	for _, bad := range []string{"127.0.0.*", "127.0.0.1:80", "here", "10.0.0.0/99"} {
		if status, text := p.request("PUT", "/sim/"+appID+"/allowlist", `{"ips":["`+bad+`"]}`); status != 400 || !strings.Contains(text, bad) {
			t.Errorf("%s: %d %s", bad, status, text)
		}
	}
	a := service()
	a.AllowIPs = []string{"10.1.2.3"}
	q := start(t, simulator.Config{Accounts: []simulator.Account{a}})
	q.want(q.api("GET", ask, ""), 40164)
	if d := cmp.Diff("map[ips:[10.1.2.3]]", fmt.Sprint(map[string]any(q.control("GET", appID+"/allowlist", "")))); d != "" {
		t.Error(d)
	}
	q.control("PUT", appID+"/allowlist", `{"ips":[]}`)
	q.want(q.api("GET", ask, ""), 0)
	a.AllowIPs = []string{"*"}
	if _, err := simulator.New(simulator.Config{Accounts: []simulator.Account{a}}); err == nil {
		t.Error("an account with * in its allow-list was taken")
	}
}

func TestStanding(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	put := func(body string) { p.control("PUT", appID+"/standing", body) }
	ask := func() object {
		return p.api("GET", "token?grant_type=client_credential&appid="+appID+"&secret="+strings.ReplaceAll(secret, " ", "%20"), "")
	}
	call := func() object { return p.api("GET", "getcallbackip?access_token="+token, "") }

	put(`{"secret_frozen":true}`)
	p.want(ask(), 0) // for ten minutes more, and so with its end
	put(`{"secret_frozen":false}`)
	p.want(ask(), 0) // taken back before it took effect
	p.advance("10m")
	p.want(ask(), 0)
	put(`{"secret_frozen":true}`)
	token = p.token()
	p.advance("10m")
	p.want(ask(), 40243)
	p.want(call(), 0)
	put(`{"secret_frozen":false}`)
	p.want(ask(), 40243)
	p.advance("10m")
	p.want(ask(), 0)

	token = p.token()
	for _, c := range []struct {
		on, off           string
		onToken, onOthers int
	}{
		{`{"token_forbidden":true}`, `{"token_forbidden":false}`, 50004, 0},
		{`{"frozen":true}`, `{"frozen":false}`, 50007, 50007},
		{`{"irregular":true}`, `{"irregular":false}`, 0, 48004},
		{`{"confirm":"asked"}`, `{"confirm":""}`, 89503, 0},
		{`{"confirm":"refused"}`, `{"confirm":""}`, 89507, 0},
		{`{"confirm":"refused twice"}`, `{"confirm":""}`, 89506, 0},
	} {
		put(c.on)
		p.want(ask(), c.onToken)
		p.want(call(), c.onOthers)
		put(c.off)
		p.want(call(), 0)
	}
	if status, text := p.request("PUT", "/sim/"+appID+"/standing", `{"confirm":"maybe"}`); status != 400 || !strings.Contains(text, "maybe") {
		t.Error(status, text)
	}
}
