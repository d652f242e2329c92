package lint

import (
	"github.com/yuin/gopher-lua/ast"
)

// pluginTable is the table that a plugin returns, as far as it is written in the text.
type pluginTable struct{ *exports }

// pluginTable gives the table of a plugin, nil where it cannot be told from the text.
func (c *Chunk) pluginTable() *pluginTable {
	if c.members.table == nil {
		return nil
	}
	return &pluginTable{c.members}
}

// hooks shows the functions in M.hooks, and those that are put there one by one: function M.hooks.on_event(fan, event).
func (t *pluginTable) hooks(p *Pass, see func(path []string, f *function)) {
	if e, ok := t.values["hooks"]; ok && e.value != nil {
		p.inTable(e.value, nil, see)
	}
	for _, s := range p.stores {
		path := p.pathIn(t.holder, s.target)
		if len(path) < 2 || path[0] != "hooks" || s.value == nil {
			continue
		}
		p.inTable(s.value, path[1:], see)
	}
}

// pathIn gives the keys of M.a.b.c, none where it is not that.
func (t *tree) pathIn(holder *variable, e ast.Expr) (path []string) {
	for {
		switch x := e.(type) {
		case *ast.AttrGetExpr:
			key, ok := x.Key.(*ast.StringExpr)
			if !ok || len(path) > maxLook {
				return nil
			}
			path = append([]string{key.Value}, path...)
			e = x.Object
		case *ast.IdentExpr:
			if holder == nil || t.of[x] != holder {
				return nil
			}
			return path
		default:
			return nil
		}
	}
}

// permitted gives permissions.hosts or permissions.kv. given is false where it is left out; known is false where the text does
// not tell.
func (t *pluginTable) permitted(p *Pass, what string) (list []string, given, known bool) {
	if t.open(p, "permissions") {
		return nil, false, false
	}
	e, ok := t.values["permissions"]
	if !ok {
		return nil, false, t.whole
	}
	table := p.tableOf(e.value)
	if table == nil {
		return nil, false, false
	}
	known = true
	for _, f := range table.Fields {
		key, ok := f.Key.(*ast.StringExpr)
		if !ok {
			known = false
		} else if key.Value == what {
			list, ok = p.textList(f.Value)
			return list, true, ok
		}
	}
	return nil, false, known
}

// open reports whether a field of M is changed bit by bit, M.permissions.hosts[2] = …, so that its table does not tell all.
func (t *pluginTable) open(p *Pass, field string) bool {
	for _, s := range p.stores {
		if get, ok := s.target.(*ast.AttrGetExpr); ok && t.holder != nil && p.root(get) == t.holder {
			path := p.pathIn(t.holder, get)
			if path == nil || len(path) > 1 && path[0] == field {
				return true
			}
		}
	}
	return false
}

// textList gives a list of texts, or one text as a list of one.
func (p *Pass) textList(e ast.Expr) (list []string, ok bool) {
	if s, ok := e.(*ast.StringExpr); ok {
		return []string{s.Value}, true
	}
	table := p.tableOf(e)
	if table == nil {
		return nil, false
	}
	for _, f := range table.Fields {
		s, ok := f.Value.(*ast.StringExpr)
		if !ok || f.Key != nil {
			return nil, false
		}
		list = append(list, s.Value)
	}
	return list, true
}

// settings gives the names in M.config by whether they are secrets; ok is false where the text does not tell all.
func (t *pluginTable) settings(p *Pass) (secret map[string]bool, ok bool) {
	e, given := t.values["config"]
	if !given || !t.whole || t.open(p, "config") {
		return nil, t.whole && !given
	}
	table := p.tableOf(e.value)
	if table == nil {
		return nil, false
	}
	secret = map[string]bool{}
	for _, f := range table.Fields {
		key, ok := f.Key.(*ast.StringExpr)
		field := p.tableOf(f.Value)
		if !ok || field == nil {
			return nil, false
		}
		kind := ""
		for _, g := range field.Fields {
			if k, ok := g.Key.(*ast.StringExpr); ok && k.Value == "type" {
				s, _ := g.Value.(*ast.StringExpr)
				if s == nil {
					return nil, false
				}
				kind = s.Value
			}
		}
		secret[key.Value] = kind == "secret"
	}
	return secret, true
}
