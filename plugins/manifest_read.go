package plugins

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/fetch"
	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// manifestReader turns the table that a plugin returns into its Manifest.
type manifestReader struct {
	host  *Host
	file  string
	chunk *lint.Chunk
	lines *tableLines
	m     *Manifest
	found []lint.Finding
}

// RulePlugin is the rule of what a plugin says wrongly of itself.
const RulePlugin = "plugin"

func (r *manifestReader) refuse(path, format string, args ...any) error {
	line := 0
	if path != "" {
		line = r.lines.line(path)
	}
	return &sandbox.Error{File: r.file, Line: line, Kind: sandbox.KindRuntime, Msg: fmt.Sprintf(format, args...)}
}

func (r *manifestReader) fail(path, format string, args ...any) {
	r.found = append(r.found, lint.Finding{Line: r.lines.line(path), Rule: RulePlugin, Severity: lint.Error, Msg: fmt.Sprintf(format, args...)})
}

func (r *manifestReader) name(t *lua.LTable) error {
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(r.file, `\`, "/")), ".lua")
	switch n := t.RawGetString("name").(type) {
	case lua.LString:
		name = string(n)
	case *lua.LNilType:
	default:
		return r.refuse("name", "the plugin's name is a %s, not a text", n.Type())
	}
	if msg := badName(name); msg != "" {
		return r.refuse("name", "the plugin's name %s", msg)
	}
	if _, taken := Std(nil)[name]; taken || slices.Contains(reserved, name) {
		return r.refuse("name", "the plugin's name %q is that of a module of fanflow: give it another name", name)
	}
	r.m.Name = name
	return nil
}

func (r *manifestReader) read(t *lua.LTable) {
	r.m.Version = r.text(t, "", "version")
	r.m.Title = r.text(t, "", "title")
	if n, ok := r.number(t, "", "order"); ok {
		if n != float64(int(n)) {
			r.fail("order", "order is %v; it must be a whole number: hooks of low ones come first", n)
		} else {
			r.m.Order = int(n)
		}
	}
	if c := r.table(t, "", "config", "the plugin's settings: config = { url = { type = \"string\" } }"); c != nil {
		r.config(c)
	}
	r.permissions(t)
	if hooks := r.table(t, "", "hooks", "functions by the name of the hook: hooks = { on_event = function(fan, event) … end }"); hooks != nil {
		r.hooks(hooks)
	}
	if w := r.table(t, "", "webhook", "webhook = { signature = { header = \"…\", secret = \"…\" } }"); w != nil {
		r.signature(w)
	}
	r.functions(t)
}

// text gives a text field of a table, "" if there is none or no text.
func (r *manifestReader) text(t *lua.LTable, path, key string) string {
	switch v := t.RawGetString(key).(type) {
	case lua.LString:
		return string(v)
	case *lua.LNilType:
	default:
		at := joinPath(path, key)
		r.fail(at, "%s is a %s; it must be a text", at, v.Type())
	}
	return ""
}

func (r *manifestReader) number(t *lua.LTable, path, key string) (float64, bool) {
	switch v := t.RawGetString(key).(type) {
	case lua.LNumber:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, true
		}
		at := joinPath(path, key)
		r.fail(at, "%s is %v; it must be a finite number", at, v)
	case *lua.LNilType:
	default:
		at := joinPath(path, key)
		r.fail(at, "%s is a %s; it must be a number", at, v.Type())
	}
	return 0, false
}

// table gives a field that is a table; shape says how it is written.
func (r *manifestReader) table(t *lua.LTable, path, key, shape string) *lua.LTable {
	switch v := t.RawGetString(key).(type) {
	case *lua.LTable:
		return v
	case *lua.LNilType:
	default:
		at := joinPath(path, key)
		r.fail(at, "%s is a %s; it must be a table: %s", at, v.Type(), shape)
	}
	return nil
}

// What a plugin may say of itself: people read it. One table of a script may stand in many places, and would be copied for each.
const (
	maxNames     = 100 // settings, items of a list, names of a hook
	maxName      = 300 // bytes of one of them
	maxFunctions = 500
)

// many reports, and says, whether a table has more fields than one of this kind may have.
func (r *manifestReader) many(t *lua.LTable, at string, most int, what string) bool {
	n := 0
	for k, _ := t.Next(lua.LNil); k != lua.LNil && n <= most; k, _ = t.Next(k) {
		n++
	}
	if n > most {
		r.fail(at, "%s has more than %d %s", at, most, what)
	}
	return n > most
}

// texts gives a field that is a list of texts; ok is false if there is none.
func (r *manifestReader) texts(t *lua.LTable, path, key string) (list []string, ok bool) {
	v := t.RawGetString(key)
	if v == lua.LNil {
		return nil, false
	}
	at := joinPath(path, key)
	if t, isTable := v.(*lua.LTable); isTable && r.many(t, at, maxNames, "items") {
		return nil, false
	}
	data, err := sandbox.FromLua(v)
	items, isList := data.([]any)
	if fields, empty := data.(map[string]any); empty && len(fields) == 0 {
		isList = true
	}
	if err != nil || !isList {
		r.fail(at, "%s must be a list of texts: { \"…\", \"…\" }", at)
		return nil, false
	}
	list = []string{}
	for i, item := range items {
		text, isText := item.(string)
		if !isText || text == "" {
			r.fail(joinPath(at, fmt.Sprint(i+1)), "item %d of %s must be a text that is not empty", i+1, at)
			return nil, false
		}
		if len(text) > maxName {
			r.fail(joinPath(at, fmt.Sprint(i+1)), "item %d of %s is longer than %d bytes", i+1, at, maxName)
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

// only refuses fields that are not known.
func (r *manifestReader) only(t *lua.LTable, path string, known ...string) {
	if r.many(t, path, maxNames, "fields") {
		return
	}
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if key := k.String(); !slices.Contains(known, key) {
			at := joinPath(path, key)
			r.fail(at, "%s has no field %q: it has %s", path, key, enumerate(known))
		}
	}
}

// enumerate joins words: a, b and c.
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func (r *manifestReader) permissions(t *lua.LTable) {
	r.m.KV = []string{r.m.Name + ":*"}
	p := r.table(t, "", "permissions", "permissions = { hosts = { \"crm.example.com\" }, kv = { \"crm:*\" } }")
	if p == nil {
		return
	}
	r.only(p, "permissions", "hosts", "kv")
	if hosts, ok := r.texts(p, "permissions", "hosts"); ok {
		for i, host := range hosts {
			if _, err := fetch.ParseRule(host); err != nil {
				r.fail(joinPath("permissions.hosts", fmt.Sprint(i+1)), "permissions.hosts: %v", err)
				continue
			}
			r.m.Hosts = append(r.m.Hosts, host)
		}
	}
	if globs, ok := r.texts(p, "permissions", "kv"); ok {
		r.m.KV = globs
	}
}

// channels and statuses are what before_send and after_send may be asked for.
var (
	channels = []string{store.Passive, store.Customer, store.Template, store.Notice, store.Mass}
	statuses = []string{string(store.Sent), string(store.Delivered), string(store.SendFail), string(store.Skipped), string(store.Expired), string(store.Uncertain)}
)

func (r *manifestReader) hooks(t *lua.LTable) {
	h := &r.m.Hooks
	r.only(t, "hooks", "on_event", "before_send", "after_send", "on_webhook", "every", "on_error", "missed")
	h.Events = r.hook(t, "on_event", nil)
	h.Sends = r.hook(t, "before_send", channels)
	h.Sent = r.hook(t, "after_send", statuses)
	h.Webhooks = r.hook(t, "on_webhook", nil)
	h.Every = r.every(t)
	switch h.OnError = r.text(t, "hooks", "on_error"); h.OnError {
	case "", "hold", "pass":
	default:
		r.fail("hooks.on_error", "hooks.on_error is %q; it must be \"hold\" (a send whose before_send fails waits, then is skipped) or \"pass\"", h.OnError)
		h.OnError = ""
	}
	switch h.Missed = r.text(t, "hooks", "missed"); h.Missed {
	case "", "run", "skip":
	default:
		r.fail("hooks.missed", "hooks.missed is %q; it must be \"run\" (a time of every that was missed is made up for once) or \"skip\"", h.Missed)
		h.Missed = ""
	}
}

// hook gives the names that a hook is for, sorted: "*" for one function, else the keys of its table. known are all the names that
// there are; nil: any.
func (r *manifestReader) hook(hooks *lua.LTable, name string, known []string) (names []string) {
	at := joinPath("hooks", name)
	switch v := hooks.RawGetString(name).(type) {
	case *lua.LNilType:
	case *lua.LFunction:
		return []string{"*"}
	case *lua.LTable:
		if r.many(v, at, maxNames, "names") {
			return nil
		}
		for k, fn := v.Next(lua.LNil); k != lua.LNil; k, fn = v.Next(k) {
			key, isText := k.(lua.LString)
			path := joinPath(at, k.String())
			switch {
			case len(key) > maxName:
				r.fail(at, "%s has a name that is longer than %d bytes", at, maxName)
			case !isText || key == "":
				r.fail(path, "%s has the key %s: keys are names, or \"*\" for all", at, k.String())
			case !runs(fn):
				r.fail(path, "%s is a %s; it must be a function", path, fn.Type())
			case known != nil && key != "*" && !slices.Contains(known, string(key)):
				r.fail(path, "%s has the key %q: it may have %s, or \"*\" for all", at, string(key), enumerate(known))
			default:
				names = append(names, string(key))
			}
		}
		slices.Sort(names)
	default:
		r.fail(at, "%s is a %s; it must be a function, or a table of functions by name", at, v.Type())
	}
	return names
}

// runs reports whether a value is a function, or a table with one as run.
func runs(v lua.LValue) bool {
	if t, ok := v.(*lua.LTable); ok {
		v = t.RawGetString("run")
	}
	return v.Type() == lua.LTFunction
}

func (r *manifestReader) every(hooks *lua.LTable) []string {
	if fn, ok := hooks.RawGetString("every").(*lua.LFunction); ok {
		r.fail("hooks.every", "hooks.every is a %s; it must be a table of functions by their time: every = { [\"0 9 * * *\"] = function(account) … end }", fn.Type())
		return nil
	}
	return slices.DeleteFunc(r.hook(hooks, "every", nil), func(spec string) bool {
		if r.host.ParseCron == nil {
			return false
		}
		err := r.host.ParseCron(spec)
		if err != nil {
			r.fail("hooks.every."+spec, "hooks.every: %v", err)
		}
		return err != nil
	})
}

func (r *manifestReader) signature(w *lua.LTable) {
	r.only(w, "webhook", "signature")
	const at = "webhook.signature"
	t := r.table(w, "webhook", "signature", "signature = { header = \"X-Hub-Signature-256\", prefix = \"sha256=\", secret = \"token\" }")
	if t == nil {
		return
	}
	r.only(t, at, "header", "prefix", "secret")
	s := &Signature{Header: r.text(t, at, "header"), Prefix: r.text(t, at, "prefix"), Secret: r.text(t, at, "secret")}
	named := slices.ContainsFunc(r.m.Config, func(f Field) bool { return f.Name == s.Secret && f.Type == TypeSecret })
	switch {
	case s.Header == "":
		r.fail(at, "%s has no header: name the one that the other system signs with", at)
	case s.Secret == "":
		r.fail(at, "%s has no secret: without one anybody could send these events", at)
	case !named:
		r.fail(at+".secret", "%s.secret is %q: there is no such secret in config; write %s = { type = \"secret\", required = true } there", at, s.Secret, s.Secret)
	default:
		r.m.Signature = s
	}
}

// own are the fields of a plugin that say what it is.
var own = []string{"name", "version", "title", "order", "config", "permissions", "hooks", "webhook"}

// functions takes what the plugin has when it has run; what the text says of a function, its comment with it, is told too.
func (r *manifestReader) functions(t *lua.LTable) {
	written := map[string]lint.Function{}
	for _, f := range r.chunk.Functions {
		written[f.Name] = f
	}
	var all []lint.Function
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		fn, ok := v.(*lua.LFunction)
		key, isText := k.(lua.LString)
		if isText && !ok {
			r.slip(string(key))
		}
		if !ok || !isText || slices.Contains(own, string(key)) {
			continue
		}
		f, known := written[string(key)]
		if !known {
			f = lint.Function{Func: reference.Func{Name: string(key)}, Line: r.lines.line(string(key))}
			if !fn.IsG {
				f.Params = params(fn.Proto)
			}
		}
		all = append(all, f)
		if len(all) > maxFunctions {
			r.fail("", "the plugin has more than %d functions", maxFunctions)
			return
		}
	}
	slices.SortStableFunc(all, func(a, b lint.Function) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name)) })
	for _, f := range all {
		r.m.Functions = append(r.m.Functions, f.Func)
	}
}

// slip warns of a field that is no function and looks like a misspelt one of own: it would say nothing, without a word. A plural is
// taken for the plugin's own: orders are no order.
func (r *manifestReader) slip(key string) {
	if len(key) > 2*len("permissions") || slices.Contains(own, key) || slices.Contains(own, strings.TrimSuffix(key, "s")) {
		return
	}
	if near := lint.Slip(key, own); near != "" {
		r.found = append(r.found, lint.Finding{
			Line: r.lines.line(key), Rule: RulePlugin, Severity: lint.Warning,
			Msg: fmt.Sprintf("the field %q says nothing of the plugin%s", key, near),
		})
	}
}

// params gives the names of the arguments of a function that the script makes as it runs.
func params(p *lua.FunctionProto) (list []reference.Param) {
	for i := range int(p.NumParameters) {
		if i < len(p.DbgLocals) {
			list = append(list, reference.Param{Name: p.DbgLocals[i].Name, Type: "any", Optional: true})
		}
	}
	if p.IsVarArg != 0 {
		list = append(list, reference.Param{Name: "...", Type: "any", Rest: true})
	}
	return list
}
