package flows_test

import (
	"path/filepath"
	"testing"

	"fanflow/store"
)

// FuzzCheck: whatever the script, Check answers with findings, and what Push takes can be published and described.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("testdata/check/*.lua")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, file))
	}
	f.Add(hello)
	f.Add(handler("fan:reply('x')"))
	f.Add(`return flow { name = "n", first = "a", states = { a = { on = { text = { ["a*b*"] = { reply = { "x", { title = "t" } } } }, sent = "a" }, after = { ["1w"] = { set = { x = { 1, 2 } } } } } } }`)
	f.Fuzz(func(t *testing.T, source string) {
		w := newWorld(t)
		if _, _, err := w.engine.Check(t.Context(), account, store.KindFlow, "fuzz.lua", source); err != nil {
			t.Fatal(err)
		}
		s, err := w.engine.Push(t.Context(), account, store.KindFlow, "fuzz.lua", source, "")
		if err != nil {
			return
		}
		if _, err := w.engine.Publish(t.Context(), s.ScriptID, s.Version, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.engine.Flow(t.Context(), account, s.Name, 0); err != nil {
			t.Fatal(err)
		}
		w.subscribe("fan", "store-1")
		w.text("fan", "1")
	})
}
