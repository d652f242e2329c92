package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fanflow/plugins/sandbox"
	"fanflow/store"
	"fanflow/wechat"
)

// maxConflicts is how often a decision is made again because the fan has changed meanwhile. The lane keeps our own decisions
// apart, so that only what goes past it (tags from the UI, settled sends) can be in the way.
const maxConflicts = 3

// maxMeetings is how often a decision is made again because a key that it read was written meanwhile, or because a unit was
// taken: neither is the fault of the fan's own traffic.
const maxMeetings = 100

// attempt is one task on its way to a commit.
type attempt struct {
	*Engine
	task
	account *Account
	fetch   fetcher
	seen    Observation
	// rev is the fan's revision at the last load; unsure tells that the commit after it met a conflict; moved counts those
	// conflicts that were the fan's.
	rev    uint64
	unsure bool
	moved  int
	made   *edition // that the committed decision was made on; nil before
	meet   func()   // leaves the account's lane for shared keys; nil while not in it
}

// run brings a task from load to commit and gives the reply. It is called in the fan's lane. Where something was published between
// load and commit, the publication's job may have passed the fan before the commit: so the fan is brought through it here.
func (e *Engine) run(ctx context.Context, account *Account, t task) (wechat.Reply, error) {
	reply, made, err := e.carry(ctx, account, t)
	if err == nil && made != nil && e.library.newer(made.Rev) {
		if err := e.overtaken(ctx, account, t.fan); err != nil { // the decision stands; the fan's next event does it
			e.logger.WarnContext(ctx, "a fan could not be brought to what was published meanwhile", "fan", t.fan.String(), "cause", t.cause, "err", err)
		}
	}
	return reply, err
}

// carry loads, decides and commits, and again where the decision was made on what is no longer so. made is the edition that the
// committed decision was made on; nil if none was committed.
func (e *Engine) carry(ctx context.Context, account *Account, t task) (reply wechat.Reply, made *edition, err error) {
	t.now = store.Stamp(t.now) // as the journal keeps it: replay decides at the same instant
	a := &attempt{Engine: e, task: t, account: account, fetch: fetcher{engine: e, account: account.Name}}
	a.seen = Observation{Account: account.Name, Event: t.event.Name}
	defer func() {
		a.end()
		if err != nil {
			a.seen.Outcome = "error"
		}
		if e.observe != nil {
			e.observe(a.seen)
		}
	}()
	for {
		reply, again, err := a.once(ctx)
		if !again {
			return reply, a.made, err
		}
	}
}

// overtaken brings a fan through what was published while a decision on them was on its way, as the publication's job would.
func (e *Engine) overtaken(ctx context.Context, account *Account, fan store.FanID) error {
	snap, err := e.store.Load(ctx, fan, "")
	if err != nil {
		return fmt.Errorf("load fan %s: %w", fan, err)
	}
	ed, err := e.library.edition(ctx, account.Name, snap.Catalog)
	if err != nil {
		return err
	}
	lines, err := e.library.lineages(ctx, ed, &snap.Fan)
	if err != nil {
		return err
	}
	now := store.Stamp(e.now())
	for i := range snap.Fan.Live {
		flow := snap.Fan.Live[i].Flow
		line, p := lines[flow], ed.ByName[flow]
		if line == nil || len(line.Pubs) == 0 || p == nil || p.Paused { // the end of a pause has a job of its own
			continue
		}
		_, err := e.run(ctx, account, task{
			fan: fan, now: now, event: publishedTo(flow, now),
			cause: fmt.Sprintf("%08x-pub-%s-%d/%s/%d", now.Unix(), flow, p.No, fan.OpenID, snap.Fan.Rev),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// once loads, decides and commits. again tells that the store refused and the decision has to be made anew.
func (a *attempt) once(ctx context.Context) (reply wechat.Reply, again bool, err error) {
	snap, err := a.store.Load(ctx, a.fan, a.cause)
	if err != nil {
		return reply, false, fmt.Errorf("load fan %s: %w", a.fan, err)
	}
	if a.unsure && snap.Fan.Rev != a.rev {
		a.moved++
	}
	a.rev, a.unsure = snap.Fan.Rev, false
	if snap.Receipt != nil {
		a.seen.Outcome = "repeat"
		reply, err = readReply(snap.Receipt.Reply)
		return reply, false, err
	}
	if snap.Fan.Erased && a.job != nil { // what waited for them does not bring them back
		a.seen.Outcome = "stale"
		return reply, false, a.drop(ctx, a.task)
	}
	if a.moved > maxConflicts {
		return reply, false, fmt.Errorf("decide on %s for fan %s: %w", a.cause, a.fan, store.ErrConflict)
	}
	ed, err := a.library.edition(ctx, a.account.Name, snap.Catalog)
	if err != nil {
		return reply, false, err
	}
	in, err := a.input(ctx, a.account, a.task, snap.Fan, ed)
	if err != nil {
		return reply, false, err
	}
	out, err := a.decide(ctx, in)
	a.seen.Flow, a.seen.Lua, a.seen.Outcome = out.flow, out.lua, out.word
	if err != nil || out.nothing {
		if err == nil {
			a.diagnose(ctx, a.fan, out.parts)
		}
		if err == nil || errors.As(err, new(*retryError)) {
			a.record(ctx, a.fan, a.task.now, out.logs, out.parts)
		}
		return out.reply, false, err
	}
	receipt, err := a.store.Commit(ctx, out.change)
	if err != nil {
		again, err = a.refused(err)
		return reply, again, err
	}
	if receipt.Replayed {
		a.seen.Outcome = "repeat"
		reply, err = readReply(receipt.Reply)
		return reply, false, err
	}
	a.made = ed
	a.fetch.settle(&out.change)
	a.diagnose(ctx, a.fan, out.parts)
	a.record(ctx, a.fan, a.task.now, out.logs, out.parts)
	if out.due && a.poke != nil {
		a.poke()
	}
	return out.reply, false, nil
}

// input gathers what a decision may know, from the fan and what was published. Replay calls it with those of then.
func (e *Engine) input(ctx context.Context, account *Account, t task, fan store.Fan, ed *edition) (*input, error) {
	config, err := e.configs.keep(ctx, account)
	if err != nil {
		return nil, err
	}
	lines, err := e.library.lineages(ctx, ed, &fan)
	if err != nil {
		return nil, err
	}
	return &input{
		task: t, account: account, config: config, snapshot: fan, edition: ed, lines: lines,
		host: e.library.host, limits: e.limits, logger: e.logger,
	}, nil
}

// end gives back what the attempt still holds.
func (a *attempt) end() {
	a.fetch.settle(nil)
	if a.meet != nil {
		a.meet()
	}
}

// decide runs decide until it needs nothing more from outside.
func (a *attempt) decide(ctx context.Context, in *input) (out outcome, err error) {
	err = a.ponder(ctx, func(m *memory, pass *sandbox.Pass) (err error) {
		out, err = decide(ctx, in, m, pass)
		return err
	})
	return out, err
}

// ponder runs a decision until it needs nothing more from outside, each run in a place of the gate.
func (a *attempt) ponder(ctx context.Context, run func(m *memory, pass *sandbox.Pass) error) error {
	for {
		a.seen.Runs++
		err := a.gate.Run(ctx, func(pass *sandbox.Pass) error { return run(&a.fetch.memory, pass) })
		var n need
		if !errors.As(err, &n) {
			return err
		}
		if err := a.meeting(ctx, n); err != nil {
			return err
		}
		if err := a.fetch.fetch(ctx, n, a.meet == nil); err != nil {
			return err
		}
	}
}

// meeting lets decisions that read a key and met with others go one after the other. Who takes units waits for them meanwhile:
// each unit taken changes the key, and a reader of a busy one would never come to its commit.
func (a *attempt) meeting(ctx context.Context, n need) (err error) {
	all := store.FanID{Account: a.account.Name}
	switch {
	case a.meet != nil:
	case n.Kind == needUnits:
		return a.shared.pass(ctx, all)
	case n.Kind == needKey && a.seen.Conflicts > 0:
		a.meet, err = a.shared.enter(ctx, all)
	}
	return err
}

// admitted runs decide once there is a place for it in the gate.
func (e *Engine) admitted(ctx context.Context, in *input, m *memory) (out outcome, err error) {
	err = e.gate.Run(ctx, func(pass *sandbox.Pass) (err error) {
		out, err = decide(ctx, in, m, pass)
		return err
	})
	return out, err
}

// refused looks at what Commit said. A refused claim or a key that was written meanwhile does not count towards the three
// conflicts; the second time, decisions that read keys of the account go one after the other.
func (a *attempt) refused(err error) (again bool, _ error) {
	var refused *store.RefusedError
	switch {
	case errors.As(err, &refused):
		a.seen.Refused++
		a.fetch.doubt()
	case errors.Is(err, store.ErrConflict):
		a.seen.Conflicts++
		a.unsure = true
		a.fetch.settle(nil)
	case errors.Is(err, store.ErrGone):
		a.seen.Outcome = "repeat"
		return false, nil // the job was done before
	default:
		a.fetch.doubt()
		return false, fmt.Errorf("commit what %s made of fan %s: %w", a.cause, a.fan, err)
	}
	if a.seen.Conflicts+a.seen.Refused > maxMeetings {
		return false, fmt.Errorf("decide on %s for fan %s: %w", a.cause, a.fan, err)
	}
	return true, nil
}

func readReply(raw json.RawMessage) (r wechat.Reply, err error) {
	if len(raw) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the reply that was given before: %w", err)
	}
	return r, nil
}
