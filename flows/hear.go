package flows

import (
	"strings"
	"time"

	"fanflow/store"
)

// The customer-service windows: how many messages may be sent after what the fan did, and how long. They stand beside each
// other by trigger, so a menu click never shortens the 48 hours of a message.
// Source: developers.weixin.qq.com/doc/service/guide/product/message (customer-service messages: triggers and counts).
var windows = map[string]struct {
	messages int
	open     time.Duration
}{
	"message":   {5, 48 * time.Hour},
	"menu":      {3, time.Minute},
	"subscribe": {3, time.Minute},
	"scan":      {3, time.Minute},
}

// hear notes what happened before any flow is asked.
func (d *decision) hear() error {
	ev := d.event
	if ev.Settle != nil {
		if err := d.settle(); err != nil {
			return err
		}
	}
	if !ev.Acts {
		return nil
	}
	heard := store.Entry{Kind: store.Heard, Name: ev.title(), Created: ev.Created}
	fields := ev.Fields
	if text, ok := fields["text"].(string); ok {
		heard.Text = cut(text, maxHeard)
	}
	if raw, err := encode(withoutText(fields)); err == nil && len(raw) <= maxHeard && string(raw) != "{}" {
		heard.Value = raw
	}
	if d.late() {
		heard.Why = "the fan has unsubscribed since: it came late"
		return d.draft.add(heard)
	}
	if err := d.draft.add(heard); err != nil {
		return err
	}
	if err := d.follow(); err != nil || ev.Name == "unsubscribe" {
		return err
	}
	return d.openWindow()
}

// late reports whether the event is a subscribe that the fan has undone since. It moves nothing and is not answered.
func (d *decision) late() bool {
	f := &d.snapshot
	return d.event.Name == "subscribe" && !f.Subscribed && d.event.Created.Before(f.DecidedAt)
}

// follow notes whether the fan follows the account. Who does what only followers can do follows it, though nobody saw them come.
func (d *decision) follow() error {
	ev := d.event
	e := store.Entry{Kind: store.Subscribed, Created: ev.Created}
	switch {
	case ev.Name == "subscribe":
		e.Name = ev.Scene
	case ev.Name == "unsubscribe":
		e.Kind = store.Unsubscribed
	case d.draft.fan.DecidedAt.IsZero() && ev.showsFollowing():
		e.Why = "the fan acts, so they follow; the subscribe event was never seen"
	default:
		return nil
	}
	return d.draft.add(e)
}

// maxHeard is the most of an event that the journal keeps, in bytes; scripts see all of it.
const maxHeard = 8 << 10

func withoutText(fields map[string]any) map[string]any {
	rest := map[string]any{}
	for k, v := range fields {
		if k != "text" {
			rest[k] = v
		}
	}
	return rest
}

func (d *decision) openWindow() error {
	w, ok := windows[d.event.Window]
	if !ok {
		return nil
	}
	return d.draft.add(store.Entry{Kind: store.WindowOpened, Window: &store.Window{
		Trigger: d.event.Window, Opened: d.draft.at, Until: d.draft.at.Add(w.open), Left: w.messages,
	}})
}

// settle writes down the platform's report on a send. A report after a terminal one changes nothing.
func (d *decision) settle() error {
	s := *d.event.Settle
	if d.event.Report == "" || s.Status != store.Sent && s.Status != store.InFlight {
		return nil
	}
	s.Status, s.Reason = sendStatus(d.event.Report)
	d.draft.sends = append(d.draft.sends, s)
	return d.draft.add(store.Entry{
		Kind: store.Settled, Flow: s.Flow, No: s.No, Send: s.ID, Channel: s.Channel, Name: string(s.Status), Why: s.Reason,
	})
}

// sendStatus reads the Status of TEMPLATESENDJOBFINISH: success, failed:user block, failed: system failed, with and without
// the space. Source: developers.weixin.qq.com/doc/service/guide/product/template_message (events).
func sendStatus(s string) (store.Status, string) {
	if strings.EqualFold(strings.TrimSpace(s), "success") {
		return store.Delivered, ""
	}
	return store.SendFail, "the platform reports " + strings.TrimSpace(s)
}
