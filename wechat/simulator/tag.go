package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// tagEndpoints are tags and their fans.
func tagEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/cgi-bin/tags/create":    {method: http.MethodPost, right: rightUsers, handle: tagCreate},
		"/cgi-bin/tags/get":       {method: http.MethodGet, right: rightUsers, handle: tagList},
		"/cgi-bin/tags/update":    {method: http.MethodPost, right: rightUsers, handle: tagUpdate},
		"/cgi-bin/tags/delete":    {method: http.MethodPost, right: rightUsers, handle: tagDelete},
		"/cgi-bin/tags/getidlist": {method: http.MethodPost, right: rightUsers, handle: tagsOfFan},
	}
	maps.Copy(all, memberEndpoints())
	return all
}

// Limits of tags.
// Source: developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag.html
const (
	maxTags       = 100
	maxTagName    = 30 // characters
	maxTagsOfFan  = 20
	maxTagOpenIDs = 50 // in one call
)

// systemTags are the platform's own; 2 is the one that the website calls starred.
var systemTags = map[int]string{0: "未分组", 1: "黑名单", 2: "星标组"}

type tagAnswer struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Count *int   `json:"count,omitempty"`
}

type tagRequest struct {
	Tag struct {
		ID   json.RawMessage `json:"id"`
		Name string          `json:"name"`
	} `json:"tag"`
}

func (a *account) hasTag(id int) bool {
	_, ours := a.tags[id]
	_, theirs := systemTags[id]
	return ours || theirs
}

// tagName checks a name for a tag; a name that another tag has is taken.
func (a *account) tagName(name string, except int) error {
	if name == "" {
		return fail(45157)
	}
	if utf8.RuneCountInString(name) > maxTagName {
		return fail(45158)
	}
	for id, other := range a.tags {
		if other == name && id != except {
			return fail(45157)
		}
	}
	return nil
}

func tagCreate(c *call) (any, error) {
	var req tagRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.a.tagName(req.Tag.Name, -1); err != nil {
		return nil, err
	}
	if len(c.a.tags) >= maxTags {
		return nil, fail(45056)
	}
	c.a.lastTag++
	c.a.saveTag(c.a.lastTag, req.Tag.Name)
	return map[string]any{"tag": tagAnswer{ID: c.a.lastTag, Name: req.Tag.Name}}, nil
}

func (a *account) saveTag(id int, name string) {
	a.tags[id] = name
	a.file.put("tag", a.AppID, strconv.Itoa(id), name)
}

func tagList(c *call) (any, error) {
	n := map[int]int{}
	for _, f := range c.a.fans {
		for _, id := range f.Tags {
			n[id]++
		}
	}
	starred := n[2]
	list := []tagAnswer{{ID: 2, Name: systemTags[2], Count: &starred}}
	for _, id := range slices.Sorted(maps.Keys(c.a.tags)) {
		count := n[id]
		list = append(list, tagAnswer{ID: id, Name: c.a.tags[id], Count: &count})
	}
	return map[string]any{"tags": list}, nil
}

// ownTag reads the request of update and delete: a tag of the account's own.
func (c *call) ownTag() (int, string, error) {
	var req tagRequest
	if err := c.decode(&req); err != nil {
		return 0, "", err
	}
	id, ok := tagNumber(req.Tag.ID)
	if _, system := systemTags[id]; ok && system {
		return 0, "", fail(45058)
	}
	if _, ours := c.a.tags[id]; !ok || !ours {
		return 0, "", fail(45159)
	}
	return id, req.Tag.Name, nil
}

func tagUpdate(c *call) (any, error) {
	id, name, err := c.ownTag()
	if err != nil {
		return nil, err
	}
	if err := c.a.tagName(name, id); err != nil {
		return nil, err
	}
	c.a.saveTag(id, name)
	return nil, nil
}

func tagDelete(c *call) (any, error) {
	id, _, err := c.ownTag()
	if err != nil {
		return nil, err
	}
	fans := c.a.tagged(id)
	if len(fans) > c.s.cfg.Figures.TagFans {
		return nil, fail(45057)
	}
	for _, f := range fans {
		f.Tags = without(f.Tags, id)
		c.a.saveFan(f)
	}
	delete(c.a.tags, id)
	c.a.file.drop("tag", c.a.AppID, strconv.Itoa(id))
	return nil, nil
}

func tagsOfFan(c *call) (any, error) {
	var req struct {
		OpenID string `json:"openid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.OpenID]
	if f == nil || !f.Subscribed {
		return nil, fail(40003)
	}
	return map[string][]int{"tagid_list": append([]int{}, f.Tags...)}, nil
}

// without is a copy of tags without one: answers on their way may still read the old slice.
func without(tags []int, tag int) []int {
	return slices.DeleteFunc(slices.Clone(tags), func(id int) bool { return id == tag })
}

// tagNumber reads a tag's id, a number or a number as a string.
func tagNumber(raw json.RawMessage) (int, bool) {
	var n json.Number // takes both
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil {
		return 0, false
	}
	id, err := strconv.Atoi(n.String())
	return id, err == nil
}
