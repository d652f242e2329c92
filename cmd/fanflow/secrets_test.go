package main

import (
	"encoding/base64"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// sentinels are the secrets of TestSecretsStayInside: no text of the program holds any of them by chance.
var sentinels = map[string]string{
	"admin_token":    "sentinel-of-the-admin-token-1",
	"app_secret":     "sentinel-of-the-app-secret-2",
	"token":          "SentinelOfTheCallback3",
	"aes_key":        "SentinelOfTheAesKeyWith43LettersAndDigits44",
	"hook_secret":    "sentinel-of-the-hook-secret-5",
	"plugin secret":  "sentinel+of the/plugin's secret=6",
	"account secret": "sentinel-of-the-account-override-7",
}

// TestSecretsStayInside: "No secret or token in any error or log." A service whose configuration is full of secrets, and whose scripts
// use them and fail, shows none of them on a page, in an answer of the API or in what the process prints.
func TestSecretsStayInside(t *testing.T) {
	dir := t.TempDir()
	service, sim := freeAddr(t), freeAddr(t)
	text := twoConfig(service, sim, filepath.Join(dir, "fanflow.db"))
	for was, name := range map[string]string{
		`"test-admin-token-0123"`: "admin_token", `"app-secret"`: "app_secret", `"callback-token"`: "token", `"hook-secret"`: "hook_secret",
		`"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"`: "aes_key",
	} {
		text = strings.Replace(text, was, `"`+sentinels[name]+`"`, 1)
	}
	text += "\n[account.plugin.crm.secrets]\nsecond = \"" + sentinels["account secret"] + "\"\n[plugin.crm.secrets]\ntoken = \"" + sentinels["plugin secret"] + "\"\n"
	p := &platform{
		config: writeFile(t, filepath.Join(dir, "fanflow.toml"), text),
		client: &client{t: t, service: "http://" + service, sim: "http://" + sim, account: "shop", app: "wx0123456789abcdef", token: sentinels["admin_token"], secret: sentinels["hook_secret"]},
	}
	p.sim = start(t, "simulator", "--config", p.config)
	p.sim.said("ready")
	p.restart()
	p.push("plugin", "crm.lua", `local M = { name = "crm", permissions = { kv = { "crm:*" } }, config = { token = { type = "secret" }, second = { type = "secret" } } }
local function hide(x) return x end -- from the check
function M.sign(text) print("signing") return crypto.hmac_sha256(secrets.token, text) end
function M.fail() error(tostring(hide(secrets.token))) end
M.hooks = { on_event = { text = function(fan, event) log.warn(hide(secrets.second)) end } }
return M
`)
	p.push("flow", "club.lua", `local crm = require "crm"
return flow { name = "club", triggers = { text = { "club", "fail" } }, first = "a", again = "0s", states = { a = { final = true, enter = { run = function(fan, event)
  if event.text == "fail" then crm.fail() end
  fan:reply("signed " .. crm.sign("x"))
end } } } }
`)
	expect(t, p.do("fan-1", map[string]any{"text": "club"}), "passive", "signed ")
	p.do("fan-1", map[string]any{"text": "fail"})
	p.hook("order.paid", "fan-1")

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	if _, err := browser.PostForm(p.service+"/login", url.Values{"token": {p.token}}); err != nil {
		t.Fatal(err)
	}
	p.client.browser(browser, "/", "/a/shop", "/a/shop/plugins", "/a/shop/plugins/crm", "/a/shop/flows", "/a/shop/flows/club", "/a/shop/fans", "/a/shop/fans/fan-1")
	api := "/api/v1/accounts"
	p.answers("", api, api+"/shop/plugins", api+"/shop/plugins/crm", api+"/shop/plugins/crm/log", api+"/shop/flows", api+"/shop/flows/club",
		api+"/shop/flows/club/log", api+"/shop/scripts/plugin/crm", api+"/shop/fans", api+"/shop/fans/fan-1", api+"/shop/fans/fan-1/journal", api+"/shop/sends")
	p.answers("wrong", api)
	hidden(t, "the process", p.serve.out.String())
	if code := p.serve.stop(); code != 0 {
		t.Errorf("serve ended with %d", code)
	}
	hidden(t, "the process at its end", p.serve.out.String())
}

// browser looks at pages as one who has logged in.
func (c *client) browser(b *http.Client, paths ...string) {
	c.t.Helper()
	for _, path := range paths {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.service+path, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, k := range b.Jar.Cookies(req.URL) {
			req.AddCookie(k)
		}
		code, text := c.request(http.MethodGet, c.service+path, nil, map[string]string{"Cookie": req.Header.Get("Cookie")})
		if code != http.StatusOK || !strings.Contains(string(text), "shop") || strings.Contains(string(text), `action="/login"`) {
			c.t.Errorf("%s: %d: it is no page of one who has logged in", path, code)
		}
		hidden(c.t, path, string(text))
	}
}

// answers asks the API with the right token, or another.
func (c *client) answers(token string, paths ...string) {
	c.t.Helper()
	want := http.StatusUnauthorized
	if token == "" {
		token, want = c.token, http.StatusOK
	}
	for _, path := range paths {
		code, text := c.request(http.MethodGet, c.service+path, nil, map[string]string{"Authorization": "Bearer " + token})
		if code != want {
			c.t.Errorf("%s: %d, want %d: %s", path, code, want, text)
		}
		hidden(c.t, path, string(text))
	}
}

// hidden fails if a text has a secret, as it is or as addresses and headers spell it.
func hidden(t testing.TB, where, text string) {
	t.Helper()
	for name, s := range sentinels {
		for _, spelt := range []string{s, url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			if strings.Contains(text, spelt) {
				t.Errorf("%s shows the %s", where, name)
			}
		}
	}
}
