package simulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// libraryLimits is how many of a kind the library holds. Thumbs are counted apart: the pages say "other types".
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial.html
var libraryLimits = map[string]int{mediaImage: 100_000, mediaVoice: 1000, mediaVideo: 1000, mediaThumb: 1000}

// materialAdd answers material/add_material.
func materialAdd(c *call) (any, error) {
	u, err := c.upload()
	if err != nil {
		return nil, err
	}
	kind := c.r.URL.Query().Get("type")
	rule, ok := mediaRules[kind]
	if !ok {
		return nil, fail(40004)
	}
	m := &media{Kind: kind, Name: u.name, Lasting: true}
	if m.Format, err = rule.check(rule.lasting, u.name, u.body); err != nil {
		return nil, err
	}
	if kind == mediaVideo {
		var d struct {
			Title        string `json:"title"`
			Introduction string `json:"introduction"`
		}
		if json.Unmarshal([]byte(u.fields["description"]), &d) != nil || d.Title == "" {
			return nil, fail(47001)
		}
		m.Title, m.Introduction = d.Title, d.Introduction
	}
	limit := libraryLimits[kind]
	if n, ok := c.s.cfg.LibraryLimits[kind]; ok {
		limit = n
	}
	if c.a.libraryCount(kind) >= limit {
		return nil, fail(45034)
	}
	id, err := c.keep(m, u.body)
	if err != nil {
		return nil, err
	}
	answer := map[string]string{"media_id": id}
	if m.URL != "" {
		answer["url"] = m.URL
	}
	return answer, nil
}

// library are the ids of the library's media of a kind, newest first.
func (a *account) library(kind string) []string {
	ids := newestFirst(a.media, func(m *media) int64 { return m.Made.UnixMilli() })
	return slices.DeleteFunc(ids, func(id string) bool { m := a.media.rows[id]; return !m.Lasting || m.Kind != kind })
}

func (a *account) libraryCount(kind string) int {
	n := 0
	for _, m := range a.media.rows {
		if m.Lasting && m.Kind == kind {
			n++
		}
	}
	return n
}

// lasting finds the library's medium of the request's media_id.
func (c *call) lasting() (string, *media, error) {
	var req struct {
		MediaID string `json:"media_id"`
	}
	if err := c.decode(&req); err != nil {
		return "", nil, err
	}
	if req.MediaID == "" {
		return "", nil, fail(41006)
	}
	m := c.a.medium(req.MediaID, c.now)
	if m == nil || !m.Lasting {
		return "", nil, fail(40007)
	}
	return req.MediaID, m, nil
}

// materialGet answers material/get_material: the file, or of a video what is said of it. News material is no more: drafts took
// its place.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterial.html
func materialGet(c *call) (any, error) {
	id, m, err := c.lasting()
	if err != nil {
		return nil, err
	}
	if m.Kind == mediaVideo {
		return map[string]string{"title": m.Title, "description": m.Introduction, "down_url": c.base() + "/mmvideo/" + id}, nil
	}
	return c.file(id, m)
}

// materialDelete answers material/del_material. What a menu shows cannot be deleted.
func materialDelete(c *call) (any, error) {
	id, _, err := c.lasting()
	if err != nil {
		return nil, err
	}
	if c.a.inMenu(id) {
		return nil, fail(48005)
	}
	c.a.media.drop(id)
	c.a.shelf.drop(id)
	return nil, nil
}

// inMenu reports whether a record of the account's menus names the media id. Ids are long and random, so that the text alone
// tells.
func (a *account) inMenu(id string) bool {
	found := false
	for kind, t := range a.tables {
		if strings.Contains(kind, "menu") {
			t.emit(func(_, _, _ string, v any) { found = found || strings.Contains(string(marshal(v)), `"`+id+`"`) })
		}
	}
	return found
}

// materialCount answers material/get_materialcount. News material is no more, so that its count is 0.
func materialCount(c *call) (any, error) {
	return map[string]int{
		"voice_count": c.a.libraryCount(mediaVoice), "video_count": c.a.libraryCount(mediaVideo),
		"image_count": c.a.libraryCount(mediaImage), "news_count": 0,
	}, nil
}

// listRequest is the part of a list that is asked for.
type listRequest struct {
	Offset    int `json:"offset"`
	Count     int `json:"count"` // 1 to 20
	NoContent int `json:"no_content"`
}

func (r listRequest) check() error {
	if r.Offset < 0 || r.Count < 1 || r.Count > 20 {
		return fail(40097)
	}
	return nil
}

// part is the asked part of a list.
func part[T any](all []T, r listRequest) []T {
	from := min(r.Offset, len(all))
	return all[from:min(from+r.Count, len(all))]
}

// materialList answers material/batchget_material.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_batchgetmaterial.html
func materialList(c *call) (any, error) {
	var req struct {
		listRequest
		Type string `json:"type"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{mediaImage, mediaVoice, mediaVideo, mediaNews}, req.Type) {
		return nil, fail(40004)
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	all := c.a.library(req.Type)
	items := []map[string]any{}
	for _, id := range part(all, req.listRequest) {
		m := c.a.media.rows[id]
		item := map[string]any{"media_id": id, "name": m.Name, "update_time": m.Made.Unix()}
		if m.URL != "" {
			item["url"] = m.URL
		}
		items = append(items, item)
	}
	return map[string]any{"total_count": len(all), "item_count": len(items), "item": items}, nil
}

// newestFirst are the ids of a table by what made says, the largest first.
func newestFirst[V any](t *table[V], made func(V) int64) []string {
	ids := slices.Collect(maps.Keys(t.rows))
	slices.SortFunc(ids, func(x, y string) int {
		if d := made(t.rows[y]) - made(t.rows[x]); d != 0 {
			return int(max(min(d, 1), -1))
		}
		return strings.Compare(x, y)
	})
	return ids
}
