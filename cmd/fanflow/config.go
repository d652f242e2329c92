package main

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/wechat/crypt"
)

// Config is fanflow.toml. Every key can also be set in the environment, which wins over the file: FANFLOW_LISTEN,
// FANFLOW_ADMIN_TOKEN, and for the account named shop FANFLOW_ACCOUNT_SHOP_APP_SECRET,
// FANFLOW_ACCOUNT_SHOP_TEMPLATES_COUPON_EXPIRING, … (a dash in the name is written _). Lists are separated by commas.
type Config struct {
	Listen     string    `toml:"listen"`      // host:port; default 127.0.0.1:8080
	Data       string    `toml:"data"`        // path of the data file; default fanflow.db
	AdminToken string    `toml:"admin_token"` // bearer token of /api and the UI's first login; required
	PublicURL  string    `toml:"public_url"`  // where WeChat and fans reach this service; default http://listen
	Clock      string    `toml:"clock"`       // "" is the wall clock; "simulator" follows {api_base}/sim/clock
	Accounts   []Account `toml:"account"`
	// Plugins are the settings of plugins by their names.
	Plugins map[string]PluginConfig `toml:"plugin"`

	file    string   // for messages
	unheard []string // variables of the environment that are for an account that is not there
}

// Account is one Official Account of the configuration.
type Account struct {
	Name      string `toml:"name"` // in URLs: [a-z0-9-]
	Title     string `toml:"title"`
	Type      string `toml:"type"` // service or subscription
	AppID     string `toml:"app_id"`
	AppSecret string `toml:"app_secret"`
	Token     string `toml:"token"`
	AESKey    string `toml:"aes_key"` // 43 characters: safe mode; empty: plain mode
	APIBase   string `toml:"api_base"`
	// HookSecret signs POST /hooks/{name}/…; empty: no hooks are taken.
	HookSecret     string `toml:"hook_secret"`
	TimeZone       string `toml:"time_zone"` // default Asia/Shanghai
	Verified       bool   `toml:"verified"`
	Test           bool   `toml:"test"`
	TokenPrevious  string `toml:"token_previous"`
	AESKeyPrevious string `toml:"aes_key_previous"`
	// AnswerOnRetry: a slow handler answers on WeChat's next delivery. Default true.
	AnswerOnRetry *bool `toml:"answer_on_retry"`
	// MaxSkew is how far a push's timestamp may be from our clock, either way. Default 24h; the platform documents none.
	MaxSkew    string            `toml:"max_skew"`
	Apology    string            `toml:"apology"`
	Fallback   string            `toml:"fallback"`
	QuietHours string            `toml:"quiet_hours"` // 22:00-08:00, in the account's zone: what is late and may wait does not come then
	Caps       Caps              `toml:"caps"`
	Retention  Retention         `toml:"retention"`
	HTTPAllow  []string          `toml:"http_allow"`
	Words      Words             `toml:"words"`
	Says       Says              `toml:"says"`
	Templates  map[string]string `toml:"templates"` // the flows' names → the account's template ids
	// Plugins are settings that hold for this account, over those for all.
	Plugins map[string]PluginOverride `toml:"plugin"`

	location *time.Location
	skew     time.Duration
	keep     time.Duration // retention.journal
	quiet    flows.Hours
	settings map[string]plugins.Setting // by plugin
}

// Caps are the operator's limits of campaign sends per fan over all flows; 0: none.
type Caps struct {
	Day   int `toml:"day"`
	Week  int `toml:"week"`
	Month int `toml:"month"`
}

// Words are the texts that the account answers itself, before any flow. A list that is left out has its default, [] switches
// it off.
type Words struct {
	Human  []string `toml:"human"`  // hands the fan over to customer service; default 人工, 转人工
	Stop   []string `toml:"stop"`   // the fan wants no campaigns any more; default 退订, TD
	Resume []string `toml:"resume"` // the fan wants them again; default 恢复订阅
}

// byKind gives the lists that are set.
func (w *Words) byKind() map[string][]string {
	kinds := map[string][]string{"human": w.Human, "stop": w.Stop, "resume": w.Resume}
	maps.DeleteFunc(kinds, func(_ string, words []string) bool { return words == nil })
	return kinds
}

// Says are the answers to Words; one that is left out has its default.
type Says struct {
	Human  string `toml:"human"` // only where the account has no customer service
	Stop   string `toml:"stop"`
	Resume string `toml:"resume"`
}

func (s *Says) byKind() map[string]string {
	kinds := map[string]string{"human": s.Human, "stop": s.Stop, "resume": s.Resume}
	maps.DeleteFunc(kinds, func(_, text string) bool { return text == "" })
	return kinds
}

// Retention says how long records are kept, as 400d; empty: for ever.
type Retention struct {
	// Journal: older rows of a fan's journal are let go at night; what they came to is kept, and a replay starts from there.
	Journal      string `toml:"journal"`
	Unsubscribed string `toml:"unsubscribed"`
}

const defaultApology = "系统开小差了,请稍后再试。"

// loadConfig reads a file and the environment. Every mistake is a usage error of one line that names the file, the line or
// the key, and the mend.
func loadConfig(path string, environ []string) (*Config, error) {
	if path == "" {
		return nil, usagef("--config is missing: name the fanflow.toml to use")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("cannot read the configuration: %v", err)
	}
	return parseConfig(path, string(text), environ)
}

func parseConfig(file, text string, environ []string) (*Config, error) {
	c := &Config{file: file}
	meta, err := toml.Decode(text, c)
	if err != nil {
		return nil, tomlMistake(file, text, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, unknownKey(file, text, unknown[0])
	}
	if err := c.applyEnv(environ); err != nil {
		return nil, &usageError{err}
	}
	if err := c.complete(); err != nil {
		return nil, usagef("%s: %w", file, err)
	}
	return c, nil
}

// complete fills in defaults and checks what must hold.
func (c *Config) complete() error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.Data == "" {
		c.Data = "fanflow.db"
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if err := httpURL("public_url", c.PublicURL); err != nil {
		return err
	}
	if c.AdminToken == "" {
		return fmt.Errorf("admin_token is missing; for example the output of 'openssl rand -hex 24'")
	}
	if c.Clock != "" && c.Clock != "simulator" {
		return fmt.Errorf("clock is %q; leave it out, or say \"simulator\"", c.Clock)
	}
	if len(c.Accounts) == 0 {
		return fmt.Errorf("no [[account]]; add one with name, type, app_id, app_secret and token")
	}
	seen := map[string]bool{}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		if err := a.complete(); err != nil {
			return fmt.Errorf("account %d (%q): %w", i+1, a.Name, err)
		}
		if seen[a.Name] {
			return fmt.Errorf("account %d: the name %q is taken; names must differ", i+1, a.Name)
		}
		seen[a.Name] = true
		if c.Clock == "simulator" {
			if err := c.simulated(a); err != nil {
				return err
			}
		}
	}
	return c.completePlugins()
}

// simulated refuses to follow the clock of the real platform, and of two simulators at once.
func (c *Config) simulated(a *Account) error {
	if realPlatform(a.APIBase) {
		return fmt.Errorf("clock = \"simulator\" with api_base %s of account %q: the real platform has no clock to follow; remove clock, or point api_base at a simulator", a.APIBase, a.Name)
	}
	if a.APIBase != c.Accounts[0].APIBase {
		return fmt.Errorf("clock = \"simulator\": account %q has another api_base than %q; there is one clock to follow, so all accounts need the same", a.Name, c.Accounts[0].Name)
	}
	return nil
}

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (a *Account) complete() error {
	if !accountName.MatchString(a.Name) {
		return fmt.Errorf("name must be 1 to 32 of a-z, 0-9 and -")
	}
	switch a.Type {
	case "service", "subscription":
	case "wecom":
		return fmt.Errorf("type wecom is not built yet; use service or subscription")
	default:
		return fmt.Errorf("type is %q; say service or subscription", a.Type)
	}
	for _, f := range []struct{ key, value string }{{"app_id", a.AppID}, {"app_secret", a.AppSecret}, {"token", a.Token}} {
		if f.value == "" {
			return fmt.Errorf("%s is missing; it stands in the account's developer settings", f.key)
		}
	}
	for _, f := range []struct{ key, value string }{{"aes_key", a.AESKey}, {"aes_key_previous", a.AESKeyPrevious}} {
		if f.value == "" {
			continue
		}
		if _, err := crypt.ParseKey(f.value); err != nil {
			return fmt.Errorf("%s: %w; copy the 43 characters of EncodingAESKey from the developer settings", f.key, err)
		}
	}
	if a.APIBase == "" {
		a.APIBase = "https://api.weixin.qq.com"
	}
	a.APIBase = strings.TrimRight(a.APIBase, "/")
	if err := httpURL("api_base", a.APIBase); err != nil {
		return err
	}
	return a.completeBehaviour()
}

func (a *Account) completeBehaviour() error {
	if a.TimeZone == "" {
		a.TimeZone = "Asia/Shanghai"
	}
	var err error
	if a.location, err = time.LoadLocation(a.TimeZone); err != nil {
		return fmt.Errorf("time_zone %q is not known; use a name like Asia/Shanghai", a.TimeZone)
	}
	if a.MaxSkew == "" {
		a.MaxSkew = "24h"
	}
	if a.skew, err = plugins.ParseDuration(a.MaxSkew); err != nil {
		return fmt.Errorf("max_skew: %w", err)
	}
	if a.Apology == "" {
		a.Apology = defaultApology
	}
	if a.Title == "" {
		a.Title = a.Name
	}
	own := a.forFlows()
	if err := own.CheckWords(); err != nil {
		return err
	}
	if err := own.CheckHosts(); err != nil {
		return err
	}
	if a.Caps.Day < 0 || a.Caps.Week < 0 || a.Caps.Month < 0 {
		return fmt.Errorf("caps must not be negative; leave one out for no limit")
	}
	if a.QuietHours != "" {
		if a.quiet, err = flows.ParseHours(a.QuietHours); err != nil {
			return fmt.Errorf("quiet_hours is %q; write it as \"22:00-08:00\"", a.QuietHours)
		}
	}
	for _, f := range []struct {
		key, value string
		to         *time.Duration
	}{{"retention.journal", a.Retention.Journal, &a.keep}, {"retention.unsubscribed", a.Retention.Unsubscribed, nil}} {
		if f.value == "" {
			continue
		}
		d, err := plugins.ParseDuration(f.value)
		if err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
		if f.to != nil {
			*f.to = d
		}
	}
	return nil
}

// unheeded lists the settings of the account that are understood and do nothing yet.
func (a *Account) unheeded() []string {
	var keys []string
	for _, k := range []struct {
		key string
		set bool
	}{
		{"caps", a.Caps != Caps{}},
		{"retention.unsubscribed", a.Retention.Unsubscribed != ""},
	} {
		if k.set {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// answerOnRetry is the setting with its default.
func (a *Account) answerOnRetry() bool { return a.AnswerOnRetry == nil || *a.AnswerOnRetry }

func httpURL(key, value string) error {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%s is %q; write it as https://host", key, value)
	}
	return nil
}

// account finds the account that a command is about: the one named, or the only one.
func (c *Config) account(name string) (*Account, error) {
	if name == "" {
		if len(c.Accounts) == 1 {
			return &c.Accounts[0], nil
		}
		return nil, usagef("%s has %d accounts; say which one with --account", c.file, len(c.Accounts))
	}
	for i := range c.Accounts {
		if c.Accounts[i].Name == name {
			return &c.Accounts[i], nil
		}
	}
	return nil, usagef("%s has no account %q", c.file, name)
}

// accountNames lists the names of the accounts of a file, as far as it can be read.
func accountNames(text string) []string {
	var c Config
	if _, err := toml.Decode(text, &c); err != nil {
		return nil
	}
	var names []string
	for _, a := range c.Accounts {
		names = append(names, a.Name)
	}
	return names
}
