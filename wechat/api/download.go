package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Content says what a download was. Size 0 means that the answer was no file (see the call).
type Content struct {
	Type string // Content-Type
	Name string // file name without folders, if the platform gave one
	Size int64  // bytes
}

// download makes a call that answers with a file, which goes to w, or with JSON, which goes into out. A file of more than most
// bytes is an error, as is one that breaks off; w has got a part of it then.
func (c *Client) download(ctx context.Context, r *request, w io.Writer, most int64, out any) (Content, error) {
	var got Content
	r.time = fileTime(most)
	r.answer = func(r *request, resp *http.Response) (err error) {
		got, err = c.readFile(r, resp, w, most, out)
		return err
	}
	err := c.do(ctx, r)
	return got, err
}

func (c *Client) readFile(r *request, resp *http.Response, w io.Writer, most int64, out any) (Content, error) {
	body := bufio.NewReader(resp.Body)
	ctype, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) { // of its type it is sure then
		ctype = ""
	}
	const refusal = `{"errcode"`
	start, _ := body.Peek(len(refusal)) // its error comes again when the rest is read
	if resp.StatusCode != http.StatusOK || ctype == "application/json" || strings.HasPrefix(ctype, "text/") || len(start) == 0 || string(start) == refusal {
		doc, err := c.readAll(r, body)
		if err != nil {
			return Content{}, err
		}
		return Content{}, c.decode(r, resp.StatusCode, doc, out)
	}
	got := Content{Type: ctype}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		got.Name = bareName(params["filename"])
	}
	got.Size, err = io.Copy(w, io.LimitReader(body, most))
	if err == nil && got.Size == most {
		if _, more := body.ReadByte(); more != io.EOF {
			err = fmt.Errorf("the file is larger than %d bytes", most)
		}
	}
	if err != nil {
		return got, &noAnswer{api: r.path, sent: true, err: c.clean(r, err)}
	}
	return got, nil
}

// bareName takes off a file's name what would lead out of the folder it is kept in.
func bareName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.Trim(name, ".") == "" {
		return ""
	}
	return name
}
