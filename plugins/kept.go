package plugins

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// kept holds the things that were used last. It is safe for concurrent use; what it holds is shared.
type kept[K comparable, V any] struct {
	mu    sync.Mutex
	by    map[K]*list.Element // of keptThing[K, V]
	order list.List           // the one that was used last comes first
}

type keptThing[K comparable, V any] struct {
	key   K
	value V
}

// maxKept is how many versions of plugins a Host keeps: a folder that is watched makes a new one with every save.
const maxKept = 256

func (k *kept[K, V]) get(key K) (v V, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.by[key]
	if !ok {
		return v, false
	}
	k.order.MoveToFront(e)
	return e.Value.(keptThing[K, V]).value, true
}

func (k *kept[K, V]) put(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[K]*list.Element{}
	}
	if _, ok := k.by[key]; ok {
		return
	}
	k.by[key] = k.order.PushFront(keptThing[K, V]{key, v})
	for k.order.Len() > maxKept {
		last := k.order.Back()
		delete(k.by, last.Value.(keptThing[K, V]).key)
		k.order.Remove(last)
	}
}

// programKey names a version of a plugin.
type programKey struct {
	name    string
	version int
}

// pluginKey names a plugin with what it says of itself: the plugins that it requires may have a say in that.
type pluginKey struct {
	programKey
	pins string
}

func pinsText(pins map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		fmt.Fprintf(&b, "%s=%d,", name, pins[name])
	}
	return b.String()
}

// compiled is a version's script with its program.
type compiled struct {
	number  int
	source  string
	program *sandbox.Program
}

// program gives a version's program, compiled the first time.
func (h *Host) program(ctx context.Context, name string, version int) (*compiled, error) {
	key := programKey{name, version}
	if c, ok := h.programs.get(key); ok {
		return c, nil
	}
	script, err := h.Source.Script(ctx, store.ScriptID{Kind: store.KindPlugin, Name: name}, version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &unknownError{name}
	}
	if err != nil {
		return nil, fmt.Errorf("load plugin %q version %d: %w", name, version, err)
	}
	c := &compiled{number: script.Version, source: script.Source}
	if c.program, err = sandbox.Compile(script.File, script.Source); err != nil {
		return nil, err
	}
	if version != 0 {
		h.programs.put(key, c)
	}
	return c, nil
}

// Plugin gives a version of a plugin; pins are the versions of those that it requires, nil for the newest. What the plugin says
// wrongly of itself is left out, so that its functions stay usable: it was pushed before that was a mistake.
// An error that is no *sandbox.Error and does not wrap store.ErrNotFound is the Source's.
func (h *Host) Plugin(ctx context.Context, name string, version int, pins map[string]int) (*Plugin, error) {
	return h.plugin(ctx, name, version, pins, nil)
}

// plugin is Plugin inside of a run that holds pass.
func (h *Host) plugin(ctx context.Context, name string, version int, pins map[string]int, pass *sandbox.Pass) (*Plugin, error) {
	c, err := h.program(ctx, name, version)
	if err != nil {
		return nil, err
	}
	key := pluginKey{programKey: programKey{name, c.number}}
	alone := len(c.program.Requires()) == 0
	if !alone {
		key.pins = pinsText(pins)
	}
	lasting := alone || pins != nil // the newest of today is not that of tomorrow
	if p, ok := h.plugins.get(key); ok && lasting {
		return p, nil
	}
	v, err := h.evaluate(ctx, c.program, sandbox.Scope{Plugin: name}, Run{Pins: pins, Pass: pass})
	if err != nil {
		return nil, err
	}
	m, _, err := h.manifest(c.program, c.source, v)
	if err != nil {
		return nil, err
	}
	p := &Plugin{Manifest: *m, Number: c.number, Program: c.program}
	if lasting {
		h.plugins.put(key, p)
	}
	return p, nil
}
