package flows

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"fanflow/store"
)

// maxGiven is the longest tag from outside in bytes: 64 characters, whichever they are.
const maxGiven = 256

// Tag adds and removes tags of a fan on behalf of somebody outside of any flow; by says who, and becomes the journal's reason.
// What the fan has or has not already is no news; a tag on both lists is removed. Flows that listen to tags hear of what was
// added, as if a flow had done it. Errors: ErrNoFan for a fan who was never heard of or was erased, ErrNoAccount,
// store.ErrTooLarge for more tags than fit into one Change, a sentence on a tag that cannot be, or the store's.
func (e *Engine) Tag(ctx context.Context, fan store.FanID, add, remove []string, by string) error {
	if _, err := e.account(fan.Account); err != nil {
		return err
	}
	for _, name := range slices.Concat(add, remove) {
		if name == "" || len(name) > maxGiven {
			return fmt.Errorf("a tag is a text of 1 to %d bytes, not %d", maxGiven, len(name))
		}
		if err := store.CheckName("tag", name); err != nil {
			return err
		}
	}
	leave, err := e.lanes.enter(ctx, fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", fan, err)
	}
	defer leave()
	now := e.now()
	// The cause begins with its time, as that of a push, so that its receipt is swept with the others of that time.
	t := task{fan: fan, now: now, cause: fmt.Sprintf("%08x-tag-%s", uint32(now.Unix()), rand.Text()), event: &event{Name: "tags"}}
	for tries := 0; ; tries++ {
		told, err := e.tagOnce(ctx, t, add, remove, by)
		if errors.Is(err, store.ErrConflict) && tries < maxConflicts {
			continue
		}
		if err != nil {
			return fmt.Errorf("tag fan %s: %w", fan, err)
		}
		if told && e.poke != nil {
			e.poke()
		}
		return nil
	}
}

// tagOnce loads and commits; told says that flows wait to hear of it.
func (e *Engine) tagOnce(ctx context.Context, t task, add, remove []string, by string) (told bool, err error) {
	snap, err := e.store.Load(ctx, t.fan, "")
	if err != nil {
		return false, err
	}
	if snap.Fan.Rev == 0 || snap.Fan.Erased {
		return false, ErrNoFan
	}
	ed, err := e.library.edition(ctx, t.fan.Account, snap.Catalog)
	if err != nil {
		return false, err
	}
	d := &decision{input: &input{task: t, edition: ed}, event: t.event, draft: newDraft(snap.Fan, t.now, t.cause)}
	if err := d.retag(add, remove, by); err != nil || len(d.draft.entries) == 0 {
		return false, err
	}
	if err := d.tell(); err != nil {
		return false, err
	}
	_, err = e.store.Commit(ctx, d.draft.change(snap.Fan.Rev))
	return len(d.draft.jobs) > 0, err
}

// retag notes the tags that change.
func (d *decision) retag(add, remove []string, by string) error {
	for _, name := range add {
		if d.draft.fan.Has(name) || slices.Contains(remove, name) {
			continue
		}
		if err := d.draft.add(store.Entry{Kind: store.Tagged, Name: name, Why: by}); err != nil {
			return err
		}
	}
	for _, name := range remove {
		if !d.draft.fan.Has(name) {
			continue
		}
		if err := d.draft.add(store.Entry{Kind: store.Untagged, Name: name, Why: by}); err != nil {
			return err
		}
	}
	return nil
}
