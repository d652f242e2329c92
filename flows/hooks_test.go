package flows_test

import (
	"testing"

	"fanflow/store"
)

func (w *world) plugin(name, source string) {
	w.t.Helper()
	w.publish(store.KindPlugin, name+".lua", source)
}

const echo = `return flow { name = "echo", again = true, first = "a", triggers = { text = { "*" }, webhook = { "*" } }, states = {
  a = { final = true, enter = function(fan, event) fan:reply("echo " .. (event.text or event.data.n)) end } } }`

// Hooks run by order, then name; each sees what those before it made of the event. The journal keeps what the fan wrote.
func TestHooksOrder(t *testing.T) {
	w := newWorld(t)
	w.flow(echo)
	w.plugin("b", `return { order = 1, hooks = { on_event = { text = function(fan, event) return { event = { text = event.text .. "b" } } end } } }`)
	w.plugin("c", `return { order = 1, hooks = { on_event = { text = function(fan, event) return { event = { text = event.text .. "c" } } end } } }`)
	w.plugin("a", `return { order = 2, hooks = { on_event = { text = function(fan, event) fan:tag("seen"); return { event = { text = event.text .. "a" } } end } } }`)
	expect(t, "reply", w.text("fan", "x"), "echo xbca")
	expect(t, "heard", w.rows("fan", store.Heard)[0].Text, "x")
	expect(t, "tagged by", w.rows("fan", store.Tagged)[0].Flow, "plugin:a")
}
