package callback

import (
	"fmt"
	"runtime/debug"
	"time"

	"fanflow/wechat"
)

// All of these are wall time, as WeChat's own limits are: a simulated clock that stands still must not hold a connection open.
const (
	deliveries = 3                       // that WeChat makes of one push
	openFor    = 5500 * time.Millisecond // of a delivery that is left unanswered; WeChat hangs up after 5 seconds
	window     = 15 * time.Second        // from the first delivery; by then the third has come or never will
)

// run is one call of Receive, and the deliveries of its push. Its fields are guarded by Handler.mu; reply and err may also be
// read by a delivery that waits, once the run has ended.
//
// It ends when Receive returns. It is settled when it is known what became of the reply: a delivery took it, or none will. Then
// it is over, but for the deliveries that still wait, and its reply is kept for repeats. A run whose last delivery has left is
// used again.
type run struct {
	key   string
	push  *wechat.Push  // nil once it is settled
	began time.Time     // wall time of the first delivery
	done  chan struct{} // holds a token once it ended; who takes that puts it back
	reply wechat.Reply
	err   error

	ended      bool
	deliveries int // so far
	waiting    int // deliveries in flight
	answered   bool
	conceded   bool // a delivery was told "success" before there was a reply: WeChat makes no other
	settled    bool
	timer      *time.Timer // of the window, once it ended with nobody waiting
}

// ending is a settled run as the Receiver is told of it. The zero ending is of a run that is not settled.
type ending struct {
	push  *wechat.Push
	reply wechat.Reply
	late  bool
}

// join adds a delivery to the run of its push, and starts the run where there is none. nth counts from 1. A push whose run is
// settled has no run any more but a reply, known. It returns neither when the Handler is stopping.
func (h *Handler) join(p *wechat.Push, now time.Time) (r *run, nth int, known *wechat.Reply) {
	key := p.Key()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return nil, 0, nil
	}
	r = h.runs[key]
	if r == nil {
		if reply, ok := h.kept.get(key, now); ok {
			return nil, 0, &reply
		}
		r = h.newRun()
		r.key, r.push, r.began = key, p, now
		h.runs[key] = r
		h.busy++
		h.workers.start(r)
	}
	r.deliveries++
	r.waiting++
	return r, r.deliveries, nil
}

// newRun is a run that may have been used before; release takes it back once nobody knows it any more.
func (h *Handler) newRun() *run {
	if r, ok := h.spare.Get().(*run); ok {
		return r
	}
	return &run{done: make(chan struct{}, 1)}
}

func (h *Handler) release(r *run) {
	if !r.settled || r.waiting > 0 || r.timer != nil { // a timer that was stopped may have fired before
		return
	}
	<-r.done
	*r = run{done: r.done}
	h.spare.Put(r)
}

func (h *Handler) receive(r *run) {
	var reply wechat.Reply
	err := h.guard("receive", func() (err error) {
		reply, err = h.c.Receiver.Receive(h.ctx, r.push)
		return err
	})
	h.mu.Lock()
	r.reply, r.err, r.ended = reply, err, true
	r.done <- struct{}{}
	end := h.settle(r)
	h.rest()
	h.release(r)
	h.mu.Unlock()
	h.finish(end)
}

// How a delivery left its run.
type taken int

const (
	nothing   taken = iota
	theAnswer       // the bytes of the reply, or "success" for the zero reply, were written
	aSuccess        // "success" was written because the reply was not there in time
)

// leave ends a delivery. One that was answered from memory has no run to leave.
func (h *Handler) leave(r *run, t taken) {
	if r == nil {
		return
	}
	h.mu.Lock()
	r.waiting--
	r.answered = r.answered || t == theAnswer
	r.conceded = r.conceded || t == aSuccess
	end := h.settle(r)
	h.release(r)
	h.mu.Unlock()
	h.finish(end)
}

// windowOver looks at a run again when no further delivery is to be expected.
func (h *Handler) windowOver(r *run) {
	h.mu.Lock()
	end := h.settle(r)
	h.mu.Unlock()
	h.finish(end)
}

// settle decides whether a run is over, and returns its ending once, when it is; the caller passes that to finish after it
// has let go of the lock.
func (h *Handler) settle(r *run) ending {
	switch {
	case !r.ended || r.settled:
		return ending{}
	case r.err != nil: // the next delivery tries again
		return h.end(r, false)
	case r.answered:
		h.kept.put(r.key, r.reply, time.Now())
		return h.end(r, false)
	case r.waiting > 0:
		return ending{} // one of them may take the answer
	}
	elapsed := time.Since(r.began)
	switch {
	case r.conceded || r.deliveries >= deliveries || elapsed >= window:
		h.kept.put(r.key, wechat.Reply{}, time.Now()) // repeats are told "success": the reply goes another way
		return h.end(r, !r.reply.IsZero())
	case h.stopping:
		return h.end(r, false)
	case r.timer == nil:
		r.timer = time.AfterFunc(window-elapsed, func() { h.windowOver(r) })
	}
	return ending{}
}

func (h *Handler) end(r *run, late bool) ending {
	if r.timer != nil {
		r.timer.Stop()
	}
	e := ending{push: r.push, reply: r.reply, late: late}
	delete(h.runs, r.key)
	r.settled, r.push = true, nil
	h.busy++
	return e
}

// finish tells the Receiver, without the lock: first Late, so that the reply is on its way before what follows it.
func (h *Handler) finish(e ending) {
	if e.push == nil {
		return
	}
	if e.late {
		_ = h.guard("late", func() error { return h.c.Receiver.Late(h.ctx, e.push, e.reply) })
	}
	_ = h.guard("written", func() error { h.c.Receiver.Written(e.push); return nil })
	h.mu.Lock()
	h.rest()
	h.mu.Unlock()
}

// guard calls the Receiver, logs its error, and turns a panic into one.
func (h *Handler) guard(what string, call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			h.c.Logger.Error("receiver panicked", "appid", h.c.AppID, "in", what, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	if err = call(); err != nil {
		h.c.Logger.Error("receiver failed", "appid", h.c.AppID, "in", what, "err", err)
	}
	return err
}

// rest notes, under the lock, that one goroutine is done with the Receiver.
func (h *Handler) rest() {
	h.busy--
	h.signalIdle()
}

func (h *Handler) signalIdle() {
	if !h.stopping || h.busy > 0 {
		return
	}
	select {
	case <-h.idle:
	default:
		close(h.idle)
	}
}

// stop begins the end of the Handler: it settles the runs that only wait for another delivery.
func (h *Handler) stop() []ending {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopping = true
	var ends []ending
	for _, r := range h.runs {
		if e := h.settle(r); e.push != nil {
			ends = append(ends, e)
		}
	}
	h.signalIdle()
	return ends
}
