package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// materialRule is what is taken by material/add_material.
func materialRule(t MediaType) (fileRule, bool) {
	switch t {
	case MediaImage:
		return fileRule{10 * megabyte, []string{".bmp", ".png", ".jpeg", ".jpg", ".gif"}}, true
	case MediaVoice:
		return fileRule{2 * megabyte, []string{".mp3", ".wma", ".wav", ".amr"}}, true
	case MediaVideo:
		return fileRule{10 * megabyte, []string{".mp4"}}, true
	case MediaThumb:
		return fileRule{64 * kilobyte, []string{".jpg", ".jpeg"}}, true
	}
	return fileRule{}, false
}

// Material is permanent media of the account's library.
type Material struct {
	ID  string `json:"media_id"`
	URL string `json:"url"` // of an image; good in WeChat's own pages
}

const addMaterialPath = "/cgi-bin/material/add_material"

// AddMaterial adds an image (BMP, PNG, JPEG, GIF, 10 MB), a voice (MP3, WMA, WAV, AMR, 2 MB, 60 s) or a thumb (JPEG, 64 KB) to the
// library, which holds 100,000 images and 1000 of each other kind (45034).
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial
func (c *Client) AddMaterial(ctx context.Context, t MediaType, f File) (Material, error) {
	if t == MediaVideo {
		return Material{}, refuse(addMaterialPath, "a video needs a title: use AddVideo")
	}
	return c.addMaterial(ctx, t, f)
}

// AddVideo adds a video (MP4, 10 MB) to the library, with its title and what is said of it. See AddMaterial.
func (c *Client) AddVideo(ctx context.Context, f File, title, introduction string) (Material, error) {
	if title == "" {
		return Material{}, refuse(addMaterialPath, "a video needs a title")
	}
	description, err := encode(struct {
		Title        string `json:"title"`
		Introduction string `json:"introduction"`
	}{title, introduction})
	if err != nil {
		return Material{}, fmt.Errorf("%s: encode the description: %w", addMaterialPath, err)
	}
	return c.addMaterial(ctx, MediaVideo, f, part{name: "description", value: string(description)})
}

func (c *Client) addMaterial(ctx context.Context, t MediaType, f File, more ...part) (Material, error) {
	rule, ok := materialRule(t)
	if !ok {
		return Material{}, refuse(addMaterialPath, fmt.Sprintf("there is no material of type %q to add", t))
	}
	if err := rule.check(addMaterialPath, f); err != nil {
		return Material{}, err
	}
	var out Material
	err := c.upload(ctx, addMaterialPath, url.Values{"type": {string(t)}}, &out, append(more, part{name: "media", file: &f})...)
	return out, err
}

// MaterialContent is what is behind a permanent media id: articles, or a video's address, or a file.
type MaterialContent struct {
	Articles []ArticleInfo
	Video    *VideoMaterial
	File     Content
}

// VideoMaterial is a video of the library.
type VideoMaterial struct {
	Title       string
	Description string
	DownURL     string // fetched without a token
}

// DownloadMaterial gives what is behind a permanent media id. Only a file is written to w.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterial
func (c *Client) DownloadMaterial(ctx context.Context, mediaID string, w io.Writer) (MaterialContent, error) {
	const path = "/cgi-bin/material/get_material"
	if mediaID == "" {
		return MaterialContent{}, refuse(path, "no media_id")
	}
	r, err := c.newRequest(http.MethodPost, path, nil, media{mediaID}, nil)
	if err != nil {
		return MaterialContent{}, err
	}
	var out struct {
		Articles    []ArticleInfo `json:"news_item"`
		Title       string        `json:"title"`
		Description string        `json:"description"`
		DownURL     string        `json:"down_url"`
	}
	file, err := c.download(ctx, r, w, maxMedia, &out)
	if err != nil {
		return MaterialContent{}, err
	}
	got := MaterialContent{Articles: out.Articles, File: file}
	if out.DownURL != "" {
		got.Video = &VideoMaterial{Title: out.Title, Description: out.Description, DownURL: out.DownURL}
	}
	if got.Video == nil && got.Articles == nil && file.Size == 0 {
		return MaterialContent{}, &noAnswer{api: path, sent: true, err: errors.New("the answer is neither a file, nor a video, nor articles")}
	}
	return got, nil
}

// DeleteMaterial deletes permanent media. 48005: a menu or an automatic reply uses it.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_delmaterial
func (c *Client) DeleteMaterial(ctx context.Context, mediaID string) error {
	const path = "/cgi-bin/material/del_material"
	if mediaID == "" {
		return refuse(path, "no media_id")
	}
	return c.post(ctx, path, media{mediaID}, nil)
}

// MaterialCount is how much the library holds, what was made on the website included.
type MaterialCount struct {
	Voice int `json:"voice_count"`
	Video int `json:"video_count"`
	Image int `json:"image_count"`
	News  int `json:"news_count"`
}

// CountMaterial counts the library.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterialcount
func (c *Client) CountMaterial(ctx context.Context) (MaterialCount, error) {
	var out MaterialCount
	err := c.get(ctx, "/cgi-bin/material/get_materialcount", url.Values{}, &out)
	return out, err
}

// MaterialPage is a part of the library.
type MaterialPage struct {
	Total int
	Items []MaterialItem
}

// MaterialItem is one piece of the library.
type MaterialItem struct {
	MediaID   string
	Name      string        // of a file
	URL       string        // of a file
	Articles  []ArticleInfo // of news
	UpdatedAt time.Time     // UTC, seconds
}

// Materials lists images, videos, voices or news from offset on, 1 to 20 of them.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_batchgetmaterial
func (c *Client) Materials(ctx context.Context, t MediaType, offset, count int) (MaterialPage, error) {
	const path = "/cgi-bin/material/batchget_material"
	switch t {
	case MediaImage, MediaVideo, MediaVoice, MediaNews:
	default:
		return MaterialPage{}, refuse(path, fmt.Sprintf("there is no list of type %q", t))
	}
	total, items, err := c.list(ctx, path, offset, count, func(r listRequest) any {
		return struct {
			Type MediaType `json:"type"`
			listRequest
		}{t, r}
	})
	page := MaterialPage{Total: total}
	for _, i := range items {
		page.Items = append(page.Items, MaterialItem{MediaID: i.MediaID, Name: i.Name, URL: i.URL, Articles: i.Content.Articles, UpdatedAt: unixTime(i.Updated)})
	}
	return page, err
}

type listRequest struct {
	Offset int `json:"offset"`
	Count  int `json:"count"`
}

// listItem is one item of the lists of material, drafts and publications.
type listItem struct {
	MediaID   string `json:"media_id"`
	ArticleID string `json:"article_id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	Updated   int64  `json:"update_time"`
	Content   struct {
		Articles []ArticleInfo `json:"news_item"`
	} `json:"content"`
}

// list asks for a part of one of these lists.
func (c *Client) list(ctx context.Context, path string, offset, count int, in func(listRequest) any) (total int, items []listItem, err error) {
	if offset < 0 || count < 1 || count > 20 {
		return 0, nil, refuse(path, fmt.Sprintf("%d items from %d on, 1 to 20 from 0 on are allowed", count, offset))
	}
	var out struct {
		Total int        `json:"total_count"`
		Items []listItem `json:"item"`
	}
	err = c.post(ctx, path, in(listRequest{offset, count}), &out)
	return out.Total, out.Items, err
}
