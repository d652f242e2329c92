package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanflow/plugins"
)

// PluginConfig is what the configuration sets for a plugin, for all accounts.
type PluginConfig struct {
	// Accounts are those that its hooks are for; left out: all. Its functions are for every flow in any case.
	Accounts []string          `toml:"accounts"`
	Hooks    *bool             `toml:"hooks"`   // false: its hooks are for nobody; default true
	Config   map[string]any    `toml:"config"`  // by the names of the plugin's schema
	Secrets  map[string]string `toml:"secrets"` // likewise; no script sees them
}

// PluginOverride is what one account has otherwise.
type PluginOverride struct {
	Config  map[string]any    `toml:"config"`
	Secrets map[string]string `toml:"secrets"`
}

// pluginKeys end the variables of the environment that set something for a plugin, after FANFLOW_PLUGIN_NAME or
// FANFLOW_ACCOUNT_SHOP_PLUGIN_NAME.
const pluginKeys = "_CONFIG_KEY, _SECRETS_KEY, _HOOKS or _ACCOUNTS"

// applyPluginEnv overrides what the file says of plugins by FANFLOW_PLUGIN_CRM_SECRETS_TOKEN and its like. The names of a plugin
// that the file does not have, and of all keys, are taken in lower case.
func (c *Config) applyPluginEnv(env map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(env)) {
		rest, ok := strings.CutPrefix(k, "FANFLOW_PLUGIN_")
		if !ok {
			continue
		}
		name, word, key, ok := cutPluginKey(rest, slices.Collect(maps.Keys(c.Plugins)))
		p := c.Plugins[name]
		switch {
		case ok && word == "CONFIG":
			p.Config = with[any](p.Config, key, env[k])
		case ok && word == "SECRETS":
			p.Secrets = with(p.Secrets, key, env[k])
		case ok && word == "HOOKS":
			on := false
			if on = env[k] == "true"; !on && env[k] != "false" {
				return fmt.Errorf("environment: %s is %q; write true or false", k, env[k])
			}
			p.Hooks = &on
		case ok:
			p.Accounts = splitList(env[k])
		default:
			return fmt.Errorf("environment: %s sets nothing of a plugin; it must end in %s", k, pluginKeys)
		}
		c.Plugins = with(c.Plugins, name, p)
	}
	return nil
}

// applyPluginEnv is that of one account, whose variables begin with prefix.
func (a *Account) applyPluginEnv(prefix string, env map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(env)) {
		rest, ok := strings.CutPrefix(k, prefix+"PLUGIN_")
		if !ok {
			continue
		}
		name, word, key, ok := cutPluginKey(rest, slices.Collect(maps.Keys(a.Plugins)))
		o := a.Plugins[name]
		switch {
		case ok && word == "CONFIG":
			o.Config = with[any](o.Config, key, env[k])
		case ok && word == "SECRETS":
			o.Secrets = with(o.Secrets, key, env[k])
		default:
			return fmt.Errorf("environment: %s sets nothing of a plugin; for one account it must end in _CONFIG_KEY or _SECRETS_KEY", k)
		}
		a.Plugins = with(a.Plugins, name, o)
	}
	return nil
}

// cutPluginKey takes CRM_SECRETS_TOKEN apart: the plugin's name, SECRETS, token. known are the names of the file.
func cutPluginKey(rest string, known []string) (name, word, key string, ok bool) {
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	for _, k := range known {
		if after, found := strings.CutPrefix(rest, envName(k)+"_"); found {
			if word, key, ok = pluginWord(after); ok {
				return k, word, key, true
			}
		}
	}
	for at := 1; at < len(rest); at++ {
		if rest[at] != '_' {
			continue
		}
		if word, key, ok = pluginWord(rest[at+1:]); ok {
			return strings.ToLower(rest[:at]), word, key, true
		}
	}
	return "", "", "", false
}

func pluginWord(s string) (word, key string, ok bool) {
	word, key, _ = strings.Cut(s, "_")
	switch word {
	case "CONFIG", "SECRETS":
		return word, strings.ToLower(key), key != ""
	case "HOOKS", "ACCOUNTS":
		return word, "", s == word
	}
	return "", "", false
}

func with[V any](m map[string]V, key string, v V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = v
	return m
}

// completePlugins gives every account the settings of the plugins.
func (c *Config) completePlugins() error {
	var accounts []string
	for i := range c.Accounts {
		accounts = append(accounts, c.Accounts[i].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Plugins)) {
		for _, a := range c.Plugins[name].Accounts {
			if !slices.Contains(accounts, a) {
				return fmt.Errorf("plugin.%s.accounts names %q, which is no account; there is %s", name, a, strings.Join(accounts, ", "))
			}
		}
		if err := filled("plugin."+name, c.Plugins[name].Secrets); err != nil {
			return err
		}
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		a.settings = map[string]plugins.Setting{}
		for name, p := range c.Plugins {
			off := p.Hooks != nil && !*p.Hooks || p.Accounts != nil && !slices.Contains(p.Accounts, a.Name)
			a.settings[name] = plugins.Setting{Config: plain(p.Config, a.Plugins[name].Config), Secrets: named(p.Secrets, a.Plugins[name].Secrets), Off: off}
		}
		for name, o := range a.Plugins {
			if err := filled(fmt.Sprintf("account %d (%q): plugin.%s", i+1, a.Name, name), o.Secrets); err != nil {
				return err
			}
			if _, ok := c.Plugins[name]; !ok {
				a.settings[name] = plugins.Setting{Config: plain(nil, o.Config), Secrets: named(nil, o.Secrets)}
			}
		}
	}
	return nil
}

func filled(where string, secrets map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if secrets[name] == "" {
			return fmt.Errorf("%s.secrets.%s is empty; give it a value or leave it out", where, name)
		}
	}
	return nil
}

// plain joins settings, the account's over the plugin's, in values as JSON has them: what is kept of them is read back so.
func plain(base, over map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{base, over} {
		for k, v := range m {
			if n, ok := v.(int64); ok {
				v = float64(n)
			}
			all[k] = v
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func named(base, over map[string]string) []string {
	all := maps.Clone(base)
	for k, v := range over {
		all = with(all, k, v)
	}
	return slices.Sorted(maps.Keys(all))
}

// secret gives the value of a plugin's secret for an account.
func (c *Config) secret(account, plugin, name string) (string, bool) {
	for i := range c.Accounts {
		if c.Accounts[i].Name != account {
			continue
		}
		if v, ok := c.Accounts[i].Plugins[plugin].Secrets[name]; ok {
			return v, true
		}
		v, ok := c.Plugins[plugin].Secrets[name]
		return v, ok
	}
	return "", false
}
