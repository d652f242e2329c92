package bolt_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"fanflow/store"
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
		}, "data file PATH has format 99 and this fanflow knows 2; use a newer fanflow"},
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

// TestFormat1: a file that the first format's program wrote (testdata/format1.db.gz) is brought up to date, and nothing in it is
// lost: its publications are the first of their scripts, at the revision that its catalog had reached.
func TestFormat1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fanflow.db")
	unpack(t, "testdata/format1.db.gz", path)
	if err := opened(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	s := opened(t, path) // and once more
	ctx, at := t.Context(), time.Date(2026, 11, 6, 12, 30, 0, 0, time.UTC)
	coupon := store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "coupon"}
	pins := map[string]int{"shops": 1}
	plugin := store.Publication{
		ScriptID: store.ScriptID{Kind: store.KindPlugin, Name: "shops"}, Version: 1, Published: at, By: "root", No: 1, Rev: 4,
		History: []store.PastPub{{No: 1, Version: 1, At: at}},
	}
	flow := store.Publication{
		ScriptID: coupon, Version: 2, Published: at.Add(time.Hour), By: "ann", Pins: pins, Paused: true, Why: "too many failures", No: 1, Rev: 4,
		History: []store.PastPub{{No: 1, Version: 2, At: at.Add(time.Hour), Pins: pins}},
	}
	want := store.Catalog{Rev: 4, Publications: []store.Publication{plugin, flow}}
	for name, read := range map[string]func() (store.Catalog, error){
		"now":  func() (store.Catalog, error) { return s.Catalog(ctx) },
		"at 4": func() (store.Catalog, error) { return s.CatalogAt(ctx, 4) },
	} {
		if got, err := read(); err != nil || !cmp.Equal(got, want) {
			t.Errorf("catalog %s: %v\n%s", name, err, cmp.Diff(want, got))
		}
	}
	if _, err := s.CatalogAt(ctx, 3); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a revision that nothing was kept of: %v", err)
	}
	if list, err := s.Publications(ctx, coupon); err != nil || len(list) != 1 || list[0].Version != 2 {
		t.Errorf("publications: %+v, %v", list, err)
	}
	ann := store.FanID{Account: "shop", OpenID: "ann"}
	snap, err := s.Load(ctx, ann, "69ae1b00/1")
	if err != nil || snap.Fan.Rev != 1 || snap.Receipt == nil || snap.Fan.Enrolled("coupon").State != "greet" {
		t.Errorf("snapshot: %+v, %v", snap, err)
	}
	if rows, _, err := s.Journal(ctx, ann, 0, 0); err != nil || len(rows) != 4 || rows[0].Rev != 0 {
		t.Errorf("journal: %+v, %v", rows, err)
	}
	if base, err := s.Base(ctx, ann); err != nil || base.Rev != 0 {
		t.Errorf("base: %+v, %v", base, err)
	}
	next, err := s.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1, Published: at})
	if err != nil || next.No != 2 || next.Rev != 5 || len(next.History) != 2 {
		t.Errorf("the next publication: %+v, %v", next, err)
	}
}

// unpack writes what is packed in a file.
func unpack(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(b))
}
