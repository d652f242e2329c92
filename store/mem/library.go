package mem

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"fanflow/store"
)

// Push stores a new version of a script.
func (s *Store) Push(ctx context.Context, c store.Script) (store.Script, error) {
	if err := c.Validate(); err != nil {
		return store.Script{}, err
	}
	if err := s.enter(ctx); err != nil {
		return store.Script{}, err
	}
	defer s.mu.Unlock()
	all := s.scripts[c.ScriptID]
	if n := len(all); n > 0 && all[n-1].Source == c.Source {
		return all[n-1], nil
	}
	c = c.Numbered(len(all) + 1)
	s.scripts[c.ScriptID] = append(all, c)
	return c, nil
}

// Script gives a version of a script.
func (s *Store) Script(ctx context.Context, id store.ScriptID, version int) (store.Script, error) {
	if err := s.enter(ctx); err != nil {
		return store.Script{}, err
	}
	defer s.mu.Unlock()
	all := s.scripts[id]
	if version == 0 {
		version = len(all)
	}
	if version < 1 || version > len(all) {
		return store.Script{}, store.ErrNotFound
	}
	return all[version-1], nil
}

// Scripts lists an account's scripts of a kind without their sources.
func (s *Store) Scripts(ctx context.Context, account, kind string) ([]store.Script, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Script
	for id, all := range s.scripts {
		if id.Account != account || id.Kind != kind {
			continue
		}
		for _, c := range all {
			c.Source = ""
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b store.Script) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return list, nil
}

// Publish makes a version current, or changes the current publication's pause.
func (s *Store) Publish(ctx context.Context, p store.Publication) (store.Publication, error) {
	if err := s.enter(ctx); err != nil {
		return store.Publication{}, err
	}
	defer s.mu.Unlock()
	if p.Version < 1 || p.Version > len(s.scripts[p.ScriptID]) {
		return store.Publication{}, store.ErrNotFound
	}
	p, err := p.Next(s.current[p.ScriptID], uint64(len(s.history))+1)
	if err == nil {
		p, err = written(p)
	}
	if err != nil {
		return store.Publication{}, err
	}
	s.current[p.ScriptID] = p
	s.history = append(s.history, p)
	return copied(p), nil
}

// Catalog lists everything published, by account, kind and name.
func (s *Store) Catalog(ctx context.Context) (store.Catalog, error) {
	if err := s.enter(ctx); err != nil {
		return store.Catalog{}, err
	}
	defer s.mu.Unlock()
	return s.catalogAt(uint64(len(s.history)))
}

// CatalogAt gives the catalog as it was at a revision.
func (s *Store) CatalogAt(ctx context.Context, rev uint64) (store.Catalog, error) {
	if err := s.enter(ctx); err != nil {
		return store.Catalog{}, err
	}
	defer s.mu.Unlock()
	if rev > uint64(len(s.history)) {
		return store.Catalog{}, store.ErrNotFound
	}
	return s.catalogAt(rev)
}

func (s *Store) catalogAt(rev uint64) (store.Catalog, error) {
	current := map[store.ScriptID]store.Publication{}
	for _, p := range s.history[:rev] {
		current[p.ScriptID] = p
	}
	c := store.Catalog{Rev: rev, Publications: slices.Collect(maps.Values(current))}
	slices.SortFunc(c.Publications, func(a, b store.Publication) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return copied(c), nil
}

// Publications lists the publications of a script.
func (s *Store) Publications(ctx context.Context, id store.ScriptID) ([]store.Publication, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Publication
	for _, p := range s.history {
		if p.ScriptID == id && p.No > len(list) {
			p.History = nil
			list = append(list, p)
		}
	}
	return copied(list), nil
}

// Setting gives a value.
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	v, ok := s.settings[name]
	if !ok {
		return nil, store.ErrNotFound
	}
	return append([]byte{}, v...), nil
}

// SetSetting keeps or removes a value.
func (s *Store) SetSetting(ctx context.Context, name string, value []byte) error {
	if err := store.CheckSetting(name); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if value == nil {
		delete(s.settings, name)
	} else {
		s.settings[name] = append([]byte{}, value...)
	}
	return nil
}

// Settings lists the values whose names begin with prefix.
func (s *Store) Settings(ctx context.Context, prefix string) (map[string][]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	m := map[string][]byte{}
	for name, v := range s.settings {
		if strings.HasPrefix(name, prefix) {
			m[name] = append([]byte{}, v...)
		}
	}
	return m, nil
}
