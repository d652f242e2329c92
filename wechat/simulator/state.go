package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// line is one line of the state file: the new value of one record, or its end where there is no value. Later lines win, so
// that replaying a file twice changes nothing; only items are added up.
type line struct {
	Kind  string          `json:"k"`
	App   string          `json:"app,omitempty"`
	ID    string          `json:"id,omitempty"`
	Value json.RawMessage `json:"v,omitempty"`
}

// stateFile is a log of JSON lines. Each change is written at once (but not synced: it survives the end of the process, not
// of the machine). A nil *stateFile keeps nothing. Safe for concurrent use.
type stateFile struct {
	logger *slog.Logger
	unlock func() error

	mu        sync.Mutex
	path      string
	f         *os.File
	size      int64
	compacted int64 // size after the last rewrite
	err       error // the first error of a write: nothing is written after it
}

// openState reads the file, if there is one, and calls apply with each of its lines. The last line is dropped if it is torn,
// as a kill in the middle of a write leaves it.
func openState(path string, logger *slog.Logger, apply func(line) error) (*stateFile, error) {
	if path == "" {
		return nil, nil
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	good, err := replay(f, apply)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), unlock())
	}
	return &stateFile{logger: logger, unlock: unlock, path: path, f: f, size: good}, nil
}

// replay returns the offset behind the last whole line.
func replay(r io.Reader, apply func(line) error) (good int64, err error) {
	b := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		text, err := b.ReadBytes('\n')
		if err == io.EOF {
			return good, nil // what stands after the last line feed is torn
		}
		if err != nil {
			return good, err
		}
		var l line
		if err := json.Unmarshal(text, &l); err == nil {
			err = apply(l)
			if err != nil {
				return good, fmt.Errorf("line %d: %w", n, err)
			}
		} else {
			return good, fmt.Errorf("line %d is not a line of a simulator's state: move the file away to begin anew", n)
		}
		good += int64(len(text))
	}
}

// put writes the new value of a record.
func (s *stateFile) put(kind, app, id string, v any) {
	if s == nil {
		return
	}
	s.write(appendLine(nil, kind, app, id, v))
}

// drop writes that a record is no more.
func (s *stateFile) drop(kind, app, id string) {
	if s == nil {
		return
	}
	s.write(appendLine(nil, kind, app, id, nil))
}

// appendLine appends a line. Values are of this package's own types, which always marshal.
func appendLine(dst []byte, kind, app, id string, v any) []byte {
	l := line{Kind: kind, App: app, ID: id}
	if v != nil {
		l.Value = marshal(v)
	}
	return append(append(dst, marshal(l)...), '\n')
}

// marshal is JSON as the platform writes it: no HTML escapes, no line feed at its end.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: marshal %T: %v", v, err)) // only types of this package come here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// write appends whole lines in one write.
func (s *stateFile) write(lines []byte) {
	if s == nil || len(lines) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.f == nil {
		return
	}
	n, err := s.f.Write(lines)
	s.size += int64(n)
	if err != nil {
		s.err = fmt.Errorf("write the state file: %w", err)
		s.logger.Error("the simulator's state is no longer kept", "file", s.path, "err", err)
	}
}

// larger reports whether the file has more bytes than size.
func (s *stateFile) larger(size int64) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size > size
}

// outgrown reports whether the file is larger than limit and twice what its last rewrite left.
func (s *stateFile) outgrown(limit int64) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size > limit && s.size > 2*s.compacted
}

// rewrite replaces the file by what emit writes. The caller keeps all state from changing meanwhile.
func (s *stateFile) rewrite(emit func(w *bufio.Writer) error) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		return nil
	}
	tmp, err := os.OpenFile(s.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(tmp, 1<<16)
	err = emit(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}
	if err != nil {
		return errors.Join(err, tmp.Close())
	}
	old := s.f
	s.f = tmp
	s.size, err = tmp.Seek(0, io.SeekCurrent)
	s.compacted = s.size
	return errors.Join(err, old.Close())
}

// close returns the first error of a write. A second close does nothing.
func (s *stateFile) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		return nil
	}
	err := errors.Join(s.err, s.f.Close(), s.unlock())
	s.f = nil
	return err
}
