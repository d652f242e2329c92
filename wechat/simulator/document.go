package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// document is a push in the making: its members in order. It is written at the end, as XML or as JSON, whichever the account
// has chosen. The zero value is an empty one.
type document struct{ list []member }

// member is one element of a document: a text, a bare value (number), or one that holds others.
type member struct {
	name  string
	value string
	kind  memberKind
	inner []member
}

type memberKind int

const (
	partText memberKind = iota
	partBare
	partObject
	partList // in JSON an array however many there are; only as one of several of its name in XML
)

// newDocument begins the document of a push with the fields that every one has.
func newDocument(to, from string, created int64, kind string) *document {
	d := &document{}
	d.text("ToUserName", to)
	d.text("FromUserName", from)
	d.number("CreateTime", created)
	d.text("MsgType", kind)
	return d
}

func (d *document) text(name, value string) {
	d.list = append(d.list, member{name: name, value: value})
}

// textOf is the value of the first member of the name, empty where there is none.
func (d *document) textOf(name string) string {
	for _, m := range d.list {
		if m.name == name {
			return m.value
		}
	}
	return ""
}

func (d *document) number(name string, v int64) { d.raw(name, strconv.FormatInt(v, 10)) }

// degrees writes a coordinate.
func (d *document) degrees(name string, v float64) {
	d.raw(name, decimals(v))
}

// decimals is the text of a coordinate.
func decimals(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

// raw is a bare value: in XML without CDATA; in JSON without quotes where it is a number.
func (d *document) raw(name, value string) {
	d.list = append(d.list, member{name: name, value: value, kind: partBare})
}

// within is a member that holds what inner adds.
func (d *document) within(name string, inner func()) {
	d.hold(name, partObject, inner)
}

// each is one entry of a list: elements of one name in a row, in JSON always an array.
func (d *document) each(name string, inner func()) {
	d.hold(name, partList, inner)
}

func (d *document) hold(name string, kind memberKind, inner func()) {
	outer := d.list
	d.list = nil
	inner()
	d.list = append(outer, member{name: name, kind: kind, inner: d.list})
}

// value adds a JSON value: an object as a member that holds others in the order written, an array as a member repeated, a
// string as a text, a number bare.
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
		return d.array(name, raw)
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

func (d *document) array(name string, raw json.RawMessage) error {
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
}

// members adds the members of a JSON object, except those named.
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

// xml writes the document as the platform does: one element after the other, texts in CDATA, numbers bare. Texts go in as
// they are: the platform does not split a "]]>" that a fan pasted, and passes control characters on. Receivers have to live
// with that.
func (d *document) xml() []byte {
	b := append(make([]byte, 0, 512), "<xml>"...)
	b = appendElements(b, d.list)
	return append(bytes.TrimSuffix(b, []byte("\n")), "</xml>"...)
}

func appendElements(b []byte, list []member) []byte {
	for _, m := range list {
		b = append(append(append(b, '<'), m.name...), '>')
		switch m.kind {
		case partText:
			b = append(append(append(b, "<![CDATA["...), m.value...), "]]>"...)
		case partBare:
			b = append(b, m.value...)
		default:
			b = appendElements(b, m.inner)
		}
		b = append(append(append(b, "</"...), m.name...), ">\n"...)
	}
	return b
}

// json writes the document as one JSON object. Members of one name become an array at the place of the first. The events of
// subscription notices have their List at the top, with times and codes as strings, where XML has an element around it.
// Source: developers.weixin.qq.com/doc/service/guide/dev/push/ (the data format); the notices' after
// github.com/fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat, EventSamples.
func (d *document) json() []byte {
	return appendObject(nil, noticeShape(d.list))
}

// noticeShape is the list as it stands in JSON.
func noticeShape(list []member) []member {
	last := len(list) - 1
	if last < 0 || !slices.Contains(noticeElements, list[last].name) {
		return list
	}
	flat := slices.Clone(list[:last])
	flat = append(flat, list[last].inner...)
	return asTexts(flat)
}

// noticeElements are what stands around the List of a notice's event in XML.
var noticeElements = []string{"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"}

func asTexts(list []member) []member {
	out := slices.Clone(list)
	for i := range out {
		if out[i].kind == partBare {
			out[i].kind = partText
		}
		out[i].inner = asTexts(out[i].inner)
	}
	return out
}

func appendObject(b []byte, list []member) []byte {
	b = append(b, '{')
	written := map[string]bool{}
	for i, m := range list {
		if written[m.name] {
			continue
		}
		if len(written) > 0 {
			b = append(b, ',')
		}
		written[m.name] = true
		b = append(append(b, marshal(m.name)...), ':')
		same := slices.DeleteFunc(slices.Clone(list[i:]), func(o member) bool { return o.name != m.name })
		if len(same) == 1 && m.kind != partList {
			b = appendJSON(b, m)
			continue
		}
		for j, o := range same {
			b = appendJSON(append(b, "[,"[min(j, 1)]), o)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendJSON(b []byte, m member) []byte {
	switch {
	case m.kind == partObject || m.kind == partList:
		return appendObject(b, m.inner)
	case m.kind == partBare && json.Valid([]byte(m.value)):
		return append(b, m.value...)
	default:
		return append(b, marshal(m.value)...)
	}
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
