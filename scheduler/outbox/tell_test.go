package outbox_test

import (
	"context"
	"testing"

	"fanflow/store"
	"fanflow/wechat"
)

// TestTheEndOfASendIsTold: whoever wants to know gets the send as it has ended, and what they make of it is committed with the
// end. Of who was erased nothing is told.
func TestTheEndOfASendIsTold(t *testing.T) {
	g := newRig(t)
	var told []string
	g.tell = func(_ context.Context, s store.Send) []store.Job {
		told = append(told, s.ID+" "+string(s.Status)+" "+s.Channel+" "+s.Reason)
		return []store.Job{{ID: "told/" + s.ID, Account: s.Account, OpenID: s.OpenID, Kind: "event", Name: "sent", Due: g.sim.Now()}}
	}
	g.follow("fan")
	g.order("fan", "no-window", store.Auto, hello("x"))
	g.settle()
	g.writes("fan")
	g.order("fan", "window", store.Auto, hello("x"))
	g.order("fan", "z-bad", store.Customer, wechat.Outgoing{Image: "nothing"})
	g.settle()
	g.follow("gone", store.Entry{Kind: store.Erased})
	g.order("gone", "erased", store.Customer, hello("x"))
	g.settle()
	want := []string{
		"no-window skipped customer no open customer-service window", "window sent customer ",
		"z-bad failed customer WeChat refused it: 40007 invalid media_id",
	}
	if len(told) != len(want) {
		t.Fatalf("told %q, want %q", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told %q, want %q", told[i], want[i])
		}
	}
	for _, id := range []string{"no-window", "window", "z-bad"} {
		if _, err := g.store.Job(t.Context(), "shop", "told/"+id); err != nil {
			t.Errorf("job of %s: %v", id, err)
		}
	}
}
