package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"fanflow/store"
)

// testConcurrency: fans do not stand in each other's way, and one fan's Changes are ordered by revision.
func testConcurrency(t *testing.T, c Config) {
	t.Run("many fans", func(t *testing.T) {
		b := open(t, c)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				fan := store.FanID{Account: "shop", OpenID: fmt.Sprintf("fan-%02d", i)}
				for n := range 5 {
					ch := store.Change{Fan: fan, Base: uint64(n), Cause: fmt.Sprint(n), At: at, Entries: []store.Entry{{Kind: store.Heard, Text: fmt.Sprint(n)}}}
					if r, err := b.Commit(ctx, ch); err != nil || r.Rev != uint64(n+1) {
						t.Errorf("%s: %+v, %v", fan, r, err)
					}
				}
			})
		}
		wg.Wait()
		same(t, "totals", value(b.Totals(ctx, "shop"))(t, "totals"), store.Totals{Fans: 64})
	})
	t.Run("one fan", func(t *testing.T) {
		b := open(t, c)
		const writers, each = 8, 10
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for n := range each {
					ch := store.Change{Fan: ann, Cause: fmt.Sprintf("%d-%d", w, n), At: at, Entries: []store.Entry{{Kind: store.Heard}}}
					for {
						snap, err := b.Load(ctx, ann, ch.Cause)
						if err != nil {
							t.Error(err)
							return
						}
						ch.Base = snap.Fan.Rev
						if _, err = b.Commit(ctx, ch); err == nil {
							break
						}
						if !errors.Is(err, store.ErrConflict) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		rows := b.rows(ann)
		if f := b.fan(ann); f.Rev != writers*each || len(rows) != writers*each {
			t.Fatalf("revision %d, %d rows", f.Rev, len(rows))
		}
	})
	t.Run("one cause", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		var wg sync.WaitGroup
		var mu sync.Mutex
		first := 0
		for range 16 {
			wg.Go(func() {
				r, err := b.Commit(ctx, ch)
				if err != nil || r.Rev != 1 {
					t.Errorf("%+v, %v", r, err)
				}
				mu.Lock()
				defer mu.Unlock()
				if !r.Replayed {
					first++
				}
			})
		}
		wg.Wait()
		if first != 1 {
			t.Fatalf("%d of 16 were told to be the first", first)
		}
	})
}

// testLife: sweeping, stopping and starting again.
func testLife(t *testing.T, c Config) {
	t.Run("sweep", func(t *testing.T) {
		b := open(t, c)
		for i, cause := range []string{"6f000000/old", "hook/old", "6f000000/young", "hook/young"} {
			ch := b.change(ann, store.Entry{Kind: store.Heard})
			ch.Cause = cause
			ch.At = at.Add(time.Duration(i/2) * time.Second)
			b.commit(ch)
		}
		for _, want := range []int{2, 0} {
			if n := value(b.Sweep(ctx, at.Add(24*time.Hour+time.Millisecond)))(t, "sweep"); n != want {
				t.Fatalf("%d receipts swept; want %d", n, want)
			}
		}
		for cause, there := range map[string]bool{"6f000000/old": false, "hook/old": false, "6f000000/young": true, "hook/young": true} {
			if r := b.load(ann, cause).Receipt; (r != nil) != there {
				t.Errorf("receipt of %s: %+v", cause, r)
			}
		}
	})
	t.Run("sweep keeps what is to be kept longer", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		ch.Keep, ch.Receipt = 7*24*time.Hour, raw("kept")
		b.commit(ch)
		same(t, "receipts kept for a day", value(b.Receipts(ctx, at, at.Add(30*24*time.Hour)))(t, "receipts"), []store.Given(nil))
		for _, tc := range []struct {
			after time.Duration
			swept int
		}{{25 * time.Hour, 0}, {7 * 24 * time.Hour, 0}, {7*24*time.Hour + time.Millisecond, 1}} {
			if n := value(b.Sweep(ctx, at.Add(tc.after)))(t, "sweep"); n != tc.swept {
				t.Errorf("%d receipts swept after %s; want %d", n, tc.after, tc.swept)
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		b := open(t, c)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := b.Load(gone, ann, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("load: %v", err)
		}
		if _, err := b.Lease(gone, store.LeaseQuery{Now: at}); !errors.Is(err, context.Canceled) {
			t.Errorf("lease: %v", err)
		}
		ch := b.change(ann, store.Entry{Kind: store.Heard})
		if _, err := b.Commit(gone, ch); !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
	})
	t.Run("close", func(t *testing.T) { closing(t, open(t, c)) })
	t.Run("closed while committing", func(t *testing.T) { closeTogether(t, open(t, c), c) })
}

func closing(t *testing.T, b *bench) {
	ch := b.change(ann, store.Entry{Kind: store.Heard})
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	for name, err := range map[string]error{
		"commit":  second(b.Commit(ctx, ch)),
		"load":    second(b.Load(ctx, ann, "")),
		"lease":   second(b.Lease(ctx, store.LeaseQuery{Now: at})),
		"due":     second(b.NextDue(ctx)),
		"catalog": second(b.Catalog(ctx)),
		"push":    second(b.Push(ctx, store.Script{ScriptID: coupon, Source: "x"})),
		"publish": second(b.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1})),
		"setting": second(b.Setting(ctx, "x")),
		"set":     b.SetSetting(ctx, "x", []byte("x")),
		"sweep":   second(b.Sweep(ctx, at)),
		"base":    second(b.Base(ctx, ann)),
		"trim":    b.Trim(ctx, store.Fan{ID: ann}),
		"release": b.Release(ctx, "shop", "x"),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// closeTogether closes under 32 writers: each Change is answered, and answered ones are there afterwards.
func closeTogether(t *testing.T, b *bench, c Config) {
	var wg sync.WaitGroup
	revs := make([]uint64, 32)
	started := make(chan struct{}, len(revs))
	for i := range revs {
		wg.Go(func() {
			fan := store.FanID{Account: "shop", OpenID: fmt.Sprintf("fan-%02d", i)}
			for n := 0; ; n++ {
				r, err := b.Commit(ctx, store.Change{Fan: fan, Base: revs[i], Cause: fmt.Sprint(n), At: at, Entries: []store.Entry{{Kind: store.Heard}}})
				if n == 0 {
					started <- struct{}{}
				}
				if errors.Is(err, store.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("%s: %v", fan, err)
					return
				}
				revs[i] = r.Rev
			}
		})
	}
	for range revs {
		<-started
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if c.Reopen == nil {
		return
	}
	b.Store = c.Reopen(t, b.Store)
	for i, rev := range revs {
		if f := b.fan(store.FanID{Account: "shop", OpenID: fmt.Sprintf("fan-%02d", i)}); f.Rev != rev {
			t.Errorf("%s has revision %d; %d was answered", f.ID, f.Rev, rev)
		}
	}
}
