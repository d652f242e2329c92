package simulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

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

func (p *platform) notice(token, id, openID, data string) object {
	return p.post("message/subscribe/bizsend", token, `{"touser":"`+openID+`","template_id":"`+id+`","data":{`+data+`}}`)
}

// TestNoticeLibrary takes templates from the library and sends by them.
func TestNoticeLibrary(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	get := func(path string) object { return p.elsewhere("GET", "/wxaapi/newtmpl/"+path, token, "") }
	add := func(body string) object { return p.elsewhere("POST", "/wxaapi/newtmpl/addtemplate", token, body) }
	if got := get("getcategory")["data"].([]any); len(got) != 3 {
		t.Error(got)
	}
	titles := get("getpubtemplatetitles?ids=307,402&start=0&limit=2")
	if titles.text("count") != "3" || len(titles["data"].([]any)) != 2 {
		t.Error(titles)
	}
	p.want(get("getpubtemplatetitles?ids=307&start=0&limit=31"), 40097)
	p.want(get("getpubtemplatekeywords?tid=9"), 200014)
	keywords := get("getpubtemplatekeywords?tid=2036")
	if keywords.text("count") != "3" || object(keywords["data"].([]any)[0].(map[string]any)).text("rule") != "thing" {
		t.Error(keywords)
	}
	for _, c := range []struct {
		body string
		code int
	}{
		{`{"tid":"9","kidList":[9,8],"sceneDesc":"提醒"}`, 200014},
		{`{"tid":"2036","kidList":[9],"sceneDesc":"提醒"}`, 200020},
		{`{"tid":"2036","kidList":[9,99],"sceneDesc":"提醒"}`, 200020},
		{`{"tid":"2036","kidList":[9,9],"sceneDesc":"提醒"}`, 200020},
		{`{"tid":"2036","kidList":[9,8],"sceneDesc":""}`, 200021},
		{`{"tid":"2036","kidList":[9,8],"sceneDesc":"` + strings.Repeat("长", 16) + `"}`, 200021},
	} {
		if got := add(c.body).code(); got != c.code {
			t.Errorf("%s: errcode %d, want %d", c.body, got, c.code)
		}
	}
	once := p.want(add(`{"tid":"2036","kidList":[8,9],"sceneDesc":"提醒"}`), 0).text("priTmplId")
	always := p.want(add(`{"tid":7702,"kidList":["1","4"],"sceneDesc":"提醒"}`), 0).text("priTmplId")
	list := get("gettemplate")["data"].([]any)
	if len(list) != 3 || object(list[1].(map[string]any)).text("content") != "到期日期:{{date8.DATA}}\n优惠券名称:{{thing9.DATA}}\n" || object(list[2].(map[string]any)).text("type") != "3" {
		t.Error(list)
	}

	p.do("fan1", `{"text":"hi"}`)
	coupon := `"date8":{"value":"2026-11-30"},"thing9":{"value":"满百减二十"}`
	visit := `"name1":{"value":"李晓"},"time4":{"value":"10:00"}`
	p.want(p.notice(token, once, "nobody", coupon), 40003)
	p.want(p.notice(token, once, "fan1", `"date8":{"value":"2026-11-30"}`), 47003)
	p.want(p.notice(token, once, "fan1", coupon), 43101)
	p.do("fan1", `{"consent":{"template_id":"`+once+`"}}`)
	p.do("fan1", `{"consent":{"template_id":"`+always+`"}}`)
	p.want(p.notice(token, once, "fan1", coupon), 0)
	p.want(p.notice(token, once, "fan1", coupon), 43101) // the consent is used up
	p.want(p.notice(token, always, "fan1", visit), 0)
	p.want(p.notice(token, always, "fan1", visit), 0) // this one is for good
	p.do("fan1", `{"unsubscribe":{}}`)
	p.want(p.notice(token, always, "fan1", visit), 0) // nobody need follow

	p.want(p.elsewhere("POST", "/wxaapi/newtmpl/deltemplate", token, `{"priTmplId":"`+always+`"}`), 0)
	p.want(p.notice(token, always, "fan1", visit), 40037)
	for range 23 {
		p.want(add(`{"tid":"2036","kidList":[8,9],"sceneDesc":"提醒"}`), 0)
	}
	p.want(add(`{"tid":"2036","kidList":[8,9],"sceneDesc":"提醒"}`), 200012)
	p.control("POST", appID+"/rules", `{"notices_banned":true}`)
	p.want(add(`{"tid":"2036","kidList":[8,9],"sceneDesc":"提醒"}`), 200011)
	p.control("POST", appID+"/rules", `{"notices_banned":false,"templates":{"2036":"banned"}}`)
	p.want(add(`{"tid":"2036","kidList":[8,9],"sceneDesc":"提醒"}`), 200013)
}

func TestNoticeRefusals(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE","count":9}}`)
	send := func(more string) object {
		return p.post("message/subscribe/bizsend", token, templateBody("fan1", `"thing1":{"value":"全网最低"}`, more))
	}
	p.want(p.notice(token, p.added(token, "43217", "门店"), "fan1", `"thing3":{"value":"x"}`), 43102)
	p.want(p.notice(token, "OTHER", "fan1", `"thing3":{"value":"x"}`), 40037)
	p.want(send(`,"page":"https://a.example"`), 41030)
	p.want(send(`,"lang":"fr_FR"`), 40097)
	p.want(send(`,"miniprogram_state":"beta"`), 40097)
	p.control("POST", appID+"/rules", `{"words":["最低"]}`)
	p.want(send(""), 45168)
	p.control("POST", appID+"/rules", `{"words":[],"templates":{"TEMPLATE":"banned"}}`)
	p.want(send(""), 43107)
	p.control("POST", appID+"/rules", `{"notices_banned":true,"templates":{"TEMPLATE":""}}`)
	p.want(send(""), 43107)
	p.control("POST", appID+"/rules", `{"notices_banned":false}`)
	p.want(send(`,"page":"pages/index?a=b","lang":"zh_CN","miniprogram_state":"trial","client_msg_id":"c"`), 0)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE","revoke":true}}`)
	p.want(send(""), 43101)
}

// TestParallelNotices sends to one fan and to another while a first notice is on its way.
func TestParallelNotices(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, NoticeTime: 300 * time.Millisecond})
	token := p.token()
	for _, fan := range []string{"fan1", "fan2"} {
		p.do(fan, `{"consent":{"template_id":"TEMPLATE","count":9}}`)
	}
	data := `"thing1":{"value":"x"}`
	codes := make([]int, 3)
	var wg sync.WaitGroup
	for i, fan := range []string{"fan1", "fan1", "fan2"} {
		wg.Go(func() { codes[i] = p.notice(token, template, fan, data).code() })
	}
	wg.Wait()
	if codes[0]+codes[1] != 43108 || codes[2] != 0 {
		t.Errorf("%v: want one 43108 for fan1 and none for fan2", codes)
	}
	p.want(p.notice(token, template, "fan1", data), 0)
}

// TestOnetimeSubscription follows the link, agrees, and sends once.
func TestOnetimeSubscription(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	page := func(answer, scene string) (int, string) {
		t.Helper()
		q := url.Values{
			"action": {"get_confirm"}, "appid": {appID}, "scene": {scene}, "template_id": {template},
			"redirect_url": {"https://shop.example/back?x=1"}, "reserved": {"r1"}, "openid": {"fan1"}, "answer": {answer},
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get(p.url + "/mp/subscribemsg?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Location")
	}
	send := func(scene, title, text string) object {
		return p.post("message/template/subscribe", token, `{"touser":"fan1","template_id":"TEMPLATE","scene":"`+scene+`","title":"`+title+`","data":{"content":{"value":"`+text+`","color":"#ff0000"}}}`)
	}
	if status, _ := page("", "7"); status != 200 {
		t.Errorf("the question: %d", status)
	}
	if _, to := page("cancel", "7"); to != "https://shop.example/back?action=cancel&openid=fan1&reserved=r1&scene=7&template_id=TEMPLATE&x=1" {
		t.Error(to)
	}
	p.want(send("7", "到货", "您预订的茶到了"), 40003)
	for range 2 { // agreeing twice is one consent
		if status, to := page("confirm", "7"); status != 302 || !strings.Contains(to, "action=confirm") {
			t.Error(status, to)
		}
	}
	p.want(send("8", "到货", "您预订的茶到了"), 43101)
	p.want(send("7", strings.Repeat("长", 16), "您预订的茶到了"), 40062)
	p.want(send("7", "到货", ""), 47001)
	p.want(send("7", "到货", strings.Repeat("长", 201)), 45002)
	p.want(send("7", "到货", "您预订的茶到了"), 0)
	p.want(send("7", "到货", "您预订的茶到了"), 43101)
	if d := cmp.Diff([]string{"subscribe:map[content:您预订的茶到了]"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
}
