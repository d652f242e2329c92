package outbox_test

import (
	"testing"

	"fanflow/bench/mutation"
)

var mutations = []mutation.Mistake{
	{"a send that was asked about is asked about again", "before.go", `if d.c.Before == nil || d.send.Passed != "" {`, "if d.c.Before == nil {", "^TestBeforeIsAskedOnce$"},
	{"a mass send that was asked about is asked about again", "before.go", `if b.c.Before == nil || b.at.Passed != "" {`, "if b.c.Before == nil {", "^TestBeforeBroadcast$"},
	{"a vetoed send goes", "before.go", "case r.Held, r.Veto != \"\":\n\t\td.send", "case r.Held:\n\t\td.send", "^TestBeforeVetoes$"},
	{"a vetoed mass send goes", "before.go", "case r.Held, r.Veto != \"\":\n\t\treturn false, b", "case r.Held:\n\t\treturn false, b", "^TestBeforeBroadcast$"},
	{"who cannot say lets it go", "before.go", "case r.Held, r.Veto != \"\":\n\t\td.send", "case !r.Held && r.Veto != \"\":\n\t\td.send", "^TestBeforeHolds$"},
	{"who cannot say is asked for ever", "before.go", "c := d.later(due, d.job.Attempt+1, why)", "c := d.later(due, 0, why)", "^TestBeforeHolds$"},
	{"what was made of a send is lost while it waits", "before.go", "c.Sends = []store.Send{d.send}", "_ = d.send", "^TestBeforeIsAskedOnce$"},
	{"the old message goes", "before.go", "d.send.Content, d.message = r.Content, m", "d.send.Content, _ = r.Content, m", "^TestBeforeChanges$"},
	{"a message that is no longer for the channel goes", "before.go", "err != nil || content(&m) != d.route.channel {", "err != nil {", "^TestBeforeChangesToNonsense$"},
	{"that a mass send was asked about is not kept", "before.go", "if err := b.save(ctx); err != nil {\n\t\treturn false, err\n\t}\n\treturn true, b.changed()", "return true, b.changed()", "^TestBeforeBroadcast$"},
	{"the tries of asking count as tries of sending", "before.go", "d.send.Passed, d.job.Attempt = cmp.Or(r.Passed, nobody), 0 //", "d.send.Passed = cmp.Or(r.Passed, nobody) //", "^TestBeforeHoldsCountNoTries$"},
}

// TestMutations: each of these mistakes is found by the tests that are named for it.
func TestMutations(t *testing.T) { mutation.Try(t, mutations) }
