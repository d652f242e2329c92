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
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func(body string) int { return p.post("message/custom/send", token, body).code() }
	cases := []struct {
		body string
		code int
	}{
		{custom("nobody", "x"), 40003},
		{custom("fan1", ""), 44004},
		{custom("fan1", strings.Repeat("x", 2049)), 45002},
		{`{"touser":"fan1","msgtype":"poem","poem":{}}`, 40008},
		{`{"touser":"fan1","msgtype":"text"}`, 47001},
		{`{"touser":"fan1","msgtype":"image","image":{"media_id":""}}`, 40007},
		{`{"touser":"fan1","msgtype":"news","news":{"articles":[]}}`, 44003},
		{`{"touser":"fan1","msgtype":"news","news":{"articles":[{"title":"a"},{"title":"b"}]}}`, 45008},
		{`{"touser":"fan1","msgtype":"news","news":{"articles":[{"title":"a"}]}}`, 0},
		{`{"touser":"fan1","msgtype":"msgmenu","msgmenu":{"list":[{"id":"1","content":"a"}]}}`, 0},
	}
	for _, c := range cases {
		if got := send(c.body); got != c.code {
			t.Errorf("%s: errcode %d, want %d", c.body, got, c.code)
		}
	}
	p.do("fan1", `{"block":true}`)
	p.want(p.post("message/custom/send", token, custom("fan1", "x")), 48002)
	if d := cmp.Diff([]string{"customer:1 articles", "customer:"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
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

func templateBody(openID, data, more string) string {
	return `{"touser":"` + openID + `","template_id":"` + template + `","data":{` + data + `}` + more + `}`
}

func TestTemplate(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	good := `"thing1":{"value":"春季新人券"},"time2":{"value":"2026-11-08 22:00"},"first":{"value":"dropped"}`
	send := func(body string) object { return p.post("message/template/send", token, body) }
	p.want(send(templateBody("nobody", good, "")), 40003)
	p.do("fan1", `{"text":"hi"}`)
	p.want(send(`{"touser":"fan1","template_id":"OTHER","data":{"thing1":{"value":"x"}}}`), 40037)
	p.want(send(templateBody("fan1", "", "")), 47001)
	o := p.want(send(templateBody("fan1", good, `,"client_msg_id":"c1"`)), 0)
	again := p.want(send(templateBody("fan1", good, `,"client_msg_id":"c1"`)), 0)
	if o.text("msgid") == "" || o.text("msgid") != again.text("msgid") {
		t.Errorf("msgid %s, then %s", o.text("msgid"), again.text("msgid"))
	}
	card := "template:map[thing1:春季新人券 time2:2026-11-08 22:00]"
	if d := cmp.Diff([]string{card}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
	p.back.reply(nil)
	p.advance("1s")
	got := p.back.deliveries()
	if len(got) != 1 || got[0].field["Event"] != "TEMPLATESENDJOBFINISH" || got[0].field["MsgID"] != o.text("msgid") || got[0].field["Status"] != "success" || got[0].field["FromUserName"] != "fan1" {
		t.Fatalf("%+v", got)
	}
	p.advance("10m")
	if other := p.want(send(templateBody("fan1", good, `,"client_msg_id":"c1"`)), 0); other.text("msgid") == o.text("msgid") {
		t.Error("client_msg_id still held after ten minutes")
	}
	p.do("fan1", `{"block":true}`)
	p.want(send(templateBody("fan1", good, "")), 0)
	p.back.reply(nil)
	p.advance("2s")
	statuses := []string{}
	for _, r := range p.back.deliveries() {
		statuses = append(statuses, r.field["Status"])
	}
	if d := cmp.Diff([]string{"success", "failed:user block"}, statuses); d != "" {
		t.Error(d)
	}
	p.do("fan1", `{"unsubscribe":{}}`)
	p.want(send(templateBody("fan1", good, "")), 43004)
	if n := len(p.inbox("fan1")); n != 2 {
		t.Errorf("%d items", n)
	}
}

func TestTemplateValues(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, DailyLimits: map[string]int{"/cgi-bin/message/template/send": 50}})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	cases := []struct {
		key   string
		good  []string
		wrong []string
	}{
		{"thing1", []string{strings.Repeat("券", 20)}, []string{"", strings.Repeat("券", 21), `a\nb`}},
		{"number1", []string{"12.5"}, []string{"1x"}},
		{"letter1", []string{"abc"}, []string{"ab1"}},
		{"symbol1", []string{"%"}, []string{"a"}},
		{"character_string1", []string{"A-1 b"}, []string{"券1"}},
		{"time2", []string{"15:01", "2026年11月8日 22:00", "2026-11-08 22:00~23:00"}, []string{"25:00", "tomorrow", "2026-11-08"}},
		{"date3", []string{"2026年11月8日", "2026-11-08 22:00"}, []string{"22:00"}},
		{"amount4", []string{"¥12.50", "12元"}, []string{"12345678901234", "abc"}},
		{"phone_number5", []string{"+86-13800138000"}, []string{"12345678901234567890"}},
		{"car_number6", []string{"粤A8Z888挂"}, []string{"粤A8Z8888888"}},
		{"name7", []string{"张三", "John Smith"}, []string{strings.Repeat("张", 11), ""}},
		{"phrase8", []string{"已完成"}, []string{"已完成完成了", "done"}},
		{"const9", []string{"", "待付款"}, []string{strings.Repeat("付", 21)}},
		{"thing1.DATA", nil, []string{"x"}},
	}
	used := 0
	for _, c := range cases {
		for i, v := range append(append([]string{}, c.good...), c.wrong...) {
			want := 0
			if i >= len(c.good) {
				want = 47003
			}
			o := p.post("message/template/send", token, templateBody("fan1", `"`+c.key+`":{"value":"`+v+`"}`, ""))
			used++
			if o.code() != want || want != 0 && !strings.Contains(o.text("errmsg"), "data."+c.key+".value") {
				t.Errorf("%s=%q: %v", c.key, v, o)
			}
		}
	}
	for ; used < 50; used++ {
		p.want(p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"x"}`, "")), 0)
	}
	p.want(p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"x"}`, "")), 45009)
	p.advance("12h") // past midnight in Shanghai
	p.want(p.post("message/template/send", p.token(), templateBody("fan1", `"thing1":{"value":"x"}`, "")), 0)
}

func TestNotice(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func() object {
		return p.post("message/subscribe/bizsend", token, templateBody("fan1", `"thing1":{"value":"x"}`, ""))
	}
	p.want(send(), 43101)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE","count":2}}`)
	p.do("fan1", `{"consent":{"template_id":"OTHER"}}`)
	p.want(send(), 0)
	p.want(send(), 0)
	p.want(send(), 43101)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE"}}`)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE","reject":true}}`)
	p.want(send(), 43101)
	if d := cmp.Diff([]string{"subscribe:map[thing1:x]", "subscribe:map[thing1:x]"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
	p.back.reply(nil)
	p.advance("1s")
	got := p.back.deliveries()
	if len(got) != 2 || got[0].field["Event"] != "subscribe_msg_sent_event" || got[0].field["ErrorStatus"] != "success" {
		t.Errorf("%+v", got)
	}
}

func massAll(content, id string) string {
	return `{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"` + content + `"},"clientmsgid":"` + id + `"}`
}

func massList(content, id string, openIDs ...string) string {
	return `{"touser":["` + strings.Join(openIDs, `","`) + `"],"msgtype":"text","text":{"content":"` + content + `"},"clientmsgid":"` + id + `"}`
}

func TestMassService(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	for i := range 4 {
		p.do(fmt.Sprintf("fan%d", i), `{"text":"hi"}`)
	}
	p.do("fan2", `{"unsubscribe":{}}`)
	p.do("fan3", `{"block":true}`)
	list := func(content, id string, openIDs ...string) object {
		return p.post("message/mass/send", token, massList(content, id, openIDs...))
	}
	p.want(list("m", "c0", "fan0"), 40130)
	p.want(list("m", "c0", strings.Split(strings.Repeat("x,", 10_000)+"x", ",")...), 40032)
	p.want(p.post("message/mass/send", token, `{"touser":"fan0","msgtype":"text","text":{"content":"m"}}`), 40031)
	p.want(list("m", strings.Repeat("c", 33), "fan0", "fan1"), 45067)
	first := p.want(list("m1", "c1", "fan0", "fan1", "fan2", "fan3", "nobody"), 0)
	dup := p.want(list("m1", "c1", "fan0", "fan1"), 45065)
	if first.text("msg_id") == "" || dup.text("msg_id") != first.text("msg_id") {
		t.Errorf("msg_id %s, then %s", first.text("msg_id"), dup.text("msg_id"))
	}
	if got := p.want(p.post("message/mass/get", token, `{"msg_id":`+first.text("msg_id")+`}`), 0); got.text("msg_status") != "SENDING" {
		t.Error(got)
	}
	p.want(p.post("message/mass/get", token, `{"msg_id":1}`), 40059)
	p.back.reply(nil)
	p.advance("1m")
	got := p.back.deliveries()
	if len(got) != 1 || got[0].field["Event"] != "MASSSENDJOBFINISH" || got[0].field["MsgID"] != first.text("msg_id") || len(got[0].field["FromUserName"]) != 28 {
		t.Fatalf("%+v", got)
	}
	counts := got[0].field["Status"]
	for _, k := range []string{"TotalCount", "FilterCount", "SentCount", "ErrorCount"} {
		counts += " " + got[0].field[k]
	}
	if counts != "send success 5 3 2 1" {
		t.Error(counts)
	}
	if got := p.post("message/mass/get", token, `{"msg_id":`+first.text("msg_id")+`}`); got.text("msg_status") != "SEND_SUCCESS" {
		t.Error(got)
	}

	// Four a month: the fifth leaves fan0 out, without an error.
	for i := 2; i <= 5; i++ {
		p.want(list(fmt.Sprintf("m%d", i), fmt.Sprintf("c%d", i), "fan0", "nobody"), 0)
	}
	if d := cmp.Diff([]string{"mass:m1", "mass:m2", "mass:m3", "mass:m4"}, p.inbox("fan0")); d != "" {
		t.Error(d)
	}
	p.want(p.post("message/mass/sendall", token, massAll("all1", "a1")), 0)
	p.want(p.post("message/mass/sendall", token, massAll("all2", "a2")), 45028) // to all: once a day
	p.advance("504h")                                                           // December
	token = p.token()
	p.want(p.post("message/mass/sendall", token, massAll("all3", "a3")), 0)
	if d := cmp.Diff([]string{"mass:m1", "mass:all1", "mass:all3"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
	if n := len(p.inbox("fan0")); n != 5 {
		t.Errorf("fan0 has %d items in the new month", n)
	}
}

func TestMassByTag(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	p.do("fan2", `{"text":"hi"}`)
	tag := fmt.Sprint(p.post("tags/create", token, `{"tag":{"name":"t"}}`)["tag"].(map[string]any)["id"])
	p.want(p.post("tags/members/batchtagging", token, `{"tagid":`+tag+`,"openid_list":["fan2"]}`), 0)
	send := func(tag, content string) object {
		return p.post("message/mass/sendall", token, `{"filter":{"is_to_all":false,"tag_id":`+tag+`},"msgtype":"text","text":{"content":"`+content+`"}}`)
	}
	p.want(send("999", "x"), 45159)
	p.want(send(tag, "a"), 0)
	p.want(send(tag, "a"), 45065) // without a clientmsgid the content counts
	p.want(send(`"`+tag+`"`, "b"), 0)
	p.want(p.post("message/mass/sendall", token, `{"filter":{"is_to_all":true},"msgtype":"wxcard","wxcard":{}}`), 45113)
	p.want(p.post("message/mass/sendall", token, `{"filter":{"is_to_all":true},"msgtype":"image","image":{"media_id":"m"}}`), 47001)
	p.want(p.post("message/mass/sendall", token, `{"filter":{"is_to_all":false,"tag_id":`+tag+`},"msgtype":"image","images":{"media_ids":["m"]}}`), 0)
	if got := p.inbox("fan1"); len(got) != 0 {
		t.Error(got)
	}
	if d := cmp.Diff([]string{"mass:a", "mass:b", "mass:"}, p.inbox("fan2")); d != "" {
		t.Error(d)
	}
	p.advance("24h")
	token = p.token()
	p.want(send(tag, "a"), 0)
}

func TestMassSubscription(t *testing.T) {
	a := service()
	a.Type = "subscription"
	p := start(t, simulator.Config{Start: noon, Accounts: []simulator.Account{a}})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	p.want(p.post("message/mass/send", token, massList("m", "c", "fan1", "fan2")), 48001)
	for day := range 6 { // the four a month are a rule of service accounts
		p.want(p.post("message/mass/sendall", p.token(), massAll("m", fmt.Sprint("a", day))), 0)
		p.want(p.post("message/mass/sendall", p.token(), massAll("m", fmt.Sprint("b", day))), 45028)
		p.advance("24h")
	}
	if n := len(p.inbox("fan1")); n != 6 {
		t.Errorf("%d items", n)
	}
}

func TestMassPerMinute(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	for range 60 {
		p.want(p.post("message/mass/send", token, massList("m", "c", "fan1")), 40130)
	}
	p.want(p.post("message/mass/send", token, massList("m", "c", "fan1")), 45011)
	p.advance("1m")
	p.want(p.post("message/mass/send", token, massList("m", "c", "fan1")), 40130)
}

func TestResultsComeByThemselves(t *testing.T) {
	p := start(t, simulator.Config{})
	p.run()
	p.do("fan1", `{"text":"hi"}`)
	arrived := make(chan string, 1)
	p.back.reply(func(r received, _ int) string { arrived <- r.field["Event"]; return "success" })
	p.want(p.post("message/template/send", p.token(), templateBody("fan1", `"thing1":{"value":"x"}`, "")), 0)
	if got := <-arrived; got != "TEMPLATESENDJOBFINISH" {
		t.Error(got)
	}
}
