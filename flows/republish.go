package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	if c.over = p == nil || p.Paused || p.No > c.No; c.over { // a newer publication, and the end of a pause, have jobs of their own
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
	err = e.eachFan(ctx, c, fans, func(ctx context.Context, f *store.Fan) error {
		if err := e.bringResult(ctx, c.Flow, f, now); err != nil {
			return err
		}
		from, ok := turns[f.ID]
		if !ok {
			return nil
		}
		return e.bring(ctx, acc, c, f.ID, from, fmt.Sprintf("%08x-pub-%s-%d.%d", args.From.Unix(), c.Flow, c.No, args.From.UnixMilli()%1000))
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

// bringResult lets a result that was kept for the paused flow come now.
func (e *Engine) bringResult(ctx context.Context, flow string, f *store.Fan, now time.Time) error {
	job, ok := keptResult(f, flow)
	if !ok {
		return nil
	}
	return e.snooze(ctx, task{fan: f.ID, job: &store.Job{ID: job}, now: now}, now, "the flow goes on")
}

// bring takes one fan through the flow's publications, as an event of its own in the fan's lane. cause is the job's.
func (e *Engine) bring(ctx context.Context, acc *Account, c *chore, fan store.FanID, from time.Time, cause string) error {
	leave, err := e.lanes.enter(ctx, fan)
	if err != nil {
		return fmt.Errorf("wait for fan %s: %w", fan, err)
	}
	defer leave()
	now := store.Stamp(e.now())
	_, err = e.run(ctx, acc, task{
		fan: fan, now: now, event: publishedTo(c.Flow, from),
		cause: cause + "/" + fan.OpenID,
	})
	if errors.Is(err, store.ErrConflict) { // the fan is busy: their next event does it
		e.logger.WarnContext(ctx, "a fan changes too fast to be brought to a new version now", "fan", fan.String(), "flow", c.Flow, "err", err)
		return nil
	}
	return err
}

// fansJob gives the job that brings the fans of a flow to a publication; again is empty for the first time, and tells the ends
// of pauses apart. Where nobody is in the flow there is none.
func (e *Engine) fansJob(ctx context.Context, acc *Account, p *store.Publication, again string) ([]store.Job, error) {
	held, err := e.store.Waiting(ctx, acc.Name, p.Name)
	if err != nil {
		return nil, fmt.Errorf("count who is in flow %s: %w", p.Name, err)
	}
	if len(held) == 0 {
		return nil, nil
	}
	now := store.Stamp(e.now())
	args, err := encode(publishArgs{From: now})
	if err != nil {
		return nil, err
	}
	job, err := choreJob(acc.Name, publicationCause(p)+again, now, chore{Name: publishChore, Flow: p.Name, No: p.No, Args: args})
	return []store.Job{job}, err
}

func publicationCause(p *store.Publication) string { return fmt.Sprintf("publish/%s/%d", p.Name, p.No) }

// commitJobs keeps the jobs of a publication or of the end of a pause, which cause names. A cause that was committed before
// adds nothing.
func (e *Engine) commitJobs(ctx context.Context, acc *Account, cause string, jobs []store.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	_, err := e.store.Commit(ctx, store.Change{Fan: store.FanID{Account: acc.Name}, Cause: cause, At: store.Stamp(e.now()), Jobs: jobs})
	if err != nil {
		return fmt.Errorf("set the jobs of %s: %w", cause, err)
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}

// follow sets the jobs of a publication, and notes that they are set: the one that brings the fans over, the one that closes the
// flow's window, and those of its triggers by time.
func (e *Engine) follow(ctx context.Context, acc *Account, p *store.Publication) error {
	ed, err := e.current(ctx, acc.Name) // first of all: who is decided on now, and missed by the job, finds it at their commit
	if err != nil {
		return err
	}
	jobs, err := e.fansJob(ctx, acc, p, "")
	if err != nil {
		return err
	}
	if now := ed.ByName[p.Name]; now != nil {
		closing, err := e.closeJobs(acc, now)
		if err != nil {
			return err
		}
		ticks, err := e.tickJobs(acc, now, e.now())
		if err != nil {
			return err
		}
		jobs = slices.Concat(jobs, closing, ticks)
	}
	if err := e.commitJobs(ctx, acc, publicationCause(p), jobs); err != nil {
		return err
	}
	if err := e.store.SetSetting(ctx, followedSetting(p.ScriptID), []byte(strconv.Itoa(p.No))); err != nil {
		return fmt.Errorf("note that publication %d of flow %s is followed: %w", p.No, p.Name, err)
	}
	return nil
}

// goOn sets the job that lets the timers of a flow that was paused go on; again is what resuming noted.
func (e *Engine) goOn(ctx context.Context, acc *Account, p *store.Publication, again string) error {
	if _, err := e.current(ctx, acc.Name); err != nil { // as in follow
		return err
	}
	jobs, err := e.fansJob(ctx, acc, p, again)
	if err != nil {
		return err
	}
	if err := e.commitJobs(ctx, acc, publicationCause(p)+again, jobs); err != nil {
		return err
	}
	if err := e.store.SetSetting(ctx, resumingSetting(p.ScriptID), nil); err != nil {
		return fmt.Errorf("note that flow %s goes on: %w", p.Name, err)
	}
	return nil
}

// resuming notes that the pause of a flow is about to end, so that a start after a crash knows that its timers must go on.
func (e *Engine) resuming(ctx context.Context, id store.ScriptID) (again string, err error) {
	again = fmt.Sprintf("@%d", e.now().UnixMilli())
	if err := e.store.SetSetting(ctx, resumingSetting(id), []byte(again)); err != nil {
		return "", fmt.Errorf("note that flow %s shall go on: %w", id.Name, err)
	}
	return again, nil
}

func resumingSetting(id store.ScriptID) string {
	return fmt.Sprintf("flows/resuming/%s/%s", id.Account, id.Name)
}

// followedSetting keeps the number of the last publication whose jobs were set.
func followedSetting(id store.ScriptID) string {
	return fmt.Sprintf("flows/followed/%s/%s", id.Account, id.Name)
}

// followUp sets the jobs of publications, and of ends of pauses, that a crash left without: what is published and what was followed
// are compared. Where only the note is missing the job runs once more and finds all fans there.
func (e *Engine) followUp(ctx context.Context) error {
	catalog, err := e.store.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("read the catalog: %w", err)
	}
	followed, err := e.store.Settings(ctx, "flows/followed/")
	if err != nil {
		return fmt.Errorf("read which publications were followed: %w", err)
	}
	resumed, err := e.store.Settings(ctx, "flows/resuming/")
	if err != nil {
		return fmt.Errorf("read which flows were to go on: %w", err)
	}
	for i := range catalog.Publications {
		p := &catalog.Publications[i]
		acc := e.accounts[p.Account]
		if p.Kind != store.KindFlow || acc == nil {
			continue
		}
		if string(followed[followedSetting(p.ScriptID)]) != strconv.Itoa(p.No) {
			if err := e.follow(ctx, acc, p); err != nil {
				return err
			}
		}
		if again, ok := resumed[resumingSetting(p.ScriptID)]; ok && !p.Paused {
			if err := e.goOn(ctx, acc, p, string(again)); err != nil {
				return err
			}
		}
	}
	return nil
}
