package bolt_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/store"
	"fanflow/store/bolt"
)

const benchFans = 100_000

// filled gives a data file of 100,000 fans in a flow, each with a timer. It takes some seconds.
func filled(b *testing.B) *bolt.Store {
	b.Helper()
	s := opened(b, filepath.Join(b.TempDir(), "fanflow.db"))
	spread(b, 1000, benchFans, func(n int) error {
		fan := benchFan(n)
		c := store.Change{
			Fan: fan, Cause: fmt.Sprintf("%08x/%d", 1_800_000_000, n), At: time.Unix(1_800_000_000, 0),
			Entries: []store.Entry{
				{Kind: store.Subscribed, Name: "store-1", Created: time.Unix(1_800_000_000, 0)},
				{Kind: store.Enrolled, Flow: "coupon", No: 1, Version: 1, Name: "subscribe", Day: "2027-01-15"},
				{Kind: store.Entered, Flow: "coupon", No: 1, State: "greet", Step: 1, Fence: 1},
				{Kind: store.AttrSet, Name: "note", Value: []byte(`"likes tea, came by the door of store 12"`)},
			},
			Jobs: []store.Job{timer(fan, fmt.Sprintf("%08x/%d/01", 1_800_000_000, n))},
		}
		_, err := s.Commit(context.Background(), c)
		return err
	})
	return s
}

func benchFan(n int) store.FanID {
	return store.FanID{Account: "shop", OpenID: fmt.Sprintf("o%027d", uint64(n)*0x9e3779b97f4a7c15)}
}

// timer is due at some time within 30 days.
func timer(fan store.FanID, id string) store.Job {
	due := time.Unix(1_800_000_000+rand.Int64N(30*86400), 0)
	return store.Job{ID: id, Account: "shop", OpenID: fan.OpenID, Kind: "timer", Due: due, Fence: 1, Flow: "coupon", No: 1, State: "greet", Name: "1d"}
}

// spread does n things with so many goroutines.
func spread(b *testing.B, goroutines, n int, do func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					b.Error(err)
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// BenchmarkStore measures a message's Load and Commit: four entries, one job added, one counter moved. Compare only within one
// run: the same disk gives figures that differ by a factor of seven minutes later.
func BenchmarkStore(b *testing.B) {
	s := filled(b)
	ctx := context.Background()
	var cause atomic.Int64
	b.Run("load", func(b *testing.B) {
		spread(b, 16, b.N, func(int) error {
			_, err := s.Load(ctx, benchFan(rand.IntN(benchFans)), "never")
			return err
		})
	})
	for _, goroutines := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("commit-%d", goroutines), func(b *testing.B) {
			spread(b, goroutines, b.N, func(int) error {
				n := cause.Add(1)
				c := message(benchFan(int(n)*7919%benchFans), n)
				snap, err := s.Load(ctx, c.Fan, c.Cause)
				if err != nil {
					return err
				}
				c.Base = snap.Fan.Rev
				c.Entries[1].Fence = snap.Fan.Fence + 1
				_, err = s.Commit(ctx, c)
				return err
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

// message is what a decision on a fan's text commits.
func message(fan store.FanID, n int64) store.Change {
	at := time.Unix(1_800_000_000+n/1000, 0)
	cause := fmt.Sprintf("%08x/%d", at.Unix(), n)
	return store.Change{
		Fan: fan, Cause: cause, At: at,
		Entries: []store.Entry{
			{Kind: store.Heard, Name: "text", Text: "1"},
			{Kind: store.Entered, Flow: "coupon", No: 1, State: "coupon", From: "greet", Step: 2},
			{Kind: store.VarSet, Flow: "coupon", No: 1, Name: "code", Value: fmt.Appendf(nil, `"SPRING-%d"`, n)},
			{Kind: store.Replied, Text: "您的券码"},
		},
		Jobs:    []store.Job{timer(fan, cause+"/01")},
		Receipt: []byte(`{"text":"您的券码:SPRING-2026,7 天内到店可用。"}`),
	}
}
