package lint_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
)

var update = flag.Bool("update", false, "write the golden files anew")

// world is what scripts of a kind may name: all that there is, and the plugin shops.
func world(kind string) lint.World {
	return lint.World{
		Kind: kind, Set: set(), Hosts: []string{"api.shop.cn"},
		Plugins: map[string]reference.Module{"shops": {
			Name: "shops", Values: []reference.Param{{Name: "version", Type: "string"}},
			Funcs: []reference.Func{reference.Fn("nearest(latitude?: any, longitude?: any)", "", "")},
		}},
	}
}

func set() reference.Set {
	set := flows.Reference()
	if set.Module("http") == nil {
		set.Modules = append(set.Modules, reference.Module{Name: "http"})
	}
	return set
}

// check compiles a script, as whoever checks has to, and gives what is found in it.
func check(t testing.TB, source string, w lint.World) string {
	t.Helper()
	if _, err := sandbox.Compile("x.lua", source); err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	var b strings.Builder
	for _, f := range lint.Check("x.lua", source, w) {
		fmt.Fprintf(&b, "> %d %s %s: %s", f.Line, f.Severity, f.Rule, f.Msg)
		if f.Mend != "" {
			fmt.Fprintf(&b, " (%s)", f.Mend)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestRules holds every rule against the scripts of testdata/rules/<rule>.txt: each begins with a line "== kind: what it shows",
// and ends with what is found in it, "> line severity rule: text".
func TestRules(t *testing.T) {
	for _, rule := range lint.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			if rule.Doc == "" || rule.DocZH == "" {
				t.Error("the rule has no words")
			}
			file := filepath.Join("testdata", "rules", rule.Name+".txt")
			text := read(t, file)
			var out strings.Builder
			bad, good := 0, 0
			for _, c := range strings.Split("\n"+text, "\n== ")[1:] {
				head, body, _ := strings.Cut(c, "\n")
				kind, _, _ := strings.Cut(head, ":")
				var source strings.Builder
				for line := range strings.Lines(body) {
					if !strings.HasPrefix(line, "> ") {
						source.WriteString(strings.TrimSuffix(line, "\n") + "\n")
					}
				}
				found := check(t, source.String(), world(kind))
				if strings.Contains(found, " "+rule.Name+": ") {
					bad++
				} else {
					good++
				}
				out.WriteString("== " + head + "\n" + source.String() + found)
			}
			if bad < 3 || good < 3 {
				t.Errorf("%d scripts in which it finds something and %d in which it does not; there are at least three of each", bad, good)
			}
			golden(t, file, out.String())
		})
	}
	files, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil || len(files) != len(lint.Rules()) {
		t.Errorf("%d files for %d rules, %v", len(files), len(lint.Rules()), err)
	}
	if !slices.IsSortedFunc(lint.Check("x.lua", "local b\nlocal a\nx()\n", world(lint.KindFlow)), func(a, b lint.Finding) int { return a.Line - b.Line }) {
		t.Error("findings are not in the order of the lines")
	}
}
