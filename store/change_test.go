package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/store"
)

func TestValidate(t *testing.T) {
	good := store.Change{Fan: ann, Cause: "c", At: at}
	for name, c := range map[string]struct {
		spoil func(c *store.Change)
		want  string // empty: nothing wrong
	}{
		"good":              {func(*store.Change) {}, ""},
		"account's own":     {func(c *store.Change) { c.Fan.OpenID = "" }, ""},
		"blind note":        {func(c *store.Change) { c.Base = store.AnyRev; c.Entries = entries{{Kind: store.Tagged, Name: "vip"}} }, ""},
		"no account":        {func(c *store.Change) { c.Fan.Account = "" }, "without an account"},
		"no cause":          {func(c *store.Change) { c.Cause = "" }, "change of shop/ann without a cause"},
		"no time":           {func(c *store.Change) { c.At = time.Time{} }, "without a time"},
		"entries of nobody": {func(c *store.Change) { c.Fan.OpenID = ""; c.Entries = entries{{Kind: store.Heard}} }, "has entries but no fan"},
		"blind move":        {func(c *store.Change) { c.Base = store.AnyRev; c.Entries = entries{{Kind: store.Goal}} }, `cannot carry "goal"`},
		"long openid":       {func(c *store.Change) { c.Fan.OpenID = strings.Repeat("o", 129) }, "openid of 129 bytes"},
		"NUL in openid":     {func(c *store.Change) { c.Fan.OpenID = "o\x00" }, "NUL"},
		"not UTF-8":         {func(c *store.Change) { c.Cause = "\xff" }, "not UTF-8"},
		"long cause":        {func(c *store.Change) { c.Cause = strings.Repeat("c", 513) }, "at most 512"},
		"job without kind":  {func(c *store.Change) { c.Jobs = []store.Job{{ID: "j", Account: "shop", Due: at}} }, `job "j"`},
		"job elsewhere":     {func(c *store.Change) { c.Jobs = []store.Job{{ID: "j", Account: "cafe", Kind: "k", Due: at}} }, `job "j"`},
		"send elsewhere":    {func(c *store.Change) { c.Sends = []store.Send{{ID: "s", Status: store.Sent}} }, `send "s"`},
		"claim of nothing":  {func(c *store.Change) { c.Claims = []store.Claim{{Key: "k", From: 0, To: 1}} }, "names no units"},
		"spend of nothing":  {func(c *store.Change) { c.Spends = []store.Spend{{Quota: "mass"}} }, "lacks a quota or a period"},
		"write to nowhere":  {func(c *store.Change) { c.Writes = []store.KV{{}} }, "without a key"},
		"long goal":         {func(c *store.Change) { c.Entries = entries{{Kind: store.Goal, Name: strings.Repeat("g", 513)}} }, "goal name of 513 bytes"},
		"long trigger":      {func(c *store.Change) { c.Entries = entries{{Kind: store.Enrolled, Name: strings.Repeat("t", 513)}} }, "trigger name of 513 bytes"},
		"NUL in a variant": {func(c *store.Change) {
			c.Entries = entries{{Kind: store.Enrolled, Facts: &store.Facts{Variants: map[string]string{"price": "a\x00"}}}}
		}, "NUL"},
		"no JSON":   {func(c *store.Change) { c.Receipt = json.RawMessage("{") }, "encode change of shop/ann"},
		"too large": {func(c *store.Change) { c.Receipt, _ = json.Marshal(strings.Repeat("x", store.MaxChange)) }, store.ErrTooLarge.Error()},
	} {
		change := good
		c.spoil(&change)
		err := change.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v; want %q", name, err, c.want)
		}
	}
}

func TestNormal(t *testing.T) {
	local := at.Add(1500 * time.Microsecond).In(time.FixedZone("", 8*3600))
	want := at.Add(time.Millisecond)
	c := store.Change{
		At:      local,
		Entries: entries{{Due: local, Created: local, Window: &store.Window{Opened: local, Until: local}}},
		Jobs:    []store.Job{{Due: local}}, Snooze: []store.Snooze{{Due: local}},
		Sends:  []store.Send{{Created: local, Due: local, Expires: local, Tried: local, SentAt: local, Content: json.RawMessage("null")}},
		Spends: []store.Spend{{Resets: local}},
	}
	same(t, "normal", c.Normal(), store.Change{
		At:      want,
		Entries: entries{{Due: want, Created: want, Window: &store.Window{Opened: want, Until: want}}},
		Jobs:    []store.Job{{Due: want}}, Snooze: []store.Snooze{{Due: want}},
		Sends:  []store.Send{{Created: want, Due: want, Expires: want, Tried: want, SentAt: want}},
		Spends: []store.Spend{{Resets: want}},
	})
	if c.Entries[0].Window.Until != local || c.Jobs[0].Due != local || c.Sends[0].Due != local {
		t.Error("the change that was given is another now")
	}
}

// TestTake: units come in any order and none is given twice.
func TestTake(t *testing.T) {
	var k store.KV
	for i, c := range []struct {
		from, to int64
		ok       bool
		top      int64
		free     string
	}{
		{1, 1, true, 1, "[]"},
		{5, 7, true, 7, "[{2 4}]"},
		{3, 3, true, 7, "[{2 2} {4 4}]"},
		{3, 4, false, 7, "[{2 2} {4 4}]"},
		{7, 8, false, 7, "[{2 2} {4 4}]"},
		{4, 4, true, 7, "[{2 2}]"},
		{10, 10, true, 10, "[{2 2} {8 9}]"},
		{8, 9, true, 10, "[{2 2}]"},
		{2, 2, true, 10, "[]"},
		{2, 2, false, 10, "[]"},
		{11, 12, true, 12, "[]"},
	} {
		if ok := k.Take(c.from, c.to); ok != c.ok || k.Top() != c.top || fmt.Sprint(k.Free) != c.free {
			t.Fatalf("%d: take %d..%d gave %t, top %d, free %v; want %+v", i, c.from, c.to, ok, k.Top(), k.Free, c)
		}
	}
	if there := k.Write(json.RawMessage("3")); !there || k.Top() != 3 || !k.Take(4, 4) || k.Take(2, 2) {
		t.Errorf("after writing 3: %+v", k)
	}
	if there := k.Write(json.RawMessage(`null`)); there || k.Top() != 0 {
		t.Errorf("after removing: %+v", k)
	}
}

func TestRefusedError(t *testing.T) {
	var err error = &store.RefusedError{Claim: &store.Claim{Key: "spring", From: 3, To: 4}}
	if want := "claim of spring 3..4 refused: already taken"; err.Error() != want {
		t.Errorf("got %q", err)
	}
	err = fmt.Errorf("commit: %w", &store.RefusedError{Spend: &store.Spend{Quota: "mass", Period: "2026-11"}})
	var no *store.RefusedError
	if !errors.As(err, &no) || no.Error() != "quota mass of 2026-11 is used up" {
		t.Errorf("got %q", err)
	}
}

// counted is what a cell makes of some durations in seconds.
func counted(seconds ...int) (c store.Count) {
	for _, s := range seconds {
		c.Add(store.Count{Completed: 1, Took: map[int]int64{s: 1}})
	}
	return c
}

// TestMedian: exact for up to 512 different times, within half a percent beyond, and the same in whatever order they come.
func TestMedian(t *testing.T) {
	for _, c := range []struct {
		seconds []int
		want    int64
	}{{nil, 0}, {[]int{0}, 0}, {[]int{1, 90, 3}, 3}, {[]int{60, 3600}, 1830}, {[]int{60, 3600, 21600}, 3600}, {[]int{86400}, 86400}, {[]int{259200, 259200, 1}, 259200}} {
		got := counted(c.seconds...)
		if m := got.MedianSeconds(); m != c.want {
			t.Errorf("median of %v is %d; want %d", c.seconds, m, c.want)
		}
	}
	var up, down []int
	for s := range 5000 {
		up = append(up, s*1009)
		down = append([]int{s * 1009}, down...)
	}
	a, b := counted(up...), counted(down...)
	if d := cmp.Diff(a, b); d != "" || !a.Coarse {
		t.Errorf("the order of additions is seen: coarse %v\n%s", a.Coarse, d)
	}
	if m, want := a.MedianSeconds(), int64(4999*1009/2); max(m-want, want-m)*200 > want {
		t.Errorf("a coarse median of %d; want about %d", m, want)
	}
	if len(a.Took) > 2000 {
		t.Errorf("a coarse cell holds %d buckets", len(a.Took))
	}
	whole := counted(up[:4000]...)
	part := counted(up[4000:]...)
	whole.Add(part)
	if d := cmp.Diff(a, whole); d != "" {
		t.Errorf("adding cells differs from adding their durations\n%s", d)
	}
}

// TestValidateBlindKeys: an order under a key is no note that may come in any order.
func TestValidateBlindKeys(t *testing.T) {
	c := store.Change{Fan: ann, Base: store.AnyRev, Cause: "c", At: at, Entries: entries{{Kind: store.Ordered, Send: "s"}}}
	if err := c.Validate(); err != nil {
		t.Errorf("without a key: %v", err)
	}
	c.Entries[0].Key = "k"
	if err := c.Validate(); err == nil {
		t.Error("a blind change may order under a key")
	}
	c = store.Change{Fan: ann, Cause: "c", At: at, Cancels: []store.Cancel{{}}}
	if err := c.Validate(); err == nil {
		t.Error("a change may cancel a send without an id")
	}
}
