package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"fanflow/store"
)

// The small world that random Changes play in, so that they meet often.
var (
	accounts = []string{"shop", "cafe"}
	openids  = []string{"a", "b", "c", "d"}
	flows    = []string{"coupon", "drip"}
	states   = []string{"one", "two", "three"}
	names    = []string{"vip", "new", "上海"}
)

// dice make Changes that mostly make sense.
type dice struct {
	*rand.Rand
	lasting bool // no Change is blind, refused or without entries, nobody is erased
}

func pick[T any](d *dice, of []T) T { return of[d.IntN(len(of))] }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

func (d *dice) fan() store.FanID {
	return store.FanID{Account: pick(d, accounts), OpenID: pick(d, openids)}
}

// change moves the fan; n numbers it.
func (d *dice) change(f store.Fan, n int) store.Change {
	c := store.Change{Fan: f.ID, Cause: fmt.Sprintf("%08x/%d", at.Unix()+int64(n), n), At: at.Add(time.Duration(n) * 7 * time.Second), Base: f.Rev}
	if d.chance(50) {
		c.Receipt = raw(fmt.Sprintf("reply <%d>", n))
	}
	steps := 1 + d.IntN(4)
	for range steps {
		e := d.entry(f, n)
		a, err := store.Apply(f, store.Change{Fan: f.ID, Cause: c.Cause, At: c.At, Entries: []store.Entry{e}})
		if err != nil {
			continue // the entry does not fit what came before it
		}
		f = a.Fan
		c.Entries = append(c.Entries, e)
	}
	if len(c.Entries) == 0 {
		c.Entries = []store.Entry{{Kind: store.Heard, Text: "*"}}
	}
	return c
}

// entry picks what may happen to the fan next.
func (d *dice) entry(f store.Fan, n int) store.Entry {
	flow := pick(d, flows)
	no := f.Past[flow].Count
	switch d.IntN(22) {
	case 0, 1:
		return store.Entry{Kind: store.Subscribed, Name: pick(d, names), Created: at.Add(time.Duration(d.IntN(n+1)) * time.Second)}
	case 2:
		return store.Entry{Kind: store.Unsubscribed, Created: at.Add(time.Duration(d.IntN(n+1)) * time.Second)}
	case 3:
		return store.Entry{Kind: store.Tagged, Name: pick(d, names)}
	case 4:
		return store.Entry{Kind: store.Untagged, Name: pick(d, names)}
	case 5:
		return store.Entry{Kind: store.AttrSet, Name: pick(d, names), Value: raw(pick(d, []any{nil, 1, "x"}))}
	case 6, 7, 8:
		return store.Entry{
			Kind: store.Enrolled, Flow: flow, No: no + 1, Version: 1 + d.IntN(2), Pub: d.IntN(3), Name: pick(d, []string{"text", "scan"}),
			Day: at.AddDate(0, 0, n/100).Format("2006-01-02"), Facts: d.facts(f),
		}
	case 9, 10, 11:
		step := d.IntN(len(states) + 1)
		return store.Entry{Kind: store.Entered, Flow: flow, No: no, State: states[max(0, step-1)], Step: step, Fence: f.Fence + 1}
	case 12:
		return store.Entry{Kind: store.Left, Flow: flow, No: no, Done: d.chance(50), Why: "final"}
	case 13:
		return store.Entry{Kind: store.VarSet, Flow: flow, No: no, Name: pick(d, names), Value: raw(n)}
	case 14:
		return store.Entry{Kind: store.WindowOpened, Window: &store.Window{Trigger: pick(d, names), Opened: at, Until: at.Add(time.Duration(n) * time.Minute), Left: 5}}
	case 15:
		return d.version(flow, no)
	case 16:
		return store.Entry{Kind: store.Goal, Flow: flow, No: no, Name: pick(d, names)}
	case 17, 18:
		return d.timer(f, flow, no)
	case 19, 20:
		return d.schedule(f, flow, no, n)
	default:
		if !d.lasting && d.chance(20) {
			return store.Entry{Kind: store.Erased}
		}
		return store.Entry{Kind: store.Heard, Text: fmt.Sprint(n)}
	}
}

// facts are those of an entry, or none.
func (d *dice) facts(f store.Fan) *store.Facts {
	if d.chance(30) {
		return nil
	}
	facts := &store.Facts{Scene: pick(d, []string{"", "door", "上海"}), Tags: slices.Clone(f.Tags)}
	if d.chance(50) {
		facts.Variants = map[string]string{"price": pick(d, []string{"a", "b"}), "tone": pick(d, []string{"kind", "short"})}
	}
	if d.chance(20) {
		facts.Caller = &store.Caller{Flow: "drip", No: 1}
	}
	return facts
}

// version takes an enrollment through a publication, which may move it and number its steps otherwise.
func (d *dice) version(flow string, no int) store.Entry {
	e := store.Entry{Kind: store.Versioned, Flow: flow, No: no, Version: 1 + d.IntN(3), Pub: 1 + d.IntN(5)}
	if d.chance(40) {
		e.State = pick(d, states)
	}
	if d.chance(60) {
		steps := map[string]int{}
		for i, k := range d.Perm(len(states)) {
			if d.chance(80) {
				steps[states[k]] = i + 1
			}
		}
		e.Value = raw(steps)
	}
	return e
}

// timer is what happens to a timer of the present wait, or of another one.
func (d *dice) timer(f store.Fan, flow string, no int) store.Entry {
	e := store.Entry{Flow: flow, No: no, Name: pick(d, []string{"1d", "at 22:00"}), Due: at.Add(time.Duration(d.IntN(900)) * time.Minute)}
	e.Kind = pick(d, []store.Kind{
		store.Armed, store.Armed, store.Armed, store.Fired, store.Missed, store.Disarmed, store.Stale, store.Parked, store.Called,
	})
	if e.Job = fmt.Sprint("timer/", d.IntN(4)); d.chance(70) {
		if n := f.Enrolled(flow); n != nil && n.Timer(e.Name) != nil && e.Kind != store.Armed {
			e.Job = n.Timer(e.Name).Job
		}
	}
	if e.Kind == store.Called {
		e.Name = pick(d, []string{"", "drip"})
	}
	return e
}

// schedule is what happens to what waits under a key, or for the fan's next message.
func (d *dice) schedule(f store.Fan, flow string, no, n int) store.Entry {
	due := at.Add(time.Duration(d.IntN(900)) * time.Minute)
	switch d.IntN(8) {
	case 0, 1:
		return store.Entry{Kind: store.Ordered, Flow: flow, No: no, Key: pick(d, []string{"", "a", "b", "c"}), Send: fmt.Sprint("s", d.IntN(40)), Due: due}
	case 2:
		return store.Entry{Kind: store.Planned, Flow: flow, No: no, Name: "drip", Key: pick(d, []string{"a", "b"}), Job: fmt.Sprint("j", n), Due: due}
	case 3:
		if len(f.Keyed) > 0 {
			k := pick(d, f.Keyed)
			return store.Entry{Kind: store.Unplanned, Flow: flow, No: no, Name: "drip", Key: k.Key, Job: k.Job}
		}
		return store.Entry{Kind: store.Settled, Send: fmt.Sprint("s", d.IntN(40)), Name: string(store.Sent)}
	case 4, 5:
		return store.Entry{Kind: store.KeptBack, Send: fmt.Sprint("push", d.IntN(9)), Value: raw(map[string]int{"text": n})}
	case 6:
		return store.Entry{Kind: store.Released, Send: fmt.Sprint("push", d.IntN(9)), Why: "given"}
	}
	return store.Entry{Kind: pick(d, []store.Kind{store.Refused, store.Decided, store.Fetched, store.Asked}), Flow: flow, Name: "text 1", Value: raw(n)}
}

// more adds jobs, sends, claims, keys and spends to a Change, or spoils it.
func (d *dice) more(c *store.Change, jobs []string, n int) {
	account := c.Fan.Account
	for i := range d.IntN(3) {
		j := store.Job{ID: fmt.Sprintf("j%d/%d", d.IntN(n+1), i), Account: account, OpenID: pick(d, openids), Kind: pick(d, states), Due: at.Add(time.Duration(d.IntN(60)) * time.Minute), Flow: pick(d, flows), Parked: d.chance(10)}
		c.Jobs = append(c.Jobs, j)
	}
	for _, id := range jobs {
		switch d.IntN(8) {
		case 0:
			c.Done = append(c.Done, id)
			if d.chance(30) {
				c.Cause = id
			}
		case 1:
			c.Snooze = append(c.Snooze, store.Snooze{Job: id, Due: at.Add(time.Duration(d.IntN(90)) * time.Minute), Attempt: n, Parked: d.chance(20)})
		}
	}
	if d.chance(30) {
		c.Sends = append(c.Sends, store.Send{ID: fmt.Sprint("s", d.IntN(40)), Account: account, OpenID: pick(d, openids), Status: pick(d, []store.Status{store.Waiting, store.Sent, store.Skipped}), Created: at.Add(time.Duration(d.IntN(9)) * time.Hour), Content: raw(n), Late: pick(d, []string{"", "skip", "09:00-21:00"}), Passed: pick(d, []string{"", "-", "crm@3"}), Depth: d.IntN(3)})
	}
	if d.chance(12) {
		c.Cancels = append(c.Cancels, store.Cancel{Send: fmt.Sprint("s", d.IntN(40)), Why: "taken back"})
	}
	if d.chance(20) {
		from := 1 + d.Int64N(40)
		c.Claims = append(c.Claims, store.Claim{Key: pick(d, names), From: from, To: from + d.Int64N(3)})
	}
	if d.chance(15) {
		c.Writes = append(c.Writes, store.KV{Key: pick(d, names), Value: raw(pick(d, []any{nil, 0, 5, "words"}))})
	}
	if d.chance(20) {
		c.Spends = append(c.Spends, store.Spend{Quota: pick(d, states), Period: pick(d, []string{"2026-11-06", "2026-11-07"}), N: d.Int64N(5) - 1, Limit: 12, Resets: at.Add(24 * time.Hour), Close: d.chance(5)})
	}
	switch d.IntN(20) {
	case 0:
		c.Base++ // stale
	case 1:
		c.Base = store.AnyRev
	case 2:
		c.Fan.OpenID, c.Entries = "", nil
	case 3:
		c.Done = append(c.Done, c.Cause) // gone
	case 4:
		c.Entries = append(c.Entries, store.Entry{Kind: store.Left, Flow: "never", No: 1})
	}
}
