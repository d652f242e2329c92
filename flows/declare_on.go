package flows

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// on reads what a state does about events.
func (d *declarer) on(at []any, v lua.LValue) map[string]*matcher {
	on := map[string]*matcher{}
	path := pathOf(at)
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {text = {[\"1\"] = \"…\"}}, not %s", luaType(v))
		return on
	}
	d.fields(path, t, eventNames(), func(event, path string, v lua.LValue) {
		at := append(slices.Clone(at), event)
		keys, isTable := v.(*lua.LTable)
		if event == "link" && isTable && !isAction(keys) {
			event = clickEvent
		}
		m := &matcher{Event: event, Line: d.src.line(path)}
		switch {
		case (!keyed[event] || placed[event]) && isTable && onlyAny(keys):
			at := append(at, "*")
			m.Rules = []rule{wholeRule(event, d.src.line(pathOf(at)), d.action(at, keys.RawGetString("*"), true))}
		case !keyed[event], !isTable, isAction(keys):
			m.Rules = []rule{wholeRule(event, m.Line, d.action(at, v, true))}
		default:
			d.targets(m, at, keys)
		}
		sortRules(m.Rules)
		if on[event] != nil {
			d.add(SeverityError, "tie", path, path+": link with keys and click_link are the same event", "keep one of them")
			return
		}
		on[event] = m
	})
	return on
}

// actionFields are the fields of an action that is a table.
var actionFields = append([]string{"run", "to", "case"}, verbs...)

// isAction tells {reply = …, to = …} from a table of keys and what they lead to.
func isAction(t *lua.LTable) bool {
	own, other := actionKeys(t)
	return len(own) > 0 && !other
}

// actionKeys gives the keys that are fields of an action, and whether there are others.
func actionKeys(t *lua.LTable) (own []string, other bool) {
	each(t, func(k, _ lua.LValue) {
		if name, ok := k.(lua.LString); ok && slices.Contains(actionFields, string(name)) {
			own = append(own, string(name))
		} else {
			other = true
		}
	})
	return own, other
}

// onlyAny reports whether "*" is the only key.
func onlyAny(t *lua.LTable) bool {
	k, _ := t.Next(lua.LNil)
	next, _ := t.Next(k)
	return k == lua.LString("*") && next == lua.LNil
}

// targets reads a table of keys and what they lead to.
func (d *declarer) targets(m *matcher, at []any, t *lua.LTable) {
	path := pathOf(at)
	own, _ := actionKeys(t)
	if len(own) > 0 {
		mend := "put the action under [\"*\"]"
		if m.Event == "text" {
			mend += fmt.Sprintf("; for the word that a fan writes, write [%q]", strings.ToUpper(own[0]))
		}
		d.add(SeverityError, "field", join(path, own[0]),
			fmt.Sprintf("%s: fields of an action (%s) stand among the keys of %s", path, strings.Join(own, ", "), m.Event), mend)
	}
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, keysOf(m.Event)) {
			return
		}
		at := append(slices.Clone(at), keyOf(k))
		if _, ok := k.(lua.LString); !ok {
			d.wrong(pathOf(at), "the key must be a text: write [\"%s\"] = …", k.String())
			return
		}
		if !slices.Contains(own, k.String()) {
			d.rule(m, pathOf(at), k.String(), d.action(at, v, true))
		}
	})
}

// keysOf says what the keys of an event are.
func keysOf(event string) string {
	if event == "text" {
		return "keys are the words a fan may write"
	}
	return "keys are compared with " + eventSubjects[event]
}

// namesKey finds keys that are neither texts nor numbers, which no path can name: a table, a function, true.
func (d *declarer) namesKey(path string, k lua.LValue, want string) bool {
	switch k.(type) {
	case lua.LString, lua.LNumber:
		return true
	}
	if path == "" {
		d.add(SeverityError, "field", path, fmt.Sprintf("a key of the flow is %s; %s", luaType(k), want), "")
	} else {
		d.wrong(path, "a key is %s; %s", luaType(k), want)
	}
	return false
}
