package bolt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// Publish makes a version current, or changes the current publication's pause.
func (s *Store) Publish(ctx context.Context, p store.Publication) (store.Publication, error) {
	size, err := encode(&p)
	if err != nil {
		return store.Publication{}, err
	}
	return do(ctx, s, len(size), func(g *group) (store.Publication, func(), error) {
		none := store.Publication{}
		last, err := g.newest.cell(scriptKey(p.ScriptID))
		if err == nil && (p.Version < 1 || p.Version > last.v) {
			err = store.ErrNotFound
		}
		if err != nil {
			return none, nil, err
		}
		current, err := g.published.cell(scriptKey(p.ScriptID))
		if err != nil {
			return none, nil, err
		}
		rev, err := g.meta.cell(catalogKey)
		if err != nil {
			return none, nil, err
		}
		next, err := p.Next(current.v, rev.v+1)
		if err != nil {
			return none, nil, err
		}
		b, err := encode(&next)
		if err != nil {
			return none, nil, err
		}
		var given store.Publication // shares nothing with the cell
		if err := decode(b, &given); err != nil {
			return none, nil, err
		}
		return given, func() {
			current.set(next, b)
			rev.set(rev.v+1, nil)
			g.put(bucketHistory, historyKey(rev.v, next.ScriptID), b)
			if p.No == 0 {
				g.put(bucketHistoryScript, versionKey(next.ScriptID, next.No), []byte(number(rev.v)))
			}
		}, nil
	})
}

// Catalog lists everything published, by account, kind and name.
func (s *Store) Catalog(ctx context.Context) (c store.Catalog, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if _, err := find(tx, bucketMeta, catalogKey, &c.Rev); err != nil {
			return err
		}
		return each(tx, bucketPublished, "", func(_ []byte, p store.Publication) error {
			c.Publications = append(c.Publications, p)
			return nil
		})
	})
	return c, err
}

// CatalogAt gives the catalog as it was at a revision. It goes back through the keys of the history and reads the last record of
// each script.
func (s *Store) CatalogAt(ctx context.Context, rev uint64) (store.Catalog, error) {
	c := store.Catalog{Rev: rev}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		var now uint64
		if _, err := find(tx, bucketMeta, catalogKey, &now); err != nil {
			return err
		}
		if rev > now {
			return store.ErrNotFound
		}
		seen := map[string]bool{}
		cur := bucket(tx, bucketHistory).Cursor()
		cur.Seek([]byte(number(rev + 1)))
		k, b := cur.Prev()
		if rev == now { // beyond the last key there is no way back from
			k, b = cur.Last()
		}
		for ; k != nil; k, b = cur.Prev() {
			if script := string(k[8:]); !seen[script] {
				seen[script] = true
				var p store.Publication
				if err := decode(b, &p); err != nil {
					return err
				}
				c.Publications = append(c.Publications, p)
			}
		}
		if rev > 0 && len(seen) == 0 {
			return store.ErrNotFound // of a time before the history begins
		}
		return nil
	})
	if err != nil {
		return store.Catalog{}, err
	}
	slices.SortFunc(c.Publications, func(a, b store.Publication) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return c, nil
}

// Publications lists the publications of a script, oldest first.
func (s *Store) Publications(ctx context.Context, id store.ScriptID) (list []store.Publication, err error) {
	prefix := []byte(under(id.Account, id.Kind, id.Name))
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, bucketHistoryScript).Cursor()
		for k, rev := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, rev = c.Next() {
			var p store.Publication
			if err := get(tx, bucketHistory, string(rev)+scriptKey(id), &p); err != nil {
				return err
			}
			p.History = nil
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

// beginHistory numbers what is published in a file that kept no history: each script's current publication is its first, made at
// the revision that the catalog has.
func beginHistory(tx *bbolt.Tx) error {
	var rev uint64
	if _, err := find(tx, bucketMeta, catalogKey, &rev); err != nil {
		return err
	}
	var all []store.Publication
	if err := each(tx, bucketPublished, "", func(_ []byte, p store.Publication) error {
		all = append(all, p)
		return nil
	}); err != nil {
		return err
	}
	for _, p := range all {
		p, err := p.Next(store.Publication{}, rev)
		if err != nil {
			return err
		}
		b, err := encode(&p)
		if err != nil {
			return err
		}
		for _, put := range []struct {
			in    bucketID
			key   string
			value []byte
		}{
			{bucketPublished, scriptKey(p.ScriptID), b},
			{bucketHistory, historyKey(rev, p.ScriptID), b},
			{bucketHistoryScript, versionKey(p.ScriptID, p.No), []byte(number(rev))},
		} {
			if err := bucket(tx, put.in).Put([]byte(put.key), put.value); err != nil {
				return fmt.Errorf("write to %s: %w", buckets[put.in].name, err)
			}
		}
	}
	return nil
}
