package flows

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"fanflow/plugins/std/http"
)

// signing is what a needSign asks for, as the trace keeps it: whose secret, by name, signs the text with this digest. Neither the
// text nor the secret is in it.
type signing struct {
	Alg  string      `json:"alg"`
	Key  http.Sealed `json:"key"`
	Text string      `json:"text"` // SHA-256, in hex
}

// algHMAC is the only way of signing.
const algHMAC = "hmac-sha256"

// Sign asks for the signature of a text. Once given it is part of the decision: a replay has it, whatever the secret is then.
func (p *port) Sign(key http.Sealed, text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	raw, err := encode(signing{algHMAC, key, hex.EncodeToString(sum[:])})
	if err != nil {
		return "", fmt.Errorf("crypto.hmac_sha256: %w", err)
	}
	a, err := p.ask(need{Kind: needSign, Key: string(raw), Text: text})
	if err != nil {
		return "", err
	}
	if a.Sign == "" {
		return "", fmt.Errorf("crypto.hmac_sha256: a secret of the key is not set any more: set it in fanflow.toml and restart")
	}
	return a.Sign, nil
}

// sign signs the text of a need with a plugin's secret; empty if the secret is not set.
func (f *fetcher) sign(_ context.Context, n need) (string, error) {
	var s signing
	if err := json.Unmarshal([]byte(n.Key), &s); err != nil {
		return "", fmt.Errorf("read what is to be signed: %w", err)
	}
	var key strings.Builder
	for _, p := range s.Key {
		if p.Secret == "" {
			key.WriteString(p.Text)
			continue
		}
		host := f.engine.library.host
		if host.Secret == nil {
			return "", nil
		}
		value, ok := host.Secret(f.account, p.Plugin, p.Secret)
		if !ok {
			return "", nil
		}
		key.WriteString(value)
	}
	h := hmac.New(sha256.New, []byte(key.String()))
	h.Write([]byte(n.Text))
	return hex.EncodeToString(h.Sum(nil)), nil
}
