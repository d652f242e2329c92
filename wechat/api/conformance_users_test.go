package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// usersTable are fans, their remarks and tags, the blacklist, and OpenIDs of an account that moved.
func usersTable() []served {
	return slices.Concat(fanTable(), fanListTable(), tagTable(), memberTable(), blacklistTable(), migrationTable())
}

// stranger has the form of an OpenID and is no fan's.
const stranger = "oSTRANGER0000000000000000001"

// books are the simulator's own records of a kind that it keeps of the row's account, by their id.
func (w *world) books(kind string) map[string]map[string]any {
	w.Helper()
	records := map[string]map[string]any{}
	for line := range strings.Lines(w.control("GET", "state", "")) {
		if !strings.HasPrefix(line, `{"k":"`+kind+`",`) {
			continue
		}
		var l struct {
			App   string          `json:"app"`
			ID    string          `json:"id"`
			Value json.RawMessage `json:"v"`
		}
		w.must(json.Unmarshal([]byte(line), &l))
		if l.App != w.app {
			continue
		}
		var v any
		if l.Value != nil {
			dec := json.NewDecoder(bytes.NewReader(l.Value))
			dec.UseNumber() // ids are longer than a float64
			w.must(dec.Decode(&v))
		}
		record, ok := v.(map[string]any)
		if !ok {
			record = map[string]any{"value": v}
		}
		records[l.ID] = record
	}
	return records
}

// load adds records to what the simulator keeps of the row's account.
func (w *world) load(kind string, records map[string]any) {
	w.Helper()
	var state strings.Builder
	state.WriteString(w.control("GET", "state", ""))
	enc := json.NewEncoder(&state)
	for id, v := range records {
		w.must(enc.Encode(map[string]any{"k": kind, "app": w.app, "id": id, "v": v}))
	}
	w.control("PUT", "state", state.String())
}

// ids are openIDs from o1 on.
func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("o%d", i+1)
	}
	return list
}

// doc is a value as JSON.
func doc(v any) string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // the platform takes no escapes
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// twice are a row in which the client refuses what would be the code, and one in which the platform does.
func twice(name string, code int, arrange func(*world), client, raw func(*world) error) []row {
	return []row{
		{name: name + ": not sent", code: byClient, arrange: arrange, call: client},
		{name: name, code: code, arrange: arrange, call: raw},
	}
}

func (w *world) tag(name string) int {
	w.Helper()
	tag, err := w.c.CreateTag(w.Context(), name)
	w.must(err)
	return tag.ID
}

// tagsOf are the fan's tags in the books.
func (w *world) tagsOf(fan string) []int {
	w.Helper()
	list := []int{}
	ids, _ := w.books("fan")[fan]["tags"].([]any)
	for _, id := range ids {
		n, err := id.(json.Number).Int64()
		w.must(err)
		list = append(list, int(n))
	}
	return list
}

// moment is a time of the books, in seconds.
func (w *world) moment(v any) time.Time {
	w.Helper()
	at, err := time.Parse(time.RFC3339, fmt.Sprint(v))
	w.must(err)
	return at.UTC().Truncate(time.Second)
}

func fanTable() []served {
	const info, batch, remark = "/cgi-bin/user/info", "/cgi-bin/user/info/batchget", "/cgi-bin/user/info/updateremark"
	// known makes fans who came by a QR code, by nothing in particular, and who left.
	known := func(w *world) {
		w.do("oA", `{"subscribe":{"scene":"store-1"}}`)
		w.follow("oB", "oGone")
		w.do("oGone", `{"unsubscribe":{}}`)
		w.must(w.c.SetRemark(w.Context(), "oA", "老客 <A&B>"))
		w.id = int64(w.tag("vip"))
		w.must(w.c.TagFans(w.Context(), int(w.id), []string{"oA"}))
	}
	wanted := func(w *world) []api.UserInfo {
		fans := w.books("fan")
		return []api.UserInfo{
			{
				OpenID: "oA", Subscribed: true, SubscribedAt: w.moment(fans["oA"]["since"]), SubscribeScene: "ADD_SCENE_QR_CODE",
				Remark: "老客 <A&B>", TagIDs: []int{int(w.id)}, QRSceneStr: "store-1",
			},
			{OpenID: "oB", Subscribed: true, SubscribedAt: w.moment(fans["oB"]["since"]), SubscribeScene: "ADD_SCENE_SEARCH", TagIDs: []int{}},
			{OpenID: "oGone"},
		}
	}
	setRemark := func(fan, text string) func(*world) error {
		return func(w *world) error { return w.c.SetRemark(w.Context(), fan, text) }
	}
	return []served{
		{
			path: info, method: "GET", who: verified, daily: 5_000_000, testDaily: 500_000, codes: []int{40003},
			rows: append([]row{
				{name: "three fans", arrange: known, call: func(w *world) error {
					for _, want := range wanted(w) {
						got, err := w.c.User(w.Context(), want.OpenID)
						w.must(err)
						w.same(want.OpenID, want, got)
					}
					return nil
				}},
				{name: "by a numbered code, on an open platform", config: func(c *simulator.Config) { c.Accounts[0].OpenPlatform = "op" }, call: func(w *world) error {
					qr, err := w.c.PermanentQR(w.Context(), api.Scene{ID: 7})
					w.must(err)
					w.do("oA", `{"scan":{"ticket":`+doc(qr.Ticket)+`}}`)
					got, err := w.c.User(w.Context(), "oA")
					if got.QRScene != 7 || got.QRSceneStr != "" || got.UnionID == "" {
						w.Errorf("%+v", got)
					}
					return err
				}},
				{name: "with the withdrawn keys", config: func(c *simulator.Config) { c.Switches.WithdrawnFields = true }, arrange: known, call: func(w *world) error {
					got, err := w.c.User(w.Context(), "oA")
					w.same("oA", wanted(w)[0], got)
					return err
				}},
				{name: "nobody", code: 40003, call: func(w *world) error { _, err := w.c.User(w.Context(), stranger); return err }},
			}, faults(info, func(w *world) error { _, err := w.c.User(w.Context(), "oA"); return err }, 46004, 50005)...),
		},
		{
			path: batch, method: "POST", who: verified, codes: []int{40003, 40032},
			rows: append([]row{
				{name: "three fans", arrange: known, call: func(w *world) error {
					got, err := w.c.Users(w.Context(), []string{"oA", "oB", "oGone"})
					w.same("fans", wanted(w), got)
					return err
				}},
				{
					name: "101 in two calls", arrange: func(w *world) { w.follow(ids(101)...) },
					call: func(w *world) error {
						got, err := w.c.Users(w.Context(), ids(101))
						if len(got) != 101 || got[100].OpenID != "o101" || !got[100].Subscribed {
							w.Errorf("%d fans", len(got))
						}
						return err
					},
					check: func(w *world) { w.same("calls", int64(2), w.quota(batch).Used) },
				},
				{name: "nobody", code: 40003, call: func(w *world) error { _, err := w.c.Users(w.Context(), []string{stranger}); return err }},
				{name: "none", code: 40032, call: post(batch, `{"user_list":[]}`)},
			}, row{
				name: "more than 100", code: 40032,
				call: func(w *world) error { return w.raw("POST", batch, `{"user_list":`+manyUsers(101)+`}`) },
			}),
		},
		{
			path: remark, method: "POST", who: verified, daily: 10_000, codes: []int{40003, 40092, 43004, 47002},
			rows: append([]row{
				{name: "29 bytes", arrange: known, call: setRemark("oA", "九个汉字的备注名称ab"), check: func(w *world) {
					w.same("remark", any("九个汉字的备注名称ab"), w.books("fan")["oA"]["remark"])
				}},
				{name: "taken away", arrange: known, call: setRemark("oA", ""), check: func(w *world) { w.same("remark", nil, w.books("fan")["oA"]["remark"]) }},
				{name: "nobody", code: 40003, call: setRemark(stranger, "x")},
				{name: "one who left", code: 43004, arrange: known, call: setRemark("oGone", "x")},
				{name: "escapes", code: 47002, arrange: known, call: post(remark, `{"openid":"oA","remark":"\u8001"}`)},
			}, twice("30 bytes", 40092, known, setRemark("oA", strings.Repeat("客", 10)), post(remark, `{"openid":"oA","remark":"`+strings.Repeat("客", 10)+`"}`))...),
		},
	}
}

// manyUsers is a user_list.
func manyUsers(n int) string {
	list := make([]map[string]string, n)
	for i := range list {
		list[i] = map[string]string{"openid": "oA"}
	}
	return doc(list)
}

func fanListTable() []served {
	const list, byTag = "/cgi-bin/user/get", "/cgi-bin/user/tag/get"
	pagesOfTwo := func(c *simulator.Config) { c.Figures.Page = 2 }
	three := func(w *world) {
		w.follow("oA", "oB", "oC", "oGone")
		w.do("oGone", `{"unsubscribe":{}}`)
		w.id = int64(w.tag("vip"))
		w.must(w.c.TagFans(w.Context(), int(w.id), []string{"oA", "oB", "oC"}))
	}
	pages := func(w *world, total int64, ask func(context.Context, string) (api.OpenIDPage, error)) error {
		first, err := ask(w.Context(), "")
		w.must(err)
		w.same("first page", api.OpenIDPage{OpenIDs: []string{"oA", "oB"}, Total: total, Next: "oB"}, first)
		second, err := ask(w.Context(), first.Next)
		w.must(err)
		w.same("second page", api.OpenIDPage{OpenIDs: []string{"oC"}, Total: total, Next: "oC"}, second)
		third, err := ask(w.Context(), second.Next)
		w.same("third page", api.OpenIDPage{Total: total}, third)
		return err
	}
	ofTag := func(w *world, id int) func(context.Context, string) (api.OpenIDPage, error) {
		return func(ctx context.Context, after string) (api.OpenIDPage, error) {
			return w.c.FansOfTagPage(ctx, id, after)
		}
	}
	first := func(w *world) error { _, err := w.c.FollowersPage(w.Context(), ""); return err }
	return []served{
		{
			path: list, method: "GET", who: verified, daily: 500, testDaily: 100, codes: []int{40003, 45009, 268487002},
			rows: append([]row{
				{name: "pages", config: pagesOfTwo, arrange: three, call: func(w *world) error { return pages(w, 3, w.c.FollowersPage) }},
				{name: "10,001 fans in pages of 10,000", arrange: func(w *world) {
					fans := map[string]any{}
					for i := range 10_001 {
						fans[fmt.Sprintf("o%05d", i)] = map[string]any{"subscribed": true, "since": "2026-01-01T00:00:00Z"}
					}
					w.load("fan", fans)
				}, call: func(w *world) error {
					n, last := 0, ""
					for id, err := range w.c.Followers(w.Context(), "") {
						w.must(err)
						n, last = n+1, id
					}
					w.same("fans", "10001 o10000", fmt.Sprint(n, " ", last))
					w.same("calls", int64(2), w.quota(list).Used)
					return nil
				}},
				{name: "after nobody", code: 40003, call: func(w *world) error { _, err := w.c.FollowersPage(w.Context(), stranger); return err }},
				{name: "100 calls of a test account's day", on: trial, code: 45009, arrange: func(w *world) {
					for range 100 {
						w.must(first(w))
					}
				}, call: first, check: func(w *world) {
					w.same("calls", api.APIQuota{DailyLimit: 100, Used: 100}, today(w.quota(list)))
					w.advance("14h") // midnight
					w.must(first(w))
				}},
			}, faults(list, first, 268487002)...),
		},
		{
			path: byTag, method: "POST", who: verified, codes: []int{40003, 45159},
			rows: []row{
				{name: "pages", config: pagesOfTwo, arrange: three, call: func(w *world) error { return pages(w, 0, ofTag(w, int(w.id))) }},
				{name: "no such tag", code: 45159, call: func(w *world) error { _, err := w.c.FansOfTagPage(w.Context(), 999, ""); return err }},
				{name: "after nobody", code: 40003, arrange: three, call: func(w *world) error { _, err := w.c.FansOfTagPage(w.Context(), int(w.id), stranger); return err }},
			},
		},
	}
}

// today is the part of a quota that is of the day.
func today(q api.APIQuota) api.APIQuota {
	return api.APIQuota{DailyLimit: q.DailyLimit, Used: q.Used, Remain: q.Remain}
}
