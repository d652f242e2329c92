package bolt

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// scanStep is how many keys one view goes through at most, so that a long list holds no transaction open for long.
const scanStep = 5000

func bucket(tx *bbolt.Tx, id bucketID) *bbolt.Bucket { return tx.Bucket([]byte(buckets[id].name)) }

// get reads a record into v, or gives store.ErrNotFound.
func get(tx *bbolt.Tx, id bucketID, key string, v any) error {
	b := bucket(tx, id).Get([]byte(key))
	if b == nil {
		return store.ErrNotFound
	}
	return decode(b, v)
}

// find reads a record into v and reports whether it was there.
func find(tx *bbolt.Tx, id bucketID, key string, v any) (bool, error) {
	err := get(tx, id, key, v)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// each visits the records whose keys begin with prefix, within one view: for lists that are short by nature.
func each[T any](tx *bbolt.Tx, id bucketID, prefix string, visit func(key []byte, v T) error) error {
	c := bucket(tx, id).Cursor()
	for k, b := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, b = c.Next() {
		var v T
		if err := decode(b, &v); err != nil {
			return err
		}
		if err := visit(k, v); err != nil {
			return err
		}
	}
	return nil
}

// walk goes through the keys of a bucket that begin with prefix, in views of scanStep keys.
type walk struct {
	bucket  bucketID
	prefix  string
	after   []byte // go on behind this key; nil begins at the first
	reverse bool   // from the last key to the first
}

// run visits until visit reports false or the keys end. k and v hold until visit returns.
func (w walk) run(ctx context.Context, s *Store, visit func(tx *bbolt.Tx, k, v []byte) (more bool, err error)) error {
	for more := true; more; {
		err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
			c := bucket(tx, w.bucket).Cursor()
			k, v := w.first(c)
			for n := 0; more && k != nil && bytes.HasPrefix(k, []byte(w.prefix)); n++ {
				if n == scanStep {
					return nil
				}
				w.after = append(w.after[:0], k...)
				if more, err = visit(tx, k, v); err != nil {
					return err
				}
				if w.reverse {
					k, v = c.Prev()
				} else {
					k, v = c.Next()
				}
			}
			more = false
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// first finds where to go on.
func (w walk) first(c *bbolt.Cursor) (k, v []byte) {
	if !w.reverse {
		if w.after == nil {
			return c.Seek([]byte(w.prefix))
		}
		if k, v = c.Seek(w.after); bytes.Equal(k, w.after) {
			return c.Next()
		}
		return k, v
	}
	end := w.after
	if end == nil { // the prefix ends with NUL: this is behind all that begin with it
		end = append([]byte(w.prefix[:len(w.prefix)-1]), 1)
	}
	if k, _ = c.Seek(end); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// cursorKey makes the key that a list goes on behind of the cursor it gave.
func cursorKey(prefix, cursor string) ([]byte, error) {
	if cursor == "" {
		return nil, nil
	}
	end, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, errors.New("the cursor is not one that this list gave")
	}
	return append([]byte(prefix), end...), nil
}

func newCursor(end string) string { return base64.RawURLEncoding.EncodeToString([]byte(end)) }

// Load reads a fan, a receipt and the revision of the catalog in one view.
func (s *Store) Load(ctx context.Context, fan store.FanID, cause string) (snap store.Snapshot, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if _, err := find(tx, bucketFans, fanKey(fan), &snap.Fan); err != nil {
			return err
		}
		snap.Fan.ID = fan
		if cause != "" {
			var r store.Receipt
			ok, err := find(tx, bucketReceipts, receiptKey(fan, cause), &r)
			if err != nil {
				return err
			}
			if ok {
				snap.Receipt = &r
			}
		}
		_, err := find(tx, bucketMeta, catalogKey, &snap.Catalog)
		return err
	})
	return snap, err
}

// KV reads a key.
func (s *Store) KV(ctx context.Context, account, key string) (k store.KV, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := find(tx, bucketKV, join(account, key), &k)
		return err
	})
	k.Key = key
	return k, err
}

// Journal lists a fan's rows after a number.
func (s *Store) Journal(ctx context.Context, fan store.FanID, after uint64, limit int) (rows []store.Row, next uint64, err error) {
	size := store.PageSize(limit)
	w := walk{bucket: bucketJournal, prefix: under(fan.Account, fan.OpenID)}
	w.after = []byte(w.prefix + number(after))
	err = w.run(ctx, s, func(_ *bbolt.Tx, k, v []byte) (bool, error) {
		if len(rows) == size {
			next = rows[size-1].Seq
			return false, nil
		}
		var r store.Row
		err := decode(v, &r)
		rows = append(rows, r)
		return true, err
	})
	return rows, next, err
}

// Ended lists a fan's ended enrollments.
func (s *Store) Ended(ctx context.Context, fan store.FanID) (list []store.Enrollment, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, bucketEnded, under(fan.Account, fan.OpenID), func(_ []byte, e store.Enrollment) error {
			list = append(list, e)
			return nil
		})
	})
	return list, err
}

// List pages the fans of an account. It goes by the index of the tag or else of the flow, and reads fans one by one for the rest
// of the filter: a State alone goes through all fans.
func (s *Store) List(ctx context.Context, account string, filter store.FanFilter, cursor string, limit int) (list []store.Fan, next string, err error) {
	w := walk{bucket: bucketFans, prefix: under(account)}
	switch {
	case filter.Tag != "":
		w = walk{bucket: bucketFanTags, prefix: under(account, filter.Tag)}
	case filter.Flow != "":
		w = walk{bucket: bucketFanFlows, prefix: under(account, filter.Flow)}
	}
	before := len(w.prefix)
	if w.after, err = cursorKey(w.prefix, cursor); err != nil {
		return nil, "", err
	}
	w.prefix += filter.Prefix
	size := store.PageSize(limit)
	err = w.run(ctx, s, func(tx *bbolt.Tx, k, _ []byte) (bool, error) {
		id := store.FanID{Account: account, OpenID: string(k[before:])}
		var f store.Fan
		if err := get(tx, bucketFans, fanKey(id), &f); err != nil {
			return false, err
		}
		if !filter.Match(&f) {
			return true, nil
		}
		if len(list) == size {
			next = newCursor(list[size-1].ID.OpenID)
			return false, nil
		}
		list = append(list, f)
		return true, nil
	})
	return list, next, err
}

// Send gives one send.
func (s *Store) Send(ctx context.Context, account, id string) (d store.Send, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error { return get(tx, bucketSends, join(account, id), &d) })
	return d, err
}

// Sends pages an account's sends by Created and ID, newest first.
func (s *Store) Sends(ctx context.Context, account string, filter store.SendFilter, cursor string, limit int) (list []store.Send, next string, err error) {
	w := walk{bucket: bucketSendTime, prefix: under(account), reverse: true}
	switch {
	case filter.OpenID != "":
		w.bucket, w.prefix = bucketSendFan, under(account, filter.OpenID)
	case filter.Status != "":
		w.bucket, w.prefix = bucketSendStatus, under(account, string(filter.Status))
	}
	if w.after, err = cursorKey(w.prefix, cursor); err != nil {
		return nil, "", err
	}
	size := store.PageSize(limit)
	err = w.run(ctx, s, func(tx *bbolt.Tx, k, _ []byte) (bool, error) {
		var d store.Send
		if err := get(tx, bucketSends, join(account, string(k[len(w.prefix)+8:])), &d); err != nil {
			return false, err
		}
		if !filter.Match(&d) {
			return true, nil
		}
		if len(list) == size {
			last := &list[size-1]
			next = newCursor(instant(last.Created) + last.ID)
			return false, nil
		}
		list = append(list, d)
		return true, nil
	})
	return list, next, err
}
