package flows

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// busyMachine is a context under which every look at the clock finds that seconds have gone by.
type busyMachine struct{ context.Context }

func (b busyMachine) Err() error {
	time.Sleep(3 * time.Second)
	return b.Context.Err()
}

// TestASlowMomentUnpublishesNothing: a published flow that did not load in time stays as it was, and is tried again.
func TestASlowMomentUnpublishesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		engine := func() *Engine {
			e, err := New(Config{Store: s, Accounts: []Account{{Name: "shop"}}, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		author, e := engine(), engine()
		publish := func(version int) {
			t.Helper()
			source := fmt.Sprintf(`local n = 0
				for i = 1, 3000 do n = n + i end
				return flow { name = "f", triggers = { text = "in" }, first = "a", states = { a = { final = true, goal = "g%d" } } }`, version)
			script, err := author.Push(t.Context(), "shop", store.KindFlow, "f.lua", source, "test")
			if err == nil {
				_, err = author.Publish(t.Context(), script.ScriptID, script.Version, "test")
			}
			if err != nil || script.Version != version {
				t.Fatal(script.Version, err)
			}
		}
		check := func(when string, ctx context.Context, version int, held bool) {
			t.Helper()
			catalog, err := s.Catalog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ed, err := e.library.edition(ctx, "shop", catalog.Rev)
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			got := 0
			if p := ed.ByName["f"]; p != nil {
				if got = p.Version; p.No != got {
					t.Errorf("%s: version %d of publication %d", when, p.Version, p.No)
				}
			}
			if got != version || ed.Held != held || ed.Rev != catalog.Rev {
				t.Errorf("%s: version %d, held %v, at revision %d", when, got, ed.Held, ed.Rev)
			}
			if len(e.library.broken) > 0 {
				t.Errorf("%s: it is thought to be broken", when)
			}
		}
		busy := busyMachine{t.Context()}
		publish(1)
		check("at the start, on a busy machine", busy, 0, true)
		check("right after that", t.Context(), 0, true)
		time.Sleep(heldTime)
		check("when it is tried again", t.Context(), 1, false)
		publish(2)
		check("a new version, on a busy machine", busy, 1, true)
		time.Sleep(heldTime)
		check("tried again, and still busy", busy, 1, true)
		time.Sleep(heldTime)
		check("when it is quiet", t.Context(), 2, false)

		id := store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "f"}
		e.library.recent.all, e.library.versions = nil, map[string]*compiled{}
		if c, err := e.library.draft(busy, id, 1, nil); !isSlow(err) {
			t.Errorf("an old version, on a busy machine: %v, %v", c, err)
		}
		if c, err := e.library.draft(t.Context(), id, 1, nil); err != nil || c.Version != 1 {
			t.Errorf("an old version afterwards: %v, %v", c, err)
		}
	})
}

// TestTheClockIsNoFaultOfReplay: what a script was stopped by the clock in cannot come about again, and the journal says so.
func TestTheClockIsNoFaultOfReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		e, err := New(Config{Store: s, Accounts: []Account{{Name: "shop"}}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		script, err := e.Push(t.Context(), "shop", store.KindFlow, "f.lua", `return flow { name = "f", triggers = { text = "in" }, first = "a",
			states = { a = { enter = { run = function(fan) for i = 1, 20000 do end fan:goal("done") end, to = {} } } } }`, "test")
		if err == nil {
			_, err = e.Publish(t.Context(), script.ScriptID, 1, "test")
		}
		if err != nil {
			t.Fatal(err)
		}
		p := &wechat.Push{FromUserName: "fan", CreateTime: time.Now().Unix(), MsgType: "text", MsgID: "1", Body: &wechat.Text{Content: "in"}}
		if _, err := e.Receive(busyMachine{t.Context()}, "shop", p); err != nil {
			t.Fatal(err)
		}
		r, err := e.Replay(t.Context(), store.FanID{Account: "shop", OpenID: "fan"}, 0)
		if err != nil || len(r.Steps) != 1 {
			t.Fatal(err, r)
		}
		step := r.Steps[0]
		if !strings.Contains(step.Rows[len(step.Rows)-2].Why, "ran longer than") {
			t.Errorf("the script was not stopped by the clock: %+v", step.Rows)
		}
		if !step.Same || !step.Folded || !strings.Contains(step.Why, "ran out of time") {
			t.Errorf("same %v, folded %v: %s", step.Same, step.Folded, step.Why)
		}
	})
}

// TestASlowPluginKeepsItsTimes: on a busy machine a plugin has the times that were read of it before, and the others theirs.
func TestASlowPluginKeepsItsTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New()
		engine := func() *Engine {
			e, err := New(Config{Store: s, Accounts: []Account{{Name: "shop"}}, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		author, e, second := engine(), engine(), engine()
		publish := func(spec string) {
			t.Helper()
			source := fmt.Sprintf(`local n = 0
				for i = 1, 3000 do n = n + i end
				return { hooks = { every = { [%q] = function() end } } }`, spec)
			script, err := author.Push(t.Context(), "shop", store.KindPlugin, "crm.lua", source, "test")
			if err == nil {
				_, err = author.Publish(t.Context(), script.ScriptID, script.Version, "test")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		check := func(when string, e *Engine, ctx context.Context, want string) {
			t.Helper()
			times, err := e.PluginEntries(ctx, "shop")
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			got := ""
			for _, at := range times {
				got += at.Spec
			}
			if got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		busy := busyMachine{t.Context()}
		publish("0 9 * * *")
		check("at the start, on a busy machine", second, busy, "")
		catalog, err := s.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.library.edition(t.Context(), "shop", catalog.Rev); err != nil {
			t.Fatal(err)
		}
		publish("0 10 * * *")
		check("a new version, on a busy machine", e, busy, "0 9 * * *")
		check("when it is quiet", e, t.Context(), "0 10 * * *")
	})
}
