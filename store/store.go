package store

import (
	"context"
	"time"
)

// Snapshot is what a decision starts from, all of one moment.
type Snapshot struct {
	Fan Fan
	// Receipt is that of the cause asked for, nil if it was not applied yet.
	Receipt *Receipt
	// Catalog is the revision of the published scripts.
	Catalog uint64
}

// Store is a database that fanflow runs on. All methods are safe for concurrent use and honour ctx; values returned are copies.
// Lists are paged: an empty cursor starts, an empty next ends. A limit of 0 means 100; more than 1000 means 1000.
type Store interface {
	Fans
	Queue
	Library
	Books
	Retention
	// Setting gives a value kept under a name, or ErrNotFound. Names are the program's own: clock/offset, session/…, user/…,
	// token/{account}. Values may be secret (a token is): no page, API, export or log gives a setting out, and a store's files
	// are for their owner's eyes only.
	Setting(ctx context.Context, name string) ([]byte, error)
	// SetSetting keeps a value; nil removes it.
	SetSetting(ctx context.Context, name string, value []byte) error
	// Settings lists names with a prefix, in order.
	Settings(ctx context.Context, prefix string) (map[string][]byte, error)
	// Sweep removes receipts that expired before now, in small commits, and says how many.
	Sweep(ctx context.Context, now time.Time) (int, error)
	// Close waits for what is being committed, refuses the rest with ErrClosed, and releases the data. Closing twice is fine.
	Close() error
}

// Fans reads and changes fans.
type Fans interface {
	// Load reads in one view. A fan never seen comes back with Rev 0 and its ID set. cause may be empty.
	Load(ctx context.Context, fan FanID, cause string) (Snapshot, error)
	// Commit applies the Change once. Refusals: ErrConflict, ErrGone, ErrTooLarge, *RefusedError, or Validate's error.
	// Any other error means unknown: commit the same Change again.
	Commit(ctx context.Context, c Change) (Receipt, error)
	// Journal lists a fan's rows with Seq > after, oldest first. next is the last Seq given, 0 at the end.
	Journal(ctx context.Context, fan FanID, after uint64, limit int) (rows []Row, next uint64, err error)
	// Ended lists the fan's ended enrollments, oldest first.
	Ended(ctx context.Context, fan FanID) ([]Enrollment, error)
	// List pages the fans of an account in the order of their OpenIDs. Erased fans are left out unless the filter asks for them.
	List(ctx context.Context, account string, filter FanFilter, cursor string, limit int) (fans []Fan, next string, err error)
	// Receipts lists the receipts, of all accounts, whose At is in since..until, both inclusive, and that are kept for a day and
	// no longer, oldest first: after a crash, the replies among them may have been committed and never written. It is meant for
	// the last moments before a crash, not for history.
	Receipts(ctx context.Context, since, until time.Time) ([]Given, error)
	// KV reads a key of the account; a key that is not there has Rev 0.
	KV(ctx context.Context, account, key string) (KV, error)
}

// FanFilter narrows a list. Empty fields do not filter; all that are set must hold.
type FanFilter struct {
	Tag    string
	Flow   string // lives in this flow
	State  string // and in this state
	Prefix string // of the OpenID
	Erased bool   // the tombstones too
}

// LeaseQuery asks for due jobs.
type LeaseQuery struct {
	Now   time.Time     // jobs with Due <= Now
	For   time.Duration // how long the lease holds, by the wall clock
	Owner string
	Max   int
}

// Queue is the due-queue.
type Queue interface {
	// Lease gives due jobs that nobody holds, earliest (Due, ID) first, never a parked one. No two live leases exist on one
	// job. A lease ends with the job, with Snooze, with Release, after LeaseQuery.For, or when the store of its owner closes.
	Lease(ctx context.Context, q LeaseQuery) ([]Job, error)
	// Release gives jobs back unchanged; ids that are not leased are ignored.
	Release(ctx context.Context, account string, ids ...string) error
	// NextDue is the earliest Due of the jobs that nobody holds, not parked; zero time if there is none.
	NextDue(ctx context.Context) (time.Time, error)
	// Job gives one job, or ErrNotFound.
	Job(ctx context.Context, account, id string) (Job, error)
	// Jobs pages an account's jobs by Due and ID, parked and leased ones too.
	Jobs(ctx context.Context, account string, filter JobFilter, cursor string, limit int) (jobs []Job, next string, err error)
}

// JobFilter narrows a list of jobs. Empty fields do not filter.
type JobFilter struct {
	OpenID string
	Kind   string
	Flow   string
}

// Library keeps the versions of scripts.
type Library interface {
	// Push stores a new version and numbers it. A source equal to the newest version's gives that version back.
	Push(ctx context.Context, s Script) (Script, error)
	// Script gives a version; version 0 means the newest. ErrNotFound if there is none.
	Script(ctx context.Context, id ScriptID, version int) (Script, error)
	// Scripts lists all versions of an account's scripts of a kind without their sources, by name and version.
	Scripts(ctx context.Context, account, kind string) ([]Script, error)
	// Publish makes a version current (No 0), or, with the No of the current publication, changes its Paused and Why and
	// nothing else. Either is a new revision of the catalog. The store numbers publications and keeps each of them; it gives
	// back what now stands in the catalog, see [Publication.Next]. ErrNotFound if the version was never pushed, ErrConflict if
	// No is not that of the current publication any more.
	Publish(ctx context.Context, p Publication) (Publication, error)
	// Catalog lists everything published.
	Catalog(ctx context.Context) (Catalog, error)
	// CatalogAt gives the catalog as it was at a revision: what was current then, and paused. ErrNotFound for a revision that
	// has not been yet, or that lies before a data file began to keep them.
	CatalogAt(ctx context.Context, rev uint64) (Catalog, error)
	// Publications lists all publications of a script as they were made, oldest first, and without their History: a pause is
	// none. Nothing for a script that was never published.
	Publications(ctx context.Context, id ScriptID) ([]Publication, error)
}

// Retention lets go of old rows of journals.
type Retention interface {
	// Base is the fan as of the last row that was let go: what a fold of the journal starts from. It is the zero fan, with its
	// ID, while the journal is whole. Who is erased leaves their tombstone as the base.
	Base(ctx context.Context, fan FanID) (Fan, error)
	// Trim lets go of the fan's rows up to base.Seq and keeps base, which must be the fold of them, in one transaction. It is
	// no Change: the fan's revision stays, counters stay. Trimming again with the same base changes nothing. ErrConflict where
	// base is older than the one that is kept, or newer than the fan.
	Trim(ctx context.Context, base Fan) error
}

// Books are what is counted and accounted for.
type Books interface {
	// Counts gives the funnel counters of a flow for days of entry from..to (2006-01-02, inclusive, empty: open), by day,
	// state and goal.
	Counts(ctx context.Context, account, flow, from, to string) ([]Count, error)
	// Cohorts pages the funnel counters of a flow's cohorts, or of the tags at entry, by day, cohort or tag, state and goal.
	Cohorts(ctx context.Context, account, flow string, q CohortQuery, cursor string, limit int) (counts []CohortCount, next string, err error)
	// Waiting says how many live enrollments each state of a flow holds now.
	Waiting(ctx context.Context, account, flow string) (map[string]int64, error)
	// Totals sums up an account.
	Totals(ctx context.Context, account string) (Totals, error)
	// Quotas lists the account's windows whose period has not reset before now.
	Quotas(ctx context.Context, account string, now time.Time) ([]Quota, error)
	// Send gives one send, or ErrNotFound.
	Send(ctx context.Context, account, id string) (Send, error)
	// Sends pages an account's sends, newest Created first, then highest ID.
	Sends(ctx context.Context, account string, filter SendFilter, cursor string, limit int) (sends []Send, next string, err error)
}

// SendFilter narrows a list of sends. Empty fields do not filter.
type SendFilter struct {
	Status Status
	OpenID string
}

// Totals of an account.
type Totals struct {
	Fans       int64 `json:"fans"`       // ever seen and not erased
	Subscribed int64 `json:"subscribed"` // of them, following now
	Jobs       int64 `json:"jobs"`       // waiting in the due-queue
}
