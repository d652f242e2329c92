package when_test

import (
	"testing"
	"time"

	"fanflow/plugins/std/when"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "30m": 30 * time.Minute, "2h": 2 * time.Hour, "1d": 24 * time.Hour, "2d12h": 60 * time.Hour,
		"2w": 14 * 24 * time.Hour, "1w1d1h1m1s": 8*24*time.Hour + time.Hour + time.Minute + time.Second, "0s": 0, "36h": 36 * time.Hour, "007d": 7 * 24 * time.Hour,
	} {
		if got, err := when.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1", "d", "1x", "-1d", "1h2d", "1d1d", "1.5h", " 1d", "1d ", "+1d", "99999999999999999999d", "4000d", "999999999w", "1日"} {
		if got, err := when.ParseDuration(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
}

func TestParseWhen(t *testing.T) {
	shanghai := location(t, "Asia/Shanghai")
	berlin := location(t, "Europe/Berlin")
	now := time.Date(2026, 11, 2, 13, 30, 0, 0, time.UTC) // 21:30 in Shanghai
	for _, tt := range []struct {
		spec string
		now  time.Time
		loc  *time.Location
		want string
	}{
		{"+2h", now, shanghai, "2026-11-02T23:30:00+08:00"},
		{"2h", now, shanghai, "2026-11-02T23:30:00+08:00"},
		{"1d", now, shanghai, "2026-11-03T21:30:00+08:00"},
		{"+6d 22:00", now, shanghai, "2026-11-08T22:00:00+08:00"},
		{"+0d 8:00", now, shanghai, "2026-11-02T08:00:00+08:00"},
		{"+1w 9:30", now, shanghai, "2026-11-09T09:30:00+08:00"},
		{"+1w2d 09:30:15", now, shanghai, "2026-11-11T09:30:15+08:00"},
		{"2026-11-02 21:30", now, shanghai, "2026-11-02T21:30:00+08:00"},
		{"2026-12-24", now, shanghai, "2026-12-24T00:00:00+08:00"},
		{"22:00", now, shanghai, "2026-11-02T22:00:00+08:00"},
		{"21:30", now, shanghai, "2026-11-03T21:30:00+08:00"},
		{"9:00", now, shanghai, "2026-11-03T09:00:00+08:00"},
		{" +6d  22:00 ", now, shanghai, "2026-11-08T22:00:00+08:00"},
		{"+1d 22:00", time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC), shanghai, "2027-01-02T22:00:00+08:00"},
		// the clocks of Berlin go back on 25 October 2026: a day is 24 hours, a calendar day is 25
		{"+1d", time.Date(2026, 10, 24, 12, 0, 0, 0, berlin), berlin, "2026-10-25T11:00:00+01:00"},
		{"+1d 12:00", time.Date(2026, 10, 24, 12, 0, 0, 0, berlin), berlin, "2026-10-25T12:00:00+01:00"},
	} {
		got, err := when.ParseWhen(tt.spec, tt.now, tt.loc)
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("%q: got %v, %v, want %s", tt.spec, got.Format(time.RFC3339), err, tt.want)
		}
	}
	for _, spec := range []string{"", " ", "now", "tomorrow", "+", "+6d 25:00", "+6d x", "+2h 10:00", "6d 10:00", "22", "2026-02-30", "2026-13-01 10:00", "2026-11-02 10", "24:00", "-1d", "+1d 10:00 x"} {
		if got, err := when.ParseWhen(spec, now, shanghai); err == nil {
			t.Errorf("%q: got %v, want an error", spec, got)
		}
	}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func FuzzParseWhen(f *testing.F) {
	for _, s := range []string{"+6d 22:00", "2026-11-02 21:30", "22:00", "2w", "+1d 9:00:61", "0-0-0", "999999999d 1:1"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 2, 13, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, spec string) {
		got, err := when.ParseWhen(spec, now, time.UTC)
		if err == nil && (got.Year() < 0 || got.Year() > 9999) {
			t.Errorf("%q is %v", spec, got)
		}
	})
}
