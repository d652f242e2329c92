package flows_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

// meddler changes a fan just before the first commit that decides on them while it is armed.
type meddler struct {
	store.Store
	armed atomic.Bool
}

func (m *meddler) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if c.Fan.OpenID != "" && m.armed.CompareAndSwap(true, false) {
		_, err := m.Store.Commit(ctx, store.Change{
			Fan: c.Fan, Base: store.AnyRev, Cause: "meddler", At: c.At, Entries: []store.Entry{{Kind: store.Tagged, Name: "meddled"}},
		})
		if err != nil {
			return store.Receipt{}, err
		}
	}
	return m.Store.Commit(ctx, c)
}

// TestConflict: a decision that is made again, as the fan has changed meanwhile, asks nobody a second time, and what its scripts wrote
// is kept once.
func TestConflict(t *testing.T) {
	var calls atomic.Int64
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, calls.Add(1)) }))
	t.Cleanup(r.Close)
	s := &meddler{Store: mem.New()}
	w := newCRMWorld(t, s, r.URL, r.URL)
	w.flow(`return flow { name = "talk", triggers = { text = { "go" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan)
  log.info("begins") fan:reply(http.get("` + r.URL + `").body .. tostring(fan:has("meddled"))) end } } } }`)
	w.text("ann", "hello")
	s.armed.Store(true)
	expect(t, "reply", w.text("ann", "go"), "1true")
	expect(t, "conflicts", w.last().Conflicts, 1)
	expect(t, "calls", calls.Load(), 1)
	expect(t, "log", strings.Join(w.log(store.KindFlow, "talk"), "|"), "info begins")
}

// TestCacheOfAnAccount: what one account was answered is not given to another.
func TestCacheOfAnAccount(t *testing.T) {
	var calls atomic.Int64
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, calls.Add(1)) }))
	t.Cleanup(r.Close)
	s := mem.New()
	e, err := flows.New(flows.Config{Store: s, Now: time.Now, Accounts: []flows.Account{
		{Name: "one", HTTPAllow: []string{r.URL}}, {Name: "two", HTTPAllow: []string{r.URL}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"one 1", "one 1", "two 2", "two 2"} {
		account, _, _ := strings.Cut(want, " ")
		if i%2 == 0 {
			script, err := e.Push(t.Context(), account, store.KindFlow, "f.lua", `return flow { name = "f", triggers = { text = true }, first = "a", again = "0s",
			  states = { a = { final = true, enter = { run = function(fan) fan:reply(http.get("`+r.URL+`", { cache = "1h" }).body) end } } } }`, "test")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Publish(t.Context(), script.ScriptID, script.Version, "test"); err != nil {
				t.Fatal(err)
			}
		}
		p := &wechat.Push{FromUserName: "fan", CreateTime: time.Now().Unix(), MsgType: "text", MsgID: fmt.Sprint(i), Body: &wechat.Text{Content: "x"}}
		got, err := e.Receive(t.Context(), account, p)
		if err != nil || account+" "+got.Content != want {
			t.Errorf("%s: %q %v", want, got.Content, err)
		}
	}
}

// TestCallOfTheErased: a call that waits is not made for a fan who was erased meanwhile.
func TestCallOfTheErased(t *testing.T) {
	r := newReceiver(t, status(503))
	w := saving(t, mem.New(), r)
	w.text("ann", "save")
	w.settle()
	expect(t, "calls", r.calls(), 1)
	_, err := w.store.Commit(t.Context(), store.Change{
		Fan: store.FanID{Account: account, OpenID: "ann"}, Base: w.fan("ann").Rev, Cause: "erase", At: w.clock(), Entries: []store.Entry{{Kind: store.Erased}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.advance(24 * time.Hour)
	expect(t, "calls", r.calls(), 1)
}

// TestHooksOff: the hooks of a plugin that is off for an account are not asked; its functions can still be used.
func TestHooksOff(t *testing.T) {
	s := mem.New()
	e, err := flows.New(flows.Config{Store: s, Now: time.Now, Accounts: []flows.Account{
		{Name: account, Plugins: map[string]plugins.Setting{"crm": {Off: true}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ kind, file, source string }{
		{store.KindPlugin, "crm.lua", `local M = { hooks = { on_event = function() return false end, before_send = function() return "no" end, on_webhook = function() end } }
		function M.hello() return "hello" end return M`},
		{store.KindFlow, "f.lua", `local crm = require "crm" return flow { name = "f", triggers = { text = true }, first = "a",
		  states = { a = { final = true, enter = { run = function(fan) fan:reply(crm.hello()) end } } } }`},
	} {
		script, err := e.Push(t.Context(), account, f.kind, f.file, f.source, "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Publish(t.Context(), script.ScriptID, script.Version, "test"); err != nil {
			t.Fatal(err)
		}
	}
	p := &wechat.Push{FromUserName: "fan", CreateTime: time.Now().Unix(), MsgType: "text", MsgID: "1", Body: &wechat.Text{Content: "x"}}
	if got, err := e.Receive(t.Context(), account, p); err != nil || got.Content != "hello" {
		t.Errorf("%q %v", got.Content, err)
	}
	send := store.Send{ID: "s", Account: account, OpenID: "fan", Channel: store.Customer, Content: raw(`{"text":"x"}`)}
	if got, err := e.BeforeSend(t.Context(), send, &store.Fan{}); err != nil || got.Veto != "" || got.Held {
		t.Errorf("%+v %v", got, err)
	}
	if id, err := e.HookPlugins(t.Context(), account, flows.PluginHook{Event: "x", Body: []byte("{}")}); err == nil {
		t.Errorf("a webhook is taken as %s", id)
	}
}
