package fetch

import (
	"sync"
	"time"
)

const (
	maxCached = 4 << 20 // bytes of all answers that are kept
	// MaxCache is how long an answer may be kept.
	MaxCache = 24 * time.Hour
)

// cache keeps answers in memory for a while.
type cache struct {
	now   func() time.Time
	mu    sync.Mutex
	by    map[string]kept
	bytes int
}

type kept struct {
	answer Answer
	until  time.Time
	bytes  int
}

func (c *cache) get(key string) (Answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.by[key]
	if !ok {
		return Answer{}, false
	}
	if !c.now().Before(k.until) {
		c.drop(key)
		return Answer{}, false
	}
	a := k.answer
	a.Cached, a.Took = true, 0
	return a, true
}

// put keeps an answer. Where there is no room, what is over goes first, then whatever comes.
func (c *cache) put(key string, a Answer, keep time.Duration) {
	k := kept{answer: a, until: c.now().Add(min(keep, MaxCache)), bytes: len(key) + len(a.Body) + 512}
	for name, v := range a.Headers {
		k.bytes += len(name) + len(v) + 64
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	if c.bytes+k.bytes > maxCached {
		now := c.now()
		for name, old := range c.by {
			if !now.Before(old.until) {
				c.drop(name)
			}
		}
	}
	for name := range c.by {
		if c.bytes+k.bytes <= maxCached {
			break
		}
		c.drop(name)
	}
	c.by[key] = k
	c.bytes += k.bytes
}

func (c *cache) drop(key string) {
	c.bytes -= c.by[key].bytes
	delete(c.by, key)
}
