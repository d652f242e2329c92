package wechat_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// docs/wechat.md says what these packages can do. Its tables are held against the code, both ways: what the code has must stand in
// them, and what stands in them must be there.

const handbook = "../docs/wechat.md"

func TestDocsClient(t *testing.T) {
	methods, paths := clientMethods(t), clientPaths(t)
	var named, listed []string
	for _, row := range docRows(t, "Endpoint") {
		listed = append(listed, words(row[0])...)
		named = append(named, slices.DeleteFunc(words(row[1]), func(w string) bool { return strings.HasPrefix(w, "Config.") })...)
	}
	same(t, "exported method of api.Client", methods, named)
	same(t, "endpoint of wechat/api", paths, listed)
}

func TestDocsSimulator(t *testing.T) {
	played := literals(t, "simulator")
	for _, row := range docRows(t, "Endpoint") {
		for _, path := range words(row[0]) {
			is := played[path] || played[strings.TrimPrefix(path, "/datacube/")]
			if says := row[2] == "yes"; says != is {
				t.Errorf("%s: column Sim says %q, the simulator plays it: %t", path, row[2], is)
			}
		}
	}
}

func TestDocsPushes(t *testing.T) {
	var types, messages, events []string
	for _, row := range docRows(t, "Message") {
		messages, types = append(messages, words(row[0])...), append(types, words(row[1])...)
	}
	for _, row := range docRows(t, "Event") {
		for _, name := range words(row[0]) {
			events = append(events, strings.ToLower(name))
		}
		types = append(types, words(row[1])...)
	}
	same(t, "type of Body", bodyTypes(t), types)
	same(t, "message that Parse knows", cases(t, "messageBody"), messages)
	same(t, "event that Parse knows", cases(t, "eventBody"), events)
}

func TestDocsReplies(t *testing.T) {
	var replies []string
	for _, row := range docRows(t, "Reply") {
		replies = append(replies, words(row[0])...)
	}
	same(t, "type of Reply", cases(t, "showable"), replies)
}

// The examples of the handbook are lines of examples that are compiled and run.
func TestDocsExamples(t *testing.T) {
	compiled := map[string]bool{}
	for _, name := range []string{"callback/example_test.go", "api/example_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			compiled[strings.Join(strings.Fields(line), " ")] = true
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(docText(t), -1)
	if len(blocks) != 2 {
		t.Errorf("%d examples, want 2", len(blocks))
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			if line = strings.Join(strings.Fields(line), " "); line != "" && !compiled[line] {
				t.Errorf("no example that is compiled has the line %q", line)
			}
		}
	}
}

// Every page of the server API that a comment names as its source is one of those in the tables, which were looked up: a path that
// only looks right does not pass.
func TestDocsPages(t *testing.T) {
	pages := map[string]bool{}
	for _, row := range docRows(t, "Endpoint") {
		pages[row[3]] = true
	}
	named := regexp.MustCompile(`developers\.weixin\.qq\.com/doc/(?:service|subscription)/api/([a-z/]+/api_\w+)`)
	found := 0
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if found++; !pages[m[1]] {
				t.Errorf("%s names the page %s, which no table of %s has", name, m[1], handbook)
			}
		}
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("%d pages found: %v", found, err)
	}
}

// Links within the repository lead somewhere.
func TestDocsLinks(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\((\.\./[^)#]+)`).FindAllStringSubmatch(docText(t), -1) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(handbook), m[1])); err != nil {
			t.Error(err)
		}
	}
}

// same reports what only one of the two has.
func same(t *testing.T, what string, have, said []string) {
	t.Helper()
	if len(have) == 0 {
		t.Fatalf("found no %s in the code", what)
	}
	for _, name := range have {
		if !slices.Contains(said, name) {
			t.Errorf("%s %s is missing in %s", what, name, handbook)
		}
	}
	for _, name := range said {
		if !slices.Contains(have, name) {
			t.Errorf("%s names %s, which is no %s", handbook, name, what)
		}
	}
}

func docText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(handbook)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// docRows are the cells of the rows of all tables whose first column has this head.
func docRows(t *testing.T, head string) (rows [][]string) {
	t.Helper()
	var in []string // the head of the table that a line stands in
	for line := range strings.Lines(docText(t)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			in = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case in == nil:
			in = cells
		case len(cells) != len(in):
			t.Errorf("a row of %d cells in a table of %d: %s", len(cells), len(in), line)
		case in[0] == head && strings.Trim(cells[0], "-") != "":
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table of the head %q", handbook, head)
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]+)`")

// words are what stands between backticks.
func words(cell string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// source parses the files of a package, without its tests.
func source(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	entries, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// receiver is the name of the type that a function is a method of.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	name, _ := of.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}

// functions are the declared functions of a package.
func functions(t *testing.T, dir string) (list []*ast.FuncDecl) {
	t.Helper()
	for _, file := range source(t, dir) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				list = append(list, f)
			}
		}
	}
	return list
}

// clientMethods are the calls of the client; those of its DataCube with that before them.
func clientMethods(t *testing.T) (list []string) {
	t.Helper()
	for _, f := range functions(t, "api") {
		switch of := receiver(f); {
		case !f.Name.IsExported() || strings.HasSuffix(f.Name.Name, "String"): // how it is printed
		case of == "Client":
			list = append(list, f.Name.Name)
		case of == "DataCube":
			list = append(list, of+"."+f.Name.Name)
		}
	}
	return list
}

// clientPaths are the endpoints that the client's source holds: as a text, or as the name that a call of the data cube has.
func clientPaths(t *testing.T) (list []string) {
	t.Helper()
	path := regexp.MustCompile(`^/(cgi-bin|customservice|sns|wxa|wxaapi|datacube|connect|mp)/[a-z0-9_/]*[a-z0-9_]\??$`)
	for text := range literals(t, "api") {
		if path.MatchString(text) {
			list = append(list, strings.TrimSuffix(text, "?"))
		}
	}
	for _, f := range functions(t, "api") {
		if receiver(f) != "DataCube" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if text, ok := literal(n); ok && strings.HasPrefix(text, "get") {
				list = append(list, "/datacube/"+text)
			}
			return true
		})
	}
	return list
}

// literals are the texts in a package's source.
func literals(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, file := range source(t, dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := literal(n); ok {
				all[text] = true
			}
			return true
		})
	}
	return all
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// bodyTypes are the types that a Push.Body can be.
func bodyTypes(t *testing.T) (list []string) {
	t.Helper()
	for _, f := range functions(t, ".") {
		if f.Name.Name == "body" && receiver(f) != "" {
			list = append(list, receiver(f))
		}
	}
	return list
}

// cases are the texts of the case clauses of a function.
func cases(t *testing.T, function string) (list []string) {
	t.Helper()
	for _, f := range functions(t, ".") {
		if f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			clause, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, e := range clause.List {
				if text, ok := literal(e); ok {
					list = append(list, text)
				}
			}
			return true
		})
	}
	return list
}
