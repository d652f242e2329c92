package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"fanflow/store"
)

// publishChore is the name of the job that brings the fans of a flow through its publications, and lets its timers go on.
const publishChore = "publish"

// pace and paceStep bound how fast the overdue timers of a publication fire: so many of them at each step.
const (
	pace     = 10
	paceStep = 200 * time.Millisecond
)

// publishArgs are what a publication's job keeps beside its place.
type publishArgs struct {
	From  time.Time `json:"from"`  // when the first overdue timer may fire
	Paced int64     `json:"paced"` // overdue timers so far
}

func (e *Engine) publishChore() choreDo {
	return choreDo{filter: func(c *chore) store.FanFilter { return store.FanFilter{Flow: c.Flow} }, page: e.publishPage}
}

// publishPage brings a page of fans to the current publication. Who is there already and has no timer waiting for it is passed
// over, so that a page may be done again.
func (e *Engine) publishPage(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error {
	ed, err := e.current(ctx, acc.Name)
	if err != nil {
		return err
	}
	p := ed.ByName[c.Flow]
	if p == nil || p.Paused || p.No > c.No { // a newer publication, and the end of a pause, have jobs of their own
		return nil
	}
	var args publishArgs
	if err := json.Unmarshal(c.Args, &args); err != nil {
		return fmt.Errorf("read the place of publication %d of flow %s: %w", c.No, c.Flow, err)
	}
	now := store.Stamp(e.now())
	turns := map[store.FanID]time.Time{}
	for i := range fans {
		overdue, behind, err := e.overdue(ctx, acc, ed, &fans[i], p, now)
		if err != nil {
			return err
		}
		if !behind && overdue == 0 {
			continue
		}
		turns[fans[i].ID] = args.From.Add(time.Duration(args.Paced/pace) * paceStep)
		args.Paced += int64(overdue)
	}
	err = e.eachFan(ctx, fans, func(ctx context.Context, f *store.Fan) error {
		from, ok := turns[f.ID]
		if !ok {
			return nil
		}
		return e.bring(ctx, acc, c, f.ID, from)
	})
	if err != nil {
		return err
	}
	c.Args, err = encode(args)
	return err
}

// overdue counts the timers of the fan in the flow that will fire late once they are set, and reports whether a publication is
// still ahead of the fan.
func (e *Engine) overdue(ctx context.Context, acc *Account, ed *edition, f *store.Fan, p *published, now time.Time) (n int, behind bool, err error) {
	live := f.Enrolled(p.Name)
	if live == nil {
		return 0, false, nil
	}
	lines, err := e.library.lineages(ctx, ed, f)
	if err != nil {
		return 0, false, err
	}
	line := lines[p.Name]
	if line == nil || len(line.Pubs) == 0 {
		return len(asleepTimers(live, now)), false, nil
	}
	steps := foresee(f, live, line, now, acc.Location)
	last := steps[len(steps)-1].after
	return len(asleepTimers(&last, now)), true, nil
}

// bring takes one fan through the flow's publications, as an event of its own in the fan's lane.
func (e *Engine) bring(ctx context.Context, acc *Account, c *chore, fan store.FanID, from time.Time) error {
	leave, err := e.lanes.enter(ctx, fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", fan, err)
	}
	defer leave()
	now := store.Stamp(e.now())
	_, err = e.run(ctx, acc, task{
		fan: fan, now: now, event: publishedTo(c.Flow, from),
		cause: fmt.Sprintf("%08x-pub-%s-%d/%s", uint32(now.Unix()), c.Flow, c.No, fan.OpenID),
	})
	if errors.Is(err, store.ErrConflict) { // the fan is busy: their next event does it
		e.logger.WarnContext(ctx, "a fan changes too fast to be brought to a new version now", "fan", fan.String(), "flow", c.Flow, "err", err)
		return nil
	}
	return err
}

// republish commits the job that brings the fans of a flow to a publication; again is empty for the first time, and tells the
// ends of pauses apart. The job's id is the publication's: committing it again while it waits adds nothing. Where nobody is in
// the flow there is none.
func (e *Engine) republish(ctx context.Context, acc *Account, p *store.Publication, again string) error {
	held, err := e.store.Waiting(ctx, acc.Name, p.Name)
	if err != nil {
		return fmt.Errorf("count who is in flow %s: %w", p.Name, err)
	}
	if len(held) == 0 {
		return nil
	}
	now := store.Stamp(e.now())
	args, err := encode(publishArgs{From: now})
	if err != nil {
		return err
	}
	id := fmt.Sprintf("publish/%s/%d%s", p.Name, p.No, again)
	job, err := choreJob(acc.Name, id, now, chore{Name: publishChore, Flow: p.Name, No: p.No, Args: args})
	if err != nil {
		return err
	}
	_, err = e.store.Commit(ctx, store.Change{Fan: store.FanID{Account: acc.Name}, Cause: id, At: now, Jobs: []store.Job{job}})
	if err != nil {
		return fmt.Errorf("set the job that brings the fans of flow %s to publication %d: %w", p.Name, p.No, err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}

// follow sets the jobs of a publication and notes that they are set.
func (e *Engine) follow(ctx context.Context, acc *Account, p *store.Publication) error {
	if err := e.armTicks(ctx, acc, p.Name); err != nil {
		return err
	}
	if err := e.republish(ctx, acc, p, ""); err != nil {
		return err
	}
	if err := e.store.SetSetting(ctx, followedSetting(p.ScriptID), []byte(strconv.Itoa(p.No))); err != nil {
		return fmt.Errorf("note that publication %d of flow %s is followed: %w", p.No, p.Name, err)
	}
	return nil
}

// followedSetting keeps the number of the last publication whose jobs were set.
func followedSetting(id store.ScriptID) string {
	return fmt.Sprintf("flows/followed/%s/%s", id.Account, id.Name)
}

// followUp sets the jobs of publications that a crash left without: what is published and what was followed are compared.
// Where only the note is missing the job runs once more and finds all fans there.
func (e *Engine) followUp(ctx context.Context) error {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("read the catalog: %w", err)
	}
	followed, err := e.store.Settings(ctx, "flows/followed/")
	if err != nil {
		return fmt.Errorf("read which publications were followed: %w", err)
	}
	for i := range catalog.Publications {
		p := &catalog.Publications[i]
		acc := e.accounts[p.Account]
		if p.Kind != store.KindFlow || acc == nil || string(followed[followedSetting(p.ScriptID)]) == strconv.Itoa(p.No) {
			continue
		}
		if err := e.follow(ctx, acc, p); err != nil {
			return err
		}
	}
	return nil
}
