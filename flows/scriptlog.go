package flows

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fanflow/store"
)

// What a decision keeps of the lines that its scripts wrote; of the others it keeps how many there were.
const (
	maxLogLines = 20
	maxLogBytes = 2 << 10
)

// logLine is a line that a script wrote in a decision.
type logLine struct {
	Flow  string `json:"flow"` // or plugin:NAME
	Level string `json:"level,omitempty"`
	Text  string `json:"text"`
	// Undone: the part that wrote it has failed, so that nothing else of it stands.
	Undone bool `json:"undone,omitempty"`

	version int
}

// note keeps a line of a script. It stays when the part that wrote it is undone: then it is worth the most.
func (d *decision) note(flow *compiled, level, text string) {
	size := len(text)
	for i := range d.logs {
		size += len(d.logs[i].Text)
	}
	line := logLine{Flow: flow.Name, Level: level, Text: text, version: flow.Version}
	if d.muted.n > 0 || len(d.logs) == maxLogLines || size > maxLogBytes {
		d.muted.n++
		d.muted.last = line
		return
	}
	d.logs = append(d.logs, line)
}

// muted counts the lines of a decision that were not kept.
type muted struct {
	n    int
	last logLine
}

// wrote gives what scripts wrote in the decision, the last saying how much more they did.
func (d *decision) wrote() []logLine {
	if d.muted.n == 0 {
		return d.logs
	}
	more := d.muted.last
	more.Text = fmt.Sprintf("… %d more", d.muted.n)
	return append(slices.Clip(d.logs), more)
}

// undo marks the lines from the n-th on: what their part did is taken back.
func (d *decision) undo(n int) {
	for i := range d.logs[n:] {
		d.logs[n+i].Undone = true
	}
	if d.muted.n > 0 {
		d.muted.last.Undone = true
	}
}

// LogLine is what a script wrote, or what it failed with, as its page shows it.
type LogLine struct {
	At      time.Time `json:"at"`
	OpenID  string    `json:"openid,omitempty"` // empty: it ran for the account, or was looked at
	Version int       `json:"version,omitempty"`
	Level   string    `json:"level"` // info, warn or error
	Text    string    `json:"text"`  // of a failure with the Lua traceback
	// Failed: the script did not write it, it failed with it.
	Failed bool `json:"failed,omitempty"`
	// Undone: the part of the decision that wrote it failed afterwards.
	Undone bool `json:"undone,omitempty"`
}

// What is kept of each script, and of how many: the scripts that have been silent for the longest are forgotten first.
const (
	maxRing      = 200
	maxRingBytes = 64 << 10
	maxRings     = 256
)

// scriptLog keeps the last lines of each flow and plugin, in memory alone: the lines of fans are in their journals, too. The
// zero scriptLog is empty. It is safe for concurrent use.
type scriptLog struct {
	mu    sync.Mutex
	rings map[logKey]*ring
	turn  uint64
}

// logKey names a flow of an account, or plugin:NAME.
type logKey struct{ account, name string }

type ring struct {
	lines []LogLine // oldest first
	bytes int
	used  uint64 // the turn of the last line
}

func (l *scriptLog) add(key logKey, line LogLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rings[key]
	if r == nil {
		r = l.room(key)
	}
	l.turn++
	r.used = l.turn
	r.lines = append(r.lines, line)
	r.bytes += len(line.Text)
	drop := 0
	for len(r.lines)-drop > maxRing || r.bytes > maxRingBytes && len(r.lines)-drop > 1 {
		r.bytes -= len(r.lines[drop].Text)
		drop++
	}
	r.lines = slices.Delete(r.lines, 0, drop)
}

// room makes a ring, in the place of the most silent one where there are too many.
func (l *scriptLog) room(key logKey) *ring {
	if l.rings == nil {
		l.rings = map[logKey]*ring{}
	}
	if len(l.rings) >= maxRings {
		var silent logKey
		for k, r := range l.rings {
			if old := l.rings[silent]; old == nil || r.used < old.used {
				silent = k
			}
		}
		delete(l.rings, silent)
	}
	l.rings[key] = &ring{}
	return l.rings[key]
}

func (l *scriptLog) of(key logKey) []LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[key]; r != nil {
		return slices.Clone(r.lines)
	}
	return nil
}

// record keeps what scripts wrote, and failed with, in a decision that stands or will not be made again. A run for the account has
// a fan without an OpenID.
func (e *Engine) record(ctx context.Context, fan store.FanID, at time.Time, lines []logLine, parts []part) {
	for _, l := range lines {
		e.logs.add(logKey{fan.Account, l.Flow}, LogLine{At: at, OpenID: fan.OpenID, Version: l.version, Level: l.Level, Text: l.Text, Undone: l.Undone})
		e.logger.DebugContext(ctx, l.Text, "level", l.Level, "account", fan.Account, "flow", l.Flow, "fan", fan.OpenID)
	}
	for i := range parts {
		if p := &parts[i]; p.err != "" {
			e.logs.add(logKey{fan.Account, p.flow.Name}, LogLine{At: at, OpenID: fan.OpenID, Version: p.flow.Version, Level: "error", Text: p.why, Failed: true})
		}
	}
}

// Remark adds a line to the log of a script: what is found in a file that is being edited, say. name is that of a flow, or of a
// plugin with kind store.KindPlugin.
func (e *Engine) Remark(account, kind, name, level, text string) {
	e.logs.add(keyOfLog(account, kind, name), LogLine{At: store.Stamp(e.now()), Level: level, Text: text})
}

// Log gives the last lines of a flow, or of a plugin's hooks with kind store.KindPlugin, the newest first: at most 200 of those
// since the start of the service. What a plugin's functions write stands in the log of the flow that called them. Errors:
// ErrNoAccount.
func (e *Engine) Log(account, kind, name string) ([]LogLine, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	lines := e.logs.of(keyOfLog(account, kind, name))
	slices.Reverse(lines)
	return lines, nil
}

// pluginPart begins the names of the parts of plugins' hooks.
const pluginPart = "plugin:"

func keyOfLog(account, kind, name string) logKey {
	if kind == store.KindPlugin {
		name = pluginPart + name
	}
	return logKey{account, name}
}
