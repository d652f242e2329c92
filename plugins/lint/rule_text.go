package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// matching are the functions of string that take a pattern as their second argument.
var matching = []string{"find", "match", "gmatch", "gsub"}

func patterns(p *Pass) {
	for _, c := range p.calls {
		name, args := p.stringCall(c)
		if !slices.Contains(matching, name) || len(args) < 2 || c.in.tries() {
			continue
		}
		text, ok := args[1].(*ast.StringExpr)
		if !ok || name == "find" && (len(args) > 3 || !strings.ContainsAny(text.Value, "^$*+?.([%-")) { // taken as it is
			continue
		}
		captures, bad := readPattern(text.Value)
		if bad != "" {
			p.report(text.Line(), fmt.Sprintf("the pattern `%s` is malformed: %s", short(text.Value), bad), "a sign that stands for itself is written with % before it")
			continue
		}
		if name == "gsub" && len(args) > 2 {
			p.replacement(args[2], captures)
		}
	}
}

// stringCall gives the function of string that a call calls, with its arguments from the subject on: string.find(s, "x") as well
// as s:find("x") on what is a text, or is nothing else that fanflow knows and defines no function of that name itself.
func (p *Pass) stringCall(c callSite) (name string, args []ast.Expr) {
	callee := p.callee(c.FuncCallExpr, maxLook)
	if name, ok := strings.CutPrefix(callee.name, "string."); ok && callee.fn != nil {
		return name, argsOf(c.FuncCallExpr, callee)
	}
	if c.Func != nil || callee.fn != nil {
		return "", nil
	}
	of := p.known(c.Receiver)
	if of.module != nil || of.class != nil || of.secret != "" || p.defines(c.Method) {
		return "", nil
	}
	return c.Method, append([]ast.Expr{c.Receiver}, c.Args...)
}

// defines reports whether the script gives any table a function of that name.
func (p *Pass) defines(name string) bool {
	for _, s := range p.stores {
		if get, ok := s.target.(*ast.AttrGetExpr); ok {
			if key, ok := get.Key.(*ast.StringExpr); !ok || key.Value == name {
				return true
			}
		}
	}
	for _, t := range p.tables {
		for _, f := range t.Fields {
			if key, ok := f.Key.(*ast.StringExpr); ok && key.Value == name {
				return true
			}
		}
	}
	return false
}

func (p *Pass) replacement(e ast.Expr, captures int) {
	text, ok := e.(*ast.StringExpr)
	if !ok {
		return
	}
	for i := 0; i+1 < len(text.Value); i++ {
		if text.Value[i] != '%' {
			continue
		}
		i++
		if c := text.Value[i]; c >= '1' && c <= '9' && int(c-'0') > max(captures, 1) {
			p.report(text.Line(), fmt.Sprintf("%%%c in the replacement names no capture: the pattern has %d", c, captures), "")
		}
	}
}

// patternReader reads a Lua pattern. It takes what the sandbox's own takes; a test holds the two together.
type patternReader struct {
	text     string
	at       int
	captures int
	open     []int
}

// readPattern gives the number of captures, or what is wrong.
func readPattern(text string) (captures int, bad string) {
	if len(text) > 1024 {
		return 0, "it is longer than 1024 bytes"
	}
	r := &patternReader{text: text}
	if strings.HasPrefix(text, "^") {
		r.at = 1
	}
	for r.at < len(text) {
		if bad = r.item(); bad != "" {
			return 0, bad
		}
	}
	if len(r.open) > 0 {
		return 0, "a ( is not closed"
	}
	return r.captures, ""
}

func (r *patternReader) item() string {
	switch c := r.text[r.at]; {
	case c == '(':
		return r.capture()
	case c == ')':
		if len(r.open) == 0 {
			return "a ) has no ("
		}
		r.at++
		r.open = r.open[:len(r.open)-1]
		return ""
	case c == '$' && r.at == len(r.text)-1:
		r.at++
		return ""
	case c == '%' && r.at+1 < len(r.text):
		if done, bad := r.escape(r.text[r.at+1]); done {
			return bad
		}
	}
	if bad := r.single(); bad != "" {
		return bad
	}
	if r.at < len(r.text) && strings.IndexByte("?*+-", r.text[r.at]) >= 0 {
		r.at++
	}
	return ""
}

func (r *patternReader) capture() string {
	if r.captures == 32 {
		return "it has more than 32 captures"
	}
	r.captures++
	r.at++
	if r.at < len(r.text) && r.text[r.at] == ')' { // the position
		r.at++
		return ""
	}
	r.open = append(r.open, r.captures)
	return ""
}

// escape reads %b, %f and %1 to %9.
func (r *patternReader) escape(c byte) (done bool, bad string) {
	switch {
	case c == 'b':
		if r.at += 4; r.at > len(r.text) {
			return true, "%b needs two characters after it"
		}
		return true, ""
	case c == 'f':
		if r.at += 2; r.at >= len(r.text) || r.text[r.at] != '[' {
			return true, "%f needs a [set] after it"
		}
		return true, r.single()
	case c >= '0' && c <= '9':
		n := int(c - '0')
		if n < 1 || n > r.captures || slices.Contains(r.open, n) {
			return true, fmt.Sprintf("%%%c names no capture that is closed", c)
		}
		r.at += 2
		return true, ""
	}
	return false, ""
}

func (r *patternReader) single() string {
	c := r.text[r.at]
	r.at++
	switch c {
	case '%':
		if r.at == len(r.text) {
			return "it ends with %"
		}
		r.at++
	case '[':
		return r.set()
	}
	return ""
}

func (r *patternReader) set() string {
	if r.at < len(r.text) && r.text[r.at] == '^' {
		r.at++
	}
	for first := true; r.at < len(r.text); first = false {
		c := r.text[r.at]
		r.at++
		switch {
		case c == ']' && !first:
			return ""
		case c == '%':
			r.at++
		case r.at+1 < len(r.text) && r.text[r.at] == '-' && r.text[r.at+1] != ']':
			r.at += 2
		}
	}
	return "a [ is not closed"
}

func formats(p *Pass) {
	for _, c := range p.calls {
		name, args := p.stringCall(c)
		if name != "format" || len(args) == 0 || c.in.tries() {
			continue
		}
		layout, ok := args[0].(*ast.StringExpr)
		if !ok {
			continue
		}
		verbs, bad := directives(layout.Value)
		if bad != "" {
			p.report(layout.Line(), fmt.Sprintf("`%s` is no format", short(bad)), "write %% for a percent sign; there are %d %s %q %x %o %c %e %f %g")
			continue
		}
		have, open := count(args[1:])
		switch {
		case have < len(verbs) && !open:
			p.report(c.Line(), fmt.Sprintf("the format `%s` wants %s, not %d", short(layout.Value), values(len(verbs)), have), "")
		case have > len(verbs):
			p.as(Warning, c.Line(), fmt.Sprintf("the format `%s` takes %s, not %d: the rest is not shown", short(layout.Value), values(len(verbs)), have), "")
		}
		p.formatted(verbs, args[1:])
	}
}

func values(n int) string {
	if n == 1 {
		return "one value"
	}
	return fmt.Sprintf("%d values", n)
}

// formatted finds literals that cannot be shown as their directive says.
func (p *Pass) formatted(verbs string, args []ast.Expr) {
	for i, arg := range args {
		if i >= len(verbs) {
			return
		}
		kind, what := literal(arg)
		switch {
		case kind == "" || verbs[i] == 's':
		case verbs[i] == 'q' && !acceptsOne("string", kind, arg):
			p.report(arg.Line(), fmt.Sprintf("%%q wants a text, not %s", what), "")
		case verbs[i] != 'q' && !acceptsOne("number", kind, arg):
			p.report(arg.Line(), fmt.Sprintf("%%%c wants a number, not %s", verbs[i], what), "")
		}
	}
}

// directives gives the verbs of a format that take a value, or the part that is none.
func directives(layout string) (verbs, bad string) {
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			continue
		}
		from := i
		i++
		for n := 0; n < 5 && i < len(layout) && strings.IndexByte("-+ #0", layout[i]) >= 0; n++ {
			i++
		}
		i = digits(layout, i)
		if i < len(layout) && layout[i] == '.' {
			i = digits(layout, i+1)
		}
		switch {
		case i >= len(layout) || strings.IndexByte("diucxXoeEfgGqs%", layout[i]) < 0, layout[i] == '%' && i > from+1:
			return "", layout[from:min(len(layout), from+10)]
		case layout[i] != '%':
			verbs += layout[i : i+1]
		}
	}
	return verbs, ""
}

// digits skips two of them at most.
func digits(s string, i int) int {
	for n := 0; n < 2 && i < len(s) && s[i] >= '0' && s[i] <= '9'; n++ {
		i++
	}
	return i
}
