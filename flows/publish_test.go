package flows_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"fanflow/store"
	"fanflow/store/mem"
)

// TestPausingDoesNotUndoAPublication: a flow that is paused and resumed while versions are published ends in the last version.
func TestPausingDoesNotUndoAPublication(t *testing.T) {
	w := newWorld(t)
	source := `return flow { name = "test", title = "%d", triggers = { text = { "start" } }, first = "s", states = { s = {} } }`
	w.flow(fmt.Sprintf(source, 1))
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: "test"}
	const versions = 40
	for v := 2; v <= versions; v++ {
		if _, err := w.engine.Push(t.Context(), account, store.KindFlow, "test.lua", fmt.Sprintf(source, v), "test"); err != nil {
			t.Fatal(err)
		}
	}
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !over.Load() {
			for _, why := range []string{"a look", ""} {
				if err := w.engine.Pause(t.Context(), account, "test", why); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for v := 2; v <= versions; v++ {
		if _, err := w.engine.Publish(t.Context(), id, v, "test"); err != nil {
			t.Fatal(err)
		}
		c, err := w.store.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Publications[0].Version; got != v {
			t.Errorf("version %d was published and %d is current", v, got)
		}
	}
	over.Store(true)
	wg.Wait()
}

// reading counts how often a script is read.
type reading struct {
	store.Store
	scripts atomic.Int64
}

func (s *reading) Script(ctx context.Context, id store.ScriptID, version int) (store.Script, error) {
	s.scripts.Add(1)
	return s.Store.Script(ctx, id, version)
}

// TestABrokenVersionIsReadOnce: a version that was published before the rules grew is found unusable once, not at every push
// of a fan who is in it.
func TestABrokenVersionIsReadOnce(t *testing.T) {
	s := &reading{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "s", states = { s = {} } }`)
	w.text("fan", "start")
	bad, err := s.Push(t.Context(), store.Script{
		ScriptID: store.ScriptID{Account: account, Kind: store.KindFlow, Name: "test"}, File: "test.lua", Source: "return 1", Pushed: w.clock(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), store.Publication{ScriptID: bad.ScriptID, Version: bad.Version, Published: w.clock()}); err != nil {
		t.Fatal(err)
	}
	snap := w.fan("fan")
	_, err = s.Commit(t.Context(), store.Change{
		Fan: snap.ID, Base: snap.Rev, Cause: "moved", At: w.clock(),
		Entries: []store.Entry{{Kind: store.Versioned, Flow: "test", No: 1, Version: bad.Version, State: "s"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.text("fan", "one")
	before := s.scripts.Load()
	w.text("fan", "two")
	w.text("fan", "three")
	expect(t, "reads of scripts", s.scripts.Load()-before, 0)
}

// TestABrokenBroadcastLeavesTheOthers: what was published before the rules grew does not keep the others from being scheduled.
func TestABrokenBroadcastLeavesTheOthers(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindBroadcast, "news.lua", `return broadcast { name = "news", cron = "0 10 * * 1", audience = { tag = "vip" }, message = { text = "hi" } }`)
	id := store.ScriptID{Account: account, Kind: store.KindBroadcast, Name: "old"}
	bad, err := w.store.Push(t.Context(), store.Script{ScriptID: id, File: "old.lua", Source: "return 1", Pushed: w.clock()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Publish(t.Context(), store.Publication{ScriptID: id, Version: bad.Version, Published: w.clock()}); err != nil {
		t.Fatal(err)
	}
	list, err := w.engine.Broadcasts(t.Context(), account)
	if err != nil || len(list) != 1 || list[0].Name != "news" {
		t.Errorf("broadcasts: %+v, %v", list, err)
	}
}
