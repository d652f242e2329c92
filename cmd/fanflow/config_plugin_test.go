package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/plugins"
	"fanflow/store"
)

const pluginConfig = goodConfig + `
[account.plugin.crm.config]
vip = 2000
[account.plugin.crm.secrets]
second = "of-the-shop-only"

[[account]]
name       = "cafe"
type       = "subscription"
app_id     = "wx0123456789abcdee"
app_secret = "secret"
token      = "token"

[plugin.crm]
accounts = ["shop"]
[plugin.crm.config]
url  = "https://crm.example.com"
vip  = 1000
tags = ["a", "b"]
[plugin.crm.secrets]
token  = "tk_0123456789/+"
second = "of-all-accounts"

[plugin.quiet-one]
hooks = false
`

// TestPluginSettings: what is set for all accounts, what for one, and what the environment says over both.
func TestPluginSettings(t *testing.T) {
	for name, tc := range map[string]struct {
		env                            []string
		shop, cafe                     plugins.Setting
		shopToken, shopSecond, cafeOne string
	}{
		"the file": {
			shop:      plugins.Setting{Config: map[string]any{"url": "https://crm.example.com", "vip": 2000.0, "tags": []any{"a", "b"}}, Secrets: []string{"second", "token"}},
			cafe:      plugins.Setting{Config: map[string]any{"url": "https://crm.example.com", "vip": 1000.0, "tags": []any{"a", "b"}}, Secrets: []string{"second", "token"}, Off: true},
			shopToken: "tk_0123456789/+", shopSecond: "of-the-shop-only", cafeOne: "of-all-accounts",
		},
		"the environment": {
			env: []string{
				"FANFLOW_PLUGIN_CRM_CONFIG_URL=https://other", "FANFLOW_PLUGIN_CRM_CONFIG_TAGS=x, y", "FANFLOW_PLUGIN_CRM_SECRETS_TOKEN=from-the-environment", "FANFLOW_PLUGIN_CRM_ACCOUNTS=cafe,shop",
				"FANFLOW_ACCOUNT_SHOP_PLUGIN_CRM_CONFIG_VIP=7", "FANFLOW_ACCOUNT_CAFE_PLUGIN_CRM_SECRETS_SECOND=of-the-cafe-only", "FANFLOW_PLUGIN_QUIET_ONE_HOOKS=true",
			},
			shop:      plugins.Setting{Config: map[string]any{"url": "https://other", "vip": "7", "tags": "x, y"}, Secrets: []string{"second", "token"}},
			cafe:      plugins.Setting{Config: map[string]any{"url": "https://other", "vip": 1000.0, "tags": "x, y"}, Secrets: []string{"second", "token"}},
			shopToken: "from-the-environment", shopSecond: "of-the-shop-only", cafeOne: "of-the-cafe-only",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := parseConfig("fanflow.toml", pluginConfig, tc.env)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.shop, c.Accounts[0].forFlows().Plugins["crm"]); diff != "" {
				t.Error("shop:", diff)
			}
			if diff := cmp.Diff(tc.cafe, c.Accounts[1].forFlows().Plugins["crm"]); diff != "" {
				t.Error("cafe:", diff)
			}
			if off := c.Accounts[0].settings["quiet-one"].Off; off != (tc.env == nil) {
				t.Errorf("quiet-one is off: %v", off)
			}
			for _, s := range []struct{ account, name, want string }{{"shop", "token", tc.shopToken}, {"shop", "second", tc.shopSecond}, {"cafe", "second", tc.cafeOne}} {
				if got, ok := c.secret(s.account, "crm", s.name); !ok || got != s.want {
					t.Errorf("%s of %s: %q, want %q", s.name, s.account, got, s.want)
				}
			}
			for _, none := range [][3]string{{"shop", "crm", "none"}, {"shop", "none", "token"}, {"none", "crm", "token"}} {
				if got, ok := c.secret(none[0], none[1], none[2]); ok {
					t.Errorf("%v: %q", none, got)
				}
			}
		})
	}
	c, err := parseConfig("fanflow.toml", goodConfig, []string{"FANFLOW_PLUGIN_CRM_SECRETS_API_TOKEN=of-the-environment"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := c.secret("shop", "crm", "api_token"); got != "of-the-environment" {
		t.Errorf("a plugin of the environment alone: %q", got)
	}
}

func TestPluginSettingsMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		more, want string
		env        []string
	}{
		"account":      {"[plugin.crm]\naccounts = [\"shp\"]", `plugin.crm.accounts names "shp", which is no account; there is shop`, nil},
		"key":          {"[plugin.crm]\nhook = false", `unknown key "plugin.crm.hook"; did you mean "hooks"?`, nil},
		"empty secret": {"[plugin.crm.secrets]\ntoken = \"\"", "plugin.crm.secrets.token is empty", nil},
		"empty of one": {"[account.plugin.crm.secrets]\ntoken = \"\"", `account 1 ("shop"): plugin.crm.secrets.token is empty`, nil},
		"variable":     {"", "FANFLOW_PLUGIN_CRM_TOKEN sets nothing of a plugin", []string{"FANFLOW_PLUGIN_CRM_TOKEN=x"}},
		"of one":       {"", "FANFLOW_ACCOUNT_SHOP_PLUGIN_CRM_HOOKS sets nothing of a plugin", []string{"FANFLOW_ACCOUNT_SHOP_PLUGIN_CRM_HOOKS=true"}},
		"hooks":        {"", "write true or false", []string{"FANFLOW_PLUGIN_CRM_HOOKS=perhaps"}},
	} {
		_, err := parseConfig("fanflow.toml", goodConfig+"\n"+tc.more+"\n", tc.env)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMasked: a secret that gets into the log by mistake does not come out of it, however it is spelt.
func TestMasked(t *testing.T) {
	c, err := parseConfig("fanflow.toml", pluginConfig+"\n[plugin.odd.secrets]\nquoted = 'a\"b<c>d e/f'\nshort = \"1234\"\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := newLogger(c.masked(&out))
	log.Info("call tk_0123456789/+", "url", "https://x?token=tk_0123456789%2F%2B", "basic", "dGtfMDEyMzQ1Njc4OS8r", "err", &usageError{err: net.UnknownNetworkError("of-the-shop-only")}, "odd", `a"b<c>d e/f`, "n", 1234)
	if _, err := io.WriteString(c.masked(&out), `{"odd":"a\"b\u003cc\u003ed e/f"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"0123456789", "dGtf", "of-the-shop-only", `a\"b`} {
		if strings.Contains(out.String(), s) {
			t.Errorf("the log has %q: %s", s, out.String())
		}
	}
	if !strings.Contains(out.String(), "•••") || !strings.Contains(out.String(), "n=1234") || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("got %q", out.String())
	}
}

// TestServeRefusesSettings: a start with settings that do not fit a published plugin says what is wrong in one line and ends with 2.
func TestServeRefusesSettings(t *testing.T) {
	text := strings.Replace(goodConfig, "[account.templates]", "api_base = \"http://127.0.0.1:1\"\n[account.templates]", 1) + "\n[plugin.crm.secrets]\ntoken = \"tk_0123456789/+\"\n"
	text = "data = \"" + filepath.ToSlash(filepath.Join(t.TempDir(), "fanflow.db")) + "\"\n" + text
	var log bytes.Buffer
	open := func(text string) *app {
		c, err := parseConfig("fanflow.toml", strings.Replace(text, "127.0.0.1:8080", "127.0.0.1:0", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := openApp(t.Context(), c, newLogger(&log), false)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open(text)
	if err := a.checkSettings(t.Context()); err != nil || strings.Count(log.String(), "not published") != 1 || !strings.Contains(log.String(), "plugins=[crm]") {
		t.Errorf("settings of what is not published: %v in %s", err, &log)
	}
	log.Reset()
	s, err := a.engine.Push(t.Context(), "shop", store.KindPlugin, "crm.lua", `return { name = "crm", config = { token = { type = "secret", required = true }, url = { type = "string" } } }`, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.engine.Publish(t.Context(), s.ScriptID, 0, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.checkSettings(t.Context()); err != nil {
		t.Errorf("settings that fit: %v", err)
	}
	if strings.Contains(log.String(), "not published") {
		t.Errorf("a plugin that is published is warned of: %s", &log)
	}
	if err := a.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a = open(strings.Replace(text, "token = \"tk_", "tokn = \"tk_", 1))
	err = a.checkSettings(t.Context())
	want := `fanflow.toml: account "shop": plugin.crm.secrets.tokn: the plugin has no such secret: it has token, and 1 more`
	if err == nil || err.Error() != want || !errors.As(err, new(*usageError)) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := a.close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
