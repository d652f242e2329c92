package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fanflow/store"
	"fanflow/wechat/api"
)

// tokenStore keeps the access token of one account among the store's settings, which are never shown.
type tokenStore struct {
	settings interface {
		Setting(ctx context.Context, name string) ([]byte, error)
		SetSetting(ctx context.Context, name string, value []byte) error
	}
	account string
}

func (s tokenStore) name() string { return "token/" + s.account }

// Load gives the token that was saved last.
func (s tokenStore) Load(ctx context.Context) (t api.AccessToken, err error) {
	b, err := s.settings.Setting(ctx, s.name())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return t, nil
	case err != nil:
		return t, fmt.Errorf("read the access token of account %q: %w", s.account, err)
	}
	if err := json.Unmarshal(b, &t); err != nil {
		// The decoder's error may quote the value.
		return api.AccessToken{}, fmt.Errorf("read the access token of account %q: the setting is damaged", s.account)
	}
	return t, nil
}

// Save keeps a token.
func (s tokenStore) Save(ctx context.Context, t api.AccessToken) error {
	b, err := json.Marshal(t)
	if err == nil {
		err = s.settings.SetSetting(ctx, s.name(), b)
	}
	if err != nil {
		return fmt.Errorf("keep the access token of account %q: %w", s.account, err)
	}
	return nil
}
