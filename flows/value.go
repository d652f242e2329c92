package flows

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"fanflow/plugins/lint"
)

// jsonValue reads a stored JSON value for scripts: whole numbers as int64, so that none loses digits. What is no JSON is nil.
func jsonValue(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil
	}
	return exactNumbers(v)
}

func exactNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = exactNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = exactNumbers(v[k])
		}
	}
	return v
}

// encode gives a value as JSON without escaping what need not be. Keys of maps are sorted, so that equal values are equal bytes.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// plainText gives texts, numbers and truth values as a text.
func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// typeName names a value's kind as Lua does.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case string:
		return "a text"
	case float64, int64:
		return "a number"
	case bool:
		return "a truth value"
	case []any, map[string]any:
		return "a table"
	}
	return fmt.Sprintf("%T", v)
}

// didYouMean suggests the known word nearest to one that is not known; empty if none is near.
func didYouMean(word string, known []string) string { return lint.DidYouMean(word, known) }
