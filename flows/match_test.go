package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/wechat"
)

// keyed makes a flow that says which key of an event took it, and what the key captured.
func keyed(event string, keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "[%q] = { reply = %q },", k, k+" > ${event.1}|${event.2}|${event.3}")
	}
	return fmt.Sprintf(`return flow { name = "keyed", triggers = { text = "enter" }, first = "here", states = { here = { on = { %s = { %s } } } } }`, event, b.String())
}

// TestKeysOfTexts: "Within text: exact, list, number, pattern (longest literal first), *" (Offering an event); a regular
// expression stands between pattern and *.
func TestKeysOfTexts(t *testing.T) {
	none := "" // nobody takes it
	for _, c := range []struct {
		keys []string
		said map[string]string // by text: the key that takes it, then its captures
	}{
		{[]string{"1"}, map[string]string{"1": "1", " 1 ": "1", "\uff11": "1", "\u30001": "1", "11": none, "": none, "1.": none}},
		{[]string{"Yes"}, map[string]string{"yes": "Yes", "YES\n": "Yes", "ＹＥＳ": "Yes", "ye s": none, "yess": none}},
		{[]string{"ÄÖ", "ı"}, map[string]string{"äö": "ÄÖ", "Äö": "ÄÖ", "I": none}},
		{[]string{"领券"}, map[string]string{"领券": "领券", "我要领券": none, "领券!": none}},
		{[]string{"领券!"}, map[string]string{"领券！": "领券!", "领券!": "领券!"}},
		{[]string{"是|好|OK"}, map[string]string{"是": "是|好|OK", "ok": "是|好|OK", "ＯＫ": "是|好|OK", "是|好": none, "|": none}},
		{[]string{"a| b "}, map[string]string{"b": "a| b ", "a": "a| b "}},
		{[]string{"|"}, map[string]string{"|": "|", "｜": "|"}},
		{[]string{"#"}, map[string]string{"12": "#", "-3": "#", "4.5": "#", "１２": "#", "4.": none, ".5": none, "1e3": none, "-": none, "1,5": none, "+1": none, "#": none}},
		{[]string{"1", "#"}, map[string]string{"1": "1", "2": "#", "01": "#"}},
		{[]string{"#", "1|2"}, map[string]string{"1": "1|2", "3": "#"}},
		{[]string{"1*", "#"}, map[string]string{"12": "#", "12x": "1* > 2x"}},
		{[]string{"*", "ask*"}, map[string]string{"ask": "ask*", "ask Me": "ask* >  Me", "other": "*", "ASK it": "ask* >  it"}},
		{[]string{"order *"}, map[string]string{"order 12": "order * > 12", "Order  A b": "order * >  A b", "order": none, "ｏｒｄｅｒ　９": "order * > 9"}},
		{[]string{"*-*"}, map[string]string{"a-b-c": "*-* > a|b-c", "-": "*-*", "ab": none, "-x": "*-* > |x"}},
		{[]string{"a*b*c"}, map[string]string{"a1b2c": "a*b*c > 1|2", "abc": "a*b*c", "abbc": "a*b*c > |b", "a1c": none, "ab": none, "acb": none}},
		{[]string{"*券*"}, map[string]string{"我要券!": "*券* > 我要|!", "券": "*券*"}},
		{[]string{"aa*aa"}, map[string]string{"aaa": none, "aaaa": "aa*aa", "aaXaa": "aa*aa > X"}},
		{[]string{"1*", "12*", "1*3"}, map[string]string{"123": "12* > 3", "1453": "1*3 > 45", "19": "1* > 9"}},
		{[]string{"İ*"}, map[string]string{"İstANBUL": "İ* > stANBUL"}},
		{[]string{"*ß*K"}, map[string]string{"AßBk": "*ß*K > A|B"}},
		{[]string{"**"}, map[string]string{"xY": "** > |xY"}},
		{[]string{`/^(\d{4})-(\d+)$/`}, map[string]string{"2026-7": `/^(\d{4})-(\d+)$/ > 2026|7`, "２０２６－７": `/^(\d{4})-(\d+)$/ > 2026|7`, "x2026-7": none}},
		{[]string{"/order/"}, map[string]string{"my ORDER please": "/order/", "ord": none, "/order/": "/order/"}},
		{[]string{"/(a)|(b)/"}, map[string]string{"b": "/(a)|(b)/ > |b", "A": "/(a)|(b)/ > A"}},
		{[]string{"/(B+)/", "/(a)(B+)/"}, map[string]string{"abb": "/(B+)/ > bb"}},
		{[]string{"*", "/x/", "x*"}, map[string]string{"xx": "x* > x", "yx": "/x/", "y": "*"}},
		{[]string{"//", "/", "/a"}, map[string]string{"//": "//", "/": "/", "/a": "/a"}},
		{[]string{"/a|b/"}, map[string]string{"B": "/a|b/", "/a": "/a|b/", "c": none}},
		{[]string{"a|b*"}, map[string]string{"a": none, "a|bc": "a|b* > c"}},
		{[]string{"/^(?P<city>.+)天气$/", "*"}, map[string]string{"上海天气": "/^(?P<city>.+)天气$/ > 上海", "天气": "*"}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			w := newWorld(t)
			w.flow(keyed("text", c.keys...))
			w.text("fan", "enter")
			for text, want := range c.said {
				got := strings.TrimRight(w.text("fan", text), "|")
				got = strings.TrimSuffix(got, " > ")
				expect(t, fmt.Sprintf("%q", text), got, want)
			}
		})
	}
}

// TestCapturesInScripts: functions see them as event.captures and by the names of groups; the journal names the rule.
func TestCapturesInScripts(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = { "join *" }, scan = { "store-*-*" } }, first = "here", states = { here = {
	enter = { run = function(fan, event) fan:reply("in by " .. event.captures[1] .. (event.captures[2] or "")) end },
	on = { text = {
		["/^table (?P<no>\\d+)$/"] = { run = function(fan, event) fan:reply(event.no .. event.captures[1] .. #event.captures) end },
		["*"] = { run = function(fan, event) fan:reply(tostring(event.captures)) end },
	} } } } }`)
	expect(t, "trigger", w.text("one", "join Us"), "in by Us")
	expect(t, "scan", w.scan("two", "store-sh-7"), "in by sh7")
	expect(t, "the subscribe of one who scanned", w.subscribe("three", "store-bj-8"), "in by bj8")
	expect(t, "expression", w.text("one", "Table 12"), "12121")
	expect(t, "nothing captured", w.text("one", "hi"), "nil")
	rows := w.rows("one", store.Replied)
	expect(t, "why", rows[1].Why, `text /^table (?P<no>\d+)$/`)
}

// TestKeysOfOtherEvents: keys that are not texts are compared as they are; attributes and goals have two parts.
func TestKeysOfOtherEvents(t *testing.T) {
	teller := `return flow { name = "teller", triggers = { text = "*" }, again = "0s", first = "a", states = { a = { final = true, enter = { run = function(fan, event)
	local verb, name, value = event.text:match("(%a+) ([^=]+)=?(.*)")
	if verb == "tag" then fan:tag(name) elseif verb == "untag" then fan:untag(name) elseif verb == "goal" then fan:goal(name)
	elseif value == "nil" then fan.attrs[name] = nil else fan.attrs[name] = tonumber(value) or value end
	end } } } }`
	for _, c := range []struct {
		event string
		keys  []string
		does  []string
		want  string // said by the flow that listens, one after the other
	}{
		{"tag", []string{"VIP", "v*"}, []string{"tag VIP", "tag vip", "tag other"}, "VIP,v* > ip"},
		{"untag", []string{"vip"}, []string{"tag vip", "untag vip", "untag vip"}, "vip"},
		{"attr", []string{"city"}, []string{"set city=上海", "set town=x", "set city=上海", "set city=nil"}, "city,city"},
		{"attr", []string{"city", "city=上海", "city=上*"}, []string{"set city=上海", "set city=上饶", "set city=北京"}, "city=上海,city=上* > 饶,city"},
		{"attr", []string{"level=3", "lev*"}, []string{"set level=3", "set level=4", "set lever=3"}, "level=3,lev* > el,lev* > er"},
		{"attr", []string{"city="}, []string{"set city=x", "set city=nil"}, "city="},
		{"goal", []string{"redeemed"}, []string{"goal redeemed", "goal issued"}, "redeemed"},
		{"goal", []string{"redeemed", "teller.redeemed"}, []string{"goal redeemed"}, "teller.redeemed"},
		{"goal", []string{"coupon.redeemed"}, []string{"goal redeemed"}, ""},
		{"goal", []string{"teller.*"}, []string{"goal redeemed"}, "teller.* > redeemed"},
		{"goal", []string{"red*"}, []string{"goal redeemed"}, "red* > eemed"},
	} {
		t.Run(fmt.Sprint(c.event, c.keys, c.does), func(t *testing.T) {
			w := newWorld(t)
			w.flow(keyed(c.event, c.keys...))
			w.text("fan", "enter")
			w.flow(teller)
			for _, do := range c.does {
				w.text("fan", do)
				w.settle()
			}
			said := w.said()
			for i := range said {
				said[i] = strings.TrimSuffix(strings.TrimRight(said[i], "|"), " > ")
			}
			expect(t, "said", strings.Join(said, ","), c.want)
		})
	}
}

// TestLinks: a link that the fan sends is a message; a click on a tracked one is an event with its name as key.
func TestLinks(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "clicks", triggers = { link = { "offer-*" } }, again = "0s", first = "a", states = {
		a = { on = { link = { ["offer-*"] = { message = "${event.type} ${event.1} ${event.name} ${event.url}", to = "b" } } } },
		b = { on = { link = { reply = "sent ${event.url}" } } } } }`)
	ctx := t.Context()
	fan := store.FanID{Account: account, OpenID: "fan"}
	for what, err := range map[string]error{
		"no such fan": w.engine.Click(ctx, fan, "offer-1", "https://a.example"),
		"no account":  w.engine.Click(ctx, store.FanID{Account: "x", OpenID: "fan"}, "offer-1", ""),
		"no name":     w.engine.Click(ctx, fan, "", ""),
		"a long url":  w.engine.Click(ctx, fan, "offer-1", strings.Repeat("x", 3000)),
	} {
		if err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	w.text("fan", "hi")
	for _, name := range []string{"other", "offer-1", "offer-2"} {
		if err := w.engine.Click(ctx, fan, name, "https://a.example/"+name); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	expect(t, "said", strings.Join(w.said(), ","), "link 2 offer-2 https://a.example/offer-2")
	expect(t, "trigger", w.rows("fan", store.Enrolled)[0].Name, "link offer-*")
	r := w.receive(w.push("fan", "link", "", "", &wechat.Link{URL: "https://b.example"}))
	expect(t, "a message", r.Content, "sent https://b.example")
	f, err := w.engine.Flow(ctx, account, "clicks", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "trigger shown", fmt.Sprint(f.Triggers), "[{link [offer-*]}]")
	expect(t, "edge shown", fmt.Sprint(f.States[0].Edges), "[{link offer-* b}]")
}

// TestKeysThatAreNone: check says what is wrong with a key, where it stands, and how to mend it.
func TestKeysThatAreNone(t *testing.T) {
	for on, want := range map[string]string{
		`text = { ["/(/"] = "a" }`:                                             "the regular expression is wrong",
		`text = { ["/(?P<text>x)/"] = "a" }`:                                   `the group "text" has the name of a field`,
		`text = { ["/` + strings.Repeat("x", 257) + `/"] = "a" }`:              "257 bytes; at most 256",
		`text = { ["/x/"] = "a", ["/x/ "] = "a", ["/X/"] = "a" }`:              "",
		`text = { ["a*"] = "a", ["A* "] = "a" }`:                               `both match "a*"`,
		`sent = { deliverd = "a" }`:                                            `no send ends as "deliverd"; did you mean "delivered"?`,
		`sent = { ["failed"] = "a", ["Failed:*"] = "a" }`:                      "both match",
		`sent = { ["fail*:user block"] = "a" }`:                                "",
		`attr = { city = "a", ["city=*"] = "a" }`:                              "both match",
		`location = { ["31,121"] = "a" }`:                                      "is no circle: write latitude",
		`location = { ["131.2,121.4 3km"] = "a" }`:                             "latitude is -90 to 90",
		`location = { ["31.2,121.4 0m"] = "a" }`:                               "the radius is more than 0",
		`location = { ["31.2,121.4 NaNkm"] = "a" }`:                            "the radius is more than 0",
		`location = { ["31.2,121.4 3km"] = "a", ["31.20,121.4 3000m"] = "a" }`: "both match",
		`link = { ["x"] = "a" }, click_link = { y = "a" }`:                     "are the same event",
		`untagg = "a"`: `did you mean "untag"?`,
	} {
		t.Run(on, func(t *testing.T) {
			w := newWorld(t)
			_, found, err := w.engine.Check(t.Context(), account, store.KindFlow, "x.lua",
				`return flow { name = "x", triggers = { text = "in" }, first = "s", states = { s = { on = {`+"\n"+on+"\n"+`} }, a = { final = true } } }`)
			if err != nil {
				t.Fatal(err)
			}
			var bad []flows.Finding
			for _, f := range found {
				if f.Severity == flows.SeverityError {
					bad = append(bad, f)
				}
			}
			switch {
			case want == "" && len(bad) > 0:
				t.Errorf("found %v", bad)
			case want != "" && (len(bad) != 1 || !strings.Contains(bad[0].Msg, want) || bad[0].Line != 2):
				t.Errorf("found %v, want %q in line 2", bad, want)
			}
		})
	}
}
