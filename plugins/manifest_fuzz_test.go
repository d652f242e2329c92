package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"fanflow/plugins"
	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
)

// FuzzManifest: whatever a plugin says of itself is read or refused with a sentence; what is read can be kept and stays within what it names.
func FuzzManifest(f *testing.F) {
	files, err := filepath.Glob("testdata/manifest/*.lua")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	for _, source := range []string{
		"return 1", "return setmetatable({}, { __index = function() error('no') end })", "local M = {} M.M = M M.config = M M.hooks = M M.permissions = M return M",
		"return { name = ('x'):rep(70000) }", "return { order = 0/0, config = { [1] = 1, a = { type = 'number', min = 1/0 } } }", "return { hooks = { on_event = { [true] = print } }, f = print }",
		"return { name = 'a\\0b' }", "return { permissions = { hosts = { '\\255', 'http://' }, kv = 1 }, webhook = { signature = {} } }",
	} {
		f.Add(source)
	}
	h := plugins.NewHost(plugins.Config{Source: library{}, ParseCron: fiveFields})
	f.Fuzz(func(t *testing.T, source string) {
		m, found, err := h.Manifest(context.Background(), "x.lua", source)
		if err != nil {
			if bad := new(sandbox.Error); !errors.As(err, &bad) || !utf8.ValidString(bad.Msg) {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		for _, one := range found {
			if one.Line < 1 || one.Msg == "" || one.Severity != lint.Error && one.Severity != lint.Warning {
				t.Errorf("%q: found %+v", source, one)
			}
		}
		if m.Name == "" {
			t.Errorf("%q has no name", source)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	})
}
