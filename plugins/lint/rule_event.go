package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// asking are the functions whose answers a run has to wait for, by module.
var asking = map[string][]string{"kv": {"get", "increment", "take", "count"}, "http": {"get"}}

func needsAfterWork(p *Pass) {
	for _, c := range p.calls {
		name := ""
		for module, functions := range asking {
			if f := p.moduleCall(c, module); slices.Contains(functions, f) {
				name = module + "." + f
			}
		}
		if name == "" || c.in == p.chunk || p.dependsOnLoop(c) {
			continue
		}
		for _, l := range p.loops {
			if l.in == c.in && l.to < c.at && !p.between(l, c) {
				p.report(c.Line(), fmt.Sprintf("%s stands behind the loop of line %d, which runs once more for its answer", name, l.line), "ask first, and go round the loop then")
				break
			}
		}
	}
}

// between reports whether the loop asks itself, so that the question behind it is not what makes it run again, or may return
// before the question is come to, or the call is in a loop, too.
func (p *Pass) between(l loopSite, c callSite) bool {
	for _, o := range p.loops {
		if o.in == c.in && o.from < c.at && c.at < o.to {
			return true
		}
	}
	if slices.ContainsFunc(p.ends, func(at int) bool { return at > l.from && at < l.to }) {
		return true
	}
	for _, o := range p.calls {
		if o.at > l.from && o.at < l.to && o.in == l.in {
			for module, functions := range asking {
				if slices.Contains(functions, p.moduleCall(o, module)) {
					return true
				}
			}
		}
	}
	return false
}

// dependsOnLoop reports whether what is asked uses a local of the function that is given a value after its declaration, or is
// not known from the function's parameters and the file: then the question may come out of the loop.
func (p *Pass) dependsOnLoop(c callSite) bool {
	depends := false
	var look func(e ast.Expr)
	look = func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.StringExpr, *ast.NumberExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
		case *ast.IdentExpr:
			v := p.of[e]
			if v != nil && v.owner == c.in && (v.kind != isParam || !v.constant()) {
				depends = true
			}
		case *ast.AttrGetExpr:
			look(e.Object)
			look(e.Key)
		case *ast.StringConcatOpExpr:
			look(e.Lhs)
			look(e.Rhs)
		default:
			depends = true
		}
	}
	for _, arg := range c.Args {
		look(arg)
	}
	return depends || p.guarded(c)
}

// guarded reports whether the call stands under a condition, which the loop may have decided.
func (p *Pass) guarded(c callSite) bool {
	body := p.Stmts
	if c.in.expr != nil {
		body = c.in.expr.Stmts
	}
	for _, s := range body {
		for _, e := range plain(s) {
			for or, ok := e.(*ast.LogicalOpExpr); ok; or, ok = e.(*ast.LogicalOpExpr) {
				e = or.Lhs // kv.get("n") or 0
			}
			if e == ast.Expr(c.FuncCallExpr) {
				return false
			}
		}
	}
	return true
}

// plain gives the expressions of a statement that are evaluated whenever it is come to.
func plain(s ast.Stmt) []ast.Expr {
	switch s := s.(type) {
	case *ast.LocalAssignStmt:
		return s.Exprs
	case *ast.AssignStmt:
		return s.Rhs
	case *ast.FuncCallStmt:
		return []ast.Expr{s.Expr}
	case *ast.ReturnStmt:
		return s.Exprs
	}
	return nil
}

// eventFieldSet are the fields of what a parameter is given; closed is false where others are possible.
type eventFieldSet struct {
	names  []string
	closed bool
}

// unread are the fields of any push that could not be read as what it is.
var unread = []string{"fields", "raw"}

func eventFields(p *Pass) {
	for _, g := range p.gets {
		key, ok := g.Key.(*ast.StringExpr)
		v := p.local(g.Object)
		if !ok || g.stored || v == nil || !v.constant() || p.roles[v].class != "Event" {
			continue
		}
		f, ok := p.fields[v]
		if !ok {
			f.names, f.closed = p.fieldsOf(p.roles[v])
			p.fields[v] = f
		}
		if !f.closed || slices.Contains(f.names, key.Value) || slices.Contains(unread, key.Value) {
			continue
		}
		p.report(key.Line(), fmt.Sprintf("%s has no field %q%s", eventName(p.roles[v]), key.Value, p.near(key.Value, f.names)), "")
	}
}

func eventName(r role) string {
	var names []string
	for _, e := range r.events {
		if !slices.Contains(names, e.name) {
			names = append(names, e.name)
		}
	}
	switch len(names) {
	case 1:
		return "the event " + names[0]
	}
	return "none of the events " + strings.Join(names, ", ")
}

// fieldsOf gives the fields that the events of a role have; closed is false where others are possible.
func (p *Pass) fieldsOf(r role) (fields []string, closed bool) {
	if len(r.events) == 0 {
		return nil, false // the state may be entered by any event
	}
	for _, e := range r.events {
		c := p.classes["Event."+e.name]
		if c == nil || c.Open {
			return nil, false
		}
		for _, f := range c.Fields {
			fields = append(fields, f.Name)
		}
		fields = append(fields, groups(e.key)...)
		if e.key == "" {
			for _, s := range p.texts {
				fields = append(fields, groups(s.Value)...)
			}
		}
	}
	return fields, true
}
