package flows_test

import (
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

func version(enter, states string) string {
	return `return flow { name = "v", triggers = { text = { "in" } }, again = "0s", first = "a", states = {
	a = { enter = { reply = "` + enter + `" }, on = { text = { ["?"] = { reply = "` + enter + ` answers" }, go = "z" } }, ` + states + `, z = { final = true } } }`
}

func TestFansMoveToTheNewVersion(t *testing.T) {
	w := newWorld(t)
	w.flow(version("one", `after = { ["1d"] = { message = "one day" }, ["3d"] = { message = "three days" } } }`))
	w.text("fan", "in")
	w.advance(time.Hour)
	w.flow(version("two", `after = { ["2d"] = { message = "two days" }, ["3d"] = { message = "three days, new" } } }`))
	expect(t, "moved", w.text("fan", "?"), "two answers")
	if rows := w.rows("fan", store.Versioned); len(rows) != 1 || rows[0].Version != 2 {
		t.Errorf("versioned: %+v", rows)
	}
	w.advance(5 * day)
	expect(t, "said", strings.Join(w.said(), ", "), "two days, three days, new")
	expect(t, "taken back", len(w.rows("fan", store.Disarmed)), 1)
}

func TestFansStayOnAVersionThatHasTheirState(t *testing.T) {
	w := newWorld(t)
	w.flow(version("one", `after = { ["1d"] = "b" } }, b = { on = { text = { ["?"] = { reply = "b of one" } } } }`))
	w.text("fan", "in")
	w.advance(day + time.Minute)
	expect(t, "state", w.state("fan", "v"), "b")
	w.flow(version("two", `}`))
	expect(t, "stays", w.text("fan", "?"), "b of one")
	expect(t, "new ones", w.text("new", "in"), "two")
	if _, err := w.engine.Publish(t.Context(), store.ScriptID{Account: account, Kind: store.KindFlow, Name: "v"}, 1, "test"); err != nil {
		t.Fatal(err)
	}
	expect(t, "rolled back", w.text("new", "?"), "one answers")
}

func TestTimersEndWithTheirWait(t *testing.T) {
	w := newWorld(t)
	w.flow(version("one", `after = { ["1d"] = { tag = "fired" } } }`))
	w.text("fan", "in")
	w.text("fan", "go")
	w.text("fan", "in") // the same state, another wait
	w.advance(day - time.Minute)
	w.text("fan", "go")
	w.advance(day)
	f := w.fan("fan")
	expect(t, "tagged", f.Has("fired"), false)
	expect(t, "stale", len(w.rows("fan", store.Stale)), 0)
	expect(t, "fired", len(w.rows("fan", store.Fired)), 0)
	if next, err := w.store.NextDue(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("a job is left: %v %v", next, err)
	}
}

func TestPluginsArePinned(t *testing.T) {
	w := newWorld(t)
	plugin := func(word string) string {
		return `return { name = "words", hello = function() return "` + word + `" end }`
	}
	flow := `local words = require "words"
return flow { name = "p", triggers = { text = { "in" } }, first = "a", states = { a = { on = { text = { ["*"] = { run = function(fan) fan:reply(words.hello()) end } } } } } }`
	w.publish(store.KindPlugin, "words.lua", plugin("one"))
	w.flow(flow)
	w.text("fan", "in")
	w.publish(store.KindPlugin, "words.lua", plugin("two"))
	expect(t, "pinned", w.text("fan", "x"), "one")
	if _, err := w.engine.Publish(t.Context(), store.ScriptID{Account: account, Kind: store.KindFlow, Name: "p"}, 0, "test"); err != nil {
		t.Fatal(err)
	}
	expect(t, "published again", w.text("fan", "x"), "two")
}

func TestErasedFansAndLateTimers(t *testing.T) {
	w := newWorld(t)
	w.flow(version("one", `after = { ["1d"] = { tag = "fired" } } }`))
	w.text("fan", "in")
	f := w.fan("fan")
	_, err := w.store.Commit(t.Context(), store.Change{
		Fan: f.ID, Base: f.Rev, Cause: "erase", At: w.clock(), Entries: []store.Entry{{Kind: store.Erased}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.advance(2 * day)
	f = w.fan("fan")
	expect(t, "erased", f.Erased, true)
	if next, err := w.store.NextDue(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("a job is left: %v %v", next, err)
	}
}
