// Package bolt keeps a store in one file, on bbolt. It is fanflow's default.
//
// One process owns the file: a lock keeps others out, so leases of jobs live in memory and are free again after a crash.
// All writes go through one group committer: what callers ask for while a group is being made durable forms the next group.
// A group works on cells in memory and is put into the file at its end, each bucket in the order of its keys. Reads open a view,
// copy, and close it, so that no reader ever holds up the writer.
//
// keys.go is the table of all buckets, keys and values.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"fanflow/store"
	"fanflow/store/bolt/committer"
)

// mapSize is how much address space is mapped from the start. A file that outgrows it is mapped anew, and that waits for all
// readers. The memory is not used before the file is that large.
const mapSize = 1 << 30

// Options of Open. The zero value is right for a service.
type Options struct {
	// Wait is how long to wait for another process to let go of the file; 0 means 200 ms.
	Wait time.Duration
	// NoSync leaves out the sync of every commit. For benchmarks only: nothing is durable.
	NoSync bool
}

// Store is a store.Store in a file. Use Open.
type Store struct {
	db     *bbolt.DB
	writer writer
	leases leases
	sweep  sync.Mutex // one sweep at a time
	close  sync.Once
	closed error // what the first Close gave
}

var _ store.Store = (*Store)(nil)

// writer is the only way to write. It is the group committer now; a log that answers earlier can stand here later.
type writer interface {
	// Do answers once what the request writes is durable.
	Do(ctx context.Context, r request) (any, error)
	// Close carries out what waits and refuses the rest.
	Close()
}

// request is what a method asks the writer for.
type request struct {
	// check looks at the records as the group has them and gives the answer and what is to be written. It may be called more
	// than once, each time with a new group, and must leave the cells as they are.
	check func(g *group) (any, func(), error)
	size  int // about, in bytes
}

// Open opens the file at path, or makes it (mode 0600, in a folder that exists). The errors name the file and the mend:
// *HeldError when another process has it, *FormatError when a newer fanflow wrote it, *ForeignError when it is something else,
// *DamagedError when it cannot be read.
func Open(path string, opt Options) (*Store, error) {
	wait := opt.Wait
	if wait == 0 {
		wait = 200 * time.Millisecond
	}
	size := mapSize
	if strconv.IntSize == 32 {
		size = 0 // address space is scarce
	}
	_, err := os.Stat(path)
	isNew := errors.Is(err, os.ErrNotExist)
	if !isNew {
		if err := whole(path, wait); err != nil {
			return nil, err
		}
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         wait,
		FreelistType:    bbolt.FreelistMapType,
		NoFreelistSync:  true, // found again by a scan when the file is opened: 20 ms for 126 MB
		InitialMmapSize: size,
		NoSync:          opt.NoSync,
	})
	if err != nil {
		return nil, openError(path, err)
	}
	if err := prepare(db, path, isNew); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Store{db: db}
	s.leases.held = map[jobKey]time.Time{}
	s.writer = committer.New(engine{s}, committer.Config[request]{Size: func(r request) int { return r.size }})
	return s, nil
}

// prepare brings the records up to date and makes a new file's name durable.
func prepare(db *bbolt.DB, path string, isNew bool) error {
	if err := migrate(db, path); err != nil {
		return err
	}
	if !isNew {
		return nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("open folder of data file %s: %w", path, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync folder of data file %s: %w", path, err)
	}
	return nil
}

// Close commits what waits, refuses the rest with store.ErrClosed, waits for readers, and lets go of the file.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.writer.Close()
		if err := s.db.Close(); err != nil {
			s.closed = fmt.Errorf("close data file: %w", err)
		}
	})
	return s.closed
}

// view reads in one transaction. What is read must be copied before it returns.
func (s *Store) view(ctx context.Context, read func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.db.View(read)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return err
}

// do has the writer carry out a request and gives its answer.
func do[T any](ctx context.Context, s *Store, size int, check func(g *group) (T, func(), error)) (T, error) {
	res, err := s.writer.Do(ctx, request{size: size, check: func(g *group) (any, func(), error) { return check(g) }})
	if errors.Is(err, committer.ErrClosed) {
		err = store.ErrClosed
	}
	v, _ := res.(T) // nothing comes with an error
	return v, err
}

// engine makes groups of the store's transactions.
type engine struct{ s *Store }

func (e engine) Begin() (committer.Group[request, any], error) {
	tx, err := e.s.db.Begin(true)
	if err != nil {
		return nil, err
	}
	return newGroup(tx, &e.s.leases), nil
}
