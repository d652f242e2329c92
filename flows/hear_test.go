package flows_test

import (
	"encoding/json"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/wechat"
)

// TestWhoActsFollows: a fan whose subscribe was never seen follows all the same once they do what only followers can.
func TestWhoActsFollows(t *testing.T) {
	generic := &wechat.Generic{}
	for name, c := range map[string]struct {
		msgType, event string
		body           wechat.Body
		follows        bool
	}{
		"a message":          {"text", "", &wechat.Text{Content: "x"}, true},
		"an image":           {"image", "", generic, true},
		"a menu click":       {"event", "CLICK", &wechat.Click{Key: "k"}, true},
		"a menu link":        {"event", "VIEW", generic, true},
		"a scan":             {"event", "SCAN", &wechat.Scan{Scene: "s"}, true},
		"a position":         {"event", "LOCATION", &wechat.LocationReport{}, true},
		"consent to notices": {"event", "subscribe_msg_popup_event", generic, false},
		"an unsubscribe":     {"event", "unsubscribe", &wechat.Unsubscribe{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(listener("welcome", 0, "{ subscribe = true }", "{}"))
			p := w.push("fan", c.msgType, c.event, "", c.body)
			expect(t, "answered", w.receive(p).IsZero(), true)
			expect(t, "subscribed", w.fan("fan").Subscribed, c.follows)
			rows := w.rows("fan", store.Subscribed)
			if !c.follows {
				expect(t, "rows", len(rows), 0)
				return
			}
			expect(t, "rows", len(rows), 1)
			expect(t, "scene", rows[0].Name, "")
			expect(t, "created", rows[0].Created.Unix(), p.CreateTime)
			expect(t, "why", rows[0].Why, "the fan acts, so they follow; the subscribe event was never seen")
			w.text("fan", "again")
			expect(t, "rows after another message", len(w.rows("fan", store.Subscribed)), 1)
		})
	}
}

// TestWhoActedMayGo: the platform's time orders what was seen of the fan's coming and going.
func TestWhoActedMayGo(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		follows bool
	}{"newer": {time.Minute, false}, "older": {-time.Minute, true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.text("fan", "x")
			p := w.push("fan", "event", "unsubscribe", "", &wechat.Unsubscribe{})
			p.CreateTime = w.clock().Add(c.after).Unix()
			w.receive(p)
			expect(t, "subscribed", w.fan("fan").Subscribed, c.follows)
			w.text("fan", "still here")
			expect(t, "subscribed", w.fan("fan").Subscribed, c.follows)
		})
	}
}

// TestAHookMakesNoFollower: an event of another system says nothing about following.
func TestAHookMakesNoFollower(t *testing.T) {
	w := newWorld(t)
	_, err := w.engine.Hook(t.Context(), account, flows.Hook{Event: "order.paid", OpenID: "fan", Data: json.RawMessage("{}"), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	f := w.fan("fan")
	expect(t, "seen", f.Rev > 0, true)
	expect(t, "subscribed", f.Subscribed, false)
	expect(t, "decided", f.DecidedAt.IsZero(), true)
}

// TestASubscribeThatComesLate: one that the fan has undone since enrolls nobody and is not answered.
func TestASubscribeThatComesLate(t *testing.T) {
	w := newWorld(t)
	w.flow(listener("welcome", 0, "{ subscribe = true }", "{}"))
	w.flow(listener("store", 0, `{ scan = { "store-*" } }`, "{}"))
	w.flow(listener("fallback", 0, "{}", "{}"))
	w.unsubscribe("fan")
	p := w.push("fan", "event", "subscribe", "", &wechat.Subscribe{Scene: "store-1"})
	p.CreateTime = w.clock().Add(-time.Minute).Unix()
	expect(t, "answered", w.receive(p).IsZero(), true)
	f := w.fan("fan")
	expect(t, "subscribed", f.Subscribed, false)
	expect(t, "enrolled", len(f.Live), 0)
	expect(t, "windows", len(f.Windows), 0)
	heard := w.rows("fan", store.Heard)
	expect(t, "heard", heard[1].Name+": "+heard[1].Why, "subscribe: the fan has unsubscribed since: it came late")
	expect(t, "entries", len(w.journal("fan")), 6) // unsubscribe: heard, unsubscribed, ignored, decided; subscribe: heard, decided
	expect(t, "outcome", w.last().Outcome, "stale")
	w.set(w.clock().Add(time.Hour))
	expect(t, "a newer one", w.subscribe("fan", ""), "welcome enrolls")
}
