package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const goodConfig = `
listen      = "127.0.0.1:8080"
admin_token = "0123456789abcdef"
public_url  = "https://fans.example.com"

[[account]]
name       = "shop"
type       = "service"
app_id     = "wx0123456789abcdef"
app_secret = "secret"
token      = "token"

[account.templates]
COUPON = "tmpl"
`

func TestConfigDefaults(t *testing.T) {
	c, err := parseConfig("fanflow.toml", goodConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if c.Data != "fanflow.db" || a.APIBase != "https://api.weixin.qq.com" || a.location.String() != "Asia/Shanghai" ||
		!a.answerOnRetry() || a.skew.Hours() != 24 || a.Apology != defaultApology {
		t.Errorf("defaults are not those of the guide: %+v", a)
	}
}

func TestConfigEnvironmentWins(t *testing.T) {
	c, err := parseConfig("fanflow.toml", goodConfig, []string{
		"FANFLOW_LISTEN=127.0.0.1:9", "FANFLOW_ACCOUNT_SHOP_APP_SECRET=other", "FANFLOW_ACCOUNT_SHOP_CAPS_DAY=2",
		"FANFLOW_ACCOUNT_SHOP_TEMPLATES_NEW=id", "FANFLOW_ACCOUNT_SHOP_ANSWER_ON_RETRY=false", "FANFLOW_ACCOUNT_SHOP_HTTP_ALLOW=a.example, b.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if c.Listen != "127.0.0.1:9" || a.AppSecret != "other" || a.Caps.Day != 2 || a.Templates["NEW"] != "id" ||
		a.Templates["COUPON"] != "tmpl" || a.answerOnRetry() || len(a.HTTPAllow) != 2 {
		t.Errorf("the environment did not win: %+v %+v", c, a)
	}
}

// Every mistake is one line that names the file, the line or the key, and how to mend it.
func TestConfigMistakes(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(goodConfig, old, new, 1) }
	for _, tc := range []struct {
		name, text string
		env        []string
		want       []string
	}{
		{"host", replace(`name `, "http_allow = [\"crm.example.com/api\"]\nname "), nil, []string{"fanflow.toml", "http_allow", "crm.example.com/api", "write it as"}},
		{name: "unknown key", text: replace("listen ", "lisen "), want: []string{"fanflow.toml:2:", `"lisen"`, `did you mean "listen"?`}},
		{name: "unknown account key", text: replace("app_secret", "app_secrt"), want: []string{"fanflow.toml:10:", `did you mean "app_secret"?`}},
		{name: "not TOML", text: replace(`"shop"`, `shop`), want: []string{"fanflow.toml:7:", "name"}},
		{name: "wrong shape", text: replace(`"127.0.0.1:8080"`, `8080`), want: []string{"fanflow.toml:2:", "listen"}},
		{name: "text for a list", text: replace("[account.templates]", "http_allow = \"crm.example.com\"\n[account.templates]"), want: []string{"fanflow.toml:13: account.http_allow is a text; write a list: [\"…\"]"}},
		{name: "numbers in a list", text: replace("[account.templates]", "http_allow = [7]\n[account.templates]"), want: []string{"fanflow.toml:13: account.http_allow has an item that is a number; write a list of texts"}},
		{name: "text for a number", text: replace("[account.templates]", "[account.caps]\nday = \"2\"\n[account.templates]"), want: []string{"account.caps.day is a text; write a whole number"}},
		{name: "text for yes or no", text: replace("[account.templates]", "verified = \"true\"\n[account.templates]"), want: []string{"account.verified is a text; write true or false"}},
		{name: "list for a text", text: replace(`"127.0.0.1:8080"`, `["127.0.0.1:8080"]`), want: []string{"fanflow.toml:2: listen is a list; write a text"}},
		{name: "text for a table", text: replace("[account.templates]", "caps = \"2 a day\"\n[account.templates]"), want: []string{"account.caps is a text; write a table: [account.caps]"}},
		{name: "one account as a text", text: "account = \"shop\"", want: []string{"fanflow.toml:1: account is a text; begin each account with a line [[account]]"}},
		{name: "no token", text: replace("admin_token", "# admin_token"), want: []string{"admin_token is missing"}},
		{name: "no account", text: "admin_token = \"0123456789abcdef\"", want: []string{"no [[account]]"}},
		{name: "type", text: replace(`"service"`, `"servce"`), want: []string{`account 1 ("shop")`, "service or subscription"}},
		{name: "wecom", text: replace(`"service"`, `"wecom"`), want: []string{"not built yet"}},
		{name: "missing secret", text: replace("app_secret", "# app_secret"), want: []string{"app_secret is missing"}},
		{name: "aes key", text: replace("[account.templates]", "aes_key = \"short\"\n[account.templates]"), want: []string{"aes_key", "43 characters"}},
		{name: "zone", text: replace("[account.templates]", "time_zone = \"Asia/Shangai\"\n[account.templates]"), want: []string{"time_zone", "Asia/Shanghai"}},
		{name: "skew", text: replace("[account.templates]", "max_skew = \"a day\"\n[account.templates]"), want: []string{"max_skew", "1d"}},
		{name: "clock of the real platform", text: "clock = \"simulator\"\n" + goodConfig, want: []string{"clock", "api.weixin.qq.com", "simulator"}},
		{name: "two of a name", text: goodConfig + strings.Replace(goodConfig[strings.Index(goodConfig, "[[account]]"):], "COUPON", "X", 1), want: []string{`"shop" is taken`}},
		{name: "own words of two kinds", text: goodConfig + "\n[account.words]\nstop = [\"TD\"]\nresume = [\"td\"]", want: []string{"words.resume", `"td" is a word of stop also`}},
		{name: "a kind of word", text: goodConfig + "\n[account.words]\nstopp = []", want: []string{"unknown key", `did you mean "stop"?`}},
		{name: "an answer too long", text: goodConfig, env: []string{"FANFLOW_ACCOUNT_SHOP_SAYS_STOP=" + strings.Repeat("好", 700)}, want: []string{"says.stop", "2048 bytes"}},
		{name: "environment", text: goodConfig, env: []string{"FANFLOW_ACCOUNT_SHOP_VERIFIED=perhaps"}, want: []string{"FANFLOW_ACCOUNT_SHOP_VERIFIED", "true or false"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parseConfig("fanflow.toml", tc.text, tc.env)
			if err == nil {
				t.Fatal("the mistake was taken")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

// TestOwnWordsOfTheConfiguration: a list that is left out has its default, an empty one is off; the environment wins.
func TestOwnWordsOfTheConfiguration(t *testing.T) {
	text := goodConfig + "\n[account.words]\nhuman = []\nstop = [\"停\"]\n[account.says]\nstop = \"好的\"\n"
	for name, tc := range map[string]struct {
		env  []string
		want map[string][]string
	}{
		"the file":        {nil, map[string][]string{"human": {}, "stop": {"停"}}},
		"the environment": {[]string{"FANFLOW_ACCOUNT_SHOP_WORDS_STOP=停, 别发了", "FANFLOW_ACCOUNT_SHOP_WORDS_RESUME="}, map[string][]string{"human": {}, "stop": {"停", "别发了"}, "resume": {}}},
	} {
		c, err := parseConfig("fanflow.toml", text, tc.env)
		if err != nil {
			t.Fatal(err)
		}
		a := c.Accounts[0].forFlows()
		if !maps.EqualFunc(a.Words, tc.want, slices.Equal) || a.Says["stop"] != "好的" || len(a.Says) != 1 {
			t.Errorf("%s: words %q, says %q", name, a.Words, a.Says)
		}
	}
}

// TestVariablesForNobody: a variable for an account that the file does not have sets nothing, and is told of.
func TestVariablesForNobody(t *testing.T) {
	c, err := parseConfig("fanflow.toml", goodConfig, []string{"FANFLOW_ACCOUNT_SHOP_TITLE=Shop", "FANFLOW_ACCOUNT_SHOPP_TITLE=x", "FANFLOW_ACCOUNT_NOPE_PLUGIN_CRM_SECRETS_TOKEN=x", "FANFLOW_LISTEN=127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"FANFLOW_ACCOUNT_NOPE_PLUGIN_CRM_SECRETS_TOKEN", "FANFLOW_ACCOUNT_SHOPP_TITLE"}; !slices.Equal(c.unheard, want) {
		t.Errorf("told of %q, want %q", c.unheard, want)
	}
}
