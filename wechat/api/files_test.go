package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"fanflow/wechat/api"
)

// filePlatform takes and gives files. It never holds one.
func filePlatform(t *testing.T, answer http.HandlerFunc) *api.Client {
	t.Helper()
	tokens := atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			say(w, fmt.Sprintf(`{"access_token":"token-%d","expires_in":7200}`, tokens.Add(1)))
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return api.New(api.Config{AppID: appID, Secret: secret, BaseURL: server.URL})
}

// patterned is a file of any length: byte i is byte(i%251).
type patterned struct{ at, size int64 }

func (e *patterned) Read(p []byte) (int, error) {
	if e.at == e.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), e.size-e.at)]
	for i := range p {
		p[i] = byte((e.at + int64(i)) % 251)
	}
	e.at += int64(len(p))
	return len(p), nil
}

// compares fails a write that is not what want holds.
type compares struct {
	want *patterned
	buf  []byte
}

func (c *compares) Write(p []byte) (int, error) {
	c.buf = append(c.buf[:0], p...)
	if _, err := io.ReadFull(c.want, c.buf); err != nil || !bytes.Equal(c.buf, p) {
		return 0, errors.New("the content differs")
	}
	return len(p), nil
}

func allocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}

const bigFile = 16 << 20

func TestUploadStreams(t *testing.T) {
	c := filePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < bigFile || r.TransferEncoding != nil {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		part, err := form.NextPart()
		if err != nil || part.FormName() != "media" || part.FileName() != `图 "1".jpg` || part.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("part %v, %v", part, err)
			return
		}
		if n, err := io.CopyBuffer(&compares{want: &patterned{size: bigFile}}, part, make([]byte, 32<<10)); n != bigFile || err != nil {
			t.Errorf("%d bytes came: %v", n, err)
		}
		if _, err := form.NextPart(); err != io.EOF {
			t.Errorf("after the file: %v", err)
		}
		say(w, `{"errcode":0,"errmsg":"ok"}`)
	})
	var sent []int64
	before := allocated()
	err := c.SetAgentPicture(t.Context(), "a@b", api.File{
		Name: `图 "1".jpg`, Size: bigFile,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(&patterned{size: bigFile}), nil },
		Sent: func(n int64) { sent = append(sent, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if used := allocated() - before; used > bigFile/4 { // of both ends together
		t.Errorf("%d KiB were allocated for a file of %d KiB", used>>10, bigFile>>10)
	}
	for i := 1; i < len(sent); i++ {
		if sent[i] <= sent[i-1] {
			t.Fatalf("progress goes from %d to %d", sent[i-1], sent[i])
		}
	}
	if len(sent) < 100 || sent[len(sent)-1] != bigFile {
		t.Errorf("progress was told %d times, ends with %d", len(sent), sent[len(sent)-1])
	}
}

func TestUploadAfterATokenIsRefused(t *testing.T) {
	content := strings.Repeat("content ", 4096)
	var bodies []string
	c := filePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") == "token-1" { // before the body is read
			say(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
			return
		}
		file, head, err := r.FormFile("media")
		if err != nil {
			t.Error(err)
			return
		}
		doc, err := io.ReadAll(file)
		if err != nil || head.Size != int64(len(content)) {
			t.Errorf("%d bytes: %v", head.Size, err)
		}
		bodies = append(bodies, string(doc))
		say(w, `{"errcode":0,"errmsg":"ok"}`)
	})
	if err := c.SetAgentPicture(t.Context(), "a@b", fileOf(t, "a.jpg", content)); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 1 || bodies[0] != content {
		t.Errorf("%d files arrived, want the one from its start", len(bodies))
	}
}

func TestUploadOfAnotherLength(t *testing.T) {
	c := filePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err == nil {
			_, err = multipart.NewReader(r.Body, params["boundary"]).ReadForm(1 << 20)
		}
		if err == nil {
			t.Error("a broken file has arrived as a whole")
		}
	})
	closed := 0
	for name, size := range map[string]int64{"shorter": 8, "longer": 6} {
		f := api.File{Name: "a.jpg", Size: size, Open: func() (io.ReadCloser, error) {
			return closing{strings.NewReader("content"), func() { closed++ }}, nil
		}}
		if err := c.SetAgentPicture(t.Context(), "a@b", f); err == nil || !strings.Contains(err.Error(), "a.jpg has not the") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if closed != 2 {
		t.Errorf("%d of 2 files were closed", closed)
	}
	gone := errors.New("gone")
	f := api.File{Name: "a.jpg", Size: 7, Open: func() (io.ReadCloser, error) { return nil, gone }}
	if err := c.SetAgentPicture(t.Context(), "a@b", f); !errors.Is(err, gone) {
		t.Errorf("a file that cannot be opened: %v", err)
	}
}

type closing struct {
	io.Reader
	closed func()
}

func (c closing) Close() error {
	c.closed()
	return nil
}

func TestDownload(t *testing.T) {
	for _, tt := range []struct {
		name, ctype, disposition, body string
		status                         int
		want                           api.Content // Size as the body's where 0 and no error is wanted
		err                            string
	}{
		{name: "a picture", ctype: "image/jpeg", disposition: `attachment; filename="m.jpg"`, body: "\xff\xd8x", want: api.Content{Type: "image/jpeg", Name: "m.jpg", Size: 3}},
		{name: "without a type", body: "#!SILK_V3 and more", want: api.Content{Type: "application/octet-stream", Size: 18}, ctype: "application/octet-stream"},
		{name: "an error as text", ctype: "text/plain", body: `{"errcode":40007,"errmsg":"invalid media_id"}`, err: "errcode 40007"},
		{name: "an error as a picture", ctype: "image/jpeg", body: `{"errcode":40007,"errmsg":"invalid media_id"}`, err: "errcode 40007"},
		{name: "a page", ctype: "text/html; charset=utf-8", body: "<html>login</html>", err: "no JSON"},
		{name: "not found", status: http.StatusNotFound, ctype: "image/jpeg", body: "nothing", err: "HTTP 404"},
		{name: "empty", ctype: "image/jpeg", err: "no JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := filePlatform(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.ctype)
				if tt.disposition != "" {
					w.Header().Set("Content-Disposition", tt.disposition)
				}
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
				say(w, tt.body)
			})
			var file bytes.Buffer
			got, err := c.DownloadVoice(t.Context(), "m", &file)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || file.Len() > 0 {
					t.Errorf("error = %v with %d bytes, want %q", err, file.Len(), tt.err)
				}
				return
			}
			if err != nil || got != tt.want || file.String() != tt.body {
				t.Errorf("got %+v, %v, %q", got, err, file.String())
			}
		})
	}
}

func TestDownloadStreams(t *testing.T) {
	const size = 8 << 20
	c := filePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") == "token-1" {
			say(w, `{"errcode":40001,"errmsg":"not latest"}`)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		var n int64 = size
		if r.URL.Query().Get("media_id") == "huge" {
			n = 1 << 30
		}
		if r.URL.Query().Get("media_id") == "cut" {
			w.Header().Set("Content-Length", fmt.Sprint(size+1))
		}
		_, _ = io.Copy(w, &patterned{size: n})
	})
	if got, err := c.DownloadVoice(t.Context(), "m", &compares{want: &patterned{size: size}}); err != nil || got.Size != size {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := c.DownloadVoice(t.Context(), "cut", io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that is cut: %v", err)
	}
	if got, err := c.DownloadVoice(t.Context(), "huge", io.Discard); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a file without end: %+v, %v", got, err)
	}
	full := errors.New("disk full")
	if _, err := c.DownloadVoice(t.Context(), "m", failing{full}); !errors.Is(err, full) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
