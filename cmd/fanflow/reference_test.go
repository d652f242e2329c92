package main_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
)

var updateReference = flag.Bool("update", false, "write the generated parts of docs/lua.md and docs/fanflow.lua")

// luaGuides and pluginGuides are the pages with generated parts, by their language.
var (
	luaGuides    = map[string]string{reference.English: "lua.md", reference.Chinese: "lua.zh-CN.md"}
	pluginGuides = map[string]string{reference.English: "plugins.md", reference.Chinese: "plugins.zh-CN.md"}
)

var generated = regexp.MustCompile(`(?s)(<!-- generated: ([a-zA-Z. ]+) -->\n)(.*?)(<!-- /generated -->)`)

// TestReference: the generated parts of the guides, and the editor's file, are what the program's words make. With
// -update it writes them.
func TestReference(t *testing.T) {
	set := flows.Reference()
	for lang, page := range luaGuides {
		file := filepath.Join("../../docs", page)
		text := readFile(t, file)
		named := generatedParts(text)
		hold(t, file, text, renewed(t, text, &set, lang))
		for _, part := range set.Parts() {
			kind, _, _ := strings.Cut(part, " ")
			if n := count(named, part); n > 1 || n == 0 && kind != "module" && kind != "class" {
				t.Errorf("%s has %q %d times", page, part, n)
			}
		}
		for _, part := range []string{"rules", "other modules", "other classes"} {
			if count(named, part) != 1 {
				t.Errorf("%s has no place for %q", page, part)
			}
		}
	}
	file := "../../docs/fanflow.lua"
	hold(t, file, readFile(t, file), string(reference.LuaLS(set)))
}

// renewed writes the generated parts of a page anew.
func renewed(t *testing.T, text string, set *reference.Set, lang string) string {
	t.Helper()
	named := generatedParts(text)
	return generated.ReplaceAllStringFunc(text, func(block string) string {
		m := generated.FindStringSubmatch(block)
		return m[1] + generate(t, set, m[2], lang, named) + m[4]
	})
}

// TestPluginGuide: the guide of plugins has, in both languages, every table that plugins and hooks are given or return, every key of
// fanflow.toml about them, every module with its functions, and a section for each hook.
func TestPluginGuide(t *testing.T) {
	set := flows.Reference()
	want := []string{"bounds", "modules", "module config", "module secrets", "module http", "module log"}
	for _, c := range set.Classes {
		if strings.HasPrefix(c.Name, "HTTP") || strings.HasPrefix(c.Name, "Plugin") || slices.Contains(flows.HookWords(), c.Name) {
			want = append(want, "class "+c.Name)
		}
	}
	for _, c := range plugins.Tables().Classes {
		want = append(want, "toml "+c.Name)
	}
	for lang, page := range pluginGuides {
		file := filepath.Join("../../docs", page)
		text := readFile(t, file)
		hold(t, file, text, renewed(t, text, &set, lang))
		named := generatedParts(text)
		for _, part := range want {
			if n := count(named, part); n != 1 {
				t.Errorf("%s has %q %d times", page, part, n)
			}
		}
		for _, f := range set.Class("Hooks").Fields {
			if heading := "\n### " + f.Name + "\n"; strings.Contains(f.Type, "fun(") != strings.Contains(text, heading) {
				t.Errorf("%s: a section for the hook %s: %t", page, f.Name, strings.Contains(text, heading))
			}
		}
	}
}

// TestFaultWords: the faults of the guide are those of the code.
func TestFaultWords(t *testing.T) {
	var have, said []string
	for _, m := range regexp.MustCompile(`Fault\s+= "(\w+)"`).FindAllStringSubmatch(readFile(t, "../../plugins/fetch/fetch.go"), -1) {
		have = append(have, m[1])
	}
	tables := plugins.Tables()
	for _, f := range tables.Class("faults").Fields {
		said = append(said, f.Name)
	}
	if !slices.Equal(have, said) {
		t.Errorf("the code has the faults %q, the guide %q", have, said)
	}
}

func count(list []string, s string) (n int) {
	for _, item := range list {
		if item == s {
			n++
		}
	}
	return n
}

func generatedParts(text string) (parts []string) {
	for _, m := range generated.FindAllStringSubmatch(text, -1) {
		parts = append(parts, m[2])
	}
	return parts
}

// generate writes one part; the others of a kind are those that the page does not name.
func generate(t *testing.T, set *reference.Set, part, lang string, named []string) string {
	t.Helper()
	kind := map[string]string{"other modules": "module", "other classes": "class"}[part]
	toml, isTOML := strings.CutPrefix(part, "toml ")
	switch {
	case part == "rules":
		return rulesTable(lang)
	case part == "modules":
		return modulesTable(set, lang)
	case isTOML:
		tables := plugins.Tables()
		part, set = "class "+toml, &tables
	}
	if kind == "" {
		text, ok := set.Part(part, lang)
		if !ok {
			t.Errorf("there is no part %q", part)
		}
		return text
	}
	var out strings.Builder
	for _, p := range set.Parts() {
		if k, name, _ := strings.Cut(p, " "); k == kind && !slices.Contains(named, p) {
			text, _ := set.Part(p, lang)
			fmt.Fprintf(&out, "### %s\n\n%s", name, text)
		}
	}
	return out.String()
}

// modulesTable names every function of every module, and what can be written without one.
func modulesTable(set *reference.Set, lang string) string {
	var out strings.Builder
	out.WriteString(map[string]string{reference.English: "| module | functions |\n| --- | --- |\n", reference.Chinese: "| 模块 | 函数 |\n| --- | --- |\n"}[lang])
	row := func(module string, funcs []reference.Func) {
		names := make([]string, len(funcs))
		for i, f := range funcs {
			names[i] = "`" + f.Name + "`"
		}
		fmt.Fprintf(&out, "| %s | %s |\n", module, strings.Join(names, " "))
	}
	for _, m := range set.Modules {
		row("`"+m.Name+"`", m.Funcs)
	}
	row("–", set.Globals)
	return out.String() + "\n"
}

func rulesTable(lang string) string {
	var out strings.Builder
	out.WriteString(map[string]string{reference.English: "| rule | says | finds |\n| --- | --- | --- |\n", reference.Chinese: "| 规则 | 级别 | 找出 |\n| --- | --- | --- |\n"}[lang])
	for _, r := range lint.Rules() {
		doc := r.Doc
		if lang == reference.Chinese {
			doc = r.DocZH
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r.Name, r.Severity, strings.ReplaceAll(doc, "|", `\|`))
	}
	return out.String() + "\n"
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && (!*updateReference || !os.IsNotExist(err)) {
		t.Fatal(err)
	}
	return string(text)
}

// hold compares a file with what it must be, or makes it so.
func hold(t *testing.T, file, got, want string) {
	t.Helper()
	switch {
	case got == want:
	case *updateReference:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
		at := 0
		for at < min(len(a), len(b))-1 && a[at] == b[at] {
			at++
		}
		t.Errorf("%s:%d is not what the program's words make; run go test ./cmd/fanflow -run TestReference -update\nhas  %s\nwant %s", file, at+1, a[at], b[at])
	}
}

// TestReferenceParses: the editor's file is Lua, and declares every function that scripts have.
func TestReferenceParses(t *testing.T) {
	set := flows.Reference()
	source := string(reference.LuaLS(set))
	if _, err := parse.Parse(strings.NewReader(source), "fanflow.lua"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(source, "---@meta\n") {
		t.Error("fanflow.lua does not begin as a definition file")
	}
	declared := func(f string) {
		if n := strings.Count(source, "\nfunction "+f+"("); n != 1 {
			t.Errorf("%s is declared %d times", f, n)
		}
	}
	for _, f := range set.Globals {
		declared(f.Name)
	}
	for _, m := range set.Modules {
		for _, f := range m.Funcs {
			declared(m.Name + "." + f.Name)
		}
	}
	for _, c := range set.Classes {
		for _, f := range c.Methods {
			declared(c.Name + ":" + f.Name)
		}
	}
	known := regexp.MustCompile(`\b[A-Z][A-Za-z]*(?:\.[a-z_]+)?\b`)
	for line := range strings.Lines(source) {
		if typed, ok := strings.CutPrefix(line, "---@param "); ok {
			for _, name := range known.FindAllString(typed, -1) {
				if set.Class(name) == nil {
					t.Errorf("the type %s of %q is no class", name, strings.TrimSpace(line))
				}
			}
		}
	}
}
