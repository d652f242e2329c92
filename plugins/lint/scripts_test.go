package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
)

// scripts are those that ship, with what they are.
func scripts(t testing.TB) map[string]string {
	t.Helper()
	kinds := map[string]string{
		"../../examples/*/*.lua": lint.KindFlow, "../../examples/plugins/*.lua": lint.KindPlugin, "../../examples/broadcasts/*.lua": lint.KindBroadcast,
		"../testdata/std/*.lua": lint.KindPlugin, "../../bench/flows/*.lua": lint.KindFlow,
		"../../flows/testdata/coupon/*.lua": lint.KindFlow, "../../flows/testdata/plugins/*.lua": lint.KindPlugin, "../../flows/testdata/check/fine.lua": lint.KindFlow,
	}
	found := map[string]string{}
	for pattern, kind := range kinds {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no scripts by %s: %v", pattern, err)
		}
		for _, f := range files {
			if _, ok := found[f]; !ok || kind != lint.KindFlow {
				found[f] = kind
			}
		}
	}
	return found
}

// examples are the plugins that ship, by name.
func examples(t testing.TB) map[string]reference.Module {
	t.Helper()
	all := map[string]reference.Module{}
	files, err := filepath.Glob("../../examples/plugins/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		c, err := lint.Parse(f, read(t, f))
		if err != nil {
			t.Fatal(err)
		}
		m, whole := c.Module()
		if !whole {
			t.Errorf("%s: what the plugin offers cannot be told from its text", f)
		}
		all[strings.TrimSuffix(filepath.Base(f), ".lua")] = m
	}
	return all
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestShipped: nothing is found in the scripts that ship, nor in the tests of the modules.
func TestShipped(t *testing.T) {
	for file, kind := range scripts(t) {
		w := lint.World{Kind: kind, Set: set(), Plugins: examples(t)}
		if found := check(t, read(t, file), w); found != "" {
			t.Errorf("%s:\n%s", file, found)
		}
	}
}

// TestLanguage compares what is found in the tests of the language, which try what there is not, with testdata/language.txt.
func TestLanguage(t *testing.T) {
	files, err := filepath.Glob("../sandbox/testdata/lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	var b strings.Builder
	for _, f := range files {
		b.WriteString("== " + filepath.Base(f) + "\n" + check(t, read(t, f), lint.World{Kind: lint.KindPlugin, Set: set()}))
	}
	golden(t, "testdata/language.txt", b.String())
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := read(t, file); text != want {
		t.Errorf("%s: found:\n%s\nwant:\n%s", file, text, want)
	}
}
