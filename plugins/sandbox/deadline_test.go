package sandbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// napping are the modules of a script that is kept from the processor: nap(ms) is the time in which others have it.
var napping = map[string]sandbox.Module{"nap": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
	return s.L.NewFunction(func(L *lua.LState) int {
		time.Sleep(time.Duration(L.CheckInt(1)) * time.Millisecond)
		return 0
	})
}}

// TestClock: the clock ends who had the time and the processor, and after a second everybody.
func TestClock(t *testing.T) {
	const few, many = "for i = 1, 500 do end ", "for i = 1, 12000 do end "
	tests := []struct {
		name, script string
		limits       sandbox.Limits
		stopped      string
	}{
		{"starved", "nap(900) " + few, sandbox.Limits{}, ""},
		{"starved again and again", "for i = 1, 9 do nap(100) end " + few, sandbox.Limits{}, ""},
		{"starved for a second", "nap(1001) " + few, sandbox.Limits{}, "the script ran longer than 1s"},
		{"busy", many + "nap(201) " + few, sandbox.Limits{}, "the script ran longer than 200ms"},
		{"busy, in time", many + "nap(199) " + few, sandbox.Limits{}, ""},
		{"starved, then busy", "nap(201) " + many, sandbox.Limits{}, "the script ran longer than 200ms"},
		{"no pcall keeps it", "pcall(function() " + many + " nap(300) " + many + " end) return 1", sandbox.Limits{}, "the script ran longer than 200ms"},
		{"patient", many + "nap(4900) " + few, sandbox.Limits{}.Patient(5 * time.Second), ""},
		{"no more patient", "nap(5001) " + few, sandbox.Limits{}.Patient(5 * time.Second), "the script ran longer than 5s"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := run(t, "s.lua", c.script, sandbox.Options{Limits: c.limits, Modules: napping})
				var e *sandbox.Error
				switch {
				case c.stopped == "" && err != nil:
					t.Errorf("stopped: %v", err)
				case c.stopped != "" && (!errors.As(err, &e) || e.Kind != sandbox.KindDeadline || e.Msg != c.stopped):
					t.Errorf("got %v, want %s", err, c.stopped)
				}
			})
		})
	}
}

// TestHostTimeIsNotTheScripts: reading a plugin from the store, and what the host does between two calls, has no deadline.
func TestHostTimeIsNotTheScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plugin := compile(t, "slow.lua", "return { answer = function() for i = 1, 12000 do end return 42 end }")
		s := sandbox.NewState(context.Background(), sandbox.Options{Require: func(string) (*sandbox.Program, error) {
			time.Sleep(10 * time.Second)
			return plugin, nil
		}})
		defer s.Close()
		v, err := s.Run(compile(t, "s.lua", "local p = require 'slow' for i = 1, 12000 do end return p.answer"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Minute)
			if got, err := s.Call(v.(*lua.LFunction), 1); err != nil || got[0] != lua.LNumber(42) {
				t.Fatal(got, err)
			}
		}
	})
}

// TestSpentIsExact: what a script uses does not hang on the clock, nor on who else runs.
func TestSpentIsExact(t *testing.T) {
	source := `local t = {} for i = 1, 300 do t[#t + 1] = ("x"):rep(i):gsub("%a", "b") .. string.format("%5.2f", i) end
		table.sort(t) return table.concat(t, ","):find("(b+)%s")`
	var n [2]int
	var b [2]int64
	run := func(i int, o sandbox.Options) {
		s := sandbox.NewState(context.Background(), o)
		defer s.Close()
		if _, err := s.Run(compile(t, "s.lua", source)); err != nil {
			t.Fatal(err)
		}
		n[i], b[i] = s.Spent()
	}
	run(0, sandbox.Options{})
	err := sandbox.NewGate(1, 1).Run(context.Background(), func(pass *sandbox.Pass) error {
		run(1, sandbox.Options{Tally: sandbox.NewTally(sandbox.Limits{}), Pass: pass})
		return nil
	})
	if err != nil || n[0] != n[1] || b[0] != b[1] || n[0] < 1000 || b[0] < 40_000 {
		t.Errorf("instructions %d, bytes %d: %v", n, b, err)
	}
}

// TestPatternsCostTheSame: whether another script has used a pattern before changes nothing for this one.
func TestPatternsCostTheSame(t *testing.T) {
	for name, pattern := range map[string]string{
		"short": "^(%a+)%s*[^,;]-" + strings.ToLower(t.Name()) + "$", "long": strings.Repeat("%a?", 60),
	} {
		p := compile(t, "s.lua", `return string.match("abc", "`+pattern+`")`)
		var n [3]int
		var b [3]int64
		for i := range n {
			s := sandbox.NewState(context.Background(), sandbox.Options{})
			if _, err := s.Run(p); err != nil {
				t.Fatal(err)
			}
			n[i], b[i] = s.Spent()
			s.Close()
		}
		if n[0] != n[1] || n[1] != n[2] || b[0] != b[1] || b[1] != b[2] {
			t.Errorf("%s: instructions %d, bytes %d", name, n, b)
		}
	}
}
