package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

func TestControlOnLoopbackOnly(t *testing.T) {
	p := start(t, simulator.Config{})
	cases := []struct {
		name string
		with func(*http.Request)
		want int
	}{
		{"this machine", func(*http.Request) {}, 200},
		{"IPv6", func(r *http.Request) { r.RemoteAddr = "[::1]:1234" }, 200},
		{"another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1234" }, 403},
		{"through a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, 403},
		{"a name for this machine", func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		{"a name that was made to point here", func(r *http.Request) { r.Host = "evil.example:8080" }, 403},
		{"another site's page", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
	}
	for _, c := range cases {
		r := httptest.NewRequest("POST", "/sim/"+appID+"/fans/fan1/do", strings.NewReader(`{"text":"hi"}`))
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8080"
		c.with(r)
		w := httptest.NewRecorder()
		p.sim.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestControlMistakes(t *testing.T) {
	p := start(t, simulator.Config{})
	do := "POST /sim/" + appID + "/fans/fan1/do"
	cases := []struct {
		call, body string
		status     int
		want       string
	}{
		{"GET /sim/nothing", "", 404, "GET /sim/nothing"},
		{"GET /sim/wxother/fans", "", 404, "wxother"},
		{do, "", 400, "one action"},
		{do, `{"text":"a","click":"b"}`, 400, "one action"},
		{do, `{"sing":"a"}`, 400, "sing"},
		{do, `{"text":1}`, 400, "text"},
		{do, `{"subscribe":{"sceen":"x"}}`, 400, "sceen"},
		{do, `{"event":{"EventKey":"k"}}`, 409, "Event is missing"},
		{do, `{"event":{"Event":"x","a<b":"k"}}`, 409, "a<b"},
		{do, `{"message":{"MsgType":"link","Title":true}}`, 409, "Title"},
		{do, `{"consent":{}}`, 409, "template_id"},
		{"POST /sim/" + appID + "/faults", `{"on":"moon"}`, 400, "api"},
		{"POST /sim/" + appID + "/faults", `{"on":"api"}`, 400, "goes wrong"},
		{"POST /sim/" + appID + "/faults", `{"on":"api","delay":"soon"}`, 400, "soon"},
		{"POST /sim/" + appID + "/faults", `{"on":"push","errcode":1}`, 400, "errcode"},
		{"POST /sim/" + appID + "/faults", `{"on":"api","repeat":1}`, 400, "repeat"},
		{"POST /sim/" + appID + "/faults", `{"on":"api","reset":true,"often":1}`, 400, "often"},
	}
	for _, c := range cases {
		method, path, _ := strings.Cut(c.call, " ")
		if status, text := p.request(method, path, c.body); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %s", c.call, c.body, status, text)
		}
	}
	if got := p.inbox("never-seen"); len(got) != 0 {
		t.Error(got)
	}
}

func TestListsForThePhone(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	p.do("fan2", `{"text":"hi"}`)
	p.do("fan1", `{"scan":"s"}`)
	p.do("fan2", `{"unsubscribe":{}}`)
	fans := p.control("GET", appID+"/fans", "")["items"].([]any)
	if len(fans) != 2 || object(fans[0].(map[string]any)).text("openid") != "fan1" || object(fans[1].(map[string]any)).text("subscribed") != "false" {
		t.Error(fans)
	}
	accounts := p.control("GET", "accounts", "")["items"].([]any)
	if a := object(accounts[0].(map[string]any)); len(accounts) != 1 || a.text("app_id") != appID || a.text("name") != "shop" || !strings.HasPrefix(a.text("original_id"), "gh_") {
		t.Error(accounts)
	}
}

func TestFansPageByPage(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	for _, fan := range []string{"fan3", "fan1", "fan5", "fan2", "fan4"} {
		p.do(fan, `{"text":"hi"}`)
	}
	var got []string
	for cursor := ""; ; {
		page := p.control("GET", appID+"/fans?limit=2&cursor="+cursor, "")
		for _, fan := range page["items"].([]any) {
			got = append(got, object(fan.(map[string]any)).text("openid"))
		}
		got = append(got, "|")
		if cursor = page.text("next"); cursor == "fan4" {
			p.do("fan0", `{"text":"hi"}`) // who comes before the page shifts nothing
		}
		if cursor == "" {
			break
		}
	}
	if d := cmp.Diff([]string{"fan1", "fan2", "|", "fan3", "fan4", "|", "fan5", "|"}, got); d != "" {
		t.Error(d)
	}
	if page := p.control("GET", appID+"/fans?limit=6", ""); len(page["items"].([]any)) != 6 || page.text("next") != "" {
		t.Errorf("the whole: %v", page)
	}
	for _, bad := range []string{"0", "-1", "x", "10001"} {
		if status, _ := p.request("GET", "/sim/"+appID+"/fans?limit="+bad, ""); status != 400 {
			t.Errorf("limit %s: %d", bad, status)
		}
	}
}

func TestAPIFaults(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	send := func() object { return p.post("message/custom/send", token, custom("fan1", "m")) }
	fault := func(f string) { p.control("POST", appID+"/faults", f) }

	fault(`{"on":"api","path":"/cgi-bin/message/custom/send","errcode":45009,"count":2}`)
	p.want(p.api("GET", "getcallbackip?access_token="+token, ""), 0)
	p.want(send(), 45009)
	p.want(send(), 45009)
	p.want(send(), 0)
	fault(`{"on":"api","delay":"1ms","errcode":-1}`)
	p.want(send(), -1)
	fault(`{"on":"api","delay":"1ms"}`)
	p.want(send(), 0)

	fault(`{"on":"api","path":"/cgi-bin/message/custom/send","reset":true}`)
	if _, err := http.Post(p.url+"/cgi-bin/message/custom/send?access_token="+token, "application/json", strings.NewReader(custom("fan1", "lost answer"))); err == nil {
		t.Error("the connection was not reset")
	}
	fault(`{"on":"api","errcode":-1,"reset":true}`)
	if _, err := http.Post(p.url+"/cgi-bin/message/custom/send?access_token="+token, "application/json", strings.NewReader(custom("fan1", "no effect"))); err == nil {
		t.Error("the connection was not reset")
	}
	if d := cmp.Diff([]string{"customer:m", "customer:m", "customer:lost answer"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
	fault(`{"on":"api","errcode":1}`)
	if n := len(p.control("GET", appID+"/faults", "")["items"].([]any)); n != 1 {
		t.Errorf("%d faults", n)
	}
	p.control("DELETE", appID+"/faults", "")
	p.want(p.api("GET", "getcallbackip?access_token="+token, ""), 0)
}

func TestPushFaults(t *testing.T) {
	p := start(t, simulator.Config{PushTimeout: 50 * time.Millisecond})
	cases := []struct {
		fault      string
		deliveries int
		want       string
	}{
		{`{"on":"push","path":"text","repeat":2}`, 3, "passive:answer 1"},
		{`{"on":"push","reset":true}`, 2, "passive:answer 2"},
		{`{"on":"push","reset":true,"count":3}`, 3, "fault:该公众号提供的服务出现故障，请稍后再试"},
		{`{"on":"push","delay":"1ms"}`, 1, "passive:answer 1"},
		{`{"on":"push","path":"subscribe","reset":true}`, 1, "passive:answer 1"},
	}
	for _, c := range cases {
		p.control("POST", appID+"/faults", c.fault)
		p.back.reply(func(r received, n int) string { return replyXML(r, "answer "+string(rune('0'+n))) })
		if d := cmp.Diff([]string{c.want}, p.do("fan1", `{"text":"hi"}`)); d != "" {
			t.Errorf("%s: %s", c.fault, d)
		}
		got := p.back.deliveries()
		if len(got) != c.deliveries {
			t.Errorf("%s: %d deliveries, want %d", c.fault, len(got), c.deliveries)
		}
		for _, r := range got {
			if r.field["MsgId"] != got[0].field["MsgId"] {
				t.Errorf("%s: another MsgId", c.fault)
			}
		}
	}
}
