package plugins

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Digest names what is set; empty if nothing is. Of secrets it knows the names.
func (s Setting) Digest() (string, error) {
	if len(s.Config) == 0 && len(s.Secrets) == 0 {
		return "", nil
	}
	s.Off = false // who hears events changes nothing for functions
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode the settings of a plugin: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}

// CheckSetting says what is wrong with the settings of a plugin for an account: keys that the schema does not have, values of the
// wrong type, settings that are missing. Each error is one line that names the key of fanflow.toml, never a secret's value.
func (h *Host) CheckSetting(m *Manifest, account string, s Setting) (wrong []error) {
	say := func(table, key, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("plugin.%s.%s.%s: %w", m.Name, table, key, fmt.Errorf(format, args...)))
	}
	known := map[string]*Field{}
	for i := range m.Config {
		known[m.Config[i].Name] = &m.Config[i]
	}
	for _, key := range slices.Sorted(maps.Keys(s.Config)) {
		switch f := known[key]; {
		case f == nil:
			say("config", key, "the plugin has no such setting: %s", offers(m, false))
		case f.Type == TypeSecret:
			say("config", key, "it is a secret: set it under [plugin.%s.secrets]", m.Name)
		default:
			if _, err := f.Value(s.Config[key]); err != nil {
				say("config", key, "%w", err)
			}
		}
	}
	for _, key := range s.Secrets {
		switch f := known[key]; {
		case f == nil:
			say("secrets", key, "the plugin has no such secret: %s", offers(m, true))
		case f.Type != TypeSecret:
			say("secrets", key, "it is no secret: set it under [plugin.%s.config]", m.Name)
		default:
			value, err := "", errors.New("it has no value")
			if h.Secret != nil {
				if v, ok := h.Secret(account, m.Name, key); ok {
					value, err = v, nil
				}
			}
			if err == nil {
				err = f.CheckSecret(value)
			}
			if err != nil {
				say("secrets", key, "%w", err)
			}
		}
	}
	if s.Off {
		return wrong
	}
	for _, f := range m.Config {
		_, set := s.Config[f.Name]
		switch {
		case !f.Required || f.Type != TypeSecret && set || f.Type == TypeSecret && slices.Contains(s.Secrets, f.Name):
		case f.Type == TypeSecret:
			say("secrets", f.Name, "it is missing: set it, or FANFLOW_PLUGIN_%s_SECRETS_%s, and restart", envName(m.Name), envName(f.Name))
		default:
			say("config", f.Name, "it is missing: set it, and restart")
		}
	}
	return wrong
}

// offers names the settings that a plugin has.
func offers(m *Manifest, secrets bool) string {
	var names []string
	for _, f := range m.Config {
		if (f.Type == TypeSecret) == secrets {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return "it has none"
	}
	return "it has " + enumerate(names)
}
