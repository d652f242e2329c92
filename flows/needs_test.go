package flows_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"fanflow/store"
)

// TestKeysAfterWork: each key that a decision asks for makes it be run anew, so the work before it counts again. Where that ends a
// script hangs on its questions alone: every world is replayed when its test is over.
func TestKeysAfterWork(t *testing.T) {
	const work, keys = "for i = 1, 150000 do end ", `for i = 1, 60 do kv.get("k" .. i) end `
	for name, c := range map[string]struct {
		script string
		fails  bool
	}{
		"keys, then work":        {keys + work, false},
		"work, then keys":        {work + keys, true},
		"work, then few keys":    {work + `for i = 1, 4 do kv.get("k" .. i) end `, false},
		"work, then caught keys": {work + "pcall(function() " + keys + " end) " + work, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where no wall clock runs out
				w := newWorld(t)
				w.flow(handler(c.script + `fan:reply("done")`))
				w.text("fan", "start")
				got := w.text("fan", "x")
				failed := w.rows("fan", store.Failed)
				if !c.fails {
					expect(t, "answer", got, "done")
					expect(t, "failures", len(failed), 0)
					return
				}
				expect(t, "answer", got, apology)
				if len(failed) != 1 || !strings.Contains(failed[0].Why, "the decision used up its 1000000 instructions") {
					t.Errorf("failures: %+v", failed)
				}
			})
		})
	}
}
