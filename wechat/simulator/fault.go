package simulator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	onAPI  = "api"
	onPush = "push"
)

// fault is asked for by a control call; the next calls or deliveries that match go wrong in its way. Times are wall time.
//
// On api: with errcode the call is refused and has no effect; without one it takes effect, and then the answer is late
// (delay) or lost (reset). On push: delay comes before a delivery, reset loses its answer, and repeat delivers the push that
// many extra times after the platform has its answer; what those are answered reaches nobody.
type fault struct {
	On      string `json:"on"`                // api or push
	Path    string `json:"path,omitempty"`    // of a call; for a push its message type or event. Empty: any
	ErrCode int    `json:"errcode,omitempty"` // api only
	Delay   string `json:"delay,omitempty"`   // "7s"
	Reset   bool   `json:"reset,omitempty"`
	Repeat  int    `json:"repeat,omitempty"` // push only
	Count   int    `json:"count,omitempty"`  // how many calls or deliveries; 0: one

	delay time.Duration
}

// check validates a fault that was asked for and fills in what it leaves out.
func (f *fault) check() error {
	switch {
	case f.On != onAPI && f.On != onPush:
		return errors.New(`on must be "api" or "push"`)
	case f.On == onPush && f.ErrCode != 0:
		return errors.New("errcode belongs to api faults: a push has no error code")
	case f.On == onAPI && f.Repeat != 0:
		return errors.New("repeat belongs to push faults")
	case f.Repeat < 0 || f.Count < 0:
		return errors.New("repeat and count cannot be negative")
	case f.ErrCode == 0 && f.Delay == "" && !f.Reset && f.Repeat == 0:
		return errors.New("say what goes wrong: errcode, delay, reset or repeat")
	}
	if f.Delay != "" {
		d, err := time.ParseDuration(f.Delay)
		if err != nil || d < 0 || d > time.Minute {
			return fmt.Errorf("delay %q must be a duration up to 1m, as in 7s", f.Delay)
		}
		f.delay = d
	}
	if f.Count == 0 {
		f.Count = 1
	}
	return nil
}

// takeFault returns the fault of the next call or delivery, if there is one that matches, and counts it.
func (a *account) takeFault(on, path string) *fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.faults {
		if f.On != on || f.Path != "" && !strings.EqualFold(f.Path, path) {
			continue
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			a.faults = append(a.faults[:i:i], a.faults[i+1:]...)
		}
		return &taken
	}
	return nil
}

func (f *fault) wait(ctx, life context.Context) { pause(ctx, life, f.delay) }
