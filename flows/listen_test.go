package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/store"
)

// TestListen: "A flow may listen without taking."
func TestListen(t *testing.T) {
	const (
		taker = `return flow { name = "taker", triggers = { text = "start" }, first = "s", states = { s = { on = { text = { x = { reply = "taken" } } } } } }`
		ear   = `return flow { name = %q, priority = %d, triggers = { text = "start" }, first = "s", %s states = { s = { %s }, t = {}, e = { final = true } } }`
	)
	for name, c := range map[string]struct {
		ears []string
		say  string
		want string // reply | messages | tags | states of a, b
	}{
		"in a state":         {[]string{fmt.Sprintf(ear, "a", 0, "", `listen = { text = { x = { tag = "heard" } } }`)}, "x", "taken||heard|s"},
		"at the flow":        {[]string{fmt.Sprintf(ear, "a", 0, `listen = { text = { x = { tag = "heard" } } },`, "")}, "x", "taken||heard|s"},
		"any word":           {[]string{fmt.Sprintf(ear, "a", 0, `listen = { text = { tag = "heard" } },`, "")}, "y", "||heard|s"},
		"the state first":    {[]string{fmt.Sprintf(ear, "a", 0, `listen = { text = { x = { tag = "flow" } } },`, `listen = { text = { tag = "state" } }`)}, "x", "taken||state|s"},
		"it moves":           {[]string{fmt.Sprintf(ear, "a", 0, "", `listen = { text = { x = "t" } }`)}, "x", "taken|||t"},
		"it ends":            {[]string{fmt.Sprintf(ear, "a", 0, "", `listen = { text = { x = "e" } }`)}, "x", "taken|||"},
		"it speaks after":    {[]string{fmt.Sprintf(ear, "a", 9, "", `listen = { text = { x = { reply = "me too" } } }`)}, "x", "taken|me too||s"},
		"it may answer":      {[]string{fmt.Sprintf(ear, "a", 0, "", `listen = { text = { y = { reply = "free" } } }`)}, "y", "free|||s"},
		"the account's word": {[]string{fmt.Sprintf(ear, "a", 0, "", `listen = { text = { ["退订"] = { tag = "sad" } } }`)}, "退订", "已退订，今后不再向您发送活动消息。回复“恢复订阅”可重新接收。||sad|s"},
		"priority, then entry": {[]string{
			fmt.Sprintf(ear, "a", 1, "", `listen = { text = { x = { message = "a" } } }`),
			fmt.Sprintf(ear, "b", 2, "", `listen = { text = { x = { message = "b" } } }`),
		}, "x", "taken|b, a||ss"},
		"each a part of its own": {[]string{
			fmt.Sprintf(ear, "a", 2, "", `listen = { text = { x = { run = function(fan) fan:tag("half") error("oops") end } } }`),
			fmt.Sprintf(ear, "b", 1, "", `listen = { text = { x = { tag = "whole" } } }`),
		}, "x", "taken||whole|ss"},
		"who takes does not hear it too": {[]string{
			fmt.Sprintf(ear, "a", 2, `listen = { text = { x = { tag = "heard" } } },`, `on = { text = { x = { reply = "a took it" } } }`),
		}, "x", "a took it|||s"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(taker)
			for _, e := range c.ears {
				w.flow(e)
			}
			for range len(c.ears) + 1 {
				w.text("fan", "start")
			}
			reply := w.text("fan", c.say)
			w.settle()
			f := w.fan("fan")
			got := strings.Join([]string{
				reply, strings.Join(w.said(), ", "), strings.Join(f.Tags, " "), w.state("fan", "a") + w.state("fan", "b"),
			}, "|")
			expect(t, "what came of it", got, c.want)
		})
	}
}

// TestListenIsNotIgnored: what a flow heard and acted on is not noted as ignored, though nobody took it.
func TestListenIsNotIgnored(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", triggers = { text = "in" }, first = "s", listen = { text = { x = { tag = "heard" } } }, states = { s = {} } }`)
	w.text("fan", "in")
	w.text("fan", "x")
	expect(t, "ignored", len(w.rows("fan", store.Ignored)), 0)
	w.text("fan", "y")
	expect(t, "ignored", len(w.rows("fan", store.Ignored)), 1)
}

// TestAPausedFlowHearsNothing: neither its listeners nor its triggers that listen.
func TestAPausedFlowHearsNothing(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", triggers = { text = "in" }, first = "s", listen = { text = { x = { tag = "heard" } } }, states = { s = {} } }`)
	w.flow(`return flow { name = "two", triggers = { text = "x", listen = true }, first = "s", states = { s = {} } }`)
	w.text("fan", "in")
	for _, name := range []string{"one", "two"} {
		if err := w.engine.Pause(t.Context(), account, name, "for a test"); err != nil {
			t.Fatal(err)
		}
	}
	w.text("fan", "x")
	f := w.fan("fan")
	expect(t, "heard", fmt.Sprint(f.Has("heard"), len(f.Live)), "false 1")
}

// TestTriggersThatListen: they enroll without taking, after the taker, and say why if they do not.
func TestTriggersThatListen(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "greet", triggers = { subscribe = true }, first = "s", states = { s = { enter = { reply = "hello" } } } }`)
	w.flow(`return flow { name = "count", priority = 9, triggers = { subscribe = true, listen = true }, first = "s", states = { s = { final = true, enter = { tag = "new" } } } }`)
	w.flow(`return flow { name = "stores", triggers = { scan = { "store-*" }, listen = true }, first = "s", states = { s = { enter = { set = { store = "${event.1}" } } } } }`)
	expect(t, "reply", w.subscribe("fan", "store-7"), "hello")
	f := w.fan("fan")
	expect(t, "both", fmt.Sprint(f.Has("new"), " ", string(f.Attrs["store"])), `true "7"`)
	expect(t, "who took it", w.last().Flow, "greet")
	w.unsubscribe("fan")
	w.subscribe("fan", "")
	expect(t, "refused", w.refusals("fan"), "count subscribe: again: the fan was in it once, and that is all")
	w.subscribe("alone", "")
	expect(t, "two", fmt.Sprint(len(w.rows("alone", store.Enrolled))), "2")
}
