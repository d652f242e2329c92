package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanflow/store"
	"fanflow/wechat/api"
)

// audience is whom a broadcast goes to.
type audience struct {
	fans []string // OpenIDs in order
	tag  string   // the platform's tag that they are given
}

// allTag is the platform's tag for a broadcast to all. The platform's own "to all" would also reach who has opted out, and
// counts against four such sends a month.
const allTag = "fanflow-all"

// tag is the platform's tag that the broadcast goes by.
func (b *broadcast) tag() string {
	if b.args.All {
		return allTag
	}
	return b.args.Tag
}

// audience reads whom the broadcast goes to now.
func (b *broadcast) audience(ctx context.Context) (audience, error) {
	to, filter := audience{tag: b.tag()}, store.FanFilter{Tag: b.args.Tag}
	if b.args.All {
		filter.Tag = ""
	}
	for cursor := ""; ; {
		fans, next, err := b.c.Store.List(ctx, b.job.Account, filter, cursor, 1000)
		if err != nil {
			return to, fmt.Errorf("read the audience of broadcast %s: %w", b.job.ID, err)
		}
		for i := range fans {
			f := &fans[i]
			if follows(f) && (!f.OptOut || b.purpose() == "service") {
				to.fans = append(to.fans, f.ID.OpenID)
			}
		}
		if next == "" {
			return to, nil
		}
		cursor = next
	}
}

// prepare gives the audience the platform's tag. While a call is open, nobody comes to its audience: who has come since was not
// reached if the platform took it. Who has left is not reached if it did not.
func (b *broadcast) prepare(ctx context.Context, to *audience) (tagID int, err error) {
	if !b.open {
		return b.tagFans(ctx, to)
	}
	if tagID, err = b.tagID(ctx, to.tag); err != nil {
		return 0, err
	}
	before, err := b.members(ctx, to.tag)
	if err != nil {
		return 0, err
	}
	now := map[string]bool{}
	for _, f := range to.fans {
		now[f] = true
	}
	to.fans = nil
	var left []string
	for _, f := range before {
		if now[f] {
			to.fans = append(to.fans, f)
		} else {
			left = append(left, f)
		}
	}
	if _, err := b.inLists(ctx, tagID, left, b.account.Client.UntagFans); err != nil {
		return 0, fmt.Errorf("untag who has left the audience: %w", err)
	}
	return tagID, nil
}

// tagFans gives exactly the audience the platform's tag, as far as this program has given it before, and drops from the audience
// whom the platform does not let be tagged. What can be repeated is.
func (b *broadcast) tagFans(ctx context.Context, to *audience) (tagID int, err error) {
	if tagID, err = b.tagID(ctx, to.tag); err != nil {
		return 0, err
	}
	before, err := b.members(ctx, to.tag)
	if err != nil {
		return 0, err
	}
	all := map[string]bool{}
	for _, f := range before {
		all[f] = true
	}
	for _, f := range to.fans {
		all[f] = true
	}
	// Who may carry the tag is kept before it is given, so that a crash cannot leave somebody tagged and forgotten.
	if err := b.keepMembers(ctx, to.tag, slices.Sorted(maps.Keys(all))); err != nil {
		return 0, err
	}
	for _, f := range to.fans {
		delete(all, f)
	}
	if _, err := b.inLists(ctx, tagID, slices.Sorted(maps.Keys(all)), b.account.Client.UntagFans); err != nil {
		return 0, fmt.Errorf("untag who has left the audience: %w", err)
	}
	if to.fans, err = b.inLists(ctx, tagID, to.fans, b.account.Client.TagFans); err != nil {
		return 0, fmt.Errorf("tag the audience: %w", err)
	}
	return tagID, b.keepMembers(ctx, to.tag, to.fans)
}

func (b *broadcast) tagID(ctx context.Context, name string) (int, error) {
	tags, err := b.account.Client.Tags(ctx)
	if err != nil {
		return 0, fmt.Errorf("list the platform's tags: %w", err)
	}
	for _, t := range tags {
		if t.Name == name {
			return t.ID, nil
		}
	}
	t, err := b.account.Client.CreateTag(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("create the platform's tag %q: %w", name, err)
	}
	return t.ID, nil
}

// inLists calls for all fans, list by list. A list that the platform refuses because of some fan in it is done one by one; who is
// refused then is left out of what it returns.
func (b *broadcast) inLists(ctx context.Context, tagID int, fans []string, call func(ctx context.Context, tagID int, openIDs []string) error) ([]string, error) {
	var done []string
	for list := range slices.Chunk(fans, api.MaxTagFans) {
		err := call(ctx, tagID, list)
		switch {
		case err == nil:
			done = append(done, list...)
			continue
		case !ofSomeFan(err):
			return nil, err
		}
		for _, f := range list {
			if err := call(ctx, tagID, []string{f}); err == nil {
				done = append(done, f)
			} else if !ofSomeFan(err) {
				return nil, err
			} else {
				b.c.Logger.Warn("a fan is left out of a broadcast: the platform does not tag them", "broadcast", b.args.Name, "fan", f, "err", err)
			}
		}
	}
	return done, nil
}

// ofSomeFan reports errors that one fan of a list may be the reason of: unknown, gone, or with 20 tags.
func ofSomeFan(err error) bool {
	var e *api.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case 40003, 40031, 43004, 45059, 45171, 49003, 50005:
		return true
	}
	return false
}

// escaped keeps a tag with a slash apart from the pages of one that begins like it.
var escaped = strings.NewReplacer("%", "%25", "/", "%2F")

// pageSize is how many OpenIDs one setting holds.
const pageSize = 1000

func (b *broadcast) membersPrefix(tag string) string {
	return "broadcast-tag/" + b.job.Account + "/" + escaped.Replace(tag) + "/"
}

// members are the fans who were given the platform's tag before, in order.
func (b *broadcast) members(ctx context.Context, tag string) ([]string, error) {
	pages, err := b.c.Store.Settings(ctx, b.membersPrefix(tag))
	if err != nil {
		return nil, fmt.Errorf("read who carries the platform's tag %q: %w", tag, err)
	}
	var fans []string
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		var page []string
		if err := json.Unmarshal(pages[name], &page); err != nil {
			return nil, fmt.Errorf("read who carries the platform's tag %q: %w", tag, err)
		}
		fans = append(fans, page...)
	}
	return fans, nil
}

func (b *broadcast) keepMembers(ctx context.Context, tag string, fans []string) error {
	n := 0
	for page := range slices.Chunk(fans, pageSize) {
		v, err := json.Marshal(page)
		if err == nil {
			err = b.c.Store.SetSetting(ctx, fmt.Sprintf("%s%06d", b.membersPrefix(tag), n), v)
		}
		if err != nil {
			return fmt.Errorf("keep who carries the platform's tag %q: %w", tag, err)
		}
		n++
	}
	old, err := b.c.Store.Settings(ctx, b.membersPrefix(tag))
	if err != nil {
		return fmt.Errorf("keep who carries the platform's tag %q: %w", tag, err)
	}
	for name := range old {
		if name >= fmt.Sprintf("%s%06d", b.membersPrefix(tag), n) {
			if err := b.c.Store.SetSetting(ctx, name, nil); err != nil {
				return fmt.Errorf("keep who carries the platform's tag %q: %w", tag, err)
			}
		}
	}
	return nil
}
