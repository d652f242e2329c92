package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/wechat/api"
)

// settle ends the send and its job. With back the place in the window that the send had taken is given back.
func (d *delivery) settle(ctx context.Context, status store.Status, why string, back bool) error {
	s := d.send
	s.Status, s.Reason = status, why
	if d.route.channel != "" {
		s.Channel = d.route.channel
	}
	c := store.Change{
		Fan: d.job.Fan(), Base: store.AnyRev, Cause: d.job.ID, At: d.now, Done: []string{d.job.ID}, Sends: []store.Send{s},
		Entries: []store.Entry{{Kind: store.Settled, Flow: s.Flow, No: s.No, Send: s.ID, Channel: s.Channel, Name: string(status), Why: why}},
	}
	switch {
	case d.fan.Erased: // nothing about this person is written any more
		c.Fan.OpenID, c.Entries, c.Sends = "", nil, nil
	case d.fan.Rev == 0:
		c.Fan.OpenID, c.Entries = "", nil
	case d.c.Tell != nil:
		c.Jobs = d.c.Tell(ctx, s)
	}
	if !back {
		d.route.window = nil
	}
	err := d.commitBack(ctx, c)
	if err != nil && !errors.Is(err, store.ErrGone) {
		d.mu.Lock()
		d.unwritten[store.FanID{Account: d.job.Account, OpenID: d.job.ID}] = c
		d.mu.Unlock()
		return fmt.Errorf("write the outcome of send %s (%s): %w", s.ID, status, err)
	}
	d.c.Observe(d.job.Account, s.Channel, status)
	return nil
}

// putOff moves the job to a later time. The send stays as it is.
func (d *delivery) putOff(ctx context.Context, due time.Time, attempt int, why string) error {
	_, err := d.commit(ctx, d.later(due, attempt, why))
	return err
}

// waitAgain puts a send off whose call was refused: it is Waiting again, has its place in the window back, and spends is booked.
// While an earlier call has got no answer it stays in flight, so that the time in which the platform recognises it goes on.
func (d *delivery) waitAgain(ctx context.Context, due time.Time, attempt int, why string, spends []store.Spend) error {
	if d.open {
		c := d.later(due, attempt, why)
		c.Spends = spends
		_, err := d.commit(ctx, c)
		return err
	}
	s := d.send
	s.Status, s.Reason = store.Waiting, why
	due = d.expiring(due)
	c := d.later(due, attempt, why)
	c.Sends, c.Spends = []store.Send{s}, spends
	if d.send.Channel == store.Customer {
		c.Snooze = append(c.Snooze, d.behind(ctx, due)...)
	}
	return d.commitBack(ctx, c)
}

// behind moves the fan's later customer-service messages up to where this one now waits, so that they do not overtake it. Jobs
// that are due at one instant go in the order of their ids, which is that of their being ordered.
func (d *delivery) behind(ctx context.Context, due time.Time) []store.Snooze {
	list, err := d.followers(ctx, due)
	if err != nil { // that this one waits matters more than the order
		d.c.Logger.Error("later messages of the fan may overtake one that waits", "send", d.send.ID, "err", err)
	}
	return list
}

// followers are the jobs that behind moves.
func (d *delivery) followers(ctx context.Context, due time.Time) (list []store.Snooze, err error) {
	sends, _, err := d.c.Store.Sends(context.WithoutCancel(ctx), d.job.Account, store.SendFilter{OpenID: d.job.OpenID}, "", mostBehind)
	if err != nil {
		return nil, fmt.Errorf("look for what follows send %s: %w", d.send.ID, err)
	}
	for i := range sends {
		s := &sends[i]
		if s.Status != store.Waiting || s.Channel != store.Customer && s.Channel != store.Auto {
			continue
		}
		j, err := d.c.Store.Job(context.WithoutCancel(ctx), d.job.Account, s.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for what follows send %s: %w", d.send.ID, err)
		}
		later := j.Due.After(d.job.Due) || j.Due.Equal(d.job.Due) && j.ID > d.job.ID
		if later && j.Due.Before(due) && !j.Parked {
			list = append(list, store.Snooze{Job: j.ID, Due: due, Attempt: j.Attempt, Why: "an earlier message to the fan waits to be tried again"})
		}
	}
	return list, nil
}

// mostBehind is how many of the fan's newest sends are looked through; a decision orders 50 at most.
const mostBehind = 100

func (d *delivery) later(due time.Time, attempt int, why string) store.Change {
	return store.Change{
		Fan: store.FanID{Account: d.job.Account}, Base: store.AnyRev, At: d.now,
		Cause:  scheduler.Cause(d.now, "later", d.job.ID, fmt.Sprint(attempt), why),
		Snooze: []store.Snooze{{Job: d.job.ID, Due: due, Attempt: attempt, Why: why}},
	}
}

// expiring is due, but not beyond the send's expiry, so that what expires says so in time.
func (d *delivery) expiring(due time.Time) time.Time {
	if e := d.send.Expires; !e.IsZero() && e.Before(due) {
		return e
	}
	return due
}

// commitBack commits a blind Change together with giving back what the send had taken of a window. That needs the fan's
// revision; when the fan moves on all the time, or the window is gone, the Change is committed without.
func (d *delivery) commitBack(ctx context.Context, c store.Change) error {
	for range 3 {
		with, ok := d.withWindow(ctx, c)
		if !ok {
			break
		}
		if _, err := d.commit(ctx, with); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	_, err := d.commit(ctx, c)
	return err
}

func (d *delivery) withWindow(ctx context.Context, c store.Change) (store.Change, bool) {
	if d.route.window == nil {
		return c, false
	}
	snap, err := d.c.Store.Load(context.WithoutCancel(ctx), d.job.Fan(), "")
	if err != nil {
		return c, false
	}
	for _, w := range snap.Fan.Windows {
		if w.Trigger == d.route.window.Trigger && w.Opened.Equal(d.route.window.Opened) && d.now.Before(w.Until) {
			w.Left++
			c.Fan, c.Base = d.job.Fan(), snap.Fan.Rev
			back := store.Entry{Kind: store.WindowOpened, Send: d.send.ID, Window: &w, Why: "given back: the message was not sent"}
			c.Entries = append(slices.Clip(c.Entries), back)
			return c, true
		}
	}
	return c, false
}

// called reports whether an error is the platform's answer: only then has the call counted there.
func called(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && (e.Code != 0 || e.HTTPStatus != 0)
}

// code is the platform's error code; 0 where the client refused, or an HTTP status was the answer.
func code(err error) (int, bool) {
	var e *api.Error
	if errors.As(err, &e) {
		return e.Code, true
	}
	return 0, false
}

// ofContent reports the errors that every call with this message gets.
func ofContent(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && e.Class == api.Payload
}

// windowless reports the errors by which the platform says that the fan's window is not as we think. Source: fact sheet 2.2.
func windowless(err error) bool {
	n, _ := code(err)
	return n == 45015 || n == 45047
}
