package flows

import (
	"fmt"
	"time"

	"fanflow/plugins"
)

// parseDelay reads a delay, which must be longer than nothing.
func parseDelay(s string) (time.Duration, error) {
	d, err := plugins.ParseDuration(s)
	if err == nil && d <= 0 {
		return 0, fmt.Errorf("the delay %q must be longer than nothing", s)
	}
	return d, err
}
