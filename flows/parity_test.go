package flows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// pair is one action said as plain data and as a function. What both do must be the same, to the last word of the journal.
type pair struct{ data, function string }

// fn is a function that stays.
func fn(body string) string { return "function(fan, event) " + body + " end" }

// going is a function that always goes to a state.
func going(body, to string) string {
	return fmt.Sprintf("{ run = function(fan, event) %s end, to = %q }", body, to)
}

// pairs stand at on.text.go of the state on, whose variables are code = "A1" and n = 2.
var pairs = map[string]pair{
	"reply":            {`{ reply = "hello" }`, fn(`fan:reply("hello")`)},
	"reply, filled in": {`{ reply = "${vars.code} ${attrs.city} ${event.text} ${fan.state}" }`, fn(`fan:reply(fan.vars.code .. " " .. (fan.attrs.city or "") .. " " .. (event.text or "") .. " " .. fan.state)`)},
	"two replies":      {`{ reply = { "one", "two" } }`, fn(`fan:reply("one"); fan:reply("two")`)},
	"a long reply":     {`{ reply = "` + strings.Repeat("长", 900) + `" }`, fn(`fan:reply(string.rep("长", 900))`)},
	"news":             {`{ reply = { title = "T", url = "https://a.example/${vars.code}" } }`, fn(`fan:reply({ title = "T", url = "https://a.example/" .. fan.vars.code })`)},
	"image":            {`{ reply = { image = "M" } }`, fn(`fan:reply({ image = "M" })`)},
	"video":            {`{ reply = { video = { media_id = "M", title = "${vars.code}" } } }`, fn(`fan:reply({ video = { media_id = "M", title = fan.vars.code } })`)},
	"music":            {`{ message = { music = { musicurl = "https://m.example", thumb_media_id = "T" } } }`, fn(`fan:message({ music = { musicurl = "https://m.example", thumb_media_id = "T" } })`)},
	"msgmenu":          {`{ reply = { msgmenu = { head_content = "How?", list = { "good", "bad" } } } }`, fn(`fan:reply({ msgmenu = { head_content = "How?", list = { "good", "bad" } } })`)},
	"miniprogrampage":  {`{ send = { miniprogrampage = { title = "P", appid = "wx1", pagepath = "p", thumb_media_id = "T" } } }`, fn(`fan:send({ miniprogrampage = { title = "P", appid = "wx1", pagepath = "p", thumb_media_id = "T" } })`)},
	"message":          {`{ message = { text = "later", after = "2h", expires = "1h", purpose = "campaign", late = "skip" } }`, fn(`fan:message("later", { after = "2h", expires = "1h", purpose = "campaign", late = "skip" })`)},
	"message at":       {`{ message = { text = "later", at = "+1d 10:00", late = "09:00-21:00" } }`, fn(`fan:message({ text = "later", at = "+1d 10:00", late = "09:00-21:00" })`)},
	"send":             {`{ send = "cheapest" }`, fn(`fan:send("cheapest")`)},
	"send with a key":  {`{ send = { text = "keyed ${event.text}", after = "3h", key = "k" } }`, fn(`fan:send("keyed " .. (event.text or ""), { after = "3h", key = "k" })`)},
	"a key in pieces":  {`{ message = { text = "` + strings.Repeat("x", 3000) + `", after = "3h", key = "k" } }`, fn(`fan:message(string.rep("x", 3000), { after = "3h", key = "k" })`)},
	"cancel":           {`{ cancel = { "k", "none" } }`, fn(`fan:cancel("k", "none")`)},
	"template": {
		`{ template = { name = "COUPON_EXPIRING", data = { thing1 = "${vars.code}" }, url = "https://a.example", at = "+1d 10:00", expires = "12h", key = "t" } }`,
		fn(`fan:template("COUPON_EXPIRING", { thing1 = fan.vars.code }, { url = "https://a.example", at = "+1d 10:00", expires = "12h", key = "t" })`),
	},
	"notice":              {`{ notice = { name = "COUPON_EXPIRING", data = { thing1 = "x" } } }`, fn(`fan:notice("COUPON_EXPIRING", { thing1 = "x" })`)},
	"transfer":            {`{ transfer = true }`, fn(`fan:transfer()`)},
	"transfer to one":     {`{ transfer = "anna@shop" }`, fn(`fan:transfer("anna@shop")`)},
	"tags":                {`{ tag = { "a", "b" }, untag = "base" }`, fn(`fan:tag("a", "b"); fan:untag("base")`)},
	"goal":                {`{ goal = "issued" }`, fn(`fan:goal("issued")`)},
	"set":                 {`{ set = { city = "上海", ["vars.code"] = "${event.text}!", ["attrs.age"] = 30, ["vars.list"] = { 1, 2 } } }`, fn(`fan.attrs.city = "上海"; fan.attrs.age = 30; fan.vars.code = (event.text or "") .. "!"; fan.vars.list = { 1, 2 }`)},
	"set, then say":       {`{ set = { ["vars.code"] = "B2" }, reply = "${vars.code}", tag = "said" }`, fn(`fan.vars.code = "B2"; fan:tag("said"); fan:reply(fan.vars.code)`)},
	"add":                 {`{ add = { ["vars.n"] = 1, points = 2.5 }, reply = "${vars.n}" }`, fn(`fan.vars.n = fan.vars.n + 1; fan.attrs.points = (fan.attrs.points or 0) + 2.5; fan:reply(tostring(fan.vars.n))`)},
	"claim":               {`{ claim = { key = "codes", limit = 5, set = "vars.unit" }, reply = "unit ${vars.unit}" }`, fn(`fan.vars.unit = kv.take("codes", 5); fan:reply("unit " .. (fan.vars.unit or ""))`)},
	"claim, set before":   {`{ set = { ["vars.a"] = 1 }, claim = { key = "codes" } }`, fn(`fan.vars.a = 1; kv.increment("codes")`)},
	"claim, none left":    {`{ claim = { key = "codes", limit = 1, none = "soldout" }, reply = "yours" }`, `{ run = ` + fn(`if not kv.take("codes", 1) then return "soldout" end; fan:reply("yours")`) + `, to = { "soldout" } }`},
	"variant":             {`{ variant = "price", reply = "${vars.price}" }`, fn(`fan.vars.price = fan:variant("price"); fan:reply(fan.vars.price)`)},
	"variant, undeclared": {`{ variant = { color = { red = 1, blue = 1 } } }`, fn(`fan.vars.color = fan:variant("color", { red = 1, blue = 1 })`)},
	"enroll":              {`{ enroll = { flow = "other", vars = { from = "${vars.code}" } } }`, fn(`fan:enroll("other", { vars = { from = fan.vars.code } })`)},
	"enroll, planned":     {`{ enroll = { flow = "other", vars = { from = 1 }, after = "2h", key = "e", late = "skip", expires = "1d" } }`, fn(`fan:enroll("other", { vars = { from = 1 }, after = "2h", key = "e", late = "skip", expires = "1d" })`)},
	"call":                {`{ call = { flow = "other", vars = { from = 2 } } }`, fn(`fan:call("other", { from = 2 })`)},
	"leave":               {`{ reply = "bye", leave = true }`, fn(`fan:reply("bye"); fan:leave()`)},
	"to":                  {`{ tag = "moved", to = "off" }`, going(`fan:tag("moved")`, "off")},
	"to, returned":        {`{ tag = "moved", to = "off" }`, going(`fan:tag("moved"); return "off"`, "off")},
	"to itself":           {`{ add = { ["vars.n"] = 1 }, to = "on" }`, going(`fan.vars.n = fan.vars.n + 1`, "on")},
	"to alone":            {`"off"`, going(``, "off")},
	"case": {
		`{ case = { { when = { tag = "vip" }, reply = "vip" }, { when = { tag = "base", var = { n = { min = 2 } } }, reply = "base", tag = "vip" }, { reply = "none" } } }`,
		fn(`if fan:has("vip") then fan:reply("vip") elseif fan:has("base") and fan.vars.n >= 2 then fan:tag("vip"); fan:reply("base") else fan:reply("none") end`),
	},
	"case, moving": {
		`{ case = { { when = { without = "base" }, to = "on" }, { when = { var = { code = "A1" } }, tag = "x", to = "off" } } }`,
		going(`fan:tag("x")`, "off"),
	},
	"case of functions": {
		`{ case = { { when = { tag = "base" }, run = function(fan) fan:tag("x") end, to = "off" } } }`,
		going(`fan:tag("x")`, "off"),
	},
}

// both is the flow around an action, which stands also in enter and where a timer fires.
func both(action string) string {
	result := ""
	if strings.Contains(action, "call") {
		result = `result = { ["*"] = { tag = "heard" } },`
	}
	later := action
	if strings.Contains(action, "transfer") { // which answers messages alone
		later = `"off"`
	}
	enter := action
	if strings.HasPrefix(action, `"`) { // a name alone leads nowhere from enter
		enter = `{ to = ` + action + ` }`
	}
	return `return flow { name = "test", triggers = { text = { "start" } }, first = "on", funnel = { "on", "off" },
	variants = { price = { a = 1, b = 1 } },
	states = {
		on = {
			enter = { set = { ["vars.code"] = "A1", ["vars.n"] = 2 }, tag = "base" },
			leave = { tag = "left" },
			on = { text = { go = ` + action + `, wait = "wait", hook = "hook" }, ` + result + ` },
		},
		wait = { after = { ["30m"] = ` + later + ` } },
		hook = { enter = ` + enter + `, on = { text = { back = "on", go = "off" }, ` + result + ` } },
		off = { enter = { tag = "in off" }, on = { text = { back = "on" } } },
		soldout = { final = true, enter = { tag = "too late" } },
	} }`
}

// played gives everything that a flow leaves behind: journal, fans, sends, jobs, keys, replies.
func played(t *testing.T, source string) string {
	t.Helper()
	w := newWorld(t)
	w.flow(`return flow { name = "other", triggers = {}, first = "a", again = "0s", states = {
		a = { enter = { reply = "other ${vars.from}", set = { ["vars.seen"] = true } }, after = { ["1h"] = "z" } }, z = { final = true } } }`)
	w.flow(source)
	var said []string
	for _, fan := range []string{"one", "two"} {
		for _, text := range []string{"start", "go", "go", "hook", "back", "hook", "back", "wait", "start", "go"} {
			said = append(said, w.text(fan, text))
		}
	}
	w.advance(90 * time.Minute)
	said = append(said, w.text("one", "go"), w.text("one", "back"), w.text("one", "go"))
	w.advance(3 * day)
	if !strings.Contains(source, "function(") {
		for _, o := range w.seen {
			if o.Lua > 0 {
				t.Errorf("plain data started Lua for %s", o.Event)
			}
		}
	}
	var out strings.Builder
	show := func(what string, v any) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %s\n", what, raw)
	}
	for _, fan := range []string{"one", "two"} {
		for _, r := range w.journal(fan) {
			if r.Kind != store.Decided {
				show(fan, r)
			}
		}
		show("fan", w.fan(fan))
	}
	show("said", said)
	show("sent", w.sent)
	sends, _, err := w.store.Sends(t.Context(), account, store.SendFilter{}, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	show("sends", sends)
	kv, err := w.store.KV(t.Context(), account, "codes")
	if err != nil {
		t.Fatal(err)
	}
	show("codes", kv)
	return out.String()
}

// TestDataAndFunctionsAreOne. "Enter, leave and what on maps to may be plain data instead of a function."
func TestDataAndFunctionsAreOne(t *testing.T) {
	for name, p := range pairs {
		t.Run(name, func(t *testing.T) {
			data := played(t, both(p.data))
			function := played(t, both(p.function))
			if strings.Contains(data, `"kind":"failed"`) {
				t.Errorf("it failed:\n%s", lines(data, `"kind":"failed"`))
			}
			if data != function {
				t.Errorf("they differ:\n%s", firstDifference(data, function))
			}
		})
	}
}

func lines(text, with string) string {
	var out []string
	for l := range strings.Lines(text) {
		if strings.Contains(l, with) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			other := ""
			if i < len(y) {
				other = y[i]
			}
			return "data     " + x[i] + "\nfunction " + other
		}
	}
	return "function has more: " + y[len(x)]
}
