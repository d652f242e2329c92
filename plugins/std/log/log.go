// Package log is the Lua module log: lines for the author, kept with the decision. print does the same.
package log

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Port takes the lines.
type Port interface {
	// Log writes a line of a level to the decision's log.
	Log(level, text string)
}

// Levels of lines.
const (
	Info  = "info"
	Warn  = "warn"
	Error = "error"
)

// maxLine is the longest line that is kept, in bytes.
const maxLine = 1000

// Module is the module on a decision's log. p may be nil: then the lines go nowhere. A plugin's lines begin with its name.
func Module(p Port) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if p != nil {
			s.Bind(portKey{}, p)
		}
		if in.Plugin == "" {
			return library.Module(s, in)
		}
		return library.Bind(in.Plugin + ": ")
	}
}

type portKey struct{}

var library = sandbox.Describe(words, map[string]lua.LGFunction{"info": line(Info), "warn": line(Warn), "error": line(Error)}, nil)

// line makes log.info(…) and its like: one line of the values, as print shows them.
func line(level string) lua.LGFunction {
	return func(L *lua.LState) int {
		s := sandbox.From(L)
		parts, length := make([]string, L.GetTop()), 0
		for i := range parts {
			parts[i] = s.Text(L.Get(i + 1))
			length += len(parts[i]) + 1
		}
		s.Spend(length / 64)
		s.Charge(int64(length))
		if p, ok := s.Bound(portKey{}).(Port); ok {
			prefix, _ := sandbox.Own(L).(string)
			Write(p, level, prefix+strings.Join(parts, "\t"))
		}
		return 0
	}
}

// Write gives p a line, cut to 1,000 bytes.
func Write(p Port, level, line string) {
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "") + "…"
	}
	p.Log(level, line)
}
