package simulator_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

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

// added adds a template of the library and returns its id.
func (p *platform) added(token, short string, keywords ...string) string {
	p.t.Helper()
	o := p.want(p.post("template/api_add_template", token, `{"template_id_short":"`+short+`","keyword_name_list":["`+strings.Join(keywords, `","`)+`"]}`), 0)
	return o.text("template_id")
}

func TestTemplateManagement(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	add := func(short, keywords string) int {
		return p.post("template/api_add_template", token, `{"template_id_short":"`+short+`","keyword_name_list":[`+keywords+`]}`).code()
	}
	for _, c := range []struct {
		short, keywords string
		code            int
	}{
		{"", `"优惠券名称"`, 40036},
		{"TM00015", `"支付金额"`, 40247},
		{"1", `"优惠券名称"`, 40247},
		{"43216", ``, 40246},
		{"43216", `"没有的"`, 40246},
		{"43216", `"门店","门店"`, 40246},
	} {
		if got := add(c.short, c.keywords); got != c.code {
			t.Errorf("%s [%s]: errcode %d, want %d", c.short, c.keywords, got, c.code)
		}
	}
	id := p.added(token, "43216", "到期日期", "优惠券名称")
	if len(id) != 43 {
		t.Errorf("template id %q", id)
	}
	list := p.api("GET", "template/get_all_private_template?access_token="+token, "")["template_list"].([]any)
	if len(list) != 2 || object(list[0].(map[string]any)).text("template_id") != template {
		t.Fatal(list)
	}
	own := object(list[1].(map[string]any))
	if own.text("template_id") != id || own.text("content") != "到期日期:{{date8.DATA}}\n优惠券名称:{{thing9.DATA}}\n" || own.text("primary_industry") != "消费品" {
		t.Error(own)
	}
	for range 23 {
		p.added(token, "43217", "门店")
	}
	if got := add("43217", `"门店"`); got != 45026 {
		t.Errorf("the 26th template: %d", got)
	}
	p.want(p.post("template/del_private_template", token, `{"template_id":"`+id+`"}`), 0)
	p.want(p.post("template/del_private_template", token, `{"template_id":"`+id+`"}`), 40037)
	p.want(p.post("template/del_private_template", token, `{"template_id":"`+template+`"}`), 0)
	p.do("fan1", `{"text":"hi"}`)
	p.want(p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"x"}`, "")), 40037)
	if other := p.added(token, "43216", "门店"); other == id {
		t.Error("an id was given twice")
	}
}

func TestTemplatesOfTheOldLibrary(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, Switches: simulator.Switches{HistoryTemplates: true}})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	id := p.added(token, "TM00015", "支付金额", "商品信息")
	p.want(p.post("message/template/send", token, `{"touser":"fan1","template_id":"`+id+`","data":{"keyword1":{"value":"12元"},"keyword2":{"value":"茶"}}}`), 0)
}

func TestIndustry(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	set := func(first, second string) object {
		return p.post("template/api_set_industry", token, `{"industry_id1":`+first+`,"industry_id2":`+second+`}`)
	}
	p.want(set(`"x"`, `1`), 40103)
	p.want(set(`1`, `42`), 40102)
	p.added(token, "43402", "姓名") // no trade chosen: any
	p.want(set(`"1"`, `10`), 0)
	p.want(set(`1`, `31`), 43100)
	o := p.api("GET", "template/get_industry?access_token="+token, "")
	if got := fmt.Sprint(o["primary_industry"], o["secondary_industry"]); got != "map[first_class:IT科技 second_class:互联网/电子商务] map[first_class:餐饮 second_class:餐饮]" {
		t.Error(got)
	}
	p.want(p.post("template/api_add_template", token, `{"template_id_short":"43402","keyword_name_list":["姓名"]}`), 45027)
	p.added(token, "43818", "门店")
	p.advance("504h") // December
	p.want(p.post("template/api_set_industry", p.token(), `{"industry_id1":1,"industry_id2":31}`), 0)
}

// TestTemplateKeys sends by a template whose content is known: its keys must all be there.
func TestTemplateKeys(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	id := p.added(token, "46133", "车牌号", "进度", "时间")
	good := `"car_number12":{"value":"沪A12345"},"const14":{"value":"处理中"},"time4":{"value":"2026-11-08 10:00"}`
	cases := []struct {
		data string
		code int
		key  string
	}{
		{good, 0, ""},
		{good + `,"thing99":{"value":"x"}`, 0, ""},
		{`"car_number12":{"value":"沪A12345"},"const14":{"value":"处理中"}`, 47003, "time4"},
		{`"car_number12":{"value":""},"const14":{"value":"处理中"},"time4":{"value":"10:00"}`, 47003, "car_number12"},
		{`"car_number12":{},"const14":{"value":"处理中"},"time4":{"value":"10:00"}`, 47003, "car_number12"},
		{`"car_number12":{"value":"沪A12345"},"const14":{"value":"想一想"},"time4":{"value":"10:00"}`, 47003, "const14"},
		{`"car_number12":{"value":"沪A12345"},"const14":{"value":""},"time4":{"value":"10:00"}`, 0, ""},
		{`"car_number12.DATA":{"value":"沪A12345"},"const14":{"value":""},"time4":{"value":"10:00"}`, 47003, "car_number12"},
	}
	for _, c := range cases {
		o := p.post("message/template/send", token, `{"touser":"fan1","template_id":"`+id+`","data":{`+c.data+`}}`)
		if o.code() != c.code || c.code != 0 && !strings.HasPrefix(o.text("errmsg"), "argument invalid! data."+c.key+".value invalid") {
			t.Errorf("%s: %v", c.data, o)
		}
	}
	p.want(p.post("message/template/send", token, `{"touser":"fan1","template_id":"`+strings.Repeat("x", 65)+`","data":{`+good+`}}`), 40036)
}

// TestTemplateBefallen plays what the platform does to a template.
func TestTemplateBefallen(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func() object {
		return p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"大促"}`, ""))
	}
	rule := func(what string) { p.control("POST", appID+"/rules", `{"templates":{"TEMPLATE":"`+what+`"}}`) }
	rule("limited")
	p.want(send(), 43116)
	rule("disabled")
	p.want(send(), 48011)
	rule("marketing")
	p.want(send(), 40249)
	p.want(send(), 40249)
	first := p.elsewhere("POST", "/wxa/sec/queryblocktmplmsg", token, `{"tmpl_msg_id":"TEMPLATE","largest_id":0,"limit":1}`)["msginfo"].([]any)
	if len(first) != 1 || object(first[0].(map[string]any)).text("openid") != "fan1" || object(first[0].(map[string]any)).text("content") != "大促\n" {
		t.Fatal(first)
	}
	after := object(first[0].(map[string]any)).text("id")
	rest := p.elsewhere("POST", "/wxa/sec/queryblocktmplmsg", token, `{"tmpl_msg_id":"TEMPLATE","largest_id":`+after+`,"limit":100}`)["msginfo"].([]any)
	if len(rest) != 1 {
		t.Error(rest)
	}
	p.want(p.elsewhere("POST", "/wxa/sec/queryblocktmplmsg", token, `{"tmpl_msg_id":"TEMPLATE","limit":101}`), 40097)
	rule("failing")
	p.want(send(), 0)
	p.back.reply(nil)
	p.advance("1s")
	if got := p.back.deliveries(); len(got) != 1 || got[0].field["Status"] != "failed: system failed" {
		t.Errorf("%+v", got)
	}
	if got := p.inbox("fan1"); len(got) != 0 {
		t.Error(got)
	}
	rule("")
	p.want(send(), 0)
	if status, text := p.request("POST", "/sim/"+appID+"/rules", `{"templates":{"TEMPLATE":"odd"}}`); status != 400 || !strings.Contains(text, "odd") {
		t.Error(status, text)
	}
}

func TestSameTemplateWithinAMinute(t *testing.T) {
	for _, on := range []bool{false, true} {
		p := start(t, simulator.Config{Start: noon, Switches: simulator.Switches{SameTemplate: on}})
		token := p.token()
		p.do("fan1", `{"text":"hi"}`)
		send := func(value string) int {
			return p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"`+value+`"}`, "")).code()
		}
		second := 0
		if on {
			second = 40241
		}
		got := []int{send("a"), send("a"), send("b")}
		p.advance("60s")
		got = append(got, send("a"))
		if d := cmp.Diff([]int{0, second, 0, 0}, got); d != "" {
			t.Errorf("SameTemplate %v: %s", on, d)
		}
	}
}

// TestSendsSurvive takes up rules, templates and consents after a restart.
func TestSendsSurvive(t *testing.T) {
	c := simulator.Config{Start: noon, StateFile: filepath.Join(t.TempDir(), "state")}
	p := start(t, c)
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	id := p.added(token, "43217", "门店")
	other := p.added(token, "43217", "优惠券名称")
	p.control("POST", appID+"/rules", `{"templates":{"`+other+`":"limited"},"wxnames":{"ann-wx":"fan1"}}`)
	p.want(p.elsewhere("POST", "/customservice/kfaccount/add", token, `{"kf_account":"li@shop","nickname":"a"}`), 0)
	p.want(p.post("template/del_private_template", token, `{"template_id":"`+template+`"}`), 0)
	if err := p.sim.Close(); err != nil {
		t.Fatal(err)
	}
	q := start(t, c)
	token = q.token()
	send := func(id, data string) int {
		return q.post("message/template/send", token, `{"touser":"fan1","template_id":"`+id+`","data":{`+data+`}}`).code()
	}
	shop := `"thing3":{"value":"x"}`
	if d := cmp.Diff([]int{0, 47003, 43116, 40037}, []int{send(id, shop), send(id, `"thing4":{"value":"x"}`), send(other, shop), send(template, shop)}); d != "" {
		t.Error(d)
	}
	q.want(q.post("message/mass/preview", token, `{"towxname":"ann-wx","msgtype":"text","text":{"content":"a"}}`), 0)
	q.want(q.post("message/custom/send", token, `{"touser":"fan1","msgtype":"text","text":{"content":"a"},"customservice":{"kf_account":"wang@shop"}}`), 65401)
	if later := q.added(token, "43217", "门店"); later == id || later == other {
		t.Error("an id was given twice")
	}
}
