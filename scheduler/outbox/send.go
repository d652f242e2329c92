package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/wechat"
)

// delivery is one try of one send.
type delivery struct {
	*Outbox
	account *Account
	job     store.Job
	send    store.Send
	message wechat.Outgoing
	fan     store.Fan
	now     time.Time
	route   route
	spends  []store.Spend
	open    bool    // an earlier call has got no answer
	ruling  *Ruling // what Before has said; nil before it was asked
}

// Send is the worker of jobs of kind "send": the job's id is the send's. It ends the job, or puts it off, itself.
func (o *Outbox) Send(ctx context.Context, job store.Job) error {
	a, err := o.account(job.Account)
	if err != nil {
		return err
	}
	end, err := o.begin(job)
	if err != nil {
		return err
	}
	defer end()
	if written, err := o.write(ctx, job); written || err != nil {
		return err
	}
	if moved, err := o.moved(ctx, job); moved || err != nil {
		return err
	}
	var ruling *Ruling
	for range 5 { // a conflict: the fan did something meanwhile
		d := &delivery{Outbox: o, account: a, job: job, ruling: ruling}
		if err = d.try(ctx); !errors.Is(err, store.ErrConflict) {
			return err
		}
		ruling = d.ruling // who was asked is not asked again
	}
	return fmt.Errorf("send %s: %w", job.ID, err)
}

// begin notes that the job is being worked, so that a send in flight can be told from an interrupted one.
func (o *Outbox) begin(job store.Job) (end func(), err error) {
	key := store.FanID{Account: job.Account, OpenID: job.ID}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running[key] {
		return nil, fmt.Errorf("job %s is being worked already", job.ID)
	}
	o.running[key] = true
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.running, key)
	}, nil
}

// write commits the outcome of an earlier call that could not be written then.
func (o *Outbox) write(ctx context.Context, job store.Job) (written bool, err error) {
	key := store.FanID{Account: job.Account, OpenID: job.ID}
	o.mu.Lock()
	c, ok := o.unwritten[key]
	o.mu.Unlock()
	if !ok {
		return false, nil
	}
	if _, err := o.commit(ctx, c); err != nil && !errors.Is(err, store.ErrGone) {
		return false, fmt.Errorf("write the outcome of send %s: %w", job.ID, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.unwritten, key)
	return true, nil
}

// moved reports whether the job was put off after it had been leased: then it is worked when it is due.
func (o *Outbox) moved(ctx context.Context, job store.Job) (bool, error) {
	now, err := o.c.Store.Job(ctx, job.Account, job.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, fmt.Errorf("read job %s: %w", job.ID, err)
	}
	return err == nil && now.Due.After(job.Due), nil
}

// try carries the send as far as it goes. store.ErrConflict: nothing was done, try again at once.
func (d *delivery) try(ctx context.Context) error {
	going, err := d.load(ctx)
	if err != nil || !going {
		return err
	}
	d.now = d.c.Now()
	if d.send.Status == store.InFlight {
		return d.interrupted(ctx)
	}
	d.route = choose(&d.fan, &d.send, &d.message, d.now)
	if d.route.end != "" {
		return d.settle(ctx, d.route.end, d.route.why, false)
	}
	end, until, why := late(&d.send, d.now, d.account.Location)
	switch {
	case end != "":
		return d.settle(ctx, end, why, false)
	case !until.IsZero():
		return d.putOff(ctx, d.expiring(until), d.job.Attempt, why)
	}
	if why := d.account.barred(d.route.channel); why != "" {
		return d.settle(ctx, store.Skipped, why, false)
	}
	if p, ok := d.pauses.get(d.job.Account, d.route.channel, d.now); ok {
		return d.putOff(ctx, d.expiring(p.until), d.job.Attempt, "sending pauses: "+p.why)
	}
	if going, err := d.pass(ctx); err != nil || !going {
		return err
	}
	if err := d.reserve(ctx); err != nil {
		var refused *store.RefusedError
		if errors.As(err, &refused) {
			return d.waitAsked(ctx, d.expiring(d.opens(refused.Spend.Resets)), refused.Error())
		}
		return err
	}
	return d.call(ctx)
}

// load reads the send and its fan, the fan as it is when no push of it is being answered. going is false where nothing is left
// to do.
func (d *delivery) load(ctx context.Context) (going bool, err error) {
	d.send, err = d.c.Store.Send(ctx, d.job.Account, d.job.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		d.c.Logger.Error("a job has no send and is dropped", "account", d.job.Account, "job", d.job.ID)
		return false, d.drop(ctx)
	case err != nil:
		return false, fmt.Errorf("read send %s: %w", d.job.ID, err)
	case d.send.Status != store.Waiting && d.send.Status != store.InFlight: // cancelled, or settled by somebody else
		return false, d.drop(ctx)
	}
	if err := json.Unmarshal(d.send.Content, &d.message); err != nil {
		d.c.Logger.Error("the content of a send cannot be read", "send", d.send.ID, "err", err)
	}
	waits := d.send.Channel == store.Customer || d.send.Channel == store.Auto
	if waits && d.send.Status == store.Waiting && d.c.Quiet != nil {
		if err := d.c.Quiet(ctx, d.job.Fan()); err != nil {
			return false, fmt.Errorf("wait until fan %s has got the passive reply: %w", d.job.Fan(), err)
		}
	}
	snap, err := d.c.Store.Load(ctx, d.job.Fan(), "")
	if err != nil {
		return false, fmt.Errorf("read fan %s: %w", d.job.Fan(), err)
	}
	d.fan = snap.Fan
	return true, nil
}

// drop ends the job and nothing else.
func (d *delivery) drop(ctx context.Context) error {
	_, err := d.commit(ctx, store.Change{
		Fan: store.FanID{Account: d.job.Account}, Base: store.AnyRev, Cause: d.job.ID, At: d.c.Now(), Done: []string{d.job.ID},
	})
	return err
}

// interrupted goes on with a send that was in flight when its process died, or whose call got no answer.
func (d *delivery) interrupted(ctx context.Context) error {
	d.route = route{channel: d.send.Channel}
	if repeatable(d.send.Channel, d.send.Tried, d.now) {
		d.open = true
		return d.call(ctx)
	}
	return d.settle(ctx, store.Uncertain, "it is not known whether WeChat took it: no answer came, or the call was interrupted", false)
}

// reserve takes what the message costs and marks it as in flight, on the revision of the fan that the route was chosen on.
func (d *delivery) reserve(ctx context.Context) error {
	s := d.send
	s.Status, s.Reason, s.Channel, s.Tried = store.InFlight, "", d.route.channel, d.now
	var entries []store.Entry
	if w := d.route.window; w != nil {
		entries = append(entries, store.Entry{Kind: store.WindowSpent, Name: w.Trigger, Send: s.ID})
	}
	entries = append(entries, store.Entry{Kind: store.Sending, Flow: s.Flow, No: s.No, Send: s.ID, Channel: s.Channel, Why: d.changed()})
	d.spends = d.account.spends(d.now, s.Channel)
	r, err := d.commit(ctx, store.Change{
		Fan: d.fan.ID, Base: d.fan.Rev, At: d.now, Entries: entries, Spends: d.spends, Sends: []store.Send{s},
		Cause: scheduler.Cause(d.now, "send", d.job.ID, fmt.Sprint(d.job.Attempt), fmt.Sprint(d.fan.Rev)),
	})
	if err != nil {
		return err
	}
	d.send, d.fan.Rev = s, r.Rev
	return nil
}

// call calls the platform and settles, or puts off, what comes of it.
func (d *delivery) call(ctx context.Context) error {
	err := d.deliver(ctx)
	d.now = d.c.Now()
	r := judge(d.send.Channel, d.job.ID, err, d.job.Attempt, d.send.Tried, d.now)
	switch r.action {
	case accept:
		d.pauses.clear(d.job.Account, d.send.Channel)
		d.send.SentAt = d.now
		return d.settle(ctx, store.Sent, r.why, false)
	case fail:
		if d.open && !ofContent(err) { // this call was refused; the earlier one may have been taken
			return d.settle(ctx, store.Uncertain, "WeChat gave no answer at first, then: "+r.why, false)
		}
		return d.settle(ctx, store.SendFail, r.why, !windowless(err))
	case unsure:
		return d.settle(ctx, store.Uncertain, r.why, false)
	case repeat:
		return d.putOff(ctx, d.now.Add(r.wait), r.attempt, r.why)
	case closed:
		spends := d.spends
		if spends == nil {
			spends = d.account.spends(d.now, d.send.Channel)
		}
		return d.waitAgain(ctx, d.opens(latest(spends, d.now)), r.attempt, r.why, closing(spends))
	case configure:
		d.misconfigured(err, r)
	}
	var back []store.Spend
	if !called(err) {
		back = refund(d.spends)
	}
	return d.waitAgain(ctx, d.now.Add(r.wait), r.attempt, r.why, back)
}

// deliver makes the one call of the send's channel.
func (d *delivery) deliver(ctx context.Context) (err error) {
	c, openID := d.account.Client, d.job.OpenID
	switch d.send.Channel {
	case store.Template:
		d.send.MsgID, err = c.SendTemplate(ctx, openID, d.account.template(d.message.Template), *d.message.Template, clientID(d.send.ID))
	case store.Notice:
		err = c.SendNotice(ctx, openID, d.account.template(d.message.Notice), *d.message.Notice)
	default:
		err = c.SendCustom(ctx, openID, d.message)
	}
	return err
}

// template is the account's id for a template; what is no configured name is an id itself.
func (a *Account) template(t *wechat.Template) string {
	if id, ok := a.Templates[t.Name]; ok {
		return id
	}
	return t.Name
}

// misconfigured pauses the channel, unless the mistake is the message's own.
func (d *delivery) misconfigured(err error, r ruling) {
	if n, _ := code(err); ofMessage[n] {
		d.c.Logger.Error("a message cannot be sent as it is configured", "account", d.job.Account, "channel", d.send.Channel, "send", d.send.ID, "err", err)
		return
	}
	d.pauses.set(d.job.Account, d.send.Channel, r.why, d.now.Add(r.wait))
	d.c.Logger.Error("sending pauses: the account must be mended", "account", d.job.Account, "channel", d.send.Channel, "for", r.wait, "err", err)
	d.c.Observe(d.job.Account, d.send.Channel, "configuration")
}

// opens is when a send that waits for a quota goes on: spread over a minute, and the same for all sends of one fan, so that
// their order stays.
func (d *delivery) opens(resets time.Time) time.Time {
	h := fnv.New32a()
	h.Write([]byte(d.job.OpenID))
	return resets.Add(time.Duration(h.Sum32()%60_000) * time.Millisecond)
}

// latest is the last of the instants at which the windows reset; the next day where there are none.
func latest(spends []store.Spend, now time.Time) time.Time {
	_, last := daily.window(now)
	for _, s := range spends {
		if s.Resets.After(last) {
			last = s.Resets
		}
	}
	return last
}
