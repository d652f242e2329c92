package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// report gathers the results of one case.
type report struct {
	title    string
	settings settings
	rows     []row
	memory   []memory
}

type row struct {
	Case   string `json:"case"`
	Server string `json:"server"`
	Kind   string `json:"kind"` // enroll, closed, open
	result
}

func (r *report) add(server, kind string, one result) {
	r.rows = append(r.rows, row{r.title, server, kind, one})
	fmt.Fprintf(os.Stderr, "%-17s %-7s %8.0f/s  p50 %.2f  p99 %.2f ms  %d errors %s\n", server, kind, one.PerSecond, one.P50, one.P99, one.Errors, one.FirstError)
}

// spread is a median with the range it was taken from.
type spread struct{ median, low, high float64 }

func (s spread) text(digits int) string {
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, s.median, digits, s.low, digits, s.high)
}

func (r *report) of(server, kind string, value func(result) float64) spread {
	var all []float64
	for _, row := range r.rows {
		if row.Server == server && row.Kind == kind {
			all = append(all, value(row.result))
		}
	}
	if len(all) == 0 {
		return spread{}
	}
	slices.Sort(all)
	middle := all[len(all)/2]
	if len(all)%2 == 0 {
		middle = (all[len(all)/2-1] + middle) / 2
	}
	return spread{middle, all[0], all[len(all)-1]}
}

func (r *report) errors(server string) (n int) {
	for _, row := range r.rows {
		if row.Server == server {
			n += row.Errors
		}
	}
	return n
}

// servers in the order of their first result.
func (r *report) servers() (names []string) {
	for _, row := range r.rows {
		if !slices.Contains(names, row.Server) {
			names = append(names, row.Server)
		}
	}
	return names
}

func (r *report) print(w io.Writer) error {
	s := r.settings
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintf(t, "\n### %s\n\nClosed loop, %d clients, %d fans, %d interleaved rounds of %v; median (range).\n\n", r.title, s.clients, s.fans, s.rounds, s.length)
	fmt.Fprintln(t, "| server\t| answers/s\t| fanflow / it\t| p50 ms\t| p99 ms\t| p99.9 ms\t| wrong answers\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	names := r.servers()
	speed := func(v result) float64 { return v.PerSecond }
	own := r.of(names[0], "closed", speed).median
	for _, name := range names {
		its := r.of(name, "closed", speed)
		fmt.Fprintf(t, "| %s\t| %s\t| %.2f\t| %s\t| %s\t| %s\t| %d\t|\n", name, its.text(0), own/its.median,
			r.of(name, "closed", func(v result) float64 { return v.P50 }).text(2),
			r.of(name, "closed", func(v result) float64 { return v.P99 }).text(1),
			r.of(name, "closed", func(v result) float64 { return v.P999 }).text(1), r.errors(name))
	}
	fmt.Fprintf(t, "\nOpen loop, %.0f pushes/s, latency from the intended instant, %d interleaved rounds of %v; median (range).\n\n", s.rate, s.openRounds, s.length)
	fmt.Fprintln(t, "| server\t| p50 ms\t| p99 ms\t| max ms\t| p99 / fanflow's\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t| ---\t| ---\t|")
	p99 := func(v result) float64 { return v.P99 }
	for _, name := range names {
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %s\t| %.2f\t|\n", name, r.of(name, "open", func(v result) float64 { return v.P50 }).text(2),
			r.of(name, "open", p99).text(2), r.of(name, "open", func(v result) float64 { return v.Max }).text(1),
			r.of(name, "open", p99).median/r.of(names[0], "open", p99).median)
	}
	fmt.Fprint(t, "\nMemory at the end, MiB.\n\n| server\t| RSS anonymous\t| RSS file-backed\t| data file\t|\n| ---\t| ---\t| ---\t| ---\t|\n")
	for _, m := range r.memory {
		fmt.Fprintf(t, "| %s\t| %.0f\t| %.0f\t| %.0f\t|\n", m.Server, m.Anon, m.File, m.DataFile)
	}
	return t.Flush()
}

// keep appends every single result to a file; empty: nowhere.
func (r *report) keep(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for _, row := range r.rows {
		if err := enc.Encode(row); err != nil {
			return err
		}
	}
	return f.Close()
}

// machine says what the figures were taken on.
func machine() string {
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = []byte(runtime.GOOS)
	}
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	return fmt.Sprintf("%s, %s/%s, %d CPUs, kernel %s, commit %s", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), strings.TrimSpace(string(kernel)), strings.TrimSpace(string(commit)))
}
