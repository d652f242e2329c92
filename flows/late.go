package flows

import (
	"fmt"
	"time"
)

// late is what becomes of something that comes late.
type late struct {
	Policy string // run, skip or next; empty: run
	// Hours are those that next waits for; none: the flow's, else those that the account's quiet hours leave.
	Hours Hours
}

// punctual is how late a timer may be and still count as on time.
const punctual = time.Minute

// parseLate reads late = "run", "skip", "next" or "09:00-21:00", which is next in hours of its own.
func parseLate(s string) (late, error) {
	switch s {
	case "run", "skip", "next":
		return late{Policy: s}, nil
	}
	h, err := ParseHours(s)
	if err != nil {
		return late{}, fmt.Errorf("late is \"run\", \"skip\", \"next\" or hours such as \"09:00-21:00\", not %q", s)
	}
	return late{Policy: "next", Hours: h}, nil
}

// lateness is what is to be done about something that may be late.
type lateness struct {
	skip  bool
	until time.Time // zero: do it now
	why   string    // in words, of what is not done now
}

// judge says what is to be done now about something that was due at due. flow are the hours of its flow.
func (l late) judge(due, now time.Time, flow Hours, acc *Account) lateness {
	behind := now.Sub(due)
	if behind <= punctual {
		return lateness{}
	}
	switch l.Policy {
	case "skip":
		return lateness{skip: true, why: fmt.Sprintf("it is %s late, and late is skip", behind.Round(time.Second))}
	case "next":
		h := l.allowed(flow, acc)
		if until := h.next(now, acc.Location); until.After(now) {
			return lateness{until: until, why: fmt.Sprintf("it is %s late and waits for %s", behind.Round(time.Second), until.In(acc.Location).Format("2006-01-02 15:04"))}
		}
	}
	return lateness{}
}

// allowed are the hours that next waits for; none: any time will do.
func (l late) allowed(flow Hours, acc *Account) Hours {
	switch {
	case l.Hours != Hours{}:
		return l.Hours
	case flow != Hours{}:
		return flow
	}
	return acc.Quiet.others()
}
