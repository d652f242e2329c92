package api_test

import (
	"fmt"
	"slices"
	"strings"

	"fanflow/wechat/api"
)

// articleTable are drafts and publishing.
func articleTable() []served { return slices.Concat(draftTable(), publishTable()) }

// news is an article whose cover is the picture in text, which is made if there is none.
func (w *world) news(title string) api.Article {
	w.Helper()
	if w.text == "" {
		w.text = w.material(api.MediaImage, "cover.png", pngFile)
	}
	return api.Article{Type: api.ArticleNews, Title: title, Content: "<p>" + title + " 好 & 好</p>", ThumbMediaID: w.text}
}

// published publishes articles with these titles and returns their article id.
func (w *world) published(titles ...string) string {
	w.Helper()
	p, err := w.c.Publish(w.Context(), w.draft(titles...))
	w.must(err)
	w.advance("10s")
	status, err := w.c.PublishStatus(w.Context(), p.ID)
	w.must(err)
	return status.ArticleID
}

// titles are those of articles.
func titles(list []api.ArticleInfo) []string {
	names := []string{}
	for _, a := range list {
		names = append(names, a.Title)
	}
	return names
}

// mistakenArticles are the rows of articles that the platform does not take. call sends one by the client; path and in are those of
// the call without it, with %s for the article.
func mistakenArticles(path, in string, arrange func(*world), call func(*world, api.Article) error) []row {
	ready := func(w *world) {
		w.news("cover")
		arrange(w)
	}
	changed := func(change func(*api.Article)) (client, raw func(*world) error) {
		made := func(w *world) api.Article {
			a := w.news("t")
			change(&a)
			return a
		}
		client = func(w *world) error { return call(w, made(w)) }
		raw = func(w *world) error {
			body := strings.ReplaceAll(in, "%s", doc(made(w)))
			return w.raw("POST", path, strings.ReplaceAll(body, "%id", w.draftID()))
		}
		return client, raw
	}
	var rows []row
	for _, m := range []struct {
		name   string
		code   int
		sent   bool // by the client, too
		change func(*api.Article)
	}{
		{"no title", 40227, false, func(a *api.Article) { a.Title = "" }},
		{"no content", 45166, false, func(a *api.Article) { a.Content = "" }},
		{"pictures without a text", 45166, false, func(a *api.Article) { *a = pictures(1); a.Content = "" }},
		{"20,000 characters", 45002, false, func(a *api.Article) { a.Content = strings.Repeat("好", 20_000) }},
		{"an unknown type", 45162, false, func(a *api.Article) { a.Type = "film" }},
		{"21 pictures", 40215, false, func(a *api.Article) { *a = pictures(21) }},
		{"a source that is no address", 41039, true, func(a *api.Article) { a.SourceURL = "javascript:x" }},
		{"a cover that never was", 40007, true, func(a *api.Article) { a.ThumbMediaID = "M1" }},
		{"a picture that never was", 40007, true, func(a *api.Article) { *a = pictures(1) }},
	} {
		client, raw := changed(m.change)
		if m.sent {
			rows = append(rows, row{name: m.name, code: m.code, arrange: ready, call: client})
			continue
		}
		rows = append(rows, twice(m.name, m.code, ready, client, raw)...)
	}
	good, _ := changed(func(*api.Article) {})
	for _, r := range faults(path, good, 53404, 53405, 53406) {
		fault := r.arrange
		r.arrange = func(w *world) {
			ready(w)
			fault(w)
		}
		rows = append(rows, r)
	}
	return rows
}

// mistakenArticleCodes are their codes.
var mistakenArticleCodes = []int{40007, 40215, 40227, 41039, 45002, 45162, 45166, 53404, 53405, 53406}

// draftID is the media id of the only draft, "" if there is none.
func (w *world) draftID() string {
	w.Helper()
	for id := range w.books("draft") {
		return id
	}
	return ""
}

// oneDraft makes a draft of two articles.
func oneDraft(w *world) { w.draft("一", "二") }

func draftTable() []served {
	const add, look, update = "/cgi-bin/draft/add", "/cgi-bin/draft/get", "/cgi-bin/draft/update"
	adding := func(w *world, articles ...api.Article) error {
		_, err := w.c.AddDraft(w.Context(), articles)
		return err
	}
	asking := func(id string) func(*world) error {
		return func(w *world) error { _, err := w.c.Draft(w.Context(), id); return err }
	}
	return []served{
		{
			path: add, method: "POST", who: verified, daily: 1000, codes: append([]int{44003, 45008}, mistakenArticleCodes...),
			rows: slices.Concat([]row{
				{name: "an article and pictures", call: func(w *world) error {
					inline, err := w.c.UploadImage(w.Context(), file("a.png", pngFile))
					w.must(err)
					first, second := fullArticle(), pictures(20)
					first.ThumbMediaID = w.news("").ThumbMediaID
					first.Content = `<p onclick="x()">好 & 好</p><script>x</script><img src="` + inline + `"><img src="https://example.com/a.png">`
					for i := range second.ImageInfo.Images {
						second.ImageInfo.Images[i].MediaID = w.text
					}
					id, err := w.c.AddDraft(w.Context(), []api.Article{first, second})
					w.must(err)
					got, err := w.c.Draft(w.Context(), id)
					first.Content = `<p>好 & 好</p><img src="` + inline + `">` // without scripts and others' pictures
					w.same("articles", []api.Article{first, second}, []api.Article{got[0].Article, got[1].Article})
					status, page := w.request("GET", strings.TrimPrefix(got[0].URL, w.server.URL), "")
					if status != 200 || !strings.Contains(page, "标题") {
						w.Errorf("the draft's page: %d %s", status, page)
					}
					return err
				}},
				{name: "a digest of its own", call: func(w *world) error {
					a := w.news("t")
					a.Content = "<p>" + strings.Repeat("好", 60) + "</p>"
					id, err := w.c.AddDraft(w.Context(), []api.Article{a})
					w.must(err)
					got, err := w.c.Draft(w.Context(), id)
					w.same("digest", strings.Repeat("好", 54), got[0].Digest)
					return err
				}},
				{name: "nine articles", code: 45008, call: func(w *world) error {
					var list []api.Article
					for i := range 9 {
						list = append(list, w.news(fmt.Sprint(i)))
					}
					return adding(w, list...)
				}, check: func(w *world) { w.same("books", 0, len(w.books("draft"))) }},
			}, twice("no article", 44003, nil, func(w *world) error { return adding(w) }, post(add, `{"articles":[]}`)),
				mistakenArticles(add, `{"articles":[%s]}`, func(*world) {}, func(w *world, a api.Article) error { return adding(w, a) })),
		},
		{
			path: look, method: "POST", who: verified, daily: 500, codes: []int{40007, 41006},
			rows: slices.Concat([]row{
				{name: "two articles", arrange: oneDraft, call: func(w *world) error {
					got, err := w.c.Draft(w.Context(), w.draftID())
					w.same("titles", []string{"一", "二"}, titles(got))
					return err
				}},
				{name: "what never was", code: 40007, call: asking("M1")},
				{name: "what is published", code: 40007, call: func(w *world) error {
					id := w.draft("一")
					_, err := w.c.Publish(w.Context(), id)
					w.must(err)
					w.must(asking(id)(w)) // until it is
					w.advance("10s")
					return asking(id)(w)
				}},
			}, twice("no media id", 41006, nil, asking(""), post(look, `{"media_id":""}`))),
		},
		{
			path: update, method: "POST", who: verified, daily: 1000, codes: append([]int{40114}, mistakenArticleCodes...),
			rows: slices.Concat([]row{
				{name: "the second article", arrange: oneDraft, call: func(w *world) error { return w.c.UpdateDraft(w.Context(), w.draftID(), 1, w.news("三")) }, check: func(w *world) {
					got, err := w.c.Draft(w.Context(), w.draftID())
					w.must(err)
					w.same("titles", []string{"一", "三"}, titles(got))
				}},
				{name: "the third article of two", code: 40114, arrange: oneDraft, call: func(w *world) error { return w.c.UpdateDraft(w.Context(), w.draftID(), 2, w.news("三")) }},
				{name: "what never was", code: 40007, call: func(w *world) error { return w.c.UpdateDraft(w.Context(), "M1", 0, w.news("三")) }},
			}, twice("an index below 0", 40114, oneDraft, func(w *world) error { return w.c.UpdateDraft(w.Context(), w.draftID(), -1, w.news("三")) },
				func(w *world) error {
					return w.raw("POST", update, `{"media_id":"`+w.draftID()+`","index":-1,"articles":`+doc(w.news("三"))+`}`)
				}),
				mistakenArticles(update, `{"media_id":"%id","index":0,"articles":%s}`, oneDraft, func(w *world, a api.Article) error {
					return w.c.UpdateDraft(w.Context(), w.draftID(), 0, a)
				})),
		},
		{
			path: "/cgi-bin/draft/delete", method: "POST", who: verified, daily: 1000, codes: []int{40007},
			rows: []row{
				{name: "a draft", arrange: oneDraft, call: func(w *world) error { return w.c.DeleteDraft(w.Context(), w.draftID()) }, check: func(w *world) {
					w.same("books", 0, len(w.books("draft")))
				}},
				{name: "what never was", code: 40007, call: func(w *world) error { return w.c.DeleteDraft(w.Context(), "M1") }},
			},
		},
		{
			path: "/cgi-bin/draft/count", method: "GET", who: verified, daily: 1000,
			rows: []row{{name: "two", arrange: func(w *world) { oneDraft(w); oneDraft(w) }, call: func(w *world) error {
				n, err := w.c.CountDrafts(w.Context())
				w.same("count", len(w.books("draft")), n)
				w.same("books", 2, n)
				return err
			}}},
		},
		{
			path: "/cgi-bin/draft/batchget", method: "POST", who: verified, daily: 1000, codes: []int{40097},
			rows: slices.Concat([]row{{name: "the last changed first, without contents", arrange: func(w *world) {
				for _, title := range []string{"一", "二", "三"} {
					w.draft(title)
					w.advance("1m")
				}
			}, call: func(w *world) error {
				page, err := w.c.Drafts(w.Context(), 1, 20, true)
				w.same("total", 3, page.Total)
				w.same("titles", [][]string{{"二"}, {"一"}}, [][]string{titles(page.Items[0].Articles), titles(page.Items[1].Articles)})
				for _, item := range page.Items {
					w.same("content", "", item.Articles[0].Content)
					w.same("time", w.moment(w.books("draft")[item.MediaID]["updated"]), item.UpdatedAt)
				}
				return err
			}}}, partsOf("/cgi-bin/draft/batchget", func(w *world, offset, count int) error {
				_, err := w.c.Drafts(w.Context(), offset, count, false)
				return err
			})),
		},
		{
			path: "/cgi-bin/draft/switch", method: "POST", who: verified,
			rows: []row{
				{name: "asked", call: func(w *world) error {
					open, err := w.c.DraftsOpen(w.Context())
					w.same("open", true, open)
					return err
				}},
				{name: "opened, with an answer that says no more", call: func(w *world) error {
					answer, err := w.answer("POST", "/cgi-bin/draft/switch", "")
					w.must(err)
					w.same("is_open", nil, answer["is_open"])
					open, err := w.c.OpenDrafts(w.Context())
					w.same("open", true, open)
					return err
				}},
			},
		},
	}
}

// partsOf are the rows of a list of which no such part can be asked for.
func partsOf(path string, call func(w *world, offset, count int) error) []row {
	var rows []row
	for name, part := range map[string][2]int{"21 of them": {0, 21}, "none of them": {0, 0}, "from before the first": {-1, 1}} {
		rows = append(rows, twice(name, 40097, nil, func(w *world) error { return call(w, part[0], part[1]) },
			post(path, fmt.Sprintf(`{"offset":%d,"count":%d}`, part[0], part[1])))...)
	}
	return rows
}

func publishTable() []served {
	const submit = "/cgi-bin/freepublish/submit"
	publishing := func(w *world) error { _, err := w.c.Publish(w.Context(), or(w.draftID(), "M1")); return err }
	started := func(w *world) {
		p, err := w.c.Publish(w.Context(), w.draft("一", "二"))
		w.must(err)
		w.text = p.ID
	}
	status := func(want api.PublishStatus) func(*world) error { // without ids and addresses
		return func(w *world) error {
			got, err := w.c.PublishStatus(w.Context(), w.text)
			w.same("id", w.text, got.ID)
			w.same("articles", len(want.Articles), len(got.Articles))
			w.same("state", []any{want.State, want.Failed}, []any{got.State, got.Failed})
			w.same("article id", want.State == api.PublishDone || want.State == api.PublishDeletedByOwner, got.ArticleID != "")
			return err
		}
	}
	ended := func(body string) func(*world) {
		return func(w *world) {
			w.control("POST", w.app+"/publishing", body)
			started(w)
			w.advance("10s")
		}
	}
	both := []int{1, 2}
	return []served{
		{
			path: submit, method: "POST", who: verified, daily: 100, codes: []int{40007, 41006, 53503, 53504, 53505},
			rows: slices.Concat([]row{
				{name: "two articles", arrange: oneDraft, call: func(w *world) error {
					p, err := w.c.Publish(w.Context(), w.draftID())
					made := w.books("publishing")[p.ID]
					w.same("books", fmt.Sprint(int(api.PublishRunning), " ", p.MsgDataID), fmt.Sprint(made["status"], " ", made["msg_data_id"]))
					return err
				}, check: func(w *world) {
					w.advance("10s")
					w.same("articles", 1, len(w.books("article")))
					w.same("drafts", 0, len(w.books("draft")))
					w.same("pushes", 1, len(w.pushes("PUBLISHJOBFINISH")))
					w.same("what fans received", 0, len(w.books("item")))
				}},
				{name: "what never was", code: 40007, call: publishing},
			}, twice("no media id", 41006, nil, func(w *world) error { _, err := w.c.Publish(w.Context(), ""); return err }, post(submit, `{"media_id":""}`)),
				faults(submit, publishing, 53503, 53504, 53505)),
		},
		{
			path: "/cgi-bin/freepublish/get", method: "POST", who: verified, daily: 100, codes: []int{40097},
			rows: []row{
				{name: "running", arrange: started, call: status(api.PublishStatus{State: api.PublishRunning, Failed: []int{}})},
				{name: "done", arrange: func(w *world) { started(w); w.advance("10s") }, call: status(api.PublishStatus{Failed: []int{}, Articles: make([]api.PublishedURL, 2)})},
				{name: "not original", arrange: ended(`{"status":2}`), call: status(api.PublishStatus{State: api.PublishNotOriginal, Failed: both})},
				{name: "failed", arrange: ended(`{"status":3}`), call: status(api.PublishStatus{State: api.PublishFailed, Failed: both})},
				{name: "refused", arrange: ended(`{"status":4}`), call: status(api.PublishStatus{State: api.PublishRefused, Failed: both})},
				{name: "deleted", arrange: func(w *world) {
					started(w)
					w.advance("10s")
					got, err := w.c.PublishStatus(w.Context(), w.text)
					w.must(err)
					w.must(w.c.DeletePublished(w.Context(), got.ArticleID, 0))
				}, call: status(api.PublishStatus{State: api.PublishDeletedByOwner, Failed: []int{}, Articles: make([]api.PublishedURL, 2)})},
				{name: "what never was", code: 40097, call: func(w *world) error { _, err := w.c.PublishStatus(w.Context(), "1"); return err }},
			},
		},
		deletePublished(),
		{
			path: "/cgi-bin/freepublish/getarticle", method: "POST", who: verified, daily: 100, codes: []int{53600},
			rows: []row{
				{name: "two articles", call: func(w *world) error {
					got, err := w.c.PublishedArticles(w.Context(), w.published("一", "二"))
					w.same("titles", []string{"一", "二"}, titles(got))
					status, page := w.request("GET", strings.TrimPrefix(got[1].URL, w.server.URL), "")
					if status != 200 || !strings.Contains(page, "<h1>二</h1><p>好</p>") || bool(got[0].Deleted) {
						w.Errorf("%d %s %+v", status, page, got[0])
					}
					return err
				}},
				{name: "what never was", code: 53600, call: func(w *world) error { _, err := w.c.PublishedArticles(w.Context(), "A1"); return err }},
			},
		},
		{
			path: "/cgi-bin/freepublish/batchget", method: "POST", who: verified, daily: 100, codes: []int{40097},
			rows: slices.Concat([]row{{name: "the newest first, without what is deleted and was mass-sent", call: func(w *world) error {
				w.published("一")
				gone := w.published("二")
				w.published("三")
				w.must(w.c.DeletePublished(w.Context(), gone, 0))
				w.follow("oA", "oB")
				w.massSent("四")
				page, err := w.c.Published(w.Context(), 0, 20, true)
				w.same("total", 2, page.Total)
				w.same("titles", [][]string{{"三"}, {"一"}}, [][]string{titles(page.Items[0].Articles), titles(page.Items[1].Articles)})
				w.same("content", "", page.Items[0].Articles[0].Content)
				w.same("time", w.moment(w.books("article")[page.Items[0].ArticleID]["made"]), page.Items[0].UpdatedAt)
				return err
			}}}, partsOf("/cgi-bin/freepublish/batchget", func(w *world, offset, count int) error {
				_, err := w.c.Published(w.Context(), offset, count, false)
				return err
			})),
		},
	}
}

// massSent sends articles with these titles to all.
func (w *world) massSent(titles ...string) {
	w.Helper()
	_, err := w.answer("POST", "/cgi-bin/message/mass/sendall", `{"filter":{"is_to_all":true},"msgtype":"mpnews","mpnews":{"media_id":`+doc(w.draft(titles...))+`}}`)
	w.must(err)
	w.advance("1m")
}

func deletePublished() served {
	const path = "/cgi-bin/freepublish/delete"
	deleted := func(w *world, id string) []bool {
		w.Helper()
		got, err := w.c.PublishedArticles(w.Context(), id)
		w.must(err)
		return []bool{bool(got[0].Deleted), bool(got[1].Deleted)}
	}
	deleting := func(index int, want ...bool) func(*world) error {
		return func(w *world) error {
			id := w.published("一", "二")
			err := w.c.DeletePublished(w.Context(), id, index)
			if want != nil {
				w.same("deleted", want, deleted(w, id))
			}
			return err
		}
	}
	return served{
		path: path, method: "POST", who: verified, daily: 10, codes: []int{40114, 45009, 53600},
		rows: slices.Concat([]row{
			{name: "the second article", call: deleting(2, false, true)},
			{name: "all", call: deleting(0, true, true)},
			{name: "the third article of two", code: 40114, call: deleting(3, false, false)},
			{name: "what never was", code: 53600, call: func(w *world) error { return w.c.DeletePublished(w.Context(), "A1", 0) }},
			{name: "ten a day", code: 45009, arrange: func(w *world) {
				for range 10 {
					_ = w.c.DeletePublished(w.Context(), "A1", 0) // counts all the same
				}
			}, call: deleting(0, false, false), check: func(w *world) { w.same("quota", int64(0), w.quota(path).Remain) }},
		}, twice("an index below 0", 40114, nil, deleting(-1), func(w *world) error {
			return w.raw("POST", path, `{"article_id":"`+w.published("一")+`","index":-1}`)
		})),
	}
}
