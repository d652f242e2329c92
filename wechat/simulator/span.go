package simulator

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// longestMove is the farthest that the clock goes at once: what is kept of it, its distance to wall time, must fit a Duration.
const longestMove = 100 * 366 * 24 * time.Hour

// spanPart is a leading part of a span that time.ParseDuration does not know: weeks or days.
var spanPart = regexp.MustCompile(`^(\d{1,5})([wd])`)

// parseSpan reads how far the clock is to go: Go's durations, with w and d for weeks and days of 24 hours before them, as in
// 6d, 1d12h, 12h30m, 90s.
func parseSpan(text string) (time.Duration, error) {
	bad := fmt.Errorf("advance %q is no span of time of at most a hundred years, as in 6d, 1d12h, 12h30m, 90s", text)
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
		if time.Duration(n) > longestMove/unit {
			return 0, bad
		}
		if sum += time.Duration(n) * unit; sum > longestMove {
			return 0, bad
		}
		rest = rest[len(m[0]):]
	}
	if rest == "" && text != "" {
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	switch {
	case err != nil || d > longestMove:
		return 0, bad
	case d < 0 || sum < 0 || sum+d < 0:
		return 0, fmt.Errorf("advance %q: the clock goes forward only", text)
	}
	return sum + d, nil
}
