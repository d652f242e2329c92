package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// jsonOf writes a value as JSON in which secrets may stand as texts.
func jsonOf(s *sandbox.State, v lua.LValue) (Sealed, error) {
	w := &writer{s: s, left: maxValues}
	if err := w.value(v, 0); err != nil {
		return nil, err
	}
	w.flush()
	return w.out, nil
}

// maxValues is how many values a body may have.
const maxValues = 10_000

type writer struct {
	s    *sandbox.State
	left int
	text bytes.Buffer
	out  Sealed
}

func (w *writer) flush() {
	if w.text.Len() > 0 {
		w.s.Charge(int64(w.text.Len()))
		w.out = append(w.out, Piece{Text: w.text.String()})
		w.text.Reset()
	}
}

// visit counts a value that is looked at. The same table may stand in many places: each of them is written.
func (w *writer) visit() error {
	w.s.Spend(1)
	if w.left--; w.left < 0 {
		return fmt.Errorf("it holds more than %d values", maxValues)
	}
	return nil
}

// value writes what holds a secret piece by piece, and anything else as it is.
func (w *writer) value(v lua.LValue, deep int) error {
	if err := w.visit(); err != nil {
		return err
	}
	if deep > sandbox.MaxDepth {
		return fmt.Errorf("tables stand more than %d deep inside each other", sandbox.MaxDepth)
	}
	if ud, ok := v.(*lua.LUserData); ok {
		if sealed, ok := ud.Value.(Sealer); ok {
			return w.sealed(sealed.Sealed())
		}
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return w.plain(v)
	}
	sealed, err := w.holds(t, 0)
	if err != nil {
		return err
	}
	if !sealed {
		return w.plain(v)
	}
	if n := t.Len(); n > 0 {
		return w.list(t, n, deep)
	}
	return w.object(t, deep)
}

func (w *writer) plain(v lua.LValue) error {
	data, err := w.s.FromLua(v)
	if err != nil {
		return err
	}
	if !wellFormed(data) {
		return fmt.Errorf("a text in it %w", errBytes)
	}
	before := w.text.Len()
	e := json.NewEncoder(&w.text)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil {
		return fmt.Errorf("write the JSON: %w", err)
	}
	w.text.Truncate(w.text.Len() - 1)
	w.written(before)
	return nil
}

// wellFormed reports whether all texts and names in a value are UTF-8.
func wellFormed(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !wellFormed(item) })
	case map[string]any:
		for name, value := range v {
			if !utf8.ValidString(name) || !wellFormed(value) {
				return false
			}
		}
	}
	return true
}

// written charges what was written since the text had this length.
func (w *writer) written(before int) {
	n := w.text.Len() - before
	w.s.Spend(n / 64)
	w.s.Charge(2 * int64(n)) // the buffer grows by doubling
}

// costPiece is about what a secret in a text takes, beside the list of them that grew before it.
const costPiece = 200

func (w *writer) sealed(pieces []Piece) error {
	w.s.Spend(len(pieces))
	w.s.Charge(costPiece * int64(len(pieces)))
	w.text.WriteByte('"')
	for _, p := range pieces {
		if p.Secret == "" {
			inner, err := inside(p.Text)
			if err != nil {
				return err
			}
			before := w.text.Len()
			w.text.Write(inner)
			w.written(before)
			continue
		}
		w.flush()
		p.JSON = true
		w.out = append(w.out, p)
	}
	w.text.WriteByte('"')
	return nil
}

// inside writes a text as it stands inside the quotes of JSON.
func inside(text string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return nil, fmt.Errorf("write the JSON: %w", err)
	}
	return b.Bytes()[1 : b.Len()-2], nil
}

func (w *writer) list(t *lua.LTable, n, deep int) error {
	if k, _ := t.Next(lua.LNumber(n)); k != lua.LNil {
		return errors.New("a table mixes list items with other keys: use two tables")
	}
	for i := 1; i <= n; i++ {
		w.text.WriteByte("[,"[min(i-1, 1)])
		if err := w.value(t.RawGetInt(i), deep+1); err != nil {
			return err
		}
	}
	w.text.WriteByte(']')
	return nil
}

func (w *writer) object(t *lua.LTable, deep int) error {
	open := byte('{')
	err := fields(w.s, t, func(name string, v lua.LValue) error {
		w.text.WriteByte(open)
		open = ','
		if err := w.plain(lua.LString(name)); err != nil {
			return err
		}
		w.text.WriteByte(':')
		return w.value(v, deep+1)
	})
	w.text.WriteByte('}')
	return err
}

// holds reports whether a secret stands somewhere in a table.
func (w *writer) holds(t *lua.LTable, deep int) (bool, error) {
	if deep > sandbox.MaxDepth {
		return false, fmt.Errorf("tables stand more than %d deep inside each other", sandbox.MaxDepth)
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if err := w.visit(); err != nil {
			return false, err
		}
		switch v := v.(type) {
		case *lua.LUserData:
			if _, ok := v.Value.(Sealer); ok {
				return true, nil
			}
		case *lua.LTable:
			if found, err := w.holds(v, deep+1); found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}
