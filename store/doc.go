// Package store holds the words that every room of fanflow shares, the one verb Commit, and what a database must promise.
//
// A [Fan] is changed by a [Change] and by nothing else. A Change is data: the journal [Entry] values that say what happened,
// the jobs it starts and ends, the sends it orders or settles, the claims it takes. It names its cause (the push or the job
// that made somebody decide it) and the revision of the fan it was decided on. [Store.Commit] checks cause, revision, claims
// and spends before its first write, then writes all of it or nothing, durably.
//
// The fan record is the fold of its entries: [Apply] is pure, and every store uses it, so that a store cannot have an opinion
// of its own about what an entry means. The same function yields the funnel counters, so a scan of the journal gives the
// numbers that were counted at commit.
//
// # Promises
//
//   - A cause is applied once. Committing it again answers with the first [Receipt], Replayed set, and writes nothing.
//   - A refused Change (conflict, claim, quota) is a result for its caller alone: no neighbour is delayed or undone by it.
//   - An error that is none of the typed ones means unknown, not no: commit again with the same cause to find out.
//   - What Commit has answered survives a crash of the process and of the machine.
//   - Changes of one fan are ordered by revision. Nothing is promised about the order of different fans.
//   - Times come from the caller and are kept to the millisecond, in UTC.
//
// The interface promises nothing that PostgreSQL with several nodes on it could not keep.
package store
