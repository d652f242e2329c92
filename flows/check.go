package flows

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// Check looks a script over without storing it and gives its name, if it has one, with what is wrong. The error is not the
// script's: the store failed, or there is no such account or kind.
func (e *Engine) Check(ctx context.Context, account, kind, file, source string) (name string, findings []Finding, err error) {
	name, findings, err = e.check(ctx, account, kind, file, source)
	var bad *sandbox.Error
	if errors.As(err, &bad) {
		f := Finding{File: bad.File, Line: bad.Line, Rule: string(bad.Kind), Msg: bad.Msg, Severity: SeverityError}
		if f.File == "" {
			f.File = file
		}
		return name, byLine(append(findings, f)), nil
	}
	return name, findings, err
}

// byLine puts findings in the order of the script.
func byLine(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return findings
}

// check gives a *sandbox.Error for a script that does not compile or run, beside what else was found in it.
func (e *Engine) check(ctx context.Context, account, kind, file, source string) (name string, findings []Finding, err error) {
	switch kind {
	case store.KindFlow:
		return e.checkFlow(ctx, account, file, source)
	case store.KindPlugin:
		m, found, err := e.library.host.Manifest(ctx, file, source)
		if err == nil {
			name, findings = m.Name, append(pluginFindings(file, m, found), e.unreachable(file, m)...)
		}
		return e.linted(ctx, name, findings, err, nil, lint.World{Kind: lint.KindPlugin}, file, source)
	case store.KindBroadcast:
		acc, err := e.account(account)
		if err != nil {
			return "", nil, err
		}
		b, err := e.library.host.Broadcast(ctx, file, source)
		return e.linted(ctx, b.Name, nil, err, nil, lint.World{Kind: lint.KindBroadcast, Hosts: e.hosts(acc)}, file, source)
	}
	return "", nil, fmt.Errorf("there is no kind of script %q: it is flow, plugin or broadcast", kind)
}

func (e *Engine) checkFlow(ctx context.Context, account, file, source string) (name string, findings []Finding, err error) {
	acc, err := e.account(account)
	if err != nil {
		return "", nil, err
	}
	pins, err := e.pins(ctx, store.Script{File: file, Source: source}, true)
	if err != nil {
		return "", nil, err
	}
	_, decl, findings, err := e.library.declare(ctx, file, source, pins)
	if err == nil {
		name = decl.Name
		src, err := parseSource(file, source)
		if err != nil {
			return name, findings, fmt.Errorf("parse %s: %w", file, err)
		}
		src.places = decl.places
		findings = append(findings, src.retell(apply(accountRules, &subject{src: src, decl: decl, account: acc, unconfigured: e.unconfigured}))...)
	}
	return e.linted(ctx, name, findings, err, pins, lint.World{Kind: lint.KindFlow, Hosts: e.hosts(acc)}, file, source)
}

// hosts gives the hosts that an account allows; none, and not nil, where it allows none; nil where that is not known.
func (e *Engine) hosts(acc *Account) []string {
	if e.unconfigured {
		return nil
	}
	return append([]string{}, acc.HTTPAllow...)
}
