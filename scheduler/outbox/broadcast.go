package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/wechat"
	"fanflow/wechat/api"
)

// broadcastArgs are the Args of a job of kind "broadcast".
type broadcastArgs struct {
	Name    string          `json:"name"`
	Tag     string          `json:"tag"`
	All     bool            `json:"all"`
	Message wechat.Outgoing `json:"message"`
	Purpose string          `json:"purpose"` // empty: campaign
}

// progress is how far a broadcast has come, kept in the settings so that every step can be repeated after a crash.
type progress struct {
	Job      string    `json:"job"`
	Tag      string    `json:"tag"` // of the platform, by which it goes
	Begun    time.Time `json:"begun"`
	Tried    time.Time `json:"tried,omitzero"` // first call without an answer yet
	Accepted time.Time `json:"accepted,omitzero"`
	MsgID    int64     `json:"msgid,string,omitempty"`
	// Taken is what it has cost, in the windows of its last call.
	Taken []store.Spend `json:"taken,omitempty"`
	// Passed says that Before was asked, Message what it has made of the message, if anything.
	Passed  string          `json:"passed,omitempty"`
	Message json.RawMessage `json:"message,omitempty"`
}

// broadcast is one try of one mass send.
type broadcast struct {
	*Outbox
	account *Account
	job     store.Job
	args    broadcastArgs
	at      progress
	open    bool // an earlier call has got no answer
}

// Broadcast is the worker of jobs of kind "broadcast", whose Args are JSON: {"name", "tag" or "all": true, "message": a
// wechat.Outgoing, "purpose"}. The audience are the subscribed fans with the tag, or all of them, without those who have
// opted out unless the purpose is service. They are tagged on the platform by the same name, the mass send goes to that tag,
// and each of them has it settled as a send of their own, with the id <job id>/<openid>.
func (o *Outbox) Broadcast(ctx context.Context, job store.Job) error {
	a, err := o.account(job.Account)
	if err != nil {
		return err
	}
	end, err := o.begin(job)
	if err != nil {
		return err
	}
	defer end()
	b := &broadcast{Outbox: o, account: a, job: job}
	if err := json.Unmarshal(job.Args, &b.args); err != nil {
		return b.finish(ctx, "its arguments cannot be read: "+err.Error())
	}
	if b.args.Tag == "" && !b.args.All {
		return b.finish(ctx, "it has no audience: neither a tag nor all")
	}
	if p, ok := o.pauses.get(job.Account, store.Mass, o.c.Now()); ok {
		return b.putOff(ctx, p.until, job.Attempt, "sending pauses: "+p.why)
	}
	if err := b.resume(ctx); err != nil {
		return err
	}
	if waits, err := b.inTheWay(ctx); waits || err != nil {
		return err
	}
	if b.at.Accepted.IsZero() {
		if going, err := b.send(ctx); err != nil || !going {
			return err
		}
	}
	fans, err := b.members(ctx, b.at.Tag)
	if err != nil {
		return err
	}
	if err := b.record(ctx, fans); err != nil {
		return err
	}
	if err := b.keepResult(ctx, func(r *Result) {
		r.Name, r.Job, r.At, r.Audience = b.args.Name, job.ID, b.at.Accepted, int64(len(fans))
	}); err != nil {
		return err
	}
	return b.finish(ctx, "")
}

// patience is how long a broadcast waits at least for another one with the same tag.
const patience = 10 * time.Second

// inTheWay puts the broadcast off until after another one that has called the platform with the same tag and has not ended: the
// tag, and the record of who carries it, are that one's own until then.
func (b *broadcast) inTheWay(ctx context.Context) (waits bool, err error) {
	all, err := b.progresses(ctx)
	if err != nil {
		return false, err
	}
	for _, p := range all {
		if p.Job == b.job.ID || p.Tag != b.at.Tag || p.Tried.IsZero() || !b.at.Tried.IsZero() {
			continue
		}
		other, err := b.c.Store.Job(ctx, b.job.Account, p.Job)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("look for broadcast %s: %w", p.Job, err)
		}
		due := b.c.Now().Add(patience)
		if after := other.Due.Add(time.Second); after.After(due) {
			due = after
		}
		return true, b.putOff(ctx, due, b.job.Attempt, "broadcast "+p.Job+" goes by the same tag and has not ended")
	}
	return false, nil
}

const progressPrefix = "broadcast-run/" // + account + a hash of the job's id

func (b *broadcast) progressName() string {
	return progressPrefix + b.job.Account + "/" + clientID(b.job.ID)
}

func (b *broadcast) resume(ctx context.Context) error {
	v, err := b.c.Store.Setting(ctx, b.progressName())
	if errors.Is(err, store.ErrNotFound) {
		b.at = progress{Job: b.job.ID, Tag: b.tag(), Begun: b.c.Now()}
		return b.save(ctx)
	}
	if err == nil {
		err = json.Unmarshal(v, &b.at)
	}
	if err != nil {
		return fmt.Errorf("read how far broadcast %s has come: %w", b.job.ID, err)
	}
	return b.changed()
}

func (b *broadcast) save(ctx context.Context) error {
	v, err := json.Marshal(b.at)
	if err == nil {
		err = b.c.Store.SetSetting(context.WithoutCancel(ctx), b.progressName(), v)
	}
	if err != nil {
		return fmt.Errorf("keep how far broadcast %s has come: %w", b.job.ID, err)
	}
	return nil
}

// send makes the mass send. going is false where it has ended or was put off.
func (b *broadcast) send(ctx context.Context) (going bool, err error) {
	if !b.at.Tried.IsZero() && !repeatable(store.Mass, b.at.Tried, b.c.Now()) {
		return false, b.finish(ctx, "it is not known whether WeChat took it: the call was interrupted over a day ago")
	}
	b.open = !b.at.Tried.IsZero()
	to, err := b.audience(ctx)
	if err != nil {
		return false, err
	}
	if len(to.fans) == 0 && !b.open {
		return false, b.finish(ctx, "nobody is in its audience")
	}
	if !b.open {
		if going, err := b.pass(ctx); err != nil || !going {
			return false, err
		}
	}
	tagID, err := b.prepare(ctx, &to)
	if err != nil {
		return false, b.unprepared(ctx, err)
	}
	switch {
	case len(to.fans) == 0 && b.open:
		return false, b.finish(ctx, "it is not known whether WeChat took it: no answer came, and nobody of its audience is left")
	case len(to.fans) == 0:
		return false, b.finish(ctx, "the platform lets nobody of its audience be tagged")
	}
	if !b.open {
		err := b.reserve(ctx)
		var refused *store.RefusedError
		if errors.As(err, &refused) {
			return false, b.putOff(ctx, refused.Spend.Resets, b.job.Attempt, refused.Error())
		}
		if err != nil {
			return false, fmt.Errorf("take broadcast %s from the quota: %w", b.job.ID, err)
		}
		b.at.Tried = b.c.Now()
		if err := b.save(ctx); err != nil {
			return false, err
		}
	}
	r, err := b.account.Client.MassByTag(ctx, tagID, b.args.Message, clientID(b.job.ID))
	if err != nil {
		return false, b.answer(ctx, err)
	}
	b.pauses.clear(b.job.Account, store.Mass)
	if !r.Duplicate { // now and not before: who has left since an open call may have been reached by that
		if err := b.keepMembers(context.WithoutCancel(ctx), to.tag, to.fans); err != nil {
			return false, err
		}
	}
	b.at.Accepted, b.at.MsgID = b.c.Now(), r.MsgID
	return true, b.save(ctx)
}

// reserve takes the mass send from the quotas of now, once over all tries, and gives back what it took in earlier windows.
func (b *broadcast) reserve(ctx context.Context) error {
	now := b.c.Now()
	spends := b.account.spends(now, store.Mass)
	words := []string{b.job.ID}
	for _, s := range spends {
		words = append(words, s.Period)
	}
	var past []store.Spend
	for _, t := range b.at.Taken {
		if !slices.ContainsFunc(spends, func(s store.Spend) bool { return s.Quota == t.Quota && s.Period == t.Period }) {
			past = append(past, t)
		}
	}
	_, err := b.commit(ctx, store.Change{
		Fan: store.FanID{Account: b.job.Account}, Base: store.AnyRev, At: now, Spends: append(refund(past), spends...),
		Cause: scheduler.Cause(b.at.Begun, "mass", words...),
	})
	if err == nil {
		b.at.Taken = spends
	}
	return err
}

// unprepared deals with an error of the steps before the mass send. They can be repeated at any time.
func (b *broadcast) unprepared(ctx context.Context, err error) error {
	if _, answered := code(err); !answered {
		return err
	}
	now := b.c.Now()
	r := judge("tags", b.job.ID, err, b.job.Attempt, now, now)
	if r.action == closed {
		return b.putOff(ctx, latest(nil, now), r.attempt, r.why)
	}
	return b.rule(ctx, err, r)
}

// answer deals with an error of the mass send itself. What is refused for good costs nothing; a code that nobody knows may
// have been an acceptance.
func (b *broadcast) answer(ctx context.Context, err error) error {
	now := b.c.Now()
	r := judge(store.Mass, b.job.ID, err, b.job.Attempt, b.at.Tried, now)
	if !b.open && !api.Ambiguous(err) { // this call was refused: nothing is in flight
		b.at.Tried = time.Time{}
		if err := b.save(ctx); err != nil {
			return err
		}
	}
	if r.action == closed {
		spends := b.account.spends(now, store.Mass)
		return b.putOff(ctx, latest(spends, now), r.attempt, r.why, closing(spends)...)
	}
	var e *api.Error
	switch unknown := errors.As(err, &e) && e.Class == api.Unknown; {
	case r.action != fail || unknown:
	case b.open && !ofContent(err):
		return b.finish(ctx, "it is not known whether WeChat took it: no answer came at first, then: "+r.why)
	default:
		return b.finish(ctx, r.why, refund(b.at.Taken)...)
	}
	return b.rule(ctx, err, r)
}

// rule ends the broadcast or puts it off, as ruled.
func (b *broadcast) rule(ctx context.Context, err error, r ruling) error {
	now := b.c.Now()
	switch r.action {
	case fail, accept:
		return b.finish(ctx, r.why)
	case unsure:
		return b.finish(ctx, "it is not known whether WeChat took it: "+r.why)
	case configure:
		if n, _ := code(err); !ofMessage[n] {
			b.pauses.set(b.job.Account, store.Mass, r.why, now.Add(r.wait))
			b.c.Observe(b.job.Account, store.Mass, "configuration")
		}
		b.c.Logger.Error("a broadcast waits: the account or its message must be mended", "account", b.job.Account, "broadcast", b.args.Name, "err", err)
	}
	return b.putOff(ctx, now.Add(r.wait), r.attempt, r.why)
}

func (b *broadcast) putOff(ctx context.Context, due time.Time, attempt int, why string, spends ...store.Spend) error {
	now := b.c.Now()
	_, err := b.commit(ctx, store.Change{
		Fan: store.FanID{Account: b.job.Account}, Base: store.AnyRev, At: now, Spends: spends,
		Cause:  scheduler.Cause(now, "later", b.job.ID, fmt.Sprint(attempt), why),
		Snooze: []store.Snooze{{Job: b.job.ID, Due: due, Attempt: attempt, Why: why}},
	})
	return err
}

// finish ends the job; why is empty when it was sent.
func (b *broadcast) finish(ctx context.Context, why string, spends ...store.Spend) error {
	if why != "" {
		b.c.Logger.Warn("a broadcast was not sent", "account", b.job.Account, "broadcast", b.args.Name, "job", b.job.ID, "why", why)
	}
	_, err := b.commit(ctx, store.Change{
		Fan: store.FanID{Account: b.job.Account}, Base: store.AnyRev, Cause: b.job.ID, At: b.c.Now(), Done: []string{b.job.ID},
		Spends: spends,
	})
	if err != nil {
		return fmt.Errorf("end broadcast %s: %w", b.job.ID, err)
	}
	if err := b.sweep(context.WithoutCancel(ctx)); err != nil {
		b.c.Logger.Warn("the progress of ended broadcasts was left behind", "account", b.job.Account, "err", err)
	}
	return nil
}

// progresses reads how far the account's broadcasts have come, by the names of their settings.
func (b *broadcast) progresses(ctx context.Context) (map[string]progress, error) {
	all, err := b.c.Store.Settings(ctx, progressPrefix+b.job.Account+"/")
	if err != nil {
		return nil, fmt.Errorf("read how far the broadcasts have come: %w", err)
	}
	list := make(map[string]progress, len(all))
	for name, v := range all {
		var p progress
		if err := json.Unmarshal(v, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		list[name] = p
	}
	return list, nil
}

// sweep removes the progress of broadcasts whose job has ended: this one's, and that of one whose process died here.
func (b *broadcast) sweep(ctx context.Context) error {
	all, err := b.progresses(ctx)
	if err != nil {
		return err
	}
	for name, p := range all {
		if _, err := b.c.Store.Job(ctx, b.job.Account, p.Job); !errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err := b.c.Store.SetSetting(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

// record settles the mass send for each of its fans, several at a time so that the store can write them together.
func (b *broadcast) record(ctx context.Context, fans []string) error {
	content, err := json.Marshal(b.args.Message)
	if err != nil {
		return fmt.Errorf("broadcast %s: %w", b.job.ID, err)
	}
	const writers = 16
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		wg.Go(func() {
			for i := w; i < len(fans) && errs[w] == nil && ctx.Err() == nil; i += writers {
				errs[w] = b.recordOne(ctx, fans[i], content)
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

func (b *broadcast) recordOne(ctx context.Context, openID string, content json.RawMessage) error {
	id := b.job.ID + "/" + openID
	s := store.Send{
		ID: id, Account: b.job.Account, OpenID: openID, Channel: store.Mass, Purpose: b.purpose(), Status: store.Sent, Content: content,
		Created: b.at.Begun, Due: b.at.Begun, Tried: b.at.Tried, SentAt: b.at.Accepted, MsgID: b.at.MsgID,
	}
	_, err := b.commit(ctx, store.Change{
		Fan: store.FanID{Account: b.job.Account, OpenID: openID}, Base: store.AnyRev, Cause: scheduler.Cause(b.at.Begun, "mass", id), At: b.at.Accepted,
		Entries: []store.Entry{{Kind: store.Settled, Send: id, Channel: store.Mass, Name: string(store.Sent), Text: b.args.Message.Text, Job: b.job.ID}},
		Sends:   []store.Send{s},
	})
	if err != nil {
		return fmt.Errorf("note broadcast %s for fan %s: %w", b.job.ID, openID, err)
	}
	b.c.Observe(b.job.Account, store.Mass, store.Sent)
	return nil
}

func (b *broadcast) purpose() string {
	if b.args.Purpose == "" {
		return "campaign"
	}
	return b.args.Purpose
}
