package flows_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
)

// token is the secret of the plugin crm. It must be seen by the CRM and nowhere else.
const token = "hush-7f3a/9+b2&c"

// newCRMWorld is a world on a data file whose account may reach hosts, with the plugin crm set up for a CRM at base.
func newCRMWorld(t *testing.T, s store.Store, base string, hosts ...string) *world {
	t.Helper()
	w := &world{t: t, store: s, now: time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)}
	gate := flows.NewGate()
	var err error
	w.engine, err = flows.New(flows.Config{
		Store: s, Now: w.clock, Gate: gate,
		Host: plugins.NewHost(plugins.Config{Source: s, Gate: gate, Secret: func(a, plugin, name string) (string, bool) {
			return token, a == account && plugin == "crm" && name == "token" && w.clock().Month() == time.November // it is taken away then
		}}),
		Accounts: []flows.Account{{
			Name: account, Apology: apology, Type: "service", Customer: true, HTTPAllow: hosts,
			Plugins: map[string]plugins.Setting{"crm": {Config: map[string]any{"url": base, "fresh": "1s"}, Secrets: []string{"token"}}},
		}},
		Observe: func(o flows.Observation) { w.mu.Lock(); defer w.mu.Unlock(); w.seen = append(w.seen, o) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.replays)
	return w
}

func boltStore(t *testing.T) store.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), "fanflow.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// members is a flow that asks the CRM for the level of who writes anything.
const members = `local crm = require "crm"
return flow { name = "members", triggers = { text = true }, first = "a", states = { a = { enter = { run = function(fan)
  fan.attrs.level = crm.level(fan.openid, "none")
  fan:reply("level " .. fan.attrs.level)
  fan:leave()
end } } }, again = "0s" }`

func (w *world) crm() {
	w.t.Helper()
	w.publish(store.KindPlugin, "crm.lua", read(w.t, filepath.Join("..", "examples", "plugins", "crm.lua")))
}

// A decision reads from the CRM, the journal says so, and a replay needs no network (the CRM is closed before it). The CRM sees the
// token; journal, trace and jobs have it in no form, though the CRM echoes it in each. (Secrets never reach a log, a journal, the UI or
// an error message.)
func TestCRMReads(t *testing.T) {
	w := newCRMWorld(t, boltStore(t), "http://127.0.0.1:1", "http://127.0.0.1")
	var calls atomic.Int64
	var seen atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		seen.Store(r.Header.Get("Authorization") + " " + r.URL.Query().Get("openid"))
		rw.Header().Set("X-Echo", token)
		_ = json.NewEncoder(rw).Encode(map[string]string{
			"level": "gold", "a": token, "b": base64.StdEncoding.EncodeToString([]byte("x:" + token)), "c": url.QueryEscape(token), "d": url.PathEscape(token), "e": strings.ReplaceAll(token, "/", `\/`),
		})
	}))
	t.Cleanup(s.Close)
	w = newCRMWorld(t, w.store, s.URL, s.URL)
	w.crm()
	w.flow(members)
	expect(t, "reply", w.text("ann", "hi"), "level gold")
	expect(t, "seen by the CRM", seen.Load().(string), "Bearer "+token+" ann")
	expect(t, "calls", calls.Load(), 1)
	rows := w.rows("ann", store.Fetched)
	if len(rows) != 1 || rows[0].Name != "GET "+strings.TrimPrefix(s.URL, "http://")+"/members" || !strings.Contains(string(rows[0].Value), `"status":200`) || rows[0].Why != "" {
		t.Errorf("fetched: %+v", rows)
	}
	expect(t, "cached", w.text("bob", "hi"), "level gold")
	w.text("ann", "hi")
	expect(t, "calls, one of them remembered", calls.Load(), 2)
	w.hushed("ann", "bob")
}

// hushed looks for the token in all that is kept of fans.
func (w *world) hushed(fans ...string) {
	w.t.Helper()
	jobs, err := w.store.Lease(w.t.Context(), store.LeaseQuery{Now: w.clock().Add(1000 * time.Hour), For: time.Nanosecond, Owner: "look", Max: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, fan := range fans {
		raw, err := json.Marshal([]any{w.journal(fan), w.fan(fan), jobs})
		if err != nil {
			w.t.Fatal(err)
		}
		core := []byte("hush-7f3a")
		forms := [][]byte{core, []byte("aHVzaC03ZjNh"), []byte("h1c2gtN2YzY"), []byte("odXNoLTdmM2")}
		for _, form := range forms {
			if i := bytes.Index(raw, form); i >= 0 {
				w.t.Errorf("the token stands in what is kept of %s: …%s…", fan, raw[max(0, i-60):min(len(raw), i+60)])
			}
		}
	}
}

// Whatever the CRM does, the fan has an answer, the journal the fault, and after five faults the CRM is left alone.
func TestCRMFaults(t *testing.T) {
	read := func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }
	stall := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, row := range map[string]struct {
		why   string
		serve func(net.Conn)
	}{
		"stalls before": {"timeout: ", stall},
		"stalls after":  {"timeout: ", func(c net.Conn) { read(c); fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); stall(c) }},
		"resets":        {"reset: ", func(c net.Conn) { read(c); fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") }},
		"a gigabyte":    {"large: ", func(c net.Conn) { read(c); fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n") }},
		"gzip":          {"encoding: ", func(c net.Conn) { read(c); fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nxx") }},
		"no HTTP":       {"encoding: ", func(c net.Conn) { read(c); fmt.Fprint(c, "220 hello\r\n") }},
		"redirects": {"redirect: ", func(c net.Conn) {
			read(c)
			fmt.Fprint(c, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
		}},
		"500": {"", func(c net.Conn) {
			read(c)
			fmt.Fprint(c, "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			var seen atomic.Int64
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					seen.Add(1)
					go func() { defer c.Close(); row.serve(c) }()
				}
			}()
			base := "http://" + l.Addr().String()
			w := newCRMWorld(t, boltStore(t), base, base)
			w.crm()
			w.flow(members)
			var waits sync.WaitGroup
			for i := range 5 {
				waits.Go(func() { expect(t, "reply", w.text(fmt.Sprint("fan", i), "hi"), "level none") })
			}
			waits.Wait()
			for i := range 5 {
				rows := w.rows(fmt.Sprint("fan", i), store.Fetched)
				if len(rows) != 1 || !strings.HasPrefix(rows[0].Why, row.why) || row.why == "" && !strings.Contains(string(rows[0].Value), "500") {
					t.Errorf("fetched: %+v", rows)
				}
			}
			before := seen.Load()
			expect(t, "reply", w.text("late", "hi"), "level none")
			if rows := w.rows("late", store.Fetched); len(rows) != 1 || !strings.HasPrefix(rows[0].Why, "down: ") || seen.Load() != before {
				t.Errorf("after five faults: %+v, %d connections more", rows, seen.Load()-before)
			}
		})
	}
}

// One bad script never delays another fan: who asks for nothing is answered while the CRM stalls.
func TestCRMStallsAlone(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-release }))
	w := newCRMWorld(t, mem.New(), s.URL, s.URL)
	t.Cleanup(s.Close)
	w.crm()
	w.flow(strings.Replace(members, "text = true", `text = { "ask" }`, 1))
	w.publish(store.KindFlow, "other.lua", `return flow { name = "other", triggers = { text = { "hi" } }, first = "a", states = { a = { final = true, enter = { run = function(fan) fan:reply("hello") end } } } }`)
	done := make(chan string)
	go func() { done <- w.text("slow", "ask") }()
	<-asked
	expect(t, "another", w.text("quick", "hi"), "hello")
	select {
	case <-done:
		t.Error("the slow one is answered before the other")
	default:
	}
	close(release)
	<-done
}

// At most three addresses are read in a decision; the same one twice is one.
func TestReadsAreCounted(t *testing.T) {
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { calls.Add(1); fmt.Fprint(rw, r.URL.Path) }))
	w := newCRMWorld(t, mem.New(), s.URL, s.URL)
	t.Cleanup(s.Close)
	w.flow(`return flow { name = "t", triggers = { text = true }, first = "a", states = { a = { final = true, enter = { run = function(fan)
  local got = {}
  for i, path in ipairs { "/a", "/b", "/a", "/c", "/d" } do
    local answer, why = http.get("` + s.URL + `" .. path)
    got[i] = answer and answer.body or why:match("^%a+")
  end
  fan:reply(table.concat(got, " "))
end } } } }`)
	expect(t, "reply", w.text("ann", "hi"), "/a /b /a /c timeout")
	expect(t, "calls", calls.Load(), 3)
}

// Without http_allow nothing is reached; what a script asks wrongly is its failure, with the line.
func TestDenied(t *testing.T) {
	w := newCRMWorld(t, mem.New(), "")
	w.flow(`return flow { name = "t", triggers = { text = true }, again = "0s", first = "a", states = { a = { final = true, enter = { run = function(fan)
  local _, why = http.get("https://crm.example.com/x")
  fan:reply(why:match("^%a+"))
end } } } }`)
	expect(t, "reply", w.text("ann", "hi"), "denied")
	for code, want := range map[string]string{
		`http.get("crm")`:                                               "begins with https://",
		`http.get("https://u:p@a.cn")`:                                  "user or a password",
		`http.get("https://a.cn", { hedaers = {} })`:                    `no option "hedaers"`,
		`http.get("https://a.cn", { headers = { Host = "x" }})`:         "Host cannot be set",
		`http.get("https://a.cn", { cache = "8d" })`:                    "8d is not between",
		`http.post("https://a.cn", { json = 1, body = "x" })`:           "one of body, json and form",
		`http.post("https://a.cn", { json = print })`:                   "function",
		`http.post("https://a.cn", { as = "two words" })`:               "without spaces",
		`for i = 1, 21 do http.post("https://a.cn") end`:                "at most 20 calls",
		`http.get("https://a.cn", { query = { q = ("x"):rep(5000) } })`: "longer than 4 KB",
		`http.get("https://a.cn/?q=\255")`:                              "the URL is no UTF-8 text",
		`http.get("https://a.cn", { query = { q = "\255" } })`:          "query: q: it is no UTF-8 text",
		`http.get("https://a.cn", { headers = { ["X-A"] = "\255" } })`:  "headers: X-A: it is no UTF-8 text",
		`http.post("https://a.cn", { form = { ["\255"] = "x" } })`:      "form: a name in it is no UTF-8 text",
		`http.post("https://a.cn", { body = "\255" })`:                  "body: it is no UTF-8 text",
		`http.post("https://a.cn", { json = { a = { "\255" } } })`:      "json: a text in it is no UTF-8 text",
		`http.post("https://a.cn", { json = { ["\255"] = 1 } })`:        "json: a text in it is no UTF-8 text",
	} {
		w.flow("return flow { name = \"t\", triggers = { text = true }, again = \"0s\", first = \"a\", states = { a = { final = true, enter = { run = function(fan)\n" + code + "\nend } } } }")
		fan := fmt.Sprint("fan", w.ids.Add(1))
		w.text(fan, "hi")
		if rows := w.rows(fan, store.Failed); len(rows) != 1 || !strings.Contains(rows[0].Why, want) || !strings.Contains(rows[0].Why, "test.lua:2") {
			t.Errorf("%s: %+v", code, rows)
		}
	}
}

// diesAt lets the commits fail that take asks for, once each.
type diesAt struct {
	store.Store
	take func(store.Change) bool
}

func (f *diesAt) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if f.take(c) {
		return store.Receipt{}, errors.New("the process dies here")
	}
	return f.Store.Commit(ctx, c)
}

// TestHostsThatNobodyAllows: a plugin that asks for a host that no account allows is warned of it, and pushed.
func TestHostsThatNobodyAllows(t *testing.T) {
	w := newCRMWorld(t, mem.New(), "https://crm.example.com", "*.example.com")
	source := `return { name = "far", permissions = { hosts = { "crm.example.com", "other.example.org" } } }`
	_, found, err := w.engine.Check(t.Context(), account, store.KindPlugin, "far.lua", source)
	if err != nil || len(found) != 1 || found[0].Severity != flows.SeverityWarning || !strings.Contains(found[0].Msg, `"other.example.org", which no account allows`) {
		t.Errorf("%+v %v", found, err)
	}
	w.publish(store.KindPlugin, "far.lua", source)
}
