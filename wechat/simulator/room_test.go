package simulator_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// TestRoomsSurviveAKill goes on with menus, codes, links, tickets and web pages from what stands in the state file.
func TestRoomsSurviveAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "simulator.db")
	p := start(t, simulator.Config{Start: noon, StateFile: path})
	token := p.token()
	s := p.shop()
	p.control("POST", appID+"/fans/fan1/profile", `{"nickname":"Ann"}`)
	p.do("fan1", `{"subscribe":{}}`)
	p.want(p.post("user/info/updateremark", token, `{"openid":"fan1","remark":"VIP"}`), 0)
	p.want(p.post("tags/members/batchblacklist", token, `{"openid_list":["fan1"]}`), 0)
	p.want(p.post("menu/create", token, buttons(clickItem)), 0)
	code := p.post("qrcode/create", token, `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":9}}}`)
	link := p.post("shorten/gen", token, `{"long_data":"x"}`).text("short_key")
	js := p.api("GET", "ticket/getticket?type=jsapi&access_token="+token, "").text("ticket")
	used, fresh := p.code(s, "fan1", ""), p.code(s, "fan1", "")
	session := p.want(p.exchange(used), 0)

	q := start(t, simulator.Config{StateFile: copied(t, path)})
	if o := q.api("GET", "menu/get?access_token="+token, ""); !strings.Contains(o.text("menu"), "TODAY") {
		t.Errorf("the menu: %v", o)
	}
	if o := q.post("qrcode/create", token, `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":9}}}`); !cmp.Equal(o, code) {
		t.Errorf("the code: %v, was %v", o, code)
	}
	if o := q.post("shorten/fetch", token, `{"short_key":"`+link+`"}`); o.text("long_data") != "x" {
		t.Errorf("the link: %v", o)
	}
	if o := q.api("GET", "ticket/getticket?type=jsapi&access_token="+token, ""); o.text("ticket") != js {
		t.Errorf("the ticket: %v", o)
	}
	if o := q.api("GET", "user/info?openid=fan1&access_token="+token, ""); o.text("remark") != "VIP" {
		t.Errorf("the fan: %v", o)
	}
	q.want(q.post("message/custom/send", token, custom("fan1", "hi")), 43019)
	q.want(q.exchange(used), 40163)
	q.want(q.exchange(fresh), 0)
	if o := q.sns("userinfo", "access_token", session.text("access_token"), "openid", "fan1"); o.text("nickname") != "Ann" {
		t.Errorf("the session: %v", o)
	}
}

// TestMenuMedia taps an item that shows a picture of the library, which cannot be deleted while it is in the menu.
func TestMenuMedia(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	id := p.upload("material/add_material?type=image", token, "a.png", pngFile).text("media_id")
	temporary := p.upload("media/upload?type=image", token, "a.png", pngFile).text("media_id")
	p.want(p.post("menu/create", token, buttons(`{"type":"media_id","name":"Pic","media_id":"`+temporary+`"}`)), 40007)
	p.want(p.post("menu/create", token, buttons(`{"type":"media_id","name":"Pic","media_id":"`+id+`"}`)), 0)
	p.want(p.post("material/del_material", token, `{"media_id":"`+id+`"}`), 48005)
	p.do("fan1", `{"menu":"Pic"}`)
	item := object(p.control("GET", appID+"/fans/fan1/inbox", "")["items"].([]any)[0].(map[string]any))
	if item.text("kind") != "menu" || item.text("msgtype") != "image" || item.text("media_id") != id {
		t.Errorf("the fan has %v", item)
	}
	if got := p.events(); len(got) != 0 {
		t.Errorf("pushed %v", got)
	}
}

// TestReportedPlaces reports a position to an account that may not ask for one, and to one that may.
func TestReportedPlaces(t *testing.T) {
	for kind, want := range map[string]int{"service": 1, "subscription": 0} {
		account := service()
		account.Type = kind
		p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
		p.do("fan1", `{"report":{"latitude":1,"longitude":2,"precision":3}}`)
		if got := len(p.back.deliveries()); got != want {
			t.Errorf("%s: %d pushes, want %d", kind, got, want)
		}
	}
}
