package ui

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/flows"
	"fanflow/plugins/reference"
)

// TestAPIReference: an editor gets every word of the reference, as it is.
func TestAPIReference(t *testing.T) {
	s := bare(t)
	req := httptest.NewRequest(http.MethodGet, "/api/v1/reference", nil)
	req.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	s.guarded(s.router()).ServeHTTP(w, req)
	var got reference.Set
	if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil {
		t.Fatal(w.Code, err)
	}
	if diff := cmp.Diff(flows.Reference(), got); diff != "" {
		t.Error(diff)
	}
	if got.Module("kv") == nil || got.Class("Fan") == nil || len(got.Globals) < 19 {
		t.Error("words are missing")
	}
}
