package sandbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// heavyScripts become heavy before they call busy(), lightScript does not.
var heavyScripts = map[string]string{
	"instructions": spending(30_000) + "busy()",
	"bytes":        "local t = {} for i = 1, 20 do t[i] = ('x'):rep(60000) end busy()",
	"one call":     "local t = {} for i = 1, 64 do t[i] = ('x'):rep(1000) end local s = table.concat(t) for i = 1, 17 do t[i] = s .. i end busy()",
}

const lightScript = "for i = 1, 2000 do end busy()"

// inGate runs a script in a place of a gate; busy() is busy.
func inGate(ctx context.Context, t testing.TB, g *sandbox.Gate, source string, busy func()) error {
	pass, err := g.Enter(ctx)
	if err != nil {
		return err
	}
	defer pass.Leave()
	s := sandbox.NewState(ctx, sandbox.Options{
		Pass: pass, Tally: sandbox.NewTally(sandbox.Limits{}), Modules: map[string]sandbox.Module{
			"busy": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
				return s.L.NewFunction(func(*lua.LState) int { busy(); return 0 })
			},
		},
	})
	defer s.Close()
	_, err = s.Run(compile(t, "s.lua", source))
	return err
}

// checkFree fails unless all of the gate's places are free.
func checkFree(t *testing.T, g *sandbox.Gate, light int) {
	t.Helper()
	var held []*sandbox.Pass
	for range light {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		p, err := g.Enter(ctx)
		cancel()
		if err != nil {
			t.Fatalf("%d of %d light places are free", len(held), light)
		}
		held = append(held, p)
	}
	for _, p := range held {
		p.Leave()
		p.Leave() // a second time does nothing
	}
	if err := inGate(t.Context(), t, g, heavyScripts["bytes"], func() {}); err != nil {
		t.Errorf("a heavy run afterwards: %v", err)
	}
}

// TestHeavyRunsGoOneByOne: light runs pass those that are heavy and those that wait to be, however long that takes.
func TestHeavyRunsGoOneByOne(t *testing.T) {
	for name, source := range heavyScripts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := sandbox.NewGate(1, 2, 1)
				let := make(chan struct{})
				running, most := 0, 0
				var mu sync.Mutex
				errs := make(chan error, 3)
				for range 3 { // one is heavy, two wait for it
					go func() {
						errs <- inGate(t.Context(), t, g, source, func() {
							mu.Lock()
							running++
							most = max(most, running)
							mu.Unlock()
							<-let
							mu.Lock()
							running--
							mu.Unlock()
						})
					}()
				}
				synctest.Wait()
				for range 10 {
					if err := inGate(t.Context(), t, g, lightScript, func() {}); err != nil {
						t.Fatalf("a light run beside them: %v", err)
					}
				}
				time.Sleep(150 * time.Millisecond)
				for range 3 { // each has waited long, but run for 150 ms at most
					let <- struct{}{}
					synctest.Wait()
					time.Sleep(100 * time.Millisecond)
				}
				for range 3 {
					if err := <-errs; err != nil {
						t.Error(err)
					}
				}
				if most != 1 {
					t.Errorf("%d were heavy at a time", most)
				}
				checkFree(t, g, 1)
			})
		})
	}
}

// TestWhoGivesUpHoldsNoPlace: the end of a context while a run waits ends it, and leaves the gate as it was.
func TestWhoGivesUpHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := sandbox.NewGate(2, 1, 1)
		let := make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the fan has left")
		first := make(chan error, 1)
		go func() { first <- inGate(t.Context(), t, g, heavyScripts["bytes"], func() { <-let }) }()
		synctest.Wait()
		var others []chan error
		for range 5 { // one waits to be heavy, two in light places to wait, two to get in
			c := make(chan error, 1)
			others = append(others, c)
			go func() { c <- inGate(ctx, t, g, heavyScripts["instructions"], func() {}) }()
			synctest.Wait()
		}
		cancel(why)
		kinds := map[string]int{}
		for _, c := range others {
			err := <-c
			var e *sandbox.Error
			switch {
			case errors.As(err, &e) && e.Kind == sandbox.KindDeadline && errors.Is(err, why):
				kinds["stopped"]++
			case errors.Is(err, context.Canceled):
				kinds["not let in"]++
			default:
				t.Errorf("got %v", err)
			}
		}
		if kinds["stopped"] != 3 || kinds["not let in"] != 2 {
			t.Errorf("%v", kinds)
		}
		close(let)
		if err := <-first; err != nil {
			t.Error(err)
		}
		checkFree(t, g, 2)
	})
}

// TestManyHeavyRuns: however many are heavy at once, all come to their end.
func TestManyHeavyRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where no wall clock runs out
		g := sandbox.NewGate(2, 1, 1)
		var all sync.WaitGroup
		for range 4 {
			for _, source := range heavyScripts {
				all.Go(func() {
					for range 3 {
						if err := inGate(t.Context(), t, g, source, func() {}); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		checkFree(t, g, 2)
	})
}

// TestNoGate: a nil gate lets everybody in.
func TestNoGate(t *testing.T) {
	var g *sandbox.Gate
	if err := inGate(t.Context(), t, g, heavyScripts["bytes"], func() {}); err != nil {
		t.Error(err)
	}
}
