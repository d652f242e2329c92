package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fanflow/wechat/api"
)

// fullArticle has every field.
func fullArticle() api.Article {
	return api.Article{
		Type: api.ArticleNews, Title: "标题", Author: "作者", Digest: "d", Content: `<p class="x">好 & 好</p>`, SourceURL: "https://example.com/?a=1&b=2", ThumbMediaID: "P1",
		NeedOpenComment: true, OnlyFansCanComment: true, PicCrop235x1: "0_0_1_0.5", PicCrop1x1: "0_0_0.5_1",
		ProductInfo: &api.ProductInfo{Footer: api.FooterProduct{Key: "K"}},
	}
}

const fullArticleJSON = `{"article_type":"news","title":"标题","author":"作者","digest":"d","content":"<p class=\"x\">好 & 好</p>","content_source_url":"https://example.com/?a=1&b=2","thumb_media_id":"P1",` +
	`"need_open_comment":1,"only_fans_can_comment":1,"pic_crop_235_1":"0_0_1_0.5","pic_crop_1_1":"0_0_0.5_1","product_info":{"footer_product_info":{"product_key":"K"}}}`

func pictures(n int) api.Article {
	a := api.Article{
		Type: api.ArticlePicture, Title: "t", Content: "c", ImageInfo: &api.ImageInfo{},
		CoverInfo: &api.CoverInfo{Crops: []api.Crop{{Ratio: "1_1", X1: "0.166454", Y1: "0", X2: "0.833545", Y2: "1"}}},
	}
	for range n {
		a.ImageInfo.Images = append(a.ImageInfo.Images, api.ArticleImage{MediaID: "P"})
	}
	return a
}

func TestDraftCalls(t *testing.T) {
	checkSamples(t, []sample{
		{
			name: "add", answer: `{"media_id":"D1"}`, got: "D1",
			want: `POST /cgi-bin/draft/add {"articles":[` + fullArticleJSON + `,{"title":"t","content":"c","thumb_media_id":"P"}]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.AddDraft(ctx, []api.Article{fullArticle(), {Title: "t", Content: "c", ThumbMediaID: "P"}})
			},
		},
		{
			name: "add pictures", answer: `{"media_id":"D2"}`, got: "D2",
			want: `POST /cgi-bin/draft/add {"articles":[{"article_type":"newspic","title":"t","content":"c","image_info":{"image_list":[{"image_media_id":"P"},{"image_media_id":"P"}]},` +
				`"cover_info":{"crop_percent_list":[{"ratio":"1_1","x1":"0.166454","y1":"0","x2":"0.833545","y2":"1"}]}}]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.AddDraft(ctx, []api.Article{pictures(2)})
			},
		},
		{
			name: "get", want: `POST /cgi-bin/draft/get {"media_id":"D1"}`,
			answer: `{"news_item":[` + strings.TrimSuffix(fullArticleJSON, "}") + `,"cover_info":{"crop_percent_list":[{"ratio":"2.35_1","x1":0.5,"y1":"0","x2":1,"y2":"1"}]},` +
				`"thumb_url":"http://t","url":"http://mp.weixin.qq.com/s?tmp"}]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.Draft(ctx, "D1") },
			got: func() []api.ArticleInfo {
				a := fullArticle()
				a.CoverInfo = &api.CoverInfo{Crops: []api.Crop{{Ratio: "2.35_1", X1: "0.5", Y1: "0", X2: "1", Y2: "1"}}}
				return []api.ArticleInfo{{Article: a, URL: "http://mp.weixin.qq.com/s?tmp", ThumbURL: "http://t"}}
			}(),
		},
		{
			name: "update", want: `POST /cgi-bin/draft/update {"media_id":"D1","index":0,"articles":` + fullArticleJSON + `}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.UpdateDraft(ctx, "D1", 0, fullArticle()) }),
		},
		{
			name: "delete", want: `POST /cgi-bin/draft/delete {"media_id":"D1"}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeleteDraft(ctx, "D1") }),
		},
		{
			name: "count", want: `GET /cgi-bin/draft/count`, answer: `{"total_count":7}`, got: 7,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.CountDrafts(ctx) },
		},
		{
			name: "list", want: `POST /cgi-bin/draft/batchget {"offset":0,"count":20,"no_content":1}`,
			answer: `{"total_count":1,"item_count":1,"item":[{"media_id":"D1","content":{"news_item":[{"title":"t","content":"","thumb_media_id":"P"}]},"update_time":1700000001}]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Drafts(ctx, 0, 20, true) },
			got: api.DraftPage{Total: 1, Items: []api.DraftItem{{
				MediaID: "D1", Articles: []api.ArticleInfo{{Article: api.Article{Title: "t", ThumbMediaID: "P"}}}, UpdatedAt: time.Unix(1700000001, 0).UTC(),
			}}},
		},
		{
			name: "switch asked", want: `POST /cgi-bin/draft/switch?checkonly=1`, answer: `{"errcode":0,"errmsg":"ok","is_open":1}`, got: true,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.DraftsOpen(ctx) },
		},
		{
			name: "switch", want: `POST /cgi-bin/draft/switch`, answer: `{"errcode":0,"errmsg":"ok"}`, got: true,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.OpenDrafts(ctx) },
		},
		{
			name: "switch that stays", want: `POST /cgi-bin/draft/switch`, answer: `{"errcode":0,"errmsg":"ok","is_open":0}`, got: false,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.OpenDrafts(ctx) },
		},
	})
}

func TestPublishCalls(t *testing.T) {
	checkSamples(t, []sample{
		{
			name: "submit", want: `POST /cgi-bin/freepublish/submit {"media_id":"D1"}`,
			answer: `{"errcode":0,"errmsg":"ok","publish_id":"100000001","msg_data_id":2247483675}`, got: api.Publication{ID: "100000001", MsgDataID: "2247483675"},
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.Publish(ctx, "D1") },
		},
		{
			name: "submit, number", want: `POST /cgi-bin/freepublish/submit {"media_id":"D1"}`,
			answer: `{"errcode":0,"errmsg":"ok","publish_id":1988810812324364291}`, got: api.Publication{ID: "1988810812324364291"},
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.Publish(ctx, "D1") },
		},
		{
			name: "done", want: `POST /cgi-bin/freepublish/get {"publish_id":"100000001"}`,
			answer: `{"publish_id":"100000001","publish_status":0,"article_id":"A1","article_detail":{"count":1,"item":[{"idx":1,"article_url":"http://mp"}]},"fail_idx":[]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.PublishStatus(ctx, "100000001") },
			got:    api.PublishStatus{ID: "100000001", State: api.PublishDone, ArticleID: "A1", Articles: []api.PublishedURL{{Index: 1, URL: "http://mp"}}, Failed: []int{}},
		},
		{
			name: "not original", want: `POST /cgi-bin/freepublish/get {"publish_id":"100000001"}`,
			answer: `{"publish_id":"100000001","publish_status":2,"fail_idx":[1,2]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.PublishStatus(ctx, "100000001") },
			got:    api.PublishStatus{ID: "100000001", State: api.PublishNotOriginal, Failed: []int{1, 2}},
		},
		{
			name: "delete one", want: `POST /cgi-bin/freepublish/delete {"article_id":"A1","index":1}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeletePublished(ctx, "A1", 1) }),
		},
		{
			name: "delete all", want: `POST /cgi-bin/freepublish/delete {"article_id":"A1"}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeletePublished(ctx, "A1", 0) }),
		},
		{
			name: "articles", want: `POST /cgi-bin/freepublish/getarticle {"article_id":"A1"}`,
			answer: `{"news_item":[{"title":"t","content":"c","thumb_media_id":"P","url":"http://mp","is_deleted":true}]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.PublishedArticles(ctx, "A1") },
			got:    []api.ArticleInfo{{Article: api.Article{Title: "t", Content: "c", ThumbMediaID: "P"}, URL: "http://mp", Deleted: true}},
		},
		{
			name: "list", want: `POST /cgi-bin/freepublish/batchget {"offset":20,"count":1,"no_content":0}`,
			answer: `{"total_count":21,"item_count":1,"item":[{"article_id":"A1","content":{"news_item":[{"title":"t"}]},"update_time":1700000001}]}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Published(ctx, 20, 1, false) },
			got: api.PublishedPage{Total: 21, Items: []api.PublishedItem{{
				ArticleID: "A1", Articles: []api.ArticleInfo{{Article: api.Article{Title: "t"}}}, UpdatedAt: time.Unix(1700000001, 0).UTC(),
			}}},
		},
	})
}

func TestPublishStatesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for s := api.PublishDone; s <= api.PublishBanned+1; s++ {
		if name := s.String(); name == "" || seen[name] {
			t.Errorf("state %d is called %q", int(s), name)
		} else {
			seen[name] = true
		}
	}
}

func TestDraftsRefusedHere(t *testing.T) {
	add := func(articles ...api.Article) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.AddDraft(ctx, articles); return err }
	}
	with := func(change func(a *api.Article)) api.Article {
		a := fullArticle()
		change(&a)
		return a
	}
	refusedHere(t, map[string]func(context.Context, *api.Client) error{
		"no article":                    add(),
		"no title":                      add(with(func(a *api.Article) { a.Title = "" })),
		"0 characters in 0 bytes":       add(with(func(a *api.Article) { a.Content = "" })),
		"20000 characters in 60000":     add(with(func(a *api.Article) { a.Content = strings.Repeat("好", 20000) })),
		"no thumb_media_id":             add(fullArticle(), with(func(a *api.Article) { a.ThumbMediaID = "" })),
		`there is no article_type "x"`:  add(with(func(a *api.Article) { a.Type = "x" })),
		"0 pictures, 1 to 20":           add(pictures(0)),
		"21 pictures":                   add(pictures(21)),
		"an index below 0":              func(ctx context.Context, c *api.Client) error { return c.UpdateDraft(ctx, "D1", -1, fullArticle()) },
		"an article has no":             func(ctx context.Context, c *api.Client) error { return c.UpdateDraft(ctx, "D1", 0, api.Article{}) },
		"no media_id":                   func(ctx context.Context, c *api.Client) error { _, err := c.Publish(ctx, ""); return err },
		"no article_id":                 func(ctx context.Context, c *api.Client) error { return c.DeletePublished(ctx, "", 0) },
		"no publish_id":                 func(ctx context.Context, c *api.Client) error { _, err := c.PublishStatus(ctx, ""); return err },
		"0 items from 0 on, 1 to 20":    func(ctx context.Context, c *api.Client) error { _, err := c.Drafts(ctx, 0, 0, true); return err },
		"20 items from -1 on, 1 to 20 ": func(ctx context.Context, c *api.Client) error { _, err := c.Published(ctx, -1, 20, true); return err },
	})
}
