package api_test

import (
	"fmt"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
)

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
