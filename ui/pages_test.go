package ui_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"fanflow/ui"
)

var pages = []string{
	"/a/demo", "/a/empty", "/a/demo/flows", "/a/empty/flows", "/a/demo/flows/coupon", "/a/demo/flows/coupon?version=1", "/a/demo/flows/help",
	"/a/demo/flows/coupon/funnel", "/a/demo/flows/coupon/funnel?from=2026-11-01&to=2026-11-02", "/a/demo/flows/help/funnel?from=2030-01-01",
	"/a/demo/flows/coupon/publish?version=1", "/a/demo/fans", "/a/demo/fans?prefix=oFanA&flow=coupon&state=coupon", "/a/demo/fans?tag=nobody",
	"/a/empty/fans", "/a/demo/fans/" + fanA, "/a/demo/fans/" + fanB, "/a/demo/fans/" + url.PathEscape(fanX), "/phone",
	"/phone?account=empty&openid=" + url.QueryEscape(fanX),
}

// TestPages renders every page in both languages and looks for what no page may have.
func TestPages(t *testing.T) {
	s := newSite(t)
	s.seed()
	c := s.login()
	for _, lang := range []string{"zh-CN", "en"} {
		for _, path := range append(pages, "/a/demo/flows/nothing", "/a/nobody", "/a/demo/fans/nobody", "/nothing/here") {
			t.Run(lang+path, func(t *testing.T) {
				req := s.request(http.MethodGet, path, "")
				req.Header.Set("Accept-Language", lang+",fr;q=0.5")
				r := s.do(c, req)
				want := http.StatusOK
				if strings.Contains(path, "nothing") || strings.Contains(path, "nobody") && !strings.Contains(path, "?") {
					want = http.StatusNotFound
				}
				if r.status != want {
					t.Fatalf("status %d, want %d\n%s", r.status, want, r.body)
				}
				checkPage(t, lang, r)
			})
		}
	}
	if logged := s.logged(); strings.Contains(logged, "level=ERROR") {
		t.Errorf("logged:\n%s", logged)
	}
}

var (
	inline   = regexp.MustCompile(`(?i)<[^>]+ (style|on[a-z]+)=`)
	external = regexp.MustCompile(`(?i)(src|href)="(https?:)?//`)
	keyLike  = regexp.MustCompile(`>(nav|col|fan|fans|flow|flows|total|quota|sends|jobs|journal|why|phone|login|error|publish|funnel|event|status|channel)\.[a-z.-]+<`)
	han      = regexp.MustCompile(`\p{Han}`)
)

func checkPage(t *testing.T, lang string, r answer) {
	t.Helper()
	if !strings.Contains(r.body, `<html lang="`+lang+`">`) {
		t.Error("the page is not marked as", lang)
	}
	for what, found := range map[string]string{
		"inline style or handler": inline.FindString(r.body), "load from elsewhere": external.FindString(r.body),
		"key instead of words": keyLike.FindString(r.body), "unfilled words": regexp.MustCompile(`\{[a-z]+\}`).FindString(strip(r.body)),
		"script of a fan": regexp.MustCompile(`(?i)<script>|<img`).FindString(r.body), "failed template": regexp.MustCompile(`%!|<no value>|ZgotmplZ`).FindString(r.body),
	} {
		if found != "" {
			t.Errorf("%s: %s", what, found)
		}
	}
	if csp := r.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';") {
		t.Errorf("policy %q", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY"} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// strip takes out what is not ours: source, what was said, and the phone's own words, which phone.js fills in.
func strip(body string) string {
	for _, r := range []string{`(?s)<ol class="source".*?</ol>`, `(?s)<script type="application/json".*?</script>`, `(?s)<ol id="timeline".*?</ol>\n`} {
		body = regexp.MustCompile(r).ReplaceAllString(body, "")
	}
	return body
}

func TestEscaping(t *testing.T) {
	s := newSite(t)
	s.seed()
	if r := s.api(http.MethodPost, "/accounts/demo/fans/"+fanA+"/tags", `{"add":["<b onclick=x>&\"'"]}`); r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	r := s.get(s.login(), "/a/demo/fans/"+fanA+"?lang=en")
	for _, want := range []string{
		"The fan wrote “&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;", "&lt;b onclick=x&gt;&amp;&#34;&#39;",
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
	if strings.Contains(r.body, "<b onclick") || strings.Contains(r.body, "<img") {
		t.Error("what a fan wrote is markup on the page")
	}
}

func TestTimeline(t *testing.T) {
	s := newSite(t)
	s.seed()
	r := s.get(s.login(), "/a/demo/fans/"+fanB+"?lang=en")
	told := regexp.MustCompile(`(?s)data-testid="step"[^>]*>.*?<span>(.*?)</span></li>`).FindAllStringSubmatch(r.body, -1)
	var lines []string
	for _, m := range told {
		lines = append(lines, strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], "")))
	}
	story := strings.Join(lines, "\n")
	for _, want := range []string{
		"The fan wrote “2”", "coupon: greet → where", "Replied “请发送您的位置。”", "The fan tapped Follow", "Became a follower",
		"Entered the flow coupon (run 1, version 1)", "Tagged “新粉丝”", "coupon: the timer 1d will fire at 2026-11-03 21:3",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("the timeline lacks %q:\n%s", want, story)
		}
	}
	if !strings.Contains(r.body, `<time datetime="2026-11-02T21:33:00&#43;08:00">2026-11-02 21:33:00</time>`) {
		t.Error("times are not in the account's zone")
	}
}

func TestLanguages(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ accept, want string }{
		{"", "zh-CN"}, {"fr", "zh-CN"}, {"en-GB,en;q=0.9", "en"}, {"fr,en;q=0.4,zh;q=0.3", "en"}, {"zh-TW,en;q=0.9", "zh-CN"}, {"en;q=x,zh", "zh-CN"},
	} {
		req := s.request(http.MethodGet, "/login", "")
		req.Header.Set("Accept-Language", c.accept)
		if r := s.do(s.client(), req); !strings.Contains(r.body, `<html lang="`+c.want+`">`) {
			t.Errorf("Accept-Language %q is not answered in %s", c.accept, c.want)
		}
	}
	c := s.client()
	if r := s.get(c, "/login?lang=en"); han.MatchString(strings.ReplaceAll(r.body, "中文", "")) {
		t.Error("the English login page has Chinese on it")
	}
	if r := s.get(c, "/login"); !strings.Contains(r.body, `<html lang="en">`) {
		t.Error("the language chosen is forgotten")
	}
}

func TestFlowForms(t *testing.T) {
	s := newSite(t)
	s.seed()
	c := s.login()
	page := func() string { return s.get(c, "/a/demo/flows/help?lang=en").body }
	if r := s.post(c, "/a/demo/flows/help/pause", nil); r.status != http.StatusSeeOther || !strings.Contains(page(), `id="resume"`) {
		t.Errorf("pause: %d", r.status)
	}
	if r := s.post(c, "/a/demo/flows/help/resume", nil); r.status != http.StatusSeeOther || !strings.Contains(page(), `id="pause"`) {
		t.Errorf("resume: %d", r.status)
	}
	source := `return flow { name = "help", title = "new", triggers = { text = { "x" } }, first = "a", states = { a = { final = true, enter = { reply = "y" } } } }`
	if r := s.api(http.MethodPost, "/accounts/demo/scripts/flow", jsonOf(t, map[string]any{"file": "help.lua", "source": source})); r.status != http.StatusCreated {
		t.Fatal(r.body)
	}
	if !strings.Contains(page(), "version 2 is newer") && !strings.Contains(s.get(c, "/a/demo?lang=en").body, "version 2 is newer") {
		t.Error("the newer version is not told")
	}
	if r := s.post(c, "/a/demo/flows/help/publish", url.Values{"version": {"2"}}); r.status != http.StatusSeeOther || !strings.Contains(page(), "version 2 is published") {
		t.Errorf("publish: %d", r.status)
	}
	if n := len(s.published); n != 3 {
		t.Errorf("told of %d publications, want 3", n)
	}
	if r := s.post(c, "/a/demo/flows/help/publish", url.Values{"version": {"9"}}); r.status != http.StatusNotFound {
		t.Errorf("publish what is not there: %d", r.status)
	}
}

func TestPhoneIsForTheDemo(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.Demo = false })
	s.seed()
	c := s.login()
	if r := s.get(c, "/phone"); r.status != http.StatusNotFound {
		t.Errorf("phone: %d", r.status)
	}
	if r := s.get(c, "/a/demo/fans/"+fanA); strings.Contains(r.body, "/phone") {
		t.Error("a link leads to the phone")
	}
}

func TestPhoneHints(t *testing.T) {
	s := newSite(t)
	s.seed()
	body := s.get(s.login(), "/phone").body
	for _, want := range []string{`data-key="HOURS"`, `value="store-1"`, `value="领券"`, `"app_id":"wxdemo0000000000"`, `"zone":"Asia/Shanghai"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the phone page lacks %s", want)
		}
	}
}
