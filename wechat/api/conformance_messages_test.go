package api_test

import (
	"fmt"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const typingPath = "/cgi-bin/message/custom/typing"

// messageTable are customer-service messages, typing, and the accounts and sessions of customer service.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
func messageTable() []served {
	return append([]served{
		{
			path: customPath, method: "POST", who: verified, daily: 500_000, testDaily: 50_000,
			codes: []int{
				45015, 45047, 40003, 45087, 45094, 70000, 48002, 43019, 45002, 44004, 40007, 40008, 45008, 45098, 45099,
				40213, 40214, 40168, 45086, 47001, 47002, -1,
			},
			rows: append(append(customKinds(), customWindows()...), customErrors()...),
		},
		{
			path: typingPath, method: "POST", who: verified,
			codes: []int{45072, 45080, 45081, 40003},
			rows: []row{
				{name: "shown", arrange: wrote, call: typing("oA")},
				{name: "again", arrange: before(wrote, typing("oA")), call: typing("oA"), code: 45081},
				{
					name: "again after it was cancelled", arrange: before(wrote, typing("oA")),
					call: func(w *world) error {
						w.must(w.c.CancelTyping(w.Context(), "oA"))
						return w.c.Typing(w.Context(), "oA")
					},
				},
				{name: "again after a message", arrange: before(wrote, typing("oA"), sendTo("oA", hello())), call: typing("oA")},
				{name: "the fan wrote 31 seconds ago", arrange: later(wrote, "31s"), call: typing("oA"), code: 45080},
				{name: "the fan never wrote", arrange: follower, call: typing("oA"), code: 45080},
				{name: "another command", arrange: wrote, call: post(typingPath, `{"touser":"oA","command":"Type"}`), code: 45072},
				{name: "not a fan", call: typing("oNobody"), code: 40003},
			},
		},
	}, agentTable()...)
}

// wrote is a fan oA who has just written.
func wrote(w *world) {
	w.Helper()
	w.do("oA", `{"text":"hi"}`)
}

// follower is a fan oA who has done nothing but follow, long ago.
func follower(w *world) {
	w.Helper()
	w.follow("oA")
	w.advance("1h")
}

// acted is a fan oA who has just done what the action says.
func acted(actions ...string) func(*world) {
	return func(w *world) {
		w.Helper()
		for _, action := range actions {
			w.do("oA", action)
		}
	}
}

// later lets time pass after what arrange does.
func later(arrange func(*world), span string) func(*world) {
	return func(w *world) {
		w.Helper()
		arrange(w)
		w.advance(span)
	}
}

// before makes good calls after what arrange does.
func before(arrange func(*world), calls ...func(*world) error) func(*world) {
	return func(w *world) {
		w.Helper()
		arrange(w)
		for _, call := range calls {
			w.must(call(w))
		}
	}
}

func both(first, second func(*world)) func(*world) {
	return func(w *world) {
		w.Helper()
		first(w)
		second(w)
	}
}

func sendTo(fan string, m wechat.Outgoing) func(*world) error {
	return func(w *world) error { return w.c.SendCustom(w.Context(), fan, m) }
}

func typing(fan string) func(*world) error {
	return func(w *world) error { return w.c.Typing(w.Context(), fan) }
}

// post calls the path without the client.
func post(path, body string) func(*world) error {
	return func(w *world) error { return w.raw("POST", path, body) }
}

// get is post for calls without a body.
func get(path string) func(*world) error {
	return func(w *world) error { return w.raw("GET", path, "") }
}

// times makes the call n times, of which all but the last must be good.
func times(n int, call func(*world) error) func(*world) error {
	return func(w *world) error {
		w.Helper()
		for i := range n - 1 {
			if err := call(w); err != nil {
				w.Fatalf("call %d: %v", i+1, err)
			}
		}
		return call(w)
	}
}

// received holds what the newest thing is that the fan oA received.
func received(want simulator.Item) func(*world) {
	return func(w *world) {
		w.Helper()
		got := w.last("oA")
		got.At, got.MsgID = "", 0
		w.same("inbox", fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
	}
}

func receives(n int) func(*world) {
	return func(w *world) {
		w.Helper()
		w.same("messages in the inbox", n, len(w.inbox("oA")))
	}
}

// customKinds are good messages of every kind that can be sent.
func customKinds() []row {
	article := wechat.Article{Title: "t & <t>", Description: "d", URL: "https://example.com/?a=1&b=<2>", PicURL: "https://example.com/p.jpg"}
	kind := func(name string, m func(*world) wechat.Outgoing, check func(*world)) row {
		return row{
			name: name, arrange: wrote, check: check,
			call: func(w *world) error { return w.c.SendCustom(w.Context(), "oA", m(w)) },
		}
	}
	plain := func(m wechat.Outgoing) func(*world) wechat.Outgoing { return func(*world) wechat.Outgoing { return m } }
	withMedia := func(kind api.MediaType, m func(id, thumb string) wechat.Outgoing) func(*world) wechat.Outgoing {
		return func(w *world) wechat.Outgoing {
			w.text = w.media(kind)
			return m(w.text, w.media(api.MediaThumb))
		}
	}
	shows := func(kind string) func(*world) {
		return func(w *world) {
			w.Helper()
			got := w.last("oA")
			w.same("kind and media", [2]string{kind, w.text}, [2]string{got.MsgType, got.MediaID})
		}
	}
	body := func(kind, holds string) func(*world) {
		return func(w *world) {
			w.Helper()
			if got := w.last("oA"); got.MsgType != kind || !strings.Contains(string(got.Body), holds) {
				w.Errorf("received %s %s, want a %s with %s", got.MsgType, got.Body, kind, holds)
			}
		}
	}
	return []row{
		kind("text", plain(wechat.Outgoing{Text: "好 \"<a href='x?a&b'>\"\u2028\n\U0001F389"}),
			received(simulator.Item{Kind: "customer", MsgType: "text", Content: "好 \"<a href='x?a&b'>\"\u2028\n\U0001F389"})),
		kind("text of 2048 bytes", plain(wechat.Outgoing{Text: strings.Repeat("x", 2048)}), receives(1)),
		kind("in an agent's name, by an AI", plain(wechat.Outgoing{Text: "hi", Agent: "a@shop", AI: true}),
			received(simulator.Item{Kind: "customer", MsgType: "text", Content: "hi", KfAccount: "a@shop", AI: true})),
		kind("news", plain(wechat.Outgoing{Articles: []wechat.Article{article}}), func(w *world) {
			w.same("articles", []simulator.Article{{Title: article.Title, Description: "d", URL: article.URL, PicURL: article.PicURL}}, w.last("oA").Articles)
		}),
		kind("image", withMedia(api.MediaImage, func(id, _ string) wechat.Outgoing { return wechat.Outgoing{Image: id} }), shows("image")),
		kind("voice", withMedia(api.MediaVoice, func(id, _ string) wechat.Outgoing { return wechat.Outgoing{Voice: id} }), shows("voice")),
		kind("video", withMedia(api.MediaVideo, func(id, thumb string) wechat.Outgoing {
			return wechat.Outgoing{Video: &wechat.Video{MediaID: id, Thumb: thumb, Title: "t"}}
		}), shows("video")),
		kind("music", withMedia(api.MediaThumb, func(_, thumb string) wechat.Outgoing {
			return wechat.Outgoing{Music: &wechat.Music{Title: "t", Description: "d", URL: "https://example.com/a.mp3", Thumb: thumb}}
		}), body("music", "https://example.com/a.mp3")),
		kind("mpnews", func(w *world) wechat.Outgoing {
			w.text = w.draft("t")
			return wechat.Outgoing{Draft: w.text}
		}, shows("mpnews")),
		kind("mpnewsarticle", func(w *world) wechat.Outgoing {
			w.text = w.published("t")
			return wechat.Outgoing{Article: w.text}
		}, body("mpnewsarticle", `"article_id"`)),
		kind("msgmenu", plain(wechat.Outgoing{Menu: &wechat.ChoiceMenu{Head: "h", Choices: []wechat.Choice{{ID: "1", Content: "好"}}}}), body("msgmenu", `"好"`)),
		kind("wxcard", plain(wechat.Outgoing{Card: "card"}), body("wxcard", `"card"`)),
		kind("miniprogrampage", withMedia(api.MediaThumb, func(_, thumb string) wechat.Outgoing {
			return wechat.Outgoing{Page: &wechat.MiniPage{Title: "t", AppID: "wxmini", PagePath: "p?a=1&b=2", Thumb: thumb}}
		}), body("miniprogrampage", `"p?a=1&b=2"`)),
	}
}

// customWindows are what a fan does and how many messages it opens, for how long.
func customWindows() []row {
	one := sendTo("oA", hello())
	var rows []row
	for _, trigger := range []struct {
		name, action string
		messages     int
		life, late   string
	}{
		{"a message", `{"text":"hi"}`, 5, "47h59m", "48h"},
		{"a picture", `{"image":"M1"}`, 5, "47h59m", "48h"},
		{"a tap of click", `{"click":"KEY"}`, 3, "50s", "1m"},
		{"a tap of scancode_push", `{"scancode":{"event":"scancode_push","key":"k","result":"1"}}`, 3, "50s", "1m"},
		{"a tap of scancode_waitmsg", `{"scancode":{"event":"scancode_waitmsg","key":"k","result":"1"}}`, 3, "50s", "1m"},
		{"a scan", `{"scan":"store-1"}`, 3, "50s", "1m"},
	} {
		arrange := both(follower, acted(trigger.action))
		rows = append(rows,
			row{name: trigger.name + " opens so many", arrange: later(arrange, trigger.life), call: times(trigger.messages, one), check: receives(trigger.messages)},
			row{name: trigger.name + " opens no more", arrange: arrange, call: times(trigger.messages+1, one), code: 45047, check: receives(trigger.messages)},
			row{name: trigger.name + " was too long ago", arrange: later(arrange, trigger.late), call: one, code: 45015, check: receives(0)})
	}
	follows := func(w *world) { w.follow("oA") }
	return append(rows,
		row{name: "following opens three", arrange: follows, call: times(4, one), code: 45047, check: receives(3)},
		row{name: "following was a minute ago", arrange: later(follows, "1m"), call: one, code: 45015},
		row{name: "a tap of view opens none", arrange: both(follower, acted(`{"view":"https://example.com/"}`)), call: one, code: 45015},
		row{name: "a place reported by itself opens none", arrange: both(follower, acted(`{"report":{"latitude":31.2,"longitude":121.4}}`)), call: one, code: 45015},
		row{name: "a payment opens any number", arrange: both(follower, later(acted(`{"pay":{}}`), "47h59m")), call: times(20, one), check: receives(20)},
		row{name: "a payment was too long ago", arrange: both(follower, later(acted(`{"pay":{}}`), "48h")), call: one, code: 45015},
		row{name: "a payment opens none for a 公众号", on: paper, arrange: both(follower, acted(`{"pay":{}}`)), call: one, code: 45015},
		row{
			name: "a tap leaves what a message opened", code: 45047, check: receives(7),
			arrange: later(before(both(later(wrote, "1h"), acted(`{"click":"KEY"}`)), one, one), "1m"),
			call:    times(6, one),
		},
		row{name: "a second message opens anew", arrange: before(wrote, one, one, one), call: func(w *world) error {
			wrote(w)
			return times(6, one)(w)
		}, code: 45047, check: receives(8)},
		row{
			name: "a broken message costs no count", check: receives(5), arrange: wrote,
			call: func(w *world) error {
				for range 6 {
					if err := w.c.SendCustom(w.Context(), "oA", wechat.Outgoing{Image: "unknown"}); codeOf(err) != 40007 {
						return err
					}
				}
				return times(5, one)(w)
			},
		},
		row{name: "the fan has left", arrange: acted(`{"text":"hi"}`, `{"unsubscribe":{}}`), call: one, code: 45015, check: receives(0)},
		row{name: "the calls of a test account", on: trial, arrange: wrote, call: one, check: func(w *world) {
			w.same("quota", api.APIQuota{DailyLimit: 50_000, Used: 1, Remain: 49_999, Rate: w.quota(customPath).Rate}, w.quota(customPath))
		}},
	)
}

// customErrors are messages that are refused, none of which the fan may see.
func customErrors() []row {
	of := func(kind, object string) func(*world) error {
		return post(customPath, `{"touser":"oA","msgtype":"`+kind+`","`+kind+`":`+object+`}`)
	}
	menus := func(c *simulator.Config) { c.Switches.MenuItems, c.Switches.MenuItemBytes = 2, 6 }
	choices := func(contents ...string) wechat.Outgoing {
		menu := &wechat.ChoiceMenu{}
		for i, content := range contents {
			menu.Choices = append(menu.Choices, wechat.Choice{ID: fmt.Sprint(i), Content: content})
		}
		return wechat.Outgoing{Menu: menu}
	}
	article := wechat.Article{Title: "t", URL: "https://example.com/"}
	rows := []row{
		{name: "not a fan", call: sendTo("oNobody", hello()), code: 40003},
		{name: "a fan of another account", arrange: func(w *world) { w.control("POST", paper+"/fans/oB/do", `{"text":"hi"}`) }, call: sendTo("oB", hello()), code: 40003},
		{name: "no fan", call: sendTo("", hello()), code: byClient},
		{name: "no fan, raw", call: post(customPath, `{"msgtype":"text","text":{"content":"x"}}`), code: 40003},
		{name: "long text", call: sendTo("oA", wechat.Outgoing{Text: strings.Repeat("好", 683)}), code: 45002},
		{name: "no text", call: sendTo("oA", wechat.Outgoing{}), code: byClient},
		{name: "no text, raw", call: of("text", `{"content":""}`), code: 44004},
		{name: "media that never was", call: sendTo("oA", wechat.Outgoing{Image: "unknown"}), code: 40007},
		{
			name: "media of another kind", code: 40007,
			call: func(w *world) error {
				return w.c.SendCustom(w.Context(), "oA", wechat.Outgoing{Voice: w.media(api.MediaImage)})
			},
		},
		{
			name: "media of four days ago", code: 40007,
			arrange: func(w *world) {
				w.text = w.media(api.MediaImage)
				w.advance("4d")
				wrote(w)
			},
			call: func(w *world) error { return w.c.SendCustom(w.Context(), "oA", wechat.Outgoing{Image: w.text}) },
		},
		{name: "two articles", call: sendTo("oA", wechat.Outgoing{Articles: []wechat.Article{article, article}}), code: byClient},
		{name: "two articles, raw", call: of("news", `{"articles":[{"title":"a"},{"title":"b"}]}`), code: 45008},
		{name: "no article, raw", call: of("news", `{"articles":[]}`), code: 44003},
		{name: "a kind for mini programs, raw", call: of("link", `{"title":"a","url":"https://example.com/"}`), code: 40008},
		{name: "a template", call: sendTo("oA", wechat.Outgoing{Template: &wechat.Template{}}), code: byClient},
		{name: "two kinds", call: sendTo("oA", wechat.Outgoing{Text: "hi", Image: "M"}), code: byClient},
		{name: "a video without a thumb", call: sendTo("oA", wechat.Outgoing{Video: &wechat.Video{MediaID: "M"}}), code: byClient},
		{name: "an article that is not published", call: sendTo("oA", wechat.Outgoing{Article: "unknown"}), code: 53600},
		{name: "a mini program's page without an appid, raw", call: of("miniprogrampage", `{"title":"t","pagepath":"p","thumb_media_id":"M"}`), code: 40166},
		{name: "a mini program without a page, raw", call: of("miniprogrampage", `{"title":"t","appid":"wx","thumb_media_id":"M"}`), code: 40165},
		{name: "music without a title, raw", call: of("music", `{"musicurl":"https://example.com/a.mp3","thumb_media_id":"M"}`), code: 47001},
		{name: "many choices", config: menus, call: sendTo("oA", choices("a", "b", "c")), code: 45098},
		{name: "a long choice", config: menus, call: sendTo("oA", choices("一二三")), code: 45099},
		{name: "choices of a test account", on: trial, call: sendTo("oA", choices("a")), code: 48008},
		{name: "an agent who is none of the account's", arrange: before(wrote, agent("a@shop")), call: sendTo("oA", wechat.Outgoing{Text: "hi", Agent: "b@shop"}), code: 65401},
		{name: "escapes, raw", call: of("text", `{"content":"\u597d"}`), code: 47002},
		{name: "no JSON, raw", call: post(customPath, `touser=oA`), code: 47001},
		{name: "no body, raw", call: post(customPath, ``), code: 44002},
		{name: "the fan has switched messages off", arrange: both(wrote, acted(`{"block":true}`)), call: sendTo("oA", hello()), code: 48002},
		{
			name: "the fan is on the blacklist", code: 43019, call: sendTo("oA", hello()),
			arrange: before(wrote, func(w *world) error { return w.c.BlacklistFans(w.Context(), []string{"oA"}) }),
		},
		{name: "the account's messages are blocked", by: byRule, arrange: ruled(`{"custom":"blocked"}`), call: sendTo("oA", hello()), code: 45087},
		{name: "a penalty", by: byRule, arrange: ruled(`{"custom":"penalty"}`), call: sendTo("oA", hello()), code: 45094},
	}
	// What minors may not see, links that are judged, and which mini programs are linked is not played.
	for _, code := range []int{-1, 70000, 40213, 40214, 40168, 45086} {
		rows = append(rows, row{name: fmt.Sprint("errcode ", code), by: byFault, code: code, arrange: refusing(customPath, code), call: sendTo("oA", hello())})
	}
	for i, r := range rows {
		if r.arrange == nil {
			r.arrange = wrote
		} else if r.by != byState {
			r.arrange = both(wrote, r.arrange)
		}
		r.check = nothingFor("oA")
		rows[i] = r
	}
	return rows
}

// ruled sets what the platform has decided.
func ruled(rules string) func(*world) {
	return func(w *world) {
		w.Helper()
		w.rules(rules)
	}
}
