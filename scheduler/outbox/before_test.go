package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/scheduler/outbox"
	"fanflow/store"
)

// asks answers what Before is asked and counts it.
func (g *rig) asks(answers ...outbox.Ruling) *int {
	n := new(int)
	g.before = func(context.Context, store.Send, *store.Fan) (outbox.Ruling, error) {
		*n++
		return answers[min(*n, len(answers))-1], nil
	}
	return n
}

func changed(text string) outbox.Ruling {
	return outbox.Ruling{Passed: "guard@1", Why: "plugin guard changed it", Content: json.RawMessage(`{"text":"` + text + `"}`)}
}

var (
	held   = outbox.Ruling{Held: true, Veto: "guard's before_send failed: boom"}
	vetoed = outbox.Ruling{Veto: "guard: not today", Passed: "guard@1"}
)

func (g *rig) asked(n *int, want int) {
	g.t.Helper()
	if *n != want {
		g.t.Errorf("it was asked about %d times, want %d", *n, want)
	}
}

// A veto ends a send as skipped, before it has cost anything.
func TestBeforeVetoes(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	n := g.asks(vetoed)
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	g.expect("s", store.Skipped, "guard: not today")
	g.expectInbox("fan1")
	g.asked(n, 1)
	if got := g.left("fan1"); got != 5 {
		t.Errorf("%d left in the window, want 5", got)
	}
	if got := g.send("s").Passed; got != "guard@1" {
		t.Errorf("passed %q", got)
	}
}

// What is made of a message is what goes, and stands in the send and in the journal.
func TestBeforeChanges(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	n := g.asks(changed("y"))
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	g.expect("s", store.Sent, "")
	g.expectInbox("fan1", "customer y")
	g.asked(n, 1)
	rows, _, err := g.store.Journal(t.Context(), id("fan1"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	why := ""
	for _, r := range rows {
		if r.Kind == store.Sending {
			why = r.Why
		}
	}
	if why != "plugin guard changed it" || string(g.send("s").Content) != `{"text":"y"}` {
		t.Errorf("the journal says %q, and the send is %s", why, g.send("s").Content)
	}
}

// What cannot go by the channel that was chosen does not go.
func TestBeforeChangesToNonsense(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.asks(changed("y"))
	g.order("fan1", "s", store.Template, coupon("x"))
	g.settle()
	g.expect("s", store.SendFail, "cannot go by channel")
	g.expectInbox("fan1")
}

// Who is asked and cannot say holds a send back: 1, 5 and 15 minutes; then it is skipped.
func TestBeforeHolds(t *testing.T) {
	for name, c := range map[string]struct {
		answers []outbox.Ruling
		asked   int
		status  store.Status
		why     string
	}{
		"for good":      {[]outbox.Ruling{held}, 4, store.Skipped, "before_send failed: boom"},
		"then lets go":  {[]outbox.Ruling{held, held, {Passed: "guard@1"}}, 3, store.Sent, ""},
		"then vetoes":   {[]outbox.Ruling{held, vetoed}, 2, store.Skipped, "not today"},
		"then changes":  {[]outbox.Ruling{held, changed("y")}, 2, store.Sent, ""},
		"does not hold": {[]outbox.Ruling{{Passed: "-"}}, 1, store.Sent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1")
			g.writes("fan1")
			n := g.asks(c.answers...)
			g.order("fan1", "s", store.Customer, hello("x"))
			g.settle()
			for i, wait := range []string{"1m1s", "5m1s", "15m1s"} {
				if s := g.send("s"); s.Status != store.Waiting {
					break
				}
				g.asked(n, i+1)
				g.advance(wait)
			}
			g.expect("s", c.status, c.why)
			g.asked(n, c.asked)
		})
	}
}

// A send is asked about once, whatever stands in its way afterwards: a crash between the reservation and the call, a quota that is
// spent, a fan who acts meanwhile.
func TestBeforeIsAskedOnce(t *testing.T) {
	t.Run("crash between the reservation and the call", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		n := g.asks(outbox.Ruling{Passed: "guard@1", Content: json.RawMessage(`{"template":{"name":"COUPON","data":{"thing1":"y"}}}`)}, vetoed)
		g.order("fan1", "s", store.Template, coupon("x"))
		g.through = &mortal{Store: g.store, left: 1}
		g.restart()
		if err := g.outbox.Send(t.Context(), g.job("s")); !errors.Is(err, errDead) {
			t.Fatalf("Send of a dying process = %v", err)
		}
		if s := g.send("s"); s.Status != store.InFlight || s.Passed != "guard@1" {
			t.Errorf("after the crash: %+v", s)
		}
		g.through = nil
		g.restart()
		g.advance("1s")
		g.advance("1m")
		g.expect("s", store.Sent, "")
		g.expectInbox("fan1", "template y")
		g.asked(n, 1)
	})
	t.Run("crash before the reservation", func(t *testing.T) { // nothing is known of the asking
		g := newRig(t)
		g.follow("fan1")
		n := g.asks(outbox.Ruling{Passed: "guard@1"})
		g.order("fan1", "s", store.Template, coupon("x"))
		g.through = &mortal{Store: g.store}
		g.restart()
		if err := g.outbox.Send(t.Context(), g.job("s")); !errors.Is(err, errDead) {
			t.Fatalf("Send of a dying process = %v", err)
		}
		g.through = nil
		g.restart()
		g.settle()
		g.expect("s", store.Sent, "")
		g.asked(n, 2)
	})
	t.Run("a quota that is spent", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.follow("fan2")
		g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "errcode": 45009})
		g.asks(outbox.Ruling{Passed: "-"})
		g.order("fan1", "a", store.Template, coupon("a"))
		g.settle()
		n := g.asks(outbox.Ruling{Passed: "guard@1", Content: json.RawMessage(`{"template":{"name":"COUPON","data":{"thing1":"y"}}}`)}, vetoed)
		g.order("fan2", "b", store.Template, coupon("b"))
		g.settle()
		g.expect("b", store.Waiting, "")
		g.advance("13h")
		g.expect("b", store.Sent, "")
		g.expectInbox("fan2", "template y")
		g.asked(n, 1)
	})
	t.Run("a fan who acts", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.writes("fan1")
		n := 0
		g.before = func(context.Context, store.Send, *store.Fan) (outbox.Ruling, error) {
			n++
			g.commit("fan1", store.Change{Entries: []store.Entry{{Kind: store.Heard, Name: "text"}}})
			return changed(fmt.Sprint("y", n)), nil
		}
		g.order("fan1", "s", store.Customer, hello("x"))
		g.settle()
		g.expect("s", store.Sent, "")
		g.expectInbox("fan1", "customer y1")
		g.asked(&n, 1)
	})
}

// The tries of asking are none of sending.
func TestBeforeHoldsCountNoTries(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	n := g.asks(held, held, outbox.Ruling{Passed: "guard@1"})
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	g.advance("1m1s")
	g.fault(map[string]any{"path": "/cgi-bin/message/custom/send", "errcode": 45011})
	g.advance("5m1s")
	g.asked(n, 3)
	g.expect("s", store.Waiting, "45011")
	if got := g.job("s").Attempt; got != 1 {
		t.Errorf("%d tries, want 1", got)
	}
}

// It is asked last: about nothing that would not go anyway.
func TestBeforeIsAskedLast(t *testing.T) {
	g := newRig(t)
	g.follow("fan1", store.Entry{Kind: store.OptedOut})
	n := g.asks(outbox.Ruling{})
	g.order("fan1", "s", store.Customer, hello("x"), func(s *store.Send) { s.Purpose = "campaign" })
	g.order("fan1", "t", store.Customer, hello("x"))
	g.settle()
	g.expect("s", store.Skipped, "opted out")
	g.expect("t", store.Skipped, "no open customer-service window")
	g.asked(n, 0)
}

// A fault of ours is no word on the send: the job comes again.
func TestBeforeFails(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	n := 0
	g.before = func(context.Context, store.Send, *store.Fan) (outbox.Ruling, error) {
		if n++; n == 1 {
			return outbox.Ruling{}, errors.New("the disk is full")
		}
		return outbox.Ruling{Passed: "-"}, nil
	}
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	if w := g.job("s").Why; !strings.Contains(w, "the disk is full") {
		t.Errorf("the job waits because %q", w)
	}
	g.advance("1m")
	g.expect("s", store.Sent, "")
}

// A mass send is asked about once, without a fan.
func TestBeforeBroadcast(t *testing.T) {
	for name, c := range map[string]struct {
		answers []outbox.Ruling
		inbox   []string
		asked   int
	}{
		"goes":    {[]outbox.Ruling{{Passed: "-"}}, []string{"mass news"}, 1},
		"changed": {[]outbox.Ruling{changed("other")}, []string{"mass other"}, 1},
		"vetoed":  {[]outbox.Ruling{vetoed}, nil, 1},
		"held":    {[]outbox.Ruling{held}, nil, 4},
		"later":   {[]outbox.Ruling{held, changed("other")}, []string{"mass other"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
			g.follow("fan2", store.Entry{Kind: store.Tagged, Name: "vip"})
			n := g.asks(c.answers...)
			g.broadcast("b", newsArgs)
			g.settle()
			for _, d := range []string{"1m1s", "5m1s", "15m1s"} {
				g.advance(d)
			}
			g.ended("b")
			g.expectInbox("fan1", c.inbox...)
			g.asked(n, c.asked)
			if len(c.inbox) > 0 {
				var m struct{ Text string }
				if err := json.Unmarshal(g.send("b/fan2").Content, &m); err != nil || "mass "+m.Text != c.inbox[0] {
					t.Errorf("the fan's send is %s", g.send("b/fan2").Content)
				}
			}
		})
	}
	for writes := range 12 {
		t.Run(fmt.Sprintf("dead after %d writes", writes), func(t *testing.T) {
			g := newRig(t)
			g.follow("fan1", store.Entry{Kind: store.Tagged, Name: "vip"})
			n := g.asks(changed("first"), changed("second"))
			g.broadcast("b", newsArgs)
			g.through = &mortal{Store: g.store, left: writes}
			g.restart()
			_ = g.outbox.Broadcast(t.Context(), g.job("b"))
			g.through = nil
			g.restart()
			g.advance("20m")
			g.ended("b")
			if writes > 1 && *n != 1 { // the second write says that it was asked
				t.Errorf("asked %d times", *n)
			}
			if got := g.inbox("fan1"); len(got) != 1 || got[0] != []string{"", "mass first", "mass second"}[*n] {
				t.Errorf("asked %d times, the inbox is %q", *n, got)
			}
		})
	}
}

// What waits for an answer is not overtaken by what the fan was told after it.
func TestBeforeHoldsInOrder(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	g.before = func(_ context.Context, s store.Send, _ *store.Fan) (outbox.Ruling, error) {
		if s.ID == "1" && s.Due.Add(time.Minute).After(g.sim.Now()) {
			return held, nil
		}
		return outbox.Ruling{Passed: "guard@1"}, nil
	}
	g.order("fan1", "1", store.Customer, hello("first"))
	g.order("fan1", "2", store.Customer, hello("second"))
	g.settle()
	g.expectInbox("fan1")
	g.advance("61s")
	g.expectInbox("fan1", "customer first", "customer second")
}
