package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// listener makes a flow that stays in one state and says its name and the rule that took the text.
func listener(name string, priority int, triggers, on string) string {
	return fmt.Sprintf(`return flow { name = %q, priority = %d, triggers = %s, again = "0s", first = "here",
	states = { here = { enter = { reply = "%s enrolls" }, on = %s } } }`, name, priority, triggers, name, on)
}

func TestWhoTakesAnEvent(t *testing.T) {
	text := func(keys ...string) string {
		var b strings.Builder
		for _, k := range keys {
			fmt.Fprintf(&b, "[%q] = { reply = 'rule %s' },", k, k)
		}
		return "{ text = {" + b.String() + "} }"
	}
	for name, c := range map[string]struct {
		flows []string
		enter []string // texts that put the fan where the test begins
		text  string
		want  string
	}{
		"exact before list, number, pattern, anything": {
			[]string{listener("a", 0, `{ text = "in" }`, text("*", "1*", "#", "1|one", "1"))}, []string{"in"}, "1", "rule 1",
		},
		"list before number":     {[]string{listener("a", 0, `{ text = "in" }`, text("*", "1*", "#", "1|one"))}, []string{"in"}, "1", "rule 1|one"},
		"number before pattern":  {[]string{listener("a", 0, `{ text = "in" }`, text("*", "1*", "#"))}, []string{"in"}, "1", "rule #"},
		"longest literal first":  {[]string{listener("a", 0, `{ text = "in" }`, text("*", "1*", "1*3", "12*"))}, []string{"in"}, "123", "rule 1*3"},
		"pattern before nothing": {[]string{listener("a", 0, `{ text = "in" }`, text("*", "1*"))}, []string{"in"}, "1x", "rule 1*"},
		"an enrollment's word before a trigger's": {
			[]string{listener("a", 0, `{ text = "in" }`, text("word")), listener("b", 9, `{ text = "word" }`, "{}")}, []string{"in"}, "word", "rule word",
		},
		"a trigger's word before an enrollment's anything": {
			[]string{listener("a", 9, `{ text = "in" }`, text("*")), listener("b", 0, `{ text = "word" }`, "{}")}, []string{"in"}, "word", "b enrolls",
		},
		"an enrollment's anything before a trigger's": {
			[]string{listener("a", 0, `{ text = "in" }`, text("*")), listener("b", 9, `{ text = "*" }`, "{}")}, []string{"in"}, "word", "rule *",
		},
		"a trigger's anything before the fallback": {
			[]string{listener("b", 0, `{ text = "*" }`, "{}"), listener("fallback", 0, "{}", "{}")}, nil, "word", "b enrolls",
		},
		"the fallback at last": {[]string{listener("fallback", 0, "{}", "{}")}, nil, "word", "fallback enrolls"},
		"nobody":               {nil, nil, "word", ""},
		"priority of enrollments": {
			[]string{
				listener("a", 1, `{ text = "a" }`, `{ text = { word = { reply = "a takes it" } } }`),
				listener("b", 2, `{ text = "b" }`, `{ text = { word = { reply = "b takes it" } } }`),
			},
			[]string{"a", "b"},
			"word", "b takes it",
		},
		"entry of enrollments of one priority": {
			[]string{
				listener("a", 0, `{ text = "a" }`, `{ text = { word = { reply = "a takes it" } } }`),
				listener("b", 0, `{ text = "b" }`, `{ text = { word = { reply = "b takes it" } } }`),
			},
			[]string{"b", "a"},
			"word", "b takes it",
		},
		"priority of triggers": {
			[]string{listener("a", 0, `{ text = "word" }`, "{}"), listener("b", 1, `{ text = "word" }`, "{}")}, nil, "word", "b enrolls",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, f := range c.flows {
				w.flow(f)
			}
			for _, s := range c.enter {
				w.text("fan", s)
			}
			expect(t, "reply", w.text("fan", c.text), c.want)
		})
	}
}

func TestANewFollowersScan(t *testing.T) {
	w := newWorld(t)
	w.flow(listener("everybody", 0, "{ subscribe = true }", "{}"))
	w.flow(listener("store", 0, `{ scan = { "store-*" } }`, "{}"))
	expect(t, "with a code", w.subscribe("one", "store-1"), "store enrolls")
	expect(t, "with another", w.subscribe("two", "fair-1"), "everybody enrolls")
	expect(t, "without", w.subscribe("three", ""), "everybody enrolls")
	expect(t, "a follower", w.scan("three", "store-9"), "store enrolls")
}

// A new follower who scanned a code: a particular scene says more than that they came, and that more than any scene. The priority
// goes before all that, and who takes every scene is a wildcard.
func TestWhatANewFollowersTriggersSay(t *testing.T) {
	scene, came, any := listener("scene", 0, `{ scan = "s-*" }`, "{}"), listener("came", 0, "{ subscribe = true }", "{}"), listener("any", 0, `{ scan = "*" }`, "{}")
	for _, tt := range []struct {
		name, scene string
		flows       []string
		want        string
	}{
		{"the scene", "s-1", []string{any, came, scene}, "scene enrolls"},
		{"another scene", "x", []string{any, came, scene}, "came enrolls"},
		{"a scene, and nobody for whoever comes", "x", []string{any, scene}, "any enrolls"},
		{"no scene", "", []string{any, came, scene}, "came enrolls"},
		{"no scene, and only scenes are taken", "", []string{any, scene}, ""},
		{"priority before what is said", "s-1", []string{listener("first", 1, "{ subscribe = true }", "{}"), scene}, "first enrolls"},
		{"the wildcard has no priority over it", "x", []string{listener("first", 9, `{ scan = "*" }`, "{}"), came}, "came enrolls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for _, f := range tt.flows {
				w.flow(f)
			}
			expect(t, "reply", w.subscribe("fan", tt.scene), tt.want)
		})
	}
}

func TestEveryKindOfEvent(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "all", triggers = { text = "in" }, first = "here", states = { here = { on = {
	image = { reply = "image ${event.media_id}" }, voice = { reply = "voice" }, video = { reply = "video" }, link = { reply = "link ${event.url}" },
	location = { reply = "at ${event.label}" }, click = { KEY = { reply = "click" }, ["*"] = { reply = "other ${event.key}" } },
	view = { ["https://a.example/*"] = { message = "viewed" } }, scan = { ["s-*"] = { reply = "scan ${event.scene}" } },
	subscribe = { reply = "back" }, unsubscribe = { tag = "gone" }, report = { set = { place = "${event.latitude}" } },
	} } } }`)
	w.text("fan", "in")
	generic := func(fields map[string]string) wechat.Body { return &wechat.Generic{Fields: fields} }
	expect(t, "image", w.receive(w.push("fan", "image", "", "", generic(map[string]string{"MediaId": "m1"}))).Content, "image m1")
	expect(t, "voice", w.receive(w.push("fan", "voice", "", "", generic(nil))).Content, "voice")
	expect(t, "video", w.receive(w.push("fan", "shortvideo", "", "", generic(nil))).Content, "video")
	expect(t, "link", w.receive(w.push("fan", "link", "", "", generic(map[string]string{"Url": "u"}))).Content, "link u")
	expect(t, "location", w.place("fan", 1, 2), "at here")
	expect(t, "click", w.click("fan", "KEY"), "click")
	expect(t, "click", w.click("fan", "key"), "other key")
	expect(t, "scan", w.scan("fan", "s-1"), "scan s-1")
	expect(t, "view", w.receive(w.push("fan", "event", "VIEW", "https://a.example/x", generic(nil))).IsZero(), true)
	w.receive(w.push("fan", "event", "LOCATION", "", &wechat.LocationReport{Latitude: 31.5}))
	f := w.fan("fan")
	expect(t, "report", string(f.Attrs["place"]), `"31.5"`)
	w.unsubscribe("fan")
	f = w.fan("fan")
	expect(t, "unsubscribe", fmt.Sprint(f.Has("gone"), f.Subscribed), "true false")
	expect(t, "subscribe", w.subscribe("fan", ""), "back")
	w.settle()
	expect(t, "view", strings.Join(w.said(), ","), "viewed")
}

func TestFlowsTellEachOther(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "shop", triggers = { text = { "buy" } }, again = "0s", first = "bought", states = {
	bought = { final = true, enter = { tag = { "vip", "unheard" }, goal = "sale", set = { size = "L" } } } } }`)
	w.flow(`return flow { name = "club", triggers = { tag = { "vip" } }, first = "member", states = {
	member = { enter = { message = "welcome to the club", tag = "member" }, on = {
		attr = { size = { message = "size ${event.value}" } }, goal = { ["*"] = { message = "${event.name} of ${event.flow}" } } } } } }`)
	w.text("fan", "buy")
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "event"}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "events", len(jobs), 3)
	w.settle()
	expect(t, "said", strings.Join(w.said(), ", "), "welcome to the club, sale of shop") // the size came before the membership
}

func TestFlowsThatTellEachOtherInCirclesEnd(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"a", "b"} {
		w.flow(fmt.Sprintf(`return flow { name = %q, triggers = { attr = { "n" }, text = { %q } }, again = "0s", first = "s", states = {
		s = { final = true, enter = { run = function(fan) fan.attrs.n = (fan.attrs.n or 0) + 1 end } } } }`, n, n))
	}
	w.text("fan", "a")
	w.settle()
	f := w.fan("fan")
	expect(t, "turns", string(f.Attrs["n"]), "9")
}

func TestEnrollAndLeave(t *testing.T) {
	w := newWorld(t)
	w.flow(listener("other", 0, "{}", "{}"))
	w.enrolled(`if event.text == "go" then fan:enroll("other") else fan:leave() end`)
	expect(t, "the other's words", w.text("fan", "go"), "other enrolls")
	expect(t, "state", w.state("fan", "other"), "here")
	w.text("fan", "leave")
	expect(t, "state", w.state("fan", "test"), "")
	left := w.rows("fan", store.Left)
	expect(t, "why", left[0].Why, "leave at text *")
}

func TestAFailureInOneFlowLeavesTheOther(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "bad", triggers = {}, first = "s", states = { s = { enter = { run = function(fan) fan:tag("bad"); error("x") end } } } }`)
	w.enrolled(`fan:tag("good"); fan:enroll("bad")`)
	expect(t, "reply", w.text("fan", "x"), apology)
	f := w.fan("fan")
	expect(t, "tags", strings.Join(f.Tags, ","), "good")
	expect(t, "state", w.state("fan", "bad"), "")
}

func TestTransitionsInACircleFail(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "ring", triggers = { text = "in" }, first = "a", states = {
	a = { enter = { to = "b" } }, b = { enter = { to = "a" }, leave = { tag = "left b" } } } }`)
	expect(t, "reply", w.text("fan", "in"), apology)
	failed := w.rows("fan", store.Failed)
	if len(failed) != 1 || !strings.Contains(failed[0].Why, "32 transitions") {
		t.Errorf("failed: %+v", failed)
	}
	expect(t, "enrolled", len(w.rows("fan", store.Enrolled)), 0)
}

func TestPausedFlows(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	w.subscribe("fan", "")
	if err := w.engine.Pause(t.Context(), account, "hello", "being mended"); err != nil {
		t.Fatal(err)
	}
	expect(t, "takes nothing", w.text("fan", "42"), "")
	expect(t, "enrolls nobody", w.subscribe("other", ""), "")
	w.advance(30 * time.Hour)
	expect(t, "holds timers", w.state("fan", "hello"), "greet")
	if err := w.engine.Pause(t.Context(), account, "hello", ""); err != nil {
		t.Fatal(err)
	}
	w.settle()
	expect(t, "goes on", w.state("fan", "hello"), "late")
}
