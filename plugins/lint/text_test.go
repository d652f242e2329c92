package lint_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
)

// TestPatternsAsRun: the rule calls those patterns malformed that the sandbox refuses, and no others; so with formats.
func TestPatternsAsRun(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	made := func(signs string) string {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteByte(signs[random.IntN(len(signs))])
		}
		return b.String()
	}
	refused := map[string]int{}
	for range 1000 {
		for rule, call := range map[string]string{
			"pattern": fmt.Sprintf(`string.find("abc", %q)`, made("()[]%^$-.*ab1bf0")),
			"format":  fmt.Sprintf(`string.format(%q, 1, 1, 1, 1, 1, 1, 1, 1)`, made("%%%dsqxc.0123- +#y")),
		} {
			source := "return " + call
			program, err := sandbox.Compile("x.lua", source)
			var found bool
			for _, f := range lint.Check("x.lua", source, lint.World{Set: set()}) {
				found = found || f.Rule == rule && f.Severity == lint.Error
			}
			if err == nil {
				s := sandbox.NewState(t.Context(), sandbox.Options{})
				_, err = s.Run(program)
				s.Close()
			}
			if found != (err != nil) {
				t.Errorf("%s: found %v, run: %v", call, found, err)
			}
			if err != nil {
				refused[rule]++
			}
		}
	}
	if refused["pattern"] < 150 || refused["format"] < 150 {
		t.Errorf("too few were refused to tell: %v", refused)
	}
}
