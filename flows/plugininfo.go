package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fanflow/plugins"
	"fanflow/store"
)

// PluginInfo is a plugin as an account sees it.
type PluginInfo struct {
	plugins.Manifest        // of the version that is looked at
	Number           int    `json:"number"`    // of that version, as pushed: the published one if there is one, else the newest
	Published        int    `json:"published"` // 0: none is
	Newest           int    `json:"newest"`
	Paused           bool   `json:"paused"`
	Why              string `json:"why,omitempty"` // of the pause
	// Failures are the parts of its hooks that failed in a row, since the start of the service.
	Failures int `json:"failures"`
	// Setting is what the account's configuration says of it; of secrets it holds the names of those that are set.
	Setting plugins.Setting `json:"setting"`
	Pins    []PluginPin     `json:"pins"` // flows that were published with it, by name
	// Fault says why the version tells nothing of itself; then the Manifest has its name alone.
	Fault string `json:"fault,omitempty"`
}

// PluginPin is a published flow of the account with the version of the plugin that it runs.
type PluginPin struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"` // of the flow
	Plugin  int    `json:"plugin"`  // version of the plugin
}

// Plugins gives the plugins that were ever pushed as the account sees them, by name. Errors: ErrNoAccount, or the store's.
func (e *Engine) Plugins(ctx context.Context, account string) ([]PluginInfo, error) {
	acc, err := e.account(account)
	if err != nil {
		return nil, err
	}
	scripts, err := e.store.Scripts(ctx, "", store.KindPlugin)
	if err != nil {
		return nil, fmt.Errorf("list the plugins: %w", err)
	}
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	newest := map[string]int{}
	for i := range scripts {
		newest[scripts[i].Name] = max(newest[scripts[i].Name], scripts[i].Version)
	}
	var out []PluginInfo
	for _, name := range sortedKeys(newest) {
		info, err := e.pluginInfo(ctx, acc, name, newest[name], catalog.Publications)
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// Plugin gives one of them. One that is not there gives a *NotFoundError.
func (e *Engine) Plugin(ctx context.Context, account, name string) (PluginInfo, error) {
	all, err := e.Plugins(ctx, account)
	if err != nil {
		return PluginInfo{}, err
	}
	i := slices.IndexFunc(all, func(p PluginInfo) bool { return p.Name == name })
	if i < 0 {
		return PluginInfo{}, &NotFoundError{ID: pluginID(name)}
	}
	return all[i], nil
}

func pluginID(name string) store.ScriptID { return store.ScriptID{Kind: store.KindPlugin, Name: name} }

func (e *Engine) pluginInfo(ctx context.Context, acc *Account, name string, newest int, publications []store.Publication) (PluginInfo, error) {
	info := PluginInfo{Number: newest, Newest: newest, Setting: acc.Plugins[name], Pins: []PluginPin{}}
	for _, p := range publications {
		switch {
		case p.ScriptID == pluginID(name):
			info.Published, info.Number, info.Paused, info.Why = p.Version, p.Version, p.Paused, p.Why
		case p.Kind == store.KindFlow && p.Account == acc.Name && p.Pins[name] != 0:
			info.Pins = append(info.Pins, PluginPin{Flow: p.Name, Version: p.Version, Plugin: p.Pins[name]})
		}
	}
	script, err := e.store.Script(ctx, pluginID(name), info.Number)
	if err != nil {
		return info, fmt.Errorf("load plugin %s version %d: %w", name, info.Number, err)
	}
	manifest, _, err := e.library.host.Manifest(ctx, script.File, script.Source)
	switch {
	case ctx.Err() != nil:
		return info, ctx.Err()
	case errors.Is(err, store.ErrClosed):
		return info, fmt.Errorf("look at plugin %s: %w", name, err)
	case err != nil:
		info.Fault = err.Error()
	default:
		info.Manifest = *manifest
	}
	info.Name = name
	info.Failures = e.health.failing(pluginID(name), info.Published)
	return info, nil
}

// PausePlugin holds a plugin's hooks for all accounts: no event, send or time calls them. Its functions go on: flows need them. With
// an empty why they go on, and its webhooks and times that failed three times run again. A plugin that is not there, or not
// published, gives a *NotFoundError.
func (e *Engine) PausePlugin(ctx context.Context, name, why string) error {
	_, err := e.hold(ctx, pluginID(name), 0, why)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("pause plugin %s: %w", name, err)
	}
	if err != nil || why != "" {
		return err
	}
	for account := range e.accounts {
		if _, err := e.resumePluginJobs(ctx, account, name); err != nil {
			return fmt.Errorf("let the failed jobs of plugin %s of account %s run again: %w", name, account, err)
		}
	}
	return nil
}

// Republish publishes again the flows of all accounts that run another version of the plugin than the published one, so that they
// run that. Their fans stay where they are. It gives the publications that it made, by account and name; with an error those
// before it, which the error names also.
func (e *Engine) Republish(ctx context.Context, plugin, by string) (made []store.Publication, err error) {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	current := 0
	for _, p := range catalog.Publications {
		if p.ScriptID == pluginID(plugin) {
			current = p.Version
		}
	}
	if current == 0 {
		return nil, &NotFoundError{ID: pluginID(plugin), Pushed: true}
	}
	for _, p := range catalog.Publications {
		if p.Kind != store.KindFlow || p.Pins[plugin] == 0 || p.Pins[plugin] == current || e.accounts[p.Account] == nil {
			continue
		}
		again, err := e.PublishAs(ctx, p.ScriptID, p.Version, by, nil)
		if err != nil {
			return made, fmt.Errorf("plugin %s version %d is published%s; flow %s of account %s does not run it: %w", plugin, current, alsoMade(made), p.Name, p.Account, err)
		}
		made = append(made, again)
	}
	return made, nil
}

// alsoMade names the flows that were published again, as the middle of a sentence.
func alsoMade(made []store.Publication) string {
	if len(made) == 0 {
		return ""
	}
	names := make([]string, len(made))
	for i, p := range made {
		names[i] = p.Name + " of account " + p.Account
	}
	return ", and runs in the flows " + strings.Join(names, ", ")
}
