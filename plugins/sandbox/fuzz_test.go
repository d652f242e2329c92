package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/pm"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
)

// FuzzCompile: whatever the bytes are, they compile and run to a value or to an *Error with a place, and the same twice.
func FuzzCompile(f *testing.F) {
	for name, source := range hostileScripts(f) {
		if !strings.HasPrefix(name, "memory/") {
			f.Add([]byte(source))
		}
	}
	for _, s := range []string{"return 1", "local a <const> = 1", "x = function(...) return ... end", "goto a ::a::", "\xef\xbb\xbfreturn 1", "#!/bin/lua\n", "return {[1]=2,3;4}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		limits := sandbox.Limits{Instructions: 20_000, Bytes: 2 << 20}
		n, b, err := spend("f.lua", string(source), limits)
		n2, b2, again := spend("f.lua", string(source), limits)
		var e *sandbox.Error
		if err != nil && (!errors.As(err, &e) || strings.Contains(e.Msg, "fanflow itself failed") || e.File == "" || !utf8.ValidString(e.Msg)) {
			t.Fatalf("%q: %v", source, err)
		}
		var e2 *sandbox.Error
		errors.As(again, &e2)
		if e != nil && e.Kind == sandbox.KindDeadline || e2 != nil && e2.Kind == sandbox.KindDeadline {
			return // where the clock ends it differs
		}
		if n != n2 || b != b2 || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("%q: %d instructions, %d bytes, %v; then %d, %d, %v", source, n, b, err, n2, b2, again)
		}
	})
}

// FuzzPattern holds the matcher against gopher-lua's own, which knows no %f and reads % in a set otherwise than Lua.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{"a*b", "(a)(b)", "[^a-c]+", "^%s*$", "(.-)%1", "%b()", "()a()", "[%w_]-x", "a?a?aa", "[]a]", "%%", "(a(b)c)"} {
		f.Add("abc(a) aab", p)
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		if len(subject) > 12 || len(pattern) > 8 || strings.Contains(pattern, "%f") || strings.Contains(pattern, "[") && strings.Contains(pattern, "%") {
			return
		}
		s := sandbox.NewState(context.Background(), sandbox.Options{})
		defer s.Close()
		start, end, captures, err := sandbox.MatchPattern(s, subject, pattern)
		theirs, theirErr := theirMatch(subject, pattern)
		if err != nil || theirErr != nil {
			return // each refuses some malformed patterns that the other takes
		}
		ours := "none"
		if start >= 0 {
			ours = fmt.Sprint(start, end, captures)
		}
		if ours != theirs {
			t.Errorf("%q in %q: %s, gopher-lua %s", pattern, subject, ours, theirs)
		}
	})
}

// theirMatch is what gopher-lua's matcher says of the first match.
func theirMatch(subject, pattern string) (found string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	all, err := pm.Find(pattern, []byte(subject), 0, 1)
	if err != nil || len(all) == 0 {
		return "none", err
	}
	m := all[0]
	var captures []string
	for i := 2; i < m.CaptureLength(); i += 2 {
		if m.IsPosCapture(i) {
			captures = append(captures, fmt.Sprint(m.Capture(i)))
		} else {
			captures = append(captures, subject[m.Capture(i):m.Capture(i+1)])
		}
	}
	return fmt.Sprint(m.Capture(0), m.Capture(1), captures), nil
}

// directive is one of string.format, without its %.
var directive = regexp.MustCompile(`^[-+ #0]{0,3}\d{0,2}(\.\d{0,2})?[dxXofeEs]$`)

// FuzzFormat holds string.format against Go's, for the directives that mean the same in C and Go.
func FuzzFormat(f *testing.F) {
	for _, spec := range []string{"5d", "-5d", "05d", "+d", ".3d", "x", "#x", "8.3f", "e", ".0f", "s", "-8s", ".2s", "o", "X", "99.99f"} {
		f.Add(spec, int32(-7), "text")
	}
	f.Fuzz(func(t *testing.T, spec string, n int32, text string) {
		if !directive.MatchString(spec) {
			return
		}
		var want string
		switch verb := spec[max(len(spec)-1, 0):]; verb {
		case "d", "x", "X", "o":
			if verb != "d" && n < 0 {
				n = -(n + 1) // C shows the complement
			}
			want = fmt.Sprintf("%"+spec, int64(n))
		case "f", "e", "E":
			want = fmt.Sprintf("%"+spec, float64(n))
		case "s":
			want = fmt.Sprintf("%"+spec, text)
		default:
			return
		}
		v, err := call(t, "return function(spec, n, text) return (string.format('%' .. spec, spec:sub(-1) == 's' and text or n)) end", lua.LString(spec), lua.LNumber(n), lua.LString(text))
		if err != nil {
			return // a directive that Lua does not take
		}
		if v.String() != want {
			t.Errorf("%%%s of %d, %q: %q, Go %q", spec, n, text, v, want)
		}
	})
}

// FuzzJSON: what json.decode takes, json.encode writes as JSON, and both once more give the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":true}],"":""}`, `"\u4f60\ud83d\ude00"`, `9007199254740993`, `-0.0`, `1e300`, `[[],{}]`, `"\u2028<>&"`, strings.Repeat("[", 31) + strings.Repeat("]", 31)} {
		f.Add(s)
	}
	const script = "return function(text) return json.encode(json.decode(text)) end"
	f.Fuzz(func(t *testing.T, text string) {
		first, err := call(t, script, lua.LString(text))
		if err != nil {
			return // no JSON, or with null in a list
		}
		if !json.Valid([]byte(first.String())) {
			t.Fatalf("%q became %q, which is no JSON", text, first)
		}
		if strings.Contains(first.String(), "-0") {
			return // -0.0 becomes -0, and that 0
		}
		second, err := call(t, script, first)
		if err != nil || second != first {
			t.Errorf("%q became %q and then %q, %v", text, first, second, err)
		}
	})
}

// call runs a script that returns a function, and calls it.
func call(t *testing.T, source string, args ...lua.LValue) (lua.LValue, error) {
	t.Helper()
	s := sandbox.NewState(context.Background(), sandbox.Options{Modules: plugins.Std(&shelf{})})
	defer s.Close()
	fn, err := s.Run(compile(t, "f.lua", source))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Call(fn.(*lua.LFunction), 1, args...)
	if err != nil {
		return lua.LNil, err
	}
	return v[0], nil
}
