package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// get reads a path of the admin API into v.
func (d *demo) get(path string, v any) {
	d.t.Helper()
	status, body := d.request(http.MethodGet, path, nil, nil)
	if status != http.StatusOK {
		d.t.Fatalf("GET %s: status %d: %s", path, status, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		d.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// funnelStep is a step as the admin API gives it.
type funnelStep struct {
	State         string `json:"state"`
	Entered       int64  `json:"entered"`
	Completed     int64  `json:"completed"`
	Dropped       int64  `json:"dropped"`
	MedianSeconds int64  `json:"median_seconds"`
}

func (d *demo) funnel(flow string) []funnelStep {
	d.t.Helper()
	var f struct{ Steps []funnelStep }
	d.get("/api/v1/accounts/demo/flows/"+flow+"/funnel", &f)
	return f.Steps
}

// journalRow is what the tests look at in a fan's journal.
type journalRow struct {
	Kind  string `json:"kind"`
	State string `json:"state"`
	Name  string `json:"name"`
}

// journal reads all pages of a fan's timeline, raw as well, so that two readings can be compared whole.
func (d *demo) journal(openID string) (rows []journalRow, raw []json.RawMessage) {
	d.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []json.RawMessage
			Next  string
		}
		d.get("/api/v1/accounts/demo/fans/"+openID+"/journal?limit=50&cursor="+cursor, &page)
		for _, item := range page.Items {
			var row journalRow
			if err := json.Unmarshal(item, &row); err != nil {
				d.t.Fatalf("journal row %s: %v", item, err)
			}
			rows, raw = append(rows, row), append(raw, item)
		}
		if cursor = page.Next; cursor == "" {
			return rows, raw
		}
	}
}

// hook posts an event as another system would: signed with the account's hook_secret.
func (d *demo) hook(secret, event, key string, body any) {
	d.t.Helper()
	doc, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(doc)
	status, answer := d.request(http.MethodPost, "/hooks/demo/"+event, http.Header{
		"Content-Type":        {"application/json"},
		"X-Fanflow-Signature": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
		"Idempotency-Key":     {key},
		"Authorization":       nil,
	}, doc)
	if status != http.StatusAccepted {
		d.t.Fatalf("POST /hooks/demo/%s: status %d: %s", event, status, answer)
	}
}

// setting reads a value of the demo's fanflow.toml.
func setting(t *testing.T, dir, key string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "fanflow.toml"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + key + `\s*=\s*"([^"]*)"`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in fanflow.toml", key)
	}
	return string(m[1])
}
