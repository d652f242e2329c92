package plugins

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/lint"
	"fanflow/plugins/reference"
	"fanflow/plugins/sandbox"
)

// Manifest is what a plugin's script says of the plugin.
type Manifest struct {
	Name    string  `json:"name"`
	Version string  `json:"version,omitempty"` // the author's word for it
	Title   string  `json:"title,omitempty"`
	Order   int     `json:"order,omitempty"` // of its hooks among those of others: low ones first
	Config  []Field `json:"config,omitempty"`
	// Hosts are those that its http may reach, none if the plugin names none; KV the globs of the keys that its kv may touch,
	// "NAME:*" if the plugin names none.
	Hosts []string `json:"hosts,omitempty"`
	KV    []string `json:"kv,omitempty"`
	// Functions are those that the plugin offers, in the order of its text. Their types and sentences are those of the --- comments above them.
	Functions []reference.Func `json:"functions,omitempty"`
	Hooks     Hooks            `json:"hooks,omitzero"`
	// Signature says how webhooks of the plugin's events are signed by a system that does not know X-Fanflow-Signature; nil: as all.
	Signature *Signature `json:"signature,omitempty"`
}

// Hooks are the events that a plugin wants to see; "*" is any.
type Hooks struct {
	Events   []string `json:"on_event,omitempty"`    // words of events
	Sends    []string `json:"before_send,omitempty"` // channels
	Sent     []string `json:"after_send,omitempty"`  // statuses
	Webhooks []string `json:"on_webhook,omitempty"`  // globs of names
	Every    []string `json:"every,omitempty"`       // cron specs, or what every of a timer takes
	// OnError is what becomes of a send whose before_send fails: "hold" (it is put off, then skipped) or "pass".
	OnError string `json:"on_error,omitempty"`
	// Missed is what becomes of a time of Every that passed while nobody worked: "run" (also empty: once, as soon as possible) or "skip".
	Missed string `json:"missed,omitempty"`
}

// None reports whether there are no hooks.
func (h *Hooks) None() bool {
	return len(h.Events)+len(h.Sends)+len(h.Sent)+len(h.Webhooks)+len(h.Every) == 0
}

// Field is one setting of a plugin.
type Field struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"` // string, number, boolean, list or secret
	Title    string          `json:"title,omitempty"`
	Required bool            `json:"required,omitempty"`
	Default  json.RawMessage `json:"default,omitempty"`
	Min      *float64        `json:"min,omitempty"`
	Max      *float64        `json:"max,omitempty"`
	Pattern  string          `json:"pattern,omitempty"` // a Lua pattern
	Enum     []string        `json:"enum,omitempty"`
}

// Signature is a header with the hex HMAC-SHA-256 of the body.
type Signature struct {
	Header string `json:"header"`
	Prefix string `json:"prefix,omitempty"`
	Secret string `json:"secret"` // the name of the plugin's secret
}

// Setting is what the configuration says of a plugin for one account. It holds no secret.
type Setting struct {
	Config  map[string]any `json:"config,omitempty"`
	Secrets []string       `json:"secrets,omitempty"` // names of those that are set
	// Off: the plugin's hooks are not for this account. Its functions are.
	Off bool `json:"off,omitempty"`
}

// Plugin is one version of a plugin, ready to be used. It never changes and is shared.
type Plugin struct {
	Manifest
	Number  int // version as the store counts them
	Program *sandbox.Program
}

// Manifest compiles a plugin, runs its chunk, with the newest versions of the plugins it requires, and reads what it says of itself.
// The findings are what it says wrongly, in the order of the lines; a part with an error is left out of the Manifest. The error is
// a *sandbox.Error: the script does not compile, fails, or returns no plugin.
func (h *Host) Manifest(ctx context.Context, file, source string) (*Manifest, []lint.Finding, error) {
	p, v, err := h.look(ctx, file, source, sandbox.Scope{Plugin: file}, nil) // its name is not known yet
	if err != nil {
		return nil, nil, err
	}
	return h.manifest(p, source, v)
}

// manifest reads what a plugin's program has returned.
func (h *Host) manifest(p *sandbox.Program, source string, v lua.LValue) (*Manifest, []lint.Finding, error) {
	chunk, err := lint.Parse(p.File(), source)
	if err != nil {
		return nil, nil, err
	}
	r := &manifestReader{host: h, file: p.File(), chunk: chunk, lines: readLines(chunk.Stmts), m: &Manifest{}}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, nil, r.refuse("", "a plugin returns a table of its functions, this one a %s: end it with `return M`", v.Type())
	}
	if err := r.name(t); err != nil {
		return nil, nil, err
	}
	r.read(t)
	slices.SortStableFunc(r.found, func(a, b lint.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return r.m, r.found, nil
}
