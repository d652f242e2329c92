package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const (
	bizsendPath   = "/cgi-bin/message/subscribe/bizsend"
	addNoticePath = "/wxaapi/newtmpl/addtemplate"
	oneTimePath   = "/cgi-bin/message/template/subscribe"
)

var noticeData = wechat.Template{Data: map[string]string{"thing9": "满百减二十", "date8": "2026年11月30日"}}

// noticeTable are subscription notices with their library, and one-time subscriptions.
// Source: the pages under developers.weixin.qq.com/doc/service/api/notify/notify and …/notify/message
func noticeTable() []served {
	const library = "/wxaapi/newtmpl/"
	titles := func(limit int) func(*world) error {
		return func(w *world) error {
			list, total, err := w.c.NoticeTitles(w.Context(), []int64{307, 402}, 1, limit)
			if err == nil {
				w.same("titles", "2036 优惠券到期提醒 2, 7702 就诊提醒 3, of 3", noticeTitles(list)+fmt.Sprint("of ", total))
			}
			return err
		}
	}
	return append([]served{
		{
			path: bizsendPath, method: "POST", who: verifiedShop,
			codes: []int{40003, 40037, 43101, 43107, 43108, 45168, 47003, 41030, 43102, 47001, 43104},
			rows:  append(noticeGood(), noticeBad()...),
		},
		{
			path: library + "getcategory", method: "GET", who: verifiedShop,
			rows: []row{{name: "good", call: func(w *world) error {
				list, err := w.c.NoticeCategories(w.Context())
				w.same("first", api.Category{ID: 307, Name: "线下零售"}, list[0])
				return err
			}}},
		},
		{
			path: library + "getpubtemplatetitles", method: "GET", who: verifiedShop, codes: []int{40097},
			rows: []row{
				{name: "the second of three and on", call: titles(30)},
				{name: "a page too large", call: titles(31), code: 40097},
			},
		},
		{
			path: library + "getpubtemplatekeywords", method: "GET", who: verifiedShop, codes: []int{200014},
			rows: []row{
				{name: "good", call: func(w *world) error {
					list, err := w.c.NoticeKeywords(w.Context(), 2036)
					w.same("first", api.NoticeKeyword{ID: 9, Name: "优惠券名称", Example: "满百减二十", Rule: "thing"}, list[0])
					return err
				}},
				{name: "no such title", call: func(w *world) error {
					_, err := w.c.NoticeKeywords(w.Context(), 1)
					return err
				}, code: 200014},
			},
		},
		{
			path: addNoticePath, method: "POST", who: verifiedShop, codes: []int{200011, 200012, 200013, 200014, 200020, 200021, 43106},
			rows: append([]row{
				{name: "good", call: addCouponNotice, check: noticesAre("优惠券到期提醒 2 优惠券名称:{{thing9.DATA}}\n到期日期:{{date8.DATA}}\n")},
				{name: "of a kind for good", call: addNotice(7702, "s", 1, 4), check: noticesAre("就诊提醒 3 姓名:{{name1.DATA}}\n时间:{{time4.DATA}}\n")},
				{name: "no such title", call: addNotice(1, "s", 1, 4), code: 200014},
				{name: "one field", call: addNotice(2036, "s", 9), code: byClient},
				{name: "one field, raw", call: post(addNoticePath, `{"tid":"2036","kidList":[9],"sceneDesc":"s"}`), code: 200020},
				{name: "another's field", call: addNotice(2036, "s", 9, 12), code: 200020},
				{name: "a scene of sixteen characters", call: addNotice(2036, strings.Repeat("好", 16), 9, 8), code: byClient},
				{name: "a scene of sixteen characters, raw", call: post(addNoticePath, `{"tid":2036,"kidList":[9,8],"sceneDesc":"`+strings.Repeat("好", 16)+`"}`), code: 200021},
				{name: "no scene, raw", call: post(addNoticePath, `{"tid":2036,"kidList":[9,8]}`), code: 200021},
				{name: "the twenty-sixth", call: times(25, addCouponNotice), code: 200012}, // one came with the account
				{name: "the account is banned from notices", by: byRule, arrange: ruled(`{"notices_banned":true}`), call: addCouponNotice, code: 200011},
				{name: "the title is banned", by: byRule, arrange: ruled(`{"templates":{"2036":"banned"}}`), call: addCouponNotice, code: 200013},
			}, faults(addNoticePath, addCouponNotice, 43106)...),
		},
		{
			path: library + "gettemplate", method: "GET", who: verifiedShop,
			rows: []row{{name: "values of a const", arrange: before(nobody, addNotice(5127, "s", 3, 14)), call: func(w *world) error {
				list, err := w.c.NoticeTemplates(w.Context())
				w.same("notice", api.NoticeTemplate{
					ID: w.text, Title: "排队进度提醒", Content: "门店:{{thing3.DATA}}\n进度:{{const14.DATA}}\n", Example: "门店:人民广场店\n进度:处理中\n", Type: 2,
					Enums: []api.NoticeValue{{Keyword: "const14.DATA", Values: []string{"待处理", "处理中", "已处理"}}},
				}, list[len(list)-1])
				return err
			}}},
		},
		{
			path: library + "deltemplate", method: "POST", who: verifiedShop, codes: []int{40037},
			rows: []row{
				{
					name: "good", arrange: before(nobody, addCouponNotice), check: noticesAre(),
					call: func(w *world) error { return w.c.DeleteNoticeTemplate(w.Context(), w.text) },
				},
				{name: "none of this id", call: func(w *world) error { return w.c.DeleteNoticeTemplate(w.Context(), "unknown") }, code: 40037},
			},
		},
	}, oneTimeTable()...)
}

func noticeTitles(list []api.NoticeTitle) string {
	var b strings.Builder
	for _, t := range list {
		fmt.Fprintf(&b, "%d %s %d, ", t.ID, t.Title, t.Type)
	}
	return b.String()
}

// addNotice leaves the template's id in w.text.
func addNotice(title int64, scene string, keywords ...int) func(*world) error {
	return func(w *world) (err error) {
		w.text, err = w.c.AddNoticeTemplate(w.Context(), title, keywords, scene)
		return err
	}
}

func addCouponNotice(w *world) error { return addNotice(2036, "优惠券", 9, 8)(w) }

// noticesAre compares the templates that the account took itself.
func noticesAre(want ...string) func(*world) {
	return func(w *world) {
		w.Helper()
		list, err := w.c.NoticeTemplates(w.Context())
		w.must(err)
		var got []string
		for _, n := range list[1:] { // the first came with the account
			got = append(got, fmt.Sprintf("%s %d %s", n.Title, n.Type, n.Content))
		}
		w.same("templates", want, got)
	}
}

// consents is a fan oA who agreed so many times to the template that the account took.
func consents(add func(*world) error, count int) func(*world) {
	return func(w *world) {
		w.Helper()
		follower(w)
		w.must(add(w))
		if count > 0 {
			w.do("oA", fmt.Sprintf(`{"consent":{"template_id":%q,"count":%d}}`, w.text, count))
		}
	}
}

func notice(w *world) error { return w.c.SendNotice(w.Context(), "oA", w.text, noticeData) }

func noticeWith(o api.NoticeOptions) func(*world) error {
	return func(w *world) error { return w.c.SendNoticeWith(w.Context(), "oA", w.text, noticeData, o) }
}

func noticeGood() []row {
	long := addNotice(7702, "s", 1, 4)
	visit := func(w *world) error {
		return w.c.SendNotice(w.Context(), "oA", w.text, wechat.Template{Data: map[string]string{"name1": "李晓", "time4": "2026-11-08 10:00"}})
	}
	return []row{
		{name: "good", arrange: consents(addCouponNotice, 1), call: notice, check: func(w *world) {
			got := w.last("oA")
			w.same("data", noticeData.Data, got.Data)
			w.same("inbox", fmt.Sprintln("subscribe", "优惠券到期提醒", w.text), fmt.Sprintln(got.Kind, got.Title, got.TemplateID))
			w.advance("1s")
			if sent := w.pushes("subscribe_msg_sent_event"); len(sent) != 1 || !strings.Contains(sent[0], w.text) {
				w.Errorf("pushed %q", sent)
			}
		}},
		{name: "as often as the fan agreed", arrange: consents(addCouponNotice, 3), call: times(4, notice), code: 43101, check: receives(3)},
		{name: "any number for good", arrange: consents(long, 1), call: times(20, visit), check: receives(20)},
		{name: "a year later", arrange: later(consents(addCouponNotice, 1), "365d"), call: notice, check: receives(1)},
		{name: "with a page and a language", arrange: consents(addCouponNotice, 1), call: noticeWith(api.NoticeOptions{Page: "p?a=1&b=2", State: "trial", Lang: "zh_TW", ClientMsgID: "c-1"}), check: func(w *world) {
			w.same("page", &simulator.MiniProgram{PagePath: "p?a=1&b=2"}, w.last("oA").MiniProgram)
		}},
		{name: "to one who has left", arrange: both(consents(addCouponNotice, 1), acted(`{"unsubscribe":{}}`)), call: notice, check: receives(1)},
		{name: "by a test account", on: trial, arrange: consents(addCouponNotice, 1), call: notice, check: receives(1)},
	}
}

func noticeBad() []row {
	agreed := consents(addCouponNotice, 1)
	with := func(data map[string]string) func(*world) error {
		return func(w *world) error { return w.c.SendNotice(w.Context(), "oA", w.text, wechat.Template{Data: data}) }
	}
	rows := []row{
		{name: "the fan never agreed", arrange: consents(addCouponNotice, 0), call: notice, code: 43101},
		{
			name: "the fan refused", call: notice, code: 43101,
			arrange: func(w *world) {
				consents(addCouponNotice, 0)(w)
				w.do("oA", fmt.Sprintf(`{"consent":{"template_id":%q,"reject":true}}`, w.text))
			},
		},
		{
			name: "the fan took it back", call: notice, code: 43101,
			arrange: func(w *world) {
				agreed(w)
				w.do("oA", fmt.Sprintf(`{"consent":{"template_id":%q,"revoke":true}}`, w.text))
			},
		},
		{name: "a refused notice costs no consent", arrange: agreed, call: func(w *world) error {
			for range 3 {
				if err := with(map[string]string{"thing9": "x", "date8": "soon"})(w); codeOf(err) != 47003 {
					return err
				}
			}
			return notice(w)
		}},
		{name: "not a fan", arrange: agreed, call: func(w *world) error { return w.c.SendNotice(w.Context(), "oNobody", w.text, noticeData) }, code: 40003},
		{name: "a template that the account does not have", arrange: follower, call: func(w *world) error { return w.c.SendNotice(w.Context(), "oA", "T2", noticeData) }, code: 40037},
		{name: "a template of template messages", arrange: couponFan, call: notice, code: 43102},
		{name: "a value that breaks its rule", arrange: agreed, call: func(w *world) error {
			return wantField(with(map[string]string{"thing9": strings.Repeat("好", 21), "date8": "2026-11-30"})(w), "thing9")
		}, code: 47003},
		{name: "a value is missing", arrange: agreed, call: func(w *world) error { return wantField(with(map[string]string{"thing9": "x"})(w), "date8") }, code: 47003},
		{name: "no data", arrange: agreed, call: with(nil), code: 47001},
		{name: "a page on the web", arrange: agreed, call: noticeWith(api.NoticeOptions{Page: "https://example.com/"}), code: 41030},
		{name: "a state that there is not", arrange: agreed, call: noticeWith(api.NoticeOptions{State: "beta"}), code: 40097},
		{name: "a language that there is not", arrange: agreed, call: noticeWith(api.NoticeOptions{Lang: "fr"}), code: 40097},
		{
			name: "two at once to one fan", arrange: consents(addCouponNotice, 2), call: twoNotices, code: 43108,
			config: func(c *simulator.Config) { c.NoticeTime = time.Minute },
		},
		{name: "the ability is banned", by: byRule, arrange: both(agreed, ruled(`{"notices_banned":true}`)), call: notice, code: 43107},
		{name: "the template is banned", by: byRule, arrange: func(w *world) {
			agreed(w)
			w.rules(fmt.Sprintf(`{"templates":{%q:"banned"}}`, w.text))
		}, call: notice, code: 43107},
		{name: "a word", by: byRule, arrange: both(agreed, ruled(`{"words":["百减"]}`)), call: notice, code: 45168},
	}
	for i := range rows {
		if rows[i].code > 0 && rows[i].code != 43108 {
			rows[i].check = nothingFor("oA")
		}
	}
	return append(rows, faults(bizsendPath, func(w *world) error { return w.c.SendNotice(w.Context(), "oA", "T1", noticeData) }, 43104)...)
}

// twoNotices sends two at once and returns what the first that is answered brings. The other, which the platform takes a minute for,
// is given up.
func twoNotices(w *world) error {
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	answers := make(chan error, 2)
	for range 2 {
		go func() { answers <- w.c.SendNotice(ctx, "oA", w.text, noticeData) }()
	}
	first := <-answers
	cancel()
	if second := <-answers; !api.Ambiguous(second) {
		w.Errorf("the notice that was given up: %v, want it to be ambiguous", second)
	}
	return first
}

// oneTimeTable are messages for which a visitor gave leave by a link.
// Source: developers.weixin.qq.com/doc/service/api/notify/subscribe/api_templatesubscribe
func oneTimeTable() []served {
	m := api.OneTime{Scene: 7, Title: "好消息", Content: "到货了 & <好>", Color: "#FF0000", URL: "https://example.com/?a=1&b=2"}
	send := func(fan, template string, scene int) func(*world) error {
		return func(w *world) error {
			m := m
			m.Scene = scene
			return w.c.SendOneTime(w.Context(), fan, template, m)
		}
	}
	titled := func(title, content string) func(*world) error {
		return func(w *world) error {
			return w.c.SendOneTime(w.Context(), "oA", "T1", api.OneTime{Scene: 7, Title: title, Content: content})
		}
	}
	raw := func(title, content string) func(*world) error {
		return post(oneTimePath, fmt.Sprintf(`{"touser":"oA","template_id":"T1","scene":"7","title":%q,"data":{"content":{"value":%q}}}`, title, content))
	}
	agreed := func(w *world) { w.must(visit("confirm")(w)) }
	return []served{
		{
			path: "/mp/subscribemsg", method: "GET", who: noToken, codes: []int{40013, 40037, 40097},
			rows: []row{
				{name: "confirmed", call: visit("confirm"), check: func(w *world) {
					w.same("back at", "action=confirm openid=oA reserved=r1 scene=7 template_id=T1", w.text)
				}},
				{name: "confirmed, of a 公众号", on: paper, call: visit("confirm")},
				{name: "cancelled", call: visit("cancel"), check: func(w *world) {
					w.same("back at", "action=cancel openid=oA reserved=r1 scene=7 template_id=T1", w.text)
					w.same("sending", 40003, codeOf(send("oA", "T1", 7)(w)))
				}},
				{name: "the question", call: func(w *world) error {
					status, page := w.request("GET", w.visit("")+"&openid=oA", "")
					if status != http.StatusOK || !strings.Contains(page, "answer=confirm") {
						w.Errorf("%d %s", status, page)
					}
					return nil
				}},
				{name: "a scene too large", call: func(w *world) error {
					_, err := w.public("GET", strings.Replace(w.visit("confirm")+"&openid=oA", "scene=7", "scene=10001", 1), "")
					return err
				}, code: 40097},
				{name: "no such account", call: func(w *world) error {
					_, err := w.public("GET", strings.Replace(w.visit("confirm")+"&openid=oA", "appid="+w.app, "appid=wxother", 1), "")
					return err
				}, code: 40013},
				{name: "no such template", call: func(w *world) error {
					_, err := w.public("GET", strings.Replace(w.visit("confirm")+"&openid=oA", "template_id=T1", "template_id=T2", 1), "")
					return err
				}, code: 40037},
			},
		},
		{
			path: oneTimePath, method: "POST", who: verified, daily: 100_000, codes: []int{43101, 40062, 40003, 40037, 45002, 47001},
			rows: []row{
				{name: "good, to one who does not follow", arrange: agreed, call: send("oA", "T1", 7), check: func(w *world) {
					got := w.last("oA")
					w.same("inbox", fmt.Sprintln("subscribe", m.Title, m.Content, m.URL), fmt.Sprintln(got.Kind, got.Title, got.Data["content"], got.URL))
				}},
				{name: "good, of a 公众号", on: paper, arrange: agreed, call: send("oA", "T1", 7), check: receives(1)},
				{name: "a leave is for one message", arrange: before(agreed, send("oA", "T1", 7)), call: send("oA", "T1", 7), code: 43101, check: receives(1)},
				{name: "leaves of one scene do not add up", arrange: both(agreed, agreed), call: times(2, send("oA", "T1", 7)), code: 43101, check: receives(1)},
				{name: "another scene", arrange: agreed, call: send("oA", "T1", 8), code: 43101, check: nothingFor("oA")},
				{name: "another's leave", arrange: both(agreed, func(w *world) { w.follow("oB") }), call: send("oB", "T1", 7), code: 43101, check: nothingFor("oB")},
				{name: "never seen", call: send("oNobody", "T1", 7), code: 40003},
				{name: "no such template", arrange: agreed, call: send("oA", "T2", 7), code: 40037},
				{name: "a title of fifteen characters", arrange: agreed, call: titled(strings.Repeat("好", 15), strings.Repeat("好", 200)), check: receives(1)},
				{name: "a title of sixteen", arrange: agreed, call: titled(strings.Repeat("好", 16), "x"), code: byClient},
				{name: "a title of sixteen, raw", arrange: agreed, call: raw(strings.Repeat("好", 16), "x"), code: 40062},
				{name: "no title, raw", arrange: agreed, call: raw("", "x"), code: 40062},
				{name: "201 characters", arrange: agreed, call: titled("x", strings.Repeat("好", 201)), code: byClient},
				{name: "201 characters, raw", arrange: agreed, call: raw("x", strings.Repeat("好", 201)), code: 45002},
				{name: "no content", arrange: agreed, call: titled("x", ""), code: byClient},
				{name: "no content, raw", arrange: agreed, call: raw("x", ""), code: 47001},
				{name: "a scene too large", call: send("oA", "T1", 10001), code: byClient},
			},
		},
	}
}

// visit is the path of the page that asks for leave, as the client makes its address; the answer is the visitor's tap.
func (w *world) visit(answer string) string {
	w.Helper()
	address, err := w.c.OneTimeURL(7, "T1", "https://example.com/back", "r1")
	w.must(err)
	address, fragment, _ := strings.Cut(strings.TrimPrefix(address, w.server.URL), "#")
	w.same("fragment", "wechat_redirect", fragment)
	return address + "&answer=" + answer
}

// visit plays the visitor oA and leaves in w.text what the page that they come back to is told, in order.
func visit(answer string) func(*world) error {
	return func(w *world) error {
		w.Helper()
		req, err := http.NewRequestWithContext(w.Context(), "GET", w.server.URL+w.visit(answer)+"&openid=oA", http.NoBody)
		w.must(err)
		resp, err := http.DefaultTransport.RoundTrip(req)
		w.must(err)
		w.must(resp.Body.Close())
		back, err := url.Parse(resp.Header.Get("Location"))
		w.must(err)
		w.same("back", "https://example.com/back", back.Scheme+"://"+back.Host+back.Path)
		w.text = strings.ReplaceAll(back.Query().Encode(), "&", " ")
		return nil
	}
}
