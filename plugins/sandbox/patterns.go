package sandbox

import "sync"

// What is kept of compiled patterns at most: of those written in flows there are a few hundred, all short.
const (
	maxKnown      = 1024 // patterns
	maxKnownBytes = 128  // of one pattern's text; a longer one is compiled for each state that uses it
)

// patternCost is what a pattern takes in the ledger: a node and a set for each byte of its text at most.
func patternCost(text string) int64 { return int64(len(text))*96 + 128 }

// patternCache keeps compiled patterns for all states. They never change. Those used least are forgotten: a script that makes up
// patterns can push out others, which then are compiled once more, and no state is charged otherwise for that. It is safe for concurrent
// use.
type patternCache struct {
	mu         sync.RWMutex
	young, old map[string]*pattern // what is found in old becomes young; where young is full it becomes old
}

// knownPatterns are those of all scripts: what is in it changes nothing that a script could see.
var knownPatterns = &patternCache{young: map[string]*pattern{}}

// get gives a pattern, compiled if need be. The error is a sentence for the script's author.
func (c *patternCache) get(text string) (*pattern, error) {
	if len(text) > maxKnownBytes {
		return compilePattern(text)
	}
	c.mu.RLock()
	p, fresh := c.young[text]
	if !fresh {
		p = c.old[text]
	}
	c.mu.RUnlock()
	if fresh {
		return p, nil
	}
	if p == nil {
		var err error
		if p, err = compilePattern(text); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= maxKnown/2 {
		c.young, c.old = make(map[string]*pattern, maxKnown/2), c.young
	}
	c.young[text] = p
	return p, nil
}
