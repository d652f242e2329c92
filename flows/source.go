package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// source is a script's syntax tree, for what only the text can tell: lines, and misuse inside of functions.
type source struct {
	File  string
	Chunk []ast.Stmt
	lines map[string]int // of the fields of the table given to flow or drip, by their path: states.greet.on
	// places are where paths of the flow that a drip becomes stand in the drip: states.step-2h is steps.2.
	places map[string]string
	twice  []string // paths that stand there more than once; Lua keeps the last
}

// parseSource reads a script that sandbox.Compile has taken: it bounds size and depth, which the parser does not.
func parseSource(file, text string) (*source, error) {
	chunk, err := parse.Parse(strings.NewReader(text), file)
	if err != nil {
		return nil, err
	}
	s := &source{File: file, Chunk: chunk, lines: map[string]int{}}
	walkTree(chunk, func(e ast.Expr) {
		call, ok := e.(*ast.FuncCallExpr)
		if !ok || len(call.Args) != 1 {
			return
		}
		name, ok := call.Func.(*ast.IdentExpr)
		table, isTable := call.Args[0].(*ast.TableExpr)
		if ok && isTable && (name.Value == "flow" || name.Value == "drip") {
			s.lines[""] = call.Line()
			s.fields("", table)
		}
	})
	return s, nil
}

func (s *source) fields(path string, t *ast.TableExpr) {
	at := 0
	for _, f := range t.Fields {
		var key string
		line := f.Value.Line()
		switch k := f.Key.(type) {
		case nil:
			at++
			key = strconv.Itoa(at)
		case *ast.StringExpr:
			key, line = k.Value, k.Line()
		case *ast.NumberExpr:
			key, line = k.Value, k.Line()
		default:
			continue
		}
		p := join(path, key)
		if _, ok := s.lines[p]; ok {
			s.twice = append(s.twice, p)
		}
		s.lines[p] = line
		if sub, ok := f.Value.(*ast.TableExpr); ok {
			s.fields(p, sub)
		}
	}
}

// line gives the line of a path, or of the nearest part of it that stands in the script as such; 0 if it cannot be told.
func (s *source) line(path string) int {
	path = s.place(path)
	for {
		if n, ok := s.lines[path]; ok {
			return n
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return s.lines[""]
		}
		path = path[:i]
	}
}

// stands notes where a path of a drip's flow stands in the drip.
func (s *source) stands(path, drip string) {
	if s.places == nil {
		s.places = map[string]string{}
	}
	s.places[path] = drip
}

// place gives a path as the script has it.
func (s *source) place(path string) string {
	for head := path; head != ""; {
		if at, ok := s.places[head]; ok {
			return at + path[len(head):]
		}
		i := strings.LastIndexByte(head, '.')
		if i < 0 {
			break
		}
		head = head[:i]
	}
	return path
}

// retell lets findings name places as the script has them.
func (s *source) retell(findings []Finding) []Finding {
	if s.places == nil {
		return findings
	}
	paths := sortedKeys(s.places)
	slices.SortStableFunc(paths, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, path := range paths {
		pairs = append(pairs, path, s.places[path])
	}
	r := strings.NewReplacer(pairs...)
	for i := range findings {
		findings[i].Msg = r.Replace(findings[i].Msg)
	}
	return findings
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// walkTree shows every expression of a chunk, outer before inner.
func walkTree(chunk []ast.Stmt, see func(ast.Expr)) {
	for _, s := range chunk {
		walkStmt(s, see)
	}
}

func walkStmt(s ast.Stmt, see func(ast.Expr)) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		walkExprs(see, s.Lhs...)
		walkExprs(see, s.Rhs...)
	case *ast.LocalAssignStmt:
		walkExprs(see, s.Exprs...)
	case *ast.FuncCallStmt:
		walkExprs(see, s.Expr)
	case *ast.DoBlockStmt:
		walkTree(s.Stmts, see)
	case *ast.WhileStmt:
		walkExprs(see, s.Condition)
		walkTree(s.Stmts, see)
	case *ast.RepeatStmt:
		walkTree(s.Stmts, see)
		walkExprs(see, s.Condition)
	case *ast.IfStmt:
		walkExprs(see, s.Condition)
		walkTree(s.Then, see)
		walkTree(s.Else, see)
	case *ast.NumberForStmt:
		walkExprs(see, s.Init, s.Limit, s.Step)
		walkTree(s.Stmts, see)
	case *ast.GenericForStmt:
		walkExprs(see, s.Exprs...)
		walkTree(s.Stmts, see)
	case *ast.FuncDefStmt:
		walkExprs(see, s.Func)
	case *ast.ReturnStmt:
		walkExprs(see, s.Exprs...)
	}
}

func walkExprs(see func(ast.Expr), exprs ...ast.Expr) {
	for _, e := range exprs {
		walkExpr(e, see)
	}
}

func walkExpr(e ast.Expr, see func(ast.Expr)) {
	if e == nil {
		return
	}
	see(e)
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		walkExprs(see, e.Object, e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			walkExprs(see, f.Key, f.Value)
		}
	case *ast.FuncCallExpr:
		walkExprs(see, e.Func, e.Receiver)
		walkExprs(see, e.Args...)
	case *ast.LogicalOpExpr:
		walkExprs(see, e.Lhs, e.Rhs)
	case *ast.RelationalOpExpr:
		walkExprs(see, e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		walkExprs(see, e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		walkExprs(see, e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		walkExprs(see, e.Expr)
	case *ast.UnaryNotOpExpr:
		walkExprs(see, e.Expr)
	case *ast.UnaryLenOpExpr:
		walkExprs(see, e.Expr)
	case *ast.FunctionExpr:
		walkTree(e.Stmts, see)
	}
}
