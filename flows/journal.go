package flows

import (
	"context"
	"errors"
	"fmt"

	"fanflow/store"
)

// journalPage is how many rows are read at a time.
const journalPage = 1000

// steps visits a fan's journal after a number, oldest first, the rows of one Change at a time: those of one revision, or, in rows
// that an older format wrote without it, of one cause at one time. It ends early when visit says so.
func (e *Engine) steps(ctx context.Context, fan store.FanID, after uint64, visit func(rows []store.Row) (more bool, err error)) error {
	var rows []store.Row
	for next := after; ; {
		page, last, err := e.store.Journal(ctx, fan, next, journalPage)
		if err != nil {
			return fmt.Errorf("read the journal of fan %s: %w", fan, err)
		}
		rows = append(rows, page...)
		for {
			n := changeOf(rows)
			if n == 0 || n == len(rows) && last != 0 { // the rest may stand on the next page
				break
			}
			if more, err := visit(rows[:n:n]); err != nil || !more {
				return err
			}
			rows = rows[n:]
		}
		if last == 0 {
			return nil
		}
		next = last
	}
}

// changeOf is how many rows at the beginning are of one Change.
func changeOf(rows []store.Row) int {
	for i := range rows {
		r, first := &rows[i], &rows[0]
		if r.Rev != first.Rev || r.Rev == 0 && (r.Cause != first.Cause || !r.At.Equal(first.At)) {
			return i
		}
	}
	return len(rows)
}

// errBroken begins what is said of a journal that cannot be what the store wrote.
var errBroken = errors.New("the journal is damaged")

// fold plays the rows of one Change on the fan.
func fold(f *store.Fan, rows []store.Row) error {
	first := &rows[0]
	for i := range rows {
		if want := f.Seq + 1 + uint64(i); rows[i].Seq != want {
			return fmt.Errorf("%w: row %d stands where row %d should", errBroken, rows[i].Seq, want)
		}
	}
	before := *f
	if first.Rev > 0 { // Changes without entries have moved the revision alone
		if first.Rev < f.Rev {
			return fmt.Errorf("%w: row %d is of revision %d, after %d", errBroken, first.Seq, first.Rev, f.Rev)
		}
		before.Rev = first.Rev - 1
	}
	c := store.Change{Fan: f.ID, Cause: first.Cause, At: first.At}
	for i := range rows {
		c.Entries = append(c.Entries, rows[i].Entry)
	}
	a, err := store.Apply(before, c)
	if err != nil {
		return fmt.Errorf("%w: row %d: %w", errBroken, first.Seq, err)
	}
	*f = a.Fan
	return nil
}
