package flows

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// compiled is one version of a flow, ready to decide with. It never changes and is shared.
type compiled struct {
	ID      store.ScriptID
	Version int
	Program *sandbox.Program
	Pins    map[string]int // versions of the plugins
	Hook    string         // the kind of the plugin's hook that it stands for; empty: it is a flow
	*declaration
}

// published is a flow of the catalog.
type published struct {
	*compiled
	Paused  bool
	Why     string
	No      int             // of the publication
	History []store.PastPub // the last publications up to this one, oldest first
}

// edition is what is published for one account at a revision of the catalog. It never changes.
type edition struct {
	Rev     uint64
	Flows   []*published // by priority, then name
	ByName  map[string]*published
	Plugins map[string]int // published versions
	Hooks   hookSet        // of the published plugins
	// Held: of some flow it has an earlier publication, or none, because its script did not come to an end in time.
	Held bool
}

// listens reports whether some flow other than but may take such an event.
func (e *edition) listens(event, subject, but string) bool {
	return slices.ContainsFunc(e.Flows, func(p *published) bool {
		return p.Name != but && !p.Paused && p.listens(event, subject)
	})
}

// library gives compiled flows. Versions never change, so they are kept once made, while they are in use; editions follow the
// catalog's revision.
// It is safe for concurrent use.
type library struct {
	store  store.Store
	host   *plugins.Host
	logger *slog.Logger
	limits sandbox.Limits
	gate   *sandbox.Gate
	now    func() time.Time

	mu       sync.Mutex
	rev      uint64
	read     bool
	again    time.Time // when the catalog is read again though it is the same, as some edition is Held; zero: never
	editions map[string]*edition
	versions map[string]*compiled      // by account, name, version and pins; those that are not published, as long as the catalog stays
	pins     map[string]map[string]int // of versions whose publication is long past, as long as the catalog stays
	spares   int                       // versions made since then that are not published
	broken   map[string]*brokenError   // what versions did not become, as long as the catalog stays

	pasts sync.Map // pastKey to []store.PastPub, as long as the catalog stays
	told  sync.Map // versionKey of versions that the log has been told of, as long as the catalog stays

	recent recent
}

func newLibrary(c *Config, accounts map[string]*Account) *library {
	l := &library{
		store: c.Store, host: c.Host, logger: c.Logger, limits: c.Limits, gate: c.Gate, now: c.Now,
		editions: map[string]*edition{}, versions: map[string]*compiled{}, pins: map[string]map[string]int{},
		broken: map[string]*brokenError{},
	}
	for name := range accounts {
		l.editions[name] = nil
	}
	return l
}

// edition gives what is published for the account at this revision of the catalog or a later one.
func (l *library) edition(ctx context.Context, account string, rev uint64) (*edition, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read && l.rev >= rev && (l.again.IsZero() || l.now().Before(l.again)) {
		return l.editions[account], nil
	}
	catalog, err := l.store.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	clear(l.pins)
	clear(l.broken)
	l.pasts.Clear()
	l.told.Clear()
	made, again := map[string]*edition{}, time.Time{}
	for name, last := range l.editions {
		if last == nil {
			last = &edition{}
		}
		if made[name], err = l.edit(ctx, name, catalog, last); err != nil {
			return nil, err
		}
		if made[name].Held {
			again = l.now().Add(heldTime)
		}
	}
	l.editions, l.rev, l.read, l.again = made, catalog.Rev, true, again
	l.forget()
	return l.editions[account], nil
}

// last gives what was read last of an account's publications; it is empty before the first reading.
func (l *library) last(account string) *edition {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.editions[account]; e != nil {
		return e
	}
	return &edition{}
}

// heldTime is how long a flow whose script was too slow is left as it was.
const heldTime = 10 * time.Second

// newer reports whether a later catalog than the one at rev was read.
func (l *library) newer(rev uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.read && l.rev > rev
}

// forget lets go of the versions that are published no more. Who is still in one lets it be made again.
func (l *library) forget() {
	l.spares = 0
	current := map[*compiled]bool{}
	for _, e := range l.editions {
		if e == nil {
			continue
		}
		for _, p := range e.Flows {
			current[p.compiled] = true
		}
	}
	maps.DeleteFunc(l.versions, func(_ string, c *compiled) bool { return !current[c] })
}

// edit makes an edition of the catalog. A flow that is too slow to say what it is stays as it is in last, until it is tried again;
// without last it is an error.
func (l *library) edit(ctx context.Context, account string, catalog store.Catalog, last *edition) (*edition, error) {
	e := &edition{Rev: catalog.Rev, ByName: map[string]*published{}, Plugins: pluginsOf(&catalog)}
	for _, p := range catalog.Publications {
		if p.Kind != store.KindFlow || p.Account != account {
			continue
		}
		c, err := l.compile(ctx, p.ScriptID, p.Version, p.Pins)
		var broken *brokenError
		if errors.As(err, &broken) { // what was published before the rules grew must not stop the others
			l.logger.Error("a published flow cannot be used", "account", account, "flow", p.Name, "version", p.Version, "err", err)
			continue
		}
		flow := &published{compiled: c, No: p.No, History: p.History}
		if last != nil && errors.Is(err, errSlow) {
			l.logger.Error("a published flow took too long to load: it is tried again soon", "account", account, "flow", p.Name, "version", p.Version, "err", err)
			e.Held = true
			old := last.ByName[p.Name]
			if old == nil {
				continue
			}
			flow.compiled, flow.No, flow.History, err = old.compiled, old.No, old.History, nil
		}
		if err != nil {
			return nil, err
		}
		flow.Paused, flow.Why = p.Paused, p.Why
		e.ByName[p.Name] = flow
		e.Flows = append(e.Flows, flow)
	}
	if err := l.hooks(ctx, catalog, e, last); err != nil {
		return nil, err
	}
	slices.SortFunc(e.Flows, func(a, b *published) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), strings.Compare(a.Name, b.Name))
	})
	return e, nil
}

// version gives a version of a flow with the plugins that it was last published with up to publication pub; pub 0 is the current
// one. A version that cannot be used any more gives a *brokenError.
func (l *library) version(ctx context.Context, e *edition, id store.ScriptID, version, pub int) (*compiled, error) {
	if p := e.ByName[id.Name]; p != nil && p.Version == version && (pub == 0 || pub >= p.No) {
		return p.compiled, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	pins, err := l.pinsOf(ctx, e, id, version, pub)
	if err != nil {
		return nil, fmt.Errorf("read the plugins of flow %s version %d: %w", id.Name, version, err)
	}
	return l.spare(ctx, id, version, pins)
}

// draft gives a version with plugins that are named.
func (l *library) draft(ctx context.Context, id store.ScriptID, version int, pins map[string]int) (*compiled, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spare(ctx, id, version, pins)
}

// maxSpare is how many versions that are not published are kept between two publications.
const maxSpare = 1024

// spare gives a version that need not be published. It is called with l.mu held.
func (l *library) spare(ctx context.Context, id store.ScriptID, version int, pins map[string]int) (*compiled, error) {
	before := len(l.versions) + len(l.broken)
	c, err := l.compile(ctx, id, version, pins)
	if l.spares += len(l.versions) + len(l.broken) - before; l.spares > maxSpare {
		l.forget()
		clear(l.broken)
		clear(l.pins)
	}
	return c, err
}

// brokenError is a pushed version that cannot be used, for a reason that trying again does not mend.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// errSlow tells that a script was stopped by the clock: on a machine that is less busy it may be usable.
var errSlow = errors.New("the script did not come to an end in time")

// compile is called with l.mu held.
func (l *library) compile(ctx context.Context, id store.ScriptID, version int, pins map[string]int) (*compiled, error) {
	key := fmt.Sprint(id.Account, "\x00", id.Name, "\x00", version, "\x00", pinsText(pins))
	if c, ok := l.versions[key]; ok {
		return c, nil
	}
	if b, ok := l.broken[key]; ok {
		return nil, b
	}
	script, err := l.store.Script(ctx, id, version)
	if err != nil {
		return nil, fmt.Errorf("load flow %s version %d: %w", id.Name, version, err)
	}
	program, decl, findings, err := l.declare(ctx, script.File, script.Source, pins)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if bad := errorsIn(findings); err == nil && len(bad) > 0 {
		err = &FindingsError{bad}
	}
	if isSlow(err) {
		return nil, fmt.Errorf("flow %s version %d: %w: %w", id.Name, version, errSlow, err)
	}
	if err != nil {
		l.broken[key] = &brokenError{err}
		return nil, l.broken[key]
	}
	c := &compiled{ID: id, Version: version, Program: program, Pins: pins, declaration: decl}
	l.versions[key] = c
	return c, nil
}

// isSlow reports whether it was the clock that ended a script.
func isSlow(err error) bool {
	var e *sandbox.Error
	return errors.As(err, &e) && e.Kind == sandbox.KindDeadline
}

func pinsText(pins map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		fmt.Fprintf(&b, "%s=%d,", name, pins[name])
	}
	return b.String()
}

// declared is what a source with its pins comes to. It never changes and is shared.
type declared struct {
	program  *sandbox.Program
	flow     *declaration
	findings []Finding
}

// recent keeps what was declared of late: a version is when it is checked, when it is published and when it is first used, which
// is often within moments. It is safe for concurrent use.
type recent struct {
	mu  sync.Mutex
	all map[string]declared // by file, source and pins
}

// maxRecent bounds them; then they are forgotten.
const maxRecent = 32

func (r *recent) get(key string) (declared, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.all[key]
	return d, ok
}

func (r *recent) put(key string, d declared) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= maxRecent || r.all == nil {
		r.all = map[string]declared{}
	}
	r.all[key] = d
}

// declare gives what a flow's source declares. The error is the script's: it does not compile, fails, or returns no flow.
func (l *library) declare(ctx context.Context, file, text string, pins map[string]int) (*sandbox.Program, *declaration, []Finding, error) {
	key := strings.Join([]string{file, pinsText(pins), text}, "\x00")
	d, ok := l.recent.get(key)
	if !ok {
		err := l.gate.Run(ctx, func(pass *sandbox.Pass) (err error) { // compiling takes memory, too
			d, err = l.declareAnew(ctx, file, text, pins, pass)
			return err
		})
		if err != nil {
			return nil, nil, nil, err
		}
		l.recent.put(key, d)
	}
	return d.program, d.flow, slices.Clone(d.findings), nil
}

// declareAnew compiles a source and runs it once, in a place of the gate.
func (l *library) declareAnew(ctx context.Context, file, text string, pins map[string]int, pass *sandbox.Pass) (declared, error) {
	program, err := sandbox.Compile(file, text)
	if err != nil {
		return declared{}, err
	}
	src, err := parseSource(file, text)
	if err != nil {
		return declared{}, err
	}
	c, err := openChunk(ctx, l.host, plugins.Run{Limits: l.limits.Patient(plugins.LookTime), Pins: pins, Pass: pass})
	if err != nil {
		return declared{}, fmt.Errorf("start Lua for %s: %w", file, err)
	}
	defer c.state.Close()
	if err := c.run(program); err != nil {
		return declared{}, err
	}
	root, wrong := c.root, []Finding(nil)
	if c.drip {
		root, wrong = dripFlow(src, c.root)
	}
	decl, findings := declare(src, root)
	findings = append(findings, checkDeclaration(src, decl)...)
	if len(wrong) > 0 { // a drip that cannot be read makes no whole flow
		findings = wrong
	}
	decl.number()
	decl.places = src.places
	return declared{program, decl, src.retell(findings)}, nil
}
