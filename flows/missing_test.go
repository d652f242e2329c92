package flows_test

import (
	"errors"
	"testing"

	"fanflow/flows"
	"fanflow/store"
)

// TestWhatIsNotThere: every call that names a script says which one there is not.
func TestWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.flow(hello)
	draft := listener("draft", 0, "{}", "{}")
	if _, err := w.engine.Push(t.Context(), account, store.KindFlow, "draft.lua", draft, "test"); err != nil {
		t.Fatal(err)
	}
	publish := func(kind, name string, version int) error {
		_, err := w.engine.Publish(t.Context(), store.ScriptID{Account: account, Kind: kind, Name: name}, version, "test")
		return err
	}
	flow := func(name string, version int) error {
		_, err := w.engine.Flow(t.Context(), account, name, version)
		return err
	}
	_, funnel := w.engine.Funnel(t.Context(), account, "nosuch", "", "")
	for _, c := range []struct {
		err  error
		want string
	}{
		{publish(store.KindFlow, "nosuch", 0), `there is no flow "nosuch"`},
		{publish(store.KindFlow, "nosuch", 3), `there is no flow "nosuch"`},
		{publish(store.KindFlow, "hello", 9), `flow "hello" has no version 9`},
		{publish(store.KindPlugin, "nosuch", 0), `there is no plugin "nosuch"`},
		{publish(store.KindBroadcast, "nosuch", 0), `there is no broadcast "nosuch"`},
		{flow("nosuch", 0), `there is no flow "nosuch"`},
		{flow("hello", 9), `flow "hello" has no version 9`},
		{funnel, `there is no flow "nosuch"`},
		{w.engine.Pause(t.Context(), account, "nosuch", "x"), `there is no flow "nosuch"`},
		{w.engine.Pause(t.Context(), account, "draft", "x"), `flow "draft" is not published`},
	} {
		if !errors.Is(c.err, store.ErrNotFound) || c.err.Error() != c.want {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
	if err := w.engine.Pause(t.Context(), "other", "hello", "x"); !errors.Is(err, flows.ErrNoAccount) {
		t.Errorf("account: %v", err)
	}
}
