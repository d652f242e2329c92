package flows

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"fanflow/store"
)

// resumePace is the time between two timers that fire again when their flow is published or goes on.
const resumePace = 20 * time.Millisecond

// resumeBatch is how many timers one Change resumes.
const resumeBatch = 100

// resume lets the parked and held timers of a flow fire again. Those of a wait that is over are found stale as they fire.
func (e *Engine) resume(ctx context.Context, id store.ScriptID) error {
	var waiting []store.Job
	for cursor := ""; ; {
		jobs, next, err := e.store.Jobs(ctx, id.Account, store.JobFilter{Kind: "timer", Flow: id.Name}, cursor, 1000)
		if err != nil {
			return fmt.Errorf("list the timers of flow %s: %w", id.Name, err)
		}
		for _, j := range jobs {
			if j.Parked || j.Why == heldWhy {
				waiting = append(waiting, j)
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	due := store.Stamp(e.now())
	for len(waiting) > 0 {
		batch := waiting[:min(resumeBatch, len(waiting))]
		waiting = waiting[len(batch):]
		c := store.Change{
			Fan: store.FanID{Account: id.Account}, Cause: "resume/" + id.Name + "/" + rand.Text(), At: e.now(),
		}
		for _, j := range batch {
			c.Snooze = append(c.Snooze, store.Snooze{Job: j.ID, Due: due})
			due = due.Add(resumePace)
		}
		if _, err := e.store.Commit(ctx, c); err != nil {
			return fmt.Errorf("resume the timers of flow %s: %w", id.Name, err)
		}
	}
	if e.poke != nil {
		e.poke()
	}
	return nil
}
