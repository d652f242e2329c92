package flows_test

import (
	"testing"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// hello is a flow of plain data.
const hello = `
return flow {
  name = "hello", title = "Hello",
  triggers = { subscribe = true, scan = { "store-*" }, text = { "hi" } },
  again = "1h",
  first = "greet",
  states = {
    greet = {
      enter = { reply = "Welcome ${attrs.name}", tag = "new", set = { ["vars.step"] = "one", city = "Shanghai" } },
      on = {
        text = {
          ["1"] = "done",
          ["#"] = { reply = "a number" },
          ["ask*"] = { reply = "you ask ${event.text} from ${attrs.city} at ${vars.step}" },
          ["*"] = { reply = "1, please" },
        },
        image = { reply = "nice", goal = "pictured" },
      },
      after = { ["1d"] = "late" },
      leave = { untag = "new" },
    },
    late = { enter = { send = "still there?" }, on = { text = { ["1"] = "done" } }, after = { ["2d"] = "gone" } },
    done = { final = true, goal = "finished", enter = { reply = { news = { { title = "Done", url = "https://a.example" } } } } },
    gone = { final = true },
  },
}`

func TestPlainDataStartsNoLua(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	expect(t, "welcome", w.subscribe("fan", ""), "Welcome ")
	expect(t, "state", w.state("fan", "hello"), "greet")
	expect(t, "number", w.text("fan", "42"), "a number")
	expect(t, "full-width, spaces", w.text("fan", " ASK ME "), "you ask  ASK ME  from Shanghai at one")
	expect(t, "else", w.text("fan", "what"), "1, please")
	w.advance(25 * time.Hour)
	expect(t, "state", w.state("fan", "hello"), "late")
	r := w.receive(w.push("fan", "text", "", "", &wechat.Text{Content: "1"}))
	expect(t, "article", r.Articles[0].Title, "Done")
	for _, o := range w.seen {
		expect(t, "Lua states for "+o.Event, o.Lua, 0)
	}
	f := w.fan("fan")
	expect(t, "tagged", f.Has("new"), false)
	expect(t, "live", len(f.Live), 0)
	if got := w.said(); len(got) != 1 || got[0] != "still there?" {
		t.Errorf("sends: %q", got)
	}
}

func TestRepeatIsAnsweredFromItsReceipt(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	p := w.push("fan", "text", "", "", &wechat.Text{Content: "hi"})
	first := w.receive(p)
	rows := len(w.journal("fan"))
	expect(t, "repeat", w.receive(p).Content, first.Content)
	expect(t, "outcome", w.last().Outcome, "repeat")
	expect(t, "rows", len(w.journal("fan")), rows)
}

func TestSamePushAtOnce(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	p := w.push("fan", "text", "", "", &wechat.Text{Content: "hi"})
	replies := make(chan string)
	for range 8 {
		go func() {
			r, err := w.engine.Receive(t.Context(), account, p)
			if err != nil {
				t.Error(err)
			}
			replies <- r.Content
		}()
	}
	for range 8 {
		expect(t, "reply", <-replies, "Welcome ")
	}
	expect(t, "enrolled", len(w.rows("fan", store.Enrolled)), 1)
}

func TestWindows(t *testing.T) {
	w := newWorld(t)
	w.subscribe("fan", "store-1")
	w.text("fan", "x")
	w.click("fan", "KEY")
	w.scan("fan", "7")
	want := map[string]struct {
		left int
		open time.Duration
	}{"message": {5, 48 * time.Hour}, "menu": {3, time.Minute}, "subscribe": {3, time.Minute}, "scan": {3, time.Minute}}
	f := w.fan("fan")
	expect(t, "windows", len(f.Windows), len(want))
	for _, win := range f.Windows {
		expect(t, win.Trigger+" left", win.Left, want[win.Trigger].left)
		expect(t, win.Trigger+" open", win.Until.Sub(win.Opened), want[win.Trigger].open)
	}
	expect(t, "subscribed", f.Subscribed, true)
	expect(t, "scene", f.Scene, "store-1")
	w.unsubscribe("fan")
	expect(t, "subscribed", w.fan("fan").Subscribed, false)
}

func TestPushesOfTheAccountMakeNoFan(t *testing.T) {
	w := newWorld(t)
	for _, event := range []string{"MASSSENDJOBFINISH", "annual_renew", "user_info_modified", "something_new"} {
		r := w.receive(w.push("helper", "event", event, "", &wechat.Generic{}))
		expect(t, event, r.IsZero(), true)
	}
	expect(t, "handed on", len(w.extra), 4)
	expect(t, "fan", w.fan("helper").Rev, 0)
}

func TestReportsOfPositionLeaveNoTraceWhereNobodyListens(t *testing.T) {
	w := newWorld(t)
	w.text("fan", "x")
	rows := len(w.journal("fan"))
	w.receive(w.push("fan", "event", "LOCATION", "", &wechat.LocationReport{Latitude: 31}))
	expect(t, "rows", len(w.journal("fan")), rows)
}
