package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxName is the longest account, cause, id, key, tag, flow or state in bytes.
const MaxName = 512

// blind are the kinds that a Change with AnyRev may carry: they commute with everything else.
var blind = map[Kind]bool{
	Tagged: true, Untagged: true, AttrSet: true, OptedOut: true, OptedIn: true, Ordered: true, Sending: true, Settled: true,
	Failed: true, Replied: true, Ignored: true,
}

// aside are the other kinds that only note what a late job did: a tombstone stays one under them, as under the blind ones.
var aside = map[Kind]bool{
	Stale: true, Parked: true, Missed: true, Disarmed: true, Unplanned: true, Released: true, Refused: true, Decided: true,
	Fetched: true, Asked: true,
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
	case len(c.Fan.OpenID) > 128:
		return fmt.Errorf("openid of %d bytes: at most 128 are allowed", len(c.Fan.OpenID))
	}
	if err := c.names(); err != nil {
		return err
	}
	if c.Base == AnyRev {
		for _, e := range c.Entries {
			if !blind[e.Kind] || e.Key != "" { // a key replaces what waits under it: the order counts
				return fmt.Errorf("a change without a revision cannot carry %q", e.Kind)
			}
		}
	}
	if err := c.records(); err != nil {
		return err
	}
	if c.surelyFits() {
		return nil
	}
	n, err := c.Size()
	if err != nil {
		return err
	}
	if n > MaxChange {
		return ErrTooLarge
	}
	return nil
}

// Size is the Change in bytes of JSON, as MaxChange counts them: signs that only HTML escapes are not escaped. The error is
// that of a value that is no JSON.
func (c *Change) Size() (int, error) {
	var n counter
	enc := json.NewEncoder(&n)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c); err != nil {
		return 0, fmt.Errorf("encode change of %s: %w", c.Fan, err)
	}
	return int(n) - 1, nil // without the line feed
}

// counter counts what is written to it.
type counter int

func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

// records finds jobs, sends, claims, spends and keys that lack what makes them one.
func (c *Change) records() error {
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
	for _, k := range c.Cancels {
		if k.Send == "" {
			return fmt.Errorf("change of %s cancels a send without an id", c.Fan)
		}
	}
	for _, k := range c.Claims {
		if k.Key == "" || k.From < 1 || k.To < k.From {
			return fmt.Errorf("claim %q %d..%d names no units", k.Key, k.From, k.To)
		}
	}
	for _, s := range c.Spends {
		if s.Quota == "" || s.Period == "" {
			return fmt.Errorf("spend of %s lacks a quota or a period", c.Fan)
		}
	}
	for _, k := range c.Writes {
		if k.Key == "" {
			return fmt.Errorf("write of %s without a key", c.Fan)
		}
	}
	return nil
}

// keyNames are the kinds whose Name becomes part of a key, and what it is: of an index of fans, or of the funnel's counters.
var keyNames = map[Kind]string{Tagged: "tag", Untagged: "tag", Goal: "goal", Enrolled: "trigger"}

// names checks everything that a store may have to use in a key.
func (c *Change) names() error {
	errs := []error{
		CheckName("account", c.Fan.Account), CheckName("openid", c.Fan.OpenID), CheckName("cause", c.Cause),
	}
	check := func(what string, names ...string) {
		for _, n := range names {
			if err := CheckName(what, n); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		check("entry", e.Flow, e.State, e.Day)
		if what, ok := keyNames[e.Kind]; ok {
			check(what, e.Name)
		}
		if f := e.Facts; f != nil { // they become keys of the cohorts
			check("scene", f.Scene)
			check("tag", f.Tags...)
			for experiment, arm := range f.Variants {
				check("variant", experiment, arm)
			}
			errs = append(errs, f.bounded())
		}
	}
	check("done", c.Done...)
	for i := range c.Jobs {
		check("job", c.Jobs[i].ID, c.Jobs[i].OpenID)
	}
	for i := range c.Snooze {
		check("snooze", c.Snooze[i].Job)
	}
	for i := range c.Sends {
		check("send", c.Sends[i].ID, c.Sends[i].OpenID, string(c.Sends[i].Status))
	}
	for i := range c.Cancels {
		check("cancel", c.Cancels[i].Send)
	}
	for i := range c.Claims {
		check("claim", c.Claims[i].Key)
	}
	for i := range c.Reads {
		check("read", c.Reads[i].Key)
	}
	for i := range c.Writes {
		check("write", c.Writes[i].Key)
	}
	for i := range c.Spends {
		check("spend", c.Spends[i].Quota, c.Spends[i].Period)
	}
	return errors.Join(errs...)
}

// bounded finds facts that would make keys of cohorts too many or too long.
func (f *Facts) bounded() error {
	if len(f.Tags) > MaxFactTags || len(f.Variants) > maxFactVariants {
		return fmt.Errorf("facts of an entry hold %d tags and %d variants: at most %d and %d are allowed", len(f.Tags), len(f.Variants), MaxFactTags, maxFactVariants)
	}
	for experiment, arm := range f.Variants {
		if len(experiment) > MaxArm || len(arm) > MaxArm {
			return fmt.Errorf("variant %q of %q: names of at most %d bytes are allowed", arm, experiment, MaxArm)
		}
	}
	return nil
}

// CheckName reports a name that is too long for a key, or that no database could keep: with NUL, or not UTF-8.
func CheckName(what, name string) error {
	switch {
	case len(name) > MaxName:
		return fmt.Errorf("%s name of %d bytes: at most %d are allowed", what, len(name), MaxName)
	case strings.ContainsRune(name, 0) || !utf8.ValidString(name):
		return fmt.Errorf("%s name %q has a NUL or is not UTF-8", what, name)
	}
	return nil
}

// Validate finds a script id that cannot be stored.
func (id ScriptID) Validate() error {
	if id.Kind == "" || id.Name == "" {
		return fmt.Errorf("script %q of account %q lacks a kind or a name", id.Name, id.Account)
	}
	return errors.Join(CheckName("account", id.Account), CheckName("kind", id.Kind), CheckName("script", id.Name))
}

// CheckSetting finds a name that no setting can have.
func CheckSetting(name string) error {
	if name == "" {
		return errors.New("setting without a name")
	}
	return CheckName("setting", name)
}
