package flows_test

import (
	"context"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
)

// TestOnlyWhatIsDueSoonPokes: the scheduler looks into its queue by itself every second, so that a timer of a day is no reason
// to wake it with every push.
func TestOnlyWhatIsDueSoonPokes(t *testing.T) {
	for after, want := range map[string]int{"1d": 0, "1s": 1} {
		w := newWorld(t)
		w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "s", states = {
	s = { enter = { reply = "hi" }, after = { ["` + after + `"] = "e" } }, e = { final = true } } }`)
		pokes := 0
		e, err := flows.New(flows.Config{
			Store: w.store, Now: w.clock, Accounts: []flows.Account{{Name: account}}, Poke: func() { pokes++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Receive(t.Context(), account, w.push("fan", "text", "", "", textBody("start"))); err != nil {
			t.Fatal(err)
		}
		expect(t, "pokes after "+after, pokes, want)
	}
}

// eraser erases the fan between two reads, once.
type eraser struct {
	store.Store
	t     *testing.T
	armed bool
}

func (s *eraser) Load(ctx context.Context, fan store.FanID, cause string) (store.Snapshot, error) {
	snap, err := s.Store.Load(ctx, fan, cause)
	if s.armed {
		s.armed = false
		_, err := s.Commit(ctx, store.Change{
			Fan: fan, Base: snap.Fan.Rev, Cause: "erase", At: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), Entries: []store.Entry{{Kind: store.Erased}},
		})
		if err != nil {
			s.t.Error(err)
		}
	}
	return snap, err
}

// TestAFanErasedWhileAJobBegins: an event that waits for a fan does not bring them back, whenever they are erased.
func TestAFanErasedWhileAJobBegins(t *testing.T) {
	s := &eraser{Store: mem.New(), t: t}
	w := newWorldOn(t, s)
	w.flow(`return flow { name = "test", triggers = { webhook = { "paid" } }, first = "s", states = { s = {} } }`)
	w.text("fan", "hello")
	if _, err := w.engine.Hook(t.Context(), account, flows.Hook{Event: "paid", OpenID: "fan"}); err != nil {
		t.Fatal(err)
	}
	s.armed = true
	w.settle()
	f := w.fan("fan")
	expect(t, "erased", f.Erased, true)
	expect(t, "armed", s.armed, false)
	jobs, _, err := s.Jobs(t.Context(), account, store.JobFilter{}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "jobs", len(jobs), 0)
}
