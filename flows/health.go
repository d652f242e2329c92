package flows

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"fanflow/store"
)

// A flow that fails for Config.SickAfter events in a row, of sickFans fans or more, is paused: a single fan's odd data, or a short
// row, is no reason.
const (
	sickAfter = 20 // unless Config.SickAfter says otherwise
	sickFans  = 5
)

// part is how a flow's part of an event went; err is what its script failed with, empty if it did not.
type part struct {
	flow *compiled
	err  string
	why  string // err with the traceback, for the script's page
}

// health counts failures in a row, by version. It is kept in memory alone: a new start begins to count anew.
type health struct {
	after int // failures; less than 1: it is never too often
	mu    sync.Mutex
	rows  map[flowID]*failures
}

type flowID struct {
	id      store.ScriptID
	version int
	hook    string
}

type failures struct {
	events int
	fans   map[string]bool // sickFans at most
}

// note counts a part and reports whether the version has failed too often; then it begins to count anew.
func (h *health) note(fan store.FanID, p part) (sick bool) {
	key := flowID{p.flow.ID, p.flow.Version, p.flow.Hook}
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.err == "" {
		delete(h.rows, key)
		return false
	}
	f := h.rows[key]
	if f == nil {
		f = &failures{fans: map[string]bool{}}
		h.rows[key] = f
	}
	f.events++
	if len(f.fans) < sickFans {
		f.fans[fan.OpenID] = true
	}
	if h.after < 1 || f.events < h.after || len(f.fans) < sickFans {
		return false
	}
	delete(h.rows, key)
	return true
}

// failing is how many parts of the version have failed in a row; of a plugin's hooks the one that failed most often counts.
func (h *health) failing(id store.ScriptID, version int) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, f := range h.rows {
		if key.id == id && key.version == version {
			n = max(n, f.events)
		}
	}
	return n
}

// diagnose counts how the parts of a decision went, and pauses the flows, and the hooks of plugins, that keep failing.
func (e *Engine) diagnose(ctx context.Context, fan store.FanID, parts []part) {
	for _, p := range parts {
		if !e.health.note(fan, p) {
			continue
		}
		why := fmt.Sprintf("%d events in a row failed: %s", e.health.after, p.err)
		// The push may be answered already; what it led to is done all the same.
		held, err := e.hold(context.WithoutCancel(ctx), p.flow.ID, p.flow.Version, why)
		who, its := "a flow keeps failing and ", "is paused"
		if p.flow.Hook != "" {
			who, its = "a plugin keeps failing and ", "its hooks are paused"
		}
		switch {
		case err != nil:
			e.logger.ErrorContext(ctx, who+"could not be paused", "account", fan.Account, "flow", p.flow.Name, "version", p.flow.Version, "why", why, "err", err)
		case held != nil:
			e.logger.ErrorContext(ctx, who+its, "account", fan.Account, "flow", p.flow.Name, "version", p.flow.Version, "why", why)
		}
	}
}

// firstLine gives what a failure says without its traceback, short enough for a reason.
func firstLine(f *failure) string {
	line, _, _ := strings.Cut(f.Error(), "\n")
	return cut(line, shortWhy)
}
