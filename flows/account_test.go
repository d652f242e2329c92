package flows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

const paid = `return flow { name = "paid", again = true, first = "a", triggers = { webhook = { "crm.*" } }, states = {
  a = { final = true, enter = { run = function(fan, event) fan.attrs.last = event.name .. " " .. tostring(event.data) end } } } }`

func (w *world) webhook(event, body, key string) string {
	w.t.Helper()
	id, err := w.engine.HookPlugins(w.t.Context(), account, flows.PluginHook{Event: event, Body: []byte(body), Key: key})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) attrOf(fan, name string) string { w.t.Helper(); return string(w.fan(fan).Attrs[name]) }

func (w *world) kv(key string) string {
	w.t.Helper()
	v, err := w.store.KV(w.t.Context(), account, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(v.Value)
}

// A call that is about no fan runs the plugin without one; what it returns comes to its fans as webhooks.
func TestOnWebhook(t *testing.T) {
	w := newWorld(t)
	w.flow(paid)
	w.plugin("crm", `return { hooks = { on_webhook = {
	  ["crm.member"] = function(hook) kv.set("crm:seen", hook.event .. hook.account.name); return { openid = hook.data.wx, event = "crm.changed", data = hook.data.level } end,
	  ["crm.*"]      = function(hook) local all = {}; for i, id in ipairs(hook.data) do all[i] = { openid = id, event = "crm.all", data = i } end; return all end,
	  plain          = function(hook) hook.account:event("fan1", "crm.plain", hook.body, { key = "k" }) end } } }`)
	w.text("fan1", "x")
	w.text("fan2", "x")
	w.webhook("crm.member", `{"wx":"fan1","level":"gold"}`, "")
	w.settle()
	expect(t, "fan1", w.attrOf("fan1", "last"), `"crm.changed gold"`)
	expect(t, "kv", w.kv("crm:seen"), `"crm.membershop"`)
	w.webhook("crm.list", `["fan1","fan2","nobody"]`, "")
	w.settle()
	expect(t, "fan1", w.attrOf("fan1", "last"), `"crm.all 1"`)
	expect(t, "fan2", w.attrOf("fan2", "last"), `"crm.all 2"`)
	if f := w.fan("nobody"); f.Rev != 0 {
		t.Error("an event has made a fan")
	}
	w.webhook("plain", "a=b", "")
	w.settle()
	expect(t, "fan1", w.attrOf("fan1", "last"), `"crm.plain a=b"`)
	if _, err := w.engine.HookPlugins(t.Context(), account, flows.PluginHook{Event: "other", Body: []byte("{}")}); !errors.Is(err, flows.ErrNoPlugin) {
		t.Errorf("an event that nobody wants: %v", err)
	}
}

// Two calls with one key are one; without a key each is its own.
func TestOnWebhookOnce(t *testing.T) {
	w := newWorld(t)
	w.plugin("crm", `return { hooks = { on_webhook = function(hook) kv.increment("crm:n") end } }`)
	for _, key := range []string{"a", "a", "", ""} {
		w.webhook("x", `{}`, key)
		w.settle()
	}
	expect(t, "runs", w.kv("crm:n"), "3")
}

// A run that fails changes nothing and comes again, the third time when somebody lets it.
func TestOnWebhookFails(t *testing.T) {
	for name, c := range map[string]struct{ body, why string }{
		"error":       {`error("boom")`, "boom"},
		"a text":      {`return "x"`, "it returned a text"},
		"no fan":      {`return { event = "x" }`, "needs openid or unionid"},
		"both":        {`return { openid = "a", unionid = "b", event = "x" }`, "one of them"},
		"no event":    {`return { openid = "a" }`, "event is a name"},
		"other field": {`return { openid = "a", evnt = "x" }`, "did you mean"},
		"too many":    {`for i = 1, 101 do hook.account:event("fan", "x") end`, "more than 100"},
		"a field":     {`hook.account.x = 1`, "cannot be set"},
		"no field":    {`return hook.account.nme`, "did you mean"},
		"budget":      {`while true do end`, "instructions"},
		"too much":    {`return { openid = "a", event = "x", data = { ("x"):rep(20000), ("x"):rep(20000) } }`, "at most 32768"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.plugin("crm", `return { hooks = { on_webhook = function(hook) kv.set("crm:x", 1) `+c.body+` end } }`)
			id := w.webhook("x", `{}`, "")
			w.advance(time.Minute)
			parked, err := w.engine.PluginJobs(t.Context(), account, "crm")
			if err != nil || len(parked) != 1 || parked[0].ID != id || parked[0].Attempt != 3 || !strings.Contains(parked[0].Why, c.why) {
				t.Errorf("parked: %+v %v", parked, err)
			}
			expect(t, "kv", w.kv("crm:x"), "")
			w.plugin("crm", `return { hooks = { on_webhook = function(hook) kv.set("crm:x", 2) end } }`)
			if err := w.engine.PausePlugin(t.Context(), "crm", ""); err != nil { // which resumes it
				t.Error(err)
			}
			w.settle()
			expect(t, "kv", w.kv("crm:x"), "2")
		})
	}
}

// Runs that read and count the same keys at the same time come out exact.
func TestOnWebhookExact(t *testing.T) {
	w := newWorld(t)
	w.plugin("crm", `return { hooks = { on_webhook = function(hook) kv.set("crm:sum", (kv.get("crm:sum") or 0) + 1); kv.increment("crm:n") end } }`)
	const runs = 40
	for range runs {
		w.webhook("x", `{}`, "")
	}
	jobs, err := w.store.Lease(t.Context(), store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: runs})
	if err != nil || len(jobs) != runs {
		t.Fatal(len(jobs), err)
	}
	done := make(chan error)
	for _, j := range jobs {
		go func() { done <- w.engine.Wake(t.Context(), j) }()
	}
	for range jobs {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	expect(t, "sum", w.kv("crm:sum"), fmt.Sprint(runs))
	expect(t, "n", w.kv("crm:n"), fmt.Sprint(runs))
}

// Jobs of a plugin that is gone, or whose hook is, end; those of a paused one wait.
func TestOnWebhookGone(t *testing.T) {
	w := newWorld(t)
	w.plugin("crm", `return { hooks = { on_webhook = function(hook) kv.increment("crm:n") end } }`)
	w.webhook("x", `{}`, "")
	w.plugin("crm", `return { hooks = { on_webhook = { y = function(hook) kv.increment("crm:n") end } } }`)
	w.settle()
	expect(t, "runs", w.kv("crm:n"), "")
	if next, err := w.store.NextDue(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("something waits: %v %v", next, err)
	}
}

// after_send of a mass send runs once, without a fan, with the counts.
func TestAfterSendMass(t *testing.T) {
	w := newWorld(t)
	w.plugin("crm", `return { hooks = { after_send = { delivered = function(send)
	  kv.set("crm:mass", send.channel .. " " .. send.counts.sent .. "/" .. send.counts.total .. " " .. send.counts.filtered .. " " .. tostring(send.fan)); kv.increment("crm:n") end } } }`)
	p := w.push("helper", "event", "MASSSENDJOBFINISH", "", &wechat.SendResult{Status: "send success", TotalCount: 100, FilterCount: 80, SentCount: 75, ErrorCount: 5})
	p.MsgID = "1"
	for range 2 {
		if _, err := w.engine.Receive(t.Context(), account, p); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	expect(t, "mass", w.kv("crm:mass"), `"mass 75/100 20 nil"`)
	expect(t, "runs", w.kv("crm:n"), "1")
}

// Another system's signature: a header with a prefix and the HMAC of the body under the plugin's secret.
func TestSigner(t *testing.T) {
	s := mem.New()
	host := plugins.NewHost(plugins.Config{Source: s, Secret: func(account, plugin, name string) (string, bool) {
		return map[string]string{"shop crm token": "s3cret"}[account+" "+plugin+" "+name], account == "shop"
	}})
	e, err := flows.New(flows.Config{Store: s, Now: time.Now, Host: host, Accounts: []flows.Account{{Name: "shop"}, {Name: "other"}}})
	if err != nil {
		t.Fatal(err)
	}
	script, err := e.Push(t.Context(), "shop", store.KindPlugin, "crm.lua", `return { config = { token = { type = "secret" } }, webhook = { signature = { header = "X-Hub-Signature-256", prefix = "sha256=", secret = "token" } },
	  hooks = { on_webhook = { ["crm.*"] = function() end } } }`, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), script.ScriptID, script.Version, "test"); err != nil {
		t.Fatal(err)
	}
	by, err := e.Signer(t.Context(), "shop", "crm.x")
	if err != nil || by == nil || by.Header != "X-Hub-Signature-256" || !by.Ready() {
		t.Fatal(by, err)
	}
	// echo -n '{"a":1}' | openssl dgst -sha256 -hmac s3cret
	const sum = "5910e62016ef5034272c926c27071992a465c2335cecf41851bda071577f4f6d"
	for value, want := range map[string]bool{"sha256=" + sum: true, sum: false, "sha256=": false, "sha256=zz": false, "sha256=" + sum[2:]: false} {
		expect(t, value, by.Signed([]byte(`{"a":1}`), value), want)
	}
	expect(t, "another body", by.Signed([]byte(`{"a":2}`), "sha256="+sum), false)
	if by, err := e.Signer(t.Context(), "shop", "order.paid"); by != nil || err != nil {
		t.Errorf("an event of no plugin: %v %v", by, err)
	}
	const byNobody = "22f8eea909400af98adf3681a9f31923ef6b7fcba4abb553d92823a3e9d5c25e" // under an empty secret
	by, err = e.Signer(t.Context(), "other", "crm.x")
	if err != nil || by == nil || by.Ready() || by.Signed([]byte("{}"), "sha256=") || by.Signed([]byte("{}"), "sha256="+byNobody) {
		t.Errorf("an account without the secret: %v %v", by, err)
	}
}

// every runs at its times in the account's zone; one that passed while nobody worked is made up for once, or skipped.
// Behaviour "Time": a missed cron run is caught up once or skipped, as the entry says.
func TestEvery(t *testing.T) {
	for _, c := range []struct{ missed, runs string }{{"run", "4"}, {"skip", "3"}} {
		t.Run(c.missed, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { every(t, c.missed, c.runs) })
		})
	}
}

func every(t *testing.T, missed, runs string) {
	s := mem.New()
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	e, err := flows.New(flows.Config{Store: s, Now: time.Now, Accounts: []flows.Account{{Name: account, Location: shanghai}}})
	if err != nil {
		t.Fatal(err)
	}
	script, err := e.Push(t.Context(), account, store.KindPlugin, "crm.lua", `return { hooks = { missed = "`+missed+`", every = { ["0 9 * * *"] = function(account)
	  kv.increment("crm:n"); kv.set("crm:last", time.date(account.due) .. " " .. account.name) end } } }`, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), script.ScriptID, script.Version, "test"); err != nil {
		t.Fatal(err)
	}
	start := func() (stop func()) {
		r, err := scheduler.New(scheduler.Config{Store: s, Now: time.Now, Workers: map[string]scheduler.Worker{"plugin": e.Wake}})
		if err != nil {
			t.Fatal(err)
		}
		times, err := e.PluginEntries(t.Context(), account)
		if err != nil || len(times) != 1 || times[0].Spec != "0 9 * * *" {
			t.Fatal(times, err)
		}
		zone, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		err = r.SetEntries(t.Context(), account, []scheduler.Entry{{
			Name: times[0].Name, Spec: times[0].Spec, Location: zone, Missed: times[0].Missed, Kind: "plugin", Args: times[0].Args,
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = r.Run(ctx) }()
		return func() { cancel(); <-done }
	}
	kv := func(key string) string {
		v, err := s.KV(t.Context(), account, key)
		if err != nil {
			t.Fatal(err)
		}
		return string(v.Value)
	}
	stop := start()
	time.Sleep(48 * time.Hour) // 2000-01-01 08:00 in Shanghai and on
	stop()
	expect(t, "runs in two days", kv("crm:n"), "2")
	time.Sleep(48 * time.Hour)
	stop = start() // two were missed
	time.Sleep(time.Minute)
	if got, want := kv("crm:n"), map[string]string{"run": "3", "skip": "2"}[missed]; got != want {
		t.Errorf("after the pause %s runs, want %s", got, want)
	}
	time.Sleep(24 * time.Hour)
	stop()
	expect(t, "runs", kv("crm:n"), runs)
	var last string
	if err := json.Unmarshal([]byte(kv("crm:last")), &last); err != nil || !strings.HasSuffix(last, account) || !strings.Contains(last, "09:00") {
		t.Errorf("the last run was for %q %v", last, err)
	}
}

// What an account run reads has no room in a Change, as there is no trace of it: twenty long answers are no reason to fail.
func TestOnWebhookReadsMuch(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, strings.Repeat("x", 16<<10)) }))
	w := newCRMWorld(t, mem.New(), s.URL, s.URL)
	t.Cleanup(s.Close)
	w.plugin("much", `return { permissions = { hosts = { "`+s.URL+`" } }, hooks = { on_webhook = function(hook)
	  local n = 0
	  for i = 1, 20 do n = n + #http.get("`+s.URL+`/" .. i).body end
	  kv.set("much:n", n)
	end } }`)
	w.webhook("x", `{}`, "")
	w.advance(time.Minute)
	expect(t, "read", w.kv("much:n"), fmt.Sprint(20*16<<10))
}
