package http

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Piece is a part of a text: words, or a secret by its name.
type Piece struct {
	Text string
	// Secret is the name of a secret of Plugin; where Plugin is empty, of the plugin that makes the request.
	Plugin, Secret string
	// JSON: the secret is written as it stands inside the quotes of JSON.
	JSON bool
}

// Sealed is a text that may have secrets in it. Only the request sees them: a script, the journal and the logs see their names.
type Sealed []Piece

// Sealer is what the Value of a userdata satisfies that stands for a secret, or for a text with secrets in it.
type Sealer interface{ Sealed() []Piece }

// Plain is a text without secrets.
func Plain(s string) Sealed { return Sealed{{Text: s}} }

// piece is a secret as JSON has it.
type piece struct {
	Secret string `json:"secret"`
	Plugin string `json:"plugin,omitempty"`
	JSON   bool   `json:"json,omitempty"`
}

// MarshalJSON writes a text, or {"sealed":["Bearer ",{"secret":"token"}]} where it holds a secret: no text can be taken for one.
func (s Sealed) MarshalJSON() ([]byte, error) {
	var plain strings.Builder
	sealed := false
	list := make([]any, len(s))
	for i, p := range s {
		if p.Secret == "" {
			plain.WriteString(p.Text)
			list[i] = p.Text
			continue
		}
		sealed = true
		list[i] = piece{p.Secret, p.Plugin, p.JSON}
	}
	if !sealed {
		return json.Marshal(plain.String())
	}
	return json.Marshal(map[string]any{"sealed": list})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Sealed) UnmarshalJSON(raw []byte) error {
	*s = nil
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		err := json.Unmarshal(raw, &text)
		*s = Plain(text)
		return err
	}
	var form struct {
		Sealed []json.RawMessage `json:"sealed"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return err
	}
	for _, part := range form.Sealed {
		var text string
		if json.Unmarshal(part, &text) == nil {
			*s = append(*s, Piece{Text: text})
			continue
		}
		var p piece
		if err := json.Unmarshal(part, &p); err != nil {
			return fmt.Errorf("read a sealed text: %w", err)
		}
		*s = append(*s, Piece{Secret: p.Secret, Plugin: p.Plugin, JSON: p.JSON})
	}
	return nil
}
