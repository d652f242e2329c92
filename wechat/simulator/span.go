package simulator

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// spanPart is a leading part of a span that time.ParseDuration does not know: weeks or days.
var spanPart = regexp.MustCompile(`^(\d{1,5})([wd])`)

// parseSpan reads how far the clock is to go: Go's durations, with w and d for weeks and days of 24 hours before them, as in
// 6d, 1d12h, 12h30m, 90s.
func parseSpan(text string) (time.Duration, error) {
	bad := fmt.Errorf("advance %q is no span of time as in 6d, 1d12h, 12h30m, 90s", text)
	rest, sum := text, time.Duration(0)
	for {
		m := spanPart.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, bad
		}
		unit := 24 * time.Hour
		if m[2] == "w" {
			unit *= 7
		}
		sum += time.Duration(n) * unit
		rest = rest[len(m[0]):]
	}
	if rest == "" && text != "" {
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	switch {
	case err != nil:
		return 0, bad
	case d < 0 || sum < 0 || sum+d < 0:
		return 0, fmt.Errorf("advance %q: the clock goes forward only", text)
	}
	return sum + d, nil
}
