package lint

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"fanflow/plugins/reference"
)

// Chunk is a script as its text says it, with every name resolved.
type Chunk struct {
	File  string
	Stmts []ast.Stmt
	// Requires are the modules and plugins that are required by a literal, in the order of the text.
	Requires []Require
	// Functions are those of the table that the script returns: local M = {}; function M.f() end; return M.
	Functions []Function

	*tree
	source  string
	members *exports
}

// Require is require "name".
type Require struct {
	Name string
	Line int
}

// Function is a function that a plugin offers. Its Doc is the comment of --- lines above it; ---@param and ---@return give its
// parameters and results types. What has no type is of type any, and a parameter without one may be left out.
type Function struct {
	reference.Func
	Line int
}

// Parse reads a source that sandbox.Compile has taken: it bounds size and depth, which the parser does not. The error is the
// parser's, a *parse.Error of gopher-lua.
func Parse(file, source string) (*Chunk, error) {
	stmts, err := parse.Parse(strings.NewReader(source), file)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	c := &Chunk{File: file, Stmts: stmts, tree: resolve(stmts), source: source}
	for _, call := range c.calls {
		if name, ok := c.required(call.FuncCallExpr); ok {
			c.Requires = append(c.Requires, Require{name, call.Line()})
		}
	}
	c.members = c.exported()
	c.Functions = c.members.functions(strings.Split(source, "\n"))
	return c, nil
}

// required gives what require "name" names.
func (t *tree) required(call *ast.FuncCallExpr) (name string, ok bool) {
	if call.Func == nil || !t.isGlobal(call.Func, "require") || len(call.Args) != 1 {
		return "", false
	}
	text, ok := call.Args[0].(*ast.StringExpr)
	if !ok {
		return "", false
	}
	return text.Value, true
}

// Module gives the functions and values of the table that the script returns. whole is false where it may have others too: it is
// handed to a function, indexed by a computed key, or is no table that can be read from the text.
func (c *Chunk) Module() (m reference.Module, whole bool) {
	for _, f := range c.Functions {
		m.Funcs = append(m.Funcs, f.Func)
	}
	for _, name := range c.members.order {
		if c.members.values[name].fn == nil {
			m.Values = append(m.Values, reference.Param{Name: name, Type: literalType(c.members.values[name].value)})
		}
	}
	if text, ok := c.members.text("name"); ok {
		m.Name = text
	}
	return m, c.members.whole
}

func literalType(e ast.Expr) string {
	switch e.(type) {
	case *ast.StringExpr:
		return "string"
	case *ast.NumberExpr:
		return "number"
	case *ast.TrueExpr, *ast.FalseExpr:
		return "boolean"
	case *ast.TableExpr:
		return "table"
	}
	return "any"
}

// exports are the fields of the table that a script returns.
type exports struct {
	holder *variable      // the local that it is in; nil if it is written at the return
	table  *ast.TableExpr // nil where it cannot be told
	order  []string
	values map[string]export
	whole  bool
}

type export struct {
	value ast.Expr // nil where it is not written there
	fn    *ast.FunctionExpr
	line  int
}

func (x *exports) add(name string, value ast.Expr, line int) {
	if _, again := x.values[name]; !again {
		x.order = append(x.order, name)
	}
	fn, _ := value.(*ast.FunctionExpr)
	x.values[name] = export{value, fn, line}
}

// text gives a field that is a text.
func (x *exports) text(name string) (string, bool) {
	s, ok := x.values[name].value.(*ast.StringExpr)
	if !ok {
		return "", false
	}
	return s.Value, true
}

// exported reads what the script returns.
func (t *tree) exported() *exports {
	x := &exports{values: map[string]export{}}
	if len(t.returns) != 1 || len(t.returns[0].Exprs) != 1 {
		return x
	}
	result := t.returns[0].Exprs[0]
	x.table, x.holder = t.tableOf(result), t.local(result)
	if x.table == nil {
		return x
	}
	x.whole = true
	for _, f := range x.table.Fields {
		switch key := f.Key.(type) {
		case nil: // a list item
		case *ast.StringExpr:
			x.add(key.Value, t.functionExpr(f.Value), key.Line())
		default:
			x.whole = false
		}
	}
	if x.holder != nil {
		t.assigned(x)
	}
	return x
}

// functionExpr gives the function that an expression names, else the expression.
func (t *tree) functionExpr(e ast.Expr) ast.Expr {
	if f := t.functionOf(e); f != nil {
		return f.expr
	}
	return e
}

// assigned adds M.x = … and function M.x(), and looks whether M is used in ways that could add more.
func (t *tree) assigned(x *exports) {
	indexed := 0
	for _, s := range t.stores {
		get, ok := s.target.(*ast.AttrGetExpr)
		if !ok || t.local(get.Object) != x.holder {
			continue
		}
		key, ok := get.Key.(*ast.StringExpr)
		if !ok {
			x.whole = false
			continue
		}
		x.add(key.Value, t.functionExpr(s.value), s.line)
	}
	for _, g := range t.gets {
		if t.local(g.Object) == x.holder {
			indexed++
		}
	}
	for _, c := range t.calls {
		if c.Func == nil && t.local(c.Receiver) == x.holder {
			indexed++
		}
	}
	// Beside these it may only be returned.
	x.whole = x.whole && len(x.holder.reads) == indexed+1
}

// functions gives the exported functions in the order of the text.
func (x *exports) functions(lines []string) (list []Function) {
	for _, name := range x.order {
		e := x.values[name]
		if e.fn == nil {
			continue
		}
		f := Function{Func: reference.Func{Name: name}, Line: e.line}
		for _, p := range e.fn.ParList.Names {
			f.Params = append(f.Params, reference.Param{Name: p, Type: "any", Optional: true})
		}
		if e.fn.ParList.HasVargs {
			f.Params = append(f.Params, reference.Param{Name: "...", Type: "any", Rest: true})
		}
		text := commentAbove(lines, e.line)
		if len(text) == 0 {
			text = commentAbove(lines, e.fn.Line()) // M.f = f, where f is written elsewhere
		}
		f.comment(text)
		list = append(list, f)
	}
	return list
}

const maxComment = 100 // lines

// commentAbove gives the --- lines right above a line, without their dashes.
func commentAbove(lines []string, line int) (text []string) {
	first := line - 1
	for first > 0 && first <= len(lines) && line-first < maxComment && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "---") {
		first--
	}
	for i := first; i < line-1 && i < len(lines); i++ {
		text = append(text, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(lines[i]), "---")))
	}
	return text
}

// comment reads the --- lines of a function: sentences, ---@param name type doc and ---@return type name doc.
func (f *Function) comment(lines []string) {
	var doc []string
	for _, line := range lines {
		tag, rest, _ := strings.Cut(line, " ")
		switch tag {
		case "@param":
			f.param(strings.TrimSpace(rest))
		case "@return":
			kind, rest := cutType(strings.TrimSpace(rest))
			name, text, _ := strings.Cut(rest, " ")
			f.Returns = append(f.Returns, reference.Param{Name: name, Type: kind, Doc: strings.TrimSpace(text)})
		default:
			if line != "" && !strings.HasPrefix(line, "@") {
				doc = append(doc, line)
			}
		}
	}
	f.Doc = strings.Join(doc, " ")
}

func (f *Function) param(text string) {
	name, rest, _ := strings.Cut(text, " ")
	bare, optional := strings.CutSuffix(name, "?")
	for i := range f.Params {
		if p := &f.Params[i]; p.Name == bare {
			var kind string
			kind, p.Doc = cutType(strings.TrimSpace(rest))
			if kind != "" {
				p.Type, p.Optional = kind, optional || strings.HasSuffix(kind, "?")
			}
		}
	}
}

// cutType takes a type from the front of a text: what stands before the first space outside of brackets.
func cutType(text string) (kind, rest string) {
	depth := 0
	for i, c := range text {
		switch c {
		case '(', '<', '{', '[':
			depth++
		case ')', '>', '}', ']':
			depth--
		case ' ', '\t':
			if depth <= 0 {
				return text[:i], strings.TrimSpace(text[i:])
			}
		}
	}
	return text, ""
}
