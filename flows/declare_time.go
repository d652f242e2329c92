package flows

import (
	"fmt"
	"slices"
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

// timers reads after, at or every of a state: a table of times and what they lead to.
func (d *declarer) timers(field string, at []any, v lua.LValue) (out []timer) {
	path := pathOf(at)
	t, ok := v.(*lua.LTable)
	if !ok {
		d.wrong(path, "must be a table such as {[\"1d\"] = \"…\"}, not %s", luaType(v))
		return nil
	}
	if field != "after" {
		d.wrong(path, "is not built yet")
		return nil
	}
	each(t, func(k, v lua.LValue) {
		if !d.namesKey(path, k, "keys are delays such as 1d") {
			return
		}
		at := append(slices.Clone(at), keyOf(k))
		name, _ := k.(lua.LString)
		wait, err := parseDelay(string(name))
		if err != nil {
			d.add(SeverityError, "duration", pathOf(at), pathOf(at)+": "+err.Error(), "a day is 24 hours")
			return
		}
		out = append(out, timer{Name: string(name), Wait: wait, Do: d.action(at, v, true)})
	})
	return out
}

// sortTimers puts delays first, the shortest of them first.
func sortTimers(timers []timer) {
	slices.SortStableFunc(timers, func(a, b timer) int { return int(min(1, max(-1, a.Wait-b.Wait))) })
}

// ticks reads the triggers at and every.
func (d *declarer) ticks(field, path string, v lua.LValue) []timer {
	d.wrong(path, "is not built yet")
	return nil
}

// hours reads hours = "09:00-21:00".
func (d *declarer) hours(path string, v lua.LValue) hours {
	d.wrong(path, "is not built yet")
	return hours{}
}
