package flows

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// guide is docs/flows.md in one language, with the heads of its tables.
type guide struct {
	file, text string
	heads      int // the column of the names of tables in guideTables
}

func guidePages(t *testing.T) []guide {
	t.Helper()
	var out []guide
	for i, file := range []string{"flows.md", "flows.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, guide{file, string(text), i})
	}
	return out
}

var backticked = regexp.MustCompile("`([^`]+)`")

// named gives the words between backticks in a column of the tables whose first column has this head.
func (g *guide) named(t *testing.T, head string, column int) (words []string) {
	t.Helper()
	in, found := false, false
	for line := range strings.Lines(g.text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			in = false
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, ""), "|"), "|")
		if strings.TrimSpace(cells[0]) == head {
			in, found = true, true
			continue
		}
		if in && column < len(cells) {
			for _, m := range backticked.FindAllStringSubmatch(cells[column], -1) {
				words = append(words, m[1])
			}
		}
	}
	if !found {
		t.Errorf("%s has no table whose first column is %q", g.file, head)
	}
	return words
}

// knownFields are the fields that check knows at a place of a flow: it names them when it finds another.
func knownFields(t *testing.T, script string) []string {
	t.Helper()
	src, err := parseSource("x.lua", script)
	if err != nil {
		t.Fatal(err)
	}
	l := lua.NewState()
	defer l.Close()
	var root *lua.LTable
	l.SetGlobal("flow", l.NewFunction(func(l *lua.LState) int { root = l.CheckTable(1); return 0 }))
	if err := l.DoString(script); err != nil {
		t.Fatal(err)
	}
	_, findings := declare(src, root)
	for _, f := range findings {
		if list, ok := strings.CutPrefix(f.Mend, "the fields here are "); ok {
			return strings.Split(list, ", ")
		}
	}
	t.Fatalf("check takes every field in %s", script)
	return nil
}

// TestDocsWords: what scripts can write stands in the guide, in both languages, and nothing else.
func TestDocsWords(t *testing.T) {
	tables := []struct {
		heads [2]string
		words []string
	}{
		{[2]string{"verb", "动词"}, append(slices.Clone(verbs), "to")},
		{[2]string{"message", "消息"}, sortedKeys(riches)},
		{[2]string{"option", "选项"}, optionFields},
		{[2]string{"condition", "条件"}, condFields},
		{[2]string{"method of `fan`", "`fan` 的方法"}, fanMethods()},
		{[2]string{"field of `fan`", "`fan` 的字段"}, fanFields},
		{[2]string{"module", "模块"}, sortedKeys(plugins.Std(nil))},
		{[2]string{"event", "事件"}, eventNames()},
		{[2]string{"kind", "类别"}, ownKinds},
		{[2]string{"entry", "记录"}, kinds(t)},
		{[2]string{"field of a state", "状态的字段"}, knownFields(t, `flow { name = "x", states = { a = { zz = 1 } } }`)},
		{[2]string{"field of a timer", "定时器的字段"}, []string{"late", "name", "times", "since"}},
		{[2]string{"field of a drip", "drip 的字段"}, slices.Concat(dripFlowFields, plugins.DripFields)},
		{[2]string{"field of a step", "一步的字段"}, slices.Concat([]string{"at", "after", "when"}, plugins.DripVerbs)},
	}
	for _, g := range guidePages(t) {
		for _, table := range tables {
			same(t, g.file, table.heads[g.heads], table.words, g.named(t, table.heads[g.heads], 0))
		}
		if got := g.named(t, tables[0].heads[g.heads], 0); !slices.Equal(got, tables[0].words) {
			t.Errorf("%s: verbs are carried out in the order %v, documented %v", g.file, tables[0].words, got)
		}
		g.has(t, "field of a flow", knownFields(t, `flow { zz = 1 }`))
		g.has(t, "field of an action", append(knownFields(t, `flow { name = "x", states = { a = { enter = { zz = 1, reply = "x" } } } }`), actionFields...))
		g.has(t, "field of again", knownFields(t, `flow { name = "x", again = { zz = 1 } }`))
		g.has(t, "field of holdout", knownFields(t, `flow { name = "x", holdout = { zz = 1 } }`))
		g.has(t, "field of limit", knownFields(t, `flow { name = "x", limit = { zz = 1 } }`))
		g.has(t, "field of a trigger by time", knownFields(t, `flow { name = "x", triggers = { every = { ["1d"] = { zz = 1 } } } }`))
		g.has(t, "event of exit", sortedKeys(exitEvents))
		g.has(t, "field of a claim", []string{"key", "limit", "set", "none"})
		g.has(t, "field of an event", eventFields(t))
		g.has(t, "function of a module", moduleFunctions(t))
		for _, r := range riches {
			g.has(t, "field of a message", r.fields)
		}
		for _, by := range g.named(t, [2]string{"divided by (`?by=`)", "细分（`?by=`）"}[g.heads], 0) {
			if !divides(by) {
				t.Errorf("%s: a funnel cannot be divided by %s", g.file, by)
			}
		}
	}
}

// same reports what only one of the two has.
func same(t *testing.T, file, what string, have, said []string) {
	t.Helper()
	for _, w := range have {
		if !slices.Contains(said, w) {
			t.Errorf("%s: the table of %q lacks %s", file, what, w)
		}
	}
	for _, w := range said {
		if !slices.Contains(have, w) {
			t.Errorf("%s: the table of %q has %s, which there is not", file, what, w)
		}
	}
}

// has looks for words anywhere in the guide: between backticks, or in an example.
func (g *guide) has(t *testing.T, what string, words []string) {
	t.Helper()
	if len(words) == 0 {
		t.Errorf("the code has no %s", what)
	}
	for _, w := range words {
		if !regexp.MustCompile("[`{ (.\\[\"]" + regexp.QuoteMeta(w) + "\\b").MatchString(g.text) {
			t.Errorf("%s lacks the %s %q", g.file, what, w)
		}
	}
}

// kinds are those that journal entries can have.
func kinds(t *testing.T) (out []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "store", "entry.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Kind = "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	if len(out) < 30 || !slices.Contains(out, string(store.Decided)) {
		t.Fatalf("found %v", out)
	}
	return out
}

// eventFields are the names under which this package gives scripts what an event says.
func eventFields(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := regexp.MustCompile(`(?:Fields\["|\.given\(")([a-z_0-9]+)"`)
	literal := regexp.MustCompile(`Fields(?: =|:) map\[string\]any\{([^}]*)\}`)
	key := regexp.MustCompile(`"([a-z_]+)":`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range set.FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
		for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
			for _, k := range key.FindAllStringSubmatch(m[1], -1) {
				out = append(out, k[1])
			}
		}
	}
	for _, name := range genericFields {
		out = append(out, name)
	}
	slices.Sort(out)
	out = slices.DeleteFunc(slices.Compact(out), func(name string) bool {
		return slices.Contains([]string{"from", "add", "remove", "by", "delay"}, name) // of events that no script sees, and an old word
	})
	if len(out) < 40 {
		t.Fatalf("found only %v", out)
	}
	return out
}

// moduleFunctions are the functions of the standard modules.
func moduleFunctions(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("../plugins/std/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			table, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if m, isMap := table.Type.(*ast.MapType); !isMap || !isFunction(m.Value) {
				return true
			}
			for _, e := range table.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if name, ok := kv.Key.(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(name.Value)
						out = append(out, text)
					}
				}
			}
			return true
		})
	}
	if len(out) < 20 {
		t.Fatalf("found only %v", out)
	}
	return out
}

func isFunction(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "LGFunction"
}

// TestDocsLimits: the figures under Limits are those of the code, row by row.
func TestDocsLimits(t *testing.T) {
	l := sandbox.DefaultLimits()
	kb := func(n int) int { return n >> 10 }
	want := [][]int{
		{int(l.Instructions), int(l.Bytes) >> 20, int(l.Time.Milliseconds()), int(l.Hard.Seconds())},
		{l.Total},
		{kb(store.MaxChange), kb(store.MaxChange - maxWhy - forWhatFollows)},
		{maxMoves, maxMoves},
		{maxRounds},
		{maxCalls, maxDepth},
		{maxSends, maxSends},
		{maxNeeds},
		{store.MaxKeyed},
		{store.MaxKept, int(keptFor.Hours()) / 24},
		{maxExperiments, maxArms, store.MaxArm},
		{64, maxWord},
		{maxExpression},
		{maxReads, int(readLimit.Seconds()), int(readsLimit.Seconds()), kb(maxRequest), kb(fetch.MaxBody)},
		{maxErrands, kb(maxCallArgs), int(callLimit.Seconds()), callsAtOnce},
		{kb(maxHook), int(keepHooks.Hours()) / 24},
		{2, 53},
		{maxTried},
		{24},
		{1}, // minute: plugins.ParseEvery refuses less
		{},
	}
	number := regexp.MustCompile(`\d+`)
	for _, g := range guidePages(t) {
		_, section, ok := strings.Cut(g.text, [2]string{"\n## Limits\n", "\n## 限制\n"}[g.heads])
		if !ok {
			t.Fatalf("%s says nothing of limits", g.file)
		}
		var got [][]int
		for line := range strings.Lines(section) {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			if len(cells) != 2 {
				continue
			}
			row := []int{}
			for _, n := range number.FindAllString(strings.ReplaceAll(cells[1], ",", ""), -1) {
				v, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, v)
			}
			got = append(got, row)
		}
		got = got[min(2, len(got)):]
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the figures are\n%v, the code's\n%v", g.file, got, want)
		}
	}
}
