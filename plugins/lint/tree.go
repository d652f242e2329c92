package lint

import "github.com/yuin/gopher-lua/ast"

// isGlobal reports whether an expression is the global of that name.
func (t *tree) isGlobal(e ast.Expr, name string) bool {
	id, ok := e.(*ast.IdentExpr)
	return ok && id.Value == name && t.of[id] == nil
}

// local gives the variable that an expression names, nil if it is none.
func (t *tree) local(e ast.Expr) *variable {
	if id, ok := e.(*ast.IdentExpr); ok {
		return t.of[id]
	}
	return nil
}

// root gives the variable in whose table an expression such as a.b[c].d stands, nil if it begins with none.
func (t *tree) root(e ast.Expr) *variable {
	for {
		switch x := e.(type) {
		case *ast.AttrGetExpr:
			e = x.Object
		case *ast.IdentExpr:
			return t.of[x]
		default:
			return nil
		}
	}
}

// functionOf gives the function that an expression is: written there, or a local that is it from its declaration on.
func (t *tree) functionOf(e ast.Expr) *function {
	switch e := e.(type) {
	case *ast.FunctionExpr:
		return t.ofExpr[e]
	case *ast.IdentExpr:
		if v := t.of[e]; v != nil && v.constant() {
			if fn, ok := v.init.(*ast.FunctionExpr); ok {
				return t.ofExpr[fn]
			}
		}
	}
	return nil
}

// tableOf gives the table that an expression is: written there, or a local that was declared as it.
func (t *tree) tableOf(e ast.Expr) *ast.TableExpr {
	if v := t.local(e); v != nil && v.constant() {
		e = v.init
	}
	table, _ := e.(*ast.TableExpr)
	return table
}

// atOnce are the functions of the language that call what they are given before they return.
var atOnce = map[string]bool{"pcall": true, "xpcall": true, "sort": true, "gsub": true}

// loadingOnly finds the functions that run only while the script is read: every place that names them calls them from there.
func (t *tree) loadingOnly() {
	called := map[*function][]*function{} // from where
	escapes := map[*function]bool{}
	for _, c := range t.calls {
		if f := t.functionOf(c.Func); f != nil {
			called[f] = append(called[f], c.in)
		}
		if t.isGlobal(c.Func, "pcall") || t.isGlobal(c.Func, "xpcall") {
			for _, arg := range c.Args {
				if f, ok := arg.(*ast.FunctionExpr); ok {
					t.ofExpr[f].caught = true
				}
			}
		}
		if !atOnce[calledName(c.FuncCallExpr)] {
			continue
		}
		for _, arg := range c.Args {
			if f := t.functionOf(arg); f != nil {
				called[f] = append(called[f], c.in)
			}
		}
	}
	for _, f := range t.functions {
		switch {
		case f.holder != nil:
			escapes[f] = !f.holder.constant() || len(f.holder.reads) != len(called[f])
		case f.expr != nil:
			escapes[f] = len(called[f]) == 0
		}
		f.loading = !escapes[f]
	}
	for changed := true; changed; {
		changed = false
		for f, from := range called {
			for _, g := range from {
				if f.loading && !g.loading {
					f.loading, changed = false, true
				}
			}
		}
	}
}

// calledName is the last name of what is called: sort of table.sort(x), gsub of s:gsub(x).
func calledName(c *ast.FuncCallExpr) string {
	switch fn := c.Func.(type) {
	case nil:
		return c.Method
	case *ast.IdentExpr:
		return fn.Value
	case *ast.AttrGetExpr:
		if key, ok := fn.Key.(*ast.StringExpr); ok {
			return key.Value
		}
	}
	return ""
}
