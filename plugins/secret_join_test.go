package plugins_test

import (
	"strings"
	"testing"

	"fanflow/plugins"
)

// TestJoinMeasuresNothing: HMAC fills a short key with zero bytes, so a secret with them behind it signs as the secret alone until
// the block is full, which would tell its length; and what is no UTF-8 could not be remembered as it is.
func TestJoinMeasuresNothing(t *testing.T) {
	for text, ok := range map[string]bool{"'Bearer '": true, "'密'": true, "('\\0'):rep(3)": false, "'a\\0'": false, "'\\255'": false} {
		h := newHost(library{"crm@1": "return { config = { k = { type = 'secret' } }, f = function() return tostring(secrets.join(secrets.k, " + text + ")) end }"})
		r := plugins.Run{
			Port: newPort(), Pins: map[string]int{"crm": 1}, Settings: map[string]plugins.Setting{"crm": {Secrets: []string{"k"}}},
		}
		_, err := evaluate(t, h, r, "return require('crm').f()")
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "without zero bytes") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
