package wechat

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What the platform sends stays far below these; they bound what a document can cost.
const (
	maxDepth  = 16
	maxFields = 2000
	maxName   = 128 // bytes of one element's name
)

// field is one leaf of a document: the names from the root's child down, joined by dots, and its text.
type field struct{ path, value string }

// ParseError says why a document is no push. It never holds a part of the document.
type ParseError struct {
	Offset int // of the byte where reading stopped, after control bytes were taken out; 0 for the whole
	Msg    string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("push document, byte %d: %s", e.Offset, e.Msg)
}

// sanitize makes a document readable that a fan's text made unreadable: users paste control bytes, which the platform passes
// on and no XML parser takes. They go, bytes that are no UTF-8 become U+FFFD, line ends become LF.
func sanitize(doc []byte) string {
	s := strings.TrimPrefix(string(doc), "\ufeff")
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\t' && r != '\n':
			return -1
		}
		return r
	}, s)
}

func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' && s[i] != '\n' {
			return false
		}
	}
	return utf8.ValidString(s)
}

// scanner reads the subset of XML that the platform writes, and is tolerant where the platform is careless. encoding/xml
// cannot be used: the platform puts a fan's text into a CDATA section without splitting "]]>", so that a fan who pastes XML
// closes the section early, and would lose the push or inject elements of their own.
// Source: github.com/silenceper/wechat issue 750, github.com/offu/WeRoBot issues 420 and 809.
type scanner struct {
	s      string
	i      int
	open   []element
	fields []field
	done   bool // the root is closed
}

type element struct {
	name, path string
	value      string
	hasChild   bool
	fresh      int // offset just behind the start tag
}

func scanXML(s string) ([]field, error) {
	sc := scanner{s: s, open: make([]element, 0, 4), fields: make([]field, 0, 12)}
	for sc.i < len(s) {
		if err := sc.next(); err != nil {
			return nil, err
		}
	}
	if !sc.done {
		return nil, sc.fail("the document ends before its root element is closed")
	}
	return sc.fields, nil
}

func (sc *scanner) fail(msg string) error { return &ParseError{Offset: sc.i, Msg: msg} }

// next reads one piece: text, a CDATA section, a tag, or something that is skipped.
func (sc *scanner) next() error {
	rest := sc.s[sc.i:]
	switch {
	case rest[0] != '<':
		return sc.text(rest)
	case strings.HasPrefix(rest, "<![CDATA["):
		return sc.cdata(rest[len("<![CDATA["):])
	case strings.HasPrefix(rest, "</"):
		return sc.closeTag(rest)
	case strings.HasPrefix(rest, "<?"):
		return sc.skip("?>")
	case strings.HasPrefix(rest, "<!--"):
		return sc.skip("-->")
	case strings.HasPrefix(rest, "<!"):
		// No DOCTYPE, no ENTITY: nothing that could refer to a file or grow when it is read.
		return sc.fail("document type declarations are refused")
	default:
		return sc.openTag(rest)
	}
}

func (sc *scanner) skip(end string) error {
	n := strings.Index(sc.s[sc.i:], end)
	if n < 0 {
		return sc.fail("a comment or instruction has no end")
	}
	sc.i += n + len(end)
	return nil
}

func (sc *scanner) text(rest string) error {
	n := strings.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
	}
	if len(sc.open) == 0 {
		if strings.TrimSpace(rest[:n]) != "" {
			return sc.fail("text outside of the root element")
		}
	} else {
		sc.open[len(sc.open)-1].value += unescape(rest[:n])
	}
	sc.i += n
	return nil
}

// cdata reads a section whose start was seen. Where it is all of its element, as the platform writes it, its end is the one
// that stands before the end tag, so that "]]>" may occur in it; for the text of a message the last such one of the document,
// so that "]]></Content>" may, too. Sections that follow each other without a gap are one text that somebody split properly.
func (sc *scanner) cdata(rest string) error {
	if len(sc.open) == 0 {
		return sc.fail("text outside of the root element")
	}
	top := &sc.open[len(sc.open)-1]
	n := -1
	if top.fresh == sc.i {
		end := "]]></" + top.name + ">"
		if top.path == "Content" && !sc.has("Content") {
			n = strings.LastIndex(rest, end)
		} else {
			n = strings.Index(rest, end)
		}
	}
	if n < 0 {
		n = strings.Index(rest, "]]>")
	}
	if n < 0 {
		return sc.fail("a CDATA section has no end")
	}
	top.value += strings.ReplaceAll(rest[:n], "]]><![CDATA[", "")
	sc.i += len("<![CDATA[") + n + len("]]>")
	return nil
}

func (sc *scanner) has(path string) bool {
	for _, f := range sc.fields {
		if f.path == path {
			return true
		}
	}
	return false
}

func (sc *scanner) openTag(rest string) error {
	end := tagEnd(rest)
	if end < 0 {
		return sc.fail("a tag has no end")
	}
	tag, empty := strings.CutSuffix(rest[1:end], "/")
	name := tag
	if n := strings.IndexAny(tag, " \t\n"); n >= 0 {
		name = tag[:n] // attributes mean nothing here
	}
	switch {
	case name == "" || len(name) > maxName || strings.ContainsAny(name, "<&\"'=/"):
		return sc.fail("a tag has no proper name")
	case sc.done:
		return sc.fail("more than one root element")
	case len(sc.open) == maxDepth:
		return sc.fail("elements are nested too deeply")
	case len(sc.fields) == maxFields:
		return sc.fail("too many elements")
	}
	path := ""
	if n := len(sc.open); n > 0 {
		sc.open[n-1].hasChild = true
		path = name
		if n > 1 {
			path = sc.open[n-1].path + "." + name
		}
	}
	sc.i += end + 1
	sc.open = append(sc.open, element{name: name, path: path, fresh: sc.i})
	if empty {
		sc.leave()
	}
	return nil
}

// tagEnd is the index of the ">" that ends a start tag; one inside an attribute's quotes does not.
func tagEnd(tag string) int {
	var quote byte
	for i := range len(tag) {
		switch c := tag[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

func (sc *scanner) closeTag(rest string) error {
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		return sc.fail("a tag has no end")
	}
	n := len(sc.open)
	if n == 0 || strings.TrimRight(rest[2:end], " \t\n") != sc.open[n-1].name {
		return sc.fail("an end tag does not fit its start tag")
	}
	sc.i += end + 1
	sc.leave()
	return nil
}

func (sc *scanner) leave() {
	n := len(sc.open) - 1
	top := sc.open[n]
	sc.open = sc.open[:n]
	if n == 0 {
		sc.done = true
	} else if !top.hasChild {
		sc.fields = append(sc.fields, field{top.path, top.value})
	}
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// unescape replaces XML's five entities and character references. Anything else that begins with & stays as it is: nothing is
// ever looked up.
func unescape(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	for amp >= 0 {
		b.WriteString(s[:amp])
		s = s[amp:]
		semi := strings.IndexByte(s, ';')
		if text, ok := reference(s, semi); ok {
			b.WriteString(text)
			s = s[semi+1:]
		} else {
			b.WriteByte('&')
			s = s[1:]
		}
		amp = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

func reference(s string, semi int) (string, bool) {
	if semi < 2 || semi > 12 {
		return "", false
	}
	name := s[1:semi]
	if name[0] != '#' {
		text, ok := entities[name]
		return text, ok
	}
	digits, base := name[1:], 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	switch {
	case err != nil:
		return "", false
	case n < ' ' && n != '\t' && n != '\n' && n != '\r':
		return "", true // a control character by another way
	case n > utf8.MaxRune:
		return "\ufffd", true
	}
	return string(rune(n)), true
}
