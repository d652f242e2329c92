package flows_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mutation is a mistake that somebody could make in the engine: old, which stands once in the file, becomes new.
type mutation struct{ name, file, old, new string }

var mutations = []mutation{
	{
		"the leave hook is skipped where data leads on", "walk.go",
		"\tif a.To != \"\" {\n\t\tif err := w.leave(why); err != nil || w.ended {", "\tif a.To != \"\" {\n\t\tif err := w.forget(why); err != nil || w.ended {",
	},
	{
		"the leave hook is skipped where a function leads on", "walk.go",
		"w.ended || to == \"\" {\n\t\treturn err\n\t}\n\tif err := w.leave(why);", "w.ended || to == \"\" {\n\t\treturn err\n\t}\n\tif err := w.forget(why);",
	},
	{"the last timer is not set", "walk.go", "for i := range s.Timers {", "for i := range max(0, len(s.Timers)-1) {"},
	{"timers outlive their wait", "timer.go", "if t := &n.Timers[i]; pending(t) {", "if t := &n.Timers[i]; pending(t) && false {"},
	{"the fence of a timer is not looked at", "timer.go", "n.No != d.job.No || n.Fence != d.job.Fence {\n\t\treturn d.stale(", "n.No != d.job.No {\n\t\treturn d.stale("},
	{"a wait has no fence of its own", "walk.go", "fence := w.d.draft.fan.Fence + 1", "fence := max(1, w.d.draft.fan.Fence)"},
	{"a timer fires before its moved time", "timer.go", "if due.After(d.draft.at) {", "if due.After(d.draft.at) && false {"},
	{"a late timer that shall be passed over fires", "timer.go", "late.skip {", "late.skip && false {"},
	{"an every fires once", "timer.go", "return d.again(t, firings(d.job.ID)+1)", "return nil"},
	{"priorities are turned round", "offer.go", "func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })", "func(a, b candidate) int { return cmp.Compare(a.flow.Priority, b.flow.Priority) })"},
	{
		"enrollments are asked in the order of names", "offer.go", "slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })",
		"slices.SortStableFunc(out, func(a, b candidate) int {\n\t\treturn cmp.Or(cmp.Compare(b.flow.Priority, a.flow.Priority), cmp.Compare(a.flow.Name, b.flow.Name))\n\t})",
	},
	{"wildcards come first", "offer.go", "range []bool{false, true} {", "range []bool{true, false} {"},
	{"triggers come before conversations", "offer.go", "range []bool{true, false} {", "range []bool{false, true} {"},
	{"again forgets its delay", "declaration.go", "!now.Before(left.Add(a.Wait))", "!now.Before(left)"},
	{"a failed part keeps what it did", "decide.go", "\t*d.draft = before\n\tif s := d.scripts[flow]; s != nil {", "\t_ = before\n\tif s := d.scripts[flow]; s != nil {"},
	{"exits pass over callers that sleep", "exit.go", "if n == nil || f.said", "if n == nil || n.Calls != \"\" || f.said"},
	{"who took the event listens, too", "listen.go", "n.Flow == d.taken ||", ""},
	{"a caller does not sleep", "offer.go", "case n.Calls != \"\":", "case false:"},
	{"the result of a sub-flow is lost", "exit.go", "if n.Caller != nil {", "if n.Caller != nil && false {"},
	{"a sub-flow outlives its caller", "call.go", "*c.Caller == caller {", "*c.Caller == caller && false {"},
	{"one more than the limit comes in", "admit.go", "Limit: l.most})", "Limit: l.most + 1})"},
	{"a moved timer counts from now", "moment.go", "return store.Stamp(since.Add(t.Wait)), nil", "return store.Stamp(after.Add(t.Wait)), nil"},
	{"a timer that has fired is set again by a publication", "pair.go", "case old.Armed() || old.Over == parkedTimer:", "case true:"},
	{"a paused flow's timers fire", "wake.go", "p != nil && p.Paused {\n\t\treturn e.snooze", "p != nil && p.Paused && false {\n\t\treturn e.snooze"},
	{"a flow hears what it told itself", "match.go", "return n.Flow != d.event.Source", "return true"},
	{"what is ordered under a key does not replace", "keyed.go", "if k.Flow != w.flow.Name || !isPiece(k.Key, key) &&", "if true || k.Flow != w.flow.Name || !isPiece(k.Key, key) &&"},
}

// caughtBy are the tests that a mistake must fail.
const caughtBy = "^(TestModel|TestEdits|TestTheFenceAloneTellsAStaleTimer)$"

// TestMutations: each of these mistakes is caught by the model, by the table of edits, or where two checks stand behind each other by the
// test of the one alone. A child process builds the engine with one and must fail; one that builds it as it is must pass.
// FANFLOW_MUTATIONS says how many are tried, two if it is not set, all of them by "all": each is a build.
func TestMutations(t *testing.T) {
	count := 2
	if all := os.Getenv("FANFLOW_MUTATIONS"); all == "all" {
		count = len(mutations)
	} else if n, err := strconv.Atoi(all); err == nil {
		count = min(n, len(mutations))
	}
	t.Run("the engine as it is", func(t *testing.T) {
		if found, out := mutant(t, "", ""); found {
			t.Errorf("it fails without a mistake:\n%s", out)
		}
	})
	table := "\ncaught | mistake"
	for i, m := range mutations {
		source := read(t, m.file)
		if n := strings.Count(source, m.old); n != 1 {
			t.Errorf("%s: what it changes stands %d times in %s; name other lines", m.name, n, m.file)
			continue
		}
		if i*count%len(mutations) >= count { // spread over the table
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			found, _ := mutant(t, m.file, strings.Replace(source, m.old, m.new, 1))
			if !found {
				t.Error("it is not caught")
			}
			table += fmt.Sprintf("\n%-6t | %s (%s)", found, m.name, m.file)
		})
	}
	t.Log(table)
}

// mutant runs the tests in a child with one file of another text, if it is named, and reports whether they fail.
func mutant(t *testing.T, name, source string) (found bool, out []byte) {
	args := []string{"test", "-count=1", "-run", caughtBy, "."}
	if name != "" {
		args = slices.Insert(args, 1, "-overlay", overlay(t, name, source))
	}
	child := exec.CommandContext(t.Context(), "go", args...)
	child.Env = append(os.Environ(), "FANFLOW_MODEL_RUNS=60", "FANFLOW_MODEL_SHRINK=0", "FANFLOW_MODEL_SEED=")
	out, err := child.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "--- FAIL: Test") {
		t.Fatalf("the child did not come to its tests: %v\n%s", err, out)
	}
	return err != nil, out
}

// overlay writes what tells go to build a file of this folder with another text.
func overlay(t *testing.T, name, source string) (path string) {
	dir := t.TempDir()
	path = filepath.Join(dir, "overlay.json")
	file, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, name)
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
