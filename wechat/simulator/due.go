package simulator

import (
	"container/heap"
	"context"
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// job is an event that the platform will push by itself: the result of a send.
type job struct {
	ID       int64     `json:"id"` // order among those due at one instant
	App      string    `json:"app"`
	Event    string    `json:"event"`
	Due      time.Time `json:"due"`
	OpenID   string    `json:"openid"`
	MsgID    int64     `json:"msgid"`
	Status   string    `json:"status"`
	Template string    `json:"template_id,omitempty"`
	Step     int       `json:"step,omitempty"` // of a mass send: where its next part begins
}

// jobs is the platform's own due-queue. Safe for concurrent use.
type jobs struct {
	mu   sync.Mutex
	heap jobHeap
	last int64
	poke chan struct{} // tells Run that there may be something earlier

	loaded map[int64]*job // while the state file is read
}

// add keeps j, which gets its id here.
func (q *jobs) add(file *stateFile, j job) {
	q.mu.Lock()
	q.insert(file, j)
	q.mu.Unlock()
	q.wake()
}

// insert is add for those who hold the lock.
func (q *jobs) insert(file *stateFile, j job) {
	q.last++
	j.ID = q.last
	heap.Push(&q.heap, &j)
	file.put("job", j.App, strconv.FormatInt(j.ID, 10), j)
}

// has reports whether there is a job like this one. The lock is held.
func (q *jobs) has(like job) bool {
	return slices.ContainsFunc(q.heap, func(j *job) bool {
		return j.App == like.App && j.Event == like.Event && j.MsgID == like.MsgID && j.Step == like.Step
	})
}

func (q *jobs) wake() {
	select {
	case q.poke <- struct{}{}:
	default:
	}
}

// next is when the earliest job is due, zero for none.
func (q *jobs) next() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.heap) == 0 {
		return time.Time{}
	}
	return q.heap[0].Due
}

// take removes the jobs due at or before now, in order.
func (q *jobs) take(now time.Time) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []*job
	for len(q.heap) > 0 && !q.heap[0].Due.After(now) {
		list = append(list, heap.Pop(&q.heap).(*job))
	}
	return list
}

// back returns a taken job that could not be done.
func (q *jobs) back(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	heap.Push(&q.heap, j)
}

// restore notes a job of the state file; restored must follow.
func (q *jobs) restore(l line) error {
	id, err := strconv.ParseInt(l.ID, 10, 64)
	if err != nil {
		return err
	}
	if q.loaded == nil {
		q.loaded = map[int64]*job{}
	}
	q.last = max(q.last, id)
	if l.Value == nil {
		delete(q.loaded, id)
		return nil
	}
	j := &job{}
	q.loaded[id] = j
	return json.Unmarshal(l.Value, j)
}

func (q *jobs) restored() {
	q.heap = slices.Collect(maps.Values(q.loaded))
	heap.Init(&q.heap)
	q.loaded = nil
}

// pushLanes is how many result events are pushed side by side; those of one fan stay in order.
const pushLanes = 16

// runDue pushes what is due and returns when that is over. A job is done when its push is, so that a crash repeats it. What
// ctx interrupts stays due.
func (s *Server) runDue(ctx context.Context, now time.Time) {
	list := s.due.take(now)
	if len(list) == 0 {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.life, stop)()
	var lanes [pushLanes][]*job
	for _, j := range list {
		h := fnv.New32a()
		h.Write([]byte(j.App + j.OpenID))
		n := h.Sum32() % pushLanes
		lanes[n] = append(lanes[n], j)
	}
	var wg sync.WaitGroup
	for _, lane := range lanes {
		if len(lane) == 0 {
			continue
		}
		wg.Go(func() {
			for _, j := range lane {
				s.runJob(ctx, j)
			}
		})
	}
	wg.Wait()
}

func (s *Server) runJob(ctx context.Context, j *job) {
	a := s.accounts[j.App]
	if a == nil { // an account that is no longer configured
		s.file.drop("job", j.App, strconv.FormatInt(j.ID, 10))
		return
	}
	p, known := s.sessionPush(a, j)
	if !known {
		p = s.jobPush(a, j)
	}
	if p != nil {
		s.push(ctx, a, *p)
	}
	if ctx.Err() != nil {
		s.due.back(j)
		return
	}
	s.file.drop("job", j.App, strconv.FormatInt(j.ID, 10))
}

// jobHeap orders by due, then by id.
type jobHeap []*job

func (h jobHeap) Len() int { return len(h) }
func (h jobHeap) Less(i, j int) bool {
	if !h[i].Due.Equal(h[j].Due) {
		return h[i].Due.Before(h[j].Due)
	}
	return h[i].ID < h[j].ID
}
func (h jobHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)   { *h = append(*h, x.(*job)) }
func (h *jobHeap) Pop() any {
	old := *h
	j := old[len(old)-1]
	*h = old[:len(old)-1]
	return j
}
