package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Kind says what ended a script.
type Kind string

// Kinds of errors.
const (
	KindSyntax   Kind = "syntax"   // the source is no program, or a program this sandbox does not take
	KindRuntime  Kind = "runtime"  // the script failed by itself: error(…), a nil index, a refused argument
	KindBudget   Kind = "budget"   // Limits.Instructions are spent
	KindMemory   Kind = "memory"   // Limits.Bytes are spent
	KindDeadline Kind = "deadline" // Limits.Time is spent, or the context given to NewState is over
	KindAbort    Kind = "abort"    // the host ended the run and gave no error of its own
)

// Error is what a script did wrong and where: one plain sentence for its author. It never holds a Go stack trace.
// The error that a host function failed with, if any, is behind errors.Is and errors.As.
type Error struct {
	File string // as given to Compile; "" where the place is not known
	Line int    // from 1; 0 where it is not known
	Msg  string // one sentence, without the place
	Kind Kind
	// Traceback is the Lua call stack, innermost call first, one "file:line: in …" a line; "" for KindSyntax.
	Traceback string

	cause error
}

// Error gives "file:line: sentence".
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Msg
	case e.Line == 0:
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Unwrap gives the error of the host function or of the context that ended the script, or nil.
func (e *Error) Unwrap() error { return e.cause }

// scriptError turns what came out of the VM into what Run and Call return. Where the run was ended from outside the script,
// that reason wins over anything the script made of it.
func (s *State) scriptError(err error, called *lua.LFunction) error {
	var api *lua.ApiError
	if !errors.As(err, &api) {
		return err
	}
	e := &Error{Kind: KindRuntime, Msg: s.errorText(api), Traceback: outermost(cleanTraceback(api.StackTrace), called), cause: api.Cause}
	e.File, e.Line, e.Msg = s.place(e.Msg, e.Traceback)
	e.Msg = sentence(plainWords(e.Msg))
	if inner, ok := api.Cause.(*Error); ok { // of a program that this one required
		inner := *inner
		inner.Traceback = strings.Trim(inner.Traceback+"\n"+e.Traceback, "\n")
		e = &inner
	}
	if s.meter.stopped == nil {
		return e
	}
	stop, ok := s.meter.stopped.(*Error)
	if ok && stop.File == "" {
		stop.File, stop.Line, stop.Traceback = e.File, e.Line, e.Traceback
	}
	return s.meter.stopped
}

// errorText says an error value in words. A table raised by error{…} is known by its message field.
func (s *State) errorText(api *lua.ApiError) string {
	if api.Type == lua.ApiErrorPanic {
		return "fanflow itself failed in a function that the script called: " + api.Object.String()
	}
	switch v := api.Object.(type) {
	case lua.LString:
		return noAddress(string(v))
	case lua.LNumber:
		return v.String()
	case *lua.LTable:
		if msg, ok := v.RawGetString("message").(lua.LString); ok {
			return string(msg)
		}
	}
	return "the script raised an error that is a " + api.Object.Type().String() + ", not a text"
}

// place splits "file:line: sentence" where the file is one of this state's programs. Where the sentence names no place, the
// innermost line of the traceback does.
func (s *State) place(msg, traceback string) (file string, line int, rest string) {
	for f := range s.files {
		after, ok := strings.CutPrefix(msg, f+":")
		if !ok {
			continue
		}
		number, sentence, ok := strings.Cut(after, ":")
		if n, err := strconv.Atoi(number); ok && err == nil {
			return f, n, strings.TrimPrefix(sentence, " ")
		}
	}
	first, _, _ := strings.Cut(traceback, "\n")
	for f := range s.files {
		if after, ok := strings.CutPrefix(first, f+":"); ok {
			number, _, _ := strings.Cut(after, ":")
			if n, err := strconv.Atoi(number); err == nil {
				return f, n, msg
			}
		}
	}
	return "", 0, msg
}

// outermost names the function that the host called. The VM takes whatever it was called with for the main chunk of a file.
func outermost(traceback string, called *lua.LFunction) string {
	before, ok := strings.CutSuffix(traceback, "in main chunk")
	if !ok || called.Proto == nil || called.Proto.LineDefined == 0 {
		return traceback
	}
	return fmt.Sprintf("%sin the function of line %d", before, called.Proto.LineDefined)
}

// cleanTraceback keeps of the VM's traceback the lines that stand in a script: the host's own functions have no place there.
func cleanTraceback(trace string) string {
	var kept []string
	for line := range strings.Lines(trace) {
		line = strings.TrimSpace(line)
		if line == "" || line == "stack traceback:" || strings.HasPrefix(line, "[G]") || strings.HasPrefix(line, "(tailcall)") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// address is how gopher-lua names what has no text of its own.
var address = regexp.MustCompile(`\b(table|function|userdata): 0x[0-9a-f]*`)

// noAddress takes places in memory out of a message: they are others in each run, and a decision must come out the same. What the VM
// says is short; longer texts are the script's own.
func noAddress(msg string) string {
	if len(msg) > 4*maxMessage || !strings.Contains(msg, ": 0x") {
		return msg
	}
	return address.ReplaceAllString(msg, "$1")
}

// vmWords are the VM's messages that do not say what the author did, with what does.
var vmWords = []struct {
	vm    *regexp.Regexp
	plain string
}{
	{regexp.MustCompile(`^attempt to index a non-table object\((\w+)\) with key '(.*)'$`), "`$2` was looked up on a $1 value"},
	{regexp.MustCompile(`^attempt to call a non-function object$`), "what is called here is no function: check the name, and : against ."},
	{regexp.MustCompile(`^cannot perform (\w+) operation between (\w+) and (\w+)$`), "$2 and $3 cannot be computed with ($1)"},
	{regexp.MustCompile(`^attempt to compare (\w+) with (\w+)$`), "$1 and $2 cannot be compared"},
	{regexp.MustCompile(`^(?:stack|registry) overflow$`), tooDeep},
}

const tooDeep = "calls stand too deep inside each other: look for a function that calls itself without end"

// maxMessage is how much of what a script raised is told, in bytes: it may be of any length.
const maxMessage = 300

// sentence makes one line of a message, of a length that people read.
func sentence(msg string) string {
	return clip(strings.ToValidUTF8(strings.Join(strings.Fields(clip(msg, 4*maxMessage)), " "), "?"), maxMessage)
}

func plainWords(msg string) string {
	for _, w := range vmWords {
		if w.vm.MatchString(msg) {
			return w.vm.ReplaceAllString(msg, w.plain)
		}
	}
	return msg
}
