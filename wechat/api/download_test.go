package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

// give serves a platform that answers with a file or a document.
func give(t *testing.T, ctype, disposition, body string, requests *[]string) *api.Client {
	t.Helper()
	p := play(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		query := r.URL.Query()
		query.Del("access_token")
		*requests = append(*requests, fmt.Sprintf("%s %s?%s", r.Method, r.URL.Path, query.Encode()))
		w.Header().Set("Content-Type", ctype)
		if disposition != "" {
			w.Header().Set("Content-Disposition", disposition)
		}
		say(w, body)
	})
	return p.client()
}

func TestDownloads(t *testing.T) {
	const picture = "\xff\xd8\xff\xe0 a picture of some bytes"
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": "M1.jpg"})
	media := func(ctx context.Context, c *api.Client, w io.Writer) (any, error) {
		return c.DownloadMedia(ctx, "M1", w)
	}
	voice := func(ctx context.Context, c *api.Client, w io.Writer) (any, error) {
		return c.DownloadVoice(ctx, "M1", w)
	}
	material := func(ctx context.Context, c *api.Client, w io.Writer) (any, error) {
		return c.DownloadMaterial(ctx, "M1", w)
	}
	content := api.Content{Type: "image/jpeg", Name: "M1.jpg", Size: int64(len(picture))}
	for _, tt := range []struct {
		name, ctype, body, want, written string
		call                             func(context.Context, *api.Client, io.Writer) (any, error)
		got                              any
	}{
		{"image", "image/jpeg", picture, "GET /cgi-bin/media/get?media_id=M1", picture, media, api.DownloadedMedia{Content: content}},
		{"video", "text/plain", `{"video_url":"http://v.example/1"}`, "GET /cgi-bin/media/get?media_id=M1", "", media, api.DownloadedMedia{VideoURL: "http://v.example/1"}},
		{"voice of the JS-SDK", "voice/speex", picture, "GET /cgi-bin/media/get/jssdk?media_id=M1", picture, voice, api.Content{Type: "voice/speex", Name: "M1.jpg", Size: int64(len(picture))}},
		{"material", "image/jpeg", picture, "POST /cgi-bin/material/get_material?", picture, material, api.MaterialContent{File: content}},
		{
			"material, video", "application/json", `{"title":"t","description":"d","down_url":"http://v.example/2"}`, "POST /cgi-bin/material/get_material?", "", material,
			api.MaterialContent{Video: &api.VideoMaterial{Title: "t", Description: "d", DownURL: "http://v.example/2"}},
		},
		{
			"material, articles", "text/plain", `{"news_item":[{"title":"t","thumb_media_id":"P1","show_cover_pic":1,"author":"a","digest":"d","content":"c","url":"http://mp","content_source_url":"http://s"}]}`,
			"POST /cgi-bin/material/get_material?", "", material,
			api.MaterialContent{Articles: []api.ArticleInfo{{
				Article: api.Article{Title: "t", ThumbMediaID: "P1", Author: "a", Digest: "d", Content: "c", SourceURL: "http://s"}, URL: "http://mp", ShowCoverPic: true,
			}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests []string
			var w bytes.Buffer
			got, err := tt.call(t.Context(), give(t, tt.ctype, disposition, tt.body, &requests), &w)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.got, got); diff != "" {
				t.Errorf("result (-want +got)\n%s", diff)
			}
			if w.String() != tt.written || len(requests) != 1 || requests[0] != tt.want {
				t.Errorf("%q, wrote %q", requests, w.String())
			}
		})
	}
	for name, call := range map[string]func(context.Context, *api.Client, io.Writer) (any, error){"media": media, "voice": voice, "material": material} {
		t.Run(name+" that is over", func(t *testing.T) {
			var requests []string
			var w bytes.Buffer
			_, err := call(t.Context(), give(t, "application/json", "", `{"errcode":40007,"errmsg":"invalid media_id"}`, &requests), &w)
			refused := new(api.Error)
			if !errors.As(err, &refused) || refused.Code != 40007 || w.Len() > 0 {
				t.Errorf("error %v, wrote %q", err, w.String())
			}
			if _, err := call(t.Context(), give(t, "application/json", "", `{"unknown":"answer"}`, &requests), &w); err == nil {
				t.Error("no error for an answer that holds nothing")
			}
		})
	}
}
