package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

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
	p.do("fan1", `{"image":"m"}`)
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

// massResult is what a mass send's event says: status and counts.
func massResult(r received) string {
	if r.field["Event"] != "MASSSENDJOBFINISH" {
		return r.field["Event"]
	}
	return strings.Join([]string{r.field["Status"], r.field["TotalCount"], r.field["FilterCount"], r.field["SentCount"], r.field["ErrorCount"]}, " ")
}

// results moves the clock and returns what the events say.
func (p *platform) results(span string) []string {
	p.t.Helper()
	p.back.reply(nil)
	p.advance(span)
	list := []string{}
	for _, r := range p.back.deliveries() {
		list = append(list, massResult(r))
	}
	return list
}

func TestMassTypes(t *testing.T) {
	w := newWriter(t)
	for _, do := range []string{`{"image":"IMG"}`, `{"voice":"VOICE"}`, `{"video":"VIDEO"}`} {
		w.do("fan1", do)
		w.do("fan2", do)
	}
	branch := map[string]string{
		"text": `"text":{"content":"a"}`, "image": `"images":{"media_ids":["IMG","IMG"],"recommend":"看看"}`, "voice": `"voice":{"media_id":"VOICE"}`,
		"mpvideo": `"mpvideo":{"media_id":"VIDEO","title":"a"}`, "video": `"video":{"media_id":"VIDEO","title":"a"}`,
		"music": `"music":{"title":"a"}`, "poem": `"poem":{}`, "wxcard": `"wxcard":{"card_id":"c"}`,
	}
	pictures := strings.TrimSuffix(strings.Repeat(`"IMG",`, 21), ",")
	cases := []struct {
		kind, object string
		all, list    int // errcodes of sendall and send
	}{
		{"text", branch["text"], 0, 0},
		{"text", `"text":{"content":""}`, 44004, 44004},
		{"text", `"text":{"content":"` + strings.Repeat("x", 2049) + `"}`, 45002, 45002},
		{"image", branch["image"], 0, 0},
		{"image", `"images":{"media_ids":[]}`, 40215, 40215},
		{"image", `"images":{"media_ids":[` + pictures + `]}`, 40215, 40215},
		{"image", `"images":{"media_ids":["unknown"]}`, 40007, 40007},
		{"voice", branch["voice"], 0, 0},
		{"voice", `"voice":{"media_id":"IMG"}`, 40007, 40007},
		{"mpvideo", branch["mpvideo"], 0, 0},
		{"video", branch["video"], 40008, 0},
		{"mpnews", `"mpnews":{"media_id":"unknown"}`, 40007, 40007},
		{"music", branch["music"], 40008, 40008},
		{"poem", branch["poem"], 40008, 40008},
		{"wxcard", branch["wxcard"], 45113, 45113},
	}
	tag := fmt.Sprint(w.post("tags/create", w.token, `{"tag":{"name":"t"}}`)["tag"].(map[string]any)["id"])
	for i, c := range cases {
		rest := `"msgtype":"` + c.kind + `",` + c.object + `,"clientmsgid":"`
		all := w.post("message/mass/sendall", w.token, `{"filter":{"is_to_all":false,"tag_id":`+tag+`},`+rest+fmt.Sprint("a", i)+`"}`)
		list := w.post("message/mass/send", w.token, `{"touser":["fan1","fan2"],`+rest+fmt.Sprint("l", i)+`"}`)
		if all.code() != c.all || list.code() != c.list {
			t.Errorf("%s %.60s: sendall %d, send %d, want %d, %d", c.kind, c.object, all.code(), list.code(), c.all, c.list)
		}
	}
}

// TestMassArticles sends a draft, finds its article and deletes it.
func TestMassArticles(t *testing.T) {
	w := newWriter(t)
	w.do("fan1", `{"text":"hi"}`)
	draft := w.draft("秋季新品", "门店活动")
	body := `{"filter":{"is_to_all":true},"msgtype":"mpnews","mpnews":{"media_id":"` + draft + `"},"send_ignore_reprint":0}`
	sent := w.want(w.post("message/mass/sendall", w.token, body), 0)
	if sent.text("msg_data_id") == "" || sent.text("msg_data_id") == sent.text("msg_id") {
		t.Error(sent)
	}
	of := `{"msg_id":` + sent.text("msg_id")
	w.want(w.post("message/mass/delete", w.token, of+`}`), 40059) // not yet sent
	w.want(w.post("draft/get", w.token, `{"media_id":"`+draft+`"}`), 0)
	w.back.reply(nil)
	w.advance("1m")
	got := w.back.deliveries()
	if len(got) != 1 || massResult(got[0]) != "send success 1 1 1 0" {
		t.Fatalf("%+v", got)
	}
	doc := strings.ReplaceAll(got[0].doc, "\n", "")
	if !strings.Contains(doc, "<CopyrightCheckResult><Count>0</Count><ResultList></ResultList><CheckState>1</CheckState></CopyrightCheckResult><ArticleUrlResult><Count>2</Count><ResultList><item><ArticleIdx>1</ArticleIdx>") {
		t.Error(doc)
	}
	address := got[0].field["ArticleUrl"] // of the last one
	w.want(w.post("draft/get", w.token, `{"media_id":"`+draft+`"}`), 40007)
	w.want(w.post("message/mass/sendall", w.token, body+" "), 40007) // the draft is gone

	status := func() string { return w.post("message/mass/get", w.token, of+`}`).text("msg_status") }
	w.want(w.post("message/mass/delete", w.token, of+`,"article_idx":3}`), 40097)
	w.want(w.post("message/mass/delete", w.token, `{"url":"`+address+`"}`), 0)
	if got := status(); got != "SEND_SUCCESS" {
		t.Errorf("%s with one of two articles deleted", got)
	}
	w.want(w.post("message/mass/delete", w.token, of+`}`), 0)
	if got := status(); got != "DELETE" {
		t.Error(got)
	}
	w.want(w.post("message/mass/delete", w.token, `{"url":"https://a.example/s/1"}`), 40059)
	text := w.want(w.post("message/mass/send", w.token, massList("m", "c", "fan1", "x")), 0)
	w.advance("1m")
	w.want(w.post("message/mass/delete", w.token, `{"msg_id":`+text.text("msg_id")+`}`), 40059) // a text stays
}

// TestMassEndsOtherwise lets the platform's review end sends: they take nothing from the account's quota.
func TestMassEndsOtherwise(t *testing.T) {
	w := newWriter(t)
	w.do("fan1", `{"text":"hi"}`)
	draft := w.draft("别人的文章")
	reprint := `{"mass":{"error":0,"fails":false,"reprints":[{"article_idx":1,"allowed":%v,"url":"https://a.example"}]}}`
	cases := []struct {
		rules, ignore, want, status, state string
	}{
		{`{"mass":{"error":20001}}`, "0", "err(20001) 1 0 0 0", "SEND_FAIL", "1"},
		{`{"mass":{"error":0,"fails":true}}`, "0", "send fail 1 0 0 0", "SEND_FAIL", "1"},
		{fmt.Sprintf(reprint, true), "0", "err(30003) 1 0 0 0", "SEND_FAIL", "2"},
		{fmt.Sprintf(reprint, false), "1", "err(30002) 1 0 0 0", "SEND_FAIL", "3"},
		{fmt.Sprintf(reprint, true), "1", "send success 1 1 1 0", "SEND_SUCCESS", "2"},
	}
	for i, c := range cases {
		w.control("POST", appID+"/rules", c.rules)
		body := `{"filter":{"is_to_all":true},"msgtype":"mpnews","mpnews":{"media_id":"` + draft + `"},"send_ignore_reprint":` + c.ignore + `,"clientmsgid":"` + fmt.Sprint("c", i) + `"}`
		id := w.want(w.post("message/mass/sendall", w.token, body), 0).text("msg_id")
		w.back.reply(nil)
		w.advance("1m")
		got := w.back.deliveries()
		if len(got) != 1 || massResult(got[0]) != c.want || got[0].field["CheckState"] != c.state {
			t.Fatalf("%s: %+v", c.rules, got)
		}
		if got := w.post("message/mass/get", w.token, `{"msg_id":`+id+`}`).text("msg_status"); got != c.status {
			t.Errorf("%s: %s", c.rules, got)
		}
	}
	if status, text := w.request("POST", "/sim/"+appID+"/rules", `{"mass":{"error":1}}`); status != 400 || !strings.Contains(text, "20001") {
		t.Error(status, text)
	}
	w.want(w.post("message/mass/sendall", w.token, massAll("m", "last")), 45028) // the one that succeeded
}

// TestMassProtected plays the administrator of an account whose sends to all have to be confirmed.
func TestMassProtected(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"text":"hi"}`)
	p.do("fan2", `{"text":"hi"}`)
	p.control("POST", appID+"/rules", `{"mass":{"protected":true}}`)
	confirm := func(id, accept string) int {
		status, _ := p.request("POST", "/sim/"+appID+"/mass/confirm", `{"msg_id":`+id+`,"accept":`+accept+`}`)
		return status
	}
	send := func(id string, code int) string {
		t.Helper()
		return p.want(p.post("message/mass/sendall", token, massAll("m", id)), code).text("msg_id")
	}
	refused := send("c1", 89505)
	if again := send("c1", 89504); again != refused {
		t.Errorf("msg_id %s, then %s", refused, again)
	}
	send("c2", 89504) // one after the other
	if got := p.post("message/mass/get", token, `{"msg_id":`+refused+`}`).text("msg_status"); got != "SENDING" {
		t.Error(got)
	}
	if status := confirm(refused, "false"); status != 200 {
		t.Fatal(status)
	}
	if status := confirm(refused, "true"); status != 409 {
		t.Error(status)
	}
	if d := cmp.Diff([]string{"err(40001) 2 0 0 0"}, p.results("1m")); d != "" {
		t.Error(d)
	}
	send("c3", 89505)
	if d := cmp.Diff([]string{}, p.results("29m")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"err(40002) 2 0 0 0"}, p.results("2m")); d != "" {
		t.Error(d)
	}
	accepted := send("c4", 89505)
	p.do("fan2", `{"unsubscribe":{}}`)
	confirm(accepted, "true")
	if d := cmp.Diff([]string{"send success 2 1 1 0"}, p.results("40m")); d != "" {
		t.Error(d)
	}
	send("c4", 45065)
	p.want(p.post("message/mass/send", token, massList("m", "c5", "fan1", "fan2")), 0) // only sends to all
	send("c6", 45028)
}

func TestMassPreview(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	p.do("fan1", `{"image":"IMG"}`)
	preview := func(to, kind, branch string) object {
		return p.post("message/mass/preview", token, `{`+to+`,"msgtype":"`+kind+`",`+branch+`}`)
	}
	text := `"text":{"content":"a"}`
	p.want(preview(`"touser":"nobody"`, "text", text), 40003)
	p.want(preview(`"towxname":"ann-wx"`, "text", text), 40132)
	p.control("POST", appID+"/rules", `{"wxnames":{"ann-wx":"fan1"}}`)
	p.want(preview(`"towxname":"ann-wx","touser":"nobody"`, "text", text), 0)
	p.want(preview(`"touser":"fan1"`, "image", `"image":{"media_id":"IMG"}`), 0)
	p.want(preview(`"touser":"fan1"`, "image", `"image":{"media_id":"unknown"}`), 40007)
	p.want(preview(`"touser":"fan1"`, "wxcard", `"wxcard":{}`), 45113)
	for range 94 {
		p.want(preview(`"touser":"fan1"`, "text", text), 0)
	}
	p.want(preview(`"touser":"fan1"`, "text", text), 45009)
	if n := len(p.inbox("fan1")); n != 96 {
		t.Errorf("%d items", n)
	}
}
