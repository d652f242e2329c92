// Command run measures fanflow beside its yardsticks, in one interleaved run, and prints Markdown tables.
//
// Three servers hear the same pushes from the same generator (bench/load), one after the other in every round: fanflow serve
// (durable, on bbolt, in a new folder), bench/undurable (the same handler over the same store without its syncs), bench/empty (a
// bare 200 of net/http).
// Machines differ and one machine differs from minute to minute, so the ratios are what counts, not the figures.
//
// Run it from the root of the module: go run ./bench/run
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// settings of a whole run.
type settings struct {
	rounds     int
	openRounds int
	length     time.Duration
	clients    int
	fans       int
	rate       float64
	cases      string
	keep       string
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of the closed loop")
	flag.IntVar(&s.openRounds, "open-rounds", 3, "rounds of the open loop")
	flag.DurationVar(&s.length, "for", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&s.clients, "clients", 64, "connections")
	flag.IntVar(&s.fans, "fans", 100_000, "fans, each enrolled before anything is measured")
	flag.Float64Var(&s.rate, "rate", 1000, "pushes a second in the open loop")
	flag.StringVar(&s.cases, "cases", "data,lua,safe", "which cases: data, lua, safe")
	flag.StringVar(&s.keep, "json", "", "write every single result as a line of JSON to this file")
	flag.Usage = usage
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench/run:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprint(flag.CommandLine.Output(), `Measures three servers in turn and prints Markdown tables:

  fanflow serve      the product: every answer is durable before it is given
  undurable, nosync  the same handler and engine over the same data file with its syncs left out: what the sync costs
  empty 200          net/http answering nothing: what HTTP costs here

Run it from the root of the module.

`)
	flag.PrintDefaults()
}

// aCase is what fans say and what they must be told.
type aCase struct {
	name, title string
	flow        string // file
	expect      string
	key         string // of safe mode
}

var cases = []aCase{
	{"data", "answer from data, plain mode", "bench/flows/keyword.lua", "我们每天 10:00 至 22:00 营业。", ""},
	{"lua", "Lua function that changes a variable, plain mode", "bench/flows/counter.lua", "第{n}次", ""},
	{"safe", "answer from data, safe mode", "bench/flows/keyword.lua", "我们每天 10:00 至 22:00 营业。", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"},
}

func chosen(names string) ([]aCase, error) {
	var some []aCase
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, c := range cases {
			if c.name == name {
				some, found = append(some, c), true
			}
		}
		if !found {
			return nil, fmt.Errorf("-cases: there is no case %q", name)
		}
	}
	return some, nil
}

func bench(ctx context.Context, s settings) error {
	some, err := chosen(s.cases)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "fanflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := build(ctx, tmp); err != nil {
		return err
	}
	fmt.Println(machine())
	for _, c := range some {
		r := &report{title: c.title, settings: s}
		if err := measure(ctx, filepath.Join(tmp, c.name), tmp, c, s, r); err != nil {
			return fmt.Errorf("case %s: %w", c.name, err)
		}
		if err := r.print(os.Stdout); err != nil {
			return err
		}
		if err := r.keep(s.keep); err != nil {
			return err
		}
	}
	return nil
}

// build makes the four programs in dir.
func build(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", dir+string(filepath.Separator),
		"./cmd/fanflow", "./bench/load", "./bench/empty", "./bench/undurable")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the programs (run from the root of the module): %w", err)
	}
	return nil
}

// measure plays one case: starts the servers, enrolls the fans, then takes the servers in turn, round by round.
func measure(ctx context.Context, dir, bin string, c aCase, s settings, r *report) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	servers, err := startAll(ctx, dir, bin, c)
	defer func() {
		for _, v := range servers {
			v.stop()
		}
	}()
	if err != nil {
		return err
	}
	g := generator{program: filepath.Join(bin, "load"), c: c, s: s}
	for _, v := range servers {
		one, err := g.run(ctx, v, "-each")
		if err != nil {
			return err
		}
		r.add(v.name, "enroll", one)
	}
	for range s.rounds {
		for _, v := range servers {
			one, err := g.run(ctx, v)
			if err != nil {
				return err
			}
			r.add(v.name, "closed", one)
		}
	}
	for range s.openRounds {
		for _, v := range servers {
			one, err := g.run(ctx, v, "-rate", fmt.Sprint(s.rate))
			if err != nil {
				return err
			}
			r.add(v.name, "open", one)
		}
	}
	for _, v := range servers {
		m, err := v.memory()
		if err != nil {
			return err
		}
		r.memory = append(r.memory, m)
	}
	return nil
}
