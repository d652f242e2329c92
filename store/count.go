package store

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// Count is one cell of a flow's funnel counters: enrollments that entered the flow on Day, at one state or with one goal. The cell
// without either is the flow's own: all enrollments, those that ended as done, and those that ended otherwise. Entered: reached the state, or the goal, for the first time. Completed and Dropped count funnel steps alone. Completed: went on
// to a later step, or, at the last step, ended the journey in it. Dropped: left the flow with this as their furthest step. The
// rest is waiting.
type Count struct {
	Day       string `json:"day"`
	State     string `json:"state"`          // empty for a goal and for the flow
	Goal      string `json:"goal,omitempty"` // empty for a state and for the flow
	Entered   int64  `json:"entered"`
	Completed int64  `json:"completed"`
	Dropped   int64  `json:"dropped"`
	// Took counts the completions, and of a goal the entries since entering the flow, by the whole seconds between. Once there
	// are more than 512 different ones the cell is Coarse and counts by bucket, a bucket being at most 1/128 wide. Cells of
	// cohorts are Rough from the beginning: their buckets are at most 1/16 wide.
	Took   map[int]int64 `json:"took,omitempty"`
	Coarse bool          `json:"coarse,omitempty"`
	Rough  bool          `json:"rough,omitempty"`
	// Stay counts the visits of the state that have ended by how long they were, always in rough buckets.
	Stay map[int]int64 `json:"stay,omitempty"`
}

// maxExact is how many different durations a cell tells apart.
const maxExact = 512

// grain is how coarse a cell counts durations: 0 by the second, then by buckets of 1<<grainBits[grain] for each doubling.
func (c *Count) grain() int {
	switch {
	case c.Rough:
		return rough
	case c.Coarse:
		return coarse
	}
	return exact
}

const (
	exact = iota
	coarse
	rough
)

// grainBits: coarse durations fall into 128 buckets for each doubling, rough ones into 16. Every coarse bucket lies in one rough
// bucket.
var grainBits = [...]int{coarse: 7, rough: 4}

// Add sums o into c; Day, State and Goal stay c's. The order of additions makes no difference to the sum.
func (c *Count) Add(o Count) {
	c.Entered += o.Entered
	c.Completed += o.Completed
	c.Dropped += o.Dropped
	c.coarsen(o.grain())
	for k, n := range o.Took {
		if c.Took == nil {
			c.Took = make(map[int]int64, len(o.Took))
		}
		c.Took[regrain(k, o.grain(), c.grain())] += n
	}
	if len(c.Took) > maxExact {
		c.coarsen(coarse)
	}
	for k, n := range o.Stay {
		if c.Stay == nil {
			c.Stay = make(map[int]int64, len(o.Stay))
		}
		c.Stay[k] += n
	}
}

// coarsen makes the cell count by buckets at least as wide as the grain's.
func (c *Count) coarsen(to int) {
	from := c.grain()
	if from >= to {
		return
	}
	fine := c.Took
	c.Coarse, c.Rough = to == coarse, to == rough
	if fine == nil {
		return
	}
	c.Took = make(map[int]int64, len(fine))
	for k, n := range fine {
		c.Took[regrain(k, from, to)] += n
	}
}

// regrain turns the key of a duration in one grain into the key in a coarser one.
func regrain(k, from, to int) int {
	if from == to {
		return k
	}
	if from != exact {
		k, _ = bounds(k, from)
	}
	return bucket(k, to)
}

// MedianSeconds is the median time from entering the step to completing it, in whole seconds; 0 when nobody has. For an even
// number it lies halfway between the two in the middle. It is exact, or within half a percent for a Coarse cell and three
// percent for a Rough one.
func (c *Count) MedianSeconds() int64 { return newSpread(c.Took, c.grain()).median() }

// Quantile is the time that the share q (0..1) of the completions did not take longer than, in whole seconds; 0 when there are
// none. It is as exact as MedianSeconds.
func (c *Count) Quantile(q float64) int64 { return newSpread(c.Took, c.grain()).quantile(q) }

// StayQuantile is the time that the share q (0..1) of the ended visits of the state were not longer than, in whole seconds,
// within three percent; 0 when there are none.
func (c *Count) StayQuantile(q float64) int64 { return newSpread(c.Stay, rough).quantile(q) }

// spread are counted durations in order.
type spread struct {
	counts map[int]int64
	keys   []int
	total  int64
	grain  int
}

func newSpread(counts map[int]int64, grain int) *spread {
	s := &spread{counts: counts, keys: make([]int, 0, len(counts)), grain: grain}
	for k, n := range counts {
		s.keys = append(s.keys, k)
		s.total += n
	}
	slices.Sort(s.keys)
	return s
}

func (s *spread) median() int64 {
	if s.total == 0 {
		return 0
	}
	return (s.nth((s.total-1)/2) + s.nth(s.total/2)) / 2
}

func (s *spread) quantile(q float64) int64 {
	if s.total == 0 {
		return 0
	}
	n := int64(q*float64(s.total)+0.999999) - 1 // the nearest rank
	return s.nth(min(max(0, n), s.total-1))
}

// nth is the duration in seconds that n others are not longer than.
func (s *spread) nth(n int64) int64 {
	for _, k := range s.keys {
		if n -= s.counts[k]; n >= 0 {
			continue
		}
		if s.grain == exact {
			return int64(k)
		}
		low, width := bounds(k, s.grain)
		return int64(low) + int64(width)/2
	}
	return 0
}

// took is a completion after d.
func took(d time.Duration) map[int]int64 { return map[int]int64{seconds(d): 1} }

// stay is a visit of d.
func stay(d time.Duration) map[int]int64 { return map[int]int64{bucket(seconds(d), rough): 1} }

func seconds(d time.Duration) int { return int(max(0, d/time.Second)) }

// bucket numbers the bucket of some seconds: the short ones each their own, then as many for each doubling as the grain says.
func bucket(seconds, grain int) int {
	n := grainBits[grain]
	shift := max(0, bits.Len(uint(seconds))-n-1)
	return shift<<n + seconds>>shift
}

// bounds gives the shortest duration of a bucket and how many seconds it holds.
func bounds(b, grain int) (low, width int) {
	n := grainBits[grain]
	if b < 2<<n {
		return b, 1
	}
	shift := b>>n - 1
	return (b - shift<<n) << shift, 1 << shift
}

// FlowCount is a funnel count of a flow. It is added to the flow's own cell and to those of CohortCounts.
type FlowCount struct {
	Flow   string
	No     int      // the enrollment
	Cohort string   // of the enrollment, see Cohort
	Tags   []string // the fan's at entry
	Count
}

// CohortCount is a count of those enrollments alone that belong to a cohort, or whose fan had a tag at entry.
type CohortCount struct {
	Cohort string `json:"cohort,omitempty"` // see Cohort; empty in a cell of a tag
	Tag    string `json:"tag,omitempty"`
	Count
}

// CohortQuery asks for cells of cohorts.
type CohortQuery struct {
	From, To string // days of entry, 2006-01-02, inclusive, empty: open
	Tags     bool   // the cells of tags, instead of those of cohorts
}

// CohortCounts are the cells that the count is added to beside the flow's own.
func (n *FlowCount) CohortCounts() []CohortCount {
	c := n.Count // whose Stay all of them share: it is added to cells, not kept
	c.coarsen(rough)
	all := make([]CohortCount, 0, 1+len(n.Tags))
	all = append(all, CohortCount{Cohort: n.Cohort, Count: c})
	for _, tag := range n.Tags {
		all = append(all, CohortCount{Tag: tag, Count: c})
	}
	return all
}

// Cohort is what enrollments that are counted together have in common beside their day.
type Cohort struct {
	Version  int               // that they entered under
	Trigger  string            // what enrolled them
	Scene    string            // of the code that they came by
	Variants map[string]string // the arms that they drew at entry, by experiment
}

// String is the cohort as a key: a JSON list of the four.
func (c Cohort) String() string {
	if c.Variants == nil {
		c.Variants = map[string]string{}
	}
	b, err := json.Marshal([]any{c.Version, c.Trigger, c.Scene, c.Variants})
	if err != nil {
		panic(err) // texts and a number can always be encoded
	}
	return string(b)
}

// ParseCohort reads what String gives.
func ParseCohort(key string) (c Cohort, err error) {
	if err := json.Unmarshal([]byte(key), &[]any{&c.Version, &c.Trigger, &c.Scene, &c.Variants}); err != nil {
		return Cohort{}, fmt.Errorf("read cohort %s: %w", key, err)
	}
	return c, nil
}

// count adds to the counts of an enrollment, whose Day it gets.
func (a *Applied) count(n *Enrollment, c Count) {
	if a.uncounted {
		return
	}
	c.Day = n.Day
	cohort := ""
	for i := range a.Counts {
		o := &a.Counts[i]
		if o.Flow != n.Flow || o.No != n.No {
			continue
		}
		if o.State == c.State && o.Goal == c.Goal {
			o.Add(c)
			return
		}
		cohort = o.Cohort
	}
	if cohort == "" {
		cohort = Cohort{Version: n.EntryVersion, Trigger: n.Trigger, Scene: n.Scene, Variants: n.Variants}.String()
	}
	a.Counts = append(a.Counts, FlowCount{Flow: n.Flow, No: n.No, Cohort: cohort, Tags: n.Tags, Count: c})
}
