package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"fanflow/plugins/reference"
)

// onlyIn are the names that only some kinds of scripts have.
var onlyIn = map[string][]string{
	"flow": {KindFlow}, "drip": {KindFlow, KindDrip}, "broadcast": {KindBroadcast},
	"config": {KindPlugin}, "secrets": {KindPlugin},
}

// left are the names of Lua that fanflow leaves out, with what to use instead.
var left = map[string]string{
	"os": "time has the clock", "io": "a script has no files", "debug": "error and log.info say where a script is", "coroutine": "a flow waits by a timer",
	"load": "require a plugin instead", "loadstring": "require a plugin instead", "dofile": "require a plugin instead", "loadfile": "require a plugin instead",
	"package": "plugins are required by their names", "module": "return a table instead", "_G": "there are no globals to keep things in", "collectgarbage": "memory is freed with the decision",
	"rawset": "assign to the field", "getfenv": "there are no globals to keep things in", "setfenv": "there are no globals to keep things in", "newproxy": "use a table",
}

func unknownGlobals(p *Pass) {
	if len(p.World.Set.Globals) == 0 {
		return
	}
	for _, u := range p.tree.globals {
		if p.full() {
			return
		}
		name := u.ident.Value
		only := onlyIn[name]
		if p.hasGlobal(name) && (only == nil || slices.Contains(only, p.World.Kind)) {
			continue
		}
		mend := left[name]
		switch {
		case mend != "":
			p.report(u.ident.Line(), fmt.Sprintf("fanflow's Lua has no %s", name), mend)
		case only != nil && !slices.Contains(only, p.World.Kind):
			p.report(u.ident.Line(), fmt.Sprintf("%s is for a %s, and this is a %s", name, only[0], p.World.Kind), "")
		case only != nil: // it is for this kind
		default:
			if v := p.elsewhere(name); v != nil {
				p.report(u.ident.Line(), fmt.Sprintf("%s cannot be seen here: it is the local variable of line %d", name, v.line), "declare it before, outside of the block")
				continue
			}
			p.report(u.ident.Line(), fmt.Sprintf("there is nothing called %s%s", name, p.near(name, p.visible(u))), "declare it with `local`, or correct the name")
		}
	}
}

func (p *Pass) hasGlobal(name string) bool {
	return p.globals[name] != nil || p.modules[name] != nil || findParam(p.World.Set.Values, name) != nil
}

// elsewhere gives a variable of that name, nil if the script has none.
func (p *Pass) elsewhere(name string) *variable {
	i := slices.IndexFunc(p.vars, func(v *variable) bool { return v.name == name })
	if i < 0 {
		return nil
	}
	return p.vars[i]
}

// visible are the names that may be meant: the globals, and the locals that the function and those around it have.
func (p *Pass) visible(u use) (names []string) {
	for name := range p.globals {
		names = append(names, name)
	}
	for name := range p.modules {
		names = append(names, name)
	}
	slices.Sort(names)
	around := map[*function]bool{}
	for f := u.in; f != nil; f = f.outer {
		around[f] = true
	}
	seen := map[string]bool{}
	for _, v := range p.vars {
		if around[v.owner] && !seen[v.name] {
			seen[v.name] = true
			names = append(names, v.name)
		}
	}
	return names
}

func unknownMembers(p *Pass) {
	for _, g := range p.gets {
		key, ok := g.Key.(*ast.StringExpr)
		if !ok || g.in.tries() {
			continue
		}
		of := p.known(g.Object)
		switch {
		case of.module != nil:
			p.member(of, key.Value, key.Line(), g)
		case of.class != nil && of.class.Name != "Event":
			p.field(of.class, key.Value, key.Line(), g)
		}
	}
	for _, c := range p.calls {
		if c.Func != nil || c.in.tries() {
			continue
		}
		of := p.known(c.Receiver)
		switch {
		case of.module != nil:
			if closed, there := p.memberNames(of); closed && !slices.Contains(there, c.Method) {
				p.report(c.Line(), fmt.Sprintf("there is no %s.%s%s", of.name, c.Method, p.near(c.Method, there)), "")
			}
		case of.class != nil && len(of.class.Methods) > 0 && findFunc(of.class.Methods, c.Method) == nil && findParam(of.class.Fields, c.Method) == nil:
			p.report(c.Line(), fmt.Sprintf("%s has no method %q%s", strings.ToLower(of.class.Name), c.Method, p.near(c.Method, funcNames(of.class.Methods))), "")
		}
	}
}

// member looks at time.date: a member of a module that is not there fails, one of a plugin is nil.
func (p *Pass) member(of known, name string, line int, g getSite) {
	closed, there := p.memberNames(of)
	if !closed || slices.Contains(there, name) || g.stored {
		return
	}
	msg := fmt.Sprintf("there is no %s.%s%s", of.name, name, p.near(name, there))
	switch {
	case !of.plugin || g.called:
		p.report(line, msg, "")
	default:
		p.as(Warning, line, msg, "")
	}
}

// memberNames gives what a module has; closed is false where nothing is known of it.
func (p *Pass) memberNames(of known) (closed bool, names []string) {
	names = funcNames(of.module.Funcs)
	for _, v := range of.module.Values {
		names = append(names, v.Name)
	}
	if of.plugin {
		return true, names
	}
	switch of.name {
	case "config", "secrets":
		return p.settingNames(of.name, names)
	}
	return len(names) > 0, names
}

// settingNames are what config or secrets of a plugin have, by its M.config.
func (p *Pass) settingNames(module string, names []string) (closed bool, all []string) {
	if p.plugin == nil {
		return false, nil
	}
	secret, ok := p.plugin.settings(p)
	for name, is := range secret {
		if is || module == "config" { // config.token of a secret is found by secret-use
			names = append(names, name)
		}
	}
	if module == "secrets" {
		names = append(names, "join")
	}
	slices.Sort(names)
	return ok, names
}

// field looks at fan.vars: an object of fanflow fails at a field that it does not have.
func (p *Pass) field(class *reference.Class, name string, line int, g getSite) {
	object := strings.ToLower(class.Name)
	if class.Open || len(class.Fields) == 0 {
		return
	}
	methods := funcNames(class.Methods)
	there := slices.Clone(methods)
	for _, f := range class.Fields {
		there = append(there, f.Name)
	}
	mend := ""
	if object == "fan" {
		mend = "what a flow remembers stands in fan.vars, what is known of the fan in fan.attrs"
	}
	switch {
	case g.stored && object == "fan":
		p.report(line, fmt.Sprintf("fan.%s cannot be set", name), mend)
	case g.stored || slices.Contains(there, name):
	case g.called:
		p.report(line, fmt.Sprintf("%s has no method %q%s", object, name, p.near(name, methods)), "")
	default:
		p.report(line, fmt.Sprintf("%s has no field %q%s", object, name, p.near(name, there)), mend)
	}
}

func funcNames(list []reference.Func) (names []string) {
	for i := range list {
		names = append(names, list[i].Name)
	}
	return names
}

func unusedLocals(p *Pass) {
	for _, v := range p.vars {
		if v.kind != isLocal || len(v.reads) > 0 || strings.HasPrefix(v.name, "_") {
			continue
		}
		if slices.ContainsFunc(v.after, func(w *variable) bool { return len(w.reads) > 0 }) {
			continue // it has to be named to get at the next
		}
		what := "variable"
		if _, ok := v.init.(*ast.FunctionExpr); ok {
			what = "function"
		}
		p.report(v.line, fmt.Sprintf("the %s %s is never used", what, v.name), "remove it, or begin its name with _")
	}
}

func shadows(p *Pass) {
	for _, v := range p.vars {
		if strings.HasPrefix(v.name, "_") || v.name == "self" {
			continue
		}
		if v.hides != nil && !p.handsOn(v) {
			p.report(v.line, fmt.Sprintf("%s hides the %s of line %d", v.name, v.name, v.hides.line), "give one of them another name")
		}
		if m := p.modules[v.name]; m != nil && v.hides == nil {
			p.hiddenModule(v, m)
		}
	}
}

// handsOn reports whether a variable is the value of the one that it hides, as in local n = n, local n = n or 1 and
// local n = tonumber(n), or stands beside it in the same function, where it takes its place.
func (p *Pass) handsOn(v *variable) bool {
	if v.owner == v.hides.owner && v.kind == isLocal && v.hides.kind != isLoop {
		return true
	}
	from := []ast.Expr{v.init}
	switch e := v.init.(type) {
	case *ast.FuncCallExpr:
		from = e.Args
	case *ast.LogicalOpExpr:
		from = []ast.Expr{e.Lhs}
	}
	return slices.ContainsFunc(from, func(e ast.Expr) bool { return p.local(e) == v.hides })
}

// hiddenModule finds local text = …; text.trim(…): the local has no trim.
func (p *Pass) hiddenModule(v *variable, m *reference.Module) {
	if v.init == nil || p.known(v.init).module != nil {
		return
	}
	switch v.init.(type) {
	case *ast.TableExpr: // a table of the script's own, with functions of its own
		return
	}
	for _, g := range p.gets {
		key, ok := g.Key.(*ast.StringExpr)
		if ok && g.called && p.local(g.Object) == v && findFunc(m.Funcs, key.Value) != nil && p.known(v.init).class == nil {
			p.report(key.Line(), fmt.Sprintf("%s is the local variable of line %d here, not the module", v.name, v.line), "give the variable another name")
		}
	}
}
