// Package mem keeps a store in memory: the reference model that the other stores are compared with, and the engine of tests
// that need no file. It is written to be obviously right, not to be fast: one lock, plain maps, scans. Nothing outlives the
// process.
package mem

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"fanflow/store"
)

// Store is a store.Store in memory. Use New.
type Store struct {
	mu     sync.Mutex
	closed bool

	fans     map[store.FanID]store.Fan
	receipts map[receiptKey]store.Receipt
	journal  map[store.FanID][]store.Row
	ended    map[store.FanID][]store.Enrollment
	bases    map[store.FanID]store.Fan
	jobs     map[key]store.Job
	leases   map[key]time.Time // until when, by the wall clock
	sends    map[key]store.Send
	kv       map[key]store.KV
	kvRev    uint64 // the last revision given to any key, so that a key removed and written again is not taken for the old one
	quotas   map[quotaKey]store.Quota
	counts   map[countKey]store.Count
	cohorts  map[cohortKey]store.CohortCount
	waiting  map[stateKey]int64
	totals   map[string]store.Totals
	scripts  map[store.ScriptID][]store.Script // version n at n-1
	current  map[store.ScriptID]store.Publication
	history  []store.Publication // what Publish made of the catalog: revision n at n-1
	settings map[string][]byte
}

var _ store.Store = (*Store)(nil)

// key names a job, a send or a kv key of an account.
type key struct{ account, id string }

type receiptKey struct {
	fan   store.FanID
	cause string
}

type quotaKey struct{ account, quota, period string }

type countKey struct{ account, flow, day, state, goal string }

// cohortKey names a cell of a cohort or of a tag.
type cohortKey struct {
	countKey
	cohort, tag string
}

type stateKey struct{ account, flow, state string }

// New gives an empty store.
func New() *Store {
	return &Store{
		fans:     map[store.FanID]store.Fan{},
		receipts: map[receiptKey]store.Receipt{},
		journal:  map[store.FanID][]store.Row{},
		ended:    map[store.FanID][]store.Enrollment{},
		bases:    map[store.FanID]store.Fan{},
		jobs:     map[key]store.Job{},
		leases:   map[key]time.Time{},
		sends:    map[key]store.Send{},
		kv:       map[key]store.KV{},
		quotas:   map[quotaKey]store.Quota{},
		counts:   map[countKey]store.Count{},
		cohorts:  map[cohortKey]store.CohortCount{},
		waiting:  map[stateKey]int64{},
		totals:   map[string]store.Totals{},
		scripts:  map[store.ScriptID][]store.Script{},
		current:  map[store.ScriptID]store.Publication{},
		settings: map[string][]byte{},
	}
}

// enter takes the lock for one call; the caller gives it back.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	return nil
}

// Close refuses every later call with store.ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Load reads a fan, a receipt and the revision of the catalog.
func (s *Store) Load(ctx context.Context, fan store.FanID, cause string) (store.Snapshot, error) {
	if err := s.enter(ctx); err != nil {
		return store.Snapshot{}, err
	}
	defer s.mu.Unlock()
	snap := store.Snapshot{Fan: s.fan(fan), Catalog: uint64(len(s.history))}
	if r, ok := s.receipts[receiptKey{fan, cause}]; ok {
		snap.Receipt = &r
	}
	return copied(snap), nil
}

func (s *Store) fan(id store.FanID) store.Fan {
	f := s.fans[id]
	f.ID = id
	return f
}

// Receipts lists the receipts of a span of time.
func (s *Store) Receipts(ctx context.Context, since, until time.Time) ([]store.Given, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Given
	for k, r := range s.receipts {
		if r.Until.IsZero() && !r.At.Before(since) && !r.At.After(until) {
			list = append(list, store.Given{Fan: k.fan, Cause: k.cause, Receipt: r})
		}
	}
	slices.SortFunc(list, func(a, b store.Given) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Fan.Account, b.Fan.Account), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Fan.OpenID, b.Fan.OpenID))
	})
	return copied(list), nil
}

// Sweep removes receipts that expired before now.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := 0
	for k, r := range s.receipts {
		if r.Expires().Before(now) {
			delete(s.receipts, k)
			n++
		}
	}
	return n, nil
}

// written is v by way of its JSON: what a database on disk would give back. What the store keeps comes through it.
func written[T any](v T) (T, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	var c T
	if err := enc.Encode(v); err != nil {
		return c, fmt.Errorf("copy %T: %w", v, err)
	}
	if err := json.Unmarshal(buf.Bytes(), &c); err != nil {
		return c, fmt.Errorf("copy %T: %w", v, err)
	}
	return c, nil
}

// copied shares nothing with v, which the store keeps. What is empty has become nil, as it does in JSON.
func copied[T any](v T) T {
	if copy := copier(reflect.TypeFor[T]()); copy != nil {
		copy(reflect.ValueOf(&v).Elem())
	}
	return v
}

var copiers sync.Map // reflect.Type to func(reflect.Value)

// copier gives what takes a value of the type away from what it shares by pointers, slices and maps; nil where it shares nothing.
// Times are values.
func copier(t reflect.Type) func(reflect.Value) {
	if known, ok := copiers.Load(t); ok {
		return known.(func(reflect.Value))
	}
	do := newCopier(t)
	copiers.Store(t, do)
	return do
}

func newCopier(t reflect.Type) func(reflect.Value) {
	switch t.Kind() {
	case reflect.Struct:
		return structCopier(t)
	case reflect.Pointer:
		return func(v reflect.Value) {
			if v.IsNil() {
				return
			}
			c := reflect.New(t.Elem())
			c.Elem().Set(v.Elem())
			if do := copier(t.Elem()); do != nil {
				do(c.Elem())
			}
			v.Set(c)
		}
	case reflect.Slice:
		do := copier(t.Elem())
		return func(v reflect.Value) {
			if v.Len() == 0 {
				v.SetZero()
				return
			}
			c := reflect.MakeSlice(t, v.Len(), v.Len())
			reflect.Copy(c, v)
			for i := 0; do != nil && i < c.Len(); i++ {
				do(c.Index(i))
			}
			v.Set(c)
		}
	case reflect.Map:
		do := copier(t.Elem())
		return func(v reflect.Value) {
			if v.Len() == 0 {
				v.SetZero()
				return
			}
			c := reflect.MakeMapWithSize(t, v.Len())
			for i := v.MapRange(); i.Next(); {
				one := reflect.New(t.Elem()).Elem()
				one.Set(i.Value())
				if do != nil {
					do(one)
				}
				c.SetMapIndex(i.Key(), one)
			}
			v.Set(c)
		}
	case reflect.Interface, reflect.Chan, reflect.Func:
		panic(fmt.Sprintf("mem: a %s is kept, which nobody knows how to copy", t))
	}
	return nil
}

func structCopier(t reflect.Type) func(reflect.Value) {
	type field struct {
		index int
		copy  func(reflect.Value)
	}
	var fields []field
	for i := range t.NumField() {
		if do := copier(t.Field(i).Type); do != nil && t.Field(i).IsExported() {
			fields = append(fields, field{i, do})
		}
	}
	if fields == nil || t == reflect.TypeFor[time.Time]() {
		return nil
	}
	return func(v reflect.Value) {
		for _, f := range fields {
			f.copy(v.Field(f.index))
		}
	}
}
