package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/http"
	"fanflow/store"
)

// library is a Source over sources by "name@version"; version 0 is the highest of 1 to 9.
type library map[string]string

func (l library) Script(_ context.Context, id store.ScriptID, version int) (store.Script, error) {
	for v := 9; v > 0; v-- {
		source, ok := l[fmt.Sprintf("%s@%d", id.Name, v)]
		if ok && (version == 0 || version == v) {
			return store.Script{ScriptID: id, Version: v, File: id.Name + ".lua", Source: source}, nil
		}
	}
	return store.Script{}, fmt.Errorf("script %s: %w", id.Name, store.ErrNotFound)
}

// port keeps the shared values of a test in memory, as one decision sees them.
type port struct {
	http.Port // nil: what it is for needs an engine
	values    map[string]json.RawMessage
	counts    map[string]int64
	lines     []string
	end       error // what Get ends the run with
	state     *sandbox.State
}

func newPort() *port { return &port{values: map[string]json.RawMessage{}, counts: map[string]int64{}} }

func (p *port) Get(key string) (json.RawMessage, error) {
	if p.end != nil {
		p.state.Abort(p.end)
	}
	if n, ok := p.counts[key]; ok {
		return json.RawMessage(fmt.Sprint(n)), nil
	}
	return p.values[key], nil
}

func (p *port) Set(key string, value json.RawMessage) error {
	if key == "" {
		return errors.New("the key is empty")
	}
	p.values[key] = value
	return nil
}

func (p *port) Increment(key string, by int64) (int64, error) {
	p.counts[key] += by
	return p.counts[key], nil
}

func (p *port) Take(key string, limit int64) (int64, bool, error) {
	if p.counts[key] >= limit {
		return 0, false, nil
	}
	p.counts[key]++
	return p.counts[key], true, nil
}

func (p *port) Sign(key http.Sealed, text string) (string, error) {
	raw, err := json.Marshal(key)
	return fmt.Sprintf("%s signs %q", raw, text), err
}

func (p *port) Log(_, text string) { p.lines = append(p.lines, text) }

// evening is the story of design.md: half past nine on a Monday evening in Shanghai.
func evening(t testing.TB) (time.Time, *time.Location) {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, 2, 21, 30, 0, 0, loc), loc
}

func newHost(src plugins.Source) *plugins.Host { return plugins.NewHost(plugins.Config{Source: src}) }

// evaluate runs a source on a Host and gives what it returns, as text.
func evaluate(t testing.TB, h *plugins.Host, r plugins.Run, source string) (string, error) {
	t.Helper()
	p, err := sandbox.Compile("s.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	if r.Now.IsZero() {
		r.Now, r.Location = evening(t)
	}
	s, err := h.State(context.Background(), r)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if mine, ok := r.Port.(*port); ok {
		mine.state = s
	}
	v, err := s.Run(p)
	if err != nil {
		return "", err
	}
	return s.Text(v), nil
}

// TestStd runs scripts that assert what the standard modules do.
func TestStd(t *testing.T) {
	files, err := filepath.Glob("testdata/std/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := evaluate(t, newHost(library{}), plugins.Run{Port: newPort()}, string(source)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStdNames: every module is global and can be required, and is the same both ways.
func TestStdNames(t *testing.T) {
	for name := range plugins.Std(nil) {
		h := newHost(library{"p@1": fmt.Sprintf("return { same = function() return %s == require '%s' end }", name, name)})
		got, err := evaluate(t, h, plugins.Run{Pins: map[string]int{"p": 1}, Port: newPort()}, "return require('p').same()")
		if err != nil || got != "true" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestPins(t *testing.T) {
	h := newHost(library{
		"stock@1": "return { n = 1 }", "stock@2": "return { n = 2 }",
		"shop@1": "local stock = require 'stock'\nreturn { n = stock.n * 10 }",
		"bad@1":  "local function f(\nreturn {}",
	})
	const source = "return require('stock').n .. ' ' .. require('shop').n"
	for want, pins := range map[string]map[string]int{
		"1 10": {"stock": 1, "shop": 1},
		"2 20": {"stock": 2, "shop": 1},
	} {
		for range 2 {
			if got, err := evaluate(t, h, plugins.Run{Pins: pins}, source); err != nil || got != want {
				t.Errorf("pins %v: got %q, %v", pins, got, err)
			}
		}
	}
	for source, want := range map[string]string{
		"\nrequire 'stocks'":         "s.lua:2: there is no plugin \"stocks\": push it with `fanflow plugin push stocks.lua --publish`, then push this script again",
		"\nreturn require 'missing'": "s.lua:2: there is no plugin \"missing\": push it with `fanflow plugin push missing.lua --publish`, then push this script again",
		"\nreturn require 'bad'":     "bad.lua:2: this is no Lua near `return`",
	} {
		_, err := evaluate(t, h, plugins.Run{Pins: map[string]int{"missing": 1, "bad": 1}}, source)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

type need struct{ key string }

func (n need) Error() string { return "need " + n.key }

// TestNeed: what a Port ends the run with comes out of Run as it went in, pcall or not.
func TestNeed(t *testing.T) {
	h := newHost(library{"p@1": "return { get = function(k) local ok, v = pcall(kv.get, k); return v end }"})
	for _, source := range []string{"kv.get('p:a')", "pcall(kv.get, 'p:a')", "require('p').get('p:a')", "pcall(require('p').get, 'p:a')"} {
		p := newPort()
		p.end = need{"a"}
		_, err := evaluate(t, h, plugins.Run{Port: p, Pins: map[string]int{"p": 1}}, source)
		var n need
		if !errors.As(err, &n) || n.key != "a" {
			t.Errorf("%s: got %v", source, err)
		}
	}
}

func TestKVWithoutFan(t *testing.T) {
	_, err := evaluate(t, newHost(library{}), plugins.Run{}, "local n = kv.take('x', 1)")
	want := "s.lua:1: kv can be used only while a fan is being served: call it inside of a function"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestLog(t *testing.T) {
	p := newPort()
	_, err := evaluate(t, newHost(library{}), plugins.Run{Port: p}, "print('a', 1)\nlog.info('b', nil)\nlog.info(('x'):rep(2000))")
	if err != nil || len(p.lines) != 3 || p.lines[0] != "a\t1" || p.lines[1] != "b\tnil" || len(p.lines[2]) > 1010 {
		t.Errorf("%q %v", p.lines, err)
	}
}

func TestCheck(t *testing.T) {
	h := newHost(library{"stock@1": "return { take = function() end }", "stock@2": "return { name = 'stock', take = function() end }"})
	for _, tt := range []struct{ file, source, name, err string }{
		{"plugins/shops.lua", "return { nearest = function() end }", "shops", ""},
		{`C:\plugins\shops.lua`, "return {}", "shops", ""},
		{"x.lua", "local M = { name = 'shops', version = '1.0' }\nreturn M", "shops", ""},
		{"x.lua", "local stock = require 'stock'\nreturn { take = stock.take }", "x", ""},
		{"x.lua", "local M = {}", "", "x.lua: a plugin returns a table of its functions, this one a nil: end it with `return M`"},
		{"x.lua", "return { name = 7 }", "", "x.lua:1: the plugin's name is a number, not a text"},
		{"x.lua", "return { name = 'a b' }", "", `x.lua:1: the plugin's name "a b" may have letters, digits, _, . and - only`},
		{"time.lua", "return {}", "", `x.lua:1: the plugin's name "time" is that of a module of fanflow: give it another name`},
		{"flow.lua", "return {}", "", `x.lua:1: the plugin's name "flow" is that of a module of fanflow: give it another name`},
		{"x.lua", "return {", "", "x.lua:1: the script ends in the middle of a statement: an `end`, a bracket or a value is missing"},
		{"x.lua", "\nlocal n = kv.get('a')\nreturn {}", "", "x.lua:2: kv can be used only while a fan is being served: call it inside of a function"},
		{"x.lua", "require 'none'", "", "x.lua:1: there is no plugin \"none\": push it with `fanflow plugin push none.lua --publish`, then push this script again"},
	} {
		m, _, err := h.Manifest(context.Background(), tt.file, tt.source)
		name, got := "", ""
		if err == nil {
			name = m.Name
		} else {
			got = strings.Replace(err.Error(), tt.file, "x.lua", 1)
			if !errors.As(err, new(*sandbox.Error)) {
				t.Errorf("%s: no *sandbox.Error: %v", tt.source, err)
			}
		}
		if name != tt.name || got != tt.err {
			t.Errorf("%s: got %q %q", tt.source, name, got)
		}
	}
}

func TestBroadcast(t *testing.T) {
	h := newHost(library{"texts@1": "return { hello = '你好' }"})
	b, err := h.Broadcast(context.Background(), "weekly.lua", `
-- every Monday
local texts = require "texts"
return broadcast {
  name = "weekly", title = "周一", cron = "0 10 * * 1", missed = "skip", audience = { tag = "新粉丝" },
  message = { text = texts.hello },
}`)
	want := plugins.Broadcast{Name: "weekly", Title: "周一", Cron: "0 10 * * 1", Missed: "skip", Tag: "新粉丝", Message: json.RawMessage(`{"text":"你好"}`), Purpose: "campaign"}
	if err != nil || !cmp.Equal(b, want) {
		t.Errorf("%v\n%s", err, cmp.Diff(b, want))
	}
	b, err = h.Broadcast(context.Background(), "n.lua", `return broadcast { name = "n", audience = { all = true }, purpose = "service",
		message = { articles = { { title = "T", url = "https://example.com" } } } }`)
	if err != nil || !b.All || b.Missed != "run" || b.Purpose != "service" || string(b.Message) != `{"articles":[{"title":"T","url":"https://example.com"}]}` {
		t.Errorf("%+v %v", b, err)
	}

	const ok = "name = 'b',\naudience = { all = true },\nmessage = { text = 'x' },\n"
	for fields, want := range map[string]string{
		"":                           "b.lua:1: the broadcast's name is empty",
		ok + "crom = '* * * * *'":    `b.lua:5: a broadcast has no field "crom": it has audience, cron, message, missed, name, purpose and title`,
		ok + "cron = 5":              "b.lua:5: the field cron is a number; it must be a string",
		ok + "missed = 'never'":      `b.lua:5: missed is "never"; it must be "run" or "skip"`,
		ok + "purpose = 'fun'":       `b.lua:5: purpose is "fun"; it must be "campaign" or "service"`,
		"name = 'b'":                 `b.lua:1: the broadcast has no audience: audience must be { tag = "…" } or { all = true }`,
		"name = 'b',\naudience = {}": `b.lua:3: audience must be { tag = "…" } or { all = true }`,
		"name = 'b',\naudience = { tag = 'x', all = true }":                             `b.lua:3: audience must be { tag = "…" } or { all = true }`,
		"name = 'b', audience = { all = true }":                                         "b.lua:1: the broadcast has no message: message must hold one of text, articles, image, voice",
		"name = 'b', audience = { all = true },\nmessage = { txt = 'x' }":               `b.lua:3: message must hold one of text, articles, image, voice, not "txt"`,
		"name = 'b', audience = { all = true },\nmessage = { text = 'x', image = 'y' }": "b.lua:3: message must hold one of text, articles, image, voice",
		"name = 'b', audience = { all = true },\nmessage = { text = '' }":               "b.lua:3: text must be a text that is not empty",
		"name = 'b', audience = { all = true },\nmessage = { text = function() end }":   "b.lua:3: message: a function cannot be kept: only texts, numbers, booleans and tables of them are data",
		"name = 'b', audience = { all = true },\nmessage = { articles = 'x' }":          "b.lua:3: articles must be a list of { title =, description =, picurl =, url = }",
	} {
		_, err := h.Broadcast(context.Background(), "b.lua", "return broadcast {\n"+fields+"\n}")
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := h.Broadcast(context.Background(), "b.lua", "local x = 1"); err == nil || err.Error() != "b.lua:1: the script returns no broadcast: end it with `return broadcast { … }`" {
		t.Errorf("got %v", err)
	}
}

// TestExamples: the scripts that users copy are what this package says they are.
func TestExamples(t *testing.T) {
	h := newHost(library{})
	for pattern, check := range map[string]func(file, source string) error{
		"../examples/plugins/*.lua": func(file, source string) error {
			_, _, err := h.Manifest(context.Background(), file, source)
			return err
		},
		"../examples/broadcasts/*.lua": func(file, source string) error {
			_, err := h.Broadcast(context.Background(), file, source)
			return err
		},
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.lua") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := check(file, string(source)); err != nil {
				t.Error(err)
			}
		}
	}
}
