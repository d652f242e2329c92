package store

import (
	"encoding/json"
	"fmt"
	"strings"
)

// blind are the kinds that a Change with AnyRev may carry: they commute with everything else.
var blind = map[Kind]bool{
	Tagged: true, Untagged: true, AttrSet: true, OptedOut: true, OptedIn: true, Ordered: true, Sending: true, Settled: true,
	Stale: true, Parked: true, Failed: true, Replied: true, Ignored: true,
}

// Validate finds what no store should be asked to write. Commit calls it before anything else.
func (c *Change) Validate() error {
	switch {
	case c.Fan.Account == "":
		return fmt.Errorf("change without an account")
	case c.Cause == "":
		return fmt.Errorf("change of %s without a cause", c.Fan)
	case c.At.IsZero():
		return fmt.Errorf("change of %s without a time", c.Fan)
	case c.Fan.OpenID == "" && len(c.Entries) > 0:
		return fmt.Errorf("change of account %s has entries but no fan", c.Fan.Account)
	case len(c.Fan.OpenID) > 128 || strings.ContainsRune(c.Fan.OpenID, 0):
		return fmt.Errorf("openid of %d bytes or with NUL", len(c.Fan.OpenID))
	}
	if c.Base == AnyRev {
		for _, e := range c.Entries {
			if !blind[e.Kind] {
				return fmt.Errorf("a change without a revision cannot carry %q", e.Kind)
			}
		}
	}
	for _, j := range c.Jobs {
		if j.ID == "" || j.Kind == "" || j.Due.IsZero() || j.Account != c.Fan.Account {
			return fmt.Errorf("job %q of %s lacks an id, a kind, a time or its account", j.ID, c.Fan)
		}
	}
	for _, s := range c.Sends {
		if s.ID == "" || s.Status == "" || s.Account != c.Fan.Account {
			return fmt.Errorf("send %q of %s lacks an id, a status or its account", s.ID, c.Fan)
		}
	}
	for _, k := range c.Claims {
		if k.Key == "" || k.From < 1 || k.To < k.From {
			return fmt.Errorf("claim %q %d..%d names no units", k.Key, k.From, k.To)
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode change of %s: %w", c.Fan, err)
	}
	if len(b) > MaxChange {
		return ErrTooLarge
	}
	return nil
}
