package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/wechat/crypt"
)

// platform is a service and a simulated platform as two processes.
type platform struct {
	*client
	config     string
	serve, sim *process
}

func startPlatform(t testing.TB) *platform {
	t.Helper()
	dir := t.TempDir()
	service, sim := freeAddr(t), freeAddr(t)
	p := &platform{
		config: writeFile(t, filepath.Join(dir, "fanflow.toml"), twoConfig(service, sim, filepath.Join(dir, "fanflow.db"))),
		client: &client{
			t: t, service: "http://" + service, sim: "http://" + sim, account: "shop", app: "wx0123456789abcdef",
			token: "test-admin-token-0123", secret: "hook-secret",
		},
	}
	p.client.sim = "http://" + sim
	p.sim = start(t, "simulator", "--config", p.config)
	p.sim.said("ready")
	p.restart()
	return p
}

// restart starts the service; the one before is gone.
func (p *platform) restart() {
	p.t.Helper()
	p.serve = start(p.t, "serve", "--config", p.config)
	p.serve.ready(p.service)
}

func (p *platform) push(kind, name, source string) {
	p.t.Helper()
	file := writeFile(p.t, filepath.Join(filepath.Dir(p.config), name), source)
	if out, code := command(p.t, kind, "push", file, "--publish", "--config", p.config); code != 0 {
		p.t.Fatal(out)
	}
}

// TestLastTenCodes: 64 fans ask at once for the last 10 codes, handed out by a claim with a limit and by a bare counter.
func TestLastTenCodes(t *testing.T) {
	for name, take := range map[string]string{
		"take":      `local n = kv.take("codes:spring", 10)`,
		"increment": `local n = kv.increment("codes:spring", 1) if n > 10 then n = nil end`,
	} {
		t.Run(name, func(t *testing.T) {
			p := startPlatform(t)
			p.push("plugin", "codes.lua", "local M = { name = \"codes\" }\nfunction M.next() "+take+" return n and (\"CODE-\" .. n) end\nreturn M\n")
			p.push("flow", "rush.lua", `
local codes = require "codes"
return flow {
  name = "rush", triggers = { text = { "抢券" } }, first = "go",
  states = {
    go = { enter = { run = function(fan)
      local code = codes.next()
      if not code then return "soldout" end
      fan.vars.code = code
      fan:reply("您的券码:" .. code)
      return "won"
    end, to = { "won", "soldout" } } },
    won     = { final = true },
    soldout = { final = true, enter = { reply = "券已领完" } },
  },
}`)
			var mu sync.Mutex
			var wg sync.WaitGroup
			seen := map[string]int{}
			for i := range 64 {
				wg.Go(func() {
					for _, it := range p.do(fmt.Sprintf("fan-%02d", i), map[string]any{"text": "抢券"}) {
						mu.Lock()
						seen[it.Content]++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			codes := 0
			for content, n := range seen {
				switch {
				case strings.HasPrefix(content, "您的券码:CODE-"):
					if codes++; n != 1 {
						t.Errorf("%s was given %d times", content, n)
					}
				case content != "券已领完":
					t.Errorf("%d fans saw %q", n, content)
				}
			}
			if codes != 10 || seen["券已领完"] != 54 {
				t.Errorf("%d codes and %d times sold out: %v", codes, seen["券已领完"], seen)
			}
		})
	}
}

// plainConfig is twoConfig in plain mode on the wall clock.
func plainConfig(service, sim, data string) string {
	text := twoConfig(service, sim, data)
	text = strings.Replace(text, `"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"`, `""`, 1)
	return strings.Replace(text, `clock       = "simulator"`, "", 1)
}

// wire is a push as the platform posts it.
type wire struct {
	token, timestamp, nonce, signature, extra string
	body                                      []byte
}

func (p wire) post(t testing.TB, base string) (int, string) {
	t.Helper()
	if p.timestamp == "" {
		p.timestamp = strconv.FormatInt(time.Now().Unix(), 10)
	}
	if p.nonce == "" {
		p.nonce = "1714036504"
	}
	if p.signature == "" {
		p.signature = crypt.Signature(p.token, p.timestamp, p.nonce)
	}
	q := url.Values{"signature": {p.signature}, "timestamp": {p.timestamp}, "nonce": {p.nonce}}
	res, err := http.Post(base+"?"+q.Encode()+p.extra, "text/xml", bytes.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String()
}

func textDoc(fan, content string, created int64, id int) []byte {
	return fmt.Appendf(nil, `<xml><ToUserName><![CDATA[gh_test]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>`+
		`<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>`, fan, created, content, id)
}

func clickDoc(fan, key string, created int64) []byte {
	return fmt.Appendf(nil, `<xml><ToUserName><![CDATA[gh_test]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>`+
		`<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[%s]]></EventKey></xml>`, fan, created, key)
}

const counterFlow = `
return flow {
  name = "counter", triggers = { text = { "*" }, click = { "A", "B" } }, first = "on", again = "0s",
  states = { on = {
    enter = { run = function(fan) fan:reply("you are in, code " .. math.random(1, 1000000000)) end },
    on = { text = { ["*"] = { run = function(fan, event) fan.vars.n = (fan.vars.n or 0) + 1 fan:reply("number " .. fan.vars.n) end } },
           click = { A = { reply = "tapped A" }, B = { reply = "tapped B" } } },
  } },
}`

var content = regexp.MustCompile(`<Content><!\[CDATA\[(.*?)\]\]></Content>`)

// TestRepeats: a push that WeChat repeats moves nothing twice and gets the same reply, also while the first is being handled,
// also over a kill -9; two menu taps in one second are two pushes.
func TestRepeats(t *testing.T) {
	dir, service := t.TempDir(), freeAddr(t)
	config := writeFile(t, filepath.Join(dir, "fanflow.toml"), plainConfig(service, "127.0.0.1:1", filepath.Join(dir, "fanflow.db")))
	script := writeFile(t, filepath.Join(dir, "counter.lua"), counterFlow)
	if out, code := command(t, "flow", "push", script, "--publish", "--config", config); code != 0 {
		t.Fatal(out)
	}
	serve := start(t, "serve", "--config", config)
	serve.ready("http://" + service)
	callback := "http://" + service + "/callback/shop"
	now := time.Now().Unix()
	say := func(doc []byte) string {
		t.Helper()
		code, body := wire{token: "callback-token", body: doc}.post(t, callback)
		m := content.FindStringSubmatch(body)
		if code != 200 || m == nil {
			t.Fatalf("%d %s", code, body)
		}
		return m[1]
	}

	var first []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 16 { // at once
		wg.Go(func() {
			r := say(textDoc("fan-1", "hello", now, 1))
			mu.Lock()
			defer mu.Unlock()
			first = append(first, r)
		})
	}
	wg.Wait()
	for _, r := range first {
		if r != first[0] {
			t.Errorf("one push, two replies: %q and %q", first[0], r)
		}
	}
	if r := say(textDoc("fan-1", "more", now, 2)); r != "number 1" {
		t.Errorf("after one push: %q", r)
	}
	if a, b := say(clickDoc("fan-1", "A", now)), say(clickDoc("fan-1", "B", now)); a != "tapped A" || b != "tapped B" {
		t.Errorf("two taps in one second: %q, %q", a, b)
	}

	serve.kill()
	serve = start(t, "serve", "--config", config)
	serve.ready("http://" + service)
	if r := say(textDoc("fan-1", "hello", now, 1)); r != first[0] {
		t.Errorf("after a kill -9 the repeat got %q instead of %q", r, first[0])
	}
	if r := say(textDoc("fan-1", "more", now, 2)); r != "number 1" {
		t.Errorf("after a kill -9 the repeat moved the fan: %q", r)
	}
	if r := say(textDoc("fan-1", "again", now, 3)); r != "number 2" {
		t.Errorf("a new push after the repeats: %q", r)
	}
}

// TestRefusedPushes: what is not a proper push of the platform gets a 4xx, is counted, and leaves nothing behind.
func TestRefusedPushes(t *testing.T) {
	dir := t.TempDir()
	plain, safe := freeAddr(t), freeAddr(t)
	plainFile := writeFile(t, filepath.Join(dir, "plain.toml"), plainConfig(plain, "127.0.0.1:1", filepath.Join(dir, "plain.db")))
	safeFile := writeFile(t, filepath.Join(dir, "safe.toml"), strings.Replace(
		twoConfig(safe, "127.0.0.1:1", filepath.Join(dir, "safe.db")), `clock       = "simulator"`, "", 1))
	servePlain, serveSafe := start(t, "serve", "--config", plainFile), start(t, "serve", "--config", safeFile)
	servePlain.ready("http://" + plain)
	serveSafe.ready("http://" + safe)

	const token, fan = "callback-token", "fan-bad"
	good := textDoc(fan, "hello", time.Now().Unix(), 1)
	ago := strconv.FormatInt(time.Now().Add(-25*time.Hour).Unix(), 10)
	key, err := crypt.ParseKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
	if err != nil {
		t.Fatal(err)
	}
	// sealed is a push in safe mode whose signature is right, whatever is in the envelope.
	sealed := func(envelope string) wire {
		now := strconv.FormatInt(time.Now().Unix(), 10)
		return wire{
			token: token, timestamp: now, nonce: "7", extra: "&encrypt_type=aes&msg_signature=" + crypt.Signature(token, now, "7", envelope),
			body: []byte("<xml><ToUserName><![CDATA[gh_test]]></ToUserName><Encrypt><![CDATA[" + envelope + "]]></Encrypt></xml>"),
		}
	}
	seal := func(doc []byte, receiver string) string {
		s, err := key.Seal(doc, receiver)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const app = "wx0123456789abcdef"
	for _, tc := range []struct {
		name, base, path string
		push             wire
		code             int
	}{
		{"bad signature", plain, "/callback/shop", wire{signature: strings.Repeat("0", 40), body: good}, 403},
		{"another token", plain, "/callback/shop", wire{token: "guess", body: good}, 403},
		{"too old", plain, "/callback/shop", wire{token: token, timestamp: ago, body: good}, 403},
		{"unknown account", plain, "/callback/other", wire{token: token, body: good}, 404},
		{"malformed XML", plain, "/callback/shop", wire{token: token, body: []byte("<xml><FromUserName>fan-bad</From")}, 400},
		{"no XML at all", plain, "/callback/shop", wire{token: token, body: []byte("hello")}, 400},
		{"empty", plain, "/callback/shop", wire{token: token}, 400},
		{"a DOCTYPE", plain, "/callback/shop", wire{token: token, body: append([]byte(`<!DOCTYPE x [<!ENTITY e "e">]>`), good...)}, 400},
		{"10 MB", plain, "/callback/shop", wire{token: token, body: bytes.Repeat([]byte("x"), 10<<20)}, 413},
		{"plain body in safe mode", safe, "/callback/shop", wire{token: token, body: good}, 400},
		{"broken Base64", safe, "/callback/shop", sealed("!!!not base64!!!"), 400},
		{"no envelope", safe, "/callback/shop", sealed(base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))), 400},
		{"another AppID inside", safe, "/callback/shop", sealed(seal(good, "wxffffffffffffffff")), 400},
		{"malformed inside", safe, "/callback/shop", sealed(seal([]byte("<xml>"), app)), 400},
		{"changed envelope", safe, "/callback/shop", func() wire {
			w := sealed(seal(good, app))
			w.body = bytes.Replace(w.body, []byte("CDATA["), []byte("CDATA[AAAA"), 2)
			return w
		}(), 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := refusals(t, tc.base)
			code, body := tc.push.post(t, "http://"+tc.base+tc.path)
			if code != tc.code {
				t.Errorf("%d %q, want %d", code, body, tc.code)
			}
			if strings.Contains(body, "goroutine") || strings.Contains(body, ".go:") {
				t.Errorf("a stack trace is shown: %s", body)
			}
			if after := refusals(t, tc.base); after != before+1 {
				t.Errorf("%v refusals were counted before, %v after", before, after)
			}
		})
	}
	t.Run("a client that sends 10 MB before it reads", func(t *testing.T) {
		conn, err := net.Dial("tcp", plain)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /callback/shop?signature=0&timestamp=1&nonce=1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 10<<20)
		if _, err := conn.Write(make([]byte, 10<<20)); err != nil {
			t.Fatalf("the connection was closed while sending: %v", err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode/100 != 4 {
			t.Errorf("status %d", res.StatusCode)
		}
	})
	for _, base := range []string{plain, safe} {
		c := &client{t: t, service: "http://" + base, account: "shop", token: "test-admin-token-0123"}
		var fans struct {
			Items []any `json:"items"`
		}
		c.api("/fans", &fans)
		if len(fans.Items) != 0 {
			t.Errorf("a refused push has left a fan behind: %v", fans.Items)
		}
	}
	for _, p := range []*process{servePlain, serveSafe} {
		if strings.Contains(p.out.String(), "goroutine ") {
			t.Errorf("a stack trace is logged: %s", p.out)
		}
	}
}

var refusalLine = regexp.MustCompile(`(?m)^fanflow_callback_pushes_total\{.*outcome="([^"]+)"\} (\d+)$`)

// refusals sums up what /metrics says was refused.
func refusals(t testing.TB, base string) (n int) {
	t.Helper()
	res, err := http.Get("http://" + base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	for _, m := range refusalLine.FindAllStringSubmatch(b.String(), -1) {
		if m[1] != "ok" && m[1] != "joined" && m[1] != "verified" {
			k, err := strconv.Atoi(m[2])
			if err != nil {
				t.Fatal(err)
			}
			n += k
		}
	}
	return n
}
