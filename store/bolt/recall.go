package bolt

import (
	"bytes"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"fanflow/store"
)

// recallStep is how many fans one transaction lets know: what a transaction changes lies in memory until its end.
const recallStep = 2000

// recallWaits lets the fans of a file whose records knew neither timers nor keys know them: as their journals tell it. A fan whose
// journal cannot be followed stays as they are, and their timers are known to the queue alone. A crash midway leaves a file of the
// old format, and it begins again.
func recallWaits(db *bbolt.DB) error {
	for after := []byte(nil); ; {
		var last []byte
		err := db.Update(func(tx *bbolt.Tx) (err error) {
			last, err = recallPage(tx, after)
			return err
		})
		if err != nil || last == nil {
			return err
		}
		after = last
	}
}

// recallPage does it for the fans after a key of those who are in a flow. It gives the key of the last one, nil at the end.
func recallPage(tx *bbolt.Tx, after []byte) (last []byte, err error) {
	c := bucket(tx, bucketFanFlows).Cursor()
	k, _ := c.Seek(after)
	if after != nil && bytes.Equal(k, after) {
		k, _ = c.Next()
	}
	for n := 0; k != nil; k, _ = c.Next() {
		names := strings.Split(string(k), "\x00")
		if len(names) != 3 {
			return nil, fmt.Errorf("key %q names no fan in a flow", k)
		}
		if err := recall(tx, store.FanID{Account: names[0], OpenID: names[2]}); err != nil {
			return nil, err
		}
		if n++; n == recallStep {
			return bytes.Clone(k), nil
		}
	}
	return nil, nil
}

// recall does it for one fan. Done again it finds the same.
func recall(tx *bbolt.Tx, id store.FanID) error {
	var f store.Fan
	if found, err := find(tx, bucketFans, fanKey(id), &f); err != nil || !found {
		return err
	}
	told, ok := retell(tx, id)
	if !ok {
		return nil
	}
	f.Keyed = told.Keyed
	for i := range f.Live {
		n := &f.Live[i]
		if was := told.Enrolled(n.Flow); was != nil && was.No == n.No && was.Fence == n.Fence {
			n.Timers = was.Timers
		}
	}
	b, err := encode(&f)
	if err != nil {
		return err
	}
	if err := bucket(tx, bucketFans).Put([]byte(fanKey(id)), b); err != nil {
		return fmt.Errorf("write fan %s: %w", id, err)
	}
	return nil
}

// retell gives the fan as their journal tells it; ok is false where it cannot be followed.
func retell(tx *bbolt.Tx, id store.FanID) (f store.Fan, ok bool) {
	f.ID = id
	prefix := []byte(under(id.Account, id.OpenID))
	c := bucket(tx, bucketJournal).Cursor()
	for k, b := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, b = c.Next() {
		var r store.Row
		if decode(b, &r) != nil || store.Fold(&f, r.Entry, r.At) != nil {
			return f, false
		}
	}
	return f, true
}
