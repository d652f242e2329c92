package flows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/wechat"
)

// late lets the fan's push be answered too late.
func (w *world) late(fan string, r wechat.Reply) {
	w.t.Helper()
	p := w.push(fan, "text", "", "", textBody("slow"))
	w.receive(p)
	if err := w.engine.Late(w.t.Context(), account, p, r); err != nil {
		w.t.Fatal(err)
	}
}

// end carries out the sends that are due with the status, as the outbox does, and then what follows from it.
func (w *world) end(status store.Status, reason string) {
	w.t.Helper()
	w.endDue(status, reason)
	w.settle()
}

// endDue is end without what follows from it.
func (w *world) endDue(status store.Status, reason string) {
	w.t.Helper()
	ctx := w.t.Context()
	jobs, err := w.store.Lease(ctx, store.LeaseQuery{Now: w.clock(), For: time.Hour, Owner: "test", Max: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		if j.Kind != "send" {
			w.do(ctx, j)
			continue
		}
		s, err := w.store.Send(ctx, j.Account, j.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		s.Status, s.Reason = status, reason
		_, err = w.store.Commit(ctx, store.Change{
			Fan: j.Fan(), Base: store.AnyRev, Cause: j.ID, At: w.clock(), Done: []string{j.ID}, Sends: []store.Send{s},
			Entries: []store.Entry{{Kind: store.Settled, Flow: s.Flow, No: s.No, Send: s.ID, Channel: s.Channel, Name: string(status), Why: reason}},
			Jobs:    w.engine.Tidings(ctx, s),
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestRepliesThatMissTheirPush: "What misses all three is delivered by customer service while the fan's window allows, else kept
// for the fan's next message; where the account may do neither, the journal says so" (Five seconds, three deliveries).
func TestRepliesThatMissTheirPush(t *testing.T) {
	text := wechat.TextReply("late")
	picture := wechat.Reply{MsgType: "image", MediaID: "M"}
	for name, c := range map[string]struct {
		customer bool          // the account may send by customer service
		wait     time.Duration // between push and lateness: 50 hours closes the window
		reply    wechat.Reply
		answers  bool // the fan's next message has an answer of its own
		said     string
		passive  string
		kept     int // afterwards
	}{
		"a window":                           {true, 0, text, true, "late", "own", 0},
		"a window, no answer":                {true, 0, text, false, "late", "", 0},
		"closed":                             {true, 50 * time.Hour, text, false, "", "late", 0},
		"closed, with an answer":             {true, 50 * time.Hour, text, true, "late", "own", 0},
		"closed, a picture":                  {true, 50 * time.Hour, picture, false, "", "image M", 0},
		"closed, a picture, with an answer":  {true, 50 * time.Hour, picture, true, "M", "own", 0},
		"may not":                            {false, 0, text, false, "", "late", 0},
		"may not, with an answer":            {false, 0, text, true, "", "late\n\nown", 0},
		"may not, a picture":                 {false, 0, picture, false, "", "image M", 0},
		"may not, a picture with an answer":  {false, 0, picture, true, "", "own", 1},
		"may not, too long for one text":     {false, 0, wechat.TextReply(strings.Repeat("x", wechat.MaxText-2)), true, "", "own", 1},
		"a handing over":                     {false, 0, wechat.Reply{MsgType: "transfer_customer_service"}, false, "", "", 0},
		"may not, a week has gone":           {false, 8 * 24 * time.Hour, text, false, "", "late", 0},
		"may not, two articles to a message": {false, 0, wechat.Reply{MsgType: "news", Articles: []wechat.Article{{Title: "a"}, {Title: "b"}}}, false, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldAs(t, func(a *flows.Account) { a.Customer = c.customer })
			w.flow(listener("talk", 0, `{ text = "in" }`, `{ text = { ["own"] = { reply = "own" } } }`))
			w.text("fan", "in")
			p := w.push("fan", "text", "", "", textBody("slow"))
			w.receive(p)
			w.set(w.clock().Add(c.wait))
			for range 2 { // the same push again changes nothing
				if err := w.engine.Late(t.Context(), account, p, c.reply); err != nil {
					t.Fatal(err)
				}
			}
			w.settle()
			w.set(w.clock().Add(time.Hour))
			question := "nothing"
			if c.answers {
				question = "own"
			}
			next := w.push("fan", "text", "", "", textBody(question))
			r := w.receive(next)
			passive := r.Content
			if r.MediaID != "" {
				passive = r.MsgType + " " + r.MediaID
			}
			expect(t, "passive", passive, c.passive)
			expect(t, "given again", w.receive(next).Content, r.Content)
			w.settle()
			var said []string
			for _, s := range w.sent {
				var m wechat.Outgoing
				if err := json.Unmarshal(s.Content, &m); err != nil {
					t.Fatal(err)
				}
				said = append(said, m.Text+m.Image)
			}
			expect(t, "said", strings.Join(said, ","), c.said)
			f := w.fan("fan")
			expect(t, "still kept", len(f.Kept), c.kept)
			if c.reply.MsgType == "transfer_customer_service" {
				lost := w.rows("fan", store.Settled)
				expect(t, "lost", len(lost), 1)
				expect(t, "why", lost[0].Why, "the reply missed all three deliveries, and a transfer_customer_service cannot go by customer service or be kept")
			}
			if rows := w.rows("fan", store.Replied); c.passive == "late\n\nown" {
				expect(t, "replied", rows[len(rows)-1].Text, "late\n\nown")
				expect(t, "why", rows[len(rows)-1].Why, "text own; with a reply that missed its own push")
			}
		})
	}
}

// TestKeptReplies: three at most, seven days at most, the oldest first, and an event that cannot be answered gives none.
func TestKeptReplies(t *testing.T) {
	w := newWorldAs(t, func(a *flows.Account) { a.Customer = false })
	p := w.push("fan", "text", "", "", textBody("x"))
	w.receive(p)
	keep := func(text string) {
		t.Helper()
		p.MsgID = "slow " + text // no receipt of its own: it was answered without a commit
		if err := w.engine.Late(t.Context(), account, p, wechat.TextReply(text)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		keep(fmt.Sprint("late ", i))
	}
	f := w.fan("fan")
	expect(t, "kept", len(f.Kept), store.MaxKept)
	lost := w.rows("fan", store.Settled)
	expect(t, "given up", len(lost), 2)
	expect(t, "status", lost[0].Name, string(store.Expired))
	expect(t, "why", lost[0].Why, "more than 3 replies wait for the fan's next message")
	w.receive(w.push("fan", "event", "VIEW", "https://a.example", &wechat.View{URL: "https://a.example"}))
	f = w.fan("fan")
	expect(t, "kept after an event without an answer", len(f.Kept), store.MaxKept)
	expect(t, "one message", w.text("fan", "hi"), "late 2\n\nlate 3\n\nlate 4")
	w.flow(listener("talk", 0, `{ text = "in" }`, "{}"))
	keep("late 5")
	keep("late 6")
	expect(t, "with an answer", w.text("fan", "in"), "late 5\n\nlate 6\n\ntalk enrolls")
	w.set(w.clock().Add(time.Hour))
	keep("old")
	w.set(w.clock().Add(7*24*time.Hour + time.Second))
	expect(t, "too old", w.text("fan", "hi"), "")
	lost = w.rows("fan", store.Settled)
	expect(t, "why", lost[len(lost)-1].Why, "the fan wrote nothing for seven days")
	f = w.fan("fan")
	expect(t, "kept at last", len(f.Kept), 0)
}

// TestLateRepliesThatFindNoWindow: one that was ordered by customer service and skipped there waits for the fan's next message;
// who has gone gets nothing.
func TestLateRepliesThatFindNoWindow(t *testing.T) {
	for name, c := range map[string]struct {
		status store.Status
		reason string
		gone   bool
		want   string
	}{
		"skipped": {store.Skipped, "no open customer-service window", false, "late"},
		"refused": {store.SendFail, "WeChat refused it: 45015 response out of time limit", false, "late"},
		"bad":     {store.SendFail, "WeChat refused it: 40007 invalid media_id", false, ""},
		"sent":    {store.Sent, "", false, ""},
		"gone":    {store.Skipped, "not subscribed", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.late("fan", wechat.TextReply("late"))
			if c.gone {
				w.unsubscribe("fan")
			}
			w.end(c.status, c.reason)
			expect(t, "reply", w.text("fan", "hi"), c.want)
			if c.gone {
				lost := w.rows("fan", store.Settled)
				expect(t, "why", lost[len(lost)-1].Why, "the fan has unsubscribed")
			}
		})
	}
}
