package flows

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// script is the Lua of one flow in one decision. It is started when the first function is needed.
type script struct {
	*chunk
	flow *compiled
	fan  *lua.LUserData
	// call is what the fan object acts for; nil between calls.
	call *call
}

// call is one function of the script being run.
type call struct {
	walk        *walk
	vars, attrs *lua.LTable    // as the script sees them; nil if it has not looked
	state       *sandbox.State // that they are of
}

// script gives the flow's Lua, started if need be.
func (w *walk) script() (*script, error) {
	d, flow := w.d, w.flow
	if s := d.scripts[flow]; s != nil {
		return s, nil
	}
	d.lua++
	p := &port{d: d, flow: flow, walk: w}
	c, err := openChunk(d.ctx, d.host, d.luaRun(flow, p))
	if err != nil {
		return nil, fmt.Errorf("start Lua for flow %s: %w", flow.Name, err)
	}
	s := &script{chunk: c, flow: flow}
	d.scripts[flow] = s
	p.state = c.state // before the script runs: a plugin may ask for a key while it is loaded
	if err := c.run(flow.Program.Handlers()); err != nil {
		return nil, d.luaError(err)
	}
	s.fan = newFan(s)
	return s, nil
}

// luaRun says what the Lua of a flow, or of a plugin's hook, may see.
func (d *decision) luaRun(flow *compiled, p *port) plugins.Run {
	return plugins.Run{
		Limits: d.limits, Seed: seed(d.cause), Now: d.now, Location: d.account.Location, Pins: flow.Pins, Port: p,
		Account: d.account.Name, Settings: d.account.Plugins, Hosts: d.account.HTTPAllow, Pass: d.pass, Tally: d.tally,
	}
}

// seed makes the random seed of a decision from its cause: deciding again throws the same dice.
func seed(cause string) uint64 {
	sum := sha256.Sum256([]byte(cause))
	return binary.BigEndian.Uint64(sum[:])
}

// luaError tells the script's faults from needs, from the end of the decision's context, and from faults of ours.
func (d *decision) luaError(err error) error {
	switch {
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case errors.As(err, new(need)), errors.Is(err, store.ErrClosed), d.pass.Turned():
		return err
	}
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{err: err}
}

// run calls the function of an action and gives the state that it returns, if any.
func (w *walk) run(a *action) (to string, err error) {
	s, err := w.script()
	if err != nil {
		return "", err
	}
	fn, ok := lookUp(s.root, a.Run).(*lua.LFunction)
	if !ok {
		return "", w.fault(a.Line, "%s is no function when the script runs again: it must declare the same flow every time", a.Field)
	}
	s.call = &call{walk: w}
	defer func() { s.call = nil }()
	values, err := s.state.Call(fn, 1, s.fan, sandbox.ToLua(s.state.L, w.d.event.table()))
	if err != nil {
		return "", w.d.luaError(err)
	}
	if err := s.call.keep(); err != nil {
		return "", w.fault(a.Line, "%s: %w", a.Field, err)
	}
	return w.target(a, values[0])
}

// target reads what a function returned.
func (w *walk) target(a *action, v lua.LValue) (string, error) {
	if v == lua.LNil {
		return a.To, nil
	}
	name, ok := v.(lua.LString)
	if !ok {
		return "", w.fault(a.Line, "%s returned %s: return the name of a state, or nothing to stay", a.Field, luaType(v))
	}
	to := string(name)
	if a.To != "" && to != a.To {
		return "", w.fault(a.Line, "%s returned %q, and its to says that it always goes to %q: write to = {…} with all that it may return", a.Field, to, a.To)
	}
	if w.flow.States[to] == nil {
		return "", w.fault(a.Line, "%s returned %q: there is no such state%s", a.Field, to, didYouMean(to, w.flow.Order))
	}
	if a.Declared && !slices.Contains(a.Targets, to) {
		return "", w.fault(a.Line, "%s returned %q, which its to does not declare", a.Field, to)
	}
	return to, nil
}

// lookUp follows a path of keys through tables.
func lookUp(t *lua.LTable, path []any) lua.LValue {
	var v lua.LValue = t
	for _, key := range path {
		t, ok := v.(*lua.LTable)
		if !ok {
			return lua.LNil
		}
		switch key := key.(type) {
		case string:
			v = t.RawGetString(key)
		case float64:
			v = t.RawGet(lua.LNumber(key))
		}
	}
	return v
}

// keep notes what the function made of fan.vars and fan.attrs, by name.
func (c *call) keep() error {
	if err := c.diff(c.vars, "fan.vars", c.varNames(), c.walk.setVar); err != nil {
		return err
	}
	set := c.walk.setAttr
	if c.walk.hook == beforeSend {
		set = c.walk.unset
	}
	return c.diff(c.attrs, "fan.attrs", sortedKeys(c.walk.d.draft.fan.Attrs), set)
}

func (c *call) varNames() []string {
	if n := c.walk.at(); n != nil {
		return sortedKeys(n.Vars)
	}
	return nil
}
