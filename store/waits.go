package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// over says what has become of a timer.
var over = map[Kind]string{Fired: "fired", Missed: "missed", Parked: "parked", Stale: "stale"}

// timer follows a timer of a live enrollment. What concerns a wait that is over changes nothing.
func (f *Fan) timer(e Entry) {
	n := f.Enrolled(e.Flow)
	if n == nil || n.No != e.No {
		return
	}
	i := slices.IndexFunc(n.Timers, func(t Timer) bool { return t.Name == e.Name })
	switch e.Kind {
	case Armed:
		t := Timer{Name: e.Name, Due: Stamp(e.Due), Job: e.Job}
		if i < 0 {
			n.Timers = append(n.Timers, t)
		} else {
			n.Timers[i] = t
		}
	case Disarmed:
		if i >= 0 {
			n.Timers = slices.Delete(n.Timers, i, i+1)
		}
	default:
		if i >= 0 && n.Timers[i].Job == e.Job {
			n.Timers[i].Over = over[e.Kind]
		}
	}
}

// keyed notes what waits under a key. What waited under it before is replaced.
func (f *Fan) keyed(e Entry) error {
	if oldKey(e.Send) && e.Key == "" && len(f.Keyed) < MaxKeyed {
		e.Key = e.Send
	}
	if e.Key == "" {
		return nil
	}
	k := Keyed{Flow: e.Flow, Key: e.Key, Kind: "send", Job: e.Send, Due: Stamp(e.Due)}
	if e.Kind == Planned {
		k.Kind, k.Job = "enroll", e.Job
	}
	f.Keyed = slices.DeleteFunc(f.Keyed, func(o Keyed) bool { return o.Flow == k.Flow && o.Key == k.Key })
	if len(f.Keyed) >= MaxKeyed {
		return fmt.Errorf("%s has %d schedules with a key waiting; there can be no more", f.ID, MaxKeyed)
	}
	f.Keyed = append(f.Keyed, k)
	return nil
}

// oldKey reports whether the id of a send is one that was made of its key, before entries named it: "key-" and 24 hexadecimal
// digits. Such an id stands for the key in the record.
func oldKey(send string) bool {
	digits, ok := strings.CutPrefix(send, "key-")
	return ok && len(digits) == 24 && strings.Trim(digits, "0123456789abcdef") == ""
}

// unkey forgets the key of a job that is over.
func (f *Fan) unkey(job string) {
	if job != "" {
		f.Keyed = slices.DeleteFunc(f.Keyed, func(k Keyed) bool { return k.Job == job })
	}
}

// keep holds a reply back for the fan's next message, or lets it go. The oldest goes where there are too many.
func (f *Fan) keep(e Entry, at time.Time) {
	f.Kept = slices.DeleteFunc(f.Kept, func(k Kept) bool { return k.Push == e.Send })
	if e.Kind == Released {
		return
	}
	f.Kept = append(f.Kept, Kept{Push: e.Send, Reply: slices.Clone(e.Value), At: at})
	if extra := len(f.Kept) - MaxKept; extra > 0 {
		f.Kept = slices.Delete(f.Kept, 0, extra)
	}
}

func (f *Facts) clone() Facts {
	c := *f
	c.Tags, c.Variants = slices.Clone(f.Tags), cloneMap(f.Variants)
	if f.Caller != nil {
		caller := *f.Caller
		c.Caller = &caller
	}
	return c
}
