package store

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Top is the highest unit taken of a pool: its Value as a whole number, 0 when the key is not there or is no pool.
func (k *KV) Top() int64 {
	n, err := strconv.ParseInt(string(k.Value), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Take marks units from..to as taken and reports whether all of them were free; if not, k is unchanged.
func (k *KV) Take(from, to int64) bool {
	top := k.Top()
	if from > top {
		if from > top+1 {
			k.Free = append(k.Free, Range{top + 1, from - 1})
		}
		k.setTop(to)
		return true
	}
	i := slices.IndexFunc(k.Free, func(r Range) bool { return r.From <= from && from <= r.To })
	if i < 0 {
		return false
	}
	hole := k.Free[i]
	if to > hole.To {
		return false
	}
	var rest []Range
	if hole.From < from {
		rest = append(rest, Range{hole.From, from - 1})
	}
	if to < hole.To {
		rest = append(rest, Range{to + 1, hole.To})
	}
	k.Free = slices.Replace(slices.Clone(k.Free), i, i+1, rest...)
	return true
}

func (k *KV) setTop(n int64) { k.Value = json.RawMessage(strconv.FormatInt(n, 10)) }

// Write sets the value, and with it which units are taken, and reports whether the key is still there after it.
func (k *KV) Write(value json.RawMessage) bool {
	k.Value, k.Free = slices.Clone(value), nil
	return len(value) > 0 && string(value) != "null"
}

// Spend books s on the window and reports whether it was granted; if not, q is unchanged. What is given back beyond what was
// used is forgotten. A spend that closes the window reports what the platform says and is always granted.
func (q *Quota) Spend(s Spend) bool {
	if s.N > 0 && !s.Close && (q.Closed || s.N > s.Limit-q.Used) {
		return false
	}
	q.Used = max(0, q.Used+s.N)
	q.Limit, q.Resets, q.Closed = s.Limit, s.Resets, q.Closed || s.Close
	return true
}
