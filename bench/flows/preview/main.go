// Command preview fills a data file with fans who wait in a flow, measures the dry run of a new version over all of them, and
// what they take up at rest.
//
//	go run ./bench/flows/preview -fans 1000000 -file /tmp/preview.db
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/bolt"
)

const account = "bench"

func source(delay string) string {
	return `return flow { name = "wait", triggers = { text = { "in" } }, first = "a", states = {
	a = { on = { text = { go = "z" } }, after = { ["` + delay + `"] = "z" } },
	z = { final = true } } }`
}

func main() {
	fans := flag.Int("fans", 100_000, "fans who wait; 0: those who are in the file already")
	file := flag.String("file", "", "the data file; empty: a temporary one")
	flag.Parse()
	if err := run(context.Background(), *fans, *file); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, fans int, file string) error {
	if file == "" {
		dir, err := os.MkdirTemp("", "preview")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		file = filepath.Join(dir, "fanflow.db")
	}
	db, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	engine, err := flows.New(flows.Config{Store: db, Accounts: []flows.Account{{Name: account}}, Now: time.Now})
	if err != nil {
		return err
	}
	if fans > 0 {
		if err := prepare(ctx, engine, db, fans); err != nil {
			return err
		}
	}
	if _, err := engine.Push(ctx, account, store.KindFlow, "wait.lua", source("1d"), "bench"); err != nil {
		return err
	}
	for range 2 {
		began := time.Now()
		p, err := engine.Preview(ctx, account, "wait", 0, nil)
		if err != nil {
			return err
		}
		took := time.Since(began)
		fmt.Printf("dry run of %d fans: %s, %.1f µs a fan; %d kinds of moves, %d of timers\n",
			p.Fans, took.Round(time.Millisecond), float64(took.Microseconds())/float64(p.Fans), len(p.Moves), len(p.Timers))
	}
	return atRest(file)
}

// prepare publishes the flow and fills it.
func prepare(ctx context.Context, engine *flows.Engine, db store.Store, fans int) error {
	one, err := engine.Push(ctx, account, store.KindFlow, "wait.lua", source("3d"), "bench")
	if err != nil {
		return err
	}
	if _, err := engine.Publish(ctx, one.ScriptID, one.Version, "bench"); err != nil {
		return err
	}
	began := time.Now()
	if err := fill(ctx, db, fans); err != nil {
		return err
	}
	fmt.Printf("%d fans written in %s\n", fans, time.Since(began).Round(time.Millisecond))
	return nil
}

// atRest prints what the fans take up when nothing happens: on disk, and in the memory of a process that has their file open.
func atRest(file string) error {
	debug.FreeOSMemory()
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Printf("file %d MB\n", info.Size()>>20)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil // not Linux
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Rss") || strings.HasPrefix(line, "VmHWM") {
			fmt.Print(line)
		}
	}
	return nil
}

// fill writes fans who wait in state a since up to two days ago, as their first text would have.
func fill(ctx context.Context, db store.Store, fans int) error {
	now := store.Stamp(time.Now())
	var next atomic.Int64
	var workers sync.WaitGroup
	errs := make(chan error, 1)
	for range 256 {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(fans); i = next.Add(1) {
				if _, err := db.Commit(ctx, waiting(i, now.Add(-time.Duration(i%2880)*time.Minute))); err != nil {
					select {
					case errs <- err:
					default:
					}
					return
				}
			}
		})
	}
	workers.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func waiting(i int64, at time.Time) store.Change {
	openID := fmt.Sprintf("oWait%023d", i)
	due := at.Add(72 * time.Hour)
	job := fmt.Sprintf("timer/%s/1/3d", openID)
	return store.Change{
		Fan: store.FanID{Account: account, OpenID: openID}, Cause: fmt.Sprintf("%08x-%d", at.Unix(), i), At: at,
		Entries: []store.Entry{
			{Kind: store.Heard, Name: "text", Text: "in"},
			{Kind: store.Enrolled, Flow: "wait", No: 1, Version: 1, Pub: 1, Name: "text in", Day: at.Format("2006-01-02")},
			{Kind: store.Entered, Flow: "wait", No: 1, State: "a", Fence: 1, Step: 1},
			{Kind: store.Armed, Flow: "wait", No: 1, State: "a", Name: "3d", Due: due, Job: job},
		},
		Jobs: []store.Job{{ID: job, Account: account, OpenID: openID, Kind: "timer", Due: due, Fence: 1, Flow: "wait", No: 1, State: "a", Name: "3d"}},
	}
}
