package bolt

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// Push stores a new version of a script.
func (s *Store) Push(ctx context.Context, c store.Script) (store.Script, error) {
	if err := c.Validate(); err != nil {
		return store.Script{}, err
	}
	return do(ctx, s, len(c.Source), func(g *group) (store.Script, func(), error) {
		last, err := g.newest.cell(scriptKey(c.ScriptID))
		if err != nil {
			return store.Script{}, nil, err
		}
		if last.there {
			same, err := g.script(c.ScriptID, last.v)
			if err != nil {
				return store.Script{}, nil, err
			}
			if same.Source == c.Source {
				return same, nil, nil
			}
		}
		added := c.Numbered(last.v + 1)
		head := added
		head.Source = ""
		b, err := encode(&head)
		if err != nil {
			return store.Script{}, nil, err
		}
		return added, func() {
			last.set(added.Version, nil)
			key := versionKey(c.ScriptID, added.Version)
			g.put(bucketScripts, key, b)
			g.put(bucketSources, key, []byte(c.Source))
		}, nil
	})
}

// script reads a version as the group has it.
func (g *group) script(id store.ScriptID, version int) (store.Script, error) {
	key := versionKey(id, version)
	head, ok := g.puts[bucketScripts][key]
	source := g.puts[bucketSources][key]
	if !ok {
		return readScript(g.tx, id, version)
	}
	var c store.Script
	err := decode(head, &c)
	c.Source = string(source)
	return c, err
}

func readScript(tx *bbolt.Tx, id store.ScriptID, version int) (c store.Script, err error) {
	key := versionKey(id, version)
	if err := get(tx, bucketScripts, key, &c); err != nil {
		return store.Script{}, err
	}
	c.Source = string(bucket(tx, bucketSources).Get([]byte(key)))
	return c, nil
}

// Script gives a version of a script.
func (s *Store) Script(ctx context.Context, id store.ScriptID, version int) (c store.Script, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if version == 0 {
			if err := get(tx, bucketNewest, scriptKey(id), &version); err != nil {
				return err
			}
		}
		c, err = readScript(tx, id, version)
		return err
	})
	return c, err
}

// Scripts lists an account's scripts of a kind without their sources.
func (s *Store) Scripts(ctx context.Context, account, kind string) (list []store.Script, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, bucketScripts, under(account, kind), func(_ []byte, c store.Script) error {
			list = append(list, c)
			return nil
		})
	})
	return list, err
}

// Setting gives a value.
func (s *Store) Setting(ctx context.Context, name string) (v []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, bucketSettings).Get([]byte(name))
		if b == nil {
			return store.ErrNotFound
		}
		v = append([]byte{}, b...)
		return nil
	})
	return v, err
}

// SetSetting keeps or removes a value.
func (s *Store) SetSetting(ctx context.Context, name string, value []byte) error {
	if err := store.CheckSetting(name); err != nil {
		return err
	}
	_, err := do(ctx, s, len(value), func(g *group) (struct{}, func(), error) {
		return struct{}{}, func() { g.put(bucketSettings, name, value) }, nil
	})
	return err
}

// Settings lists the values whose names begin with prefix.
func (s *Store) Settings(ctx context.Context, prefix string) (map[string][]byte, error) {
	m := map[string][]byte{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketSettings).Cursor()
		for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
			m[string(k)] = append([]byte{}, v...)
		}
		return nil
	})
	return m, err
}
