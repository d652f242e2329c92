package flows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fanflow/store"
)

// retainChore lets go of rows that are older than an account keeps them, every night.
const retainChore = "retain"

// retainAt is when it begins, in the account's zone: hours and minutes.
const retainHour, retainMinute = 3, 30

// Retain sees that the nightly chore of every account that keeps its journals for a time is in the queue. A service calls it
// once it runs; calling it again changes nothing. Fans stay as they are: what their old rows came to is kept, and a replay starts
// from there. An account whose setting was taken away keeps everything from then on.
func (e *Engine) Retain(ctx context.Context) error {
	now := store.Stamp(e.now())
	for _, name := range sortedKeys(e.accounts) {
		acc := e.accounts[name]
		if acc.Journal <= 0 {
			continue
		}
		job, err := e.retainJob(acc, now)
		if err != nil {
			return err
		}
		_, err = e.store.Commit(ctx, store.Change{
			Fan: store.FanID{Account: name}, Cause: fmt.Sprintf("%08x-%s", uint32(now.Unix()), retainChore), At: now, Jobs: []store.Job{job},
		})
		if err != nil {
			return fmt.Errorf("schedule the trimming of journals of account %s: %w", name, err)
		}
	}
	return nil
}

// retainJob is the chore of the next night.
func (e *Engine) retainJob(acc *Account, now time.Time) (store.Job, error) {
	local := now.In(acc.Location)
	due := time.Date(local.Year(), local.Month(), local.Day(), retainHour, retainMinute, 0, 0, acc.Location)
	if !due.After(now) {
		due = time.Date(local.Year(), local.Month(), local.Day()+1, retainHour, retainMinute, 0, 0, acc.Location)
	}
	return choreJob(acc.Name, retainChore, due, chore{Name: retainChore})
}

// retainDo says what the chore does.
func (e *Engine) retainDo() choreDo {
	return choreDo{
		filter: func(*chore) store.FanFilter { return store.FanFilter{} },
		page: func(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error {
			if c.over = acc.Journal <= 0; c.over {
				return nil
			}
			cut := e.now().Add(-acc.Journal)
			return e.eachFan(ctx, c, fans, func(ctx context.Context, f *store.Fan) error { return e.trim(ctx, f.ID, cut) })
		},
		after: func(_ context.Context, acc *Account, _ *chore) ([]store.Job, error) {
			if acc.Journal <= 0 {
				return nil, nil
			}
			j, err := e.retainJob(acc, e.now())
			return []store.Job{j}, err
		},
	}
}

// trim lets go of the fan's rows from before a time, whole Changes only. A journal that cannot be folded is left alone, so that
// it can be looked into.
func (e *Engine) trim(ctx context.Context, fan store.FanID, before time.Time) error {
	base, err := e.store.Base(ctx, fan)
	if err != nil {
		return fmt.Errorf("load the base of fan %s: %w", fan, err)
	}
	oldest, _, err := e.store.Journal(ctx, fan, base.Seq, 1)
	if err != nil {
		return fmt.Errorf("read the journal of fan %s: %w", fan, err)
	}
	if len(oldest) == 0 || !oldest[0].At.Before(before) {
		return nil
	}
	from := base.Seq
	err = e.steps(ctx, fan, from, func(rows []store.Row) (bool, error) {
		if !rows[len(rows)-1].At.Before(before) {
			return false, nil
		}
		return true, fold(&base, rows)
	})
	if errors.Is(err, errBroken) {
		e.logger.ErrorContext(ctx, "a journal is not trimmed", "fan", fan.String(), "err", err)
		return nil
	}
	if err != nil || base.Seq == from {
		return err
	}
	err = e.store.Trim(ctx, base)
	if errors.Is(err, store.ErrConflict) { // the fan was erased meanwhile: their base is the tombstone
		return nil
	}
	if err != nil {
		return fmt.Errorf("trim the journal of fan %s: %w", fan, err)
	}
	return nil
}
