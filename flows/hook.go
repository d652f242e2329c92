package flows

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"fanflow/store"
)

// Hook takes an event of another system. It is durable when Hook returns, and decided on by a job that is due at once; id is
// that job's. A repeat with the same Key within seven days gives the same id and changes nothing. Errors: ErrNoFan, ErrNoAccount, a sentence on what is wrong with the hook, or the store's.
func (e *Engine) Hook(ctx context.Context, account string, h Hook) (id string, err error) {
	if _, err := e.account(account); err != nil {
		return "", err
	}
	if err := h.check(); err != nil {
		return "", err
	}
	fan, err := e.hooked(ctx, account, h)
	if err != nil {
		return "", err
	}
	now := store.Stamp(e.now())
	key := h.Key
	if key == "" {
		key = rand.Text() // an event of its own
	}
	cause := hookCause(fan, h.Event, key)
	args, err := json.Marshal(eventArgs{Name: h.Event, Value: h.Data, Created: now})
	if err != nil {
		return "", fmt.Errorf("encode hook %s: %w", h.Event, err)
	}
	return cause, e.commitJob(ctx, store.FanID{Account: account}, cause+"/once", keepHooks, store.Job{
		ID: cause, Account: account, OpenID: fan.OpenID, Kind: "event", Name: "webhook", Due: now, Args: args,
	})
}

// keepHooks is how long the repeat of a hook is known.
const keepHooks = 7 * 24 * time.Hour

// maxHook is the largest data of a hook in bytes: it has to fit into a Change beside what flows make of it.
const maxHook = 32 << 10

func (h *Hook) check() error {
	switch {
	case h.Event == "" || len(h.Event) > maxWord:
		return fmt.Errorf("a hook's event is a name of 1 to %d bytes", maxWord)
	case h.OpenID == "" && h.UnionID == "":
		return errors.New("a hook needs openid or unionid")
	case len(h.Data) > maxHook:
		return fmt.Errorf("a hook's data is %d bytes; at most %d are taken", len(h.Data), maxHook)
	case len(h.Data) > 0 && !json.Valid(h.Data):
		return errors.New("a hook's data is no JSON")
	}
	return errors.Join(store.CheckName("event", h.Event), store.CheckName("openid", h.OpenID))
}

// hookCause derives the id of a hook. It begins with h, which no push's cause does.
func hookCause(fan store.FanID, event, key string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{fan.Account, fan.OpenID, event, key}, "\x00")))
	return "hook-" + hex.EncodeToString(sum[:12])
}

// hooked finds whom a hook is about.
func (e *Engine) hooked(ctx context.Context, account string, h Hook) (store.FanID, error) {
	id := store.FanID{Account: account, OpenID: h.OpenID}
	if id.OpenID == "" {
		return e.fanByUnionID(ctx, account, h.UnionID)
	}
	snap, err := e.store.Load(ctx, id, "")
	if err != nil {
		return id, fmt.Errorf("load fan %s: %w", id, err)
	}
	if snap.Fan.Rev == 0 && !h.Create || snap.Fan.Erased { // only the fan can undo an erasure
		return id, fmt.Errorf("fan %s: %w", id, ErrNoFan)
	}
	return id, nil
}

// fanByUnionID looks through the account's fans: there is no index, as few accounts have UnionIDs.
func (e *Engine) fanByUnionID(ctx context.Context, account, unionID string) (store.FanID, error) {
	for cursor := ""; ; {
		fans, next, err := e.store.List(ctx, account, store.FanFilter{}, cursor, 1000)
		if err != nil {
			return store.FanID{}, fmt.Errorf("look for unionid of account %s: %w", account, err)
		}
		for i := range fans {
			if fans[i].UnionID == unionID {
				return fans[i].ID, nil
			}
		}
		if next == "" {
			return store.FanID{}, fmt.Errorf("unionid %s: %w", unionID, ErrNoFan)
		}
		cursor = next
	}
}
