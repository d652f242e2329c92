package committer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"fanflow/store/bolt/committer"
)

// ask is one request to a ledger.
type ask struct {
	name string
	does string // "", refuse, read, panic early, panic late
	size int
}

// ledger is an engine that keeps names, and remembers its groups. Begin waits for a token of gate if there is one.
type ledger struct {
	gate   chan struct{}
	fail   error
	mu     sync.Mutex
	names  []string
	groups [][]string
}

type group struct {
	l     *ledger
	names []string
}

func (l *ledger) Begin() (committer.Group[ask, int], error) {
	if l.gate != nil {
		<-l.gate
	}
	return &group{l: l}, nil
}

// Check answers with how many names there are before this one.
func (g *group) Check(a ask) (int, func(), error) {
	n := len(g.l.names) + len(g.names)
	switch a.does {
	case "refuse":
		return n, nil, errRefused
	case "read":
		return n, nil, nil
	case "panic early":
		panic("early")
	}
	return n, func() {
		g.names = append(g.names, a.name)
		if a.does == "panic late" {
			panic("late")
		}
	}, nil
}

func (g *group) Commit() error {
	if g.l.fail != nil {
		return g.l.fail
	}
	g.l.mu.Lock()
	defer g.l.mu.Unlock()
	g.l.names = append(g.l.names, g.names...)
	g.l.groups = append(g.l.groups, g.names)
	return nil
}

func (g *group) Rollback() { g.names = nil }

var errRefused = errors.New("refused")

// answer of one request.
type answer struct {
	n   int
	err error
}

// together has all asks wait while the group of one named "first" is carried out, so that they form the next groups.
func together(t *testing.T, l *ledger, c committer.Config[ask], asks ...ask) []answer {
	t.Helper()
	l.gate = make(chan struct{})
	m := committer.New(l, c)
	got := make([]answer, len(asks))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = m.Do(context.Background(), ask{name: "first"}) })
	synctest.Wait()
	for i, a := range asks {
		wg.Go(func() {
			n, err := m.Do(context.Background(), a)
			got[i] = answer{n, err}
		})
		synctest.Wait() // so that they queue up in order
	}
	close(l.gate)
	wg.Wait()
	m.Close()
	return got
}

func TestOneGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		got := together(t, l, committer.Config[ask]{}, ask{name: "a"}, ask{does: "refuse"}, ask{name: "b"}, ask{does: "panic early"}, ask{does: "read"}, ask{name: "c"})
		if want := [][]string{{"first"}, {"a", "b", "c"}}; fmt.Sprint(l.groups) != fmt.Sprint(want) {
			t.Errorf("groups %v; want %v", l.groups, want)
		}
		for i, want := range []int{1, 0, 2, 0, 3, 3} {
			refused := i == 1 || i == 3
			if !refused && (got[i].n != want || got[i].err != nil) || refused && got[i].err == nil {
				t.Errorf("answer %d: %+v; want %d", i, got[i], want)
			}
		}
		if !errors.Is(got[1].err, errRefused) {
			t.Errorf("refusal: %v", got[1].err)
		}
	})
}

func TestPanicWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		got := together(t, l, committer.Config[ask]{}, ask{name: "a"}, ask{name: "x", does: "panic late"}, ask{name: "b"}, ask{name: "y", does: "panic late"}, ask{name: "c"})
		if want := []string{"first", "a", "b", "c"}; !slices.Equal(l.names, want) {
			t.Errorf("kept %v; want %v", l.names, want)
		}
		for i, want := range map[int]int{0: 1, 2: 2, 4: 3} {
			if got[i] != (answer{want, nil}) {
				t.Errorf("neighbour %d: %+v; want %d", i, got[i], want)
			}
		}
		if got[1].err == nil || got[3].err == nil || got[1].n != 0 {
			t.Errorf("culprits: %+v and %+v", got[1], got[3])
		}
	})
}

func TestCommitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		l := &ledger{fail: full}
		for i, a := range together(t, l, committer.Config[ask]{}, ask{name: "a"}, ask{does: "refuse"}) {
			if !errors.Is(a.err, full) { // also the refusal may have stood on what was not kept
				t.Errorf("answer %d: %+v", i, a)
			}
		}
	})
}

func TestBounds(t *testing.T) {
	size := func(a ask) int { return a.size }
	for _, c := range []struct {
		name   string
		config committer.Config[ask]
		want   string
	}{
		{"count", committer.Config[ask]{MaxCount: 2}, "[[first] [a b] [c d]]"},
		{"size", committer.Config[ask]{MaxSize: 10, Size: size}, "[[first] [a b] [c] [d]]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &ledger{}
				together(t, l, c.config, ask{name: "a", size: 5}, ask{name: "b", size: 5}, ask{name: "c", size: 99}, ask{name: "d", size: 1})
				if fmt.Sprint(l.groups) != c.want {
					t.Errorf("groups %v; want %s", l.groups, c.want)
				}
			})
		})
	}
}

func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{gate: make(chan struct{})}
		m := committer.New(l, committer.Config[ask]{})
		ctx, cancel := context.WithCancel(t.Context())
		var taken, waiting error
		var wg sync.WaitGroup
		wg.Go(func() { _, taken = m.Do(ctx, ask{name: "taken"}) })
		synctest.Wait()
		wg.Go(func() { _, waiting = m.Do(ctx, ask{name: "waiting"}) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(l.gate)
		wg.Wait()
		m.Close()
		if taken != nil || !errors.Is(waiting, context.Canceled) || !slices.Equal(l.names, []string{"taken"}) {
			t.Errorf("taken: %v, waiting: %v, kept %v", taken, waiting, l.names)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{gate: make(chan struct{})}
		m := committer.New(l, committer.Config[ask]{})
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				if _, err := m.Do(t.Context(), ask{name: fmt.Sprint(i)}); err != nil {
					t.Errorf("accepted before Close: %v", err)
				}
			})
		}
		synctest.Wait()
		for range 2 {
			wg.Go(m.Close)
		}
		synctest.Wait()
		if _, err := m.Do(t.Context(), ask{name: "late"}); !errors.Is(err, committer.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		close(l.gate)
		wg.Wait()
		if len(l.names) != 3 {
			t.Errorf("kept %v", l.names)
		}
	})
}
