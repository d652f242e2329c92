package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// spill is the file with the older items of inboxes. It holds nothing that cannot be had again: with a state file all items
// stand there as well, without one nothing is to be kept. It is made when it is first needed and goes with the simulator, on
// systems that allow it already when it is opened. Safe for concurrent use.
type spill struct {
	path   string // beside the state file; empty: in the folder for temporary files
	logger *slog.Logger

	mu   sync.Mutex
	f    *os.File
	size int64
	err  error // the first error: nothing is spilled after it
}

// block is where some items stand in the file, one a line.
type block struct {
	at    int64
	size  int32
	items int32
}

// write adds items to the file; false means that they have to stay in memory.
func (s *spill) write(items []string) (block, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && s.f == nil {
		s.err = s.open()
	}
	if s.err != nil {
		return block{}, false
	}
	text := strings.Join(items, "\n")
	n, err := s.f.WriteAt([]byte(text), s.size)
	if err != nil {
		s.err = fmt.Errorf("write older inbox items: %w", err)
		s.logger.Error("older inbox items stay in memory from now on", "err", err)
		return block{}, false
	}
	b := block{at: s.size, size: int32(n), items: int32(len(items))}
	s.size += int64(n)
	return b, true
}

func (s *spill) open() error {
	var err error
	if s.path == "" {
		s.f, err = os.CreateTemp("", "simulator-inbox-")
	} else {
		s.f, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	if err != nil {
		s.logger.Error("older inbox items stay in memory", "err", err)
		return fmt.Errorf("open the file of older inbox items: %w", err)
	}
	_ = os.Remove(s.f.Name()) // so that nothing is left after a kill; where an open file cannot be removed, close does it
	return nil
}

// read returns the items of a block.
func (s *spill) read(b block) ([]string, error) {
	s.mu.Lock()
	f := s.f
	s.mu.Unlock()
	if f == nil {
		return nil, errors.New("the simulator is closed")
	}
	text := make([]byte, b.size)
	if _, err := f.ReadAt(text, b.at); err != nil {
		return nil, fmt.Errorf("read older inbox items: %w", err)
	}
	items := make([]string, 0, b.items)
	for line := range bytes.Lines(text) {
		items = append(items, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return items, nil
}

func (s *spill) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	if e := os.Remove(s.f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	s.f = nil
	if s.err == nil {
		s.err = errors.New("closed")
	}
	return err
}
