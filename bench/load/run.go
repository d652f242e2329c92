package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// plan is one run of the generator.
type plan struct {
	account account
	addr    string // host:port
	prefix  string
	say     string
	expect  string
	any     bool
	fans    int
	clients int
	pushes  int // rendered beforehand; the run ends early when they are used up
	each    bool
	rate    float64 // 0: closed loop
	warm    time.Duration
	length  time.Duration
}

// sample is one answer: when its push was due or sent, counted from the start of the run, and how long it took.
type sample struct{ at, took time.Duration }

// worker is a client with the pushes of its own fans.
type worker struct {
	client  client
	pushes  []push
	samples []sample
	errors  int
	first   error
}

// run renders the pushes, plays them and gives the figures.
func (p plan) run() (result, error) {
	workers, err := p.render()
	if err != nil {
		return result{}, err
	}
	check := newChecker(p.account, p.prefix, p.expect, p.any, p.fans)
	start := time.Now()
	if p.rate > 0 {
		p.open(workers, check, start)
	} else {
		p.closed(workers, check, start)
	}
	return p.figures(workers, time.Since(start)), nil
}

// render shares fans out to workers (fan f belongs to worker f mod clients) and makes each worker's pushes.
func (p plan) render() ([]*worker, error) {
	workers := make([]*worker, p.clients)
	failed := make([]error, p.clients)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			r, err := newRenderer(p.account, p.prefix, p.say)
			if err != nil {
				failed[i] = err
				return
			}
			w := &worker{client: client{addr: p.addr}}
			mine := (p.fans - i + p.clients - 1) / p.clients
			count := (p.pushes - i + p.clients - 1) / p.clients
			if p.each {
				count = mine
			}
			for k := range count {
				n := k
				if !p.each {
					n = rand.IntN(mine)
				}
				one, err := r.render(i+n*p.clients, p.created(i+k*p.clients))
				if err != nil {
					failed[i] = err
					return
				}
				w.pushes = append(w.pushes, one)
			}
			w.samples = make([]sample, 0, count)
			workers[i] = w
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return workers, nil
}

// pace is how many pushes a second the CreateTimes of a closed loop stand for: they are rendered before it is known how fast the
// server is. Were they all of one second, a server that sorts by time would never meet two that belong together.
const pace = 2000

// created is when the n-th push of all is made, counted from the start.
func (p plan) created(n int) time.Duration {
	rate := p.rate
	if rate == 0 {
		rate = pace
	}
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// closed lets every worker send its next push when it has the answer to the last one.
func (p plan) closed(workers []*worker, check *checker, start time.Time) {
	end := start.Add(p.warm + p.length)
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			defer w.client.close()
			for _, one := range w.pushes {
				now := time.Now()
				if !p.each && now.After(end) {
					return
				}
				w.play(one, check, start, now)
			}
		})
	}
	wg.Wait()
}

// open sends at a fixed rate, whatever the server does: push k is due k/rate after the start, and its latency counts from
// there, also when its worker is still busy with an earlier one.
func (p plan) open(workers []*worker, check *checker, start time.Time) {
	total := int(p.rate * (p.warm + p.length).Seconds())
	due := make([]chan time.Time, len(workers))
	var wg sync.WaitGroup
	for i, w := range workers {
		due[i] = make(chan time.Time, len(w.pushes)) // never blocks the clock
		wg.Go(func() {
			defer w.client.close()
			next := 0
			for at := range due[i] {
				w.play(w.pushes[next], check, start, at)
				next++
			}
		})
	}
	for k := range total {
		w := k % len(workers)
		if k/len(workers) >= len(workers[w].pushes) {
			break
		}
		at := start.Add(time.Duration(float64(k) / p.rate * float64(time.Second)))
		sleepUntil(at)
		due[w] <- at
	}
	for _, c := range due {
		close(c)
	}
	wg.Wait()
}

// play sends one push, checks the answer and notes it.
func (w *worker) play(one push, check *checker, start, from time.Time) {
	status, body, err := w.client.do(one.wire)
	took := time.Since(from)
	if err == nil {
		err = check.check(one.fan, status, string(body))
	}
	if err != nil {
		w.errors++
		if w.first == nil {
			w.first = fmt.Errorf("push to fan %d: %w", one.fan, err)
		}
		return
	}
	w.samples = append(w.samples, sample{from.Sub(start), took})
}
