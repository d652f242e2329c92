package simulator_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// copied is a state file as a kill at this moment would leave it, in a place of its own.
func copied(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestStateSurvivesAKill plays a little of everything and goes on from what stands in the file, without a close.
func TestStateSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "simulator.db")
	p := start(t, simulator.Config{Start: noon, StateFile: path})
	p.advance("36h")
	token := p.token()
	p.do("fan1", `{"scan":"store-1"}`)
	p.do("fan1", `{"text":"hi"}`)
	p.do("fan1", `{"consent":{"template_id":"TEMPLATE"}}`)
	tag := fmt.Sprint(p.post("tags/create", token, `{"tag":{"name":"t"}}`)["tag"].(map[string]any)["id"])
	gone := fmt.Sprint(p.post("tags/create", token, `{"tag":{"name":"gone"}}`)["tag"].(map[string]any)["id"])
	p.want(p.post("tags/members/batchtagging", token, `{"tagid":`+tag+`,"openid_list":["fan1"]}`), 0)
	p.want(p.post("tags/delete", token, `{"tag":{"id":`+gone+`}}`), 0)
	for range 6 { // of the three of the scan and the five of the message
		p.want(p.post("message/custom/send", token, custom("fan1", "m")), 0)
	}
	for i := range 3 {
		p.want(p.post("message/mass/send", token, massList(fmt.Sprint("m", i), fmt.Sprint("c", i), "fan1", "x")), 0)
	}
	card := p.want(p.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"x"}`, `,"client_msg_id":"c"`)), 0)
	before := p.stamped("fan1")

	for _, torn := range []string{"", `{"k":"fan","app":"` + appID + `","id":"fan1","v":{"subscr`, "\x00\x00"} {
		t.Run("torn "+torn, func(t *testing.T) {
			file := copied(t, path)
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString(torn)
			}
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			q := start(t, simulator.Config{StateFile: file})
			if now := q.sim.Now(); now.Before(noon.Add(36*3600e9)) || now.After(p.sim.Now()) {
				t.Errorf("the clock stands at %s", now)
			}
			if d := cmp.Diff(before, q.stamped("fan1")); d != "" {
				t.Error(d)
			}
			q.want(q.api("GET", "getcallbackip?access_token="+token, ""), 0)
			if got := fmt.Sprint(q.post("tags/getidlist", token, `{"openid":"fan1"}`)["tagid_list"]); got != "["+tag+"]" {
				t.Error(got)
			}
			if got := fmt.Sprint(q.post("tags/create", token, `{"tag":{"name":"new"}}`)["tag"].(map[string]any)["id"]); got == gone || got == tag {
				t.Errorf("tag id %s was given again", got)
			}
			q.want(q.post("message/custom/send", token, custom("fan1", "m")), 0)
			q.want(q.post("message/custom/send", token, custom("fan1", "m")), 0)
			q.want(q.post("message/custom/send", token, custom("fan1", "m")), 45047)
			q.want(q.post("message/mass/send", token, massList("m", "c0", "fan1", "x")), 45065)
			q.want(q.post("message/mass/send", token, massList("m3", "c3", "fan1", "x")), 0)
			q.want(q.post("message/mass/send", token, massList("m4", "c4", "fan1", "x")), 0) // beyond the four: left out
			again := q.want(q.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"x"}`, `,"client_msg_id":"c"`)), 0)
			if again.text("msgid") != card.text("msgid") {
				t.Error("client_msg_id is forgotten")
			}
			q.want(q.post("message/subscribe/bizsend", token, templateBody("fan1", `"thing1":{"value":"x"}`, "")), 0)
			q.want(q.post("message/subscribe/bizsend", token, templateBody("fan1", `"thing1":{"value":"x"}`, "")), 43101)
			if got := len(q.inbox("fan1")) - len(before); got != 4 {
				t.Errorf("%d new items, want 4", got)
			}
			q.back.reply(nil)
			q.advance("1s")
			if got := q.back.deliveries(); len(got) == 0 || got[0].field["MsgID"] != card.text("msgid") {
				t.Errorf("the result that was due is not pushed: %+v", got)
			}
			newer := q.post("message/template/send", token, templateBody("fan1", `"thing1":{"value":"y"}`, ""))
			if newer.text("msgid") <= card.text("msgid") {
				t.Errorf("message id %s after %s", newer.text("msgid"), card.text("msgid"))
			}
		})
	}
}

func TestStateFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "simulator.db")
	run := func() int {
		sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, StateFile: path})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(sim)
		defer server.Close()
		p := &platform{t: t, sim: sim, url: server.URL}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			p.do("fan1", `{"text":"hi"}`)
		}
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "\n")
	}
	run()
	if n := run(); n > 5 {
		t.Errorf("%d lines after opening the file again", n)
	}
}

func TestStateFileMistakes(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.db")
	if err := os.WriteFile(broken, []byte("not ours\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	held := filepath.Join(dir, "held.db")
	first, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, StateFile: held})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	for path, want := range map[string]string{broken: "line 1", held: "another process", filepath.Join(dir, "no", "such"): "no such"} {
		_, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, StateFile: path})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	with := func(change func(*simulator.Account)) []simulator.Account {
		a := service()
		change(&a)
		return []simulator.Account{a}
	}
	cases := []struct {
		c    simulator.Config
		want string
	}{
		{simulator.Config{}, "no account"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.Type = "wecom" })}, "service or subscription"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.Name = "" })}, "name"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.AppID = "a/b" })}, "app_id"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.Mode = "safe" })}, "aes_key"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.Mode = "loud" })}, "loud"},
		{simulator.Config{Accounts: with(func(a *simulator.Account) { a.AESKey = "short" })}, "43"},
		{simulator.Config{Accounts: []simulator.Account{service(), service()}}, "unique"},
		{simulator.Config{Accounts: with(func(*simulator.Account) {}), Switches: simulator.Switches{Windows: "wide"}}, "wide"},
	}
	for _, c := range cases {
		if _, err := simulator.New(c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q: %v", c.want, err)
		}
	}
}
