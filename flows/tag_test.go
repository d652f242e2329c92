package flows_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

const club = `return flow { name = "club", triggers = { tag = { "vip" } }, first = "member", states = {
	member = { enter = { message = "welcome ${event.name}${event.flow}" }, on = { tag = { message = "and ${event.name}" } } } } }`

// TestTagsFromOutside: whoever tags a fan, the journal has what changed, once, and the flows that listen hear of it.
func TestTagsFromOutside(t *testing.T) {
	w := newWorld(t)
	w.flow(club)
	w.text("fan", "hello")
	id := store.FanID{Account: account, OpenID: "fan"}
	tag := func(add, remove string) {
		t.Helper()
		if err := w.engine.Tag(t.Context(), id, strings.Fields(add), strings.Fields(remove), "api"); err != nil {
			t.Fatal(err)
		}
	}
	tag("vip gold", "nothing both")
	rev := w.fan("fan").Rev
	tag("vip", "nothing")
	expect(t, "no change", w.fan("fan").Rev, rev)
	w.settle()
	tag("silver both", "gold both")
	w.settle()
	f := w.fan("fan")
	expect(t, "tags", strings.Join(f.Tags, " "), "silver vip")
	var log []string
	for _, r := range w.journal("fan") {
		if r.Kind == store.Tagged || r.Kind == store.Untagged {
			log = append(log, fmt.Sprintf("%s %s %s", r.Kind, r.Name, r.Why))
		}
	}
	expect(t, "journal", strings.Join(log, ", "), "tagged vip api, tagged gold api, tagged silver api, untagged gold api")
	expect(t, "said", strings.Join(w.said(), ", "), "welcome vip, and gold, and silver")
}

// TestTagsOfNobody: neither a fan never heard of nor one who was erased is made by a tag.
func TestTagsOfNobody(t *testing.T) {
	w := newWorld(t)
	nobody := store.FanID{Account: account, OpenID: "nobody"}
	if err := w.engine.Tag(t.Context(), nobody, []string{"x"}, nil, "api"); !errors.Is(err, flows.ErrNoFan) {
		t.Errorf("never heard of: %v", err)
	}
	w.text("fan", "x")
	f := w.fan("fan")
	_, err := w.store.Commit(t.Context(), store.Change{
		Fan: f.ID, Base: f.Rev, Cause: "erase", At: w.clock().Add(time.Second).UTC(), Entries: []store.Entry{{Kind: store.Erased}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Tag(t.Context(), f.ID, []string{"x"}, nil, "api"); !errors.Is(err, flows.ErrNoFan) {
		t.Errorf("erased: %v", err)
	}
	if err := w.engine.Tag(t.Context(), store.FanID{Account: "other", OpenID: "fan"}, nil, nil, "api"); !errors.Is(err, flows.ErrNoAccount) {
		t.Errorf("account: %v", err)
	}
	if err := w.engine.Tag(t.Context(), f.ID, []string{""}, nil, "api"); err == nil || !strings.Contains(err.Error(), "a tag is a text") {
		t.Errorf("an empty tag: %v", err)
	}
}

// TestTagsBesidePushes: tags given while the fan writes are all there, and each is told once.
func TestTagsBesidePushes(t *testing.T) {
	w := newWorld(t)
	w.flow(club)
	w.text("fan", "hello")
	id := store.FanID{Account: account, OpenID: "fan"}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := w.engine.Tag(t.Context(), id, []string{"vip", fmt.Sprint("t", i)}, nil, "cli"); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := w.engine.Receive(t.Context(), account, w.push("fan", "text", "", "", textBody("x"))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f := w.fan("fan")
	expect(t, "tags", len(f.Tags), 9)
	expect(t, "entries", len(w.rows("fan", store.Tagged)), 9)
}
