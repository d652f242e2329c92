package api_test

import (
	"fmt"
	"strings"
	"time"

	"fanflow/wechat"
)

// inviteTable is inviting people to serve.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_invitekfworker.html
func inviteTable(path string) served {
	invite := func(account, weChatID string) func(*world) error {
		return func(w *world) error { return w.c.InviteAgent(w.Context(), account, weChatID) }
	}
	taps := func(account string, accept bool) func(*world) error {
		return func(w *world) error {
			w.control("POST", w.app+"/agents/"+account+"/invitation", fmt.Sprintf(`{"accept":%t}`, accept))
			return nil
		}
	}
	shows := func(served, invited, status string) func(*world) {
		return func(w *world) {
			w.Helper()
			list, err := w.c.Agents(w.Context())
			w.must(err)
			ends := int64(0)
			if invited != "" {
				ends = time.Date(2026, 11, 11, 2, 0, 0, 0, time.UTC).Unix()
			}
			got := list[0]
			if got.WeChat != served || got.Invited != invited || got.InviteStatus != status || got.InviteExpires/60 != ends/60 {
				w.Errorf("%+v, want %q, %q %q until %d", got, served, invited, status, ends)
			}
		}
	}
	return served{
		path: path, method: "POST", who: verified, codes: []int{65401, 65407, 65408, 65409, 65410, 65411, 65412},
		rows: append([]row{
			{name: "good", arrange: twoAgents, call: invite("a@shop", "ann-1"), check: shows("", "ann-1", "waiting")},
			{name: "accepted", arrange: before(twoAgents, invite("a@shop", "ann-1")), call: taps("a@shop", true), check: shows("ann-1", "", "")},
			{name: "rejected", arrange: before(twoAgents, invite("a@shop", "ann-1")), call: taps("a@shop", false), check: shows("", "ann-1", "rejected")},
			{name: "run out", arrange: later(before(twoAgents, invite("a@shop", "ann-1")), "24h"), call: done, check: shows("", "ann-1", "expired")},
			{name: "again when it was rejected", arrange: before(twoAgents, invite("a@shop", "ann-1"), taps("a@shop", false)), call: invite("a@shop", "ann-1"), check: shows("", "ann-1", "waiting")},
			{name: "no agent", arrange: twoAgents, call: invite("c@shop", "ann-1"), code: 65401},
			{name: "they serve", arrange: before(twoAgents, invite("a@shop", "ann-1"), taps("a@shop", true)), call: invite("b@shop", "ann-1"), code: 65407},
			{name: "they are invited", arrange: before(twoAgents, invite("a@shop", "ann-1")), call: invite("b@shop", "ann-1"), code: 65408},
			{name: "no WeChat id", arrange: twoAgents, call: invite("a@shop", "好"), code: 65409},
			{name: "another is invited", arrange: before(twoAgents, invite("a@shop", "ann-1")), call: invite("a@shop", "ben-1"), code: 65411},
			{name: "another serves", arrange: before(twoAgents, invite("a@shop", "ann-1"), taps("a@shop", true)), call: invite("a@shop", "ben-1"), code: 65412},
		}, faults(path, invite("a@shop", "ann-1"), 65410)...), // for how many accounts one may serve is not published
	}
}

// pictureTable is the pictures of agents.
// Source: developers.weixin.qq.com/doc/service/api/customer/servicermanage/api_uploadkfheadimg.html
func pictureTable(path string) served {
	const largest = 5 << 20
	upload := func(account, name, content string) func(*world) error {
		return func(w *world) error { return w.c.SetAgentPicture(w.Context(), account, file(name, content)) }
	}
	shows := func(content string) func(*world) {
		return func(w *world) {
			w.Helper()
			list, err := w.c.Agents(w.Context())
			w.must(err)
			status, text := w.request("GET", strings.TrimPrefix(list[0].Picture, w.server.URL), "")
			if status != 200 || text != content {
				w.Errorf("%s: %d, %d bytes", list[0].Picture, status, len(text))
			}
		}
	}
	jpeg, png := sized("\xff\xd8\xff\xe0", 100), sized("\x89PNG\r\n\x1a\n", largest)
	return served{
		path: path, method: "POST", who: verified, codes: []int{-1, 40005},
		rows: append([]row{
			{name: "good", arrange: twoAgents, call: upload("a@shop", "a.jpg", jpeg), check: shows(jpeg)},
			{name: "a PNG of 5 MB in its place", arrange: before(twoAgents, upload("a@shop", "a.jpg", jpeg)), call: upload("a@shop", "a.png", png), check: shows(png)},
			{name: "a larger one", arrange: before(twoAgents, upload("a@shop", "a.jpg", jpeg)), call: upload("a@shop", "a.png", png+"x"), code: 40009, check: shows(jpeg)},
			{name: "no picture", arrange: twoAgents, call: upload("a@shop", "a.jpg", "text"), code: 40005},
			{name: "a GIF", arrange: twoAgents, call: upload("a@shop", "a.gif", "GIF89a"), code: 40005},
			{name: "no agent", arrange: twoAgents, call: upload("c@shop", "a.jpg", jpeg), code: 65401},
			{name: "no file, raw", arrange: twoAgents, call: post(path+"?kf_account=a@shop", "x"), code: 41005},
		}, faults(path, upload("a@shop", "a.jpg", jpeg), -1)...),
	}
}

// recordTable is what fans and agents said.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_getmsglist.html
func recordTable(path string) served {
	begin := time.Date(2026, 11, 10, 2, 0, 0, 0, time.UTC)
	said := func(w *world) {
		w.Helper()
		twoAgents(w)
		w.must(session("a@shop")(w))
		w.advance("1m")
		w.do("oA", `{"text":"好 <b>?"}`)
		w.must(w.c.SendCustom(w.Context(), "oA", wechat.Outgoing{Text: "yes", Agent: "a@shop"}))
		w.do("oA", `{"image":"IMG"}`)
		w.must(sessionEnd("a@shop")(w))
		w.advance("1h")
		w.do("oA", `{"text":"to nobody"}`)
		w.must(w.c.SendCustom(w.Context(), "oA", wechat.Outgoing{Text: "by no agent"}))
	}
	records := func(from, to time.Duration, want ...string) func(*world) error {
		return func(w *world) error {
			var got []string
			for m, err := range w.c.AgentMessages(w.Context(), begin.Add(from), begin.Add(to)) {
				if err != nil {
					return err
				}
				got = append(got, fmt.Sprint(m.OpenID, " ", m.Account, " ", m.ByFan, " ", m.Text, " ", m.At.Sub(begin).Truncate(time.Minute)))
			}
			w.same("records", want, got)
			return nil
		}
	}
	all := []string{"oA a@shop true 好 <b>? 1m0s", "oA a@shop false yes 1m0s", "oA a@shop true [image] 1m0s"}
	body := func(members string) string {
		return fmt.Sprintf(`{"starttime":%d,"endtime":%d,%s}`, begin.Unix(), begin.Add(time.Hour).Unix(), members)
	}
	return served{
		path: path, method: "POST", who: verified, codes: []int{65400, 65416, 65417},
		rows: append([]row{
			{name: "good", arrange: said, call: records(0, 24*time.Hour, all...)},
			{name: "before", arrange: said, call: records(-time.Hour, -time.Minute)},
			{name: "page by page, raw", arrange: said, call: func(w *world) error {
				var got []string
				for id := "1"; ; {
					doc, err := w.answer("POST", path, body(`"number":2,"msgid":`+id))
					w.must(err)
					list, _ := doc["recordlist"].([]any)
					for _, r := range list {
						got = append(got, fmt.Sprint(r.(map[string]any)["text"], r.(map[string]any)["opercode"]))
					}
					w.same("number", fmt.Sprint(len(list)), fmt.Sprint(doc["number"]))
					if id = fmt.Sprint(doc["msgid"]); len(list) < 2 {
						break
					}
				}
				w.same("records", []string{"好 <b>?2003", "yes2002", "[image]2003"}, got)
				return nil
			}},
			{name: "a day and a second", arrange: said, call: records(0, 24*time.Hour+time.Second), code: 65417},
			{name: "an end before the beginning", arrange: said, call: records(time.Hour, 0), code: 65416},
			{name: "no times, raw", call: post(path, `{"msgid":1,"number":10}`), code: 65416},
			{name: "no msgid, raw", call: post(path, body(`"number":10`)), code: 65416},
			{name: "too many at once, raw", call: post(path, body(`"msgid":1,"number":10001`)), code: 65416},
		}, faults(path, records(0, 0), 65400)...), // the new customer service is always there
	}
}
