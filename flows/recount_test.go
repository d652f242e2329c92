package flows_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
)

// recounted scans the journals and expects that the counters say the same.
func (w *world) recounted(flow string) *flows.Recount {
	w.t.Helper()
	r, err := w.engine.Recount(w.t.Context(), account, flow)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range r.Differences {
		w.t.Errorf("flow %s: %s", flow, d)
	}
	return r
}

// TestRecount: counters are kept at commit; a scan of the journal gives the same numbers, exactly ("Funnel").
func TestRecount(t *testing.T) {
	w := sales(t)
	r := w.recounted("sale")
	expect(t, "fans", fmt.Sprintln(r.Fans, r.Unknown, len(r.Partial)), "4 0 0\n")
	if _, err := w.engine.Recount(t.Context(), "nobody", "sale"); err == nil {
		t.Error("an account that is not there is recounted")
	}
}

// TestRecountAfterManyPaths: fans who take ways at random through versions that rename, add and remove steps.
func TestRecountAfterManyPaths(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(3, 9))
	versions := []string{`"offer", "bought"`, `"offer", "asked", "bought"`, `"asked", "offer", "bought"`, `"bought"`}
	for round := range 12 {
		source := strings.Replace(fmt.Sprintf(sale, `variants = { price = { low = 1, high = 2 } },`), `"offer", "bought"`, versions[r.IntN(len(versions))], 1)
		w.flow(strings.Replace(source, `"2h"`, fmt.Sprintf("%q", fmt.Sprint(2+round, "h")), 1))
		for range 60 {
			fan := fmt.Sprint("fan", r.IntN(15))
			switch r.IntN(8) {
			case 0:
				w.scan(fan, fmt.Sprint("door-", r.IntN(3)))
			case 1:
				w.advance(time.Duration(r.IntN(60)) * time.Minute)
			default:
				w.text(fan, []string{"in", "ask", "buy", "no"}[r.IntN(4)])
			}
		}
		if fan := (store.FanID{Account: account, OpenID: fmt.Sprint("fan", r.IntN(15))}); w.fan(fan.OpenID).Rev > 0 {
			if err := w.engine.Tag(t.Context(), fan, []string{fmt.Sprint("t", r.IntN(4))}, nil, "test"); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.recounted("sale")
	f, _ := w.divided("sale", "", "", "")
	for _, s := range f.Steps {
		if s.Completed+s.Dropped > s.Entered {
			t.Errorf("step %+v: more came out than went in", s)
		}
	}
}

// TestRecountOfErasedAndTrimmedFans: counters outlive the fan; days whose rows are gone are named and not compared.
func TestRecountOfErasedAndTrimmedFans(t *testing.T) {
	w := sales(t)
	erase := func(fan string) {
		t.Helper()
		f := w.fan(fan)
		_, err := w.store.Commit(t.Context(), store.Change{
			Fan: f.ID, Base: f.Rev, Cause: "erase/" + fan, At: w.clock(), Entries: []store.Entry{{Kind: store.Erased}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	erase("ann")
	expect(t, "an erased fan's journal is read", w.recounted("sale").Fans, 4)
	if err := w.store.Trim(t.Context(), w.fan("dan")); err != nil {
		t.Fatal(err)
	}
	r := w.recounted("sale")
	expect(t, "partial", strings.Join(r.Partial, ","), "2026-11-04")
	base, err := w.store.Base(t.Context(), store.FanID{Account: account, OpenID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Trim(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	r, err = w.engine.Recount(t.Context(), account, "sale")
	if err != nil {
		t.Fatal(err)
	}
	if r.Unknown != 1 || len(r.Differences) == 0 {
		t.Errorf("of an erased fan whose rows are gone: %d unknown, %d differences", r.Unknown, len(r.Differences))
	}
}

// miscounting is a store whose counters are off by one.
type miscounting struct {
	store.Store
	cohorts bool
}

func (m miscounting) Counts(ctx context.Context, account, flow, from, to string) ([]store.Count, error) {
	list, err := m.Store.Counts(ctx, account, flow, from, to)
	if !m.cohorts {
		list[1].Entered++
	}
	return list, err
}

func (m miscounting) Cohorts(ctx context.Context, account, flow string, q store.CohortQuery, cursor string, limit int) ([]store.CohortCount, string, error) {
	list, next, err := m.Store.Cohorts(ctx, account, flow, q, cursor, limit)
	if m.cohorts && q.Tags {
		list = list[1:]
	}
	return list, next, err
}

func TestRecountFindsDifferences(t *testing.T) {
	for _, cohorts := range []bool{false, true} {
		w := newWorldOn(t, miscounting{mem.New(), cohorts})
		w.flow(fmt.Sprintf(sale, ""))
		w.subscribe("fan", "")
		if err := w.engine.Tag(t.Context(), store.FanID{Account: account, OpenID: "fan"}, []string{"vip"}, nil, "test"); err != nil {
			t.Fatal(err)
		}
		w.text("fan", "in")
		r, err := w.engine.Recount(t.Context(), account, "sale")
		if err != nil {
			t.Fatal(err)
		}
		want := `day 2026-11-02, state "offer", goal "", cohort : counted 2 entered, 0 completed, 0 dropped; the journals say 1, 0, 0`
		if cohorts {
			want = `day 2026-11-02, state "", goal "", cohort vip: counted 0 entered, 0 completed, 0 dropped; the journals say 1, 0, 0`
		}
		if len(r.Differences) != 1 || r.Differences[0].String() != want {
			t.Errorf("differences %v; want %s", r.Differences, want)
		}
	}
}
