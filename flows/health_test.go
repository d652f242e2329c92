package flows_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/store"
)

// sickly fails with every word but "well".
const sickly = `return flow { name = "sickly", triggers = { text = { "in" } }, first = "s", states = {
	s = { on = { text = { run = function(fan, event)
		if event.text == "well" then fan:reply("well") else error("no such shop: " .. event.text) end
	end } }, after = { ["1d"] = "e" } }, e = { final = true } } }`

func (w *world) sick(fans int) *strings.Builder {
	w.t.Helper()
	log := &strings.Builder{}
	zone := w.clock().Location()
	e, err := flows.New(flows.Config{
		Store: w.store, Now: w.clock, Accounts: []flows.Account{{Name: account, Location: zone, Apology: apology}},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.engine = e
	w.flow(sickly)
	for i := range fans {
		w.text(fmt.Sprint("fan", i), "in")
	}
	return log
}

// fail lets n events fail, of the fans in turn.
func (w *world) fail(n, fans int) {
	w.t.Helper()
	for i := range n {
		expect(w.t, "reply", w.text(fmt.Sprint("fan", i%fans), fmt.Sprint("word ", i)), apology)
	}
}

func (w *world) info(flow string) flows.FlowInfo {
	w.t.Helper()
	infos, err := w.engine.Flows(w.t.Context(), account)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range infos {
		if i.Name == flow {
			return i
		}
	}
	return flows.FlowInfo{}
}

// TestAFlowThatKeepsFailingIsPaused: after 20 events of 5 fans in a row it is paused with the last reason, once; whoever resumes
// it gives it 20 more.
func TestAFlowThatKeepsFailingIsPaused(t *testing.T) {
	w := newWorld(t)
	log := w.sick(5)
	w.fail(19, 5)
	expect(t, "paused after 19", w.info("sickly").Paused, false)
	expect(t, "a success", w.text("fan0", "well"), "well")
	w.fail(19, 5)
	expect(t, "paused after 19 more", w.info("sickly").Paused, false)
	w.text("fan1", "the last")
	i := w.info("sickly")
	expect(t, "paused", i.Paused, true)
	expect(t, "why", i.Why, "20 events in a row failed: test.lua:3: no such shop: the last")
	expect(t, "the next", w.text("fan2", "well"), "")
	expect(t, "logged", strings.Count(log.String(), "keeps failing and is paused"), 1)

	if err := w.engine.Pause(t.Context(), account, "sickly", ""); err != nil {
		t.Fatal(err)
	}
	w.fail(19, 5)
	expect(t, "paused after it was resumed", w.info("sickly").Paused, false)
	w.text("fan0", "again")
	expect(t, "paused again", w.info("sickly").Paused, true)
	expect(t, "logged", strings.Count(log.String(), "keeps failing and is paused"), 2)
}

// TestFewFansDoNotPauseAFlow: what fails for four fans may be theirs.
func TestFewFansDoNotPauseAFlow(t *testing.T) {
	w := newWorld(t)
	w.sick(5)
	w.fail(40, 4)
	expect(t, "paused", w.info("sickly").Paused, false)
	expect(t, "the fifth", w.text("fan4", "x"), apology)
	expect(t, "paused", w.info("sickly").Paused, true)
}

// TestFailuresOfAnOlderVersion: those who are still in a version that fails are no reason to pause the one that mends it.
func TestFailuresOfAnOlderVersion(t *testing.T) {
	w := newWorld(t)
	w.sick(20)
	w.publish(store.KindFlow, "new.lua", `return flow { name = "sickly", triggers = { text = { "in" } }, first = "n", states = { n = {} } }`)
	w.fail(40, 20)
	expect(t, "the new version", w.info("sickly").Paused, false)
	expect(t, "version", w.info("sickly").Version, 2)
}

// TestSickAfter: how many failures in a row pause a flow is a setting, and so is that none do.
func TestSickAfter(t *testing.T) {
	for after, paused := range map[int]bool{5: true, 21: false, 0: true, -1: false} {
		w := newWorld(t)
		e, err := flows.New(flows.Config{
			Store: w.store, Now: w.clock, Accounts: []flows.Account{{Name: account, Location: w.clock().Location(), Apology: apology}}, SickAfter: after,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.engine = e
		w.flow(sickly)
		for i := range 5 {
			w.text(fmt.Sprint("fan", i), "in")
		}
		for i := range 20 {
			w.text(fmt.Sprint("fan", i%5), "x")
		}
		expect(t, fmt.Sprintf("paused after 20, SickAfter %d", after), w.info("sickly").Paused, paused)
	}
}
