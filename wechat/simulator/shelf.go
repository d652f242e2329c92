package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// shelf keeps the bodies of media in files, one a media id: in a folder beside the state file, or without a state file in a
// temporary folder that close removes. The folder is made with the first body. Safe for concurrent use.
type shelf struct {
	mu        sync.Mutex
	dir       string
	temporary bool
	closed    bool
}

// newShelf is the shelf that belongs to a state file; an empty name is none.
func newShelf(stateFile string) *shelf {
	if stateFile == "" {
		return &shelf{temporary: true}
	}
	return &shelf{dir: stateFile + ".media"}
}

// put keeps a body whole or not at all.
func (s *shelf) put(id string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	path, err := s.path(id)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", body, 0o600); err != nil {
		return fmt.Errorf("keep a media file: %w", err)
	}
	return os.Rename(path+".new", path)
}

func (s *shelf) open() error {
	if s.closed {
		return errors.New("keep a media file: the simulator is going down")
	}
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "fanflow-media-")
		if err != nil {
			return fmt.Errorf("make the folder of media: %w", err)
		}
		s.dir = dir
		return nil
	}
	return os.MkdirAll(s.dir, 0o700)
}

func (s *shelf) get(id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, err := s.path(id)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// path is where the body of an id is. Ids of what fans sent are anybody's words, and have no body: none of them may lead out
// of the folder.
func (s *shelf) path(id string) (string, error) {
	if id == "" || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || s.dir == "" {
		return "", fmt.Errorf("the media %q: %w", id, fs.ErrNotExist)
	}
	return filepath.Join(s.dir, id), nil
}

// drop forgets a body; it need not be there.
func (s *shelf) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path, err := s.path(id); err == nil {
		_ = os.Remove(path) // what stays is swept at the next start
	}
}

// sweep removes what is not known: a kill between a body and its record leaves such files.
func (s *shelf) sweep(known func(id string) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !known(e.Name()) {
			if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// close removes a temporary folder; one beside a state file stays.
func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if !s.temporary || s.dir == "" {
		return nil
	}
	dir := s.dir
	s.dir = ""
	return os.RemoveAll(dir)
}
