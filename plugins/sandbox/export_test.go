package sandbox

import (
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// word is what a script may name.
var word = regexp.MustCompile(`[A-Za-z_]\w*`)

// CompileGlobals is Compile for scripts of the language's own test suite, which assign to globals: to the rewriter every name is a
// local, to the compiler those that are not stay globals.
func CompileGlobals(file, source string) (*Program, error) {
	if err := checkTokens(file, source); err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(strings.NewReader(source), file)
	if err != nil {
		return nil, syntaxError(file, source, err)
	}
	r := &rewriter{file: file, locals: word.FindAllString(source, -1)}
	chunk = r.chunk(chunk)
	if r.err != nil {
		return nil, r.err
	}
	proto, err := compile(chunk, file)
	if err != nil {
		return nil, compileError(file, err)
	}
	return &Program{file: file, proto: proto, bytes: r.main.cost}, nil
}

// OpenGlobals lets the scripts of this state write globals, and gives them functions that only the suite may have.
func (s *State) OpenGlobals(functions map[string]lua.LGFunction) {
	globals := s.L.G.Global
	own := s.L.NewTable()
	own.RawSetString("__index", shared.globals.RawGetString("__index"))
	globals.Metatable = own
	globals.RawSetString("_G", globals)
	for name, fn := range functions {
		globals.RawSetString(name, s.L.NewFunction(fn))
	}
}

// Load gives the chunk of a program as a function.
func (s *State) Load(p *Program) *lua.LFunction {
	s.files[p.file] = struct{}{}
	return s.L.NewFunctionFromProto(p.proto)
}

// MatchPattern is the matcher without a script: the first match and its captures.
func MatchPattern(s *State, subject, text string) (start, end int, captures []string, err error) {
	if _, err := compilePattern(text); err != nil {
		return 0, 0, nil, err
	}
	m := s.matcher(subject, text)
	start, end = m.find(0)
	if start < 0 {
		return start, end, nil, nil
	}
	for i := range m.pattern.captures {
		captures = append(captures, m.captured(i, start, end).String())
	}
	return start, end, captures, nil
}
