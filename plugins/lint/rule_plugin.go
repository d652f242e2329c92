package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

const mendSecret = "join it with texts by secrets.join, and give that to http as a header, query, form or json"

// taking are the functions that take a secret as it is.
var taking = []string{"crypto.hmac_sha256", "secrets.join", "type", "assert", "select", "rawequal", "pcall", "xpcall"}

func secretUses(p *Pass) {
	if p.World.Kind != KindPlugin {
		return
	}
	for _, o := range p.operands {
		if name := p.known(o.expr).secret; name != "" {
			p.report(o.expr.Line(), fmt.Sprintf("secrets.%s cannot be used with %s: a script never sees its value", name, o.op), mendSecret)
		}
	}
	for _, c := range p.calls {
		if c.Func == nil {
			if name := p.known(c.Receiver).secret; name != "" {
				p.report(c.Line(), fmt.Sprintf("secrets.%s has no method %s: a script never sees its value", name, c.Method), mendSecret)
			}
		}
		callee := p.callee(c.FuncCallExpr, maxLook)
		module, _, _ := strings.Cut(callee.name, ".")
		if callee.fn == nil || callee.user || module == "http" || module == "secrets" || slices.Contains(taking, callee.name) {
			continue
		}
		for _, arg := range c.Args {
			if name := p.known(arg).secret; name != "" {
				p.report(arg.Line(), fmt.Sprintf("%s cannot take secrets.%s: a script never sees its value", callee.name, name), mendSecret)
			}
		}
	}
	for _, g := range p.gets {
		if name := p.known(g.Object).secret; name != "" {
			p.report(g.Key.Line(), fmt.Sprintf("secrets.%s has no fields: a script never sees its value", name), mendSecret)
		}
	}
	p.secretsAsConfig()
}

// secretsAsConfig finds config.token where the schema says that token is a secret.
func (p *Pass) secretsAsConfig() {
	if p.plugin == nil {
		return
	}
	secret, _ := p.plugin.settings(p)
	for _, g := range p.gets {
		key, ok := g.Key.(*ast.StringExpr)
		if ok && secret[key.Value] && p.isGlobal(g.Object, "config") {
			p.report(key.Line(), fmt.Sprintf("%s is a secret: config does not have it", key.Value), "write secrets."+key.Value)
		}
	}
}

var requests = []string{"get", "post", "put", "patch", "delete"}

// moduleCall gives the function of a module that a call calls, by the module's name: get of http.get(…).
func (p *Pass) moduleCall(c callSite, module string) (name string) {
	get, ok := c.Func.(*ast.AttrGetExpr)
	if !ok {
		return ""
	}
	key, ok := get.Key.(*ast.StringExpr)
	if !ok || !p.isModule(get.Object, module) {
		return ""
	}
	return key.Value
}

// isModule reports whether an expression is the module: the global, require "name", or a local that is one of these.
func (p *Pass) isModule(e ast.Expr, module string) bool {
	if v := p.local(e); v != nil && v.constant() {
		e = v.init
	}
	if call, ok := e.(*ast.FuncCallExpr); ok {
		name, ok := p.required(call)
		return ok && name == module
	}
	return p.isGlobal(e, module)
}

func httpHosts(p *Pass) {
	allowed, who, known := p.hosts()
	if !known {
		return
	}
	for _, c := range p.calls {
		if !slices.Contains(requests, p.moduleCall(c, "http")) || len(c.Args) == 0 {
			continue
		}
		address, ok := hostOf(p.constText(c.Args[0]))
		if !ok || slices.ContainsFunc(allowed, func(rule string) bool { return allows(rule, address) }) {
			continue
		}
		mend := "add it to http_allow of the account in fanflow.toml"
		if p.World.Kind == KindPlugin {
			mend = fmt.Sprintf("write permissions = { hosts = { %q } } into the plugin's table, and allow it by http_allow of the account", address.host)
		}
		p.report(c.Args[0].Line(), fmt.Sprintf("%s is not allowed by %s", address.host, who), mend)
	}
}

// hosts gives the rules that hold for the script and who makes them.
func (p *Pass) hosts() (rules []string, who string, known bool) {
	if p.World.Kind != KindPlugin {
		return p.World.Hosts, "the account's http_allow", p.World.Hosts != nil
	}
	if p.plugin == nil {
		return nil, "", false
	}
	rules, _, known = p.plugin.permitted(p, "hosts")
	return rules, "the plugin's permissions", known
}

type address struct{ host, port string }

// hostOf reads the host of an address, of which perhaps only the beginning is known.
func hostOf(text string, whole bool) (address, bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return address{}, false
	}
	end := strings.IndexAny(rest, "/?#")
	switch {
	case end >= 0:
		rest = rest[:end]
	case !whole:
		return address{}, false
	}
	host, port := cutPort(rest)
	if host == "" || strings.ContainsAny(host, "@[]% ") {
		return address{}, false
	}
	return address{strings.ToLower(host), port}, true
}

func cutPort(s string) (host, port string) {
	host, port, _ = strings.Cut(s, ":")
	return host, port
}

// allows reports whether a rule such as crm.example.com, *.x.cn:8443, http://10.0.0.8:8080 or private:crm.lan may name the
// host. Scheme and port are left to those who make the request.
func allows(rule string, a address) bool {
	rule = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(rule)), "private:")
	if _, rest, ok := strings.Cut(rule, "://"); ok {
		rule = rest
	}
	host, _ := cutPort(strings.TrimSuffix(rule, "/"))
	if suffix, ok := strings.CutPrefix(host, "*"); ok {
		return strings.HasSuffix(a.host, suffix)
	}
	return host == a.host || strings.Contains(rule, "[") // an IPv6 address is not compared here
}

func kvScopes(p *Pass) {
	if p.plugin == nil {
		return
	}
	globs, given, known := p.plugin.permitted(p, "kv")
	if !given {
		name, ok := p.plugin.text("name")
		if !ok {
			return
		}
		globs = []string{name + ":*"}
	}
	if !known {
		return
	}
	for _, c := range p.calls {
		if p.moduleCall(c, "kv") == "" || len(c.Args) == 0 {
			continue
		}
		key, whole := p.constText(c.Args[0])
		if key == "" || slices.ContainsFunc(globs, func(g string) bool { return mayHold(g, key, whole) }) {
			continue
		}
		what := "the key"
		if !whole {
			what = "keys that begin with"
		}
		p.report(c.Args[0].Line(), fmt.Sprintf("%s %q: the plugin may use %s only", what, short(key), strings.Join(globs, ", ")),
			"name it in permissions = { kv = { … } } of the plugin's table")
	}
}

// mayHold reports whether a glob may hold a key: they are compared as far as the glob says letters and the key is known.
func mayHold(glob, key string, whole bool) bool {
	prefix := glob
	i := strings.IndexAny(glob, `*?[\`)
	if i >= 0 {
		prefix = glob[:i]
	}
	switch {
	case i < 0 && whole:
		return key == glob
	case len(key) >= len(prefix):
		return strings.HasPrefix(key, prefix)
	}
	return !whole && strings.HasPrefix(prefix, key)
}
