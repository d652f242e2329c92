package flows

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// pluginKind is the kind of the jobs that run a plugin without a fan: on_webhook, every, and the after_send of a mass send; and of
// those that bring an event which such a run has made to its fan.
const pluginKind = "plugin"

// relayed is the hook of the jobs that bring an event to its fan.
const relayed = "event"

// pluginArgs are the Args of a job of kind plugin.
type pluginArgs struct {
	Plugin string `json:"plugin"`
	Hook   string `json:"hook"`
	// Name is what the hook is asked about: the event's name, the cron spec, the status.
	Name string          `json:"name"`
	Data json.RawMessage `json:"data,omitempty"`
	Body string          `json:"body,omitempty"` // of a webhook that is no JSON
	Key  string          `json:"key,omitempty"`  // of a webhook: two calls with one are one
	At   time.Time       `json:"at,omitzero"`
	// Fan says whom a relayed event is for.
	Fan *relay `json:"fan,omitempty"`
	// Mass is how a mass send has ended.
	Mass *massSend `json:"mass,omitempty"`
}

type relay struct {
	OpenID  string `json:"openid,omitempty"`
	UnionID string `json:"unionid,omitempty"`
	Create  bool   `json:"create,omitempty"`
}

// hookTries is how often an on_webhook that fails is tried before its job is parked.
const hookTries = 3

// maxRelayed is how many events one account run may make.
const maxRelayed = 100

// What an account run may read over HTTP: nobody waits for it.
const (
	accountReads      = 20
	accountReadsLimit = 5 * time.Second
)

// accountRun is the worker of jobs of kind plugin. One whose script fails comes back until its third try, and is parked then.
func (e *Engine) accountRun(ctx context.Context, acc *Account, job store.Job) error {
	t := task{fan: store.FanID{Account: acc.Name}, cause: job.ID, now: store.Stamp(e.now()), job: &job}
	var args pluginArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		e.logger.ErrorContext(ctx, "a plugin's job cannot be read and is dropped", "account", acc.Name, "job", job.ID, "err", err)
		return e.drop(ctx, t)
	}
	if args.Hook == relayed {
		return e.relay(ctx, t, &args)
	}
	t.event = &event{Name: args.Hook, Subject: args.Name, Created: job.Due, Depth: job.Depth}
	a := &attempt{Engine: e, task: t, account: acc, fetch: fetcher{engine: e, account: acc.Name, readsLimit: accountReadsLimit}}
	a.seen = Observation{Account: acc.Name, Event: args.Hook, Flow: pluginPart + args.Plugin}
	defer a.end()
	for {
		if again, err := a.runPlugin(ctx, &args); !again {
			return err
		}
	}
}

// relay brings an event to its fan. Of one who is not there the log tells.
func (e *Engine) relay(ctx context.Context, t task, args *pluginArgs) error {
	h := Hook{Event: args.Name, OpenID: args.Fan.OpenID, UnionID: args.Fan.UnionID, Data: args.Data, Key: args.Key, Create: args.Fan.Create}
	if h.Key == "" {
		h.Key = t.job.ID
	}
	_, err := e.Hook(ctx, t.fan.Account, h)
	if errors.Is(err, ErrNoFan) {
		e.logger.InfoContext(ctx, "a plugin's event is for nobody", "account", t.fan.Account, "plugin", args.Plugin, "event", args.Name, "err", err)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("bring event %s of plugin %s to its fan: %w", args.Name, args.Plugin, err)
	}
	return e.drop(ctx, t)
}

// runPlugin decides and commits. again tells that the store refused and it has to be decided anew.
func (a *attempt) runPlugin(ctx context.Context, args *pluginArgs) (again bool, err error) {
	ed, err := a.inForce(ctx, a.account)
	if err != nil {
		return false, err
	}
	h, key, why := ed.Hooks.find(a.account, args)
	if h == nil {
		a.logger.InfoContext(ctx, "a plugin's job is dropped: "+why, "account", a.account.Name, "plugin", args.Plugin, "hook", args.Hook, "job", a.job.ID)
		return false, a.drop(ctx, a.task)
	}
	if h.Paused {
		if args.Hook == everyHook {
			return false, a.drop(ctx, a.task)
		}
		return false, a.snooze(ctx, a.task, a.task.now.Add(pausedFor), "the plugin is paused")
	}
	in, err := a.input(ctx, a.account, a.task, store.Fan{ID: a.fan}, ed)
	if err != nil {
		return false, err
	}
	in.maxReads, in.unkept = accountReads, true
	var out accountOutcome
	err = a.ponder(ctx, func(m *memory, pass *sandbox.Pass) error {
		out, err = decideAccount(ctx, in, m, pass, h, key, args)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("run %s of plugin %s: %w", args.Hook, args.Plugin, err)
	}
	by := store.FanID{Account: a.account.Name, OpenID: a.job.ID} // each job counts as another fan: one odd call is no reason to pause
	if out.failed != nil {
		a.record(ctx, a.fan, a.task.now, out.logs, out.parts)
		a.diagnose(ctx, by, out.parts)
		return false, a.unrun(ctx, h, out.failed)
	}
	if _, err := a.store.Commit(ctx, out.change); err != nil {
		return a.refused(err)
	}
	a.fetch.settle(&out.change)
	a.record(ctx, a.fan, a.task.now, out.logs, out.parts)
	a.diagnose(ctx, by, out.parts)
	if len(out.change.Jobs) > 0 && a.poke != nil {
		a.poke()
	}
	return false, nil
}

// unrun keeps a job whose script failed: it comes again, the third time when somebody lets it.
func (a *attempt) unrun(ctx context.Context, h *hook, f *failure) error {
	why := f.why()
	if a.job.Attempt+1 < hookTries {
		return &retryError{fmt.Errorf("plugin %s version %d: %w", h.Plugin.Name, h.Plugin.Number, f)}
	}
	a.logger.ErrorContext(ctx, "a plugin's hook failed three times: its job is parked", "account", a.account.Name, "plugin", h.Plugin.Name, "version", h.Plugin.Number, "hook", h.Kind, "job", a.job.ID, "why", why)
	return a.putAway(ctx, a.account.Name, store.Snooze{Job: a.job.ID, Due: a.job.Due, Attempt: hookTries, Why: cut(why, 500), Parked: true})
}

// putAway parks a job, or lets it go on.
func (e *Engine) putAway(ctx context.Context, account string, z store.Snooze) error {
	now := store.Stamp(e.now())
	_, err := e.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: account}, Base: store.AnyRev, Cause: fmt.Sprintf("%s@%d/%s", z.Job, now.UnixMilli(), rand.Text()), At: now, Snooze: []store.Snooze{z},
	})
	if err != nil {
		return fmt.Errorf("put off job %s: %w", z.Job, err)
	}
	return nil
}

// find gives the hook that a job is for, with the key of its function; nil where there is none now, and why.
func (s *hookSet) find(a *Account, args *pluginArgs) (h *hook, key, why string) {
	list := map[string][]hook{onWebhook: s.Webhooks, everyHook: s.Every, afterSend: s.Sent}[args.Hook]
	i := slices.IndexFunc(list, func(h hook) bool { return h.Plugin.Name == args.Plugin })
	switch {
	case i < 0:
		return nil, "", "the plugin is not published, or has no such hook"
	case a.Plugins[args.Plugin].Off:
		return nil, "", "the plugin's hooks are off for the account"
	}
	key, ok := list[i].wants(args.Name, args.Hook == everyHook)
	if !ok {
		return nil, "", "the plugin's hook does not want " + args.Name + " any more"
	}
	return &list[i], key, ""
}

// accountOutcome is what an account run comes to. failed is the script's fault: then the Change is empty.
type accountOutcome struct {
	change store.Change
	parts  []part
	logs   []logLine
	failed *failure
}

// decideAccount is decide for what is about no fan: as pure, and run again as needs are answered. Its Change has no entries: they are a
// fan's.
func decideAccount(ctx context.Context, in *input, m *memory, pass *sandbox.Pass, h *hook, key string, args *pluginArgs) (o accountOutcome, err error) {
	d := newDecision(ctx, in, m, pass)
	defer d.close()
	run := &accountCall{d: d, args: args}
	o.failed, err = d.attempt(h.Flow, func() error {
		w := d.hookWalk(h, key)
		v, err := w.callHook(key, func(s *script) []lua.LValue { return []lua.LValue{run.value(s)} })
		if err != nil {
			return err
		}
		if args.Hook != onWebhook {
			return nil
		}
		if err := run.returned(v); err != nil {
			return w.fault(0, "hooks.%s %s: %w", h.Kind, key, err)
		}
		return nil
	}, store.MaxChange)
	o.parts, o.logs = d.parts, d.wrote()
	if o.failed != nil || err != nil {
		return o, err
	}
	o.change, err = d.change()
	o.change.Base, o.change.Entries = store.AnyRev, nil
	return o, err
}

// accountCall is one run of a hook without a fan: what `hook` and `account` act for.
type accountCall struct {
	d      *decision
	args   *pluginArgs
	events int
}

// value is what the function is given.
func (c *accountCall) value(s *script) lua.LValue {
	switch c.args.Hook {
	case afterSend:
		return sandbox.ToLua(s.state.L, c.args.Mass.table())
	case onWebhook:
		return c.hook(s)
	}
	return c.account(s)
}

// hook is what on_webhook is given: what was sent, and the account.
func (c *accountCall) hook(s *script) lua.LValue {
	t := map[string]any{"event": c.args.Name, "received_at": seconds(c.args.At)}
	if len(c.args.Data) > 0 {
		t["data"] = jsonValue(c.args.Data)
	}
	if c.args.Body != "" {
		t["body"] = c.args.Body
	}
	if c.args.Key != "" {
		t["key"] = c.args.Key
	}
	table := sandbox.ToLua(s.state.L, t).(*lua.LTable)
	table.RawSetString("account", c.account(s))
	return table
}

// account is the account of a run.
func (c *accountCall) account(*script) lua.LValue {
	return &lua.LUserData{Value: c, Env: noEnv, Metatable: accountMeta}
}

// accountMeta is the metatable of every account object: shared by all states, never changed.
var accountMeta *lua.LTable

func init() { accountMeta = newAccountMeta() }

// accountFields are what a script can read of the account.
var accountFields = map[string]func(c *accountCall) any{
	"name": func(c *accountCall) any { return c.d.account.Name },
	"due":  func(c *accountCall) any { return seconds(c.due()) },
}

func newAccountMeta() *lua.LTable {
	event := frozen(accountEvent)
	m := &lua.LTable{Metatable: lua.LNil}
	m.RawSetString("__index", frozen(func(L *lua.LState) int {
		name := L.Get(2).String()
		c := accountOf(L, name)
		if name == "event" {
			L.Push(event)
			return 1
		}
		field := accountFields[name]
		if field == nil {
			L.RaiseError("account has no field or method %q%s", cut(name, 40), didYouMean(cut(name, 40), append(sortedKeys(accountFields), "event")))
		}
		L.Push(sandbox.ToLua(L, field(c)))
		return 1
	}))
	m.RawSetString("__newindex", frozen(func(L *lua.LState) int {
		L.RaiseError("account.%s cannot be set: what a plugin remembers stands in kv", cut(L.Get(2).String(), 40))
		return 0
	}))
	m.RawSetString("__tostring", frozen(func(L *lua.LState) int {
		L.Push(lua.LString("account"))
		return 1
	}))
	m.RawSetString("__metatable", lua.LString("locked"))
	return m
}

func accountOf(L *lua.LState, name string) *accountCall {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if c, isAccount := ud.Value.(*accountCall); isAccount {
			return c
		}
	}
	L.RaiseError("account:%s is called with a colon, on the account that the function was given", name)
	return nil
}

// accountEvent is account:event(openid, name, data, {key = …, create = …}): an event for a fan, as another system would send it.
func accountEvent(L *lua.LState) int {
	c := accountOf(L, "event")
	var a args
	for i := 2; i <= L.GetTop(); i++ {
		v, err := sandbox.FromLua(L.Get(i))
		if err != nil {
			L.RaiseError("account:event: argument %d: %s", i-1, err.Error())
		}
		a = append(a, v)
	}
	if err := c.event(a); err != nil {
		sandbox.From(L).Raise(fmt.Errorf("account:event: %w", err))
	}
	return 0
}

func (c *accountCall) event(a args) error {
	openid, err := a.text(0, "the openid of a fan")
	if err != nil {
		return err
	}
	name, err := a.text(1, "the name of an event")
	if err != nil {
		return err
	}
	t := map[string]any{"openid": openid, "event": name}
	if a.at(2) != nil {
		t["data"] = a.at(2)
	}
	options, err := a.table(3)
	if err != nil {
		return err
	}
	for k, v := range options {
		if k != "key" && k != "create" {
			return fmt.Errorf("unknown option %q%s", k, didYouMean(k, []string{"key", "create"}))
		}
		t[k] = v
	}
	return c.order(t)
}

// returned takes what an on_webhook returned: nothing, an event, or a list of them.
func (c *accountCall) returned(v lua.LValue) error {
	if v == lua.LNil {
		return nil
	}
	data, err := fromLua(v)
	if err != nil {
		return err
	}
	items, isList := data.([]any)
	if !isList {
		items = []any{data}
	}
	for i, item := range items {
		t, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("it returned %s: return nothing, { openid = …, event = \"…\", data = … }, or a list of such", typeName(item))
		}
		if err := c.order(t); err != nil {
			return fmt.Errorf("event %d that it returned: %w", i+1, err)
		}
	}
	return nil
}

// relayFields are the fields of an event that an account run makes.
var relayFields = []string{"openid", "unionid", "event", "data", "key", "create"}

// order makes the job that brings an event to its fan.
func (c *accountCall) order(given map[string]any) error {
	t := map[string]any{}
	for k, v := range given {
		if !slices.Contains(relayFields, k) {
			return fmt.Errorf("unknown field %q%s", k, didYouMean(k, relayFields))
		}
		t[k] = v
	}
	var h Hook
	for _, f := range []struct {
		name string
		to   *string
	}{{"openid", &h.OpenID}, {"unionid", &h.UnionID}, {"event", &h.Event}, {"key", &h.Key}} {
		var err error
		if *f.to, err = takeString(t, f.name); err != nil {
			return err
		}
	}
	switch create := t["create"].(type) {
	case nil:
	case bool:
		h.Create = create
	default:
		return fmt.Errorf("create is true or false, not %s", typeName(create))
	}
	var err error
	if data, ok := t["data"]; ok {
		if h.Data, err = encode(data); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	if h.OpenID != "" && h.UnionID != "" {
		return errors.New("give openid or unionid, one of them")
	}
	if err := h.check(); err != nil {
		return err
	}
	return c.bring(&h)
}

func (c *accountCall) bring(h *Hook) error {
	d := c.d
	if c.events++; c.events > maxRelayed {
		return fmt.Errorf("more than %d events in one run", maxRelayed)
	}
	raw, err := encode(pluginArgs{
		Plugin: c.args.Plugin, Hook: relayed, Name: h.Event, Data: h.Data, Key: h.Key, Fan: &relay{h.OpenID, h.UnionID, h.Create},
	})
	if err != nil {
		return fmt.Errorf("encode event %s: %w", h.Event, err)
	}
	d.draft.jobs = append(d.draft.jobs, store.Job{
		ID: d.draft.nextID(), Account: d.fan.Account, Kind: pluginKind, Due: d.draft.at, Flow: pluginPart + c.args.Plugin, Name: relayed, Args: raw,
	})
	return d.draft.weigh(len(raw))
}

// due is the moment that a run stands for: of an every the tick, which its job's id ends in.
func (c *accountCall) due() time.Time {
	id := c.d.job.ID
	if at, err := time.Parse(time.RFC3339, id[strings.LastIndexByte(id, '@')+1:]); err == nil {
		return at
	}
	return c.d.job.Due
}
