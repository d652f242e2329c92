package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"time"
)

// restore applies one line of the state file. Lines of accounts that are no longer configured are forgotten. All locks are held,
// or the server is not in use yet.
func (s *Server) restore(l line) error {
	if string(l.Value) == "null" {
		return fmt.Errorf("a record of kind %q has no value", l.Kind)
	}
	switch l.Kind {
	case "clock":
		var offset time.Duration
		if err := json.Unmarshal(l.Value, &offset); err != nil {
			return err
		}
		s.clock.setOffset(offset)
		return nil
	case "ids":
		return json.Unmarshal(l.Value, &s.ids.reserved)
	case "job":
		return s.due.restore(l)
	case "rid":
		return s.rids.restore(l)
	}
	a := s.accounts[l.App]
	if a == nil {
		return nil
	}
	switch l.Kind {
	case "shelf":
		var body []byte
		if err := json.Unmarshal(l.Value, &body); err != nil {
			return err
		}
		if l.ID == "" || l.ID != filepath.Base(l.ID) {
			return fmt.Errorf("%q is no media id", l.ID)
		}
		return a.shelf.put(l.ID, body)
	case "fan":
		return restoreFan(a, l)
	case "item":
		return restoreItem(a, l)
	case "tag", "mass":
		return restoreNumbered(a, l)
	case "calls":
		return restoreInto(a.calls, l)
	case "counter":
		return restoreInto(a.others, l)
	case "once":
		return restoreInto(a.once, l)
	case "token":
		return restoreInto(a.tokens, l)
	default:
		if t := a.tables[l.Kind]; t != nil {
			return t.restore(l)
		}
		return fmt.Errorf("a record of kind %q is unknown: the file is of a newer simulator", l.Kind)
	}
}

// restoreInto puts the line's value into m, or takes it out.
func restoreInto[V any](m map[string]V, l line) error {
	if l.Value == nil {
		delete(m, l.ID)
		return nil
	}
	var v V
	if err := json.Unmarshal(l.Value, &v); err != nil {
		return err
	}
	m[l.ID] = v
	return nil
}

func restoreFan(a *account, l line) error {
	f := a.fan(l.ID)
	box := f.inbox
	*f = fan{openID: l.ID, inbox: box}
	a.roll = roll{}
	if err := json.Unmarshal(l.Value, f); err != nil {
		return err
	}
	f.Scene, f.How = a.word(f.Scene), a.word(f.How)
	return nil
}

func restoreItem(a *account, l line) error {
	if !json.Valid(l.Value) {
		return errors.New("an inbox item is no JSON")
	}
	item := pack(string(l.Value))
	if bytes.HasPrefix(l.Value, []byte(`{"kind":"mass"`)) {
		item = a.word(item) // one text for all of its fans
	}
	a.fan(l.ID).inbox.add(a.spill, item)
	return nil
}

func restoreNumbered(a *account, l line) error {
	id, err := strconv.ParseInt(l.ID, 10, 64)
	if err != nil {
		return err
	}
	if l.Kind == "mass" {
		m := &mass{}
		a.masses[id] = m
		return json.Unmarshal(l.Value, m)
	}
	a.lastTag = max(a.lastTag, int(id))
	if l.Value == nil {
		delete(a.tags, int(id))
		return nil
	}
	var name string
	err = json.Unmarshal(l.Value, &name)
	a.tags[int(id)] = name
	return err
}

// emit writes the account's records. The lock is held. The error is that of reading older inbox items.
func (a *account) emit(now time.Time, emit func(kind, app, id string, v any)) error {
	if a.lastTag > 99 { // so that the id of a deleted tag is not given again
		emit("tag", a.AppID, strconv.Itoa(a.lastTag), nil)
	}
	for id, name := range a.tags {
		emit("tag", a.AppID, strconv.Itoa(id), name)
	}
	for openID, f := range a.fans {
		emit("fan", a.AppID, openID, f)
		items, err := f.inbox.slice(0, math.MaxInt)
		if err != nil {
			return err
		}
		for _, item := range items {
			emit("item", a.AppID, openID, json.RawMessage(item))
		}
	}
	for path, u := range a.calls {
		emit("calls", a.AppID, path, u)
	}
	for name, u := range a.others {
		emit("counter", a.AppID, name, u)
	}
	a.forgetOnce(now)
	for key, k := range a.once {
		emit("once", a.AppID, key, k)
	}
	for text, t := range a.tokens {
		emit("token", a.AppID, text, t)
	}
	for id, m := range a.masses {
		emit("mass", a.AppID, strconv.FormatInt(id, 10), m)
	}
	for _, t := range a.tables {
		t.emit(emit)
	}
	return nil
}
