package flows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// keyedFlow answers texts by actions; those of keys stand under their names.
func keyedFlow(actions string) string {
	return `return flow { name = "test", triggers = { text = { "start" } }, again = "0s", first = "on", states = {
	on = { on = { text = { ` + actions + `, bye = "off" } } }, off = { final = true } } }`
}

// queue gives the fan's jobs of sends and planned enrollments as "kind due", in order.
func (w *world) queue(kind string) (out []string) {
	w.t.Helper()
	jobs, _, err := w.store.Jobs(w.t.Context(), account, store.JobFilter{Kind: kind}, "", 200)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		out = append(out, j.Due.In(w.clock().Location()).Format("02 15:04"))
	}
	return out
}

// keyed gives what waits under keys, as "key job's due".
func (w *world) keyed(fan string) string {
	w.t.Helper()
	var out []string
	for _, k := range w.fan(fan).Keyed {
		out = append(out, fmt.Sprintf("%s %s %s", k.Key, k.Kind, k.Due.In(w.clock().Location()).Format("02 15:04")))
	}
	return strings.Join(out, ", ")
}

// TestAKeyReplacesWhatWaits: a key names one thing per fan and flow, over enrollments; what was sent is sent.
func TestAKeyReplacesWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.flow(keyedFlow(`
		one = { message = { text = "first ${event.text}", after = "1h", key = "k" } },
		two = { message = { text = "second", after = "2h", key = "k" } },
		other = { message = { text = "other", after = "3h", key = "other" } }`))
	w.text("fan", "start")
	w.text("fan", "one")
	w.text("fan", "other")
	w.text("fan", "bye")
	w.text("fan", "start") // another enrollment
	w.text("fan", "two")
	expect(t, "waits", w.keyed("fan"), "other send 03 00:30, k send 02 23:30")
	expect(t, "jobs", strings.Join(w.queue("send"), ", "), "02 23:30, 03 00:30")
	first := w.rows("fan", store.Ordered)[0]
	s, err := w.store.Send(t.Context(), account, first.Send)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "the first", string(s.Status)+": "+s.Reason, "cancelled: replaced: text two")
	settled := w.rows("fan", store.Settled)
	expect(t, "settled", fmt.Sprintln(len(settled), settled[0].Send == first.Send, settled[0].Name, settled[0].Key), "1 true cancelled k\n")
	w.advance(4 * time.Hour)
	expect(t, "said", strings.Join(w.said(), ", "), "second, other")
	expect(t, "waits after all", w.keyed("fan"), "")
	w.text("fan", "one")
	w.advance(2 * time.Hour)
	expect(t, "ordered anew", strings.Join(w.said(), ", "), "second, other, first one")
}

// TestTheLaterOfADecisionStands: one decision that orders a key twice sends the later.
func TestTheLaterOfADecisionStands(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`
		fan:template("COUPON_EXPIRING", { a = 1 }, { key = "k" })
		fan:template("COUPON_EXPIRING", { a = 2 }, { key = "k" })
		fan:message("gone", { key = "c" })
		fan:cancel("c")`)
	w.text("fan", "x")
	expect(t, "jobs", len(w.queue("send")), 1)
	w.settle()
	expect(t, "sends", len(w.sent), 1)
	expect(t, "content", string(w.sent[0].Content), `{"template":{"name":"COUPON_EXPIRING","data":{"a":"2"}}}`)
	expect(t, "waits", w.keyed("fan"), "")
	expect(t, "failed", len(w.rows("fan", store.Failed)), 0)
}

// TestCancelTakesAllPieces: a long text has one key and is taken back whole; the key of another flow is another.
func TestCancelTakesAllPieces(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 5000)
	w.flow(keyedFlow(`
		order = { message = { text = "` + long + `", after = "1h", key = "k" } },
		also = { message = { text = "also", after = "1h", key = "k2" } },
		stop = { cancel = "k" }`))
	w.publish(store.KindFlow, "b.lua", `return flow { name = "b", triggers = { text = { "begin" } }, first = "on", states = {
		on = { enter = { message = { text = "theirs", after = "1h", key = "k" } } } } }`)
	for _, s := range []string{"start", "begin", "order", "also"} {
		w.text("fan", s)
	}
	expect(t, "jobs", len(w.queue("send")), 5)
	w.text("fan", "stop")
	w.text("fan", "stop") // there is nothing left: no news
	expect(t, "cancelled", len(w.rows("fan", store.Settled)), 3)
	expect(t, "why", w.rows("fan", store.Settled)[0].Why, "cancelled: text stop")
	w.advance(2 * time.Hour)
	said := w.said()
	slices.Sort(said) // of two pushes in one second the order is that of their keys
	expect(t, "said", strings.Join(said, ", "), "also, theirs")
}

// TestWhatIsBeingSentRunsOn: nothing stops a call to the platform; the journal says so.
func TestWhatIsBeingSentRunsOn(t *testing.T) {
	w := newWorld(t)
	w.flow(keyedFlow(`one = { message = { text = "${event.text}", after = "1h", key = "k" } }, stop = { cancel = "k" }`))
	w.text("fan", "start")
	w.text("fan", "one")
	id := w.rows("fan", store.Ordered)[0].Send
	s, err := w.store.Send(t.Context(), account, id)
	if err != nil {
		t.Fatal(err)
	}
	s.Status = store.InFlight
	f := w.fan("fan")
	if _, err := w.store.Commit(t.Context(), store.Change{
		Fan: f.ID, Base: f.Rev, Cause: "reserve", At: w.clock(), Sends: []store.Send{s}, Entries: []store.Entry{{Kind: store.Sending, Send: id}},
	}); err != nil {
		t.Fatal(err)
	}
	w.text("fan", "stop")
	refused := w.rows("fan", store.Refused)
	expect(t, "refused", fmt.Sprint(len(refused), refused[0].Name, ": ", refused[0].Why), "1cancel k: it is being sent already")
	w.text("fan", "one")
	ordered := w.rows("fan", store.Ordered)
	expect(t, "why", ordered[1].Why, "text one; what was ordered under the key before is being sent and runs on")
	w.advance(2 * time.Hour)
	expect(t, "both went", len(w.sent), 2)
	expect(t, "waits", w.keyed("fan"), "")
}

// racing lets the outbox take a send between a decision and its commit.
type racing struct {
	store.Store
	id string
}

func (r *racing) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if id := r.id; id != "" && len(c.Cancels) > 0 {
		r.id = ""
		s, err := r.Send(ctx, account, id)
		if err != nil {
			return store.Receipt{}, err
		}
		s.Status = store.InFlight
		if _, err := r.Store.Commit(ctx, store.Change{Fan: c.Fan, Base: store.AnyRev, Cause: "race", At: c.At, Sends: []store.Send{s}}); err != nil {
			return store.Receipt{}, err
		}
	}
	return r.Store.Commit(ctx, c)
}

// TestACancelThatMeetsTheOutbox is decided again on what the outbox has made of the send.
func TestACancelThatMeetsTheOutbox(t *testing.T) {
	s := &racing{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(keyedFlow(`one = { message = { text = "1", after = "1h", key = "k" } }, stop = { cancel = "k", reply = "ok" }`))
	w.text("fan", "start")
	w.text("fan", "one")
	s.id = w.rows("fan", store.Ordered)[0].Send
	expect(t, "reply", w.text("fan", "stop"), "ok")
	expect(t, "conflicts", w.last().Conflicts, 1)
	expect(t, "cancelled", len(w.rows("fan", store.Settled)), 0)
	expect(t, "refused", len(w.rows("fan", store.Refused)), 1)
}

// TestSixtyFourKeysWait: one more is the script's mistake, and changes nothing.
func TestSixtyFourKeysWait(t *testing.T) {
	w := newWorld(t)
	w.enrolled(`
		if event.text == "many" then
			for i = 1, 32 do fan:message("m", { after = "1d", key = (fan.vars.half or "a") .. i }) end
			fan.vars.half = "b"
		else
			fan:message("again", { after = "1d", key = "a1" })
			fan:message("more", { after = "1d", key = "c" })
		end`)
	w.text("fan", "many")
	w.text("fan", "many")
	expect(t, "keys", len(w.fan("fan").Keyed), 64)
	expect(t, "apology", w.text("fan", "more"), apology)
	failed := w.rows("fan", store.Failed)
	if len(failed) != 1 || !strings.Contains(failed[0].Why, "64 schedules with a key waiting") || !strings.Contains(failed[0].Why, "test.lua:") {
		t.Errorf("failed %+v", failed)
	}
	expect(t, "what failed has replaced nothing", len(w.rows("fan", store.Settled)), 0)
	expect(t, "jobs", len(w.queue("send")), 64)
}

// planFlows publishes a flow that plans enrollments in another.
func (w *world) planFlows(options string) {
	w.t.Helper()
	w.flow(keyedFlow(`plan = { enroll = { flow = "other", vars = { n = "${event.text}" }, ` + options + ` } }, stop = { cancel = "k" }`))
	w.publish(store.KindFlow, "other.lua", `return flow { name = "other", triggers = {}, first = "on", again = "0s", hours = "09:00-21:00",
		states = { on = { enter = { tag = "${vars.n}" } } } }`)
	w.text("fan", "start")
	w.text("fan", "plan")
}

// TestPlannedEnrollments are made at their time, with their variables, once.
func TestPlannedEnrollments(t *testing.T) {
	w := newWorld(t)
	w.planFlows(`at = "+1d 10:00", key = "k"`)
	planned := w.rows("fan", store.Planned)
	expect(t, "planned", fmt.Sprint(len(planned), planned[0].Flow, planned[0].Name, planned[0].Key, planned[0].Why), "1testotherktext plan")
	expect(t, "waits", w.keyed("fan"), "k enroll 03 10:00")
	w.text("fan", "plan")
	expect(t, "jobs", strings.Join(w.queue("event"), ", "), "03 10:00")
	expect(t, "replaced", w.rows("fan", store.Unplanned)[0].Why, "replaced: text plan")
	w.advance(day)
	expect(t, "state", w.state("fan", "other"), "on")
	expect(t, "by", w.rows("fan", store.Enrolled)[1].Name, "flow test")
	f := w.fan("fan")
	expect(t, "variable", string(f.Enrolled("other").Vars["n"]), `"plan"`)
	expect(t, "tag", f.Has("plan"), true)
	expect(t, "waits", w.keyed("fan"), "")
	w.text("fan", "plan")
	w.text("fan", "stop")
	expect(t, "jobs", len(w.queue("event")), 0)
}

// TestPlannedEnrollmentsThatComeLate follow late and expires, as a service that stood still finds them.
func TestPlannedEnrollmentsThatComeLate(t *testing.T) {
	for name, c := range map[string]struct {
		options, why, state, later string
	}{
		"run":     {`after = "1h"`, "", "on", "on"},
		"skip":    {`after = "1h", late = "skip"`, "it is 2h0m0s late, and late is skip", "", ""},
		"next":    {`after = "1h", late = "next"`, "it is 2h0m0s late and waits for 2026-11-03 09:00", "", "on"},
		"hours":   {`after = "1h", late = "06:00-22:00", key = "k"`, "it is 2h0m0s late and waits for 2026-11-03 06:00", "", "on"},
		"expires": {`after = "1h", expires = "30m"`, "its time had passed", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.planFlows(c.options)
			w.set(w.clock().Add(3 * time.Hour)) // 00:30
			w.settle()
			over := w.rows("fan", store.Unplanned)
			expect(t, "unplanned", fmt.Sprint(len(over), over[0].Name, " ", over[0].Why), "1other "+c.why)
			expect(t, "state", w.state("fan", "other"), c.state)
			w.advance(12 * time.Hour)
			expect(t, "later", w.state("fan", "other"), c.later)
			expect(t, "waits", w.keyed("fan"), "")
		})
	}
}

// TestAPausedFlowHoldsItsPlans, as its timers: they are made when it goes on, and late counts from when they were due.
func TestAPausedFlowHoldsItsPlans(t *testing.T) {
	for late, state := range map[string]string{"run": "on", "skip": ""} {
		w := newWorld(t)
		w.planFlows(`after = "1h", key = "k", late = "` + late + `"`)
		if err := w.engine.Pause(t.Context(), account, "other", "to mend it"); err != nil {
			t.Fatal(err)
		}
		w.advance(3*time.Hour + time.Minute)
		expect(t, "waits", w.keyed("fan"), "k enroll 02 22:30")
		expect(t, "jobs", len(w.queue("event")), 1)
		if err := w.engine.Pause(t.Context(), account, "other", ""); err != nil {
			t.Fatal(err)
		}
		w.advance(time.Hour)
		expect(t, late, w.state("fan", "other"), state)
		expect(t, "waits", w.keyed("fan"), "")
		expect(t, "unplanned", len(w.rows("fan", store.Unplanned)), 1)
	}
}

// TestLateOfSends: what the outbox is told. next is the flow's hours, else the account's.
func TestLateOfSends(t *testing.T) {
	for late, want := range map[string]string{"run": "", "skip": "skip", "next": "08:30-20:00", "22:00-06:00": "22:00-06:00"} {
		w := newWorld(t)
		w.flow(`return flow { name = "test", triggers = { text = { "start" } }, first = "on", hours = "08:30-20:00", states = {
			on = { enter = { message = { text = "x", after = "1h", late = "` + late + `" } } } } }`)
		w.text("fan", "start")
		w.advance(2 * time.Hour)
		expect(t, late, w.sent[0].Late, want)
	}
	w := newWorld(t)
	w.flow(keyedFlow(`one = { message = { text = "x", after = "1h", late = "next" } }`))
	w.text("fan", "start")
	w.text("fan", "one")
	w.advance(2 * time.Hour)
	expect(t, "no hours at all", w.sent[0].Late, "")
}
