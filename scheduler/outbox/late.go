package outbox

import (
	"fmt"
	"time"

	"fanflow/store"
)

// punctual is how long after its time a send still counts as on time.
const punctual = time.Minute

// late follows a send's policy about coming late, whatever made it late: a service that stood still, a quota, a busy platform.
// A status ends it; until, if it is not zero, is when it may go.
func late(s *store.Send, now time.Time, loc *time.Location) (end store.Status, until time.Time, why string) {
	behind := now.Sub(s.Due)
	if s.Late == "" || behind <= punctual {
		return "", until, ""
	}
	why = fmt.Sprintf("late: it was due %s ago", behind.Round(time.Second))
	if s.Late == "skip" {
		return store.Skipped, until, why
	}
	from, to, err := hours(s.Late)
	if err != nil {
		return store.SendFail, until, err.Error()
	}
	if until = nextHour(from, to, now, loc); until.After(now) {
		return "", until, why + ", and waits for " + s.Late
	}
	return "", time.Time{}, ""
}

// hours reads "09:00-21:00" in minutes from midnight.
func hours(s string) (from, to int, err error) {
	var h [4]int
	n, err := fmt.Sscanf(s, "%d:%d-%d:%d", &h[0], &h[1], &h[2], &h[3])
	if err != nil || n != len(h) {
		return 0, 0, fmt.Errorf("late is %q: neither skip nor hours of the day", s)
	}
	return h[0]*60 + h[1], h[2]*60 + h[3], nil
}

// nextHour is the moment itself if the hours hold it, else when they begin. They go over midnight where to is not later than from.
func nextHour(from, to int, t time.Time, loc *time.Location) time.Time {
	if loc == nil {
		loc = time.UTC
	}
	local := t.In(loc)
	m := local.Hour()*60 + local.Minute()
	if from < to && from <= m && m < to || from >= to && (from <= m || m < to) {
		return t
	}
	for day := 0; ; day++ {
		begin := time.Date(local.Year(), local.Month(), local.Day()+day, from/60, from%60, 0, 0, loc)
		if begin.After(t) {
			return begin
		}
	}
}
