package wechat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readJSON reads the push of an account whose owner chose JSON, sanitized. The elements of a list stand under the list's own name
// one after the other, as XML's repeated elements do; numbers keep their digits (ids do not fit a float64).
func readJSON(s string) (document, error) {
	r := jsonReader{dec: json.NewDecoder(strings.NewReader(s))}
	r.dec.UseNumber()
	if err := r.document(); err != nil {
		return document{}, err
	}
	return r.tree, nil
}

type jsonReader struct {
	dec  *json.Decoder
	tree document
}

func (r *jsonReader) document() error {
	tok, err := r.dec.Token()
	if err != nil || tok != json.Delim('{') {
		return r.fail("the document is no JSON object")
	}
	if err := r.object(root, 1); err != nil {
		return err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return r.fail("text behind the JSON object")
	}
	return nil
}

func (r *jsonReader) fail(msg string) error {
	return &ParseError{Offset: int(r.dec.InputOffset()), Msg: msg}
}

func (r *jsonReader) object(parent int32, depth int) error {
	for r.dec.More() {
		tok, err := r.dec.Token()
		if err != nil {
			return r.fail("the JSON is broken")
		}
		name, ok := tok.(string)
		if !ok || len(name) > maxName {
			return r.fail("a member has no proper name")
		}
		if err := r.value(parent, name, depth); err != nil {
			return err
		}
	}
	return r.end()
}

// end reads the bracket that More has announced.
func (r *jsonReader) end() error {
	if _, err := r.dec.Token(); err != nil {
		return r.fail("the JSON is broken")
	}
	return nil
}

func (r *jsonReader) value(parent int32, name string, depth int) error {
	tok, err := r.dec.Token()
	switch {
	case err != nil:
		return r.fail("the JSON is broken")
	case depth == maxDepth:
		return r.fail("elements are nested too deeply")
	case len(r.tree.nodes) == maxNodes:
		return r.fail("too many elements")
	}
	if tok == json.Delim('[') {
		for r.dec.More() {
			if err := r.value(parent, name, depth+1); err != nil {
				return err
			}
		}
		return r.end()
	}
	n := r.tree.add(parent, name)
	switch v := tok.(type) {
	case json.Delim: // an object begins: any other would be an error of the decoder's
		return r.object(n, depth+1)
	case string:
		r.tree.nodes[n].value = sanitize(v) // control characters may have come as escapes
	case nil:
	default: // json.Number, bool
		r.tree.nodes[n].value = fmt.Sprint(v)
	}
	return nil
}
