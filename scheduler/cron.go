package scheduler

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when a recurring thing happens, in a time zone. The zero Schedule never does.
type Schedule struct {
	next  cron.Schedule
	every bool // by elapsed time, not by the calendar
	loc   *time.Location
}

// ParseCron reads a cron expression of five fields (minute, hour, day of month, month, day of week), a descriptor (@hourly,
// @daily, @weekly, @monthly, @yearly) or "@every 90m". It is read in loc, nil meaning UTC; a zone inside the expression is
// refused. So is what would run more often than once a minute, or not once in five years.
//
// A time that does not exist on some day, because clocks are put forward over it, happens at the moment they are; a time that
// comes twice, because they are put back, happens the first time only.
func ParseCron(spec string, loc *time.Location) (Schedule, error) {
	if loc == nil {
		loc = time.UTC
	}
	spec = strings.TrimSpace(spec)
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		return Schedule{}, fmt.Errorf("cron %q: the time zone is the account's time_zone; leave %s… out", spec, spec[:strings.Index(spec, "=")+1])
	}
	for _, f := range strings.Fields(spec) {
		if strings.Trim(f, ",") == "" {
			return Schedule{}, fmt.Errorf("cron %q: the field %q lists nothing", spec, f)
		}
	}
	next, err := parse(spec)
	if err != nil {
		return Schedule{}, fmt.Errorf("cron %q cannot be read: %w; use five fields (minute hour day month weekday), @daily or @every 2h", spec, err)
	}
	s := Schedule{next: next, loc: loc}
	if delay, ok := next.(cron.ConstantDelaySchedule); ok {
		s.every = true
		if delay.Delay < time.Minute {
			return Schedule{}, fmt.Errorf("cron %q: once a minute is the most often", spec)
		}
	}
	ref := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if first := s.Next(ref); first.IsZero() || first.After(ref.AddDate(5, 0, 0)) {
		return Schedule{}, fmt.Errorf("cron %q would not run once in five years", spec)
	}
	return s, nil
}

// parse keeps the parser's panics (such as for "TZ=0") from the caller.
func parse(spec string) (s cron.Schedule, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	return cron.ParseStandard(spec)
}

// Next is the first run after t, in the schedule's zone; the zero time if there is none within five years.
func (s Schedule) Next(t time.Time) time.Time {
	if s.next == nil {
		return time.Time{}
	}
	if s.every {
		return s.next.Next(t).In(s.loc)
	}
	// The parser counts through calendar days as if none had 23 or 25 hours, so it is given just that.
	for clock := clockOf(t.In(s.loc)); ; {
		clock = s.next.Next(clock)
		if clock.IsZero() {
			return clock
		}
		if at := instant(clock, s.loc); at.After(t) {
			return at
		}
	}
}

// Coming are the next n runs after t, fewer if there are no more.
func (s Schedule) Coming(t time.Time, n int) []time.Time {
	var runs []time.Time
	for range n {
		if t = s.Next(t); t.IsZero() {
			break
		}
		runs = append(runs, t)
	}
	return runs
}

// clockOf is what calendar and clock show at t, as a time in UTC.
func clockOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when clocks in loc show the same as the given one in UTC: the first time where they show it twice, the moment of
// the change where they skip it.
func instant(clock time.Time, loc *time.Location) time.Time {
	t := time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, loc)
	start, end := t.ZoneBounds()
	switch shown := clockOf(t); {
	case shown.After(clock):
		return start
	case shown.Before(clock):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	if first := clock.Add(-time.Duration(before) * time.Second); first.Before(start) {
		return first.In(loc)
	}
	return t
}
