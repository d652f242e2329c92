package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDaytime(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	for clock, want := range map[string]string{"00:00": "12:00", "09:59": "12:00", "10:00": "10:00", "23:30": "23:30"} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-22 "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := daytime(now).Format("2006-01-02 15:04"); got != "2026-11-22 "+want {
			t.Errorf("at %s a demo begins at %s, want %s", clock, got, want)
		}
	}
}

// The demo takes the accounts of a file, keeps what holds beside its data, and plugins need no account.
func TestDemoWithConfig(t *testing.T) {
	dir := t.TempDir()
	text := twoConfig(freeAddr(t), "127.0.0.1:1", filepath.Join(dir, "elsewhere.db"))
	second := strings.ReplaceAll(text[strings.Index(text, "[[account]]"):], "shop", "clinic")
	second = strings.ReplaceAll(second, "wx0123456789abcdef", "wx00000000000000bb")
	config := writeFile(t, filepath.Join(dir, "mine.toml"), text+second)
	addr := freeAddr(t)
	t.Setenv("FANFLOW_LISTEN", addr)
	kept := filepath.Join(dir, "demo")
	demo := start(t, "demo", "--config", config, "--dir", kept, "--empty")
	demo.said("http://" + addr)
	own := filepath.Join(kept, "fanflow.toml")
	if err := os.Unsetenv("FANFLOW_LISTEN"); err != nil {
		t.Fatal(err)
	}
	if out, code := command(t, "plugin", "push", "../../examples/plugins/shops.lua", "--publish", "--config", own); code != 0 {
		t.Fatal(out)
	}
	if out, code := command(t, "flow", "push", "../../examples/help/help.lua", "--publish", "--account", "clinic", "--config", own); code != 0 {
		t.Fatal(out)
	}
	c := &client{t: t, service: "http://" + addr, sim: "http://" + addr, account: "clinic", app: "wx00000000000000bb", token: "test-admin-token-0123"}
	expect(t, c.do("fan", map[string]any{"text": "营业时间"}), "passive", "10:00")
	if _, err := os.Stat(filepath.Join(dir, "elsewhere.db")); err == nil {
		t.Error("the demo has written to the data file of --config")
	}
}

// Every call, file and page of the platform goes to the simulator, whatever stands beside it.
func TestPlatformBesideTheService(t *testing.T) {
	cfg, err := parseConfig("test.toml", twoConfig("127.0.0.1:1", "127.0.0.1:1", filepath.Join(t.TempDir(), "fanflow.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := newSimulator(cfg, playing{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	}()
	const service = http.StatusTeapot
	both := besideSimulator(sim, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(service) }))
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
		w := httptest.NewRecorder()
		both.ServeHTTP(w, r)
		return w
	}
	var calls struct{ Items []struct{ Path string } }
	if err := json.Unmarshal(get("/sim/calls").Body.Bytes(), &calls); err != nil || len(calls.Items) < 100 {
		t.Fatalf("%d calls are played: %v", len(calls.Items), err)
	}
	for _, c := range calls.Items {
		if get(c.Path).Code == service {
			t.Errorf("%s goes to the service", c.Path)
		}
	}
	for _, path := range []string{"/mmbiz_png/x/0", "/mmvideo/x", "/s/x"} {
		if get(path).Code == service {
			t.Errorf("%s goes to the service", path)
		}
	}
	for _, path := range []string{"/", "/callback/shop", "/static/x.js", "/hooks/shop/x", "/a/shop/fans", "/phone"} {
		if get(path).Code != service {
			t.Errorf("%s goes to the platform", path)
		}
	}
}

// Media ids of the real account show the platform's fault line, unless the demo is told to take any.
func TestAnyMedia(t *testing.T) {
	dir := t.TempDir()
	picture := writeFile(t, filepath.Join(dir, "picture.lua"),
		"return flow { name = \"picture\", triggers = { text = { \"*\" } }, first = \"a\", states = { a = { enter = { reply = { image = \"PRODUCTION\" } } } } }\n")
	for flag, kind := range map[string]string{"--any-media=false": "fault", "--any-media": "passive"} {
		addr := freeAddr(t)
		kept := filepath.Join(dir, kind)
		demo := start(t, "demo", flag, "--listen", addr, "--dir", kept, "--empty")
		demo.said("http://" + addr)
		own := filepath.Join(kept, "fanflow.toml")
		if out, code := command(t, "flow", "push", picture, "--publish", "--config", own); code != 0 {
			t.Fatal(out)
		}
		c := &client{t: t, sim: "http://" + addr, app: "wxdemo0000000000"}
		expect(t, c.do("fan", map[string]any{"text": "x"}), kind, "")
	}
}
