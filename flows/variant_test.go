package flows_test

import (
	"fmt"
	"testing"

	"fanflow/store"
)

// cohortOf is what the fan's n-th entry into a flow says of its cohort.
func cohortOf(w *world, fan string, n int) store.Facts {
	w.t.Helper()
	rows := w.rows(fan, store.Enrolled)
	if n >= len(rows) {
		w.t.Fatalf("%s has %d entries", fan, len(rows))
	}
	if rows[n].Facts == nil {
		return store.Facts{}
	}
	return *rows[n].Facts
}

const tested = `return flow { name = "test", triggers = { text = "in", scan = true }, again = "0s", first = "offer", %s
	states = { offer = { on = { text = { out = "done" } } }, done = { final = true }, control = { on = { text = { out = "done" } } } } }`

// TestVariantsAreDrawnAtEntry: an enrollment keeps what it drew whatever is published, and a new one draws anew.
func TestVariantsAreDrawnAtEntry(t *testing.T) {
	w := newWorld(t)
	declare := func(a, b int) {
		w.flow(fmt.Sprintf(tested, fmt.Sprintf(`variants = { price = { low = %d, high = %d, salt = "s" }, tone = { kind = 1 } },`, a, b)))
	}
	declare(100, 0)
	w.text("fan", "in")
	expect(t, "first", fmt.Sprint(cohortOf(w, "fan", 0).Variants), "map[price:low tone:kind]")
	declare(0, 100)
	w.text("fan", "hello")
	f := w.fan("fan")
	expect(t, "after a publication", f.Enrolled("test").Variants["price"], "low")
	w.text("fan", "out")
	w.text("fan", "in")
	expect(t, "second", cohortOf(w, "fan", 1).Variants["price"], "high")
}

// TestFactsOfEntry: the scene is that of the code just scanned, else that of the code the fan first came by; the tags are those
// of the moment before the flow does anything, the first 32 of them.
func TestFactsOfEntry(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(tested, ""))
	w.text("nobody", "in")
	expect(t, "no facts", w.rows("nobody", store.Enrolled)[0].Facts == nil, true)
	w.subscribe("fan", "door")
	expect(t, "scene of a new follower", cohortOf(w, "fan", 0).Scene, "door")
	for i := range 40 {
		if err := w.engine.Tag(t.Context(), store.FanID{Account: account, OpenID: "fan"}, []string{fmt.Sprintf("t%02d", i)}, nil, "test"); err != nil {
			t.Fatal(err)
		}
	}
	w.text("fan", "out")
	w.text("fan", "in")
	facts := cohortOf(w, "fan", 1)
	expect(t, "scene", facts.Scene, "door")
	expect(t, "tags", fmt.Sprint(len(facts.Tags), " ", facts.Tags[31]), "32 t31")
	w.text("fan", "out")
	w.scan("fan", "window")
	expect(t, "scene scanned", cohortOf(w, "fan", 2).Scene, "window")
}

// TestHoldoutHasAStateOfItsOwn: who is held out is enrolled, draws no variant and waits apart.
func TestHoldoutHasAStateOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.flow(fmt.Sprintf(tested, `variants = { price = { low = 1, high = 1 } }, holdout = { share = 50, state = "control" },`))
	held := 0
	for i := range 40 {
		fan := fmt.Sprint("fan", i)
		w.text(fan, "in")
		arms := cohortOf(w, fan, 0).Variants
		want := "offer"
		if arms["holdout"] == "held" {
			want = "control"
			held++
		}
		expect(t, "state", w.state(fan, "test"), want)
		expect(t, "draws", len(arms["price"]) > 0, want == "offer")
	}
	if held < 5 || held > 35 {
		t.Errorf("%d of 40 fans are held out; want about half", held)
	}
	flow, err := w.engine.Flow(t.Context(), account, "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "funnel", fmt.Sprint(flow.Funnel), "[offer]")
}
