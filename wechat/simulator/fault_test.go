package simulator_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// TestLostAnswers plays what goes wrong between client and platform, and looks at what took effect all the same.
func TestLostAnswers(t *testing.T) {
	cases := []struct {
		name, fault string
		broken      string // "no answer", "half an answer", or the page's status
		effect      bool
	}{
		{"reset after", `"reset":true`, "no answer", true},
		{"reset before", `"reset":true,"before":true`, "no answer", false},
		{"hang after", `"hang":true`, "no answer", true},
		{"hang before", `"hang":true,"before":true`, "no answer", false},
		{"gateway after", `"status":502`, "502", true},
		{"gateway before", `"status":503,"before":true`, "503", false},
		{"no JSON", `"html":true`, "200", true},
		{"cut", `"cut":true`, "half an answer", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, simulator.Config{})
			token := p.token()
			p.do("fan1", `{"text":"hi"}`)
			p.control("POST", appID+"/faults", `{"on":"api","path":"/cgi-bin/message/custom/send",`+c.fault+`}`)
			if got := p.tried("/cgi-bin/message/custom/send?access_token="+token, custom("fan1", "m")); got != c.broken {
				t.Errorf("the client saw %q, want %q", got, c.broken)
			}
			if got := len(p.inbox("fan1")) > 0; got != c.effect {
				t.Errorf("took effect: %v", got)
			}
			if n := len(p.control("GET", appID+"/faults", "")["items"].([]any)); n != 0 {
				t.Errorf("%d faults are left", n)
			}
		})
	}
}

// tried posts as an impatient client and says what it saw.
func (p *platform) tried(path, body string) string {
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "no answer"
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil && len(text) > 0:
		return "half an answer"
	case strings.Contains(string(text), "<html>"):
		return res.Status[:3]
	}
	return string(text)
}

func TestChance(t *testing.T) {
	run := func(fault string) (refused string) {
		p := start(t, simulator.Config{})
		token := p.token()
		p.control("POST", appID+"/faults", fault)
		for range 40 {
			refused += map[bool]string{true: "x", false: "."}[p.api("GET", "getcallbackip?access_token="+token, "").code() == -1]
		}
		return refused
	}
	first := run(`{"on":"api","errcode":-1,"chance":0.3,"seed":7}`)
	if n := strings.Count(first, "x"); n < 4 || n > 24 {
		t.Errorf("3 of 10 is not %s", first)
	}
	if again := run(`{"on":"api","errcode":-1,"chance":0.3,"seed":7}`); again != first {
		t.Errorf("the same seed fell as %s and as %s", first, again)
	}
	if got := run(`{"on":"api","errcode":-1,"chance":0.5,"count":3}`); strings.Count(got, "x") != 3 {
		t.Errorf("three of a count came as %s", got)
	}
}

func TestFaultMistakes(t *testing.T) {
	p := start(t, simulator.Config{})
	for body, why := range map[string]string{
		`{"on":"push","hang":true}`:                  "api faults",
		`{"on":"api","swap":true}`:                   "push faults",
		`{"on":"api","status":200}`:                  "200",
		`{"on":"api","errcode":-1,"before":true}`:    "before",
		`{"on":"api","errcode":-1,"chance":1.5}`:     "1.5",
		`{"on":"push","slow":"fast"}`:                "fast",
		`{"on":"push","slow":"1h"}`:                  "1h",
		`{"on":"api","chance":0.5,"path":"/x/y"}`:    "goes wrong",
		`{"on":"push","same_nonce":true,"cut":true}`: "api faults",
	} {
		if status, text := p.request("POST", "/sim/"+appID+"/faults", body); status != 400 || !strings.Contains(text, why) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

func TestReorderedPushes(t *testing.T) {
	p := start(t, simulator.Config{})
	p.back.reply(func(r received, _ int) string { return replyXML(r, "re "+r.field["Content"]) })
	p.control("POST", appID+"/faults", `{"on":"push","swap":true,"delay":"1m"}`)
	if d := cmp.Diff([]string{}, p.do("fan1", `{"text":"first"}`)); d != "" {
		t.Error(d)
	}
	p.do("fan2", `{"text":"another fan's"}`)
	if d := cmp.Diff([]string{"passive:re second"}, p.do("fan1", `{"text":"second"}`)); d != "" {
		t.Error(d)
	}
	var got []string
	for _, r := range p.back.deliveries() {
		got = append(got, r.field["Content"])
	}
	if d := cmp.Diff([]string{"another fan's", "second", "first"}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"passive:re second", "passive:re first"}, p.inbox("fan1")); d != "" {
		t.Error(d)
	}
}

func TestHeldPushIsNotLost(t *testing.T) {
	p := start(t, simulator.Config{})
	p.control("POST", appID+"/faults", `{"on":"push","swap":true,"delay":"1ms"}`)
	p.do("fan1", `{"text":"alone"}`)
	p.advance("1s") // goes on when the push is through
	if n := len(p.back.deliveries()); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestSlowAndDoubledPushes(t *testing.T) {
	p := start(t, simulator.Config{PushTimeout: 200 * time.Millisecond})
	p.back.reply(echo)
	p.control("POST", appID+"/faults", `{"on":"push","slow":"20ms"}`)
	if d := cmp.Diff([]string{"passive:you said slowly"}, p.do("fan1", `{"text":"slowly"}`)); d != "" {
		t.Error(d)
	}
	p.control("POST", appID+"/faults", `{"on":"push","slow":"1m"}`)
	if d := cmp.Diff([]string{"passive:you said too slowly"}, p.do("fan1", `{"text":"too slowly"}`)); d != "" {
		t.Error(d) // the second delivery is as fast as ever
	}
	for _, same := range []bool{false, true} {
		p.back.reply(echo)
		p.control("POST", appID+"/faults", map[bool]string{false: `{"on":"push","repeat":1}`, true: `{"on":"push","repeat":1,"same_nonce":true}`}[same])
		p.do("fan1", `{"text":"twice"}`)
		got := p.back.deliveries()
		if len(got) != 2 || got[0].doc != got[1].doc || (got[0].raw == got[1].raw) != same {
			t.Errorf("same_nonce %v: %+v", same, got)
		}
	}
}
