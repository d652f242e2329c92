package flows_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// refusals are what flows did not take the fan in for: "flow rule: why".
func (w *world) refusals(openID string) string {
	w.t.Helper()
	var out []string
	for _, r := range w.rows(openID, store.Refused) {
		out = append(out, r.Flow+" "+r.Name+": "+r.Why)
	}
	return strings.Join(out, ", ")
}

// TestAgainRules: when a fan may enter a flow once more.
func TestAgainRules(t *testing.T) {
	for name, c := range map[string]struct {
		again string
		steps string // waits in hours before each try; + what got in, - what did not
	}{
		"never":           {``, "0+ 9999-"},
		"never, in words": {`again = "never",`, "0+ 9999-"},
		"true":            {`again = true,`, "0+ 0+ 0+"},
		"after":           {`again = "2h",`, "0+ 1- 1+ 1- 1+"},
		"table":           {`again = { after = "2h" },`, "0+ 1- 1+ 2+ 2+"},
		"times":           {`again = { times = 2 },`, "0+ 0+ 0+ 0- 9999-"},
		"both":            {`again = { after = "2h", times = 1 },`, "0+ 1- 1+ 9999-"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(fmt.Sprintf(`return flow { name = "one", %s triggers = { text = "in" }, first = "s", states = { s = { final = true, enter = { reply = "in" } } } }`, c.again))
			for i, step := range strings.Fields(c.steps) {
				var hours int
				var sign rune
				if _, err := fmt.Sscanf(step, "%d%c", &hours, &sign); err != nil {
					t.Fatal(err)
				}
				w.advance(time.Duration(hours) * time.Hour)
				want := map[rune]string{'+': "in", '-': ""}[sign]
				expect(t, fmt.Sprint("try ", i+1), w.text("fan", "in"), want)
			}
		})
	}
}

// TestRefusalsSayWhy: a rule that matched and did not take the fan in is in the journal, once per event and flow.
func TestRefusalsSayWhy(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", triggers = { text = { "in", "i*" } }, first = "s", states = { s = { final = true } } }`)
	w.text("fan", "in")
	w.text("fan", "in")
	expect(t, "again", w.refusals("fan"), "one text in: again: the fan was in it once, and that is all")
	expect(t, "ignored", len(w.rows("fan", store.Ignored)), 1)
	if err := w.engine.Pause(t.Context(), account, "one", "for a test"); err != nil {
		t.Fatal(err)
	}
	w.text("new", "in")
	expect(t, "paused", w.refusals("new"), "one text in: paused")
	w.flow(`return flow { name = "two", triggers = { text = "two" }, first = "s", states = { s = {} } }`)
	w.text("new", "two")
	w.text("new", "two")
	expect(t, "live already is no news", w.refusals("new"), "one text in: paused")
}

// TestAReportLeavesNothing: a position that comes every few seconds fills no journal, though a flow refuses it.
func TestAReportLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", triggers = { report = true }, first = "s", states = { s = { final = true } } }`)
	w.text("fan", "hello")
	report := func() { w.receive(w.push("fan", "event", "LOCATION", "", &wechat.LocationReport{Latitude: 31.5})) }
	report()
	n := len(w.journal("fan"))
	report()
	expect(t, "rows", len(w.journal("fan")), n)
}

// TestWindow: from is inside, to is outside, and a day alone in to is inside to its end. The clock is the account's.
func TestWindow(t *testing.T) {
	at := func(w *world, s string) time.Time {
		tm, err := time.ParseInLocation("2006-01-02 15:04:05", s, w.clock().Location())
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	for name, c := range map[string]struct {
		fields string
		moment string
		want   string // the refusal, empty: in
	}{
		"before":             {`from = "2026-12-01",`, "2026-11-30 23:59:59", "window: opens at 2026-12-01 00:00"},
		"from":               {`from = "2026-12-01",`, "2026-12-01 00:00:00", ""},
		"before the minute":  {`from = "2026-12-01 08:30",`, "2026-12-01 08:29:59", "window: opens at 2026-12-01 08:30"},
		"the minute":         {`from = "2026-12-01 08:30",`, "2026-12-01 08:30:00", ""},
		"the last day":       {`to = "2026-12-24",`, "2026-12-24 23:59:59", ""},
		"after the last day": {`to = "2026-12-24",`, "2026-12-25 00:00:00", "window: closed at 2026-12-25 00:00"},
		"before to":          {`to = "2026-12-24 20:00",`, "2026-12-24 19:59:59", ""},
		"to":                 {`to = "2026-12-24 20:00",`, "2026-12-24 20:00:00", "window: closed at 2026-12-24 20:00"},
		"between":            {`from = "2026-12-01", to = "2026-12-24",`, "2026-12-12 12:00:00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.flow(`return flow { name = "one", ` + c.fields + ` triggers = { text = "in" }, first = "s", states = { s = {} } }`)
			w.set(at(w, c.moment))
			w.text("fan", "in")
			expect(t, "state", w.state("fan", "one"), map[bool]string{true: "s", false: ""}[c.want == ""])
			expect(t, "refused", strings.TrimPrefix(w.refusals("fan"), "one text in: "), c.want)
		})
	}
}

// TestAWindowHoldsForEverybody: neither a flow's wish nor a call gets a fan into a campaign that is over, and who is in goes on.
func TestAWindowHoldsForEverybody(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "one", to = "2026-11-03", triggers = { text = "in" }, first = "s", states = { s = { after = { ["5d"] = "e" } }, e = { final = true } } }`)
	w.flow(`return flow { name = "two", triggers = { text = "go" }, first = "s", states = { s = { final = true, enter = { run = function(fan) fan:enroll("one") end } } } }`)
	w.text("old", "in")
	w.advance(2 * day)
	w.text("new", "go")
	expect(t, "a wish", w.refusals("new"), "one flow two: window: closed at 2026-11-04 00:00")
	expect(t, "goes on", w.state("old", "one"), "s")
	w.advance(5 * day)
	expect(t, "to its end", w.ends("old"), "one final")
}

// TestClosesLeave: with closes = "leave" the end of the window ends who is in, by a chore or before their next event.
func TestClosesLeave(t *testing.T) {
	w := newWorld(t)
	const flow = `return flow { name = "one", to = "%s", closes = "leave", again = "0s", triggers = { text = "in" }, first = "s", states = {
	s = { leave = { tag = "left" }, on = { text = { more = { reply = "more" } } }, after = { ["30d"] = "s" } } } }`
	w.flow(fmt.Sprintf(flow, "2026-11-03 20:00"))
	for i := range 30 {
		w.text(fmt.Sprint("fan", i), "in")
	}
	zone := w.clock().Location()
	w.set(time.Date(2026, 11, 3, 20, 0, 0, 0, zone)) // nothing has run yet
	expect(t, "the next event finds it closed", w.text("fan3", "more"), "")
	expect(t, "why", w.ends("fan3"), "one window: closed at 2026-11-03 20:00")
	w.text("fan3", "in")
	expect(t, "nobody enters", w.refusals("fan3"), "one text in: window: closed at 2026-11-03 20:00")
	w.settle()
	for i := range 30 {
		f := w.fan(fmt.Sprint("fan", i))
		expect(t, "live", len(f.Live), 0)
		expect(t, "leave hook", f.Has("left"), true)
	}
	jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "jobs", len(jobs), 0)
}

// TestAWindowThatIsMoved: the chore of the old end finds nobody to end.
func TestAWindowThatIsMoved(t *testing.T) {
	w := newWorld(t)
	const flow = `return flow { name = "one", to = "%s", closes = "leave", triggers = { text = "in" }, first = "s", states = { s = {} } }`
	w.flow(fmt.Sprintf(flow, "2026-11-03 20:00"))
	w.text("fan", "in")
	w.flow(fmt.Sprintf(flow, "2026-11-05 20:00"))
	w.advance(2 * day)
	expect(t, "state", w.state("fan", "one"), "s")
	w.advance(day)
	expect(t, "ends", w.ends("fan"), "one window: closed at 2026-11-05 20:00")
}

// TestLimits: 64 clients at once, and exactly as many get in as the flow has places; one whose first state fails takes none.
func TestLimits(t *testing.T) {
	stores := map[string]func(*testing.T) store.Store{
		"mem": func(*testing.T) store.Store { return mem.New() },
		"bolt": func(t *testing.T) store.Store {
			s, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, open(t))
			w.flow(limited)
			w.crowd(64, 180, "fan")
			expect(t, "in", w.admitted("fan", 180), 100)
			kv, err := w.store.KV(t.Context(), account, "fanflow:entries/one")
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "pool", fmt.Sprint(string(kv.Value), kv.Free), "100[]")
		})
		t.Run(name+", of whom some fail", func(t *testing.T) {
			w := newWorldOn(t, open(t))
			w.flow(limited)
			w.crowd(64, 99, "bad", "fan") // a place that is held by one who fails is nobody's refusal
			expect(t, "in", w.admitted("fan", 99), 99)
			expect(t, "failed ones that are in", w.admitted("bad", 99), 0)
			w.crowd(64, 20, "bad2", "late")
			expect(t, "in", w.admitted("late", 20), 1)
		})
	}
}

// admitted counts who of fans kind0… is in; the others were told why not.
func (w *world) admitted(kind string, fans int) (in int) {
	w.t.Helper()
	for i := range fans {
		id := fmt.Sprint(kind, i)
		if w.state(id, "one") != "" {
			in++
		} else if r := w.refusals(id); r != "" {
			expect(w.t, "why", r, "one text in: limit: all 100 places are taken")
		}
	}
	return in
}

const limited = `return flow { name = "one", limit = { all = 100 }, triggers = { text = "in" }, first = "s", states = {
	s = { enter = { run = function(fan) if fan.openid:find("bad") then error("oops") end fan:reply("in") end } } } }`

// crowd lets so many fans of each kind write "in", by so many clients at a time.
func (w *world) crowd(clients, fans int, kinds ...string) {
	ids := make(chan string)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for id := range ids {
				p := w.push(id, "text", "", "", textBody("in"))
				if _, err := w.engine.Receive(w.t.Context(), account, p); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	for i := range fans {
		for _, k := range kinds {
			ids <- fmt.Sprint(k, i)
		}
	}
	close(ids)
	wg.Wait()
}

// TestALimitSurvivesItsProcess: what another process has let in counts.
func TestALimitSurvivesItsProcess(t *testing.T) {
	w := newWorld(t)
	const flow = `return flow { name = "one", limit = { all = 2 }, triggers = { text = "in" }, first = "s", states = { s = { final = true } } }`
	w.flow(flow)
	w.text("a", "in")
	next := newWorldOn(t, w.store)
	next.ids.Store(100)
	next.text("b", "in")
	next.text("c", "in")
	w.ids.Store(200)
	w.text("d", "in")
	expect(t, "b", next.ends("b"), "one final")
	expect(t, "c", next.refusals("c"), "one text in: limit: all 2 places are taken")
	expect(t, "d", w.refusals("d"), "one text in: limit: all 2 places are taken")
}

// TestLimitOfADay: the places of a day are those of the account's day, and what is full for the day takes none of all.
func TestLimitOfADay(t *testing.T) {
	w := newWorld(t) // 21:30
	w.flow(`return flow { name = "one", limit = { all = 3, day = 1 }, triggers = { text = "in" }, first = "s", states = { s = { final = true } } }`)
	w.text("a", "in")
	w.text("b", "in")
	expect(t, "full today", w.refusals("b"), "one text in: limit: all 1 places of the day are taken")
	w.advance(3 * time.Hour) // past midnight in Shanghai, not in London
	w.text("b", "in")
	expect(t, "tomorrow", w.ends("b"), "one final")
	w.advance(day)
	w.text("c", "in")
	w.advance(day)
	w.text("d", "in")
	expect(t, "all", w.refusals("d"), "one text in: limit: all 3 places are taken")
}

// TestReservedKeys: no script counts where the engine does.
func TestReservedKeys(t *testing.T) {
	w := newWorld(t)
	w.flow(handler(`kv.set("fanflow:entries/one", 0)`))
	w.text("fan", "start")
	w.text("fan", "x")
	failed := w.rows("fan", store.Failed)
	expect(t, "failures", len(failed), 1)
	if !strings.Contains(failed[0].Why, `keys that begin with "fanflow:" are the engine's own`) {
		t.Error(failed[0].Why)
	}
}

// TestWhatFlowsMayNotDeclare: the sentences of check on exits, windows, limits, listening and results.
func TestWhatFlowsMayNotDeclare(t *testing.T) {
	for name, c := range map[string]struct{ fields, want string }{
		"exit to a state that is not final": {`exit = { webhook = { x = "s" } },`, `exit.webhook.x: state "s" is not final`},
		"exit to no state":                  {`exit = { webhook = { x = "nowhere" } },`, `there is no state "nowhere"`},
		"exit that is no table":             {`exit = true,`, `exit: must be a table`},
		"exit by what is no word":           {`exit = { text = "bye" },`, `unknown field "exit.text"`},
		"exit with keys that makes none":    {`exit = { unsubscribe = { "x" } },`, `exit.unsubscribe: must be true`},
		"exit by a number":                  {`exit = { tag = { 5 } },`, `exit.tag.1: must be a text`},
		"exit false":                        {`exit = { tag = { x = false } },`, `exit.tag.x: must be true, or the name of a final state`},
		"exit twice":                        {`exit = { tag = { "x", "x" } },`, `both match "x"`},
		"from after to":                     {`from = "2026-12-24", to = "2026-12-01",`, `to: the window closes before it opens`},
		"no day":                            {`from = "24.12.2026",`, `"24.12.2026" is no day`},
		"closes without to":                 {`closes = "leave",`, `closes: the flow has no to`},
		"closes how":                        {`to = "2026-12-24", closes = "stay",`, `closes: is "leave"`},
		"a limit of nothing":                {`limit = { all = 0 },`, `limit.all: must be a whole number of at least 1`},
		"a limit below nothing":             {`limit = { day = -3 },`, `limit.day: must be a whole number of at least 1`},
		"a limit by week":                   {`limit = { week = 3 },`, `unknown field "limit.week"`},
		"a limit that is no table":          {`limit = 100,`, `limit: must be a table`},
		"again by nothing":                  {`again = { times = 0 },`, `again.times: must be a whole number of at least 1`},
		"again by what":                     {`again = { every = "1d" },`, `unknown field "again.every"`},
		"listen to nowhere":                 {`listen = { text = { x = "nowhere" } },`, `there is no state "nowhere"`},
		"listen to a result":                {`listen = { result = { x = "e" } },`, `the result of a sub-flow is told to its caller alone`},
		"calls itself":                      {`listen = { text = { x = { call = "one" } } },`, `flow "one" cannot call itself`},
		"calls itself in a function":        {`listen = { text = { x = function(fan) fan:call("one") end } },`, `one.lua:1: fan:call("one"): a flow cannot call itself`},
		"triggers on a result":              {`triggers = { result = { "x" } },`, `the result of a sub-flow is told to its caller alone`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			source := `return flow { name = "one", ` + c.fields + ` first = "s", states = { s = { on = { text = { x = "e" } } }, e = { final = true } } }`
			_, err := w.engine.Push(t.Context(), account, store.KindFlow, "one.lua", source, "test")
			var found *flows.FindingsError
			if !errors.As(err, &found) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
