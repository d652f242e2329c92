// Command plugins measures what scripts cost: a decision against gopher-lua as it comes, a State and what it holds, plugins in scope,
// hooks, lint, a replay of what was read over HTTP, and 1,000 published flows in one process. It prints a Markdown table of medians with
// the machine and the day.
//
// The Go benchmarks are built first and then run one after the other, round by round, so that a machine that is slower for a while is so
// for all of them.
//
// Run it from the root of the module: go run ./bench/plugins
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// suites are the packages with benchmarks and which of them are meant.
var suites = []struct{ folder, run string }{
	{"plugins/sandbox", "^(BenchmarkRatio|BenchmarkDecision|BenchmarkNewState|BenchmarkCompile|BenchmarkHeld)$"},
	{"plugins", "^BenchmarkScope$"},
	{"plugins/lint", "^BenchmarkLint$"},
	{"flows", "^(BenchmarkHooks|BenchmarkReplayHTTP)$"},
}

func main() {
	rounds := flag.Int("rounds", 5, "how often every benchmark is run")
	each := flag.String("for", "200ms", "how long one run takes, as go test -benchtime")
	count := flag.Int("flows", 1000, "flows of 200 lines to publish; 0: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *rounds, *each, *count); err != nil {
		log.Fatal("bench/plugins: ", err)
	}
}

func bench(ctx context.Context, rounds int, each string, count int) error {
	fmt.Printf("%s, %s, %s/%s, %s, %d processors\n\n| | |\n| --- | --- |\n", time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU())
	if count > 0 { // first, while the process has nothing else in memory
		if err := published(ctx, count); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "fanflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i, s := range suites {
		out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", filepath.Join(dir, strconv.Itoa(i)), "./"+s.folder).CombinedOutput()
		if err != nil {
			return fmt.Errorf("build the benchmarks of %s: %w\n%s", s.folder, err, out)
		}
	}
	figures := map[string][]float64{}
	for range rounds {
		for i, s := range suites {
			child := exec.CommandContext(ctx, filepath.Join(dir, strconv.Itoa(i)), "-test.run=^$", "-test.cpu=1", "-test.benchtime="+each, "-test.bench="+s.run)
			child.Dir = s.folder
			out, err := child.Output()
			if err != nil {
				return fmt.Errorf("run the benchmarks of %s: %w\n%s", s.folder, err, out)
			}
			read(figures, s.folder, string(out))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		all := slices.Sorted(slices.Values(figures[name]))
		fmt.Printf("| %s | %.4g (%.4g … %.4g) |\n", name, all[len(all)/2], all[0], all[len(all)-1])
	}
	return nil
}

// read adds the figures of a run of benchmarks, each under its place, name and unit.
func read(figures map[string][]float64, folder, out string) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 { // value, unit
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				name := folder + " " + strings.TrimPrefix(fields[0], "Benchmark") + ", " + fields[i+1]
				figures[name] = append(figures[name], v)
			}
		}
	}
}

// processor names the machine's, where Linux does.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return cmp.Or(os.Getenv("PROCESSOR_IDENTIFIER"), "unknown processor")
}
