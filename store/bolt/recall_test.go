package bolt_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"fanflow/store"
	"fanflow/store/bolt"
)

// TestFormat1OfManyFans: what is too much for one transaction is brought up to date in several, and each fan comes to know their timer.
func TestFormat1OfManyFans(t *testing.T) {
	const fans = 4500
	path := filepath.Join(t.TempDir(), "fanflow.db")
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 6, 12, 30, 0, 0, time.UTC)
	var all sync.WaitGroup
	for worker := range 50 {
		all.Go(func() {
			for i := worker; i < fans; i += 50 {
				_, err := s.Commit(t.Context(), store.Change{Fan: store.FanID{Account: "shop", OpenID: fmt.Sprint("fan", i)}, Cause: "c", At: at, Entries: []store.Entry{
					{Kind: store.Enrolled, Flow: "f", No: 1, Version: 1, Day: "2026-11-06"},
					{Kind: store.Entered, Flow: "f", No: 1, State: "a", Fence: 1},
					{Kind: store.Armed, Flow: "f", No: 1, State: "a", Name: "1d", Due: at.Add(24 * time.Hour), Job: fmt.Sprintf("timer/fan%d/1/1d", i)},
				}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	forget(t, path)
	s = opened(t, path)
	for i := range fans {
		snap, err := s.Load(t.Context(), store.FanID{Account: "shop", OpenID: fmt.Sprint("fan", i)}, "")
		if err != nil {
			t.Fatal(err)
		}
		if n := snap.Fan.Enrolled("f"); len(n.Timers) != 1 || n.Timers[0].Job != fmt.Sprintf("timer/fan%d/1/1d", i) {
			t.Fatalf("fan %d: %+v", i, n)
		}
	}
}

// forget takes out of a file what format 1 did not have in the records of fans.
func forget(t *testing.T, path string) {
	t.Helper()
	tamper(t, path, func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("1")); err != nil {
			return err
		}
		old := map[string][]byte{}
		err := tx.Bucket([]byte("fans")).ForEach(func(k, b []byte) error {
			var f store.Fan
			if err := json.Unmarshal(b[1:], &f); err != nil {
				return err
			}
			for i := range f.Live {
				f.Live[i].Timers, f.Live[i].EntryVersion = nil, 0
			}
			b, err := json.Marshal(f)
			old[string(k)] = append([]byte("J"), b...)
			return err
		})
		for k, b := range old {
			if err == nil {
				err = tx.Bucket([]byte("fans")).Put([]byte(k), b)
			}
		}
		return err
	})
}
