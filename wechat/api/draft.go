package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// AddDraft keeps articles as a draft and returns its media id, of at most 128 characters. It dies when the draft is sent to
// many or published. 1000 calls a day; 45166: the content is refused; 53404 to 53406: the product is.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add
func (c *Client) AddDraft(ctx context.Context, articles []Article) (mediaID string, err error) {
	const path = "/cgi-bin/draft/add"
	if len(articles) == 0 {
		return "", refuse(path, "no article")
	}
	for _, a := range articles {
		if err := a.check(path); err != nil {
			return "", err
		}
	}
	var out media
	err = c.post(ctx, path, map[string]any{"articles": articles}, &out)
	return out.ID, err
}

// Draft gives the articles of a draft. 500 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_getdraft
func (c *Client) Draft(ctx context.Context, mediaID string) ([]ArticleInfo, error) {
	const path = "/cgi-bin/draft/get"
	if mediaID == "" {
		return nil, refuse(path, "no media_id")
	}
	var out struct {
		Articles []ArticleInfo `json:"news_item"`
	}
	err := c.post(ctx, path, media{mediaID}, &out)
	return out.Articles, err
}

// UpdateDraft puts another article in the place of one of a draft's, the first of which is 0 (40114). 1000 calls a day; 41039:
// the source URL; 45166: the content. Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_update
func (c *Client) UpdateDraft(ctx context.Context, mediaID string, index int, a Article) error {
	const path = "/cgi-bin/draft/update"
	if mediaID == "" || index < 0 {
		return refuse(path, "no media_id, or an index below 0")
	}
	if err := a.check(path); err != nil {
		return err
	}
	in := struct {
		MediaID string  `json:"media_id"`
		Index   int     `json:"index"`
		Article Article `json:"articles"`
	}{mediaID, index, a}
	return c.post(ctx, path, in, nil)
}

// DeleteDraft deletes a draft. 1000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_delete
func (c *Client) DeleteDraft(ctx context.Context, mediaID string) error {
	const path = "/cgi-bin/draft/delete"
	if mediaID == "" {
		return refuse(path, "no media_id")
	}
	return c.post(ctx, path, media{mediaID}, nil)
}

// CountDrafts counts the drafts. 1000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_count
func (c *Client) CountDrafts(ctx context.Context) (int, error) {
	var out struct {
		Total int `json:"total_count"`
	}
	err := c.get(ctx, "/cgi-bin/draft/count", url.Values{}, &out)
	return out.Total, err
}

// DraftPage is a part of the drafts.
type DraftPage struct {
	Total int
	Items []DraftItem
}

// DraftItem is one draft.
type DraftItem struct {
	MediaID   string
	Articles  []ArticleInfo
	UpdatedAt time.Time // UTC, seconds
}

// Drafts lists drafts from offset on, 1 to 20 of them; noContent leaves their Content out. 1000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_batchget
func (c *Client) Drafts(ctx context.Context, offset, count int, noContent bool) (DraftPage, error) {
	total, items, err := c.list(ctx, "/cgi-bin/draft/batchget", offset, count, withContent(noContent))
	page := DraftPage{Total: total}
	for _, i := range items {
		page.Items = append(page.Items, DraftItem{MediaID: i.MediaID, Articles: i.Content.Articles, UpdatedAt: unixTime(i.Updated)})
	}
	return page, err
}

func withContent(noContent bool) func(listRequest) any {
	return func(r listRequest) any {
		return struct {
			listRequest
			NoContent Flag `json:"no_content"`
		}{r, Flag(noContent)}
	}
}

// DraftsOpen reports whether the account has drafts at all; accounts were moved to them from 2021 on. The page calls the switch
// withdrawn: by now every account has them.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_switch
func (c *Client) DraftsOpen(ctx context.Context) (bool, error) {
	open, err := c.draftSwitch(ctx, url.Values{"checkonly": {"1"}})
	return open == "1", err
}

// OpenDrafts moves the account to drafts. There is no way back. See DraftsOpen.
func (c *Client) OpenDrafts(ctx context.Context) (open bool, err error) {
	state, err := c.draftSwitch(ctx, nil)
	return err == nil && state != "0", err // the page's example of a success has no is_open
}

// draftSwitch returns is_open, "" where the answer has none.
func (c *Client) draftSwitch(ctx context.Context, query url.Values) (open looseID, err error) {
	var out struct {
		Open looseID `json:"is_open"`
	}
	r, err := c.newRequest(http.MethodPost, "/cgi-bin/draft/switch", query, nil, &out)
	if err != nil {
		return "", err
	}
	err = c.do(ctx, r)
	return out.Open, err
}
