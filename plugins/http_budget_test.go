package plugins_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/http"
)

// answering is a port whose every address answers at once, as from memory.
type answering struct {
	*port
	body string
}

func (p answering) Fetch(http.Request) (fetch.Answer, error) {
	return fetch.Answer{Status: 200, Headers: map[string]string{"x-a": p.body[:500]}, Body: []byte(p.body)}, nil
}

func (p answering) Call(http.Request, http.Order) (string, error) { return "id", nil }

// TestHTTPBudgets: whatever a plugin does with http, its answers and its secrets without end, it is stopped by what it spends and not
// by the clock, and what it holds then is no more than was charged.
func TestHTTPBudgets(t *testing.T) {
	const before = `
local s, list, u = ("x"):rep(60000), {}, "https://crm.example.com/"
for i = 1, 3000 do list[i] = i end
local big = { secrets.token }
for i = 2, 5000 do big[i] = s end
local many = { secrets.token }
for i = 2, 5000 do many[i] = list end
local parts = secrets.token
for i = 1, 5 do parts = secrets.join(parts, parts) end
local sealed = {}
for i = 1, 2000 do sealed[i] = parts end
local tree = { sealed, sealed, sealed, sealed, sealed, sealed, sealed, sealed }
tree = { tree, tree, tree, tree, tree, tree, tree, tree }
local wide = {}
for i = 1, 50 do wide["k" .. i] = s end
local gone = {}
for i = 1, 5000 do gone["k" .. i] = i end
for i = 1, 5000 do gone["k" .. i] = nil end
local a = http.get(u)
local keep = {}
`
	for _, call := range []string{
		"a.body", "a.headers", "a.json", "a.status", "http.get(u)", "http.get(u).json", "http.get(u, { query = wide })", "http.get(u, { headers = gone })",
		"http.post(u, { json = list })", "http.post(u, { json = s })", "http.post(u, { json = big })", "http.post(u, { json = many })", "http.post(u, { json = sealed })",
		"http.post(u, { json = tree })", "http.post(u, { form = wide })", "http.post(u, { body = parts })", "http.post(u, { json = { parts, list } })",
		"secrets.join(s:sub(1, 4000))", "secrets.join(parts, parts)", "secrets.token", "secrets.join", "config.names", "pairs(config)", "tostring(parts)",
		"crypto.hmac_sha256(parts, s)",
	} {
		t.Run(call, func(t *testing.T) {
			var start, end runtime.MemStats
			h := newHost(library{"crm@1": "return { config = { token = { type = 'secret' }, names = { type = 'list' } }, run = function()" + before +
				"for i = 1, 1e9 do keep[i] = { pcall(function() return " + call + " end) } end end }"})
			r := plugins.Run{
				Port: answering{newPort(), `["` + strings.Repeat("y", 16_000) + `"]`}, Pins: map[string]int{"crm": 1}, Limits: sandbox.DefaultLimits(),
				Settings: map[string]plugins.Setting{"crm": {Secrets: []string{"token"}, Config: map[string]any{"names": strings.Repeat("name,", 500)}}},
			}
			r.Limits.Time, r.Limits.Hard = time.Minute, time.Minute
			s, err := h.State(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			p, err := sandbox.Compile("s.lua", "require('crm').run()")
			if err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&start)
			_, err = s.Run(p)
			runtime.ReadMemStats(&end)
			var e *sandbox.Error
			if !errors.As(err, &e) || e.Kind != sandbox.KindBudget && e.Kind != sandbox.KindMemory {
				t.Fatalf("it ended by %v", err)
			}
			if n := end.TotalAlloc - start.TotalAlloc; n > 160<<20 {
				t.Errorf("%d MB were allocated", n>>20)
			}
		})
	}
}
