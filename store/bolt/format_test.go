package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"fanflow/store/bolt"
)

// tamper changes a data file behind the store's back.
func tamper(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fanflow.db")
	opened(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v; the file holds personal data", info.Mode())
	}
}

func TestOpenRefuses(t *testing.T) {
	page := os.Getpagesize()
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{
			"held", func(t *testing.T, path string) { opened(t, path) },
			"data file PATH is held by another process; stop it or use another file",
		},
		{"newer", func(t *testing.T, path string) {
			if err := opened(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
		}, "data file PATH has format 99 and this fanflow knows 1; use a newer fanflow"},
		{"another program's bbolt file", func(t *testing.T, path string) {
			tamper(t, path, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("things")); return err })
		}, "PATH is not a fanflow data file; use another file"},
		{"another program's meta bucket", func(t *testing.T, path string) {
			tamper(t, path, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("meta")); return err })
		}, "PATH is not a fanflow data file; use another file"},
		{
			"no data file", func(t *testing.T, path string) { write(t, path, strings.Repeat("text\n", 5000)) },
			"PATH is not a fanflow data file; use another file",
		},
		{
			"a short text", func(t *testing.T, path string) { write(t, path, "text\n") },
			"PATH is not a fanflow data file; use another file",
		},
		{"cut short", func(t *testing.T, path string) {
			if err := opened(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, int64(3*page)); err != nil {
				t.Fatal(err)
			}
		}, fmt.Sprintf("data file PATH is damaged (%d of %d bytes are left); restore a backup or use another file", 3*page, 5*page)},
		{"overwritten", func(t *testing.T, path string) {
			if err := opened(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{0, page} {
				copy(b[at+40:], "XXXXXXXXXXXXXXXX")
			}
			write(t, path, string(b))
		}, "data file PATH is damaged (checksum error); restore a backup or use another file"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "PATH is not a fanflow data file; use another file"},
		{"no folder", func(t *testing.T, path string) {
			if err := os.Remove(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, "open data file PATH: open PATH: no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fanflow.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			_, err := bolt.Open(path, bolt.Options{})
			if want := strings.ReplaceAll(c.want, "PATH", path); err == nil || err.Error() != want {
				t.Fatalf("got  %v\nwant %s", err, want)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the refused file was changed")
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOpenAgain: a file whose making was cut short before its first bucket is finished.
func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fanflow.db")
	tamper(t, path, func(*bbolt.Tx) error { return nil })
	if err := opened(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
}
