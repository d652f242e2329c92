package lint

import (
	"regexp"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// role is what a parameter is given whenever its function is run.
type role struct {
	class string // of reference.Set: Fan, Event, Send, Hook, Account
	// events are those that an Event can be; none: any.
	events []eventKey
}

// eventKey is an event by flows' word and the key that it is compared with; an empty key is none.
type eventKey struct{ name, key string }

// handler is a function that fanflow runs, by the place where a script declares it.
type handler struct {
	fn     *function
	params []role
}

// assignRoles finds out which parameters are fans, events and the like: of the functions in the table given to flow, of a
// plugin's hooks, and of local functions that nobody but these call.
func (p *Pass) assignRoles() {
	var handlers []handler
	if p.World.Kind == KindPlugin {
		handlers = p.hookHandlers()
	} else {
		handlers = p.flowHandlers()
	}
	byFunction := map[*function][]handler{}
	for _, h := range handlers {
		byFunction[h.fn] = append(byFunction[h.fn], h)
	}
	for range 4 { // fan handed on from function to function, so many deep
		changed := false
		for _, f := range p.functions {
			if p.assignRole(f, byFunction[f]) {
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

// assignRole gives a function's parameters their roles, if every way to it agrees on them.
func (p *Pass) assignRole(f *function, handlers []handler) (changed bool) {
	if f.expr == nil {
		return false
	}
	var ways [][]role
	for _, h := range handlers {
		ways = append(ways, h.params)
	}
	named := len(handlers)
	if f.holder != nil {
		if !f.holder.constant() {
			return false
		}
		for _, u := range f.holder.reads {
			if u.call == nil {
				continue
			}
			named++
			way := make([]role, len(f.params))
			for i := range way {
				if i < len(u.call.Args) {
					way[i] = p.roleOf(u.call.Args[i])
				}
			}
			ways = append(ways, way)
		}
		if named != len(f.holder.reads) {
			return false // it is handed to somebody else too
		}
	}
	for i, param := range f.params {
		r, ok := agreed(ways, i)
		if ok && param.constant() && p.roles[param].class == "" {
			p.roles[param], changed = r, true
		}
	}
	return changed
}

// add notes that the events may come, too. Of too many nothing is said.
func (r *role) add(events []eventKey) {
	for _, e := range events {
		if !slices.Contains(r.events, e) {
			r.events = append(r.events, e)
		}
	}
	if len(r.events) > 40 {
		r.events = nil
	}
}

// agreed gives the role that parameter i has by all ways.
func agreed(ways [][]role, i int) (r role, ok bool) {
	for n, way := range ways {
		switch {
		case i >= len(way) || way[i].class == "":
			return role{}, false
		case n == 0:
			r = role{way[i].class, slices.Clone(way[i].events)}
		case r.class != way[i].class:
			return role{}, false
		case len(r.events) == 0 || len(way[i].events) == 0:
			r.events = nil
		default:
			r.add(way[i].events)
		}
	}
	return r, r.class != ""
}

func (p *Pass) roleOf(e ast.Expr) role {
	if v := p.local(e); v != nil && v.constant() {
		return p.roles[v]
	}
	return role{}
}

// flowHandlers are the functions in the table that is given to flow. All of them are run with a fan and an event.
func (p *Pass) flowHandlers() (list []handler) {
	for _, c := range p.calls {
		if c.Func == nil || !p.isGlobal(c.Func, "flow") || len(c.Args) != 1 {
			continue
		}
		p.inTable(c.Args[0], nil, func(path []string, f *function) {
			list = append(list, handler{f, []role{{class: "Fan"}, {"Event", eventAt(path)}}})
		})
	}
	return list
}

// eventAt gives the event that leads to a place of a flow: states.greet.on.text.1, listen.tag.
func eventAt(path []string) []eventKey {
	i := 0
	if len(path) > 2 && path[0] == "states" {
		i = 2
	}
	if len(path) < i+2 || path[i] != "on" && path[i] != "listen" {
		return nil
	}
	e := eventKey{name: path[i+1]}
	if len(path) > i+2 {
		e.key = path[i+2]
	}
	if e.name == "link" { // with keys it is a click, without a message
		return []eventKey{e, {"click_link", e.key}}
	}
	return []eventKey{e}
}

// maxVisits bounds inTable: a table of locals that are tables of locals has more places than can be looked at.
const maxVisits = 20000

// inTable shows the functions in a table and the tables in it, with the keys that lead to them. List items have an empty key.
func (p *Pass) inTable(e ast.Expr, path []string, see func(path []string, f *function)) {
	if p.visits++; len(path) > maxLook || p.visits > maxVisits {
		return
	}
	if f := p.functionOf(e); f != nil {
		see(path, f)
		return
	}
	table := p.tableOf(e)
	if table == nil {
		return
	}
	for _, f := range table.Fields {
		key := ""
		switch k := f.Key.(type) {
		case nil:
		case *ast.StringExpr:
			key = k.Value
		case *ast.NumberExpr:
			key = k.Value
		default:
			continue
		}
		p.inTable(f.Value, append(slices.Clone(path), key), see)
	}
}

// hookClasses are what the hooks of a plugin are given.
var hookClasses = map[string][]string{
	"on_event": {"Fan", "Event"}, "before_send": {"Send"}, "after_send": {"Send"}, "on_webhook": {"Hook"}, "every": {"Account"},
}

// hookHandlers are the functions in M.hooks.
func (p *Pass) hookHandlers() (list []handler) {
	if p.plugin == nil {
		return nil
	}
	p.plugin.hooks(p, func(path []string, f *function) {
		if len(path) == 0 {
			return
		}
		var params []role
		for _, class := range hookClasses[path[0]] {
			r := role{class: class}
			if class == "Event" && len(path) > 1 && path[1] != "*" {
				r.events = []eventKey{{name: path[1]}}
			}
			params = append(params, r)
		}
		list = append(list, handler{f, params})
	})
	return list
}

var namedGroup = regexp.MustCompile(`\(\?P?<(\w+)>`)

// groups gives the names of the groups that a regular expression, a key between slashes, captures.
func groups(key string) (names []string) {
	if len(key) < 2 || key[0] != '/' {
		return nil
	}
	for _, m := range namedGroup.FindAllStringSubmatch(key, -1) {
		names = append(names, m[1])
	}
	return names
}
