package simulator

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// mediaEndpoints are temporary media, pictures of articles, and the library.
func mediaEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/media/upload":    {method: http.MethodPost, right: rightMedia, daily: 100_000, testDaily: 500, maxBody: maxUpload, handle: mediaUpload, around: uploading},
		"/cgi-bin/media/get":       {method: http.MethodGet, right: rightMedia, daily: 200_000, testDaily: 1000, handle: mediaGet, around: downloading},
		"/cgi-bin/media/get/jssdk": {method: http.MethodGet, right: rightMedia, handle: mediaGetSpeech, around: downloading},
		"/cgi-bin/media/uploadimg": {method: http.MethodPost, right: rightMaterial, maxBody: maxUpload, handle: mediaUploadInline, around: uploading},

		"/cgi-bin/material/add_material":      {method: http.MethodPost, right: rightMaterial, maxBody: maxUpload, handle: materialAdd, around: uploading},
		"/cgi-bin/material/get_material":      {method: http.MethodPost, right: rightMaterial, handle: materialGet, around: downloading},
		"/cgi-bin/material/del_material":      {method: http.MethodPost, right: rightMaterial, handle: materialDelete},
		"/cgi-bin/material/get_materialcount": {method: http.MethodGet, right: rightMaterial, handle: materialCount},
		"/cgi-bin/material/batchget_material": {method: http.MethodPost, right: rightMaterial, handle: materialList},
	}
}

const (
	// maxUpload is the largest request with a file, in bytes: enough for one that is too large to be told so by its own code.
	maxUpload = 24 << 20
	// mediaLife is how long temporary media live.
	mediaLife = 3 * 24 * time.Hour
	// mediaSweep is how often expired media are looked for.
	mediaSweep = time.Hour
)

// media is the record of one picture, voice, video or thumb; its body is on the shelf. Temporary media live three days, what
// is in the library until it is deleted.
type media struct {
	Kind    string    `json:"kind"`
	Format  string    `json:"format"`
	Name    string    `json:"name,omitempty"`
	Made    time.Time `json:"made"`
	Lasting bool      `json:"lasting,omitempty"`
	Inline  bool      `json:"inline,omitempty"` // a picture within articles: it has an address and no media id
	ByFan   bool      `json:"by_fan,omitempty"` // what a fan sent: its body is made up

	Title        string `json:"title,omitempty"` // of a video in the library
	Introduction string `json:"introduction,omitempty"`
	URL          string `json:"url,omitempty"` // of a picture in the library or within articles
}

// medium finds what a media id stands for now, nil for nothing.
func (a *account) medium(id string, now time.Time) *media {
	m, ok := a.media.get(id)
	if !ok || m.Inline || !m.Lasting && !now.Before(m.Made.Add(mediaLife)) {
		return nil
	}
	return m
}

// mediaKnown reports whether the media id stands for something of one of the kinds (image, voice, video, thumb, news for a
// draft), temporary or in the library; without kinds for anything. The lock is held.
func (a *account) mediaKnown(id string, kinds ...string) bool {
	if len(kinds) == 0 || slices.Contains(kinds, mediaNews) {
		if _, ok := a.drafts.get(id); ok {
			return true
		}
	}
	m := a.medium(id, a.now())
	return m != nil && (len(kinds) == 0 || slices.Contains(kinds, m.Kind))
}

// fanMedia is the media id of what a fan sends: the given one, or one made of the message id. What was not known becomes a
// temporary medium that the account can download. The lock is held.
func (a *account) fanMedia(given, kind string, message int64, now time.Time) string {
	id := orElse(given, "SIM"+decimal(message))
	if a.medium(id, now) == nil {
		format, _ := madeUp(kind)
		a.media.put(id, &media{Kind: kind, Format: format, Made: now, ByFan: true})
		a.sweepMedia(now)
	}
	return id
}

// pictureURL is where a picture that a fan sent can be fetched without a token, as long as the medium lives.
func (s *Server) pictureURL(id string) string {
	base, _ := s.address.Load().(string)
	return base + "/mmbiz_jpg/" + url.PathEscape(id) + "/0"
}

// newMediaID is 64 letters and digits.
func newMediaID() string { return (rand.Text() + rand.Text() + rand.Text())[:64] }

// keep puts a body on the shelf and its record into the table, and returns the id.
func (c *call) keep(m *media, body []byte) (string, error) {
	id := newMediaID()
	m.Made = c.now
	if m.Inline || m.Lasting && m.Kind == mediaImage {
		m.URL = c.base() + "/mmbiz_" + m.Format + "/" + id + "/0?wx_fmt=" + m.Format
	}
	if err := c.a.shelf.put(id, body); err != nil {
		c.s.cfg.Logger.Error("a media file is not kept", "account", c.a.Name, "err", err)
		return "", fail(-1)
	}
	c.a.media.put(id, m)
	c.a.sweepMedia(c.now)
	return id, nil
}

// body is what a medium holds.
func (a *account) body(id string, m *media) ([]byte, error) {
	if m.ByFan {
		_, body := madeUp(m.Kind)
		return body, nil
	}
	return a.shelf.get(id)
}

// sweepMedia forgets expired media, once an hour at most.
func (a *account) sweepMedia(now time.Time) {
	if now.Sub(a.mediaSwept) < mediaSweep {
		return
	}
	a.mediaSwept = now
	for id, m := range a.media.rows {
		if !m.Lasting && !m.Inline && !now.Before(m.Made.Add(mediaLife)) {
			a.media.drop(id)
			a.shelf.drop(id)
		}
	}
}

// base is the address that the caller has for the platform.
func (c *call) base() string {
	if c.r.TLS != nil {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// upload is a multipart request: the file in its field media, and the other fields.
type upload struct {
	name   string
	body   []byte
	fields map[string]string
}

// uploading takes a form apart before the account's lock is taken: a large one takes its time. What is wrong with it is told by
// the call itself, after what stands before that.
func uploading(c *call, next func() (any, error)) (any, error) {
	c.form.upload, c.form.err = c.readForm()
	return next()
}

// upload is the call's form, which uploading has read. Without a file in the field media it is 41005.
func (c *call) upload() (upload, error) { return c.form.upload, c.form.err }

func (c *call) readForm() (upload, error) {
	u := upload{fields: map[string]string{}}
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return u, fail(41005)
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	found := false
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return u, fail(47001)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return u, fail(47001)
		}
		switch {
		case part.FormName() == "media" && part.FileName() != "":
			u.name, u.body, found = part.FileName(), body, true
		case part.FileName() == "":
			u.fields[part.FormName()] = string(body)
		}
	}
	if !found {
		return u, fail(41005)
	}
	return u, nil
}

// mediaUpload answers media/upload.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia.html
func mediaUpload(c *call) (any, error) {
	kind := c.r.URL.Query().Get("type")
	rule, ok := mediaRules[kind]
	if !ok {
		return nil, fail(40004)
	}
	u, err := c.upload()
	if err != nil {
		return nil, err
	}
	format, err := rule.check(rule.formats, u.name, u.body)
	if err != nil {
		return nil, err
	}
	id, err := c.keep(&media{Kind: kind, Format: format, Name: u.name}, u.body)
	if err != nil {
		return nil, err
	}
	key := "media_id"
	if kind == mediaThumb {
		key = "thumb_media_id"
	}
	return map[string]any{"type": kind, key: id, "created_at": c.now.Unix()}, nil
}

// mediaGet answers media/get: the file, or for a video the address where it is.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia.html
func mediaGet(c *call) (any, error) {
	id := c.r.URL.Query().Get("media_id")
	if id == "" {
		return nil, fail(41006)
	}
	m := c.a.medium(id, c.now)
	switch {
	case m == nil || m.Lasting:
		return nil, fail(40007)
	case m.Kind == mediaVideo:
		return map[string]string{"video_url": c.base() + "/mmvideo/" + id}, nil
	}
	return c.file(id, m)
}

// mediaGetSpeech answers media/get/jssdk: a voice in the better quality that pages recorded it in. Pages are not played, so
// that what comes is the voice as it was uploaded or sent, under the type that the page names.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_gethdvoice.html
func mediaGetSpeech(c *call) (any, error) {
	id := c.r.URL.Query().Get("media_id")
	if id == "" {
		return nil, fail(41006)
	}
	m := c.a.medium(id, c.now)
	if m == nil || m.Lasting || m.Kind != mediaVoice {
		return nil, fail(40007)
	}
	return download{blob{contentType: "voice/speex", name: id + ".speex"}, id, *m}, nil
}

// file is a medium's download.
func (c *call) file(id string, m *media) (any, error) {
	return download{blob{contentType: contentTypes[m.Format], name: id + extension(m.Format)}, id, *m}, nil
}

// download is the answer of a call that gives a medium's body, before that is read.
type download struct {
	blob
	id string
	m  media
}

// downloading reads the body of a download from the disk once the account's lock is given back.
func downloading(c *call, next func() (any, error)) (any, error) {
	result, err := next()
	d, ok := result.(download)
	if err != nil || !ok {
		return result, err
	}
	if d.body, err = c.a.body(d.id, &d.m); err != nil {
		c.s.cfg.Logger.Error("a media file is missing", "account", c.a.Name, "err", err)
		return nil, fail(-1)
	}
	return d.blob, nil
}

// extension is how names of files of a format end.
func extension(format string) string {
	if format == "jpeg" {
		return ".jpg"
	}
	return "." + format
}

// mediaUploadInline answers media/uploadimg: a picture for use within articles. It is in no library and has no media id.
func mediaUploadInline(c *call) (any, error) {
	u, err := c.upload()
	if err != nil {
		return nil, err
	}
	format, err := inlineRule.check(inlineRule.formats, u.name, u.body)
	if err != nil {
		return nil, err
	}
	m := &media{Kind: mediaImage, Format: format, Name: u.name, Inline: true}
	if _, err := c.keep(m, u.body); err != nil {
		return nil, err
	}
	return map[string]string{"url": m.URL}, nil
}

// servePicture answers the addresses of pictures and videos, which need no token; false for other paths.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) bool {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(parts) < 2 || !strings.HasPrefix(parts[0], "mmbiz_") && parts[0] != "mmvideo" {
		return false
	}
	now := s.Now()
	for _, app := range s.apps {
		a := s.accounts[app]
		a.mu.Lock()
		m, ok := a.media.get(parts[1])
		ok = ok && (m.Lasting || m.Inline || now.Before(m.Made.Add(mediaLife)))
		var found media
		if ok {
			found = *m
		}
		a.mu.Unlock()
		if !ok {
			continue
		}
		if body, err := a.body(parts[1], &found); err == nil {
			w.Header().Set("Content-Type", contentTypes[found.Format])
			w.Header().Set("X-Content-Type-Options", "nosniff")
			_, _ = w.Write(body) // a client that went away
			return true
		}
	}
	http.NotFound(w, r)
	return true
}
