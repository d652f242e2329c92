package when

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Every is a time that comes again and again. The zero Every never comes.
type Every struct {
	set  bool
	gap  time.Duration // between two times; 0: the calendar says when
	days [7]bool       // by time.Weekday; none: all
	day  int           // of the month, 1 to 31; 0: all
	hour int
	min  int
}

// MinEvery is the shortest time between two times of an Every.
const MinEvery = time.Minute

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseEvery reads what every says:
//
//	"6h", "1d", "2w"          again and again after so long, counted from an anchor; a day is 24 hours; at least a minute
//	"10:00"                   every day at that time
//	"mon 10:00"               every Monday; "mon,thu 10:00" on two days, "mon-fri 10:00" on all from Monday to Friday
//	"day 1 10:00"             every month on its first day; a month that has no such day has it on its last
//
// Times of the day are those of the zone that Next is given.
func ParseEvery(s string) (Every, error) {
	words := strings.Fields(s)
	e := Every{set: true}
	var err error
	switch {
	case len(words) == 1 && strings.Contains(words[0], ":"):
		err = e.clock(words[0])
	case len(words) == 1:
		if e.gap, err = ParseDuration(words[0]); err == nil && e.gap < MinEvery {
			return Every{}, fmt.Errorf("%q comes too often: once a minute is the most", s)
		}
	case len(words) == 2:
		if err = e.week(words[0]); err == nil {
			err = e.clock(words[1])
		}
	case len(words) == 3 && words[0] == "day":
		e.day, err = strconv.Atoi(words[1])
		if err == nil && (e.day < 1 || e.day > 31) {
			return Every{}, fmt.Errorf("%q: a month has the days 1 to 31", s)
		}
		if err == nil {
			err = e.clock(words[2])
		}
	default:
		err = errEvery
	}
	if err != nil {
		return Every{}, fmt.Errorf("%q does not say how often: write 1d, 10:00, mon,thu 10:00 or day 1 10:00", s)
	}
	return e, nil
}

var errEvery = fmt.Errorf("no such time")

func (e *Every) clock(s string) error {
	t, err := time.Parse("15:04", s)
	e.hour, e.min = t.Hour(), t.Minute()
	return err
}

// week reads "mon", "mon,thu" and "mon-fri", and both together.
func (e *Every) week(s string) error {
	for part := range strings.SplitSeq(strings.ToLower(s), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if from < 0 || to < 0 {
			return errEvery
		}
		for e.days[from] = true; from != to; e.days[from] = true {
			from = (from + 1) % 7
		}
	}
	return nil
}

// Next gives the first time after after, which it never is itself. A gap is counted from anchor: anchor plus one gap is the
// first of its times. For the calendar's times loc is the zone: a time of the day that the clocks pass over comes later by as
// much as they are put forward, and one that comes twice counts once, the first time. The zero Every gives the zero time.
func (e Every) Next(after, anchor time.Time, loc *time.Location) time.Time {
	if !e.set {
		return time.Time{}
	}
	if e.gap > 0 {
		first := anchor.Add(e.gap)
		if first.After(after) {
			return first
		}
		return first.Add((after.Sub(first)/e.gap + 1) * e.gap)
	}
	year, month, day := after.In(loc).Date()
	for i := -2; ; i++ { // two days back: a time that was passed over may have come a day later
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC)
		if !e.on(date) {
			continue
		}
		if t := onClock(date, e.hour, e.min, loc); t.After(after) {
			return t
		}
	}
}

// Is reports whether t is one of the times, to the second.
func (e Every) Is(t, anchor time.Time, loc *time.Location) bool {
	return e.set && e.Next(t.Add(-time.Second), anchor, loc).Equal(t)
}

// on reports whether the calendar has a time on the date.
func (e Every) on(date time.Time) bool {
	if e.day > 0 {
		last := time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
		return date.Day() == min(e.day, last)
	}
	return e.days == [7]bool{} || e.days[date.Weekday()]
}

// onClock gives the moment at which the clocks of a zone show a time of the day on a date for the first time. time.Date leaves
// open which moment that is where clocks are put forward or back.
func onClock(date time.Time, hour, minute int, loc *time.Location) time.Time {
	shown := time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, time.UTC)
	before, after := withOffset(shown, -36*time.Hour, loc), withOffset(shown, 36*time.Hour, loc)
	if !shows(before, shown) && shows(after, shown) {
		return after
	}
	return before
}

// withOffset reads shown as a local time with the offset that the zone has so much later.
func withOffset(shown time.Time, later time.Duration, loc *time.Location) time.Time {
	_, offset := shown.Add(later).In(loc).Zone()
	return shown.Add(-time.Duration(offset) * time.Second).In(loc)
}

func shows(t, shown time.Time) bool {
	const layout = "2006-01-02 15:04"
	return t.Format(layout) == shown.Format(layout)
}
