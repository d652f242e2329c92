package outbox_test

import (
	"testing"

	"fanflow/store"
)

// TestARefusalDoesNotCloseAnOpenCall: after a call whose answer was lost the platform may be busy, or refuse, for longer than it
// recognises a repeat. What was open stays open: the fan has it once, and nobody says that it was not sent.
func TestARefusalDoesNotCloseAnOpenCall(t *testing.T) {
	const path = "/cgi-bin/message/template/send"
	for name, refusal := range map[string]map[string]any{
		"busy":            {"errcode": -1, "count": 8},
		"quota":           {"errcode": 45009},
		"not permitted":   {"errcode": 48001, "count": 3},
		"not for a while": {"errcode": 45011, "count": 8},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1")
			g.fault(map[string]any{"path": path, "reset": true})
			g.order("fan1", "s", store.Template, coupon("x"))
			g.settle()
			refusal["path"] = path
			g.fault(refusal)
			for range 60 {
				g.advance("1m")
			}
			for range 26 {
				g.advance("1h")
			}
			g.expectInbox("fan1", "template x")
			if s := g.send("s"); s.Status != store.Sent && s.Status != store.Uncertain {
				t.Errorf("the send is %s: %s", s.Status, s.Reason)
			}
		})
	}
	t.Run("at once again", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.fault(map[string]any{"path": path, "reset": true})
		g.order("fan1", "s", store.Template, coupon("x"))
		g.settle()
		g.fault(map[string]any{"path": path, "errcode": -1})
		g.advance("1m")
		g.advance("1m")
		g.expect("s", store.Sent, "")
		if q := g.quota("template"); q.Used != 1 {
			t.Errorf("quota %+v", q)
		}
	})
	t.Run("mass, then the quota", func(t *testing.T) {
		g := newRig(t)
		g.advance("13h") // 01:00 in Shanghai
		g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
		g.fault(map[string]any{"path": sendall, "reset": true})
		g.broadcast("b", newsArgs)
		g.settle()
		g.fault(map[string]any{"path": sendall, "errcode": 45009})
		g.advance("10m")
		g.fault(map[string]any{"path": sendall, "errcode": -1, "count": 10})
		for range 180 {
			g.advance("10m")
		}
		g.ended("b")
		g.expectInbox("fan1", "mass news")
	})
}
