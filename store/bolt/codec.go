package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"fanflow/store"
)

// jsonFormat begins a value that is JSON. A faster format gets a letter of its own, and old values stay readable.
const jsonFormat = 'J'

// encode makes a value of v.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte(jsonFormat)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // what callers gave as JSON comes back as it was
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// decode reads a value into v. It keeps nothing of b.
func decode(b []byte, v any) error {
	if len(b) == 0 || b[0] != jsonFormat {
		return fmt.Errorf("decode %T: %w", v, errFormat)
	}
	if err := json.Unmarshal(b[1:], v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if s, ok := v.(*store.Send); ok && string(s.Content) == "null" {
		s.Content = nil // the only JSON field that is not left out when it is empty
	}
	return nil
}

var errFormat = errors.New("the value is of a format that this fanflow does not know")
