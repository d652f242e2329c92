package api_test

import (
	"fmt"
	"strings"
	"time"

	"fanflow/wechat/api"
)

// agentTable are the accounts and sessions of customer service.
// Source: the pages under developers.weixin.qq.com/doc/service/api/customer/servicermanage and …/messctrl
func agentTable() []served {
	const account, sessions = "/customservice/kfaccount/", "/customservice/kfsession/"
	return []served{
		{
			path: account + "add", method: "POST", who: verified, codes: []int{65403, 65404, 65405, 65406},
			rows: []row{
				{name: "good", call: agent("a@shop"), check: agentsAre("a@shop a")},
				{name: "twice", arrange: before(nobody, agent("a@shop")), call: agent("a@shop"), code: 65406},
				{name: "no nickname", call: func(w *world) error { return w.c.AddAgent(w.Context(), "a@shop", "") }, code: 65403},
				{name: "a long nickname", call: func(w *world) error { return w.c.AddAgent(w.Context(), "a@shop", strings.Repeat("好", 17)) }, code: 65403},
				{name: "no account", call: agent("a"), code: 65404},
				{name: "the hundredth", call: agents(100)},
				{name: "the hundred and first", call: agents(101), code: 65405},
			},
		},
		{
			path: account + "update", method: "POST", who: verified, codes: []int{65401, 65403},
			rows: []row{
				{
					name: "good", arrange: before(nobody, agent("a@shop")), check: agentsAre("a@shop b"),
					call: func(w *world) error { return w.c.RenameAgent(w.Context(), "a@shop", "b") },
				},
				{name: "nobody", call: func(w *world) error { return w.c.RenameAgent(w.Context(), "a@shop", "b") }, code: 65401},
				{name: "no nickname", call: func(w *world) error { return w.c.RenameAgent(w.Context(), "a@shop", "") }, code: 65403},
			},
		},
		{
			path: account + "del", who: verified, codes: []int{65401},
			rows: []row{
				{
					name: "good", arrange: before(nobody, agent("a@shop"), agent("b@shop")), check: agentsAre("b@shop b"),
					call: func(w *world) error { return w.c.DeleteAgent(w.Context(), "a@shop") },
				},
				{name: "as the older pages have it, raw", arrange: before(nobody, agent("a@shop")), call: get(account + "del?kf_account=a@shop"), check: agentsAre()},
				{name: "nobody", call: func(w *world) error { return w.c.DeleteAgent(w.Context(), "a@shop") }, code: 65401},
			},
		},
		inviteTable(account + "inviteworker"),
		pictureTable(account + "uploadheadimg"),
		recordTable("/customservice/msgrecord/getmsglist"),
		{
			path: "/cgi-bin/customservice/getkflist", method: "GET", who: verified,
			rows: []row{{name: "good", arrange: before(nobody, agent("a@shop"), agent("b@shop")), call: done, check: agentsAre("a@shop a", "b@shop b")}},
		},
		{
			path: "/cgi-bin/customservice/getonlinekflist", method: "GET", who: verified,
			rows: []row{{name: "nobody is", arrange: before(nobody, agent("a@shop")), call: func(w *world) error {
				online, err := w.c.OnlineAgents(w.Context())
				w.same("online", 0, len(online))
				return err
			}}},
		},
		{
			path: sessions + "create", method: "POST", who: verified, codes: []int{65401, 65402, 65414, 65415, 40003},
			rows: append([]row{
				{name: "good", arrange: twoAgents, call: session("a@shop"), check: talksWith("a@shop")},
				{name: "again", arrange: before(twoAgents, session("a@shop")), call: session("a@shop"), check: talksWith("a@shop")},
				{name: "the fan is with another", arrange: before(twoAgents, session("b@shop")), call: session("a@shop"), code: 65414, check: talksWith("b@shop")},
				{name: "no agent", arrange: twoAgents, call: session("c@shop"), code: 65401},
				{name: "not a fan", arrange: before(nobody, agent("a@shop")), call: session("a@shop"), code: 40003},
			}, faults(sessions+"create", session("a@shop"), 65402, 65415)...), // agents' clients and WeChat ids are not played
		},
		{
			path: sessions + "close", method: "POST", who: verified, codes: []int{65401, 65413},
			rows: []row{
				{name: "good", arrange: before(twoAgents, session("a@shop")), call: sessionEnd("a@shop"), check: talksWith("")},
				{name: "there is none", arrange: twoAgents, call: sessionEnd("a@shop"), code: 65413},
				{name: "it is over by itself", arrange: later(before(twoAgents, session("a@shop")), "30m"), call: sessionEnd("a@shop"), code: 65413},
				{name: "the fan is with another", arrange: before(twoAgents, session("b@shop")), call: sessionEnd("a@shop"), code: 65414, check: talksWith("b@shop")},
				{name: "no agent", arrange: twoAgents, call: sessionEnd("c@shop"), code: 65401},
			},
		},
		{
			path: sessions + "getsession", method: "GET", who: verified, codes: []int{40003},
			rows: []row{
				{name: "good", arrange: before(twoAgents, session("a@shop")), call: done, check: talksWith("a@shop")},
				{name: "in none", arrange: twoAgents, call: done, check: talksWith("")},
				{name: "not a fan", call: func(w *world) error {
					_, err := w.c.FanSession(w.Context(), "oNobody")
					return err
				}, code: 40003},
			},
		},
		{
			path: sessions + "getsessionlist", method: "GET", who: verified, codes: []int{65401},
			rows: []row{
				{name: "good", arrange: before(twoAgents, session("a@shop")), call: func(w *world) error {
					list, err := w.c.AgentSessions(w.Context(), "a@shop")
					w.same("sessions", []string{"oA a@shop"}, sessionNames(list))
					return err
				}},
				{name: "of none", arrange: twoAgents, call: func(w *world) error {
					list, err := w.c.AgentSessions(w.Context(), "a@shop")
					w.same("sessions", 0, len(list))
					return err
				}},
				{name: "no agent", arrange: twoAgents, call: func(w *world) error {
					_, err := w.c.AgentSessions(w.Context(), "c@shop")
					return err
				}, code: 65401},
			},
		},
		{
			path: sessions + "getwaitcase", method: "GET", who: verified,
			rows: []row{{name: "nobody waits", call: func(w *world) error {
				waiting, total, err := w.c.WaitingFans(w.Context())
				w.same("waiting", [2]int{}, [2]int{len(waiting), total})
				return err
			}}},
		},
	}
}

func nobody(*world) {}

// done is for rows whose call is in their check.
func done(*world) error { return nil }

// agent makes an agent whose nickname is what stands before the @.
func agent(account string) func(*world) error {
	nick, _, _ := strings.Cut(account, "@")
	return func(w *world) error { return w.c.AddAgent(w.Context(), account, nick) }
}

func agents(n int) func(*world) error {
	i := 0
	return times(n, func(w *world) error {
		i++
		return agent(fmt.Sprintf("a%d@shop", i))(w)
	})
}

// agentsAre compares the list of agents with accounts and nicknames.
func agentsAre(want ...string) func(*world) {
	return func(w *world) {
		w.Helper()
		list, err := w.c.Agents(w.Context())
		w.must(err)
		var got []string
		for _, a := range list {
			got = append(got, a.Account+" "+a.Nick)
		}
		w.same("agents", want, got)
	}
}

func twoAgents(w *world) {
	w.Helper()
	wrote(w)
	w.must(agent("a@shop")(w))
	w.must(agent("b@shop")(w))
}

func session(account string) func(*world) error {
	return func(w *world) error { return w.c.StartSession(w.Context(), account, "oA") }
}

func sessionEnd(account string) func(*world) error {
	return func(w *world) error { return w.c.EndSession(w.Context(), account, "oA") }
}

// talksWith compares whom the fan oA is with, by the call and by the simulator's own book, and whether messages come to the account.
func talksWith(account string) func(*world) {
	return func(w *world) {
		w.Helper()
		got, err := w.c.FanSession(w.Context(), "oA")
		w.must(err)
		w.same("session", account, got.Account)
		if since := got.Since; account != "" && time.Duration(0) > since.Sub(time.Date(2026, 11, 10, 2, 0, 0, 0, time.UTC)) {
			w.Errorf("since %v", since)
		}
		status, text := w.request("GET", "/sim/"+w.app+"/fans/oA/session", "")
		if account == "" && status != 404 || account != "" && !strings.Contains(text, `"`+account+`"`) {
			w.Errorf("the book has %d %s", status, text)
		}
		w.do("oA", `{"text":"to whom?"}`)
		w.same("comes to the account", account == "", len(w.pushes("to whom?")) > 0)
	}
}

func sessionNames(list []api.Session) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.OpenID+" "+s.Account)
	}
	return names
}

// faults are rows of codes that nothing played leads to.
func faults(path string, call func(*world) error, codes ...int) []row {
	var rows []row
	for _, code := range codes {
		rows = append(rows, row{name: fmt.Sprint("errcode ", code), by: byFault, code: code, arrange: refusing(path, code), call: call})
	}
	return rows
}
