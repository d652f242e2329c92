package flows_test

import (
	"encoding/json"
	"strings"
	"testing"

	"fanflow/store"
)

// tried gives what the fan's last decision tried: "flow rule: what became of it".
func (w *world) tried(openID string) string {
	w.t.Helper()
	rows := w.rows(openID, store.Decided)
	if len(rows) == 0 {
		w.t.Fatal("no decision is in the journal")
	}
	var trace struct {
		Tried []struct{ Flow, Rule, Said string } `json:"tried"`
	}
	if err := json.Unmarshal(rows[len(rows)-1].Value, &trace); err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, v := range trace.Tried {
		out = append(out, v.Flow+" "+v.Rule+": "+v.Said)
	}
	return strings.Join(out, "\n")
}

// TestWhatWasTried: "Every step is in the journal with its reason": who could have taken an event, in order, and why they did
// not. "The specific beats the wildcard, and the conversation beats the world."
func TestWhatWasTried(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "star", priority = 5, triggers = { text = "star" }, first = "s", states = { s = { on = { text = { ["*"] = { reply = "star" } } } } } }`)
	w.flow(`return flow { name = "child", triggers = {}, first = "s", states = { s = {} } }`)
	w.flow(`return flow { name = "asleep", triggers = { text = "asleep" }, first = "s", states = { s = { enter = { call = "child" }, on = { text = { word = "s" }, result = "s" } } } }`)
	w.flow(`return flow { name = "held", triggers = { text = "held" }, first = "s", states = { s = { on = { text = { word = "s" } } } } }`)
	w.flow(`return flow { name = "gone", priority = 2, triggers = { text = { "gone", "word" } }, first = "s", states = { s = { final = true } } }`)
	w.flow(`return flow { name = "taker", priority = 1, triggers = { text = "word" }, first = "s", states = { s = {} } }`)
	w.flow(`return flow { name = "later", triggers = { text = "w*" }, first = "s", states = { s = {} } }`)
	w.flow(`return flow { name = "ear", triggers = { text = "ear" }, first = "s", listen = { text = { word = { tag = "heard" } } }, exit = { tag = "heard" }, states = { s = {} } }`)
	for _, s := range []string{"gone", "asleep", "held", "ear", "star"} {
		w.text("fan", s)
	}
	if err := w.engine.Pause(t.Context(), account, "held", "for a test"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.text("fan", "word")
	expect(t, "tried", w.tried("fan"), strings.Join([]string{
		"asleep text word: asleep: it waits for flow child",
		"held text word: paused",
		"gone text word: refused: again: the fan was in it once, and that is all",
		"taker text word: took",
		"later text w*: later: taker took it",
		"star text *: later: taker took it",
		"ear text word: listened",
		"ear exit: tag heard: left",
	}, "\n"))
	w.text("fan", "nobody's")
	expect(t, "tried", w.tried("fan"), "star text *: took")
}
