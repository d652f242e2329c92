package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/store"
)

func pluginCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "plugin", Short: "Check, push and publish plugins, look at them, pause them", Args: noArgs,
		Example: "  fanflow plugin push examples/plugins/shops.lua --publish --config fanflow.toml",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		pushCommand(store.KindPlugin), publishCommand(store.KindPlugin), rollbackCommand(store.KindPlugin), listCommand(store.KindPlugin),
		checkCommand(store.KindPlugin), showPluginCommand(), pausePluginCommand(true), pausePluginCommand(false), logCommand(store.KindPlugin),
	)
	return c
}

// logLine is a line of a script's log, as the admin API writes it.
type logLine = flows.LogLine

func showPluginCommand() *cobra.Command {
	f := scriptFlags{shared: true} // the first account's configuration is shown where none is named
	c := &cobra.Command{
		Use:     "show NAME",
		Short:   "Say what a plugin may do, how it is configured, who runs it and how it does",
		Example: "  fanflow plugin show crm --config fanflow.toml",
		Args:    needs("the plugin"),
		RunE: func(c *cobra.Command, names []string) error {
			return withLibrary(c, f, func(l library) error {
				for _, name := range names {
					p, err := l.plugin(c.Context(), name)
					if err != nil {
						return err
					}
					if err := printPlugin(c.OutOrStdout(), p, f.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	return c
}

func pausePluginCommand(paused bool) *cobra.Command {
	f := scriptFlags{shared: true}
	c := &cobra.Command{
		Use:     "pause NAME",
		Short:   "Call a plugin's hooks no more, for all accounts; flows still use its functions",
		Example: "  fanflow plugin pause crm --config fanflow.toml",
		Args:    needs("the plugin"),
	}
	done := "paused"
	if !paused {
		c.Use, c.Short, c.Example = "resume NAME", "End a pause of a plugin's hooks", "  fanflow plugin resume crm --config fanflow.toml"
		done = "resumed"
	}
	c.RunE = func(c *cobra.Command, names []string) error {
		return withLibrary(c, f, func(l library) error {
			for _, name := range names {
				if err := l.pausePlugin(c.Context(), name, paused); err != nil {
					return err
				}
				if f.json {
					if err := json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"name": name, "paused": paused}); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "plugin %s: hooks %s\n", name, done)
			}
			return nil
		})
	}
	f.add(c)
	return c
}

func logCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	c := &cobra.Command{
		Use:   "log NAME",
		Short: "Show what a " + kind + "'s scripts wrote, and failed with, since the service started",
		Long: "log shows the last lines, at most 200, the oldest first. They live in the memory of the service; the lines of one fan stand in the\n" +
			"fan's journal, too. What a plugin's functions write stands in the log of the flow that called them.",
		Example: "  fanflow " + kind + " log crm --config fanflow.toml",
		Args:    needs("the " + kind),
		RunE: func(c *cobra.Command, names []string) error {
			return withLibrary(c, f, func(l library) error {
				for _, name := range names {
					lines, err := l.log(c.Context(), kind, name)
					if err != nil {
						return err
					}
					slices.Reverse(lines)
					if err := printLog(c.OutOrStdout(), lines, f.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	return c
}

func printLog(w io.Writer, lines []logLine, asJSON bool) error {
	if asJSON {
		if lines == nil {
			lines = []logLine{}
		}
		return json.NewEncoder(w).Encode(map[string]any{"items": lines})
	}
	for _, l := range lines {
		undone := ""
		if l.Undone {
			undone = " (undone)"
		}
		fmt.Fprintf(w, "%s %-5s %s%s  %s\n", l.At.Format("2006-01-02 15:04:05"), l.Level, dash(l.OpenID), undone, strings.ReplaceAll(l.Text, "\n", "\n    "))
	}
	return nil
}

func printPlugin(w io.Writer, p *flows.PluginInfo, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(p)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(head string, parts ...string) { fmt.Fprintf(t, "%s\t%s\n", head, dash(strings.Join(parts, ", "))) }
	line("plugin", strings.TrimSpace(p.Name+" "+p.Version))
	if p.Title != "" {
		line("title", p.Title)
	}
	state := "not published"
	if p.Published != 0 {
		state = fmt.Sprintf("version %d", p.Published)
	}
	if p.Newest != p.Published {
		state += fmt.Sprintf("; the newest is %d", p.Newest)
	}
	if p.Paused {
		state += "; hooks are paused: " + p.Why
	}
	line("published", state)
	if p.Fault != "" {
		line("fault", p.Fault)
	}
	line("hosts", p.Hosts...)
	line("kv", p.KV...)
	for _, h := range []struct {
		name  string
		match []string
	}{{"on_event", p.Hooks.Events}, {"before_send", p.Hooks.Sends}, {"after_send", p.Hooks.Sent}, {"on_webhook", p.Hooks.Webhooks}, {"every", p.Hooks.Every}} {
		if len(h.match) > 0 {
			line("hook "+h.name, h.match...)
		}
	}
	if p.Setting.Off {
		line("hooks", "off for this account")
	}
	for _, f := range p.Config {
		line("config "+f.Name, settingText(p, f.Name))
	}
	for _, pin := range p.Pins {
		line("flow "+pin.Flow, fmt.Sprintf("version %d runs version %d", pin.Version, pin.Plugin))
	}
	health := "no failures"
	switch {
	case p.Failures == 1:
		health = "1 failure"
	case p.Failures > 1:
		health = fmt.Sprintf("%d failures in a row", p.Failures)
	}
	line("health", health)
	return t.Flush()
}

// settingText says how a setting is set; of a secret only whether it is.
func settingText(p *flows.PluginInfo, name string) string {
	i := slices.IndexFunc(p.Config, func(f plugins.Field) bool { return f.Name == name })
	f := p.Config[i]
	switch v, ok := p.Setting.Config[name]; {
	case f.Type == "secret" && slices.Contains(p.Setting.Secrets, name):
		return "(secret) set"
	case f.Type == "secret":
		return "(secret) not set"
	case ok:
		b, err := json.Marshal(v)
		if err == nil {
			return string(b)
		}
	case len(f.Default) > 0:
		return string(f.Default) + " (default)"
	}
	return "not set"
}

func (l *remoteLibrary) plugins(parts ...string) string {
	path := "/api/v1/accounts/" + url.PathEscape(l.account) + "/plugins"
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

func (l *remoteLibrary) plugin(ctx context.Context, name string) (*flows.PluginInfo, error) {
	p := &flows.PluginInfo{}
	err := l.call(ctx, http.MethodGet, l.plugins(name), nil, p)
	return p, err
}

func (l *remoteLibrary) pausePlugin(ctx context.Context, name string, paused bool) error {
	route := "resume"
	if paused {
		route = "pause"
	}
	return l.call(ctx, http.MethodPost, l.plugins(name, route), map[string]any{}, &struct{}{})
}

func (l *remoteLibrary) log(ctx context.Context, kind, name string) ([]logLine, error) {
	path := l.plugins(name, "log")
	if kind == store.KindFlow {
		path = "/api/v1/accounts/" + url.PathEscape(l.account) + "/flows/" + url.PathEscape(name) + "/log"
	}
	var page struct {
		Items []logLine `json:"items"`
	}
	err := l.call(ctx, http.MethodGet, path+"?limit=1000", nil, &page)
	return page.Items, err
}

func (l *localLibrary) plugin(ctx context.Context, name string) (*flows.PluginInfo, error) {
	p, err := l.engine.Plugin(ctx, l.account, name)
	return &p, err
}

func (l *localLibrary) pausePlugin(ctx context.Context, name string, paused bool) error {
	why := ""
	if paused {
		why = "operator"
	}
	return l.engine.PausePlugin(ctx, name, why)
}

// log says that there is nothing to show: the log lives in a service's memory.
func (l *localLibrary) log(ctx context.Context, kind, name string) ([]logLine, error) {
	if _, err := flows.LoadScript(ctx, l.store, l.id(kind, name), 0); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("no service is running: the log of %s %s is kept in the service's memory; 'fanflow fan replay' shows what a fan's journal kept", kind, name)
}
