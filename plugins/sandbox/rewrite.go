package sandbox

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// Names of the hidden functions that rewritten programs call. No script can write such an identifier.
const (
	nameCharge = "(charge)" // (charge)(bytes)
	nameTable  = "(table)"  // (table)({…}) gives the table
	nameConcat = "(concat)" // (concat)(a, b, c) gives a..b..c
	nameSet    = "(set)"    // (set)(t, k, v) does t[k] = v
	nameLength = "(length)" // (length)(v) gives #v
)

// What things cost in the ledger: bytes of gopher-lua's values on a 64-bit machine, rounded up.
const (
	costTable     = 96   // an empty table
	costSlot      = 16   // one place in the list part
	costFirstList = 512  // the list part of a table made without one
	costFirstKey  = 480  // the hash part of a constructor
	costFirstHash = 2400 // the hash part of a table made without one
	costKey       = 144  // one key of the hash part
	costClosure   = 96
	costUpvalue   = 72
	costString    = 16 // beside its bytes
	costNumber    = 8  // one that a library makes; those of the VM's own are garbage at once
)

// region is a stretch of code that is entered at one place: the chunk, a function's body, a loop's body. What it allocates in
// tables and closures is known before it runs, and charged in one call when it is entered. Branches not taken are charged too.
type region struct {
	cost    int64
	patches []*ast.NumberExpr // charges before a goto, which may run the region again: they get the region's cost too
}

// rewriter walks a program once, before it is compiled. It makes the program charge what it allocates, sends .. and
// assignments to fields through guarded functions, refuses assignments to globals, and notes what is required.
type rewriter struct {
	file     string
	main     region
	region   *region
	locals   []string // names in scope, innermost last
	names    []string // distinct names used in the function being walked: an upper bound of its upvalues
	requires []string
	err      *Error
}

func (r *rewriter) chunk(stmts []ast.Stmt) []ast.Stmt {
	r.region = &r.main
	out := r.block(stmts)
	r.main.patch()
	return out
}

func (g *region) patch() {
	for _, n := range g.patches {
		n.Value = strconv.FormatInt(g.cost, 10)
	}
}

func (r *rewriter) fail(line int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{File: r.file, Line: line, Kind: KindSyntax, Msg: fmt.Sprintf(format, args...)}
	}
}

// enter walks a loop's or function's body as a region of its own.
func (r *rewriter) enter(line int, walk func() []ast.Stmt) []ast.Stmt {
	outer := r.region
	r.region = &region{}
	stmts := walk()
	r.region.patch()
	if cost := r.region.cost; cost > 0 {
		stmts = append([]ast.Stmt{callStmt(line, nameCharge, number(line, cost))}, stmts...)
	}
	r.region = outer
	return stmts
}

// block walks statements in a scope of their own.
func (r *rewriter) block(stmts []ast.Stmt) []ast.Stmt {
	scope := len(r.locals)
	out := make([]ast.Stmt, 0, len(stmts))
	for _, s := range stmts {
		if _, ok := s.(*ast.GotoStmt); ok {
			n := number(s.Line(), 0)
			r.region.patches = append(r.region.patches, n)
			out = append(out, callStmt(s.Line(), nameCharge, n))
		}
		out = append(out, r.stmt(s))
	}
	r.locals = r.locals[:scope]
	return out
}

func (r *rewriter) stmt(s ast.Stmt) ast.Stmt {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return r.assign(s)
	case *ast.LocalAssignStmt:
		r.localAssign(s)
	case *ast.FuncCallStmt:
		s.Expr = r.expr(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts = r.block(s.Stmts)
	case *ast.WhileStmt:
		s.Stmts = r.enter(s.Line(), func() []ast.Stmt {
			s.Condition = r.expr(s.Condition)
			return r.block(s.Stmts)
		})
	case *ast.RepeatStmt:
		r.repeat(s)
	case *ast.IfStmt:
		s.Condition = r.expr(s.Condition)
		s.Then = r.block(s.Then)
		s.Else = r.block(s.Else)
	case *ast.NumberForStmt:
		s.Init, s.Limit, s.Step = r.expr(s.Init), r.expr(s.Limit), r.expr(s.Step)
		s.Stmts = r.loop(s.Line(), []string{s.Name}, s.Stmts)
	case *ast.GenericForStmt:
		s.Exprs = r.exprs(s.Exprs)
		s.Stmts = r.loop(s.Line(), s.Names, s.Stmts)
	case *ast.FuncDefStmt:
		r.funcDef(s)
	case *ast.ReturnStmt:
		s.Exprs = r.exprs(s.Exprs)
	}
	return s
}

// localAssign declares the names after the values are walked; a local function may call itself.
func (r *rewriter) localAssign(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.locals = append(r.locals, s.Names...)
			s.Exprs = r.exprs(s.Exprs)
			return
		}
	}
	s.Exprs = r.exprs(s.Exprs)
	r.locals = append(r.locals, s.Names...)
}

// repeat is a loop whose condition sees the locals of its body.
func (r *rewriter) repeat(s *ast.RepeatStmt) {
	scope := len(r.locals)
	s.Stmts = r.enter(s.Line(), func() []ast.Stmt {
		var out []ast.Stmt
		for _, inner := range s.Stmts {
			if local, ok := inner.(*ast.LocalAssignStmt); ok { // stays in scope for the condition
				r.localAssign(local)
				out = append(out, local)
				continue
			}
			out = append(out, r.block([]ast.Stmt{inner})...)
		}
		s.Condition = r.expr(s.Condition)
		return out
	})
	r.locals = r.locals[:scope]
}

func (r *rewriter) loop(line int, names []string, stmts []ast.Stmt) []ast.Stmt {
	return r.enter(line, func() []ast.Stmt {
		scope := len(r.locals)
		r.locals = append(r.locals, names...)
		stmts = r.block(stmts)
		r.locals = r.locals[:scope]
		return stmts
	})
}

func (r *rewriter) funcDef(s *ast.FuncDefStmt) {
	switch {
	case s.Name.Func == nil: // function a.b:c()
		s.Name.Receiver = r.expr(s.Name.Receiver)
		r.region.cost += costFirstHash + costKey
	default:
		if id, ok := s.Name.Func.(*ast.IdentExpr); ok {
			r.write(id)
		} else {
			s.Name.Func = r.expr(s.Name.Func)
			r.region.cost += costFirstHash + costKey
		}
	}
	method := s.Name.Func == nil
	if method {
		r.locals = append(r.locals, "self")
	}
	s.Func = r.function(s.Func)
	if method {
		r.locals = r.locals[:len(r.locals)-1]
	}
}

// write refuses an assignment to a name that is not local.
func (r *rewriter) write(id *ast.IdentExpr) {
	r.use(id.Value)
	if !slices.Contains(r.locals, id.Value) {
		r.fail(id.Line(), "`%s` is assigned to but is not a local variable: write `local %s` where it is first used (what should outlast this step goes into fan.vars or kv)", id.Value, id.Value)
	}
}

func (r *rewriter) use(name string) {
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
}

// assign turns t.k = v into (set)(t, k, v).
func (r *rewriter) assign(s *ast.AssignStmt) ast.Stmt {
	for _, lhs := range s.Lhs {
		switch l := lhs.(type) {
		case *ast.IdentExpr:
			r.write(l)
		case *ast.AttrGetExpr:
			l.Object, l.Key = r.expr(l.Object), r.expr(l.Key)
		default:
			r.fail(s.Line(), "only a variable or a field can be assigned to")
		}
	}
	s.Rhs = r.exprs(s.Rhs)
	if r.err != nil || len(s.Lhs) > 1 || len(s.Rhs) > 1 {
		return assignMany(s)
	}
	if l, ok := s.Lhs[0].(*ast.AttrGetExpr); ok {
		return callStmt(s.Line(), nameSet, l.Object, l.Key, single(s.Rhs[0]))
	}
	return s
}

// assignMany is a, t.k = x, y: a block that computes the parts of the targets, then the values, then assigns from the right.
// It also takes the place of gopher-lua 1.1.2's own code for this, by which a, b = b, a gives both the same value.
func assignMany(s *ast.AssignStmt) ast.Stmt {
	line := s.Line()
	targets := &ast.LocalAssignStmt{}
	values := &ast.LocalAssignStmt{Exprs: s.Rhs}
	stores := make([]ast.Stmt, 0, len(s.Lhs))
	for i := len(s.Lhs) - 1; i >= 0; i-- {
		v := ident(line, fmt.Sprintf("(v%d)", i))
		switch l := s.Lhs[i].(type) {
		case *ast.AttrGetExpr:
			stores = append(stores, callStmt(line, nameSet, ident(line, fmt.Sprintf("(o%d)", i)), ident(line, fmt.Sprintf("(k%d)", i)), v))
		default:
			set := &ast.AssignStmt{Lhs: []ast.Expr{l}, Rhs: []ast.Expr{v}}
			set.SetLine(line)
			stores = append(stores, set)
		}
	}
	for i, lhs := range s.Lhs {
		values.Names = append(values.Names, fmt.Sprintf("(v%d)", i))
		if l, ok := lhs.(*ast.AttrGetExpr); ok {
			targets.Names = append(targets.Names, fmt.Sprintf("(o%d)", i), fmt.Sprintf("(k%d)", i))
			targets.Exprs = append(targets.Exprs, single(l.Object), single(l.Key))
		}
	}
	targets.SetLine(line)
	values.SetLine(line)
	block := &ast.DoBlockStmt{Stmts: append([]ast.Stmt{targets, values}, stores...)}
	block.SetLine(line)
	block.SetLastLine(line)
	return block
}
