// Command callback measures the callback handler alone over a socket: signature, envelope, parser, runs and reply, with a
// Receiver that has one text ready; no engine, no store. Beside it stands net/http answering an empty 200 (bench/empty), in turn
// with it in every round, so that a slow minute of the machine falls on both. It prints Markdown tables.
//
// Machines differ and one machine differs from minute to minute, so the ratios are what counts, not the figures.
//
// Run it from the root of the module: go run ./bench/callback
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	server := flag.Bool("serve", false, "be the server that is measured")
	aesKey := flag.String("aes-key", "", "with -serve: 43 characters, safe mode")
	flag.Parse()
	var err error
	if *server {
		err = serve(*aesKey)
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
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin+string(filepath.Separator), "./bench/callback", "./bench/load", "./bench/empty")
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

// result is the part of bench/load's output that the table needs.
type result struct {
	PerSecond  float64 `json:"per_second"`
	Answers    int     `json:"answers"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	P999       float64 `json:"p99_9_ms"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error"`
}

// measure takes both servers in turn and gives each one's results: the handler's, the bare one's.
func measure(ctx context.Context, bin, aesKey string, s settings) (results [2][]result, err error) {
	handler, stopHandler, err := start(exec.CommandContext(ctx, filepath.Join(bin, "callback"), "-serve", "-aes-key", aesKey))
	if err != nil {
		return results, err
	}
	defer stopHandler()
	bare, stopBare, err := start(exec.CommandContext(ctx, filepath.Join(bin, "empty")))
	if err != nil {
		return results, err
	}
	defer stopBare()
	for range s.rounds {
		for i, base := range []string{handler, bare} {
			args := []string{
				"-url", base + "/callback/bench", "-token", token, "-app-id", appID, "-aes-key", aesKey, "-expect", text, "-json",
				"-clients", strconv.Itoa(s.clients), "-pushes", strconv.Itoa(s.pushes), "-for", s.length.String(),
			}
			if base == bare {
				args = append(args, "-any")
			}
			one, err := load(ctx, filepath.Join(bin, "load"), args)
			if err != nil {
				return results, err
			}
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
	fmt.Fprintf(os.Stderr, "%s: %.0f/s, p99 %.2f ms, %d errors %s\n", args[1], r.PerSecond, r.P99, r.Errors, r.FirstError)
	return r, nil
}

// start runs a server that prints its address in the first line; stop ends it.
func start(cmd *exec.Cmd) (base string, stop func(), err error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("%s did not say where it listens: %w\n%s", cmd.Path, errors.Join(err, cmd.Wait()), stderr.Bytes())
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on "), func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // the figures are taken: how it ends is of no interest
		_ = cmd.Wait()
	}, nil
}
