package simulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

func echo(r received, _ int) string { return replyXML(r, "you said "+r.field["Content"]) }

func TestModes(t *testing.T) {
	for _, mode := range []string{"plain", "compatible", "safe"} {
		t.Run(mode, func(t *testing.T) {
			a := service()
			a.Mode, a.AESKey = mode, aesKey
			p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
			p.back.reply(func(r received, n int) string {
				if mode == "safe" {
					return seal(t, echo(r, n), appID, token)
				}
				return echo(r, n)
			})
			got := p.do("fan1", `{"text":"hi"}`)
			if d := cmp.Diff([]string{"passive:you said hi"}, got); d != "" {
				t.Error(d)
			}
			r := p.back.deliveries()[0]
			if r.plain != (mode != "safe") || (r.query["encrypt_type"] == "aes") != (mode != "plain") {
				t.Errorf("delivery %+v is not one of mode %s", r, mode)
			}
			if r.query["openid"] != "fan1" || r.field["FromUserName"] != "fan1" || !strings.HasPrefix(r.field["ToUserName"], "gh_") {
				t.Errorf("delivery %+v", r)
			}
		})
	}
}

func TestActionsArePushed(t *testing.T) {
	p := start(t, simulator.Config{})
	cases := []struct {
		action string
		want   map[string]string
	}{
		{`{"text":"你好 <b> & ]]"}`, map[string]string{"MsgType": "text", "Content": "你好 <b> & ]]"}},
		{`{"text":{"content":"1","bizmsgmenuid":"101"}}`, map[string]string{"MsgType": "text", "Content": "1", "bizmsgmenuid": "101"}},
		{`{"location":{"latitude":31.2,"longitude":121.4,"label":"店"}}`, map[string]string{"MsgType": "location", "Location_X": "31.200000", "Location_Y": "121.400000", "Scale": "1", "Label": "店"}},
		{`{"image":"m1"}`, map[string]string{"MsgType": "image", "MediaId": "m1", "PicUrl": p.url + "/mmbiz_jpg/m1/0"}},
		{`{"image":{"media_id":"m1","pic_url":"http://p/"}}`, map[string]string{"MsgType": "image", "MediaId": "m1", "PicUrl": "http://p/"}},
		{`{"voice":{"media_id":"m2","recognition":"喂"}}`, map[string]string{"MsgType": "voice", "MediaId": "m2", "Format": "amr", "Recognition": "喂"}},
		{`{"video":"m3"}`, map[string]string{"MsgType": "video", "MediaId": "m3", "ThumbMediaId": "thumb-m3"}},
		{`{"link":{"title":"t","description":"d","url":"http://y/"}}`, map[string]string{"MsgType": "link", "Title": "t", "Description": "d", "Url": "http://y/"}},
		{`{"click":"K"}`, map[string]string{"MsgType": "event", "Event": "CLICK", "EventKey": "K"}},
		{`{"view":"http://x/"}`, map[string]string{"MsgType": "event", "Event": "VIEW", "EventKey": "http://x/"}},
		{`{"scan":"store-1"}`, map[string]string{"MsgType": "event", "Event": "SCAN", "EventKey": "store-1", "Ticket": "gQSIM_store-1"}},
		{`{"report":{"latitude":1,"longitude":2,"precision":3}}`, map[string]string{"MsgType": "event", "Event": "LOCATION", "Latitude": "1.000000", "Longitude": "2.000000", "Precision": "3.000000"}},
		{`{"event":{"Event":"scancode_push","EventKey":"k","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":"1"}}}`, map[string]string{"MsgType": "event", "Event": "scancode_push", "EventKey": "k", "ScanType": "qrcode", "ScanResult": "1"}},
		{`{"message":{"MsgType":"link","Title":"t","Url":"http://y/"}}`, map[string]string{"MsgType": "link", "Title": "t", "Url": "http://y/"}},
		{`{"consent":{"template_id":"TEMPLATE"}}`, map[string]string{"MsgType": "event", "Event": "subscribe_msg_popup_event", "TemplateId": "TEMPLATE", "SubscribeStatusString": "accept", "PopupScene": "2"}},
		{`{"unsubscribe":{}}`, map[string]string{"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}},
		{`{"scan":"store-2"}`, map[string]string{"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_store-2", "Ticket": "gQSIM_store-2"}},
	}
	for _, c := range cases { // in order: one fan, who follows silently with the first
		p.do("fan1", c.action)
		all := p.back.deliveries()
		got := all[len(all)-1].field
		if (got["MsgType"] == "event") == (got["MsgId"] != "") {
			t.Errorf("%s: MsgId %q", c.action, got["MsgId"])
		}
		for _, k := range []string{"ToUserName", "FromUserName", "CreateTime", "MsgId", "xml", "ScanCodeInfo", "List", "SubscribeMsgPopupEvent"} {
			delete(got, k)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.action, d)
		}
	}
	if n := len(p.back.deliveries()); n != len(cases) {
		t.Errorf("%d pushes for %d actions", n, len(cases))
	}
	if status, body := p.request("GET", "/mmbiz_jpg/m1/0", ""); status != 200 || len(body) == 0 {
		t.Errorf("the picture of PicUrl: %d, %d bytes", status, len(body))
	}
	if status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"text":1}`); status != 400 || !strings.Contains(text, `action \"text\": a number cannot stand there`) {
		t.Errorf("a number as text: %d %s", status, text)
	}
}

func TestSubscribe(t *testing.T) {
	p := start(t, simulator.Config{})
	p.do("fan1", `{"subscribe":{"scene":"last_store_1"}}`)
	p.do("fan1", `{"subscribe":{}}`) // follows already
	p.do("fan2", `{"subscribe":{}}`)
	p.do("fan1", `{"block":true}`)
	var keys []string
	for _, r := range p.back.deliveries() {
		keys = append(keys, r.field["Event"]+" "+r.field["EventKey"])
	}
	if d := cmp.Diff([]string{"subscribe qrscene_last_store_1", "subscribe "}, keys); d != "" {
		t.Error(d)
	}
	p.do("fan1", `{"unsubscribe":{}}`)
	status, text := p.request("POST", "/sim/"+appID+"/fans/fan1/do", `{"text":"hi"}`)
	if status != 409 || !strings.Contains(text, "fan1") {
		t.Errorf("a fan who left wrote: %d %s", status, text)
	}
}

func TestRepeats(t *testing.T) {
	cases := []struct {
		name    string
		c       simulator.Config
		answers []string // "hang", "500", or what the reply says
		want    []string
		pushes  int
	}{
		{"at once", simulator.Config{}, []string{"a"}, []string{"passive:a"}, 1},
		{"second", simulator.Config{}, []string{"hang", "b"}, []string{"passive:b"}, 2},
		{"third", simulator.Config{}, []string{"hang", "500", "c"}, []string{"passive:c"}, 3},
		{"never", simulator.Config{}, []string{"hang", "hang", "hang", "d"}, []string{"fault:该公众号提供的服务出现故障，请稍后再试"}, 3},
		{"garbage is an answer", simulator.Config{}, []string{"!{}", "e"}, []string{"fault:该公众号提供的服务出现故障，请稍后再试"}, 1},
		{"success on the second", simulator.Config{}, []string{"500", "!success"}, []string{}, 2},
		{"a status is an answer", simulator.Config{Switches: simulator.Switches{NonOKIsAnswer: true}}, []string{"500"}, []string{}, 1},
		{"same nonce", simulator.Config{Switches: simulator.Switches{SameNonce: true}}, []string{"500", "f"}, []string{"passive:f"}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.c.PushTimeout = 50 * time.Millisecond
			p := start(t, c.c)
			p.back.reply(func(r received, n int) string {
				a := c.answers[n-1]
				if a == "hang" || a == "500" {
					return a
				}
				if plain, ok := strings.CutPrefix(a, "!"); ok {
					return plain
				}
				return replyXML(r, a)
			})
			if d := cmp.Diff(c.want, p.do("fan1", `{"text":"hi"}`)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.want, p.inbox("fan1")); d != "" {
				t.Error(d)
			}
			got := p.back.deliveries()
			if len(got) != c.pushes {
				t.Fatalf("%d deliveries, want %d", len(got), c.pushes)
			}
			for _, r := range got[1:] {
				if d := cmp.Diff(got[0].field, r.field); d != "" {
					t.Errorf("a repeat differs: %s", d)
				}
				if (r.query["nonce"] == got[0].query["nonce"]) != c.c.Switches.SameNonce {
					t.Errorf("nonces %s and %s", got[0].query["nonce"], r.query["nonce"])
				}
			}
		})
	}
}

func TestUnreachableCallback(t *testing.T) {
	sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, PublicURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	p := serve(t, sim)
	if d := cmp.Diff([]string{"fault:该公众号提供的服务出现故障，请稍后再试"}, p.do("fan1", `{"text":"hi"}`)); d != "" {
		t.Error(d)
	}
}

func TestFaultLine(t *testing.T) {
	long := strings.Repeat("好", 683) // 2049 bytes
	news := func(r received, count string, items int) string {
		return replyHead(r, "news") + "<ArticleCount>" + count + "</ArticleCount><Articles>" +
			strings.Repeat("<item><Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item>", items) + "</Articles></xml>"
	}
	cases := []struct {
		name   string
		answer func(received) string
		why    string // "" for a good reply
	}{
		{"text", func(r received) string { return replyXML(r, "ok") }, ""},
		{"text of 2048 bytes", func(r received) string { return replyXML(r, long[3:]+"xy") }, ""},
		{"declaration", func(r received) string { return `<?xml version="1.0" encoding="UTF-8"?>` + replyXML(r, "ok") + "\n" }, ""},
		{"image", func(r received) string { return replyHead(r, "image") + "<Image><MediaId>m</MediaId></Image></xml>" }, ""},
		{"video", func(r received) string {
			return replyHead(r, "video") + "<Video><MediaId>m</MediaId><Title>t</Title></Video></xml>"
		}, ""},
		{"music", func(r received) string {
			return replyHead(r, "music") + "<Music><ThumbMediaId>m</ThumbMediaId></Music></xml>"
		}, ""},
		{"news", func(r received) string { return news(r, "1", 1) }, ""},
		{"transfer", func(r received) string { return replyHead(r, "transfer_customer_service") + "</xml>" }, ""},

		{"success and a line feed", func(received) string { return "success\n" }, "neither success nor"},
		{"JSON", func(received) string { return `{"errcode":0}` }, "neither success nor"},
		{"broken XML", func(r received) string { return replyXML(r, "ok")[:100] }, "neither success nor"},
		{"two roots", func(r received) string { return replyXML(r, "ok") + replyXML(r, "ok") }, "one element named xml"},
		{"another root", func(r received) string {
			return strings.ReplaceAll(replyXML(r, "ok"), "xml>", "XML>")
		}, "one element named xml"},
		{"DOCTYPE", func(r received) string { return "<!DOCTYPE xml>" + replyXML(r, "ok") }, "DOCTYPE"},
		{"empty text", func(r received) string { return replyXML(r, "") }, "Content is empty"},
		{"long text", func(r received) string { return replyXML(r, long) }, "2049 bytes"},
		{"names not swapped", func(r received) string {
			r.field["FromUserName"], r.field["ToUserName"] = r.field["ToUserName"], r.field["FromUserName"]
			return replyXML(r, "ok")
		}, "ToUserName"},
		{"from the AppID", func(r received) string { r.field["ToUserName"] = appID; return replyXML(r, "ok") }, "FromUserName"},
		{"milliseconds", func(r received) string { r.field["CreateTime"] += "000"; return replyXML(r, "ok") }, "CreateTime"},
		{"no time", func(r received) string { r.field["CreateTime"] = "now"; return replyXML(r, "ok") }, "CreateTime"},
		{"doubled header", func(r received) string {
			return strings.Replace(replyXML(r, "ok"), "<CreateTime>", "<ToUserName>x</ToUserName><CreateTime>", 1)
		}, "2 times ToUserName"},
		{"unknown type", func(r received) string { return replyHead(r, "poem") + "</xml>" }, "MsgType"},
		{"image without media", func(r received) string { return replyHead(r, "image") + "<Image/></xml>" }, "MediaId"},
		{"news without articles", func(r received) string { return news(r, "0", 0) }, "no Articles"},
		{"wrong count", func(r received) string { return news(r, "2", 1) }, "ArticleCount"},
		{"two articles to a message", func(r received) string { return news(r, "2", 2) }, "at most 1"},
		{"sealed in plain mode", func(r received) string { return seal(t, replyXML(r, "ok"), appID, token) }, "plain mode"},
	}
	p := start(t, simulator.Config{Switches: simulator.Switches{AnyMedia: true, TransferPushed: true, SecondsOnly: true}})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p.back.reply(func(r received, _ int) string { return c.answer(r) })
			p.checkWhy(t, `{"text":"hi"}`, c.why)
		})
	}
	t.Run("eight articles to an event", func(t *testing.T) {
		p.back.reply(func(r received, _ int) string { return news(r, "8", 8) })
		p.checkWhy(t, `{"click":"K"}`, "")
		p.back.reply(func(r received, _ int) string { return news(r, "9", 9) })
		p.checkWhy(t, `{"click":"K"}`, "at most 8")
	})
}

// checkWhy does something and looks at the fault line's reason, "" for no fault.
func (p *platform) checkWhy(t *testing.T, action, why string) {
	t.Helper()
	seen := p.control("POST", appID+"/fans/fan1/do", action)["seen"].([]any)
	got := ""
	for _, v := range seen {
		got += object(v.(map[string]any)).text("why")
	}
	if (got == "") != (why == "") || !strings.Contains(got, why) {
		t.Errorf("why %q, want %q", got, why)
	}
}

func TestMillisecondsAreTaken(t *testing.T) {
	p := start(t, simulator.Config{})
	p.back.reply(func(r received, _ int) string { r.field["CreateTime"] += "000"; return replyXML(r, "ok") })
	if d := cmp.Diff([]string{"passive:ok"}, p.do("fan1", `{"text":"hi"}`)); d != "" {
		t.Error(d)
	}
}

func TestExtraArticlesDropped(t *testing.T) {
	p := start(t, simulator.Config{Switches: simulator.Switches{ExtraArticlesDropped: true}})
	p.back.reply(func(r received, _ int) string {
		return replyHead(r, "news") + "<ArticleCount>2</ArticleCount><Articles><item><Title>a</Title></item><item><Title>b</Title></item></Articles></xml>"
	})
	if d := cmp.Diff([]string{"passive:1 articles"}, p.do("fan1", `{"text":"hi"}`)); d != "" {
		t.Error(d)
	}
}

func TestSafeModeReplies(t *testing.T) {
	a := service()
	a.AESKey = aesKey
	p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
	cases := []struct {
		name   string
		answer func(received) string
		why    string
	}{
		{"good", func(r received) string { return seal(t, replyXML(r, "ok"), appID, token) }, ""},
		{"success", func(received) string { return "success" }, ""},
		{"plain", func(r received) string { return replyXML(r, "ok") }, "not encrypted"},
		{"wrong AppID", func(r received) string { return seal(t, replyXML(r, "ok"), "wxother", token) }, "Encrypt"},
		{"wrong signature", func(r received) string { return seal(t, replyXML(r, "ok"), appID, "other") }, "MsgSignature"},
		{"no nonce", func(r received) string {
			return strings.Replace(seal(t, replyXML(r, "ok"), appID, token), "<![CDATA[n1]]></Nonce>", "</Nonce>", 1)
		}, "Nonce"},
		{"bad inside", func(r received) string { return seal(t, replyXML(r, ""), appID, token) }, "Content"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p.back.reply(func(r received, _ int) string { return c.answer(r) })
			p.checkWhy(t, `{"text":"hi"}`, c.why)
		})
	}
}

func TestVerify(t *testing.T) {
	p := start(t, simulator.Config{})
	if o := p.control("POST", appID+"/verify", ""); o.text("ok") != "true" {
		t.Error(o)
	}
	p.back.mu.Lock()
	p.back.echo = "\n"
	p.back.mu.Unlock()
	if o := p.control("POST", appID+"/verify", ""); o.text("ok") != "false" || !strings.Contains(o.text("why"), "echostr") {
		t.Error(o)
	}
}
