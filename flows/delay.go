package flows

import (
	"fmt"
	"strconv"
	"time"
)

// delayUnits are the letters of a delay. A day is 24 hours, whatever the calendar does.
var delayUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// maxDelay keeps sums of time and delay far from overflow.
const maxDelay = 10 * 366 * 24 * time.Hour

// parseDelay reads "90s", "30m", "12h", "1d", "2w" and sums of them such as "1d12h". It must be longer than nothing and not
// longer than ten years.
func parseDelay(s string) (time.Duration, error) {
	var sum time.Duration
	for rest := s; ; {
		i := 0
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		if i == 0 || i == len(rest) {
			return 0, fmt.Errorf("%q is no delay: write a number and s, m, h, d or w, such as \"1d\" or \"12h\"", s)
		}
		n, err := strconv.ParseInt(rest[:i], 10, 32)
		unit, ok := delayUnits[rest[i]]
		if err != nil || !ok || time.Duration(n) > maxDelay/unit {
			return 0, fmt.Errorf("%q is no delay: write a number and s, m, h, d or w, such as \"1d\" or \"12h\"", s)
		}
		sum += time.Duration(n) * unit
		if rest = rest[i+1:]; rest == "" {
			break
		}
	}
	if sum <= 0 || sum > maxDelay {
		return 0, fmt.Errorf("%q is no delay: it must be longer than nothing and at most ten years", s)
	}
	return sum, nil
}

// parseWait is parseDelay that also takes no time at all, "0s".
func parseWait(s string) (time.Duration, error) {
	if s == "0s" || s == "0" {
		return 0, nil
	}
	return parseDelay(s)
}
