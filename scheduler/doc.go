// Package scheduler makes due things happen: it leases jobs from the store's due-queue, hands each to the worker of its kind,
// and keeps recurring jobs going.
//
// A [Runner] works jobs in parallel, but those of one fan strictly one after another in the order (Due, ID). An account's own
// jobs, which have no fan, go one after another per kind. The worker ends its job itself, in the same Change that holds the
// job's effect; the runner only moves a job that failed to a later time, by [Backoff].
//
//   - A worker's error, or its panic, is a failed try: the job is snoozed, its Attempt counted, its Why kept.
//   - store.ErrGone from a worker means that somebody else did the job: that is fine.
//   - A job of a kind without a worker is parked, with the reason, until somebody resumes it.
//   - A crash in the middle of a job leaves it in the queue; its lease runs out, or ends with the process that held the store.
//
// So a job is worked at least once. Workers make the effect happen once by committing with the job's id as the cause.
package scheduler
