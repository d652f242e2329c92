package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// writer is a platform with an account that has a cover in its library.
type writer struct {
	*platform
	token, cover string
}

func newWriter(t *testing.T) *writer {
	w := &writer{platform: start(t, simulator.Config{Start: noon})}
	w.token = w.platform.token()
	w.cover = w.want(w.upload("material/add_material?type=thumb", w.token, "cover.jpg", jpegFile), 0).text("media_id")
	return w
}

// draft adds a draft of articles with these titles and returns its media id.
func (w *writer) draft(titles ...string) string {
	w.t.Helper()
	var list []string
	for _, title := range titles {
		list = append(list, `{"title":"`+title+`","content":"<p>正文</p>","thumb_media_id":"`+w.cover+`"}`)
	}
	return w.want(w.post("draft/add", w.token, `{"articles":[`+strings.Join(list, ",")+`]}`), 0).text("media_id")
}

func TestArticleRules(t *testing.T) {
	w := newWriter(t)
	picture := w.want(w.upload("material/add_material?type=image", w.token, "a.png", pngFile), 0).text("media_id")
	temporary := w.want(w.upload("media/upload?type=image", w.token, "a.png", pngFile), 0).text("media_id")
	news := func(fields string) string {
		return `{"title":"标题","content":"<p>正文</p>","thumb_media_id":"` + w.cover + `"` + fields + `}`
	}
	newspic := func(list ...string) string {
		return `{"article_type":"newspic","title":"图","content":"字","image_info":{"image_list":[{"image_media_id":"` +
			strings.Join(list, `"},{"image_media_id":"`) + `"}]}}`
	}
	cases := []struct {
		articles string
		code     int
	}{
		{"", 44003},
		{news(""), 0},
		{strings.Repeat(news("")+",", 7) + news(""), 0},
		{strings.Repeat(news("")+",", 8) + news(""), 45008},
		{news(`,"article_type":"poem"`), 45162},
		{news(`,"title":""`), 40227},
		{news(`,"content":""`), 45166},
		{news(`,"content":"` + strings.Repeat("字", 19_999) + `"`), 0},
		{news(`,"content":"` + strings.Repeat("字", 20_000) + `"`), 45002},
		{news(`,"content_source_url":"example"`), 41039},
		{news(`,"thumb_media_id":""`), 40007},
		{news(`,"thumb_media_id":"` + picture + `"`), 0},
		{news(`,"thumb_media_id":"` + temporary + `"`), 40007},
		{newspic(picture), 0},
		{newspic(picture, temporary), 40007},
		{newspic(strings.Split(strings.Repeat(picture+",", 20)+picture, ",")...), 40215},
		{`{"article_type":"newspic","title":"图","content":"字"}`, 40215},
		{`{"article_type":"newspic","title":"图","content":""}`, 45166},
	}
	for i, c := range cases {
		t.Run(fmt.Sprint(i, " ", c.code), func(t *testing.T) {
			w.want(w.post("draft/add", w.token, `{"articles":[`+c.articles+`]}`), c.code)
		})
	}
}

func TestArticleIsCleaned(t *testing.T) {
	w := newWriter(t)
	own := w.want(w.upload("media/uploadimg", w.token, "a.png", pngFile), 0).text("url")
	content := `<p onclick=\"x()\">你好</p><script>alert(1)</script><img src=\"https://elsewhere.example/a.png\"/><img data-src=\"` + own + `\"/>`
	id := w.want(w.post("draft/add", w.token, `{"articles":[{"title":"t","content":"`+content+`","thumb_media_id":"`+w.cover+`"}]}`), 0).text("media_id")
	got := w.want(w.post("draft/get", w.token, `{"media_id":"`+id+`"}`), 0)["news_item"].([]any)[0].(map[string]any)
	if want := `<p>你好</p><img data-src="` + own + `"/>`; got["content"] != want {
		t.Errorf("content %s, want %s", got["content"], want)
	}
	if got["digest"] != "你好" || got["article_type"] != "news" {
		t.Error(got)
	}
	if _, page := w.download(fmt.Sprint(got["url"])); !strings.Contains(string(page), "<h1>t</h1>") {
		t.Errorf("%s", page)
	}
}

func TestDrafts(t *testing.T) {
	w := newWriter(t)
	first := w.draft("一", "二")
	w.advance("1s")
	second := w.draft("三")
	count := func(want string) {
		t.Helper()
		if got := w.want(w.api("GET", "draft/count?access_token="+w.token, ""), 0).text("total_count"); got != want {
			t.Errorf("%s drafts, want %s", got, want)
		}
	}
	count("2")
	list := w.want(w.post("draft/batchget", w.token, `{"offset":0,"count":1,"no_content":1}`), 0)
	item := list["item"].([]any)[0].(map[string]any)
	if list.text("total_count") != "2" || list.text("item_count") != "1" || item["media_id"] != second || strings.Contains(fmt.Sprint(item), "<p>") {
		t.Error(list)
	}
	update := func(index int, title string) object {
		return w.post("draft/update", w.token, fmt.Sprintf(`{"media_id":%q,"index":%d,"articles":{"title":%q,"content":"x","thumb_media_id":%q}}`, first, index, title, w.cover))
	}
	w.want(update(2, "三"), 40114)
	w.want(update(1, ""), 40227)
	w.want(update(1, "新二"), 0)
	if got := fmt.Sprint(w.post("draft/get", w.token, `{"media_id":"`+first+`"}`)); !strings.Contains(got, "title:一") || !strings.Contains(got, "title:新二") {
		t.Error(got)
	}
	w.want(w.post("draft/delete", w.token, `{"media_id":"`+first+`"}`), 0)
	w.want(w.post("draft/delete", w.token, `{"media_id":"`+first+`"}`), 40007)
	w.want(w.post("draft/get", w.token, `{"media_id":"`+first+`"}`), 40007)
	w.want(w.post("draft/get", w.token, `{}`), 41006)
	count("1")
	if o := w.want(w.post("draft/switch", w.token+"&checkonly=1", ""), 0); o.text("is_open") != "1" {
		t.Error(o)
	}
}

func TestPublish(t *testing.T) {
	w := newWriter(t)
	draft := w.draft("一", "二")
	w.want(w.post("freepublish/submit", w.token, `{"media_id":"made-up"}`), 40007)
	sent := w.want(w.post("freepublish/submit", w.token, `{"media_id":"`+draft+`"}`), 0)
	id := sent.text("publish_id")
	status := func(want string) object {
		t.Helper()
		o := w.want(w.post("freepublish/get", w.token, `{"publish_id":"`+id+`"}`), 0)
		if o.text("publish_status") != want {
			t.Errorf("status %v, want %s", o, want)
		}
		return o
	}
	status("1")
	w.advance("10s")
	done := status("0")
	event := w.back.deliveries()[0]
	if event.field["Event"] != "PUBLISHJOBFINISH" || event.field["publish_id"] != id || event.field["publish_status"] != "0" ||
		event.field["article_id"] != done.text("article_id") || event.field["count"] != "2" || event.field["idx"] != "2" {
		t.Error(event.doc)
	}
	w.want(w.post("draft/get", w.token, `{"media_id":"`+draft+`"}`), 40007) // it left the box
	if _, page := w.download(event.field["article_url"]); !strings.Contains(string(page), "<h1>二</h1>") {
		t.Errorf("%s", page)
	}
	article := `{"article_id":"` + done.text("article_id") + `"`
	if o := w.want(w.post("freepublish/batchget", w.token, `{"offset":0,"count":20}`), 0); o.text("total_count") != "1" || !strings.Contains(o.text("item"), "title:一") {
		t.Error(o)
	}
	w.want(w.post("freepublish/delete", w.token, article+`,"index":3}`), 40114)
	w.want(w.post("freepublish/delete", w.token, article+`,"index":2}`), 0)
	if o := w.want(w.post("freepublish/getarticle", w.token, article+`}`), 0); strings.Count(fmt.Sprint(o), "is_deleted:true") != 1 {
		t.Error(o)
	}
	status("0")
	w.want(w.post("freepublish/delete", w.token, article+`}`), 0)
	status("5")
	w.want(w.post("freepublish/getarticle", w.token, `{"article_id":"made-up"}`), 53600)
	if o := w.want(w.post("freepublish/batchget", w.token, `{"offset":0,"count":20}`), 0); o.text("total_count") != "0" {
		t.Error(o)
	}
}

func TestPublishEndsOtherwise(t *testing.T) {
	w := newWriter(t)
	draft := w.draft("一", "二")
	w.control("POST", appID+"/publishing", `{"status":4}`)
	w.control("POST", appID+"/faults", `{"on":"api","path":"/cgi-bin/freepublish/submit","errcode":53503}`)
	w.want(w.post("freepublish/submit", w.token, `{"media_id":"`+draft+`"}`), 53503)
	id := w.want(w.post("freepublish/submit", w.token, `{"media_id":"`+draft+`"}`), 0).text("publish_id")
	w.advance("10s")
	event := w.back.deliveries()[0]
	if event.field["publish_status"] != "4" || event.field["article_id"] != "" || strings.Count(event.doc, "<fail_idx>") != 2 {
		t.Error(event.doc)
	}
	if o := w.post("freepublish/get", w.token, `{"publish_id":`+id+`}`); o.text("publish_status") != "4" || fmt.Sprint(o["fail_idx"]) != "[1 2]" {
		t.Error(o)
	}
	w.want(w.post("draft/get", w.token, `{"media_id":"`+draft+`"}`), 0) // it stayed
	if status, text := w.request("POST", "/sim/"+appID+"/publishing", `{"status":0}`); status != 400 {
		t.Error(status, text)
	}
}

func TestPublishingRights(t *testing.T) {
	a := service()
	a.Verified = false
	p := start(t, simulator.Config{Accounts: []simulator.Account{a}})
	token := p.token()
	for _, path := range []string{"freepublish/submit", "freepublish/get", "draft/add", "material/batchget_material"} {
		p.want(p.post(path, token, `{}`), 48001)
	}
}

func TestContentQuotas(t *testing.T) {
	daily := map[string]string{
		"/cgi-bin/media/upload": "100000", "/cgi-bin/media/get": "200000",
		"/cgi-bin/draft/add": "1000", "/cgi-bin/draft/get": "500", "/cgi-bin/draft/delete": "1000", "/cgi-bin/draft/update": "1000",
		"/cgi-bin/draft/count": "1000", "/cgi-bin/draft/batchget": "1000",
		"/cgi-bin/freepublish/submit": "100", "/cgi-bin/freepublish/get": "100", "/cgi-bin/freepublish/delete": "10",
		"/cgi-bin/freepublish/getarticle": "100", "/cgi-bin/freepublish/batchget": "100",
	}
	w := newWriter(t)
	for path, want := range daily {
		q := w.want(w.post("openapi/quota/get", w.token, `{"cgi_path":"`+path+`"}`), 0)["quota"].(map[string]any)
		if got := fmt.Sprint(q["daily_limit"]); got != want {
			t.Errorf("%s: %s a day, want %s", path, got, want)
		}
	}
	for range 10 {
		w.want(w.post("freepublish/delete", w.token, `{"article_id":"made-up"}`), 53600)
	}
	w.want(w.post("freepublish/delete", w.token, `{"article_id":"made-up"}`), 45009)
}
