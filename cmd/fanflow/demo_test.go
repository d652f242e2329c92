package main

import (
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
