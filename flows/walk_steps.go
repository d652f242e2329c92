package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fanflow/store"
	"fanflow/wechat"
)

// step carries out one step of plain data, with its ${…} filled in. It gives the state to go to where that ends the action.
func (w *walk) step(s *step) (to string, err error) {
	switch s.Verb {
	case "set":
		return "", w.assign(s.Set)
	case "add":
		return "", w.add(s.Set)
	case "claim":
		return w.claim(s.Claim)
	case "variant":
		return "", w.setVariant(s.Names[0], s.Arms)
	case "tag", "untag", "goal", "cancel", "transfer":
		do := map[string]func(string) error{"tag": w.tag, "untag": w.untag, "goal": w.goal, "cancel": w.cancel, "transfer": w.transfer}[s.Verb]
		for _, n := range s.Names {
			if err := do(w.fill(n)); err != nil {
				return "", err
			}
		}
		return "", nil
	case "leave":
		w.leaving = true
		return "", nil
	}
	return "", w.ask(s)
}

// ask carries out the steps that ask for something which happens outside of the enrollment.
func (w *walk) ask(s *step) error {
	o, err := w.fillOptions(s.Options)
	if err != nil {
		return err
	}
	switch s.Verb {
	case "reply":
		return w.reply(w.fillMessage(s.Message))
	case "message":
		return w.message(w.fillMessage(s.Message), o)
	case "send":
		return w.send(w.fillMessage(s.Message), o)
	case "template":
		return w.template(w.fillTemplate(s.Template), o)
	case "notice":
		return w.notice(w.fillTemplate(s.Template), o)
	case "enroll", "call":
		return w.otherFlow(s, o, w.fill)
	}
	return fmt.Errorf("there is no %q", s.Verb)
}

// otherFlow enrolls the fan in another flow, or calls it.
func (w *walk) otherFlow(s *step, o sendOptions, fill func(string) string) error {
	vars := make(map[string]json.RawMessage, len(s.Set))
	for _, a := range s.Set {
		raw, err := encode(fillValue(a.Value, fill))
		if err != nil {
			return fmt.Errorf("vars.%s: %w", a.Name, err)
		}
		vars[a.Name] = raw
	}
	name := fill(s.Names[0])
	if s.Verb == "call" {
		return w.call(name, vars, w.why)
	}
	return w.enroll(name, vars, o)
}

// place gives the value of ${vars.x}, ${attrs.x}, ${event.x} and ${fan.x}.
func (w *walk) place(place string) any {
	root, name, _ := strings.Cut(place, ".")
	switch root {
	case "vars":
		return reach(name, func(name string) any { return w.d.draft.variable(w.flow.Name, name) })
	case "attrs":
		return reach(name, w.d.draft.attr)
	case "event":
		return reach(name, w.d.event.field)
	case "fan":
		return w.profile(name)
	}
	return nil
}

func (w *walk) fill(s string) string { return fill(s, w.place) }

func (w *walk) fillMessage(m message) message {
	m.Text = w.fill(m.Text)
	m.Articles = slices.Clone(m.Articles)
	for i := range m.Articles {
		a := &m.Articles[i]
		a.Title, a.Description = w.fill(a.Title), w.fill(a.Description)
		a.PicURL, a.URL = w.fill(a.PicURL), w.fill(a.URL)
	}
	if m.Rich != "" {
		m.Fields, _ = fillValue(m.Fields, w.fill).(map[string]any)
	}
	return m
}

func (w *walk) fillTemplate(t wechat.Template) wechat.Template {
	data := make(map[string]string, len(t.Data))
	for k, v := range t.Data {
		data[k] = w.fill(v)
	}
	t.Data, t.URL = data, w.fill(t.URL)
	return t
}

func (w *walk) assign(set []assignment) error {
	for _, a := range set {
		if err := w.put(a, fillValue(a.Value, w.fill)); err != nil {
			return err
		}
	}
	return nil
}

// put gives a variable or an attribute a value.
func (w *walk) put(a assignment, v any) error {
	raw, err := encode(v)
	if err != nil {
		return fmt.Errorf("set %s: %w", a.Name, err)
	}
	if a.Var {
		return w.setVar(a.Name, raw)
	}
	return w.setAttr(a.Name, raw)
}

// add counts variables and attributes on. What is not there counts as 0.
func (w *walk) add(set []assignment) error {
	for _, a := range set {
		by, ok := numberOf(fillValue(a.Value, w.fill))
		if !ok {
			return fmt.Errorf("add to %s: %q is no number for this fan", a.Name, a.Value)
		}
		was := w.d.draft.attr(a.Name)
		if a.Var {
			was = w.d.draft.variable(w.flow.Name, a.Name)
		}
		n, ok := numberOf(was)
		if !ok && was != nil {
			return fmt.Errorf("add to %s: it is %s, not a number", a.Name, typeName(was))
		}
		if err := w.put(a, n+by); err != nil {
			return err
		}
	}
	return nil
}

// claim takes the next unit of a pool. to is where to go when none is left.
func (w *walk) claim(c *claim) (to string, err error) {
	p := port{d: w.d, flow: w.flow, walk: w}
	key := w.fill(c.Key)
	var n int64
	got := true
	if c.Limit > 0 {
		n, got, err = p.Take(key, c.Limit)
	} else {
		n, err = p.Increment(key, 1)
	}
	if err != nil {
		return "", err
	}
	if c.Set != nil {
		var unit any
		if got {
			unit = n
		}
		if err := w.put(*c.Set, unit); err != nil {
			return "", err
		}
	}
	if !got {
		return c.None, nil
	}
	return "", nil
}

// setVariant keeps the fan's arm in the variable of the experiment's name.
func (w *walk) setVariant(name string, arms []arm) error {
	chosen, err := w.variant(name, arms)
	if err != nil {
		return err
	}
	return w.put(assignment{Var: true, Name: name}, chosen)
}

// setVar and setAttr note a value that differs from the one there is; null removes it.
func (w *walk) setVar(name string, v json.RawMessage) error {
	if err := checkWord("variable", name); err != nil || sameJSON(w.at().Vars[name], v) {
		return err
	}
	return w.note(store.Entry{Kind: store.VarSet, Name: name, Value: v, Why: w.why})
}

func (w *walk) setAttr(name string, v json.RawMessage) error {
	if err := checkWord("attribute", name); err != nil || sameJSON(w.d.draft.fan.Attrs[name], v) {
		return err
	}
	return w.note(store.Entry{Kind: store.AttrSet, Name: name, Value: v, Why: w.why})
}

func sameJSON(a, b json.RawMessage) bool {
	none := func(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }
	return none(a) && none(b) || string(a) == string(b)
}

// tag, untag and goal note what is new; what the fan has or has not already is no news.
func (w *walk) tag(name string) error {
	if err := checkWord("tag", name); err != nil || w.d.draft.fan.Has(name) {
		return err
	}
	return w.note(store.Entry{Kind: store.Tagged, Name: name, Why: w.why})
}

func (w *walk) untag(name string) error {
	if err := checkWord("tag", name); err != nil || !w.d.draft.fan.Has(name) {
		return err
	}
	return w.note(store.Entry{Kind: store.Untagged, Name: name, Why: w.why})
}

func (w *walk) goal(name string) error {
	if err := checkWord("goal", name); err != nil || slices.Contains(w.at().Goals, name) {
		return err
	}
	return w.note(store.Entry{Kind: store.Goal, Name: name, Why: w.why})
}

// maxWord is the longest name of a state, tag, goal, attribute or variable in bytes.
const maxWord = 128

func checkWord(what, name string) error {
	if name == "" || len(name) > maxWord {
		return fmt.Errorf("a %s is a text of 1 to %d bytes, not %d", what, maxWord, len(name))
	}
	return store.CheckName(what, name)
}
