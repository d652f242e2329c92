package sandbox_test

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

// mutation is a mistake that somebody could make in the sandbox: old, which stands once in the file, becomes new. by are the tests
// that must find it.
type mutation struct{ name, file, old, new, by string }

var mutations = []mutation{
	{"instructions are not counted", "meter.go", "\t\tm.left--\n\t\tm.look--", "\t\tm.look--", "TestHostile/loops/loop$"},
	{"a decision's instructions are not counted", "meter.go", "\t\tt.Left -= n\n", "\t\tt.Left -= 0\n", "TestQuestionsAfterWork|TestPartsShareATally"},
	{"what loops allocate is free", "rewrite.go", "if cost := r.region.cost; cost > 0 {", "if cost := r.region.cost; cost < 0 {", "TestHostile/memory/loop_tables"},
	{"what a goto runs again is free", "rewrite.go", "n.Value = strconv.FormatInt(g.cost, 10)", "n.Value = strconv.FormatInt(0*g.cost, 10)", "TestHostile/memory/goto_tables"},
	{"texts have no longest length", "ledger.go", "\tif n > MaxString {", "\tif n > MaxString<<20 {", "TestHostile/memory/(concat_double|rep_huge)"},
	{"the matcher is free", "match.go", "if m.steps += n; m.steps", "if m.steps += 0 * n; m.steps", "TestHostile/texts/pattern_backtrack$"},
	{"globals may be written", "rewrite.go", "if !slices.Contains(r.locals, id.Value) {", "if false && !slices.Contains(r.locals, id.Value) {", "TestHostile/escapes/global_write"},
	{"the metatable of texts comes out", "kit.go", `"__index": str.members, "__metatable": lua.LString("locked")`, `"__index": str.members`, "TestHostile/escapes/string_metatable_pcall"},
	{"a stack that overflows in a tail call ends the process", "state.go", "err := s.protect(len(args), nret)", "err := s.L.PCall(len(args), nret, nil)", "TestHostile/memory/varargs_double"},
	{"nobody becomes heavy", "gate.go", "\tif p.isHeavy() {\n\t\treturn nil", "\tif true {\n\t\treturn nil", "TestHeavyRunsGoOneByOne"},
	{"who becomes heavy keeps the light place", "gate.go", "\t\tp.Leave()\n\t\tif err", "\t\tif err", "TestHeavyRunsGoOneByOne|TestWhoGivesUpHoldsNoPlace|TestManyHeavyRuns"},
	{"messages have any length", "error.go", "e.Msg = sentence(plainWords(e.Msg))", "e.Msg = plainWords(e.Msg)", "TestHostile/escapes/error_long"},
	{"the level of error counts error itself", "lib_base.go", "\t\tlevel++ //", "\t\tlevel += 0 //", "TestSuite/_lua5.1-tests/errors"},
	{"a handler of xpcall that fails gets out", "lib_base.go", "\t\tif s.protected(1) != nil {", "\t\tif L.Call(1, 1); false {", "TestSuite/_lua5.1-tests/errors"},
	{"^ in a set is not heeded", "pattern.go", "negated := p.at < len(p.text) && p.text[p.at] == '^'", "negated := p.at < len(p.text) && p.text[p.at] == '!'", "FuzzPattern|TestSuite/_lua5.1-tests/pm"},
	{"brackets stand as deep as they like", "tokens.go", "len(open) > maxNesting {", "len(open) > maxNesting<<20 {", "TestHostileSource/balanced"},
	{"a key costs a tenth", "rewrite.go", "costKey       = 144", "costKey       = 14", "TestLedgerIsHonest"},
	{"handlers lose a field that holds a function", "prune.go", "\tcase *ast.StringExpr, *ast.NumberExpr,", "\tcase *ast.FunctionExpr, *ast.StringExpr, *ast.NumberExpr,", "TestHandlers"},
	{"handlers lose items of lists", "prune.go", "return f.Key != nil && isConstant(f.Key) && isConstant(f.Value)", "return (f.Key == nil || isConstant(f.Key)) && isConstant(f.Value)", "TestHandlers"},
}

// TestMutations: each of these mistakes is found by the tests that are named for it, which pass without it. FANFLOW_MUTATIONS says how
// many are tried, two if it is not set, all of them by "all": each is a build.
func TestMutations(t *testing.T) {
	count := 2
	if all := os.Getenv("FANFLOW_MUTATIONS"); all == "all" {
		count = len(mutations)
	} else if n, err := strconv.Atoi(all); err == nil {
		count = min(n, len(mutations))
	}
	for i, m := range mutations {
		raw, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), m.old); n != 1 {
			t.Errorf("%s: what it changes stands %d times in %s; name other lines", m.name, n, m.file)
			continue
		}
		if i*count%len(mutations) >= count { // spread over the table
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			if found, out := mutant(t, m.by, "", ""); found {
				t.Fatalf("the tests fail without the mistake:\n%s", out)
			}
			if found, _ := mutant(t, m.by, m.file, strings.Replace(string(raw), m.old, m.new, 1)); !found {
				t.Error("it is not found")
			}
		})
	}
}

// mutant runs tests in a child with one file of another text, if it is named, and reports whether they fail.
func mutant(t *testing.T, run, name, source string) (found bool, out []byte) {
	args := []string{"test", "-count=1", "-timeout=100s", "-run", run, "."}
	if name != "" {
		args = slices.Insert(args, 1, "-overlay", overlay(t, name, source))
	}
	child := exec.CommandContext(t.Context(), "go", args...)
	child.Env = append(os.Environ(), "FANFLOW_HOSTILE_CLOCK=3s")
	out, err := child.CombinedOutput()
	if text := string(out); strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]") || strings.Contains(text, "no tests to run") {
		t.Fatalf("the child did not come to its tests: %v\n%s", err, out)
	}
	return err != nil, out
}

// overlay writes what tells go to build a file of this folder with another text.
func overlay(t *testing.T, name, source string) (path string) {
	t.Helper()
	file, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), name)
	path = changed + ".json"
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
