// Command callback measures the callback handler alone over a socket: signature, envelope, parser, runs and reply, with a
// Receiver that has one text ready; no engine, no store. Beside it stand two servers with the same mux, timeouts and garbage
// collector: one that reads the push and answers the same bytes every time, and one that answers an empty 200. They are taken
// in turn in every round, so that a slow minute of the machine falls on all. It prints Markdown tables.
//
// The generator, which shares the machine's cores, checks the handler's answers and not the others'. So the honest distance is
// that in the server's own processor time for each answer. Machines differ and one machine differs from minute to minute:
// ratios are what counts, not figures.
//
// Run it from the root of the module: go run ./bench/callback
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// settings of a whole run.
type settings struct {
	rounds  int
	length  time.Duration
	clients int
	pushes  int
	modes   string
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds")
	flag.DurationVar(&s.length, "for", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&s.clients, "clients", 64, "connections")
	flag.IntVar(&s.pushes, "pushes", 200_000, "how many pushes to render for each measurement, which ends early when they are used up")
	flag.StringVar(&s.modes, "modes", "plain,safe", "which modes: plain, safe")
	server := flag.String("serve", "", "be a server that is measured; what it answers: handler, fixed, nothing")
	aesKey := flag.String("aes-key", "", "with -serve: 43 characters, safe mode")
	flag.Parse()
	var err error
	if *server != "" {
		err = serve(*server, *aesKey)
	} else {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		err = bench(ctx, s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/callback:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, s settings) error {
	bin, err := os.MkdirTemp("", "fanflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin+string(filepath.Separator), "./bench/callback", "./bench/load")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the programs (run from the root of the module): %w", err)
	}
	for mode := range strings.SplitSeq(s.modes, ",") {
		aesKey, ok := map[string]string{"plain": "", "safe": key}[mode]
		if !ok {
			return fmt.Errorf("-modes: there is no mode %q", mode)
		}
		results, err := measure(ctx, bin, aesKey, s)
		if err != nil {
			return fmt.Errorf("%s mode: %w", mode, err)
		}
		if err := report(os.Stdout, mode, s, results); err != nil {
			return err
		}
	}
	return nil
}

// result is the part of bench/load's output that the table needs, and the processor time of the server.
type result struct {
	PerSecond  float64       `json:"per_second"`
	Answers    int           `json:"answers"`
	P50        float64       `json:"p50_ms"`
	P99        float64       `json:"p99_ms"`
	P999       float64       `json:"p99_9_ms"`
	Errors     int           `json:"errors"`
	FirstError string        `json:"first_error"`
	cpu        time.Duration // for each answer; 0 where the system does not tell
}

// answers of the servers that are measured, in the order of the table.
var answers = []string{byHandler, fixed, nothing}

// measure takes the servers in turn and gives each one's results, in the order of answers.
func measure(ctx context.Context, bin, aesKey string, s settings) ([][]result, error) {
	var servers []server
	for _, answer := range answers {
		one, err := start(exec.CommandContext(ctx, filepath.Join(bin, "callback"), "-serve", answer, "-aes-key", aesKey))
		if err != nil {
			return nil, err
		}
		defer one.stop()
		servers = append(servers, one)
	}
	results := make([][]result, len(servers))
	for range s.rounds {
		for i, server := range servers {
			args := []string{
				"-url", server.base + "/callback/bench", "-token", token, "-app-id", appID, "-aes-key", aesKey, "-expect", text, "-json",
				"-clients", strconv.Itoa(s.clients), "-pushes", strconv.Itoa(s.pushes), "-for", s.length.String(),
			}
			if answers[i] != byHandler {
				args = append(args, "-any")
			}
			before := server.cpu()
			one, err := load(ctx, filepath.Join(bin, "load"), args)
			if err != nil {
				return nil, err
			}
			one.cpu = (server.cpu() - before) / time.Duration(one.Answers)
			fmt.Fprintf(os.Stderr, "%s: %.0f/s, p99 %.2f ms, %v of the processor each, %d errors %s\n", answers[i], one.PerSecond, one.P99, one.cpu, one.Errors, one.FirstError)
			results[i] = append(results[i], one)
		}
	}
	return results, nil
}

func load(ctx context.Context, program string, args []string) (r result, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output() // exit status 1 with a result: some answers were wrong
	if jsonErr := json.Unmarshal(out, &r); jsonErr != nil {
		return r, fmt.Errorf("load %v: %w\n%s", args, err, stderr.Bytes())
	}
	if r.Answers == 0 {
		return r, fmt.Errorf("no right answer: %s", r.FirstError)
	}
	return r, nil
}
