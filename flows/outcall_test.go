package flows_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// receiver is a system that takes calls and answers as it is told.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	keys []string
	body string
	auth string
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.keys, r.body, r.auth = append(r.keys, req.Header.Get("Idempotency-Key")), string(raw), req.Header.Get("Authorization")
		r.mu.Unlock()
		answer(w, req)
	}))
	return r
}

func (r *receiver) calls() int { r.mu.Lock(); defer r.mu.Unlock(); return len(r.keys) }

// oneKey reports whether all calls had the same key.
func (r *receiver) oneKey() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys) > 0 && r.keys[0] != "" && len(slices.Compact(slices.Clone(r.keys))) == 1
}

func status(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

// saves is a flow that saves in the CRM and waits for the answer; other listens for all answers by a trigger.
const saves = `local crm = require "crm"
return flow { name = "saves", triggers = { text = { "save" } }, again = "0s", first = "a", states = {
  a = { enter = { run = function(fan) crm.save(fan.openid, { phone = "138", note = "a \"b\"" }) fan:reply("saving") end },
        on = { answer = { ["crm.save"] = "ok", ["crm.save:failed"] = "bad" } } },
  ok = { enter = { run = function(fan, event) fan.attrs.saved = event.json and event.json.id or "no json" end } },
  bad = { enter = { run = function(fan, event) fan.attrs.saved = event.error end } } } }`

func saving(t *testing.T, s store.Store, r *receiver) *world {
	t.Helper()
	w := newCRMWorld(t, s, r.URL, r.URL)
	t.Cleanup(r.Close)
	w.crm()
	w.flow(saves)
	return w
}

func (w *world) attr(fan, name string) string { f := w.fan(fan); return string(f.Attrs[name]) }

// A call is made after the decision, with its secrets and its key, and its answer is an event that the flow hears; nothing that is
// kept has the secret.
func TestCall(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"id": 7, "echo": %q}`, token) })
	w := saving(t, boltStore(t), r)
	expect(t, "reply", w.text("ann", "save"), "saving")
	expect(t, "calls before", r.calls(), 0)
	w.hushed("ann")
	w.settle()
	expect(t, "calls", r.calls(), 1)
	expect(t, "body", r.body, `{"note":"a \"b\"","openid":"ann","phone":"138"}`)
	expect(t, "auth", r.auth, "Bearer "+token)
	expect(t, "saved", w.attr("ann", "saved"), "7")
	asked, heard := w.rows("ann", store.Asked), w.rows("ann", store.Heard)
	if len(asked) != 1 || !strings.HasPrefix(asked[0].Name, "POST ") || !strings.HasSuffix(asked[0].Name, "/members") || asked[0].Job == "" || asked[0].Job != r.keys[0] {
		t.Errorf("asked: %+v, key %v", asked, r.keys)
	}
	if last := heard[len(heard)-1]; last.Name != "answer" || !strings.Contains(string(last.Value), `"status":200`) {
		t.Errorf("heard: %+v", last)
	}
	w.hushed("ann")
}

// What fails is tried after 1 s, 5 s, 30 s, 5 m, 30 m and 2 h, under one key, and then ends as failed.
func TestCallLadder(t *testing.T) {
	r := newReceiver(t, status(503))
	w := saving(t, mem.New(), r)
	w.text("ann", "save")
	w.settle()
	for i, wait := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour} {
		expect(t, fmt.Sprint("before try ", i+2), w.state("ann", "saves"), "a")
		at := r.calls()
		w.advance(wait - time.Millisecond)
		expect(t, "too early", r.calls(), at)
		w.advance(time.Millisecond)
	}
	expect(t, "state", w.state("ann", "saves"), "bad")
	expect(t, "saved", w.attr("ann", "saved"), `"status 503"`)
	if !r.oneKey() {
		t.Errorf("keys: %v", r.keys)
	}
}

// What would come to the same is not tried again; Retry-After is listened to; a call whose time is over ends.
func TestCallEnds(t *testing.T) {
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		after  time.Duration
		calls  int
		state  string
	}{
		"400":           {status(400), 0, 1, "bad"},
		"404":           {status(404), 0, 1, "bad"},
		"204":           {status(204), 0, 1, "ok"},
		"302":           {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, 0, 1, "bad"},
		"408":           {status(408), 0, 1, "a"},
		"425":           {status(425), time.Second, 2, "a"},
		"waits":         {retryAfter("20"), 19 * time.Second, 1, "a"},
		"has waited":    {retryAfter("20"), 20 * time.Second, 2, "a"},
		"not so fast":   {retryAfter("1"), 6 * time.Second, 3, "a"},
		"waits an hour": {retryAfter("86400"), time.Hour, 2, "a"},
		"large":         {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1<<17)) }, 0, 1, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, row.answer)
			w := saving(t, mem.New(), r)
			w.text("ann", "save")
			w.advance(row.after)
			w.settle()
			expect(t, "calls", r.calls(), row.calls)
			expect(t, "state", w.state("ann", "saves"), row.state)
		})
	}
}

func retryAfter(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", s)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// A call that is not to be made any more after its time ends as failed, and says so.
func TestCallExpires(t *testing.T) {
	r := newReceiver(t, status(503))
	w := newCRMWorld(t, mem.New(), r.URL, r.URL)
	t.Cleanup(r.Close)
	w.flow(`return flow { name = "saves", triggers = { text = true }, first = "a", states = {
  a = { enter = { run = function(fan) http.post("` + r.URL + `", { body = "x", as = "save", key = "mine", expires = "1m" }) end },
        on = { answer = { ["save:failed"] = { run = function(fan, event) fan.attrs.why = event.error end } } } } } }`)
	w.text("ann", "hi")
	w.advance(time.Minute + time.Millisecond)
	if why := w.attr("ann", "why"); !strings.Contains(why, "expired: ") || !strings.Contains(why, "503") {
		t.Errorf("why: %s", why)
	}
	expect(t, "calls", r.calls(), 4)
	expect(t, "key", r.keys[0], "mine")
}

// A crash after the call and before its commit makes the call again, under the same key, and the fan hears of it once.
func TestCallCrash(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":1}`) })
	dies := 2
	s := &diesAt{Store: boltStore(t), take: func(c store.Change) bool {
		if len(c.Done) == 1 && len(c.Jobs) == 1 && c.Jobs[0].Name == "answer" && dies > 0 {
			dies--
			return true
		}
		return false
	}}
	w := saving(t, s, r)
	w.text("ann", "save")
	w.advance(time.Minute)
	expect(t, "calls", r.calls(), 3)
	if !r.oneKey() {
		t.Errorf("keys: %v", r.keys)
	}
	heard := 0
	for _, row := range w.rows("ann", store.Heard) {
		if row.Name == "answer" {
			heard++
		}
	}
	expect(t, "heard", heard, 1)
	expect(t, "state", w.state("ann", "saves"), "ok")
}

// An answer is told to the enrollment that ordered the call, and to triggers; no other enrollment hears it.
func TestAnswerIsOnesOwn(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":1}`) })
	w := saving(t, mem.New(), r)
	w.publish(store.KindFlow, "other.lua", `return flow { name = "other", priority = 9, triggers = { text = { "other" } }, first = "a", states = {
  a = { on = { answer = { ["*"] = "b" } } }, b = {} } }`)
	w.text("ann", "other")
	w.text("ann", "save")
	w.settle()
	expect(t, "own", w.state("ann", "saves"), "ok")
	expect(t, "other", w.state("ann", "other"), "a")
	w.publish(store.KindFlow, "all.lua", `return flow { name = "all", priority = 9, triggers = { answer = { "crm.*" } }, first = "a", states = { a = {} } }`)
	w.publish(store.KindFlow, "gone.lua", `local crm = require "crm"
return flow { name = "gone", triggers = { text = { "gone" } }, first = "a", states = { a = { final = true, enter = { run = function(fan) crm.save(fan.openid, {}) end } } } }`)
	w.text("bob", "gone")
	w.settle()
	expect(t, "trigger", w.state("bob", "all"), "a")
}

// A secret may stand in headers, query, form and deep in JSON; it is written as each of them wants it, and what is no secret beside
// it is not changed. A secret that is not set makes no call.
func TestCallSecrets(t *testing.T) {
	var mu sync.Mutex
	var got []string
	r := newReceiver(t, func(_ http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, req.URL.Query().Get("k")+"|"+req.Header.Get("Content-Type"))
	})
	w := newCRMWorld(t, mem.New(), r.URL, r.URL)
	t.Cleanup(r.Close)
	w.publish(store.KindPlugin, "crm.lua", `local M = { name = "crm", config = { url = { type = "string" }, fresh = { type = "string" }, token = { type = "secret" } },
  permissions = { hosts = { "*" } } }
function M.json() return http.post(config.url .. "?a=1", { query = { k = secrets.token }, json = { list = { 1, { deep = secrets.join("x:", secrets.token) }, "plain" }, t = true } }) end
function M.form() return http.post(config.url, { form = { k = secrets.token, ["a b"] = "ü&" } }) end
function M.unset() return http.post(config.url, { body = secrets.token, as = "unset" }) end
return M`)
	w.flow(`local crm = require "crm"
return flow { name = "t", triggers = { text = true }, again = "0s", first = "a", states = { a = {
  enter = { run = function(fan, event) crm[event.text]() end },
  on = { answer = { ["unset:failed"] = { run = function(fan, event) fan.attrs.why = event.error end } } } } } }`)
	w.text("ann", "json")
	w.settle()
	expect(t, "json", r.body, `{"list":[1,{"deep":"x:`+token+`"},"plain"],"t":true}`)
	w.text("bob", "form")
	w.settle()
	form, err := url.ParseQuery(r.body)
	if err != nil || form.Get("k") != token || form.Get("a b") != "ü&" {
		t.Errorf("form: %s %v", r.body, err)
	}
	if want := []string{token + "|application/json", "|application/x-www-form-urlencoded"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	w.advance(30 * 24 * time.Hour)
	w.text("cat", "unset")
	w.settle()
	expect(t, "calls", r.calls(), 2)
	if why := w.attr("cat", "why"); !strings.Contains(why, "denied: secret token of plugin crm is not set") {
		t.Errorf("why: %s", why)
	}
	w.hushed("ann", "bob", "cat")
}
