package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanflow/store"
)

// timed is an entry about a timer of the one enrollment.
func timed(kind store.Kind, name, job string, hours int) store.Entry {
	return store.Entry{Kind: kind, Flow: "coupon", No: 1, Name: name, Job: job, Due: at.Add(time.Duration(hours) * time.Hour)}
}

// TestApplyTimers: a timer stands in the enrollment from its arming until its wait ends.
func TestApplyTimers(t *testing.T) {
	wait := entries{enrolled(1), entered("greet", 1, 1), timed(store.Armed, "1d", "j1", 24), timed(store.Armed, "2d", "j2", 48)}
	timer := func(name, job string, hours int, over string) store.Timer {
		return store.Timer{Name: name, Job: job, Due: at.Add(time.Duration(hours) * time.Hour), Over: over}
	}
	second := timer("2d", "j2", 48, "")
	for name, c := range map[string]struct {
		then entries
		want []store.Timer
	}{
		"armed":                      {nil, []store.Timer{timer("1d", "j1", 24, ""), second}},
		"fired":                      {entries{timed(store.Fired, "1d", "j1", 24)}, []store.Timer{timer("1d", "j1", 24, "fired"), second}},
		"missed":                     {entries{timed(store.Missed, "1d", "j1", 24)}, []store.Timer{timer("1d", "j1", 24, "missed"), second}},
		"parked":                     {entries{timed(store.Parked, "1d", "j1", 24)}, []store.Timer{timer("1d", "j1", 24, "parked"), second}},
		"stale":                      {entries{timed(store.Stale, "1d", "j1", 24)}, []store.Timer{timer("1d", "j1", 24, "stale"), second}},
		"another wait's job":         {entries{timed(store.Fired, "1d", "old", 24)}, []store.Timer{timer("1d", "j1", 24, ""), second}},
		"a name it does not have":    {entries{timed(store.Fired, "3d", "j1", 24), timed(store.Disarmed, "3d", "j1", 24)}, []store.Timer{timer("1d", "j1", 24, ""), second}},
		"put off":                    {entries{timed(store.Armed, "1d", "j1", 30)}, []store.Timer{timer("1d", "j1", 30, ""), second}},
		"armed anew after parking":   {entries{timed(store.Parked, "1d", "j1", 24), timed(store.Armed, "1d", "j3", 25)}, []store.Timer{timer("1d", "j3", 25, ""), second}},
		"disarmed":                   {entries{timed(store.Disarmed, "1d", "j1", 24)}, []store.Timer{second}},
		"another state":              {entries{entered("where", 0, 2)}, nil},
		"the same state anew":        {entries{entered("greet", 1, 2), timed(store.Armed, "1d", "j4", 24)}, []store.Timer{timer("1d", "j4", 24, "")}},
		"a version":                  {entries{{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 2, Pub: 3, State: "hello"}}, []store.Timer{timer("1d", "j1", 24, ""), second}},
		"another enrollment's timer": {entries{{Kind: store.Fired, Flow: "coupon", No: 2, Name: "1d", Job: "j1"}, {Kind: store.Armed, Flow: "drip", No: 1, Name: "1d", Job: "j9"}}, []store.Timer{timer("1d", "j1", 24, ""), second}},
	} {
		same(t, name, last(played(t, wait, c.then)).Fan.Live[0].Timers, c.want)
	}
	gone := last(played(t, wait, entries{left(false)}, entries{timed(store.Stale, "1d", "j1", 24)}))
	if len(gone.Fan.Live) != 0 || len(gone.Rows) != 1 {
		t.Errorf("a timer of an enrollment that is over: %+v", gone.Fan)
	}
}

// TestApplyVersioned: a publication moves an enrollment without a new wait.
func TestApplyVersioned(t *testing.T) {
	all := played(t, entries{enrolled(1), entered("greet", 1, 5)}, entries{entered("coupon", 2, 6)}, entries{
		{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 4, Pub: 7, State: "offer", Value: json.RawMessage(`{"offer":1,"greet":2}`)},
		{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 3, Pub: 6},
	})
	n := last(all).Fan.Live[0]
	if n.Version != 3 || n.EntryVersion != 1 || n.Pub != 7 || n.State != "offer" || n.Fence != 6 || !n.StateAt.Equal(at.Add(time.Minute)) {
		t.Errorf("enrollment %+v", n)
	}
	same(t, "moved", last(all).Moved, []store.FlowMove{{Flow: "coupon", State: "coupon", By: -1}, {Flow: "coupon", State: "offer", By: 1}})
	_, err := store.Apply(last(all).Fan, store.Change{Fan: ann, Cause: "c", At: at, Entries: entries{
		{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 5, Value: json.RawMessage(`{"offer":"one"}`)},
	}})
	if err == nil || !strings.Contains(err.Error(), "read the steps of version 5 of flow coupon") {
		t.Errorf("steps that are no numbers: %v", err)
	}
}

// TestApplyCalls: who calls a sub-flow waits for it until that is said to be over, also in another state.
func TestApplyCalls(t *testing.T) {
	call := func(name string) store.Entry {
		return store.Entry{Kind: store.Called, Flow: "coupon", No: 1, State: "greet", Name: name}
	}
	facts := store.Facts{Scene: "door", Tags: []string{"vip"}, Variants: map[string]string{"price": "a"}, Caller: &store.Caller{Flow: "coupon", No: 1}}
	child := store.Entry{Kind: store.Enrolled, Flow: "survey", No: 1, Version: 3, Name: "call coupon", Day: "2026-11-06", Facts: &facts}
	all := played(t, entries{enrolled(1), entered("greet", 1, 1), call("survey"), child}, entries{entered("where", 0, 2)}, entries{call("")})
	for i, want := range []string{"survey", "survey", ""} {
		f := all[i].Fan
		if got := f.Enrolled("coupon").Calls; got != want {
			t.Errorf("after change %d it waits for %q; want %q", i, got, want)
		}
	}
	f := last(all).Fan
	n := f.Enrolled("survey")
	same(t, "facts", store.Facts{Scene: n.Scene, Tags: n.Tags, Variants: n.Variants, Caller: n.Caller}, facts)
	facts.Tags[0], facts.Variants["price"], facts.Caller.No = "new", "b", 9
	if n.Tags[0] != "vip" || n.Variants["price"] != "a" || n.Caller.No != 1 {
		t.Errorf("the enrollment shares its facts with the entry: %+v", n)
	}
	copied := f.Clone()
	m := copied.Enrolled("survey")
	m.Tags[0], m.Variants["price"], m.Caller.No = "new", "b", 9
	if n.Tags[0] != "vip" || n.Variants["price"] != "a" || n.Caller.No != 1 {
		t.Errorf("a clone shares the facts: %+v", n)
	}
}

// TestApplyKeyed: what is ordered under a key replaces what waits under it, and its end frees the key.
func TestApplyKeyed(t *testing.T) {
	order := func(flow, key, send string) store.Entry {
		return store.Entry{Kind: store.Ordered, Flow: flow, No: 1, Key: key, Send: send, Due: at}
	}
	plan := store.Entry{Kind: store.Planned, Flow: "coupon", No: 1, Name: "drip", Key: "k", Job: "job", Due: at}
	unplan := plan
	unplan.Kind = store.Unplanned
	send := func(flow, key, id string) store.Keyed {
		return store.Keyed{Flow: flow, Key: key, Kind: "send", Job: id, Due: at}
	}
	enroll := store.Keyed{Flow: "coupon", Key: "k", Kind: "enroll", Job: "job", Due: at}
	for name, c := range map[string]struct {
		entries entries
		want    []store.Keyed
	}{
		"without a key":        {entries{order("coupon", "", "s1")}, nil},
		"two keys":             {entries{order("coupon", "k", "s1"), order("coupon", "l", "s2")}, []store.Keyed{send("coupon", "k", "s1"), send("coupon", "l", "s2")}},
		"two flows":            {entries{order("coupon", "k", "s1"), order("drip", "k", "s2")}, []store.Keyed{send("coupon", "k", "s1"), send("drip", "k", "s2")}},
		"replaced":             {entries{order("coupon", "k", "s1"), order("coupon", "l", "s2"), order("coupon", "k", "s3")}, []store.Keyed{send("coupon", "l", "s2"), send("coupon", "k", "s3")}},
		"settled":              {entries{order("coupon", "k", "s1"), {Kind: store.Settled, Send: "s1"}}, nil},
		"the replaced settled": {entries{order("coupon", "k", "s1"), order("coupon", "k", "s2"), {Kind: store.Settled, Send: "s1"}}, []store.Keyed{send("coupon", "k", "s2")}},
		"planned":              {entries{plan}, []store.Keyed{enroll}},
		"a plan for a send":    {entries{order("coupon", "k", "s1"), plan}, []store.Keyed{enroll}},
		"unplanned":            {entries{plan, unplan}, nil},
		"over an enrollment":   {entries{enrolled(1), entered("greet", 1, 1), order("coupon", "k", "s1"), left(true)}, []store.Keyed{send("coupon", "k", "s1")}},
		"erased":               {entries{order("coupon", "k", "s1"), {Kind: store.KeptBack, Send: "p"}, {Kind: store.Erased}}, nil},
	} {
		f := last(played(t, c.entries)).Fan
		same(t, name, f.Keyed, c.want)
		same(t, name+": kept", f.Kept, []store.Kept(nil))
	}
	var all entries
	for i := range store.MaxKeyed {
		all = append(all, order("coupon", fmt.Sprint("k", i), fmt.Sprint("s", i)))
	}
	full := last(played(t, all, entries{order("coupon", "k7", "again")})).Fan // one more in the place of another
	_, err := store.Apply(full, store.Change{Fan: ann, Cause: "c", At: at, Entries: entries{order("coupon", "new", "s")}})
	if len(full.Keyed) != store.MaxKeyed || err == nil || !strings.Contains(err.Error(), "64 schedules with a key") {
		t.Errorf("%d keys, then error %v", len(full.Keyed), err)
	}
}

// TestApplyKept: replies that missed their push wait for the next one, the newest three.
func TestApplyKept(t *testing.T) {
	keep := func(push string) store.Entry {
		return store.Entry{Kind: store.KeptBack, Send: push, Value: json.RawMessage(`"` + push + `"`)}
	}
	given := func(push string) store.Entry { return store.Entry{Kind: store.Released, Send: push} }
	for name, c := range map[string]struct {
		entries entries
		want    string
	}{
		"one":            {entries{keep("a")}, "a"},
		"three":          {entries{keep("a"), keep("b"), keep("c")}, "abc"},
		"the oldest":     {entries{keep("a"), keep("b"), keep("c"), keep("d")}, "bcd"},
		"the same again": {entries{keep("a"), keep("b"), keep("a")}, "ba"},
		"given":          {entries{keep("a"), keep("b"), given("a")}, "b"},
		"never kept":     {entries{keep("a"), given("b")}, "a"},
	} {
		got := ""
		for _, k := range last(played(t, c.entries)).Fan.Kept {
			got += k.Push
			if string(k.Reply) != `"`+k.Push+`"` || !k.At.Equal(at) {
				t.Errorf("%s: kept %+v", name, k)
			}
		}
		if got != c.want {
			t.Errorf("%s: kept %q; want %q", name, got, c.want)
		}
	}
}

// TestApplyAside: what a late job or a decision notes does not bring a tombstone back.
func TestApplyAside(t *testing.T) {
	for _, kind := range []store.Kind{
		store.Settled, store.Stale, store.Parked, store.Missed, store.Disarmed, store.Unplanned, store.Released, store.Refused, store.Decided, store.Fetched, store.Asked,
	} {
		all := played(t, entries{{Kind: store.Heard}}, entries{{Kind: store.Erased}}, entries{{Kind: kind, Flow: "coupon", No: 1}})
		if f := last(all).Fan; !f.Erased {
			t.Errorf("%s brings an erased fan back", kind)
		}
	}
}
