package sandbox_test

import (
	"context"
	"maps"
	"path"
	"runtime"
	"slices"
	"testing"

	"fanflow/plugins/sandbox"
)

// weigher is a context that compares what is alive with what was charged, when the VM looks at it.
type weigher struct {
	context.Context
	state        *sandbox.State
	before, next int64
	over         int64 // the most by which what is alive is more than what was charged
	at           int64 // what was charged then
}

// weighEvery is how many charged bytes lie between two looks.
const weighEvery = 3 << 20

func (w *weigher) Err() error {
	if w.state == nil {
		return nil
	}
	_, charged := w.state.Spent()
	if charged < w.next {
		return nil
	}
	w.next = charged + weighEvery
	if over := alive() - w.before - charged - charged/4; over > w.over {
		w.over, w.at = over, charged
	}
	return nil
}

func alive() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestLedgerIsHonest: no hostile script holds more than a quarter and 256 KB beyond what it was charged. The bound on the memory of
// all scripts together rests on that.
func TestLedgerIsHonest(t *testing.T) {
	const allowance = 256 << 10
	scripts := hostileScripts(t)
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		p, err := sandbox.Compile(path.Base(name)+".lua", scripts[name])
		if err != nil {
			continue
		}
		w := &weigher{Context: context.Background(), before: alive()}
		w.state = sandbox.NewState(w, sandbox.Options{Limits: hostileLimits()})
		_, err = w.state.Run(p)
		w.state.Close()
		if w.over > allowance {
			t.Errorf("%s: with %d KB charged it held %d KB more than that and a quarter (%v)", name, w.at>>10, w.over>>10, err)
		}
	}
}
