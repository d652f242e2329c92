package flows_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"fanflow/store"
)

// TestDiff compares two versions that differ in everything that can be compared.
func TestDiff(t *testing.T) {
	w := newWorld(t)
	w.version("f", `title = "one", first = "a", states = {
	a = { enter = { reply = "hi" }, on = { text = { ["1"] = "z", ["2"] = { reply = "two" } } }, after = { ["1d"] = "z", ["3d"] = { tag = "slow" } } },
	b = {},
	z = { final = true } }`)
	w.version("f", `title = "two", first = "a", limit = { all = 10 }, exit = { tag = { "bought" } }, states = {
	a = { enter = { reply = "hello" }, on = { text = { ["1"] = "c", ["3"] = { reply = "three" } } }, after = { ["2d"] = "z", ["3d"] = { tag = "slower" }, ["5d"] = "c" } },
	c = { on = { location = "z" } },
	z = { final = true, goal = "done" } }`)
	d, err := w.engine.Diff(t.Context(), account, "f", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "diff.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); string(got)+"\n" != want {
		t.Errorf("the diff differs from %s; run with -update and look at the difference:\n%s", path, got)
	}
	if d, err = w.engine.Diff(t.Context(), account, "f", 2, 2); err != nil || len(d.Changes)+len(d.Lines) > 0 {
		t.Errorf("a version against itself: %+v, %v", d, err)
	}
	if _, err := w.engine.Rollback(t.Context(), store.ScriptID{Account: account, Kind: store.KindFlow, Name: "f"}, 0, "test", nil); err == nil {
		t.Error("a flow that was never published was taken back")
	}
	if _, err := w.engine.Publish(t.Context(), store.ScriptID{Account: account, Kind: store.KindFlow, Name: "f"}, 2, "test"); err != nil {
		t.Fatal(err)
	}
	if d, err = w.engine.Diff(t.Context(), account, "f", 0, 0); err != nil || d.From != 1 || d.To != 2 {
		t.Errorf("the published version, which is the newest, is compared with %d, want the one before: %v", d.From, err)
	}
}
