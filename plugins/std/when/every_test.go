package when_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fanflow/plugins/std/when"
)

func TestEveryNext(t *testing.T) {
	for _, tt := range []struct{ spec, zone, after, want string }{
		{"10:00", "Asia/Shanghai", "2026-11-02T09:59:59+08:00", "2026-11-02T10:00:00+08:00"},
		{"10:00", "Asia/Shanghai", "2026-11-02T10:00:00+08:00", "2026-11-03T10:00:00+08:00"},
		{"10:00", "Asia/Shanghai", "2026-12-31T10:00:00+08:00", "2027-01-01T10:00:00+08:00"},
		{"mon 10:00", "Asia/Shanghai", "2026-11-02T10:00:00+08:00", "2026-11-09T10:00:00+08:00"},
		{"mon,thu 10:00", "Asia/Shanghai", "2026-11-02T10:00:00+08:00", "2026-11-05T10:00:00+08:00"},
		{"Mon-Fri 10:00", "Asia/Shanghai", "2026-11-06T10:00:00+08:00", "2026-11-09T10:00:00+08:00"},
		{"sat-mon,wed 0:30", "Asia/Shanghai", "2026-11-02T10:00:00+08:00", "2026-11-04T00:30:00+08:00"},
		{"day 1 10:00", "Asia/Shanghai", "2026-11-01T10:00:00+08:00", "2026-12-01T10:00:00+08:00"},
		// month ends: a shorter month has the day on its last
		{"day 31 23:59", "Asia/Shanghai", "2026-11-02T00:00:00+08:00", "2026-11-30T23:59:00+08:00"},
		{"day 31 23:59", "Asia/Shanghai", "2026-11-30T23:59:00+08:00", "2026-12-31T23:59:00+08:00"},
		{"day 30 08:00", "Asia/Shanghai", "2027-01-30T08:00:00+08:00", "2027-02-28T08:00:00+08:00"},
		{"day 29 08:00", "Asia/Shanghai", "2028-01-29T08:00:00+08:00", "2028-02-29T08:00:00+08:00"},
		{"day 29 08:00", "Asia/Shanghai", "2028-02-29T08:00:00+08:00", "2028-03-29T08:00:00+08:00"},
		// Berlin puts its clocks forward from 02:00 to 03:00 on 29 March 2026, and back from 03:00 to 02:00 on 25 October
		{"02:30", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"02:30", "Europe/Berlin", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"03:30", "Europe/Berlin", "2026-03-29T01:59:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"02:30", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"12:00", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"},
		// New York does so on 8 March and 1 November
		{"02:30", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:30:00-04:00"},
		{"02:30", "America/New_York", "2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"},
		{"01:30", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"01:30", "America/New_York", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		// Apia had no 30 December 2011
		{"10:00", "Pacific/Apia", "2011-12-29T10:00:00-10:00", "2011-12-31T10:00:00+14:00"},
		{"10:00", "Pacific/Apia", "2011-12-31T10:00:00+14:00", "2012-01-01T10:00:00+14:00"},
		// a gap counts from the anchor, here midnight UTC of 2 November 2026; a day is 24 hours
		{"6h", "Asia/Shanghai", "2026-11-01T00:00:00Z", "2026-11-02T06:00:00Z"},
		{"6h", "Asia/Shanghai", "2026-11-02T06:00:00Z", "2026-11-02T12:00:00Z"},
		{"1d", "Europe/Berlin", "2026-11-12T11:00:00Z", "2026-11-13T00:00:00Z"},
	} {
		e, err := when.ParseEvery(tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		loc := location(t, tt.zone)
		want := instant(t, tt.want)
		got := e.Next(instant(t, tt.after), anchor, loc)
		if !got.Equal(want) {
			t.Errorf("%q after %s: got %s, want %s", tt.spec, tt.after, got.Format(time.RFC3339), tt.want)
		}
		if !e.Is(want, anchor, loc) || e.Is(want.Add(time.Minute), anchor, loc) {
			t.Errorf("%q: Is does not know %s", tt.spec, tt.want)
		}
	}
}

var anchor = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEveryRefuses(t *testing.T) {
	for _, spec := range []string{
		"", "monday", "mon", "mon 25:00", "mon,  10:00", "xyz 10:00", "mon- 10:00", "day 0 10:00", "day 32 10:00", "day x 10:00", "day 1", "1 10:00",
		"30s", "0s", "-1d", "10", "24:00", "mon 10:00 x", "day 1 10:00 x", "2026-11-02 10:00",
	} {
		if e, err := when.ParseEvery(spec); err == nil {
			t.Errorf("%q: got %v, want an error", spec, e)
		}
	}
	if got := (when.Every{}).Next(anchor, anchor, time.UTC); !got.IsZero() || (when.Every{}).Is(anchor, anchor, time.UTC) {
		t.Errorf("the zero Every comes at %v", got)
	}
}

// TestEveryAgainstTheClock compares 1,000 random specs with what somebody sees who looks at a clock of the zone every quarter of an hour.
func TestEveryAgainstTheClock(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2026))
	var zones []*time.Location
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"} {
		zones = append(zones, location(t, name))
	}
	turns := []time.Time{ // about when clocks are changed
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC),
	}
	for range 1000 {
		after := turns[r.IntN(len(turns))].Add(time.Duration(r.IntN(72*60)-60*60) * time.Minute)
		spec, see := randomSpec(r)
		e, err := when.ParseEvery(spec)
		if err != nil {
			t.Fatal(err)
		}
		loc := zones[r.IntN(len(zones))]
		if got, want := e.Next(after, after, loc), watch(after, loc, see); !got.Equal(want) {
			t.Fatalf("%q in %s after %s: got %s, want %s", spec, loc, after.Format(time.RFC3339), got.Format(time.RFC3339), want.In(loc).Format(time.RFC3339))
		}
	}
}

// randomSpec gives a spec, mostly for the hours in which clocks are changed, and how its times look on a clock.
func randomSpec(r *rand.Rand) (string, func(time.Time) bool) {
	hour, minute := r.IntN(5), 15*r.IntN(4)
	if r.IntN(4) == 0 {
		hour = r.IntN(24)
	}
	at := func(t time.Time) bool { return t.Hour() == hour && t.Minute() == minute }
	clock := fmt.Sprintf("%02d:%02d", hour, minute)
	switch r.IntN(3) {
	case 0:
		return clock, at
	case 1:
		names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
		on := map[time.Weekday]bool{}
		var days []string
		for range 1 + r.IntN(3) {
			d := r.IntN(7)
			on[time.Weekday(d)] = true
			days = append(days, names[d])
		}
		return strings.Join(days, ",") + " " + clock, func(t time.Time) bool { return at(t) && on[t.Weekday()] }
	}
	day := 1 + r.IntN(31)
	return fmt.Sprintf("day %d %s", day, clock), func(t time.Time) bool {
		isLast := t.AddDate(0, 0, 1).Day() == 1
		return at(t) && (t.Day() == day || isLast && t.Day() < day)
	}
}

// watch looks at the clock every quarter. What it never shows because it is put forward counts later by as much, what it shows
// twice the first time.
func watch(after time.Time, loc *time.Location, see func(time.Time) bool) time.Time {
	wall := func(t time.Time) time.Time {
		l := t.In(loc)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	var latest time.Time // that it has shown
	var from, to time.Time
	const quarter = 15 * time.Minute
	for t := after.Truncate(quarter).Add(-48 * time.Hour); ; t = t.Add(quarter) {
		shown := wall(t)
		if !latest.IsZero() && shown.Sub(latest) > quarter {
			from, to = latest.Add(quarter), shown
		}
		first := shown.After(latest)
		if first {
			latest = shown
		}
		passed := shown.Add(from.Sub(to)) // what it would have shown
		inGap := !from.IsZero() && !passed.Before(from) && passed.Before(to)
		if t.After(after) && (first && see(shown) || inGap && see(passed)) {
			return t
		}
	}
}

func FuzzParseEvery(f *testing.F) {
	for _, s := range []string{"1d", "10:00", "mon,thu 10:00", "day 31 10:00", "sat-tue 0:00", "60s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		e, err := when.ParseEvery(spec)
		if err != nil {
			return
		}
		if next := e.Next(anchor, anchor, time.UTC); !next.After(anchor) || next.Sub(anchor) > 11*365*24*time.Hour {
			t.Errorf("%q comes at %v", spec, next)
		}
	})
}
