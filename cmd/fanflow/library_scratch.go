package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fanflow/flows"
	"fanflow/plugins"
	"fanflow/plugins/lint"
	"fanflow/store"
	"fanflow/store/mem"
)

// scratchLibrary is a library in memory that knows the plugins of a folder and no account.
type scratchLibrary struct {
	localLibrary
	faulty map[string]faultyPlugin // by the names of their files
}

// faultyPlugin is a plugin of the folder that cannot be used.
type faultyPlugin struct {
	path, source string
	err          error
}

// newScratchLibrary reads the plugins of folder, or of the folder plugins beside that of the first file. One with mistakes matters only
// to those who require it.
func newScratchLibrary(ctx context.Context, folder string, files []string) (*scratchLibrary, error) {
	st := mem.New()
	engine, err := flows.New(flows.Config{
		Store: st, Accounts: []flows.Account{{Name: "check", Location: time.Local}}, Now: time.Now, Logger: newLogger(io.Discard),
		Poke: func() {}, Host: plugins.NewHost(plugins.Config{Source: st, ParseCron: parseCron}), Unconfigured: true,
	})
	if err != nil {
		return nil, err
	}
	l := &scratchLibrary{localLibrary{engine: engine, store: st, account: "check"}, map[string]faultyPlugin{}}
	if folder == "" {
		folder = filepath.Join(filepath.Dir(files[0]), "..", "plugins")
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.lua"))
	if err != nil {
		return nil, usagef("--plugins: %w", err)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.lua") {
			continue
		}
		source, err := os.ReadFile(p)
		if err != nil {
			return nil, usagef("cannot read the plugin: %v", err)
		}
		l.faulty[strings.TrimSuffix(filepath.Base(p), ".lua")] = faultyPlugin{path: p, source: string(source)}
	}
	l.load(ctx)
	return l, nil
}

// load takes the plugins in until none more can be: they may require each other.
func (l *scratchLibrary) load(ctx context.Context) {
	for before := -1; before != len(l.faulty) && ctx.Err() == nil; {
		before = len(l.faulty)
		for name, p := range l.faulty {
			if _, p.err = l.push(ctx, store.KindPlugin, p.path, p.source, true); p.err == nil {
				delete(l.faulty, name)
			} else {
				l.faulty[name] = p
			}
		}
	}
}

// fault gives what is wrong with a plugin that a script requires, or that such a plugin requires itself. A script that does not
// compile requires nothing: its check says so.
func (l *scratchLibrary) fault(file, source string) error {
	return l.faultOf(file, source, map[string]bool{})
}

func (l *scratchLibrary) faultOf(file, source string, seen map[string]bool) error {
	chunk, err := lint.Parse(file, source)
	if err != nil {
		return nil
	}
	for _, r := range chunk.Requires {
		p, ok := l.faulty[r.Name]
		if !ok || seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		if err := l.faultOf(p.path, p.source, seen); err != nil {
			return err
		}
		return p.err
	}
	return nil
}
