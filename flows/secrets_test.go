package flows_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
	"fanflow/store/bolt"
)

// signer is a plugin that does with its secret what plugins may, and tries what they may not.
const signer = `local M = { name = "signer" }
M.config = { url = { type = "string", default = "https://a.example" }, key = { type = "secret", required = true } }
function M.link(openid) return config.url .. "/?fan=" .. openid .. "&sign=" .. crypto.hmac_sha256(secrets.key, openid) end
function M.salted(text) return crypto.hmac_sha256(secrets.join("v1:", secrets.key), text) end
local function past(x) return x end -- check sees no further
function M.leak() error(past(secrets.key)) end
function M.spill() local s = past(secrets.key); print(s, secrets.join("a", s)); log.error(s); return tostring(s) end
function M.keep() kv.set("signer:key", past(secrets.key)) end
return M`

const signed = `local signer = require "signer"
return flow { name = "signed", triggers = { text = { "link", "salt", "leak", "spill", "keep" } }, first = "a", again = "0s", states = { a = { enter = { run = function(fan, event)
  if event.text == "link" then fan:reply(signer.link(fan.openid)) end
  if event.text == "salt" then fan.attrs.salt = signer.salted("x") fan:reply(signer.salted("y")) end
  if event.text == "leak" then signer.leak() end
  if event.text == "spill" then fan.attrs.spilt = signer.spill() fan:reply(fan.attrs.spilt) end
  if event.text == "keep" then signer.keep() end
  fan:leave()
end } } } }`

const signKey = "sk_sentinel-0123456789"

// signWorld is a world on a data file whose plugin signer has a secret.
func signWorld(t *testing.T, s store.Store, secret string, set plugins.Setting) *world {
	t.Helper()
	w := &world{t: t, store: s, now: time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)}
	gate := flows.NewGate()
	var err error
	w.engine, err = flows.New(flows.Config{
		Store: s, Now: w.clock, Gate: gate,
		Host: plugins.NewHost(plugins.Config{Source: s, Gate: gate, Secret: func(a, plugin, name string) (string, bool) {
			return secret, secret != "" && a == account && plugin == "signer" && name == "key"
		}}),
		Accounts: []flows.Account{{Name: account, Apology: apology, Type: "service", Customer: true, Plugins: map[string]plugins.Setting{"signer": set}}},
		Observe:  func(o flows.Observation) { w.mu.Lock(); defer w.mu.Unlock(); w.seen = append(w.seen, o) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// A plugin signs with a secret that nobody sees: it is in no row, no page's log and not in the data file; and a replay gives the same
// when the secret is another one, or none any more. (Secrets never reach a log, a journal, the UI or an error message.)
func TestSignedWithASecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fanflow.db")
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := plugins.Setting{Secrets: []string{"key"}}
	w := signWorld(t, s, signKey, set)
	w.publish(store.KindPlugin, "signer.lua", signer)
	p := w.publish(store.KindFlow, "signed.lua", signed)
	expect(t, "link", w.text("ann", "link"), "https://a.example/?fan=ann&sign="+mac(signKey, "ann"))
	expect(t, "joined", w.text("ann", "salt"), mac("v1:"+signKey, "y"))
	expect(t, "error", w.text("ann", "leak"), apology)
	expect(t, "printed", w.text("ann", "spill"), "secret signer.key")
	expect(t, "kept", w.text("ann", "keep"), apology)
	want, err := set.Digest()
	if err != nil || p.Configs["signer"] != want || want == "" {
		t.Errorf("published with configuration %q, %v; want %q", p.Configs, err, want)
	}
	raw, err := json.Marshal(w.journal("ann"))
	if err != nil || strings.Contains(string(raw), signKey) || !strings.Contains(string(raw), "a secret") && !strings.Contains(string(raw), "userdata") {
		t.Errorf("the journal: %v %s", err, raw)
	}
	lines, err := w.engine.Log(account, store.KindFlow, "signed")
	if err != nil || len(lines) == 0 {
		t.Errorf("the flow's log: %v, %v", lines, err)
	}
	if raw, err = json.Marshal(lines); err != nil || strings.Contains(string(raw), signKey) || !strings.Contains(string(raw), "secret signer.key") {
		t.Errorf("the flow's log: %v %s", err, raw)
	}

	for _, now := range []struct {
		secret string
		set    plugins.Setting
	}{{"another-secret-now", set}, {"", plugins.Setting{Config: map[string]any{"url": "https://b.example"}}}} {
		again := signWorld(t, s, now.secret, now.set)
		r, err := again.engine.Replay(t.Context(), store.FanID{Account: account, OpenID: "ann"}, 0)
		if err != nil || !r.Equal {
			t.Fatalf("with secret %q: %v, %+v", now.secret, err, r)
		}
		for _, step := range r.Steps {
			if !step.Same || step.Folded {
				t.Errorf("with secret %q: %s: %s", now.secret, step.Event, step.Why)
			}
		}
	}
	rotated := signWorld(t, s, "another-secret-now", set)
	expect(t, "after rotation", rotated.text("bob", "link"), "https://a.example/?fan=bob&sign="+mac("another-secret-now", "bob"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(file), signKey) {
		t.Errorf("the data file has the secret, %v", err)
	}
}

// A plugin is not published while its configuration does not fit, and a start says what is wrong for those that are.
func TestPublishedWithItsSettings(t *testing.T) {
	s := boltStore(t)
	w := signWorld(t, s, "", plugins.Setting{Config: map[string]any{"ulr": "x"}})
	script, err := w.engine.Push(t.Context(), account, store.KindPlugin, "signer.lua", signer, "test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.engine.Publish(t.Context(), script.ScriptID, script.Version, "test")
	want := "signer.lua: the configuration of account shop does not fit: plugin.signer.config.ulr: the plugin has no such setting: it has url, and 1 more"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	w = signWorld(t, s, signKey, plugins.Setting{Secrets: []string{"key"}})
	if _, err := w.engine.Publish(t.Context(), script.ScriptID, script.Version, "test"); err != nil {
		t.Fatal(err)
	}
	if wrong, err := w.engine.CheckSettings(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("%q, %v", wrong, err)
	}
	w = signWorld(t, s, "", plugins.Setting{})
	wrong, err := w.engine.CheckSettings(t.Context())
	if err != nil || len(wrong) != 1 || wrong[0] != `account "shop": plugin.signer.secrets.key: it is missing: set it, or FANFLOW_PLUGIN_SIGNER_SECRETS_KEY, and restart` {
		t.Errorf("%q, %v", wrong, err)
	}
}

// A setting that a new version declares is written down between its push and its publication, and stays when it is rolled back.
func TestSettingsAheadOfTheirVersion(t *testing.T) {
	s := boltStore(t)
	first, second := `return { config = { a = { type = "string", required = true } } }`, `return { config = { a = { type = "string", required = true }, b = { type = "string", required = true }, key = { type = "secret", required = true } } }`
	before := plugins.Setting{Config: map[string]any{"a": "x"}}
	after := plugins.Setting{Config: map[string]any{"a": "x", "b": "y"}, Secrets: []string{"key"}}
	w := signWorld(t, s, "", before)
	w.publish(store.KindPlugin, "signer.lua", first)
	wrong := func(want int) {
		t.Helper()
		if got, err := w.engine.CheckSettings(t.Context()); err != nil || len(got) != want {
			t.Errorf("wrong: %q, %v, want %d", got, err, want)
		}
	}
	w = signWorld(t, s, signKey, after)
	wrong(2) // nobody declares them yet
	w = signWorld(t, s, "", before)
	script, err := w.engine.Push(t.Context(), account, store.KindPlugin, "signer.lua", second, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Publish(t.Context(), script.ScriptID, 2, "test"); err == nil {
		t.Error("it is published though its settings are missing")
	}
	w = signWorld(t, s, signKey, after)
	wrong(0)
	for _, version := range []int{2, 1} {
		if _, err := w.engine.Publish(t.Context(), script.ScriptID, version, "test"); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
		wrong(0)
	}
	after.Config["c"] = "z"
	w = signWorld(t, s, signKey, after)
	wrong(1)
}
