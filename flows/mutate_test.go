package flows_test

import (
	"testing"

	"fanflow/bench/mutation"
)

// caughtBy are the tests that a mistake in the engine must fail: the model, the table of edits, or where two checks stand behind each other
// the test of the one alone.
const caughtBy = "^(TestModel|TestEdits|TestTheFenceAloneTellsAStaleTimer)$"

var mutations = []mutation.Mistake{
	{
		"the leave hook is skipped where data leads on", "walk.go",
		"\tif a.To != \"\" {\n\t\tif err := w.leave(why); err != nil || w.ended {", "\tif a.To != \"\" {\n\t\tif err := w.forget(why); err != nil || w.ended {",
		caughtBy,
	},
	{
		"the leave hook is skipped where a function leads on", "walk.go",
		"w.ended || to == \"\" {\n\t\treturn err\n\t}\n\tif err := w.leave(why);", "w.ended || to == \"\" {\n\t\treturn err\n\t}\n\tif err := w.forget(why);",
		caughtBy,
	},
	{"the last timer is not set", "walk.go", "for i := range s.Timers {", "for i := range max(0, len(s.Timers)-1) {", caughtBy},
	{"timers outlive their wait", "timer.go", "if t := &n.Timers[i]; pending(t) {", "if t := &n.Timers[i]; pending(t) && false {", caughtBy},
	{"the fence of a timer is not looked at", "timer.go", "n.No != d.job.No || n.Fence != d.job.Fence {\n\t\treturn d.stale(", "n.No != d.job.No {\n\t\treturn d.stale(", caughtBy},
	{"a wait has no fence of its own", "walk.go", "fence := w.d.draft.fan.Fence + 1", "fence := max(1, w.d.draft.fan.Fence)", caughtBy},
	{"a timer fires before its moved time", "timer.go", "if due.After(d.draft.at) {", "if due.After(d.draft.at) && false {", caughtBy},
	{"a late timer that shall be passed over fires", "timer.go", "late.skip {", "late.skip && false {", caughtBy},
	{"an every fires once", "timer.go", "return d.again(t, firings(d.job.ID)+1)", "return nil", caughtBy},
	{"priorities are turned round", "offer.go", "func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })", "func(a, b candidate) int { return cmp.Compare(a.flow.Priority, b.flow.Priority) })", caughtBy},
	{
		"enrollments are asked in the order of names", "offer.go", "slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(b.flow.Priority, a.flow.Priority) })",
		"slices.SortStableFunc(out, func(a, b candidate) int {\n\t\treturn cmp.Or(cmp.Compare(b.flow.Priority, a.flow.Priority), cmp.Compare(a.flow.Name, b.flow.Name))\n\t})",
		caughtBy,
	},
	{"wildcards come first", "offer.go", "range []bool{false, true} {", "range []bool{true, false} {", caughtBy},
	{"triggers come before conversations", "offer.go", "range []bool{true, false} {", "range []bool{false, true} {", caughtBy},
	{"again forgets its delay", "declaration.go", "!now.Before(left.Add(a.Wait))", "!now.Before(left)", caughtBy},
	{"a failed part keeps what it did", "decide.go", "\t*d.draft = before\n\tif s := d.scripts[flow]; s != nil {", "\t_ = before\n\tif s := d.scripts[flow]; s != nil {", caughtBy},
	{"exits pass over callers that sleep", "exit.go", "if n == nil || f.said", "if n == nil || n.Calls != \"\" || f.said", caughtBy},
	{"who took the event listens, too", "listen.go", "n.Flow == d.taken ||", "", caughtBy},
	{"a caller does not sleep", "offer.go", "case n.Calls != \"\":", "case false:", caughtBy},
	{"the result of a sub-flow is lost", "exit.go", "if n.Caller != nil {", "if n.Caller != nil && false {", caughtBy},
	{"a sub-flow outlives its caller", "call.go", "*c.Caller == caller {", "*c.Caller == caller && false {", caughtBy},
	{"one more than the limit comes in", "admit.go", "Limit: l.most})", "Limit: l.most + 1})", caughtBy},
	{"a moved timer counts from now", "moment.go", "return store.Stamp(since.Add(t.Wait)), nil", "return store.Stamp(after.Add(t.Wait)), nil", caughtBy},
	{"a timer that has fired is set again by a publication", "pair.go", "case old.Armed() || old.Over == parkedTimer:", "case true:", caughtBy},
	{"a paused flow's timers fire", "wake.go", "p != nil && p.Paused {\n\t\treturn e.snooze", "p != nil && p.Paused && false {\n\t\treturn e.snooze", caughtBy},
	{"a flow hears what it told itself", "match.go", "return n.Flow != d.event.Source", "return true", caughtBy},
	{"what is ordered under a key does not replace", "keyed.go", "if k.Flow != w.flow.Name || !isPiece(k.Key, key) &&", "if true || k.Flow != w.flow.Name || !isPiece(k.Key, key) &&", caughtBy},
}

// TestMutations: each of these mistakes is caught by the tests that are named for it.
func TestMutations(t *testing.T) {
	mutation.Try(t, mutations, "FANFLOW_MODEL_RUNS=60", "FANFLOW_MODEL_SHRINK=0", "FANFLOW_MODEL_SEED=")
}
