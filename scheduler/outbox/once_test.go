package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// mortal is a store whose process dies: after some commits and settings nothing is written any more.
type mortal struct {
	*mem.Store
	mu   sync.Mutex
	left int
}

var errDead = errors.New("the process is dead")

func (m *mortal) die() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left--; m.left < 0 {
		return errDead
	}
	return nil
}

func (m *mortal) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if err := m.die(); err != nil {
		return store.Receipt{}, err
	}
	return m.Store.Commit(ctx, c)
}

func (m *mortal) SetSetting(ctx context.Context, name string, value []byte) error {
	if err := m.die(); err != nil {
		return err
	}
	return m.Store.SetSetting(ctx, name, value)
}

// unsure is a store that commits and then says that it does not know.
type unsure struct {
	*mem.Store
	n int
}

func (u *unsure) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	r, err := u.Store.Commit(ctx, c)
	if u.n++; u.n%2 == 1 && err == nil {
		return store.Receipt{}, errors.New("no answer from the disk")
	}
	return r, err
}

func TestCrashAtEveryStep(t *testing.T) {
	tests := []struct {
		name, channel, restart string
		status                 []store.Status // by how many commits came through: 0, 1
		inbox                  [][]string
	}{
		{"template", store.Template, "1s", []store.Status{store.Sent, store.Sent}, [][]string{{"template x"}, {"template x"}}},
		{"template, within ten minutes", store.Template, "9m59s", []store.Status{store.Sent, store.Sent}, [][]string{{"template x"}, {"template x"}}},
		{"template, too late to be recognised", store.Template, "10m1s", []store.Status{store.Sent, store.Uncertain}, [][]string{{"template x"}, {"template x"}}},
		{"customer", store.Customer, "1s", []store.Status{store.Sent, store.Uncertain}, [][]string{{"customer x"}, {"customer x"}}},
	}
	for _, tt := range tests {
		for commits, status := range tt.status {
			t.Run(fmt.Sprintf("%s, dead after %d commits", tt.name, commits), func(t *testing.T) {
				g := newRig(t)
				g.follow("fan1")
				g.writes("fan1")
				m := hello("x")
				if tt.channel == store.Template {
					m = coupon("x")
				}
				g.order("fan1", "s", tt.channel, m)
				g.through = &mortal{Store: g.store, left: commits}
				g.restart()
				if err := g.outbox.Send(t.Context(), g.job("s")); !errors.Is(err, errDead) {
					t.Fatalf("Send of a dying process = %v", err)
				}
				g.through = nil
				g.restart()
				g.advance(tt.restart)
				why := ""
				if status == store.Uncertain {
					why = "interrupted"
				}
				g.expect("s", status, why)
				g.expectInbox("fan1", tt.inbox[commits]...)
			})
		}
	}
}

func TestOutcomeIsWrittenLater(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	g.order("fan1", "s", store.Customer, hello("x"))
	sick := &mortal{Store: g.store, left: 1}
	g.through = sick
	g.restart()
	if err := g.outbox.Send(t.Context(), g.job("s")); err == nil {
		t.Fatal("the outcome cannot have been written")
	}
	sick.left = 100 // the disk is well again, the process still alive
	g.settle()
	g.expect("s", store.Sent, "")
	g.expectInbox("fan1", "customer x")
}

func TestStoreThatIsUnsure(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	g.through = &unsure{Store: g.store}
	g.restart()
	for i := range 4 {
		g.order("fan1", fmt.Sprint("s", i), store.Customer, hello(fmt.Sprint(i)))
	}
	g.settle()
	g.expectInbox("fan1", "customer 0", "customer 1", "customer 2", "customer 3")
	if n := g.left("fan1"); n != 1 {
		t.Errorf("%d left in the window, want 1", n)
	}
}

func TestLostAnswer(t *testing.T) {
	t.Run("template", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "reset": true, "count": 2})
		g.order("fan1", "s", store.Template, coupon("x"))
		g.settle()
		g.expect("s", store.InFlight, "")
		g.advance("1m")
		g.expect("s", store.InFlight, "")
		g.advance("1m")
		g.expect("s", store.Sent, "")
		g.expectInbox("fan1", "template x")
		if q := g.quota("template"); q.Used != 1 {
			t.Errorf("quota %+v", q)
		}
	})
	t.Run("template, never answered", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "reset": true, "count": 1000})
		g.order("fan1", "s", store.Template, coupon("x"))
		g.settle()
		tried := g.send("s").Tried
		for range 20 {
			g.advance("1m")
		}
		g.expect("s", store.Uncertain, "no answer")
		g.expectInbox("fan1", "template x")
		if s := g.send("s"); !s.Tried.Equal(tried) {
			t.Errorf("first tried at %s, now %s", tried, s.Tried)
		}
	})
	t.Run("template that expires meanwhile", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.fault(map[string]any{"path": "/cgi-bin/message/template/send", "reset": true, "count": 2})
		g.order("fan1", "s", store.Template, coupon("x"), func(s *store.Send) { s.Expires = g.sim.Now().Add(30 * time.Second) })
		g.settle()
		g.advance("1m")
		g.advance("1m")
		g.expect("s", store.Sent, "")
		g.expectInbox("fan1", "template x")
	})
	t.Run("customer", func(t *testing.T) {
		g := newRig(t)
		g.follow("fan1")
		g.writes("fan1")
		g.fault(map[string]any{"path": "/cgi-bin/message/custom/send", "reset": true})
		g.order("fan1", "s", store.Customer, hello("x"))
		g.settle()
		g.advance("1h")
		g.expect("s", store.Uncertain, "no answer")
		g.expectInbox("fan1", "customer x")
	})
}

func TestConflictingFan(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.writes("fan1")
	// The fan acts whenever the outbox has read it.
	n := 0
	g.through = &busy{g.store, func() {
		if n++; n <= 3 {
			g.commit("fan1", store.Change{Entries: []store.Entry{{Kind: store.Heard, Name: "text"}}})
		}
	}}
	g.restart()
	g.order("fan1", "s", store.Customer, hello("x"))
	g.settle()
	g.expect("s", store.Sent, "")
	g.expectInbox("fan1", "customer x")
	if got := g.left("fan1"); got != 4 {
		t.Errorf("%d left in the window, want 4", got)
	}
}

type busy struct {
	*mem.Store
	act func()
}

func (b *busy) Load(ctx context.Context, fan store.FanID, cause string) (store.Snapshot, error) {
	s, err := b.Store.Load(ctx, fan, cause)
	b.act()
	return s, err
}

func TestCancelledSendIsNotSent(t *testing.T) {
	g := newRig(t)
	g.follow("fan1")
	g.order("fan1", "s", store.Template, coupon("x"), func(s *store.Send) { s.Status, s.Due = store.Cancelled, g.sim.Now().Add(-time.Second) })
	g.settle()
	g.expect("s", store.Cancelled, "")
	g.expectInbox("fan1")
}
