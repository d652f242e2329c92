package ui_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestPublishersChoice: "A new version". A publication is foreseen, compared, made with a choice and taken back.
func TestPublishersChoice(t *testing.T) {
	s := newSite(t)
	const path = "/accounts/demo/scripts/flow"
	version := func(states string) string {
		return jsonOf(t, map[string]any{"file": "club.lua", "publish": strings.Contains(states, "old"), "source": `return flow { name = "club", triggers = { text = { "club" } }, first = "a", states = { ` + states + ` } }`})
	}
	check := func(what string, r answer, status int, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(r.body, w) {
				t.Errorf("%s: no %s in %s", what, w, r.body)
			}
		}
		if r.status != status {
			t.Errorf("%s: %d, want %d: %s", what, r.status, status, r.body)
		}
	}
	s.api(http.MethodPost, path, version(`a = { after = { ["3d"] = { tag = "old" } } }`))
	s.text(fanA, "club")
	s.api(http.MethodPost, path, version(`b = { after = { ["1d"] = { tag = "new" } } }, a = { on = { text = { go = "b" } } }`))
	check("nobody moves by it", s.api(http.MethodPost, path+"/club/preview", `{}`), http.StatusOK,
		`"version":2`, `"fans":1`, `"kind":"moves"`, `"sample":["`+fanA+`"]`, `"from":"3d","what":"dropped"`)
	check("foreseen", s.api(http.MethodPost, path+"/club/preview", `{"version":2,"choice":{"mode":"map","map":{"a":"b"}}}`), http.StatusOK,
		`"kind":"maps"`, `"to":{"version":2,"state":"b"}`, `"from":"3d","to":"1d","what":"moved"`, `"stuck":[]`)
	check("a typo", s.api(http.MethodPost, path+"/club/publish", `{"choice":{"mode":"map","map":{"a":"bb"}}}`), http.StatusBadRequest, `version 2 has no state \"bb\"`)
	check("no way", s.api(http.MethodPost, path+"/club/publish", `{"choice":{"mode":"shove"}}`), http.StatusBadRequest, `choose one of move, keep, restart, end, map`)
	check("a plugin", s.api(http.MethodPost, "/accounts/demo/scripts/plugin/x/preview", `{}`), http.StatusBadRequest, `no fans in it`)
	check("compared", s.api(http.MethodGet, path+"/club/diff", ""), http.StatusOK, `"from":1,"to":2`, `"what":"state","where":"state b","kind":"added"`, `"op":"-"`)
	check("compared with what is not there", s.api(http.MethodGet, path+"/club/diff?from=9", ""), http.StatusNotFound)
	check("published", s.api(http.MethodPost, path+"/club/publish", `{"choice":{"mode":"map","map":{"a":"b"}}}`), http.StatusOK, `"version":2`)
	check("back", s.api(http.MethodPost, path+"/club/rollback", `{"choice":{"mode":"keep"}}`), http.StatusOK, `"version":1`)
	check("back again", s.api(http.MethodPost, path+"/club/rollback", `{}`), http.StatusOK, `"version":2`)
}
