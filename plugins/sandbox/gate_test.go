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
	p := compile(t, "s.lua", source)
	return g.Run(ctx, func(pass *sandbox.Pass) error {
		s := sandbox.NewState(ctx, sandbox.Options{
			Pass: pass, Tally: sandbox.NewTally(sandbox.Limits{}), Modules: map[string]sandbox.Module{
				"busy": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
					return s.L.NewFunction(func(*lua.LState) int { busy(); return 0 })
				},
			},
		})
		defer s.Close()
		_, err := s.Run(p)
		return err
	})
}

// checkFree fails unless all of the gate's places are free.
func checkFree(t *testing.T, g *sandbox.Gate, light int) {
	t.Helper()
	var all sync.WaitGroup
	in := make(chan struct{}, light)
	out := make(chan struct{})
	for range light {
		all.Go(func() {
			if err := g.Run(t.Context(), func(*sandbox.Pass) error { in <- struct{}{}; <-out; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range light {
		select {
		case <-in:
		case <-time.After(time.Second):
			t.Errorf("%d of %d light places are free", n, light)
		}
	}
	close(out)
	all.Wait()
	if err := inGate(t.Context(), t, g, heavyScripts["bytes"], func() {}); err != nil {
		t.Errorf("a heavy run afterwards: %v", err)
	}
}

// TestHeavyRunsGoOneByOne: light runs pass those that are heavy and those that wait to be, however long that takes.
func TestHeavyRunsGoOneByOne(t *testing.T) {
	for name, source := range heavyScripts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const heavy = 50
				g := sandbox.NewGate(1, 1)
				let := make(chan struct{})
				running, most := 0, 0
				var mu sync.Mutex
				errs := make(chan error, heavy)
				for range heavy { // one is heavy, the others wait for it
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
				for range heavy { // each has waited long, but run for 150 ms at most
					let <- struct{}{}
					synctest.Wait()
					time.Sleep(100 * time.Millisecond)
				}
				for range heavy {
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

// TestWhoGivesUpHoldsNoPlace: the end of a context while runs wait, to get in or to be heavy, ends them, and leaves the gate as it was.
func TestWhoGivesUpHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := sandbox.NewGate(2, 1)
		let := make(chan struct{})
		held := make(chan error, 3)
		go func() { held <- inGate(t.Context(), t, g, heavyScripts["bytes"], func() { <-let }) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		others := make(chan error, 8)
		for range 5 { // wait to be heavy
			go func() { others <- inGate(ctx, t, g, heavyScripts["instructions"], func() { t.Error("two are heavy") }) }()
		}
		synctest.Wait()
		for range 2 { // take the light places: who waits to be heavy has none
			go func() { held <- inGate(t.Context(), t, g, lightScript, func() { <-let }) }()
		}
		synctest.Wait()
		for range 3 { // wait to get in
			go func() { others <- inGate(ctx, t, g, lightScript, func() { t.Error("there was no place") }) }()
		}
		synctest.Wait()
		cancel()
		for range 8 {
			if err := <-others; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		close(let)
		for range 3 {
			if err := <-held; err != nil {
				t.Error(err)
			}
		}
		checkFree(t, g, 2)
	})
}

// TestTurnedAway: a run that grows heavy while another is gives up all that it holds and is done again from its start; what its first
// time came to is forgotten, whatever its script or its caller made of it.
func TestTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := sandbox.NewGate(2, 1)
		let, first := make(chan struct{}), make(chan error, 1)
		go func() { first <- inGate(t.Context(), t, g, heavyScripts["bytes"], func() { <-let }) }()
		synctest.Wait()
		times, told := 0, []string{}
		p := compile(t, "s.lua", "local ok, why = pcall(function() "+heavyScripts["instructions"]+" end) return 'done'")
		second := make(chan error, 1)
		go func() {
			second <- g.Run(t.Context(), func(pass *sandbox.Pass) error {
				times++
				s := sandbox.NewState(t.Context(), sandbox.Options{Pass: pass, Modules: map[string]sandbox.Module{
					"busy": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
						return s.L.NewFunction(func(*lua.LState) int { return 0 })
					},
				}})
				defer s.Close()
				v, err := s.Run(p)
				if (err != nil) != pass.Turned() {
					t.Errorf("turned away: %v, and the run gave %v", pass.Turned(), err)
				}
				told = append(told, v.String())
				return nil // also who forgets the error is done again
			})
		}()
		synctest.Wait()
		if times != 1 {
			t.Errorf("it ran %d times while another was heavy", times)
		}
		close(let)
		for _, c := range []chan error{first, second} {
			if err := <-c; err != nil {
				t.Error(err)
			}
		}
		if times != 2 || told[1] != "done" {
			t.Errorf("it ran %d times and gave %q", times, told)
		}
		checkFree(t, g, 2)
	})
}

// TestManyHeavyRuns: however many are heavy at once, all come to their end.
func TestManyHeavyRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where no wall clock runs out
		g := sandbox.NewGate(2, 1)
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
