package store

import "strings"

// PageSize is how many items a list gives for a limit asked for.
func PageSize(limit int) int {
	if limit <= 0 {
		return 100
	}
	return min(limit, 1000)
}

// Match reports whether the fan passes the filter. A tombstone does only where it is asked for.
func (q FanFilter) Match(f *Fan) bool {
	if f.Erased && !q.Erased || q.Tag != "" && !f.Has(q.Tag) || !strings.HasPrefix(f.ID.OpenID, q.Prefix) {
		return false
	}
	if q.Flow == "" && q.State == "" {
		return true
	}
	for i := range f.Live {
		if (q.Flow == "" || f.Live[i].Flow == q.Flow) && (q.State == "" || f.Live[i].State == q.State) {
			return true
		}
	}
	return false
}

// Match reports whether the job passes the filter.
func (q JobFilter) Match(j *Job) bool {
	return (q.OpenID == "" || j.OpenID == q.OpenID) && (q.Kind == "" || j.Kind == q.Kind) && (q.Flow == "" || j.Flow == q.Flow)
}

// Match reports whether the send passes the filter.
func (q SendFilter) Match(s *Send) bool {
	return (q.Status == "" || s.Status == q.Status) && (q.OpenID == "" || s.OpenID == q.OpenID)
}
