package flows

import (
	"context"
	"crypto/rand"
	"fmt"

	"fanflow/store"
)

// Click tells the flows that a fan has opened a tracked link: name is the link's, url where it leads. It is durable when Click
// returns, and decided on by a job that is due at once. Every call is a click of its own. Errors: ErrNoAccount, ErrNoFan for
// one who was never heard of or was erased, a sentence on a name that is none, or the store's.
func (e *Engine) Click(ctx context.Context, fan store.FanID, name, url string) error {
	if _, err := e.account(fan.Account); err != nil {
		return err
	}
	if err := checkWord("link", name); err != nil {
		return err
	}
	if len(url) > maxURL {
		return fmt.Errorf("the url of link %s is %d bytes; at most %d are taken", name, len(url), maxURL)
	}
	snap, err := e.store.Load(ctx, fan, "")
	if err != nil {
		return fmt.Errorf("load fan %s: %w", fan, err)
	}
	if snap.Fan.Rev == 0 || snap.Fan.Erased {
		return fmt.Errorf("fan %s: %w", fan, ErrNoFan)
	}
	now := store.Stamp(e.now())
	to, err := encode(url)
	if err != nil {
		return fmt.Errorf("encode the click on link %s: %w", name, err)
	}
	args, err := encode(eventArgs{Name: name, Value: to, Created: now})
	if err != nil {
		return fmt.Errorf("encode the click on link %s: %w", name, err)
	}
	id := fmt.Sprintf("%08x-click-%s", uint32(now.Unix()), rand.Text())
	return e.commitJob(ctx, store.FanID{Account: fan.Account}, id+"/once", 0, store.Job{
		ID: id, Account: fan.Account, OpenID: fan.OpenID, Kind: "event", Name: clickEvent, Due: now, Args: args,
	})
}

// maxURL is the longest url of a click in bytes.
const maxURL = 2048
