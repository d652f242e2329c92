package sandbox

import (
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

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
