package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

func file(name, content string) api.File {
	f, err := api.FileOf(name, strings.NewReader(content))
	if err != nil {
		panic(err)
	}
	return f
}

// sentForm is a multipart request as it came: its path with the query, and its parts.
type sentForm struct {
	Path  string
	Parts []sentPart
}

type sentPart struct{ Disposition, Type, Content string }

// takeForm serves a platform that answers one upload.
func takeForm(t *testing.T, answer string) (c *api.Client, form func() sentForm) {
	t.Helper()
	var got sentForm
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			say(w, `{"access_token":"token-1","expires_in":7200}`)
			return
		}
		query := r.URL.Query()
		if r.Method != "POST" || query.Get("access_token") != "token-1" || r.ContentLength <= 0 {
			t.Errorf("%s %s of %d bytes", r.Method, r.URL, r.ContentLength)
		}
		query.Del("access_token")
		got.Path = r.URL.Path + "?" + query.Encode()
		parts, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for {
			p, err := parts.NextPart()
			if err == io.EOF {
				break
			}
			content, err2 := io.ReadAll(p)
			if err != nil || err2 != nil {
				t.Error(err, err2)
				return
			}
			got.Parts = append(got.Parts, sentPart{p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), string(content)})
		}
		say(w, answer)
	}))
	t.Cleanup(server.Close)
	now := func() time.Time { return time.Unix(1700000000, 0) }
	return api.New(api.Config{AppID: appID, Secret: secret, BaseURL: server.URL, Now: now}), func() sentForm { return got }
}

func TestUploads(t *testing.T) {
	created := time.Unix(1690000000, 0).UTC()
	for _, tt := range []struct {
		name, answer string
		call         func(context.Context, *api.Client) (any, error)
		got          any
		want         sentForm
	}{
		{
			name: "image", answer: `{"type":"image","media_id":"M1","created_at":1690000000,"item":[]}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.UploadMedia(ctx, api.MediaImage, file(`a "b".PNG`, "\x89PNG"))
			},
			got:  api.UploadedMedia{Type: api.MediaImage, ID: "M1", CreatedAt: created, ExpiresAt: created.Add(72 * time.Hour)},
			want: sentForm{"/cgi-bin/media/upload?type=image", []sentPart{{`form-data; name="media"; filename="a \"b\".PNG"; filelength=4`, "image/png", "\x89PNG"}}},
		},
		{
			name: "thumb", answer: `{"type":"thumb","thumb_media_id":"M2","created_at":1690000000}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.UploadMedia(ctx, api.MediaThumb, file("a.jpg", "jpeg"))
			},
			got:  api.UploadedMedia{Type: api.MediaThumb, ID: "M2", CreatedAt: created, ExpiresAt: created.Add(72 * time.Hour)},
			want: sentForm{"/cgi-bin/media/upload?type=thumb", []sentPart{{`form-data; name="media"; filename="a.jpg"; filelength=4`, "image/jpeg", "jpeg"}}},
		},
		{
			name: "picture of an article", answer: `{"url":"http://mmbiz.qpic.cn/mmbiz/gLO17UPS6FS2xsypf378iaNhWacZ1G1UplZYWEYfwvuU6Ont96b1roYs"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.UploadImage(ctx, file("a.jpg", "jpeg"))
			},
			got:  "http://mmbiz.qpic.cn/mmbiz/gLO17UPS6FS2xsypf378iaNhWacZ1G1UplZYWEYfwvuU6Ont96b1roYs",
			want: sentForm{"/cgi-bin/media/uploadimg?", []sentPart{{`form-data; name="media"; filename="a.jpg"; filelength=4`, "image/jpeg", "jpeg"}}},
		},
		{
			name: "material", answer: `{"media_id":"P1","url":"http://mmbiz.qpic.cn/x"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				return c.AddMaterial(ctx, api.MediaImage, file("a.gif", "GIF"))
			},
			got:  api.Material{ID: "P1", URL: "http://mmbiz.qpic.cn/x"},
			want: sentForm{"/cgi-bin/material/add_material?type=image", []sentPart{{`form-data; name="media"; filename="a.gif"; filelength=3`, "image/gif", "GIF"}}},
		},
		{
			name: "video", answer: `{"media_id":"P2"}`,
			call: func(ctx context.Context, c *api.Client) (any, error) {
				f := file("a.mp4", "mp4")
				f.Type = "video/mp4" // not every system knows it by the name
				return c.AddVideo(ctx, f, "标题", "<好>&")
			},
			got: api.Material{ID: "P2"},
			want: sentForm{"/cgi-bin/material/add_material?type=video", []sentPart{
				{`form-data; name="description"`, "", `{"title":"标题","introduction":"<好>&"}`},
				{`form-data; name="media"; filename="a.mp4"; filelength=3`, "video/mp4", "mp4"},
			}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, form := takeForm(t, tt.answer)
			got, err := tt.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.got, got); diff != "" {
				t.Errorf("result (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, form()); diff != "" {
				t.Errorf("request (-want +got)\n%s", diff)
			}
		})
	}
	t.Run("nothing in the answer", func(t *testing.T) {
		c, _ := takeForm(t, `{}`)
		if m, err := c.UploadMedia(t.Context(), api.MediaImage, file("a.png", "x")); err == nil {
			t.Errorf("%+v, want an error", m)
		}
	})
}

func TestUploadsRefusedHere(t *testing.T) {
	upload := func(m api.MediaType, f api.File) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.UploadMedia(ctx, m, f); return err }
	}
	add := func(m api.MediaType, f api.File) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error { _, err := c.AddMaterial(ctx, m, f); return err }
	}
	sized := func(name string, size int64) api.File {
		f := file(name, "")
		f.Size = size
		return f
	}
	refusedHere(t, map[string]func(context.Context, *api.Client) error{
		`no temporary media of type "news"`:     upload(api.MediaNews, file("a.png", "x")),
		"10485761 bytes, 1 to 10485760":         upload(api.MediaImage, sized("a.png", 10<<20+1)),
		"2097153 bytes, 1 to 2097152":           upload(api.MediaVoice, sized("a.mp3", 2<<20+1)),
		"65537 bytes, 1 to 65536":               upload(api.MediaThumb, sized("a.jpg", 64<<10+1)),
		"0 bytes":                               upload(api.MediaVideo, sized("a.mp4", 0)),
		`of type ".bmp", allowed are .png`:      upload(api.MediaImage, file("a.bmp", "x")),
		`of type ".wav", allowed are .amr .mp3`: upload(api.MediaVoice, file("a.wav", "x")),
		`of type "", allowed are .mp4`:          upload(api.MediaVideo, file("mp4", "x")),
		"use AddVideo":                          add(api.MediaVideo, file("a.mp4", "x")),
		`of type ".tiff", allowed are .bmp`:     add(api.MediaImage, file("a.tiff", "x")),
		`no material of type "news"`:            add(api.MediaNews, file("a.png", "x")),
		"a video needs a title": func(ctx context.Context, c *api.Client) error {
			_, err := c.AddVideo(ctx, file("a.mp4", "x"), "", "")
			return err
		},
		"1048576 bytes, 1 to 1048575": func(ctx context.Context, c *api.Client) error {
			_, err := c.UploadImage(ctx, sized("a.png", 1<<20))
			return err
		},
		`of type ".gif", allowed are .jpg`: func(ctx context.Context, c *api.Client) error {
			_, err := c.UploadImage(ctx, file("a.gif", "x"))
			return err
		},
		"no media_id": func(ctx context.Context, c *api.Client) error {
			_, err := c.DownloadMedia(ctx, "", io.Discard)
			return err
		},
		"1 to 20 from 0 on": func(ctx context.Context, c *api.Client) error {
			_, err := c.Materials(ctx, api.MediaNews, 0, 21)
			return err
		},
		`there is no list of type "thumb"`: func(ctx context.Context, c *api.Client) error {
			_, err := c.Materials(ctx, api.MediaThumb, 0, 20)
			return err
		},
	})
}

// endless is a file of n bytes that are made while they are read, so that nobody needs to hold them.
type endless struct {
	left int64
	sum  hash.Hash
	seed byte
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.left))
	clear(p[:n])
	e.seed++ // no two blocks are the same
	p[0] = e.seed
	e.sum.Write(p[:n])
	e.left -= int64(n)
	return n, nil
}

func (e *endless) Close() error { return nil }

func TestUploadIsNotHeldInMemory(t *testing.T) {
	const size = 10 << 20
	var arrived [sha256.Size]byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			say(w, `{"access_token":"token-1","expires_in":7200}`)
			return
		}
		parts, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		p, err := parts.NextPart()
		if err != nil {
			t.Error(err)
			return
		}
		sum := sha256.New()
		if n, err := io.Copy(sum, p); n != size || err != nil {
			t.Errorf("%d bytes arrived, %v", n, err)
		}
		sum.Sum(arrived[:0])
		say(w, `{"type":"video","media_id":"M1","created_at":1690000000}`)
	}))
	defer server.Close()
	c := api.New(api.Config{AppID: appID, Secret: secret, BaseURL: server.URL})
	source := &endless{}
	var told, calls atomic.Int64
	f := api.File{
		Name: "a.mp4", Type: "video/mp4", Size: size,
		Open: func() (io.ReadCloser, error) {
			*source = endless{left: size, sum: sha256.New()}
			return source, nil
		},
		Sent: func(n int64) {
			if n < told.Load() || n > size {
				t.Errorf("%d bytes after %d", n, told.Load())
			}
			told.Store(n)
			calls.Add(1)
		},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.UploadMedia(t.Context(), api.MediaVideo, f); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	// TotalAlloc never shrinks: whoever held the file, or a part of it again and again, would show.
	if used := after.TotalAlloc - before.TotalAlloc; used > size/4 {
		t.Errorf("%d bytes were allocated for an upload of %d", used, size)
	}
	if told.Load() != size || calls.Load() < 10 || !bytes.Equal(source.sum.Sum(nil), arrived[:]) {
		t.Errorf("progress up to %d in %d steps; the same bytes: %v", told.Load(), calls.Load(), bytes.Equal(source.sum.Sum(nil), arrived[:]))
	}
}

func TestMaterialCalls(t *testing.T) {
	checkSamples(t, []sample{
		{
			name: "delete", want: `POST /cgi-bin/material/del_material {"media_id":"P1"}`,
			call: nothing(func(ctx context.Context, c *api.Client) error { return c.DeleteMaterial(ctx, "P1") }),
		},
		{
			name: "count", want: `GET /cgi-bin/material/get_materialcount`, answer: `{"voice_count":1,"video_count":2,"image_count":3,"news_count":4}`,
			call: func(ctx context.Context, c *api.Client) (any, error) { return c.CountMaterial(ctx) },
			got:  api.MaterialCount{Voice: 1, Video: 2, Image: 3, News: 4},
		},
		{
			name: "list", want: `POST /cgi-bin/material/batchget_material {"type":"image","offset":40,"count":20}`,
			answer: `{"item":[{"media_id":"P1","name":"a.jpg","update_time":1515377425,"url":"http://mmbiz.qpic.cn/1"}],"total_count":41,"item_count":1}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Materials(ctx, api.MediaImage, 40, 20) },
			got:    api.MaterialPage{Total: 41, Items: []api.MaterialItem{{MediaID: "P1", Name: "a.jpg", URL: "http://mmbiz.qpic.cn/1", UpdatedAt: time.Unix(1515377425, 0).UTC()}}},
		},
		{
			name: "list of news", want: `POST /cgi-bin/material/batchget_material {"type":"news","offset":0,"count":1}`,
			answer: `{"item":[{"media_id":"P1","content":{"news_item":[{"title":"t","thumb_media_id":"T","show_cover_pic":0,"content":"c","url":"http://mp"}],"create_time":1,"update_time":2},"update_time":1523352413}],"total_count":11,"item_count":1}`,
			call:   func(ctx context.Context, c *api.Client) (any, error) { return c.Materials(ctx, api.MediaNews, 0, 1) },
			got: api.MaterialPage{Total: 11, Items: []api.MaterialItem{{
				MediaID: "P1", UpdatedAt: time.Unix(1523352413, 0).UTC(),
				Articles: []api.ArticleInfo{{Article: api.Article{Title: "t", ThumbMediaID: "T", Content: "c"}, URL: "http://mp"}},
			}}},
		},
	})
}

func TestFlags(t *testing.T) {
	for doc, want := range map[string]api.Flag{`1`: true, `0`: false, `true`: true, `false`: false, `"1"`: true, `"0"`: false, `null`: false} {
		var got api.Flag
		if err := json.Unmarshal([]byte(doc), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v", doc, got, err)
		}
	}
	var got api.Flag
	if err := json.Unmarshal([]byte(`2`), &got); err == nil {
		t.Error("2 is a flag")
	}
}
