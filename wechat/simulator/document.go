package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// document writes the XML of a push as the platform does: one element after the other, texts in CDATA, numbers bare. Texts go
// in as they are: the platform does not split a "]]>" that a fan pasted, and passes control characters on. Receivers have to
// live with that.
type document struct{ b []byte }

// newDocument begins the document of a push with the fields that every one has.
func newDocument(to, from string, created int64, kind string) *document {
	d := &document{b: append(make([]byte, 0, 512), "<xml>"...)}
	d.text("ToUserName", to)
	d.text("FromUserName", from)
	d.number("CreateTime", created)
	d.text("MsgType", kind)
	return d
}

func (d *document) text(name, value string) {
	d.raw(name, "<![CDATA["+value+"]]>")
}

func (d *document) number(name string, v int64) { d.raw(name, strconv.FormatInt(v, 10)) }

// degrees writes a coordinate.
func (d *document) degrees(name string, v float64) {
	d.raw(name, strconv.FormatFloat(v, 'f', 6, 64))
}

func (d *document) raw(name, value string) {
	d.b = append(d.b, '<')
	d.b = append(d.b, name...)
	d.b = append(d.b, '>')
	d.b = append(d.b, value...)
	d.b = append(d.b, "</"...)
	d.b = append(d.b, name...)
	d.b = append(d.b, ">\n"...)
}

// within writes an element that holds what inner writes.
func (d *document) within(name string, inner func()) {
	d.b = append(d.b, '<')
	d.b = append(d.b, name...)
	d.b = append(d.b, '>')
	inner()
	d.b = append(d.b, "</"...)
	d.b = append(d.b, name...)
	d.b = append(d.b, ">\n"...)
}

// end closes the document.
func (d *document) end() []byte { return append(bytes.TrimSuffix(d.b, []byte("\n")), "</xml>"...) }

// value writes a JSON value as elements: an object as an element with one child a member, in the order written, an array as
// the element repeated, a string in CDATA, a number bare.
func (d *document) value(name string, raw json.RawMessage) error {
	if !elementName(name) {
		return fmt.Errorf("%q cannot be the name of an element", name)
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return fmt.Errorf("%s has no value", name)
	}
	switch raw[0] {
	case '{':
		var err error
		d.within(name, func() { err = d.members(raw) })
		return err
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, v := range list {
			if err := d.value(name, v); err != nil {
				return err
			}
		}
		return nil
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		d.text(name, s)
		return nil
	case 't', 'f', 'n':
		return fmt.Errorf("%s must be a string, a number, an object or an array", name)
	default:
		d.raw(name, string(raw))
		return nil
	}
}

// members writes the members of a JSON object, except those named.
func (d *document) members(raw json.RawMessage, except ...string) error {
	names, values, err := membersOf(raw)
	if err != nil {
		return err
	}
	for i, name := range names {
		if slices.Contains(except, name) {
			continue
		}
		if err := d.value(name, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// membersOf reads a JSON object in the order written.
func membersOf(raw json.RawMessage) (names []string, values []json.RawMessage, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, fmt.Errorf("want a JSON object, have %s", raw)
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, nil, err
		}
		names, values = append(names, t.(string)), append(values, v)
	}
	return names, values, nil
}

// elementName reports whether s is a plain name: a letter or underscore, then letters, digits and underscores.
func elementName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
