package flows

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// words are all that scripts can write. They never change.
var words = sync.OnceValue(Reference)

// linted adds to the findings of a script what can be seen without running it, also where running it failed with err: that a
// name is misspelt says more than what came of it. World lacks what scripts may name; pins are the versions of the plugins, nil
// for the newest.
func (e *Engine) linted(ctx context.Context, name string, findings []Finding, err error, pins map[string]int, w lint.World, file, source string) (string, []Finding, error) {
	var bad *sandbox.Error
	if err != nil && (!errors.As(err, &bad) || bad.Kind == sandbox.KindSyntax) {
		return name, findings, err
	}
	chunk, parseErr := lint.Parse(file, source)
	if parseErr != nil {
		return name, findings, errors.Join(err, parseErr)
	}
	w.Set = words()
	var loadErr error
	if w.Plugins, loadErr = e.members(ctx, chunk, pins); loadErr != nil {
		return name, findings, loadErr
	}
	for _, f := range chunk.Check(w) {
		findings = append(findings, Finding{File: file, Line: f.Line, Rule: f.Rule, Msg: f.Msg, Mend: f.Mend, Severity: Severity(f.Severity)})
	}
	return name, byLine(findings), err
}

// members gives what the plugins that a script requires offer, as far as their text tells all of it.
func (e *Engine) members(ctx context.Context, chunk *lint.Chunk, pins map[string]int) (map[string]reference.Module, error) {
	all := map[string]reference.Module{}
	for _, r := range chunk.Requires {
		if _, ok := all[r.Name]; ok {
			continue
		}
		script, err := e.store.Script(ctx, store.ScriptID{Kind: store.KindPlugin, Name: r.Name}, pins[r.Name])
		if errors.Is(err, store.ErrNotFound) {
			continue // a module, or running the script says so
		}
		if err != nil {
			return nil, fmt.Errorf("load plugin %s: %w", r.Name, err)
		}
		plugin, err := lint.Parse(script.File, script.Source)
		if err != nil {
			continue // it was stored by a version of fanflow that took it
		}
		if m, whole := plugin.Module(); whole {
			all[r.Name] = m
		}
	}
	return all, nil
}
