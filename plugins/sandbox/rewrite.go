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

func (r *rewriter) exprs(list []ast.Expr) []ast.Expr {
	for i, e := range list {
		list[i] = r.expr(e)
	}
	return list
}

func (r *rewriter) expr(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.use(e.Value)
	case *ast.AttrGetExpr:
		e.Object, e.Key = r.expr(e.Object), r.expr(e.Key)
	case *ast.TableExpr:
		return r.table(e)
	case *ast.FuncCallExpr:
		r.call(e)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		return r.concat(e)
	case *ast.UnaryMinusOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		return callExpr(e.Line(), nameLength, single(r.expr(e.Expr)))
	case *ast.FunctionExpr:
		return r.function(e)
	}
	return e
}

func (r *rewriter) call(e *ast.FuncCallExpr) {
	if e.Func != nil {
		e.Func = r.expr(e.Func)
	}
	if e.Receiver != nil {
		e.Receiver = r.expr(e.Receiver)
	}
	e.Args = r.exprs(e.Args)
	id, ok := e.Func.(*ast.IdentExpr)
	if !ok || id.Value != "require" || len(e.Args) != 1 {
		return
	}
	if name, ok := e.Args[0].(*ast.StringExpr); ok && !slices.Contains(r.requires, name.Value) {
		r.requires = append(r.requires, name.Value)
	}
}

// function walks a body as a region of its own. Making the closure is a cost of the region around it.
func (r *rewriter) function(f *ast.FunctionExpr) *ast.FunctionExpr {
	names := r.names
	r.names = nil
	f.Stmts = r.enter(f.Line(), func() []ast.Stmt {
		scope := len(r.locals)
		r.locals = append(r.locals, f.ParList.Names...)
		stmts := r.block(f.Stmts)
		r.locals = r.locals[:scope]
		return stmts
	})
	r.region.cost += int64(costClosure + costUpvalue*min(len(r.names), 60))
	for _, n := range r.names {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	r.names = names
	return f
}

// table charges what the constructor shows, and measures at run time what it does not show: computed keys and open ends.
func (r *rewriter) table(t *ast.TableExpr) ast.Expr {
	open, keys, items := false, 0, 0
	for i, f := range t.Fields {
		if f.Key == nil {
			items++
			f.Value = r.expr(f.Value)
			open = open || i == len(t.Fields)-1 && multiple(f.Value)
			continue
		}
		if _, ok := f.Key.(*ast.StringExpr); !ok {
			f.Key = r.expr(f.Key)
			open = true
		}
		f.Value = r.expr(f.Value)
		keys++
	}
	if items >= 50 && keys > 0 {
		t.Fields = keysFirst(t.Fields)
	}
	r.region.cost += costTable + int64(items)*costSlot
	if keys > 0 {
		r.region.cost += costFirstKey + int64(keys)*costKey
	}
	if open {
		return callExpr(t.Line(), nameTable, t)
	}
	return t
}

// keysFirst puts the fields with keys before the items. gopher-lua 1.1.2 overwrites items where a computed field follows the
// 50th, 100th … item: {1, 2, …, 50, n = f()} would begin with the value of f().
func keysFirst(fields []*ast.Field) []*ast.Field {
	out := make([]*ast.Field, 0, len(fields))
	for _, f := range fields {
		if f.Key != nil {
			out = append(out, f)
		}
	}
	for i, f := range fields {
		if f.Key == nil {
			if i < len(fields)-1 {
				f.Value = single(f.Value)
			}
			out = append(out, f)
		}
	}
	return out
}

// maxOperands is how many operands one (concat) takes; the compiler has 250 registers a function.
const maxOperands = 40

// concat turns a .. b .. c into (concat)(a, b, c). The operator associates to the right, so the rest may be a call of its own.
func (r *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	line := e.Line()
	operands := []ast.Expr{r.expr(e.Lhs)}
	rest := e.Rhs
	for len(operands) < maxOperands {
		next, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		operands = append(operands, r.expr(next.Lhs))
		rest = next.Rhs
	}
	operands = append(operands, single(r.expr(rest)))
	return callExpr(line, nameConcat, operands...)
}

// multiple reports whether an expression may give more than one value.
func multiple(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// single makes an expression give one value, as parentheses do.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

func ident(line int, name string) *ast.IdentExpr {
	e := &ast.IdentExpr{Value: name}
	e.SetLine(line)
	return e
}

func number(line int, n int64) *ast.NumberExpr {
	e := &ast.NumberExpr{Value: strconv.FormatInt(n, 10)}
	e.SetLine(line)
	return e
}

func callExpr(line int, name string, args ...ast.Expr) *ast.FuncCallExpr {
	e := &ast.FuncCallExpr{Func: ident(line, name), Args: args, AdjustRet: true}
	e.SetLine(line)
	e.SetLastLine(line)
	return e
}

func callStmt(line int, name string, args ...ast.Expr) *ast.FuncCallStmt {
	s := &ast.FuncCallStmt{Expr: callExpr(line, name, args...)}
	s.SetLine(line)
	s.SetLastLine(line)
	return s
}
