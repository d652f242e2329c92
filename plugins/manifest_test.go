package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/plugins"
	"fanflow/store"
)

var update = flag.Bool("update", false, "write the golden files")

// fiveFields stands for the scheduler's parser, which this room does not know.
func fiveFields(spec string) error {
	if n := len(strings.Fields(spec)); n != 5 {
		return fmt.Errorf("%q has %d fields; a time of every has five", spec, n)
	}
	return nil
}

// TestManifest: what each plugin says of itself, and what it says wrongly, with its line.
func TestManifest(t *testing.T) {
	files, err := filepath.Glob("testdata/manifest/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	h := plugins.NewHost(plugins.Config{Source: library{}, ParseCron: fiveFields})
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, found, err := h.Manifest(context.Background(), filepath.Base(file), string(source))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.MarshalIndent(m, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got := string(raw) + "\n"
			for _, f := range found {
				got += fmt.Sprintf("%s:%d: %s %s: %s\n", filepath.Base(file), f.Line, f.Severity, f.Rule, f.Msg)
			}
			golden := strings.TrimSuffix(file, ".lua") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlugin: a version is compiled once; what a pinned plugin is hangs on the versions that it requires, and on no draft.
func TestPlugin(t *testing.T) {
	src := library{
		"base@1": "return { globs = { 'one:*' } }", "base@2": "return { globs = { 'two:*' } }",
		"crm@1": "local base = require 'base'\nreturn { permissions = { kv = base.globs }, hooks = { on_event = function() end } }",
		"a@1":   "return { b = require 'b' }", "b@1": "return { a = require 'a' }",
		"alone@1": "return { order = 'first', hooks = { on_event = function() end } }",
	}
	h := newHost(src)
	ctx := context.Background()
	for range 2 {
		for version, want := range map[int]string{1: "one:*", 2: "two:*"} {
			p, err := h.Plugin(ctx, "crm", 1, map[string]int{"base": version})
			if err != nil || p.KV[0] != want || p.Number != 1 || len(p.Hooks.Events) != 1 {
				t.Errorf("with base %d: %+v, %v", version, p, err)
			}
		}
	}
	for _, name := range []string{"a", "b"} {
		_, err := h.Plugin(ctx, name, 1, nil)
		if err == nil || !strings.Contains(err.Error(), "requires itself") {
			t.Errorf("plugins that require each other: %v", err)
		}
	}
	if p, err := h.Plugin(ctx, "crm", 1, nil); err != nil || p.KV[0] != "two:*" {
		t.Errorf("with the newest: %+v, %v", p, err)
	}
	if _, err := h.Plugin(ctx, "crm", 1, map[string]int{}); err == nil || !strings.Contains(err.Error(), `no plugin "base"`) {
		t.Errorf("without what it requires: %v", err)
	}
	p, err := h.Plugin(ctx, "alone", 1, nil)
	if err != nil || p.Order != 0 || p.Hooks.None() {
		t.Errorf("what is wrong is left out, the rest holds: %+v, %v", p, err)
	}
	if again, err := h.Plugin(ctx, "alone", 1, map[string]int{"base": 1}); again != p || err != nil {
		t.Errorf("compiled again: %v", err)
	}
	if _, err := h.Plugin(ctx, "none", 1, nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// counted gives a plugin of any version and counts how often it is asked.
type counted struct{ asked int }

func (c *counted) Script(_ context.Context, id store.ScriptID, version int) (store.Script, error) {
	c.asked++
	return store.Script{ScriptID: id, Version: version, File: "p.lua", Source: "return {}"}, nil
}

// TestPluginsAreLetGo: a folder that is watched makes a version with every save; the oldest are not kept for ever.
func TestPluginsAreLetGo(t *testing.T) {
	src := &counted{}
	h := newHost(src)
	load := func(version int) {
		if _, err := h.Plugin(t.Context(), "p", version, nil); err != nil {
			t.Fatal(err)
		}
	}
	for v := 1; v <= 300; v++ {
		load(v)
	}
	for _, step := range []struct {
		version, asked int
	}{{300, 300}, {200, 300}, {1, 301}, {1, 301}} {
		if load(step.version); src.asked != step.asked {
			t.Errorf("version %d: asked %d times, want %d", step.version, src.asked, step.asked)
		}
	}
}
