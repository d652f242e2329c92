package flows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/fetch"
	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// configs keep what the configuration says of each account beside the journals: a decision depends on it, and a replay must
// have it as it was. It is one setting for each different one, named by its digest.
type configs struct {
	store store.Store
	by    map[string]*config
}

// config is an account's, as kept.
type config struct {
	digest string
	body   []byte
	kept   atomic.Bool
	err    error // it cannot be written down
}

// configBody is what is kept: the account with its zone by name, and the limits of scripts.
type configBody struct {
	Account
	Location string
	Limits   sandbox.Limits
}

func newConfigs(s store.Store, limits sandbox.Limits, accounts map[string]*Account) *configs {
	c := &configs{store: s, by: map[string]*config{}}
	for name, a := range accounts {
		body, err := encode(configBody{*a, a.Location.String(), limits})
		sum := sha256.Sum256(body)
		c.by[name] = &config{digest: hex.EncodeToString(sum[:8]), body: body, err: err}
	}
	return c
}

func configSetting(account, digest string) string { return "flows/config/" + account + "/" + digest }

// keep gives the digest of the account's settings, which are durable then. An account that is no longer configured as it is
// given, as in a replay, has none.
func (c *configs) keep(ctx context.Context, a *Account) (string, error) {
	own := c.by[a.Name]
	if own == nil || own.kept.Load() {
		return own.name(), nil
	}
	if own.err != nil {
		return "", fmt.Errorf("encode the settings of account %s: %w", a.Name, own.err)
	}
	if err := c.store.SetSetting(ctx, configSetting(a.Name, own.digest), own.body); err != nil {
		return "", fmt.Errorf("keep the settings of account %s: %w", a.Name, err)
	}
	own.kept.Store(true)
	return own.digest, nil
}

func (c *config) name() string {
	if c == nil {
		return ""
	}
	return c.digest
}

// errNoConfig says that the settings of then are not there, or name a zone that is not.
var errNoConfig = errors.New("the account's settings of then are not kept")

// past gives the account and the limits as a digest names them.
func (c *configs) past(ctx context.Context, now *Account, limits sandbox.Limits, digest string) (*Account, sandbox.Limits, error) {
	if c.by[now.Name].name() == digest {
		return now, limits, nil
	}
	raw, err := c.store.Setting(ctx, configSetting(now.Name, digest))
	if errors.Is(err, store.ErrNotFound) {
		return nil, limits, errNoConfig
	}
	if err != nil {
		return nil, limits, fmt.Errorf("read the settings of account %s: %w", now.Name, err)
	}
	var body configBody
	if json.Unmarshal(raw, &body) != nil {
		return nil, limits, errNoConfig
	}
	account := body.Account
	if account.Location, err = time.LoadLocation(body.Location); err != nil {
		return nil, limits, errNoConfig
	}
	return &account, body.Limits, nil
}

// pluginFindings gives what is wrong with what a plugin says of itself: what was found in its table, and hooks on events that
// there are not.
func pluginFindings(file string, m *plugins.Manifest, found []lint.Finding) []Finding {
	var all []Finding
	for _, f := range found {
		all = append(all, Finding{File: file, Line: f.Line, Rule: f.Rule, Msg: f.Msg, Mend: f.Mend, Severity: Severity(f.Severity)})
	}
	for _, word := range m.Hooks.Events {
		if _, ok := eventSubjects[word]; (!ok || word == clickEvent) && word != "*" {
			all = append(all, Finding{
				File: file, Rule: plugins.RulePlugin, Severity: SeverityError,
				Msg: fmt.Sprintf("hooks.on_event has the key %q: there is no such event%s", word, didYouMean(word, sortedKeys(eventSubjects))),
			})
		}
	}
	return byLine(all)
}

// unreachable warns of the hosts that a plugin asks for and no account allows: its requests there would be refused.
func (e *Engine) unreachable(file string, m *plugins.Manifest) (all []Finding) {
	if e.unconfigured {
		return nil
	}
	for _, host := range m.Hosts {
		reached := slices.ContainsFunc(sortedKeys(e.accounts), func(account string) bool {
			return len(fetch.Narrow(rules(e.accounts[account].HTTPAllow), rules([]string{host}))) > 0
		})
		if !reached {
			all = append(all, Finding{
				File: file, Rule: plugins.RulePlugin, Severity: SeverityWarning,
				Msg:  fmt.Sprintf("permissions.hosts has %q, which no account allows: requests to it will be refused", host),
				Mend: "add it to http_allow of an account in fanflow.toml",
			})
		}
	}
	return all
}

// UnusedSettings gives the plugins that the configuration has something for and that are not published, by name.
func (e *Engine) UnusedSettings(ctx context.Context) ([]string, error) {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	unused := map[string]bool{}
	for _, a := range e.accounts {
		for name := range a.Plugins {
			unused[name] = true
		}
	}
	for i := range catalog.Publications {
		if p := &catalog.Publications[i]; p.Kind == store.KindPlugin {
			delete(unused, p.Name)
		}
	}
	return sortedKeys(unused), nil
}

// ahead gives the settings that the newest pushed version of a plugin declares: they may be set before it is published. Where there is
// none that can be read, or none that is newer, it gives none.
func (e *Engine) ahead(ctx context.Context, name string, version int) ([]plugins.Field, error) {
	script, err := e.store.Script(ctx, pluginID(name), 0)
	if errors.Is(err, store.ErrNotFound) || err == nil && script.Version <= version {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the newest version of plugin %s: %w", name, err)
	}
	m, _, err := e.library.host.Manifest(ctx, script.File, script.Source)
	var bad *sandbox.Error
	if errors.As(err, &bad) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the newest version of plugin %s: %w", name, err)
	}
	return m.Config, nil
}

// publishedOnly leaves out what only a newer version declares.
func publishedOnly(s plugins.Setting, m *plugins.Manifest, newer []plugins.Field) plugins.Setting {
	named := func(fields []plugins.Field, key string) bool {
		return slices.ContainsFunc(fields, func(f plugins.Field) bool { return f.Name == key })
	}
	later := func(key string) bool { return !named(m.Config, key) && named(newer, key) }
	s.Config = maps.Clone(s.Config)
	maps.DeleteFunc(s.Config, func(key string, _ any) bool { return later(key) })
	s.Secrets = slices.DeleteFunc(slices.Clone(s.Secrets), later)
	return s
}

// checkSettings gives what is wrong with the configuration of a plugin, for each account. newer are the settings of a newer version.
func (e *Engine) checkSettings(file string, m *plugins.Manifest, newer []plugins.Field) (all []Finding) {
	for _, account := range sortedKeys(e.accounts) {
		for _, wrong := range e.library.host.CheckSetting(m, account, publishedOnly(e.accounts[account].Plugins[m.Name], m, newer)) {
			all = append(all, Finding{
				File: file, Rule: plugins.RulePlugin, Severity: SeverityError,
				Msg: fmt.Sprintf("the configuration of account %s does not fit: %v", account, wrong),
			})
		}
	}
	return all
}

// fitted refuses to publish a plugin whose configuration does not fit it: it takes effect at a start only.
func (e *Engine) fitted(ctx context.Context, script store.Script) error {
	m, _, err := e.library.host.Manifest(ctx, script.File, script.Source)
	if err != nil {
		return err
	}
	newer, err := e.ahead(ctx, script.Name, script.Version)
	if err != nil {
		return err
	}
	if wrong := e.checkSettings(script.File, m, newer); len(wrong) > 0 {
		return &FindingsError{wrong}
	}
	return nil
}

// CheckSettings gives what the configuration has wrong for the plugins that are published, one line each, with the account. What the
// newest pushed version of a plugin declares may be there before it is published.
func (e *Engine) CheckSettings(ctx context.Context) (wrong []string, err error) {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	versions := map[string]int{}
	for _, p := range catalog.Publications {
		if p.Kind == store.KindPlugin {
			versions[p.Name] = p.Version
		}
	}
	for _, name := range sortedKeys(versions) {
		p, err := e.library.host.Plugin(ctx, name, versions[name], versions)
		var bad *sandbox.Error
		if errors.As(err, &bad) { // it was pushed when that was no mistake; the flows that require it say so
			e.logger.WarnContext(ctx, "a published plugin cannot be used", "plugin", name, "version", versions[name], "err", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read plugin %s: %w", name, err)
		}
		newer, err := e.ahead(ctx, name, versions[name])
		if err != nil {
			return nil, err
		}
		for _, account := range sortedKeys(e.accounts) {
			for _, line := range e.library.host.CheckSetting(&p.Manifest, account, publishedOnly(e.accounts[account].Plugins[name], &p.Manifest, newer)) {
				wrong = append(wrong, fmt.Sprintf("account %q: %v", account, line))
			}
		}
	}
	return wrong, nil
}

// configsOf gives the digests of what is set for the plugins that a flow is published with.
func (e *Engine) configsOf(account string, pins map[string]int) (map[string]string, error) {
	var digests map[string]string
	for name := range pins {
		d, err := e.accounts[account].Plugins[name].Digest()
		if err != nil {
			return nil, err
		}
		if d == "" {
			continue
		}
		if digests == nil {
			digests = map[string]string{}
		}
		digests[name] = d
	}
	return digests, nil
}
