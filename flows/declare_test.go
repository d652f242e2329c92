package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/store"
	"fanflow/wechat"
)

// TestAnActionWithoutKeys: what an event leads to whatever its key is may stand directly under the event, and what an event
// without a key leads to may stand under "*".
func TestAnActionWithoutKeys(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "all", triggers = { text = "in" }, first = "here", states = {
	here = { on = {
		text = { reply = "T ${event.text}" },
		click = { run = function(fan, event) fan:reply("C " .. event.key) return "there" end, to = { "there" } },
		scan = { reply = "S ${event.scene}" },
		view = { set = { viewed = "${event.url}" } },
		webhook = { tag = { "hooked" } },
		location = { ["*"] = { reply = "L" } },
	} },
	there = { on = { click = { to = "here", reply = "back" }, image = { ["*"] = "here" } } } } }`)
	w.text("fan", "in")
	expect(t, "text", w.text("fan", "x"), "T x")
	expect(t, "scan", w.scan("fan", "s"), "S s")
	expect(t, "location", w.place("fan", 1, 2), "L")
	w.receive(w.push("fan", "event", "VIEW", "https://a.example/", &wechat.Generic{}))
	f := w.fan("fan")
	expect(t, "view", string(f.Attrs["viewed"]), `"https://a.example/"`)
	expect(t, "click", w.click("fan", "K"), "C K")
	expect(t, "state", w.state("fan", "all"), "there")
	expect(t, "click", w.click("fan", "K"), "back")
	expect(t, "state", w.state("fan", "all"), "here")
	w.click("fan", "K")
	w.receive(w.push("fan", "image", "", "", &wechat.Generic{}))
	expect(t, "state", w.state("fan", "all"), "here")

	flow, err := w.engine.Flow(t.Context(), account, "all", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "edges", fmt.Sprint(flow.States[0].Edges, flow.States[1].Edges), "[{click * there}] [{click * here} {image here}]")
}

// TestSentTakesAnAction: reports of both kinds lead there.
func TestSentTakesAnAction(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "s", states = {
	s = { enter = { template = { name = "COUPON_EXPIRING", data = { thing1 = "x" } } }, on = { sent = { set = { sent = 1 } } } } } }`)
	w.text("fan", "start")
	w.settle()
	p := w.push("fan", "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: "success"})
	p.MsgID = fmt.Sprint(w.sent[0].MsgID)
	w.receive(p)
	f := w.fan("fan")
	expect(t, "sent", string(f.Attrs["sent"]), "1")
}

// TestAnActionIsAnyKey: an action without keys comes after other flows' words, as "*" does.
func TestAnActionIsAnyKey(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "a", triggers = { text = "in" }, first = "s", states = { s = { on = { text = { reply = "any" } } } } }`)
	w.flow(`return flow { name = "b", triggers = { text = "word" }, first = "s", states = { s = { enter = { reply = "b" } } } }`)
	w.text("fan", "in")
	expect(t, "another flow's word", w.text("fan", "word"), "b")
	expect(t, "anything", w.text("fan", "else"), "any")
}

// TestKeysThatCannotBe: what is wrong with the keys of on, each one finding with its line.
func TestKeysThatCannotBe(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ state, want string }{
		"an action among words": {
			`on = { text = { ["1"] = "s", reply = "x" } }`,
			`x.lua:2: states.s.on.text: fields of an action (reply) stand among the keys of text (put the action under ["*"]; for the word that a fan writes, write ["REPLY"])`,
		},
		"an action among keys": {
			`on = { click = { run = function() end, to = {}, K = "s" } }`,
			`x.lua:2: states.s.on.click: fields of an action (run, to) stand among the keys of click (put the action under ["*"])`,
		},
		"a table":            {`on = { text = { [{}] = "s" } }`, `x.lua:2: states.s.on.text: a key is a table; keys are the words a fan may write`},
		"true":               {`on = { click = { [true] = "s" } }`, `x.lua:2: states.s.on.click: a key is true; keys are compared with the menu item's key`},
		"a delay":            {`after = { [{}] = "s" }`, `x.lua:2: states.s.after: a key is a table; keys are delays such as 1d`},
		"a field":            {`enter = { [{}] = "s" }`, `x.lua:2: states.s.enter: a key is a table; the fields here are to, set, add, claim, variant, tag, untag, goal, cancel, reply, message, send, template, notice, transfer, enroll, call, leave`},
		"keys where is none": {`on = { image = { abcdef = "s" } }`, `x.lua:2: unknown field "states.s.on.image.abcdef" (the fields here are to, set, add, claim, variant, tag, untag, goal, cancel, reply, message, send, template, notice, transfer, enroll, call, leave)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, "x.lua",
				"return flow { name = \"x\", triggers = { subscribe = true }, first = \"s\", states = { s = {\n"+c.state+" } } }")
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, f := range findings {
				all = append(all, f.String())
			}
			expect(t, "findings", strings.Join(all, "\n"), c.want)
		})
	}
}
