package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"fanflow/plugins/reference"
)

func arity(p *Pass) {
	for _, c := range p.calls {
		if c.in.tries() {
			continue
		}
		callee := p.callee(c.FuncCallExpr, maxLook)
		if callee.fn == nil {
			p.localArity(c)
			continue
		}
		if callee.method && c.Func != nil {
			object, name, _ := strings.Cut(callee.name, ":")
			p.report(c.Line(), fmt.Sprintf("%s.%s is called with a dot", object, name), fmt.Sprintf("write %s", callee.name))
			continue
		}
		if c.Func == nil && !callee.method && !callee.user && p.known(c.Receiver).module != nil {
			p.report(c.Line(), fmt.Sprintf("%s is called with a colon", callee.name), fmt.Sprintf("write %s(…) with a dot", callee.name))
			continue
		}
		p.counts(c, callee)
	}
}

// counts compares the number of arguments with the parameters.
func (p *Pass) counts(c callSite, callee known) {
	args := argsOf(c.FuncCallExpr, callee)
	few, most := needed(callee.fn.Params)
	have, open := count(args)
	switch {
	case have < few && !open && !callee.user:
		p.report(c.Line(), fmt.Sprintf("%s needs %s", callee.name, describe(callee.fn.Params)), "")
	case most >= 0 && have > most:
		p.as(Warning, c.Line(), fmt.Sprintf("%s takes %s, not %d: the rest does nothing", callee.name, arguments(most), have), "")
	}
}

func needed(params []reference.Param) (few, most int) {
	most = len(params)
	for i := range params {
		switch {
		case params[i].Rest:
			most = -1
			if !params[i].Optional {
				// Rest may be none unless the words of the function say otherwise; only it can know.
				return few, most
			}
		case !params[i].Optional && !strings.HasSuffix(params[i].Type, "?"):
			few = i + 1
		}
	}
	return few, most
}

// count gives how many arguments stand there; open: the last one may be several, or none.
func count(args []ast.Expr) (have int, open bool) {
	have = len(args)
	if have > 0 && manyValued(args[have-1]) {
		return have - 1, true
	}
	return have, false
}

// describe names the parameters that are needed: key and limit.
func describe(params []reference.Param) string {
	few, _ := needed(params)
	names := make([]string, few)
	for i := range names {
		names[i] = params[i].Name
	}
	switch few {
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return strings.Join(names[:few-1], ", ") + " and " + names[few-1]
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "one argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// localArity finds arguments that a function of the script itself does not take.
func (p *Pass) localArity(c callSite) {
	if c.Func == nil {
		return
	}
	f := p.functionOf(c.Func)
	if f == nil || f.expr == nil || f.expr.ParList.HasVargs || f.holder == nil {
		return
	}
	if have, _ := count(c.Args); have > len(f.params) {
		p.as(Warning, c.Line(), fmt.Sprintf("%s takes %s (line %d), not %d: the rest does nothing", f.holder.name, arguments(len(f.params)), f.line, have), "")
	}
}

func argumentTypes(p *Pass) {
	for _, c := range p.calls {
		callee := p.callee(c.FuncCallExpr, maxLook)
		if callee.fn == nil || callee.user || c.in.tries() || callee.method != (c.Func == nil) && callee.method {
			continue
		}
		for i, arg := range argsOf(c.FuncCallExpr, callee) {
			param := paramAt(callee.fn.Params, i)
			if param == nil {
				break
			}
			kind, what := literal(arg)
			if kind == "" || kind == "nil" && (param.Optional || param.Rest) || accepts(param.Type, kind, arg) {
				continue
			}
			p.report(arg.Line(), fmt.Sprintf("%s: %s is %s, not %s", callee.name, param.Name, aType(param.Type), what), "")
		}
	}
}

// paramAt gives the parameter of an argument.
func paramAt(params []reference.Param, i int) *reference.Param {
	if n := len(params); n > 0 && params[n-1].Rest && i >= n-1 {
		return &params[n-1]
	}
	if i < len(params) {
		return &params[i]
	}
	return nil
}

// literal gives the type of an expression that is written out; empty for others.
func literal(e ast.Expr) (kind, what string) {
	switch e := e.(type) {
	case *ast.NilExpr:
		return "nil", "nil"
	case *ast.TrueExpr:
		return "boolean", "true"
	case *ast.FalseExpr:
		return "boolean", "false"
	case *ast.NumberExpr:
		return "number", "the number " + e.Value
	case *ast.UnaryMinusOpExpr:
		if n, ok := e.Expr.(*ast.NumberExpr); ok {
			return "number", "the number -" + n.Value
		}
	case *ast.StringExpr:
		return "string", "the text " + strconv.Quote(short(e.Value))
	case *ast.TableExpr:
		return "table", "a table"
	case *ast.FunctionExpr:
		return "function", "a function"
	}
	return "", ""
}

func short(s string) string {
	if len(s) <= 40 {
		return s
	}
	return strings.ToValidUTF8(s[:40], "") + "…"
}

// accepts reports whether a literal may stand for a type as LuaLS writes it. Types that are not understood take anything.
func accepts(kind, of string, arg ast.Expr) bool {
	kind = strings.TrimSpace(kind)
	if rest, ok := strings.CutSuffix(kind, "?"); ok {
		return of == "nil" || accepts(rest, of, arg)
	}
	if strings.ContainsAny(kind, "(<{") {
		switch {
		case strings.Contains(kind, "|"):
			return true
		case strings.HasPrefix(kind, "table<"), strings.HasPrefix(kind, "{"):
			return of == "table"
		case strings.HasPrefix(kind, "fun("):
			return of == "function"
		}
		return true
	}
	for _, one := range strings.Split(kind, "|") {
		if acceptsOne(strings.TrimSpace(one), of, arg) {
			return true
		}
	}
	return false
}

func acceptsOne(kind, of string, arg ast.Expr) bool {
	switch kind {
	case "string":
		return of == "string" || of == "number"
	case "number", "integer":
		if s, ok := arg.(*ast.StringExpr); ok {
			_, err := strconv.ParseFloat(strings.TrimSpace(s.Value), 64)
			return err == nil || strings.HasPrefix(strings.TrimSpace(s.Value), "0x")
		}
		return of == "number"
	case "table":
		return of == "table"
	case "function":
		return of == "function"
	case "nil":
		return of == "nil"
	}
	if strings.HasSuffix(kind, "[]") {
		return of == "table"
	}
	return true // boolean takes anything as true or false; any, and classes
}

// aType says a type in words.
func aType(kind string) string {
	switch strings.TrimSuffix(kind, "?") {
	case "string":
		return "a text"
	case "number":
		return "a number"
	case "integer":
		return "a whole number"
	case "table":
		return "a table"
	case "function":
		return "a function"
	}
	if strings.HasSuffix(kind, "[]") {
		return "a list"
	}
	if strings.HasPrefix(kind, "fun(") {
		return "a function"
	}
	return kind
}
