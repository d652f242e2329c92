package flows

import (
	"slices"
	"time"

	"fanflow/store"
)

// waiting is a timer of a wait as an enrollment has it, beside its declaration; decl is nil where that is not known.
type waiting struct {
	store.Timer
	decl *timer
}

// wait gives the timers of an enrollment's wait in the order of their declaration.
func wait(n *store.Enrollment, was *state) (list []waiting) {
	if was != nil {
		for i := range was.Timers {
			t := &was.Timers[i]
			if j := slices.IndexFunc(n.Timers, func(r store.Timer) bool { return r.Name == t.Name }); j >= 0 {
				list = append(list, waiting{n.Timers[j], t})
			}
		}
	}
	for _, r := range n.Timers {
		known := slices.ContainsFunc(list, func(w waiting) bool { return w.Name == r.Name })
		if !known && (r.Armed() || r.Over == parkedTimer) {
			list = append(list, waiting{Timer: r})
		}
	}
	return list
}

// parkedTimer is the end of a timer that a publication sets anew.
const parkedTimer = "parked"

// timers matches the timers of the wait with those that the enrollment's state has now. A timer that is paired with one that
// has fired is not set: it would fire a second time. One that was parked is set anew.
func (m *migration) timers(f *store.Fan, n *store.Enrollment, was, is *state, now time.Time, loc *time.Location) {
	if is == nil {
		return
	}
	olds := wait(n, was)
	pairs := pairTimers(olds, is.Timers)
	for i := range is.Timers {
		t := &is.Timers[i]
		if pairs[i] < 0 {
			m.arm(f, n, t, nil, now, loc)
			continue
		}
		old := &olds[pairs[i]]
		switch {
		case old.Armed() && old.Name == t.Name && sameTime(old.decl, t):
			m.pair(old.Name, t.Name, "kept")
		case old.Armed() || old.Over == parkedTimer:
			m.arm(f, n, t, old, now, loc)
		case old.Name == t.Name:
			m.pair(old.Name, t.Name, "over")
		default:
			m.Drop = append(m.Drop, old.Timer)
			m.Arm = append(m.Arm, armed{Timer: t, Due: old.Due, Over: true, Was: old.Name})
			m.pair(old.Name, t.Name, "over")
		}
	}
	for i := range olds {
		if !slices.Contains(pairs, i) {
			m.Drop = append(m.Drop, olds[i].Timer)
			m.pair(olds[i].Name, "", "dropped")
		}
	}
}

func (m *migration) pair(from, to, what string) {
	m.Pairs = append(m.Pairs, timerPair{from, to, what})
}

// arm sets a timer, for an old one if that is not nil.
func (m *migration) arm(f *store.Fan, n *store.Enrollment, t *timer, old *waiting, now time.Time, loc *time.Location) {
	a := armed{Timer: t}
	what := "new"
	if old != nil {
		a.Was, a.Fired, what = old.Name, firings(old.Job), "moved"
		if old.Over == parkedTimer {
			what = "parked"
		}
		if old.Name != t.Name {
			m.Drop = append(m.Drop, old.Timer)
		}
	}
	moved := *n
	moved.State = m.State
	due, err := t.due(&moved, f, now, loc)
	if err != nil { // arming it says so in the journal
		due = now
	}
	a.Due = due
	if due.Before(now) {
		what += ", overdue"
	}
	m.Arm = append(m.Arm, a)
	m.pair(a.Was, t.Name, what)
}

// sameTime reports whether two declarations say the same time. An unknown one is taken to.
func sameTime(a, b *timer) bool {
	return a == nil || a.Kind == b.Kind && a.Wait == b.Wait && a.When == b.When && a.Every == b.Every
}

// pairTimers gives for each new timer the index of the old one that it stands for, or -1. Those of one name are one; of the
// others of a kind, if they are equally many on both sides, the first stands for the first: their times were edited; else who
// leads to the same state.
func pairTimers(olds []waiting, news []timer) []int {
	pairs := slices.Repeat([]int{-1}, len(news))
	free := func(i int) bool { return !slices.Contains(pairs, i) }
	for i := range news {
		pairs[i] = slices.IndexFunc(olds, func(o waiting) bool { return o.Name == news[i].Name })
	}
	for _, kind := range kindsOf(news) {
		var left, right []int
		for i := range olds {
			if free(i) && kindOf(&olds[i]) == kind {
				left = append(left, i)
			}
		}
		for i := range news {
			if pairs[i] < 0 && news[i].Kind == kind {
				right = append(right, i)
			}
		}
		for k, i := range right {
			if len(left) == len(right) {
				pairs[i] = left[k]
			}
		}
	}
	for i := range news {
		if pairs[i] >= 0 {
			continue
		}
		for j := range olds {
			if free(j) && sameTarget(olds[j].decl, &news[i]) {
				pairs[i] = j
				break
			}
		}
	}
	return pairs
}

// kindOf gives the kind of an old timer; one whose declaration is not known counts as a delay.
func kindOf(w *waiting) timerKind {
	if w.decl == nil {
		return afterTimer
	}
	return w.decl.Kind
}

func kindsOf(timers []timer) (kinds []timerKind) {
	for i := range timers {
		if k := timers[i].Kind; !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func sameTarget(a, b *timer) bool {
	return a != nil && len(a.Do.edges()) > 0 && slices.Equal(a.Do.edges(), b.Do.edges())
}

// lateWord is the timer's late policy in a word.
func (t *timer) lateWord() string {
	if t.Late.Policy == "" {
		return "run"
	}
	return t.Late.Policy
}
