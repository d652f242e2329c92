package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// patient are the service's limits with a clock that cannot be the one that ends a script.
var patient = sandbox.Limits{}.Patient(time.Minute)

// asking is a State whose ask() is a question that is answered from memory.
func asking(t *testing.T, tally *sandbox.Tally) *sandbox.State {
	t.Helper()
	s := sandbox.NewState(context.Background(), sandbox.Options{Limits: patient, Tally: tally, Modules: map[string]sandbox.Module{
		"ask": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
			return s.L.NewFunction(func(*lua.LState) int { tally.Asked(); return 0 })
		},
	}})
	t.Cleanup(s.Close)
	return s
}

// spending is a script that spends about n instructions.
func spending(n int) string { return fmt.Sprintf("for i = 1, %d do end ", n) }

// TestQuestionsAfterWork: each question makes a decision be run anew, so what was spent before it counts again.
func TestQuestionsAfterWork(t *testing.T) {
	tests := []struct {
		name, script string
		stopped      bool
	}{
		{"64 questions, then work", strings.Repeat("ask() ", 64) + spending(190_000), false},
		{"work, then 64 questions", spending(190_000) + strings.Repeat("ask() ", 64), true},
		{"work, then 4 questions", spending(190_000) + strings.Repeat("ask() ", 4), false},
		{"64 questions with a little work", "for i = 1, 64 do " + spending(400) + "ask() end", false},
		{"64 questions with work", "for i = 1, 64 do " + spending(1000) + "ask() end", true},
		{"no pcall helps", spending(150_000) + "pcall(function() for i = 1, 64 do ask() end end) " + spending(1000), true},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			program := compile(t, "s.lua", c.script)
			var at [2]int
			for i := range at { // at the same instruction each time
				s := asking(t, sandbox.NewTally(sandbox.Limits{}))
				_, err := s.Run(program)
				var e *sandbox.Error
				if stopped := errors.As(err, &e) && e.Kind == sandbox.KindBudget && strings.Contains(e.Msg, "the decision used up its 1000000 instructions"); stopped != c.stopped {
					t.Fatalf("stopped %v: %v", stopped, err)
				}
				at[i], _ = s.Spent()
			}
			if at[0] != at[1] {
				t.Errorf("it ended at %d, then at %d", at[0], at[1])
			}
		})
	}
}

// TestPartsShareATally: many flows are one decision.
func TestPartsShareATally(t *testing.T) {
	tally := sandbox.NewTally(sandbox.Limits{})
	program := compile(t, "s.lua", spending(180_000))
	var errs []error
	for range 7 {
		_, err := asking(t, tally).Run(program)
		errs = append(errs, err)
	}
	for i, err := range errs {
		if (err != nil) != (i >= 5) {
			t.Errorf("part %d: %v", i+1, err)
		}
	}
}

// TestPartsShareMemory: States of one decision live together, until one is closed.
func TestPartsShareMemory(t *testing.T) {
	tally := sandbox.NewTally(sandbox.Limits{})
	program := compile(t, "s.lua", "local t = {} for i = 1, 160 do t[i] = ('x'):rep(60000 + i) end return t")
	run := func() (*sandbox.State, error) {
		s := sandbox.NewState(context.Background(), sandbox.Options{Limits: patient, Tally: tally})
		_, err := s.Run(program)
		return s, err
	}
	first, err := run()
	if err != nil {
		t.Fatal(err)
	}
	second, err := run()
	var e *sandbox.Error
	if !errors.As(err, &e) || e.Kind != sandbox.KindMemory {
		t.Errorf("the second with as much: %v", err)
	}
	first.Close()
	second.Close()
	third, err := run()
	if err != nil {
		t.Errorf("after both were closed: %v", err)
	}
	third.Close()
	if full := sandbox.NewTally(sandbox.Limits{}).Bytes; tally.Bytes != full {
		t.Errorf("%d bytes are left of %d, and none is held", tally.Bytes, full)
	}
}

// TestOneScriptWithinAnother: what a hook spends on what a flow says is not there any more for the flow.
func TestOneScriptWithinAnother(t *testing.T) {
	tally := sandbox.NewTally(sandbox.Limits{Total: 300_000})
	hook := compile(t, "hook.lua", spending(150_000))
	var inner error
	outer := sandbox.NewState(context.Background(), sandbox.Options{Limits: patient, Tally: tally, Modules: map[string]sandbox.Module{
		"say": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
			return s.L.NewFunction(func(*lua.LState) int {
				in := sandbox.NewState(context.Background(), sandbox.Options{Limits: patient, Tally: tally})
				defer in.Close()
				_, inner = in.Run(hook)
				return 0
			})
		},
	}})
	defer outer.Close()
	_, err := outer.Run(compile(t, "flow.lua", spending(100_000)+"say() "+spending(100_000)))
	var e *sandbox.Error
	if inner != nil || !errors.As(err, &e) || e.Kind != sandbox.KindBudget || e.File != "flow.lua" {
		t.Errorf("hook: %v; flow: %v", inner, err)
	}
	if n, _ := outer.Spent(); n < 149_000 || n > 151_000 {
		t.Errorf("the flow spent %d", n)
	}
}
