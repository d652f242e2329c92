package sandbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/plugins/sandbox"
)

// maxAllocated is what a hostile script may make Go allocate in all, garbage included: the ledger's 16 MB and what is not in
// the ledger because it cannot be kept (stack frames, numbers on their way, error messages).
const maxAllocated = 160 << 20

// TestHostile runs every script of testdata/hostile. Its first line says what must stop it: `-- stopped: KIND…`. The wall
// clock is set so high that it cannot be the one that helps.
func TestHostile(t *testing.T) {
	files, err := filepath.Glob("testdata/hostile/*.lua")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d hostile scripts, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".lua")
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(source), "\n")
			kinds := strings.Fields(strings.TrimPrefix(first, "-- stopped:"))
			checkStopped(t, name+".lua", string(source), kinds...)
		})
	}
}

// TestHostileSource runs sources that are hostile by their shape, made here because they are long.
func TestHostileSource(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, (sandbox.MaxSource-100)/len(s)) }
	tests := map[string]string{
		"too long":        strings.Repeat("-", sandbox.MaxSource+1),
		"nots":            "return " + many("not ") + "1",
		"braces":          many("{"),
		"parentheses":     "return " + many("("),
		"functions":       many("function "),
		"blocks":          many("do "),
		"ifs":             many("if 1 then "),
		"concats":         `return "a"` + many(`.."a"`),
		"brackets":        "return a" + many("[a"),
		"minus":           "return " + many("- ") + "1",
		"power":           "return 1" + many("^1"),
		"many registers":  "return f(" + strings.Repeat("1,", 300) + "1)",
		"many locals":     strings.Repeat("local a\n", 300),
		"open comment":    "--[[" + many("x"),
		"open string":     `return "` + many("x"),
		"invalid byte":    "local a = \x00",
		"only an operand": "1",
		"deep elseif":     "if a then " + many("elseif a then "),
	}
	for name, source := range tests {
		t.Run(name, func(t *testing.T) { checkStopped(t, name+".lua", source, "syntax") })
	}
	harmless := map[string]string{
		"calls":   "local function f() error('done') end return f" + many("()"),
		"fields":  "local a = {} return a" + many(".a"),
		"sum":     "return 1" + strings.Repeat("+{}", 1900),
		"strings": "local function f() error('done') end return f" + many(`""`),
		"elseifs": "local a if a then " + many("elseif a then ") + " end error('done')",
	}
	for name, source := range harmless {
		t.Run("long "+name, func(t *testing.T) { checkStopped(t, name+".lua", source, "runtime") })
	}
}

func checkStopped(t *testing.T, file, source string, kinds ...string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := runSource(file, source)
	runtime.ReadMemStats(&after)

	var e *sandbox.Error
	if !errors.As(err, &e) {
		t.Fatalf("not stopped: %v", err)
	}
	if !slices.Contains(kinds, string(e.Kind)) {
		t.Errorf("stopped by %s, want %v: %v", e.Kind, kinds, e)
	}
	if e.File != file || e.Line == 0 && len(source) <= sandbox.MaxSource {
		t.Errorf("no place: file %q line %d: %s", e.File, e.Line, e.Msg)
	}
	if msg := err.Error(); strings.Contains(msg, "goroutine") || strings.Contains(msg, ".go:") || strings.Contains(msg, "(charge)") || len(msg) > 400 {
		t.Errorf("message is not for authors: %s", msg)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
		t.Errorf("%d MB were allocated", n>>20)
	}
	t.Logf("%d MB: %v", (after.TotalAlloc-before.TotalAlloc)>>20, err)
}

func runSource(file, source string) error {
	p, err := sandbox.Compile(file, source)
	if err != nil {
		return err
	}
	s := sandbox.NewState(context.Background(), sandbox.Options{Limits: sandbox.Limits{Time: time.Minute}})
	defer s.Close()
	_, err = s.Run(p)
	return err
}
