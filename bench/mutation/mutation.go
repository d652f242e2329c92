// Package mutation tries a package's tests: it builds them with a mistake in the source, one after the other, and the tests that are
// named for the mistake must fail.
package mutation

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Mistake is what somebody could write by mistake: Old, which stands once in the file, becomes New. File is relative to the folder of
// the tests.
type Mistake = struct {
	Name, File, Old, New string
	By                   string // the tests that must find it, as go test -run takes them
}

// Try looks for each mistake whether the tests of the calling test's package that are named for it find it, and first whether they pass
// without it. FANFLOW_MUTATIONS says how many are tried, two if it is not set, all of them by "all": each is a build. env is added to
// the environment of the tests.
func Try(t *testing.T, all []Mistake, env ...string) {
	t.Helper()
	count := 1
	if text := os.Getenv("FANFLOW_MUTATIONS"); text == "all" {
		count = len(all)
	} else if n, err := strconv.Atoi(text); err == nil {
		count = n
	}
	count = min(count, len(all))
	passed := map[string]bool{}
	for i, m := range all {
		raw, err := os.ReadFile(m.File)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), m.Old); n != 1 {
			t.Errorf("%s: what it changes stands %d times in %s; name other lines", m.Name, n, m.File)
			continue
		}
		if i*count%len(all) >= count { // spread over the table
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			if !passed[m.By] {
				if failed, out := run(t, m.By, "", "", env); failed {
					t.Fatalf("the tests fail without the mistake:\n%s", out)
				}
				passed[m.By] = true
			}
			if failed, _ := run(t, m.By, m.File, strings.Replace(string(raw), m.Old, m.New, 1), env); !failed {
				t.Error("it is not found")
			}
		})
	}
}

// run runs tests in a child with one file of another text, if it is named, and reports whether they fail.
func run(t *testing.T, tests, name, source string, env []string) (failed bool, out []byte) {
	t.Helper()
	args := []string{"test", "-count=1", "-vet=off", "-timeout=200s", "-run", tests, "."}
	if name != "" {
		args = slices.Insert(args, 1, "-overlay", overlay(t, name, source))
	}
	child := exec.CommandContext(t.Context(), "go", args...)
	child.Env = append(os.Environ(), env...)
	out, err := child.CombinedOutput()
	for _, none := range []string{"[build failed]", "[setup failed]", "no tests to run"} {
		if strings.Contains(string(out), none) {
			t.Fatalf("the child did not come to its tests: %v\n%s", err, out)
		}
	}
	return err != nil, out
}

// overlay writes what tells go to build a file with another text.
func overlay(t *testing.T, name, source string) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "overlay.json")
	file, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, filepath.Base(name))
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{changed: []byte(source), path: raw} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}
