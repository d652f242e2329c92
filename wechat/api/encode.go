package api

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// encode writes JSON as the platform wants it: UTF-8 without \u escapes, which it refuses (40033, 47002) or shows, and without
// the escapes for HTML, which would show up in links. Control characters are left out.
func encode(v any) ([]byte, error) {
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return plainRunes(bytes.TrimRight(doc.Bytes(), "\n")), nil
}

// plainRunes replaces the \u escapes that encoding/json still writes: U+2028, U+2029, U+FFFD for broken bytes, and controls.
func plainRunes(doc []byte) []byte {
	if !bytes.Contains(doc, []byte(`\u`)) && !bytes.Contains(doc, []byte(`\b`)) && !bytes.Contains(doc, []byte(`\f`)) {
		return doc
	}
	out := make([]byte, 0, len(doc))
	for i := 0; i < len(doc); i++ {
		if doc[i] != '\\' {
			out = append(out, doc[i])
			continue
		}
		switch doc[i+1] { // a backslash is never the last byte of JSON
		case 'u':
		case 'b', 'f':
			i++
			continue
		default:
			out = append(out, doc[i], doc[i+1])
			i++
			continue
		}
		if n, err := strconv.ParseUint(string(doc[i+2:i+6]), 16, 16); err == nil && n >= ' ' {
			out = append(out, string(rune(n))...)
		}
		i += 5
	}
	return out
}
