package flows

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// The kinds of hooks, as plugins write them.
const (
	onEvent    = "on_event"
	beforeSend = "before_send"
	afterSend  = "after_send"
	onWebhook  = "on_webhook"
	everyHook  = "every"
)

// hookSet are the hooks of the published plugins by kind, each list by the plugins' order, then name. Whether one is on for an account
// its settings say, see [hook.on].
type hookSet struct{ Events, Sends, Sent, Webhooks, Every []hook }

// hook is one plugin's for one kind of thing. It runs in a State of its own.
type hook struct {
	Plugin *plugins.Plugin
	Flow   *compiled // stands for the hook in parts and entries: its Name is "plugin:crm"
	Kind   string
	Match  []string // what it wants to see
	Paused bool     // the plugin's publication is: its functions can still be used
}

// hooks gives the hooks of the catalog's plugins. A plugin that can no longer be used has none, and the log says so; one that is too
// slow to say what it is keeps those of the edition before, until it is tried again.
func (l *library) hooks(ctx context.Context, catalog store.Catalog, e, last *edition) error {
	set := &e.Hooks
	for i := range catalog.Publications {
		p := &catalog.Publications[i]
		if p.Kind != store.KindPlugin {
			continue
		}
		plugin, err := l.host.Plugin(ctx, p.Name, p.Version, e.Plugins)
		var fault *sandbox.Error
		switch {
		case err == nil:
			set.add(plugin, p, e.Plugins)
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &fault) && !errors.Is(err, store.ErrNotFound) || fault != nil && fault.Kind == sandbox.KindDeadline && last == nil:
			return fmt.Errorf("read the hooks of plugin %s: %w", p.Name, err)
		case fault != nil && fault.Kind == sandbox.KindDeadline:
			l.logger.Error("a published plugin took too long to load: it is tried again soon", "plugin", p.Name, "version", p.Version, "err", err)
			e.Held = true
			set.keep(&last.Hooks, p.Name)
		default:
			l.logger.Error("a published plugin cannot be used: its hooks are off", "plugin", p.Name, "version", p.Version, "err", err)
		}
	}
	for _, list := range set.all() {
		slices.SortStableFunc(*list, func(a, b hook) int {
			return cmp.Or(cmp.Compare(a.Plugin.Order, b.Plugin.Order), strings.Compare(a.Plugin.Name, b.Plugin.Name))
		})
	}
	return nil
}

// pluginsOf gives the published versions of the catalog's plugins.
func pluginsOf(c *store.Catalog) map[string]int {
	versions := map[string]int{}
	for i := range c.Publications {
		if p := &c.Publications[i]; p.Kind == store.KindPlugin {
			versions[p.Name] = p.Version
		}
	}
	return versions
}

// all are the lists of the set.
func (s *hookSet) all() []*[]hook {
	return []*[]hook{&s.Events, &s.Sends, &s.Sent, &s.Webhooks, &s.Every}
}

// keep takes over a plugin's hooks.
func (s *hookSet) keep(old *hookSet, plugin string) {
	lists := s.all()
	for i, list := range old.all() {
		for _, h := range *list {
			if h.Plugin.Name == plugin {
				*lists[i] = append(*lists[i], h)
			}
		}
	}
}

// add adds a published plugin's hooks. The plugins that it requires in turn are the published ones.
func (s *hookSet) add(p *plugins.Plugin, pub *store.Publication, pins map[string]int) {
	for _, k := range []struct {
		kind  string
		match []string
		list  *[]hook
	}{
		{onEvent, p.Hooks.Events, &s.Events},
		{beforeSend, p.Hooks.Sends, &s.Sends},
		{afterSend, p.Hooks.Sent, &s.Sent},
		{onWebhook, p.Hooks.Webhooks, &s.Webhooks},
		{everyHook, p.Hooks.Every, &s.Every},
	} {
		if len(k.match) == 0 {
			continue
		}
		*k.list = append(*k.list, hook{
			Plugin: p, Kind: k.kind, Match: k.match, Paused: pub.Paused,
			Flow: &compiled{
				ID: pub.ScriptID, Version: p.Number, Program: p.Program, Pins: pins, Hook: k.kind,
				declaration: &declaration{Name: pluginPart + p.Name},
			},
		})
	}
}

// on reports whether the hook is asked for an account.
func (h *hook) on(a *Account) bool { return !h.Paused && !a.Plugins[h.Plugin.Name].Off }

// wants gives the key under which the hook takes what has a name: the name itself, else the glob with the most letters that takes it;
// ok is false where it does not want it. byName leaves the globs out.
func (h *hook) wants(name string, byName bool) (key string, ok bool) {
	if slices.Contains(h.Match, name) {
		return name, true
	}
	for _, m := range h.Match {
		if !byName && strings.Contains(m, "*") && glob(m, name) && (!ok || len(m) > len(key)) {
			key, ok = m, true
		}
	}
	return key, ok
}

// namedOnly are the events that a hook hears where it names them alone: flows make them all the time, and each is a job of its own.
var namedOnly = func() map[string]bool {
	named := map[string]bool{"sent": true}
	for _, event := range told {
		named[event] = true
	}
	return named
}()

// hears gives the key under which the hook takes an event that flow caused.
func (h *hook) hears(a *Account, event, flow string) (key string, ok bool) {
	if !h.on(a) || flow == h.Flow.Name {
		return "", false
	}
	return h.wants(spoken(event), namedOnly[event])
}

// hear reports whether some hook hears an event that flow caused.
func (s *hookSet) hear(a *Account, event, flow string) bool {
	return slices.ContainsFunc(s.Events, func(h hook) bool { _, ok := h.hears(a, event, flow); return ok })
}

// follow reports whether some hook wants to know that a send has come to a status. That one was accepted is told by name alone.
func (s *hookSet) follow(a *Account, status store.Status) bool {
	return slices.ContainsFunc(s.Sent, func(h hook) bool {
		_, ok := h.wants(string(status), status == store.Sent)
		return ok && h.on(a)
	})
}

// hearsOf reports whether a flow or a plugin other than but may take such an event.
func (d *decision) hearsOf(event, subject, but string) bool {
	return d.edition.listens(event, subject, but) || d.edition.Hooks.hear(d.account, event, but)
}

// hookWalk carries out what a hook does to the fan. It is in no state and has no variables.
func (d *decision) hookWalk(h *hook, key string) *walk {
	why := h.Kind
	if key != "*" {
		why += " " + key
	}
	return &walk{d: d, flow: h.Flow, hook: h.Kind, why: why}
}

// hookScript gives the hook's Lua, started if need be. Two hooks never share one.
func (w *walk) hookScript() (*script, error) {
	d, flow := w.d, w.flow
	if s := d.scripts[flow]; s != nil {
		return s, nil
	}
	d.lua++
	p := &port{d: d, flow: flow, walk: w}
	state, err := d.host.State(d.ctx, d.luaRun(flow, p))
	if err != nil {
		return nil, fmt.Errorf("start Lua for %s: %w", flow.Name, err)
	}
	s := &script{chunk: &chunk{state: state}, flow: flow}
	d.scripts[flow] = s
	p.state = state
	v, err := state.Require(strings.TrimPrefix(flow.Name, pluginPart))
	if err != nil {
		return nil, d.luaError(err)
	}
	root, ok := v.(*lua.LTable)
	if !ok {
		return nil, w.fault(0, "a plugin returns a table, this one %s: end it with `return M`", luaType(v))
	}
	s.root, s.fan = root, newFan(s)
	return s, nil
}

// callHook calls the hook's function for a key with what args makes of its script, and gives what it returned.
func (w *walk) callHook(key string, args func(s *script) []lua.LValue) (lua.LValue, error) {
	s, err := w.hookScript()
	if err != nil {
		return nil, err
	}
	fn := hookFunction(s.root, w.hook, key)
	if fn == nil {
		return nil, w.fault(0, "hooks.%s has no function for %q when the script runs again: it must declare the same hooks every time", w.hook, key)
	}
	s.call = &call{walk: w}
	defer func() { s.call = nil }()
	values, err := s.state.Call(fn, 1, args(s)...)
	if err != nil {
		return nil, w.d.luaError(err)
	}
	if err := s.call.keep(); err != nil {
		return nil, w.fault(0, "hooks.%s: %w", w.hook, err)
	}
	return values[0], nil
}

// hookFunction finds the function of a hook: the hook itself, or what stands in it under the key.
func hookFunction(root *lua.LTable, kind, key string) *lua.LFunction {
	v := lookUp(root, []any{"hooks", kind})
	if t, ok := v.(*lua.LTable); ok {
		v = t.RawGetString(key)
	}
	fn, _ := v.(*lua.LFunction)
	return fn
}

// only refuses what a hook may not do with its fan: an enrollment's words where there is none, and anything where it only looks.
func (w *walk) only(verb string) error {
	switch {
	case w.hook == "":
		return nil
	case w.hook == beforeSend && verb != "has":
		return errors.New("before_send only looks at the fan: return what is to become of the message, and do the rest in on_event or after_send")
	case slices.Contains(enrollmentsOwn, verb):
		return errors.New("it belongs to a flow that the fan is in: a plugin's hook is in none; use fan.attrs, tags, or fan:enroll")
	}
	return nil
}

// enrollmentsOwn are the methods and fields of fan that need an enrollment.
var enrollmentsOwn = []string{"goal", "call", "leave", "variant", "vars", "variants"}

// noteHook writes a hook's failure down. Nobody says sorry for it: flows go on as if it were not there.
func (d *decision) noteHook(h *hook, f *failure) error {
	d.tried(verdict{Flow: h.Flow.Name, Rule: h.Kind, Said: "failed"})
	return d.noteFailed(h.Flow, f)
}

// hookNames names the plugins of hooks with their versions, as Send.Passed does.
func hookNames(hooks []*hook) string {
	var names []string
	for _, h := range hooks {
		names = append(names, fmt.Sprintf("%s@%d", h.Plugin.Name, h.Plugin.Number))
	}
	return cmp.Or(strings.Join(names, " "), "-")
}

// fromLua reads what a hook returned as data.
func fromLua(v lua.LValue) (any, error) {
	data, err := sandbox.FromLua(v)
	if err != nil {
		return nil, fmt.Errorf("it returned what cannot be kept: %w", err)
	}
	return data, nil
}

// unset refuses to set an attribute where the hook only looks.
func (w *walk) unset(name string, v json.RawMessage) error {
	if sameJSON(w.d.draft.fan.Attrs[name], v) {
		return nil
	}
	return fmt.Errorf("fan.attrs.%s cannot be set: %w", name, w.only("attrs"))
}
