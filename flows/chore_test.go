package flows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/mem"
)

// poisoned fails, or panics, whenever one fan is to be changed by a publication.
type poisoned struct {
	store.Store
	fan    string
	panics bool
	lists  int
}

func (s *poisoned) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if c.Fan.OpenID == s.fan && strings.Contains(c.Cause, "-pub-") {
		if s.panics {
			panic("what nobody has thought of")
		}
		return store.Receipt{}, errors.New("the page of this fan cannot be read")
	}
	return s.Store.Commit(ctx, c)
}

func (s *poisoned) List(ctx context.Context, account string, f store.FanFilter, cursor string, limit int) ([]store.Fan, string, error) {
	if limit == 500 {
		s.lists++
	}
	return s.Store.List(ctx, account, f, cursor, limit)
}

// TestAFanWhoFailsHoldsUpNoChore: "One bad script never delays or harms another fan" holds for what goes through all fans, too: one
// for whom it fails again and again is passed over, and a panic does not end the service.
func TestAFanWhoFailsHoldsUpNoChore(t *testing.T) {
	for _, panics := range []bool{false, true} {
		t.Run(fmt.Sprintf("panics %t", panics), func(t *testing.T) {
			w := newWorldOn(t, &poisoned{Store: mem.New(), fan: "ben", panics: panics})
			w.flow(version("one", `after = { ["3d"] = { message = "three" } } }`))
			for _, fan := range []string{"ann", "ben", "cid"} {
				w.text(fan, "in")
			}
			w.flow(version("two", `after = { ["2d"] = { message = "two" } } }`))
			w.advance(time.Hour)
			for fan, want := range map[string]int{"ann": 2, "ben": 1, "cid": 2} {
				f := w.fan(fan)
				expect(t, "version of "+fan, f.Enrolled("v").Version, want)
			}
			jobs, _, err := w.store.Jobs(t.Context(), account, store.JobFilter{Kind: "chore"}, "", 0)
			if err != nil || len(jobs) != 0 {
				t.Errorf("chores %+v, %v; want none", jobs, err)
			}
		})
	}
}

// TestAChoreThatIsOvertakenEnds: the job of a publication that is not the last one any more does not go through all fans.
func TestAChoreThatIsOvertakenEnds(t *testing.T) {
	s := &poisoned{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(version("one", `}`))
	for i := range 1200 {
		w.text(manyFan(i), "in")
	}
	w.flow(version("two", `}`))
	w.flow(version("three", `}`))
	w.settle()
	expect(t, "pages read", s.lists, 1+3)
	f := w.fan(manyFan(1199))
	expect(t, "version", f.Enrolled("v").Version, 3)
}

// crashing loses the place of a chore once, as a crash does that comes after a page and before its commit.
type crashing struct {
	store.Store
	crashed bool
}

func (s *crashing) Commit(ctx context.Context, c store.Change) (store.Receipt, error) {
	if !s.crashed && c.Fan.OpenID == "" && strings.HasPrefix(c.Cause, "publish/") && len(c.Done) == 1 {
		s.crashed = true
		return store.Receipt{}, errors.New("the power is gone")
	}
	return s.Store.Commit(ctx, c)
}

// TestAPageThatIsDoneAgain: after a crash a page of a chore comes again. Nobody is passed over, and nothing is done to a fan twice.
func TestAPageThatIsDoneAgain(t *testing.T) {
	s := &crashing{Store: mem.New()}
	w := newWorldOn(t, s)
	w.flow(version("one", `after = { ["3d"] = { message = "three" } } }`))
	for i := range 700 {
		w.text(manyFan(i), "in")
	}
	w.set(w.clock().Add(day))
	w.flow(version("two", `after = { ["12h"] = { message = "half" } } }`)) // overdue for all
	w.advance(time.Hour)
	expect(t, "crashed", s.crashed, true)
	for i := range 700 {
		f := w.fan(manyFan(i))
		expect(t, "version", f.Enrolled("v").Version, 2)
		expect(t, "brought over", len(w.rows(manyFan(i), store.Versioned)), 1)
	}
	expect(t, "said", len(w.sent), 700)
}
