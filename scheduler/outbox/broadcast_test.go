package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/wechat"
)

func (g *rig) broadcast(jobID, args string) {
	g.t.Helper()
	now := g.sim.Now()
	causes++
	_, err := g.store.Commit(g.t.Context(), store.Change{
		Fan: store.FanID{Account: "shop"}, Base: store.AnyRev, Cause: scheduler.Cause(now, "test", strconv.Itoa(causes)), At: now,
		Jobs: []store.Job{{ID: jobID, Account: "shop", Kind: "broadcast", Due: now, Args: json.RawMessage(args)}},
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) ended(jobID string) {
	g.t.Helper()
	if j, err := g.store.Job(g.t.Context(), "shop", jobID); !errors.Is(err, store.ErrNotFound) {
		g.t.Errorf("broadcast %s has not ended: %+v %v", jobID, j, err)
	}
}

// forgotten checks that no broadcast's progress is kept.
func (g *rig) forgotten() {
	g.t.Helper()
	if left, err := g.store.Settings(g.t.Context(), "broadcast-run/"); err != nil || len(left) > 0 {
		g.t.Errorf("progress left behind: %v %v", left, err)
	}
}

const newsArgs = `{"name":"news","tag":"vip","message":{"text":"news"}}`

func TestBroadcastToATag(t *testing.T) {
	g := newRig(t)
	vip := store.Entry{Kind: store.Tagged, Name: "vip"}
	g.follow("fan1", vip)
	g.follow("fan2", vip)
	g.follow("other")
	g.follow("out", vip, store.Entry{Kind: store.OptedOut})
	g.follow("left", vip, store.Entry{Kind: store.Unsubscribed, Created: g.sim.Now().Add(time.Minute)})
	g.broadcast("broadcast/news@1", newsArgs)
	g.settle()
	g.ended("broadcast/news@1")
	g.forgotten()
	for fan, want := range map[string][]string{"fan1": {"mass news"}, "fan2": {"mass news"}, "other": nil, "out": nil, "left": nil} {
		g.expectInbox(fan, want...)
	}
	s := g.send("broadcast/news@1/fan1")
	if s.Status != store.Sent || s.Channel != store.Mass || s.Purpose != "campaign" || s.MsgID == 0 {
		t.Errorf("the send of a fan: %+v", s)
	}
	if d := cmp.Diff([]string{"settled sent"}, g.journal("fan2", "broadcast/news@1/fan2")); d != "" {
		t.Error(d)
	}
	if q := g.quota("mass"); q.Used != 1 || q.Limit != 100 {
		t.Errorf("quota %+v", q)
	}

	// The next run: one has left the audience, one is new, one is allowed as this is service.
	g.commit("fan1", store.Change{Entries: []store.Entry{{Kind: store.Untagged, Name: "vip"}}})
	g.commit("other", store.Change{Entries: []store.Entry{vip}})
	g.broadcast("broadcast/news@2", `{"name":"news","tag":"vip","message":{"text":"more"},"purpose":"service"}`)
	g.settle()
	g.ended("broadcast/news@2")
	for fan, want := range map[string][]string{"fan1": {"mass news"}, "fan2": {"mass news", "mass more"}, "other": {"mass more"}, "out": {"mass more"}} {
		g.expectInbox(fan, want...)
	}

	p := &wechat.Push{MsgType: "event", Event: "MASSSENDJOBFINISH", MsgID: strconv.FormatInt(s.MsgID, 10), Body: &wechat.SendResult{
		Status: "send success", TotalCount: 2, FilterCount: 2, SentCount: 1, ErrorCount: 1,
	}}
	if err := g.outbox.MassResult(t.Context(), "shop", p); err != nil {
		t.Fatal(err)
	}
	results, err := g.outbox.Results(t.Context(), "shop")
	if err != nil || len(results) != 2 {
		t.Fatal(results, err)
	}
	r := results[s.MsgID]
	if r.Name != "news" || r.Audience != 2 || r.Status != "send success" || r.Sent != 1 || r.Errors != 1 {
		t.Errorf("result %+v", r)
	}
}

func TestBroadcastToAllInLists(t *testing.T) {
	g := newRig(t)
	for i := range 120 { // three calls of at most 50
		g.follow(fmt.Sprintf("fan%03d", i))
	}
	// Known here, unknown there: the platform refuses the list that this fan is in.
	g.commit("fan000-ghost", store.Change{Entries: []store.Entry{{Kind: store.Subscribed, Created: g.sim.Now()}}})
	g.broadcast("b", `{"name":"all","all":true,"message":{"text":"hello"}}`)
	g.settle()
	g.ended("b")
	for i := range 120 {
		g.expectInbox(fmt.Sprintf("fan%03d", i), "mass hello")
	}
	if _, err := g.store.Send(t.Context(), "shop", "b/fan000-ghost"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a send for the fan who could not be tagged: %v", err)
	}
}

func TestBroadcastsThatGoNowhere(t *testing.T) {
	for name, args := range map[string]string{
		"empty audience": newsArgs,
		"no audience":    `{"name":"x","message":{"text":"x"}}`,
		"nonsense":       `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1")
			g.broadcast("b", args)
			g.settle()
			g.ended("b")
			g.expectInbox("fan1")
			if g.log.Len() == 0 {
				t.Error("nothing was logged")
			}
		})
	}
}

func TestBroadcastRefused(t *testing.T) {
	tests := []struct {
		name, path string
		errcode    int
		ends       bool // at once, unsent
		wait       time.Duration
	}{
		{"busy", "mass/sendall", -1, false, time.Second},
		{"day's quota", "mass/sendall", 45009, false, 11 * time.Hour},
		{"no permission", "mass/sendall", 48001, false, 9 * time.Minute},
		{"bad content", "mass/sendall", 40214, true, 0},
		{"unknown code", "mass/sendall", 99999, true, 0},
		{"tags busy", "tags", -1, false, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
			path := "/cgi-bin/message/mass/sendall"
			if tt.path == "tags" {
				path = "/cgi-bin/tags/members/batchtagging"
			}
			g.fault(map[string]any{"path": path, "errcode": tt.errcode})
			g.broadcast("b", newsArgs)
			g.settle()
			if tt.ends {
				g.ended("b")
				g.expectInbox("fan1")
				return
			}
			if wait := g.job("b").Due.Sub(g.sim.Now()); wait < tt.wait-time.Second {
				t.Errorf("waits %s, want at least %s", wait, tt.wait)
			}
			g.advance("13h")
			g.ended("b")
			g.expectInbox("fan1", "mass news")
		})
	}
}

func TestBroadcastHeldBack(t *testing.T) {
	g := newRig(t)
	g.oncePerHour("/cgi-bin/message/mass/sendall")
	g.follow("fan1")
	for _, b := range []string{"b1", "b2"} {
		g.broadcast(b, `{"name":"`+b+`","all":true,"message":{"text":"`+b+`"}}`)
		g.settle()
	}
	g.ended("b1")
	opens := g.sim.Now().Truncate(time.Hour).Add(time.Hour)
	if j := g.job("b2"); j.Attempt != 0 || j.Due.Before(opens) || j.Due.After(opens.Add(time.Second)) {
		t.Errorf("the second one waits until %s after %d tries, want %s and none", j.Due, j.Attempt, opens)
	}
	g.advance("1h")
	g.ended("b2")
	g.expectInbox("fan1", "mass b1", "mass b2")
	if q := g.quota("mass"); q.Used != 2 {
		t.Errorf("quota %+v", q)
	}
}

func TestBroadcastLostAnswerAndCrashes(t *testing.T) {
	t.Run("lost answer", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
		g.fault(map[string]any{"path": "/cgi-bin/message/mass/sendall", "reset": true})
		g.broadcast("b", newsArgs)
		g.settle()
		g.advance("1h")
		g.ended("b")
		g.expectInbox("fan1", "mass news")
		g.expect("b/fan1", store.Sent, "")
	})
	for writes := range 12 {
		t.Run(fmt.Sprintf("dead after %d writes", writes), func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
			g.follow("fan2", store.Entry{Kind: store.Tagged, Name: "vip"})
			g.broadcast("b", newsArgs)
			g.through = &mortal{Store: g.store, left: writes}
			g.restart()
			_ = g.outbox.Broadcast(t.Context(), g.job("b")) // the last counts come through
			g.through = nil
			g.restart()
			g.advance("20m")
			g.ended("b")
			for _, fan := range []string{"fan1", "fan2"} {
				g.expectInbox(fan, "mass news")
				g.expect("b/"+fan, store.Sent, "")
				if d := cmp.Diff([]string{"settled sent"}, g.journal(fan, "b/"+fan)); d != "" {
					t.Error(d)
				}
			}
			if q := g.quota("mass"); q.Used != 1 {
				t.Errorf("quota %+v", q)
			}
			g.broadcast("next", newsArgs)
			g.settle()
			g.forgotten()
		})
	}
}
