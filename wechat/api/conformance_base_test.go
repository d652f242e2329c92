package api_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

const (
	ipPath         = "/cgi-bin/getcallbackip"
	quotaPath      = "/cgi-bin/openapi/quota/get"
	clearOnePath   = "/cgi-bin/openapi/quota/clear"
	ridPath        = "/cgi-bin/openapi/rid/get"
	clearPath      = "/cgi-bin/clear_quota"
	clearV2Path    = "/cgi-bin/clear_quota/v2"
	checkPath      = "/cgi-bin/callback/check"
	autoReplyPath  = "/cgi-bin/get_current_autoreply_info"
	unknownRequest = "6af27aa0-00000000-00000000"
)

// baseTable are tokens, quotas, the network and what else concerns the account alone.
// Source: the pages under developers.weixin.qq.com/doc/service/api/base and …/apimanage
func baseTable() []served {
	return append(tokenTable(),
		served{path: ipPath, method: "GET", who: everybody, rows: []row{{name: "good", call: func(w *world) error {
			ips, err := w.c.CallbackIPs(w.Context())
			w.same("addresses", []string{"127.0.0.1"}, ips)
			return err
		}}}},
		served{path: "/cgi-bin/get_api_domain_ip", method: "GET", who: everybody, rows: []row{{name: "good", call: func(w *world) error {
			ips, err := w.c.APIDomainIPs(w.Context())
			w.same("addresses", []string{"127.0.0.1"}, ips)
			return err
		}}}},
		served{path: checkPath, method: "POST", who: everybody, codes: []int{40201, 40202, 40203}, rows: []row{
			{name: "all", call: checkCallback(api.CheckAll, api.OperatorAny, 1, 1)},
			{name: "names alone", call: checkCallback(api.CheckDNS, api.OperatorUnicom, 1, 0)},
			{name: "reaching alone", call: checkCallback(api.CheckPing, api.OperatorTencent, 0, 1)},
			{name: "no callback is set", config: func(c *simulator.Config) { c.PublicURL = "" }, call: checkCallback(api.CheckAll, api.OperatorAny, 0, 0), code: 40201},
			{name: "no such check", call: checkCallback("trace", api.OperatorAny, 0, 0), code: 40202},
			{name: "no such operator", call: checkCallback(api.CheckAll, "ACME", 0, 0), code: 40203},
		}},
		served{path: autoReplyPath, method: "GET", who: everybody, rows: []row{
			{name: "none", call: func(w *world) error {
				got, err := w.c.AutoReplies(w.Context())
				w.same("replies", api.AutoReplies{}, got)
				return err
			}},
			{name: "what the owner set", arrange: func(w *world) {
				w.control("PUT", w.app+"/standing", `{"autoreply":{"is_add_friend_reply_open":1,"is_autoreply_open":0,"add_friend_autoreply_info":{"type":"text","content":"欢迎"},
					"keyword_autoreply_info":{"list":[{"rule_name":"r","create_time":1423028166,"reply_mode":"reply_all",
					"keyword_list_info":[{"type":"text","match_mode":"contain","content":"优惠"}],"reply_list_info":[{"type":"img","content":"M1"}]}]}}}`)
			}, call: func(w *world) error {
				got, err := w.c.AutoReplies(w.Context())
				w.same("replies", api.AutoReplies{OnFollow: &api.AutoReply{Type: "text", Content: "欢迎"}, Keywords: []api.KeywordRule{{
					Name: "r", CreatedAt: time.Unix(1423028166, 0).UTC(), Mode: "reply_all",
					Keywords: []api.Keyword{{Type: "text", Match: "contain", Content: "优惠"}}, Replies: []api.AutoReply{{Type: "img", Content: "M1"}},
				}}}, got)
				return err
			}},
		}},
		served{path: quotaPath, method: "POST", who: everybody, codes: []int{76003, 76021, 76022}, rows: append([]row{
			{name: "good", arrange: before(wrote, times(5, sendTo("oA", hello()))), call: quotaIs(customPath, 500_000, 5)},
			{name: "refused calls count too", arrange: func(w *world) {
				w.same("sending", 40003, codeOf(sendTo("oNobody", hello())(w)))
			}, call: quotaIs(customPath, 500_000, 1)},
			{name: "of a test account", on: trial, call: quotaIs(customPath, 50_000, 0)},
			{name: "a new day", arrange: later(before(wrote, sendTo("oA", hello())), "14h"), call: quotaIs(customPath, 500_000, 0)},
			{name: "with calls a minute", call: func(w *world) error {
				q, err := w.c.APIQuota(w.Context(), sendAllPath)
				w.same("rate", &api.Rate{Calls: 60, Per: time.Minute}, q.Rate)
				return err
			}},
		}, wrongPaths(func(path string) func(*world) error { return quotaIs(path, 0, 0) })...)},
		served{path: clearOnePath, method: "POST", who: everybody, codes: []int{48006, 76003, 76021, 76022}, rows: append([]row{
			{name: "good", arrange: before(used, usedUp(ipPath)), config: oneADay, call: clearOne(ipPath), check: func(w *world) {
				w.must(callIPs(w))
				w.same("another path", 45009, codeOf(domainIPs(w)))
			}},
			{name: "fifty times a month", call: times(51, clearOne(ipPath)), code: 48006},
		}, wrongPaths(clearOne)...)},
		served{path: clearPath, method: "POST", who: everybody, codes: []int{48006, 40013}, rows: []row{
			{name: "good", arrange: before(used, usedUp(ipPath)), config: oneADay, call: clearAll, check: func(w *world) {
				w.must(callIPs(w))
				w.must(domainIPs(w))
			}},
			{name: "ten times a month", call: times(11, clearAll), code: 48006},
			{name: "ten times with the website and the call without a token", arrange: func(w *world) {
				for range 3 {
					w.control("POST", w.app+"/clear_quota", "")
				}
				w.must(times(3, clearBySecret)(w))
			}, call: times(5, clearAll), code: 48006},
			{name: "the next month", arrange: later(before(nobody, times(10, clearAll)), "21d"), call: clearAll},
			{name: "of another appid, raw", call: post(clearPath, `{"appid":"wxother"}`), code: 40013},
		}},
		served{path: clearV2Path, method: "POST", who: noToken, codes: []int{48006, 41002, 40013, 41004, 40125}, rows: append([]row{
			{name: "when the calls for tokens are used up", config: func(c *simulator.Config) { c.DailyLimits = map[string]int{"/cgi-bin/stable_token": 1} }, arrange: func(w *world) {
				w.must(callIPs(w))
				w.same("another token", 45009, codeOf(w.c.ForceRefresh(w.Context())))
			}, call: clearBySecret, check: func(w *world) { w.must(w.c.ForceRefresh(w.Context())) }},
			{name: "ten times a month", call: times(11, clearBySecret), code: 48006},
		}, wrongCredentials(clearV2Path, "POST", `{"appid":%q,"appsecret":%q}`)...)},
		served{path: ridPath, method: "POST", who: everybody, codes: []int{76001, 76002, 76003, 76004}, rows: []row{
			{name: "good", arrange: refused, call: func(w *world) error {
				info, err := w.c.RequestInfo(w.Context(), w.text)
				if err == nil && (!strings.Contains(info.Body, "oNobody") || !strings.Contains(info.Answer, "40003") || info.ClientIP != "127.0.0.1") {
					w.Errorf("on record: %+v", info)
				}
				if since := w.now().Sub(info.At); err == nil && (since < 0 || since > time.Minute) {
					w.Errorf("on record since %v", info.At)
				}
				if strings.Contains(info.URL, w.token()) {
					w.Errorf("the token is shown: %s", info.URL)
				}
				return err
			}},
			{name: "of seven days ago", arrange: later(refused, "167h59m"), call: requestInfo},
			{name: "later", arrange: later(refused, "169h"), call: requestInfo, code: 76004},
			{name: "none", arrange: func(w *world) { w.text = unknownRequest }, call: requestInfo, code: 76001},
			{name: "no rid", arrange: func(w *world) { w.text = "6af27aa0" }, call: requestInfo, code: 76002},
			{name: "another account's", arrange: both(refused, func(w *world) { w.c = w.clients[paper] }), call: requestInfo, code: 76003},
		}},
	)
}

func checkCallback(action, operator string, names, reached int) func(*world) error {
	return func(w *world) error {
		got, err := w.c.CheckCallback(w.Context(), action, operator)
		w.same("results", [2]int{names, reached}, [2]int{len(got.DNS), len(got.Ping)})
		return err
	}
}

func callIPs(w *world) error {
	_, err := w.c.CallbackIPs(w.Context())
	return err
}

func domainIPs(w *world) error {
	_, err := w.c.APIDomainIPs(w.Context())
	return err
}

// oneADay leaves one call a day of two paths, and used makes the one of the second.
func oneADay(c *simulator.Config) {
	c.DailyLimits = map[string]int{ipPath: 1, "/cgi-bin/get_api_domain_ip": 1}
}

func used(w *world) { w.must(domainIPs(w)) }

func usedUp(path string) func(*world) error {
	return func(w *world) error {
		w.must(w.raw("GET", path, ""))
		w.same("the second of a day", 45009, codeOf(w.raw("GET", path, "")))
		return nil
	}
}

func quotaIs(path string, limit, used int64) func(*world) error {
	return func(w *world) error {
		q, err := w.c.APIQuota(w.Context(), path)
		w.same("quota", [3]int64{limit, used, limit - used}, [3]int64{q.DailyLimit, q.Used, q.Remain})
		return err
	}
}

func clearOne(path string) func(*world) error {
	return func(w *world) error { return w.c.ClearAPIQuota(w.Context(), path) }
}

func clearAll(w *world) error { return w.c.ClearQuota(w.Context()) }

func clearBySecret(w *world) error { return w.c.ClearQuotaBySecret(w.Context()) }

// wrongPaths are the paths that the two calls about one path refuse.
func wrongPaths(call func(string) func(*world) error) []row {
	return []row{
		{name: "no such path", call: call("/cgi-bin/nothing"), code: 76021},
		{name: "a path of the web", call: call("/sns/userinfo"), code: 76022},
		{name: "no slash", call: call("cgi-bin/getcallbackip"), code: 76003},
		{name: "an address", call: call("https://api.weixin.qq.com/cgi-bin/getcallbackip"), code: 76003},
	}
}

// refused leaves the rid of a refused message in w.text.
func refused(w *world) {
	w.Helper()
	e := new(api.Error)
	if err := sendTo("oNobody", hello())(w); !errors.As(err, &e) || e.RID == "" {
		w.Fatal(err)
	}
	w.text = e.RID
}

func requestInfo(w *world) error {
	_, err := w.c.RequestInfo(w.Context(), w.text)
	return err
}

// wrongCredentials are calls without the client, whose AppID or secret is wrong; form takes both.
func wrongCredentials(path, method, form string) []row {
	with := func(appID, secret string) func(*world) error {
		return func(w *world) error {
			where, body := path, fmt.Sprintf(form, appID, secret)
			if method == "GET" {
				where, body = path+body, ""
			}
			_, err := w.public(method, where, body)
			return err
		}
	}
	return []row{
		{name: "no appid, raw", call: with("", secret), code: 41002},
		{name: "another appid, raw", call: with("wxother", secret), code: 40013},
		{name: "no secret, raw", call: with(shop, ""), code: 41004},
		{name: "another secret, raw", call: with(shop, "other"), code: 40125},
	}
}
