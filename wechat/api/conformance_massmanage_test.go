package api_test

import (
	"fmt"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

// massProtection are sends to all that the administrator has to confirm.
func massProtection() []row {
	held := func(w *world) {
		massFans(w)
		w.rules(`{"mass":{"protected":true}}`)
		doc, err := w.answer("POST", sendAllPath, `{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"hi"},"clientmsgid":"b-1"}`)
		w.same("held", 89505, codeOf(err))
		if _, err := fmt.Sscan(fmt.Sprint(doc["msg_id"]), &w.id); err != nil {
			w.Fatal(doc, err)
		}
	}
	confirm := func(accept bool) func(*world) {
		return func(w *world) {
			w.control("POST", w.app+"/mass/confirm", fmt.Sprintf(`{"msg_id":%d,"accept":%v}`, w.id, accept))
		}
	}
	same := func(w *world) error {
		again, err := w.c.MassToAll(w.Context(), hello(), "b-1")
		if err == nil {
			w.same("again", api.MassResult{MsgID: w.id, Duplicate: true}, again)
		}
		return err
	}
	return []row{
		{name: "the administrator is asked", arrange: both(massFans, ruled(`{"mass":{"protected":true}}`)), call: toAll(hello(), ""), code: 89505, check: nothingFor("oA")},
		{name: "its id is told beside the error", arrange: both(massFans, ruled(`{"mass":{"protected":true}}`)), code: 89504, call: func(w *world) error {
			first, err := w.c.MassToAll(w.Context(), hello(), "a-1")
			w.same("held", 89505, codeOf(err))
			again, err := w.c.MassToAll(w.Context(), hello(), "a-1")
			w.same("the send that waits", first, again)
			w.id = first.MsgID
			return err
		}, check: both(confirm(true), massResult("send success", 2, 2, 2, 0))},
		{name: "another while they are", arrange: held, call: toAll(textOf(1), ""), code: 89504, check: nothingFor("oA")},
		{name: "the same while they are", arrange: held, call: same, code: 89504, check: nothingFor("oA")},
		{name: "the same when they agreed", arrange: both(held, confirm(true)), call: same, check: both(receives(1), massResult("send success", 2, 2, 2, 0))},
		{name: "they refuse", arrange: both(held, confirm(false)), call: done, check: both(nothingFor("oA"), massResult("err(40001)", 2, 0, 0, 0))},
		{name: "they are silent for 30 minutes", arrange: later(held, "30m"), call: done, check: both(nothingFor("oA"), massResult("err(40002)", 2, 0, 0, 0))},
	}
}

// massChecks are sends of drafts whose articles are judged to be another account's.
func massChecks() []row {
	send := func(ignore bool) func(*world) error {
		return func(w *world) error {
			return toAll(wechat.Outgoing{Draft: w.draft("t"), IgnoreReprint: ignore}, "")(w)
		}
	}
	reprint := func(allowed bool) func(*world) {
		return both(massFans, ruled(fmt.Sprintf(`{"mass":{"reprints":[{"article_idx":1,"allowed":%v,"url":"https://example.com/original"}]}}`, allowed)))
	}
	failed := func(status string) func(*world) { return both(nothingFor("oA"), massResult(status, 2, 0, 0, 0)) }
	return []row{
		{name: "a reprint", by: byRule, arrange: reprint(true), call: send(false), check: failed("err(30003)")},
		{name: "a reprint, ignored", by: byRule, arrange: reprint(true), call: send(true), check: both(receives(1), massResult("send success", 2, 2, 2, 0))},
		{name: "a reprint that may not be", by: byRule, arrange: reprint(false), call: send(true), check: failed("err(30002)")},
	}
}

// previews show a mass send to one fan.
func previews() []row {
	to := func(fan string) func(*world) error {
		return func(w *world) error { return w.c.Preview(w.Context(), fan, hello()) }
	}
	named := func(name string) func(*world) error {
		return func(w *world) error { return w.c.PreviewByName(w.Context(), name, hello()) }
	}
	shows := func(kind string) func(*world) {
		return func(w *world) {
			w.Helper()
			got := w.last("oA")
			w.same("inbox", []string{"mass", kind, w.text}, []string{got.Kind, got.MsgType, got.MediaID})
		}
	}
	return []row{
		{name: "text", arrange: massFans, call: to("oA"), check: both(shows("text"), nothingFor("oB"))},
		{name: "by name", arrange: both(massFans, ruled(`{"wxnames":{"ann":"oA"}}`)), call: named("ann"), check: shows("text")},
		{
			name: "the name wins, raw", arrange: both(massFans, ruled(`{"wxnames":{"ann":"oA"}}`)), check: both(receives(1), nothingFor("oB")),
			call: post(previewPath, `{"touser":"oB","towxname":"ann","msgtype":"text","text":{"content":"hi"}}`),
		},
		{name: "the first of two pictures", arrange: massFans, check: shows("image"), call: func(w *world) error {
			w.text = w.media(api.MediaImage)
			return w.c.Preview(w.Context(), "oA", wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{w.text, "unknown"}}})
		}},
		{name: "a draft, which stays", arrange: massFans, check: shows("mpnews"), call: func(w *world) error {
			w.text = w.draft("t")
			w.must(w.c.Preview(w.Context(), "oA", wechat.Outgoing{Draft: w.text}))
			w.advance("1h")
			return w.c.Preview(w.Context(), "oA", wechat.Outgoing{Draft: w.text})
		}},
		{name: "takes nothing of the fan's four", arrange: before(massFans, times(5, to("oA"))), call: toAll(hello(), ""), check: receives(6)},
		{name: "a name that nobody has", call: named("ann"), code: 40132},
		{name: "not a fan", call: to("oNobody"), code: 40003},
		{name: "the fan has left", arrange: massFans, call: to("oGone"), code: 43004},
		{
			name: "the fan is on the blacklist", call: to("oA"), code: 43019,
			arrange: before(massFans, func(w *world) error { return w.c.BlacklistFans(w.Context(), []string{"oA"}) }),
		},
		{name: "media that never was", arrange: massFans, call: func(w *world) error { return w.c.Preview(w.Context(), "oA", wechat.Outgoing{Image: "unknown"}) }, code: 40007},
		{name: "another kind", call: func(w *world) error {
			return w.c.Preview(w.Context(), "oA", wechat.Outgoing{Menu: &wechat.ChoiceMenu{}})
		}, code: byClient},
		{name: "another kind, raw", arrange: massFans, call: post(previewPath, `{"touser":"oA","msgtype":"msgmenu","msgmenu":{}}`), code: 40008},
		{name: "a hundred a day", arrange: massFans, call: times(101, to("oA")), code: 45009, check: receives(100)},
	}
}

// massDeletions take articles and videos back that were sent.
func massDeletions() []row {
	sent := func(w *world) { // two articles
		massFans(w)
		w.must(toAll(wechat.Outgoing{Draft: w.draft("one", "two")}, "")(w))
		w.advance("10s")
	}
	remove := func(article int) func(*world) error {
		return func(w *world) error { return w.c.DeleteMass(w.Context(), w.id, article) }
	}
	pages := func(want ...bool) func(*world) { // which articles still have their page
		return func(w *world) {
			w.Helper()
			var got []bool
			for _, article := range w.last("oA").Articles {
				_, page := w.request("GET", strings.TrimPrefix(article.URL, w.server.URL), "")
				got = append(got, strings.Contains(page, "好"))
			}
			w.same("pages", want, got)
			w.same("the fan keeps the message", 1, len(w.inbox("oA")))
		}
	}
	status := func(want string) func(*world) { return func(w *world) { w.must(massStatus(want)(w)) } }
	video := func(w *world) {
		massFans(w)
		w.must(toAll(wechat.Outgoing{Video: &wechat.Video{MediaID: w.media(api.MediaVideo)}}, "")(w))
		w.advance("10s")
	}
	return []row{
		{name: "all", arrange: sent, call: remove(0), check: both(pages(false, false), status(api.MassDeleted))},
		{name: "the second", arrange: sent, call: remove(2), check: both(pages(true, false), status(api.MassSent))},
		{name: "one after the other", arrange: before(sent, remove(1)), call: remove(2), check: both(pages(false, false), status(api.MassDeleted))},
		{name: "by its address", arrange: sent, check: pages(true, false), call: func(w *world) error {
			return w.c.DeleteMassByURL(w.Context(), w.last("oA").Articles[1].URL, 0)
		}},
		{name: "a video", arrange: video, call: remove(0), check: status(api.MassDeleted)},
		{name: "an article that there is not", arrange: sent, call: remove(3), code: 40097, check: pages(true, true)},
		{name: "one that is on its way", arrange: before(massFans, func(w *world) error { return toAll(wechat.Outgoing{Draft: w.draft("t")}, "")(w) }), call: remove(0), code: 40059},
		{name: "a text", arrange: later(before(massFans, toAll(hello(), "")), "10s"), call: remove(0), code: 40059},
		{name: "none of this id", call: remove(0), code: 40059},
		{name: "none of this address", arrange: sent, call: func(w *world) error { return w.c.DeleteMassByURL(w.Context(), "https://example.com/", 0) }, code: 40059},
		{name: "ten a day", arrange: before(sent, times(10, remove(1))), call: remove(2), code: 45009, check: pages(false, true)},
	}
}

func setSpeed(speed int) func(*world) error {
	return func(w *world) error { return w.c.SetMassSpeed(w.Context(), speed) }
}

func speedIs(speed, perMinute int) func(*world) error {
	return func(w *world) error {
		gotSpeed, gotMinute, err := w.c.MassSpeed(w.Context())
		w.same("speed", [2]int{speed, perMinute}, [2]int{gotSpeed, gotMinute})
		return err
	}
}
