package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"fanflow/store"
	"fanflow/wechat"
)

// maxSends is how many messages one decision may order.
const maxSends = 50

// draft collects what a decision wants written, and shows the fan as the Change would leave it.
type draft struct {
	fan    store.Fan // the working copy
	at     time.Time
	cause  string
	ids    string // what the ids of its jobs and sends begin with
	reply  wechat.Reply
	serial int // of jobs and sends

	entries []store.Entry
	jobs    []store.Job
	done    []string // jobs that end with the Change, beside its cause's
	cancels []store.Cancel
	sends   []store.Send
	claims  []store.Claim
	reads   []store.KVRead
	writes  []store.KV
	planned int // enrollments that were scheduled
	weight  int // bytes that the Change will have at least
	// enrolls are the flows that scripts asked for; each is a part of its own.
	enrolls []enrollWish
	// endings are the ends of sub-flows that their callers have not heard of yet.
	endings []ending
}

// enrollWish asks for an enrollment in another flow; vars are its first variables.
type enrollWish struct {
	flow, by string
	vars     map[string]json.RawMessage
	caller   *store.Caller // that waits for its result; nil: nobody does
}

func newDraft(fan store.Fan, at time.Time, cause string) *draft {
	return &draft{fan: fan.Clone(), at: store.Stamp(at), cause: cause, ids: cause}
}

// save gives a copy to go back to. What is appended to the draft later does not show in it.
func (d *draft) save() draft {
	s := *d
	s.fan = d.fan.Clone()
	s.entries, s.jobs, s.sends = slices.Clip(d.entries), slices.Clip(d.jobs), slices.Clip(d.sends)
	s.done, s.cancels = slices.Clip(d.done), slices.Clip(d.cancels)
	s.claims, s.reads, s.enrolls = slices.Clip(d.claims), slices.Clip(d.reads), slices.Clip(d.enrolls)
	s.endings = slices.Clip(d.endings)
	s.writes = slices.Clone(d.writes)
	return s
}

// weigh ends a part as soon as what it has collected cannot fit into a Change whatever else happens, so that a script cannot
// fill the memory before its end. What fits in the end says fits.
func (d *draft) weigh(bytes int) error {
	if d.weight += bytes; d.weight > store.MaxChange {
		return &failure{err: errTooMuch}
	}
	return nil
}

// entryBytes is the least that an entry takes in JSON beside its texts.
const entryBytes = 24

// add notes an entry and applies it to the working copy.
func (d *draft) add(e store.Entry) error {
	if err := d.weigh(entryBytes + len(e.Name) + len(e.Text) + len(e.Value) + len(e.Why)); err != nil {
		return err
	}
	if err := store.Fold(&d.fan, e, d.at); err != nil {
		return fmt.Errorf("note %s: %w", e.Kind, err)
	}
	d.entries = append(d.entries, e)
	return nil
}

// endJob ends a job of the fan's: one that this decision made is not made at all.
func (d *draft) endJob(id string) {
	for i := range d.jobs {
		if d.jobs[i].ID == id { // a copy: what save gave shares the array
			d.jobs = slices.Concat(d.jobs[:i], d.jobs[i+1:])
			return
		}
	}
	if !slices.Contains(d.done, id) {
		d.done = append(d.done, id)
	}
}

// armsJob reports whether the decision makes a job of this id.
func (d *draft) armsJob(id string) bool {
	return slices.ContainsFunc(d.jobs, func(j store.Job) bool { return j.ID == id })
}

// nextID numbers the jobs and sends of this decision; committing it again makes the same ids.
func (d *draft) nextID() string {
	d.serial++
	return d.id(d.serial)
}

func (d *draft) id(serial int) string { return fmt.Sprintf("%s/%02d", shortCause(d.ids), serial) }

// shortCause keeps ids short where a cause is the id of a job that was caused by a job: a flow that goes round by timers or
// tells another one would otherwise make them longer at every turn.
func shortCause(cause string) string {
	if len(cause) <= 48 {
		return cause
	}
	sum := sha256.Sum256([]byte(cause))
	return cause[:8] + "-" + hex.EncodeToString(sum[:12])
}

// write gives a key a value; the last one of a decision counts.
func (d *draft) write(key string, value json.RawMessage) error {
	for i := range d.writes {
		if d.writes[i].Key == key {
			more := len(value) - len(d.writes[i].Value)
			d.writes[i].Value = value
			return d.weigh(more)
		}
	}
	d.writes = append(d.writes, store.KV{Key: key, Value: value})
	return d.weigh(len(key) + len(value))
}

// written gives what this decision wrote to a key.
func (d *draft) written(key string) (json.RawMessage, bool) {
	for i := range d.writes {
		if d.writes[i].Key == key {
			return d.writes[i].Value, true
		}
	}
	return nil, false
}

// read notes the revision of a key that was read, once.
func (d *draft) read(key string, rev uint64) {
	r := store.KVRead{Key: key, Rev: rev}
	if !slices.Contains(d.reads, r) {
		d.reads = append(d.reads, r)
	}
}

// change gives all of it as data.
func (d *draft) change(base uint64) store.Change {
	return store.Change{
		Fan: d.fan.ID, Base: base, Cause: d.cause, At: d.at, Entries: d.entries, Jobs: d.jobs, Done: slices.Clone(d.done),
		Sends: d.sends, Cancels: d.cancels,
		Claims: d.claims, Reads: d.reads, Writes: d.writes,
	}
}

// size is a rough count of the bytes of the Change, on the safe side for what is plain text.
func (d *draft) size() int {
	n := 512
	for i := range d.entries {
		e := &d.entries[i]
		n += 192 + 2*len(e.Text) + len(e.Value) + 2*len(e.Why) + len(e.Name)
	}
	for i := range d.sends {
		n += 384 + len(d.sends[i].Content)
	}
	for i := range d.jobs {
		n += 256 + len(d.jobs[i].Args)
	}
	for i := range d.writes {
		n += 64 + len(d.writes[i].Value)
	}
	for i := range d.done {
		n += 8 + len(d.done[i])
	}
	return n + 64*(len(d.claims)+len(d.reads)+2*len(d.cancels))
}

// attr and variable give the working copy's values, nil if there is none.
func (d *draft) attr(name string) any { return jsonValue(d.fan.Attrs[name]) }

func (d *draft) variable(flow, name string) any {
	if n := d.fan.Enrolled(flow); n != nil {
		return jsonValue(n.Vars[name])
	}
	return nil
}

// sortedKeys gives the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
