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
	Day       string `json:"day"`
	State     string `json:"state"`
	Entered   int64  `json:"entered"`
	Completed int64  `json:"completed"`
	Dropped   int64  `json:"dropped"`
	// Took counts the completions by the whole seconds between. Once there are more than 512 different ones the cell is Coarse
	// and counts by bucket, a bucket being at most 1/128 wide.
	Took   map[int]int64 `json:"took,omitempty"`
	Coarse bool          `json:"coarse,omitempty"`
}

// maxExact is how many different durations a cell tells apart.
const maxExact = 512

// Add sums o into c; Day and State stay c's. The order of additions makes no difference to the sum.
func (c *Count) Add(o Count) {
	c.Entered += o.Entered
	c.Completed += o.Completed
	c.Dropped += o.Dropped
	if o.Coarse {
		c.coarsen()
	}
	for k, n := range o.Took {
		if c.Took == nil {
			c.Took = map[int]int64{}
		}
		if c.Coarse && !o.Coarse {
			k = bucket(k)
		}
		c.Took[k] += n
	}
	if len(c.Took) > maxExact {
		c.coarsen()
	}
}

func (c *Count) coarsen() {
	if c.Coarse {
		return
	}
	exact := c.Took
	c.Took, c.Coarse = make(map[int]int64, len(exact)), true
	for s, n := range exact {
		c.Took[bucket(s)] += n
	}
}

// MedianSeconds is the median time from entering the step to completing it, in whole seconds; 0 when nobody has. For an even
// number it lies halfway between the two in the middle. It is exact, or within half a percent for a Coarse cell.
func (c *Count) MedianSeconds() int64 {
	var total int64
	keys := make([]int, 0, len(c.Took))
	for k, n := range c.Took {
		keys = append(keys, k)
		total += n
	}
	if total == 0 {
		return 0
	}
	slices.Sort(keys)
	return (c.nth(keys, (total-1)/2) + c.nth(keys, total/2)) / 2
}

// nth is the duration in seconds that n others are not longer than; keys are those of Took in order.
func (c *Count) nth(keys []int, n int64) int64 {
	for _, k := range keys {
		if n -= c.Took[k]; n < 0 {
			if c.Coarse {
				return middle(k)
			}
			return int64(k)
		}
	}
	return 0
}

// took is a completion after d.
func took(d time.Duration) map[int]int64 { return map[int]int64{int(max(0, d/time.Second)): 1} }

// bucketBits: coarse durations fall into 128 buckets for each doubling.
const bucketBits = 7

// bucket numbers the bucket of some seconds: each below 256 its own, then 128 for each doubling.
func bucket(seconds int) int {
	shift := max(0, bits.Len(uint(seconds))-bucketBits-1)
	return shift<<bucketBits + seconds>>shift
}

// middle is the middle of a bucket in seconds.
func middle(b int) int64 {
	if b < 2<<bucketBits {
		return int64(b)
	}
	shift := b>>bucketBits - 1
	low := int64(b-shift<<bucketBits) << shift
	return low + int64(1)<<shift/2
}
