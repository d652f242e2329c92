// Package sandbox runs Lua that its author is not trusted to have thought through.
package sandbox

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Program is a compiled script. It is immutable and may be run by many states at once.
type Program struct {
	file  string
	proto *lua.FunctionProto
}

// File is the name given to Compile.
func (p *Program) File() string { return p.file }

// Compile turns source into a Program. file is the name that errors carry. The error is an *Error of KindSyntax.
func Compile(file, source string) (*Program, error) {
	chunk, err := parse.Parse(strings.NewReader(source), file)
	if err != nil {
		return nil, syntaxError(file, source, err)
	}
	proto, err := lua.Compile(chunk, file)
	if err != nil {
		return nil, syntaxError(file, source, err)
	}
	return &Program{file: file, proto: proto}, nil
}

func syntaxError(file, source string, err error) *Error {
	e := &Error{File: file, Kind: KindSyntax, Msg: err.Error()}
	var pe *parse.Error
	if errors.As(err, &pe) {
		e.Line, e.Msg = pe.Pos.Line, pe.Message
	}
	if e.Line < 1 {
		e.Line = strings.Count(strings.TrimRight(source, "\n"), "\n") + 1
	}
	return e
}
