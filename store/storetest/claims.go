package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"fanflow/store"
)

// testClaims: units of a pool go to one fan each, in whatever order they come.
func testClaims(t *testing.T, c Config) {
	take := func(b *bench, from, to int64) error {
		ch := b.change(ann, store.Entry{Kind: store.Claimed, Name: "codes"})
		ch.Claims = []store.Claim{{Key: "codes", From: from, To: to}}
		_, err := b.Commit(ctx, ch)
		return err
	}
	t.Run("holes", func(t *testing.T) {
		b := open(t, c)
		for _, s := range []struct {
			from, to int64
			ok       bool
			value    string
			free     []store.Range
		}{
			{5, 6, true, "6", []store.Range{{From: 1, To: 4}}},
			{5, 5, false, "6", []store.Range{{From: 1, To: 4}}},
			{2, 3, true, "6", []store.Range{{From: 1, To: 1}, {From: 4, To: 4}}},
			{4, 5, false, "6", []store.Range{{From: 1, To: 1}, {From: 4, To: 4}}},
			{9, 9, true, "9", []store.Range{{From: 1, To: 1}, {From: 4, To: 4}, {From: 7, To: 8}}},
			{4, 4, true, "9", []store.Range{{From: 1, To: 1}, {From: 7, To: 8}}},
			{8, 8, true, "9", []store.Range{{From: 1, To: 1}, {From: 7, To: 7}}},
			{1, 1, true, "9", []store.Range{{From: 7, To: 7}}},
		} {
			before := b.key("codes").Rev
			err := take(b, s.from, s.to)
			var no *store.RefusedError
			switch {
			case s.ok && err != nil:
				t.Fatalf("claim %d..%d: %v", s.from, s.to, err)
			case !s.ok && (!errors.As(err, &no) || no.Claim == nil || no.Claim.Key != "codes" || no.Claim.From != s.from):
				t.Fatalf("claim %d..%d: got %v, want it refused", s.from, s.to, err)
			}
			k := b.key("codes")
			same(t, fmt.Sprintf("pool after %d..%d", s.from, s.to), k, store.KV{Key: "codes", Value: []byte(s.value), Rev: k.Rev, Free: s.free})
			if s.ok != (k.Rev > before) {
				t.Fatalf("revision of the pool went from %d to %d", before, k.Rev)
			}
		}
	})
	t.Run("twice in one change", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann)
		ch.Claims = []store.Claim{{Key: "k", From: 1, To: 2}, {Key: "k", From: 2, To: 3}}
		var no *store.RefusedError
		if _, err := b.Commit(ctx, ch); !errors.As(err, &no) {
			t.Fatalf("overlapping claims: %v", err)
		}
		untouched(b, ch.Cause)
	})
	t.Run("64 at once", func(t *testing.T) { claimTogether(t, open(t, c)) })
}

// claimTogether lets 64 fans claim, two of them the same unit each, highest first; half are refused, and nobody else is harmed.
func claimTogether(t *testing.T, b *bench) {
	var wg sync.WaitGroup
	errs := make([]error, 64)
	for i := range errs {
		wg.Go(func() {
			fan := store.FanID{Account: "shop", OpenID: fmt.Sprintf("fan-%02d", i)}
			unit := int64(32 - i/2)
			_, errs[i] = b.Commit(ctx, store.Change{
				Fan: fan, Cause: "c", At: at, Entries: []store.Entry{{Kind: store.Heard}},
				Claims: []store.Claim{{Key: "codes", From: unit, To: unit}},
			})
		})
	}
	wg.Wait()
	refused := 0
	for i, err := range errs {
		var no *store.RefusedError
		seen := b.fan(store.FanID{Account: "shop", OpenID: fmt.Sprintf("fan-%02d", i)}).Rev
		switch {
		case err == nil && seen == 1:
		case errors.As(err, &no) && seen == 0:
			refused++
		default:
			t.Errorf("fan %d: error %v, revision %d", i, err, seen)
		}
	}
	k := b.key("codes")
	if refused != 32 || string(k.Value) != "32" || len(k.Free) != 0 {
		t.Fatalf("%d refused, pool %+v", refused, k)
	}
}

// testKeys: a key that was read guards the decision; a pool's key is a value when it is written.
func testKeys(t *testing.T, c Config) {
	write := func(b *bench, key string, v []byte) {
		ch := b.change(ann)
		ch.Writes = []store.KV{{Key: key, Value: v}}
		b.commit(ch)
	}
	t.Run("reads", func(t *testing.T) {
		b := open(t, c)
		reading := func(rev uint64) store.Change {
			ch := b.change(ann)
			ch.Reads = []store.KVRead{{Key: "k", Rev: rev}}
			return ch
		}
		b.commit(reading(0))
		b.refuse(store.ErrConflict, reading(1))
		write(b, "k", raw("v"))
		first := b.key("k").Rev
		b.refuse(store.ErrConflict, reading(0))
		b.commit(reading(first))
		write(b, "k", nil)
		same(t, "a key removed", b.key("k"), store.KV{Key: "k"})
		b.refuse(store.ErrConflict, reading(first))
		b.commit(reading(0))
		write(b, "k", raw("v"))
		if again := b.key("k").Rev; again <= first {
			t.Fatalf("a key written anew has revision %d; the removed one had %d", again, first)
		}
		b.refuse(store.ErrConflict, reading(first))
	})
	t.Run("pools written", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann)
		ch.Claims = []store.Claim{{Key: "k", From: 3, To: 3}}
		b.commit(ch)
		write(b, "k", raw(10))
		same(t, "free units", b.key("k").Free, []store.Range(nil))
		ch = b.change(ann)
		ch.Claims = []store.Claim{{Key: "k", From: 11, To: 11}}
		b.commit(ch)
		write(b, "k", raw("words"))
		if k := b.key("k"); k.Top() != 0 || string(k.Value) != `"words"` {
			t.Fatalf("key: %+v", k)
		}
	})
	t.Run("accounts apart", func(t *testing.T) {
		b := open(t, c)
		write(b, "k", raw(1))
		same(t, "key", value(b.KV(ctx, "cafe", "k"))(t, "read"), store.KV{Key: "k"})
	})
	t.Run("the last write holds", func(t *testing.T) {
		b := open(t, c)
		ch := b.change(ann)
		ch.Claims = []store.Claim{{Key: "k", From: 1, To: 4}}
		ch.Writes = []store.KV{{Key: "k", Value: raw(1)}, {Key: "gone", Value: raw(1)}, {Key: "k", Value: raw(2)}, {Key: "gone"}}
		b.commit(ch)
		if k := b.key("k"); !slices.Equal(k.Value, raw(2)) {
			t.Fatalf("key: %+v", k)
		}
		same(t, "key", b.key("gone"), store.KV{Key: "gone"})
	})
}
