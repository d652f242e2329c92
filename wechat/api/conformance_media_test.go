package api_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// Files that begin as such files do.
var (
	pngFile  = "\x89PNG\r\n\x1a\n a picture"
	jpegFile = "\xff\xd8\xff\xe0 a picture"
	gifFile  = "GIF89a a picture"
	bmpFile  = "BM a picture"
	amrFile  = "#!AMR\n" + strings.Repeat("\x7c"+strings.Repeat("v", 31), 3) // 60 ms
	mp3File  = "ID3 a voice"
	mp4File  = "\x00\x00\x00\x18ftypmp42 a film"
)

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// sized is a file of exactly so many bytes.
func sized(begins string, size int) string { return begins + strings.Repeat("x", size-len(begins)) }

// mediaTable are temporary media, pictures of articles, and the library.
func mediaTable() []served { return slices.Concat(temporaryTable(), libraryTable()) }

// form posts a form without the client: the file, if it has a name, and what is said of a video, if anything is.
func (w *world) form(path, description, name, content string) error {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if description != "" {
		w.must(form.WriteField("description", description))
	}
	if name != "" {
		part, err := form.CreateFormFile("media", name)
		w.must(err)
		_, err = part.Write([]byte(content))
		w.must(err)
	}
	w.must(form.Close())
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.server.URL+path+"&access_token="+w.token(), &body)
	w.must(err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	refused := new(rawError)
	w.must(json.NewDecoder(resp.Body).Decode(refused))
	if refused.Code != 0 {
		return refused
	}
	return nil
}

// sending posts a form without the client.
func sending(path, name, content string) func(*world) error {
	return func(w *world) error { return w.form(path, "", name, content) }
}

// temporary uploads and returns the media id.
func (w *world) temporary(kind api.MediaType, name, content string) string {
	w.Helper()
	m, err := w.c.UploadMedia(w.Context(), kind, file(name, content))
	w.must(err)
	return m.ID
}

// material adds to the library and returns the media id.
func (w *world) material(kind api.MediaType, name, content string) string {
	w.Helper()
	m, err := w.c.AddMaterial(w.Context(), kind, file(name, content))
	w.must(err)
	return m.ID
}

// mistakenFiles are the rows of files that the platform does not take. upload sends one by the client; path is to be ended by its
// type.
func mistakenFiles(path string, upload func(*world, api.MediaType, api.File) error) []row {
	sent := func(kind api.MediaType, name, content string) func(*world) error {
		return func(w *world) error { return upload(w, kind, file(name, content)) }
	}
	var rows []row
	for _, f := range []struct {
		what, name, content string
		kind                api.MediaType
		code                int
	}{
		{"a picture of 10 MB and a byte", "a.png", sized(pngFile, 10*megabyte+1), api.MediaImage, 40009},
		{"a voice of 2 MB and a byte", "a.mp3", sized(mp3File, 2*megabyte+1), api.MediaVoice, 40010},
		{"a video of 10 MB and a byte", "a.mp4", sized(mp4File, 10*megabyte+1), api.MediaVideo, 40011},
		{"a thumb of 64 KB and a byte", "a.jpg", sized(jpegFile, 64*kilobyte+1), api.MediaThumb, 40012},
		{"a name of another kind", "a.txt", pngFile, api.MediaImage, 40005},
		{"nothing in it", "a.png", "", api.MediaImage, 44001},
		{"an unknown kind", "a.png", pngFile, "picture", 40004},
	} {
		rows = append(rows, twice(f.what, f.code, nil, sent(f.kind, f.name, f.content), sending(path+string(f.kind), f.name, f.content))...)
	}
	return append(rows,
		row{name: "another content than its name says", code: 40005, call: sent(api.MediaImage, "a.png", "no picture")},
		row{name: "a voice of more than a minute", code: 45007, call: sent(api.MediaVoice, "a.amr", "#!AMR\n"+strings.Repeat("\x7c"+strings.Repeat("v", 31), 3001))},
		row{name: "no file", code: 41005, call: sending(path+"image", "", "")},
		row{name: "no form", code: 41005, call: post(path+"image", `{}`)},
	)
}

// mistakenFileCodes are their codes.
var mistakenFileCodes = []int{40004, 40005, 40009, 40010, 40011, 40012, 41005, 44001, 45007}

func temporaryTable() []served {
	const upload, download, speech, inline = "/cgi-bin/media/upload", "/cgi-bin/media/get", "/cgi-bin/media/get/jssdk", "/cgi-bin/media/uploadimg"
	good := func(kind api.MediaType, name, content string) row {
		return row{name: string(kind) + " " + name, call: func(w *world) error {
			m, err := w.c.UploadMedia(w.Context(), kind, file(name, content))
			made := w.books("media")[m.ID]
			w.same("kind", any(string(kind)), made["kind"])
			w.same("media", api.UploadedMedia{Type: kind, ID: m.ID, CreatedAt: w.moment(made["made"]), ExpiresAt: w.moment(made["made"]).Add(api.MediaLife)}, m)
			return err
		}}
	}
	uploading := func(w *world, kind api.MediaType, f api.File) error {
		_, err := w.c.UploadMedia(w.Context(), kind, f)
		return err
	}
	downloading := func(id string) func(*world) error { // "": that of text
		return func(w *world) error {
			var got bytes.Buffer
			_, err := w.c.DownloadMedia(w.Context(), or(id, w.text), &got)
			w.same("what came", "", got.String())
			return err
		}
	}
	hearing := func(id string) func(*world) error {
		return func(w *world) error {
			var got bytes.Buffer
			_, err := w.c.DownloadVoice(w.Context(), or(id, w.text), &got)
			return err
		}
	}
	picture := func(w *world) { w.text = w.temporary(api.MediaImage, "a.png", pngFile) }
	return []served{
		{
			path: upload, method: "POST", who: verified, daily: 100_000, testDaily: 500, codes: append([]int{40006, 40113, 40137, 45001}, mistakenFileCodes...),
			rows: slices.Concat([]row{
				good(api.MediaImage, "a.png", pngFile), good(api.MediaImage, "a.JPG", jpegFile), good(api.MediaImage, "a.gif", sized(gifFile, 10*megabyte)),
				good(api.MediaVoice, "a.amr", amrFile), good(api.MediaVoice, "a.mp3", sized(mp3File, 2*megabyte)),
				good(api.MediaVideo, "a.mp4", mp4File), good(api.MediaThumb, "a.jpeg", sized(jpegFile, 64*kilobyte)),
			}, mistakenFiles(upload+"?type=", uploading),
				twice("a BMP", 40005, nil, func(w *world) error { return uploading(w, api.MediaImage, file("a.bmp", bmpFile)) }, sending(upload+"?type=image", "a.bmp", bmpFile)),
				faults(upload, func(w *world) error { return uploading(w, api.MediaImage, file("a.png", pngFile)) }, 40006, 40113, 40137, 45001)),
		},
		{
			path: download, method: "GET", who: verified, daily: 200_000, testDaily: 1000, codes: []int{40007, 41006},
			rows: slices.Concat([]row{
				{name: "a picture", arrange: picture, call: func(w *world) error {
					var got bytes.Buffer
					m, err := w.c.DownloadMedia(w.Context(), w.text, &got)
					w.same("content", pngFile, got.String())
					w.same("media", api.DownloadedMedia{Content: api.Content{Type: "image/png", Name: w.text + ".png", Size: int64(len(pngFile))}}, m)
					return err
				}},
				{name: "a video has an address", arrange: func(w *world) { w.text = w.temporary(api.MediaVideo, "a.mp4", mp4File) }, call: func(w *world) error {
					m, err := w.c.DownloadMedia(w.Context(), w.text, new(bytes.Buffer))
					status, got := w.request("GET", strings.TrimPrefix(m.VideoURL, w.server.URL), "")
					w.same("video", mp4File, got)
					w.same("status", 200, status)
					return err
				}},
				{name: "what a fan sent", arrange: func(w *world) { w.do("oA", `{"image":"M1"}`) }, call: func(w *world) error {
					m, err := w.c.DownloadMedia(w.Context(), "M1", new(bytes.Buffer))
					w.same("type", "image/jpeg", m.Type)
					return err
				}},
				{name: "in its last second", arrange: func(w *world) { picture(w); w.advance("2d23h59m") }, call: func(w *world) error {
					_, err := w.c.DownloadMedia(w.Context(), w.text, new(bytes.Buffer))
					return err
				}},
				{name: "after three days", code: 40007, arrange: func(w *world) { picture(w); w.advance("3d") }, call: downloading("")},
				{name: "of the library", code: 40007, arrange: func(w *world) { w.text = w.material(api.MediaImage, "a.png", pngFile) }, call: downloading("")},
				{name: "another account's", code: 40007, arrange: func(w *world) {
					m, err := w.clients[paper].UploadMedia(w.Context(), api.MediaImage, file("a.png", pngFile))
					w.must(err)
					w.text = m.ID
				}, call: downloading("")},
				{name: "what never was", code: 40007, call: downloading("M1")},
			}, twice("no media id", 41006, nil, downloading(""), get(download)), faults(download, downloading("M1"), 46001, 46007)),
		},
		{
			path: speech, method: "GET", who: verified, codes: []int{40007, 41006},
			rows: slices.Concat([]row{
				{name: "a voice", arrange: func(w *world) { w.text = w.temporary(api.MediaVoice, "a.amr", amrFile) }, call: func(w *world) error {
					var got bytes.Buffer
					m, err := w.c.DownloadVoice(w.Context(), w.text, &got)
					w.same("content", amrFile, got.String())
					w.same("voice", api.Content{Type: "voice/speex", Name: w.text + ".speex", Size: int64(len(amrFile))}, m)
					return err
				}},
				{name: "a picture", code: 40007, arrange: picture, call: hearing("")},
				{name: "what never was", code: 40007, call: hearing("M1")},
			}, twice("no media id", 41006, nil, hearing(""), get(speech))),
		},
		inlineTable(inline),
	}
}

// or is the first that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func inlineTable(inline string) served {
	uploading := func(name, content string) func(*world) error {
		return func(w *world) error {
			_, err := w.c.UploadImage(w.Context(), file(name, content))
			return err
		}
	}
	tooLarge := sized(pngFile, megabyte)
	return served{
		path: inline, method: "POST", who: verified, codes: []int{40005, 40009, 41005, 44001},
		rows: slices.Concat([]row{
			{name: "the largest picture", call: func(w *world) error {
				picture := sized(pngFile, megabyte-1)
				address, err := w.c.UploadImage(w.Context(), file("a.png", picture))
				status, got := w.request("GET", strings.TrimPrefix(address, w.server.URL), "")
				if status != 200 || got != picture {
					w.Errorf("%s: %d, %d bytes", address, status, len(got))
				}
				return err
			}, check: func(w *world) {
				count, err := w.c.CountMaterial(w.Context())
				w.must(err)
				w.same("library", api.MaterialCount{}, count)
			}},
			{name: "no form", code: 41005, call: post(inline, `{}`)},
		}, twice("1 MB", 40009, nil, uploading("a.png", tooLarge), sending(inline+"?", "a.png", tooLarge)),
			twice("a GIF", 40005, nil, uploading("a.gif", gifFile), sending(inline+"?", "a.gif", gifFile)),
			twice("nothing in it", 44001, nil, uploading("a.png", ""), sending(inline+"?", "a.png", ""))),
	}
}

func libraryTable() []served {
	const add, fetch, remove = "/cgi-bin/material/add_material", "/cgi-bin/material/get_material", "/cgi-bin/material/del_material"
	good := func(kind api.MediaType, name, content string) row {
		return row{name: string(kind) + " " + name, call: func(w *world) error {
			m, err := w.c.AddMaterial(w.Context(), kind, file(name, content))
			made := w.books("media")[m.ID]
			w.same("books", []any{string(kind), name, true}, []any{made["kind"], made["name"], made["lasting"]})
			if (m.URL != "") != (kind == api.MediaImage) {
				w.Errorf("%+v", m)
			}
			return err
		}}
	}
	adding := func(w *world, kind api.MediaType, f api.File) error {
		var err error
		if kind == api.MediaVideo {
			_, err = w.c.AddVideo(w.Context(), f, "t", "i")
		} else {
			_, err = w.c.AddMaterial(w.Context(), kind, f)
		}
		return err
	}
	video := func(w *world) {
		m, err := w.c.AddVideo(w.Context(), file("a.mp4", mp4File), "标题 <&>", "介绍")
		w.must(err)
		w.text = m.ID
	}
	picture := func(w *world) { w.text = w.material(api.MediaImage, "a.png", pngFile) }
	fetching := func(id string) func(*world) error {
		return func(w *world) error {
			_, err := w.c.DownloadMaterial(w.Context(), or(id, w.text), new(bytes.Buffer))
			return err
		}
	}
	removing := func(id string) func(*world) error {
		return func(w *world) error { return w.c.DeleteMaterial(w.Context(), or(id, w.text)) }
	}
	return []served{
		{
			path: add, method: "POST", who: verified, codes: append([]int{45034, 47001}, mistakenFileCodes...),
			rows: slices.Concat([]row{
				good(api.MediaImage, "a.bmp", bmpFile), good(api.MediaImage, "a.gif", gifFile), good(api.MediaVoice, "a.amr", amrFile),
				good(api.MediaThumb, "a.jpg", jpegFile),
				{name: "a video", call: func(w *world) error { video(w); return nil }, check: func(w *world) {
					made := w.books("media")[w.text]
					w.same("books", []any{"video", "标题 <&>", "介绍"}, []any{made["kind"], made["title"], made["introduction"]})
				}},
				{
					name: "one more than the library holds", code: 45034, config: func(c *simulator.Config) { c.LibraryLimits = map[string]int{"voice": 2} },
					arrange: func(w *world) {
						w.material(api.MediaVoice, "a.mp3", mp3File)
						w.material(api.MediaVoice, "b.mp3", mp3File)
						picture(w) // is counted apart
					},
					call: func(w *world) error { return adding(w, api.MediaVoice, file("c.mp3", mp3File)) },
				},
			}, mistakenFiles(add+"?type=", adding), twice("a video without a title", 47001, nil, func(w *world) error {
				_, err := w.c.AddVideo(w.Context(), file("a.mp4", mp4File), "", "")
				return err
			}, func(w *world) error {
				return w.form(add+"?type=video", `{"introduction":"i"}`, "a.mp4", mp4File)
			})),
		},
		{
			path: fetch, method: "POST", who: verified, codes: []int{40007, 41006},
			rows: slices.Concat([]row{
				{name: "a picture", arrange: picture, call: func(w *world) error {
					var got bytes.Buffer
					m, err := w.c.DownloadMaterial(w.Context(), w.text, &got)
					w.same("content", pngFile, got.String())
					w.same("size", int64(len(pngFile)), m.File.Size)
					return err
				}},
				{name: "a video", arrange: video, call: func(w *world) error {
					m, err := w.c.DownloadMaterial(w.Context(), w.text, new(bytes.Buffer))
					_, got := w.request("GET", strings.TrimPrefix(m.Video.DownURL, w.server.URL), "")
					w.same("video", []string{"标题 <&>", "介绍", mp4File}, []string{m.Video.Title, m.Video.Description, got})
					return err
				}},
				{name: "a temporary picture", code: 40007, arrange: func(w *world) { w.text = w.temporary(api.MediaImage, "a.png", pngFile) }, call: fetching("")},
				{name: "what never was", code: 40007, call: fetching("M1")},
			}, twice("no media id", 41006, nil, fetching(""), post(fetch, `{"media_id":""}`))),
		},
		{
			path: remove, method: "POST", who: verified, codes: []int{40007, 41006, 48005},
			rows: slices.Concat([]row{
				{name: "a picture", arrange: picture, call: removing(""), check: func(w *world) {
					w.same("books", 0, len(w.books("media")))
					w.same("bodies", 0, len(w.books("shelf")))
				}},
				{name: "one that the menu shows", code: 48005, arrange: func(w *world) {
					picture(w)
					w.must(w.c.CreateMenu(w.Context(), api.Buttons{{Type: api.ButtonMedia, Name: "b", MediaID: w.text}}))
				}, call: removing(""), check: func(w *world) {
					w.same("books", 1, len(w.books("media")))
					w.must(w.c.DeleteMenu(w.Context()))
					w.must(removing("")(w))
				}},
				{name: "what never was", code: 40007, call: removing("M1")},
			}, twice("no media id", 41006, nil, removing(""), post(remove, `{"media_id":""}`))),
		},
		{
			path: "/cgi-bin/material/get_materialcount", method: "GET", who: verified,
			rows: []row{{name: "of each kind", arrange: func(w *world) {
				picture(w)
				w.material(api.MediaImage, "b.png", pngFile)
				w.material(api.MediaVoice, "a.mp3", mp3File)
				w.material(api.MediaThumb, "a.jpg", jpegFile)
				video(w)
				w.temporary(api.MediaImage, "a.png", pngFile)
			}, call: func(w *world) error {
				got, err := w.c.CountMaterial(w.Context())
				w.same("count", api.MaterialCount{Voice: 1, Video: 1, Image: 2}, got)
				return err
			}}},
		},
		libraryList(),
	}
}

func libraryList() served {
	const path = "/cgi-bin/material/batchget_material"
	listing := func(kind api.MediaType, offset, count int) func(*world) error {
		return func(w *world) error {
			_, err := w.c.Materials(w.Context(), kind, offset, count)
			return err
		}
	}
	return served{
		path: path, method: "POST", who: verified, codes: []int{40004, 40097},
		rows: slices.Concat([]row{
			{name: "the newest first, in parts", arrange: func(w *world) {
				for _, name := range []string{"a.png", "b.png", "c.png"} {
					w.material(api.MediaImage, name, pngFile)
					w.advance("1m")
				}
				w.material(api.MediaVoice, "a.mp3", mp3File)
			}, call: func(w *world) error {
				page, err := w.c.Materials(w.Context(), api.MediaImage, 1, 20)
				var names []string
				for _, item := range page.Items {
					names = append(names, item.Name)
					made := w.books("media")[item.MediaID]
					w.same("books", []any{made["name"], made["url"]}, []any{item.Name, item.URL})
					w.same("time", w.moment(made["made"]), item.UpdatedAt)
				}
				w.same("names", []string{"b.png", "a.png"}, names)
				w.same("total", 3, page.Total)
				return err
			}},
			{name: "no articles, since there are drafts", call: func(w *world) error {
				page, err := w.c.Materials(w.Context(), api.MediaNews, 0, 1)
				w.same("page", api.MaterialPage{}, page)
				return err
			}},
		}, twice("thumbs", 40004, nil, listing(api.MediaThumb, 0, 1), post(path, `{"type":"thumb","offset":0,"count":1}`)),
			twice("21 of them", 40097, nil, listing(api.MediaImage, 0, 21), post(path, `{"type":"image","offset":0,"count":21}`)),
			twice("none of them", 40097, nil, listing(api.MediaImage, 0, 0), post(path, `{"type":"image","offset":0,"count":0}`)),
			twice("from before the first", 40097, nil, listing(api.MediaImage, -1, 1), post(path, `{"type":"image","offset":-1,"count":1}`))),
	}
}
