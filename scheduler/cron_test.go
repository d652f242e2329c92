package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"fanflow/scheduler"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestCronComing(t *testing.T) {
	tests := []struct {
		name, spec, zone, after string
		want                    []string
	}{
		{"daily in the account's zone", "0 9 * * *", "Asia/Shanghai", "2026-11-22T00:30:00Z", []string{"2026-11-22T09:00:00+08:00", "2026-11-23T09:00:00+08:00"}},
		{"a run is after, not at", "0 9 * * *", "Asia/Shanghai", "2026-11-22T01:00:00Z", []string{"2026-11-23T09:00:00+08:00"}},
		{"weekdays", "30 18 * * 1-5", "Asia/Shanghai", "2026-11-20T12:00:00Z", []string{"2026-11-23T18:30:00+08:00"}},
		{"monthly descriptor", "@monthly", "Asia/Shanghai", "2026-11-22T00:00:00Z", []string{"2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"}},
		{"leap day", "0 0 29 2 *", "UTC", "2026-11-22T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		{"every", "@every 90m", "UTC", "2026-11-22T00:00:00.5Z", []string{"2026-11-22T01:30:00Z", "2026-11-22T03:00:00Z"}},
		{"skipped hour: at the change", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", []string{"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"}},
		{"skipped hour, every quarter", "*/15 * * * *", "Europe/Berlin", "2026-03-29T00:40:00Z", []string{"2026-03-29T01:45:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00"}},
		{"skipped midnight", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", []string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"}},
		{"doubled hour: the first time", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", []string{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"}},
		{"doubled hour: not again from inside", "30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z", []string{"2026-11-02T01:30:00-05:00"}},
		{"half an hour of daylight saving", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", []string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := scheduler.ParseCron(tt.spec, zone(t, tt.zone))
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339Nano, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Coming(after, len(tt.want))
			for i, w := range tt.want {
				if i >= len(got) || got[i].Format(time.RFC3339) != w {
					t.Fatalf("runs after %s: got %v, want %v", tt.after, got, tt.want)
				}
			}
		})
	}
}

func TestCronRefuses(t *testing.T) {
	tests := []struct{ name, spec, says string }{
		{"the parser's panic", "TZ=0", "time_zone"},
		{"a zone", "CRON_TZ=Asia/Tokyo 0 9 * * *", "CRON_TZ="},
		{"nothing", "", "five fields"},
		{"six fields", "0 0 9 * * *", "five fields"},
		{"out of range", "61 * * * *", "five fields"},
		{"an empty list", ", * * * *", "lists nothing"},
		{"never", "0 9 31 2 *", "not run once"},
		{"once in ten years", "@every 87600h", "not run once"},
		{"every second", "@every 1s", "once a minute"},
		{"negative", "@every -1h", "once a minute"},
		{"a word", "@noon", "five fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := scheduler.ParseCron(tt.spec, time.UTC)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ParseCron(%q) = %v, want an error that says %q", tt.spec, err, tt.says)
			}
		})
	}
}

func FuzzParseCron(f *testing.F) {
	for _, s := range []string{"0 9 * * *", "*/15 2 * * 0", "@every 1h30m", "@daily", "TZ=0", "CRON_TZ=x 1 2 3 4 5", "0 9 31 2 *", "1-2-3 * * * *", "*/0 * * * *", "? ? ? JAN mon", ","} {
		f.Add(s, "America/New_York")
	}
	f.Add("30 2 * * *", "Europe/Berlin")
	f.Fuzz(func(t *testing.T, spec, name string) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			loc = time.UTC
		}
		s, err := scheduler.ParseCron(spec, loc)
		if err != nil {
			return
		}
		last := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for _, at := range s.Coming(last, 20) {
			if at.Sub(last) < time.Second {
				t.Fatalf("%q: run at %s follows %s", spec, at, last)
			}
			last = at
		}
	})
}
