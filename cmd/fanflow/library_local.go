package main

import (
	"context"

	"fanflow/flows"
	"fanflow/store"
)

// localLibrary works on the open data file.
type localLibrary struct {
	engine  *flows.Engine
	store   store.Store
	account string
}

func (l *localLibrary) push(ctx context.Context, kind, file, source string, publish bool) (*scriptResult, error) {
	findings, err := l.check(ctx, kind, file, source)
	if err != nil {
		return nil, err
	}
	s, err := l.engine.Push(ctx, l.account, kind, file, source, "cli")
	if err != nil {
		return nil, err
	}
	if publish {
		if _, err := l.engine.Publish(ctx, s.ScriptID, s.Version, "cli"); err != nil {
			return nil, err
		}
	}
	return &scriptResult{Kind: kind, Name: s.Name, Version: s.Version, Published: publish, Findings: findings}, nil
}

func (l *localLibrary) id(kind, name string) store.ScriptID {
	id := store.ScriptID{Account: l.account, Kind: kind, Name: name}
	if kind == store.KindPlugin {
		id.Account = ""
	}
	return id
}

func (l *localLibrary) publish(ctx context.Context, kind, name string, s step) (*scriptResult, error) {
	publish := l.engine.PublishAs
	if s.back {
		publish = l.engine.Rollback
	}
	p, err := publish(ctx, l.id(kind, name), s.version, "cli", s.choice)
	if err != nil {
		return nil, err
	}
	r := &scriptResult{Kind: kind, Name: name, Version: p.Version, Published: true}
	if !s.follow {
		return r, nil
	}
	made, err := l.engine.Republish(ctx, name, "cli")
	for _, f := range made {
		r.Flows = append(r.Flows, f.Name)
	}
	return r, err
}

func (l *localLibrary) preview(ctx context.Context, name string, version int, back bool, choice *store.Choice) (*flows.Preview, error) {
	if back {
		return l.engine.PreviewRollback(ctx, l.account, name, version, choice)
	}
	return l.engine.Preview(ctx, l.account, name, version, choice)
}

func (l *localLibrary) diff(ctx context.Context, name string, from, to int) (*flows.Diff, error) {
	return l.engine.Diff(ctx, l.account, name, from, to)
}

func (l *localLibrary) list(ctx context.Context, kind string) ([]scriptLine, error) {
	id := l.id(kind, "")
	versions, err := l.store.Scripts(ctx, id.Account, kind)
	if err != nil {
		return nil, err
	}
	catalog, err := l.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	published := map[store.ScriptID]int{}
	for _, p := range catalog.Publications {
		published[p.ScriptID] = p.Version
	}
	var lines []scriptLine
	for _, s := range versions {
		lines = addVersion(lines, kind, s.Name, s.File, s.Version, published[s.ScriptID] == s.Version)
	}
	return lines, nil
}

func (l *localLibrary) check(ctx context.Context, kind, file, source string) ([]finding, error) {
	_, found, err := l.engine.Check(ctx, l.account, kind, file, source)
	if err != nil {
		return nil, err
	}
	var list []finding
	for _, f := range found {
		list = append(list, finding{File: f.File, Line: f.Line, Rule: f.Rule, Severity: string(f.Severity), Msg: f.Msg, Mend: f.Mend})
	}
	return list, nil
}
