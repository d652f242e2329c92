// Package flows is the engine: it moves fans through state machines that are written in Lua.
//
// Everything that happens to a fan goes one way: load, decide, commit, act. [Engine.Receive] takes a push of the platform,
// [Engine.Wake] a job that fell due, [Engine.Hook] an event of another system. The fan's lane is taken, so that one fan's
// events are handled one after the other while fans run side by side; the fan is loaded in one read view; decide, which is
// pure, offers the event to the fan's enrollments and to the triggers of the published flows and collects what should happen
// as one store.Change; the store commits it; the reply is given back. Every message to the outside is a job in that Change.
//
// # Repeatable decisions
//
// A decision sees the snapshot, the event with its time, a random seed that derives from the cause, and answers that it asked
// for (keys of the account, units of pools). What is not known yet ends the run; it is fetched, remembered by the order of
// the calls, and decide runs again from the start. So the same inputs give the same Change, and a run may be thrown away.
//
// # Failing scripts
//
// A script that fails or runs past its budget leaves nothing of its flow's part of the event: the fan gets the account's
// apology, the journal the reason with file and line. Other flows' parts of the same event stand.
package flows
