package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"fanflow/store"
)

// choreKind is the kind of the jobs that go through an account's fans.
const choreKind = "chore"

// chorePageSize is how many fans a chore looks at between two commits of its place.
const chorePageSize = 500

// choreWorkers is how many fans of a page are worked on at a time: enough to fill a group commit, few beside the pushes.
const choreWorkers = 8

// chore is work on many fans, page by page. Its job carries it on from one Change to the next, so that a crash repeats a page
// at most; what it does to a fan must therefore be the same when it is done again.
type chore struct {
	Name   string          `json:"name"` // what it is, key of chores
	Flow   string          `json:"flow,omitempty"`
	No     int             `json:"no,omitempty"`     // of the publication
	Cursor string          `json:"cursor,omitempty"` // where the next page begins; empty at the start
	Seen   int64           `json:"seen,omitempty"`   // fans so far
	Args   json.RawMessage `json:"args,omitempty"`

	tries int  // how often the page has failed
	over  bool // the rest is not worth looking at
}

// choreTries is how often a page is tried for the sake of a fan for whom it fails. Then it goes on without them.
const choreTries = 5

// choreDo says what a chore does.
type choreDo struct {
	filter func(c *chore) store.FanFilter // whom it looks at
	page   chorePage
	// after gives the jobs that follow the last page; nil: none.
	after func(ctx context.Context, acc *Account, c *chore) ([]store.Job, error)
}

// chorePage works on one page of fans. It may change c, which is kept, and set over, which ends the chore with this page.
type chorePage func(ctx context.Context, acc *Account, c *chore, fans []store.Fan) error

// chores are all chores by name; a new one is a line here.
func (e *Engine) chores() map[string]choreDo {
	return map[string]choreDo{
		publishChore: e.publishChore(),
		closeChore:   e.closeChoreDo(),
		tickChore:    e.tickDo(),
		retainChore:  e.retainDo(),
	}
}

// choreJob makes the job that begins or goes on with a chore. The id says which chore it is: there is one of a kind.
func choreJob(account, id string, due time.Time, c chore) (store.Job, error) {
	args, err := encode(c)
	if err != nil {
		return store.Job{}, fmt.Errorf("encode chore %s: %w", id, err)
	}
	return store.Job{ID: id, Account: account, Kind: choreKind, Due: store.Stamp(due), Flow: c.Flow, Name: c.Name, Args: args}, nil
}

// chore works on the next page of a chore and keeps its place.
func (e *Engine) chore(ctx context.Context, acc *Account, job store.Job) error {
	var c chore
	if err := json.Unmarshal(job.Args, &c); err != nil {
		return fmt.Errorf("read chore %s: %w", job.ID, err)
	}
	do, ok := e.chores()[c.Name]
	if !ok {
		return fmt.Errorf("chore %s: there is no chore %q", job.ID, c.Name)
	}
	fans, next, err := e.store.List(ctx, acc.Name, do.filter(&c), c.Cursor, chorePageSize)
	if err != nil {
		return fmt.Errorf("list the fans of chore %s: %w", job.ID, err)
	}
	from := c.Cursor
	c.tries = job.Attempt
	if err := do.page(ctx, acc, &c, fans); err != nil {
		return fmt.Errorf("chore %s from %q: %w", job.ID, from, err)
	}
	if c.over {
		next = ""
	}
	c.Cursor, c.Seen = next, c.Seen+int64(len(fans))
	var follow []store.Job
	if next != "" {
		j, err := choreJob(acc.Name, job.ID, job.Due, c)
		if err != nil {
			return err
		}
		follow = append(follow, j)
	} else if do.after != nil {
		if follow, err = do.after(ctx, acc, &c); err != nil {
			return err
		}
	}
	_, err = e.store.Commit(ctx, store.Change{
		Fan: store.FanID{Account: acc.Name}, Cause: job.ID, At: store.Stamp(e.now()), Done: []string{job.ID}, Jobs: follow,
	})
	if err != nil && !errors.Is(err, store.ErrGone) {
		return fmt.Errorf("keep the place of chore %s: %w", job.ID, err)
	}
	if len(follow) > 0 && e.poke != nil {
		e.poke()
	}
	return nil
}

// eachFan does something to every fan of a page, several at a time, and gives the first error. A fan for whom it has failed too
// often does not hold up the others any more.
func (e *Engine) eachFan(ctx context.Context, c *chore, fans []store.Fan, do func(context.Context, *store.Fan) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan *store.Fan)
	var workers sync.WaitGroup
	for range choreWorkers {
		workers.Go(func() {
			for f := range work {
				err := safely(func() error { return do(ctx, f) })
				switch {
				case err == nil:
				case c.tries >= choreTries && ctx.Err() == nil && !errors.Is(err, store.ErrClosed):
					e.logger.ErrorContext(ctx, "a fan is passed over", "fan", f.ID.String(), "chore", c.Name, "flow", c.Flow, "tries", c.tries, "err", err)
				default:
					stop(fmt.Errorf("fan %s: %w", f.ID, err))
				}
			}
		})
	}
	for i := range fans {
		select {
		case work <- &fans[i]:
		case <-ctx.Done():
		}
	}
	close(work)
	workers.Wait()
	return context.Cause(ctx)
}

// safely makes an error of a panic: in a goroutine of its own it would end the service.
func safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a panic: %v\n%s", v, debug.Stack())
		}
	}()
	return do()
}
