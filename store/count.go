package store

import (
	"math/bits"
	"slices"
	"time"
)

// Count is one cell of a flow's funnel counters: enrollments that entered the flow on Day, at one state.
// Entered: reached the state as a funnel step for the first time. Completed: went on to a later step, or, at the last step,
// ended the journey in it. Dropped: left the flow with this as their furthest step. The rest is waiting.
type Count struct {
	Day       string        `json:"day"`
	State     string        `json:"state"`
	Entered   int64         `json:"entered"`
	Completed int64         `json:"completed"`
	Dropped   int64         `json:"dropped"`
	Took      map[int]int64 `json:"took,omitempty"` // completions by TookBucket of the time between
}

// Add sums o into c; Day and State stay c's.
func (c *Count) Add(o Count) {
	c.Entered += o.Entered
	c.Completed += o.Completed
	c.Dropped += o.Dropped
	for b, n := range o.Took {
		if c.Took == nil {
			c.Took = map[int]int64{}
		}
		c.Took[b] += n
	}
}

// MedianSeconds is the median time from entering the step to completing it; 0 when nobody has. Exact to 255 seconds, within
// half a percent beyond.
func (c *Count) MedianSeconds() int64 {
	var total int64
	for _, n := range c.Took {
		total += n
	}
	if total == 0 {
		return 0
	}
	keys := make([]int, 0, len(c.Took))
	for b := range c.Took {
		keys = append(keys, b)
	}
	slices.Sort(keys)
	var seen int64
	for _, b := range keys {
		seen += c.Took[b]
		if 2*seen >= total {
			return tookSeconds(b)
		}
	}
	return tookSeconds(keys[len(keys)-1])
}

// tookBits: durations fall into buckets of 128 to the power of two, so a bucket is at most 1/128 wide.
const tookBits = 7

// TookBucket numbers the bucket of a duration: whole seconds below 256, then 128 buckets for each doubling.
func TookBucket(d time.Duration) int {
	s := uint64(max(0, d/time.Second))
	shift := max(0, bits.Len64(s)-tookBits-1)
	return shift<<tookBits + int(s>>shift)
}

// tookSeconds is the middle of a bucket in seconds.
func tookSeconds(b int) int64 {
	if b < 2<<tookBits {
		return int64(b)
	}
	shift := b>>tookBits - 1
	low := int64(b-shift<<tookBits) << shift
	return low + int64(1)<<shift/2
}
