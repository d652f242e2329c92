package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fanflow/flows"
	"fanflow/store"
)

// library is where scripts go: a running service, or the data file where none runs.
type library interface {
	push(ctx context.Context, kind, file, source string, publish bool) (*scriptResult, error)
	// publish makes a version current, the newest for 0; with back an older one, for 0 the one before.
	publish(ctx context.Context, kind, name string, s step) (*scriptResult, error)
	// preview is the dry run of publish.
	preview(ctx context.Context, name string, version int, back bool, choice *store.Choice) (*flows.Preview, error)
	diff(ctx context.Context, name string, from, to int) (*flows.Diff, error)
	list(ctx context.Context, kind string) ([]scriptLine, error)
	check(ctx context.Context, kind, file, source string) ([]finding, error)
	replay(ctx context.Context, openID string, until uint64) (*flows.Replay, error)
	plugin(ctx context.Context, name string) (*flows.PluginInfo, error)
	pausePlugin(ctx context.Context, name string, paused bool) error
	// log gives the last lines of a flow or a plugin, the newest first.
	log(ctx context.Context, kind, name string) ([]logLine, error)
}

// withLibrary finds the library of the configuration and works on it.
func withLibrary(c *cobra.Command, f scriptFlags, work func(library) error) error {
	cfg, err := loadConfig(f.config, os.Environ())
	if err != nil {
		return err
	}
	if f.shared && f.account == "" {
		f.account = cfg.Accounts[0].Name // plugins are shared by all accounts: any will do
	}
	account, err := cfg.account(f.account)
	if err != nil {
		return err
	}
	remote := &remoteLibrary{base: "http://" + cfg.Listen, token: cfg.AdminToken, account: account.Name}
	running, err := remote.running(c.Context())
	if err != nil {
		return err
	}
	if running {
		return work(remote)
	}
	a, err := openApp(c.Context(), cfg, newLogger(io.Discard), false)
	if err != nil {
		return err
	}
	return errors.Join(work(&localLibrary{engine: a.engine, store: a.store, account: account.Name}), a.close(c.Context()))
}

// remoteLibrary talks to the admin API of a running service.
type remoteLibrary struct {
	base, token, account string
}

// running reports whether a service answers at the configured address.
func (l *remoteLibrary) running(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/healthz", nil)
	if err != nil {
		return false, err
	}
	res, err := http.DefaultClient.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return false, nil
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("is a service running at %s? %w", l.base, err)
	}
	return true, res.Body.Close()
}

func (l *remoteLibrary) scripts(parts ...string) string {
	path := "/api/v1/accounts/" + url.PathEscape(l.account) + "/scripts"
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

func (l *remoteLibrary) push(ctx context.Context, kind, file, source string, publish bool) (*scriptResult, error) {
	r := &scriptResult{Kind: kind}
	err := l.call(ctx, http.MethodPost, l.scripts(kind), map[string]any{"file": file, "source": source, "publish": publish}, r)
	return r, err
}

// publication is what the routes about publishing take.
func publication(version int, choice *store.Choice) map[string]any {
	in := map[string]any{"version": version}
	if choice != nil {
		in["choice"] = choice
	}
	return in
}

func (l *remoteLibrary) publish(ctx context.Context, kind, name string, s step) (*scriptResult, error) {
	r := &scriptResult{}
	route := "publish"
	if s.back {
		route = "rollback"
	}
	in := publication(s.version, s.choice)
	if s.follow {
		in["flows"] = true
	}
	err := l.call(ctx, http.MethodPost, l.scripts(kind, name, route), in, r)
	r.Kind, r.Name, r.Published = kind, name, true
	return r, err
}

// previewPatience is how long a dry run may take: it reads every fan of the flow.
const previewPatience = 10 * time.Minute

func (l *remoteLibrary) preview(ctx context.Context, name string, version int, back bool, choice *store.Choice) (*flows.Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, previewPatience)
	defer cancel()
	p := &flows.Preview{}
	in := publication(version, choice)
	if back {
		in["back"] = true
	}
	err := l.call(ctx, http.MethodPost, l.scripts(store.KindFlow, name, "preview"), in, p)
	return p, err
}

func (l *remoteLibrary) diff(ctx context.Context, name string, from, to int) (*flows.Diff, error) {
	q := url.Values{}
	for key, v := range map[string]int{"from": from, "to": to} {
		if v != 0 {
			q.Set(key, strconv.Itoa(v))
		}
	}
	d := &flows.Diff{}
	err := l.call(ctx, http.MethodGet, l.scripts(store.KindFlow, name, "diff")+"?"+q.Encode(), nil, d)
	return d, err
}

func (l *remoteLibrary) list(ctx context.Context, kind string) ([]scriptLine, error) {
	var lines []scriptLine
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Name      string `json:"name"`
				Version   int    `json:"version"`
				Published bool   `json:"published"`
				File      string `json:"file"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := l.call(ctx, http.MethodGet, l.scripts(kind)+"?limit=1000&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return nil, err
		}
		for _, s := range page.Items {
			lines = addVersion(lines, kind, s.Name, s.File, s.Version, s.Published)
		}
		if cursor = page.Next; cursor == "" {
			return lines, nil
		}
	}
}

// addVersion folds one version into the list of scripts.
func addVersion(lines []scriptLine, kind, name, file string, version int, published bool) []scriptLine {
	i := sort.Search(len(lines), func(i int) bool { return lines[i].Name >= name })
	if i == len(lines) || lines[i].Name != name {
		lines = append(lines, scriptLine{})
		copy(lines[i+1:], lines[i:])
		lines[i] = scriptLine{Kind: kind, Name: name}
	}
	if version > lines[i].Version {
		lines[i].Version, lines[i].File = version, file
	}
	if published {
		lines[i].Published = version
	}
	return lines
}

func (l *remoteLibrary) check(ctx context.Context, kind, file, source string) ([]finding, error) {
	var r struct {
		Findings []finding `json:"findings"`
	}
	err := l.call(ctx, http.MethodPost, l.scripts(kind, "check"), map[string]any{"file": file, "source": source}, &r)
	return r.Findings, err
}

// problem is the admin API's way to say no.
type problem struct {
	Title    string    `json:"title"`
	Detail   string    `json:"detail"`
	Findings []finding `json:"findings"`
}

// call asks the service. It waits a minute, or until the deadline that the caller has set.
func (l *remoteLibrary) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, time.Minute)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, l.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the service: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("ask the service: %w", err)
	}
	if res.StatusCode >= 300 {
		return problemError(res.Status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("the service at %s answered something else than JSON: %w", l.base, err)
	}
	return nil
}

func problemError(status string, text []byte) error {
	var p problem
	if json.Unmarshal(text, &p) != nil || p.Title == "" && p.Detail == "" {
		return fmt.Errorf("the service answered %s", status)
	}
	if len(p.Findings) > 0 {
		return findingsError(p.Findings)
	}
	if p.Detail != "" {
		return errors.New(p.Detail)
	}
	return errors.New(p.Title)
}

// findingsError says each finding on a line of its own.
func findingsError(list []finding) error {
	lines := make([]string, len(list))
	for i, f := range list {
		lines[i] = f.String()
	}
	return errors.New(strings.Join(lines, "\n"))
}

// checkFiles checks scripts against the service, or on their own with the plugins that lie beside them.
func checkFiles(c *cobra.Command, f scriptFlags, kind, plugins string, files []string) error {
	check := func(l library) error {
		all := []finding{}
		failed := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				return usagef("cannot read the script: %v", err)
			}
			if x, ok := l.(*scratchLibrary); ok {
				if err := x.fault(file, string(source)); err != nil {
					return err
				}
			}
			found, err := l.check(c.Context(), kindOf(kind, string(source)), file, string(source))
			if err != nil {
				return err
			}
			all = append(all, found...)
			for _, x := range found {
				failed = failed || x.Severity == "error"
			}
		}
		if f.json {
			if err := json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"items": all}); err != nil {
				return err
			}
		} else {
			for _, x := range all {
				fmt.Fprintln(c.OutOrStdout(), x)
			}
		}
		if failed {
			return fmt.Errorf("the check found mistakes")
		}
		if !f.json {
			fmt.Fprintf(c.OutOrStdout(), "%d checked, no mistakes\n", len(files))
		}
		return nil
	}
	if f.config != "" {
		return withLibrary(c, f, check)
	}
	l, err := newScratchLibrary(c.Context(), plugins, files)
	if err != nil {
		return err
	}
	return check(l)
}
