package flows_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCheck compares what Check finds in each testdata/check/*.lua with the .txt beside it.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no files to check", err)
	}
	w := newWorld(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, findings, err := w.engine.Check(t.Context(), account, store.KindFlow, filepath.Base(file), read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range findings {
				b.WriteString(string(f.Severity) + " " + f.Rule + ": " + f.String() + "\n")
			}
			golden := strings.TrimSuffix(file, ".lua") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); b.String() != want {
				t.Errorf("findings:\n%s\nwant:\n%s", b.String(), want)
			}
		})
	}
}

func TestPushRefuses(t *testing.T) {
	w := newWorld(t)
	_, err := w.engine.Push(t.Context(), account, store.KindFlow, "x.lua", "return flow {", "")
	var bad *sandbox.Error
	if !errors.As(err, &bad) || bad.File != "x.lua" || bad.Line != 1 {
		t.Errorf("syntax: %v", err)
	}
	_, err = w.engine.Push(t.Context(), account, store.KindFlow, "x.lua", "return 1", "")
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "returns no flow") {
		t.Errorf("no flow: %v", err)
	}
	_, err = w.engine.Push(t.Context(), account, store.KindFlow, "x.lua", `return flow { name = "x", first = "a", states = { b = {} } }`, "")
	var found *flows.FindingsError
	if !errors.As(err, &found) || !strings.HasPrefix(err.Error(), "x.lua:1: first: there is no state") {
		t.Errorf("findings: %v", err)
	}
	_, err = w.engine.Push(t.Context(), account, store.KindFlow, "x.lua", `local p = require "nothere" return flow { name = "x", first = "a", states = { a = {} } }`, "")
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "nothere") {
		t.Errorf("missing plugin: %v", err)
	}
	if _, err = w.engine.Push(t.Context(), "other", store.KindFlow, "x.lua", "return 1", ""); !errors.Is(err, flows.ErrNoAccount) {
		t.Errorf("account: %v", err)
	}
}

func TestFlowDescribesItself(t *testing.T) {
	w := newWorld(t)
	w.coupon()
	f, err := w.engine.Flow(t.Context(), account, "coupon", 0)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "title", f.Title, "新粉丝领券")
	expect(t, "funnel", strings.Join(f.Funnel, " "), "greet coupon redeemed")
	var b strings.Builder
	for _, s := range f.States {
		for _, e := range s.Edges {
			b.WriteString(s.Name + " -- " + e.On + " -> " + e.To + "\n")
		}
	}
	expect(t, "edges", b.String(), `greet -- text 1 -> coupon
greet -- text 2 -> where
greet -- after 1d -> nudge
where -- location -> coupon
coupon -- enter -> soldout
coupon -- webhook order.paid -> redeemed
coupon -- after 7d -> left
nudge -- text 1 -> coupon
nudge -- after 2d -> left
`)
	expect(t, "line of greet", f.States[0].Line, 18)
	if _, err := w.engine.Flow(t.Context(), account, "nothing", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown flow: %v", err)
	}
}

func TestBroadcasts(t *testing.T) {
	w := newWorld(t)
	w.publish(store.KindBroadcast, "weekly.lua", `return broadcast { name = "weekly", cron = "0 10 * * 1", audience = { all = true }, message = { text = "hi" } }`)
	b, err := w.engine.Broadcasts(t.Context(), account)
	if err != nil || len(b) != 1 || b[0].Name != "weekly" || !b[0].All {
		t.Errorf("broadcasts: %+v, %v", b, err)
	}
}
