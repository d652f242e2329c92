package wechat

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

const (
	cdataStart = "<![CDATA["
	cdataEnd   = "]]>"
)

// scan reads a document as the platform writes it: <xml>, elements without attributes, each with one CDATA section, bare text or
// elements in it. It reports false for anything else, wherever encoding/xml or the platform's carelessness could mean something
// different: attributes, references, comments, declarations, text beside elements, "]]>" in a text. Values are parts of s, so
// that nothing is copied. What it takes, encoding/xml reads the same.
func (d *document) scan(s string) bool {
	const start = "<xml>"
	if !strings.HasPrefix(s, start) {
		return false
	}
	open, depth := root, 1
	for i := len(start); ; {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		switch {
		case i+1 >= len(s) || s[i] != '<':
			return false
		case s[i+1] == '/':
			if open == root {
				end := afterEndTag(s, i, "xml")
				return end > 0 && strings.Trim(s[end:], " \t\n") == ""
			}
			if i = afterEndTag(s, i, d.nodes[open].name); i < 0 {
				return false
			}
			open, depth = d.nodes[open].parent, depth-1
			continue
		}
		end := nameEnd(s, i+1)
		if end < 0 || len(d.nodes) == maxNodes || depth == maxDepth {
			return false
		}
		n := d.add(open, s[i+1:end])
		value, next := d.leaf(s, end+1, n)
		switch {
		case next > 0:
			d.nodes[n].value, i = value, next
		case next == 0: // elements stand in it
			open, depth, i = n, depth+1, end+1
		default:
			return false
		}
	}
}

// leaf gives the text of an element whose start tag ends before i, and where its end tag ends; 0 where elements stand in it, -1
// where scan must not go on.
func (d *document) leaf(s string, i int, n int32) (string, int) {
	name := d.nodes[n].name
	if strings.HasPrefix(s[i:], cdataStart) {
		i += len(cdataStart)
		length := strings.Index(s[i:], cdataEnd)
		if length < 0 {
			return "", -1
		}
		next := afterEndTag(s, i+length+len(cdataEnd), name)
		if next > 0 && isFansText(name) && endsLater(s[next:], name) {
			return "", -1
		}
		return s[i : i+length], next
	}
	length := strings.IndexByte(s[i:], '<')
	if length < 0 {
		return "", -1
	}
	text := s[i : i+length]
	if next := afterEndTag(s, i+length, name); next > 0 {
		if strings.IndexByte(text, '&') >= 0 || strings.IndexByte(text, '>') >= 0 {
			return "", -1
		}
		return text, next
	}
	if strings.Trim(text, " \t\n") != "" {
		return "", -1
	}
	return "", 0
}

// isFansText names the fields, directly in the document, that a fan has written: what they hold may look like the end of them.
func isFansText(name string) bool {
	switch name {
	case "Content", "Title", "Description", "Label", "Recognition":
		return true
	}
	return false
}

// endsLater reports whether another section of that name ends in what follows.
func endsLater(s, name string) bool {
	for {
		n := strings.Index(s, cdataEnd)
		if n < 0 {
			return false
		}
		s = s[n+len(cdataEnd):]
		if afterEndTag(s, 0, name) > 0 {
			return true
		}
	}
}

// afterEndTag gives the index behind the end tag of that name that stands at i; -1 if it does not stand there.
func afterEndTag(s string, i int, name string) int {
	end := i + len("</>") + len(name)
	if end > len(s) || s[i] != '<' || s[i+1] != '/' || s[end-1] != '>' || s[i+2:end-1] != name {
		return -1
	}
	return end
}

// nameEnd gives the index of the ">" behind the plain name that begins at i; -1 where there is none.
func nameEnd(s string, i int) int {
	for j := i; j < len(s) && j-i <= maxName; j++ {
		switch c := s[j]; {
		case c == '>':
			if j == i {
				return -1
			}
			return j
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_':
		case c >= '0' && c <= '9' && j > i:
		default:
			return -1
		}
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// isClean reports whether sanitize would leave the document as it is.
func isClean(doc []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	b := doc
	for ; len(b) >= 8; b = b[8:] {
		// Eight bytes at once: the high bit of a byte of the result is set where that byte is below 0x20, and now and then beside it.
		if v := binary.LittleEndian.Uint64(b); (v-ones*0x20)&^v&highs != 0 && hasControl(b[:8]) {
			return false
		}
	}
	return !hasControl(b) && utf8.Valid(doc) && !hasNoncharacter(doc)
}

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' {
			return true
		}
	}
	return false
}
