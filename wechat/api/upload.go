package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// File is a file to upload. It is read while it goes out and is never in memory as a whole.
type File struct {
	Name string // with its extension, by which the platform judges it
	Type string // Content-Type; empty: by the extension
	// Size is its exact length in bytes: the platform wants to know the length of a body ahead (HTTP 412).
	Size int64
	// Open gives the content from its start. It is called once more when the access token was refused. Nothing of it is read when
	// the call has returned: a read that hangs holds the call up.
	Open func() (io.ReadCloser, error)
	// Sent, if set, is told how many bytes have gone out so far. A second try begins again at 0.
	Sent func(bytes int64)
}

// FileOf is a File of what r holds from its present position on. r must not be used until the upload is over.
func FileOf(name string, r io.ReadSeeker) (File, error) {
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return File{}, fmt.Errorf("find the length of %s: %w", name, err)
	}
	end, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return File{}, fmt.Errorf("find the length of %s: %w", name, err)
	}
	return File{Name: name, Size: end - start, Open: func() (io.ReadCloser, error) {
		_, err := r.Seek(start, io.SeekStart)
		return io.NopCloser(r), err
	}}, nil
}

// part is one part of a form: a value, or a file.
type part struct {
	name, value string
	file        *File
}

// upload posts a form. The answer is JSON and goes into out.
func (c *Client) upload(ctx context.Context, path string, query url.Values, out any, parts ...part) error {
	r, err := c.newRequest(http.MethodPost, path, query, nil, out)
	if err != nil {
		return err
	}
	pieces, ctype, err := form(parts)
	if err != nil {
		return refuse(path, err.Error())
	}
	for _, p := range pieces {
		r.size += int64(len(p.text))
		if p.file != nil {
			r.size += p.file.Size
		}
	}
	r.ctype, r.time = ctype, fileTime(r.size)
	r.body = func() (io.ReadCloser, error) { return &formBody{left: pieces}, nil }
	return c.do(ctx, r)
}

// fileTime is how long a call may take that moves a file of so many bytes.
func fileTime(size int64) time.Duration {
	return callTime + time.Duration(size/slowest)*time.Second
}

// piece is a stretch of a form: text, or the content of a file.
type piece struct {
	text []byte
	file *File
}

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "")

// form lays the parts out as multipart/form-data.
func form(parts []part) (pieces []piece, ctype string, err error) {
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	for _, p := range parts {
		if p.file == nil {
			if err := w.WriteField(p.name, p.value); err != nil {
				return nil, "", err
			}
			continue
		}
		f := p.file
		if f.Name == "" || f.Open == nil || f.Size <= 0 {
			return nil, "", fmt.Errorf("the file %q needs a name, a content and its length", f.Name)
		}
		head := textproto.MIMEHeader{}
		head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"; filelength=%d`, p.name, quoted.Replace(f.Name), f.Size))
		head.Set("Content-Type", cmp.Or(f.Type, mime.TypeByExtension(filepath.Ext(f.Name)), "application/octet-stream"))
		if _, err := w.CreatePart(head); err != nil {
			return nil, "", err
		}
		pieces = append(pieces, piece{text: bytes.Clone(text.Bytes())}, piece{file: f})
		text.Reset()
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return append(pieces, piece{text: text.Bytes()}), w.FormDataContentType(), nil
}

// formBody reads the pieces of a form. Once Close has returned nothing of them is read any more, so that another body may.
type formBody struct {
	mu     sync.Mutex
	left   []piece
	pos    int64 // within left[0]
	file   io.ReadCloser
	closed bool
}

func (b *formBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	for len(b.left) > 0 {
		now := b.left[0]
		if now.file != nil {
			if n, err := b.readFile(now.file, p); n > 0 || err != nil {
				return n, err
			}
			continue
		}
		if rest := now.text[b.pos:]; len(rest) > 0 {
			n := copy(p, rest)
			b.pos += int64(n)
			return n, nil
		}
		b.next()
	}
	return 0, io.EOF
}

// readFile reads of the first piece, a file; (0, nil) when that is over. It must be as long as it was said to be.
func (b *formBody) readFile(f *File, p []byte) (n int, err error) {
	if b.file == nil {
		if b.file, err = f.Open(); err != nil {
			return 0, fmt.Errorf("open %s: %w", f.Name, err)
		}
	}
	n, err = b.file.Read(p)
	b.pos += int64(n)
	switch {
	case b.pos > f.Size || (err == io.EOF && b.pos < f.Size):
		return 0, fmt.Errorf("%s has not the %d bytes that it should have", f.Name, f.Size)
	case err != nil && err != io.EOF:
		return 0, fmt.Errorf("read %s: %w", f.Name, err)
	}
	if n > 0 && f.Sent != nil {
		f.Sent(b.pos)
	}
	if err == io.EOF {
		err = b.file.Close()
		b.next()
	}
	return n, err
}

func (b *formBody) next() { b.left, b.pos, b.file = b.left[1:], 0, nil }

func (b *formBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.file == nil {
		return nil
	}
	f := b.file
	b.file = nil
	return f.Close()
}
