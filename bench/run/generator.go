package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
)

// generator runs bench/load.
type generator struct {
	program string
	c       aCase
	s       settings
}

// result is the part of bench/load's output that the tables need.
type result struct {
	PerSecond  float64 `json:"per_second"`
	Answers    int     `json:"answers"`
	P50        float64 `json:"p50_ms"`
	P90        float64 `json:"p90_ms"`
	P99        float64 `json:"p99_ms"`
	P999       float64 `json:"p99_9_ms"`
	Max        float64 `json:"max_ms"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error"`
}

func (g generator) run(ctx context.Context, v *server, extra ...string) (result, error) {
	args := []string{
		"-url", v.base + "/callback/bench", "-fans", strconv.Itoa(g.s.fans), "-clients", strconv.Itoa(g.s.clients),
		"-for", g.s.length.String(), "-aes-key", g.c.key, "-expect", g.c.expect, "-json",
	}
	if v.yard {
		args = append(args, "-any")
	}
	cmd := exec.CommandContext(ctx, g.program, append(args, extra...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output() // exit status 1 with a result: some answers were wrong
	var r result
	if jsonErr := json.Unmarshal(out, &r); jsonErr != nil {
		return r, fmt.Errorf("load %v: %w\n%s", args, err, stderr.Bytes())
	}
	if r.Answers == 0 {
		return r, fmt.Errorf("%s gave no right answer: %s\n%s", v.name, r.FirstError, v.log)
	}
	return r, nil
}
