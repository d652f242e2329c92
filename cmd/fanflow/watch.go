package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanflow/flows"
	"fanflow/store"
)

// devFlags let a service follow a folder of scripts.
type devFlags struct {
	dir  string
	live bool
}

func (f *devFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.dir, "dev", "", "publish the scripts of this folder, and again whenever one is saved")
	c.Flags().BoolVar(&f.live, "dev-live", false, "allow --dev although an account is on the real platform")
}

// check refuses a folder that is none, and to publish what is half done to real fans.
func (f *devFlags) check(cfg *Config) error {
	if f.dir == "" {
		return nil
	}
	if info, err := os.Stat(f.dir); err != nil || !info.IsDir() {
		return usagef("--dev: there is no folder %s", f.dir)
	}
	for i := range cfg.Accounts {
		if a := &cfg.Accounts[i]; realPlatform(a.APIBase) && !f.live {
			return usagef("--dev: account %q is on the real platform, where each save would reach fans at once; point api_base at a simulator, or add --dev-live", a.Name)
		}
	}
	return nil
}

// realPlatform reports whether an address is WeChat's own.
func realPlatform(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host := "." + u.Hostname()
	return strings.HasSuffix(host, ".qq.com") || strings.HasSuffix(host, ".wechat.com")
}

const (
	watchEvery = 250 * time.Millisecond
	watchQuiet = 100 * time.Millisecond // an editor may write several files, or one in pieces
	maxWatched = 2000                   // files
	maxScript  = 1 << 20                // bytes; what is longer is no script, and the check says so
)

// watcher publishes the scripts of a folder for one account: those that are there, and those that are saved. A script with mistakes
// is told and not published: the version before it stays. What is removed from the folder stays published.
type watcher struct {
	dir, account string
	engine       *flows.Engine
	store        store.Store
	published    func(store.Publication)
	out          io.Writer

	seen   map[string]mark
	names  map[string]store.ScriptID // by file, once known
	failed map[string]bool           // files that were not published: a plugin may be all that they lack; true: it was told
}

// mark is how a file looked.
type mark struct {
	size int64
	at   time.Time
}

func newWatcher(a *app, dir string, out io.Writer) *watcher {
	return &watcher{
		dir: dir, account: a.cfg.Accounts[0].Name, engine: a.engine, store: a.store, published: a.published, out: out,
		seen: map[string]mark{}, names: map[string]store.ScriptID{}, failed: map[string]bool{},
	}
}

// run follows the folder until ctx ends.
func (w *watcher) run(ctx context.Context) {
	fmt.Fprintf(w.out, "dev: following the scripts of %s for account %s\n", w.dir, w.account)
	for ctx.Err() == nil {
		changed := w.scan()
		for more := changed; len(more) > 0 && ctx.Err() == nil; {
			pause(ctx, watchQuiet)
			more = w.scan()
			changed = append(changed, more...)
		}
		if len(changed) > 0 && ctx.Err() == nil {
			w.load(ctx, changed)
		}
		pause(ctx, watchEvery)
	}
}

// scan gives the files that are new or look otherwise than before.
func (w *watcher) scan() (changed []string) {
	here := map[string]mark{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(name, ".") && path != w.dir:
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.HasSuffix(name, ".lua") || strings.HasSuffix(name, "_test.lua") || strings.HasPrefix(name, "."):
			return nil
		case len(here) == maxWatched:
			return fs.SkipAll
		}
		info, err := d.Info()
		if err != nil {
			return nil // it has gone meanwhile
		}
		here[path] = mark{info.Size(), info.ModTime()}
		if w.seen[path] != here[path] {
			changed = append(changed, path)
		}
		return nil
	})
	if err != nil {
		return nil // the folder is being moved: the next look finds it
	}
	w.seen = here
	return changed
}

// saved is a script of the folder.
type saved struct{ path, file, kind, source string }

// devOrder is the order in which kinds are published: what others require comes first.
var devOrder = []string{store.KindPlugin, store.KindFlow, store.KindBroadcast}

// flowScript finds scripts that return a flow or a drip.
var flowScript = regexp.MustCompile(`(?m)^[ \t]*return[ \t]+(flow|drip)\b`)

func devKind(source string) string {
	switch kind := kindOf(store.KindFlow, source); {
	case kind == store.KindBroadcast, flowScript.MatchString(source):
		return kind
	}
	return store.KindPlugin
}

// load publishes what was saved.
func (w *watcher) load(ctx context.Context, paths []string) {
	slices.Sort(paths)
	scripts := w.read(slices.Compact(paths))
	var plugins []string
	var again []saved // plugins may require each other: who fails is tried once more after the others
	for _, s := range scripts {
		if s.kind != store.KindPlugin {
			continue
		}
		if name, err := w.publish(ctx, s, true); err != nil {
			again = append(again, s)
		} else {
			plugins = append(plugins, name)
		}
	}
	for _, s := range again {
		if name, err := w.publish(ctx, s, false); err == nil {
			plugins = append(plugins, name)
		}
	}
	if len(plugins) > 0 {
		scripts = append(scripts, w.read(w.waiting(paths))...)
	}
	for _, s := range scripts {
		if s.kind != store.KindPlugin {
			_, _ = w.publish(ctx, s, false) // it has told what is wrong
		}
	}
	for _, name := range plugins {
		w.follow(ctx, name)
	}
}

// waiting are the files that failed before and have not changed.
func (w *watcher) waiting(changed []string) (paths []string) {
	for path := range w.failed {
		if _, there := w.seen[path]; there && !slices.Contains(changed, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// read gives the scripts of files in the order in which they are published.
func (w *watcher) read(paths []string) (out []saved) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue // it has gone meanwhile
		}
		source, err := io.ReadAll(io.LimitReader(f, maxScript))
		if err := errors.Join(err, f.Close()); err != nil {
			fmt.Fprintf(w.out, "dev: read %s: %v\n", path, err)
			continue
		}
		file, err := filepath.Rel(w.dir, path)
		if err != nil {
			file = path
		}
		out = append(out, saved{path, file, devKind(string(source)), string(source)})
	}
	slices.SortStableFunc(out, func(a, b saved) int {
		return cmp.Compare(slices.Index(devOrder, a.kind), slices.Index(devOrder, b.kind))
	})
	return out
}

// errDev says that a script was not published, which was told.
var errDev = errors.New("not published")

// publish checks, pushes and publishes a script, and gives its name. A quiet one tells nothing when it fails.
func (w *watcher) publish(ctx context.Context, s saved, quiet bool) (string, error) {
	name, findings, err := w.engine.Check(ctx, w.account, s.kind, s.file, s.source)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	bad := slices.ContainsFunc(findings, func(f flows.Finding) bool { return f.Severity == flows.SeverityError })
	if err != nil || bad {
		w.failed[s.path] = w.failed[s.path] || !quiet
		if !quiet {
			w.tell(s, name, findings, err)
		}
		return "", errDev
	}
	script, err := w.engine.Push(ctx, w.account, s.kind, s.file, s.source, "dev")
	if err == nil {
		err = w.makeCurrent(ctx, script)
	}
	if err != nil {
		w.failed[s.path] = w.failed[s.path] || !quiet
		if !quiet {
			w.tell(s, name, findings, err)
		}
		return "", errDev
	}
	if w.failed[s.path] {
		fmt.Fprintf(w.out, "dev: %s is right again\n", s.file)
	}
	delete(w.failed, s.path)
	w.names[s.path] = script.ScriptID
	w.tell(s, name, findings, nil)
	return name, nil
}

// makeCurrent publishes a version, unless it is current already.
func (w *watcher) makeCurrent(ctx context.Context, script store.Script) error {
	catalog, err := w.store.Catalog(ctx)
	if err != nil {
		return err
	}
	for _, p := range catalog.Publications {
		if p.ScriptID == script.ScriptID && p.Version == script.Version {
			return nil
		}
	}
	p, err := w.engine.Publish(ctx, script.ScriptID, script.Version, "dev")
	if err != nil {
		return err
	}
	w.published(p)
	fmt.Fprintf(w.out, "dev: %s %s version %d is published\n", p.Kind, p.Name, p.Version)
	return nil
}

// follow publishes the flows again that run another version of the plugin.
func (w *watcher) follow(ctx context.Context, plugin string) {
	made, err := w.engine.Republish(ctx, plugin, "dev")
	for _, p := range made {
		w.published(p)
		fmt.Fprintf(w.out, "dev: flow %s runs the new plugin %s\n", p.Name, plugin)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(w.out, "dev: not all flows run the new plugin %s: %v\n", plugin, err)
	}
}

// levelWords are the words of the terminal for levels of a log.
var levelWords = map[string]string{"warn": "warning", "error": "error"}

// tell says what is wrong with a script, on the terminal and in its log.
func (w *watcher) tell(s saved, name string, findings []flows.Finding, err error) {
	id := w.names[s.path]
	if id.Name == "" {
		id = store.ScriptID{Kind: s.kind, Name: name}
	}
	say := func(level, text string) {
		fmt.Fprintf(w.out, "dev: %s: %s\n", levelWords[level], text)
		if id.Name != "" {
			w.engine.Remark(w.account, id.Kind, id.Name, level, text)
		}
	}
	for i := range findings {
		level := "warn"
		if findings[i].Severity == flows.SeverityError {
			level = "error"
		}
		say(level, findings[i].String())
	}
	if err != nil {
		say("error", err.Error())
	}
}
