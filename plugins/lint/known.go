package lint

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"fanflow/plugins/reference"
)

// known is what can be told of a value from the text. The zero known is anything.
type known struct {
	module *reference.Module
	plugin bool             // module is a plugin's
	class  *reference.Class // an object of fanflow
	fn     *reference.Func
	name   string // of fn as scripts write it, time.date or fan:reply; of module its own
	method bool   // fn wants its object first
	user   bool   // fn is a plugin's: of its parameters only the number is known
	text   bool
	secret string // the name of a secret of the plugin's
}

// maxLook bounds how far values are followed from one name to the next.
const maxLook = 16

func (p *Pass) known(e ast.Expr) known { return p.look(e, maxLook) }

func (p *Pass) look(e ast.Expr, depth int) known {
	if depth == 0 {
		return known{}
	}
	switch e := e.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr:
		return known{text: true}
	case *ast.IdentExpr:
		return p.lookName(e, depth-1)
	case *ast.AttrGetExpr:
		return p.lookMember(e, depth-1)
	case *ast.FuncCallExpr:
		return p.lookCall(e, depth-1)
	}
	return known{}
}

func (p *Pass) lookName(e *ast.IdentExpr, depth int) known {
	v := p.of[e]
	switch {
	case v == nil:
		if m := p.modules[e.Value]; m != nil {
			return known{module: m, name: e.Value}
		}
		if f := p.globals[e.Value]; f != nil {
			return known{fn: f, name: e.Value}
		}
	case !v.constant():
	case p.roles[v].class != "":
		return known{class: p.classes[p.roles[v].class]}
	case v.init != nil:
		return p.look(v.init, depth)
	}
	return known{}
}

func (p *Pass) lookMember(e *ast.AttrGetExpr, depth int) known {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok {
		return known{}
	}
	if p.isSecret(e) {
		return known{secret: key.Value}
	}
	of := p.look(e.Object, depth)
	switch {
	case of.module != nil:
		if f := findFunc(of.module.Funcs, key.Value); f != nil {
			return known{fn: f, name: of.name + "." + key.Value, user: of.plugin}
		}
		if v := findParam(of.module.Values, key.Value); v != nil && !of.plugin && !v.Optional {
			return p.ofType(v.Type)
		}
	case of.class != nil:
		if f := findFunc(of.class.Methods, key.Value); f != nil {
			return known{fn: f, name: strings.ToLower(of.class.Name) + ":" + key.Value, method: true}
		}
		if v := findParam(of.class.Fields, key.Value); v != nil && !v.Optional {
			return p.ofType(v.Type)
		}
	case of.text:
		if m := p.modules["string"]; m != nil {
			if f := findFunc(m.Funcs, key.Value); f != nil {
				return known{fn: f, name: "string." + key.Value}
			}
		}
	}
	return known{}
}

// isSecret reports whether an expression is secrets.name in a plugin.
func (p *Pass) isSecret(e *ast.AttrGetExpr) bool {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok || p.World.Kind != KindPlugin || !p.isGlobal(e.Object, "secrets") {
		return false
	}
	m := p.modules["secrets"]
	return key.Value != "join" && (m == nil || findFunc(m.Funcs, key.Value) == nil)
}

func (p *Pass) lookCall(e *ast.FuncCallExpr, depth int) known {
	if name, ok := p.required(e); ok {
		if m := p.modules[name]; m != nil {
			return known{module: m, name: name}
		}
		if m, ok := p.World.Plugins[name]; ok {
			return known{module: &m, name: name, plugin: true}
		}
		return known{}
	}
	callee := p.callee(e, depth)
	if callee.fn == nil || callee.user || len(callee.fn.Returns) == 0 || callee.fn.Returns[0].Optional || callee.fn.Returns[0].Rest {
		return known{}
	}
	return p.ofType(callee.fn.Returns[0].Type)
}

// callee is the function that a call calls.
func (p *Pass) callee(e *ast.FuncCallExpr, depth int) known {
	if depth == 0 {
		return known{}
	}
	if e.Func != nil {
		return p.look(e.Func, depth)
	}
	of := p.look(e.Receiver, depth)
	switch {
	case of.class != nil:
		if f := findFunc(of.class.Methods, e.Method); f != nil {
			return known{fn: f, name: strings.ToLower(of.class.Name) + ":" + e.Method, method: true}
		}
	case of.module != nil:
		if f := findFunc(of.module.Funcs, e.Method); f != nil {
			return known{fn: f, name: of.name + "." + e.Method, user: of.plugin}
		}
	case of.text:
		if m := p.modules["string"]; m != nil {
			if f := findFunc(m.Funcs, e.Method); f != nil {
				return known{fn: f, name: "string." + e.Method}
			}
		}
	}
	return known{}
}

// ofType is what is known of a value of a type. What may be nil is not followed: a script may have looked at it before.
func (p *Pass) ofType(kind string) known {
	switch {
	case kind == "string":
		return known{text: true}
	case p.classes[kind] != nil:
		return known{class: p.classes[kind]}
	}
	return known{}
}

func findFunc(list []reference.Func, name string) *reference.Func {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

func findParam(list []reference.Param, name string) *reference.Param {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// argsOf gives the arguments of a call as the parameters of fn count them. shifted: the text before the colon is the first.
func argsOf(e *ast.FuncCallExpr, callee known) []ast.Expr {
	if e.Func == nil && !callee.method {
		return append([]ast.Expr{e.Receiver}, e.Args...)
	}
	return e.Args
}

// constText gives a text that is known before the script runs: whole, or as much of its beginning.
func (p *Pass) constText(e ast.Expr) (text string, whole bool) {
	steps := maxSteps
	return p.beginning(e, &steps)
}

// maxSteps bounds how many parts a text is put together of: locals that are made of each other have more than can be counted.
const maxSteps = 64

func (p *Pass) beginning(e ast.Expr, steps *int) (string, bool) {
	if *steps--; *steps < 0 {
		return "", false
	}
	switch e := e.(type) {
	case *ast.StringExpr:
		return e.Value, true
	case *ast.StringConcatOpExpr:
		left, whole := p.beginning(e.Lhs, steps)
		if !whole {
			return left, false
		}
		right, whole := p.beginning(e.Rhs, steps)
		return left + right, whole
	case *ast.IdentExpr:
		if v := p.of[e]; v != nil && v.constant() && v.init != nil {
			return p.beginning(v.init, steps)
		}
	}
	return "", false
}
