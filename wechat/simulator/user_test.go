package simulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// posted is one call with the code that it must have.
type posted struct {
	path, body string
	code       int
}

func (p *platform) table(token string, calls []posted) {
	p.t.Helper()
	for _, c := range calls {
		if o := p.post(c.path, token, c.body); o.code() != c.code {
			p.t.Errorf("%s %s: %v, want errcode %d", c.path, c.body, o, c.code)
		}
	}
}

// ids are the OpenIDs of a page.
func (o object) ids() []string {
	data, _ := o["data"].(map[string]any)
	list, _ := data["openid"].([]any)
	out := []string{}
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// stranger looks like an OpenID and is nobody's here.
const stranger = "oABCDEFGHIJKLMNOPQRSTUVWXYZ0"

func TestUserInfo(t *testing.T) {
	account := service()
	account.OpenPlatform = "open1"
	other := service()
	other.Name, other.AppID, other.OpenPlatform = "other", "wx2", "open1"
	p := start(t, simulator.Config{Accounts: []simulator.Account{account, other}})
	p.do("fan1", `{"subscribe":{"how":"ADD_SCENE_PROFILE_CARD"}}`)
	token := p.token()
	p.table(token, []posted{
		{"user/info/updateremark", `{"openid":"fan1","remark":"VIP"}`, 0},
		{"user/info/updateremark", `{"openid":"fan1","remark":"` + strings.Repeat("r", 30) + `"}`, 40092},
		{"user/info/updateremark", `{"openid":"nobody","remark":"x"}`, 40003},
	})
	o := p.api("GET", "user/info?openid=fan1&access_token="+token, "")
	for key, want := range map[string]string{"subscribe": "1", "remark": "VIP", "subscribe_scene": "ADD_SCENE_PROFILE_CARD", "qr_scene": "0", "qr_scene_str": ""} {
		if o.text(key) != want {
			t.Errorf("%s is %q, want %q: %v", key, o.text(key), want, o)
		}
	}
	if _, ok := o["nickname"]; ok {
		t.Errorf("a withdrawn field is there: %v", o)
	}
	union := o.text("unionid")
	if len(union) != 28 {
		t.Fatalf("unionid %q", union)
	}

	p.control("POST", "wx2/fans/elsewhere/profile", `{"person":"fan1"}`)
	p.control("POST", "wx2/fans/elsewhere/do", `{"subscribe":{}}`)
	status, text := p.request("GET", "/cgi-bin/token?grant_type=client_credential&appid=wx2&secret=an%20app%20secret", "")
	if status != 200 {
		t.Fatal(text)
	}
	o = p.post("user/info/batchget", decode(t, text).text("access_token"), `{"user_list":[{"openid":"elsewhere"}]}`)
	if got := object(o["user_info_list"].([]any)[0].(map[string]any)).text("unionid"); got != union {
		t.Errorf("the same person has unionid %q there and %q here", got, union)
	}

	p.do("fan1", `{"unsubscribe":{}}`)
	p.want(p.post("user/info/updateremark", token, `{"openid":"fan1","remark":"x"}`), 43004)
	o = p.api("GET", "user/info?openid=fan1&access_token="+token, "")
	if len(o) != 2 || o.text("subscribe") != "0" {
		t.Errorf("one who left: %v", o)
	}
}

func TestWithdrawnFields(t *testing.T) {
	p := start(t, simulator.Config{Switches: simulator.Switches{WithdrawnFields: true}})
	p.do("fan1", `{"subscribe":{}}`)
	o := p.api("GET", "user/info?openid=fan1&access_token="+p.token(), "")
	if nick, ok := o["nickname"]; !ok || nick != "" || o.text("sex") != "0" {
		t.Errorf("the withdrawn fields: %v", o)
	}
}

// TestUserPages reads more followers than one page holds, while one of them leaves.
func TestUserPages(t *testing.T) {
	p := start(t, simulator.Config{Figures: simulator.Figures{Page: 2}, DailyLimits: map[string]int{"/cgi-bin/user/get": 4}})
	for _, id := range []string{"fan1", "fan2", "fan3", "fan4", "fan5"} {
		p.do(id, `{"subscribe":{}}`)
	}
	token := p.token()
	get := func(next string) object { return p.api("GET", "user/get?access_token="+token+"&next_openid="+next, "") }
	first := get("")
	p.do("fan2", `{"unsubscribe":{}}`)
	second := get(first.text("next_openid"))
	got := append(first.ids(), second.ids()...)
	if diff := cmp.Diff([]string{"fan1", "fan2", "fan3", "fan4"}, got); diff != "" {
		t.Error(diff)
	}
	if first.text("total") != "5" || first.text("count") != "2" || second.text("total") != "4" {
		t.Errorf("pages %v and %v", first, second)
	}
	p.want(get("nobody"), 40003)
	if last := get("fan5"); last.text("count") != "0" || last.text("next_openid") != "" {
		t.Errorf("behind the last: %v", last)
	}
	p.want(get(""), 45009)
}

// TestUserPageOfTheirFigure has 10,001 followers in its state file.
func TestUserPageOfTheirFigure(t *testing.T) {
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, `{"k":"fan","app":"%s","id":"fan%05d","v":{"subscribed":true,"since":"2026-01-01T00:00:00Z"}}`+"\n", appID, i)
	}
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, simulator.Config{StateFile: file})
	token := p.token()
	first := p.api("GET", "user/get?access_token="+token, "")
	second := p.api("GET", "user/get?access_token="+token+"&next_openid="+first.text("next_openid"), "")
	if first.text("count") != "10000" || second.text("count") != "1" || second.ids()[0] != "fan10000" {
		t.Errorf("pages of %s and %s", first.text("count"), second.text("count"))
	}
	page := p.control("GET", appID+"/fans", "") // no limit asked for, and yet there is one
	if fans := page["items"].([]any); len(fans) != 10_000 || page.text("next") != "fan09999" {
		t.Errorf("%d fans, next %q", len(fans), page.text("next"))
	}
}

func TestBlacklist(t *testing.T) {
	p := start(t, simulator.Config{})
	for _, id := range []string{"fan1", "fan2", "fan3"} {
		p.do(id, `{"text":"hello"}`)
		p.advance("1s")
	}
	token := p.token()
	p.table(token, []posted{
		{"tags/members/batchblacklist", `{"openid_list":["fan2"]}`, 0},
		{"tags/members/batchblacklist", `{"openid_list":[]}`, 40032},
		{"tags/members/batchblacklist", `{"openid_list":[` + strings.Repeat(`"fan1",`, 20) + `"fan1"]}`, 40032},
		{"tags/members/batchblacklist", `{"openid_list":["` + stranger + `"]}`, 49003},
		{"tags/members/batchblacklist", `{"openid_list":["x"]}`, 40003},
		{"message/custom/send", custom("fan2", "hi"), 43019},
		{"message/custom/send", custom("fan1", "hi"), 0},
	})
	p.advance("1s")
	p.want(p.post("tags/members/batchblacklist", token, `{"openid_list":["fan1"]}`), 0)
	all := p.post("tags/members/getblacklist", token, `{"begin_openid":""}`)
	if diff := cmp.Diff([]string{"fan2", "fan1"}, all.ids()); diff != "" || all.text("total") != "2" {
		t.Errorf("%v %s", all, diff)
	}
	rest := p.post("tags/members/getblacklist", token, `{"begin_openid":"fan2"}`)
	if diff := cmp.Diff([]string{"fan1"}, rest.ids()); diff != "" {
		t.Error(diff)
	}
	p.want(p.post("tags/members/getblacklist", token, `{"begin_openid":"x"}`), 40003)

	p.back.reply(nil)
	p.do("fan2", `{"text":"unheard"}`)
	p.do("fan2", `{"unsubscribe":{}}`)
	if got := p.events(); !cmp.Equal(got, []string{"unsubscribe"}) {
		t.Errorf("a fan on the blacklist pushed %v", got)
	}
	p.want(p.post("tags/members/batchunblacklist", token, `{"openid_list":["fan1","fan2"]}`), 0)
	p.do("fan1", `{"text":"heard"}`)
	if got := p.events(); !cmp.Equal(got, []string{"unsubscribe", "text"}) {
		t.Errorf("after it is over: %v", got)
	}
}

// events are the pushes so far, by event or message type.
func (p *platform) events() []string {
	var list []string
	for _, d := range p.back.deliveries() {
		if d.field["MsgType"] == "event" {
			list = append(list, d.field["Event"])
		} else {
			list = append(list, d.field["MsgType"])
		}
	}
	return list
}

func TestChangeOpenID(t *testing.T) {
	old := service()
	old.Name, old.AppID = "old", "wxold"
	p := start(t, simulator.Config{Accounts: []simulator.Account{service(), old}})
	p.control("POST", "wxold/fans/fan1/do", `{"subscribe":{}}`)
	token := p.token()
	p.want(p.post("changeopenid", token, `{"from_appid":"wxold","openid_list":["fan1"]}`), 63178)
	status, text := p.request("POST", "/sim/wxold/migrate", `{"from":"wxold"}`)
	if status != 400 {
		t.Errorf("to itself: %d %s", status, text)
	}
	p.control("POST", appID+"/migrate", `{"from":"wxold"}`)
	p.want(p.post("changeopenid", token, `{"from_appid":"wxold","openid_list":[]}`), 63182)
	o := p.post("changeopenid", token, `{"from_appid":"wxold","openid_list":["fan1","fan2"]}`)
	moved, never := object(o["result_list"].([]any)[0].(map[string]any)), object(o["result_list"].([]any)[1].(map[string]any))
	if never.text("err_msg") != "ori_openid error" || moved.text("err_msg") != "ok" {
		t.Errorf("a follower: %v, one who was none: %v", moved, never)
	}
	u := p.api("GET", "user/info?openid="+moved.text("new_openid")+"&access_token="+token, "")
	if u.text("subscribe_scene") != "ADD_SCENE_ACCOUNT_MIGRATION" || u.text("subscribe") != "1" {
		t.Errorf("after the migration: %v", u)
	}
	p.advance("16d")
	p.want(p.post("changeopenid", p.token(), `{"from_appid":"wxold","openid_list":["fan1"]}`), 63183)
}
