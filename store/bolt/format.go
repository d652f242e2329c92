package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// HeldError reports a data file that another process has open.
type HeldError struct{ Path string }

func (e *HeldError) Error() string {
	return fmt.Sprintf("data file %s is held by another process; stop it or use another file", e.Path)
}

// FormatError reports a data file that a newer fanflow has written.
type FormatError struct {
	Path         string
	Found, Known int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("data file %s has format %d and this fanflow knows %d; use a newer fanflow", e.Path, e.Found, e.Known)
}

// ForeignError reports a file that no fanflow has written.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is not a fanflow data file; use another file", e.Path)
}

// DamagedError reports a data file that cannot be read, such as a copy that was cut short.
type DamagedError struct {
	Path string
	Why  string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("data file %s is damaged (%s); restore a backup or use another file", e.Path, e.Why)
}

// openError says what bbolt's refusal means to the operator.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return &HeldError{path}
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch):
		return &ForeignError{path}
	case errors.Is(err, bolterrors.ErrChecksum):
		return &DamagedError{path, err.Error()}
	}
	return fmt.Errorf("open data file %s: %w", path, err)
}

// whole refuses a file that is shorter than what it says is in it: reading beyond its end would kill the process. A file of no
// bytes is new.
func whole(path string, wait time.Duration) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return err
	}
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: wait}) // reads the first two pages only
	if err != nil {
		return openError(path, err)
	}
	var used int64
	err = db.View(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("look at data file %s: %w", path, err)
	}
	if used > info.Size() {
		return &DamagedError{path, fmt.Sprintf("%d of %d bytes are left", info.Size(), used)}
	}
	return nil
}

// migrations lead from each format to the next: the first makes format 1 of an empty file. Each runs in a transaction of its
// own together with the change of the format's number, so a crash between two of them loses nothing. What is too much for one
// transaction comes before it, in as many as it needs: it leaves a file of the older format, and may be done again.
var migrations = []struct {
	does   string
	before func(db *bbolt.DB) error // nil: nothing
	run    func(tx *bbolt.Tx) error
}{
	{"make the buckets", nil, makeBuckets},
	// Format 2 keeps every publication, cohorts of the funnel, and bases of trimmed journals; rows of journals carry the revision
	// of their Change. Rows that stand in a file already stay as they are: those without a revision are gathered by their cause
	// and folded when a journal is replayed, not decided again. What enrollments know of their timers, and fans of what waits
	// under a key, is read from the journals.
	{"begin the history of publications", recallWaits, func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx); err != nil {
			return err
		}
		return beginHistory(tx)
	}},
}

// makeBuckets makes those that are not there yet.
func makeBuckets(tx *bbolt.Tx) error {
	for _, b := range buckets {
		if _, err := tx.CreateBucketIfNotExists([]byte(b.name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", b.name, err)
		}
	}
	return nil
}

// migrate refuses files that are not for us and brings older ones up to date.
func migrate(db *bbolt.DB, path string) error {
	found, err := format(db, path)
	if err != nil {
		return err
	}
	if found > len(migrations) {
		return &FormatError{path, found, len(migrations)}
	}
	for n := found; n < len(migrations); n++ {
		if err := bring(db, n); err != nil {
			return fmt.Errorf("bring data file %s to format %d (%s): %w", path, n+1, migrations[n].does, err)
		}
	}
	return nil
}

// bring takes a file of format n to the next.
func bring(db *bbolt.DB, n int) error {
	if before := migrations[n].before; before != nil {
		if err := before(db); err != nil {
			return err
		}
	}
	return db.Update(func(tx *bbolt.Tx) error {
		if err := migrations[n].run(tx); err != nil {
			return err
		}
		meta, err := tx.CreateBucketIfNotExists([]byte(buckets[bucketMeta].name))
		if err != nil {
			return err
		}
		return meta.Put([]byte(formatKey), []byte(strconv.Itoa(n+1)))
	})
}

// format reads the number of the file's format; 0 for an empty file.
func format(db *bbolt.DB, path string) (n int, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			return nil
		}
		b := tx.Bucket([]byte(buckets[bucketMeta].name))
		if b == nil {
			return &ForeignError{path}
		}
		n, err = strconv.Atoi(string(b.Get([]byte(formatKey))))
		if err != nil || n < 1 {
			return &ForeignError{path}
		}
		return nil
	})
	return n, err
}
