package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fanflow/store"
)

// testHistory: what is published is one catalog with a revision; publications are numbered, and every revision can be read again.
func testHistory(t *testing.T, c Config) {
	t.Run("catalog", func(t *testing.T) { catalog(t, open(t, c), c) })
	t.Run("pause", func(t *testing.T) { pauses(t, open(t, c)) })
	t.Run("long", func(t *testing.T) {
		b := open(t, c)
		b.push(coupon, "one")
		for range store.MaxHistory + 2 {
			value(b.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1, Published: at}))(t, "publish")
		}
		p := value(b.Catalog(ctx))(t, "catalog").Publications[0]
		if p.No != store.MaxHistory+2 || len(p.History) != store.MaxHistory || p.History[0].No != 3 {
			t.Fatalf("publication %d remembers %d, from %d on", p.No, len(p.History), p.History[0].No)
		}
		if n := len(value(b.Publications(ctx, coupon))(t, "publications")); n != store.MaxHistory+2 {
			t.Fatalf("%d publications are kept", n)
		}
	})
}

func catalog(t *testing.T, b *bench, c Config) {
	same(t, "empty", value(b.Catalog(ctx))(t, "catalog"), store.Catalog{})
	same(t, "empty, by its revision", value(b.CatalogAt(ctx, 0))(t, "catalog"), store.Catalog{})
	stock := store.ScriptID{Kind: store.KindPlugin, Name: "stock"}
	if _, err := b.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1, Published: at}); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("published what was never pushed: %v", err)
	}
	b.push(coupon, "one")
	b.push(coupon, "two")
	b.push(stock, "s")
	pins := map[string]int{"stock": 2}
	choice := &store.Choice{Mode: store.MapFans, Map: map[string]string{"greet": "hello", "ask": "<end>"}}
	past := []store.PastPub{{No: 1, Version: 1, At: at, Pins: pins}, {No: 2, Version: 2, At: at, Choice: choice}}
	first := store.Publication{ScriptID: coupon, Version: 1, Published: at, By: "root", Pins: pins, No: 1, Rev: 1, History: past[:1]}
	plugin := store.Publication{ScriptID: stock, Version: 1, Published: at, No: 1, Rev: 2, History: []store.PastPub{{No: 1, Version: 1, At: at}}}
	next := store.Publication{ScriptID: coupon, Version: 2, Published: at, No: 2, Rev: 3, Choice: choice, History: past}
	catalogs := []store.Catalog{
		{},
		{Rev: 1, Publications: []store.Publication{first}},
		{Rev: 2, Publications: []store.Publication{plugin, first}}, // by account, kind and name
		{Rev: 3, Publications: []store.Publication{plugin, next}},
	}
	for i, p := range []store.Publication{first, plugin, next} {
		given := p
		given.No, given.Rev, given.History = 0, 0, nil
		given.Published = p.Published.Add(time.Microsecond).In(time.FixedZone("", 3600))
		same(t, "what stands in the catalog", value(b.Publish(ctx, given))(t, "publish"), p)
		same(t, "catalog", value(b.Catalog(ctx))(t, "catalog"), catalogs[i+1])
		if rev := b.load(ann, "").Catalog; rev != uint64(i+1) {
			t.Fatalf("a snapshot says revision %d after %d", rev, i+1)
		}
	}
	check := func() {
		t.Helper()
		for rev, want := range catalogs {
			same(t, fmt.Sprint("catalog at ", rev), value(b.CatalogAt(ctx, uint64(rev)))(t, "catalog"), want)
		}
		if _, err := b.CatalogAt(ctx, 4); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("a revision to come: %v", err)
		}
		one, two := first, next
		one.History, two.History = nil, nil
		same(t, "publications", value(b.Publications(ctx, coupon))(t, "publications"), []store.Publication{one, two})
		same(t, "none", value(b.Publications(ctx, store.ScriptID{Account: "shop", Kind: store.KindFlow, Name: "coup"}))(t, "publications"), []store.Publication(nil))
	}
	check()
	if c.Reopen != nil {
		b.Store = c.Reopen(t, b.Store)
		same(t, "catalog after a restart", value(b.Catalog(ctx))(t, "catalog"), catalogs[3])
		check()
	}
}

// pauses: holding the current publication is a revision of the catalog, and no publication.
func pauses(t *testing.T, b *bench) {
	b.push(coupon, "one")
	b.push(coupon, "two")
	current := value(b.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1, Published: at, By: "root"}))(t, "publish")
	held := current
	held.Paused, held.Why = true, "keeps failing"
	asked := held
	asked.By, asked.Pins, asked.Rev = "who pauses is no publisher", map[string]int{"x": 1}, 0
	same(t, "paused", value(b.Publish(ctx, asked))(t, "pause"), held)
	same(t, "going on", value(b.Publish(ctx, current))(t, "go on"), current)
	for rev, want := range map[uint64]store.Publication{1: current, 2: held, 3: current} {
		same(t, fmt.Sprint("catalog at ", rev), value(b.CatalogAt(ctx, rev))(t, "catalog"), store.Catalog{Rev: rev, Publications: []store.Publication{want}})
	}
	for name, p := range map[string]store.Publication{
		"of another version": {ScriptID: coupon, Version: 2, No: 1, Paused: true},
		"of a number to be":  {ScriptID: coupon, Version: 1, No: 2, Paused: true},
	} {
		if _, err := b.Publish(ctx, p); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a pause %s: %v", name, err)
		}
	}
	next := value(b.Publish(ctx, store.Publication{ScriptID: coupon, Version: 1, Published: at.Add(time.Hour)}))(t, "publish")
	if next.No != 2 || next.Rev != 4 {
		t.Fatalf("the next publication is number %d at revision %d", next.No, next.Rev)
	}
	if _, err := b.Publish(ctx, held); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("a pause of the publication before: %v", err)
	}
	if rev := value(b.Catalog(ctx))(t, "catalog").Rev; rev != 4 {
		t.Fatalf("what was refused made revision %d", rev)
	}
	if n := len(value(b.Publications(ctx, coupon))(t, "publications")); n != 2 {
		t.Fatalf("%d publications; pauses are none", n)
	}
}
