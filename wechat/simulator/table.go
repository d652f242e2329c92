package simulator

import "encoding/json"

// table is a map of one kind of records of an account that is kept in the state file: put and drop write through. It is
// registered with the account by newTable and protected by the account's lock.
type table[V any] struct {
	a    *account
	kind string
	rows map[string]V
}

// keptTable is what the state file needs to know of a table.
type keptTable interface {
	restore(l line) error
	emit(emit func(kind, app, id string, v any))
}

// newTable makes the account's table of records of the kind. The kind must be new: it names them in the state file.
func newTable[V any](a *account, kind string) *table[V] {
	if a.tables[kind] != nil {
		panic("simulator: two tables of the kind " + kind)
	}
	t := &table[V]{a: a, kind: kind, rows: map[string]V{}}
	a.tables[kind] = t
	return t
}

func (t *table[V]) get(id string) (V, bool) {
	v, ok := t.rows[id]
	return v, ok
}

// put keeps v, which must marshal, under the id. A pointer that was changed is put again.
func (t *table[V]) put(id string, v V) {
	t.rows[id] = v
	t.a.file.put(t.kind, t.a.AppID, id, v)
}

func (t *table[V]) drop(id string) {
	delete(t.rows, id)
	t.a.file.drop(t.kind, t.a.AppID, id)
}

func (t *table[V]) restore(l line) error {
	if l.Value == nil {
		delete(t.rows, l.ID)
		return nil
	}
	var v V
	if err := json.Unmarshal(l.Value, &v); err != nil {
		return err
	}
	t.rows[l.ID] = v
	return nil
}

func (t *table[V]) emit(emit func(kind, app, id string, v any)) {
	for id, v := range t.rows {
		emit(t.kind, t.a.AppID, id, v)
	}
}
