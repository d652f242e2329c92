package flows

import (
	"fmt"
	"strings"
	"time"

	"fanflow/plugins"
	"fanflow/store"
)

// timerKind says what a timer goes by.
type timerKind int

const (
	afterTimer timerKind = iota // a delay since the state was entered
	atTimer                     // a moment of the account's calendar
	everyTimer                  // again and again
)

// timer is a timer of a state, or a trigger by time.
type timer struct {
	Kind  timerKind
	Name  string        // as declared: "1d", "at 22:00", "every mon 10:00"; or its name = "…"
	Wait  time.Duration // of after
	When  string        // of at, for plugins.ParseWhen; may hold ${vars.x} and ${attrs.x}
	Every plugins.Every
	Times int // how often an every fires in one wait; 0: as long as the wait lasts
	// Entry: an after or at counts from when the fan came into the flow, not into the state.
	Entry bool
	Late  late
	Line  int
	Do    *action // nil for a trigger
	// Audience is whom a trigger enrolls.
	Audience audience
}

// title says what the timer is, for the graph and the journal.
func (t *timer) title() string {
	if t.Kind == afterTimer {
		return "after " + t.Name
	}
	return t.Name
}

// due is when the timer of the enrollment's present wait is due: an after so long after the state was entered, or the flow;
// an at at the moment that it names, seen from then; an every the first time after after, which matters for it alone, or the time that it owes
// since. A moment may lie in the past. The error is that of an at whose ${…} hold no moment, and is for the author.
func (t *timer) due(n *store.Enrollment, f *store.Fan, after time.Time, loc *time.Location) (time.Time, error) {
	since := n.StateAt
	if t.Entry {
		since = n.EnteredAt
	}
	switch t.Kind {
	case atTimer:
		spec := fill(t.When, func(place string) any { return recorded(n, f, place) })
		at, err := plugins.ParseWhen(spec, since, loc)
		if err != nil {
			return time.Time{}, fmt.Errorf("at %q: %w", t.When, err)
		}
		return store.Stamp(at), nil
	case everyTimer:
		for i := range n.Timers {
			if o := &n.Timers[i]; o.Name == t.Name && pending(o) && !o.Due.After(after) {
				return o.Due, nil // it was held or has failed, and is made up for once
			}
		}
		return store.Stamp(t.Every.Next(after, n.StateAt, loc)), nil
	}
	return store.Stamp(since.Add(t.Wait)), nil
}

// recorded gives the value of vars.x and attrs.x as the record has it.
func recorded(n *store.Enrollment, f *store.Fan, place string) any {
	root, name, _ := strings.Cut(place, ".")
	switch root {
	case "vars":
		return reach(name, func(name string) any { return jsonValue(n.Vars[name]) })
	case "attrs":
		return reach(name, func(name string) any { return jsonValue(f.Attrs[name]) })
	}
	return nil
}

// Hours are those of the day in which something may happen, or may not: From or later and before To, in minutes from midnight
// in the account's zone. Where To is not later than From they go over midnight. The zero Hours are none.
type Hours struct{ From, To int }

// ParseHours reads "09:00-21:00".
func ParseHours(s string) (Hours, error) {
	first, last, ok := strings.Cut(s, "-")
	from, err := time.Parse("15:04", strings.TrimSpace(first))
	to, err2 := time.Parse("15:04", strings.TrimSpace(last))
	if !ok || err != nil || err2 != nil {
		return Hours{}, fmt.Errorf("%q are no hours: write them as 09:00-21:00", s)
	}
	h := Hours{From: from.Hour()*60 + from.Minute(), To: to.Hour()*60 + to.Minute()}
	if h.From == h.To {
		return Hours{}, fmt.Errorf("the hours %q begin when they end: write them as 09:00-21:00, or leave them out for the whole day", s)
	}
	return h, nil
}

// others are the hours of the day that h leaves; none of none.
func (h Hours) others() Hours { return Hours{From: h.To, To: h.From} }

// has reports whether the hours hold the moment. The zero Hours hold every moment.
func (h Hours) has(t time.Time, loc *time.Location) bool {
	t = t.In(loc)
	m := t.Hour()*60 + t.Minute()
	switch {
	case h == Hours{}:
		return true
	case h.From < h.To:
		return h.From <= m && m < h.To
	}
	return h.From <= m || m < h.To
}

// next is the moment itself if the hours hold it, else when they begin.
func (h Hours) next(t time.Time, loc *time.Location) time.Time {
	if h.has(t, loc) {
		return t
	}
	local := t.In(loc)
	for day := 0; ; day++ { // the hours may begin in an hour that the calendar leaves out
		begin := time.Date(local.Year(), local.Month(), local.Day()+day, h.From/60, h.From%60, 0, 0, loc)
		if begin.After(t) {
			return begin
		}
	}
}
