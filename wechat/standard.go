package wechat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sanitize takes out what no XML parser reads although the platform passes it on: users paste control characters. They go, as do
// U+FFFE and U+FFFF; bytes that are no UTF-8 become U+FFFD, line ends become LF.
// Source: github.com/silenceper/wechat issue 750, github.com/offu/WeRoBot issues 420 and 809.
func sanitize(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
}

// readXML reads a sanitized document by encoding/xml, repaired where the platform is careless.
func readXML(s string) (d document, err error) {
	if s, err = repair(s); err != nil {
		return d, err
	}
	dec := xml.NewDecoder(strings.NewReader(s))
	fail := func(msg string) (document, error) {
		return document{}, &ParseError{Offset: int(dec.InputOffset()), Msg: msg}
	}
	open, depth, done := root, 0, false
	for {
		tok, err := dec.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF) && done:
			return d, nil
		case errors.Is(err, io.EOF), errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
			return fail("the document ends before its root element is closed")
		case err != nil:
			return fail("the XML is broken") // encoding/xml's own words hold names of elements
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			switch {
			case done:
				return fail("more than one root element")
			case depth == maxDepth:
				return fail("elements are nested too deeply")
			case len(d.nodes) == maxNodes:
				return fail("too many elements")
			}
			if depth++; depth > 1 {
				open = d.add(open, tok.Name.Local)
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				done = true
			} else {
				open = d.nodes[open].parent
			}
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(tok)) > 0 {
				return fail("text outside of the root element")
			}
			if depth > 1 && !d.nodes[open].branch {
				d.nodes[open].value = string(tok)
			}
		}
	}
}

// repair makes what the platform writes well-formed. It puts a fan's text into a CDATA section without splitting "]]>", so that a
// fan who pastes XML closes the section early and would lose the push or add elements of their own. Sections become text whose
// end is looked for with care, references are resolved (an unknown one stays as it stands), comments, instructions and
// attributes go. Document type declarations are refused: nothing is ever looked up and nothing grows.
// Source: github.com/silenceper/wechat issue 750, github.com/offu/WeRoBot issues 420 and 809.
func repair(s string) (string, error) {
	r := repairer{s: s}
	r.out.Grow(len(s) + len(s)/4)
	for r.i < len(s) {
		if err := r.next(); err != nil {
			return "", err
		}
	}
	return r.out.String(), nil
}

type repairer struct {
	s     string
	i     int
	depth int    // elements that are open
	field string // the one directly in the document
	name  string
	fresh int // offset just behind the start tag of name
	seen  map[string]bool
	lost  int // sections whose element did not end behind them
	out   strings.Builder
}

// maxLost bounds how often the rest of the document is searched in vain.
const maxLost = 32

func (r *repairer) fail(msg string) error { return &ParseError{Offset: r.i, Msg: msg} }

// next reads one piece: text, a CDATA section, a tag, or something that is left out.
func (r *repairer) next() error {
	rest := r.s[r.i:]
	switch {
	case rest[0] != '<':
		n := strings.IndexByte(rest, '<')
		if n < 0 {
			n = len(rest)
		}
		r.write(unescape(rest[:n]))
		r.i += n
		return nil
	case strings.HasPrefix(rest, cdataStart):
		return r.section(rest[len(cdataStart):])
	case strings.HasPrefix(rest, "<?"):
		return r.skip("?>")
	case strings.HasPrefix(rest, "<!--"):
		return r.skip("-->")
	case strings.HasPrefix(rest, "<!"):
		return r.fail("document type declarations are refused")
	default:
		return r.tag(rest)
	}
}

func (r *repairer) skip(end string) error {
	n := strings.Index(r.s[r.i:], end)
	if n < 0 {
		return r.fail("a comment or instruction has no end")
	}
	r.i += n + len(end)
	return nil
}

// section reads a CDATA section whose start was seen. Where it is all of its element, as the platform writes it, its end is the
// one that stands before the end tag, so that "]]>" may occur in it; for what a fan wrote the last such one of the document,
// so that "]]></Content>" may, too. Sections that follow each other without a gap are one text that somebody split properly.
func (r *repairer) section(rest string) error {
	n := -1
	if r.depth > 0 && r.fresh == r.i && r.lost < maxLost {
		end := cdataEnd + "</" + r.name + ">"
		if r.isFans() {
			n = strings.LastIndex(rest, end)
		} else {
			n = strings.Index(rest, end)
		}
		if n < 0 {
			r.lost++
		}
	}
	if n < 0 {
		n = strings.Index(rest, cdataEnd)
	}
	if n < 0 {
		return r.fail("a CDATA section has no end")
	}
	r.write(strings.ReplaceAll(rest[:n], cdataEnd+cdataStart, ""))
	r.i += len(cdataStart) + n + len(cdataEnd)
	return nil
}

// isFans reports whether the open element holds a fan's text: directly in the document the first of its name, or in what the
// events of menu items have around it.
func (r *repairer) isFans() bool {
	switch {
	case r.depth == 2:
		return isFansText(r.name) && !r.seen[r.name]
	case r.depth == 3 && r.field == "ScanCodeInfo", r.depth == 3 && r.field == "SendLocationInfo":
		return isFansText(r.name) && !r.seen[r.field]
	}
	return false
}

// tag passes a tag on without its attributes; encoding/xml judges its name and place.
func (r *repairer) tag(rest string) error {
	end := tagEnd(rest)
	if end < 0 {
		return r.fail("a tag has no end")
	}
	inner, empty := strings.CutSuffix(rest[1:end], "/")
	name, closing := strings.CutPrefix(inner, "/")
	if n := strings.IndexAny(name, " \t\n"); n >= 0 {
		name = name[:n]
	}
	if name == "" || len(name) > maxName || strings.ContainsAny(name, "/<&\"'") || closing && empty {
		return r.fail("a tag has no proper name")
	}
	if r.depth == 2 && closing { // a fan's text is the first of its name
		if r.seen == nil {
			r.seen = make(map[string]bool)
		}
		r.seen[name] = true
	}
	r.i += end + 1
	r.out.WriteByte('<')
	switch {
	case closing:
		r.out.WriteByte('/')
		r.depth--
	case !empty:
		r.depth++
		r.name, r.fresh = name, r.i
		if r.depth == 2 {
			r.field = name
		}
	}
	r.out.WriteString(name)
	if empty {
		r.out.WriteByte('/')
	}
	r.out.WriteByte('>')
	return nil
}

// tagEnd is the index of the ">" that ends a tag; one inside an attribute's quotes does not.
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

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

func (r *repairer) write(text string) { r.out.WriteString(escaper.Replace(text)) }

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// unescape replaces XML's five entities and character references. Anything else that begins with & stays as it is.
func unescape(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	for amp >= 0 {
		b.WriteString(s[:amp])
		s = s[amp:]
		semi := strings.IndexByte(s[:min(len(s), 16)], ';')
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
	case n < ' ' && n != '\t' && n != '\n' && n != '\r', n == 0xFFFE, n == 0xFFFF:
		return "", true // a control character by another way
	case n > utf8.MaxRune:
		return "\ufffd", true
	}
	return string(rune(n)), true
}
