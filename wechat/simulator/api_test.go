package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

func TestTokenErrors(t *testing.T) {
	p := start(t, simulator.Config{})
	ask := "token?grant_type=client_credential&appid=" + appID
	stable := func(fields string) string { return `{"grant_type":"client_credential",` + fields + `}` }
	cases := []struct {
		method, path, body string
		code               int
	}{
		{"GET", "token?grant_type=bad&appid=wxbad&secret=x", "", 40013}, // appid is looked at first
		{"GET", "token?grant_type=client_credential", "", 41002},
		{"GET", "token?grant_type=bad&appid=" + appID, "", 40002},
		{"GET", ask, "", 41004},
		{"GET", ask + "&secret=wrong", "", 40125},
		{"POST", ask, "", 43001},
		{"GET", "stable_token", "", 43002},
		{"POST", "stable_token", "{", 47001},
		{"POST", "stable_token", stable(`"appid":"` + appID + `","secret":"wrong"`), 40125},
		{"GET", "user/info?openid=x", "", 41001},
		{"GET", "user/info?openid=x&access_token=made-up", "", 40001},
		{"GET", "user/info?openid=x&access_token=a.b", "", 40014},
		{"GET", "no/such/path", "", 40066},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			p.want(p.api(c.method, c.path, c.body), c.code)
		})
	}
	if status, text := p.request("GET", "/sns/nothing", ""); status != 200 || decode(t, text).code() != 40066 {
		t.Error(status, text)
	}
}

func TestTokenLives(t *testing.T) {
	p := start(t, simulator.Config{})
	good := func(token string, code int) {
		t.Helper()
		p.want(p.api("GET", "getcallbackip?access_token="+token, ""), code)
	}
	first := p.token()
	stable := p.stableToken(false)
	second := p.token()
	good(first, 0) // for five minutes more
	good(stable, 0)
	p.advance("5m")
	good(first, 40001)
	good(second, 0)
	if again := p.stableToken(false); again != stable {
		t.Error("the stable token changed while it was good")
	}
	p.advance("1h51m") // inside the last five minutes
	renewed := p.stableToken(false)
	if renewed == stable {
		t.Error("the stable token was not renewed before its end")
	}
	good(stable, 0)
	p.advance("4m")
	good(stable, 42001)
	good(second, 42001)
	good(renewed, 0)
	forced := p.stableToken(true)
	good(renewed, 40001)
	good(forced, 0)
	if p.stableToken(true) != forced {
		t.Error("force_refresh within 30 seconds made a new token")
	}
}

func (p *platform) stableToken(force bool) string {
	p.t.Helper()
	return p.api("POST", "stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%v}`, appID, secret, force)).text("access_token")
}

func TestForcedTokenLimit(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	for range 20 {
		p.stableToken(true)
		p.advance("31s")
	}
	p.want(p.api("POST", "stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":true}`, appID, secret)), 45009)
}

func TestRights(t *testing.T) {
	custom, template, tags := "message/custom/send", "message/template/send", "tags/create"
	list, all := "message/mass/send", "message/mass/sendall"
	cases := []struct {
		kind           string
		verified, test bool
		allowed        []string
	}{
		{"service", true, false, []string{custom, template, tags, list, all}},
		{"subscription", true, false, []string{custom, tags, all}},
		{"service", false, false, nil},
		{"subscription", false, false, nil},
		{"subscription", false, true, []string{custom, template, tags, list, all}},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s verified=%v test=%v", c.kind, c.verified, c.test), func(t *testing.T) {
			a := service()
			a.Type, a.Verified, a.Test = c.kind, c.verified, c.test
			p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
			token := p.token()
			for _, path := range []string{custom, template, tags, list, all} {
				got := p.post(path, token, `{}`).code() != 48001
				if want := slices.Contains(c.allowed, path); got != want {
					t.Errorf("%s allowed: %v, want %v", path, got, want)
				}
			}
		})
	}
}

func TestBodies(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func(content string) object {
		return p.post("message/custom/send", token, `{"touser":"fan1","msgtype":"text","text":{"content":"`+content+`"}}`)
	}
	p.want(p.post("message/custom/send", token, ""), 44002)
	p.want(p.post("message/custom/send", token, "{"), 47001)
	p.want(send(`\u4f60`), 47002)
	p.want(send(`\\u4f60 is a path, a line\nfeed and \u2028 are fine <&>`), 0)
	p.want(p.api("GET", "message/custom/send?access_token="+token, ""), 43002)
}

func TestQuota(t *testing.T) {
	path := "/cgi-bin/getcallbackip"
	p := start(t, simulator.Config{Start: noon, DailyLimits: map[string]int{path: 2}})
	token := p.token()
	call := func() object { return p.api("GET", "getcallbackip?access_token="+token, "") }
	p.want(call(), 0)
	p.want(call(), 0)
	p.want(call(), 45009)
	q := p.want(p.post("openapi/quota/get", token, `{"cgi_path":"`+path+`"}`), 0)
	if got := fmt.Sprint(q["quota"]); got != "map[daily_limit:2 remain:0 used:2]" {
		t.Error(got)
	}
	p.want(p.post("openapi/quota/get", token, `{"cgi_path":"/cgi-bin/nothing"}`), 76021)
	p.want(p.post("clear_quota", token, `{"appid":"wxother"}`), 40013)
	p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 0)
	p.want(call(), 0)
	p.want(call(), 0)
	p.want(call(), 45009)
	p.advance("24h")
	token = p.token()
	p.want(call(), 0)
	for range 9 {
		p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 0)
	}
	p.want(p.post("clear_quota", token, `{"appid":"`+appID+`"}`), 48006)
}

func TestUsers(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.do("fan1", `{"scan":"store-1"}`)
	p.advance("1s")
	p.do("fan2", `{"text":"hi"}`)
	p.do("fan3", `{"text":"hi"}`)
	p.do("fan3", `{"unsubscribe":{}}`)
	one := p.want(p.api("GET", "user/info?openid=fan1&access_token="+token, ""), 0)
	if one.text("subscribe") != "1" || one.text("qr_scene_str") != "store-1" || one.text("subscribe_scene") != "ADD_SCENE_QR_CODE" || one["errcode"] != nil {
		t.Error(one)
	}
	three := p.want(p.api("GET", "user/info?openid=fan3&access_token="+token, ""), 0)
	if len(three) != 2 || three.text("subscribe") != "0" {
		t.Error(three)
	}
	p.want(p.api("GET", "user/info?openid=nobody&access_token="+token, ""), 40003)
	all := p.want(p.api("GET", "user/get?access_token="+token, ""), 0)
	if all.text("total") != "2" || fmt.Sprint(all["data"]) != "map[openid:[fan1 fan2]]" || all.text("next_openid") != "fan2" {
		t.Error(all)
	}
	rest := p.want(p.api("GET", "user/get?next_openid=fan1&access_token="+token, ""), 0)
	if rest.text("count") != "1" || fmt.Sprint(rest["data"]) != "map[openid:[fan2]]" {
		t.Error(rest)
	}
	end := p.want(p.api("GET", "user/get?next_openid=fan2&access_token="+token, ""), 0)
	if end.text("count") != "0" || end["data"] != nil || end.text("next_openid") != "" {
		t.Error(end)
	}
	list := p.want(p.post("user/info/batchget", token, `{"user_list":[{"openid":"fan2"},{"openid":"fan3"}]}`), 0)
	if n := len(list["user_info_list"].([]any)); n != 2 {
		t.Error(list)
	}
	p.want(p.post("user/info/batchget", token, `{"user_list":[`+strings.Repeat(`{"openid":"fan2"},`, 100)+`{"openid":"fan2"}]}`), 40032)
}

func TestTags(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.do("fan1", `{"subscribe":{}}`)
	create := func(name string) object { return p.post("tags/create", token, `{"tag":{"name":"`+name+`"}}`) }
	first := p.want(create("新粉丝"), 0)
	id := fmt.Sprint(first["tag"].(map[string]any)["id"])
	p.want(create("新粉丝"), 45157)
	p.want(create(""), 45157)
	p.want(create(strings.Repeat("长", 31)), 45158)
	p.want(p.post("tags/update", token, `{"tag":{"id":2,"name":"x"}}`), 45058)
	p.want(p.post("tags/update", token, `{"tag":{"id":999,"name":"x"}}`), 45159)
	p.want(p.post("tags/update", token, `{"tag":{"id":`+id+`,"name":"老粉丝"}}`), 0)

	join := func(call, tag string, openIDs ...string) object {
		return p.post("tags/members/"+call, token, `{"tagid":`+tag+`,"openid_list":["`+strings.Join(openIDs, `","`)+`"]}`)
	}
	p.want(join("batchtagging", "999", "fan1"), 45159)
	p.want(join("batchtagging", id, "fan2"), 40003)
	p.want(join("batchtagging", id, "oabcdefghijklmnopqrstuvwx-_1"), 49003)
	p.want(join("batchtagging", id, strings.Split(strings.Repeat("fan1,", 50)+"fan1", ",")...), 40032)
	p.want(join("batchtagging", id, "fan1"), 0)
	p.want(join("batchtagging", id, "fan1"), 0) // again: nothing
	if got := fmt.Sprint(p.post("tags/getidlist", token, `{"openid":"fan1"}`)["tagid_list"]); got != "["+id+"]" {
		t.Error(got)
	}
	members := p.want(p.post("user/tag/get", token, `{"tagid":`+id+`}`), 0)
	if members.text("count") != "1" {
		t.Error(members)
	}
	if got := fmt.Sprint(p.api("GET", "tags/get?access_token="+token, "")["tags"]); !strings.Contains(got, "count:1 id:"+id+" name:老粉丝") {
		t.Error(got)
	}
	p.want(join("batchuntagging", id, "fan1"), 0)
	if got := fmt.Sprint(p.post("tags/getidlist", token, `{"openid":"fan1"}`)["tagid_list"]); got != "[]" {
		t.Error(got)
	}
	p.want(p.post("tags/delete", token, `{"tag":{"id":`+id+`}}`), 0)
	p.want(p.post("user/tag/get", token, `{"tagid":`+id+`}`), 45159)

	for i := range 100 {
		tag := fmt.Sprint(p.want(create(fmt.Sprintf("t%d", i)), 0)["tag"].(map[string]any)["id"])
		if tag == id {
			t.Error("the id of a deleted tag was given again")
		}
		switch {
		case i < 20:
			p.want(join("batchtagging", tag, "fan1"), 0)
		case i == 20:
			p.want(join("batchtagging", tag, "fan1"), 45059)
		}
	}
	p.want(create("one more"), 45056)
}
