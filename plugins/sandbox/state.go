package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Module builds a library for one state, when the script first touches or requires it. Build what never changes once with
// [Describe] and return its Value; what differs from decision to decision is bound to the state, with [State.Bind].
// in is whose script asks for it: a module may give each plugin what is its own.
type Module func(s *State, in Scope) lua.LValue

// Options say what one decision's scripts may see. The zero value is a sandbox with the bare language.
type Options struct {
	Limits   Limits         // zero fields mean DefaultLimits
	Seed     uint64         // of math.random: the same seed gives the same numbers
	Now      time.Time      // the decision's time; scripts have no other clock
	Location *time.Location // the account's time zone; nil means UTC
	Print    func(string)   // gets each print(…) as one line without its end; nil drops them
	// Modules are globals and can be required, each under its key.
	Modules map[string]Module
	// Require finds the program of a name that is no module. The program runs once in this state, in a Scope with that name, and
	// its first value is what require gives. nil means that there are none. Its error ends up in the script's error.
	Require func(name string) (*Program, error)
	// Pass is the place that the run holds in a Gate; nil: it never gives way.
	Pass *Pass
	// Tally is what the decision's States spend together; nil: each has its own limits only.
	Tally *Tally
}

// State is the Lua of one decision: made new, used by one goroutine, closed. Nothing that happens in it can be seen by
// another State; what all share (the libraries) refuses writes.
type State struct {
	// L is the VM, for building values and calling functions. Run scripts through Run and Call only: they hold the limits.
	L *lua.LState

	opts     Options
	meter    meter
	random   *rand.Rand
	bound    map[any]any
	patterns map[string]*pattern   // compiled here, by text
	ids      map[lua.LValue]int    // numbers that tostring gave to tables and functions
	caught   int                   // pcalls inside each other
	depth    int                   // of Run and Call inside each other
	files    map[string]struct{}   // of the programs that ran here
	loaded   map[string]lua.LValue // what programs that were required gave, by name; nil while it is being made
	envs     []env                 // of the plugins that ran here
	base     map[string]lua.LGFunction
}

// NewState makes the Lua of one decision. ctx may end it from outside. Close it when the decision is made.
func NewState(ctx context.Context, o Options) *State {
	if o.Location == nil {
		o.Location = time.UTC
	}
	s := &State{opts: o, ids: map[lua.LValue]int{}, files: map[string]struct{}{}, loaded: map[string]lua.LValue{}, base: baseFunctions}
	s.meter.start(ctx, s, &s.opts)
	s.L = newVM(s)
	return s
}

// From gives the State that L belongs to. Functions called from Lua use it to reach Now, Bound and Abort.
func From(L *lua.LState) *State { return L.Context().(*meter).state }

// Now is the decision's time in the account's zone.
func (s *State) Now() time.Time { return s.opts.Now.In(s.opts.Location) }

// Location is the account's time zone.
func (s *State) Location() *time.Location { return s.opts.Location }

// Bind gives this state a value that the functions of a shared Library find with Bound: what they work on in this decision.
// key is of a type of its own, as context.WithValue wants it.
func (s *State) Bind(key, value any) {
	if s.bound == nil {
		s.bound = map[any]any{}
	}
	s.bound[key] = value
}

// Bound gives the value that was bound to key, or nil.
func (s *State) Bound(key any) any { return s.bound[key] }

// Random is the decision's source of chance, seeded from Options.Seed.
func (s *State) Random() *rand.Rand {
	if s.random == nil {
		s.random = rand.New(rand.NewPCG(s.opts.Seed, 0x66616e666c6f77))
	}
	return s.random
}

// Run runs the program's chunk anew and gives its first value, lua.LNil if there is none. The error is an *Error, or the
// error that Abort was called with.
func (s *State) Run(p *Program) (lua.LValue, error) { return s.RunIn(p, Scope{}) }

// Call calls a function of this state with the arguments and gives nret values (all of them for lua.MultRet). The error is an
// *Error with Traceback, or the very error that Abort was called with. After an error of a kind other than KindRuntime the
// state is over: every further Run and Call gives the same error.
func (s *State) Call(fn *lua.LFunction, nret int, args ...lua.LValue) ([]lua.LValue, error) {
	if s.meter.stopped != nil {
		return nil, s.meter.stopped
	}
	if fn == nil {
		return nil, errors.New("call a Lua function: there is none")
	}
	if s.depth == 0 {
		s.meter.enter()
		defer s.meter.leave()
	}
	s.depth++
	defer func() { s.depth-- }()

	top := s.L.GetTop()
	s.L.Push(fn)
	for _, arg := range args {
		s.L.Push(arg)
	}
	err := s.protect(len(args), nret)
	if err == nil {
		err = s.meter.stopped
	}
	if err != nil {
		return nil, s.scriptError(err, fn)
	}
	values := make([]lua.LValue, 0, s.L.GetTop()-top)
	for i := top + 1; i <= s.L.GetTop(); i++ {
		values = append(values, s.L.Get(i))
	}
	s.L.SetTop(top)
	return values, nil
}

// protect is the VM's PCall. gopher-lua 1.1.2 fails itself while it writes down where a tail call overflowed the stack: a frame that
// was begun anew has no line yet. That frame stays, so nothing can run here any more.
func (s *State) protect(nargs, nret int) (err error) {
	defer func() {
		if recover() == nil {
			return
		}
		e := &Error{Kind: KindRuntime, Msg: tooDeep}
		if dbg, ok := s.L.GetStack(0); ok {
			if _, err := s.L.GetInfo("Sl", dbg, lua.LNil); err == nil {
				e.File, e.Line = dbg.Source, max(dbg.CurrentLine, dbg.LineDefined)
			}
		}
		s.meter.stop(e)
		err = s.meter.stopped
	}()
	return s.L.PCall(nargs, nret, nil)
}

// Abort ends the run: Run and Call return err itself, and no pcall of the script can keep it from that. It is called from a
// function that Lua called and does not return to it.
func (s *State) Abort(err error) {
	if err == nil {
		err = &Error{Kind: KindAbort, Msg: "the script was stopped"}
	}
	s.meter.stop(err)
	s.unwind()
}

// Raise makes the calling script fail with err's sentence, as error() would; the script may catch it. errors.Is and errors.As
// find err in what Run or Call return. It is called from a function that Lua called and does not return to it.
func (s *State) Raise(err error) {
	text := err.Error()
	if e, ok := err.(*Error); !ok || e.File == "" {
		text = s.where() + text
	}
	s.Charge(int64(len(text)) + costString)
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(text), Cause: err})
}

// where is "file:line: " of the innermost call that stands in a script.
func (s *State) where() string {
	for level := 0; ; level++ {
		dbg, ok := s.L.GetStack(level)
		if !ok {
			return ""
		}
		if _, err := s.L.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.CurrentLine > 0 {
			return fmt.Sprintf("%s:%d: ", dbg.Source, dbg.CurrentLine)
		}
	}
}

// unwind leaves all Lua up to Run or Call, after the meter has stopped. Outside of them there is nothing to leave: the next
// Run or Call gives the reason.
func (s *State) unwind() {
	if s.depth == 0 {
		return
	}
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(s.meter.stopped.Error())})
}

// Stopped is the reason why the run is over (a spent budget, an Abort), or nil while it may go on. Functions that call back
// into Lua and keep its errors to themselves look at it.
func (s *State) Stopped() error { return s.meter.stopped }

// Close frees the state and gives its memory back to the Tally. It is not used afterwards.
func (s *State) Close() {
	s.meter.close()
	s.L.Close()
}

// Spent is what the scripts of this State have used: exact, the same on every machine.
func (s *State) Spent() (instructions int, bytes int64) {
	m := &s.meter
	m.settle()
	return m.limits.Instructions - m.own.left, m.limits.Bytes - m.own.bytes
}
