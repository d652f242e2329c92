package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

// crashFlow counts what it hears, answers with it, and orders a template message for every third word.
const crashFlow = `
return flow {
  name = "echo",
  triggers = { text = { "*" } },
  first = "listening",
  states = {
    listening = {
      enter = { run = function(fan) fan.vars.n = 0 end },
      on = { text = { ["*"] = { run = function(fan, event)
        fan.vars.n = fan.vars.n + 1
        if fan.vars.n % 3 == 0 then
          fan:template("T", { thing1 = event.text }, { at = "+2s" })
        end
        fan:reply("got " .. event.text)
      end } } },
    },
  },
}
`

// TestKill kills the service at random instants under 64 clients. FANFLOW_KILLS sets how often; the recorded run is in
// docs/testing.md.
func TestKill(t *testing.T) {
	kills := 12
	if s := os.Getenv("FANFLOW_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	random := rand.New(rand.NewPCG(seed, 1))

	dir, service := t.TempDir(), freeAddr(t)
	sim, err := simulator.New(simulator.Config{
		PublicURL: "http://" + service,
		Accounts: []simulator.Account{{
			Name: "shop", Type: "service", AppID: "wx0123456789abcdef", AppSecret: "app-secret", Token: "callback-token", Verified: true,
			AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Templates: []string{"TEMPLATE"},
		}},
		// As on the platform, a repeat comes a while after the delivery that failed: time enough to be up again. It waits its
		// five seconds, too: an answer that is written when the platform has just hung up is lost without a trace.
		Switches: simulator.Switches{RepeatPause: 600 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	go func() { _ = sim.Run(t.Context()) }()
	platform := httptest.NewServer(sim)
	defer platform.Close()
	text := twoConfig(service, strings.TrimPrefix(platform.URL, "http://"), filepath.Join(dir, "fanflow.db"))
	text = strings.Replace(text, `clock       = "simulator"`, "", 1)
	text = strings.Replace(text, "COUPON_EXPIRING = \"TEMPLATE-COUPON\"", "T = \"TEMPLATE\"", 1)
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"), text)
	script := writeFile(t, filepath.Join(dir, "echo.lua"), crashFlow)
	if out, code := command(t, "flow", "push", script, "--publish", "--config", config); code != 0 {
		t.Fatal(out)
	}

	c := &client{t: t, service: "http://" + service, sim: platform.URL, account: "shop", app: "wx0123456789abcdef", token: "test-admin-token-0123"}
	fans := make([]string, 128)
	for i := range fans {
		fans[i] = fmt.Sprintf("fan-%03d", i)
	}
	load := c.talk(fans, 64)
	serve := start(t, "serve", "--config", config)
	serve.ready(c.service)
	for n := range kills {
		if n%3 > 0 { // every third is killed while it starts
			serve.ready(c.service)
		}
		time.Sleep(time.Duration(random.IntN(600)) * time.Millisecond)
		serve.kill()
		serve = start(t, "serve", "--config", config)
	}
	serve.ready(c.service)
	time.Sleep(time.Second)
	load.stop()
	c.quiet()
	c.checkBooks(fans, load)
}

// conversation is what the clients said.
type conversation struct {
	stopped atomic.Bool
	wg      sync.WaitGroup
	said    atomic.Int64
}

func (l *conversation) stop() {
	l.stopped.Store(true)
	l.wg.Wait()
}

// talk lets n clients write as the fans, each fan by one client, one word after the other.
func (c *client) talk(fans []string, n int) *conversation {
	l := &conversation{}
	for k := range n {
		l.wg.Go(func() {
			for i := 0; !l.stopped.Load(); i++ {
				fan := fans[(k+i*n)%len(fans)]
				c.do(fan, map[string]any{"text": fmt.Sprintf("%s word %d", fan, l.said.Add(1))})
			}
		})
	}
	return l
}

// quiet waits until no job is left.
func (c *client) quiet() {
	c.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var jobs struct {
			Items []json.RawMessage `json:"items"`
		}
		c.api("/jobs", &jobs)
		if len(jobs.Items) == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("jobs are still waiting: %s", jobs.Items)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

type row struct {
	Kind    string
	Text    string
	Name    string
	Why     string
	Send    string
	Channel string
	Cause   string
	Value   json.RawMessage
}

func (c *client) journal(fan string) []row {
	c.t.Helper()
	var all []row
	for cursor := ""; ; {
		var page struct {
			Items []row  `json:"items"`
			Next  string `json:"next"`
		}
		url := c.service + "/api/v1/accounts/" + c.account + "/fans/" + fan + "/journal?limit=1000&cursor=" + cursor
		code, text := c.request("GET", url, nil, map[string]string{"Authorization": "Bearer " + c.token})
		if code == 404 { // none of the fan's words has ever arrived
			return nil
		}
		if err := json.Unmarshal(text, &page); code != 200 || err != nil {
			c.t.Fatalf("%s: %d %v %s", url, code, err, text)
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// checkBooks compares, fan by fan, what the platform delivered with what the journal says.
func (c *client) checkBooks(fans []string, l *conversation) {
	c.t.Helper()
	var heard, delivered, uncertain, templates int
	for _, fan := range fans {
		f := c.fanBooks(fan)
		heard += f.heard
		delivered += len(f.passive)
		uncertain += f.uncertain
		templates += len(f.templates)
	}
	c.t.Logf("%d words said, %d heard, %d replies delivered, %d uncertain, %d template messages", l.said.Load(), heard, delivered, uncertain, templates)
	if templates == 0 || delivered-uncertain < 50 {
		c.t.Error("too little is certain: the test has shown nothing")
	}
}

type books struct {
	heard, uncertain   int
	passive, templates map[string]int
}

func (c *client) fanBooks(fan string) books {
	t := c.t
	b := books{passive: map[string]int{}, templates: map[string]int{}}
	for _, i := range c.inbox(fan) {
		switch i.Kind {
		case "passive":
			b.passive[i.Content]++
		case "template":
			b.templates[i.Data["thing1"]]++
		}
	}
	words, replied, unsure := map[string]int{}, map[string]string{}, map[string]bool{}
	ordered, settled := []string{}, map[string]string{}
	var count string
	for _, r := range c.journal(fan) {
		switch r.Kind {
		case "heard":
			words[r.Text]++
			b.heard++
		case "replied":
			replied[r.Text] = r.Cause
		case "ordered":
			ordered = append(ordered, r.Send)
		case "var":
			count = string(r.Value)
		case "settled":
			if r.Channel == "passive" {
				unsure[r.Send] = r.Name == "uncertain" // or asked for again later
			} else {
				settled[r.Send] = r.Name
			}
		case "failed":
			t.Errorf("%s: a script failed: %s", fan, r.Why)
		}
	}
	for _, open := range unsure {
		if open {
			b.uncertain++
		}
	}
	for w, n := range words {
		if n != 1 {
			t.Errorf("%s: %q was heard %d times", fan, w, n)
		}
	}
	if want := max(0, b.heard-1); b.heard > 0 && count != strconv.Itoa(want) { // the first word enrolls
		t.Errorf("%s: counted %s of %d words", fan, count, want)
	}
	for text, n := range b.passive {
		if n != 1 {
			t.Errorf("%s: %q came %d times", fan, text, n)
		}
		if _, ok := replied[text]; !ok {
			t.Errorf("%s: %q was delivered and is not in the journal", fan, text)
		}
	}
	for text, cause := range replied {
		if b.passive[text] == 0 && !unsure[cause] {
			t.Errorf("%s: the journal says %q was replied, the platform never delivered it", fan, text)
		}
	}
	for word, n := range b.templates {
		if n != 1 {
			t.Errorf("%s: the template message for %q came %d times", fan, word, n)
		}
	}
	if len(ordered) != len(b.templates) {
		t.Errorf("%s: %d template messages ordered, %d came; statuses %v", fan, len(ordered), len(b.templates), settled)
	}
	for _, id := range ordered {
		if s := settled[id]; s != "sent" && s != "delivered" {
			t.Errorf("%s: send %s ended as %q", fan, id, s)
		}
	}
	return b
}
