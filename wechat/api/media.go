package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// MediaType is a kind of media.
type MediaType string

// The kinds of media.
const (
	MediaImage MediaType = "image"
	MediaVoice MediaType = "voice"
	MediaVideo MediaType = "video"
	MediaThumb MediaType = "thumb" // the picture of a video or of music
	MediaNews  MediaType = "news"  // articles; only in lists of material
)

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20

	// maxMedia bounds a download: twice what may be uploaded.
	maxMedia = 20 * megabyte
)

// MediaLife is how long temporary media is kept after its upload.
const MediaLife = 3 * 24 * time.Hour

// fileRule is what files of a kind are taken.
type fileRule struct {
	most       int64    // bytes
	extensions []string // lower case, with the dot
}

// check says whether a file would be taken, as far as its name and size tell. Length and format of what it holds are the
// platform's to judge (40005, 40006, 40009 to 40012, 40113, 40137, 45001).
func (r fileRule) check(api string, f File) error {
	if f.Size <= 0 || f.Size > r.most {
		return refuse(api, fmt.Sprintf("the file has %d bytes, 1 to %d are allowed", f.Size, r.most))
	}
	if ext := strings.ToLower(path.Ext(f.Name)); !slices.Contains(r.extensions, ext) {
		return refuse(api, fmt.Sprintf("a file of type %q, allowed are %s", ext, strings.Join(r.extensions, " ")))
	}
	return nil
}

// temporaryRule is what is taken by media/upload. Of images its page says 10 MB and, in its notes, 2 MB.
func temporaryRule(t MediaType) (fileRule, bool) {
	switch t {
	case MediaImage:
		return fileRule{10 * megabyte, []string{".png", ".jpeg", ".jpg", ".gif"}}, true
	case MediaVoice:
		return fileRule{2 * megabyte, []string{".amr", ".mp3"}}, true
	case MediaVideo:
		return fileRule{10 * megabyte, []string{".mp4"}}, true
	case MediaThumb:
		return fileRule{64 * kilobyte, []string{".jpg", ".jpeg"}}, true
	}
	return fileRule{}, false
}

// UploadedMedia is temporary media; it may be sent any number of times until it expires (40007).
type UploadedMedia struct {
	Type      MediaType
	ID        string    // media_id, of a thumb thumb_media_id
	CreatedAt time.Time // UTC, seconds
	ExpiresAt time.Time // CreatedAt and MediaLife
}

// UploadMedia uploads temporary media: an image (PNG, JPEG, GIF, 10 MB), a voice (AMR, MP3, 2 MB, 60 s), a video (MP4, 10 MB) or
// a thumb (JPEG, 64 KB). 100,000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
func (c *Client) UploadMedia(ctx context.Context, t MediaType, f File) (UploadedMedia, error) {
	const path = "/cgi-bin/media/upload"
	rule, ok := temporaryRule(t)
	if !ok {
		return UploadedMedia{}, refuse(path, fmt.Sprintf("there is no temporary media of type %q", t))
	}
	if err := rule.check(path, f); err != nil {
		return UploadedMedia{}, err
	}
	var out struct {
		Type    MediaType `json:"type"`
		ID      string    `json:"media_id"`
		Thumb   string    `json:"thumb_media_id"`
		Created looseInt  `json:"created_at"`
	}
	if err := c.upload(ctx, path, url.Values{"type": {string(t)}}, &out, part{name: "media", file: &f}); err != nil {
		return UploadedMedia{}, err
	}
	m := UploadedMedia{Type: out.Type, ID: out.ID, CreatedAt: unixTime(int64(out.Created))}
	if m.ID == "" {
		m.ID = out.Thumb
	}
	if m.ID == "" {
		return UploadedMedia{}, &noAnswer{api: path, sent: true, err: errors.New("the answer holds no media_id")}
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = c.token.now().UTC().Truncate(time.Second)
	}
	m.ExpiresAt = m.CreatedAt.Add(MediaLife)
	return m, nil
}

// DownloadedMedia is what DownloadMedia got: a file, or of a video the address of it.
type DownloadedMedia struct {
	Content
	VideoURL string // fetched without a token
}

// DownloadMedia writes temporary media, which the account has uploaded or a fan has sent, to w. Of a video nothing is written:
// its address comes back. 40007: it is over or never was. 200,000 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia
func (c *Client) DownloadMedia(ctx context.Context, mediaID string, w io.Writer) (DownloadedMedia, error) {
	var out struct {
		VideoURL string `json:"video_url"`
	}
	got, err := c.downloadMedia(ctx, "/cgi-bin/media/get", mediaID, w, &out)
	if err == nil && got.Size == 0 && out.VideoURL == "" {
		err = &noAnswer{api: "/cgi-bin/media/get", sent: true, err: errors.New("the answer is neither a file nor a video_url")}
	}
	return DownloadedMedia{Content: got, VideoURL: out.VideoURL}, err
}

// DownloadVoice writes a voice that was recorded by the JS-SDK to w, in Speex at 16 kHz.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_gethdvoice
func (c *Client) DownloadVoice(ctx context.Context, mediaID string, w io.Writer) (Content, error) {
	const path = "/cgi-bin/media/get/jssdk"
	got, err := c.downloadMedia(ctx, path, mediaID, w, nil)
	if err == nil && got.Size == 0 {
		err = &noAnswer{api: path, sent: true, err: errors.New("the answer is no file")}
	}
	return got, err
}

func (c *Client) downloadMedia(ctx context.Context, path, mediaID string, w io.Writer, out any) (Content, error) {
	if mediaID == "" {
		return Content{}, refuse(path, "no media_id")
	}
	r, err := c.newRequest(http.MethodGet, path, url.Values{"media_id": {mediaID}}, nil, nil)
	if err != nil {
		return Content{}, err
	}
	return c.download(ctx, r, w, maxMedia, out)
}

// UploadImage uploads a picture (JPEG or PNG, less than 1 MB, 40009) for the text of an article and returns its address. It does
// not count in the library. Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage
func (c *Client) UploadImage(ctx context.Context, f File) (address string, err error) {
	const path = "/cgi-bin/media/uploadimg"
	if err := (fileRule{megabyte - 1, []string{".jpg", ".jpeg", ".png"}}).check(path, f); err != nil {
		return "", err
	}
	var out struct {
		URL string `json:"url"`
	}
	err = c.upload(ctx, path, nil, &out, part{name: "media", file: &f})
	return out.URL, err
}
