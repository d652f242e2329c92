package flows_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// Every world ends with a replay of its fans, so that each test here is one of the replay of hooks, too.

func (w *world) plugin(name, source string) {
	w.t.Helper()
	w.publish(store.KindPlugin, name+".lua", source)
}

// echo answers what it sees.
const echo = `return flow { name = "echo", again = true, first = "a", triggers = { text = { "*" }, webhook = { "*" } }, states = {
  a = { final = true, enter = { run = function(fan, event) fan:reply("echo " .. (event.text or event.data.n)) end } } } }`

// whys are the reasons of the fan's rows of a kind.
func (w *world) whys(openID string, kind store.Kind) (out []string) {
	w.t.Helper()
	for _, r := range w.rows(openID, kind) {
		out = append(out, r.Flow+": "+r.Why)
	}
	return out
}

func has(t *testing.T, what string, list []string, part string) {
	t.Helper()
	for _, s := range list {
		if strings.Contains(s, part) {
			return
		}
	}
	t.Errorf("%s: %q has nothing with %q", what, list, part)
}

// Hooks run by order, then name; each sees what those before it made of the event. The journal keeps what the fan wrote.
func TestHooksOrder(t *testing.T) {
	w := newWorld(t)
	w.flow(echo)
	w.plugin("b", `return { order = 1, hooks = { on_event = { text = function(fan, event) return { event = { text = event.text .. "b" } } end } } }`)
	w.plugin("c", `return { order = 1, hooks = { on_event = { text = function(fan, event) return { event = { text = event.text .. "c" } } end } } }`)
	w.plugin("a", `return { order = 2, hooks = { on_event = function(fan, event) fan:tag("seen"); return { event = { text = event.text .. "a" } } end } }`)
	expect(t, "reply", w.text("fan", "x"), "echo xbca")
	expect(t, "heard", w.rows("fan", store.Heard)[0].Text, "x")
	expect(t, "tagged by", w.rows("fan", store.Tagged)[0].Flow, "plugin:a")
}

// The account's own words come before any plugin: nobody can take 退订 away, nor its answer.
func TestHooksOwnWords(t *testing.T) {
	w := newWorld(t)
	w.plugin("wall", `return { hooks = { on_event = function() return false end, before_send = function() return "no" end } }`)
	if got := w.text("fan", "退订"); !strings.Contains(got, "已退订") {
		t.Errorf("the answer is %q", got)
	}
	expect(t, "opted out", w.fan("fan").OptOut, true)
}

func TestHooksStop(t *testing.T) {
	w := newWorld(t)
	w.flow(echo)
	w.publish(store.KindFlow, "ear.lua", `return flow { name = "ear", first = "a", triggers = { subscribe = true }, exit = { webhook = { ["order.paid"] = true } },
	  listen = { text = { ["*"] = { tag = "listened" } } }, states = { a = {} } }`)
	w.plugin("gate", `return { hooks = { on_event = { text = function(fan, event) fan:tag("seen"); return { stop = "too late" } end, webhook = function() return false end } } }`)
	w.plugin("later", `return { order = 9, hooks = { on_event = function(fan) fan:tag("later") end } }`)
	w.subscribe("fan", "")
	expect(t, "reply", w.text("fan", "x"), "")
	refused := w.rows("fan", store.Refused)
	if len(refused) != 1 || refused[0].Flow != "plugin:gate" || !strings.Contains(refused[0].Why, "too late") || refused[0].Name != "text x" {
		t.Errorf("refused: %+v", refused)
	}
	expect(t, "tags", fmt.Sprint(w.fan("fan").Tags), "[later seen]") // later, at the subscribe
	w.hookWith("fan", "order.paid", `{}`)                            // exits still act
	expect(t, "state", w.state("fan", "ear"), "")
}

func (w *world) hookWith(openID, event, data string) {
	w.t.Helper()
	if _, err := w.engine.Hook(w.t.Context(), account, flows.Hook{Event: event, OpenID: openID, Data: json.RawMessage(data)}); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// What a plugin makes of a webhook's data is what flows see.
func TestHooksData(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "order.lua", `return flow { name = "order", again = true, first = "a", triggers = { webhook = { "order.*" } }, states = {
	  a = { final = true, enter = { run = function(fan, event) fan.attrs.n = event.data.n end } } } }`)
	w.plugin("double", `return { hooks = { on_event = { webhook = function(fan, event) return { event = { data = { n = event.data.n * 2 } } } end } } }`)
	w.text("fan", "x")
	w.hookWith("fan", "order.paid", `{"n":21}`)
	expect(t, "n", string(w.fan("fan").Attrs["n"]), "42")
}

// A hook that fails, or returns nonsense, changes nothing: the next hook and flows go on as if it were not there, without an apology.
func TestHooksFailure(t *testing.T) {
	for name, c := range map[string]struct{ body, why string }{
		"error":         {`error("boom")`, "boom"},
		"number":        {`return 7`, "it returned a number"},
		"both":          {`return { stop = "x", event = { text = "y" } }`, "neither, or both"},
		"unknown field": {`return { stopp = "x" }`, `unknown field "stopp"`},
		"empty text":    {`return { event = { text = "" } }`, "not empty"},
		"other field":   {`return { event = { key = "k" } }`, "a plugin can change text and data"},
		"data of text":  {`return { event = { data = 1 } }`, "of a webhook"},
		"a goal":        {`fan:goal("x")`, "a plugin's hook is in none"},
		"a call":        {`fan:call("echo")`, "a plugin's hook is in none"},
		"leave":         {`fan:leave()`, "a plugin's hook is in none"},
		"vars":          {`fan.vars.x = 1`, "a plugin's hook is in none"},
		"variant":       {`fan:variant("x", { a = 1 })`, "a plugin's hook is in none"},
		"budget":        {`while true do end`, "instructions"},
		"a megabyte":    {`for i = 1, 40 do fan.attrs["k" .. i] = ("x"):rep(4000); fan:tag("t" .. i) end`, "64 KB"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(echo)
			w.plugin("bad", `return { hooks = { on_event = function(fan, event) fan:tag("bad") `+c.body+` end } }`)
			w.plugin("good", `return { order = 1, hooks = { on_event = function(fan, event) fan:tag("good") end } }`)
			expect(t, "reply", w.text("fan", "x"), "echo x")
			expect(t, "tags", fmt.Sprint(w.fan("fan").Tags), "[good]")
			failed := w.rows("fan", store.Failed)
			if len(failed) != 1 || failed[0].Flow != "plugin:bad" || !strings.Contains(failed[0].Why, c.why) || !strings.Contains(failed[0].Why, "bad.lua") {
				t.Errorf("failed: %+v", failed)
			}
		})
	}
}

// A hook's enrollments, keys, messages and variables of the account are as a flow's.
func TestHooksDo(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "vip.lua", `return flow { name = "vip", first = "a", states = { a = { enter = { send = "welcome" } } } }`)
	w.plugin("crm", `return { permissions = { kv = { "*" } }, hooks = { on_event = { text = function(fan, event)
	  fan.attrs.n = kv.increment("crm:seen"); fan:enroll("vip"); fan:message("later", { at = "+1h", key = "k" })
	  if event.text == "cancel" then fan:cancel("k") end
	  fan:reply("from the plugin") end } } }`)
	expect(t, "reply", w.text("fan", "x"), "from the plugin")
	expect(t, "state", w.state("fan", "vip"), "a")
	expect(t, "n", string(w.fan("fan").Attrs["n"]), "1")
	expect(t, "claimed by", w.rows("fan", store.Claimed)[0].Flow, "plugin:crm")
	w.text("fan", "cancel")
	w.advance(2 * time.Hour)
	for _, s := range w.said() {
		if s == "later" {
			t.Error("what was cancelled went out")
		}
	}
}

// What flows tell each other a hook hears where it names it, and not what it did itself.
func TestHooksTold(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "tagger.lua", `return flow { name = "tagger", again = true, first = "a", triggers = { text = { "*" } }, states = { a = { final = true, enter = { tag = "new", set = { city = "x" } } } } }`)
	w.plugin("all", `return { hooks = { on_event = function(fan, event) fan.attrs.all = (fan.attrs.all or "") .. event.type .. " " end } }`)
	w.plugin("named", `return { hooks = { on_event = { tag = function(fan, event) fan.attrs.named = (fan.attrs.named or 0) + 1; fan:tag("own") end } } }`)
	w.text("fan", "x")
	w.settle()
	expect(t, "all", string(w.fan("fan").Attrs["all"]), `"text "`)
	expect(t, "named", string(w.fan("fan").Attrs["named"]), "1")
}

// No Lua starts for what nobody hooks.
func TestHooksFilter(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindFlow, "plain.lua", `return flow { name = "plain", again = true, first = "a", triggers = { text = { "*" } }, states = { a = { final = true, enter = { reply = "plain" } } } }`)
	w.plugin("crm", `return { hooks = { on_event = { subscribe = function() end }, before_send = { template = function() end } } }`)
	w.text("fan", "x")
	expect(t, "Lua states", w.last().Lua, 0)
	w.subscribe("fan", "")
	expect(t, "Lua states", w.last().Lua, 1)
}

// A passive reply is seen by before_send inside the decision: changed, kept back, or let go.
func TestHooksPassive(t *testing.T) {
	for name, c := range map[string]struct{ hooks, reply, kind, why string }{
		"nil":        {`before_send = function(send) end`, "echo x", "", ""},
		"true":       {`before_send = function(send) return true end`, "echo x", "", ""},
		"words":      {`before_send = { passive = function(send) return { text = send.text .. "!" } end }`, "echo x!", "replied", "plugin guard changed it"},
		"fan":        {`before_send = function(send) return { text = send.fan.openid .. send.purpose .. send.channel .. send.flow } end`, "fanservicepassiveecho", "", ""},
		"a veto":     {`before_send = function(send) return "bad word" end`, "", "refused", "bad word"},
		"false":      {`before_send = function(send) return false end`, "", "refused", "it may not go"},
		"another":    {`before_send = { template = function(send) return false end }`, "echo x", "", ""},
		"hold":       {`before_send = function(send) error("no idea") end`, apology, "failed", "no idea"},
		"pass":       {`on_error = "pass", before_send = function(send) error("no idea") end`, "echo x", "failed", "no idea"},
		"nonsense":   {`before_send = function(send) return 7 end`, apology, "failed", "it returned a number"},
		"no message": {`before_send = function(send) return {} end`, apology, "failed", "empty table"},
		"rich":       {`before_send = function(send) return { message = { msgmenu = { list = { "a" } } } } end`, apology, "failed", "cannot hold a msgmenu"},
		"data":       {`before_send = function(send) return { data = { a = "b" } } end`, apology, "failed", "templates and notices"},
		"both":       {`before_send = function(send) return { text = "a", message = "b" } end`, apology, "failed", "one of them"},
		"too long":   {`before_send = function(send) return { text = ("x"):rep(5000) } end`, apology, "failed", "2048"},
		"a tag":      {`before_send = function(send) send.fan:tag("x") end`, apology, "failed", "only looks"},
		"an attr":    {`before_send = function(send) send.fan.attrs.x = 1 end`, apology, "failed", "only looks"},
		"kv":         {`before_send = function(send) kv.set("guard:x", 1) end`, apology, "failed", "only reads"},
		"a counter":  {`before_send = function(send) kv.increment("guard:x") end`, apology, "failed", "only reads"},
		"a call":     {`before_send = function(send) http.post("https://crm.example.com") end`, apology, "failed", "orders no calls"},
		"reads":      {`before_send = function(send) return { text = tostring(kv.get("guard:x")) end`, "", "", ""},
	} {
		if name == "reads" {
			c.hooks, c.reply = `before_send = function(send) return { text = tostring(kv.get("guard:x")) } end`, "nil"
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(echo)
			w.plugin("guard", `return { hooks = { `+c.hooks+` } }`)
			expect(t, "reply", w.text("fan", "x"), c.reply)
			if c.kind != "" {
				has(t, c.kind, w.whys("fan", store.Kind(c.kind)), c.why)
			}
			expect(t, "the flow's part stands", len(w.rows("fan", store.Left)), 1)
		})
	}
}

// What is kept back leaves the place of the passive reply free: the next words take it. The rest of a long text goes with its head.
func TestHooksPassiveNext(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "two", again = true, first = "a", triggers = { text = { "*" } }, states = {
	  a = { final = true, enter = { run = function(fan, event) fan:reply(("bad "):rep(800)); fan:reply("good") end } } } }`)
	w.plugin("guard", `return { hooks = { before_send = function(send) if send.text:find("bad") then return "bad word" end end } }`)
	expect(t, "reply", w.text("fan", "x"), "good")
	w.settle()
	expect(t, "sent", len(w.said()), 0)
}

// before_send is asked by the outbox about every other message; what it says is data.
func TestBeforeSend(t *testing.T) {
	text := wechat.Outgoing{Text: "hello"}
	template := wechat.Outgoing{Template: &wechat.Template{Name: "T", URL: "https://a.cn", Data: map[string]string{"thing1": "x"}}}
	notice := wechat.Outgoing{Notice: &wechat.Template{Name: "N", Data: map[string]string{"thing1": "x"}}}
	for name, c := range map[string]struct {
		hooks   string
		channel string
		content wechat.Outgoing
		want    flows.Ruling
	}{
		"not hooked":  {`before_send = { template = function() return false end }`, store.Customer, text, flows.Ruling{Passed: "-"}},
		"lets go":     {`before_send = function() end`, store.Customer, text, flows.Ruling{Passed: "guard@1"}},
		"vetoes":      {`before_send = function(send) return send.text end`, store.Customer, text, flows.Ruling{Passed: "guard@1", Veto: "guard: hello"}},
		"changes":     {`before_send = function(send) return { text = send.text .. " " .. send.fan.openid .. send.id } end`, store.Customer, text, flows.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: raw(`{"text":"hello fansend-1"}`)}},
		"fills":       {`before_send = function(send) return { data = { thing1 = send.data.thing1 .. "y" }, url = "" } end`, store.Template, template, flows.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: raw(`{"template":{"name":"T","data":{"thing1":"xy"}}}`)}},
		"no page":     {`before_send = function(send) return { url = "https://b.cn" } end`, store.Notice, notice, flows.Ruling{Held: true, Veto: "opens no web page"}},
		"other kind":  {`before_send = function(send) return { text = "x" } end`, store.Template, template, flows.Ruling{Held: true, Veto: "changed by data and url"}},
		"long":        {`before_send = function(send) return { text = ("x"):rep(5000) } end`, store.Customer, text, flows.Ruling{Held: true, Veto: "longer than one message"}},
		"article":     {`before_send = function(send) return { message = { title = "a", url = "https://a.cn" } } end`, store.Customer, text, flows.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: raw(`{"articles":[{"title":"a","url":"https://a.cn"}]}`)}},
		"as it was":   {`before_send = function(send) return { message = send.message } end`, store.Customer, wechat.Outgoing{Video: &wechat.Video{MediaID: "m", Title: "t"}}, flows.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: raw(`{"video":{"media_id":"m","title":"t"}}`)}},
		"holds":       {`before_send = function(send) error("no idea") end`, store.Customer, text, flows.Ruling{Held: true, Veto: "guard's before_send failed: guard.lua:1: no idea"}},
		"lets pass":   {`on_error = "pass", before_send = function(send) error("no idea") end`, store.Customer, text, flows.Ruling{Passed: "guard@1", Why: "failed, and lets it pass"}},
		"reads kv":    {`before_send = function(send) return kv.get("guard:why") end`, store.Customer, text, flows.Ruling{Passed: "guard@1"}},
		"mass":        {`before_send = { mass = function(send) return { text = send.text .. tostring(send.fan) } end }`, store.Mass, text, flows.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: raw(`{"text":"hellonil"}`)}},
		"off for all": {`on_error = "pass"`, store.Customer, text, flows.Ruling{Passed: "-"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.plugin("guard", `return { hooks = { `+c.hooks+` } }`)
			w.text("fan", "x")
			content, err := json.Marshal(c.content)
			if err != nil {
				t.Fatal(err)
			}
			s := store.Send{ID: "send-1", Account: account, OpenID: "fan", Channel: c.channel, Purpose: "service", Content: content}
			f := w.fan("fan")
			fan := &f
			if c.channel == store.Mass {
				s.OpenID, fan = "", nil
			}
			got, err := w.engine.BeforeSend(t.Context(), s, fan)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.Veto, c.want.Veto) || (got.Veto == "") != (c.want.Veto == "") || !strings.Contains(got.Why, c.want.Why) || (got.Why == "") != (c.want.Why == "") {
				t.Errorf("it says %q and %q, want %q and %q", got.Veto, got.Why, c.want.Veto, c.want.Why)
			}
			if got.Held != c.want.Held || got.Passed != c.want.Passed || string(got.Content) != string(c.want.Content) {
				t.Errorf("got %+v (%s), want %+v (%s)", got, got.Content, c.want, c.want.Content)
			}
		})
	}
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// after_send hears how a send has ended, by its status, once; it may do what on_event may.
func TestAfterSend(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "teller", again = true, first = "a", triggers = { text = { "*" } }, states = { a = { final = true, enter = { message = "hello" } } } }`)
	w.plugin("crm", `return { hooks = { after_send = {
	  failed = function(send) send.fan:tag("unreachable"); send.fan.attrs.why = send.reason; send.fan.attrs.words = send.text end,
	  sent   = function(send) send.fan:tag("accepted") end,
	  ["*"]  = function(send) send.fan:tag("ended " .. send.status) end } } }`)
	w.text("fan", "x")
	w.settle()
	ended := func(status store.Status, reason string) {
		t.Helper()
		s := w.sent[len(w.sent)-1]
		s.Status, s.Reason = status, reason
		jobs := w.engine.Tidings(t.Context(), s)
		_, err := w.store.Commit(t.Context(), store.Change{
			Fan: store.FanID{Account: account, OpenID: "fan"}, Base: store.AnyRev, Cause: "end-" + string(status), At: w.clock(), Sends: []store.Send{s}, Jobs: jobs,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	ended(store.Sent, "")
	expect(t, "tags", fmt.Sprint(w.fan("fan").Tags), "[accepted]")
	ended(store.SendFail, "user block")
	expect(t, "tags", fmt.Sprint(w.fan("fan").Tags), "[accepted unreachable]")
	expect(t, "why", string(w.fan("fan").Attrs["why"]), `"user block"`)
	expect(t, "words", string(w.fan("fan").Attrs["words"]), `"hello"`)
}

// Nobody is told of what no plugin wants to know.
func TestAfterSendUnwanted(t *testing.T) {
	w := newWorld(t)
	w.plugin("crm", `return { hooks = { after_send = function(send) end } }`)
	w.text("fan", "x")
	for status, want := range map[store.Status]int{store.Sent: 0, store.Delivered: 1, store.Skipped: 1, store.Cancelled: 0} {
		s := store.Send{ID: "s", Account: account, OpenID: "fan", Channel: store.Customer, Status: status, Content: raw(`{"text":"x"}`)}
		expect(t, string(status), len(w.engine.Tidings(t.Context(), s)), want)
	}
}

// A plugin whose hook keeps failing is paused: its hooks are off, its functions can still be used.
func TestHooksSick(t *testing.T) {
	w := newWorld(t)
	w.plugin("bad", `local M = { hooks = { on_event = function() error("boom") end } } function M.hello() return "hello" end return M`)
	w.flow(`local bad = require "bad"
	return flow { name = "user", again = true, first = "a", triggers = { text = { "*" } }, states = { a = { final = true, enter = { run = function(fan) fan:reply(bad.hello()) end } } } }`)
	for i := range 25 {
		expect(t, "reply", w.text(fmt.Sprint("fan", i), "x"), "hello")
	}
	expect(t, "failures", len(w.rows("fan19", store.Failed)), 1)
	expect(t, "failures once it is paused", len(w.rows("fan20", store.Failed)), 0)
	catalog, err := w.store.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range catalog.Publications {
		if p.Kind == store.KindPlugin && (!p.Paused || !strings.Contains(p.Why, "boom")) {
			t.Errorf("the plugin is not paused: %+v", p)
		}
	}
}

// Plugins that are asked about a send have one read each: what the first reads does not hold the second's answer, nor do long answers
// of many, of which nothing is kept.
func TestBeforeSendReads(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, strings.Repeat(r.URL.Path[:2], 8000)) }))
	w := newCRMWorld(t, mem.New(), s.URL, s.URL)
	t.Cleanup(s.Close)
	const many = 6
	for i := range many {
		w.plugin(fmt.Sprintf("guard%d", i), fmt.Sprintf(`return { permissions = { hosts = { %q } }, hooks = { before_send = function(send)
		  local answer, why = http.get(%q)
		  local again = http.get(%q)
		  local second, word = http.get(%q)
		  return { text = send.text .. (answer and again and answer.body:sub(2, 2) or why) .. (second and "!" or word:match("^%%a+"):sub(1, 1)) }
		end } }`, s.URL, s.URL+fmt.Sprintf("/%d", i), s.URL+fmt.Sprintf("/%d", i), s.URL+fmt.Sprintf("/%d/x", i)))
	}
	send := store.Send{ID: "send-1", Account: account, OpenID: "fan", Channel: store.Customer, Purpose: "service", Content: raw(`{"text":"> "}`)}
	send.Content = raw(`{"text":"> "}`)
	f := w.fan("fan")
	got, err := w.engine.BeforeSend(t.Context(), send, &f)
	if err != nil || got.Held {
		t.Fatalf("%+v %v", got, err)
	}
	expect(t, "content", len(got.Content), len(`{"text":"> 0t1t2t3t4t5t"}`))
}
