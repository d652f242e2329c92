package flows_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/bolt"
)

// upgraded opens a data file that was written before enrollments knew their timers, keys and publications (testdata/before.db.gz),
// half an hour after its service was stopped. In it are: in flow wait, whose state waits 1d and 3d, ann and eve, whose first timer
// has fired, and ben, whose timers both wait; a reminder of eve's under the key r; in flow bad cid, whose timer is parked; in flow
// held, which is paused, dan, whose timer has been due for a day.
func upgraded(t *testing.T) *world {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fanflow.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s)
	t.Cleanup(func() {
		w.replays()
		_ = s.Close()
	})
	w.ids.Store(1000)
	w.set(w.clock().Add(26 * time.Hour))
	return w
}

// waitFlow is the flow wait as it was, with other timers.
func waitFlow(after string) string {
	return `return flow { name = "wait", triggers = { text = "in" }, again = "0s", first = "wait", states = { wait = {
		on = { text = { ["1"] = "over", ["remind"] = { message = { text = "again", after = "5d", key = "r" } },
			["forget"] = { cancel = "r" } } },
		after = { ` + after + ` } },
	over = { final = true } } }`
}

const (
	badMended = `return flow { name = "bad", triggers = { text = "bad" }, first = "wait", states = {
	wait = { after = { ["1h"] = { send = "mended" } } } } }`
	oldTimers = `["1d"] = { send = "one" }, ["3d"] = { send = "three" }`
)

// TestUpgrade: a running data file goes over to this program without a timer lost, or fired twice.
func TestUpgrade(t *testing.T) {
	speak := func(w *world) { // plain messages find no fan in a worse place
		for _, fan := range []string{"ann", "ben", "cid", "dan", "eve"} {
			w.text(fan, "hello")
		}
	}
	publish := func(after string) func(*world) {
		return func(w *world) { w.flow(waitFlow(after)) }
	}
	for name, c := range map[string]struct {
		do   []func(*world)
		want string // what goes out in the next ten days, sorted
	}{
		"nothing happens":            {nil, "one reminder three three three"},
		"everybody writes":           {[]func(*world){speak}, "one reminder three three three"},
		"the same is published":      {[]func(*world){publish(oldTimers)}, "one reminder three three three"},
		"the same, while all write":  {[]func(*world){speak, publish(oldTimers), speak}, "one reminder three three three"},
		"published twice":            {[]func(*world){publish(`["1d"] = { send = "one" }, ["4d"] = { send = "four" }`), publish(`["1d"] = { send = "one" }, ["5d"] = { send = "five" }`)}, "five five five one reminder"},
		"a delay that has fired":     {[]func(*world){publish(`["2d"] = { send = "two" }, ["3d"] = { send = "three" }`)}, "reminder three three three two"},
		"and then another":           {[]func(*world){publish(`["2d"] = { send = "two" }, ["3d"] = { send = "three" }`), speak, publish(`["2d"] = { send = "two" }, ["4d"] = { send = "four" }`)}, "four four four reminder two"},
		"overdue when the new comes": {[]func(*world){func(w *world) { w.set(w.clock().Add(60 * time.Hour)) }, speak, publish(`["1d"] = { send = "one" }, ["70h"] = { send = "seventy" }`), speak}, "one reminder seventy seventy seventy"},
		"a timer is taken out":       {[]func(*world){publish(`["3d"] = { send = "three" }`)}, "reminder three three three"},
		"who leaves has no timers": {[]func(*world){func(w *world) {
			w.text("ann", "1")
			w.text("ben", "1")
			w.text("eve", "1")
		}}, "reminder"},
		"a parked timer goes on": {[]func(*world){func(w *world) { w.flow(badMended) }}, "mended one reminder three three three"},
		"a paused flow goes on": {[]func(*world){func(w *world) {
			w.goOn("held")
			w.advance(time.Minute)
			expect(w.t, "said", strings.Join(w.said(), " "), "held")
		}}, "held one reminder three three three"},
		"a key that waits":           {[]func(*world){publish(oldTimers), func(w *world) { w.text("eve", "remind") }}, "again one three three three"},
		"a key that waits, in place": {[]func(*world){func(w *world) { w.text("eve", "remind") }}, "one reminder three three three"},
		"a key that is taken back":   {[]func(*world){publish(oldTimers), func(w *world) { w.text("eve", "forget") }}, "one three three three"},
	} {
		t.Run(name, func(t *testing.T) {
			w := upgraded(t)
			for _, do := range c.do {
				do(w)
			}
			w.advance(10 * 24 * time.Hour)
			said := w.said()
			slices.Sort(said)
			expect(t, "said", strings.Join(said, " "), c.want)
			jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "timer"}, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range jobs {
				if j.OpenID != "cid" && j.OpenID != "dan" {
					t.Errorf("a timer is left: %s", j.ID)
				}
			}
		})
	}
}

// goOn ends the pause of a flow.
func (w *world) goOn(flow string) {
	w.t.Helper()
	if err := w.engine.Pause(w.t.Context(), account, flow, ""); err != nil {
		w.t.Fatal(err)
	}
}
