package api

import (
	"context"
	"fmt"
	"time"
)

// PublishState is how far a publication is.
type PublishState int

// The states. Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_get
const (
	PublishDone           PublishState = 0
	PublishRunning        PublishState = 1
	PublishNotOriginal    PublishState = 2 // the claim to be original failed
	PublishFailed         PublishState = 3 // otherwise
	PublishRefused        PublishState = 4 // by review
	PublishDeletedByOwner PublishState = 5 // after success
	PublishBanned         PublishState = 6 // after success
)

// String names the state.
func (s PublishState) String() string {
	switch s {
	case PublishDone:
		return "done"
	case PublishRunning:
		return "running"
	case PublishNotOriginal:
		return "not original"
	case PublishFailed:
		return "failed"
	case PublishRefused:
		return "refused"
	case PublishDeletedByOwner:
		return "deleted by its owner"
	case PublishBanned:
		return "banned"
	}
	return fmt.Sprintf("state %d", int(s))
}

// Publication is a draft on its way: Publish was taken, and PUBLISHJOBFINISH or PublishStatus says what became of it.
type Publication struct {
	ID        string // publish_id
	MsgDataID string // of the articles, as in the data cube
}

// Publish publishes a draft, whose media id dies. Nothing is pushed to followers. 100 calls a day. 53503: the draft does not pass
// the checks; 53504: publish it on the website; 53505: save it by hand first. From July 2025 on individual, unverified and
// unverifiable accounts have none of the calls of publishing (48001).
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit
func (c *Client) Publish(ctx context.Context, mediaID string) (Publication, error) {
	const path = "/cgi-bin/freepublish/submit"
	if mediaID == "" {
		return Publication{}, refuse(path, "no media_id")
	}
	var out struct {
		ID        looseID `json:"publish_id"`
		MsgDataID looseID `json:"msg_data_id"`
	}
	err := c.post(ctx, path, media{mediaID}, &out)
	return Publication{ID: string(out.ID), MsgDataID: string(out.MsgDataID)}, err
}

// PublishStatus is what became of a publication.
type PublishStatus struct {
	ID        string
	State     PublishState
	ArticleID string // when done
	Articles  []PublishedURL
	Failed    []int // places of the articles that failed, from 1 on, where it is not original or failed
}

// PublishedURL is where one of the articles is; the first has Index 1.
type PublishedURL struct {
	Index int    `json:"idx"`
	URL   string `json:"article_url"`
}

// PublishStatus asks what became of a publication. 100 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_get
func (c *Client) PublishStatus(ctx context.Context, publishID string) (PublishStatus, error) {
	const path = "/cgi-bin/freepublish/get"
	if publishID == "" {
		return PublishStatus{}, refuse(path, "no publish_id")
	}
	var out struct {
		ID        looseID      `json:"publish_id"`
		State     PublishState `json:"publish_status"`
		ArticleID string       `json:"article_id"`
		Detail    struct {
			Items []PublishedURL `json:"item"`
		} `json:"article_detail"`
		Failed []int `json:"fail_idx"`
	}
	err := c.post(ctx, path, map[string]string{"publish_id": publishID}, &out)
	return PublishStatus{ID: string(out.ID), State: out.State, ArticleID: out.ArticleID, Articles: out.Detail.Items, Failed: out.Failed}, err
}

// DeletePublished deletes the article in this place, from 1 on, or with 0 all of them, for ever. 10 calls a day; 53600: there is
// no such article. Source: developers.weixin.qq.com/doc/service/api/public/api_freepublishdelete
func (c *Client) DeletePublished(ctx context.Context, articleID string, index int) error {
	const path = "/cgi-bin/freepublish/delete"
	if articleID == "" || index < 0 {
		return refuse(path, "no article_id, or an index below 0")
	}
	in := struct {
		ArticleID string `json:"article_id"`
		Index     int    `json:"index,omitempty"`
	}{articleID, index}
	return c.post(ctx, path, in, nil)
}

// PublishedArticles gives the articles of a publication. 100 calls a day; 53600: there is no such article.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublishgetarticle
func (c *Client) PublishedArticles(ctx context.Context, articleID string) ([]ArticleInfo, error) {
	const path = "/cgi-bin/freepublish/getarticle"
	if articleID == "" {
		return nil, refuse(path, "no article_id")
	}
	var out struct {
		Articles []ArticleInfo `json:"news_item"`
	}
	err := c.post(ctx, path, map[string]string{"article_id": articleID}, &out)
	return out.Articles, err
}

// PublishedPage is a part of what was published.
type PublishedPage struct {
	Total int
	Items []PublishedItem
}

// PublishedItem is one publication.
type PublishedItem struct {
	ArticleID string
	Articles  []ArticleInfo
	UpdatedAt time.Time // UTC, seconds
}

// Published lists what was published from offset on, 1 to 20 of them; noContent leaves the Content out. 100 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_batchget
func (c *Client) Published(ctx context.Context, offset, count int, noContent bool) (PublishedPage, error) {
	total, items, err := c.list(ctx, "/cgi-bin/freepublish/batchget", offset, count, withContent(noContent))
	page := PublishedPage{Total: total}
	for _, i := range items {
		page.Items = append(page.Items, PublishedItem{ArticleID: i.ArticleID, Articles: i.Content.Articles, UpdatedAt: unixTime(i.Updated)})
	}
	return page, err
}
