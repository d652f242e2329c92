package simulator_test

import (
	"bytes"
	"image"
	_ "image/jpeg"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

func TestQRCodes(t *testing.T) {
	p := start(t, simulator.Config{Figures: simulator.Figures{PermanentCodes: 2}})
	token := p.token()
	create := func(body string) object { return p.post("qrcode/create", token, body) }
	for _, c := range []struct {
		body string
		code int
	}{
		{`{"action_name":"QR","action_info":{"scene":{"scene_id":1}}}`, 40052},
		{`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}}`, 40053},
		{`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":4294967296}}}`, 40053},
		{`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_str":"1"}}}`, 40053},
		{`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100001}}}`, 40053},
		{`{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":""}}}`, 40053},
		{`{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"` + strings.Repeat("s", 65) + `"}}}`, 40053},
		{`{"action_name":"QR_STR_SCENE","expire_seconds":2592001,"action_info":{"scene":{"scene_str":"a"}}}`, 40097},
		{`{"action_name":"QR_STR_SCENE","expire_seconds":2592000,"action_info":{"scene":{"scene_str":"` + strings.Repeat("字", 64) + `"}}}`, 0},
		{`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":4294967295}}}`, 0},
		{`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`, 0},
		{`{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"100000"}}}`, 0},
		{`{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"third"}}}`, 45029},
	} {
		if o := create(c.body); o.code() != c.code {
			t.Errorf("%s: %v, want errcode %d", c.body, o, c.code)
		}
	}
	one, two := create(`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`), create(`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`)
	if one.text("ticket") == "" || one.text("ticket") != two.text("ticket") || one["expire_seconds"] != nil {
		t.Errorf("the same permanent code twice: %v and %v", one, two)
	}
	if o := create(`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":7}}}`); o.text("expire_seconds") != "60" {
		t.Errorf("a temporary code without expire_seconds: %v", o)
	}
}

func TestQRRights(t *testing.T) {
	account := service()
	account.Type = "subscription"
	p := start(t, simulator.Config{Accounts: []simulator.Account{account}})
	token := p.token()
	p.want(p.post("qrcode/create", token, `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":7}}}`), 48001)
	p.want(p.post("shorten/gen", token, `{"long_data":"x"}`), 48001)
}

// TestScans scans a code by its ticket and by its URL, as one who does not follow, as a follower, and when it has run out.
func TestScans(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	code := p.post("qrcode/create", token, `{"action_name":"QR_SCENE","expire_seconds":600,"action_info":{"scene":{"scene_id":123}}}`)
	ticket := code.text("ticket")
	p.do("fan1", `{"scan":{"ticket":"`+ticket+`"}}`)
	if f := p.last().field; f["Event"] != "subscribe" || f["EventKey"] != "qrscene_123" || f["Ticket"] != ticket {
		t.Errorf("one who does not follow: %v", f)
	}
	if o := p.api("GET", "user/info?openid=fan1&access_token="+token, ""); o.text("qr_scene") != "123" || o.text("qr_scene_str") != "" {
		t.Errorf("user/info: %v", o)
	}
	p.do("fan1", `{"scan":{"url":"`+code.text("url")+`"}}`)
	if f := p.last().field; f["Event"] != "SCAN" || f["EventKey"] != "123" || f["Ticket"] != ticket {
		t.Errorf("a follower: %v", f)
	}
	p.do("fan2", `{"scan":"never-made"}`)
	if f := p.last().field; f["EventKey"] != "qrscene_never-made" {
		t.Errorf("a bare scene: %v", f)
	}
	for _, scan := range []string{`{"ticket":"x"}`, `{"url":"https://shop.example/"}`, `{}`} {
		if status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"scan":`+scan+`}`); status != 409 {
			t.Errorf("%s: %d %s", scan, status, text)
		}
	}
	p.advance("10m")
	n := len(p.back.deliveries())
	p.do("fan1", `{"scan":{"ticket":"`+ticket+`"}}`)
	p.do("fan3", `{"scan":{"ticket":"`+ticket+`"}}`)
	if got := len(p.back.deliveries()); got != n {
		t.Errorf("a code that has run out pushed %d times", got-n)
	}
	if fans := p.control("GET", appID+"/fans", "")["items"].([]any); len(fans) != 2 {
		t.Errorf("a code that has run out made a fan: %v", fans)
	}
	p.advance("31d") // then it is forgotten with the next code
	p.want(p.post("qrcode/create", p.token(), `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`), 0)
	if status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"scan":{"ticket":"`+ticket+`"}}`); status != 409 {
		t.Errorf("long over: %d %s", status, text)
	}
}

func TestQRPicture(t *testing.T) {
	p := start(t, simulator.Config{})
	ticket := p.post("qrcode/create", p.token(), `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"a"}}}`).text("ticket")
	status, body := p.request("GET", "/cgi-bin/showqrcode?ticket="+url.QueryEscape(ticket), "")
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	img, format, err := image.Decode(bytes.NewReader([]byte(body)))
	if err != nil || format != "jpeg" {
		t.Fatal(format, err)
	}
	if size := img.Bounds().Size(); size != image.Pt(492, 492) {
		t.Errorf("the picture is %v", size)
	}
	// The three finders: a dark middle, a light ring, a dark one.
	dark := func(x, y int) bool { r, _, _, _ := img.At((x+4)*12+6, (y+4)*12+6).RGBA(); return r < 0x8000 }
	for _, at := range []image.Point{{3, 3}, {29, 3}, {3, 29}} {
		if got := []bool{dark(at.X, at.Y), dark(at.X+2, at.Y), dark(at.X+3, at.Y)}; !cmp.Equal(got, []bool{true, false, true}) {
			t.Errorf("the finder at %v: %v", at, got)
		}
	}
	for _, bad := range []string{"", "?ticket=x", "?ticket=" + ticket[:20]} {
		if status, _ := p.request("GET", "/cgi-bin/showqrcode"+bad, ""); status != 404 {
			t.Errorf("showqrcode%s: HTTP %d", bad, status)
		}
	}
}

func TestShorten(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	p.table(token, []posted{
		{"shorten/gen", `{"long_data":"` + strings.Repeat("x", 4097) + `"}`, 9410010},
		{"shorten/gen", `{"long_data":"x","expire_seconds":2592001}`, 9410011},
		{"shorten/gen", `{"long_data":"x","expire_seconds":0}`, 9410011},
		{"shorten/gen", `{}`, 40035},
		{"shorten/fetch", `{"short_key":"000000000000000"}`, 9410012},
	})
	key := p.post("shorten/gen", token, `{"long_data":"https://shop.example/?a=1&b=2","expire_seconds":100}`).text("short_key")
	if len(key) != 15 {
		t.Errorf("short_key %q", key)
	}
	p.advance("40s")
	o := p.post("shorten/fetch", token, `{"short_key":"`+key+`"}`)
	if o.text("long_data") != "https://shop.example/?a=1&b=2" || o.text("expire_seconds") > "60" {
		t.Error(o)
	}
	p.advance("60s")
	p.want(p.post("shorten/fetch", token, `{"short_key":"`+key+`"}`), 9410012)
}
