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

// TestSparesAreBounded: who looks through thousands of drafts leaves no more than a bounded number of them behind; the published
// one stays.
func TestSparesAreBounded(t *testing.T) {
	e, err := New(Config{Store: mem.New(), Accounts: []Account{{Name: "shop"}}, Now: func() time.Time { return time.Unix(1.8e9, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	push := func(i int) store.Script {
		source := fmt.Sprintf(`return flow { name = "f", first = "a", triggers = { text = "in" }, states = { a = { final = true, goal = "g%d" } } }`, i)
		s, err := e.Push(t.Context(), "shop", store.KindFlow, "f.lua", source, "test")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := push(0)
	if _, err := e.Publish(t.Context(), s.ScriptID, s.Version, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.library.edition(t.Context(), "shop", 1); err != nil {
		t.Fatal(err)
	}
	for i := range maxSpare + 50 {
		s := push(i + 1)
		if _, err := e.library.draft(t.Context(), s.ScriptID, s.Version, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(e.library.versions); n < 1 || n > 60 {
		t.Errorf("%d compiled versions are held", n)
	}
	for _, c := range e.library.versions {
		if c.Version == 1 {
			return
		}
	}
	t.Error("the published version was forgotten, too")
}
