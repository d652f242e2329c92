package simulator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// TestActions plays what a fan can do, with what is pushed of it.
func TestActions(t *testing.T) {
	account := service()
	account.OpenPlatform = "open1"
	p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
	p.do("fan1", `{"subscribe":{}}`)
	for _, c := range []struct {
		action string
		name   string
		want   map[string]string
	}{
		{`{"shortvideo":"m1"}`, "shortvideo", map[string]string{"MediaId": "m1", "ThumbMediaId": "thumb-m1"}},
		{`{"voice":{"media_id":"m1","media_id_16k":"m16"}}`, "voice", map[string]string{"MediaId16K": "m16", "Format": "amr"}},
		{`{"link":{"title":"t","description":"d","url":"u"}}`, "link", map[string]string{"Title": "t", "Description": "d", "Url": "u"}},
		{`{"view_miniprogram":"pages/x"}`, "view_miniprogram", map[string]string{"EventKey": "pages/x"}},
		{`{"scancode":{"event":"scancode_waitmsg","key":"k","result":"r","type":"barcode"}}`, "scancode_waitmsg", map[string]string{"ScanType": "barcode", "ScanResult": "r"}},
		{`{"kf":{"event":"kf_create_session","account":"a@b"}}`, "kf_create_session", map[string]string{"KfAccount": "a@b"}},
		{`{"kf":{"event":"kf_switch_session","account":"a@b","to":"c@b"}}`, "kf_switch_session", map[string]string{"FromKfAccount": "a@b", "ToKfAccount": "c@b"}},
		{`{"qualification":{"event":"qualification_verify_success","expired_time":1700000000}}`, "qualification_verify_success", map[string]string{"ExpiredTime": "1700000000"}},
		{`{"qualification":{"event":"naming_verify_fail","fail_reason":"name"}}`, "naming_verify_fail", map[string]string{"FailReason": "name"}},
		{`{"authorization":{"event":"user_authorization_revoke","revoke_info":"206"}}`, "user_authorization_revoke", map[string]string{"OpenID": "fan1", "AppID": appID, "RevokeInfo": "206"}},
		{`{"consent":{"template_id":"T","revoke":true}}`, "subscribe_msg_change_event", map[string]string{"TemplateId": "T", "SubscribeStatusString": "reject"}},
		{`{"report":{"latitude":1,"longitude":2,"precision":3}}`, "LOCATION", map[string]string{"Latitude": "1.000000", "Precision": "3.000000"}},
	} {
		p.back.reply(nil)
		p.do("fan1", c.action)
		if got := p.events(); !cmp.Equal(got, []string{c.name}) {
			t.Errorf("%s pushes %v", c.action, got)
			continue
		}
		for key, want := range c.want {
			if got := p.last().field[key]; got != want {
				t.Errorf("%s: %s is %q, want %q", c.action, key, got, want)
			}
		}
	}
	if f := p.last().field; f["FromUserName"] != "fan1" {
		t.Errorf("sender %q", f["FromUserName"])
	}
	p.do("fan1", `{"authorization":{"event":"user_info_modified"}}`)
	if f := p.last().field; f["FromUserName"] == "fan1" || f["OpenID"] != "fan1" || f["UnionID"] == "" {
		t.Errorf("a change of what is allowed: %v", f)
	}
	for action, status := range map[string]int{
		`{"kf":{"event":"x"}}`:                            409,
		`{"qualification":{"event":"x"}}`:                 409,
		`{"authorization":{"event":"x"}}`:                 409,
		`{"pics":{"event":"pic_x"}}`:                      409,
		`{"scancode":{"event":"CLICK","result":"1"}}`:     409,
		`{"subscribe":{"how":"ADD_SCENE_X"}}`:             409,
		`{"open":"ftp://x"}`:                              409,
		`{"text":null}`:                                   409,
		`{"scan":{"unknown":1}}`:                          400,
		`{"nothing":1}`:                                   400,
		`{"text":"1","image":"m"}`:                        400,
		`{"event":{"Event":"x","Nested":{"bad name":1}}}`: 409,
		`{"message":{"MsgType":"text","Content":true}}`:   409,
	} {
		if got, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", action); got != status {
			t.Errorf("%s: %d %s", action, got, text)
		}
	}
}

// TestOddKeys follows and leaves with event keys that are no scenes.
func TestOddKeys(t *testing.T) {
	p := start(t, simulator.Config{})
	p.do("fan1", `{"subscribe":{"key":"scanbarcode|QR_CODE|x"}}`)
	if f := p.last().field; f["EventKey"] != "scanbarcode|QR_CODE|x" || strings.Contains(p.last().doc, "Ticket") {
		t.Errorf("pushed %v", f)
	}
	p.do("fan1", `{"unsubscribe":{"key":"last_trade_no_1"}}`)
	if f := p.last().field; f["Event"] != "unsubscribe" || f["EventKey"] != "last_trade_no_1" {
		t.Errorf("pushed %v", f)
	}
}

// TestPay pays as one who does not follow, and as a follower.
func TestPay(t *testing.T) {
	p := start(t, simulator.Config{})
	p.do("fan1", `{"pay":{"trade_no":"4200001"}}`)
	if f := p.last().field; f["Event"] != "subscribe" || f["EventKey"] != "last_trade_no_4200001" {
		t.Errorf("pushed %v", f)
	}
	token := p.token()
	if o := p.api("GET", "user/info?openid=fan1&access_token="+token, ""); o.text("subscribe_scene") != "ADD_SCENE_PAID" {
		t.Error(o)
	}
	p.advance("50h")
	p.want(p.post("message/custom/send", token, custom("fan1", "m")), 42001)
	token = p.token()
	p.want(p.post("message/custom/send", token, custom("fan1", "m")), 45015)
	n := len(p.back.deliveries())
	p.do("fan1", `{"pay":{}}`)
	for range 8 {
		p.want(p.post("message/custom/send", token, custom("fan1", "m")), 0)
	}
	if got := len(p.back.deliveries()); got != n {
		t.Errorf("a follower's payment pushed %d times", got-n)
	}
}

// TestPicLists pushes pictures in several blocks.
func TestPicLists(t *testing.T) {
	for several, want := range map[bool]int{false: 1, true: 3} {
		p := start(t, simulator.Config{Switches: simulator.Switches{PicLists: several}})
		p.do("fan1", `{"pics":{"event":"pic_weixin","key":"k","count":3}}`)
		doc := p.back.deliveries()[0].doc
		if got := strings.Count(doc, "<PicList>"); got != want || strings.Count(doc, "<PicMd5Sum>") != 3 {
			t.Errorf("%v: %s", several, doc)
		}
	}
}

// TestJSONPushes reads pushes of an account that has chosen JSON.
func TestJSONPushes(t *testing.T) {
	for _, c := range []struct {
		action string
		single bool
		want   string // of the members behind the head
	}{
		{`{"text":"a \"b\" <c> & 字"}`, false, `"MsgType":"text","Content":"a \"b\" <c> & 字"`},
		{`{"location":{"latitude":31.5,"longitude":121,"scale":15,"label":"x"}}`, false, `"Location_X":31.500000,"Location_Y":121.000000,"Scale":15,"Label":"x"`},
		{`{"scancode":{"key":"k","result":"r"}}`, false, `"Event":"scancode_push","EventKey":"k","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":"r"}}`},
		{`{"event":{"Event":"x","N":9007199254740993,"L":[1,2],"O":{"a":"b"}}}`, false, `"Event":"x","N":9007199254740993,"L":[1,2],"O":{"a":"b"}}`},
		{`{"consent":{"template_id":"T"}}`, false, `"Event":"subscribe_msg_popup_event","List":[{"TemplateId":"T","SubscribeStatusString":"accept","PopupScene":"2"}]}`},
		{`{"consent":{"template_id":"T"}}`, true, `"Event":"subscribe_msg_popup_event","List":{"TemplateId":"T","SubscribeStatusString":"accept","PopupScene":"2"}}`},
	} {
		account := service()
		account.Format = "json"
		p := start(t, simulator.Config{Accounts: []simulator.Account{account}, Switches: simulator.Switches{ListObject: c.single}})
		p.do("fan1", c.action)
		doc := p.last().doc
		o := decode(t, doc)
		if o.text("FromUserName") != "fan1" || !strings.HasPrefix(o.text("ToUserName"), "gh_") || !strings.Contains(doc, c.want) {
			t.Errorf("%s: %s", c.action, doc)
		}
		_, text := o["CreateTime"].(string)
		if notice := strings.Contains(c.action, "consent"); text != notice {
			t.Errorf("CreateTime: %s", doc)
		}
	}
}
