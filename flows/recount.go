package flows

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanflow/store"
)

// Recount is what a scan of all journals says of a flow's counters.
type Recount struct {
	Flow string
	Fans int // whose journals were read, erased ones too
	// Partial are days of entry of which rows were let go: counters of those days cannot be counted again, and are not compared.
	Partial []string
	// Unknown are fans whose journals do not say any more on which days they entered: they may be behind differences.
	Unknown int
	// Differences are the cells of which counters and journals say different things: none, if all is well.
	Differences []Difference
}

// Difference is a cell of the counters that the journals do not bear out.
type Difference struct {
	Cohort, Tag      string // both empty: the flow's own cell
	Day, State, Goal string
	Counted, Folded  store.Count
}

func (d Difference) String() string {
	return fmt.Sprintf("day %s, state %q, goal %q, cohort %s%s: counted %d entered, %d completed, %d dropped; the journals say %d, %d, %d",
		d.Day, d.State, d.Goal, d.Cohort, d.Tag, d.Counted.Entered, d.Counted.Completed, d.Counted.Dropped,
		d.Folded.Entered, d.Folded.Completed, d.Folded.Dropped)
}

// Recount folds the journals of all fans of an account and compares what they come to with the flow's counters: cell by cell, with
// the durations, and those of cohorts and tags. It reads everything and writes nothing. What happens to the flow meanwhile may
// show as a difference. Days that a data file of the first format has counted lack states, goals and cohorts, and differ.
func (e *Engine) Recount(ctx context.Context, account, flow string) (*Recount, error) {
	if _, err := e.account(account); err != nil {
		return nil, err
	}
	counted, err := e.counted(ctx, account, flow)
	if err != nil {
		return nil, err
	}
	r := recounting{Recount: Recount{Flow: flow}, folded: sums{}, partial: map[string]bool{}}
	for cursor := ""; ; {
		fans, next, err := e.store.List(ctx, account, store.FanFilter{Erased: true}, cursor, 1000)
		if err != nil {
			return nil, fmt.Errorf("list the fans of account %s: %w", account, err)
		}
		for i := range fans {
			if err := e.recountFan(ctx, fans[i].ID, &r); err != nil {
				return nil, err
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	r.compare(counted)
	return &r.Recount, nil
}

type recounting struct {
	Recount
	folded  sums
	partial map[string]bool
}

// sums are counters by cell.
type sums map[sumKey]store.Count

type sumKey struct{ day, cohort, tag, state, goal string }

func (s sums) add(cohort, tag string, n store.Count, rough bool) {
	k := sumKey{n.Day, cohort, tag, n.State, n.Goal}
	sum, ok := s[k]
	if !ok {
		sum.Rough = rough
	}
	sum.Add(n)
	s[k] = sum
}

// counted reads all counters of a flow.
func (e *Engine) counted(ctx context.Context, account, flow string) (sums, error) {
	all := sums{}
	counts, err := e.store.Counts(ctx, account, flow, "", "")
	if err != nil {
		return nil, fmt.Errorf("read the counts of flow %s: %w", flow, err)
	}
	for _, n := range counts {
		all.add("", "", n, false)
	}
	for _, tags := range []bool{false, true} {
		for cursor := ""; ; {
			page, next, err := e.store.Cohorts(ctx, account, flow, store.CohortQuery{Tags: tags}, cursor, 1000)
			if err != nil {
				return nil, fmt.Errorf("read the cohorts of flow %s: %w", flow, err)
			}
			for _, n := range page {
				all.add(n.Cohort, n.Tag, n.Count, true)
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return all, nil
}

// recountFan folds one journal.
func (e *Engine) recountFan(ctx context.Context, id store.FanID, r *recounting) error {
	r.Fans++
	changes, whole, err := e.changesOf(ctx, id)
	if err != nil {
		return err
	}
	fan := store.Fan{ID: id}
	if !whole {
		if fan, err = e.startOf(ctx, id, r); err != nil {
			return err
		}
	}
	for _, c := range changes {
		a, err := store.Apply(fan, c)
		if err != nil {
			return fmt.Errorf("fold the journal of %s at %s: %w", id, c.Cause, err)
		}
		fan = a.Fan
		for _, n := range a.Counts {
			if n.Flow != r.Flow {
				continue
			}
			r.folded.add("", "", n.Count, false)
			for _, c := range n.CohortCounts() {
				r.folded.add(c.Cohort, c.Tag, c.Count, true)
			}
		}
	}
	return nil
}

// changesOf reads a fan's journal as the Changes that it came by. whole: nothing of it was let go.
func (e *Engine) changesOf(ctx context.Context, id store.FanID) (changes []store.Change, whole bool, err error) {
	whole = true
	var rev uint64
	for after := uint64(0); ; {
		rows, next, err := e.store.Journal(ctx, id, after, 1000)
		if err != nil {
			return nil, false, fmt.Errorf("read the journal of %s: %w", id, err)
		}
		if after == 0 && (len(rows) == 0 || rows[0].Seq > 1) {
			whole = false
		}
		for _, row := range rows {
			n := len(changes)
			if n == 0 || row.Rev != rev || row.Rev == 0 && row.Cause != changes[n-1].Cause { // rows of the first format have no revision
				changes = append(changes, store.Change{Fan: id, Cause: row.Cause, At: row.At})
			}
			rev = row.Rev
			last := &changes[len(changes)-1]
			last.Entries = append(last.Entries, row.Entry)
		}
		if after = next; next == 0 {
			return changes, whole, nil
		}
	}
}

// startOf gives what a trimmed journal starts from, and notes the days of which something is missing.
func (e *Engine) startOf(ctx context.Context, id store.FanID, r *recounting) (store.Fan, error) {
	base, err := e.store.Base(ctx, id)
	if err != nil {
		return base, fmt.Errorf("read the base of %s: %w", id, err)
	}
	if base.Erased {
		r.Unknown++
	}
	past, err := e.store.Ended(ctx, id)
	if err != nil {
		return base, fmt.Errorf("read what %s has been in: %w", id, err)
	}
	before := base.Past[r.Flow].Count // the last of the enrollments that the base knows
	for _, n := range slices.Concat(base.Live, past) {
		if n.Flow == r.Flow && n.No <= before {
			r.partial[n.Day] = true
		}
	}
	return base, nil
}

// compare notes what the counters and the journals do not agree on.
func (r *recounting) compare(counted sums) {
	r.Partial = slices.Sorted(maps.Keys(r.partial))
	keys := maps.Clone(counted)
	maps.Copy(keys, r.folded)
	for k := range keys {
		is, should := counted[k], r.folded[k]
		if r.partial[k.day] || sameCount(is, should) {
			continue
		}
		r.Differences = append(r.Differences, Difference{
			Cohort: k.cohort, Tag: k.tag, Day: k.day, State: k.state, Goal: k.goal, Counted: is, Folded: should,
		})
	}
	slices.SortFunc(r.Differences, func(a, b Difference) int { return strings.Compare(a.String(), b.String()) })
}

func sameCount(a, b store.Count) bool {
	return a.Entered == b.Entered && a.Completed == b.Completed && a.Dropped == b.Dropped && a.Coarse == b.Coarse && a.Rough == b.Rough &&
		maps.Equal(a.Took, b.Took) && maps.Equal(a.Stay, b.Stay)
}
