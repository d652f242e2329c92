package ui_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// golden compares an answer with a file of testdata, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// pretty indents JSON and hides what is different each time: digests, causes and what derives from them.
func pretty(t *testing.T, body string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, body)
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{24}`).ReplaceAllString(string(b), "~") + "\n"
}

// TestAPIGolden holds the shape of every answer of the API.
func TestAPIGolden(t *testing.T) {
	s := newSite(t)
	s.seed()
	s.sends(t)
	s.written(t)
	for name, path := range map[string]string{
		"accounts": "/accounts", "fan": "/accounts/demo/fans/" + fanA, "fans": "/accounts/demo/fans?flow=coupon&limit=1",
		"journal": "/accounts/demo/fans/" + fanC + "/journal", "flows": "/accounts/demo/flows", "flow": "/accounts/demo/flows/help",
		"funnel": "/accounts/demo/flows/coupon/funnel?from=2026-11-01&to=2026-11-02", "funnel_by": "/accounts/demo/flows/coupon/funnel?by=trigger", "quota": "/accounts/demo/quota",
		"sends": "/accounts/demo/sends?status=skipped&fan=" + fanA, "jobs": "/accounts/demo/jobs?fan=" + fanC,
		"scripts": "/accounts/demo/scripts/plugin", "script": "/accounts/demo/scripts/flow/help?version=1", "empty": "/accounts/empty/fans",
	} {
		t.Run(name, func(t *testing.T) {
			r := s.api(http.MethodGet, path, "")
			if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%d %s\n%s", r.status, r.header.Get("Content-Type"), r.body)
			}
			golden(t, name+".json", pretty(t, r.body))
		})
	}
}

// sends books a quota and a send, as the outbox does.
func (s *site) sends(t *testing.T) {
	t.Helper()
	now := s.clock().UTC()
	send := store.Send{
		ID: "one", Account: "demo", OpenID: fanA, Channel: store.Customer, Purpose: "service", Status: store.Skipped, Reason: "no window is open",
		Content: json.RawMessage(`{"text":"hello"}`), Created: now, Due: now,
	}
	_, err := s.store.Commit(context.Background(), store.Change{
		Fan: store.FanID{Account: "demo", OpenID: fanA}, Base: store.AnyRev, Cause: "test", At: now, Sends: []store.Send{send},
		Spends: []store.Spend{{Quota: "customer", Period: "2026-11-02", N: 7, Limit: 500000, Resets: now.Add(2 * time.Hour).Truncate(time.Hour)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// written puts a fan into the store whose journal has entries of many fields, and a job.
func (s *site) written(t *testing.T) {
	t.Helper()
	at := time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)
	_, err := s.store.Commit(context.Background(), store.Change{
		Fan: store.FanID{Account: "demo", OpenID: fanC}, Cause: "cause-1", At: at,
		Entries: []store.Entry{
			{Kind: store.Heard, Name: "location", Created: at, Value: json.RawMessage(`{"label":"人民广场","latitude":31.23,"longitude":121.47}`)},
			{Kind: store.Subscribed, Created: at, Name: "store-1"},
			{Kind: store.WindowOpened, Window: &store.Window{Trigger: "message", Opened: at, Until: at.Add(48 * time.Hour), Left: 5}},
			{Kind: store.Replied, Channel: store.Passive, Text: "<好>", Why: "enter greet"},
			{Kind: store.Ordered, Channel: store.Template, Send: "s-1", Due: at.Add(time.Hour), Text: "T"},
		},
		Jobs: []store.Job{{ID: "j-1", Account: "demo", OpenID: fanC, Kind: "event", Name: "webhook", Due: at.Add(time.Hour), Args: json.RawMessage(`{"name":"order.paid"}`)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPIPages(t *testing.T) {
	s := newSite(t)
	s.seed()
	for _, path := range []string{"/accounts/demo/fans?", "/accounts/demo/fans/" + fanA + "/journal?", "/accounts/demo/scripts/flow?", "/accounts?"} {
		all, paged := walk(t, s, path+"limit=1000"), walk(t, s, path+"limit=1")
		if len(all) < 2 || cmp.Diff(all, paged) != "" {
			t.Errorf("%s: %d items at once, %d one by one", path, len(all), len(paged))
		}
	}
}

func walk(t *testing.T, s *site, path string) (all []any) {
	t.Helper()
	for cursor := ""; ; {
		r := s.api(http.MethodGet, path+"&cursor="+cursor, "")
		var page struct {
			Items []any
			Next  string
		}
		if err := json.Unmarshal([]byte(r.body), &page); err != nil || r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
		if len(all) > 1000 {
			t.Fatal("the list has no end")
		}
	}
}

const goodFlow = `return flow { name = "gift", title = "礼物", triggers = { text = { "礼物" } }, first = "a", states = { a = { final = true, enter = { reply = "好" } } } }`

func TestScripts(t *testing.T) {
	s := newSite(t)
	const path = "/accounts/demo/scripts/flow"
	script := func(source string, publish bool) string {
		return jsonOf(t, map[string]any{"file": "gift.lua", "source": source, "publish": publish})
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
	check("draft", s.api(http.MethodPost, path, script(goodFlow, false)), http.StatusCreated, `"name":"gift"`, `"version":1`, `"published":false`)
	check("the same again", s.api(http.MethodPost, path, script(goodFlow, true)), http.StatusCreated, `"version":1`, `"published":true`)
	check("another", s.api(http.MethodPost, path, script(goodFlow+"\n-- two", false)), http.StatusCreated, `"version":2`)
	check("broken", s.api(http.MethodPost, path, script("return flow {", true)), http.StatusBadRequest, `"findings":[{"file":"gift.lua","line":1`, `"severity":"error"`)
	check("unknown state", s.api(http.MethodPost, path, script(strings.Replace(goodFlow, `first = "a"`, `first = "b"`, 1), true)), http.StatusBadRequest, `"findings":[{"file":"gift.lua"`)
	check("check", s.api(http.MethodPost, path+"/check", `{"file":"gift.lua","source":"return flow {"}`), http.StatusOK, `"severity":"error"`)
	check("publish", s.api(http.MethodPost, path+"/gift/publish", `{"version":2}`), http.StatusOK, `"version":2`, `"published":true`)
	check("back", s.api(http.MethodPost, path+"/gift/publish", `{"version":1}`), http.StatusOK, `"version":1`)
	check("newest", s.api(http.MethodPost, path+"/gift/publish", `{}`), http.StatusOK, `"version":2`)
	check("none", s.api(http.MethodPost, path+"/gift/publish", `{"version":7}`), http.StatusNotFound)
	check("source", s.api(http.MethodGet, path+"/gift?version=1", ""), http.StatusOK, `"published":false`, `"source":"return flow`)
	check("pause", s.api(http.MethodPost, "/accounts/demo/flows/gift/pause", ""), http.StatusOK, `"paused":true`)
	check("paused", s.api(http.MethodGet, "/accounts/demo/flows", ""), http.StatusOK, `"paused":true`, `"why":"operator"`)
	check("resume", s.api(http.MethodPost, "/accounts/demo/flows/gift/resume", ""), http.StatusOK, `"paused":false`)
	check("a plugin", s.api(http.MethodPost, "/accounts/demo/scripts/plugin", `{"file":"greet.lua","source":"return { name = \"greet\", hello = function() return 1 end }","publish":true}`), http.StatusCreated, `"name":"greet"`)
	check("seen by all", s.api(http.MethodGet, "/accounts/empty/scripts/plugin/greet", ""), http.StatusOK, `"published":true`)
	check("a broadcast", s.api(http.MethodPost, "/accounts/demo/scripts/broadcast", jsonOf(t, map[string]any{"file": "w.lua", "publish": true, "source": `return broadcast { name = "weekly", title = "周", cron = "0 10 * * 1", audience = { all = true }, message = { text = "hi" } }`})), http.StatusCreated, `"name":"weekly"`)
	if n := len(s.published); n != 8 {
		t.Errorf("told of %d publications, want 8", n)
	}
}

func TestTags(t *testing.T) {
	s := newSite(t)
	s.seed()
	path := "/accounts/demo/fans/" + fanA + "/tags"
	for _, c := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"add":["会员"," a "],"remove":["新粉丝"]}`, 200, `{"tags":["a","会员"]}`},
		{`{"remove":["a"]}`, 200, `{"tags":["会员"]}`},
		{`{"add":["` + strings.Repeat("𠀀", 64) + `"]}`, 200, `𠀀"]}`},
		{`{"remove":["` + strings.Repeat("𠀀", 64) + `"]}`, 200, `{"tags":["会员"]}`},
		{`{}`, 400, "give 1 to 100 tags"},
		{`{"add":[""]}`, 400, "a tag has 1 to 64 characters"},
		{`{"add":["` + strings.Repeat("长", 65) + `"]}`, 400, "a tag has"},
		{`{"tags":["x"]}`, 400, `unknown field`},
		{`{"add":["x"]} {}`, 400, "something after"},
		{`{"add":`, 400, "not the JSON expected"},
	} {
		if r := s.api(http.MethodPost, path, c.body); r.status != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d %s", c.body, r.status, r.body)
		}
	}
	if r := s.api(http.MethodPost, "/accounts/demo/fans/nobody/tags", `{"add":["x"]}`); r.status != http.StatusNotFound {
		t.Errorf("tags of nobody: %d", r.status)
	}
}

// TestTagsAreTold: a flow that listens to tags hears of one that the API gave, once.
func TestTagsAreTold(t *testing.T) {
	s := newSite(t)
	s.seed()
	s.publish(store.KindFlow, "club.lua", `return flow { name = "club", triggers = { tag = { "会员" } }, first = "in", states = { ["in"] = {} } }`)
	for range 2 {
		if r := s.api(http.MethodPost, "/accounts/demo/fans/"+fanA+"/tags", `{"add":[" 会员","other"]}`); r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	jobs, _, err := s.store.Jobs(t.Context(), "demo", store.JobFilter{OpenID: fanA, Kind: "event"}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 1 || jobs[0].Name != "tag" || string(jobs[0].Args) != `{"name":"会员"}` || jobs[0].Depth != 1 {
		t.Errorf("jobs: %+v", jobs)
	}
}

// TestProblems: every refusal of the API is problem+json with a sentence.
func TestProblems(t *testing.T) {
	s := newSite(t)
	s.seed()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/accounts/nobody/fans", "", 404},
		{"GET", "/accounts/demo/fans/nobody", "", 404},
		{"GET", "/accounts/demo/fans/nobody/journal", "", 404},
		{"GET", "/accounts/demo/fans/" + strings.Repeat("x", 300), "", 404},
		{"GET", "/accounts/demo/flows/nothing", "", 404},
		{"GET", "/accounts/demo/flows/nothing/funnel", "", 404},
		{"POST", "/accounts/demo/flows/nothing/pause", "", 404},
		{"GET", "/accounts/demo/flows/coupon?version=99", "", 404},
		{"GET", "/accounts/demo/flows/coupon?version=x", "", 400},
		{"GET", "/accounts/demo/flows/coupon/funnel?from=monday", "", 400},
		{"GET", "/accounts/demo/flows/coupon/funnel?by=weather", "", 400},
		{"GET", "/accounts/demo/fans?limit=0", "", 400},
		{"GET", "/accounts/demo/fans?limit=1001", "", 400},
		{"GET", "/accounts?cursor=x", "", 400},
		{"GET", "/accounts/demo/fans/" + fanA + "/journal?cursor=x", "", 400},
		{"GET", "/accounts/demo/sends?status=gone", "", 400},
		{"GET", "/accounts/demo/scripts/drip", "", 404},
		{"GET", "/accounts/demo/scripts/flow/nothing", "", 404},
		{"POST", "/accounts/demo/scripts/flow", `{"file":"a.lua"}`, 400},
		{"POST", "/accounts/demo/scripts/flow", `{"file":"a.lua","source":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
		{"POST", "/accounts/demo/scripts/flow/help/publish", `{"version":-1}`, 400},
		{"GET", "/nothing", "", 404},
		{"DELETE", "/accounts", "", 405},
		{"POST", "/accounts/demo/quota", "", 405},
	} {
		r := s.api(c.method, c.path, c.body)
		var p struct {
			Title, Detail string
			Status        int
		}
		if err := json.Unmarshal([]byte(r.body), &p); err != nil || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: no problem+json: %s", c.method, c.path, r.body)
		}
		if r.status != c.status || p.Status != c.status || p.Title == "" || p.Detail == "" {
			t.Errorf("%s %s: %d %+v, want %d", c.method, c.path, r.status, p, c.status)
		}
		if allow := r.header.Get("Allow"); c.status == 405 && allow != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", c.method, c.path, allow)
		}
	}
	if logged := s.logged(); strings.Contains(logged, "level=ERROR") {
		t.Errorf("logged as errors of ours:\n%s", logged)
	}
}

// TestProblemsNameWhatIsNotThere: a script that is not there is called by its name.
func TestProblemsNameWhatIsNotThere(t *testing.T) {
	s := newSite(t)
	s.seed()
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/flows/nosuch", "", `there is no flow \"nosuch\"`},
		{"GET", "/flows/nosuch/funnel", "", `there is no flow \"nosuch\"`},
		{"GET", "/flows/coupon?version=99", "", `flow \"coupon\" has no version 99`},
		{"POST", "/flows/nosuch/pause", "", `there is no flow \"nosuch\"`},
		{"POST", "/scripts/flow/coupon/publish", `{"version":9}`, `flow \"coupon\" has no version 9`},
		{"GET", "/scripts/plugin/nosuch", "", `there is no plugin \"nosuch\"`},
	} {
		if r := s.api(c.method, "/accounts/demo"+c.path, c.body); r.status != http.StatusNotFound || !strings.Contains(r.body, `"detail":"`+c.want+`"`) {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.status, r.body)
		}
	}
}

func TestStoreFailure(t *testing.T) {
	s := newSite(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	r := s.api(http.MethodGet, "/accounts", "")
	if r.status != http.StatusInternalServerError || strings.Contains(r.body, "closed") || !strings.Contains(s.logged(), "closed") {
		t.Errorf("%d %s; logged %s", r.status, r.body, s.logged())
	}
}

func TestOpenIDsThatNeedEscaping(t *testing.T) {
	s := newSite(t)
	s.seed()
	for _, id := range []string{"a/b", "a%2Fb", "a?b#c", "..", "空 格"} {
		s.text(id, "hi")
		path := "/accounts/demo/fans/" + strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", " ", "%20", "..", "%2E%2E").Replace(id)
		r := s.api(http.MethodGet, path, "")
		if want := fmt.Sprintf(`"openid":%q`, id); r.status != http.StatusOK || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
