package store_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fanflow/store"
)

var (
	ann = store.FanID{Account: "shop", OpenID: "ann"}
	at  = time.Date(2026, 11, 6, 12, 30, 0, 0, time.UTC)
)

// same compares; nothing and empty are equal.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// played applies one Change per minute.
func played(t *testing.T, changes ...[]store.Entry) []store.Applied {
	t.Helper()
	var f store.Fan
	var all []store.Applied
	for i, entries := range changes {
		a, err := store.Apply(f, store.Change{Fan: ann, Cause: "c", At: at.Add(time.Duration(i) * time.Minute), Entries: entries})
		if err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
		f = a.Fan
		all = append(all, a)
	}
	return all
}

func last(all []store.Applied) store.Applied { return all[len(all)-1] }

type entries = []store.Entry

func enrolled(no int) store.Entry {
	return store.Entry{Kind: store.Enrolled, Flow: "coupon", No: no, Version: 1, Name: "text", Day: "2026-11-06", Priority: 2}
}

func entered(state string, step int, fence uint64) store.Entry {
	return store.Entry{Kind: store.Entered, Flow: "coupon", No: 1, State: state, Step: step, Fence: fence}
}

func left(done bool) store.Entry {
	return store.Entry{Kind: store.Left, Flow: "coupon", No: 1, Why: "final", Done: done}
}

func TestApplyRows(t *testing.T) {
	all := played(t, entries{{Kind: store.Heard, Text: "a"}, {Kind: store.Replied}}, nil, entries{{Kind: store.Heard}})
	for i, want := range []struct {
		rev, seq uint64
		rows     int
	}{{1, 2, 2}, {2, 2, 0}, {3, 3, 1}} {
		a := all[i]
		if a.Fan.Rev != want.rev || a.Fan.Seq != want.seq || len(a.Rows) != want.rows {
			t.Errorf("change %d: revision %d, last row %d, %d rows; want %+v", i, a.Fan.Rev, a.Fan.Seq, len(a.Rows), want)
		}
	}
	same(t, "row", all[2].Rows[0], store.Row{Seq: 3, Rev: 3, At: at.Add(2 * time.Minute), Cause: "c", Entry: store.Entry{Kind: store.Heard}})
	f := last(all).Fan
	if !f.FirstSeen.Equal(at) || !f.LastSeen.Equal(at.Add(2*time.Minute)) {
		t.Errorf("seen from %v to %v", f.FirstSeen, f.LastSeen)
	}
}

// TestApplyFollow: the platform's time decides, and subscribe wins within one second.
func TestApplyFollow(t *testing.T) {
	sub := func(s int, scene string) store.Entry {
		return store.Entry{Kind: store.Subscribed, Name: scene, Created: at.Add(time.Duration(s) * time.Second)}
	}
	unsub := func(s int) store.Entry {
		return store.Entry{Kind: store.Unsubscribed, Created: at.Add(time.Duration(s) * time.Second)}
	}
	for name, c := range map[string]struct {
		entries entries
		want    bool
	}{
		"in order":               {entries{sub(1, ""), unsub(2)}, false},
		"unsubscribe comes late": {entries{unsub(1), sub(3, ""), unsub(2)}, true},
		"subscribe comes late":   {entries{unsub(3), sub(2, "")}, false},
		"one second":             {entries{sub(1, ""), unsub(1)}, true},
		"one second, turned":     {entries{unsub(1), sub(1, "")}, true},
	} {
		if got := last(played(t, c.entries)).Fan.Subscribed; got != c.want {
			t.Errorf("%s: subscribed is %t", name, got)
		}
	}
	all := played(t, entries{sub(1, "store-1")}, entries{sub(2, "store-2")}, entries{unsub(3)}, entries{unsub(4)})
	if f := last(all).Fan; f.Scene != "store-1" || !f.SubscribedAt.Equal(at.Add(time.Minute)) {
		t.Errorf("scene %q, subscribed at %v", f.Scene, f.SubscribedAt)
	}
	for i, want := range [][2]int64{{1, 1}, {0, 0}, {0, -1}, {0, 0}} {
		if got := [2]int64{all[i].Seen, all[i].Followed}; got != want {
			t.Errorf("change %d: seen and followed change by %v; want %v", i, got, want)
		}
	}
}

func TestApplyTagsAndAttrs(t *testing.T) {
	tag := func(kind store.Kind, name string) store.Entry { return store.Entry{Kind: kind, Name: name} }
	attr := func(name, value string) store.Entry {
		return store.Entry{Kind: store.AttrSet, Name: name, Value: json.RawMessage(value)}
	}
	f := last(played(t,
		entries{tag(store.Tagged, "vip"), tag(store.Tagged, "new"), tag(store.Tagged, "vip"), tag(store.Tagged, "old")},
		entries{tag(store.Untagged, "old"), tag(store.Untagged, "never")},
		entries{attr("city", `"上海"`), attr("age", `3`), attr("none", `null`)},
		entries{attr("age", `null`), tag(store.OptedOut, "")},
	)).Fan
	same(t, "tags", f.Tags, []string{"new", "vip"})
	same(t, "attributes", f.Attrs, map[string]json.RawMessage{"city": json.RawMessage(`"上海"`)})
	if !f.OptOut || !f.Has("vip") || f.Has("v") {
		t.Errorf("fan %+v", f)
	}
}

func TestApplyEnrollment(t *testing.T) {
	all := played(t,
		entries{enrolled(1), entered("greet", 1, 1)},
		entries{
			{Kind: store.VarSet, Flow: "coupon", No: 1, Name: "code", Value: json.RawMessage(`"X"`)},
			{Kind: store.Goal, Flow: "coupon", No: 1, Name: "issued"},
			{Kind: store.Goal, Flow: "coupon", No: 1, Name: "issued"},
			{Kind: store.Versioned, Flow: "coupon", No: 1, Version: 2},
			entered("where", 0, 4),
		},
		entries{left(false)},
		entries{enrolled(2)},
	)
	want := store.Enrollment{
		Flow: "coupon", No: 1, Version: 2, EntryVersion: 1, State: "where", EnteredAt: at, StateAt: at.Add(time.Minute), Trigger: "text", Priority: 2,
		Vars: map[string]json.RawMessage{"code": json.RawMessage(`"X"`)}, Goals: []string{"issued"}, Fence: 4, Day: "2026-11-06",
		Reached: []store.Step{{State: "greet", Pos: 1, At: at}, {State: "where", At: at.Add(time.Minute)}},
	}
	same(t, "live", all[1].Fan.Live, []store.Enrollment{want})
	want.LeftAt, want.Left, want.Reached[0].Passed = at.Add(2*time.Minute), "final", true
	same(t, "ended", all[2].Ended, []store.Enrollment{want})
	f := last(all).Fan
	if f.Fence != 4 || len(f.Live) != 1 || f.Live[0].No != 2 {
		t.Errorf("after the second time: %+v", f)
	}
	same(t, "past", f.Past, map[string]store.Past{"coupon": {Count: 2, LeftAt: at.Add(2 * time.Minute)}})
	same(t, "moved", []any{all[0].Moved, all[1].Moved, all[2].Moved}, []any{
		[]store.FlowMove{{Flow: "coupon", State: "greet", By: 1}},
		[]store.FlowMove{{Flow: "coupon", State: "greet", By: -1}, {Flow: "coupon", State: "where", By: 1}},
		[]store.FlowMove{{Flow: "coupon", State: "where", By: -1}},
	})
}

func TestApplyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		entries entries
		want    string
	}{
		"entered twice":       {entries{enrolled(1), enrolled(2)}, "entry 1 (enrolled): shop/ann is in flow coupon already"},
		"number left out":     {entries{enrolled(2)}, "entry 0 (enrolled): enrollment 2 in flow coupon follows 0"},
		"never in it":         {entries{left(true)}, "entry 0 (left): shop/ann is not in enrollment 1 of flow coupon"},
		"another enrollment":  {entries{enrolled(1), {Kind: store.Goal, Flow: "coupon", No: 2}}, "entry 1 (goal): shop/ann is not in enrollment 2"},
		"window without one":  {entries{{Kind: store.WindowOpened}}, "no window given"},
		"gone back to by one": {entries{enrolled(1), left(true), entered("greet", 1, 1)}, "entry 2 (entered)"},
	} {
		_, err := store.Apply(store.Fan{}, store.Change{Fan: ann, Cause: "c", At: at, Entries: c.entries})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v; want %q", name, err, c.want)
		}
	}
}

func TestApplyWindows(t *testing.T) {
	open := func(trigger string, left int, d time.Duration) store.Entry {
		return store.Entry{Kind: store.WindowOpened, Window: &store.Window{Trigger: trigger, Opened: at, Until: at.Add(d), Left: left}}
	}
	f := last(played(t,
		entries{open("scan", 3, time.Minute), open("message", 5, 48*time.Hour), {Kind: store.WindowSpent, Name: "message"}},
		entries{open("menu", 1, time.Hour), {Kind: store.WindowSpent, Name: "menu"}, {Kind: store.WindowSpent, Name: "menu"}},
	)).Fan
	same(t, "windows", f.Windows, []store.Window{
		{Trigger: "message", Opened: at, Until: at.Add(48 * time.Hour), Left: 4},
		{Trigger: "menu", Opened: at, Until: at.Add(time.Hour), Left: 0},
	})
}

// TestApplyErased: a tombstone keeps the numbers, and only a fan who is heard of again comes back.
func TestApplyErased(t *testing.T) {
	all := played(t,
		entries{{Kind: store.Heard}, {Kind: store.Subscribed, Created: at}, {Kind: store.Tagged, Name: "vip"}, enrolled(1), entered("greet", 1, 7)},
		entries{{Kind: store.Erased}},
		entries{{Kind: store.Settled, Send: "s"}},
		nil,
		entries{{Kind: store.Heard}},
	)
	same(t, "tombstone", all[1].Fan, store.Fan{ID: ann, Rev: 2, Fence: 7, Seq: 6, Erased: true})
	same(t, "moved", all[1].Moved, []store.FlowMove{{Flow: "coupon", State: "greet", By: -1}})
	for i, want := range []struct {
		erased         bool
		seen, followed int64
	}{{false, 1, 1}, {true, -1, -1}, {true, 0, 0}, {true, 0, 0}, {false, 1, 0}} {
		if a := all[i]; a.Fan.Erased != want.erased || a.Seen != want.seen || a.Followed != want.followed {
			t.Errorf("change %d: erased %t, seen %+d, followed %+d; want %+v", i, a.Fan.Erased, a.Seen, a.Followed, want)
		}
	}
	same(t, "an enrollment without a state moves nothing", last(played(t, entries{enrolled(1)}, entries{{Kind: store.Erased}})).Moved, []store.FlowMove(nil))
}

// FuzzApply plays entries made of bytes and checks what holds of every fan.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	f.Add([]byte("\x07\x08\x18\x28\x0b\x27\x08\x48\x0d"))
	f.Add([]byte("\x07\x08\x17\x18\x0d\x01\x2c\x4c\x6c\x11"))
	f.Fuzz(func(t *testing.T, script []byte) {
		var fan store.Fan
		live := map[string]int64{}
		steps := map[string]store.Count{} // by enrollment and state
		var seen, followed int64
		for i, b := range script {
			c := store.Change{Fan: ann, Cause: "c", At: at.Add(time.Duration(i) * time.Second), Entries: entries{fuzzed(fan, b, i)}}
			before := fan.Clone()
			a, err := store.Apply(fan, c)
			if !reflect.DeepEqual(fan.Clone(), before) {
				t.Fatalf("step %d changed the fan it was given", i)
			}
			if err != nil {
				continue
			}
			fan = a.Fan
			seen += a.Seen
			followed += a.Followed
			for _, m := range a.Moved {
				live[m.Flow+"/"+m.State] += m.By
			}
			for _, n := range a.Counts {
				key := fmt.Sprint(n.Flow, n.No, "/", n.State, "/", n.Goal)
				sum := steps[key]
				sum.Add(n.Count)
				steps[key] = sum
			}
			check(t, fan, live, seen, followed)
			for j := range a.Ended {
				checkSteps(t, &a.Ended[j], steps)
			}
			for j := range fan.Live {
				checkSteps(t, &fan.Live[j], steps)
			}
		}
	})
}

// fuzzed makes an entry of a byte: 18 kinds, two flows, four states and names.
func fuzzed(f store.Fan, b byte, i int) store.Entry {
	kinds := []store.Kind{
		store.Heard, store.Subscribed, store.Unsubscribed, store.Tagged, store.Untagged, store.AttrSet, store.OptedOut, store.Enrolled,
		store.Entered, store.Versioned, store.VarSet, store.Goal, store.WindowOpened, store.Left, store.WindowSpent, store.Settled,
	}
	flow, name := []string{"x", "y"}[b>>4&1], []string{"a", "b", "c", "d"}[b>>5&3]
	e := store.Entry{
		Kind: kinds[b&15], Flow: flow, No: f.Past[flow].Count, State: name, Name: name, Step: int(b >> 5 & 3), Fence: f.Fence + 1, Version: 1,
		Value: json.RawMessage(`1`), Day: "2026-11-06", Created: at.Add(time.Duration(b>>4) * time.Second), Done: b>>7 == 1,
	}
	switch e.Kind {
	case store.Enrolled:
		e.No++
	case store.WindowOpened:
		e.Window = &store.Window{Trigger: name, Until: at.Add(time.Duration(i+int(b>>4)) * time.Second), Left: 3}
	case store.Versioned:
		e.Value = fmt.Appendf(nil, `{"a":%d,"b":%d,"c":%d,"d":%d}`, i%5, (i+1)%5, (i+2)%5, (i+3)%5)
		if b < 0x80 {
			e.Value, e.State = nil, ""
		}
	case store.OptedOut:
		if b > 0xf0 {
			e.Kind = store.Erased
		}
	}
	return e
}

// checkSteps holds the counts of an enrollment to what it has reached: each state is entered once, and passed at most once; of
// the funnel's steps only the furthest may be open, and none once the enrollment is over.
func checkSteps(t *testing.T, n *store.Enrollment, steps map[string]store.Count) {
	t.Helper()
	far := 0
	for _, s := range n.Reached {
		far = max(far, s.Pos)
	}
	for _, s := range n.Reached {
		c := steps[fmt.Sprint(n.Flow, n.No, "/", s.State, "/")]
		if c.Entered != 1 || c.Completed+c.Dropped > 1 || s.Passed != (c.Completed+c.Dropped == 1) {
			t.Fatalf("%s is counted as %+v: %+v", s.State, c, n)
		}
		if s.Pos > 0 && !s.Passed && (s.Pos < far || !n.LeftAt.IsZero()) {
			t.Fatalf("%s is open: %+v", s.State, n)
		}
	}
}

// check holds a fan, and what was counted on its way, to what they must be.
func check(t *testing.T, f store.Fan, live map[string]int64, seen, followed int64) {
	t.Helper()
	now := map[string]int64{}
	flows := map[string]bool{}
	for i := range f.Live {
		n := &f.Live[i]
		if flows[n.Flow] {
			t.Fatalf("two live enrollments in %s", n.Flow)
		}
		flows[n.Flow] = true
		if n.State != "" {
			now[n.Flow+"/"+n.State] = 1
		}
	}
	for key, n := range live {
		if n != now[key] {
			t.Fatalf("%d live in %s; want %d", n, key, now[key])
		}
	}
	if (seen == 1) == f.Erased || (followed == 1) != f.Subscribed {
		t.Fatalf("seen %d, followed %d: %+v", seen, followed, f)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var again store.Fan
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(f, again, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("by way of JSON:\n%s", d)
	}
}
