package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins"
)

// parseDelay reads a delay, which must be longer than nothing.
func parseDelay(s string) (time.Duration, error) {
	d, err := plugins.ParseDuration(s)
	if err == nil && d <= 0 {
		return 0, fmt.Errorf("the delay %q must be longer than nothing", s)
	}
	return d, err
}

// timeKeys say what the keys of after, at and every are.
var timeKeys = map[string]string{
	"after": "keys are delays such as 1d",
	"at":    "keys are moments such as 22:00, +6d 22:00 or 2026-12-24 10:00",
	"every": "keys say how often, such as 1d, 10:00, mon,thu 10:00 or day 1 10:00",
}

// timers reads after, at or every of a state: a table of times and what they lead to.
func (d *declarer) timers(field string, at []any, v lua.LValue) (out []timer) {
	d.times(field, at, v, func(t timer, at []any, v lua.LValue) {
		if table, ok := v.(*lua.LTable); ok {
			known := []string{"name", "late", "since"}
			if t.Kind == everyTimer {
				known = []string{"name", "late", "times"}
			}
			v = d.settings(&t, pathOf(at), table, known)
		}
		t.Do = d.action(at, v, true)
		out = append(out, t)
	})
	return out
}

// times shows the pairs of after, at or every with the timer that the key makes.
func (d *declarer) times(field string, at []any, v lua.LValue, see func(t timer, at []any, v lua.LValue)) {
	path := pathOf(at)
	table, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {[\"1d\"] = \"…\"}, not %s", luaType(v))
		return
	}
	each(table, func(k, v lua.LValue) {
		if !d.namesKey(path, k, timeKeys[field]) {
			return
		}
		at := append(slices.Clone(at), keyOf(k))
		name, _ := k.(lua.LString)
		t, err := readTimer(field, strings.TrimSpace(string(name)))
		if err != nil {
			d.add(SeverityError, "duration", pathOf(at), pathOf(at)+": "+err.Error(), "a day is 24 hours")
			return
		}
		t.Line = d.src.line(pathOf(at))
		see(t, at, v)
	})
}

// readTimer reads the key of after, at or every.
func readTimer(field, key string) (timer, error) {
	switch field {
	case "after":
		wait, err := parseDelay(key)
		return timer{Kind: afterTimer, Name: key, Wait: wait}, err
	case "at":
		return timer{Kind: atTimer, Name: "at " + key, When: key}, checkMoment(key)
	}
	every, err := plugins.ParseEvery(key)
	return timer{Kind: everyTimer, Name: "every " + key, Every: every}, err
}

// checkMoment finds an at that is no moment. One with ${vars.x} can be read only when the fan is there.
func checkMoment(s string) error {
	if !strings.Contains(s, "${") {
		_, err := plugins.ParseWhen(s, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
		return err
	}
	if strings.Contains(s, "${event.") {
		return fmt.Errorf("a timer has no event: keep the moment in a variable and write ${vars.x}")
	}
	return checkPlaces(s)
}

// sinceEntry lets a timer count from the entry into the flow.
const sinceEntry = "entry"

// settings takes name, late, since and times out of a timer's table, and gives what is left of it.
func (d *declarer) settings(t *timer, path string, table *lua.LTable, known []string) *lua.LTable {
	rest := &lua.LTable{}
	each(table, func(k, v lua.LValue) {
		field := k.String()
		if _, ok := k.(lua.LString); !ok || !slices.Contains(known, field) {
			rest.RawSet(k, v)
			return
		}
		p := join(path, field)
		switch field {
		case "name":
			t.Name = d.text(p, v)
			if err := checkWord("timer", t.Name); err != nil {
				d.wrong(p, "%v", err)
			}
		case "late":
			l, err := parseLate(d.text(p, v))
			if err != nil {
				d.wrong(p, "%v", err)
			}
			t.Late = l
		case "since":
			t.Entry = d.text(p, v) == sinceEntry
			if !t.Entry {
				d.wrong(p, "is %q: the moment at which the fan came into the flow; leave it out to count from the state", sinceEntry)
			}
		case "times":
			if t.Times = d.whole(p, v); t.Times < 1 {
				d.wrong(p, "must be at least 1; leave it out for as long as the state lasts")
			}
		}
	})
	return rest
}

// sortTimers puts delays first, the shortest of them first; the others stay in source order.
func sortTimers(timers []timer) {
	slices.SortStableFunc(timers, func(a, b timer) int {
		switch delay := a.Kind == afterTimer; {
		case delay != (b.Kind == afterTimer):
			if delay {
				return -1
			}
			return 1
		case delay:
			return int(min(1, max(-1, a.Wait-b.Wait)))
		}
		return 0
	})
}

// checkTimers finds two timers of one name in a state: the record of a wait knows them by it.
func checkTimers(s *subject) {
	for _, name := range s.decl.Order {
		checkTimerNames(s, "states."+name, s.decl.States[name].Timers)
	}
	checkTimerNames(s, "triggers", s.decl.Ticks)
}

func checkTimerNames(s *subject, path string, timers []timer) {
	lines := map[string]int{}
	for i := range timers {
		t := &timers[i]
		if line, ok := lines[t.Name]; ok {
			s.at(SeverityError, "tie", t.Line, fmt.Sprintf("%s: two timers are named %q, here and in line %d", path, t.Name, line), `give one of them another name = "…"`)
		}
		lines[t.Name] = t.Line
	}
}

// audience is whom a trigger by time enrolls: fans who follow the account.
type audience struct {
	Tag     string // who has it; empty: all
	Without string // and has not this one; empty: all
	All     bool   // nobody is left out
}

// ticks reads the triggers at and every.
func (d *declarer) ticks(field, path string, v lua.LValue) (out []timer) {
	d.times(field, []any{"triggers", field}, v, func(t timer, at []any, v lua.LValue) {
		path := pathOf(at)
		table, ok := v.(*lua.LTable)
		if !ok {
			d.wrong(path, "must say whom it enrolls, such as {tag = \"…\"}, {without = \"…\"} or {all = true}, not %s", luaType(v))
			return
		}
		if field == "at" {
			d.checkDate(path, t.When)
		}
		d.fields(path, d.settings(&t, path, table, []string{"name", "late"}), []string{"tag", "without", "all", "name", "late"}, func(field, path string, v lua.LValue) {
			switch field {
			case "tag":
				t.Audience.Tag = d.text(path, v)
			case "without":
				t.Audience.Without = d.text(path, v)
			case "all":
				t.Audience.All = d.truth(path, v)
			}
		})
		if a := t.Audience; a.All == (a.Tag != "" || a.Without != "") {
			d.wrong(path, "must say whom it enrolls: tag, without or both, or all = true for everybody who follows the account")
		}
		out = append(out, t)
	})
	return out
}

// checkDate finds a moment that names no date: it is one for all fans.
func (d *declarer) checkDate(path, when string) {
	if strings.Count(when, "-") != 2 || strings.Contains(when, "${") {
		d.add(SeverityError, "duration", path, path+": a trigger's at is a date, such as 2026-12-24 10:00", "what comes again and again is an every")
	}
}

// noDelay tells where a delay is written among the triggers.
func (d *declarer) noDelay(path string) {
	d.add(SeverityError, "field", path, path+": a timer belongs to a state", "write after in the state in which the fan waits; a trigger by time is at or every")
}

// hours reads hours = "09:00-21:00".
func (d *declarer) hours(path string, v lua.LValue) Hours {
	h, err := ParseHours(d.text(path, v))
	if err != nil {
		d.wrong(path, "%v", err)
	}
	return h
}
