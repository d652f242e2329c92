package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// AnyRev as Change.Base asks for no check of the revision: a blind Change. It is allowed for entries that commute
// (tags, settled sends, journal notes), see [Change.Validate].
const AnyRev = math.MaxUint64

// MaxChange is the largest Change in bytes of JSON.
const MaxChange = 64 << 10

// Change is what one decision wants written: all of it or nothing.
type Change struct {
	// Fan is whom it is about. An empty OpenID is an account's own Change (cron, broadcasts): it carries no entries.
	Fan FanID `json:"fan"`
	// Base is the revision of the fan it was decided on; 0 for a fan never seen; AnyRev for a blind Change.
	Base uint64 `json:"base"`
	// Cause is the push or job that was decided on. A cause is applied once per fan. Causes of pushes begin with the push's
	// CreateTime as eight hexadecimal digits, so that receipts lie in order of time. When Done names the cause, the job's
	// own existence is the check and no receipt is kept.
	Cause string    `json:"cause"`
	At    time.Time `json:"at"`

	Entries []Entry `json:"entries,omitempty"`
	// Done is carried out first, then Snooze, then Jobs: a job that is named in Done and in Jobs starts anew.
	Jobs   []Job    `json:"jobs,omitempty"`   // to add; one that exists already is left as it is
	Done   []string `json:"done,omitempty"`   // ids of jobs of the same account that end with this Change; a missing one is ignored
	Snooze []Snooze `json:"snooze,omitempty"` // jobs to be done later; a missing one is ignored
	Sends  []Send   `json:"sends,omitempty"`  // to add or to replace by id
	// Cancels are sends that must still be Waiting, else ErrConflict: they become Cancelled and the jobs of the same ids end.
	// They come before Snooze, Jobs and Sends: what is cancelled may be ordered anew under its id.
	Cancels []Cancel `json:"cancels,omitempty"`
	Claims  []Claim  `json:"claims,omitempty"`
	Reads   []KVRead `json:"reads,omitempty"` // keys whose revision must still be the one that was read
	Writes  []KV     `json:"writes,omitempty"`
	Spends  []Spend  `json:"spends,omitempty"`
	// Receipt, if not nil, is kept under the cause and answers the same push again, for a day or for Keep if that is longer.
	Receipt json.RawMessage `json:"receipt,omitempty"`
	Keep    time.Duration   `json:"keep,omitempty"`
}

// Cancel takes a waiting send back.
type Cancel struct {
	Send string `json:"send"`
	Why  string `json:"why,omitempty"` // becomes its Reason
}

// Ends are the jobs that end with the Change: those of Done, and those of the sends that it cancels.
func (c *Change) Ends() []string {
	if len(c.Cancels) == 0 {
		return c.Done
	}
	ids := slices.Clone(c.Done)
	for i := range c.Cancels {
		ids = append(ids, c.Cancels[i].Send)
	}
	return ids
}

// keepReceipts is how long a receipt is kept at least.
const keepReceipts = 24 * time.Hour

// NewReceipt is what Commit answers and keeps for a Change that leaves the fan at revision rev.
func (c *Change) NewReceipt(rev uint64) Receipt {
	r := Receipt{Rev: rev, Reply: c.Receipt, At: c.At}
	if c.Keep > keepReceipts {
		r.Until = c.At.Add(c.Keep)
	}
	return r
}

// Expires is when Sweep may remove the receipt.
func (r *Receipt) Expires() time.Time {
	if r.Until.IsZero() {
		return r.At.Add(keepReceipts)
	}
	return r.Until
}

// Snooze moves a job to a later time and notes why.
type Snooze struct {
	Job     string    `json:"job"`
	Due     time.Time `json:"due"`
	Attempt int       `json:"attempt"` // what the job's Attempt becomes
	Why     string    `json:"why,omitempty"`
	Parked  bool      `json:"parked,omitempty"` // what the job's Parked becomes: a Snooze without it resumes a parked job
}

// Claim takes units From..To (inclusive, counted from 1) of a pool that all fans of the account share.
// It is refused when one of them is taken.
type Claim struct {
	Key  string `json:"key"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// KVRead is the revision of a key that a decision read; 0 for a key that was not there.
type KVRead struct {
	Key string `json:"key"`
	Rev uint64 `json:"rev"`
}

// KV is a key of an account with its value. A pool is a key whose units are claimed: its Value is the JSON number of the
// highest unit taken, Free the units below it that are not. A write to a pool's key makes it a plain value again, unless the
// value is a whole number n of at least 0: then units 1..n are taken and the rest is free.
type KV struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value,omitempty"` // null or empty removes the key
	Rev   uint64          `json:"rev,omitempty"`   // set by the store; grows with every write and claim, also over a removal
	Free  []Range         `json:"free,omitempty"`  // set by the store, ascending, without overlap
}

// Range is From..To, both inclusive.
type Range struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Spend takes N units of a quota in one period, or is refused where Used+N would pass Limit. A negative N gives back.
// Close marks the period as used up, as the platform says it is; spends of a closed period are refused.
type Spend struct {
	Quota  string    `json:"quota"`  // template, customer, mass, ...
	Period string    `json:"period"` // 2006-01-02 for a day, 2006-01 for a month; Asia/Shanghai
	N      int64     `json:"n"`
	Limit  int64     `json:"limit"`
	Resets time.Time `json:"resets"`
	Close  bool      `json:"close,omitempty"`
}

// Quota is the account's use of one window.
type Quota struct {
	Quota  string    `json:"quota"`
	Period string    `json:"period"`
	Used   int64     `json:"used"`
	Limit  int64     `json:"limit"`
	Resets time.Time `json:"resets"`
	Closed bool      `json:"closed,omitempty"`
}

// Receipt is what Commit answers.
type Receipt struct {
	Rev      uint64          `json:"rev"` // the fan's revision after the Change
	Reply    json.RawMessage `json:"reply,omitempty"`
	At       time.Time       `json:"at"`
	Until    time.Time       `json:"until,omitzero"` // kept so long; zero: a day
	Replayed bool            `json:"-"`              // the cause had been applied before; nothing was written now
}

// Given is a receipt with whom and what it answered.
type Given struct {
	Fan   FanID
	Cause string
	Receipt
}

// Commit's refusals. They are results: nothing was written, and trying the same Change again does not help.
var (
	// ErrConflict: the fan, a key that was read, or a send to be cancelled has moved on. Load again and decide again.
	ErrConflict = errors.New("the fan has changed since the decision was made")
	// ErrGone: the job that caused the Change is no longer there: it was done before.
	ErrGone = errors.New("the job has already ended")
	// ErrNotFound: no such record.
	ErrNotFound = errors.New("not found")
	// ErrTooLarge: the Change is over MaxChange.
	ErrTooLarge = errors.New("the change is larger than 64 KB")
	// ErrClosed: the store is closed or closing.
	ErrClosed = errors.New("the store is closed")
)

// RefusedError reports a claim or spend that could not be granted. Decide again: it does not count as a conflict.
type RefusedError struct {
	Claim *Claim
	Spend *Spend
}

func (e *RefusedError) Error() string {
	if e.Claim != nil {
		return fmt.Sprintf("claim of %s %d..%d refused: already taken", e.Claim.Key, e.Claim.From, e.Claim.To)
	}
	return fmt.Sprintf("quota %s of %s is used up", e.Spend.Quota, e.Spend.Period)
}
