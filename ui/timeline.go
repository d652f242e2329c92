package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// happening is what one cause did to a fan: one push, one timer, one send. Its steps stand in the order in which they came about.
type happening struct {
	Cause string
	At    stamp
	Steps []stepTold
	// Tried says, where a flow decided, what became of the event with each flow and rule that could have acted on it.
	Tried []verdictTold
	// Logs are the lines that scripts wrote.
	Logs []logTold
	// Lost says why the step cannot be decided again; empty if it can, or was no decision.
	Lost string
}

// verdictTold is one candidate's.
type verdictTold struct {
	Flow string
	Rule string // as reasons name it
	Said string
}

// logTold is a line that a script wrote.
type logTold struct {
	Flow, Level, Text string
	Undone            bool // its part of the step failed
}

// stepTold is a row of the journal in plain words.
type stepTold struct {
	Kind  store.Kind
	Icon  string // of icons.html, without i-
	Text  string
	Why   string
	Trace string // of a script that failed
}

// icons by kind of entry.
var icons = map[store.Kind]string{
	store.Heard: "in", store.Replied: "out", store.Subscribed: "fan", store.Unsubscribed: "fan", store.Tagged: "tag", store.Untagged: "tag",
	store.AttrSet: "note", store.OptedOut: "fan", store.OptedIn: "fan", store.Enrolled: "flow", store.Entered: "flow",
	store.Versioned: "flow", store.VarSet: "note", store.Goal: "goal", store.Left: "flow", store.WindowOpened: "door",
	store.WindowSpent: "door", store.Armed: "clock", store.Fired: "clock", store.Stale: "clock", store.Claimed: "note",
	store.Ordered: "send", store.Sending: "send", store.Settled: "send", store.Ignored: "note", store.Failed: "alert",
	store.Parked: "alert", store.Erased: "alert", store.Called: "flow", store.Missed: "clock", store.Disarmed: "clock",
	store.Planned: "clock", store.Unplanned: "clock", store.KeptBack: "out", store.Released: "out", store.Refused: "flow",
	store.Fetched: "note", store.Asked: "send",
}

// timeline groups rows, which are given oldest first, by their cause and puts the newest first.
func (w *words) timeline(zone *time.Location, rows []store.Row) []happening {
	var hs []happening
	for i, r := range rows {
		if i == 0 || rows[i-1].Cause != r.Cause || !rows[i-1].At.Equal(r.At) {
			hs = append(hs, happening{Cause: r.Cause, At: stampOf(zone, r.At)})
		}
		last := &hs[len(hs)-1]
		if r.Kind == store.Decided { // the machine's part, told beside the steps
			last.decided(w, r.Value)
			continue
		}
		last.Steps = append(last.Steps, w.tell(zone, r))
	}
	slices.Reverse(hs)
	return hs
}

// decided takes what a trace says to people.
func (h *happening) decided(w *words, trace json.RawMessage) {
	var t struct {
		Tried []flows.Verdict `json:"tried"`
		Lost  string          `json:"lost"`
		Log   []logTold       `json:"log"`
	}
	if json.Unmarshal(trace, &t) != nil {
		return
	}
	h.Lost = t.Lost
	for _, l := range t.Log {
		l.Flow = w.flow(l.Flow)
		h.Logs = append(h.Logs, l)
	}
	for _, v := range t.Tried {
		word, rest, more := strings.Cut(v.Said, ": ")
		said := w.or("tried."+word, word)
		if more {
			said = w.t("tried.because", "said", said, "why", w.why(rest))
		}
		h.Tried = append(h.Tried, verdictTold{Flow: w.or("tried."+v.Flow, w.flow(v.Flow)), Rule: w.why(v.Rule), Said: said})
	}
}

// tell says a row in plain words.
func (w *words) tell(zone *time.Location, r store.Row) stepTold {
	s := stepTold{Kind: r.Kind, Icon: icons[r.Kind], Why: w.why(r.Why)}
	if s.Icon == "" {
		s.Icon = "note"
	}
	if r.Kind == store.Failed {
		s.Why, s.Trace = "", r.Why
	}
	key := "journal." + string(r.Kind)
	switch {
	case r.Kind == store.Heard:
		key = heardKey(w, r)
	case r.Kind == store.Subscribed && r.Name != "":
		key += ".scene"
	case r.Kind == store.Entered && r.From != "":
		key += ".from"
	case (r.Kind == store.Ordered || r.Kind == store.Replied) && said(r) == "":
		key += ".silent"
	case r.Kind == store.Called && r.Name == "":
		key += ".over"
	case r.Kind == store.Missed && !r.Due.IsZero():
		key += ".due"
	case r.Kind == store.Fetched:
		key += fetchedEnd(r)
	case (r.Kind == store.Failed || r.Kind == store.Refused) && strings.HasPrefix(r.Flow, pluginFlow):
		key += ".plugin"
	case (r.Kind == store.AttrSet || r.Kind == store.VarSet) && (len(r.Value) == 0 || string(r.Value) == "null"):
		key += ".removed"
	}
	s.Text = w.t(key, w.facts(zone, r)...)
	if s.Text == key { // a kind that is newer than the catalogue
		s.Text = strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Kind, r.Name, r.Text))
	}
	return s
}

// heardKey finds the words for an event: those for the event itself, where the row has what they say.
func heardKey(w *words, r store.Row) string {
	key := "journal.heard." + r.Name
	facts := fields(r.Value)
	switch {
	case (r.Name == "location" || r.Name == "location_select") && facts["label"] != "":
		key += ".label"
	case r.Name == "subscribe" && facts["scene"] != "":
		key += ".scene"
	case r.Name == "answer" && facts["ok"] != "true":
		key += ".failed"
	}
	if w.or(key, "") == "" {
		return "journal.heard"
	}
	return key
}

// pluginFlow begins the name under which a plugin's hooks stand in the journal, where flows have their names.
const pluginFlow = "plugin:"

// flow says who did it: a flow by its name, or a plugin.
func (w *words) flow(name string) string {
	if plugin, ok := strings.CutPrefix(name, pluginFlow); ok {
		return w.t("journal.plugin", "name", plugin)
	}
	return name
}

// fetchedEnd is the part of a read's key that says how it ended.
func fetchedEnd(r store.Row) string {
	switch f := fields(r.Value); {
	case f["status"] == "":
		return ".failed"
	case f["cached"] == "true":
		return ".cached"
	}
	return ""
}

// facts are what a row's words may speak of.
func (w *words) facts(zone *time.Location, r store.Row) []any {
	f := fields(r.Value)
	status := w.or("status."+r.Name, r.Name)
	channel := w.or("channel."+r.Channel, r.Channel)
	left, until := 0, ""
	trigger := r.Name
	if r.Window != nil {
		left, until, trigger = r.Window.Left, stampOf(zone, r.Window.Until).Text, r.Window.Trigger
	}
	return []any{
		"text", said(r), "name", r.Name, "event", w.on(r.Name), "flow", w.flow(r.Flow), "plugin", strings.TrimPrefix(r.Flow, pluginFlow), "state", r.State, "from", r.From, "version", r.Version,
		"value", plainJSON(r.Value), "due", stampOf(zone, r.Due).Text, "channel", channel, "status", status, "left", left, "until", until,
		"trigger", w.or("window."+trigger, trigger), "latitude", f["latitude"], "longitude", f["longitude"], "label", f["label"],
		"scene", f["scene"], "key", f["key"], "hook", f["name"], "no", r.No, "result", f["result"], "count", f["count"],
		"as", f["as"], "error", f["error"], "http", f["status"], "ms", f["ms"],
	}
}

// said is the words of a row, or what stands for them.
func said(r store.Row) string {
	if r.Text != "" {
		return r.Text
	}
	f := fields(r.Value)
	for _, name := range []string{"content", "title", "key", "scene", "name"} {
		if f[name] != "" {
			return f[name]
		}
	}
	return ""
}

// fields are the plain values of a JSON object, as text.
func fields(v json.RawMessage) map[string]string {
	var object map[string]json.RawMessage
	if json.Unmarshal(v, &object) != nil {
		return nil
	}
	plain := map[string]string{}
	for name, raw := range object {
		if len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
			plain[name] = plainJSON(raw)
		}
	}
	return plain
}
