package when

import (
	"fmt"
	"strings"
	"time"
)

// units of a duration, largest first. A day is 24 hours and a week seven of them, whatever the calendar does.
var units = []struct {
	letter byte
	size   time.Duration
}{
	{'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second},
}

// maxDuration keeps sums of a time and a duration far from overflow.
const maxDuration = 10 * 365 * 24 * time.Hour

// ParseDuration reads a duration as scripts and the configuration write it: whole numbers with a unit, larger units first, as
// in "2w", "1d", "2d12h", "30m", "90s". At most ten years, never negative.
func ParseDuration(s string) (time.Duration, error) {
	rest, sum, unit := s, time.Duration(0), 0
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 || digits > 9 || digits == len(rest) {
			return 0, durationError(s)
		}
		var n int64
		for _, c := range rest[:digits] {
			n = n*10 + int64(c-'0')
		}
		for unit < len(units) && units[unit].letter != rest[digits] {
			unit++
		}
		if unit == len(units) {
			return 0, durationError(s)
		}
		size := units[unit].size
		if n > int64(maxDuration/size) {
			return 0, fmt.Errorf("the duration %q is longer than ten years", s)
		}
		sum += time.Duration(n) * size
		rest, unit = rest[digits+1:], unit+1
	}
	if s == "" {
		return 0, durationError(s)
	}
	if sum > maxDuration {
		return 0, fmt.Errorf("the duration %q is longer than ten years", s)
	}
	return sum, nil
}

func durationError(s string) error {
	return fmt.Errorf("%q is no duration: write it as 90s, 30m, 2h, 1d, 2d12h or 2w", s)
}

// ParseWhen reads a moment, seen from now, in the zone loc:
//
//	"2h", "+2h", "+1d12h"     so much later; a day is 24 hours
//	"+6d 22:00", "+1w 9:30"   at that time of the day, so many calendar days or weeks later
//	"2026-11-02 21:30"        that moment; without a time, 00:00
//	"22:00"                   the next such time, today or tomorrow, never now itself
//
// Times of the day may have seconds. A time that the zone's calendar leaves out is moved on as time.Date does.
func ParseWhen(spec string, now time.Time, loc *time.Location) (time.Time, error) {
	now = now.In(loc)
	first, clock, hasClock := strings.Cut(strings.TrimSpace(spec), " ")
	clock = strings.TrimSpace(clock)
	switch {
	case first == "":
	case hasClock && first[0] == '+':
		return parseDays(spec, first[1:], clock, now)
	case strings.Count(first, "-") == 2:
		if !hasClock {
			clock = "00:00"
		}
		day, err := time.ParseInLocation("2006-1-2", first, loc)
		if err != nil {
			return time.Time{}, whenError(spec)
		}
		return onDay(spec, clock, day, 0)
	case hasClock:
	case strings.Contains(first, ":"):
		t, err := onDay(spec, first, now, 0)
		if err == nil && !t.After(now) {
			t, err = onDay(spec, first, now, 1)
		}
		return t, err
	default:
		d, err := ParseDuration(strings.TrimPrefix(first, "+"))
		if err != nil {
			return time.Time{}, whenError(spec)
		}
		return now.Add(d), nil
	}
	return time.Time{}, whenError(spec)
}

// parseDays reads calendar days and a time of the day.
func parseDays(spec, days, clock string, now time.Time) (time.Time, error) {
	d, err := ParseDuration(days)
	if err != nil {
		return time.Time{}, whenError(spec)
	}
	if strings.ContainsAny(days, "hms") {
		return time.Time{}, fmt.Errorf("%q: before a time of the day stand days or weeks, as in +6d 22:00", spec)
	}
	return onDay(spec, clock, now, int(d/(24*time.Hour)))
}

// onDay gives a time of the day, days after the day of day.
func onDay(spec, clock string, day time.Time, days int) (time.Time, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, clock); err == nil {
			return time.Date(day.Year(), day.Month(), day.Day()+days, t.Hour(), t.Minute(), t.Second(), 0, day.Location()), nil
		}
	}
	return time.Time{}, whenError(spec)
}

func whenError(spec string) error {
	return fmt.Errorf("%q is no moment: write +2h, +6d 22:00, 22:00 or 2026-11-02 21:30", spec)
}
