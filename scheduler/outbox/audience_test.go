package outbox_test

import (
	"testing"
	"time"

	"fanflow/store"
)

const sendall = "/cgi-bin/message/mass/sendall"

// TestTagsWhoseNamesBeginAlike: who was given the tag vip/gold is not mixed up with who was given vip.
func TestTagsWhoseNamesBeginAlike(t *testing.T) {
	g := newRig(t)
	g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
	g.follow("fan2", store.Entry{Kind: store.Tagged, Name: "vip/gold"})
	g.follow("fan3", store.Entry{Kind: store.Tagged, Name: "vip/gold"})
	gold := `{"name":"gold","tag":"vip/gold","message":{"text":"gold"}}`
	g.broadcast("gold1", gold)
	g.settle()
	g.broadcast("news1", newsArgs)
	g.settle()
	g.commit("fan2", store.Change{Entries: []store.Entry{{Kind: store.Untagged, Name: "vip/gold"}}})
	g.broadcast("gold2", gold)
	g.settle()
	g.expectInbox("fan1", "mass news")
	g.expectInbox("fan2", "mass gold")
	g.expectInbox("fan3", "mass gold", "mass gold")
}

// TestAnOpenMassSendKeepsItsAudience: while it is not known whether the platform took a mass send, its audience stands: who
// has the tag now was not reached by it, and who lost it may have been.
func TestAnOpenMassSendKeepsItsAudience(t *testing.T) {
	g := newRig(t)
	vip := store.Entry{Kind: store.Tagged, Name: "vip"}
	g.follow("early", vip)
	g.follow("stays", vip)
	g.broadcast("b", newsArgs)
	// The platform takes it, and the process dies before it can write that down.
	dead := &mortal{Store: g.store, left: 1 << 20}
	g.through = dead
	g.restart()
	g.outbox = nil
	g.restart()
	for left := 0; ; left++ { // the first count of writes with which the platform was called
		dead.left = left
		_ = g.outbox.Broadcast(t.Context(), g.job("b"))
		if len(g.inbox("stays")) > 0 {
			break
		}
	}
	g.commit("early", store.Change{Entries: []store.Entry{{Kind: store.Untagged, Name: "vip"}}})
	g.follow("late", vip)
	g.through = nil
	g.restart()
	g.advance("20m")
	g.ended("b")
	for fan, want := range map[string]bool{"early": true, "stays": true, "late": false} {
		_, err := g.store.Send(t.Context(), "shop", "b/"+fan)
		if (err == nil) != want {
			t.Errorf("a send of %s is noted: %v, want %v", fan, err == nil, want)
		}
		if got := len(g.inbox(fan)) > 0; got != want {
			t.Errorf("%s got it: %v", fan, got)
		}
	}
}

// TestBroadcastsOfOneTagWaitForEachOther: the tag on the platform and who carries it belong to one mass send until that has
// ended.
func TestBroadcastsOfOneTagWaitForEachOther(t *testing.T) {
	g := newRig(t)
	vip := store.Entry{Kind: store.Tagged, Name: "vip"}
	g.follow("early", vip)
	g.fault(map[string]any{"path": sendall, "reset": true})
	g.broadcast("a", newsArgs)
	g.settle() // the answer is lost; it waits to call again
	g.follow("late", vip)
	g.broadcast("b", `{"name":"more","tag":"vip","message":{"text":"more"}}`)
	g.settle()
	g.advance("1h")
	g.ended("a")
	g.ended("b")
	g.expectInbox("early", "mass news", "mass more")
	g.expectInbox("late", "mass more")
	for id, want := range map[string]bool{"a/early": true, "a/late": false, "b/early": true, "b/late": true} {
		if _, err := g.store.Send(t.Context(), "shop", id); (err == nil) != want {
			t.Errorf("send %s is noted: %v, want %v", id, err == nil, want)
		}
	}
	g.forgotten()
}

// TestMassLedger: a mass send is booked in the day on which it is made, and one that the platform refuses costs nothing.
func TestMassLedger(t *testing.T) {
	g := newRig(t)
	g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
	g.fault(map[string]any{"path": sendall, "errcode": 40214})
	g.broadcast("bad", newsArgs)
	g.settle()
	g.ended("bad")
	if q := g.quota("mass"); q.Used != 0 {
		t.Errorf("after a refusal: %+v", q)
	}
	g.fault(map[string]any{"path": sendall, "errcode": 45009})
	g.broadcast("b", newsArgs)
	g.settle()
	if q := g.quota("mass"); !q.Closed {
		t.Errorf("after 45009: %+v", q)
	}
	g.advance("13h") // the next day
	g.ended("b")
	g.expectInbox("fan1", "mass news")
	if q := g.quota("mass"); q.Used != 1 || q.Closed {
		t.Errorf("the next day: %+v", q)
	}
	used, err := g.store.Quotas(t.Context(), "shop", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range used {
		if q.Quota == "mass" && q.Period == "2026-11-22" && q.Used != 0 {
			t.Errorf("the day before: %+v", q)
		}
	}
}
