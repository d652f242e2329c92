package flows_test

import (
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// TestRepliesThatACrashLeavesOpen: a reply that was committed and may not have been written is uncertain after a crash, until
// the platform asks for it again; one that was written is not, and a stop in order leaves nothing open.
func TestRepliesThatACrashLeavesOpen(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	w.coupon()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.engine.Recover(ctx))

	w.text("ann", "领券")
	w.advance(time.Second)
	must(w.engine.Mark(ctx))
	w.advance(time.Second)
	open := w.push("ben", "text", "", "", &wechat.Text{Content: "领券"})
	first, err := w.engine.Receive(ctx, account, open) // and nobody says that it was written
	must(err)
	must(w.engine.Mark(ctx)) // an open push holds the mark back

	after := newWorldOn(t, w.store) // the process died here
	after.now = w.now.Add(time.Second)
	must(after.engine.Recover(ctx))
	status := func(openID string) string {
		var all []string
		for _, r := range after.rows(openID, store.Settled) {
			all = append(all, r.Channel+" "+r.Name)
		}
		return strings.Join(all, ", ")
	}
	expect(t, "ann", status("ann"), "")
	expect(t, "ben", status("ben"), "passive uncertain")

	expect(t, "repeat", after.receive(open).Content, first.Content)
	expect(t, "ben, asked again", status("ben"), "passive uncertain, passive sent")

	must(after.engine.Mark(ctx))
	last := newWorldOn(t, w.store)
	last.now = after.now.Add(time.Hour)
	must(last.engine.Recover(ctx))
	expect(t, "ben, after a stop in order", status("ben"), "passive uncertain, passive sent")
}
