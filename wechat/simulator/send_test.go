package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// noon is an instant far from the ends of day and month in Shanghai.
var noon = time.Date(2026, 11, 10, 4, 0, 0, 0, time.UTC)

func custom(openID, content string) string {
	return `{"touser":"` + openID + `","msgtype":"text","text":{"content":"` + content + `"}}`
}

func TestCustomErrors(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, Switches: simulator.Switches{MenuItems: 2, MenuItemBytes: 9}})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func(body string) int { return p.post("message/custom/send", token, body).code() }
	one := func(kind, object string) string {
		return `{"touser":"fan1","msgtype":"` + kind + `","` + kind + `":` + object + `}`
	}
	cases := []struct {
		body string
		code int
	}{
		{custom("nobody", "x"), 40003},
		{custom("", "x"), 40003},
		{custom("fan1", ""), 44004},
		{custom("fan1", strings.Repeat("x", 2049)), 45002},
		{one("poem", `{}`), 40008},
		{one("link", `{"title":"a","url":"https://a.example"}`), 40008},
		{`{"touser":"fan1","msgtype":"text"}`, 47001},
		{one("image", `{"media_id":""}`), 40007},
		{one("image", `{"media_id":"unknown"}`), 40007},
		{one("voice", `{"media_id":"unknown"}`), 40007},
		{one("mpnews", `{"media_id":"unknown"}`), 40007},
		{one("video", `{"media_id":"unknown","thumb_media_id":"unknown"}`), 40007},
		{one("music", `{"title":"a","musicurl":"https://a.example/a.mp3","thumb_media_id":"unknown"}`), 47001},
		{one("music", `{"title":"a","description":"b","musicurl":"https://a.example/a.mp3","thumb_media_id":"unknown"}`), 40007},
		{one("mpnewsarticle", `{"article_id":"unknown"}`), 53600},
		{one("wxcard", `{}`), 47001},
		{one("miniprogrampage", `{"title":"a","pagepath":"p","thumb_media_id":"unknown"}`), 40166},
		{one("miniprogrampage", `{"title":"a","appid":"wx0","thumb_media_id":"unknown"}`), 40165},
		{one("miniprogrampage", `{"title":"a","appid":"wx0","pagepath":"p","thumb_media_id":"unknown"}`), 40007},
		{one("news", `{"articles":[]}`), 44003},
		{one("news", `{"articles":[{"title":"a"},{"title":"b"}]}`), 45008},
		{one("msgmenu", `{"list":[]}`), 47001},
		{one("msgmenu", `{"list":[{"id":"1"}]}`), 47001},
		{one("msgmenu", `{"list":[{"id":"1","content":"a"},{"id":"2","content":"b"},{"id":"3","content":"c"}]}`), 45098},
		{one("msgmenu", `{"list":[{"id":"1","content":"一二三四"}]}`), 45099},
		{`{"touser":"fan1","msgtype":"text","text":{"content":"a"},"aimsgcontext":{"is_ai_msg":2}}`, 40097},
	}
	for _, c := range cases {
		if got := send(c.body); got != c.code {
			t.Errorf("%s: errcode %d, want %d", c.body, got, c.code)
		}
	}
	if got := p.inbox("fan1"); len(got) != 0 {
		t.Error(got)
	}
	p.do("fan1", `{"block":true}`)
	p.want(p.post("message/custom/send", token, custom("fan1", "x")), 48002)
	p.do("fan1", `{"block":false}`)
	p.want(p.post("tags/members/batchblacklist", token, `{"openid_list":["fan1"]}`), 0)
	p.want(p.post("message/custom/send", token, custom("fan1", "x")), 43019)
	p.want(p.post("tags/members/batchunblacklist", token, `{"openid_list":["fan1"]}`), 0)
	for rule, code := range map[string]int{"blocked": 45087, "penalty": 45094, "": 0} {
		p.control("POST", appID+"/rules", `{"custom":"`+rule+`"}`)
		p.want(p.post("message/custom/send", token, custom("fan1", "x")), code)
	}
}

// TestCustomTypes sends one message of each type with what it must have.
func TestCustomTypes(t *testing.T) {
	w := newWriter(t)
	w.do("fan1", `{"image":"IMG"}`)
	w.do("fan1", `{"voice":"VOICE"}`)
	w.do("fan1", `{"video":"VIDEO"}`)
	news := w.draft("秋季新品")
	id := w.want(w.post("freepublish/submit", w.token, `{"media_id":"`+w.draft("已发布")+`"}`), 0).text("publish_id")
	w.advance("1m")
	article := w.want(w.post("freepublish/get", w.token, `{"publish_id":"`+id+`"}`), 0).text("article_id")
	cases := []struct{ kind, object string }{
		{"text", `{"content":"a<a href=\"https://a.example\">b</a>"}`},
		{"image", `{"media_id":"IMG"}`},
		{"voice", `{"media_id":"VOICE"}`},
		{"video", `{"media_id":"VIDEO","thumb_media_id":"thumb-VIDEO","title":"a","description":"b"}`},
		{"music", `{"title":"a","description":"b","musicurl":"https://a.example/a.mp3","thumb_media_id":"` + w.cover + `"}`},
		{"news", `{"articles":[{"title":"a","url":"https://a.example"}]}`},
		{"mpnews", `{"media_id":"` + news + `"}`},
		{"mpnewsarticle", `{"article_id":"` + article + `"}`},
		{"msgmenu", `{"head_content":"a","list":[{"id":"101","content":"满意"},{"id":102,"content":"不满意"}],"tail_content":"b"}`},
		{"wxcard", `{"card_id":"pCARD"}`},
		{"miniprogrampage", `{"title":"a","appid":"wx0123456789abcdef","pagepath":"p","thumb_media_id":"` + w.cover + `"}`},
	}
	var want []string
	for i, c := range cases {
		if i%5 == 0 {
			w.do("fan1", `{"text":"hi"}`)
		}
		body := `{"touser":"fan1","msgtype":"` + c.kind + `","` + c.kind + `":` + c.object + `,"aimsgcontext":{"is_ai_msg":1}}`
		w.want(w.post("message/custom/send", w.token, body), 0)
		want = append(want, c.kind+" true")
	}
	var got []string
	for _, v := range w.control("GET", appID+"/fans/fan1/inbox", "")["items"].([]any) {
		item := object(v.(map[string]any))
		got = append(got, item.text("msgtype")+" "+item.text("ai"))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMenuMessageNotByTestAccounts(t *testing.T) {
	a := service()
	a.Test = true
	p := start(t, simulator.Config{Start: noon, Accounts: []simulator.Account{a}})
	p.do("fan1", `{"text":"hi"}`)
	p.want(p.post("message/custom/send", p.token(), `{"touser":"fan1","msgtype":"msgmenu","msgmenu":{"list":[{"id":"1","content":"a"}]}}`), 48008)
}

func TestCustomRights(t *testing.T) {
	for _, kind := range []string{"service", "subscription"} {
		a := service()
		a.Type, a.Verified = kind, false
		p := start(t, simulator.Config{Start: noon, Accounts: []simulator.Account{a}})
		p.do("fan1", `{"text":"hi"}`)
		for _, path := range []string{
			"message/custom/send", "message/custom/typing", "message/template/send", "message/subscribe/bizsend", "message/template/subscribe",
			"message/mass/sendall", "message/mass/send", "message/mass/preview", "message/mass/speed/set", "template/api_add_template",
		} {
			if got := p.post(path, p.token(), custom("fan1", "x")).code(); got != 48001 {
				t.Errorf("%s of an unverified %s account: %d", path, kind, got)
			}
		}
	}
}

// TestAgents sends in the name of agents: any while the account has none, then only of those it has.
func TestAgents(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	as := func(agent string) object {
		return p.post("message/custom/send", token, `{"touser":"fan1","msgtype":"text","text":{"content":"a"},"customservice":{"kf_account":"`+agent+`"}}`)
	}
	p.want(as("anybody@shop"), 0)
	add := func(agent, nick string) object {
		return p.elsewhere("POST", "/customservice/kfaccount/add", token, `{"kf_account":"`+agent+`","nickname":"`+nick+`"}`)
	}
	p.want(add("li", "小李"), 65404)
	p.want(add("li@shop", ""), 65403)
	p.want(add("li@shop", "小李"), 0)
	p.want(add("li@shop", "小李"), 65406)
	p.want(as("anybody@shop"), 65401)
	p.want(as("li@shop"), 0)
	p.want(p.elsewhere("POST", "/customservice/kfaccount/update", token, `{"kf_account":"li@shop","nickname":"李姐"}`), 0)
	list := p.api("GET", "customservice/getkflist?access_token="+token, "")["kf_list"].([]any)
	if len(list) != 1 || object(list[0].(map[string]any)).text("kf_nick") != "李姐" {
		t.Error(list)
	}
	for i := 1; i < 100; i++ {
		p.want(add(fmt.Sprintf("a%d@shop", i), "某"), 0)
	}
	p.want(add("last@shop", "某"), 65405)
	p.want(p.elsewhere("POST", "/customservice/kfaccount/del", token, `{"kf_account":"li@shop"}`), 0)
	p.want(as("li@shop"), 65401)
}

func TestSessions(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	call := func(what, agent string) int {
		return p.elsewhere("POST", "/customservice/kfsession/"+what, token, `{"kf_account":"`+agent+`","openid":"fan1"}`).code()
	}
	get := func(path string) object { return p.elsewhere("GET", "/customservice/kfsession/"+path, token, "") }
	for _, name := range []string{"li", "wang"} {
		p.want(p.elsewhere("POST", "/customservice/kfaccount/add", token, `{"kf_account":"`+name+`@shop","nickname":"a"}`), 0)
	}
	if got := []int{call("create", "zhao@shop"), call("close", "li@shop"), call("create", "li@shop"), call("create", "wang@shop")}; !cmp.Equal(got, []int{65401, 65413, 0, 65414}) {
		t.Error(got)
	}
	if got := get("getsession?openid=fan1").text("kf_account"); got != "li@shop" {
		t.Error(got)
	}
	if list := get("getsessionlist?kf_account=li@shop")["sessionlist"].([]any); len(list) != 1 {
		t.Error(list)
	}
	if got := get("getwaitcase").text("count"); got != "0" {
		t.Error(got)
	}
	if got := []int{call("close", "wang@shop"), call("close", "li@shop")}; !cmp.Equal(got, []int{65414, 0}) {
		t.Error(got)
	}
	if got := get("getsession?openid=fan1").text("createtime"); got != "0" {
		t.Error(got)
	}
}

func TestTyping(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	typing := func(openID, command string) object {
		return p.post("message/custom/typing", token, `{"touser":"`+openID+`","command":"`+command+`"}`)
	}
	p.want(typing("fan1", "Typing"), 40003)
	p.do("fan1", `{"click":"K"}`)
	p.want(typing("fan1", "Typing"), 45080) // a click is no message
	p.do("fan1", `{"text":"hi"}`)
	p.want(typing("fan1", "Dancing"), 45072)
	p.want(typing("fan1", "Typing"), 0)
	p.want(typing("fan1", "Typing"), 45081)
	p.want(typing("fan1", "CancelTyping"), 0)
	p.want(typing("fan1", "Typing"), 0)
	p.want(p.post("message/custom/send", token, custom("fan1", "x")), 0)
	p.want(typing("fan1", "Typing"), 0) // a message ended it
	p.advance("31s")
	p.want(typing("fan1", "Typing"), 45080)
}

func TestNoPaymentWindowForSubscriptionAccounts(t *testing.T) {
	a := service()
	a.Type = "subscription"
	p := start(t, simulator.Config{Start: noon, Accounts: []simulator.Account{a}})
	p.do("fan1", `{"view":"x"}`)
	p.do("fan1", `{"pay":{}}`)
	p.want(p.post("message/custom/send", p.token(), custom("fan1", "x")), 45015)
}

// TestWindows plays a fan's actions and the account's messages: a step is an action, an errcode that a message must have, or
// a span by which the clock moves.
func TestWindows(t *testing.T) {
	text, click := `{"text":"hi"}`, `{"click":"K"}`
	cases := []struct {
		name  string
		rule  simulator.WindowRule
		steps []any
	}{
		{"five after a message", "", []any{text, 0, 0, 0, 0, 0, 45047}},
		{"for 48 hours", "", []any{text, "47h59m50s", 0, "11s", 45015}},
		{"three after a click", "", []any{click, 0, 0, 0, 45047, "1m", 45015}},
		{"three after a subscription", "", []any{`{"subscribe":{}}`, 0, 0, 0, 45047}},
		{"three after a scan", "", []any{`{"view":"x"}`, 45015, `{"scan":"s"}`, 0, 0, 0, 45047}},
		{"views and positions open nothing", "", []any{`{"view":"x"}`, 45015, `{"report":{"latitude":1,"longitude":1}}`, 45015}},
		{"scancode_waitmsg is a click", "", []any{`{"event":{"Event":"scancode_waitmsg","EventKey":"k"}}`, 0, 0, 0, 45047}},
		{"the short one is spent first", "", []any{text, click, 0, 0, 0, "1m", 0, 0, 0, 0, 0, 45047}},
		{"a message opens anew", "", []any{text, 0, 0, 0, text, 0, 0, 0, 0, 0, 45047}},
		{"accumulate", simulator.WindowsAccumulate, []any{text, 0, 0, 0, text, 0, 0, 0, 0, 0, 0, 0, 45047}},
		{"strict", simulator.WindowsStrict, []any{text, 0, 0, 0, text, 0, 0, 45047, "48h", text, 0}},
		{"a scan opens beside a message", "", []any{text, `{"scan":"s"}`, 0, 0, 0, 0, 0, 0, 0, 0, 45047}},
		{"other menu events open nothing", "", []any{
			`{"event":{"Event":"pic_weixin","EventKey":"k"}}`, `{"event":{"Event":"location_select","EventKey":"k"}}`, `{"event":{"Event":"view_miniprogram","EventKey":"k"}}`, 45015,
			`{"event":{"Event":"scancode_push","EventKey":"k"}}`, 0, 0, 0, 45047,
		}},
		{"a payment has no count", "", []any{`{"view":"x"}`, `{"pay":{}}`, 0, 0, 0, 0, 0, 0, 0, "47h59m50s", 0, "11s", 45015}},
		{"a message is spent before a later payment", "", []any{text, "1h", `{"pay":{}}`, 0, 0, 0, 0, 0, 0, 0, "47h30m", 0, "1h", 45015}},
		{"gone with the fan", "", []any{text, 0, `{"unsubscribe":{}}`, 45015, `{"scan":"s"}`, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, simulator.Config{Start: noon, Switches: simulator.Switches{Windows: c.rule}})
			for i, step := range c.steps {
				switch step := step.(type) {
				case int:
					if got := p.post("message/custom/send", p.token(), custom("fan1", "m")).code(); got != step {
						t.Fatalf("step %d: errcode %d, want %d", i, got, step)
					}
				case string:
					if strings.HasPrefix(step, "{") {
						p.do("fan1", step)
					} else {
						p.advance(step)
					}
				}
			}
		})
	}
}

// elsewhere calls what stands beside /cgi-bin.
func (p *platform) elsewhere(method, path, token, body string) object {
	p.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	_, text := p.request(method, path+separator+"access_token="+token, body)
	return decode(p.t, text)
}
