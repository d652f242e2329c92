package flows

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// Push stores a new version of a script as a draft; kind is store.KindFlow, KindPlugin or KindBroadcast. It refuses what does
// not compile with a *sandbox.Error and what has errors with a *FindingsError. A source equal to the newest version's gives that
// version back. Plugins belong to all accounts; account says whose templates and flows the script is checked against.
func (e *Engine) Push(ctx context.Context, account, kind, file, source, by string) (store.Script, error) {
	name, findings, err := e.check(ctx, account, kind, file, source)
	if err != nil {
		return store.Script{}, err
	}
	if bad := errorsIn(findings); len(bad) > 0 {
		return store.Script{}, &FindingsError{bad}
	}
	s := store.Script{ScriptID: scriptID(account, kind, name), File: file, Source: source, Pushed: store.Stamp(e.now()), By: by}
	s, err = e.store.Push(ctx, s)
	if err != nil {
		return s, fmt.Errorf("push %s %s: %w", kind, name, err)
	}
	return s, nil
}

func scriptID(account, kind, name string) store.ScriptID {
	if kind == store.KindPlugin {
		account = ""
	}
	return store.ScriptID{Account: account, Kind: kind, Name: name}
}

// Publish makes a version current, the newest one for version 0. It takes effect at the next event; fans who are in the flow move
// to it where it has their state. A flow is published with the plugins that are published at that moment; publishing a plugin
// changes nothing for flows until they are published again. A version that is not there gives a *NotFoundError.
func (e *Engine) Publish(ctx context.Context, id store.ScriptID, version int, by string) (store.Publication, error) {
	return e.PublishAs(ctx, id, version, by, nil)
}

// PublishAs is Publish with the publisher's choice of what becomes of the fans who are in the flow; nil: they move. The choice is
// kept with the publication, and fans go through every publication in order. A choice that cannot be gives a *ChoiceError. When
// it returns, the version is current and a job brings the fans over; the error may be that this job could not be set, and the
// fans then move at their next event, and all of them after the next start.
func (e *Engine) PublishAs(ctx context.Context, id store.ScriptID, version int, by string, choice *store.Choice) (store.Publication, error) {
	if id.Kind == store.KindPlugin {
		id.Account = ""
	} else if _, err := e.account(id.Account); err != nil {
		return store.Publication{}, err
	}
	script, err := LoadScript(ctx, e.store, id, version)
	if err != nil {
		return store.Publication{}, err
	}
	p := store.Publication{ScriptID: id, Version: script.Version, Published: store.Stamp(e.now()), By: by}
	if id.Kind == store.KindFlow {
		if p.Pins, err = e.pin(ctx, script); err != nil {
			return store.Publication{}, err
		}
		if p.Configs, err = e.configsOf(id.Account, p.Pins); err != nil {
			return store.Publication{}, err
		}
		if p.Choice, err = e.checkChoice(ctx, script, p.Pins, choice); err != nil {
			return store.Publication{}, err
		}
	} else if choice != nil {
		return store.Publication{}, &ChoiceError{fmt.Sprintf("a %s has no fans in it: only a flow is published with a choice", id.Kind)}
	}
	if id.Kind == store.KindPlugin {
		if err := e.fitted(ctx, script); err != nil {
			return store.Publication{}, err
		}
	}
	e.publishing.Lock()
	p, err = e.store.Publish(ctx, p)
	e.publishing.Unlock()
	if err != nil {
		return store.Publication{}, fmt.Errorf("publish %s %s version %d: %w", id.Kind, id.Name, script.Version, err)
	}
	if id.Kind == store.KindFlow {
		err = e.follow(ctx, e.accounts[id.Account], &p)
	}
	return p, err
}

// Rollback publishes an older version: for version 0 the one that was current before this one. Errors are those of PublishAs; a
// flow that has had one version only gives a *ChoiceError.
func (e *Engine) Rollback(ctx context.Context, id store.ScriptID, version int, by string, choice *store.Choice) (store.Publication, error) {
	if id.Kind == store.KindPlugin {
		id.Account = ""
	}
	version, err := e.backTo(ctx, id, version)
	if err != nil {
		return store.Publication{}, err
	}
	return e.PublishAs(ctx, id, version, by, choice)
}

// backTo gives the version that a rollback publishes: for version 0 the one that was current before this one.
func (e *Engine) backTo(ctx context.Context, id store.ScriptID, version int) (int, error) {
	if version != 0 {
		return version, nil
	}
	all, err := e.store.Publications(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("read the publications of %s %s: %w", id.Kind, id.Name, err)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Version != all[len(all)-1].Version {
			return all[i].Version, nil
		}
	}
	return 0, &ChoiceError{fmt.Sprintf("%s %q has had no other version published to go back to", id.Kind, id.Name)}
}

// pin finds the plugins that a flow is published with, and sees that it declares itself with them.
func (e *Engine) pin(ctx context.Context, script store.Script) (map[string]int, error) {
	pins, err := e.pins(ctx, script, false)
	if err != nil {
		return nil, err
	}
	_, _, findings, err := e.library.declare(ctx, script.File, script.Source, pins)
	if err != nil {
		return nil, err
	}
	if bad := errorsIn(findings); len(bad) > 0 {
		return nil, &FindingsError{bad}
	}
	return pins, nil
}

// pins gives the versions of the plugins that a flow requires, directly or through others: the published ones; with drafts, the
// newest where none is published.
func (e *Engine) pins(ctx context.Context, script store.Script, drafts bool) (map[string]int, error) {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	current := map[string]int{}
	for _, p := range catalog.Publications {
		if p.Kind == store.KindPlugin {
			current[p.Name] = p.Version
		}
	}
	std := plugins.Std(nil)
	pins := map[string]int{}
	queue := []store.Script{script}
	for len(queue) > 0 {
		program, err := sandbox.Compile(queue[0].File, queue[0].Source)
		if err != nil {
			return nil, err
		}
		queue = queue[1:]
		for _, name := range e.library.host.Requires(program) {
			if _, ok := pins[name]; ok || std[name] != nil || name == "flow" {
				continue
			}
			version, ok := current[name]
			if !ok && !drafts {
				return nil, fmt.Errorf("%s requires plugin %q, which is not published: run `fanflow plugin publish %s` first", program.File(), name, strings.Trim(strconv.Quote(name), `"`))
			}
			plugin, err := e.store.Script(ctx, store.ScriptID{Kind: store.KindPlugin, Name: name}, version)
			if errors.Is(err, store.ErrNotFound) {
				continue // running the script says so, with the line
			}
			if err != nil {
				return nil, fmt.Errorf("load plugin %s: %w", name, err)
			}
			pins[name] = plugin.Version
			queue = append(queue, plugin)
		}
	}
	return pins, nil
}

// Pause holds a flow: it takes no event and its timers wait. With an empty why it goes on, and what waited fires, paced.
// A flow that is not there, or not published, gives a *NotFoundError.
func (e *Engine) Pause(ctx context.Context, account, flow, why string) error {
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: flow}
	acc, err := e.account(account)
	if err != nil {
		return err
	}
	again := ""
	if why == "" {
		if again, err = e.resuming(ctx, id); err != nil {
			return err
		}
	}
	p, err := e.hold(ctx, id, 0, why)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return err
	case err != nil:
		return fmt.Errorf("pause flow %s: %w", flow, err)
	case why != "":
		return nil
	}
	return e.goOn(ctx, acc, p, again)
}

// hold writes the pause into the current publication, while no other version can become current. With a version it holds only
// that one, and only if nobody has paused it before; nil tells that it did not.
func (e *Engine) hold(ctx context.Context, id store.ScriptID, version int, why string) (*store.Publication, error) {
	e.publishing.Lock()
	defer e.publishing.Unlock()
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	for _, p := range catalog.Publications {
		if p.ScriptID != id {
			continue
		}
		if version != 0 && (p.Version != version || p.Paused) {
			return nil, nil
		}
		p.Paused, p.Why = why != "", why
		if p, err = e.store.Publish(ctx, p); err != nil {
			return nil, err
		}
		return &p, nil
	}
	if _, err := LoadScript(ctx, e.store, id, 0); err != nil {
		return nil, err
	}
	return nil, &NotFoundError{ID: id, Pushed: true}
}

// Broadcasts gives the account's published broadcasts, in order of their names. One that cannot be used any more is told to the
// log and left out.
func (e *Engine) Broadcasts(ctx context.Context, account string) ([]plugins.Broadcast, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	var out []plugins.Broadcast
	for _, p := range catalog.Publications {
		if p.Account != account || p.Kind != store.KindBroadcast {
			continue
		}
		script, err := e.store.Script(ctx, p.ScriptID, p.Version)
		if err != nil {
			return nil, fmt.Errorf("load broadcast %s: %w", p.Name, err)
		}
		b, err := e.library.host.Broadcast(ctx, script.File, script.Source)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, store.ErrClosed):
			return nil, fmt.Errorf("read broadcast %s: %w", p.Name, err)
		case err != nil:
			e.logger.ErrorContext(ctx, "a published broadcast cannot be used", "account", account, "broadcast", p.Name, "version", p.Version, "err", err)
			continue
		}
		out = append(out, b)
	}
	return out, nil
}
