// Package storetest is what every store must pass. One file holds the tests of one promise; [Run] runs them all.
//
// A store package calls it from its own tests:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Config{Open: func(t testing.TB) store.Store { return mem.New() }})
//	}
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fanflow/store"
)

// Config says how to get at the store under test.
type Config struct {
	// Open gives an empty store. Tests run in parallel, each with stores of its own. What it needs is freed by t.Cleanup; closing the store twice must be fine.
	Open func(t testing.TB) store.Store
	// Reopen closes s and opens its data again. It is nil for a store that keeps nothing.
	Reopen func(t testing.TB, s store.Store) store.Store
}

// Run holds a store to the promises of package store.
func Run(t *testing.T, c Config) {
	for _, p := range []struct {
		name string
		test func(*testing.T, Config)
	}{
		{"Commit", testCommit},
		{"Conflict", testConflict},
		{"Replay", testReplay},
		{"Cancels", testCancels},
		{"Claims", testClaims},
		{"Keys", testKeys},
		{"Quotas", testQuotas},
		{"Jobs", testJobs},
		{"Leases", testLeases},
		{"Lists", testLists},
		{"Sends", testSends},
		{"Library", testLibrary},
		{"History", testHistory},
		{"Retention", testRetention},
		{"Settings", testSettings},
		{"Books", testBooks},
		{"Receipts", testReceipts},
		{"Concurrency", testConcurrency},
		{"Life", testLife},
		{"Model", testModel},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(t, c)
		})
	}
}

// at is when the tests play; a Friday evening in Shanghai.
var at = time.Date(2026, 11, 6, 12, 30, 0, 0, time.UTC)

// bench is a store with the calls that a test expects to succeed.
type bench struct {
	testing.TB
	store.Store
	n int // causes given out
}

func open(t testing.TB, c Config) *bench { return &bench{TB: t, Store: c.Open(t)} }

var ctx = context.Background()

// ann is the fan of tests that need only one.
var ann = store.FanID{Account: "shop", OpenID: "ann"}

// change begins a Change with a cause of its own on the fan's current revision.
func (b *bench) change(fan store.FanID, entries ...store.Entry) store.Change {
	b.Helper()
	b.n++
	return store.Change{
		Fan: fan, Base: b.fan(fan).Rev, Cause: fmt.Sprintf("%08x/%d", at.Unix(), b.n), At: at, Entries: entries,
	}
}

func (b *bench) commit(c store.Change) store.Receipt {
	b.Helper()
	r, err := b.Commit(ctx, c)
	if err != nil {
		b.Fatalf("commit %s: %v", c.Cause, err)
	}
	return r
}

// refuse commits what must be refused with an error that matches want.
func (b *bench) refuse(want error, c store.Change) {
	b.Helper()
	if r, err := b.Commit(ctx, c); !errors.Is(err, want) {
		b.Fatalf("commit %s: got %+v, error %v; want error %v", c.Cause, r, err, want)
	}
}

func (b *bench) load(fan store.FanID, cause string) store.Snapshot {
	b.Helper()
	s, err := b.Load(ctx, fan, cause)
	if err != nil {
		b.Fatalf("load %s: %v", fan, err)
	}
	return s
}

func (b *bench) fan(fan store.FanID) store.Fan {
	b.Helper()
	return b.load(fan, "").Fan
}

func (b *bench) key(name string) store.KV {
	b.Helper()
	return value(b.KV(ctx, "shop", name))(b, "read key")
}

// rows reads the whole journal of a fan, two rows a page.
func (b *bench) rows(fan store.FanID) []store.Row {
	b.Helper()
	var all []store.Row
	for after := uint64(0); ; {
		rows, next, err := b.Journal(ctx, fan, after, 2)
		if err != nil {
			b.Fatalf("journal of %s: %v", fan, err)
		}
		all = append(all, rows...)
		if next == 0 {
			return all
		}
		after = next
	}
}

// value unwraps a result of a call that must succeed.
func value[T any](v T, err error) func(t testing.TB, what string) T {
	return func(t testing.TB, what string) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
}

// pages collects a list, a few items a page.
func pages[T any](t testing.TB, size int, list func(cursor string, limit int) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for cursor, n := "", 0; ; n++ {
		items, next, err := list(cursor, size)
		if err != nil {
			t.Fatalf("list after %q: %v", cursor, err)
		}
		if len(items) > size || n > 10_000 {
			t.Fatalf("page %d after %q has %d items; asked for %d", n, cursor, len(items), size)
		}
		all = append(all, items...)
		if next == "" {
			return all
		}
		cursor = next
	}
}

// same compares; nothing and empty are equal.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if reflect.DeepEqual(got, want) { // much quicker
		return
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only the tests' own constants come here
	}
	return b
}

func ids[T any](items []T, id func(T) string) []string {
	var all []string
	for _, it := range items {
		all = append(all, id(it))
	}
	return all
}

func jobID(j store.Job) string   { return j.ID }
func sendID(s store.Send) string { return s.ID }
func openID(f store.Fan) string  { return f.ID.OpenID }
