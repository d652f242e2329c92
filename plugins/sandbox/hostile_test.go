package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fanflow/plugins"
	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/http"
)

// maxAllocated is what a hostile script may make Go allocate in all, garbage included: the ledger's 16 MB and what is not in
// the ledger because it cannot be kept (stack frames, numbers on their way, error messages).
const maxAllocated = 96 << 20

// raceShare is what the hostile scripts get of the service's limits, and sources of their length, under the race detector: it makes one
// thread eight times slower and sees nothing in it.
const raceShare = 8

// hostileLimits are those of the service, under the race detector a share of them. The clock is set so high that it cannot be the one
// that helps.
func hostileLimits() sandbox.Limits {
	l := sandbox.DefaultLimits()
	l.Time = time.Minute
	if clock, err := time.ParseDuration(os.Getenv("FANFLOW_HOSTILE_CLOCK")); err == nil { // for mistakes that let them run for ever
		l.Time = clock
	}
	l.Hard = l.Time
	if raceDetector {
		l.Instructions /= raceShare
		l.Bytes /= raceShare
	}
	return l
}

// hostileScripts gives every script of testdata/hostile as `group/name`.
func hostileScripts(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/hostile/*/*.lua")
	if err != nil || len(files) < 240 {
		t.Fatalf("%d hostile scripts, %v", len(files), err)
	}
	scripts := map[string]string{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts[filepath.Base(filepath.Dir(file))+"/"+strings.TrimSuffix(filepath.Base(file), ".lua")] = string(source)
	}
	return scripts
}

// byClock are the scripts that only the wall clock stops: the VM compares long texts byte by byte within one instruction, and nothing
// stands between. All others are run under one that cannot help.
var byClock = []string{"work/less_texts"}

// TestHostile runs every script of testdata/hostile. Its first line says what must stop it: `-- stopped: KIND…`.
func TestHostile(t *testing.T) {
	scripts := hostileScripts(t)
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		t.Run(name, func(t *testing.T) {
			first, _, _ := strings.Cut(scripts[name], "\n")
			kinds, ok := strings.CutPrefix(first, "-- stopped:")
			if clock := strings.Contains(kinds, string(sandbox.KindDeadline)); !ok || clock != slices.Contains(byClock, name) {
				t.Fatalf("the first line does not say what stops it: %s", first)
			}
			checkStopped(t, path.Base(name)+".lua", scripts[name], strings.Fields(kinds)...)
		})
	}
}

// TestHostileSource runs sources that are hostile by their shape, made here because they are long.
func TestHostileSource(t *testing.T) {
	longest := sandbox.MaxSource - 100
	if raceDetector {
		longest /= raceShare
	}
	many := func(s string) string { return strings.Repeat(s, longest/len(s)) }
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
		"balanced":        "return " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000),
		"balanced tables": "return " + strings.Repeat("{", 5000) + strings.Repeat("}", 5000),
		"million braces":  strings.Repeat("{", 1_000_000),
		"comments":        many("--[=====[ ") + "]====]",
		"repeats":         many("repeat "),
		"whiles":          many("while 1 do "),
		"fors":            many("for i=1,2 do "),
		"lengths":         "return " + many("#") + "1",
		"comparisons":     "return 1" + many("<1"),
		"ands":            "return 1" + strings.Repeat(" and 1", 5000),
		"locals at once":  "local " + numbered("l%d,", 250) + "l",
		"parameters":      "local function f(" + numbered("p%d,", 250) + "p) end",
		"labels":          "::a::" + many("\ngoto a\n::a::"),
		"gotos":           many("goto a\n"),
		"escapes":         `return "\` + many("x"),
		"number":          "return 1" + many("e1"),
		"invalid UTF-8":   "return '\xff' \xff",
	}
	for name, source := range tests {
		t.Run(name, func(t *testing.T) { checkStopped(t, name+".lua", source, "syntax") })
	}
	harmless := map[string]string{
		"calls":     "local function f() error('done') end return f" + many("()"),
		"fields":    "local a = {} return a" + many(".a"),
		"sum":       "return 1" + strings.Repeat("+{}", 1900),
		"strings":   "local function f() error('done') end return f" + many(`""`),
		"members":   "return a" + many(".b.c"),
		"methods":   "local f return f" + many(":m()"),
		"tables":    "local function f() error('done') end return f" + many("{}"),
		"wide goto": "local n = 0 " + numbered("::l%d:: ", 1500) + numbered("if n == %d then goto l1 end ", 1500) + "error('done')",
		"upvalues":  numbered("local u%d = 1 ", 50) + "local function f() return " + strings.Repeat("function() return ", 60) + "u1" + strings.Repeat(" end", 60) + " end error('done')",
		"comment":   "--[=====[" + many("x]]") + "]=====] error('done')",
		"elseifs":   "local a if a then " + many("elseif a then ") + " end error('done')",
	}
	for name, source := range harmless {
		t.Run("long "+name, func(t *testing.T) { checkStopped(t, name+".lua", source, "runtime") })
	}
}

// numbered repeats a text with 1, 2, …, n in it.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}

// goWords have no place in what an author reads.
var goWords = regexp.MustCompile(`goroutine|\.go:|runtime error|panic|nil pointer|interface|LValue|\((charge|table|concat|set|length)\)|0x[0-9a-f]{6}`)

func checkStopped(t *testing.T, file, source string, kinds ...string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	limits := hostileLimits()
	deadline := slices.Contains(kinds, string(sandbox.KindDeadline))
	if deadline {
		limits.Time, limits.Hard = 100*time.Millisecond, 100*time.Millisecond
	}
	instructions, bytes, err := spend(file, source, limits)
	runtime.ReadMemStats(&after)

	var e *sandbox.Error
	if !errors.As(err, &e) {
		t.Fatalf("not stopped: %v", err)
	}
	if budget, memory := string(sandbox.KindBudget), string(sandbox.KindMemory); raceDetector && (slices.Contains(kinds, budget) || slices.Contains(kinds, memory)) {
		kinds = append(kinds, budget, memory) // of a share of both, the other may be used up first
	}
	if !slices.Contains(kinds, string(e.Kind)) {
		t.Errorf("stopped by %s, want %v: %v", e.Kind, kinds, e)
	}
	if e.File != file || e.Line < 1 && len(source) <= sandbox.MaxSource || e.Line > strings.Count(source, "\n")+1 {
		t.Errorf("no place: file %q line %d: %s", e.File, e.Line, e.Msg)
	}
	if strings.Contains(err.Error(), "ESCAPED") { // what scripts assert with when they have got something they must not have
		t.Errorf("it has got out: %v", err)
	}
	if msg := err.Error(); goWords.MatchString(msg) || len(msg) > 400 || !utf8.ValidString(msg) {
		t.Errorf("message is not for authors: %d bytes, %s", len(msg), msg)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
		t.Errorf("%d MB were allocated", n>>20)
	}
	i, b, again := spend(file, source, limits)
	if !deadline && (i != instructions || b != bytes) || again.Error() != err.Error() {
		t.Errorf("the second time it spent %d instructions and %d bytes, the first time %d and %d: %v, %v", i, b, instructions, bytes, again, err)
	}
	t.Logf("%d MB, %d instructions, %d KB: %v", (after.TotalAlloc-before.TotalAlloc)>>20, instructions, bytes>>10, err)
}

func runSource(file, source string) error {
	_, _, err := spend(file, source, sandbox.Limits{Time: time.Minute, Hard: time.Minute})
	return err
}

// spend runs a script with the standard modules and gives what it used up.
func spend(file, source string, limits sandbox.Limits) (instructions int, bytes int64, err error) {
	p, err := sandbox.Compile(file, source)
	if err != nil {
		return 0, 0, err
	}
	s := sandbox.NewState(context.Background(), sandbox.Options{
		Modules: plugins.Std(&shelf{}), Print: func(string) {}, Limits: limits,
	})
	defer s.Close()
	_, err = s.Run(p)
	instructions, bytes = s.Spent()
	return instructions, bytes, err
}

// shelf keeps the shared values of one run. It bounds nothing, so that the sandbox must.
type shelf struct {
	values map[string]json.RawMessage
	counts map[string]int64
}

func (*shelf) Sign(http.Sealed, string) (string, error) { return "", errors.New("no secret is set") }

func (s *shelf) Get(key string) (json.RawMessage, error) { return s.values[key], nil }

func (s *shelf) Set(key string, value json.RawMessage) error {
	if s.values == nil {
		s.values = map[string]json.RawMessage{}
	}
	s.values[key] = value
	return nil
}

func (s *shelf) Increment(key string, by int64) (int64, error) {
	if s.counts == nil {
		s.counts = map[string]int64{}
	}
	s.counts[key] += by
	return s.counts[key], nil
}

func (s *shelf) Take(key string, limit int64) (int64, bool, error) {
	n, err := s.Increment(key, 1)
	return n, n <= limit, err
}

func (s *shelf) Log(_, _ string) {}

func (s *shelf) Fetch(http.Request) (fetch.Answer, error) {
	return fetch.Answer{Status: 200, Body: bytes.Repeat([]byte("x"), 16<<10)}, nil
}

func (s *shelf) Call(http.Request, http.Order) (string, error) { return "t-1", nil }
