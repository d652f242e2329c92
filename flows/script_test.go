package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

func textBody(s string) wechat.Body { return &wechat.Text{Content: s} }

// handler makes a flow whose one state runs the Lua text for every text.
func handler(body string) string {
	return `return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { on = { text = { ["*"] = { run = function(fan, event)
` + body + `
	end } } }, after = { ["1h"] = { run = function(fan, event) fan:reply("timer") end } } },
	off = { final = true }, } }`
}

// enrolled is a fan in the state of handler.
func (w *world) enrolled(body string) {
	w.t.Helper()
	w.flow(handler(body))
	w.text("fan", "start")
}

func TestKeysAreExact(t *testing.T) {
	for name, body := range map[string]string{
		"get and set": `local n = kv.get("n") or 0; kv.set("n", n + 1); fan:reply("ok")`,
		"increment":   `kv.increment("n", 1); fan:reply("ok")`,
		"both":        `kv.increment("n", 1); local n = kv.get("n"); fan:reply("ok")`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(handler(body))
			const fans = 32
			done := make(chan string)
			for i := range fans {
				w.text(fmt.Sprint("fan-", i), "start")
				p := w.push(fmt.Sprint("fan-", i), "text", "", "", textBody("x"))
				go func() {
					r, err := w.engine.Receive(t.Context(), account, p)
					if err != nil {
						t.Error(err)
					}
					done <- r.Content
				}()
			}
			for range fans {
				expect(t, "reply", <-done, "ok")
			}
			kv, err := w.store.KV(t.Context(), account, "n")
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "n", string(kv.Value), fmt.Sprint(fans))
		})
	}
}

func TestKeysWithinOneDecision(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`
		local a = kv.increment("n", 1)
		local b = kv.increment("n", 3)
		local seen = kv.get("n")
		kv.set("n", 10)
		local c = kv.increment("n", 2)
		local d = kv.take("n", 13)
		local e = kv.take("n", 13)
		fan:reply(table.concat({ a, b, seen, c, d, tostring(e), kv.get("n") }, " "))`)
	expect(t, "reply", w.text("fan", "x"), "1 4 4 12 13 nil 13")
	kv, err := w.store.KV(t.Context(), account, "n")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "n", string(kv.Value), "13")
}

func TestAFailingScriptLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct{ body, why string }{
		"error":         {`error("no more")`, "test.lua:"},
		"nil":           {`local x = nil; x.y = 1`, "test.lua:"},
		"endless":       {`while true do end`, "instructions"},
		"unknown state": {`return "nowhere"`, `there is no such state`},
		"no name":       {`return 7`, "return the name of a state"},
		"unknown field": {`fan[event.text .. "y"] = 1`, "cannot be set"},
		"bad variable":  {`fan.vars.f = print`, "fan.vars.f"},
		"too much":      {`fan.vars.x = string.rep("x", 40000); fan.vars.y = string.rep("x", 40000)`, "64 KB"},
		"campaign":      {`fan:template("COUPON_EXPIRING", {}, { purpose = "campaign" })`, "never goes by template"},
		"many keys":     {`for i = 1, 100 do kv.get("k" .. i) end`, "more than 64"},
		"many sends":    {`for i = 1, 100 do fan:message("x") end`, "more than 50 messages"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.enrolled(`fan:tag("half"); fan.attrs.half = 1; fan.vars.half = 1; kv.increment("half", 1); fan:message("half"); fan:reply("half")
			` + c.body)
			w.text("other", "start")
			before := w.fan("fan")
			expect(t, "reply", w.text("fan", "x"), apology)
			f := w.fan("fan")
			expect(t, "tagged", f.Has("half"), false)
			expect(t, "attributes", len(f.Attrs), 0)
			expect(t, "variables", len(f.Enrolled("test").Vars), 0)
			expect(t, "fence", f.Fence, before.Fence)
			failed := w.rows("fan", store.Failed)
			if len(failed) != 1 || !strings.Contains(failed[0].Why, c.why) || !strings.Contains(failed[0].Why, "test.lua") {
				t.Errorf("failed: %+v, want %q", failed, c.why)
			}
			expect(t, "ordered", len(w.rows("fan", store.Ordered)), 0)
			kv, err := w.store.KV(t.Context(), account, "half")
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "claimed", string(kv.Value), "")
			expect(t, "outcome", w.last().Outcome, "failed")
		})
	}
}

func TestSayingInOrder(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("长", 1000) // 3000 bytes
	w.enrolled(`
		fan:message("first")
		fan:reply("reply")
		fan:reply("` + long + `")
		fan:send("last")
		fan:message({ title = "T", url = "https://a.example" }, { after = "1h" })`)
	expect(t, "passive", w.text("fan", "x"), "reply")
	w.settle()
	if got := w.said(); len(got) != 4 || got[0] != "first" || got[1]+got[2] != long || got[3] != "last" {
		t.Errorf("said %q", got)
	}
	expect(t, "channel", w.sent[3].Channel, store.Auto)
	expect(t, "purpose", w.sent[3].Purpose, "campaign")
	w.advance(time.Hour + time.Second)
	if got := w.said(); got[4] != "news T" {
		t.Errorf("said %q", got)
	}
}

func TestLongRepliesAreSplit(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("长", 1000)
	w.enrolled(`fan:reply("` + long + `")`)
	head := w.text("fan", "x")
	if len(head) > wechat.MaxText {
		t.Errorf("reply of %d bytes", len(head))
	}
	w.settle()
	expect(t, "all of it", head+strings.Join(w.said(), ""), long)
}

func TestReplyOfBytesThatAreNoText(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`fan:reply(string.rep("\255a", 1500))`)
	head := w.text("fan", "x")
	if len(head) > wechat.MaxText || !utf8.ValidString(head) {
		t.Errorf("%d bytes, valid: %t", len(head), utf8.ValidString(head))
	}
	w.settle()
	expect(t, "all of it", head+strings.Join(w.said(), ""), strings.Repeat("\uFFFDa", 1500))
}

func TestReplyThatCannotBeShownIsTheScriptsMistake(t *testing.T) {
	for script, why := range map[string]string{
		`fan:reply("\1\2")`:              "fan:reply: reply: the text is empty",
		`fan:reply({ text = "\7" })`:     "the text is empty",
		`fan:tag("new"); fan:send("\1")`: "fan:send: reply: the text is empty",
	} {
		w := newWorld(t)
		w.enrolled(script)
		expect(t, "shown", w.text("fan", "x"), apology)
		failed := w.rows("fan", store.Failed)
		if len(failed) != 1 || !strings.Contains(failed[0].Why, why) {
			t.Errorf("%s: journaled %+v, want %q", script, failed, why)
		}
	}
}

func TestNoticeOpensNoPage(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`fan:notice("COUPON_EXPIRING", { thing1 = "x" }, { url = "https://a.example" })`)
	w.text("fan", "x")
	w.settle()
	expect(t, "sends", len(w.sent), 1)
	expect(t, "content", string(w.sent[0].Content), `{"notice":{"name":"COUPON_EXPIRING","data":{"thing1":"x"}}}`)
	if why := w.rows("fan", store.Ordered)[0].Why; !strings.Contains(why, "its url is not sent") {
		t.Errorf("the journal says %q", why)
	}
}

func TestSendTakesThePassiveReplyWhenFree(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`fan:send("now"); fan:reply("then")`)
	expect(t, "passive", w.text("fan", "x"), "now")
	w.settle()
	expect(t, "customer service", strings.Join(w.said(), ","), "then")
}

func TestVariablesAndAttributes(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`
		if event.text == "set" then
			fan.vars.list = { 1, 2, 3 }
			fan.vars.z, fan.vars.a = true, "x"
			fan.attrs.city = { name = "上海" }
			fan:tag("b", "a")
		else
			fan.vars.list[4] = 4
			fan.vars.z = nil
			fan:reply(fan.attrs.city.name .. #fan.vars.list .. table.concat(fan.tags, ",") .. tostring(fan:has("a")) .. fan.openid)
		end`)
	w.text("fan", "set")
	expect(t, "reply", w.text("fan", "get"), "上海4a,btruefan")
	f := w.fan("fan")
	vars, err := json.Marshal(f.Enrolled("test").Vars)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "vars", string(vars), `{"a":"x","list":[1,2,3,4]}`)
	var names []string
	for _, r := range w.rows("fan", store.VarSet) {
		names = append(names, r.Name)
	}
	expect(t, "order", strings.Join(names, " "), "a list z list z")
}

func TestTheFanObjectKeepsToItsFunction(t *testing.T) {
	w := newWorld(t)
	w.flow(`
local kept = {}
return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { enter = { run = function(fan) local alias = kept; alias.fan = fan; fan.vars.n = 0 end },
		on = { text = { ["*"] = { run = function(fan)
			fan.vars.n = fan.vars.n + 1
			fan:reply(tostring(kept.fan == nil) .. fan.vars.n)
		end } } } },
} }`)
	w.text("fan", "start")
	expect(t, "first", w.text("fan", "x"), "true1")
	expect(t, "second", w.text("fan", "x"), "true2")
}

func TestRandomComesFromTheCause(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`local n = math.random(1, 1000000); kv.get("a"); kv.get("b"); fan:reply(n .. " " .. math.random(1, 1000000))`)
	p := w.push("fan", "text", "", "", textBody("x"))
	first := w.receive(p).Content
	expect(t, "runs", w.last().Runs, 3)
	other := newWorld(t)
	other.enrolled(`local n = math.random(1, 1000000); fan:reply(n .. " " .. math.random(1, 1000000))`)
	expect(t, "the same push in another world", other.receive(p).Content, first)
}

func TestTimersThatFailAreParked(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { after = { ["1h"] = { run = function(fan) fan:tag("half"); error("broken") end } } } } }`)
	w.text("fan", "start")
	w.advance(2 * time.Hour)
	f := w.fan("fan")
	expect(t, "tagged", f.Has("half"), false)
	expect(t, "failed", len(w.rows("fan", store.Failed)), 1)
	expect(t, "parked", len(w.rows("fan", store.Parked)), 1)
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "timer"}, "", 10)
	if err != nil || len(jobs) != 1 || !jobs[0].Parked {
		t.Errorf("jobs: %+v, %v", jobs, err)
	}
	expect(t, "state", w.state("fan", "test"), "on")

	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { after = { ["1h"] = { tag = "mended" } } } } }`)
	w.settle()
	f = w.fan("fan")
	expect(t, "the new version fires it again", f.Has("mended"), true)
}

// conflicting changes a fan once, between load and commit.
type conflicting struct {
	store.Store
	times, done int
}

func (c *conflicting) Commit(ctx context.Context, ch store.Change) (store.Receipt, error) {
	if c.times > 0 && ch.Fan.OpenID == "fan" && ch.Base != store.AnyRev && ch.Base > 0 {
		c.times--
		c.done++
		_, err := c.Store.Commit(ctx, store.Change{
			Fan: ch.Fan, Base: store.AnyRev, Cause: fmt.Sprint("ui-", c.done), At: ch.At,
			Entries: []store.Entry{{Kind: store.Tagged, Name: fmt.Sprint("ui-", c.done)}},
		})
		if err != nil {
			return store.Receipt{}, err
		}
	}
	return c.Store.Commit(ctx, ch)
}

func TestConflictsAreDecidedAgain(t *testing.T) {
	s := &conflicting{Store: mem.New()}
	w := newWorldOn(t, s)
	w.enrolled(`fan:reply(table.concat(fan.tags, ","))`)
	s.times = 3
	expect(t, "reply", w.text("fan", "x"), "ui-1,ui-2,ui-3")
	expect(t, "conflicts", w.last().Conflicts, 3)
	s.times = 4
	if _, err := w.engine.Receive(t.Context(), account, w.push("fan", "text", "", "", textBody("y"))); err == nil {
		t.Error("four conflicts are no error")
	}
}

func TestHooks(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { webhook = { "order.*" } }, first = "on", states = {
	on = { enter = { run = function(fan, event) fan:message("paid " .. event.data.amount .. " " .. event.name) end } } } }`)
	hook := flows.Hook{Event: "order.paid", OpenID: "fan", Data: json.RawMessage(`{"amount":12.5}`), Key: "1"}
	if _, err := w.engine.Hook(t.Context(), account, hook); err == nil || !strings.Contains(err.Error(), "no such fan") {
		t.Errorf("unknown fan: %v", err)
	}
	hook.Create = true
	a, err := w.engine.Hook(t.Context(), account, hook)
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	b, err := w.engine.Hook(t.Context(), account, hook)
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	expect(t, "id", a, b)
	expect(t, "said", strings.Join(w.said(), ","), "paid 12.5 order.paid")
	expect(t, "heard", len(w.rows("fan", store.Heard)), 1)
}

func TestReportsSettleSends(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
	on = { enter = { template = { name = "COUPON_EXPIRING", data = { thing1 = "x" } } },
		on = { sent = { failed = "off", delivered = { tag = "got it" } } } }, off = { final = true } } }`)
	for fan, status := range map[string]string{"good": "success", "bad": "failed:user block"} {
		w.text(fan, "start")
		w.settle()
		p := w.push(fan, "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: status})
		p.MsgID = fmt.Sprint(w.sent[len(w.sent)-1].MsgID)
		w.receive(p)
		w.receive(p)
		expect(t, fan+" settled", len(w.rows(fan, store.Settled)), 2)
	}
	good := w.fan("good")
	expect(t, "delivered", good.Has("got it"), true)
	expect(t, "failed", w.state("bad", "test"), "")
	s, err := w.store.Send(t.Context(), account, w.sent[1].ID)
	if err != nil || s.Status != store.Delivered && s.Status != store.SendFail {
		t.Errorf("send: %+v, %v", s, err)
	}
}

func TestAReportThatOvertakesItsSend(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`fan:template("COUPON_EXPIRING", {})`)
	w.text("fan", "x")
	p := w.push("fan", "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: "success"})
	p.MsgID = fmt.Sprint(w.ids.Load() + 1)
	w.receive(p)
	w.settle()
	expect(t, "settled", len(w.rows("fan", store.Settled)), 1)
	w.advance(time.Minute)
	expect(t, "settled", len(w.rows("fan", store.Settled)), 2)
}
