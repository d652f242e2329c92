package main

import (
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
