package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// Port is what one decision lends to the standard modules: the shared values of the account and the decision's log. A method
// that cannot answer yet calls State.Abort with an error of its own, which Run and Call then return.
type Port interface {
	// Get gives the value of a key, nil if there is none.
	Get(key string) (json.RawMessage, error)
	// Set gives a key a value; nil deletes it.
	Set(key string, value json.RawMessage) error
	// Increment claims by units of a key and gives the highest of them.
	Increment(key string, by int64) (int64, error)
	// Take claims one unit of a key that is at most limit; ok is false when none is left.
	Take(key string, limit int64) (unit int64, ok bool, err error)
	// Log writes a line to the decision's log.
	Log(text string)
}

// Source is where plugins come from. store.Store is one.
type Source interface {
	Script(ctx context.Context, id store.ScriptID, version int) (store.Script, error)
}

// Host runs the operator's scripts: it compiles plugins once per version and makes the State of each decision. It is safe for
// concurrent use.
type Host struct {
	source Source

	mu      sync.Mutex
	plugins map[pluginVersion]*sandbox.Program
}

type pluginVersion struct {
	name    string
	version int
}

// NewHost makes a Host over the scripts of src.
func NewHost(src Source) *Host {
	return &Host{source: src, plugins: map[pluginVersion]*sandbox.Program{}}
}

// Run says what one decision's scripts may see.
type Run struct {
	Limits   sandbox.Limits
	Seed     uint64
	Now      time.Time
	Location *time.Location
	Pins     map[string]int // version of every plugin that may be required, by name
	Port     Port           // nil where there is none: kv then fails, log goes nowhere
	Modules  map[string]sandbox.Module
}

// State makes the Lua of one decision, with the standard modules. The caller closes it.
func (h *Host) State(ctx context.Context, r Run) (*sandbox.State, error) {
	return sandbox.NewState(ctx, sandbox.Options{
		Limits: r.Limits, Seed: r.Seed, Now: r.Now, Location: r.Location, Modules: r.Modules, Host: r.Port,
		Require: func(name string) (*sandbox.Program, error) { return h.plugin(ctx, name, r.Pins) },
	}), nil
}

func (h *Host) plugin(ctx context.Context, name string, pins map[string]int) (*sandbox.Program, error) {
	version, ok := pins[name]
	if !ok {
		return nil, fmt.Errorf("there is no plugin %q: push it with `fanflow plugin push %s.lua --publish`", name, name)
	}
	key := pluginVersion{name, version}
	h.mu.Lock()
	defer h.mu.Unlock()
	if p, ok := h.plugins[key]; ok {
		return p, nil
	}
	script, err := h.source.Script(ctx, store.ScriptID{Kind: store.KindPlugin, Name: name}, version)
	if err != nil {
		return nil, fmt.Errorf("load plugin %q version %d: %w", name, version, err)
	}
	p, err := sandbox.Compile(script.File, script.Source)
	if err != nil {
		return nil, err
	}
	h.plugins[key] = p
	return p, nil
}

// Check compiles and runs a plugin and gives its name.
func (h *Host) Check(ctx context.Context, file, source string) (name string, err error) {
	panic("unwritten")
}

// Requires gives the names that a program requires by a literal, in order of appearance, each once.
func (h *Host) Requires(p *sandbox.Program) []string {
	panic("unwritten")
}

// Broadcast evaluates a broadcast script into data.
func (h *Host) Broadcast(ctx context.Context, file, source string) (Broadcast, error) {
	panic("unwritten")
}

// Std gives the standard modules.
func Std(port Port) map[string]sandbox.Module { panic("unwritten") }

// ParseWhen reads a moment: "+6d 22:00", "+2h", "2026-11-02 21:30", "22:00" (the next such time), in loc.
func ParseWhen(spec string, now time.Time, loc *time.Location) (time.Time, error) {
	panic("unwritten")
}

// ParseDuration reads "1d", "2d12h", "90s", "30m", "2w".
func ParseDuration(s string) (time.Duration, error) { panic("unwritten") }

// Broadcast is what a broadcast script declares.
type Broadcast struct {
	Name    string          `json:"name"`
	Title   string          `json:"title,omitempty"`
	Cron    string          `json:"cron,omitempty"`
	Missed  string          `json:"missed,omitempty"` // "run" or "skip" what fell due while nobody was there
	Tag     string          `json:"tag,omitempty"`    // the audience: fans with this tag
	All     bool            `json:"all,omitempty"`    // the audience: all fans
	Message json.RawMessage `json:"message"`          // a wechat.Outgoing
	Purpose string          `json:"purpose,omitempty"`
}
