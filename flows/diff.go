package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanflow/store"
)

// Diff says in what two versions of a flow differ.
type Diff struct {
	Flow    string       `json:"flow"`
	From    int          `json:"from"`
	To      int          `json:"to"`
	Changes []FlowChange `json:"changes"` // of what the flow declares, in the order of its parts
	Lines   []LineChange `json:"lines"`   // of the text
}

// FlowChange is one thing that is declared otherwise.
type FlowChange struct {
	What  string `json:"what"`  // setting, trigger, exit, listen, state, hook, rule or timer
	Where string `json:"where"` // state a: on text 1
	Kind  string `json:"kind"`  // added, removed or changed
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// LineChange is a line that only one of the versions has.
type LineChange struct {
	Op   string `json:"op"`   // - for the old version, + for the new one
	Line int    `json:"line"` // in it, from 1
	Text string `json:"text"`
}

// Diff compares two versions of a flow. To 0 is the newest, from 0 the published one, else the one before to. What is not there
// gives a *NotFoundError.
func (e *Engine) Diff(ctx context.Context, account, flow string, from, to int) (*Diff, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	id := store.ScriptID{Account: account, Kind: store.KindFlow, Name: flow}
	newer, err := LoadScript(ctx, e.store, id, to)
	if err != nil {
		return nil, err
	}
	if from == 0 {
		ed, err := e.current(ctx, account)
		if err != nil {
			return nil, err
		}
		from = max(1, newer.Version-1)
		if p := ed.ByName[flow]; p != nil && p.Version != newer.Version {
			from = p.Version
		}
	}
	older, err := LoadScript(ctx, e.store, id, from)
	if err != nil {
		return nil, err
	}
	a, err := e.pick(ctx, account, flow, older.Version)
	if err != nil {
		return nil, err
	}
	b, err := e.pick(ctx, account, flow, newer.Version)
	if err != nil {
		return nil, err
	}
	d := &Diff{Flow: flow, From: older.Version, To: newer.Version, Lines: diffLines(older.Source, newer.Source)}
	d.Changes = slices.Concat([]FlowChange{}, compare(a.outline(), b.outline()), timerChanges(a.declaration, b.declaration))
	return d, nil
}

// part of a declaration, in words; print tells apart what the words do not.
type outlined struct{ what, where, text, print string }

// outline puts everything but the timers that a flow declares into lines.
func (d *declaration) outline() (list []outlined) {
	add := func(what, where, text, print string) { list = append(list, outlined{what, where, text, print}) }
	setting := func(name string, v any, zero bool) {
		if !zero {
			add("setting", name, fmt.Sprint(v), "")
		}
	}
	setting("title", d.Title, d.Title == "")
	setting("first", d.First, d.First == "")
	setting("priority", d.Priority, d.Priority == 0)
	setting("again", d.Again.words(), !d.Again.Ever)
	setting("funnel", strings.Join(d.Funnel, ", "), len(d.Funnel) == 0)
	setting("limit", fmt.Sprintf("%d in all, %d a day", d.Limit.All, d.Limit.Day), d.Limit == limit{})
	setting("window", d.Window.words(), d.Window == window{})
	for _, m := range d.Triggers {
		for i := range m.Rules {
			add("trigger", ruleName(m.Event, m.Rules[i].Key), "", "")
		}
	}
	for i := range d.Ticks {
		add("trigger", d.Ticks[i].title(), "", "")
	}
	for _, m := range d.Exit {
		for i := range m.Rules {
			add("exit", ruleName(m.Event, m.Rules[i].Key), m.Rules[i].target(), "")
		}
	}
	ruleActions(d.Listen, "", func(on string, a *action) { add("listen", on, a.words(), a.print()) })
	for _, name := range d.Order {
		s := d.States[name]
		add("state", "state "+name, s.words(), "")
		at := "state " + name + ": "
		if s.Enter != nil {
			add("hook", at+"enter", s.Enter.words(), s.Enter.print())
		}
		if s.Leave != nil {
			add("hook", at+"leave", s.Leave.words(), s.Leave.print())
		}
		ruleActions(s.On, "on ", func(on string, a *action) { add("rule", at+on, a.words(), a.print()) })
		ruleActions(s.Listen, "listen ", func(on string, a *action) { add("listen", at+on, a.words(), a.print()) })
	}
	return list
}

func (a again) words() string { return "after " + a.Wait.String() }

func (w window) words() string {
	text := func(t time.Time) string {
		if t.IsZero() {
			return "…"
		}
		return t.Format("2006-01-02 15:04")
	}
	return strings.TrimSpace(text(w.From) + " to " + text(w.To) + " " + w.Closes)
}

func (s *state) words() string {
	var words []string
	if s.Final {
		words = append(words, "final")
	}
	if s.Goal != "" {
		words = append(words, "goal "+s.Goal)
	}
	if s.Result != "" {
		words = append(words, "result "+s.Result)
	}
	return strings.Join(words, ", ")
}

// words says what an action does: its verbs and where it leads.
func (a *action) words() string {
	var words []string
	if a == nil {
		return ""
	}
	if a.Run != nil {
		words = append(words, "a function")
	}
	for i := range a.Steps {
		s := &a.Steps[i]
		words = append(words, strings.TrimSpace(s.Verb+" "+strings.Join(s.Names, " ")))
	}
	if to := a.edges(); len(to) > 0 {
		words = append(words, "→ "+strings.Join(to, ", "))
	}
	return strings.Join(words, ", ")
}

// print tells apart actions of the same words: other texts, other options.
func (a *action) print() string {
	if a == nil {
		return ""
	}
	b, err := json.Marshal(a.Steps)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// compare gives what only one side has and what both have otherwise, in the new order and then what is gone.
func compare(olds, news []outlined) (list []FlowChange) {
	find := func(in []outlined, o outlined) int {
		return slices.IndexFunc(in, func(x outlined) bool { return x.what == o.what && x.where == o.where })
	}
	for _, n := range news {
		i := find(olds, n)
		switch {
		case i < 0:
			list = append(list, FlowChange{What: n.what, Where: n.where, Kind: "added", To: n.text})
		case olds[i].text != n.text || olds[i].print != n.print:
			list = append(list, FlowChange{What: n.what, Where: n.where, Kind: "changed", From: olds[i].text, To: n.text})
		}
	}
	for _, o := range olds {
		if find(news, o) < 0 {
			list = append(list, FlowChange{What: o.what, Where: o.where, Kind: "removed", From: o.text})
		}
	}
	return list
}

// timerChanges pairs the timers of the states that both versions have, as a publication does.
func timerChanges(a, b *declaration) (list []FlowChange) {
	words := func(t *timer) string { return strings.TrimSpace(t.title() + ": " + t.Do.words()) }
	for _, name := range b.Order {
		is := b.States[name]
		var olds []waiting
		if was := a.States[name]; was != nil {
			for i := range was.Timers {
				olds = append(olds, waiting{Timer: store.Timer{Name: was.Timers[i].Name}, decl: &was.Timers[i]})
			}
		}
		where := "state " + name
		pairs := pairTimers(olds, is.Timers)
		for i := range is.Timers {
			t := &is.Timers[i]
			if pairs[i] < 0 {
				list = append(list, FlowChange{What: "timer", Where: where, Kind: "added", To: words(t)})
				continue
			}
			old := olds[pairs[i]].decl
			if !sameTime(old, t) || words(old) != words(t) || old.Do.print() != t.Do.print() || old.Late != t.Late || old.Times != t.Times {
				list = append(list, FlowChange{What: "timer", Where: where, Kind: "changed", From: words(old), To: words(t)})
			}
		}
		for i := range olds {
			if !slices.Contains(pairs, i) {
				list = append(list, FlowChange{What: "timer", Where: where, Kind: "removed", From: words(olds[i].decl)})
			}
		}
	}
	return list
}
