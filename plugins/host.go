package plugins

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/log"
	"fanflow/store"
)

// Source is where plugins come from. A store.Library is one.
type Source interface {
	// Script gives a version of a script, the newest for version 0.
	Script(ctx context.Context, id store.ScriptID, version int) (store.Script, error)
}

// Host runs the operator's scripts: it compiles plugins once per version and makes the State of each decision. It is safe for
// concurrent use.
type Host struct {
	Config
	programs kept[programKey, *compiled]
	plugins  kept[pluginKey, *Plugin]
}

// Config makes a Host. Source must be given.
type Config struct {
	Source Source
	// Secret gives the value of a plugin's secret for an account; nil: there are none. No value of it is ever given to a script.
	Secret func(account, plugin, name string) (value string, ok bool)
	// ParseCron says what is wrong with a cron spec; nil: nothing is found wrong.
	ParseCron func(spec string) error
	// Gate bounds what is run to look at scripts; nil: nothing does.
	Gate *sandbox.Gate
}

// NewHost makes a Host.
func NewHost(c Config) *Host { return &Host{Config: c} }

// Run says what one decision's scripts may see.
type Run struct {
	Limits   sandbox.Limits
	Seed     uint64
	Now      time.Time
	Location *time.Location // nil means UTC
	Pins     map[string]int // version of every plugin that may be required, by name
	Port     Port           // nil where no fan is being served
	Modules  map[string]sandbox.Module
	Account  string
	Settings map[string]Setting // of the account's plugins, by name
	Hosts    []string           // that the account's scripts may reach
	Pass     *sandbox.Pass
	Tally    *sandbox.Tally
}

// State makes the Lua of one decision, with the standard modules, those of r and the pinned plugins. The caller closes it.
func (h *Host) State(ctx context.Context, r Run) (*sandbox.State, error) {
	for name := range r.Modules {
		if _, taken := r.Pins[name]; taken {
			return nil, fmt.Errorf("plugin %q has the name of a module of fanflow: give it another name", name)
		}
	}
	if r.Pins == nil {
		r.Pins = map[string]int{}
	}
	return h.state(ctx, r), nil
}

// state makes a State. Without pins plugins come in their newest versions.
func (h *Host) state(ctx context.Context, r Run) *sandbox.State {
	own := &scopes{run: &r, plugins: map[string]*Plugin{}}
	modules := std(r.Port, own)
	maps.Copy(modules, r.Modules)
	var print func(string)
	if r.Port != nil {
		print = func(line string) { log.Write(r.Port, log.Info, line) }
	}
	require := func(name string) (*sandbox.Program, error) {
		version, pinned := r.Pins[name]
		if r.Pins != nil && !pinned {
			return nil, &unknownError{name}
		}
		if r.Port == nil { // what it may touch does not matter then; so plugins that require each other end here
			c, err := h.program(ctx, name, version)
			if err != nil {
				return nil, err
			}
			return c.program, nil
		}
		p, err := h.plugin(ctx, name, version, r.Pins, r.Pass)
		if err != nil {
			return nil, err
		}
		own.plugins[name] = p
		return p.Program, nil
	}
	return sandbox.NewState(ctx, sandbox.Options{
		Limits: r.Limits, Seed: r.Seed, Now: r.Now, Location: r.Location, Modules: modules, Require: require, Print: print,
		Pass: r.Pass, Tally: r.Tally,
	})
}

// unknownError says that a plugin is not there.
type unknownError struct{ name string }

func (e *unknownError) Error() string {
	return fmt.Sprintf("there is no plugin %q: push it with `fanflow plugin push %s.lua --publish`, then push this script again", e.name, e.name)
}

// Unwrap lets errors.Is find store.ErrNotFound.
func (e *unknownError) Unwrap() error { return store.ErrNotFound }

// reserved are the names that are neither standard modules nor free for plugins.
var reserved = []string{"broadcast", "drip", "flow", "math", "spec", "string", "table"}

// badName says what is wrong with the name of a plugin or broadcast, "" if nothing is.
func badName(name string) string {
	if name == "" {
		return "is empty"
	}
	if len(name) > 64 {
		return "is longer than 64 bytes"
	}
	for _, c := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", c) {
			return fmt.Sprintf("%q may have letters, digits, _, . and - only", name)
		}
	}
	return ""
}

// LookTime is how long a script may run to say what it is, by the wall clock. Its instructions bound it already, the same on every
// machine; the clock must not make a script unusable because the machine was busy for a moment.
const LookTime = 5 * time.Second

// look compiles a script and runs it on its own in a place of the Gate, with modules beside the standard ones, and gives what it
// returns. Plugins come in their newest versions.
func (h *Host) look(ctx context.Context, file, source string, in sandbox.Scope, modules map[string]sandbox.Module) (*sandbox.Program, lua.LValue, error) {
	var p *sandbox.Program
	var v lua.LValue
	err := h.Gate.Run(ctx, func(pass *sandbox.Pass) (err error) { // compiling takes memory, too
		if p, err = sandbox.Compile(file, source); err != nil {
			return err
		}
		v, err = h.evaluate(ctx, p, in, Run{Modules: modules, Pass: pass})
		return err
	})
	return p, v, err
}

// evaluate runs a program on its own and gives what it returns.
func (h *Host) evaluate(ctx context.Context, p *sandbox.Program, in sandbox.Scope, r Run) (lua.LValue, error) {
	r.Limits = sandbox.Limits{}.Patient(LookTime)
	s := h.state(ctx, r)
	defer s.Close()
	return s.RunIn(p, in)
}

// Requires gives the names that a program requires by a literal, in order of appearance, each once.
func (h *Host) Requires(p *sandbox.Program) []string { return p.Requires() }
