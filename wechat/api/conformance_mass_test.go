package api_test

import (
	"fmt"
	"slices"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const (
	sendAllPath  = "/cgi-bin/message/mass/sendall"
	sendListPath = "/cgi-bin/message/mass/send"
	previewPath  = "/cgi-bin/message/mass/preview"
	deletePath   = "/cgi-bin/message/mass/delete"
)

// massTable are mass sends.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends and the pages under …/api/message/mass
func massTable() []served {
	common := []int{
		45028, 45065, 45066, 45067, 40008, 45162, 45052, 48008, 40007, 46003, 40215, 41040, 40155, 48021, 48022, 48013, 48014, 45062, 45113,
		48003, 48004, 45009, 45011, 40213, 40214, 44004, 45002, -1,
	}
	return []served{
		{
			path: sendAllPath, method: "POST", who: verified, daily: 100,
			codes: append([]int{40152, 45159, 89504, 89505}, common...),
			rows:  slices.Concat(massKinds(), massQuotas(), massProtection(), massChecks(), massErrors(sendAllPath, toAll), massToTags()),
		},
		{
			path: sendListPath, method: "POST", who: verifiedShop, daily: 100,
			codes: append([]int{40130, 40032, 40031}, common...),
			rows:  slices.Concat(massLists(), massErrors(sendListPath, toList)),
		},
		{
			path: previewPath, method: "POST", who: verified, daily: 100, codes: []int{40132, 40003, 43004, 43019, 40007, 40008, 45009},
			rows: previews(),
		},
		{path: "/cgi-bin/message/mass/get", method: "POST", who: verified, codes: []int{40059}, rows: []row{
			{name: "on its way", arrange: before(massFans, toAll(hello(), "")), call: massStatus(api.MassSending)},
			{name: "sent", arrange: later(before(massFans, toAll(hello(), "")), "10s"), call: massStatus(api.MassSent)},
			{name: "failed", arrange: later(before(both(massFans, ruled(`{"mass":{"fails":true}}`)), toAll(hello(), "")), "10s"), call: massStatus(api.MassFailed)},
			{name: "none of this id", call: massStatus(""), code: 40059},
		}},
		{path: deletePath, method: "POST", who: verified, daily: 10, codes: []int{40059, 45009}, rows: massDeletions()},
		{path: "/cgi-bin/message/mass/speed/get", method: "POST", who: verified, rows: []row{{name: "at first", call: speedIs(0, 80)}}},
		{path: "/cgi-bin/message/mass/speed/set", method: "POST", who: verified, codes: []int{45083, 45084}, rows: []row{
			{name: "1", call: setSpeed(1), check: func(w *world) { w.must(speedIs(1, 60)(w)) }},
			{name: "2", call: setSpeed(2), check: func(w *world) { w.must(speedIs(2, 45)(w)) }},
			{name: "3", call: setSpeed(3), check: func(w *world) { w.must(speedIs(3, 30)(w)) }},
			{name: "4", call: setSpeed(4), check: func(w *world) { w.must(speedIs(4, 10)(w)) }},
			{name: "5", call: setSpeed(5), code: 45083, check: func(w *world) { w.must(speedIs(0, 80)(w)) }},
			{name: "below 0", call: setSpeed(-1), code: 45083},
			{name: "none, raw", call: post("/cgi-bin/message/mass/speed/set", `{}`), code: 45084},
		}},
	}
}

// massFans are oA and oB, who follow, and oGone, who has left.
func massFans(w *world) {
	w.Helper()
	w.follow("oA", "oB", "oGone")
	w.do("oGone", `{"unsubscribe":{}}`)
}

// keep leaves the msg_id of a mass send in w.id.
func (w *world) keep(sent api.MassResult, err error) error {
	w.Helper()
	if err == nil {
		if sent.MsgID == 0 || sent.Duplicate {
			w.Errorf("sent as %+v", sent)
		}
		w.id = sent.MsgID
	}
	return err
}

func toAll(m wechat.Outgoing, clientMsgID string) func(*world) error {
	return func(w *world) error { return w.keep(w.c.MassToAll(w.Context(), m, clientMsgID)) }
}

func toList(m wechat.Outgoing, clientMsgID string) func(*world) error {
	return func(w *world) error {
		return w.keep(w.c.MassByOpenIDs(w.Context(), []string{"oA", "oB"}, m, clientMsgID))
	}
}

// text is a text of its own: an equal one is taken for the same mass send.
func textOf(n int) wechat.Outgoing { return wechat.Outgoing{Text: fmt.Sprint("text ", n)} }

// texts are sends of different texts, so many times.
func texts(n int, send func(wechat.Outgoing, string) func(*world) error) func(*world) error {
	i := 0
	return times(n, func(w *world) error {
		i++
		return send(textOf(i), "")(w)
	})
}

// massResult moves the clock to the end of the newest send and compares the event: its Status, and fans in range, after filters,
// reached, failed.
func massResult(status string, total, filtered, sent, failed int) func(*world) {
	return func(w *world) {
		w.Helper()
		w.advance("10s")
		all := w.pushes("MASSSENDJOBFINISH")
		if len(all) == 0 {
			w.Fatal("no result was pushed")
		}
		for _, part := range []string{
			fmt.Sprintf("<MsgID>%d</MsgID>", w.id), "<Status><![CDATA[" + status + "]]></Status>", fmt.Sprintf("<TotalCount>%d</TotalCount>", total),
			fmt.Sprintf("<FilterCount>%d</FilterCount>", filtered), fmt.Sprintf("<SentCount>%d</SentCount>", sent), fmt.Sprintf("<ErrorCount>%d</ErrorCount>", failed),
		} {
			if !strings.Contains(all[len(all)-1], part) {
				w.Errorf("pushed %s, want %s", all[len(all)-1], part)
			}
		}
	}
}

func massStatus(want string) func(*world) error {
	return func(w *world) error {
		got, err := w.c.MassStatus(w.Context(), w.id)
		w.same("status", want, got)
		return err
	}
}

// massKinds are good sends of every kind.
func massKinds() []row {
	kind := func(name, kind string, m func(*world) wechat.Outgoing) row {
		return row{
			name: name, arrange: massFans, call: func(w *world) error { return toAll(m(w), "")(w) },
			check: func(w *world) {
				got := w.last("oB")
				w.same("inbox", fmt.Sprintln("mass", kind, w.text, w.id), fmt.Sprintln(got.Kind, got.MsgType, got.MediaID, got.MsgID))
				massResult("send success", 2, 2, 2, 0)(w)
				nothingFor("oGone")(w)
				w.must(massStatus(api.MassSent)(w))
			},
		}
	}
	mediaOf := func(kind api.MediaType, m func(id string) wechat.Outgoing) func(*world) wechat.Outgoing {
		return func(w *world) wechat.Outgoing {
			w.text = w.media(kind)
			return m(w.text)
		}
	}
	return []row{
		kind("text", "text", func(*world) wechat.Outgoing { return hello() }),
		kind("image", "image", mediaOf(api.MediaImage, func(id string) wechat.Outgoing { return wechat.Outgoing{Image: id} })),
		kind("images", "image", mediaOf(api.MediaImage, func(id string) wechat.Outgoing {
			return wechat.Outgoing{Images: &wechat.Images{MediaIDs: []string{id, id}, Recommend: "r", Title: "t", NeedOpenComment: true}}
		})),
		kind("voice", "voice", mediaOf(api.MediaVoice, func(id string) wechat.Outgoing { return wechat.Outgoing{Voice: id} })),
		kind("video", "mpvideo", mediaOf(api.MediaVideo, func(id string) wechat.Outgoing {
			return wechat.Outgoing{Video: &wechat.Video{MediaID: id, Title: "t", Description: "d"}}
		})),
		{
			name: "a draft", arrange: massFans,
			call: func(w *world) error {
				w.text = w.draft("one", "two")
				sent, err := w.c.MassToAll(w.Context(), wechat.Outgoing{Draft: w.text}, "")
				if sent.MsgDataID == 0 || sent.MsgDataID == sent.MsgID {
					w.Errorf("sent as %+v, want a msg_data_id", sent)
				}
				return w.keep(sent, err)
			},
			check: func(w *world) {
				articles := w.last("oA").Articles
				w.same("titles", [2]string{"one", "two"}, [2]string{articles[0].Title, articles[1].Title})
				massResult("send success", 2, 2, 2, 0)(w)
				w.same("addresses told", 1, len(w.pushes("<ArticleUrl><![CDATA["+articles[1].URL+"]]>")))
				_, err := w.c.Draft(w.Context(), w.text) // it left the draft box
				w.same("the draft", 40007, codeOf(err))
			},
		},
		{name: "a fan has switched messages off", arrange: both(massFans, acted(`{"block":true}`)), call: toAll(hello(), ""), check: both(nothingFor("oA"), massResult("send success", 2, 2, 1, 1))},
		{
			name: "a fan is on the blacklist", call: toAll(hello(), ""), check: nothingFor("oA"),
			arrange: before(massFans, func(w *world) error { return w.c.BlacklistFans(w.Context(), []string{"oA"}) }),
		},
		{
			name: "the same clientmsgid", arrange: before(massFans, toAll(hello(), "b-1")), check: receives(1),
			call: func(w *world) error {
				w.advance("23h")
				again, err := w.c.MassToAll(w.Context(), hello(), "b-1")
				w.same("again", api.MassResult{MsgID: w.id, Duplicate: true}, again)
				return err
			},
		},
		{name: "the same clientmsgid, raw", arrange: before(massFans, toAll(hello(), "b-1")), code: 45065, check: receives(1), call: func(w *world) error {
			doc, err := w.answer("POST", sendAllPath, `{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"other"},"clientmsgid":"b-1"}`)
			w.same("msg_id", fmt.Sprint(w.id), fmt.Sprint(doc["msg_id"]))
			return err
		}},
		{name: "the same clientmsgid the next day", arrange: later(before(massFans, toAll(hello(), "b-1")), "24h"), call: toAll(hello(), "b-1"), check: receives(2)},
		{name: "the same without a clientmsgid", arrange: before(massFans, toAll(hello(), "")), check: receives(1), call: func(w *world) error {
			again, err := w.c.MassToAll(w.Context(), hello(), "")
			w.same("again", api.MassResult{MsgID: w.id, Duplicate: true}, again)
			return err
		}},
	}
}

// massQuotas are what an account and a fan may have in a day and in a month.
func massQuotas() []row {
	tagged := func(w *world) {
		massFans(w)
		tag, err := w.c.CreateTag(w.Context(), "tag")
		w.must(err)
		w.must(w.c.TagFans(w.Context(), tag.ID, []string{"oA"}))
		w.text = fmt.Sprint(tag.ID)
	}
	toTag := func(m wechat.Outgoing, clientMsgID string) func(*world) error {
		return func(w *world) error {
			var tag int
			if _, err := fmt.Sscan(w.text, &tag); err != nil {
				return err
			}
			return w.keep(w.c.MassByTag(w.Context(), tag, m, clientMsgID))
		}
	}
	daily := func(days int) func(*world) { // to all on each of the days
		return func(w *world) {
			massFans(w)
			for i := range days {
				w.must(toAll(textOf(-i), "")(w))
				w.advance("24h")
			}
		}
	}
	return []row{
		{name: "to a tag", arrange: tagged, call: toTag(hello(), ""), check: both(massResult("send success", 1, 1, 1, 0), func(w *world) {
			nothingFor("oB")(w)
			q := w.quota(sendAllPath)
			w.same("calls", [3]int64{100, 1, 99}, [3]int64{q.DailyLimit, q.Used, q.Remain})
		})},
		{name: "a 公众号 sends once a day", on: paper, arrange: massFans, call: texts(2, toAll), code: 45028, check: receives(1)},
		{name: "to a tag as well", on: paper, arrange: before(tagged, toTag(textOf(-1), "")), call: toTag(textOf(-2), ""), code: 45028, check: receives(1)},
		{name: "a 公众号 sends the next day", on: paper, arrange: later(before(massFans, texts(1, toAll)), "14h"), call: toAll(hello(), ""), check: receives(2)},
		{name: "what failed takes nothing", on: paper, check: receives(1), arrange: func(w *world) {
			massFans(w)
			w.rules(`{"mass":{"error":20001}}`)
			w.must(toAll(textOf(-1), "")(w))
			massResult("err(20001)", 2, 0, 0, 0)(w)
			w.rules(`{"mass":{"error":0}}`)
		}, call: toAll(hello(), "")},
		{name: "a 服务号 sends to all once a day", arrange: massFans, call: texts(2, toAll), code: 45028, check: receives(1)},
		{name: "four times a month", arrange: daily(3), call: toAll(hello(), ""), check: receives(4)},
		{name: "a fifth time", arrange: daily(4), call: toAll(hello(), ""), code: 45028, check: receives(4)},
		{name: "and again the next month", arrange: later(daily(4), "17d"), call: toAll(hello(), ""), check: receives(5)},
		{name: "a fan gets four a month of a 服务号", arrange: tagged, call: texts(5, toTag), check: both(receives(4), massResult("send success", 1, 0, 0, 0))},
		{name: "and more the next month", arrange: later(before(tagged, texts(5, toTag)), "21d"), call: toTag(hello(), ""), check: receives(5)},
		{name: "a hundred calls a day", arrange: calls(100), call: toAll(hello(), ""), code: 45009},
		{name: "sixty calls a minute, raw", arrange: calls(60), call: post(sendAllPath, `{}`), code: 45011},
	}
}

// calls makes so many calls that are refused for their body, as fast as the platform lets them.
func calls(n int) func(*world) {
	return func(w *world) {
		for i := range n {
			if i%60 == 59 && i < n-1 {
				w.advance("1m")
			}
			if err := w.raw("POST", sendAllPath, `{}`); codeOf(err) != 40008 {
				w.Fatalf("call %d: %v", i+1, err)
			}
		}
	}
}

func massToTags() []row {
	to := func(filter string) func(*world) error {
		return post(sendAllPath, `{"filter":`+filter+`,"msgtype":"text","text":{"content":"hi"}}`)
	}
	return []row{
		{name: "a tag that there is not", arrange: massFans, call: func(w *world) error { return w.keep(w.c.MassByTag(w.Context(), 9999, hello(), "")) }, code: 45159, check: nothingFor("oA")},
		{name: "no tag, raw", arrange: massFans, call: to(`{"is_to_all":false}`), code: 45159},
		{name: "a tag by a string, raw", arrange: func(w *world) {
			massFans(w)
			_, err := w.c.CreateTag(w.Context(), "tag")
			w.must(err)
		}, call: to(`{"is_to_all":false,"tag_id":"100"}`)},
		{name: "no filter, raw", call: post(sendAllPath, `{"msgtype":"text","text":{"content":"hi"}}`), code: 47001},
		{name: "errcode 40152", by: byFault, arrange: refusing(sendAllPath, 40152), call: toAll(hello(), ""), code: 40152},
	}
}

func massLists() []row {
	list := func(n int) func(*world) error {
		return func(w *world) error {
			ids := make([]string, n)
			for i := range ids {
				ids[i] = fmt.Sprint("o", i)
			}
			return w.keep(w.c.MassByOpenIDs(w.Context(), append([]string{"oA"}, ids[1:]...), hello(), ""))
		}
	}
	return []row{
		{name: "good", arrange: massFans, call: toList(hello(), "b-1"), check: both(receives(1), massResult("send success", 2, 2, 2, 0))},
		{name: "one who has left and one who never followed", arrange: massFans, check: both(receives(1), massResult("send success", 3, 1, 1, 0)), call: func(w *world) error {
			return w.keep(w.c.MassByOpenIDs(w.Context(), []string{"oA", "oGone", "oNobody"}, hello(), ""))
		}},
		{name: "more than once a day", arrange: massFans, call: texts(3, toList), check: receives(3)},
		{name: "the same clientmsgid", arrange: before(massFans, toList(hello(), "b-1")), check: receives(1), call: func(w *world) error {
			again, err := w.c.MassByOpenIDs(w.Context(), []string{"oA", "oB"}, hello(), "b-1")
			w.same("again", api.MassResult{MsgID: w.id, Duplicate: true}, again)
			return err
		}},
		{name: "the same clientmsgid, raw", arrange: before(massFans, toList(hello(), "b-1")), code: 45065, call: post(sendListPath, `{"touser":["oA","oB"],"msgtype":"text","text":{"content":"hi"},"clientmsgid":"b-1"}`)},
		{name: "one fan", arrange: massFans, call: list(1), code: 40130, check: nothingFor("oA")},
		{name: "ten thousand", arrange: massFans, call: list(10_000), check: receives(1)},
		{name: "one more", arrange: massFans, call: list(10_001), code: 40032, check: nothingFor("oA")},
		{name: "no list, raw", call: post(sendListPath, `{"touser":"oA","msgtype":"text","text":{"content":"hi"}}`), code: 40031},
		{name: "the video of mass/send, raw", arrange: massFans, call: func(w *world) error {
			return w.raw("POST", sendListPath, fmt.Sprintf(`{"touser":["oA","oB"],"msgtype":"video","video":{"media_id":%q}}`, w.media(api.MediaVideo)))
		}, check: receives(1)},
		{name: "a hundred calls a day", arrange: massFans, call: texts(2, toList), code: 45009, config: func(c *simulator.Config) { c.DailyLimits = map[string]int{sendListPath: 1} }},
		{name: "sixty calls a minute, raw", arrange: func(w *world) {
			for range 60 {
				w.same("call", 40008, codeOf(w.raw("POST", sendListPath, `{}`)))
			}
		}, call: post(sendListPath, `{}`), code: 45011},
		{
			name: "a fifth in the month does not come", arrange: before(massFans, texts(4, toList)), call: toList(hello(), ""),
			check: both(receives(4), massResult("send success", 2, 0, 0, 0)),
		},
		{name: "no quota for it, as to all", by: byFault, arrange: refusing(sendListPath, 45028), call: toList(hello(), ""), code: 45028},
	}
}

// massErrors are sends that both calls refuse.
func massErrors(path string, send func(wechat.Outgoing, string) func(*world) error) []row {
	target := `"filter":{"is_to_all":true}`
	if path == sendListPath {
		target = `"touser":["oA","oB"]`
	}
	raw := func(rest string) func(*world) error { return post(path, `{`+target+`,`+rest+`}`) }
	images := func(w *world) error {
		return send(wechat.Outgoing{Images: &wechat.Images{MediaIDs: slices.Repeat([]string{w.media(api.MediaImage)}, 21)}}, "")(w)
	}
	rows := []row{
		{name: "a clientmsgid of 32 bytes", arrange: massFans, call: send(hello(), strings.Repeat("x", 32))},
		{name: "a clientmsgid of 33 bytes", call: send(hello(), strings.Repeat("x", 33)), code: byClient},
		{name: "a clientmsgid of 33 bytes, raw", call: raw(`"msgtype":"text","text":{"content":"hi"},"clientmsgid":"` + strings.Repeat("x", 33) + `"`), code: 45067},
		{
			name: "the same clientmsgid within a minute, where the platform looks", arrange: later(before(massFans, send(hello(), "b-1")), "50s"), call: send(hello(), "b-1"), code: 45066,
			config: func(c *simulator.Config) { c.Switches.MassTooFast = true },
		},
		{name: "no text", call: send(wechat.Outgoing{}, ""), code: byClient},
		{name: "no text, raw", call: raw(`"msgtype":"text","text":{"content":""}`), code: 44004},
		{name: "long text", call: send(wechat.Outgoing{Text: strings.Repeat("x", 2049)}, ""), code: 45002},
		{name: "another kind", call: send(wechat.Outgoing{Music: &wechat.Music{}}, ""), code: byClient},
		{name: "another kind, raw", call: raw(`"msgtype":"music","music":{}`), code: 40008},
		{name: "a card", call: send(wechat.Outgoing{Card: "card"}, ""), code: byClient},
		{name: "a card, raw", call: raw(`"msgtype":"wxcard","wxcard":{"card_id":"card"}`), code: 45113},
		{name: "media that never was", call: send(wechat.Outgoing{Voice: "unknown"}, ""), code: 40007},
		{name: "a draft that never was", call: send(wechat.Outgoing{Draft: "unknown"}, ""), code: 40007},
		{name: "a draft that was sent", arrange: func(w *world) {
			massFans(w)
			w.text = w.draft("t")
			w.must(w.keep(w.c.MassByOpenIDs(w.Context(), []string{"oA", "oB"}, wechat.Outgoing{Draft: w.text}, "")))
			w.advance("10s")
		}, call: func(w *world) error { return send(wechat.Outgoing{Draft: w.text}, "")(w) }, code: 40007},
		{name: "21 pictures", call: images, code: 40215},
		{name: "no picture, raw", call: raw(`"msgtype":"image","images":{"media_ids":[]}`), code: 40215},
		{name: "escapes, raw", call: raw(`"msgtype":"text","text":{"content":"\u597d"}`), code: 47002},
		{
			name: "the account is banned", by: byRule, call: send(hello(), ""), code: 48004, check: nothingFor("oA"),
			arrange: both(massFans, func(w *world) {
				w.must(w.c.ForceRefresh(w.Context())) // a token, while it gets one
				w.control("PUT", w.app+"/standing", `{"irregular":true}`)
			}),
		},
	}
	// Agreements, ad contracts, declarations of originality and where a video came from are not played.
	return append(rows, faults(path, send(hello(), ""),
		-1, 45162, 45052, 48008, 46003, 41040, 40155, 48021, 48022, 48013, 48014, 45062, 48003, 40213, 40214)...)
}
