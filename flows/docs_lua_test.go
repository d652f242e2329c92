package flows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/store"
)

// docs/lua.md is the reference of scripts, docs/plugins.md the guide of plugins; each with its Chinese twin. TestReference and
// TestPluginGuide of cmd/fanflow hold their generated parts.
var luaGuides = [][2]string{
	{"../docs/lua.md", "../docs/lua.zh-CN.md"},
	{"../docs/plugins.md", "../docs/plugins.zh-CN.md"},
}

var luaPages = slices.Concat(luaGuides[0][:], luaGuides[1][:])

// Every example passes check: flows, plugins, and what stands in functions.
func TestLuaDocsExamples(t *testing.T) {
	for _, guide := range luaPages {
		n := 0
		for _, block := range codeBlocks.FindAllStringSubmatch(read(t, guide), -1) {
			if block[1] != "lua" {
				continue
			}
			n++
			kind, source := store.KindFlow, block[2]
			switch {
			case strings.Contains(source, "return flow {"), strings.Contains(source, "return drip {"):
			case strings.Contains(source, "return broadcast {"):
				kind = store.KindBroadcast
			case strings.Contains(source, "\nreturn M\n"):
				kind = store.KindPlugin
			default:
				source = whole(t, source)
			}
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(guide), n), func(t *testing.T) {
				w := newWorld(t)
				for _, required := range regexp.MustCompile(`require "([a-z]+)"`).FindAllStringSubmatch(source, -1) {
					w.plugin(required[1], read(t, "../examples/plugins/"+required[1]+".lua"))
				}
				_, findings, err := w.engine.Check(t.Context(), account, kind, "guide.lua", source)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range findings {
					if f.Severity == flows.SeverityError {
						t.Errorf("%s\n%s", f.String(), source)
					}
				}
			})
		}
		if n < 8 {
			t.Errorf("%s has %d examples", guide, n)
		}
	}
}

// Both languages have the same sections, tables and examples, in the same order.
func TestLuaDocsAlike(t *testing.T) {
	for _, pair := range luaGuides {
		a, b := shape(read(t, pair[0])), shape(read(t, pair[1]))
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("part %d is %q in %s and %q in %s, after %q", i, a[i], pair[0], b[i], pair[1], a[max(0, i-5):i])
			}
		}
		if len(a) != len(b) || len(a) < 300 {
			t.Errorf("%d parts of %s and %d of %s", len(a), pair[0], len(b), pair[1])
		}
	}
}

// Links lead to headings and files that are there.
func TestLuaDocsLinks(t *testing.T) {
	for _, guide := range luaPages {
		text := codeBlocks.ReplaceAllString(read(t, guide), "")
		var anchors []string
		for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
			anchors = append(anchors, anchor(m[1]))
		}
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			to, part, _ := strings.Cut(m[1], "#")
			switch {
			case strings.HasPrefix(to, "https://"):
			case to == "" && !slices.Contains(anchors, part):
				t.Errorf("%s has no heading #%s", guide, part)
			case to != "":
				if _, err := os.Stat(filepath.Join("..", "docs", to)); err != nil {
					t.Errorf("%s: %v", guide, err)
				}
			}
		}
	}
}
