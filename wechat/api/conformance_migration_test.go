package api_test

import (
	"encoding/json"
	"slices"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

func blacklistTable() []served {
	const list, add, remove = "/cgi-bin/tags/members/getblacklist", "/cgi-bin/tags/members/batchblacklist", "/cgi-bin/tags/members/batchunblacklist"
	listed := func(w *world) []string {
		w.Helper()
		on := []string{}
		for id, f := range w.books("fan") {
			if f["blacklisted"] != nil {
				on = append(on, id)
			}
		}
		slices.Sort(on)
		return on
	}
	three := func(w *world) {
		w.follow("oA", "oB", "oC")
		w.must(w.c.BlacklistFans(w.Context(), []string{"oA", "oB", "oC"}))
	}
	adding := func(fans ...string) func(*world) error {
		return func(w *world) error { return w.c.BlacklistFans(w.Context(), fans) }
	}
	removing := func(fans ...string) func(*world) error {
		return func(w *world) error { return w.c.UnblacklistFans(w.Context(), fans) }
	}
	many := func(path string, client func(...string) func(*world) error) []row {
		return slices.Concat([]row{
			{name: "21 fans in two calls", arrange: func(w *world) { w.follow(ids(21)...) }, call: client(ids(21)...), check: func(w *world) {
				w.same("calls", int64(2), w.quota(path).Used)
			}},
			{name: "21 fans in one call", code: 40032, call: post(path, `{"openid_list":`+doc(ids(21))+`}`)},
			{name: "another account's fan", code: 49003, call: client(stranger)},
			{name: "no OpenID", code: 40003, call: client("x y")},
		}, twice("no fan", 40032, nil, client(), post(path, `{"openid_list":[]}`)), faults(path, client("oA"), 268487001))
	}
	return []served{
		{
			path: list, method: "POST", who: verified, codes: []int{40003, 268487001},
			rows: append([]row{
				{name: "pages", config: func(c *simulator.Config) { c.Figures.Page = 2 }, arrange: three, call: func(w *world) error {
					var got []string
					for id, err := range w.c.Blacklist(w.Context(), "") {
						w.must(err)
						got = append(got, id)
					}
					w.same("blacklist", []string{"oA", "oB", "oC"}, got)
					page, err := w.c.BlacklistPage(w.Context(), "oB")
					w.same("page", api.OpenIDPage{OpenIDs: []string{"oC"}, Total: 3, Next: "oC"}, page)
					return err
				}},
				{name: "empty", call: func(w *world) error {
					page, err := w.c.BlacklistPage(w.Context(), "")
					w.same("page", api.OpenIDPage{}, page)
					return err
				}},
				{name: "after nobody", code: 40003, call: func(w *world) error { _, err := w.c.BlacklistPage(w.Context(), stranger); return err }},
			}, faults(list, func(w *world) error { _, err := w.c.BlacklistPage(w.Context(), ""); return err }, 268487001)...),
		},
		{
			path: add, method: "POST", who: verified, codes: []int{40003, 40032, 49003, 268487001},
			rows: append([]row{{
				name: "two fans, of whom nothing is heard", arrange: func(w *world) { w.follow("oA", "oB", "oC") }, call: adding("oA", "oB"),
				check: func(w *world) {
					w.same("blacklist", []string{"oA", "oB"}, listed(w))
					w.do("oA", `{"text":"unheard"}`)
					w.do("oC", `{"text":"heard"}`)
					w.same("pushes", []int{0, 1}, []int{len(w.pushes("<![CDATA[unheard]]>")), len(w.pushes("<![CDATA[heard]]>"))})
				},
			}}, many(add, adding)...),
		},
		{
			path: remove, method: "POST", who: verified, codes: []int{40003, 40032, 49003, 268487001},
			rows: append([]row{{
				name: "one of three", arrange: three, call: removing("oB"), check: func(w *world) { w.same("blacklist", []string{"oA", "oC"}, listed(w)) },
			}}, many(remove, removing)...),
		},
	}
}

func migrationTable() []served {
	const path = "/cgi-bin/changeopenid"
	moved := func(w *world) {
		w.control("POST", paper+"/fans/oOld/do", `{"subscribe":{}}`)
		w.control("POST", shop+"/migrate", `{"from":"`+paper+`"}`)
	}
	changing := func(from string, fans ...string) func(*world) error {
		return func(w *world) error { _, err := w.c.ChangeOpenIDs(w.Context(), from, fans); return err }
	}
	want := func(w *world, got []api.ChangedOpenID) {
		id, _ := w.books("moved")[paper+"/oOld"]["value"].(string)
		w.same("OpenIDs", []api.ChangedOpenID{{Old: "oOld", New: id, Err: "ok"}, {Old: stranger, Err: "ori_openid error"}}, got)
		w.same("how the fan came", any("ADD_SCENE_ACCOUNT_MIGRATION"), w.books("fan")[id]["how"])
	}
	return []served{{
		path: path, method: "POST", who: verified, codes: []int{63178, 63182, 63183, 40032},
		rows: slices.Concat([]row{
			{name: "by AppID", arrange: moved, call: func(w *world) error {
				got, err := w.c.ChangeOpenIDs(w.Context(), paper, []string{"oOld", stranger})
				want(w, got)
				return err
			}},
			{name: "by original id", arrange: moved, call: func(w *world) error {
				var accounts struct {
					Items []struct {
						AppID    string `json:"app_id"`
						Original string `json:"original_id"`
					}
				}
				w.must(json.Unmarshal([]byte(w.control("GET", "accounts", "")), &accounts))
				at := slices.IndexFunc(accounts.Items, func(a struct {
					AppID    string `json:"app_id"`
					Original string `json:"original_id"`
				},
				) bool {
					return a.AppID == paper
				})
				got, err := w.c.ChangeOpenIDs(w.Context(), accounts.Items[at].Original, []string{"oOld", stranger})
				want(w, got)
				return err
			}},
			{name: "an account that did not move here", code: 63178, arrange: moved, call: changing(smallShop, "oOld")},
			{name: "after 15 days", code: 63183, arrange: func(w *world) { moved(w); w.advance("15d1h") }, call: changing(paper, "oOld")},
		}, twice("no OpenID", 63182, moved, changing(paper), post(path, `{"from_appid":"`+paper+`","openid_list":[]}`)),
			twice("101 OpenIDs", 40032, moved, changing(paper, ids(101)...), post(path, `{"from_appid":"`+paper+`","openid_list":`+doc(ids(101))+`}`))),
	}}
}
