package plugins

import (
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// tableLines knows where the fields of the table stand that a script returns: a literal, or a local that gets its fields one
// after the other.
type tableLines struct {
	lines map[string]int // by path: config.url.type
}

// readLines reads the statements of a script.
func readLines(chunk []ast.Stmt) *tableLines {
	l := &tableLines{lines: map[string]int{}}
	if len(chunk) == 0 {
		return l
	}
	ret, ok := chunk[len(chunk)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Exprs) == 0 {
		return l
	}
	l.lines[""] = ret.Line()
	switch v := ret.Exprs[0].(type) {
	case *ast.TableExpr:
		l.fields("", v)
	case *ast.IdentExpr:
		for _, stmt := range chunk {
			l.stmt(v.Value, stmt)
		}
	}
	return l
}

// stmt notes what a statement gives the table called name.
func (l *tableLines) stmt(name string, stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.LocalAssignStmt:
		if i := slices.Index(s.Names, name); i >= 0 && i < len(s.Exprs) {
			l.value("", s.Line(), s.Exprs[i])
		}
	case *ast.AssignStmt:
		for i, left := range s.Lhs {
			if path, ok := fieldPath(name, left); ok && i < len(s.Rhs) {
				l.value(path, s.Line(), s.Rhs[i])
			}
		}
	case *ast.FuncDefStmt:
		if path, ok := fieldPath(name, s.Name.Func); ok {
			l.lines[path] = s.Line()
		} else if path, ok := fieldPath(name, s.Name.Receiver); ok {
			l.lines[joinPath(path, s.Name.Method)] = s.Line()
		}
	}
}

func (l *tableLines) value(path string, line int, v ast.Expr) {
	l.lines[path] = line
	if t, ok := v.(*ast.TableExpr); ok {
		l.fields(path, t)
	}
}

func (l *tableLines) fields(path string, t *ast.TableExpr) {
	at := 0
	for _, f := range t.Fields {
		key, line := "", f.Value.Line()
		switch k := f.Key.(type) {
		case nil:
			at++
			key = strconv.Itoa(at)
		case *ast.StringExpr:
			key, line = k.Value, k.Line()
		default:
			continue
		}
		l.value(joinPath(path, key), line, f.Value)
	}
}

// fieldPath gives a.b for the expression name.a.b.
func fieldPath(name string, e ast.Expr) (path string, ok bool) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return "", e.Value == name
	case *ast.AttrGetExpr:
		key, isText := e.Key.(*ast.StringExpr)
		path, ok = fieldPath(name, e.Object)
		return joinPath(path, keyText(key)), ok && isText
	}
	return "", false
}

func keyText(k *ast.StringExpr) string {
	if k == nil {
		return ""
	}
	return k.Value
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// line gives the line of a path, or of the nearest part of it that stands in the script; 1 if it cannot be told.
func (l *tableLines) line(path string) int {
	for {
		if n, ok := l.lines[path]; ok {
			return n
		}
		if path == "" {
			return 1
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}
