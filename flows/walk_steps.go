package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fanflow/store"
	"fanflow/wechat"
)

// step carries out one step of plain data, with its ${…} filled in.
func (w *walk) step(s *step) error {
	switch s.Verb {
	case "set":
		return w.assign(s.Set)
	case "tag", "untag", "goal", "transfer":
		do := map[string]func(string) error{"tag": w.tag, "untag": w.untag, "goal": w.goal, "transfer": w.transfer}[s.Verb]
		for _, n := range s.Names {
			if err := do(w.fill(n)); err != nil {
				return err
			}
		}
		return nil
	case "reply":
		return w.reply(w.fillMessage(s.Message))
	case "message":
		return w.message(w.fillMessage(s.Message), s.Options)
	case "send":
		return w.send(w.fillMessage(s.Message), s.Options)
	case "template":
		return w.template(w.fillTemplate(s.Template), s.Options)
	case "notice":
		return w.notice(w.fillTemplate(s.Template), s.Options)
	}
	return fmt.Errorf("there is no %q", s.Verb)
}

// place gives the value of ${vars.x}, ${attrs.x} and ${event.x}.
func (w *walk) place(place string) any {
	root, name, _ := strings.Cut(place, ".")
	switch root {
	case "vars":
		return w.d.draft.variable(w.flow.Name, name)
	case "attrs":
		return w.d.draft.attr(name)
	case "event":
		return w.d.event.field(name)
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
		v := a.Value
		if s, ok := v.(string); ok {
			v = w.fill(s)
		}
		raw, err := encode(v)
		if err != nil {
			return fmt.Errorf("set %s: %w", a.Name, err)
		}
		if a.Var {
			err = w.setVar(a.Name, raw)
		} else {
			err = w.setAttr(a.Name, raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setVar and setAttr note a value that differs from the one there is; null removes it.
func (w *walk) setVar(name string, v json.RawMessage) error {
	if err := checkWord("variable", name); err != nil || sameJSON(w.at().Vars[name], v) {
		return err
	}
	return w.note(store.Entry{Kind: store.VarSet, Name: name, Value: v})
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
