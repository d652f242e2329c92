package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// draftEndpoints are drafts and publishing.
// Source of the figures: developers.weixin.qq.com/doc/service/guide/dev/api/limit.html
func draftEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/draft/add":      {method: http.MethodPost, right: rightDraft, daily: 1000, maxBody: maxUpload, handle: draftAdd},
		"/cgi-bin/draft/get":      {method: http.MethodPost, right: rightDraft, daily: 500, handle: draftGet},
		"/cgi-bin/draft/update":   {method: http.MethodPost, right: rightDraft, daily: 1000, maxBody: maxUpload, handle: draftUpdate},
		"/cgi-bin/draft/delete":   {method: http.MethodPost, right: rightDraft, daily: 1000, handle: draftDelete},
		"/cgi-bin/draft/count":    {method: http.MethodGet, right: rightDraft, daily: 1000, handle: draftCount},
		"/cgi-bin/draft/batchget": {method: http.MethodPost, right: rightDraft, daily: 1000, handle: draftList},
		"/cgi-bin/draft/switch":   {method: http.MethodPost, right: rightDraft, handle: draftSwitch},

		"/cgi-bin/freepublish/submit":     {method: http.MethodPost, right: rightPublish, daily: 100, handle: publishSubmit},
		"/cgi-bin/freepublish/get":        {method: http.MethodPost, right: rightPublish, daily: 100, handle: publishGet},
		"/cgi-bin/freepublish/delete":     {method: http.MethodPost, right: rightPublish, daily: 10, handle: publishDelete},
		"/cgi-bin/freepublish/getarticle": {method: http.MethodPost, right: rightPublish, daily: 100, handle: publishArticle},
		"/cgi-bin/freepublish/batchget":   {method: http.MethodPost, right: rightPublish, daily: 100, handle: publishList},
	}
}

// draft is one draft of up to eight articles.
type draft struct {
	Articles []article `json:"articles"`
	Made     time.Time `json:"made"`
	Updated  time.Time `json:"updated"`
}

// draftArticles are the articles of a draft; the error of a media id that stands for none is 40007. The lock is held.
func (a *account) draftArticles(mediaID string) ([]article, error) {
	if mediaID == "" {
		return nil, fail(41006)
	}
	d, ok := a.drafts.get(mediaID)
	if !ok {
		return nil, fail(40007)
	}
	return slices.Clone(d.Articles), nil
}

// takeDraft is draftArticles for a mass send: the draft leaves the draft box and its media id dies. The lock is held.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add.html
func (a *account) takeDraft(mediaID string) ([]article, error) {
	list, err := a.draftArticles(mediaID)
	if err == nil {
		a.drafts.drop(mediaID)
	}
	return list, err
}

// draftAdd answers draft/add.
func draftAdd(c *call) (any, error) {
	var req struct {
		Articles []article `json:"articles"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case len(req.Articles) == 0:
		return nil, fail(44003)
	case len(req.Articles) > maxArticles:
		return nil, fail(45008)
	}
	for i := range req.Articles {
		if err := c.a.check(&req.Articles[i], len(req.Articles) == 1); err != nil {
			return nil, err
		}
	}
	id := newMediaID()
	c.a.drafts.put(id, &draft{Articles: req.Articles, Made: c.now, Updated: c.now})
	return map[string]string{"media_id": id}, nil
}

// previewed are articles with the address under which a draft's can be looked at.
func (c *call) previewed(mediaID string, list []article, withoutContent bool) []article {
	list = slices.Clone(list)
	for i := range list {
		list[i].URL = fmt.Sprintf("%s/s/%s?idx=%d", c.base(), mediaID, i+1)
		if withoutContent {
			list[i].Content = ""
		}
	}
	return list
}

// mediaIDRequest is the body of calls that name a draft.
type mediaIDRequest struct {
	MediaID string `json:"media_id"`
}

// draftGet answers draft/get.
func draftGet(c *call) (any, error) {
	var req mediaIDRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	list, err := c.a.draftArticles(req.MediaID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"news_item": c.previewed(req.MediaID, list, false)}, nil
}

// draftUpdate answers draft/update: one article, whose index counts from 0, is replaced.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_update.html
func draftUpdate(c *call) (any, error) {
	var req struct {
		MediaID  string          `json:"media_id"`
		Index    int             `json:"index"`
		Articles json.RawMessage `json:"articles"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	list, err := c.a.draftArticles(req.MediaID)
	if err != nil {
		return nil, err
	}
	var v article
	if err := unmarshal(req.Articles, &v); err != nil {
		return nil, err
	}
	if req.Index < 0 || req.Index >= len(list) {
		return nil, fail(40114)
	}
	if err := c.a.check(&v, len(list) == 1); err != nil {
		return nil, err
	}
	list[req.Index] = v
	d, _ := c.a.drafts.get(req.MediaID)
	c.a.drafts.put(req.MediaID, &draft{Articles: list, Made: d.Made, Updated: c.now})
	return nil, nil
}

// draftDelete answers draft/delete.
func draftDelete(c *call) (any, error) {
	var req mediaIDRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	_, err := c.a.takeDraft(req.MediaID)
	return nil, err
}

// draftCount answers draft/count.
func draftCount(c *call) (any, error) {
	return map[string]int{"total_count": len(c.a.drafts.rows)}, nil
}

// draftList answers draft/batchget, the last changed first.
func draftList(c *call) (any, error) {
	var req listRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	all := newestFirst(c.a.drafts, func(d *draft) int64 { return d.Updated.UnixMilli() })
	items := []any{}
	for _, id := range part(all, req) {
		d := c.a.drafts.rows[id]
		content := map[string]any{
			"news_item":   c.previewed(id, d.Articles, req.NoContent == 1),
			"create_time": d.Made.Unix(), "update_time": d.Updated.Unix(),
		}
		items = append(items, map[string]any{"media_id": id, "content": content, "update_time": d.Updated.Unix()})
	}
	return map[string]any{"total_count": len(all), "item_count": len(items), "item": items}, nil
}

// draftSwitch answers draft/switch. The box was handed out to accounts one by one; by now every account has it. Without checkonly
// the answer has no is_open in the page's example, although its table has.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_switch.html
func draftSwitch(c *call) (any, error) {
	if c.r.URL.Query().Get("checkonly") != "1" {
		return nil, nil
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "is_open": 1}, nil
}
