package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
)

//go:embed static
var staticFiles embed.FS

// assets are the files that pages load, with the digest by which browsers know a new version.
type assets struct {
	files map[string]asset
}

type asset struct {
	body   []byte
	kind   string
	digest string
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func loadAssets() (*assets, error) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("list static files: %w", err)
	}
	a := &assets{files: map[string]asset{}}
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read static file %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(b)
		a.files[e.Name()] = asset{body: b, kind: assetKinds[path.Ext(e.Name())], digest: hex.EncodeToString(sum[:6])}
	}
	return a, nil
}

// url is where a page loads the file from; it changes with the file.
func (a *assets) url(file string) (string, error) {
	f, ok := a.files[file]
	if !ok {
		return "", fmt.Errorf("no static file %s", file)
	}
	return "/static/" + file + "?v=" + f.digest, nil
}

func (s *server) static(w http.ResponseWriter, r *http.Request) error {
	f, ok := s.assets.files[param(r, "file")]
	if !ok {
		return faultf(http.StatusNotFound, "there is no such file")
	}
	w.Header().Set("Content-Type", f.kind)
	if r.URL.Query().Get("v") == f.digest {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(f.body) // a reader that has gone needs no error
	return nil
}
