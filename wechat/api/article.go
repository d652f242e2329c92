package api

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// ArticleType says what an article is.
type ArticleType string

// The types of articles; "" is ArticleNews.
const (
	ArticleNews    ArticleType = "news"
	ArticlePicture ArticleType = "newspic" // pictures with a line of text
)

// Flag is a yes or no that the platform writes as 1 or 0.
type Flag bool

// MarshalJSON writes 1 or 0.
func (f Flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// UnmarshalJSON takes true and false, too, as the platform gives them in some answers.
func (f *Flag) UnmarshalJSON(doc []byte) error {
	switch s := string(doc); s {
	case "1", "true", `"1"`:
		*f = true
	case "0", "false", `"0"`, `""`, "null":
		*f = false
	default:
		return fmt.Errorf("%s is no flag", s)
	}
	return nil
}

// Article is one article of a draft. The page's edition of December 2025 allows 32 characters of title, 16 of author, 128 of digest
// and 1 KB of source URL; it names no code for more, and none is checked here.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add
type Article struct {
	Type         ArticleType `json:"article_type,omitempty"`
	Title        string      `json:"title"`
	Author       string      `json:"author,omitempty"`
	Digest       string      `json:"digest,omitempty"`             // "": the first 54 characters of the text
	Content      string      `json:"content"`                      // HTML without scripts, its pictures from UploadImage; less than 20,000 characters and 1 MB
	SourceURL    string      `json:"content_source_url,omitempty"` // behind "read the original"
	ThumbMediaID string      `json:"thumb_media_id,omitempty"`     // of permanent material; needed for ArticleNews

	NeedOpenComment    Flag `json:"need_open_comment,omitempty"`
	OnlyFansCanComment Flag `json:"only_fans_can_comment,omitempty"`

	// Where the cover is cut, X1_Y1_X2_Y2 in parts of its width and height. draft/get answers with CoverInfo instead.
	PicCrop235x1 string `json:"pic_crop_235_1,omitempty"`
	PicCrop1x1   string `json:"pic_crop_1_1,omitempty"`

	ImageInfo   *ImageInfo   `json:"image_info,omitempty"`   // of ArticlePicture
	CoverInfo   *CoverInfo   `json:"cover_info,omitempty"`   // of ArticlePicture
	ProductInfo *ProductInfo `json:"product_info,omitempty"` // 53404 to 53406
}

// ImageInfo are the pictures of an ArticlePicture, 1 to 20; the first is its cover.
type ImageInfo struct {
	Images []ArticleImage `json:"image_list"`
}

// ArticleImage is a picture of permanent material.
type ArticleImage struct {
	MediaID string `json:"image_media_id"`
}

// CoverInfo says where the cover is cut.
type CoverInfo struct {
	Crops []Crop `json:"crop_percent_list"`
}

// Crop is a part of a cover: 0 0 is its upper left corner, 1 1 its lower right one.
type Crop struct {
	Ratio string `json:"ratio"` // 1_1, 16_9, 2.35_1
	X1    string `json:"x1"`
	Y1    string `json:"y1"`
	X2    string `json:"x2"`
	Y2    string `json:"y2"`
}

// UnmarshalJSON takes numbers, too.
func (c *Crop) UnmarshalJSON(doc []byte) error {
	var in struct {
		Ratio          string
		X1, Y1, X2, Y2 looseID
	}
	if err := json.Unmarshal(doc, &in); err != nil {
		return err
	}
	*c = Crop{in.Ratio, string(in.X1), string(in.Y1), string(in.X2), string(in.Y2)}
	return nil
}

// ProductInfo is a product below an article.
type ProductInfo struct {
	Footer FooterProduct `json:"footer_product_info"`
}

// FooterProduct names a product.
type FooterProduct struct {
	Key string `json:"product_key"`
}

// ArticleInfo is an article as the platform gives it.
type ArticleInfo struct {
	Article
	URL          string `json:"url"` // of a draft for some time only
	ThumbURL     string `json:"thumb_url"`
	ShowCoverPic Flag   `json:"show_cover_pic"` // of older material
	Deleted      Flag   `json:"is_deleted"`     // of a published article
}

// check says whether the platform would take an article, as far as that can be known without it.
func (a Article) check(path string) error {
	images := 0
	if a.ImageInfo != nil {
		images = len(a.ImageInfo.Images)
	}
	n := utf8.RuneCountInString(a.Content)
	switch {
	case a.Type != "" && a.Type != ArticleNews && a.Type != ArticlePicture:
		return refuse(path, fmt.Sprintf("there is no article_type %q", a.Type))
	case a.Title == "":
		return refuse(path, "an article has no title")
	case a.Content == "" || n >= 20000 || len(a.Content) >= megabyte:
		return refuse(path, fmt.Sprintf("the content has %d characters in %d bytes, less than 20000 in less than 1048576 are allowed", n, len(a.Content)))
	case a.Type == ArticlePicture && (images < 1 || images > 20):
		return refuse(path, fmt.Sprintf("%d pictures, 1 to 20 are allowed", images))
	case a.Type != ArticlePicture && a.ThumbMediaID == "":
		return refuse(path, "an article has no thumb_media_id")
	}
	return nil
}
