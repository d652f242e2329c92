package flows_test

import (
	"strings"
	"testing"

	"fanflow/store"
)

// TestLongWordsAreCounted: the key of a trigger, and the scene of a code, may be longer than what a store can count by.
func TestLongWordsAreCounted(t *testing.T) {
	w := newWorld(t)
	word := strings.Repeat("长", 300)
	w.flow(`return flow { name = "long", triggers = { text = "` + word + `", scan = "*" }, again = "0s", first = "a", states = {
		a = { on = { text = { go = "z" } } }, z = { final = true } } }`)
	w.text("ann", word)
	w.scan("ben", word)
	for _, fan := range []string{"ann", "ben"} {
		expect(t, fan, w.state(fan, "long"), "a")
	}
	f := w.fan("ann")
	if n := f.Enrolled("long").Trigger; len(n) > store.MaxName || !strings.HasPrefix(n, "text 长") {
		t.Errorf("trigger: %s", n)
	}
}
