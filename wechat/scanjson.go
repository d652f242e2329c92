package wechat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// scanJSON reads the fields of a push of an account whose owner chose JSON. The elements of a list stand under the list's own
// path one after the other, as XML's repeated elements do; numbers keep their digits (ids do not fit a float64).
func scanJSON(s string) ([]field, error) {
	sc := jsonScanner{dec: json.NewDecoder(strings.NewReader(s))}
	sc.dec.UseNumber()
	tok, err := sc.dec.Token()
	if err != nil || tok != json.Delim('{') {
		return nil, sc.fail("the document is no JSON object")
	}
	if err := sc.object("", 1); err != nil {
		return nil, err
	}
	if _, err := sc.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, sc.fail("text behind the JSON object")
	}
	return sc.fields, nil
}

type jsonScanner struct {
	dec    *json.Decoder
	fields []field
}

func (sc *jsonScanner) fail(msg string) error {
	return &ParseError{Offset: int(sc.dec.InputOffset()), Msg: msg}
}

func (sc *jsonScanner) object(path string, depth int) error {
	for sc.dec.More() {
		tok, err := sc.dec.Token()
		if err != nil {
			return sc.fail("the JSON is broken")
		}
		name, ok := tok.(string)
		if !ok || len(name) > maxName {
			return sc.fail("a member has no proper name")
		}
		if path != "" {
			name = path + "." + name
		}
		if err := sc.value(name, depth); err != nil {
			return err
		}
	}
	return sc.end()
}

// end reads the bracket that More has announced.
func (sc *jsonScanner) end() error {
	if _, err := sc.dec.Token(); err != nil {
		return sc.fail("the JSON is broken")
	}
	return nil
}

func (sc *jsonScanner) value(path string, depth int) error {
	tok, err := sc.dec.Token()
	switch {
	case err != nil:
		return sc.fail("the JSON is broken")
	case depth == maxDepth:
		return sc.fail("elements are nested too deeply")
	case len(sc.fields) == maxFields:
		return sc.fail("too many elements")
	}
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' {
			return sc.object(path, depth+1)
		}
		for sc.dec.More() {
			if err := sc.value(path, depth+1); err != nil {
				return err
			}
		}
		return sc.end()
	case string:
		sc.fields = append(sc.fields, field{path, sanitize([]byte(v))})
	case nil:
		sc.fields = append(sc.fields, field{path, ""})
	default: // json.Number, bool
		sc.fields = append(sc.fields, field{path, fmt.Sprint(v)})
	}
	return nil
}
