package flows

import (
	"context"
	"errors"
	"fmt"

	"fanflow/store"
)

// Funnel counts the enrollments that began on the days from..to (2006-01-02 in the account's zone, inclusive, empty: open) by the
// steps of the flow's published version, else of its newest, and by all states and goals.
func (e *Engine) Funnel(ctx context.Context, account, flow, from, to string) (Funnel, error) {
	return e.FunnelBy(ctx, account, flow, from, to, "")
}

// Flow describes a version of a flow; version 0 is the published one, else the newest. a *NotFoundError if there is none.
func (e *Engine) Flow(ctx context.Context, account, name string, version int) (*Flow, error) {
	c, err := e.pick(ctx, account, name, version)
	if err != nil {
		return nil, err
	}
	return c.describe(c.Version), nil
}

// pick gives a version of a flow; 0 is the published one, else the newest.
func (e *Engine) pick(ctx context.Context, account, name string, version int) (*compiled, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	ed, err := e.current(ctx, account)
	if err != nil {
		return nil, err
	}
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: name}
	if p := ed.ByName[name]; p != nil && (version == 0 || version == p.Version) {
		return p.compiled, nil
	}
	script, err := LoadScript(ctx, e.store, id, version)
	if err != nil {
		return nil, err
	}
	c, err := e.library.version(ctx, ed, id, script.Version, 0)
	if errors.As(err, new(*brokenError)) { // a draft may need plugins that are not published
		pins, pinErr := e.pins(ctx, script, true)
		if pinErr != nil {
			return nil, fmt.Errorf("read flow %s version %d: %w", name, script.Version, pinErr)
		}
		c, err = e.library.draft(ctx, id, script.Version, pins)
	}
	if err != nil {
		return nil, fmt.Errorf("read flow %s version %d: %w", name, script.Version, err)
	}
	return c, nil
}

// current gives what is published now.
func (e *Engine) current(ctx context.Context, account string) (*edition, error) {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	return e.library.edition(ctx, account, catalog.Rev)
}

// Flows lists the account's flows by name, published or not, with what is counted of them.
func (e *Engine) Flows(ctx context.Context, account string) ([]FlowInfo, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	scripts, err := e.store.Scripts(ctx, account, store.KindFlow)
	if err != nil {
		return nil, fmt.Errorf("list the flows of account %s: %w", account, err)
	}
	ed, err := e.current(ctx, account)
	if err != nil {
		return nil, err
	}
	var out []FlowInfo
	for i, s := range scripts { // by name and version
		if i+1 < len(scripts) && scripts[i+1].Name == s.Name {
			continue
		}
		info, err := e.flowInfo(ctx, account, ed, s)
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

func (e *Engine) flowInfo(ctx context.Context, account string, ed *edition, newest store.Script) (FlowInfo, error) {
	info := FlowInfo{Name: newest.Name, Newest: newest.Version}
	if p := ed.ByName[newest.Name]; p != nil {
		info.Title, info.Version, info.Paused, info.Why = p.Title, p.Version, p.Paused, p.Why
	} else if c, err := e.pick(ctx, account, newest.Name, newest.Version); err == nil {
		info.Title = c.Title
	}
	waiting, err := e.store.Waiting(ctx, account, newest.Name)
	if err != nil {
		return info, fmt.Errorf("count flow %s: %w", newest.Name, err)
	}
	for _, n := range waiting {
		info.Live += n
	}
	funnel, err := e.Funnel(ctx, account, newest.Name, "", "")
	if err != nil {
		return info, nil // a draft that cannot be used any more has no steps
	}
	if n := len(funnel.Steps); n > 0 {
		info.Entered, info.Goals = funnel.Steps[0].Entered, funnel.Steps[n-1].Completed
	}
	return info, nil
}
