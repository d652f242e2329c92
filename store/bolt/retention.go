package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// Base gives what a fan's journal starts from.
func (s *Store) Base(ctx context.Context, fan store.FanID) (base store.Fan, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := find(tx, bucketBase, fanKey(fan), &base)
		return err
	})
	base.ID = fan
	return base, err
}

// Trim lets go of a fan's rows up to base.Seq. They are found beside the writer: no row is ever added below a number that the
// fan has reached.
func (s *Store) Trim(ctx context.Context, base store.Fan) error {
	b, err := encode(&base)
	if err != nil {
		return err
	}
	var rows []string
	w := walk{bucket: bucketJournal, prefix: under(base.ID.Account, base.ID.OpenID)}
	err = w.run(ctx, s, func(_ *bbolt.Tx, k, _ []byte) (bool, error) {
		if string(k) > w.prefix+number(base.Seq) {
			return false, nil
		}
		rows = append(rows, string(k))
		return true, nil
	})
	if err != nil {
		return err
	}
	_, err = do(ctx, s, len(b)+64*len(rows), func(g *group) (struct{}, func(), error) {
		var none struct{}
		fan, err := g.fans.cell(fanKey(base.ID))
		if err != nil {
			return none, nil, err
		}
		kept, err := g.bases.cell(fanKey(base.ID))
		if err != nil {
			return none, nil, err
		}
		if !base.Starts(kept.v, fan.v) {
			return none, nil, store.ErrConflict
		}
		return none, func() {
			kept.set(base, b)
			for _, key := range rows {
				g.drop(bucketJournal, key)
			}
		}, nil
	})
	return err
}
