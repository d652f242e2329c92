package flows_test

import (
	"context"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// between is a store that does something once between a decision and its commit.
type between struct {
	store.Store
	do func()
}

func (s *between) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if do := s.do; do != nil && c.Fan.OpenID != "" {
		s.do = nil
		do()
	}
	return s.Store.Commit(ctx, c)
}

// TestAPublicationBetweenDecisionAndCommit: who enters a flow while it is published is not seen by the publication's job, as they
// are in no flow yet, and comes to the new version all the same.
func TestAPublicationBetweenDecisionAndCommit(t *testing.T) {
	waits := func(delay string) string {
		return `return flow { name = "test", triggers = { text = "in" }, first = "a", states = {
			a = { after = { ["` + delay + `"] = "b" } }, b = { final = true, enter = { tag = "came" } } } }`
	}
	s := &between{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(waits("7d"))
	w.text("early", "in")
	s.do = func() {
		w.flow(waits("1d"))
		w.settle() // the publication's job passes everybody
	}
	w.text("fan", "in")
	f := w.fan("fan")
	n := f.Enrolled("test")
	expect(t, "version", n.Version, 2)
	expect(t, "publication", n.Pub, 2)
	w.advance(25 * time.Hour)
	for _, name := range []string{"early", "fan"} {
		f := w.fan(name)
		expect(t, name, f.Has("came"), true)
	}
}
