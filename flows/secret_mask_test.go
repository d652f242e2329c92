package flows

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"fanflow/plugins/fetch"
	"fanflow/plugins/std/http"
)

// Secrets never reach a journal, in whichever spelling a system gives them back, in whichever part of its answer; also a key of several
// lines, and one that begins as another does.
func TestMask(t *testing.T) {
	const short, long = "tok-Ab/12", "tok-Ab/12-and-more"
	pem := "-----BEGIN KEY-----\nMIIEow\tIBAAK\n-----END KEY-----\n"
	m := (&secrets{values: []string{short, long, pem}}).mask()
	inJSON := func(v string) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, text := range map[string]string{
		"the longer one":       long,
		"the longer in a URL":  url.QueryEscape(long),
		"both":                 short + long + short,
		"capitals":             strings.ToUpper(long),
		"small letters":        strings.ToLower(long),
		"lines":                pem,
		"lines in JSON":        inJSON(pem),
		"lines in JSON twice":  inJSON(inJSON(pem)),
		"lines of the network": strings.ReplaceAll(pem, "\n", "\r\n"),
		"lines in a URL":       url.QueryEscape(pem),
		"base64":               base64.StdEncoding.EncodeToString([]byte("u:" + long)),
	} {
		got := m.hide("<" + text + ">")
		for _, part := range []string{"tok-", "TOK-", "and", "AND", "MIIE", "dG9r", "YW5k", "key"} {
			if strings.Contains(got, part) {
				t.Errorf("%s: %q is left of it", name, got)
				break
			}
		}
	}
	a := remember(fetch.Answer{
		Status: 302, Fault: fetch.Redirect, Why: strings.Repeat("x", shortWhy-12) + " leads on to tok-ab/12-and-more.example.com",
		Headers: map[string]string{"location": "https://a.cn/?t=" + url.QueryEscape(long)}, Body: []byte(long),
	}, m)
	if all := a.Why + a.Headers["location"] + a.Body; strings.Contains(all, "and") || strings.Contains(all, "tok") {
		t.Errorf("the answer keeps %q", all)
	}
}

// How long a URL may be hangs on no secret's length: what stands for one counts the same, and a long one is sent whole.
func TestLongURLTellsNoSecret(t *testing.T) {
	for _, length := range []int{8, 3000, 100_000} {
		s := &secrets{plugin: "crm", value: func(string, string) (string, bool) { return strings.Repeat("%", length), true }}
		for n, want := range map[int]error{1900: nil, 2100: errLongURL} {
			r, err := s.open(&http.Request{Method: "GET", URL: "https://a.cn/?b=1", Query: map[string]http.Sealed{
				"q": {{Text: strings.Repeat("x", n)}, {Secret: "token"}},
			}})
			if !errors.Is(err, want) {
				t.Errorf("a secret of %d, %d bytes beside it: %v", length, n, err)
			}
			if most := len("https://a.cn/?b=1&q=") + n + 3*length; want == nil && len(r.URL) != most {
				t.Errorf("a secret of %d: a URL of %d, want %d", length, len(r.URL), most)
			}
		}
	}
}
