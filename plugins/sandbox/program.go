package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Program is a compiled script. It is immutable and may be run by many states at once.
type Program struct {
	file     string
	source   string // for Handlers
	proto    *lua.FunctionProto
	bytes    int64 // what running the chunk allocates outside of loops and functions
	requires []string

	once     sync.Once
	handlers *Program
}

// File is the name given to Compile.
func (p *Program) File() string { return p.file }

// Requires gives the names that the program requires by a literal, `require "stock"`, in order of appearance, each once.
func (p *Program) Requires() []string { return slices.Clone(p.requires) }

// Compile turns source into a Program. file is the name that errors carry. The error is an *Error of KindSyntax: the source
// does not parse, is too large or too deep, or assigns to a global, which would be state outside of the store.
func Compile(file, source string) (*Program, error) {
	chunk, err := parseChunk(file, source)
	if err != nil {
		return nil, err
	}
	p, err := finish(file, chunk)
	if err != nil {
		return nil, err
	}
	p.source = source
	return p, nil
}

// parseChunk reads a source. The error is an *Error.
func parseChunk(file, source string) ([]ast.Stmt, error) {
	if err := checkTokens(file, source); err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(strings.NewReader(source), file)
	if err != nil {
		return nil, syntaxError(file, source, err)
	}
	return chunk, nil
}

// finish makes a program of a chunk, which it changes.
func finish(file string, chunk []ast.Stmt) (*Program, error) {
	r := &rewriter{file: file}
	chunk = r.chunk(chunk)
	if r.err != nil {
		return nil, r.err
	}
	proto, err := compile(chunk, file)
	if err != nil {
		return nil, compileError(file, err)
	}
	return &Program{file: file, proto: proto, bytes: r.main.cost, requires: r.requires}, nil
}

// compile keeps the compiler's panics, which tell of limits (registers, constants), from the caller.
func compile(chunk []ast.Stmt, file string) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			proto, err = nil, fmt.Errorf("the script cannot be compiled: %v", r)
		}
	}()
	return lua.Compile(chunk, file)
}

func compileError(file string, err error) *Error {
	e := &Error{File: file, Kind: KindSyntax, Msg: err.Error()}
	var ce *lua.CompileError
	if errors.As(err, &ce) {
		e.Line, e.Msg = max(ce.Line, 1), ce.Message
	}
	if strings.Contains(e.Msg, "register") {
		e.Msg = "one function has too many local variables, arguments or list items at once; split it up"
	}
	return e
}

// program gives the program of a name. Reading it from where it lies is no time of the script's.
func (s *State) program(name string) (p *Program, err error) {
	s.meter.outside(func() { p, err = s.opts.Require(name) })
	return p, err
}
