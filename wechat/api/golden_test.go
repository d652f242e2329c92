package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

var update = flag.Bool("update", false, "write the golden files")

// exchange is one call and the platform's documented answer to it.
type exchange struct {
	name   string
	answer string // "" is {"errcode":0,"errmsg":"ok"}
	call   func(ctx context.Context, c *api.Client) (any, error)
}

// golden makes the calls and compares testdata/<name>.golden with what went out and what came back. The access token must be in
// the query of each and is left out of the file; a call without one is marked.
func golden(t *testing.T, name string, list []exchange) {
	t.Helper()
	var doc strings.Builder
	for _, x := range list {
		fmt.Fprintf(&doc, "# %s\n", x.name)
		answer := x.answer
		if answer == "" {
			answer = `{"errcode":0,"errmsg":"ok"}`
		}
		requests := 0
		p := play(t, func(w http.ResponseWriter, r *http.Request, _ string) {
			requests++
			say(w, answer)
		})
		p.record = func(r *http.Request, body []byte) { describe(&doc, r, body) }
		got, err := x.call(t.Context(), p.client())
		fmt.Fprintf(&doc, "< %s\n", answer)
		switch {
		case err != nil:
			fmt.Fprintf(&doc, "! %v\n", err)
		case got != nil:
			var shown bytes.Buffer
			enc := json.NewEncoder(&shown)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(got); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&doc, "= %s", shown.Bytes())
		}
		doc.WriteString("\n")
		if requests != 1 {
			t.Errorf("%s: %d requests", x.name, requests)
		}
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), doc.String()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

func describe(w io.Writer, r *http.Request, body []byte) {
	query := r.URL.Query()
	mark := ""
	if query.Get("access_token") != "token-1" {
		mark = " (no token)"
	}
	query.Del("access_token")
	line := r.URL.Path
	if len(query) > 0 {
		line += "?" + query.Encode()
	}
	ctype := r.Header.Get("Content-Type")
	if _, params, err := mime.ParseMediaType(ctype); err == nil && params["boundary"] != "" {
		ctype = strings.ReplaceAll(ctype, params["boundary"], "BOUNDARY")
		body = bytes.ReplaceAll(body, []byte(params["boundary"]), []byte("BOUNDARY"))
		body = bytes.TrimSpace(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n> ")))
	}
	fmt.Fprintf(w, "> %s %s%s\n", r.Method, line, mark)
	if len(body) > 0 {
		fmt.Fprintf(w, "> %s\n> %s\n", ctype, body)
	}
}
