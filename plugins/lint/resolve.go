package lint

import (
	"github.com/yuin/gopher-lua/ast"
)

// function is the chunk or a function of the script.
type function struct {
	expr   *ast.FunctionExpr // nil: the chunk
	outer  *function
	params []*variable // of a method self first
	holder *variable   // the local that it is the value of from its declaration on
	line   int
	// loading: it runs only while the script is read from its top, never for a fan.
	loading bool
	// caught: it is written as an argument of pcall or xpcall, so that its errors are looked for.
	caught bool
}

// tries reports whether errors in the function are caught by the script, which may want them.
func (f *function) tries() bool {
	for ; f != nil; f = f.outer {
		if f.caught {
			return true
		}
	}
	return false
}

// Kinds of variables.
const (
	isLocal = iota
	isParam
	isLoop
)

// variable is a local name: what local, for and function declare.
type variable struct {
	name  string
	line  int
	kind  int
	owner *function
	init  ast.Expr // what it is declared with; nil: nothing, or one of several values of a call
	hides *variable
	after []*variable // declared by the same statement behind it
	reads []use
	// writes are the assignments after the declaration.
	writes []use
}

// constant reports whether it keeps what it was declared with.
func (v *variable) constant() bool { return len(v.writes) == 0 }

// use is a place where a name stands.
type use struct {
	ident *ast.IdentExpr
	in    *function
	call  *ast.FuncCallExpr // that calls it; nil where it is a value
}

type callSite struct {
	*ast.FuncCallExpr
	in *function
	at int // position in the order of the text
}

type getSite struct {
	*ast.AttrGetExpr
	in             *function
	called, stored bool
}

// storeSite is an assignment to a local or a field, or function a.b() which is one.
type storeSite struct {
	target ast.Expr
	value  ast.Expr // nil: one of several values of a call
	in     *function
	line   int
	at     int
}

// operand stands under an operator that makes a text or number of it.
type operand struct {
	op   string
	expr ast.Expr
}

type loopSite struct {
	in       *function
	from, to int // positions
	line     int
}

// tree is what the resolver knows of a script.
type tree struct {
	chunk     *function
	functions []*function
	ofExpr    map[*ast.FunctionExpr]*function
	vars      []*variable
	of        map[*ast.IdentExpr]*variable // absent: a global
	globals   []use
	calls     []callSite
	gets      []getSite
	stores    []storeSite
	operands  []operand
	loops     []loopSite
	tables    []*ast.TableExpr
	texts     []*ast.StringExpr
	returns   []*ast.ReturnStmt // of the chunk itself
	ends      []int             // positions of all of return
}

// resolver walks a script once and finds out which name is which variable, by the scopes of Lua 5.1: a local is known after its
// statement, a local function and a method's self inside of it, the locals of repeat also in its condition.
type resolver struct {
	tree
	in    *function
	scope []*variable // visible, innermost last
	at    int
}

func resolve(stmts []ast.Stmt) *tree {
	r := &resolver{tree: tree{ofExpr: map[*ast.FunctionExpr]*function{}, of: map[*ast.IdentExpr]*variable{}}}
	r.chunk = &function{line: 1}
	r.in = r.chunk
	r.functions = append(r.functions, r.chunk)
	r.block(stmts)
	r.tree.loadingOnly()
	return &r.tree
}

func (r *resolver) find(name string) *variable {
	for i := len(r.scope) - 1; i >= 0; i-- {
		if r.scope[i].name == name {
			return r.scope[i]
		}
	}
	return nil
}

func (r *resolver) declare(name string, line, kind int) *variable {
	v := &variable{name: name, line: line, kind: kind, owner: r.in, hides: r.find(name)}
	r.vars = append(r.vars, v)
	r.scope = append(r.scope, v)
	return v
}

func (r *resolver) block(stmts []ast.Stmt) {
	scope := len(r.scope)
	r.stmts(stmts)
	r.scope = r.scope[:scope]
}

func (r *resolver) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		r.at++
		r.stmt(s)
	}
}

func (r *resolver) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		r.assign(s)
	case *ast.LocalAssignStmt:
		r.local(s)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.loop(s.Line(), func() {
			r.expr(s.Condition)
			r.block(s.Stmts)
		})
	case *ast.RepeatStmt:
		r.loop(s.Line(), func() {
			r.stmts(s.Stmts)
			r.expr(s.Condition)
		})
	case *ast.IfStmt:
		r.expr(s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.exprs(s.Init, s.Limit, s.Step)
		r.loop(s.Line(), func() {
			r.declare(s.Name, s.Line(), isLoop)
			r.block(s.Stmts)
		})
	case *ast.GenericForStmt:
		r.exprs(s.Exprs...)
		r.loop(s.Line(), func() {
			for _, name := range s.Names {
				r.declare(name, s.Line(), isLoop)
			}
			r.block(s.Stmts)
		})
	case *ast.FuncDefStmt:
		r.define(s)
	case *ast.ReturnStmt:
		if r.in == r.chunk {
			r.returns = append(r.returns, s)
		}
		r.ends = append(r.ends, r.at)
		r.exprs(s.Exprs...)
	}
}

// loop walks a loop in a scope of its own.
func (r *resolver) loop(line int, walk func()) {
	scope, from := len(r.scope), r.at
	walk()
	r.scope = r.scope[:scope]
	r.at++
	r.loops = append(r.loops, loopSite{r.in, from, r.at, line})
}

// local declares names after their values, but for a function, which may call itself.
func (r *resolver) local(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			v := r.declare(s.Names[0], s.Line(), isLocal)
			v.init = fn
			r.function(fn, s.Line(), v, false)
			return
		}
	}
	r.exprs(s.Exprs...)
	declared := make([]*variable, len(s.Names))
	for i, name := range s.Names {
		declared[i] = r.declare(name, s.Line(), isLocal)
		switch {
		case i < len(s.Exprs)-1, i == len(s.Exprs)-1 && (i == len(s.Names)-1 || !manyValued(s.Exprs[i])):
			declared[i].init = s.Exprs[i]
		}
	}
	for i, v := range declared {
		v.after = declared[i+1:]
	}
}

// manyValued reports whether an expression may give several values at the end of a list.
func manyValued(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

func (r *resolver) assign(s *ast.AssignStmt) {
	r.exprs(s.Rhs...)
	for i, target := range s.Lhs {
		var value ast.Expr
		if i < len(s.Rhs)-1 || i == len(s.Rhs)-1 && (i == len(s.Lhs)-1 || !manyValued(s.Rhs[i])) {
			value = s.Rhs[i]
		}
		r.store(target, value, s.Line())
	}
}

// store notes an assignment.
func (r *resolver) store(target, value ast.Expr, line int) {
	switch t := target.(type) {
	case *ast.IdentExpr:
		if v := r.find(t.Value); v != nil {
			r.of[t] = v
			v.writes = append(v.writes, use{ident: t, in: r.in})
			line = t.Line()
		}
	case *ast.AttrGetExpr:
		line = t.Key.Line()
		r.expr(t.Object)
		r.expr(t.Key)
		r.gets = append(r.gets, getSite{AttrGetExpr: t, in: r.in, stored: true})
	}
	r.at++
	r.stores = append(r.stores, storeSite{target, value, r.in, line, r.at})
}

// define is function f(), function a.b() and function a:b().
func (r *resolver) define(s *ast.FuncDefStmt) {
	target := s.Name.Func
	method := target == nil
	if method {
		key := &ast.StringExpr{Value: s.Name.Method}
		key.SetLine(s.Line())
		get := &ast.AttrGetExpr{Object: s.Name.Receiver, Key: key}
		get.SetLine(s.Line())
		target = get
	}
	r.store(target, s.Func, s.Line())
	r.function(s.Func, s.Line(), nil, method)
}

func (r *resolver) function(e *ast.FunctionExpr, line int, holder *variable, method bool) {
	f := &function{expr: e, outer: r.in, holder: holder, line: line}
	r.functions = append(r.functions, f)
	r.ofExpr[e] = f
	scope := len(r.scope)
	r.in = f
	if method {
		f.params = append(f.params, r.declare("self", line, isParam))
	}
	for _, name := range e.ParList.Names {
		f.params = append(f.params, r.declare(name, line, isParam))
	}
	r.block(e.Stmts)
	r.in = f.outer
	r.scope = r.scope[:scope]
}

func (r *resolver) exprs(list ...ast.Expr) {
	for _, e := range list {
		r.expr(e)
	}
}

func (r *resolver) expr(e ast.Expr) {
	r.at++
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.read(e, nil)
	case *ast.StringExpr:
		r.texts = append(r.texts, e)
	case *ast.AttrGetExpr:
		r.get(e, false)
	case *ast.TableExpr:
		r.tables = append(r.tables, e)
		for _, f := range e.Fields {
			r.exprs(f.Key, f.Value)
		}
	case *ast.FuncCallExpr:
		r.call(e)
	case *ast.FunctionExpr:
		r.function(e, e.Line(), nil, false)
	case *ast.LogicalOpExpr:
		r.exprs(e.Lhs, e.Rhs)
	case *ast.RelationalOpExpr:
		if e.Operator != "==" && e.Operator != "~=" {
			r.operands = append(r.operands, operand{e.Operator, e.Lhs}, operand{e.Operator, e.Rhs})
		}
		r.exprs(e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		r.operands = append(r.operands, operand{"..", e.Lhs}, operand{"..", e.Rhs})
		r.exprs(e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		r.operands = append(r.operands, operand{e.Operator, e.Lhs}, operand{e.Operator, e.Rhs})
		r.exprs(e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.operands = append(r.operands, operand{"-", e.Expr})
		r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		r.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		r.operands = append(r.operands, operand{"#", e.Expr})
		r.expr(e.Expr)
	}
}

func (r *resolver) read(e *ast.IdentExpr, call *ast.FuncCallExpr) {
	u := use{e, r.in, call}
	if v := r.find(e.Value); v != nil {
		r.of[e] = v
		v.reads = append(v.reads, u)
		return
	}
	r.globals = append(r.globals, u)
}

func (r *resolver) get(e *ast.AttrGetExpr, called bool) {
	r.expr(e.Object)
	r.expr(e.Key)
	r.gets = append(r.gets, getSite{AttrGetExpr: e, in: r.in, called: called})
}

func (r *resolver) call(e *ast.FuncCallExpr) {
	switch fn := e.Func.(type) {
	case nil:
		r.expr(e.Receiver)
	case *ast.IdentExpr:
		r.read(fn, e)
	case *ast.AttrGetExpr:
		r.get(fn, true)
	default:
		r.expr(fn)
	}
	r.exprs(e.Args...)
	r.at++
	r.calls = append(r.calls, callSite{e, r.in, r.at})
}
