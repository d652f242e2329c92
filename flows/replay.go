package flows

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fanflow/store"
)

// Replay is what a fan's journal comes to when it is played again.
type Replay struct {
	Account string `json:"account"`
	OpenID  string `json:"openid"`
	// From is the last row that is kept no longer: the replay starts from what the rows up to it came to.
	From  uint64       `json:"from"`
	Steps []ReplayStep `json:"steps"` // oldest first
	// Hash and Stored are hex SHA-256 of the fan as replayed and as stored, in JSON. Both are empty where the replay ended early.
	Hash   string `json:"hash,omitempty"`
	Stored string `json:"stored,omitempty"`
	// Equal: every step came out the same, and so did the fan where the replay went to the end.
	Equal bool `json:"equal"`
	// Why says what is not equal, and where; empty if all is.
	Why string `json:"why,omitempty"`
}

// ReplayStep is one Change of the fan.
type ReplayStep struct {
	Rev  uint64    `json:"rev,omitempty"` // of the fan after it; 0 in what was written before revisions were kept
	From uint64    `json:"from"`          // its first row
	To   uint64    `json:"to"`            // its last row
	At   time.Time `json:"at"`
	// Cause is the push or job, Event what happened, as reasons name it: text 1, timer 1d.
	Cause string `json:"cause"`
	Event string `json:"event,omitempty"`
	// Took is the flow that took the event, Tried what became of the other candidates.
	Took  string    `json:"took,omitempty"`
	Tried []Verdict `json:"tried,omitempty"`
	// Same: decided again, or folded, it came out as it stands in the journal.
	Same bool `json:"same"`
	// Folded: it was not decided again, because it never was decided (a settled send), or because something of then is not
	// kept; its rows were played as they stand. Why says which, or what came out otherwise.
	Folded bool        `json:"folded,omitempty"`
	Why    string      `json:"why,omitempty"`
	Rows   []store.Row `json:"rows"`
}

// Replay plays a fan's whole journal again: every step that a flow decided is decided anew from what its trace keeps, by the
// versions, plugins and settings of then, and must give the same rows and orders, byte for byte. until is the last row to look at, 0
// for all. It reads only. Errors: ErrNoAccount, ErrNoFan for a fan who was never heard of, or the store's.
func (e *Engine) Replay(ctx context.Context, fan store.FanID, until uint64) (*Replay, error) {
	acc, err := e.account(fan.Account)
	if err != nil {
		return nil, err
	}
	snap, err := e.store.Load(ctx, fan, "")
	if err != nil {
		return nil, fmt.Errorf("load fan %s: %w", fan, err)
	}
	if snap.Fan.Rev == 0 {
		return nil, fmt.Errorf("fan %s: %w", fan, ErrNoFan)
	}
	base, err := e.store.Base(ctx, fan)
	if err != nil {
		return nil, fmt.Errorf("load the base of fan %s: %w", fan, err)
	}
	if until == 0 || until > snap.Fan.Seq {
		until = snap.Fan.Seq // what comes meanwhile is of no concern
	}
	p := &player{engine: e, account: acc, fan: base, editions: map[uint64]*edition{}}
	r := &Replay{Account: fan.Account, OpenID: fan.OpenID, From: base.Seq, Equal: true}
	err = e.steps(ctx, fan, base.Seq, func(rows []store.Row) (bool, error) {
		if rows[len(rows)-1].Seq > until {
			return false, nil
		}
		step, err := p.play(ctx, rows)
		r.Steps = append(r.Steps, step)
		if !step.Same && r.Equal {
			r.Equal, r.Why = false, fmt.Sprintf("rows %d to %d: %s", step.From, step.To, step.Why)
		}
		return p.broken == nil, err
	})
	if err != nil {
		return nil, err
	}
	if p.broken != nil || until < snap.Fan.Seq {
		return r, nil
	}
	return r, r.compare(p, &snap.Fan)
}

// compare says whether the fan that was replayed is the one that is stored.
func (r *Replay) compare(p *player, stored *store.Fan) error {
	if p.fan.Seq != stored.Seq {
		r.Equal, r.Why = false, fmt.Sprintf("%v: it ends with row %d; the fan has come to %d", errBroken, p.fan.Seq, stored.Seq)
		return nil
	}
	got, want := p.fan.Clone(), stored.Clone()
	got.Rev = want.Rev // Changes without entries move it alone
	for i := range want.Live {
		if n := got.Enrolled(want.Live[i].Flow); n != nil && !n.EnteredAt.After(p.older) {
			n.EntryVersion = want.Live[i].EntryVersion // not kept then
		}
	}
	raw, err := encode(got)
	if err != nil {
		return fmt.Errorf("encode fan %s: %w", got.ID, err)
	}
	kept, err := encode(want)
	if err != nil {
		return fmt.Errorf("encode fan %s: %w", want.ID, err)
	}
	r.Hash, r.Stored = digest(raw), digest(kept)
	if r.Hash != r.Stored && r.Equal {
		r.Equal, r.Why = false, "the rows are as they were decided, but they come to another fan than the one that is stored"
	}
	return nil
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// player plays one fan's journal.
type player struct {
	engine   *Engine
	account  *Account
	fan      store.Fan           // as the rows so far have left it
	editions map[uint64]*edition // by revision of the catalog
	older    time.Time           // the last row that was written before revisions were kept
	broken   error               // the journal cannot be played on
}

// play takes one Change: it is decided again if it was decided, and its rows are folded in any case. The error is the store's.
func (p *player) play(ctx context.Context, rows []store.Row) (ReplayStep, error) {
	first, last := &rows[0], &rows[len(rows)-1]
	s := ReplayStep{
		Rev: first.Rev, From: first.Seq, To: last.Seq, At: first.At, Cause: first.Cause, Event: string(first.Kind), Rows: rows, Same: true,
	}
	if first.Rev == 0 {
		p.older = first.At
	}
	before := p.fan.Clone()
	if p.broken = fold(&p.fan, rows); p.broken != nil {
		s.Same, s.Folded, s.Why = false, true, p.broken.Error()
		return s, nil
	}
	if last.Kind != store.Decided {
		s.Folded, s.Why = true, "it was no decision"
		return s, nil
	}
	if first.Rev == before.Rev {
		s.Folded, s.Why = true, "the beginning of the step is kept no longer"
		return s, nil
	}
	before.Rev = first.Rev - 1
	return s, p.again(ctx, &s, before)
}

// again decides a step anew and compares.
func (p *player) again(ctx context.Context, s *ReplayStep, before store.Fan) error {
	var t trace
	if err := readExact(s.Rows[len(s.Rows)-1].Value, &t); err != nil {
		s.Same, s.Why = false, fmt.Sprintf("its trace cannot be read: %v", err)
		return nil
	}
	s.Took, s.Tried = t.Flow, t.Tried
	in, err := p.input(ctx, &t, s.Rows, before)
	if in != nil {
		s.Event = ruleName(in.event.Name, in.event.Subject)
	}
	var lost *lostError
	switch {
	case errors.As(err, &lost):
		s.Folded, s.Why = true, lost.why
		return nil
	case err != nil:
		return err
	}
	out, err := p.engine.admitted(ctx, in, &memory{answers: t.Answers})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		s.Why, err = difference(&out.change, s.Rows)
		s.Same = s.Why == ""
		return err
	}
	s.Same, s.Why = false, fmt.Sprintf("it cannot be decided again: %v", err)
	return nil
}

// replayTime is how long a script may run that is played again, by the wall clock: it came to its end then, and this machine may be
// slower or busy.
const replayTime = 10 * time.Second

// lostError says what of then is not kept.
type lostError struct{ why string }

func (e *lostError) Error() string { return e.why }

// input makes what the decision knew then. It gives the event's part also with an error, where it could.
func (p *player) input(ctx context.Context, t *trace, rows []store.Row, before store.Fan) (*input, error) {
	if t.Lost != "" {
		return nil, &lostError{t.Lost}
	}
	tk, err := t.Event.task(&rows[0], before.ID)
	if err != nil {
		return nil, &lostError{err.Error()}
	}
	if t.Engine != semantics {
		return &input{task: tk}, &lostError{fmt.Sprintf("it was decided by the rules of engine %d; this one has %d", t.Engine, semantics)}
	}
	account, limits, err := p.engine.configs.past(ctx, p.account, p.engine.limits, t.Config)
	if errors.Is(err, errNoConfig) {
		return &input{task: tk}, &lostError{err.Error()}
	}
	if err != nil {
		return nil, err
	}
	ed, err := p.edition(ctx, t.Catalog)
	if errors.Is(err, store.ErrNotFound) {
		return &input{task: tk}, &lostError{"what was published then is not kept"}
	}
	if err != nil {
		return nil, err
	}
	in, err := p.engine.input(ctx, account, tk, before, ed)
	if err != nil {
		return nil, err
	}
	in.config, in.limits, in.logger = t.Config, limits.Patient(replayTime), slog.New(slog.DiscardHandler)
	return in, nil
}

// edition gives what was published at a revision.
func (p *player) edition(ctx context.Context, rev uint64) (*edition, error) {
	if ed := p.editions[rev]; ed != nil {
		return ed, nil
	}
	ed, err := p.engine.library.past(ctx, p.account.Name, rev)
	if err == nil {
		p.editions[rev] = ed
	}
	return ed, err
}

// past gives what was published for the account at a revision of the catalog.
func (l *library) past(ctx context.Context, account string, rev uint64) (*edition, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read && l.rev == rev && l.again.IsZero() {
		return l.editions[account], nil
	}
	catalog, err := l.store.CatalogAt(ctx, rev)
	if err != nil {
		return nil, fmt.Errorf("read the catalog at revision %d: %w", rev, err)
	}
	return l.edit(ctx, account, catalog, nil)
}

// difference says what a Change has otherwise than the rows; empty: nothing. The last row is the trace, which has the digest of
// what stands beside the entries.
func difference(c *store.Change, rows []store.Row) (string, error) {
	entries := c.Normal().Entries
	for i := range max(len(entries), len(rows)) {
		switch {
		case i >= len(entries):
			return fmt.Sprintf("row %d (%s) does not come about again", rows[i].Seq, rows[i].Kind), nil
		case i >= len(rows):
			return fmt.Sprintf("a row comes about that is not there: %s %s", entries[i].Kind, entries[i].Name), nil
		}
		got, err := encode(entries[i])
		if err != nil {
			return "", fmt.Errorf("encode an entry: %w", err)
		}
		want, err := encode(rows[i].Entry)
		if err != nil {
			return "", fmt.Errorf("encode row %d: %w", rows[i].Seq, err)
		}
		if bytes.Equal(got, want) {
			continue
		}
		if rows[i].Kind == store.Decided && entries[i].Kind == store.Decided {
			return fmt.Sprintf("what it ordered or how it was reached differs: %s; the journal has %s", entries[i].Value, rows[i].Value), nil
		}
		return fmt.Sprintf("row %d (%s) comes out as %s; the journal has %s", rows[i].Seq, rows[i].Kind, got, want), nil
	}
	return "", nil
}
