package api_test

import (
	"errors"
	"fmt"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const (
	templatePath  = "/cgi-bin/message/template/send"
	industryPath  = "/cgi-bin/template/api_set_industry"
	addPath       = "/cgi-bin/template/api_add_template"
	intercepted   = "/wxa/sec/queryblocktmplmsg"
	couponLibrary = "43216" // a template of the played library, of the industry 31, with the keywords of coupons
)

// coupons are keywords of that template, and couponData what fills them in.
var (
	coupons    = []string{"优惠券名称", "金额", "到期日期"}
	couponData = map[string]string{"thing9": "满百减二十 & <礼>", "amount6": "¥25.00", "date8": "2026年11月30日"}
)

// templateTable are template messages and their management.
// Source: developers.weixin.qq.com/doc/service/guide/product/template_message and the pages under …/api/notify/template
func templateTable() []served {
	return []served{
		{
			path: templatePath, method: "POST", who: verifiedShop, daily: 100_000,
			codes: []int{
				40003, 43004, 40036, 40037, 40008, 40039, 40165, 40166, 45051, 47001, 47003, 40249, 43116, 48011, 45011, 40241, 43019, -1,
			},
			rows: append(append(templateGood(), templateBad()...), templateValues()...),
		},
		{
			path: industryPath, method: "POST", who: verifiedShop, codes: []int{43100, 40102, 40103},
			rows: []row{
				{name: "good", call: industry("10", "16"), check: func(w *world) {
					first, second, err := w.c.Industries(w.Context())
					w.must(err)
					w.same("industries", [2]api.Industry{{First: "餐饮", Second: "餐饮"}, {First: "教育", Second: "培训"}}, [2]api.Industry{first, second})
				}},
				{name: "twice a month", arrange: later(before(nobody, industry("10", "16")), "20d"), call: industry("1", "2"), code: 43100},
				{name: "the next month", arrange: later(before(nobody, industry("10", "16")), "21d"), call: industry("1", "2")},
				{name: "one that is not in the list", call: industry("1", "99"), code: 40102},
				{name: "no number", call: industry("one", "2"), code: 40103},
			},
		},
		{
			path: "/cgi-bin/template/get_industry", method: "GET", who: verifiedShop,
			rows: []row{{name: "none was chosen", call: func(w *world) error {
				first, second, err := w.c.Industries(w.Context())
				w.same("industries", [2]api.Industry{}, [2]api.Industry{first, second})
				return err
			}}},
		},
		{
			path: addPath, method: "POST", who: verifiedShop, codes: []int{40246, 40247, 45026, 45027},
			rows: []row{
				{name: "good", call: addCoupons, check: func(w *world) {
					list, err := w.c.Templates(w.Context())
					w.must(err)
					got := list[len(list)-1]
					w.same("template", [2]string{w.text, "优惠券名称:{{thing9.DATA}}\n金额:{{amount6.DATA}}\n到期日期:{{date8.DATA}}\n"}, [2]string{got.ID, got.Content})
				}},
				{name: "keywords in another order", call: addTemplate(couponLibrary, "到期日期", "金额"), check: func(w *world) {
					list, err := w.c.Templates(w.Context())
					w.must(err)
					w.same("content", "到期日期:{{date8.DATA}}\n金额:{{amount6.DATA}}\n", list[len(list)-1].Content)
				}},
				{name: "no keyword", call: addTemplate(couponLibrary), code: 40246},
				{name: "another's keyword", call: addTemplate(couponLibrary, "车牌号"), code: 40246},
				{name: "the old library", call: addTemplate("TM00015", "支付金额"), code: 40247},
				{name: "a number that the library does not have", call: addTemplate("1", "金额"), code: 40247},
				{name: "of another industry", arrange: before(nobody, industry("10", "16")), call: addCoupons, code: 45027},
				{name: "the twenty-fifth", call: times(24, addCoupons)}, // one came with the account
				{name: "the twenty-sixth", call: times(25, addCoupons), code: 45026},
			},
		},
		{
			path: "/cgi-bin/template/get_all_private_template", method: "GET", who: verifiedShop,
			rows: []row{{name: "good", arrange: before(nobody, addCoupons), call: func(w *world) error {
				list, err := w.c.Templates(w.Context())
				var got []string
				for _, one := range list {
					got = append(got, one.ID+" "+one.Title+" "+one.Primary+" "+one.Deputy)
				}
				w.same("templates", []string{"T1   ", w.text + " 优惠券到账通知 消费品 消费品"}, got)
				return err
			}}},
		},
		{
			path: "/cgi-bin/template/del_private_template", method: "POST", who: verifiedShop, codes: []int{40037},
			rows: []row{
				{
					name: "good", arrange: before(nobody, addCoupons),
					call: func(w *world) error { return w.c.DeleteTemplate(w.Context(), w.text) },
					check: func(w *world) {
						w.follow("oA")
						w.same("sending by it", 40037, codeOf(coupon("oA", "")(w)))
					},
				},
				{name: "none of this id", call: func(w *world) error { return w.c.DeleteTemplate(w.Context(), "unknown") }, code: 40037},
			},
		},
		{
			path: intercepted, method: "POST", who: verifiedShop, codes: []int{40097},
			rows: []row{
				{name: "page by page", arrange: marketing, call: func(w *world) error {
					var got []string
					after := int64(0)
					for range 2 {
						page, err := w.c.BlockedMessages(w.Context(), w.text, after, 2)
						if err != nil {
							return err
						}
						for _, b := range page {
							got = append(got, b.OpenID+" "+b.Title)
							after = b.ID
						}
					}
					w.same("intercepted", []string{"oA 优惠券到账通知", "oA 优惠券到账通知", "oA 优惠券到账通知"}, got)
					return nil
				}},
				{name: "a page too large", call: func(w *world) error {
					_, err := w.c.BlockedMessages(w.Context(), "T1", 0, 101)
					return err
				}, code: 40097},
			},
		},
	}
}

func industry(first, second string) func(*world) error {
	return func(w *world) error { return w.c.SetIndustry(w.Context(), first, second) }
}

// addTemplate leaves the template's id in w.text.
func addTemplate(short string, keywords ...string) func(*world) error {
	return func(w *world) (err error) {
		w.text, err = w.c.AddTemplate(w.Context(), short, keywords)
		return err
	}
}

func addCoupons(w *world) error { return addTemplate(couponLibrary, coupons...)(w) }

// coupon sends the template whose id is in w.text and leaves the msgid in w.id.
func coupon(fan, clientMsgID string) func(*world) error {
	return func(w *world) (err error) {
		t := wechat.Template{URL: "https://example.com/?a=1&b=2", Data: couponData}
		w.id, err = w.c.SendTemplate(w.Context(), fan, w.text, t, clientMsgID)
		return err
	}
}

// couponFan is a follower oA of an account that has the template.
func couponFan(w *world) {
	w.Helper()
	follower(w)
	w.must(addCoupons(w))
}

// marketing has three of them intercepted.
func marketing(w *world) {
	w.Helper()
	couponFan(w)
	w.rules(fmt.Sprintf(`{"templates":{%q:"marketing"}}`, w.text))
	for range 3 {
		w.same("sending", 40249, codeOf(coupon("oA", "")(w)))
	}
}

// templateResult holds that the result of the message w.id is pushed as status, a second later.
func templateResult(status string) func(*world) {
	return func(w *world) {
		w.Helper()
		w.same("pushes before", 0, len(w.pushes("TEMPLATESENDJOBFINISH")))
		w.advance("1s")
		got := w.pushes("TEMPLATESENDJOBFINISH")
		if len(got) != 1 || !strings.Contains(got[0], fmt.Sprint(w.id)) || !strings.Contains(got[0], status) {
			w.Errorf("pushed %q, want msgid %d and %s", got, w.id, status)
		}
	}
}

func templateGood() []row {
	got := func(w *world) {
		w.Helper()
		item := w.last("oA")
		w.same("data", couponData, item.Data)
		w.same("inbox", fmt.Sprintln("template", "优惠券到账通知", w.text, "https://example.com/?a=1&b=2", w.id),
			fmt.Sprintln(item.Kind, item.Title, item.TemplateID, item.URL, item.MsgID))
	}
	mini := wechat.Template{URL: "https://example.com/", MiniProgram: &wechat.MiniProgram{AppID: "wxmini", PagePath: "p?a=1&b=2"}, Data: map[string]string{"thing1": "x"}}
	return []row{
		{name: "good", arrange: couponFan, call: coupon("oA", ""), check: both(got, templateResult("success"))},
		{name: "counted", arrange: couponFan, call: times(3, coupon("oA", "")), check: func(w *world) {
			q := w.quota(templatePath)
			w.same("quota", [3]int64{100_000, 3, 99_997}, [3]int64{q.DailyLimit, q.Used, q.Remain})
			receives(3)(w)
		}},
		{name: "by a test account", on: trial, arrange: couponFan, call: coupon("oA", ""), check: got},
		{name: "the mini program wins", arrange: follower, check: func(w *world) {
			w.same("mini program", &simulator.MiniProgram{AppID: "wxmini", PagePath: "p?a=1&b=2"}, w.last("oA").MiniProgram)
		}, call: func(w *world) error {
			_, err := w.c.SendTemplate(w.Context(), "oA", "T1", mini, "")
			return err
		}},
		{name: "first and remark are dropped", arrange: follower, check: func(w *world) {
			w.same("data", map[string]string{"thing1": "x"}, w.last("oA").Data)
		}, call: sendData(map[string]string{"first": "Hello", "thing1": "x", "remark": "Bye"})},
		{name: "the same client_msg_id", arrange: couponFan, check: receives(1), call: func(w *world) error {
			w.must(coupon("oA", "c-1")(w))
			first := w.id
			w.advance("9m")
			err := coupon("oA", "c-1")(w)
			w.same("msgid", first, w.id)
			return err
		}},
		{name: "the same client_msg_id after ten minutes", arrange: later(before(couponFan, coupon("oA", "c-1")), "10m"), call: coupon("oA", "c-1"), check: receives(2)},
		{name: "the fan has switched messages off", arrange: both(couponFan, acted(`{"block":true}`)), call: coupon("oA", ""), check: both(nothingFor("oA"), templateResult("failed:user block"))},
		{
			name: "the platform's system fails", by: byRule, check: both(nothingFor("oA"), templateResult("failed: system failed")),
			arrange: befallen("failing"), call: coupon("oA", ""),
		},
		{name: "the same again", arrange: before(couponFan, coupon("oA", "")), call: coupon("oA", ""), check: receives(2)},
	}
}

// befallen is couponFan where something befell the template.
func befallen(what string) func(*world) {
	return func(w *world) {
		w.Helper()
		couponFan(w)
		w.rules(fmt.Sprintf(`{"templates":{%q:%q}}`, w.text, what))
	}
}

func sendData(data map[string]string) func(*world) error {
	return func(w *world) error {
		_, err := w.c.SendTemplate(w.Context(), "oA", "T1", wechat.Template{Data: data}, "")
		return err
	}
}

func templateBad() []row {
	to := func(fan, template string) func(*world) error {
		return func(w *world) error {
			_, err := w.c.SendTemplate(w.Context(), fan, template, wechat.Template{Data: map[string]string{"thing1": "x"}}, "")
			return err
		}
	}
	same := func(c *simulator.Config) { c.Switches.SameTemplate = true }
	short := func(c *simulator.Config) { c.Switches.TemplateURLBytes = 30 }
	const link = "https://www.example.com/0123456789"
	linking := func(address string) func(*world) error {
		return func(w *world) error {
			_, err := w.c.SendTemplate(w.Context(), "oA", "T1", wechat.Template{URL: address, Data: map[string]string{"thing1": "x"}}, "")
			return err
		}
	}
	linked := func(address string) func(*world) { return func(w *world) { w.same("url", address, w.last("oA").URL) } }
	rows := []row{
		{name: "not a fan", call: to("oNobody", "T1"), code: 40003},
		{name: "the fan has left", arrange: acted(`{"subscribe":{}}`, `{"unsubscribe":{}}`), call: to("oA", "T1"), code: 43004},
		{name: "the fan follows again", arrange: acted(`{"subscribe":{}}`, `{"unsubscribe":{}}`, `{"subscribe":{}}`), call: to("oA", "T1")},
		{
			name: "the fan is on the blacklist", call: to("oA", "T1"), code: 43019,
			arrange: before(follower, func(w *world) error { return w.c.BlacklistFans(w.Context(), []string{"oA"}) }),
		},
		{name: "no template", call: to("oA", ""), code: 40036},
		{name: "a template id too long", call: to("oA", strings.Repeat("x", 65)), code: 40036},
		{name: "a template that the account does not have", call: to("oA", "T2"), code: 40037},
		{
			name: "another account's template", call: func(w *world) error { return to("oA", w.text)(w) }, code: 40037,
			arrange: func(w *world) {
				follower(w)
				w.c = w.clients[trial]
				w.must(addCoupons(w))
				w.c = w.clients[shop]
			},
		},
		{name: "no data", call: sendData(nil), code: 47001},
		{name: "data of another shape, raw", call: post(templatePath, `{"touser":"oA","template_id":"T1","data":"x"}`), code: 47001},
		{name: "escapes, raw", call: post(templatePath, `{"touser":"oA","template_id":"T1","data":{"thing1":{"value":"\u597d"}}}`), code: 47002},
		{name: "a key of the template is missing", arrange: couponFan, call: func(w *world) error {
			_, err := w.c.SendTemplate(w.Context(), "oA", w.text, wechat.Template{Data: map[string]string{"thing9": "x", "amount6": "1"}}, "")
			return wantField(err, "date8")
		}, code: 47003},
		{name: "a mini program without an appid", call: func(w *world) error {
			_, err := w.c.SendTemplate(w.Context(), "oA", "T1", wechat.Template{MiniProgram: &wechat.MiniProgram{PagePath: "p"}, Data: map[string]string{"thing1": "x"}}, "")
			return err
		}, code: 40166},
		{name: "a url without a scheme", call: linking("www.example.com/a"), code: 40039},
		{name: "a url of another scheme", call: linking("ftp://www.example.com/a"), code: 40039},
		{name: "a url as long as may be", config: short, arrange: follower, call: linking(link[:30]), check: linked(link[:30])},
		{name: "a longer url", config: short, call: linking(link[:31]), code: 40039},
		{name: "the same within 60 seconds, where the platform looks", config: same, arrange: later(before(couponFan, coupon("oA", "")), "59s"), call: coupon("oA", ""), code: 40241},
		{name: "the same after 60 seconds", config: same, arrange: later(before(couponFan, coupon("oA", "")), "60s"), call: coupon("oA", "")},
		{name: "another within 60 seconds", config: same, arrange: before(couponFan, coupon("oA", "")), call: to("oA", "T1")},
		{name: "marketing", by: byRule, arrange: befallen("marketing"), call: coupon("oA", ""), code: 40249, check: nothingFor("oA")},
		{name: "reported as abused", by: byRule, arrange: befallen("limited"), call: coupon("oA", ""), code: 43116, check: nothingFor("oA")},
		{name: "disabled", by: byRule, arrange: befallen("disabled"), call: coupon("oA", ""), code: 48011, check: nothingFor("oA")},
	}
	for i := range rows {
		if rows[i].arrange == nil {
			rows[i].arrange = follower
			rows[i].check = nothingFor("oA")
		}
	}
	// The pages name these and no figure, or nothing that an input could show.
	return append(rows, faults(templatePath, to("oA", "T1"), -1, 40008, 40165, 45051, 45011)...)
}

// wantField turns an error that does not name the field into another.
func wantField(err error, field string) error {
	if refused := new(api.Error); errors.As(err, &refused) && refused.Field != field {
		return &rawError{Msg: fmt.Sprintf("the field is %q, want %q: %v", refused.Field, field, err)}
	}
	return err
}

// templateValues are values at both sides of the rule of their key. What the client's own check finds the platform refuses.
// Source: the community's answers to 47003, see wechat.CheckTemplateData
func templateValues() []row {
	var rows []row
	for _, v := range []struct{ key, good, bad string }{
		{"thing1", strings.Repeat("好", 20), strings.Repeat("好", 21)},
		{"thing1", "a b & c", "a\nb"},
		{"number1", strings.Repeat("1", 32), strings.Repeat("1", 33)},
		{"number1", "12.50", "1,2"},
		{"letter1", strings.Repeat("a", 32), strings.Repeat("a", 33)},
		{"letter1", "AB", "A1"},
		{"symbol1", "+-*/%", "+-*/%!"},
		{"symbol1", "※", "a"},
		{"character_string1", strings.Repeat("1", 32), strings.Repeat("1", 33)},
		{"character_string1", "A-1_b", "A好"},
		{"time1", "15:01", "15"},
		{"time1", "2019年10月1日 15:01", "10月1日"},
		{"time1", "2026-11-08 10:00~2026-11-08 22:00", "soon"},
		{"date1", "2019年10月1日", "2019"},
		{"date1", "2026-11-08 10:00", "11-08"},
		{"amount1", "¥100.00", "much"},
		{"amount1", "100元", "100元整"},
		{"amount1", "123456789012", "1234567890123"},
		{"phone_number1", "+86-0766-66888866", "+86-0766-668888666"},
		{"phone_number1", "400-1234567", "a400"},
		{"car_number1", "粤A8Z888挂", "粤A8Z888挂粤A"},
		{"name1", strings.Repeat("李", 10), strings.Repeat("李", 11)},
		{"name1", strings.Repeat("a", 20), strings.Repeat("a", 21)},
		{"phrase1", "一二三四五", "一二三四五六"},
		{"phrase1", "已完成", "ok"},
		{"const1", strings.Repeat("x", 20), strings.Repeat("x", 21)},
		{"thing1", "1", ""},
	} {
		bad := map[string]string{v.key: v.bad}
		rows = append(rows,
			row{name: fmt.Sprintf("%s %q", v.key, v.good), arrange: follower, call: sendData(map[string]string{v.key: v.good}), check: func(w *world) {
				w.same("data", map[string]string{v.key: v.good}, w.last("oA").Data)
				w.same("found before", 0, len(wechat.CheckTemplateData(map[string]string{v.key: v.good})))
			}},
			row{name: fmt.Sprintf("%s %q is refused", v.key, v.bad), arrange: follower, code: 47003, check: func(w *world) {
				nothingFor("oA")(w)
				w.same("found before", 1, len(wechat.CheckTemplateData(bad)))
			}, call: func(w *world) error { return wantField(sendData(bad)(w), v.key) }})
	}
	return rows
}
