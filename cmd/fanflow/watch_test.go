package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/bolt"
	"fanflow/store/mem"
)

// devWorld is a watcher over an engine.
type devWorld struct {
	*watcher
	t   *testing.T
	out *syncBuffer

	mu   sync.Mutex
	told []string
}

func newDevWorld(t *testing.T, st store.Store) *devWorld {
	t.Helper()
	engine, err := flows.New(flows.Config{Store: st, Now: time.Now, Accounts: []flows.Account{{Name: "shop", Location: time.UTC}}})
	if err != nil {
		t.Fatal(err)
	}
	w := &devWorld{t: t, out: &syncBuffer{}}
	a := &app{cfg: &Config{Accounts: []Account{{Name: "shop"}}}, engine: engine, store: st}
	w.watcher = newWatcher(a, t.TempDir(), w.out)
	w.watcher.published = func(p store.Publication) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, p.Name)
	}
	return w
}

func (w *devWorld) save(name, source string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return writeFile(w.t, path, source)
}

// look does what the loop does, at once.
func (w *devWorld) look() { w.load(w.t.Context(), w.scan()) }

// current gives what is published, as "flow club 2 crm=1".
func (w *devWorld) current() string {
	w.t.Helper()
	catalog, err := w.store.Catalog(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, p := range catalog.Publications {
		s := fmt.Sprintf("%s %s %d", p.Kind, p.Name, p.Version)
		if len(p.Pins) > 0 {
			s += " " + strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(p.Pins), "map["), "]")
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (w *devWorld) is(what, want string) {
	w.t.Helper()
	if got := w.current(); got != want {
		w.t.Errorf("%s: published %q, want %q\n%s", what, got, want, w.out)
	}
}

const weeklyScript = `return broadcast { name = "weekly", cron = "0 10 * * 1", audience = { all = true }, message = { text = "hi" } }`

// TestDevFolder: what lies in the folder is published in an order in which each finds what it requires; an edit that cannot be used
// is told, on the terminal and in the script's log, and what was published stays.
func TestDevFolder(t *testing.T) {
	w := newDevWorld(t, mem.New())
	w.save("a-club.lua", clubScript)
	w.save("z-crm.lua", strings.Replace(crmScript, "local M", `local base = require "words" local M`, 1))
	w.save("zz/words.lua", `return { name = "words", hello = function() return "hi" end }`)
	w.save("weekly.lua", weeklyScript)
	w.save("crm_test.lua", "no script of a service")
	w.save(".hidden/x.lua", "nor this")
	w.save("notes.txt", "nor that")
	w.look()
	all := "broadcast weekly 1, flow club 1 crm:1 words:1, plugin crm 1, plugin words 1"
	w.is("at first", all)
	w.look()
	w.is("untouched", all)
	if n := len(w.told); n != 4 {
		t.Errorf("told of %d publications", n)
	}

	w.save("a-club.lua", strings.Replace(clubScript, "fan:reply", "fan:replyy", 1))
	w.look()
	w.save("z-crm.lua", "return {")
	w.look()
	w.is("mistakes", all)
	for _, want := range []string{"dev: error: a-club.lua:3", "replyy", "dev: error: z-crm.lua:1"} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("%q was not told:\n%s", want, w.out)
		}
	}
	for kind, name := range map[string]string{store.KindFlow: "club", store.KindPlugin: "crm"} {
		lines, err := w.engine.Log("shop", kind, name)
		if err != nil || len(lines) == 0 || lines[0].Level != "error" {
			t.Errorf("the log of %s has %v, %v", name, lines, err)
		}
	}

	w.save("z-crm.lua", strings.Replace(crmScript, `"gold"`, `"silver"`, 1))
	w.look() // the flow's own file is still wrong, and what is published follows the plugin
	w.is("the plugin mended", "broadcast weekly 1, flow club 1 crm:2, plugin crm 2, plugin words 1")
	w.save("a-club.lua", clubScript+"-- mended")
	w.look()
	w.is("the flow mended", "broadcast weekly 1, flow club 2 crm:2, plugin crm 2, plugin words 1")
	for _, file := range []string{"a-club.lua", "z-crm.lua"} {
		if n := strings.Count(w.out.String(), "dev: "+file+" is right again\n"); n != 1 {
			t.Errorf("%d times it was told that %s is right again:\n%s", n, file, w.out)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, "weekly.lua")); err != nil {
		t.Fatal(err)
	}
	w.look()
	w.is("removed", "broadcast weekly 1, flow club 2 crm:2, plugin crm 2, plugin words 1")
}

// TestDevWaiting: a flow that lacks a plugin is published when the plugin comes.
func TestDevWaiting(t *testing.T) {
	w := newDevWorld(t, mem.New())
	w.save("club.lua", clubScript)
	w.look()
	w.is("alone", "")
	w.save("crm.lua", crmScript)
	w.look()
	w.is("together", "flow club 1 crm:1, plugin crm 1")
}

// TestDevFollows: the loop sees a save by itself and publishes it.
func TestDevFollows(t *testing.T) {
	w := newDevWorld(t, mem.New())
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { w.run(ctx) })
	defer wg.Wait()
	defer stop()
	until := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); w.current() != want; pause(ctx, 5*time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("published %q, want %q\n%s", w.current(), want, w.out)
			}
		}
	}
	w.save("crm.lua", crmScript)
	w.save("club.lua", clubScript)
	until("flow club 1 crm:1, plugin crm 1")
	from := time.Now()
	w.save("club.lua", clubScript+"-- edited")
	until("flow club 2 crm:1, plugin crm 1")
	t.Logf("an edit was active after %v", time.Since(from).Round(time.Millisecond))
}

// TestDevSaves: what was published before does not pile up in memory: after hundreds of saves of a plugin and a flow the heap is what it
// was after 300, when what is kept for a while is full. FANFLOW_SAVES sets how many; docs/testing.md has a run of 1,000.
func TestDevSaves(t *testing.T) {
	saves := 500
	if s := os.Getenv("FANFLOW_SAVES"); s != "" {
		var err error
		if saves, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	st, err := bolt.Open(filepath.Join(t.TempDir(), "dev.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := newDevWorld(t, st)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	for i := range saves {
		w.save("crm.lua", strings.Replace(crmScript, `"gold"`, fmt.Sprintf("%q", fmt.Sprint("gold ", i)), 1))
		w.save("club.lua", clubScript+fmt.Sprintf("-- %d", i))
		w.look()
		if i == 300 {
			before = heap()
		}
	}
	w.is("at last", fmt.Sprintf("flow club %d crm:%[1]d, plugin crm %[1]d", saves))
	after := heap()
	runtime.KeepAlive(w)
	t.Logf("live heap: %.1f MB after 300 saves, %.1f MB after %d", float64(before)/(1<<20), float64(after)/(1<<20), saves)
	if after > before+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

// TestDevIsNotForRealFans: a folder is followed on the real platform only if that is asked for.
func TestDevIsNotForRealFans(t *testing.T) {
	cfg := &Config{Accounts: []Account{{Name: "shop", APIBase: "https://api.weixin.qq.com"}}}
	dir := t.TempDir()
	if err := (&devFlags{dir: dir}).check(cfg); err == nil || !strings.Contains(err.Error(), "--dev-live") {
		t.Errorf("the real platform: %v", err)
	}
	if err := (&devFlags{dir: dir, live: true}).check(cfg); err != nil {
		t.Error(err)
	}
	if err := (&devFlags{}).check(cfg); err != nil {
		t.Error(err)
	}
	cfg.Accounts[0].APIBase = "http://127.0.0.1:9"
	if err := (&devFlags{dir: dir}).check(cfg); err != nil {
		t.Error(err)
	}
	if err := (&devFlags{dir: filepath.Join(dir, "none")}).check(cfg); err == nil {
		t.Error("a folder that is not there is followed")
	}
}
