package main

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanflow/store/bolt"
	"fanflow/wechat/api"
)

func TestTokenOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fanflow.db")
	open := func() *bolt.Store {
		t.Helper()
		st, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	st := open()
	shop := tokenStore{st, "shop"}
	if got, err := shop.Load(t.Context()); err != nil || got != (api.AccessToken{}) {
		t.Errorf("before there was one: %v, %v", got, err)
	}
	want := api.AccessToken{Value: "secret-value", Expires: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), Owner: "digest"}
	if err := shop.Save(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shop.Save(t.Context(), want); err == nil || strings.Contains(err.Error(), want.Value) || !strings.Contains(err.Error(), "shop") {
		t.Errorf("saved in a closed store: %v", err)
	}
	st = open()
	shop.settings = st
	if got, err := shop.Load(t.Context()); err != nil || got != want {
		t.Errorf("after a restart: %#v, %v", got, err)
	}
	if got, err := (tokenStore{st, "clinic"}).Load(t.Context()); err != nil || got != (api.AccessToken{}) {
		t.Errorf("of another account: %#v, %v", got, err)
	}
	if err := st.SetSetting(t.Context(), "token/shop", []byte(`{"value":["secret-value"]}`)); err != nil {
		t.Fatal(err)
	}
	if got, err := shop.Load(t.Context()); err == nil || strings.Contains(err.Error(), "secret-value") || got != (api.AccessToken{}) {
		t.Errorf("damaged: %#v, %v", got, err)
	}
}

// Whoever may see all that the pages and the API show does not see the token.
func TestTokenIsShownNowhere(t *testing.T) {
	dir := t.TempDir()
	cfg, err := parseConfig("test.toml", twoConfig("127.0.0.1:1", "127.0.0.1:1", filepath.Join(dir, "fanflow.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var logged syncBuffer
	a, err := openApp(t.Context(), cfg, newLogger(&logged), false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	token := api.AccessToken{Value: "secret-value", Expires: time.Now().Add(time.Hour), Owner: "digest-of-secret"}
	if err := (tokenStore{a.store, "shop"}).Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	a.logger.Info("a token passes by", "token", token)
	for _, path := range []string{
		"/a/shop", "/a/shop/flows", "/a/shop/fans", "/metrics", "/readyz", "/api/v1/accounts", "/api/v1/accounts/shop/fans", "/api/v1/accounts/shop/flows",
		"/api/v1/accounts/shop/scripts/flow", "/api/v1/accounts/shop/quota", "/api/v1/accounts/shop/sends", "/api/v1/accounts/shop/jobs",
	} {
		req := httptest.NewRequest("GET", path, nil)
		req.Header.Set("Authorization", "Bearer "+cfg.AdminToken)
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, req)
		if w.Code >= 400 {
			t.Errorf("%s: %d", path, w.Code)
		}
		if body := w.Body.String(); strings.Contains(body, token.Value) || strings.Contains(body, token.Owner) {
			t.Errorf("%s shows the token: %s", path, body)
		}
	}
	if text := logged.String(); !strings.Contains(text, "a token passes by") || strings.Contains(text, token.Value) {
		t.Errorf("log: %s", text)
	}
}
