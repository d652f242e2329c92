package flows_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"fanflow/store/bolt"
)

// TestReadingABusyKey: a fan whose flow reads a count gets an answer though others count on all the time.
func TestReadingABusyKey(t *testing.T) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := newWorldOn(t, s)
	w.flow(handler(`if event.text == "get" then fan:reply("n " .. (kv.get("n") or 0)) else kv.increment("n", 1) end`))
	for i := range 33 {
		w.text(fmt.Sprint("fan", i), "start")
	}
	var over atomic.Bool
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for !over.Load() {
				p := w.push(fmt.Sprint("fan", i), "text", "", "", textBody("more"))
				if _, err := w.engine.Receive(t.Context(), account, p); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 10 {
		if _, err := w.engine.Receive(t.Context(), account, w.push("fan32", "text", "", "", textBody("get"))); err != nil {
			t.Error(err)
		}
	}
	over.Store(true)
	wg.Wait()
}
