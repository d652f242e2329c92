package flows

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"fanflow/store"
)

// maxGiven is the longest tag from outside in bytes: 64 characters, whichever they are.
const maxGiven = 256

// tagsEvent is what somebody outside of any flow does to a fan's tags. Nothing can take it; flows hear of what it changed.
const tagsEvent = "tags"

// Tag adds and removes tags of a fan on behalf of somebody outside of any flow; by says who, and becomes the journal's reason.
// What the fan has or has not already is no news; a tag on both lists is removed. It is a decision as any other: exit rules act
// at once, and flows that listen to tags hear of what changed, as if a flow had done it. Errors: ErrNoFan for a fan who was never
// heard of or was erased, ErrNoAccount, store.ErrTooLarge for more tags than fit into one Change, a sentence on a tag that
// cannot be, or the store's.
func (e *Engine) Tag(ctx context.Context, fan store.FanID, add, remove []string, by string) error {
	acc, err := e.account(fan.Account)
	if err != nil {
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
	snap, err := e.store.Load(ctx, fan, "")
	if err != nil {
		return fmt.Errorf("load fan %s: %w", fan, err)
	}
	if snap.Fan.Rev == 0 || snap.Fan.Erased {
		return fmt.Errorf("tag fan %s: %w", fan, ErrNoFan)
	}
	now := store.Stamp(e.now())
	// The cause begins with its time, as that of a push, so that its receipt is swept with the others of that time.
	_, err = e.run(ctx, acc, task{
		fan: fan, now: now, cause: fmt.Sprintf("%08x-tag-%s", uint32(now.Unix()), rand.Text()),
		event: &event{Name: tagsEvent, Created: now, Fields: map[string]any{"add": anyList(add), "remove": anyList(remove), "by": by}},
	})
	if err != nil {
		return fmt.Errorf("tag fan %s: %w", fan, err)
	}
	return nil
}

func anyList(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}

func (ev *event) list(field string) (names []string) {
	list, _ := ev.Fields[field].([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			names = append(names, s)
		}
	}
	return names
}

// retag notes the tags that change.
func (d *decision) retag() error {
	by, _ := d.event.Fields["by"].(string)
	remove := d.event.list("remove")
	for _, name := range d.event.list("add") {
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
