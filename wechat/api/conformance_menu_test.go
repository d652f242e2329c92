package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fanflow/wechat/api"
)

const (
	createMenu  = "/cgi-bin/menu/create"
	conditional = "/cgi-bin/menu/addconditional"
)

// menuTable are the default menu, the conditional ones, and the menu however it was made.
func menuTable() []served {
	return slices.Concat(defaultMenuTable(), conditionalMenuTable())
}

// click is a button that does little.
func click(name string) api.Button {
	return api.Button{Type: api.ButtonClick, Name: name, Key: "K"}
}

func linkTo(address string) api.Button {
	return api.Button{Type: api.ButtonView, Name: "link", URL: address}
}

// below is a menu of one button with others below it.
func below(subs ...api.Button) api.Buttons { return api.Buttons{{Name: "more", SubButtons: subs}} }

func clicks(n int) []api.Button {
	list := make([]api.Button, n)
	for i := range list {
		list[i] = click(fmt.Sprint("b", i+1))
	}
	return list
}

// menuMistake is a menu that is refused.
type menuMistake struct {
	name    string
	code    int
	arrange func(*world)
	menu    string // as JSON, where the client refuses it; then buttons is what it refuses
	buttons api.Buttons
}

// menuMistakes are the menus that both calls which make one refuse.
func menuMistakes() []menuMistake {
	const button = `{"type":"click","name":"b","key":"K"}`
	name, key := strings.Repeat("名", 6), strings.Repeat("k", 129) // 18 bytes
	long := "https://example.com/" + strings.Repeat("a", 1005)
	sub := func(b string) string { return `[{"name":"more","sub_button":[` + b + `]}]` }
	return []menuMistake{
		{name: "four buttons", code: 40016, buttons: clicks(4), menu: `[` + strings.Repeat(button+",", 3) + button + `]`},
		{name: "an unknown type", code: 40017, buttons: api.Buttons{{Type: "tap", Name: "b"}}, menu: `[{"type":"tap","name":"b"}]`},
		{
			name: "a type and buttons below", code: 40017, buttons: api.Buttons{{Type: api.ButtonClick, Name: "b", Key: "K", SubButtons: clicks(1)}},
			menu: `[{"type":"click","name":"b","key":"K","sub_button":[` + button + `]}]`,
		},
		{name: "a name of 18 bytes", code: 40018, buttons: api.Buttons{click(name)}, menu: `[{"type":"click","name":"` + name + `","key":"K"}]`},
		{name: "no name", code: 40018, buttons: api.Buttons{click("")}, menu: `[{"type":"click","name":"","key":"K"}]`},
		{name: "a key of 129 bytes", code: 40019, buttons: api.Buttons{{Type: api.ButtonClick, Name: "b", Key: key}}, menu: `[{"type":"click","name":"b","key":"` + key + `"}]`},
		{name: "a URL of 1025 bytes", code: 40020, buttons: api.Buttons{linkTo(long)}, menu: `[{"type":"view","name":"b","url":"` + long + `"}]`},
		{name: "six buttons below", code: 40023, buttons: below(clicks(6)...), menu: sub(strings.Repeat(button+",", 5) + button)},
		{name: "an unknown type below", code: 40024, buttons: below(api.Button{Type: "tap", Name: "b"}), menu: sub(`{"type":"tap","name":"b"}`)},
		{
			name: "a name of 63 bytes below", code: 40025, buttons: below(click(strings.Repeat("名", 21))),
			menu: sub(`{"type":"click","name":"` + strings.Repeat("名", 21) + `","key":"K"}`),
		},
		{
			name: "a key of 129 bytes below", code: 40026, buttons: below(api.Button{Type: api.ButtonScanPush, Name: "b", Key: key}),
			menu: sub(`{"type":"scancode_push","name":"b","key":"` + key + `"}`),
		},
		{name: "a URL of 1025 bytes below", code: 40027, buttons: below(linkTo(long)), menu: sub(`{"type":"view","name":"b","url":"` + long + `"}`)},
		{name: "no domain", code: 40055, buttons: api.Buttons{linkTo("shop.example.com")}},
		{name: "no domain below", code: 40054, buttons: below(linkTo("tel:10086"))},
		{
			name: "no mini program", code: 40166, buttons: api.Buttons{{Type: api.ButtonMiniProgram, Name: "b", URL: "https://example.com", PagePath: "p"}},
			menu: `[{"type":"miniprogram","name":"b","url":"https://example.com","pagepath":"p"}]`,
		},
		{
			name: "no page of the mini program", code: 40165, buttons: api.Buttons{{Type: api.ButtonMiniProgram, Name: "b", URL: "https://example.com", AppID: "wx1"}},
			menu: `[{"type":"miniprogram","name":"b","url":"https://example.com","appid":"wx1"}]`,
		},
		{
			name: "a mini program that is not linked", code: 45064, arrange: func(w *world) { w.control("POST", w.app+"/sites", `{"miniprograms":["wx2"]}`) },
			buttons: api.Buttons{{Type: api.ButtonMiniProgram, Name: "b", URL: "https://example.com", AppID: "wx1", PagePath: "p"}},
		},
		{name: "no such media", code: 40007, buttons: api.Buttons{{Type: api.ButtonMedia, Name: "b", MediaID: "M1"}}},
		{name: "no such article", code: 53600, buttons: api.Buttons{{Type: api.ButtonArticle, Name: "b", ArticleID: "A1"}}},
		{name: "no such article to open", code: 53600, buttons: api.Buttons{{Type: api.ButtonArticleViewLimited, Name: "b", ArticleID: "A1"}}},
	}
}

// mistakenMenus are the rows of these menus by a call of the client and by one without it, in which stands for the buttons.
func mistakenMenus(path string, before func(*world), call func(*world, api.Buttons) error, in string) []row {
	var rows []row
	for _, m := range menuMistakes() {
		arrange := func(w *world) {
			if before != nil {
				before(w)
			}
			if m.arrange != nil {
				m.arrange(w)
			}
		}
		client := func(w *world) error { return call(w, m.buttons) }
		if m.menu == "" {
			rows = append(rows, row{name: m.name, code: m.code, arrange: arrange, call: client})
			continue
		}
		rows = append(rows, twice(m.name, m.code, arrange, client, post(path, fmt.Sprintf(in, m.menu)))...)
	}
	return append(rows, row{
		name: "escapes", code: 40033, arrange: before, call: post(path, fmt.Sprintf(in, `[{"type":"click","name":"\u83dc\u5355","key":"K"}]`)),
	})
}

// mistakenMenuCodes are their codes.
var mistakenMenuCodes = []int{
	40007, 40016, 40017, 40018, 40019, 40020, 40023, 40024, 40025, 40026, 40027, 40033, 40054, 40055, 40165, 40166, 45010, 45064, 53600,
}

// menus are the menus in the simulator's books.
func (w *world) menus() (menus struct {
	Default     *struct{ Button api.Buttons }
	Conditional []struct{ Button api.Buttons }
},
) {
	w.Helper()
	w.must(json.Unmarshal([]byte(doc(w.books("menu")["book"])), &menus))
	return menus
}

func defaultMenuTable() []served {
	create := func(w *world, buttons api.Buttons) error { return w.c.CreateMenu(w.Context(), buttons) }
	one := func(w *world) { w.must(create(w, api.Buttons{click("one")})) }
	return []served{
		{
			path: createMenu, method: "POST", who: menuRight, daily: 1000, testDaily: 100, codes: mistakenMenuCodes,
			rows: slices.Concat([]row{
				{
					name: "all kinds of buttons", call: func(w *world) error {
						buttons := everyButton()
						picture := w.material(api.MediaImage, "a.png", pngFile)
						buttons[2].SubButtons[3].MediaID, buttons[2].SubButtons[4].ArticleID = picture, w.published("一")
						w.must(create(w, buttons))
						w.same("books", doc(buttons), doc(w.menus().Default.Button))
						def, conditional, err := w.c.Menu(w.Context())
						w.same("menu", doc(buttons), doc(def.Buttons))
						w.same("conditional menus", 0, len(conditional))
						return err
					},
					check: func(w *world) {
						w.do("oA", `{"menu":"今日歌曲"}`)
						w.same("clicks", 1, len(w.pushes("<EventKey><![CDATA[V1001]]></EventKey>")))
					},
				},
				{name: "an article that is opened", call: func(w *world) error {
					return create(w, api.Buttons{{Type: api.ButtonArticleViewLimited, Name: "b", ArticleID: w.published("一")}})
				}},
				{name: "in the place of another", arrange: one, call: func(w *world) error { return create(w, api.Buttons{click("two")}) }, check: func(w *world) {
					w.same("books", doc(api.Buttons{click("two")}), doc(w.menus().Default.Button))
				}},
				{name: "by an unverified 服务号", on: smallShop, call: func(w *world) error { return create(w, api.Buttons{click("two")}) }},
				{name: "the older view_limited", arrange: func(w *world) { w.text = w.material(api.MediaImage, "a.png", pngFile) }, call: func(w *world) error {
					return w.raw("POST", createMenu, `{"button":[{"type":"view_limited","name":"b","media_id":"`+w.text+`"}]}`)
				}},
			}, twice("no button", 40016, one, func(w *world) error { return create(w, nil) }, post(createMenu, `{"button":[]}`)),
				mistakenMenus(createMenu, nil, create, `{"button":%s}`),
				faults(createMenu, func(w *world) error { return create(w, api.Buttons{click("b")}) }, 40015, 40048, 40066, 40068, 45010, 45082)),
		},
		{
			path: "/cgi-bin/menu/get", method: "GET", who: menuRight, daily: 10_000, testDaily: 1000, codes: []int{46003},
			rows: []row{
				{name: "default and conditional, the newest first", arrange: func(w *world) {
					one(w)
					w.tag("vip")
					for _, rule := range []api.MatchRule{{TagID: 100}, {TagID: 100, Platform: api.IOS}} {
						_, err := w.c.AddConditionalMenu(w.Context(), api.Buttons{click("for " + fmt.Sprint(rule.Platform))}, rule)
						w.must(err)
					}
				}, call: func(w *world) error {
					def, list, err := w.c.Menu(w.Context())
					w.same("default", doc(api.Buttons{click("one")}), doc(def.Buttons))
					w.same("conditional", doc([]api.Menu{
						{ID: list[0].ID, Buttons: api.Buttons{click("for 1")}, Rule: api.MatchRule{TagID: 100, Platform: api.IOS}},
						{ID: list[1].ID, Buttons: api.Buttons{click("for 0")}, Rule: api.MatchRule{TagID: 100}},
					}), doc(list))
					if def.ID == "" || list[0].ID == list[1].ID || list[0].ID == "" {
						w.Errorf("menu ids %q %q %q", def.ID, list[0].ID, list[1].ID)
					}
					return err
				}},
				{name: "none", code: 46003, call: func(w *world) error { _, _, err := w.c.Menu(w.Context()); return err }},
				{name: "one of the website", code: 46003, arrange: siteMenu, call: func(w *world) error { _, _, err := w.c.Menu(w.Context()); return err }},
			},
		},
		{
			path: "/cgi-bin/menu/delete", method: "GET", who: menuRight, daily: 1000, testDaily: 100,
			rows: []row{{name: "with the conditional ones", arrange: func(w *world) {
				one(w)
				_, err := w.c.AddConditionalMenu(w.Context(), api.Buttons{click("b")}, api.MatchRule{Platform: api.Android})
				w.must(err)
			}, call: func(w *world) error { return w.c.DeleteMenu(w.Context()) }, check: func(w *world) {
				if m := w.menus(); m.Default != nil || len(m.Conditional) > 0 {
					w.Errorf("books: %+v", m)
				}
			}}},
		},
		selfMenu(one),
	}
}

// siteMenu makes a menu on the platform's website.
func siteMenu(w *world) {
	w.control("POST", w.app+"/menu", `{"button":[{"type":"text","name":"words","value":"您好"},{"name":"more","sub_button":[
		{"type":"news","name":"news","news_info":{"list":[{"title":"一","author":"我们","digest":"d","show_cover":1,"cover_url":"https://example.com/c","content_url":"https://example.com/a","source_url":""}]}},
		{"type":"img","name":"picture","value":"M1"},{"type":"view","name":"link","url":"https://example.com"}]}]}`)
}

func selfMenu(one func(*world)) served {
	return served{
		path: "/cgi-bin/get_current_selfmenu_info", method: "GET", who: everybody,
		rows: []row{
			{name: "none", call: func(w *world) error {
				m, err := w.c.SelfMenu(w.Context())
				w.same("menu", api.SelfMenu{}, m)
				return err
			}},
			{name: "one of the API", arrange: func(w *world) {
				w.must(w.c.CreateMenu(w.Context(), below(click("one"), linkTo("https://example.com"))))
			}, call: func(w *world) error {
				m, err := w.c.SelfMenu(w.Context())
				w.same("menu", api.SelfMenu{Open: true, Buttons: []api.SelfButton{{Name: "more", SubButtons: []api.SelfButton{
					{Type: "click", Name: "one", Key: "K"}, {Type: "view", Name: "link", URL: "https://example.com"},
				}}}}, m)
				return err
			}},
			{name: "one of the website, of an account without the right to make menus", on: smallPaper, arrange: siteMenu, call: func(w *world) error {
				m, err := w.c.SelfMenu(w.Context())
				news := api.SelfArticle{Title: "一", Author: "我们", Digest: "d", ShowCover: 1, CoverURL: "https://example.com/c", ContentURL: "https://example.com/a"}
				w.same("menu", api.SelfMenu{Open: true, Buttons: []api.SelfButton{
					{Type: "text", Name: "words", Value: "您好"},
					{Name: "more", SubButtons: []api.SelfButton{
						{Type: "news", Name: "news", News: []api.SelfArticle{news}},
						{Type: "img", Name: "picture", Value: "M1"},
						{Type: "view", Name: "link", URL: "https://example.com"},
					}},
				}}, m)
				return err
			}},
			{name: "one of the API in its place", arrange: func(w *world) { siteMenu(w); one(w) }, call: func(w *world) error {
				m, err := w.c.SelfMenu(w.Context())
				w.same("buttons", 1, len(m.Buttons))
				return err
			}},
		},
	}
}

func conditionalMenuTable() []served {
	ready := func(w *world) {
		w.must(w.c.CreateMenu(w.Context(), api.Buttons{click("default")}))
		w.tag("vip")
	}
	vip := api.MatchRule{TagID: 100}
	adding := func(buttons api.Buttons, rule api.MatchRule) func(*world) error {
		return func(w *world) error {
			_, err := w.c.AddConditionalMenu(w.Context(), buttons, rule)
			return err
		}
	}
	one := adding(api.Buttons{click("vip")}, vip)
	ruled := func(rule string) func(*world) error {
		return post(conditional, `{"button":[{"type":"click","name":"b","key":"K"}],"matchrule":`+rule+`}`)
	}
	matching := func(user string, want api.Buttons) func(*world) error {
		return func(w *world) error {
			got, err := w.c.MatchMenu(w.Context(), user)
			w.same("menu", doc(want), doc(got))
			return err
		}
	}
	hosts := func(from, to int) api.Buttons {
		var list []api.Button
		for i := from; i <= to; i++ {
			list = append(list, linkTo(fmt.Sprintf("https://h%d.example.com/", i)))
		}
		return below(list...)
	}
	return []served{
		{
			path: conditional, method: "POST", who: menuRight, daily: 2000,
			codes: append([]int{
				65303, 65304, 65305, 65306, 65307, 65308, 65309, 65310, 65311, 65312, 65313, 65314, 65315, 65316, 65317, 65318, 65319, 65320,
			}, mistakenMenuCodes...),
			rows: slices.Concat([]row{
				{name: "for a tag", arrange: ready, call: func(w *world) error {
					id, err := w.c.AddConditionalMenu(w.Context(), api.Buttons{click("vip")}, vip)
					_, list, _ := w.c.Menu(w.Context())
					if len(list) != 1 || list[0].ID != id || id == "" {
						w.Errorf("menu id %q of %+v", id, list)
					}
					return err
				}, check: func(w *world) { w.same("books", doc(api.Buttons{click("vip")}), doc(w.menus().Conditional[0].Button)) }},
				{name: "with the tag's older name", arrange: ready, call: ruled(`{"group_id":"100"}`)},
				{name: "no default menu", code: 65303, arrange: func(w *world) { w.tag("vip") }, call: one},
				{name: "a default menu of the website", code: 65303, arrange: func(w *world) { w.tag("vip"); siteMenu(w) }, call: one},
				{name: "no such tag", code: 65315, arrange: ready, call: adding(api.Buttons{click("b")}, api.MatchRule{TagID: 999})},
				{name: "sex", code: 65320, arrange: ready, call: ruled(`{"sex":"1","tag_id":"100"}`)},
				{name: "a place", code: 65320, arrange: ready, call: ruled(`{"country":"中国"}`)},
				{name: "a language", code: 65320, arrange: ready, call: ruled(`{"language":"zh_CN"}`)},
				{name: "four domains in one", code: 65316, arrange: ready, call: adding(hosts(1, 4), vip)},
				{name: "four domains in two", code: 65316, arrange: func(w *world) { ready(w); w.must(adding(hosts(1, 2), vip)(w)) }, call: adding(hosts(3, 4), vip), check: func(w *world) {
					w.same("menus", 1, len(w.menus().Conditional))
					w.must(adding(hosts(2, 3), vip)(w)) // three
				}},
			}, twice("no rule", 65304, ready, adding(api.Buttons{click("b")}, api.MatchRule{}), ruled(`{}`)),
				twice("no button", 65307, ready, adding(nil, vip), post(conditional, `{"button":[],"matchrule":{"tag_id":"100"}}`)),
				twice("no such platform", 65319, ready, adding(api.Buttons{click("b")}, api.MatchRule{Platform: 4}), ruled(`{"client_platform_type":"4"}`)),
				mistakenMenus(conditional, ready, func(w *world, buttons api.Buttons) error { return adding(buttons, vip)(w) }, `{"button":%s,"matchrule":{"tag_id":"100"}}`),
				faults(conditional, one, 45010, 65305, 65306, 65308, 65309, 65310, 65311, 65312, 65313, 65314, 65317, 65318)),
		},
		{
			path: "/cgi-bin/menu/delconditional", method: "POST", who: menuRight, daily: 2000, codes: []int{65301},
			rows: []row{
				{name: "one of two", arrange: func(w *world) { ready(w); w.must(one(w)) }, call: func(w *world) error {
					id, err := w.c.AddConditionalMenu(w.Context(), api.Buttons{click("other")}, vip)
					w.must(err)
					return w.c.DeleteConditionalMenu(w.Context(), id)
				}, check: func(w *world) {
					m := w.menus()
					w.same("books", doc([]api.Buttons{{click("default")}, {click("vip")}}), doc([]api.Buttons{m.Default.Button, m.Conditional[0].Button}))
				}},
				{name: "no such menu", code: 65301, arrange: ready, call: func(w *world) error { return w.c.DeleteConditionalMenu(w.Context(), "1") }},
				{name: "the default menu", code: 65301, arrange: ready, call: func(w *world) error {
					def, _, err := w.c.Menu(w.Context())
					w.must(err)
					return w.c.DeleteConditionalMenu(w.Context(), def.ID)
				}},
			},
		},
		{
			path: "/cgi-bin/menu/trymatch", method: "POST", who: menuRight, daily: 20_000, codes: []int{46003, 65302},
			rows: []row{
				{name: "nothing fits", arrange: func(w *world) { ready(w); w.must(one(w)); w.follow("oA") }, call: matching("oA", api.Buttons{click("default")})},
				{name: "the last tag counts", arrange: func(w *world) {
					ready(w)
					w.must(one(w))
					w.follow("oA")
					w.must(w.c.TagFans(w.Context(), 100, []string{"oA"}))
					w.must(w.c.TagFans(w.Context(), w.tag("later"), []string{"oA"}))
				}, call: func(w *world) error {
					w.must(matching("oA", api.Buttons{click("default")})(w))
					w.must(w.c.UntagFans(w.Context(), 101, []string{"oA"}))
					return matching("oA", api.Buttons{click("vip")})(w)
				}},
				{name: "the newest that fits, by WeChat id", arrange: func(w *world) {
					ready(w)
					w.follow("oA")
					w.control("POST", w.app+"/fans/oA/profile", `{"wechat_id":"anna","platform":"ios"}`)
					for _, m := range []struct {
						name string
						on   api.Platform
					}{{"old", api.IOS}, {"new", api.IOS}, {"other", api.Android}} {
						w.must(adding(api.Buttons{click(m.name)}, api.MatchRule{Platform: m.on})(w))
					}
				}, call: matching("anna", api.Buttons{click("new")})},
				{name: "nobody", code: 65302, arrange: ready, call: matching(stranger, nil)},
				{name: "no menu", code: 46003, arrange: func(w *world) { w.follow("oA") }, call: matching("oA", nil)},
			},
		},
	}
}
