// Command hostile runs the scripts of plugins/sandbox/testdata/hostile, published as flows, against an engine over a real data file,
// and looks at what they do to the memory of the process and to the fans of a healthy flow. It prints a Markdown table, or with -json
// one line.
//
// First it measures how long the healthy fans wait, in turn without and with eight goroutines that run hostile scripts without a
// pause, and one that checks a source a second that is no program: 300 words a second come whatever the engine does, and latency counts from the instant at which a word was due. Then it
// lets the hostile scripts run under a garbage collection every 50 ms and takes the live heap after each. Machines differ and one
// machine differs from minute to minute: the ratio of the two latencies is what counts. The memory is the same anywhere.
//
// Run it from the root of the module: go run ./bench/hostile
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"fanflow/flows"
	"fanflow/store/bolt"
)

const (
	account = "bench"
	apology = "sorry"
)

// settings of a whole run.
type settings struct {
	rounds       int
	length, heap time.Duration
	rate         int
	attackers    int
	folder       string
	mutants      int
	seed         uint64
}

// result is what is measured.
type result struct {
	Without   []float64 `json:"without_p99_ms"`
	With      []float64 `json:"with_p99_ms"`
	Hostile   int64     `json:"hostile"`   // events of hostile scripts
	Checks    int64     `json:"checks"`    // of sources that are no programs
	Healthy   int64     `json:"healthy"`   // words of healthy fans
	Wrong     int64     `json:"wrong"`     // answers that were not the right one
	First     string    `json:"first"`     // wrong answer
	HeapMB    float64   `json:"heap_mb"`   // most live heap, less that at the start
	StartMB   float64   `json:"start_mb"`  // live heap with all flows published
	Scripts   int       `json:"scripts"`   // hostile ones
	Mutants   int       `json:"mutants"`   // changed scripts that were tried
	Published int       `json:"published"` // of them
	LongestS  float64   `json:"longest_s"` // that one hostile event took
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 2, "how often the latencies without and with are measured in turn")
	flag.DurationVar(&s.length, "for", 15*time.Second, "how long each measurement of latencies takes")
	flag.DurationVar(&s.heap, "heap", 30*time.Second, "how long the live heap is looked at")
	flag.IntVar(&s.rate, "rate", 300, "words of healthy fans a second")
	flag.IntVar(&s.attackers, "attackers", 8, "goroutines that run hostile scripts")
	flag.StringVar(&s.folder, "scripts", "plugins/sandbox/testdata/hostile", "folder of folders of hostile scripts")
	flag.IntVar(&s.mutants, "mutants", 0, "instead: check, publish and use so many scripts that were changed by chance")
	flag.Uint64Var(&s.seed, "seed", 1, "of the changes")
	asJSON := flag.Bool("json", false, "print one line of JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := bench(ctx, s)
	if err != nil {
		log.Fatal("bench/hostile: ", err)
	}
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		r.print()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func bench(ctx context.Context, s settings) (r *result, err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as fanflow serve does
	}
	dir, err := os.MkdirTemp("", "fanflow-hostile-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data, err := bolt.Open(filepath.Join(dir, "fanflow.db"), bolt.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	engine, err := flows.New(flows.Config{
		Store: data, Now: time.Now, Accounts: []flows.Account{{Name: account, Apology: apology}},
		SickAfter: -1, // or the scripts would be paused after 20 events
	})
	if err != nil {
		return nil, err
	}
	if s.mutants > 0 {
		l := &load{engine: engine, r: &result{StartMB: float64(live()) / (1 << 20)}}
		return l.r, mutants(ctx, engine, l, s.mutants, s.seed)
	}
	c, err := publish(ctx, engine, s.folder)
	if err != nil {
		return nil, err
	}
	l := &load{engine: engine, corpus: c, fans: map[int]*fan{}, r: &result{Scripts: len(c.words) + len(c.sources)}}
	for range s.rounds {
		l.r.Without = append(l.r.Without, l.healthy(ctx, s.rate, s.length))
		end := l.attack(ctx, s.attackers)
		l.r.With = append(l.r.With, l.healthy(ctx, s.rate, s.length))
		end()
	}
	start := live()
	end := l.attack(ctx, s.attackers)
	watched := watch(ctx, s.heap)
	l.healthy(ctx, s.rate, s.heap)
	most := <-watched
	end()
	l.r.StartMB, l.r.HeapMB = float64(start)/(1<<20), (float64(most)-float64(start))/(1<<20)
	return l.r, ctx.Err()
}

func (r *result) print() {
	if r.Mutants > 0 {
		fmt.Printf("%d changed scripts, %d of them published; most live heap above the start: %.1f MB\n", r.Mutants, r.Published, r.HeapMB)
		return
	}
	fmt.Printf("%s, %s/%s, %d processors; %d hostile scripts\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), r.Scripts)
	fmt.Println("| | |\n| --- | --- |")
	fmt.Printf("| p99 of healthy fans without hostile scripts, ms, each time | %.1f |\n", r.Without)
	fmt.Printf("| with them | %.1f |\n", r.With)
	if len(r.With) > 0 {
		fmt.Printf("| ratio of the medians | %.2f |\n", median(r.With)/median(r.Without))
	}
	fmt.Printf("| words of healthy fans; wrong answers | %d; %d %s |\n", r.Healthy, r.Wrong, r.First)
	fmt.Printf("| hostile events; checks of hostile sources | %d; %d |\n", r.Hostile, r.Checks)
	fmt.Printf("| longest hostile event, s | %.2f |\n", r.LongestS)
	fmt.Printf("| live heap at the start, MB | %.1f |\n", r.StartMB)
	fmt.Printf("| most live heap above that, MB | %.1f |\n", r.HeapMB)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
