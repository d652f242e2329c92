package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/store"
)

// TestCases: the first case whose conditions hold is carried out, and no other.
func TestCases(t *testing.T) {
	for when, want := range map[string]bool{
		`tag = "vip"`:                                   true,
		`tag = { "vip", "new" }`:                        true,
		`tag = { "vip", "old" }`:                        false,
		`without = "old"`:                               true,
		`without = { "old", "vip" }`:                    false,
		`attr = { city = "上海" }`:                        true,
		`attr = { city = "北京" }`:                        false,
		`attr = { city = { "北京", "上海" } }`:              true,
		`attr = { city = true }`:                        true,
		`attr = { town = true }`:                        false,
		`attr = { town = false }`:                       true,
		`attr = { town = "" }`:                          false,
		`attr = { member = true }`:                      true,
		`attr = { member = false }`:                     false,
		`attr = { banned = false }`:                     true,
		`attr = { banned = true }`:                      false,
		`var = { n = 3 }`:                               true,
		`var = { n = "3" }`:                             true,
		`var = { n = 4 }`:                               false,
		`var = { typed = 12.5 }`:                        true,
		`var = { typed = { min = 12, max = 12.5 } }`:    true,
		`var = { n = { min = 3 } }`:                     true,
		`var = { n = { min = 3.5 } }`:                   false,
		`var = { n = { max = 2 } }`:                     false,
		`var = { n = { 1, { min = 3, max = 3 } } }`:     true,
		`var = { none = { max = 2 } }`:                  false,
		`var = { list = "x" }`:                          false,
		`variant = { price = { "a", "b" } }`:            true,
		`event = { text = "x" }`:                        true,
		`event = { text = { "y", "z" } }`:               false,
		`event = { ["data.amount"] = { min = 0 } }`:     false,
		`variant = { price = "c" }`:                     false,
		`variant = { other = true }`:                    false,
		`tag = "vip", attr = { city = "上海" }`:           true,
		`tag = "old", attr = { city = "上海" }`:           false,
		`attr = { city = "上海", member = false }`:        false,
		`attr = { city = "上海" }, var = { n = 3 }`:       true,
		`without = "vip", var = { n = 3 }, tag = "vip"`: false,
	} {
		t.Run(when, func(t *testing.T) {
			w := newWorld(t)
			w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", variants = { price = { a = 1, b = 1 } }, states = {
				on = {
					enter = { tag = { "vip", "new" }, set = { city = "上海", member = true, banned = false, ["vars.n"] = 3, ["vars.typed"] = "12.5", ["vars.list"] = { "x" } } },
					on = { text = { ["*"] = { case = { { when = { tag = "nobody" }, reply = "nobody" }, { when = { ` + when + ` }, reply = "yes" }, { reply = "no" } } } } },
				} } }`)
			w.text("fan", "start")
			expect(t, "holds", w.text("fan", "x") == "yes", want)
			expect(t, "Lua", w.last().Lua, 0)
			expect(t, "failed", len(w.rows("fan", store.Failed)), 0)
		})
	}
}

// TestNoCaseHolds: then nothing happens, in a hook as on an event.
func TestNoCaseHolds(t *testing.T) {
	w := newWorld(t)
	none := `{ case = { { when = { tag = "nobody" }, tag = "x", to = "off" } } }`
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
		on = { enter = ` + none + `, leave = { case = { { when = { tag = "nobody" }, tag = "x" } } }, on = { text = { ["*"] = ` + none + `, go = "off" } } },
		off = { final = true } } }`)
	w.text("fan", "start")
	expect(t, "reply", w.text("fan", "x"), "")
	expect(t, "state", w.state("fan", "test"), "on")
	w.text("fan", "go")
	expect(t, "state", w.state("fan", "test"), "")
	expect(t, "tags", len(w.fan("fan").Tags), 0)
}

// TestCasesInCases are looked at one inside of the other; the graph knows where they lead.
func TestCasesInCases(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", states = {
		on = { on = { text = { ["*"] = { case = {
			{ when = { tag = "a" }, case = { { when = { tag = "b" }, to = "ab" }, { to = "a" } } },
			{ tag = "a", add = { ["vars.n"] = 1 } } } } } } },
		a = { on = { text = { b = { tag = "b", to = "on" } } } },
		ab = { final = true } } }`)
	w.text("fan", "start")
	w.text("fan", "1")
	w.text("fan", "2")
	expect(t, "state", w.state("fan", "test"), "a")
	w.text("fan", "b")
	w.text("fan", "3")
	left := w.rows("fan", store.Left)
	expect(t, "left", fmt.Sprint(len(left), left[0].State), "1ab")
	f, err := w.engine.Flow(t.Context(), account, "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "edges", fmt.Sprint(f.States[0].Edges), "[{text * ab} {text * a}]")
}

// TestVerbsThatCannotBe are told with their place before anything runs.
func TestVerbsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	for action, want := range map[string]string{
		`{ case = {} }`: "states.s.enter.case: must be a list of cases",
		`{ case = { { reply = "x" }, { reply = "y" } } }`:                               "states.s.enter.case.2: is never come to",
		`{ case = { { when = { tga = "x" } } } }`:                                       `states.s.enter.case.1.when: unknown field "tga"; did you mean "tag"?`,
		`{ case = { { when = { var = { n = { mni = 1 } } } } } }`:                       `var.n: unknown field "mni"; did you mean "min"?`,
		`{ case = { { when = { var = { n = {} } } } } }`:                                "var.n:",
		`{ case = { { when = { attr = "x" } } } }`:                                      "attr is a table of names and values",
		`{ case = { { when = true } } }`:                                                "when is a table",
		`{ case = { { when = { tag = "a" }, repyl = "x" } } }`:                          `unknown field "states.s.enter.case.1.repyl"; did you mean "reply"?`,
		`{ case = { { when = { tag = "a" }, to = "nowhere" } } }`:                       `there is no state "nowhere"`,
		`{ case = { { reply = "x" } }, tag = "y" }`:                                     `tag cannot stand beside case`,
		`{ claim = "codes" }`:                                                           "claim is a table such as",
		`{ claim = { limit = 3 } }`:                                                     "claim needs a key",
		`{ claim = { key = "k", limit = 0.5 } }`:                                        "limit is a whole number",
		`{ claim = { key = "k", none = "s" } }`:                                         "claim with none needs a limit",
		`{ claim = { key = "k", limit = 1, none = "nowhere" } }`:                        `there is no state "nowhere"`,
		`{ claim = { key = "k", limti = 1 } }`:                                          `unknown field "limti"; did you mean "limit"?`,
		`{ claim = { key = "k", set = "vars." } }`:                                      "a variable is a text of 1 to 128 bytes",
		`{ add = { n = "x" } }`:                                                         "add takes a number, not a text",
		`{ add = 3 }`:                                                                   "add is a table of attributes",
		`{ set = { ["vars."] = 1 } }`:                                                   "a variable is a text",
		`{ variant = { x = { a = 0 } } }`:                                               "one arm at least has a weight above 0",
		`{ variant = { x = { a = "b" } } }`:                                             "the weight of a is a number",
		`{ cancel = {} }`:                                                               "write a name or a list of names",
		`{ enroll = { vars = {} } }`:                                                    "enroll needs a flow",
		`{ enroll = { flow = "a", purpose = "service" } }`:                              "purpose is one of messages",
		`{ enroll = { flow = "a", when = "1h" } }`:                                      `unknown field "when"`,
		`{ enroll = { flow = "a", vars = "x" } }`:                                       "vars is a table of variables",
		`{ call = { flow = "a", at = "1h" } }`:                                          `unknown field "at"`,
		`{ call = "a", to = "s" }`:                                                      "call waits in this state",
		`{ leave = "x" }`:                                                               "leave is true",
		`{ leave = true, to = "s" }`:                                                    `leave ends the enrollment, so that it cannot go to "s"`,
		`{ message = { text = "x", late = "soon" } }`:                                   `late is "run", "skip", "next" or hours such as "09:00-21:00", not "soon"`,
		`{ message = { text = "x", key = "k+" } }`:                                      `a key must not end in "+"`,
		`{ message = { text = "x", at = "someday" } }`:                                  "at: ",
		`{ message = { text = "x", after = "1h", at = "10:00" } }`:                      "at and after exclude each other",
		`{ message = { text = "x", expirse = "1h" } }`:                                  `unknown field "expirse"`,
		`{ message = { video = {} } }`:                                                  "video needs media_id",
		`{ message = { video = { media_id = "m", titel = "x" } } }`:                     `video: unknown field "titel"; did you mean "title"?`,
		`{ message = { video = "m" } }`:                                                 "video is a table of media_id",
		`{ message = { music = { musicurl = 1, thumb_media_id = "t" } } }`:              "the fields of music are texts",
		`{ message = { msgmenu = { list = { 1 } } } }`:                                  "answer 1 of msgmenu is a text, or {id=…, content=…}",
		`{ message = { msgmenu = { list = {} } } }`:                                     "the list of msgmenu",
		`{ message = { msgmenu = { list = { { id = "1", content = "a", x = 1 } } } } }`: `answer 1 of msgmenu: unknown field "x"`,
		`{ message = { image = "m", video = { media_id = "m" } } }`:                     "unknown field",
		`{ reply = { text = "x", late = "skip" } }`:                                     "a reply goes at once",
		`{ reply = "${fan.sate}" }`:                                                     `the fan has no field "sate"; did you mean "state"?`,
		`{ template = { name = "COUPON_EXPIRING", key = "${vars.}" } }`:                 "names nothing",
		`{ run = function() end, to = "nowhere" }`:                                      `there is no state "nowhere"`,
	} {
		_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, "x.lua",
			"return flow { name = \"x\", triggers = { subscribe = true }, first = \"s\", states = {\ns = { enter = "+action+" } } }")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range findings {
			all = append(all, f.String())
		}
		if text := strings.Join(all, "\n"); !strings.Contains(text, want) || !strings.Contains(text, "x.lua:2") {
			t.Errorf("%s: %q, want %q", action, text, want)
		}
	}
}

// TestClaimsAsData lets 64 fans ask at once for ten codes, without Lua: each code goes to one fan, exactly.
func TestClaimsAsData(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "code" } }, first = "on", states = {
		on = { enter = { claim = { key = "codes", limit = 10, set = "vars.unit", none = "soldout" }, reply = "code ${vars.unit}" } },
		soldout = { final = true, enter = { reply = "sold out" } } } }`)
	const fans = 64
	replies := make(chan string)
	for i := range fans {
		p := w.push(fmt.Sprint("fan-", i), "text", "", "", textBody("code"))
		go func() {
			r, err := w.engine.Receive(t.Context(), account, p)
			if err != nil {
				t.Error(err)
			}
			replies <- r.Content
		}()
	}
	said := map[string]int{}
	for range fans {
		said[<-replies]++
	}
	for n := 1; n <= 10; n++ {
		expect(t, fmt.Sprint("code ", n), said[fmt.Sprint("code ", n)], 1)
	}
	expect(t, "sold out", said["sold out"], 54)
	for _, o := range w.seen {
		expect(t, "Lua", o.Lua, 0)
	}
	kv, err := w.store.KV(t.Context(), account, "codes")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "pool", fmt.Sprint(string(kv.Value), kv.Free), "10[]")
}

// TestAddToWhatIsNoNumber is a failure of the script that says which.
func TestAddToWhatIsNoNumber(t *testing.T) {
	for action, why := range map[string]string{
		`{ add = { city = 1 } }`:                "add to city: it is a text, not a number",
		`{ add = { points = "${event.text}" }}`: `add to points: "${event.text}" is no number for this fan`,
	} {
		w := newWorld(t)
		w.flow(keyedFlow(`["*"] = ` + action + `, ok = { add = { points = "${attrs.by}", ["vars.n"] = -1.5 } }, begin = { set = { city = "x", by = "2" } }`))
		w.text("fan", "start")
		w.text("fan", "begin")
		w.text("fan", "ok")
		w.text("fan", "ok")
		f := w.fan("fan")
		expect(t, "points", string(f.Attrs["points"])+string(f.Enrolled("test").Vars["n"]), "4-3")
		expect(t, "apology", w.text("fan", "x"), apology)
		failed := w.rows("fan", store.Failed)
		if len(failed) != 1 || !strings.Contains(failed[0].Why, why) || !strings.Contains(failed[0].Why, "test.lua:") {
			t.Errorf("failed %+v, want %q", failed, why)
		}
	}
}

// TestTheProfile: what is known of the fan can be read, and whether they want campaigns can be noted.
func TestTheProfile(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { subscribe = true }, first = "on", variants = { price = { a = 1 } }, states = {
		on = { on = { text = {
			out = { run = function(fan) fan:opt_out(); fan:opt_out(); fan:reply(tostring(fan.opted_out)) end },
			["in"] = { run = function(fan) fan:opt_in(); fan:reply(tostring(fan.opted_out)) end },
			["*"] = { run = function(fan, event)
				local out = {}
				for _, name in ipairs { "openid", "scene", "state", "subscribed", "subscribed_at", "entered_at", "first_seen", "last_seen", "unionid", "remark" } do
					out[#out + 1] = tostring(fan[name])
				end
				fan:reply(table.concat(out, " ") .. " " .. fan.variants.price .. " " .. tostring(fan.variants.none))
			end } } } } } }`)
	w.subscribe("fan", "store-1")
	at := w.clock().Unix()
	w.set(w.clock().Add(day))
	expect(t, "profile", w.text("fan", "x"), fmt.Sprintf("fan store-1 on true %d %d %d %d nil nil a nil", at, at, at, at+86400))
	expect(t, "out", w.text("fan", "out"), "true")
	expect(t, "opted out", w.fan("fan").OptOut, true)
	expect(t, "why", w.rows("fan", store.OptedOut)[0].Why, "text out")
	expect(t, "in", w.text("fan", "in"), "false")
	expect(t, "rows", len(w.rows("fan", store.OptedOut))+len(w.rows("fan", store.OptedIn)), 2)
}
