package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

const (
	onAPI  = "api"
	onPush = "push"
)

// fault is asked for by a control call; the next calls or deliveries that match go wrong in its way. Times are wall time.
//
// On api: with errcode the call is refused and has no effect. Without one it takes effect, unless before is set, and then its
// answer is late (delay), lost (reset), never comes (hang), is a gateway's page (status, html) or breaks off (cut).
//
// On push: delay comes before a delivery, slow is the time that its body takes, reset loses its answer; repeat delivers the push
// that many extra times after the platform has its answer, and what those are answered reaches nobody; same_nonce does so, and
// the platform's own repeats, with the timestamp and nonce of the first delivery. Swap delivers the push after the next one of
// the same fan: the action is answered at once, with nothing seen. Where no other push comes within the delay, or two seconds,
// it is delivered then.
type fault struct {
	On      string `json:"on"`                // api or push
	Path    string `json:"path,omitempty"`    // of a call; for a push its message type or event. Empty: any
	ErrCode int    `json:"errcode,omitempty"` // api only
	Delay   string `json:"delay,omitempty"`   // "7s"
	Reset   bool   `json:"reset,omitempty"`

	Before bool `json:"before,omitempty"` // api only: nothing takes effect
	Hang   bool `json:"hang,omitempty"`   // api only
	Status int  `json:"status,omitempty"` // api only: 400 up to 599
	HTML   bool `json:"html,omitempty"`   // api only: HTTP 200 with a page instead of JSON
	Cut    bool `json:"cut,omitempty"`    // api only

	Repeat    int    `json:"repeat,omitempty"`     // push only
	SameNonce bool   `json:"same_nonce,omitempty"` // push only
	Slow      string `json:"slow,omitempty"`       // push only
	Swap      bool   `json:"swap,omitempty"`       // push only

	Count  int     `json:"count,omitempty"`  // how many calls or deliveries; 0: one, or with chance any number
	Chance float64 `json:"chance,omitempty"` // of each that matches, above 0 up to 1. 0: certain
	Seed   uint64  `json:"seed,omitempty"`   // of the dice: the same seed falls the same way

	delay, slow time.Duration
	endless     bool
	dice        *rand.Rand
}

// check validates a fault that was asked for and fills in what it leaves out.
func (f *fault) check() error {
	onAPIOnly := f.ErrCode != 0 || f.Before || f.Hang || f.Status != 0 || f.HTML || f.Cut
	onPushOnly := f.Repeat != 0 || f.SameNonce || f.Slow != "" || f.Swap
	switch {
	case f.On != onAPI && f.On != onPush:
		return errors.New(`on must be "api" or "push"`)
	case f.On == onPush && onAPIOnly:
		return errors.New("errcode, before, hang, status, html and cut belong to api faults")
	case f.On == onAPI && onPushOnly:
		return errors.New("repeat, same_nonce, slow and swap belong to push faults")
	case f.Repeat < 0 || f.Count < 0:
		return errors.New("repeat and count cannot be negative")
	case f.Status != 0 && (f.Status < http.StatusBadRequest || f.Status > 599):
		return fmt.Errorf("status %d is none of 400 up to 599", f.Status)
	case f.Before && !f.Hang && !f.Reset && f.Status == 0 && !f.HTML:
		return errors.New("before goes with hang, reset, status or html: an answer would say that the call took effect")
	case f.Chance < 0 || f.Chance > 1:
		return fmt.Errorf("chance %v is none from 0 up to 1", f.Chance)
	case !onAPIOnly && !onPushOnly && f.Delay == "" && !f.Reset:
		return errors.New("say what goes wrong: errcode, delay, reset, hang, status, html, cut; repeat, slow, swap")
	}
	var err error
	if f.delay, err = wait("delay", f.Delay); err != nil {
		return err
	}
	if f.slow, err = wait("slow", f.Slow); err != nil {
		return err
	}
	f.endless = f.Chance > 0 && f.Count == 0
	if f.Count == 0 && !f.endless {
		f.Count = 1
	}
	f.dice = rand.New(rand.NewPCG(f.Seed, 0))
	return nil
}

// wait reads a span of wall time.
func wait(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > time.Minute {
		return 0, fmt.Errorf("%s %q must be a duration up to 1m, as in 7s", name, text)
	}
	return d, nil
}

// takeFault returns the fault of the next call or delivery, if there is one that matches, and counts it.
func (a *account) takeFault(on, path string) *fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.faults {
		if f.On != on || f.Path != "" && !strings.EqualFold(f.Path, path) || f.Chance > 0 && f.dice.Float64() >= f.Chance {
			continue
		}
		taken := *f
		if f.endless {
			return &taken
		}
		if f.Count--; f.Count == 0 {
			a.faults = append(a.faults[:i:i], a.faults[i+1:]...)
		}
		return &taken
	}
	return nil
}

func (f *fault) wait(ctx, life context.Context) { pause(ctx, life, f.delay) }
