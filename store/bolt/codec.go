package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"fanflow/store"
)

// jsonFormat begins a value that is JSON. A faster format gets a letter of its own, and old values stay readable.
const jsonFormat = 'J'

// coders are kept for reuse, with the room that they have grown.
var coders = sync.Pool{New: func() any { return &coder{} }}

// encode makes a value of what v points to.
func encode(v any) ([]byte, error) {
	c := coders.Get().(*coder)
	defer coders.Put(c)
	*c = coder{b: append(c.b[:0], jsonFormat)}
	if describe(c, v) && c.err == nil {
		return bytes.Clone(c.b), nil
	}
	return encodeAny(v)
}

// encodeAny is encode for any type, and the rule for what encode writes.
func encodeAny(v any) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte(jsonFormat)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // what callers gave as JSON comes back as it was
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// decode reads a value into what v points to, which must be zero. It keeps nothing of b.
func decode(b []byte, v any) error {
	if len(b) == 0 || b[0] != jsonFormat {
		return fmt.Errorf("decode %T: %w", v, errFormat)
	}
	if err := decodeAny(b[1:], v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if s, ok := v.(*store.Send); ok && string(s.Content) == "null" {
		s.Content = nil // the only JSON field that is not left out when it is empty
	}
	return nil
}

func decodeAny(b []byte, v any) error {
	c := &coder{b: b, reading: true}
	if describe(c, v) {
		if c.err == nil && len(c.b) == 0 {
			return nil
		}
		reflect.ValueOf(v).Elem().SetZero()
	}
	return json.Unmarshal(b, v)
}

var errFormat = errors.New("the value is of a format that this fanflow does not know")
