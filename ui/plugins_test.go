package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
	"fanflow/ui"
)

const crmPlugin = `local M = { name = "crm", version = "1.2.0", title = "会员系统" }
M.config = { url = { type = "string" }, vip = { type = "number", default = 1000 }, token = { type = "secret" }, other = { type = "secret" } }
M.permissions = { hosts = { "crm.example.com" }, kv = { "crm:*" } }
function M.level(openid) log.info("asked for", openid) return "gold" end
M.hooks = { on_event = { subscribe = function(fan, event) log.info("hello") end } }
return M
`

const clubFlow = `local crm = require "crm"
return flow { name = "club", triggers = { text = { "club" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan)
  fan:reply(crm.level(fan.openid))
end } } } }
`

// crmSite has the plugin with a configuration for demo.
func crmSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, func(c *ui.Config) {
		host := plugins.NewHost(plugins.Config{Source: c.Store, Secret: func(account, _, name string) (string, bool) {
			return "t0k3n-of-crm", account == "demo" && name == "token"
		}})
		engine, err := flows.New(flows.Config{
			Host: host, Store: c.Store, Now: c.Now, Accounts: []flows.Account{
				{Name: "demo", Location: c.Accounts[0].Location, Type: "service", Plugins: map[string]plugins.Setting{
					"crm": {Config: map[string]any{"url": "https://crm.example.com"}, Secrets: []string{"token"}},
				}},
				{Name: "empty", Location: time.UTC},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Engine = engine
	})
	push := func(kind, file, source string) {
		t.Helper()
		r := s.api(http.MethodPost, "/accounts/demo/scripts/"+kind, jsonOf(t, map[string]any{"file": file, "source": source, "publish": true}))
		if r.status != http.StatusCreated {
			t.Fatal(r.body)
		}
	}
	push(store.KindPlugin, "crm.lua", crmPlugin)
	push(store.KindFlow, "club.lua", clubFlow)
	return s
}

// TestPluginPages: what a plugin says of itself, its configuration with secrets as set or not, its hooks, who runs it and how it does
// stand on its page, in both languages; secrets' values cannot, as nothing here knows them.
func TestPluginPages(t *testing.T) {
	s := crmSite(t)
	c := s.login()
	for lang, want := range map[string][]string{
		"en":    {"Plugins", ">set<", ">not set<", "(default)", "version 1 runs version 1", "no failures", "Pause its hooks", "Source"},
		"zh-CN": {"插件", ">已设置<", ">未设置<", "(默认)", "版本 1 使用插件版本 1", "没有失败", "暂停钩子"},
	} {
		for _, path := range []string{"/a/demo/plugins", "/a/demo/plugins/crm", "/a/empty/plugins/crm", "/a/demo/flows/club"} {
			r := s.get(c, path+"?lang="+lang)
			if r.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, r.status, r.body)
			}
			checkPage(t, lang, r)
		}
		page := s.get(c, "/a/demo/plugins/crm?lang="+lang).body
		for _, w := range append(want, "1.2.0", "会员系统", "crm.example.com", "crm:*", `<li id="L1"><code>local M = {`, "crm.lua ·", "on_event", "subscribe", "1000", "https://crm.example.com") {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page lacks %q", lang, w)
			}
		}
	}
	if r := s.get(c, "/a/demo/plugins/nothing"); r.status != http.StatusNotFound {
		t.Errorf("a plugin that is not there: %d", r.status)
	}
	if r := s.post(c, "/a/demo/plugins/crm/pause", nil); r.status != http.StatusSeeOther || !strings.Contains(s.get(c, "/a/demo/plugins/crm").body, `id="resume"`) {
		t.Errorf("pause: %d", r.status)
	}
	if r := s.post(c, "/a/demo/plugins/crm/resume", nil); r.status != http.StatusSeeOther || !strings.Contains(s.get(c, "/a/demo/plugins/crm").body, `id="pause"`) {
		t.Errorf("resume: %d", r.status)
	}
}

// TestPluginAPI: show, pause, resume, log, rollback, and publishing with the flows that run the plugin.
func TestPluginAPI(t *testing.T) {
	s := crmSite(t)
	check := func(what string, r answer, status int, want ...string) {
		t.Helper()
		if r.status != status {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
		for _, w := range want {
			if !strings.Contains(r.body, w) {
				t.Errorf("%s: no %s in %s", what, w, r.body)
			}
		}
	}
	const plugin, script = "/accounts/demo/plugins/crm", "/accounts/demo/scripts/plugin/crm"
	check("list", s.api(http.MethodGet, "/accounts/demo/plugins", ""), http.StatusOK, `"name":"crm"`, `"next":""`)
	check("show", s.api(http.MethodGet, plugin, ""), http.StatusOK, `"number":1`, `"pins":[{"flow":"club","version":1,"plugin":1}]`, `"secrets":["token"]`, `"on_event":["subscribe"]`)
	check("nothing", s.api(http.MethodGet, "/accounts/demo/plugins/x", ""), http.StatusNotFound, `there is no plugin \"x\"`)
	check("pause", s.api(http.MethodPost, plugin+"/pause", ""), http.StatusOK, `"paused":true`)
	check("paused", s.api(http.MethodGet, plugin, ""), http.StatusOK, `"paused":true`, `"why":"operator"`)
	check("resume", s.api(http.MethodPost, plugin+"/resume", ""), http.StatusOK, `"paused":false`)
	check("log", s.api(http.MethodGet, plugin+"/log", ""), http.StatusOK, `"items":[]`)
	check("no log", s.api(http.MethodGet, "/accounts/demo/flows/x/log", ""), http.StatusNotFound)

	newer := strings.Replace(crmPlugin, `"gold"`, `"silver"`, 1)
	check("push", s.api(http.MethodPost, "/accounts/demo/scripts/plugin", jsonOf(t, map[string]any{"file": "crm.lua", "source": newer, "publish": true})), http.StatusCreated, `"version":2`)
	check("old pin", s.api(http.MethodGet, plugin, ""), http.StatusOK, `"plugin":1`)
	check("publish with flows", s.api(http.MethodPost, script+"/publish", `{"flows":true}`), http.StatusOK, `"flows":["club"]`)
	check("new pin", s.api(http.MethodGet, plugin, ""), http.StatusOK, `"plugin":2`)
	check("again", s.api(http.MethodPost, script+"/publish", `{"flows":true}`), http.StatusOK, `"findings":[]}`)
	check("back with flows", s.api(http.MethodPost, script+"/rollback", `{"flows":true}`), http.StatusOK, `"version":1`, `"flows":["club"]`)
	check("a flow has none", s.api(http.MethodPost, "/accounts/demo/scripts/flow/club/publish", `{"flows":true}`), http.StatusBadRequest, "flows goes with a plugin")
}

// TestFlowLog: what a flow's scripts write stands on its page and in the API, and in the fan's timeline.
func TestFlowLog(t *testing.T) {
	s := newSite(t)
	s.publish(store.KindPlugin, "crm.lua", crmPlugin)
	s.publish(store.KindFlow, "club.lua", strings.Replace(clubFlow, "fan:reply", `print("<b>") if fan.openid == "`+fanB+`" then error("no way") end fan:reply`, 1))
	s.text(fanA, "club")
	s.text(fanB, "club")
	c := s.login()
	if body := s.get(c, "/a/demo/flows/club?lang=en").body; !strings.Contains(body, "&lt;b&gt;") || !strings.Contains(body, "club.lua:3: no way") ||
		!strings.Contains(body, ">undone<") || !strings.Contains(body, "asked for\t"+fanA) {
		t.Errorf("the flow's page lacks lines:\n%s", body)
	}
	if body := s.get(c, "/a/demo/fans/"+fanB+"?lang=en").body; !strings.Contains(body, `data-testid="log"`) || !strings.Contains(body, "&lt;b&gt;") {
		t.Errorf("the timeline lacks the line")
	}
	r := s.api(http.MethodGet, "/accounts/demo/flows/club/log?limit=2", "")
	if r.status != http.StatusOK || !strings.Contains(r.body, `"failed":true`) || !strings.Contains(r.body, `"undone":true`) || !strings.Contains(r.body, `"next":"2"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
}
