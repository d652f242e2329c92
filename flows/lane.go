package flows

import (
	"context"
	"sync"

	"fanflow/store"
)

// lanes let one event of a fan be handled at a time, first come first served, and different fans side by side.
type lanes struct {
	mu    sync.Mutex
	queue map[store.FanID][]chan struct{} // waiting; a key without any is taken by one
	freed map[store.FanID]chan struct{}   // closed when the lane is left and nobody waits; only where somebody looks on
}

func newLanes() *lanes {
	return &lanes{queue: map[store.FanID][]chan struct{}{}, freed: map[store.FanID]chan struct{}{}}
}

// enter waits for the fan's lane. leave gives it to the next in line and is called once, unless err is ctx's.
func (l *lanes) enter(ctx context.Context, fan store.FanID) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	waiting, taken := l.queue[fan]
	if !taken {
		l.queue[fan] = nil
		l.mu.Unlock()
		return func() { l.leave(fan) }, nil
	}
	turn := make(chan struct{})
	l.queue[fan] = append(waiting, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return func() { l.leave(fan) }, nil
	case <-ctx.Done():
		l.giveUp(fan, turn)
		return nil, ctx.Err()
	}
}

func (l *lanes) leave(fan store.FanID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.queue[fan]
	if len(waiting) == 0 {
		delete(l.queue, fan)
		if freed, ok := l.freed[fan]; ok {
			close(freed)
			delete(l.freed, fan)
		}
		return
	}
	l.queue[fan] = waiting[1:]
	close(waiting[0])
}

// pass waits until nobody is in the lane, without entering it. The error is ctx's.
func (l *lanes) pass(ctx context.Context, fan store.FanID) error {
	l.mu.Lock()
	if _, taken := l.queue[fan]; !taken {
		l.mu.Unlock()
		return nil
	}
	freed, ok := l.freed[fan]
	if !ok {
		freed = make(chan struct{})
		l.freed[fan] = freed
	}
	l.mu.Unlock()
	select {
	case <-freed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveUp leaves the line, or hands the lane on if it was given meanwhile.
func (l *lanes) giveUp(fan store.FanID, turn chan struct{}) {
	l.mu.Lock()
	for i, w := range l.queue[fan] {
		if w == turn {
			q := l.queue[fan]
			l.queue[fan] = append(q[:i:i], q[i+1:]...)
			l.mu.Unlock()
			return
		}
	}
	l.mu.Unlock()
	l.leave(fan)
}
