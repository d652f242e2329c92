package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/wechat"
)

// TestCircles: of the circles that hold a place the smallest takes it, with the distance; "*" takes what is outside.
func TestCircles(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "shops", triggers = { text = "in" }, first = "here", states = { here = { on = { location = {
	["31.2235,121.4457 30km"] = { reply = "in town, ${event.distance} m" },
	["31.2235,121.4457 500m"] = { run = function(fan, event) fan:reply("near, " .. event.distance .. " m at " .. event.label) end },
	["-33.86,151.21 1km"] = { reply = "far away" },
	["*"] = { reply = "nowhere${event.distance}" },
	} } } } }`)
	w.text("fan", "in")
	for _, c := range []struct {
		lat, lon float64
		want     string
	}{
		{31.2235, 121.4457, "near, 0 m at here"},
		{31.2275, 121.4457, "near, 445 m at here"},
		{31.2290, 121.4457, "in town, 612 m"},
		{31.2304, 121.4737, "in town, 2771 m"},
		{-33.861, 151.21, "far away"},
		{39.9, 116.4, "nowhere"},
	} {
		expect(t, fmt.Sprint(c.lat, ",", c.lon), w.place("fan", c.lat, c.lon), c.want)
	}
}

// TestAPlaceThatWasAskedFor: a state that takes any place is specific, so a trigger's circle does not take the answer from it;
// a "*" beside circles is a wildcard. A trigger's circle comes before another's "any place".
func TestAPlaceThatWasAskedFor(t *testing.T) {
	shop := listener("shop", 0, `{ location = { "31.2,121.4 5km" } }`, "{}")
	any := listener("any", 0, `{ location = true }`, "{}")
	for name, c := range map[string]struct {
		flows []string
		want  string
	}{
		"an action for any place":        {[]string{shop, listener("ask", 0, `{ text = "in" }`, `{ location = { reply = "thanks" } }`)}, "thanks"},
		"the same under *":               {[]string{shop, listener("ask", 0, `{ text = "in" }`, `{ location = { ["*"] = { reply = "thanks" } } }`)}, "thanks"},
		"a * beside circles":             {[]string{shop, listener("ask", 0, `{ text = "in" }`, `{ location = { ["1,1 1km"] = "here", ["*"] = { reply = "thanks" } } }`)}, "shop enrolls"},
		"triggers: the circle says more": {[]string{any, shop}, "shop enrolls"},
		"triggers: any place":            {[]string{any}, "any enrolls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, f := range c.flows {
				w.flow(f)
			}
			w.text("fan", "in")
			expect(t, "reply", w.place("fan", 31.21, 121.41), c.want)
		})
	}
}

// TestReportsOfPosition have places, too: a flow may wait until the fan's phone is near.
func TestReportsOfPosition(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "near", triggers = { report = { "31.2,121.4 1km" } }, first = "a", states = { a = { enter = { message = "hello, ${event.distance} m" } } } }`)
	w.text("fan", "x")
	for _, lat := range []float64{31.3, 31.201, 31.2} {
		w.receive(w.push("fan", "event", "LOCATION", "", &wechat.LocationReport{Latitude: lat, Longitude: 121.4}))
	}
	w.settle()
	expect(t, "said", strings.Join(w.said(), ","), "hello, 111 m")
}
