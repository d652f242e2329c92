package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/wechat"
)

// fanFields are what a script can read of the fan beside the methods. Those of the profile are in profile.go; variants are the
// arms of this enrollment by experiment.
var fanFields = slices.Concat([]string{"vars", "attrs", "tags", "variants"}, profileNames)

// fanAPI are the methods of the fan object. What they do is collected; nothing of it happens before the decision is committed.
var fanAPI = map[string]func(w *walk, a args) error{
	"reply":    fanReply,
	"message":  fanMessage,
	"send":     fanSend,
	"template": fanTemplate,
	"notice":   fanNotice,
	"transfer": fanTransfer,
	"tag":      fanNames((*walk).tag),
	"untag":    fanNames((*walk).untag),
	"goal":     fanNames((*walk).goal),
	"cancel":   fanNames((*walk).cancel),
	"opt_out":  fanOpt(true),
	"opt_in":   fanOpt(false),
	"enroll":   fanEnroll,
	"call":     fanCall,
	"leave":    fanLeave,
	"has":      nil, // answers: see fanHas
	"variant":  nil, // answers: see fanVariant
}

// fanMethods gives their names, sorted.
func fanMethods() []string { return sortedKeys(fanAPI) }

// fanMeta is the metatable of every fan object: shared by all states, never changed. noEnv is the environment of its functions,
// which the VM asks for and never looks into.
var (
	noEnv   = &lua.LTable{Metatable: lua.LNil}
	fanMeta *lua.LTable
)

// init makes fanMeta: its methods lead to scripts, which have a fan in turn.
func init() { fanMeta = newFanMeta() }

func frozen(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, Env: noEnv, GFunction: fn}
}

func newFanMeta() *lua.LTable {
	methods := map[string]*lua.LFunction{"has": frozen(fanHas), "variant": frozen(fanVariant)}
	for name, do := range fanAPI {
		if do != nil {
			methods[name] = frozen(method(name, do))
		}
	}
	m := &lua.LTable{Metatable: lua.LNil}
	m.RawSetString("__index", frozen(func(L *lua.LState) int {
		if fn, ok := methods[L.Get(2).String()]; ok {
			L.Push(fn)
			return 1
		}
		return fanField(L)
	}))
	m.RawSetString("__newindex", frozen(func(L *lua.LState) int {
		L.RaiseError("fan.%s cannot be set: what a flow remembers stands in fan.vars, what is known of the fan in fan.attrs", cut(L.Get(2).String(), 40))
		return 0
	}))
	m.RawSetString("__tostring", frozen(func(L *lua.LState) int {
		L.Push(lua.LString("fan"))
		return 1
	}))
	m.RawSetString("__metatable", lua.LString("locked"))
	return m
}

// newFan makes the fan object of a script. It lives as long as the script's state: one decision.
func newFan(s *script) *lua.LUserData {
	return &lua.LUserData{Value: s, Env: noEnv, Metatable: fanMeta}
}

// callOf gives the call that the fan object in the first argument acts for.
func callOf(L *lua.LState, name string) *call {
	ud, ok := L.Get(1).(*lua.LUserData)
	if ok {
		if s, isFan := ud.Value.(*script); isFan && s.call != nil {
			return s.call
		}
	}
	L.RaiseError("fan:%s is called with a colon, on the fan that the function was given", name)
	return nil
}

func fanField(L *lua.LState) int {
	name := L.Get(2).String()
	c := callOf(L, name)
	fan := &c.walk.d.draft.fan
	if slices.Contains(enrollmentsOwn, name) {
		if err := c.walk.only(name); err != nil {
			L.RaiseError("fan.%s: %s", name, err.Error())
		}
	}
	switch name {
	case "vars":
		L.Push(c.table(L, &c.vars, c.variables))
	case "attrs":
		L.Push(c.table(L, &c.attrs, c.attributes))
	case "tags":
		list := make([]any, len(fan.Tags))
		for i, t := range fan.Tags {
			list[i] = t
		}
		L.Push(sandbox.ToLua(L, list))
	case "variants":
		arms := map[string]any{}
		if n := c.walk.at(); n != nil {
			for experiment, arm := range n.Variants {
				arms[experiment] = arm
			}
		}
		L.Push(sandbox.ToLua(L, arms))
	default:
		if profileFields[name] != nil {
			L.Push(sandbox.ToLua(L, c.walk.profile(name)))
			return 1
		}
		L.RaiseError("fan has no field or method %q%s", cut(name, 40), didYouMean(cut(name, 40), slices.Concat(fanMethods(), fanFields)))
	}
	return 1
}

func fanHas(L *lua.LState) int {
	c := callOf(L, "has")
	L.Push(lua.LBool(c.walk.d.draft.fan.Has(L.CheckString(2))))
	return 1
}

// fanVariant is fan:variant(experiment) for a declared one, fan:variant(name, {a = 50, b = 50}) for one that is not. Neither may
// change between two entries of the fan; weights can be edited.
func fanVariant(L *lua.LState) int {
	c := callOf(L, "variant")
	s := sandbox.From(L)
	if err := c.walk.only("variant"); err != nil {
		s.Raise(fmt.Errorf("fan:variant: %w", err))
	}
	var arms []arm
	if L.GetTop() > 2 {
		data, err := s.FromLua(L.Get(3))
		if err == nil {
			arms, err = armsOf(data)
		}
		if err != nil {
			s.Raise(fmt.Errorf("fan:variant: %w", err))
		}
	}
	chosen, err := c.walk.variant(L.CheckString(2), arms)
	if err != nil {
		s.Raise(fmt.Errorf("fan:variant: %w", err))
	}
	L.Push(lua.LString(chosen))
	return 1
}

func (c *call) variables() map[string]json.RawMessage {
	if n := c.walk.at(); n != nil {
		return n.Vars
	}
	return nil
}

func (c *call) attributes() map[string]json.RawMessage { return c.walk.d.draft.fan.Attrs }

// table makes the Lua table of values when the script first looks.
func (c *call) table(L *lua.LState, t **lua.LTable, values func() map[string]json.RawMessage) *lua.LTable {
	if *t == nil {
		all := map[string]any{}
		for k, v := range values() {
			all[k] = jsonValue(v)
		}
		*t = sandbox.ToLua(L, all).(*lua.LTable)
		c.state = sandbox.From(L)
	}
	return *t
}

// diff notes what differs between a table and what there was, in order of the names.
func (c *call) diff(t *lua.LTable, what string, before []string, set func(string, json.RawMessage) error) error {
	if t == nil {
		return nil
	}
	now := map[string]json.RawMessage{}
	for _, name := range before {
		now[name] = nil
	}
	var err error
	c.state.Each(t, func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			err = errors.Join(err, fmt.Errorf("%s[%s]: the names in it are texts", what, cut(k.String(), 40)))
			return
		}
		data, bad := c.state.FromLua(v)
		if bad == nil {
			now[string(name)], bad = encode(data)
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s.%s: %w", what, cut(string(name), 40), bad))
		}
	})
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(now) {
		if now[name] == nil {
			now[name] = json.RawMessage("null")
		}
		if err := set(name, now[name]); err != nil {
			return err
		}
	}
	return nil
}

// method makes a Lua function of a method. Its mistakes are the script's, with the line of the call; a need ends the run.
func method(name string, do func(*walk, args) error) lua.LGFunction {
	return func(L *lua.LState) int {
		c := callOf(L, name)
		var a args
		for i := 2; i <= L.GetTop(); i++ {
			v, err := sandbox.From(L).FromLua(L.Get(i))
			if err != nil {
				L.RaiseError("fan:%s: argument %d: %s", name, i-1, err.Error())
			}
			a = append(a, v)
		}
		err := c.walk.only(name)
		if err == nil {
			err = c.keep() // what the script has set before is noted before
		}
		if err == nil {
			err = do(c.walk, a)
		}
		switch {
		case err == nil:
		case errors.As(err, new(need)):
			sandbox.From(L).Abort(err)
		default:
			sandbox.From(L).Raise(fmt.Errorf("fan:%s: %w", name, err))
		}
		return 0
	}
}

func fanReply(w *walk, a args) error {
	m, o, err := messageOf(a.at(0))
	if err == nil && o != (sendOptions{}) {
		err = fmt.Errorf("a reply goes at once: use fan:message or fan:send with %s", strings.Join(optionFields, ", "))
	}
	if err != nil {
		return err
	}
	return w.reply(m)
}

func fanMessage(w *walk, a args) error { return said(w.message, a) }
func fanSend(w *walk, a args) error    { return said(w.send, a) }

// said reads a message with its options, beside it or as a second argument.
func said(say func(message, sendOptions) error, a args) error {
	m, o, err := messageOf(a.at(0))
	if err == nil && a.at(1) != nil {
		o, err = a.options(1)
	}
	if err != nil {
		return err
	}
	return say(m, o)
}

func fanTemplate(w *walk, a args) error { return filled(w.template, a) }
func fanNotice(w *walk, a args) error   { return filled(w.notice, a) }

// filled reads a template's name, data and options; among them url.
func filled(order func(wechat.Template, sendOptions) error, a args) error {
	name, err := a.text(0, "the name of a template")
	if err != nil {
		return err
	}
	t := wechat.Template{Name: name}
	if t.Data, err = templateData(orEmpty(a.at(1))); err != nil {
		return err
	}
	rest, err := a.table(2)
	if err == nil {
		t.URL, err = takeString(rest, "url")
	}
	if err != nil {
		return err
	}
	o, err := optionsOf(rest)
	if err == nil {
		err = nothingElse(rest, strings.Join(optionFields, ", ")+", url")
	}
	if err != nil {
		return err
	}
	return order(t, o)
}

func fanTransfer(w *walk, a args) error {
	if a.at(0) == nil {
		return w.transfer("")
	}
	agent, err := a.text(0, "the agent")
	if err != nil {
		return err
	}
	return w.transfer(agent)
}

// fanNames makes a method that takes one name or several.
func fanNames(do func(*walk, string) error) func(*walk, args) error {
	return func(w *walk, a args) error {
		if len(a) == 0 {
			return errors.New("it needs a name")
		}
		for i := range a {
			name, err := a.text(i, "a name")
			if err == nil {
				err = do(w, name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// fanEnroll is fan:enroll(flow) or fan:enroll(flow, {vars = {…}, at = …, key = …}).
func fanEnroll(w *walk, a args) error {
	s, err := a.flow("enroll", true)
	if err != nil {
		return err
	}
	return w.otherFlow(&s, s.Options, asItIs)
}

// fanCall is fan:call(flow) or fan:call(flow, vars).
func fanCall(w *walk, a args) error {
	s, err := a.flow("call", false)
	if err != nil {
		return err
	}
	return w.otherFlow(&s, s.Options, asItIs)
}

// asItIs fills nothing in: a script has made its texts itself.
func asItIs(s string) string { return s }

func fanLeave(w *walk, a args) error {
	if len(a) > 0 {
		return errNoArgument
	}
	w.leaving = true
	return nil
}
