package sandbox

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// The call whose literal is looked at once, when the script declares itself, and after that for the functions in it alone.
const declaring = "flow"

// Handlers is the program as decisions run it. Where it ends with `return flow { … }`, a literal that has no other name, nothing but
// its functions can be reached any more: so every field with a key that is made of texts, numbers, booleans and tables of them is left
// out. All else stays as it was: functions at the same paths, items of lists at the same places, and every line. Any other program is
// its own Handlers. It is compiled when it is first asked for: flows of plain data never do.
func (p *Program) Handlers() *Program {
	p.once.Do(func() {
		p.handlers = p
		chunk, err := parseChunk(p.file, p.source)
		if err != nil || !prune(chunk) {
			return
		}
		if h, err := finish(p.file, chunk); err == nil {
			h.once.Do(func() { h.handlers = h })
			p.handlers = h
		}
	})
	return p.handlers
}

// prune cuts constant fields out of the declaration that the chunk returns, and reports whether there were any.
func prune(chunk []ast.Stmt) bool {
	if len(chunk) == 0 {
		return false
	}
	ret, ok := chunk[len(chunk)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Exprs) != 1 {
		return false
	}
	call, ok := ret.Exprs[0].(*ast.FuncCallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	id, ok := call.Func.(*ast.IdentExpr)
	if !ok || id.Value != declaring || isLocal(chunk, declaring) {
		return false
	}
	literal, ok := call.Args[0].(*ast.TableExpr)
	return ok && cut(literal)
}

// isLocal reports whether the name is that of a local of the chunk.
func isLocal(chunk []ast.Stmt, name string) bool {
	return slices.ContainsFunc(chunk, func(s ast.Stmt) bool {
		local, ok := s.(*ast.LocalAssignStmt)
		return ok && slices.Contains(local.Names, name)
	})
}

// cut takes the constant fields out of a literal and of the literals in it.
func cut(t *ast.TableExpr) (any bool) {
	all := len(t.Fields)
	t.Fields = slices.DeleteFunc(t.Fields, func(f *ast.Field) bool {
		return f.Key != nil && isConstant(f.Key) && isConstant(f.Value)
	})
	any = len(t.Fields) < all
	for _, f := range t.Fields {
		if inner, ok := f.Value.(*ast.TableExpr); ok && cut(inner) {
			any = true
		}
	}
	return any
}

// isConstant reports whether an expression gives the same value wherever it stands, and does nothing else.
func isConstant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StringExpr, *ast.NumberExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
		return true
	case *ast.UnaryMinusOpExpr:
		_, ok := e.Expr.(*ast.NumberExpr)
		return ok
	case *ast.TableExpr:
		return !slices.ContainsFunc(e.Fields, func(f *ast.Field) bool {
			return f.Key != nil && !isConstant(f.Key) || !isConstant(f.Value)
		})
	}
	return false
}
