package flows_test

import (
	"context"
	"fmt"
	"testing"

	"fanflow/store"
	"fanflow/store/mem"
)

// enrolledBefore puts a fan into state a of version 1 as programs did that did not count publications.
func (w *world) enrolledBefore(fan, flow string) {
	w.t.Helper()
	_, err := w.store.Commit(w.t.Context(), store.Change{
		Fan: store.FanID{Account: account, OpenID: fan}, Cause: "before", At: w.clock(), Entries: []store.Entry{
			{Kind: store.Heard, Name: "text in"},
			{Kind: store.Enrolled, Flow: flow, No: 1, Version: 1, Day: "2026-11-02"},
			{Kind: store.Entered, Flow: flow, No: 1, State: "a", Fence: 1},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestWhoWasThereBeforeGoesThroughAllPublications: "A new version". Who entered before publications were counted goes through each
// of them also where the last one takes back what a middle one did, and where there were more than a publication remembers.
func TestWhoWasThereBeforeGoesThroughAllPublications(t *testing.T) {
	for _, more := range []int{0, store.MaxHistory} {
		t.Run(fmt.Sprint(more, " more"), func(t *testing.T) {
			w := newWorld(t)
			w.flow(version("one", `}`))
			w.enrolledBefore("fan", "v")
			w.flow(version("two", `}`))
			id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: "v"}
			for _, c := range []*store.Choice{{Mode: store.EndFans}, nil} {
				if _, err := w.engine.PublishAs(t.Context(), id, 1, "test", c); err != nil {
					t.Fatal(err)
				}
			}
			for range more {
				if _, err := w.engine.Publish(t.Context(), id, 2, "test"); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, "says", w.text("fan", "?"), "")
			expect(t, "ends", w.ends("fan"), "v ended by publication 3")
		})
	}
}

// counting counts how often the whole history of a script is read.
type counting struct {
	store.Store
	histories int
}

func (s *counting) Publications(ctx context.Context, id store.ScriptID) ([]store.Publication, error) {
	s.histories++
	return s.Store.Publications(ctx, id)
}

// TestALongSleepIsReadOnce: fans who slept through more publications than are remembered share what is read about them.
func TestALongSleepIsReadOnce(t *testing.T) {
	s := &counting{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(version("one", `}`))
	for i := range 20 {
		w.text(manyFan(i), "in")
	}
	if err := w.engine.Pause(t.Context(), account, "v", "held"); err != nil {
		t.Fatal(err)
	}
	w.flow(version("two", `}`))
	for range store.MaxHistory {
		if _, err := w.engine.Publish(t.Context(), store.ScriptID{Account: account, Kind: store.KindFlow, Name: "v"}, 2, "test"); err != nil {
			t.Fatal(err)
		}
	}
	s.histories = 0
	for i := range 20 {
		expect(t, "says", w.text(manyFan(i), "?"), "two answers")
	}
	if s.histories > 2 {
		t.Errorf("the history was read %d times", s.histories)
	}
}
