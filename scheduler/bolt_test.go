package scheduler_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fanflow/scheduler"
	"fanflow/store"
	"fanflow/store/bolt"
)

// A process is stopped in the middle of its work, a second one on the same file does the rest: every job once, in each fan's
// order.
func TestTwoProcessesOneAfterTheOther(t *testing.T) {
	const fans, each = 20, 15
	file := filepath.Join(t.TempDir(), "fanflow.db")
	now := time.Now
	var mu sync.Mutex
	did := map[string][]int{}
	total := 0

	run := func(until int) {
		st, err := bolt.Open(file, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := scheduler.New(scheduler.Config{Store: st, Now: now, Parallel: 8, Workers: map[string]scheduler.Worker{
			"note": func(ctx context.Context, j store.Job) error {
				mu.Lock()
				did[j.OpenID] = append(did[j.OpenID], j.No)
				if total++; total == until {
					cancel()
				}
				mu.Unlock()
				_, err := st.Commit(ctx, store.Change{Fan: j.Fan(), Base: store.AnyRev, Cause: j.ID, At: now(), Done: []string{j.ID}})
				return err
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if until < fans*each { // the first process orders the work
			var jobs []store.Job
			due := now()
			for i := range fans * each {
				jobs = append(jobs, store.Job{
					ID: fmt.Sprintf("j%04d", i), Account: "shop", OpenID: fmt.Sprint("fan", i%fans), Kind: "note", No: i / fans, Due: due,
				})
			}
			if _, err := st.Commit(ctx, store.Change{Fan: store.FanID{Account: "shop"}, Base: store.AnyRev, Cause: "all", At: due, Jobs: jobs}); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	run(100)
	if total >= fans*each {
		t.Fatalf("the first process did all %d jobs", total)
	}
	run(fans * each)
	for i := range fans {
		got := did[fmt.Sprint("fan", i)]
		if len(got) != each {
			t.Fatalf("fan%d: %v, want each of %d jobs once", i, got, each)
		}
		for n := range got {
			if got[n] != n {
				t.Fatalf("fan%d: %v, want them in order", i, got)
			}
		}
	}
}
