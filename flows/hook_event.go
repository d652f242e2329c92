package flows

import (
	"fmt"
	"maps"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// acceptedEvent tells plugins that the platform has taken a send. It is no news for flows.
const acceptedEvent = "accepted"

// hooked shows the event to the plugins that want to see it, one after the other: each sees what those before it made of it.
// stopped: nobody else is to see it.
func (d *decision) hooked() (stopped bool, err error) {
	if d.event.Name == "sent" {
		if err := d.hookedSend(); err != nil {
			return false, err
		}
	}
	for i := range d.edition.Hooks.Events {
		h := &d.edition.Hooks.Events[i]
		key, ok := h.hears(d.account, d.event.Name, d.event.Source)
		if !ok {
			continue
		}
		if stopped, err := d.show(h, key); stopped || err != nil {
			d.stopped = stopped
			return stopped, err
		}
	}
	return false, nil
}

// show runs one on_event as a part of its own.
func (d *decision) show(h *hook, key string) (stopped bool, err error) {
	rule := ruleName(d.event.Name, d.event.Subject)
	next, why := d.event, ""
	f, err := d.attempt(h.Flow, func() error {
		w := d.hookWalk(h, key)
		v, err := w.callHook(key, func(s *script) []lua.LValue {
			return []lua.LValue{s.fan, sandbox.ToLua(s.state.L, d.event.table())}
		})
		if err != nil {
			return err
		}
		if next, why, err = eventOf(d.event, v); err != nil {
			return w.fault(0, "hooks.on_event %s: %w", key, err)
		}
		if why == "" {
			return nil
		}
		return w.note(store.Entry{Kind: store.Refused, Version: h.Flow.Version, Name: cut(rule, maxWord), Why: "no flow is offered it: " + why})
	}, store.MaxChange-maxWhy-forWhatFollows)
	switch {
	case f != nil:
		return false, d.noteHook(h, f)
	case err != nil:
		return false, err
	case why != "":
		d.tried(verdict{Flow: h.Flow.Name, Rule: rule, Said: "stopped it: " + why})
		return true, nil
	case next != d.event:
		d.event = next
		d.tried(verdict{Flow: h.Flow.Name, Rule: rule, Said: "changed it"})
	}
	return false, nil
}

// eventOf reads what an on_event returned: the event as the others see it, and why nobody is to see it, if so.
func eventOf(ev *event, v lua.LValue) (next *event, stop string, err error) {
	if v == lua.LNil || v == lua.LTrue {
		return ev, "", nil
	}
	if v == lua.LFalse {
		return ev, "the plugin stopped it", nil
	}
	data, err := fromLua(v)
	if err != nil {
		return ev, "", err
	}
	t, ok := data.(map[string]any)
	if !ok {
		return ev, "", fmt.Errorf("it returned %s: return nothing to go on, { event = { text = \"…\" } } to change the event, or { stop = \"why\" }", typeName(data))
	}
	t = maps.Clone(t)
	if stop, err = takeString(t, "stop"); err != nil {
		return ev, "", err
	}
	change, changes := t["event"]
	delete(t, "event")
	if err := nothingElse(t, "event, stop"); err != nil {
		return ev, "", err
	}
	if stop != "" && changes || stop == "" && !changes {
		return ev, "", fmt.Errorf("it returned a table with neither, or both, of event and stop: one of them is needed")
	}
	if stop != "" {
		return ev, cut(stop, shortWhy), nil
	}
	next, err = ev.changed(change)
	return next, "", err
}

// changed gives the event with the words or the data that a plugin gave it.
func (ev *event) changed(v any) (*event, error) {
	t, ok := v.(map[string]any)
	if !ok {
		return ev, fmt.Errorf("event is a table with text or data, not %s", typeName(v))
	}
	c := *ev
	c.Fields = maps.Clone(ev.Fields)
	t = maps.Clone(t)
	if text, ok := t["text"]; ok {
		s, isText := text.(string)
		switch {
		case ev.Name != "text":
			return ev, fmt.Errorf("event.text can be changed of a text, not of %s", spoken(ev.Name))
		case !isText || s == "":
			return ev, fmt.Errorf("event.text is a text that is not empty, not %s", typeName(text))
		}
		c.Subject, c.Fields["text"] = s, s
		delete(t, "text")
	}
	if data, ok := t["data"]; ok {
		if _, has := ev.Fields["data"]; !has {
			return ev, fmt.Errorf("event.data can be changed of a webhook, not of %s", spoken(ev.Name))
		}
		c.Fields["data"] = data
		delete(t, "data")
	}
	if err := nothingElse(t, "text, data"); err != nil {
		return ev, fmt.Errorf("event: %w: a plugin can change text and data", err)
	}
	return &c, nil
}

// hookedSend shows how a send has ended, or that it was accepted, to the plugins that want to know.
func (d *decision) hookedSend() error {
	if d.event.Settle == nil || d.event.Depth > maxDepth {
		return nil
	}
	s := *d.event.Settle
	if status, ok := d.event.Fields["status"].(string); ok {
		s.Status = store.Status(status)
	}
	if reason, ok := d.event.Fields["reason"].(string); ok {
		s.Reason = reason
	}
	for i := range d.edition.Hooks.Sent {
		h := &d.edition.Hooks.Sent[i]
		key, ok := h.wants(string(s.Status), s.Status == store.Sent)
		if !ok || !h.on(d.account) {
			continue
		}
		f, err := d.attempt(h.Flow, func() error {
			_, err := d.hookWalk(h, key).callHook(key, func(sc *script) []lua.LValue { return []lua.LValue{sendValue(sc, &s, true)} })
			return err
		}, store.MaxChange-maxWhy-forWhatFollows)
		if f != nil {
			err = d.noteHook(h, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
