package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// holds are how long a send is put off when Before could not say, the first time and so on. After the last it is skipped.
var holds = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// nobody is the Passed of what was asked about where the answer names nobody: it is not asked about, and its tries are not counted, anew.
const nobody = "-"

// pass asks Before, once over all tries of the send, and takes over what it says. going is false where the send has ended or waits.
func (d *delivery) pass(ctx context.Context) (going bool, err error) {
	if d.c.Before == nil || d.send.Passed != "" {
		return true, nil
	}
	if d.ruling == nil {
		s := d.send
		s.Channel = d.route.channel
		r, err := d.c.Before(ctx, s, &d.fan)
		if err != nil {
			return false, fmt.Errorf("ask whether send %s may go: %w", s.ID, err)
		}
		d.ruling, d.now = &r, d.c.Now()
	}
	r := d.ruling
	switch {
	case r.Held && d.job.Attempt < len(holds):
		return false, d.hold(ctx, d.expiring(d.now.Add(holds[d.job.Attempt])), r.Veto)
	case r.Held, r.Veto != "":
		d.send.Passed = r.Passed
		return false, d.settle(ctx, store.Skipped, r.Veto, false)
	}
	d.send.Passed, d.job.Attempt = cmp.Or(r.Passed, nobody), 0 // those were the tries of asking
	if r.Content == nil {
		return true, nil
	}
	var m wechat.Outgoing
	if err := json.Unmarshal(r.Content, &m); err != nil || content(&m) != d.route.channel {
		return false, d.settle(ctx, store.SendFail, fmt.Sprintf("what a plugin made of it cannot go by channel %q", d.route.channel), false)
	}
	d.send.Content, d.message = r.Content, m
	return true, nil
}

// hold puts off a send that nobody could say of whether it may go. The fan's later messages by customer service do not overtake it.
func (d *delivery) hold(ctx context.Context, due time.Time, why string) error {
	c := d.later(due, d.job.Attempt+1, why)
	if d.route.channel == store.Customer {
		c.Snooze = append(c.Snooze, d.behind(ctx, due)...)
	}
	_, err := d.commit(ctx, c)
	return err
}

// changed is what the journal says of what Before has changed.
func (d *delivery) changed() string {
	if d.ruling == nil {
		return ""
	}
	return d.ruling.Why
}

// waitAsked puts off a send that was asked about and found no quota: it keeps what was made of it, and nobody is asked again.
func (d *delivery) waitAsked(ctx context.Context, due time.Time, why string) error {
	c := d.later(due, d.job.Attempt, why)
	if d.ruling != nil {
		c.Sends = []store.Send{d.send}
	}
	_, err := d.commit(ctx, c)
	return err
}

// pass asks Before about the mass send, once over all tries. going is false where it has ended or waits.
func (b *broadcast) pass(ctx context.Context) (going bool, err error) {
	if b.c.Before == nil || b.at.Passed != "" {
		return true, nil
	}
	raw, err := json.Marshal(b.args.Message)
	if err != nil {
		return false, fmt.Errorf("broadcast %s: %w", b.job.ID, err)
	}
	r, err := b.c.Before(ctx, store.Send{
		ID: b.job.ID, Account: b.job.Account, Channel: store.Mass, Purpose: b.purpose(), Status: store.Waiting, Content: raw, Created: b.at.Begun, Due: b.job.Due,
	}, nil)
	if err != nil {
		return false, fmt.Errorf("ask whether broadcast %s may go: %w", b.job.ID, err)
	}
	now := b.c.Now()
	switch {
	case r.Held && b.job.Attempt < len(holds):
		return false, b.putOff(ctx, now.Add(holds[b.job.Attempt]), b.job.Attempt+1, r.Veto)
	case r.Held, r.Veto != "":
		return false, b.finish(ctx, r.Veto)
	}
	b.at.Passed, b.at.Message, b.job.Attempt = cmp.Or(r.Passed, nobody), r.Content, 0
	if r.Why != "" {
		b.c.Logger.Info("a broadcast goes otherwise than it was written", "account", b.job.Account, "broadcast", b.args.Name, "job", b.job.ID, "why", r.Why)
	}
	if err := b.save(ctx); err != nil {
		return false, err
	}
	return true, b.changed()
}

// changed takes over what Before has made of the message.
func (b *broadcast) changed() error {
	if b.at.Message == nil {
		return nil
	}
	b.args.Message = wechat.Outgoing{}
	if err := json.Unmarshal(b.at.Message, &b.args.Message); err != nil {
		return fmt.Errorf("read what was made of broadcast %s: %w", b.job.ID, err)
	}
	return nil
}
