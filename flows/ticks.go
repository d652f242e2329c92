package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fanflow/plugins"
	"fanflow/store"
)

// tickEvent is the event of a trigger by time.
const tickEvent = "time"

// tickChore goes through the audience of a trigger by time, once for each of its times.
const tickChore = "tick"

// tickKeep is how long a fan's part of a tick is remembered: a service that was stopped midway and starts again within this
// time gives nobody the flow twice.
const tickKeep = 30 * 24 * time.Hour

// tickArgs are the Args of a tick's chore.
type tickArgs struct {
	Tick string    `json:"tick"`          // the trigger's name
	At   time.Time `json:"at"`            // the time that it stands for
	Tag  string    `json:"tag,omitempty"` // narrows the audience
}

// tick gives the trigger by time that is declared under the name, or nil.
func (d *declaration) tick(name string) *timer {
	i := slices.IndexFunc(d.Ticks, func(t timer) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Ticks[i]
}

// epoch is what the gap of a trigger's every counts from: midnight in the account's zone, so that 6h are 0:00, 6:00 and so on
// whenever the flow was published.
func epoch(loc *time.Location) time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, loc) }

// next is when the trigger's first time after after is; the zero time if there is none any more.
func (t *timer) next(after time.Time, loc *time.Location) time.Time {
	if t.Kind == everyTimer {
		return t.Every.Next(after, epoch(loc), loc)
	}
	at, err := plugins.ParseWhen(t.When, after, loc)
	if err != nil || !at.After(after) { // it was checked
		return time.Time{}
	}
	return at
}

// has reports whether the moment is one of the trigger's times.
func (t *timer) has(at time.Time, loc *time.Location) bool {
	return t.next(at.Add(-time.Second), loc).Equal(at)
}

// tickJobs are the jobs of the next times of a flow's triggers by time. A moment that is past has none: a flow that is published
// again does not begin again.
func (e *Engine) tickJobs(acc *Account, p *published, now time.Time) (jobs []store.Job, err error) {
	for i := range p.Ticks {
		t := &p.Ticks[i]
		next := t.next(now, acc.Location)
		if next.IsZero() {
			continue
		}
		j, err := tickJob(acc.Name, p.Name, t, next)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// tickJob is the job of one time of a trigger. Its id is the time's, so that whoever makes it next makes the same.
func tickJob(account, flow string, t *timer, at time.Time) (store.Job, error) {
	args, err := encode(tickArgs{Tick: t.Name, At: store.Stamp(at), Tag: t.Audience.Tag})
	if err != nil {
		return store.Job{}, fmt.Errorf("encode trigger %q of flow %s: %w", t.Name, flow, err)
	}
	id := fmt.Sprintf("tick/%s/%s@%d", flow, t.Name, at.Unix())
	return choreJob(account, id, at, chore{Name: tickChore, Flow: flow, Args: args})
}

// beforeTick looks whether a tick may go on; if not, it has ended it or put it off. The job comes back as the flow's current
// version wants it.
func (e *Engine) beforeTick(ctx context.Context, acc *Account, job store.Job) (ready bool, _ store.Job, err error) {
	var c chore
	if err := json.Unmarshal(job.Args, &c); err != nil {
		return false, job, fmt.Errorf("read tick %s: %w", job.ID, err)
	}
	p, t, args, err := e.tickOf(ctx, acc, &c)
	if err != nil {
		return false, job, err
	}
	now := store.Stamp(e.now())
	putOff := func(until time.Time, why string) error {
		return e.snooze(ctx, task{fan: store.FanID{Account: acc.Name}, job: &job, now: now}, store.Stamp(until), why)
	}
	switch {
	case t == nil || !t.has(args.At, acc.Location): // another version says otherwise
		return false, job, e.endTick(ctx, acc, p, t, job)
	case p.Paused:
		return false, job, putOff(now.Add(pausedFor), heldWhy)
	case c.Cursor != "": // it has begun
	default:
		late := t.Late.judge(args.At, now, p.Hours, acc)
		if late.skip {
			e.logger.InfoContext(ctx, "a trigger by time is passed over", "account", acc.Name, "flow", p.Name, "trigger", t.Name, "why", late.why)
			return false, job, e.endTick(ctx, acc, p, t, job)
		}
		if !late.until.IsZero() {
			return false, job, putOff(late.until, late.why)
		}
	}
	args.Tag = t.Audience.Tag
	if c.Args, err = encode(args); err == nil {
		job.Args, err = encode(c)
	}
	if err != nil {
		return false, job, fmt.Errorf("encode tick %s: %w", job.ID, err)
	}
	return true, job, nil
}

// endTick ends a tick that enrolls nobody, and sets the trigger's next time, if it has one.
func (e *Engine) endTick(ctx context.Context, acc *Account, p *published, t *timer, job store.Job) error {
	c := store.Change{Fan: store.FanID{Account: acc.Name}, Cause: job.ID, At: store.Stamp(e.now()), Done: []string{job.ID}}
	if t != nil {
		var err error
		if c.Jobs, err = followTick(acc, p.Name, t, e.now()); err != nil {
			return err
		}
	}
	if _, err := e.store.Commit(ctx, c); err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("end tick %s: %w", job.ID, err)
	}
	return nil
}

// followTick gives the job of the trigger's next time. What has passed meanwhile is not made up for.
func followTick(acc *Account, flow string, t *timer, after time.Time) ([]store.Job, error) {
	next := t.next(after, acc.Location)
	if next.IsZero() {
		return nil, nil
	}
	j, err := tickJob(acc.Name, flow, t, next)
	return []store.Job{j}, err
}

// tickDo is the chore of a tick.
func (e *Engine) tickDo() choreDo {
	return choreDo{
		filter: func(c *chore) store.FanFilter {
			var args tickArgs
			_ = json.Unmarshal(c.Args, &args) // beforeTick has read it
			return store.FanFilter{Tag: args.Tag}
		},
		page:  e.tickPage,
		after: e.afterTick,
	}
}

// afterTick sets the trigger's next time when everybody was offered this one.
func (e *Engine) afterTick(ctx context.Context, acc *Account, c *chore) ([]store.Job, error) {
	p, t, args, err := e.tickOf(ctx, acc, c)
	if err != nil || t == nil {
		return nil, err
	}
	after := e.now()
	if args.At.After(after) { // the clock was put back
		after = args.At
	}
	return followTick(acc, p.Name, t, after)
}

// tickOf gives the trigger of a tick as the current version of its flow has it; nil if it has not.
func (e *Engine) tickOf(ctx context.Context, acc *Account, c *chore) (p *published, t *timer, args tickArgs, err error) {
	if err := json.Unmarshal(c.Args, &args); err != nil {
		return nil, nil, args, fmt.Errorf("read tick of flow %s: %w", c.Flow, err)
	}
	ed, err := e.current(ctx, acc.Name)
	if err != nil {
		return nil, nil, args, err
	}
	if p = ed.ByName[c.Flow]; p != nil {
		t = p.tick(args.Tick)
	}
	return p, t, args, nil
}

// tickPage offers a trigger by time to a page of fans. Each has a decision of their own, whose receipt makes a page that is
// worked on again pass them over.
func (e *Engine) tickPage(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error {
	_, t, args, err := e.tickOf(ctx, acc, c)
	if err != nil || t == nil {
		c.over = err == nil
		return err
	}
	ev := &event{Name: tickEvent, Subject: args.Tick, Created: args.At, Fields: map[string]any{"flow": c.Flow, "name": args.Tick}}
	cause := fmt.Sprintf("%08x-tick/%s/%s/", args.At.Unix(), c.Flow, args.Tick) // and the fan: ids of sends derive from it
	err = e.eachFan(ctx, c, fans, func(ctx context.Context, f *store.Fan) error {
		if !t.Audience.holds(f) || f.Enrolled(c.Flow) != nil {
			return nil
		}
		leave, err := e.lanes.enter(ctx, f.ID)
		if err != nil {
			return fmt.Errorf("wait for fan %s: %w", f.ID, err)
		}
		defer leave()
		_, err = e.run(ctx, acc, task{fan: f.ID, cause: cause + f.ID.OpenID, now: store.Stamp(e.now()), event: ev, keep: tickKeep})
		return err
	})
	if err != nil {
		return err
	}
	if p, _, _, err := e.tickOf(ctx, acc, c); err != nil || p == nil || !p.Paused {
		return err
	}
	return fmt.Errorf("flow %s was paused meanwhile: who was refused is asked again when it goes on", c.Flow)
}

// holds reports whether the fan belongs to the audience.
func (a audience) holds(f *store.Fan) bool {
	return f.Subscribed && (a.Tag == "" || f.Has(a.Tag)) && (a.Without == "" || !f.Has(a.Without))
}

// tick enrolls the fan by a trigger by time, if they still belong to its audience and the flow takes them in.
func (d *decision) tick() error {
	name, _ := d.event.Fields["flow"].(string)
	p := d.edition.ByName[name]
	if p == nil {
		return nil
	}
	t := p.tick(d.event.Subject)
	if t == nil || !t.Audience.holds(&d.draft.fan) {
		return nil
	}
	why, err := d.admit(p, t.Name, false)
	if err != nil {
		return err
	}
	if why != "" {
		d.tried(verdict{Flow: p.Name, Rule: t.Name, Said: "refused: " + why})
		return nil
	}
	d.taken = p.Name
	return d.enroll(p.compiled, t.Name, nil)
}
