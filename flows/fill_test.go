package flows_test

import (
	"encoding/json"
	"testing"

	"fanflow/flows"
	"fanflow/store"
)

// TestPlacesInTables: plain data says what a webhook brings, however deep it lies, and asks for it, without a function.
func TestPlacesInTables(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = { on = { on = { webhook = { ["order.paid"] = { case = {
		{ when = { event = { ["data.amount"] = { min = 100 } } },
		  set = { no = "${event.data.no}", ["vars.first"] = "${event.data.items.1.name}", ["vars.none"] = "<${event.data.items.3.name}${event.data.no.x}${event.data}>", ["vars.all"] = "${event.data.items.2.name}" },
		  template = { name = "COUPON_EXPIRING", data = { thing1 = "${vars.first}" }, url = "https://a.example/${event.data.no}" }, tag = "big" },
		{ when = { event = { ["data.amount"] = true } }, tag = "small" },
	} } } } } } }`)
	w.text("fan", "start")
	hook := func(key, data string) {
		t.Helper()
		if _, err := w.engine.Hook(t.Context(), account, flows.Hook{Event: "order.paid", OpenID: "fan", Key: key, Data: json.RawMessage(data)}); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	hook("1", `{"amount": 12.5}`)
	f := w.fan("fan")
	expect(t, "small", f.Has("small") && !f.Has("big"), true)
	hook("2", `{"amount": "128", "no": 77, "items": [{"name": "鞋"}, {"name": "袜"}]}`)
	f = w.fan("fan")
	expect(t, "big", f.Has("big"), true)
	expect(t, "number", string(f.Attrs["no"]), `"77"`)
	vars := f.Enrolled("test").Vars
	expect(t, "first of a list", string(vars["first"]), `"鞋"`)
	expect(t, "second of a list", string(vars["all"]), `"袜"`)
	expect(t, "what is not there", string(vars["none"]), `"<>"`)
	expect(t, "failed", len(w.rows("fan", store.Failed)), 0)
}
