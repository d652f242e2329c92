package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"fanflow/flows"
)

// TestAPIReplay: a fan's path is decided again over the API, up to any row, and says why each step came out so.
func TestAPIReplay(t *testing.T) {
	s := newSite(t)
	s.seed()
	read := func(query string) (r flows.Replay) {
		t.Helper()
		a := s.api(http.MethodGet, "/accounts/demo/fans/"+fanA+"/replay"+query, "")
		if a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if err := json.Unmarshal([]byte(a.body), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	all := read("")
	if !all.Equal || len(all.Steps) != 3 || all.Hash == "" || all.Hash != all.Stored {
		t.Fatalf("%d steps, equal %v: %s", len(all.Steps), all.Equal, all.Why)
	}
	for i, step := range all.Steps {
		took := []string{"coupon", "coupon", ""}[i]
		if step.Folded || !step.Same || step.Took != took || !strings.HasSuffix(step.At.Format("-07:00"), "+08:00") {
			t.Errorf("step %d: took %q, same %v, %s", i, step.Took, step.Same, step.Why)
		}
	}
	if one := read("?until=" + jsonText(all.Steps[0].To)); len(one.Steps) != 1 || !one.Equal || one.Hash != "" {
		t.Errorf("the first step alone: %+v", one)
	}
	for path, status := range map[string]int{
		"/accounts/demo/fans/nobody/replay": 404, "/accounts/demo/fans/" + fanA + "/replay?until=x": 400, "/accounts/none/fans/x/replay": 404,
	} {
		if a := s.api(http.MethodGet, path, ""); a.status != status {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only the tests' own numbers come here
	}
	return string(b)
}

// TestTimelineTellsWhy: what a decision tried is folded below its steps, in words and not as the trace has it.
func TestTimelineTellsWhy(t *testing.T) {
	s := newSite(t)
	s.seed()
	body := s.get(s.login(), "/a/demo/fans/"+fanA).body
	for _, want := range []string{`<details data-testid="tried">`, "coupon"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, no := range []string{`data-kind="decided"`, "&#34;catalog&#34;"} {
		if strings.Contains(body, no) {
			t.Errorf("the page shows %s", no)
		}
	}
}
