package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// healthy answers with a number that grows by one with every word of the fan.
const healthy = `return flow { name = "healthy", triggers = { text = { "healthy" } }, first = "counting", states = { counting = {
  enter = { run = function(fan) fan.vars.n = 1; fan:reply("1") end },
  on = { text = { healthy = { run = function(fan) fan.vars.n = fan.vars.n + 1; fan:reply(tostring(fan.vars.n)) end } } },
} } }`

// decisions are hostile with what only a flow can do.
var decisions = map[string]string{
	"needs":   `for i = 1, 64 do for j = 1, 5000 do end kv.get("key" .. i) end while true do end`,
	"sends":   `while true do fan:send(("x"):rep(60000)) end`,
	"replies": `while true do fan:reply(("x"):rep(2000)) end`,
	"tags":    `local t = {} for i = 1, 15000 do t["k" .. i] = 1; t["k" .. i] = nil end while true do pcall(fan.tag, fan, t) end`,
	"vars":    `local i = 0 while true do i = i + 1; fan.vars["v" .. i] = ("x"):rep(1000) end`,
	"attrs":   `local deep = 1 for i = 1, 31 do deep = { deep } end while true do fan.attrs.deep = deep end`,
	"claims":  `local i = 0 while true do i = i + 1; kv.increment("claim" .. i) end`,
	"log":     `while true do log.info(("x"):rep(60000)); print("y") end`,
	"http":    `for i = 1, 64 do for j = 1, 5000 do end http.get("https://h" .. i .. ".example.com") end while true do end`,
	"calls":   `while true do http.post("https://crm.example.com") end`,
	"event":   `local keep = {} while true do keep[#keep + 1] = { event.text, fan.openid, event } end`,
}

// rings are flows that enroll the fan in each other, and what is enrolled in by which. Nobody fails and nothing is said: they are refused after so many.
var rings = map[string]string{"ring-1": "ring-2", "ring-2": "ring-1"}

// corpus is what is run against the service.
type corpus struct {
	words   []string          // each starts a hostile flow
	sources map[string]string // that are refused when they are pushed, by file
}

// publish publishes the healthy flow and one flow for every script of folder that compiles inside a function.
func publish(ctx context.Context, e *flows.Engine, folder string) (*corpus, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.lua"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no scripts in %s (run from the root of the module)", folder)
	}
	bodies := maps.Clone(decisions)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(source), `require "`) {
			continue // of a plugin that is not there: it is not published
		}
		bodies[filepath.Base(filepath.Dir(file))+"-"+strings.TrimSuffix(filepath.Base(file), ".lua")] = string(source)
	}
	if err := put(ctx, e, "healthy.lua", healthy); err != nil {
		return nil, err
	}
	c := &corpus{sources: map[string]string{
		"braces.lua":   strings.Repeat("{", 1_000_000),
		"elseifs.lua":  "local a if a then " + strings.Repeat("elseif a then ", 4000) + "end",
		"calls.lua":    "return f" + strings.Repeat("()", 30_000),
		"comments.lua": strings.Repeat("--[=====[ ", 6000),
	}}
	for _, name := range slices.Sorted(maps.Keys(rings)) {
		if err := put(ctx, e, name+".lua", fmt.Sprintf(`return flow { name = "%s", again = "0s", triggers = { text = { "%s" } }, first = "s", states = {
  s = { final = true, enter = { run = function(fan) fan:enroll("%s") end } } } }`, name, name, rings[name])); err != nil {
			return nil, err
		}
		c.words = append(c.words, name)
	}
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		source := wrap(name, bodies[name])
		err := put(ctx, e, name+".lua", source)
		var bad *sandbox.Error
		var findings *flows.FindingsError
		switch {
		case errors.As(err, &bad) && bad.Kind == sandbox.KindSyntax, errors.As(err, &findings):
			c.sources[name+".lua"] = source
		case err != nil:
			return nil, err
		default:
			c.words = append(c.words, name)
		}
	}
	return c, nil
}

// wrap makes a flow that runs a script when a fan writes its name.
func wrap(name, script string) string {
	return fmt.Sprintf(`return flow { name = "%s", triggers = { text = { "%s" } }, first = "s", states = { s = { enter = { run = function(fan, event)
local function hostile(...)
%s
end
return hostile()
end } } } }`, name, name, script)
}

func put(ctx context.Context, e *flows.Engine, file, source string) error {
	return putKind(ctx, e, store.KindFlow, file, source)
}

// putKind pushes and publishes a script.
func putKind(ctx context.Context, e *flows.Engine, kind, file, source string) error {
	s, err := e.Push(ctx, account, kind, file, source, "bench")
	if err != nil {
		return fmt.Errorf("push %s: %w", file, err)
	}
	if _, err := e.Publish(ctx, s.ScriptID, s.Version, "bench"); err != nil {
		return fmt.Errorf("publish %s: %w", file, err)
	}
	return nil
}
