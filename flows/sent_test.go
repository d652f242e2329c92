package flows_test

import (
	"fmt"
	"strings"
	"testing"

	"fanflow/store"
	"fanflow/wechat"
)

// TestHowSendsEnd: flows hear how their sends end, most particular key first, whoever finds it out: the outbox or the platform.
func TestHowSendsEnd(t *testing.T) {
	keys := []string{"*", "delivered", "failed", "failed:user block", "failed:*refused*", "skipped", "skipped:opted *", "expired", "uncertain"}
	for _, c := range []struct {
		status store.Status
		reason string
		want   string
	}{
		{store.SendFail, "WeChat refused it: 43004", "failed:*refused* wechat | it: 43004"},
		{store.SendFail, "other", "failed"},
		{store.Skipped, "not subscribed", "skipped"},
		{store.Skipped, "opted out", "skipped:opted * out|"},
		{store.Expired, "its time had passed", "expired"},
		{store.Uncertain, "no answer", "uncertain"},
		{store.Sent, "", ""},
		{store.Cancelled, "", ""},
	} {
		t.Run(string(c.status)+" "+c.reason, func(t *testing.T) {
			w := newWorld(t)
			var on strings.Builder
			for _, k := range keys {
				fmt.Fprintf(&on, "[%q] = { set = { heard = %q } },", k, k+" ${event.1}|${event.2}")
			}
			w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "a", states = { a = { enter = { message = "x" }, on = { sent = {` + on.String() + `} } } } }`)
			w.text("fan", "in")
			w.end(c.status, c.reason)
			f := w.fan("fan")
			got := strings.TrimSuffix(strings.TrimSuffix(strings.Trim(string(f.Attrs["heard"]), `"`), "|"), " ")
			expect(t, "heard", got, strings.TrimSuffix(c.want, "|"))
		})
	}
}

// TestPlatformReports: 'send results (template refused: user blocked …)'. Spelling does not matter.
func TestPlatformReports(t *testing.T) {
	for status, want := range map[string]string{
		"success": "delivered  template COUPON_EXPIRING", "failed:user block": "blocked user block template COUPON_EXPIRING",
		"failed: User Block ": "blocked User Block template COUPON_EXPIRING", "failed: system failed": "failed system failed template COUPON_EXPIRING",
	} {
		t.Run(status, func(t *testing.T) {
			w := newWorld(t)
			says := "${event.reason} ${event.channel} ${event.template}"
			w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "a", states = { a = { enter = { template = { name = "COUPON_EXPIRING", data = { a = "b" } } },
				on = { sent = { delivered = { set = { heard = "delivered ` + says + `" } }, ["Failed: user block"] = { set = { heard = "blocked ` + says + `" } }, failed = { set = { heard = "${event.status} ` + says + `" } } } } } } }`)
			w.text("fan", "in")
			w.settle()
			p := w.push("fan", "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: status})
			p.MsgID = fmt.Sprint(w.sent[0].MsgID)
			w.receive(p)
			f := w.fan("fan")
			expect(t, "heard", string(f.Attrs["heard"]), fmt.Sprintf("%q", want))
		})
	}
}

// TestWhoHearsOfASend: an enrollment hears of its own sends only, triggers of all, and where nobody listens there is no job.
func TestWhoHearsOfASend(t *testing.T) {
	w := newWorld(t)
	teller := func(name, on string) string {
		return `return flow { name = "` + name + `", triggers = { text = "` + name + `" }, again = "0s", first = "a", states = {
			a = { enter = { message = "from ` + name + `" }, on = { text = { ["out"] = "b" }` + on + ` } }, b = { final = true } } }`
	}
	count := `, sent = { skipped = { run = function(fan) fan.vars.n = (fan.vars.n or 0) + 1 end } }`
	w.flow(teller("deaf", ""))
	w.text("fan", "deaf")
	w.end(store.Skipped, "x")
	for _, r := range w.journal("fan") {
		if r.Name == "sent" {
			t.Errorf("nobody listens, and yet: %+v", r)
		}
	}
	w.flow(teller("one", count))
	w.flow(teller("two", count))
	w.text("fan", "one")
	w.text("fan", "two")
	w.end(store.Skipped, "x")
	f := w.fan("fan")
	expect(t, "one", string(f.Enrolled("one").Vars["n"]), "1")
	expect(t, "two", string(f.Enrolled("two").Vars["n"]), "1")

	w.text("fan", "deaf") // is in it still: nothing
	w.flow(listener("watch", 0, `{ sent = { "skipped:x" } }`, "{}"))
	w.text("other", "deaf")
	w.end(store.Skipped, "x")
	expect(t, "a trigger", w.state("other", "watch"), "here")
}

// TestAnOldVersionHearsOfItsSend: the published version does not listen any more, the fan's does.
func TestAnOldVersionHearsOfItsSend(t *testing.T) {
	w := newWorld(t)
	w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "a", states = { a = { enter = { message = { text = "x", after = "1h" } }, on = { sent = { skipped = { tag = "heard" } } } } } }`)
	w.text("fan", "in")
	w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "b", states = { b = {} } }`)
	w.set(w.clock().Add(day))
	w.end(store.Skipped, "x")
	f := w.fan("fan")
	expect(t, "heard", f.Has("heard"), true)
}

// TestSendingAgainComesToAnEnd: a rule for the failure of a send that sends again does not go on as fast as the platform refuses.
func TestSendingAgainComesToAnEnd(t *testing.T) {
	for _, how := range []string{"our own news", "the platform's report"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.flow(`return flow { name = "test", triggers = { text = "in" }, first = "a", states = { a = { enter = { message = "x" }, on = { sent = { failed = { message = "again" } } } } } }`)
			w.text("fan", "in")
			rounds := 0
			for ; rounds < 20 && len(w.waiting("fan")) > 0; rounds++ {
				if how == "our own news" {
					w.endDue(store.SendFail, "other")
					w.endDue(store.SendFail, "other") // the event is decided on
					continue
				}
				w.settle()
				p := w.push("fan", "event", "TEMPLATESENDJOBFINISH", "", &wechat.SendResult{Status: "failed: system failed"})
				p.MsgID = fmt.Sprint(w.sent[len(w.sent)-1].MsgID)
				w.receive(p)
			}
			expect(t, "sends", rounds, 9)
			last := store.Row{}
			for _, r := range w.journal("fan") {
				if r.Kind != store.Decided {
					last = r
				}
			}
			expect(t, "the last row", fmt.Sprint(last.Kind, " ", last.Name, ": ", last.Why), "ignored sent: told too deep")
		})
	}
}

// waiting are the fan's sends that are yet to go.
func (w *world) waiting(openID string) []store.Send {
	w.t.Helper()
	list, _, err := w.store.Sends(w.t.Context(), account, store.SendFilter{OpenID: openID, Status: store.Waiting}, "", 50)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}
