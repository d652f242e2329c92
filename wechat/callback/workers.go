package callback

import (
	"slices"
	"sync"
	"time"
)

// idleFor is how long a worker without a run is kept at least; twice as long at most.
const idleFor = 10 * time.Second

// workers receive runs in goroutines that are kept for the next one. A decision runs deep, and a new goroutine would have to
// grow its stack for every push.
type workers struct {
	receive func(*run)

	mu      sync.Mutex
	resting []chan *run // one of each worker that has nothing to do; the last one's stack is the warmest
	least   int         // how many rested all the time since the last look
	looking bool
	ended   bool
}

// start has a run received in a goroutine that is doing nothing else, and does not wait for it.
func (w *workers) start(r *run) {
	w.mu.Lock()
	n := len(w.resting) - 1
	if n < 0 {
		w.mu.Unlock()
		go w.work(r)
		return
	}
	next := w.resting[n]
	w.resting = w.resting[:n]
	w.least = min(w.least, n)
	w.mu.Unlock()
	next <- r
}

// work receives r and what comes after it, until nothing comes any more.
func (w *workers) work(r *run) {
	next := make(chan *run, 1) // one slot: whoever sends to a resting worker never waits
	for r != nil {
		w.receive(r)
		if !w.rest(next) {
			return
		}
		r = <-next
	}
}

// rest reports whether there may be more to do; if so it comes through next, and nil when the worker is to end.
func (w *workers) rest(next chan *run) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return false
	}
	w.resting = append(w.resting, next)
	if !w.looking {
		w.looking, w.least = true, len(w.resting)
		time.AfterFunc(idleFor, w.look)
	}
	return true
}

// look ends the workers that were not needed since the last look.
func (w *workers) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dismiss(w.least)
	w.least = len(w.resting)
	w.looking = w.least > 0
	if w.looking {
		time.AfterFunc(idleFor, w.look)
	}
}

// end ends all workers, those at work when they are done.
func (w *workers) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.dismiss(len(w.resting))
	w.least = 0
}

// dismiss ends the n workers that have rested longest.
func (w *workers) dismiss(n int) {
	for _, next := range w.resting[:n] {
		next <- nil
	}
	w.resting = slices.Delete(w.resting, 0, n)
}
