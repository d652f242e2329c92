package lint

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

const mendState = "what has to last goes into fan.vars, fan.attrs or kv; for this run alone declare it inside of the function"

// writers are the functions that change the table which they are given first.
var writers = []string{"table.insert", "table.remove", "table.sort", "setmetatable"}

// stateInFunctions finds what functions change of the whole file.
func stateInFunctions(p *Pass) {
	for _, s := range p.stores {
		switch t := s.target.(type) {
		case *ast.IdentExpr:
			if v := p.of[t]; p.lasts(v, s.in) {
				p.report(s.line, fmt.Sprintf("a function assigns to %s, a variable of the whole file (line %d): the next decision would not see it", v.name, v.line), mendState)
			}
		case *ast.AttrGetExpr:
			if v := p.root(t); p.lasts(v, s.in) && p.isTable(v) {
				p.report(s.line, fmt.Sprintf("a function writes into %s, a table of the whole file (line %d): the next decision would not see it", v.name, v.line), mendState)
			}
		}
	}
	for _, c := range p.calls {
		callee := p.callee(c.FuncCallExpr, maxLook)
		if callee.fn == nil || !slices.Contains(writers, callee.name) || len(c.Args) == 0 {
			continue
		}
		if v := p.root(c.Args[0]); p.lasts(v, c.in) && p.isTable(v) {
			p.report(c.Line(), fmt.Sprintf("a function changes %s, a table of the whole file (line %d), by %s: the next decision would not see it", v.name, v.line, callee.name), mendState)
		}
	}
}

// lasts reports whether a variable belongs to the whole file, and is not changed while the script is read.
func (p *Pass) lasts(v *variable, in *function) bool {
	return v != nil && v.owner == p.chunk && in != p.chunk && !in.loading
}

// isTable reports whether a variable may hold a table of the script's own: not an object of fanflow, which says itself what can
// be set.
func (p *Pass) isTable(v *variable) bool {
	if v.init == nil || !v.constant() {
		return true
	}
	k := p.known(v.init)
	return k.class == nil && (k.module == nil || k.plugin)
}
