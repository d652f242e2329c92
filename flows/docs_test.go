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

// docs/flows.md and its Chinese twin are what campaign writers go by. Their examples are checked and, where they can be, run; their
// table of edits is the tested one; and they say the same in both languages. docs_words_test.go holds them against the code's words.

// guides are the guide's languages, the one that is written first before the other.
var guides = []string{"../docs/flows.md", "../docs/flows.zh-CN.md"}

// codeBlocks finds the blocks of a page with their language.
var codeBlocks = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// pieces say, by the first line of an example that is no whole flow, what has to stand around it.
var pieces = map[string]string{
	"-- flow:": "flow", "-- states:": "states", "-- state:": "state", "-- on:": "on", "-- action:": "action", "-- function:": "function",
	"-- 流程:": "flow", "-- 状态表:": "states", "-- 状态:": "state", "-- 动作:": "action", "-- 函数:": "function",
}

// cast are the states that the examples lead to.
var cast = []string{
	`next = { on = { text = { z = "done" } } }`, `far = { enter = { reply = "far" } }`, `control = {}`,
	`done = { final = true }`, `left = { final = true }`, `soldout = { final = true }`,
}

// whole makes a flow of a piece. A fan who writes "begin" is in the state "start"; "x" brings the piece about, if it is an action.
func whole(t *testing.T, piece string) string {
	t.Helper()
	first, rest, _ := strings.Cut(piece, "\n")
	kind, ok := pieces[strings.TrimSpace(first)]
	if !ok {
		t.Fatalf("the first line says %q, and that is no place in a flow", first)
	}
	field := map[string]string{
		"state": "start = {\n%s}", "on": "start = { on = {\n%s} }",
		"action":   "start = { on = { text = { x = {\n%s} } } }",
		"function": "start = { on = { text = { x = function(fan, event)\n%s end } } }",
		"states":   "start = { on = { text = { a = \"next\" } } },\n%s",
		"flow":     "start = { on = { text = { a = \"next\", b = \"far\" } } },\n",
	}[kind]
	others := []string{}
	for _, state := range cast {
		name, _, _ := strings.Cut(state, " ")
		if !regexp.MustCompile(`(?m)^` + name + `\s*= \{`).MatchString(rest) {
			others = append(others, state)
		}
	}
	head := `name = "piece", first = "start",`
	states := strings.ReplaceAll(field, "%s", rest)
	if kind == "flow" {
		head += "\n" + rest
	} else {
		head += ` triggers = { text = { "begin" } },`
		if kind == "action" || kind == "function" {
			head += ` variants = { price = { a = 1, b = 1 } },`
		}
	}
	return fmt.Sprintf("return flow { %s\nstates = {\n%s,\n%s } }", head, strings.TrimRight(states, " ,\n"), strings.Join(others, ",\n"))
}

// Every example passes check. Whole flows and pieces are published, and a fan goes through the pieces that are actions: no script
// of the guide fails.
func TestDocsExamples(t *testing.T) {
	for _, guide := range guides {
		n := 0
		for _, block := range codeBlocks.FindAllStringSubmatch(read(t, guide), -1) {
			if block[1] != "lua" {
				continue
			}
			n++
			source := block[2]
			if !strings.Contains(source, "return flow {") && !strings.Contains(source, "return drip {") {
				source = whole(t, source)
			}
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(guide), n), func(t *testing.T) { runs(t, source) })
		}
		if n < 15 {
			t.Errorf("%s has %d examples", guide, n)
		}
	}
}

func runs(t *testing.T, source string) {
	w := newWorld(t)
	w.flow(`return flow { name = "survey", first = "a", states = { a = { on = { text = { good = "done" } } }, done = { final = true } } }`)
	_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, "guide.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Severity == flows.SeverityError {
			t.Errorf("%s\n%s", f.String(), source)
		}
	}
	if t.Failed() {
		return
	}
	w.flow(source)
	for _, word := range []string{"begin", "x", "begin"} {
		w.text("fan", word)
	}
	w.settle()
	for _, r := range w.rows("fan", store.Failed) {
		t.Errorf("%s\n%s", r.Why, source)
	}
}

// The table of edits in the guide is the one that TestEdits holds; in the Chinese one its words are translated, one by one.
func TestDocsEdits(t *testing.T) {
	tested := strings.TrimSpace(read(t, "testdata/edits.md"))
	for _, guide := range guides {
		want := tested
		if strings.Contains(guide, "zh-CN") {
			want = translated(t, tested)
		}
		text := read(t, guide)
		before, rest, ok := strings.Cut(text, "<!-- edits -->\n")
		got, after, closed := strings.Cut(rest, "<!-- /edits -->")
		if !ok || !closed {
			t.Fatalf("%s has no place for the table of edits", guide)
		}
		if *update {
			text = before + "<!-- edits -->\n" + want + "\n<!-- /edits -->" + after
			if err := os.WriteFile(guide, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: the table of edits is not that of testdata/edits.md; run go test ./flows -run TestDocsEdits -update", guide)
		}
	}
}

// shape is a page without its words: levels of headings, languages of code blocks, and columns of the tables' rows.
func shape(text string) (out []string) {
	code := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch mark, _, _ := strings.Cut(line, " "); {
		case strings.HasPrefix(line, "```"):
			if code = !code; code {
				out = append(out, line)
			}
		case code:
		case mark != "" && strings.Trim(mark, "#") == "":
			out = append(out, mark)
		case strings.HasPrefix(line, "|"):
			out = append(out, fmt.Sprintf("row of %d", strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")-1))
		}
	}
	return out
}

// Both languages have the same sections, tables and examples, in the same order.
func TestDocsAlike(t *testing.T) {
	a, b := shape(read(t, guides[0])), shape(read(t, guides[1]))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("part %d is %q in %s and %q in %s, after %q", i, a[i], guides[0], b[i], guides[1], a[max(0, i-5):i])
		}
	}
	if len(a) != len(b) || len(a) < 300 {
		t.Errorf("%d parts and %d", len(a), len(b))
	}
}

// Links lead to headings and files that are there.
func TestDocsLinks(t *testing.T) {
	for _, guide := range guides {
		text := codeBlocks.ReplaceAllString(read(t, guide), "")
		var anchors []string
		for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
			anchors = append(anchors, anchor(m[1]))
		}
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			to, part, _ := strings.Cut(m[1], "#")
			if to != "" {
				if _, err := os.Stat(filepath.Join("..", "docs", to)); err != nil {
					t.Errorf("%s: %v", guide, err)
				}
			} else if !slices.Contains(anchors, part) {
				t.Errorf("%s has no heading #%s", guide, part)
			}
		}
	}
}

// anchor is the name that GitHub gives a heading.
func anchor(heading string) string {
	keep := func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r > 0x7f && !strings.ContainsRune("，。：；、？！“”（）——", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(heading))
}
