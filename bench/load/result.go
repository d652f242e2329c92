package main

import (
	"fmt"
	"slices"
	"time"
)

// result is what a run measured. Latencies are milliseconds; they count from sending (closed loop) or from the intended
// instant (open loop). Errors are answers that did not come or were not what the fan must be told; they are not in the
// latencies.
type result struct {
	URL        string  `json:"url"`
	Loop       string  `json:"loop"` // closed, open, each
	Mode       string  `json:"mode"` // plain, safe
	Clients    int     `json:"clients"`
	Fans       int     `json:"fans"`
	Rate       float64 `json:"rate,omitempty"`
	Seconds    float64 `json:"seconds"`
	Answers    int     `json:"answers"`
	PerSecond  float64 `json:"per_second"`
	P50        float64 `json:"p50_ms"`
	P90        float64 `json:"p90_ms"`
	P99        float64 `json:"p99_ms"`
	P999       float64 `json:"p99_9_ms"`
	Max        float64 `json:"max_ms"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
}

// figures sums the workers up. What began in the warm-up is left out.
func (p plan) figures(workers []*worker, ran time.Duration) result {
	r := result{URL: p.account.URL, Loop: "closed", Mode: "plain", Clients: p.clients, Fans: p.fans, Rate: p.rate}
	switch {
	case p.each:
		r.Loop = "each"
	case p.rate > 0:
		r.Loop = "open"
	}
	if p.account.Safe {
		r.Mode = "safe"
	}
	warm := p.warm
	if p.each {
		warm = 0
	}
	var took []time.Duration
	for _, w := range workers {
		for _, s := range w.samples {
			if s.at >= warm {
				took = append(took, s.took)
			}
		}
		r.Errors += w.errors
		if w.first != nil && r.FirstError == "" {
			r.FirstError = w.first.Error()
		}
	}
	slices.Sort(took)
	r.Answers, r.Seconds = len(took), (ran - warm).Seconds()
	if r.Answers == 0 || r.Seconds <= 0 {
		return r
	}
	r.PerSecond = float64(r.Answers) / r.Seconds
	r.P50, r.P90, r.P99, r.P999 = percentile(took, 50), percentile(took, 90), percentile(took, 99), percentile(took, 99.9)
	r.Max = milliseconds(took[len(took)-1])
	return r
}

// percentile is the smallest value that p per cent of the sorted ones do not exceed.
func percentile(sorted []time.Duration, p float64) float64 {
	i := int(p/100*float64(len(sorted))+0.999999) - 1
	return milliseconds(sorted[min(max(i, 0), len(sorted)-1)])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r result) String() string {
	s := fmt.Sprintf("%s loop, %s mode, %d clients, %d fans: %d answers in %.2f s = %.0f/s; ms p50 %.2f p90 %.2f p99 %.2f p99.9 %.2f max %.2f; %d errors",
		r.Loop, r.Mode, r.Clients, r.Fans, r.Answers, r.Seconds, r.PerSecond, r.P50, r.P90, r.P99, r.P999, r.Max, r.Errors)
	if r.FirstError != "" {
		s += "; first: " + r.FirstError
	}
	return s
}
