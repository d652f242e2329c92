package flows

import (
	"fmt"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// TestVersionsAreNotKeptForEver: a service that runs for months while flows are published every day holds the versions in use.
func TestVersionsAreNotKeptForEver(t *testing.T) {
	e, err := New(Config{Store: mem.New(), Accounts: []Account{{Name: "shop"}}, Now: func() time.Time { return time.Unix(1.8e9, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		source := fmt.Sprintf(`return flow { name = "f", triggers = { text = "in" }, first = "a", states = { a = { final = true, goal = "g%d" } } }`, i)
		s, err := e.Push(t.Context(), "shop", store.KindFlow, "f.lua", source, "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Publish(t.Context(), s.ScriptID, s.Version, "test"); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Diff(t.Context(), "shop", "f", 1, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(e.library.versions); n > 2 {
		t.Errorf("%d compiled versions are held; one is published and one was just looked at", n)
	}
}
