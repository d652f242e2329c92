package flows

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// plugin publishes a plugin.
func (w *benched) plugin(source string) {
	w.b.Helper()
	s, err := w.Push(w.b.Context(), benchAccount, store.KindPlugin, "crm.lua", source, "bench")
	if err == nil {
		_, err = w.Publish(w.b.Context(), s.ScriptID, s.Version, "bench")
	}
	if err != nil {
		w.b.Fatal(err)
	}
}

// BenchmarkHooks is decide alone, of a keyword that data answers: without plugins, beside hooks that do not want to see it, and with one
// that sees it and does nothing. Run it with -cpu 1.
func BenchmarkHooks(b *testing.B) {
	for _, c := range []struct{ name, plugin string }{
		{"none", ""},
		{"no match", `return { hooks = { on_event = { subscribe = function() end, location = function() end }, before_send = { template = function() end } } }`},
		{"match", `return { hooks = { on_event = { text = function(fan, event) end } } }`},
		{"before_send", `return { hooks = { before_send = { passive = function(send) end } } }`},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newBenched(b)
			w.flow(benchFlows["keyword/data"])
			if c.plugin != "" {
				w.plugin(c.plugin)
			}
			w.receive(w.text("fan", "in"))
			in, m := w.given(w.text("fan", "1"))
			b.ReportAllocs()
			for b.Loop() {
				if out, err := decide(b.Context(), in, m, nil); err != nil || out.reply.Content != "one" {
					b.Fatal(err, out.reply)
				}
			}
		})
	}
}

// BenchmarkReplayHTTP decides a step again that has read over HTTP; it asks nobody.
func BenchmarkReplayHTTP(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, `{"level":"gold"}`) }))
	w := newBenched(b)
	var err error
	w.Engine, err = New(Config{Store: mem.New(), Now: func() time.Time { return w.at }, Accounts: []Account{{Name: benchAccount, HTTPAllow: []string{s.URL}}}})
	if err != nil {
		b.Fatal(err)
	}
	w.flow(`return flow { name = "b", triggers = { text = { "in" } }, first = "s", states = { s = { enter = { run = function(fan)
	  fan:reply(http.get("` + s.URL + `").json.level) end } } } }`)
	w.receive(w.text("fan", "in"))
	s.Close()
	b.ReportAllocs()
	for b.Loop() {
		r, err := w.Replay(b.Context(), store.FanID{Account: benchAccount, OpenID: "fan"}, 0)
		if err != nil || !r.Equal || len(r.Steps) != 1 {
			b.Fatal(err, r)
		}
	}
}
