package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

func tagTable() []served {
	const create, list, update, remove, ofFan = "/cgi-bin/tags/create", "/cgi-bin/tags/get", "/cgi-bin/tags/update", "/cgi-bin/tags/delete", "/cgi-bin/tags/getidlist"
	long := strings.Repeat("长", 31)
	vip := func(w *world) { w.id = int64(w.tag("vip")) }
	creating := func(name string) func(*world) error {
		return func(w *world) error { _, err := w.c.CreateTag(w.Context(), name); return err }
	}
	renaming := func(id int, name string) func(*world) error { // 0: that of vip
		return func(w *world) error {
			if id == 0 {
				return w.c.RenameTag(w.Context(), int(w.id), name)
			}
			return w.c.RenameTag(w.Context(), id, name)
		}
	}
	renamingRaw := func(name string) func(*world) error {
		return func(w *world) error {
			return w.raw("POST", update, fmt.Sprintf(`{"tag":{"id":%d,"name":%q}}`, w.id, name))
		}
	}
	deleting := func(id int) func(*world) error {
		return func(w *world) error { return w.c.DeleteTag(w.Context(), id) }
	}
	return []served{
		{
			path: create, method: "POST", who: verified, codes: []int{45056, 45157, 45158, 44002, 47001, 47002},
			rows: slices.Concat([]row{
				{
					name: "30 characters",
					call: func(w *world) error {
						tag, err := w.c.CreateTag(w.Context(), strings.Repeat("长", 28)+"<&")
						w.same("tag", api.Tag{ID: 100, Name: strings.Repeat("长", 28) + "<&"}, tag)
						return err
					},
					check: func(w *world) { w.same("name", any(strings.Repeat("长", 28)+"<&"), w.books("tag")["100"]["value"]) },
				},
				{name: "a name again", code: 45157, arrange: vip, call: creating("vip"), check: func(w *world) { w.same("tags", 1, len(w.books("tag"))) }},
				{name: "the 101st", code: 45056, arrange: func(w *world) {
					for i := range 100 {
						w.tag(fmt.Sprint(i))
					}
				}, call: creating("x"), check: func(w *world) { w.same("tags", 100, len(w.books("tag"))) }},
				{name: "no body", code: 44002, call: post(create, "")},
				{name: "no JSON", code: 47001, call: post(create, `{"tag":`)},
				{name: "escapes", code: 47002, call: post(create, `{"tag":{"name":"\u5e7f\u4e1c"}}`)},
			}, twice("no name", 45157, nil, creating(""), post(create, `{"tag":{"name":""}}`)),
				twice("31 characters", 45158, nil, creating(long), post(create, `{"tag":{"name":"`+long+`"}}`))),
		},
		{
			path: list, method: "GET", who: verified,
			rows: []row{{name: "own and system tags", arrange: func(w *world) {
				vip(w)
				w.tag("new")
				w.follow("oA", "oB")
				w.must(w.c.TagFans(w.Context(), int(w.id), []string{"oA", "oB"}))
				w.must(w.c.TagFans(w.Context(), 2, []string{"oB"}))
			}, call: func(w *world) error {
				tags, err := w.c.Tags(w.Context())
				w.same("tags", []api.Tag{{ID: 2, Name: "星标组", Count: 1}, {ID: 100, Name: "vip", Count: 2}, {ID: 101, Name: "new"}}, tags)
				return err
			}}},
		},
		{
			path: update, method: "POST", who: verified, codes: []int{45058, 45157, 45158, 45159},
			rows: slices.Concat([]row{
				{name: "another name", arrange: vip, call: renaming(0, "gold"), check: func(w *world) { w.same("name", any("gold"), w.books("tag")["100"]["value"]) }},
				{name: "its own name", arrange: vip, call: renaming(0, "vip")},
				{name: "another tag's name", code: 45157, arrange: func(w *world) { w.tag("new"); vip(w) }, call: renaming(0, "new")},
				{name: "no such tag", code: 45159, call: renaming(999, "x")},
			}, twice("31 characters", 45158, vip, renaming(0, long), renamingRaw(long)),
				twice("a system tag", 45058, nil, renaming(2, "x"), post(update, `{"tag":{"id":2,"name":"x"}}`))),
		},
		{
			path: remove, method: "POST", who: verified, codes: []int{45057, 45058, 45159},
			rows: append([]row{
				{name: "with its fans", arrange: func(w *world) {
					vip(w)
					w.follow("oA")
					w.must(w.c.TagFans(w.Context(), 100, []string{"oA"}))
				}, call: deleting(100), check: func(w *world) {
					w.same("tag", nil, w.books("tag")["100"]["value"])
					w.same("tags of the fan", []int{}, w.tagsOf("oA"))
				}},
				{name: "too many fans", code: 45057, config: func(c *simulator.Config) { c.Figures.TagFans = 2 }, arrange: func(w *world) {
					vip(w)
					w.follow("oA", "oB", "oC")
					w.must(w.c.TagFans(w.Context(), 100, []string{"oA", "oB", "oC"}))
				}, call: deleting(100), check: func(w *world) {
					w.same("tags of the fan", []int{100}, w.tagsOf("oA"))
					w.must(w.c.UntagFans(w.Context(), 100, []string{"oA"}))
					w.must(w.c.DeleteTag(w.Context(), 100))
				}},
				{name: "no such tag", code: 45159, call: deleting(999)},
			}, twice("a system tag", 45058, nil, deleting(2), post(remove, `{"tag":{"id":2}}`))...),
		},
		{
			path: ofFan, method: "POST", who: verified, codes: []int{40003},
			rows: []row{
				{name: "in the order given", arrange: func(w *world) {
					w.follow("oA")
					for _, name := range []string{"a", "b", "c"} {
						w.tag(name)
					}
					for _, id := range []int{102, 100} {
						w.must(w.c.TagFans(w.Context(), id, []string{"oA"}))
					}
				}, call: func(w *world) error {
					got, err := w.c.TagsOfFan(w.Context(), "oA")
					w.same("tags", []int{102, 100}, got)
					w.same("books", got, w.tagsOf("oA"))
					return err
				}},
				{name: "nobody", code: 40003, call: func(w *world) error { _, err := w.c.TagsOfFan(w.Context(), stranger); return err }},
			},
		},
	}
}

func memberTable() []served {
	const tagging, untagging = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"
	two := func(w *world) {
		w.follow("oA", "oB")
		w.id = int64(w.tag("vip"))
	}
	full := func(w *world) {
		two(w)
		for i := range 20 {
			id := w.tag(fmt.Sprint(i))
			w.must(w.c.TagFans(w.Context(), id, []string{"oB"}))
		}
	}
	tagged := func(w *world) {
		two(w)
		w.must(w.c.TagFans(w.Context(), int(w.id), []string{"oA", "oB"}))
	}
	hour := func(c *simulator.Config) { c.TaggingTime = time.Hour }
	of := func(method func(*api.Client, context.Context, int, []string) error) func(...string) func(*world) error {
		return func(fans ...string) func(*world) error {
			return func(w *world) error { return method(w.c, w.Context(), int(w.id), fans) }
		}
	}
	add, take := of((*api.Client).TagFans), of((*api.Client).UntagFans)
	return []served{
		{
			path: tagging, method: "POST", who: verified, codes: []int{40003, 40032, 45059, 45159, 45169, 45171, 49003},
			rows: []row{
				{name: "two fans", arrange: two, call: add("oA", "oB"), check: func(w *world) {
					w.same("oA", []int{100}, w.tagsOf("oA"))
					w.same("oB", []int{100}, w.tagsOf("oB"))
				}},
				{name: "51 fans in two calls", arrange: func(w *world) { two(w); w.follow(ids(51)...) }, call: add(ids(51)...), check: func(w *world) {
					w.same("calls", int64(2), w.quota(tagging).Used)
					w.same("the last", []int{100}, w.tagsOf("o51"))
				}},
				{name: "51 fans in one call", code: 40032, arrange: two, call: post(tagging, `{"tagid":100,"openid_list":`+doc(ids(51))+`}`)},
				{name: "no fan", code: 40032, arrange: two, call: add()},
				{name: "the 21st tag of a fan", code: 45059, arrange: full, call: add("oA", "oB"), check: func(w *world) {
					w.same("oA", []int{}, w.tagsOf("oA"))
					w.same("oB's", 20, len(w.tagsOf("oB")))
				}},
				{name: "one of 20 tags again", arrange: full, call: func(w *world) error { return w.c.TagFans(w.Context(), 101, []string{"oB"}) }},
				{
					name: "the 21st tag of some", code: 45171, config: func(c *simulator.Config) { c.Switches.PartialTags = true }, arrange: full,
					call: func(w *world) error {
						err := w.c.TagFans(w.Context(), int(w.id), []string{"oA", "oB"})
						var some *api.PartialError
						if !errors.As(err, &some) || !slices.Equal(some.Failed, []string{"oB"}) {
							w.Errorf("error %v names %+v", err, some)
						}
						return err
					},
					check: func(w *world) { w.same("oA", []int{100}, w.tagsOf("oA")) },
				},
				{name: "side by side", code: 45169, config: hour, arrange: two, call: atOnce(func(ctx context.Context, w *world) error { return w.c.TagFans(ctx, int(w.id), []string{"oA"}) }), check: func(w *world) { w.same("oA", []int{100}, w.tagsOf("oA")) }},
				{name: "no such tag", code: 45159, arrange: func(w *world) { two(w); w.id = 999 }, call: add("oA")},
				{name: "another account's fan", code: 49003, arrange: two, call: add("oA", stranger), check: func(w *world) { w.same("oA", []int{}, w.tagsOf("oA")) }},
				{name: "no OpenID", code: 40003, arrange: two, call: add("x y")},
			},
		},
		{
			path: untagging, method: "POST", who: verified, codes: []int{40003, 40032, 45159, 45169, 45171, 49003},
			rows: append([]row{
				{name: "one of two", arrange: tagged, call: take("oA"), check: func(w *world) {
					w.same("oA", []int{}, w.tagsOf("oA"))
					w.same("oB", []int{100}, w.tagsOf("oB"))
				}},
				{name: "51 fans in one call", code: 40032, arrange: two, call: post(untagging, `{"tagid":100,"openid_list":`+doc(ids(51))+`}`)},
				{name: "side by side", code: 45169, config: hour, arrange: func(w *world) {
					two(w)
					w.load("fan", map[string]any{"oA": map[string]any{"subscribed": true, "since": "2026-01-01T00:00:00Z", "tags": []int{100}}})
				}, call: atOnce(func(ctx context.Context, w *world) error { return w.c.UntagFans(ctx, int(w.id), []string{"oA"}) }), check: func(w *world) { w.same("oA", []int{}, w.tagsOf("oA")) }},
				{name: "no such tag", code: 45159, arrange: func(w *world) { two(w); w.id = 999 }, call: take("oA")},
				{name: "another account's fan", code: 49003, arrange: two, call: take(stranger)},
				{name: "no OpenID", code: 40003, arrange: two, call: take("x y")},
			}, faults(untagging, take("oA"), 45171)...),
		},
	}
}

// atOnce makes a call twice at the same time: the platform, which is carrying out the one for an hour, refuses the other.
func atOnce(call func(context.Context, *world) error) func(*world) error {
	return func(w *world) error {
		ctx, end := context.WithCancel(w.Context())
		defer end()
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- call(ctx, w) }()
		}
		refused := <-ended
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			w.Errorf("the other call: %v", err)
		}
		return refused
	}
}

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
