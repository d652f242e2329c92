package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// report prints one mode's table.
func report(w io.Writer, mode string, s settings, results [][]result) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintf(t, "\n### Callback handler alone, %s mode\n\nClosed loop, %d clients, %d interleaved rounds of %v; median (range).\n\n", mode, s.clients, s.rounds, s.length)
	fmt.Fprintln(t, "| server\t| server CPU, µs/answer\t| handler / it\t| answers/s\t| handler / it\t| p50 ms\t| p99 ms\t| p99.9 ms\t| wrong answers\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	speed := func(r result) float64 { return r.PerSecond }
	cost := func(r result) float64 { return float64(r.cpu.Nanoseconds()) / 1000 }
	own, ownCost := spreadOf(results[0], speed).median, spreadOf(results[0], cost).median
	for i, name := range []string{"callback handler", "the same bytes, nothing looked at", "empty 200"} {
		its, itsCost, wrong := spreadOf(results[i], speed), spreadOf(results[i], cost), 0
		for _, r := range results[i] {
			wrong += r.Errors
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %.2f\t| %s\t| %.2f\t| %s\t| %s\t| %s\t| %d\t|\n", name, itsCost.text(1), ownCost/itsCost.median, its.text(0), own/its.median,
			spreadOf(results[i], func(r result) float64 { return r.P50 }).text(2),
			spreadOf(results[i], func(r result) float64 { return r.P99 }).text(2),
			spreadOf(results[i], func(r result) float64 { return r.P999 }).text(2), wrong)
	}
	return t.Flush()
}

// spread is a median with the range it was taken from.
type spread struct{ median, low, high float64 }

func (s spread) text(digits int) string {
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, s.median, digits, s.low, digits, s.high)
}

func spreadOf(results []result, value func(result) float64) spread {
	var all []float64
	for _, r := range results {
		all = append(all, value(r))
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
