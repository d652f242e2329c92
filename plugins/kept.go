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

// kept holds the compiled plugins that were used last. It is safe for concurrent use.
type kept struct {
	mu    sync.Mutex
	by    map[pluginKey]*list.Element // of keptPlugin
	order list.List                   // the one that was used last comes first
}

type keptPlugin struct {
	key    pluginKey
	plugin *Plugin
}

func (k *kept) get(key pluginKey) (*Plugin, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.by[key]
	if !ok {
		return nil, false
	}
	k.order.MoveToFront(e)
	return e.Value.(keptPlugin).plugin, true
}

func (k *kept) put(key pluginKey, p *Plugin) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[pluginKey]*list.Element{}
	}
	if _, ok := k.by[key]; ok {
		return
	}
	k.by[key] = k.order.PushFront(keptPlugin{key, p})
	for k.order.Len() > maxPlugins {
		last := k.order.Back()
		delete(k.by, last.Value.(keptPlugin).key)
		k.order.Remove(last)
	}
}

func pinsText(pins map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		fmt.Fprintf(&b, "%s=%d,", name, pins[name])
	}
	return b.String()
}

// pluginKey names a compiled plugin. The plugins that it requires may have a say in what it is.
type pluginKey struct {
	name    string
	version int
	pins    string
}

// maxPlugins is how many compiled plugins a Host keeps.
const maxPlugins = 256

// Plugin gives a version of a plugin; pins are the versions of those that it requires, nil for the newest. What the plugin says
// wrongly of itself is left out, so that its functions stay usable: it was pushed before that was a mistake.
// An error that is no *sandbox.Error and does not wrap store.ErrNotFound is the Source's.
func (h *Host) Plugin(ctx context.Context, name string, version int, pins map[string]int) (*Plugin, error) {
	return h.plugin(ctx, name, version, pins, nil)
}

// plugin is Plugin inside of a run that holds pass.
func (h *Host) plugin(ctx context.Context, name string, version int, pins map[string]int, pass *sandbox.Pass) (*Plugin, error) {
	key := pluginKey{name: name, version: version}
	if p, ok := h.plugins.get(key); ok { // it requires none
		return p, nil
	}
	key.pins = pinsText(pins)
	if p, ok := h.plugins.get(key); ok && pins != nil {
		return p, nil
	}
	script, err := h.Source.Script(ctx, store.ScriptID{Kind: store.KindPlugin, Name: name}, version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &unknownError{name}
	}
	if err != nil {
		return nil, fmt.Errorf("load plugin %q version %d: %w", name, version, err)
	}
	p := &Plugin{Number: script.Version}
	if p.Program, err = sandbox.Compile(script.File, script.Source); err != nil {
		return nil, err
	}
	v, err := h.evaluate(ctx, p.Program, Run{Pins: pins, Pass: pass})
	if err != nil {
		return nil, err
	}
	m, _, err := h.manifest(p.Program, script.Source, v)
	if err != nil {
		return nil, err
	}
	p.Manifest = *m
	requires := len(p.Program.Requires()) > 0
	if !requires {
		key.pins = ""
	}
	if version != 0 && (pins != nil || !requires) {
		h.plugins.put(key, p)
	}
	return p, nil
}
