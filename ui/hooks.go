package ui

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"fanflow/flows"
	"fanflow/store"
)

const (
	maxHook     = 64 << 10
	maxHookData = 32 << 10 // of it; flows need room for what they make of it
	maxHookKey  = 255

	hookSignature = "X-Fanflow-Signature"
	hookKey       = "Idempotency-Key"
)

// hook takes an event from another system. Its body is signed: HMAC-SHA-256 of the raw bytes under the account's hook_secret, or as the
// plugin that takes the event says. What names no fan is for plugins.
func (s *server) hook(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	event := param(r, "event")
	signer, err := s.Engine.Signer(r.Context(), a.Name, event)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", event, err)
	}
	if signer == nil && a.HookSecret == "" {
		s.log.Warn("a webhook was refused: set hook_secret of the account in fanflow.toml to take it", "account", a.Name, "event", event)
		return faultf(http.StatusForbidden, "account %s takes no webhooks", a.Name)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return err
		}
		return faultf(http.StatusBadRequest, "the body cannot be read to its end")
	}
	if err := s.signed(a, signer, event, body, r.Header); err != nil {
		return err
	}
	if signer != nil || !namesFan(body) { // a foreign system's openid is none of ours
		id, err := s.pluginHook(r.Context(), a.Name, event, r.Header.Get(hookKey), body)
		if err == nil {
			return writeJSON(w, http.StatusAccepted, map[string]string{"id": id})
		}
		if !errors.Is(err, flows.ErrNoPlugin) {
			return err
		}
	}
	h, err := parseHook(event, r.Header.Get(hookKey), body)
	if err != nil {
		return err
	}
	id, err := s.Engine.Hook(r.Context(), a.Name, h)
	if errors.Is(err, flows.ErrNoFan) {
		return faultf(http.StatusNotFound, "account %s has never heard of this fan; \"create\": true makes one", a.Name)
	} else if err != nil {
		return fmt.Errorf("webhook %s: %w", event, err)
	}
	return writeJSON(w, http.StatusAccepted, map[string]string{"id": id})
}

// signed refuses a body that is not signed as it has to be.
func (s *server) signed(a *Account, by *flows.Signer, event string, body []byte, header http.Header) error {
	switch {
	case by == nil && !signedBy(a.HookSecret, body, header.Get(hookSignature)):
		return faultf(http.StatusUnauthorized, "%s is not sha256= and the hex HMAC-SHA-256 of the body under hook_secret", hookSignature)
	case by == nil:
		return nil
	case !by.Ready():
		s.log.Warn("a webhook was refused: set the plugin's secret for its signature in fanflow.toml to take it", "account", a.Name, "event", event, "plugin", by.Plugin)
		return faultf(http.StatusForbidden, "plugin %s takes no webhooks of account %s: the secret of their signature is not set", by.Plugin, a.Name)
	case !by.Signed(body, header.Get(by.Header)):
		return faultf(http.StatusUnauthorized, "%s is not the signature of the body that plugin %s wants for %s", by.Header, by.Plugin, event)
	}
	return nil
}

// namesFan reports whether a body says whom it is about.
func namesFan(body []byte) bool {
	var in struct {
		OpenID  string `json:"openid"`
		UnionID string `json:"unionid"`
	}
	return json.Unmarshal(body, &in) == nil && (in.OpenID != "" || in.UnionID != "")
}

// pluginHook keeps a call that is about no fan for the plugins that want it.
func (s *server) pluginHook(ctx context.Context, account, event, key string, body []byte) (string, error) {
	switch {
	case len(body) > maxHookData:
		return "", faultf(http.StatusBadRequest, "the body is %d bytes; without openid or unionid it has at most %d", len(body), maxHookData)
	case !utf8.Valid(body):
		return "", faultf(http.StatusBadRequest, "the body is no UTF-8")
	case len(key) > maxHookKey:
		return "", faultf(http.StatusBadRequest, "%s has at most %d bytes", hookKey, maxHookKey)
	}
	if err := store.CheckName("event", event); err != nil {
		return "", faultf(http.StatusBadRequest, "%v", err)
	}
	id, err := s.Engine.HookPlugins(ctx, account, flows.PluginHook{Event: event, Body: body, Key: key})
	if err != nil {
		return "", fmt.Errorf("webhook %s: %w", event, err)
	}
	return id, nil
}

// signedBy compares in constant time.
func signedBy(secret string, body []byte, header string) bool {
	sum, ok := strings.CutPrefix(header, "sha256=")
	given, err := hex.DecodeString(sum)
	if !ok || err != nil {
		return false
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hmac.Equal(given, m.Sum(nil))
}

func parseHook(event, key string, body []byte) (flows.Hook, error) {
	var in struct {
		OpenID  string          `json:"openid"`
		UnionID string          `json:"unionid"`
		Data    json.RawMessage `json:"data"`
		Create  bool            `json:"create"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return flows.Hook{}, faultf(http.StatusBadRequest, "the body is not the JSON expected: %v", err)
	}
	switch {
	case (in.OpenID == "") == (in.UnionID == ""):
		return flows.Hook{}, faultf(http.StatusBadRequest, "give openid or unionid, one of them")
	case len(in.Data) > maxHookData:
		return flows.Hook{}, faultf(http.StatusBadRequest, "data has at most %d bytes", maxHookData)
	case len(key) > maxHookKey:
		return flows.Hook{}, faultf(http.StatusBadRequest, "%s has at most %d bytes", hookKey, maxHookKey)
	}
	for what, name := range map[string]string{"event": event, "openid": in.OpenID, "unionid": in.UnionID} {
		if err := store.CheckName(what, name); err != nil {
			return flows.Hook{}, faultf(http.StatusBadRequest, "%v", err)
		}
	}
	return flows.Hook{Event: event, OpenID: in.OpenID, UnionID: in.UnionID, Data: in.Data, Key: key, Create: in.Create}, nil
}
