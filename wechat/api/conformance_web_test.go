package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// webTable are QR codes, short links, web pages and tickets.
func webTable() []served {
	return slices.Concat(qrTable(), shortenTable(), signInTable(), webTokenTable(), []served{ticketTable()})
}

func qrTable() []served {
	const create, show = "/cgi-bin/qrcode/create", "/cgi-bin/showqrcode"
	temporary := func(scene api.Scene, life time.Duration) func(*world) error {
		return func(w *world) error { _, err := w.c.TemporaryQR(w.Context(), scene, life); return err }
	}
	permanent := func(scene api.Scene) func(*world) error {
		return func(w *world) error { _, err := w.c.PermanentQR(w.Context(), scene); return err }
	}
	long := strings.Repeat("长", 65)
	return []served{
		{
			path: create, method: "POST", who: verifiedShop, daily: 100_000, testDaily: 10_000, codes: []int{40052, 40053, 45029, 40097},
			rows: slices.Concat([]row{
				{name: "temporary, by a text", call: func(w *world) error {
					qr, err := w.c.TemporaryQR(w.Context(), api.Scene{Str: strings.Repeat("长", 64)}, api.MaxQRLife)
					made := w.books("code")[strings.TrimPrefix(qr.URL, "http://weixin.qq.com/q/")]
					w.same("books", fmt.Sprint(strings.Repeat("长", 64), qr.Ticket), fmt.Sprint(made["scene"], made["ticket"]))
					w.same("life", api.MaxQRLife, qr.Life)
					w.text = qr.Ticket
					return err
				}, check: func(w *world) {
					w.do("oA", `{"scan":{"ticket":`+doc(w.text)+`}}`) // follows
					w.do("oA", `{"scan":{"ticket":`+doc(w.text)+`}}`)
					scene := strings.Repeat("长", 64)
					w.same("follows", 1, len(w.pushes("<EventKey><![CDATA[qrscene_"+scene+"]]></EventKey>")))
					w.same("scans", 1, len(w.pushes("<EventKey><![CDATA["+scene+"]]></EventKey>")))
					w.same("tickets", 2, len(w.pushes("<Ticket><![CDATA["+w.text+"]]></Ticket>")))
				}},
				{name: "temporary, by a number, over in its time", call: func(w *world) error {
					qr, err := w.c.TemporaryQR(w.Context(), api.Scene{ID: 1<<32 - 1}, time.Hour)
					w.must(err)
					w.advance("61m")
					w.do("oA", `{"subscribe":{}}`)
					w.do("oA", `{"scan":{"ticket":`+doc(qr.Ticket)+`}}`)
					w.same("scans", 0, len(w.pushes("<Ticket>")))
					return nil
				}},
				{name: "permanent, by a number", call: func(w *world) error {
					qr, err := w.c.PermanentQR(w.Context(), api.Scene{ID: 100_000})
					w.must(err)
					again, err := w.c.PermanentQR(w.Context(), api.Scene{ID: 100_000})
					w.same("the same code again", qr, again)
					w.same("life", time.Duration(0), qr.Life)
					w.same("books", 1, len(w.books("code")))
					return err
				}},
				{name: "permanent, by a text", call: permanent(api.Scene{Str: "store-1"})},
				{name: "a minute where no life is given", call: func(w *world) error {
					answer, err := w.answer("POST", create, `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`)
					w.same("life", "60", fmt.Sprint(answer["expire_seconds"]))
					return err
				}},
				{
					name: "one more than an account has", code: 45029, config: func(c *simulator.Config) { c.Figures.PermanentCodes = 2 },
					arrange: func(w *world) {
						w.must(permanent(api.Scene{ID: 1})(w))
						w.must(permanent(api.Scene{Str: "1"})(w)) // is another one
					},
					call: permanent(api.Scene{ID: 2}), check: func(w *world) { w.must(temporary(api.Scene{ID: 2}, time.Hour)(w)) },
				},
				{name: "an unknown action", code: 40052, call: post(create, `{"action_name":"QR","action_info":{"scene":{"scene_id":1}}}`)},
				{name: "no scene", code: 40053, call: post(create, `{"action_name":"QR_STR_SCENE","action_info":{}}`)},
			}, twice("the number 0", 40053, nil, temporary(api.Scene{}, time.Hour), post(create, `{"expire_seconds":3600,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}}`)),
				twice("a permanent 100,001", 40053, nil, permanent(api.Scene{ID: 100_001}), post(create, `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100001}}}`)),
				twice("65 characters", 40053, nil, permanent(api.Scene{Str: long}), post(create, `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"`+long+`"}}}`)),
				twice("a life of 30 days and a second", 40097, nil, temporary(api.Scene{ID: 1}, api.MaxQRLife+time.Second), post(create, `{"expire_seconds":2592001,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`)),
				twice("no life", 40097, nil, temporary(api.Scene{ID: 1}, 0), post(create, `{"expire_seconds":0,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`))),
		},
		{
			path: show, method: "GET", who: noToken,
			rows: []row{
				{name: "a picture", arrange: func(w *world) {
					qr, err := w.c.PermanentQR(w.Context(), api.Scene{ID: 1})
					w.must(err)
					w.text = qr.Ticket
				}, call: func(w *world) error {
					var got bytes.Buffer
					content, err := w.c.QRImage(w.Context(), w.text, &got)
					w.same("type", "image/jpg", content.Type)
					if _, err := jpeg.Decode(bytes.NewReader(got.Bytes())); err != nil {
						w.Error(err)
					}
					_, page := w.request("GET", strings.TrimPrefix(w.c.QRImageURL(w.text), w.server.URL), "")
					w.same("the same at its address", got.String(), page)
					return err
				}},
				{name: "a bad ticket is a page, 404", call: func(w *world) error {
					_, err := w.c.QRImage(w.Context(), "none", new(bytes.Buffer))
					refused := new(api.Error)
					if !errors.As(err, &refused) || refused.HTTPStatus != http.StatusNotFound || refused.Code != 0 {
						w.Errorf("error %v", err)
					}
					return nil
				}},
				{name: "no ticket", code: byClient, call: func(w *world) error { _, err := w.c.QRImage(w.Context(), "", new(bytes.Buffer)); return err }},
			},
		},
	}
}

func shortenTable() []served {
	const gen, fetch = "/cgi-bin/shorten/gen", "/cgi-bin/shorten/fetch"
	shorten := func(data string, life time.Duration) func(*world) error {
		return func(w *world) error { _, err := w.c.Shorten(w.Context(), data, life); return err }
	}
	unshorten := func(w *world) error { _, err := w.c.Unshorten(w.Context(), w.text); return err }
	made := func(life time.Duration) func(*world) {
		return func(w *world) {
			key, err := w.c.Shorten(w.Context(), "data <&> 好", life)
			w.must(err)
			w.text = key
		}
	}
	kept := func(w *world, life time.Duration) {
		w.Helper()
		link := w.books("link")[w.text]
		w.same("life", life, w.moment(link["expires"]).Sub(w.moment(link["made"])))
	}
	long := strings.Repeat("好", 1366) // 4098 bytes
	return []served{
		{
			path: gen, method: "POST", who: verifiedShop, codes: []int{40035, 9410010, 9410011},
			rows: slices.Concat([]row{
				{name: "for an hour", call: func(w *world) error {
					made(time.Hour)(w)
					if len(w.text) != 15 || strings.Trim(w.text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
						w.Errorf("key %q", w.text)
					}
					return nil
				}, check: func(w *world) { kept(w, time.Hour) }},
				{name: "for as long as it goes", call: func(w *world) error { made(0)(w); return nil }, check: func(w *world) { kept(w, api.MaxQRLife) }},
				{name: "4096 bytes", call: shorten(strings.Repeat("x", 4096), 0)},
				{name: "no life", code: 9410011, call: post(gen, `{"long_data":"x","expire_seconds":0}`)},
			}, twice("4098 bytes", 9410010, nil, shorten(long, 0), post(gen, `{"long_data":"`+long+`"}`)),
				twice("nothing", 40035, nil, shorten("", 0), post(gen, `{"long_data":""}`)),
				twice("30 days and a second", 9410011, nil, shorten("x", api.MaxQRLife+time.Second), post(gen, `{"long_data":"x","expire_seconds":2592001}`))),
		},
		{
			path: fetch, method: "POST", who: verifiedShop, codes: []int{9410012},
			rows: slices.Concat([]row{
				{name: "after half an hour", arrange: func(w *world) { made(time.Hour)(w); w.advance("30m") }, call: func(w *world) error {
					got, err := w.c.Unshorten(w.Context(), w.text)
					if got.Left > 30*time.Minute || got.Left < 29*time.Minute {
						w.Errorf("left %v", got.Left)
					}
					w.same("data", "data <&> 好", got.Data)
					w.same("made", w.moment(w.books("link")[w.text]["made"]), got.CreatedAt)
					return err
				}},
				{name: "after it is over", code: 9410012, arrange: func(w *world) { made(time.Hour)(w); w.advance("1h") }, call: unshorten},
				{name: "another account's", code: 9410012, arrange: func(w *world) {
					key, err := w.clients[trial].Shorten(w.Context(), "x", 0)
					w.must(err)
					w.text = key
				}, call: unshorten},
				{name: "what never was", code: 9410012, arrange: func(w *world) { w.text = "000000000000000" }, call: unshorten},
			}, twice("no key", 9410012, nil, unshorten, post(fetch, `{"short_key":""}`))),
		},
	}
}

func ticketTable() served {
	const path = "/cgi-bin/ticket/getticket"
	ticket := func(kind api.TicketType) func(*world) error {
		return func(w *world) error { _, err := w.c.Ticket(w.Context(), kind); return err }
	}
	return served{
		path: path, method: "GET", who: everybody, daily: 1_000_000, codes: []int{40097, 48001},
		rows: slices.Concat([]row{
			{name: "of the JS-SDK, of an account without rights", on: smallPaper, call: func(w *world) error {
				got, err := w.c.Ticket(w.Context(), api.TicketJSAPI)
				w.same("books", any(got), w.books("ticket")["jsapi"]["text"])
				w.must(ticket(api.TicketJSAPI)(w))
				w.same("calls", 1, w.calledToday(path))
				return err
			}},
			{name: "another one when it is over", call: func(w *world) error {
				first, err := w.c.Ticket(w.Context(), api.TicketJSAPI)
				w.must(err)
				w.advance("2h")
				second, err := w.c.Ticket(w.Context(), api.TicketJSAPI)
				w.same("another", true, first != second)
				return err
			}},
			{name: "signs a page", call: func(w *world) error {
				config, err := w.c.SignPage(w.Context(), "https://shop.example.com/a?b=c d#part")
				text, _ := w.books("ticket")["jsapi"]["text"].(string)
				w.same("signature", api.JSSignature(text, config.NonceStr, config.Timestamp, "https://shop.example.com/a?b=c d"), config.Signature)
				return err
			}},
			{name: "of cards", call: ticket(api.TicketCard)},
			{name: "of cards, without the right", on: paper, code: 48001, call: ticket(api.TicketCard)},
		}, twice("of an unknown type", 40097, nil, ticket("sdk"), get(path+"?type=sdk"))),
	}
}

// calledToday is how often the row's account has called the path today.
func (w *world) calledToday(path string) int {
	w.Helper()
	n := 0
	_, err := fmt.Sscan(fmt.Sprint(w.books("calls")[path]["n"]), &n)
	w.must(err)
	return n
}
