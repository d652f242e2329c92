package simulator

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// lockAll keeps all records as they are until the returned function is called. The state file's own lock comes last: whoever writes
// a record holds one of these.
func (s *Server) lockAll() (unlock func()) {
	for _, app := range s.apps {
		s.accounts[app].mu.Lock()
	}
	s.due.mu.Lock()
	s.ids.mu.Lock()
	s.rids.mu.Lock()
	return func() {
		s.rids.mu.Unlock()
		s.ids.mu.Unlock()
		s.due.mu.Unlock()
		for _, app := range s.apps {
			s.accounts[app].mu.Unlock()
		}
	}
}

// compact rewrites the state file as one line a record, without what is out of date.
func (s *Server) compact() error {
	if s.file == nil {
		return nil
	}
	defer s.lockAll()()
	return s.rewrite()
}

func (s *Server) rewrite() error {
	return s.file.rewrite(func(w *bufio.Writer) error { return s.emit(w) })
}

// emit writes all records but the bodies of media. All locks are held.
func (s *Server) emit(w io.Writer) error {
	now, offset := s.Now(), s.clock.savedOffset()
	var err error
	var line []byte
	emit := func(kind, app, id string, v any) {
		if err == nil {
			line = appendLine(line[:0], kind, app, id, v)
			_, err = w.Write(line)
		}
	}
	emit("clock", "", "", offset)
	emit("ids", "", "", s.ids.reserved)
	s.rids.emit(emit)
	for _, j := range s.due.heap {
		emit("job", j.App, strconv.FormatInt(j.ID, 10), j)
	}
	for _, app := range s.apps {
		err = errors.Join(err, s.accounts[app].emit(now, emit))
	}
	return err
}

// stateGet answers with all that the simulator knows, as it would stand in a state file, and with the bodies of media. It waits
// until fans have done acting.
func (s *Server) stateGet(w http.ResponseWriter, r *http.Request) {
	if err := s.gate.close(r.Context()); err != nil {
		return
	}
	f, err := s.snapshot()
	s.gate.open()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }() // a file of a temporary folder
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="simulator-state.jsonl"`)
	_, _ = io.Copy(w, f) // a caller that went away
}

// snapshot writes everything to a temporary file, at whose start it stands: many fans' records are too much for the memory, and
// a slow caller must not hold the locks.
func (s *Server) snapshot() (*os.File, error) {
	f, err := os.CreateTemp("", "simulator-state-")
	if err != nil {
		return nil, fmt.Errorf("save the state: %w", err)
	}
	b := bufio.NewWriter(f)
	unlock := s.lockAll()
	err = errors.Join(s.emit(b), s.emitBodies(b), b.Flush())
	unlock()
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("save the state: %w", err), f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// emitBodies writes the bodies of media, which have files of their own beside a state file.
func (s *Server) emitBodies(w io.Writer) error {
	for _, app := range s.apps {
		a := s.accounts[app]
		for _, id := range slices.Sorted(maps.Keys(a.media.rows)) {
			body, err := a.shelf.get(id)
			if err != nil {
				continue // of what a fan sent, which is made up when it is asked for
			}
			if _, err := w.Write(appendLine(nil, "shelf", app, id, body)); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxState is the largest state that is loaded, in bytes.
const maxState = 1 << 30

// statePut takes a state that stateGet gave, in the place of all that the simulator knows. If there is a mistake in it
// everything stays as it was. What is kept of accounts that are not configured is left out. The clock goes where it would have
// come to by now; followers of it get an order.
func (s *Server) statePut(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxState))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the state is larger than "+strconv.Itoa(maxState)+" bytes, or did not come whole")
		return
	}
	if len(body) == 0 || body[len(body)-1] != '\n' {
		refuse(w, http.StatusBadRequest, "the state is none, or its last line is torn")
		return
	}
	now, err := s.load(r.Context(), body)
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		answer(w, map[string]string{"now": stamp(now)})
	}
}

// load replaces all records and returns the new time.
func (s *Server) load(ctx context.Context, state []byte) (time.Time, error) {
	if err := s.gate.close(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.gate.open()
	defer s.due.wake()
	defer s.lockAll()()
	var before bytes.Buffer
	if err := s.emit(&before); err != nil {
		return time.Time{}, err
	}
	err := s.replace(state)
	if err != nil {
		err = fmt.Errorf("the state cannot be loaded: %w", err)
		if back := s.replace(before.Bytes()); back != nil {
			err = errors.Join(err, fmt.Errorf("nor what was there before: %w", back))
		}
	}
	if err == nil {
		err = s.sweepShelf() // of bodies that were there before
	}
	if e := s.rewrite(); e != nil {
		err = errors.Join(err, fmt.Errorf("rewrite the state file: %w", e))
	}
	return s.clock.renew(), err
}

// replace reads the state into empty accounts. All locks are held. Nothing is written to the state file meanwhile.
func (s *Server) replace(state []byte) error {
	files := func(f *stateFile) {
		s.ids.file, s.rids.file = f, f
		for _, a := range s.accounts {
			a.file = f
		}
	}
	files(nil)
	defer files(s.file)
	for _, a := range s.accounts {
		a.reset()
	}
	s.rids.reset(nil)
	s.due.heap, s.due.loaded = nil, nil
	given := max(s.ids.last, s.ids.reserved)
	_, err := replay(bytes.NewReader(state), s.restore)
	s.ids.reserved, s.ids.last = max(s.ids.reserved, given), 0 // no id is given twice
	s.due.restored()
	s.resumeMasses()
	return err
}
