package plugins_test

import (
	"context"
	"strings"
	"testing"

	"fanflow/plugins"
)

// keysPlugin reads keys in every way that a program has of its own. Its permissions are the default: crm:*.
const keysPlugin = `
local M = { name = "crm" }
local outside = kv
function M.get(k) return kv.get(k) or "none" end
function M.tail(k) return kv.get(k) end
function M.caught(k) local ok, v = pcall(kv.get, k); if not ok then error(v, 0) end return v end
function M.deep(k) return pcall(pcall, function() return pcall(kv.get, k) end) end
function M.required(k) return require("kv").get(k) end
function M.kept(k) return outside.get(k) end
function M.reader(k) return function() return kv.get(k) end end
function M.maker() return function() return function(k) return kv.get(k) end end end
function M.with(fn, k) return fn(k) end
function M.module() return kv end
function M.sorted(k) local out; table.sort({ 2, 1 }, function(a, b) out = kv.get(k); return a < b end); return out end
function M.replaced(k) return (string.gsub("x", "x", function() return kv.get(k) end)) end
function M.indexed(k) return setmetatable({}, { __index = function(_, key) return kv.get(key) end })[k] end
function M.text(k) return tostring(setmetatable({}, { __tostring = function() return kv.get(k) end })) end
function M.handler(k) return xpcall(function() error("x") end, function() return kv.get(k) end) end
function M.say(...) print(...); log.warn(...) end
return M`

// TestScope: what a plugin may touch goes by whose program runs, not by who called it. What a program hands on is handed on.
func TestScope(t *testing.T) {
	const refused = "the plugin crm may not touch the key \"shop:n\": its permissions name crm:*; add it there: permissions = { kv = { … } }"
	h := newHost(library{"crm@1": keysPlugin})
	p := newPort()
	p.values["shop:n"], p.values["crm:n"] = []byte(`"shop"`), []byte(`"crm"`)
	for source, want := range map[string]string{
		"kv.get('shop:n')":                                                     "shop",
		"crm.get('crm:n')":                                                     "crm",
		"crm.get('shop:n')":                                                    refused,
		"crm.tail('shop:n')":                                                   refused,
		"crm.caught('shop:n')":                                                 refused,
		"select(2, pcall(crm.get, 'shop:n'))":                                  refused,
		"select(2, pcall(crm.tail, 'shop:n'))":                                 refused,
		"select(4, crm.deep('shop:n'))":                                        refused,
		"crm.required('shop:n')":                                               refused,
		"crm.kept('shop:n')":                                                   refused,
		"crm.reader('shop:n')()":                                               refused,
		"crm.maker()()('shop:n')":                                              refused,
		"crm.sorted('shop:n')":                                                 refused,
		"crm.replaced('shop:n')":                                               refused,
		"crm.indexed('shop:n')":                                                refused,
		"crm.text('shop:n')":                                                   refused,
		"(function() return crm.tail('shop:n') end)()":                         refused,
		"select(2, crm.handler('crm:n'))":                                      "crm",
		"select(2, crm.handler('shop:n'))":                                     "the error handler failed, too",
		"require('crm').get('shop:n')":                                         refused,
		"crm.module().get('shop:n')":                                           refused,
		"crm.module().get('crm:n')":                                            "crm",
		"tostring(crm.module() == kv)":                                         "false",
		"tostring(crm.module() == crm.module())":                               "true",
		"tostring(crm.module().get == crm.module().get)":                       "true",
		"tostring(crm.module())":                                               "library: kv",
		"crm.with(kv.get, 'shop:n')":                                           "shop",
		"crm.with(function(k) return kv.get(k) end, 'shop:n')":                 "shop",
		"crm.with(crm.maker()(), 'crm:n')":                                     "crm",
		"crm.module().gett('x')":                                               "there is no kv.gett",
		"(function() crm.module().get = 1 end)()":                              "kv.get cannot be set: a script may not change a library",
		"tostring(getmetatable(crm.module()))":                                 "locked",
		"(function() local m = crm.module(); m.set('crm:x', 1) end)() or 'ok'": "ok",
		"crm.with(crm.module().delete, 'shop:n')":                              refused,
		"crm.with(crm.module().increment, 'shop:n')":                           refused,
		"crm.with(crm.module().count, 'shop:n')":                               refused,
		"crm.module().take('shop:n', 1)":                                       refused,
		"crm.module().set('shop:n', 1)":                                        refused,
	} {
		got, err := evaluate(t, h, plugins.Run{Pins: map[string]int{"crm": 1}, Port: p}, "local crm = require 'crm'\nreturn "+source)
		if err != nil {
			got = err.Error()
		}
		if got != want && !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s:\ngot  %s\nwant %s", source, got, want)
		}
	}
	if p.values["shop:n"] == nil || p.counts["shop:n"] != 0 {
		t.Errorf("a refused call has done something: %s, %d", p.values["shop:n"], p.counts["shop:n"])
	}
}

// TestScopeOfEach: two plugins in one State have what is their own, also where one calls the other.
func TestScopeOfEach(t *testing.T) {
	h := newHost(library{
		"a@1": "local b = require 'b'\nreturn { permissions = { kv = { 'shared:*', 'a' } }, get = function(k) return kv.get(k) end, through = function(k) return b.get(k) end }",
		"b@1": "return { get = function(k) return kv.get(k) end, permissions = { kv = { '*:open' } } }",
		"c@1": "return { get = function(k) return kv.get(k) end, permissions = { kv = {} } }",
	})
	p := newPort()
	for _, k := range []string{"a", "shared:1", "x:open", "c:1"} {
		p.values[k] = []byte(`"` + k + `"`)
	}
	for source, ok := range map[string]bool{
		"require('a').get('a')": true, "require('a').get('shared:1')": true, "require('a').get('x:open')": false, "require('a').get('a:1')": false,
		"require('a').through('x:open')": true, "require('a').through('shared:1')": false, "require('b').get('a')": false, "require('c').get('c:1')": false,
	} {
		_, err := evaluate(t, h, plugins.Run{Pins: map[string]int{"a": 1, "b": 1, "c": 1}, Port: p}, "return "+source)
		if (err == nil) != ok {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// TestScopeLog: a plugin's lines say whose they are.
func TestScopeLog(t *testing.T) {
	p := newPort()
	_, err := evaluate(t, newHost(library{"crm@1": keysPlugin}), plugins.Run{Pins: map[string]int{"crm": 1}, Port: p}, "print('a')\nrequire('crm').say('b', 1)\nlog.info('c')")
	if got := strings.Join(p.lines, "|"); err != nil || got != "a|crm: b\t1|crm: b\t1|c" {
		t.Errorf("%q %v", got, err)
	}
}

// TestRequireFromOutside: a hook's host gets the plugin's table, in the plugin's own scope.
func TestRequireFromOutside(t *testing.T) {
	p := newPort()
	p.values["shop:n"] = []byte("1")
	s, err := newHost(library{"crm@1": keysPlugin}).State(context.Background(), plugins.Run{Pins: map[string]int{"crm": 1}, Port: p})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.Require("crm")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Require("crm")
	if err != nil || again != v {
		t.Errorf("it was loaded twice: %v", err)
	}
	if _, err := s.Require("none"); err == nil || !strings.Contains(err.Error(), `no plugin "none"`) {
		t.Errorf("got %v", err)
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		glob, key string
		want      bool
	}{
		{"crm:*", "crm:1", true},
		{"crm:*", "crm:", true},
		{"crm:*", "crm", false},
		{"crm:*", "crmx:1", false},
		{"crm", "crm", true},
		{"crm", "crm1", false},
		{"*", "", true},
		{"*", "x", true},
		{"a*b", "ab", true},
		{"a*b", "a-b", true},
		{"a*b", "a-c", false},
		{"a*b", "a-bc", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "a1b2c", true},
		{"a*b*c", "acb", false},
		{"*a*", "bab", true},
		{"*a*", "bbb", false},
		{"a*a", "a", false},
		{"**", "x", true},
		{"", "", true},
		{"", "x", false},
	} {
		if got := plugins.MayTouch([]string{tt.glob}, tt.key); got != tt.want {
			t.Errorf("%q %q: %v", tt.glob, tt.key, got)
		}
	}
}
