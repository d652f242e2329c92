package flows

import "time"

// timer is a timer of a state, or a trigger by time.
type timer struct {
	Name string // as declared: 1d
	Wait time.Duration
	Do   *action
}

// title says what the timer is, for the graph and the journal.
func (t *timer) title() string { return "after " + t.Name }

// hours are those of the day in which something may happen, in minutes from midnight in the account's zone; both 0: always.
type hours struct{ From, To int }
