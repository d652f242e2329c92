package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

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
