package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
)

// inFlight are the OpenIDs that calls are changing the tags of. Safe for concurrent use.
type inFlight struct {
	mu  sync.Mutex
	ids map[string]bool
}

// begin takes the OpenIDs; it is false, and takes none, where another call has one of them.
func (i *inFlight) begin(ids []string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if slices.ContainsFunc(ids, func(id string) bool { return i.ids[id] }) {
		return false
	}
	if i.ids == nil {
		i.ids = map[string]bool{}
	}
	for _, id := range ids {
		i.ids[id] = true
	}
	return true
}

func (i *inFlight) end(ids []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, id := range ids {
		delete(i.ids, id)
	}
}

// oneAtATime holds the OpenIDs of a tagging call while it is carried out, for Config.TaggingTime. A call for one that is held
// is 45169: nothing of it is done.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchtagging.html
func oneAtATime(c *call, next func() (any, error)) (any, error) {
	var req struct {
		OpenIDs []string `json:"openid_list"`
	}
	if json.Unmarshal(c.body, &req) != nil {
		return next() // which finds the same
	}
	if !c.a.tagging.begin(req.OpenIDs) {
		return nil, fail(45169)
	}
	defer c.a.tagging.end(req.OpenIDs)
	result, err := next()
	pause(c.r.Context(), c.s.life, c.s.cfg.TaggingTime)
	return result, err
}

// memberEndpoints are who has a tag.
func memberEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/tags/members/batchtagging":   {method: http.MethodPost, right: rightUsers, handle: tagFans, around: oneAtATime},
		"/cgi-bin/tags/members/batchuntagging": {method: http.MethodPost, right: rightUsers, handle: untagFans, around: oneAtATime},
	}
}

// members reads the request of batchtagging and batchuntagging. The page states the 50 for tagging only; it is taken for both.
func (c *call) members() (int, []*fan, error) {
	var req struct {
		OpenIDs []string        `json:"openid_list"`
		Tag     json.RawMessage `json:"tagid"`
	}
	if err := c.decode(&req); err != nil {
		return 0, nil, err
	}
	if len(req.OpenIDs) == 0 || len(req.OpenIDs) > maxTagOpenIDs {
		return 0, nil, fail(40032)
	}
	tag, ok := tagNumber(req.Tag)
	if !ok || !c.a.hasTag(tag) {
		return 0, nil, fail(45159)
	}
	list := make([]*fan, 0, len(req.OpenIDs))
	for _, id := range req.OpenIDs {
		f := c.a.fans[id]
		switch {
		case f != nil && f.Subscribed:
			list = append(list, f)
		case f == nil && wellFormed(id):
			return 0, nil, fail(49003)
		default:
			return 0, nil, fail(40003)
		}
	}
	return tag, list, nil
}

// tagFans answers batchtagging. Where one fan of the list has 20 tags already nobody is tagged, or only the others by
// Switches.PartialTags.
func tagFans(c *call) (any, error) {
	tag, list, err := c.members()
	if err != nil {
		return nil, err
	}
	var full []string
	for _, f := range list {
		if len(f.Tags) >= maxTagsOfFan && !slices.Contains(f.Tags, tag) {
			full = append(full, f.openID)
		}
	}
	if len(full) > 0 && !c.s.cfg.Switches.PartialTags {
		return nil, fail(45059)
	}
	for _, f := range list {
		if !slices.Contains(f.Tags, tag) && !slices.Contains(full, f.openID) {
			f.Tags = append(slices.Clip(f.Tags), tag)
			c.a.saveFan(f)
		}
	}
	if len(full) > 0 {
		e := fail(45171)
		e.fields = map[string]any{"fail_openid_list": full}
		return nil, e
	}
	return nil, nil
}

func untagFans(c *call) (any, error) {
	tag, list, err := c.members()
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if slices.Contains(f.Tags, tag) {
			f.Tags = without(f.Tags, tag)
			c.a.saveFan(f)
		}
	}
	return nil, nil
}
