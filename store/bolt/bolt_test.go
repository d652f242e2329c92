package bolt_test

import (
	"path/filepath"
	"sync"
	"testing"

	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/storetest"
)

// opened opens a data file for the length of the test.
func opened(t testing.TB, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	var paths sync.Map // of the stores
	open := func(t testing.TB, path string) store.Store {
		s := opened(t, path)
		paths.Store(s, path)
		return s
	}
	storetest.Run(t, storetest.Config{
		Open: func(t testing.TB) store.Store { return open(t, filepath.Join(t.TempDir(), "fanflow.db")) },
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path, _ := paths.Load(s)
			return open(t, path.(string))
		},
	})
}
