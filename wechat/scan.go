package wechat

import (
	"bytes"
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
func scan(s string, nodes []node) ([]node, bool) {
	const start = "<xml>"
	if !strings.HasPrefix(s, start) {
		return nil, false
	}
	open, depth := root, 1
	for i := len(start); ; {
		i = skipSpace(s, i)
		switch {
		case i+1 >= len(s) || s[i] != '<':
			return nil, false
		case s[i+1] == '/':
			if open == root {
				end := afterEndTag(s, i, "xml")
				return nodes, end > 0 && skipSpace(s, end) == len(s)
			}
			if i = afterEndTag(s, i, nodes[open].name); i < 0 {
				return nil, false
			}
			open, depth = nodes[open].parent, depth-1
			continue
		}
		end := nameEnd(s, i+1)
		if end < 0 || len(nodes) == maxNodes || depth == maxDepth {
			return nil, false
		}
		name := s[i+1 : end]
		value, next := leaf(s, end+1, name)
		nodes = append(nodes, node{name: name, value: value, parent: open, branch: next == 0})
		switch {
		case next > 0:
			i = next
		case next == 0: // elements stand in it
			open, depth, i = int32(len(nodes)-1), depth+1, end+1
		default:
			return nil, false
		}
	}
}

// leaf gives the text of an element whose start tag ends before i, and where its end tag ends; 0 where elements stand in it, -1
// where scan must not go on.
func leaf(s string, i int, name string) (string, int) {
	if strings.HasPrefix(s[i:], cdataStart) {
		i += len(cdataStart)
		end := sectionEnd(s, i)
		if end < 0 {
			return "", -1
		}
		next := afterEndTag(s, end+len(cdataEnd), name)
		if next > 0 && isFansText(name) && endsLater(s, next, name) {
			return "", -1
		}
		return s[i:end], next
	}
	end := i
	for end < len(s) && s[end] != '<' {
		if s[end] == '&' || s[end] == '>' {
			return "", -1
		}
		end++
	}
	if next := afterEndTag(s, end, name); next > 0 {
		return s[i:end], next
	}
	if skipSpace(s, i) < end {
		return "", -1
	}
	return "", 0
}

// isFansText names the fields that hold what a fan has written, scanned or chosen: it may look like their end.
func isFansText(name string) bool {
	switch name {
	case "Content", "Title", "Description", "Url", "Label", "Recognition", "ScanResult", "Poiname":
		return true
	}
	return false
}

// endsLater reports whether another section of that name ends behind i.
func endsLater(s string, i int, name string) bool {
	for {
		end := sectionEnd(s, i)
		if end < 0 {
			return false
		}
		i = end + len(cdataEnd)
		if afterEndTag(s, i, name) > 0 {
			return true
		}
	}
}

// sectionEnd gives the index of the first "]]>" at i or behind it; -1 where there is none.
func sectionEnd(s string, i int) int {
	for {
		n := strings.IndexByte(s[i:], ']')
		if n < 0 {
			return -1
		}
		i += n
		if strings.HasPrefix(s[i:], cdataEnd) {
			return i
		}
		i++
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

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t') {
		i++
	}
	return i
}

// isClean reports whether sanitize would leave the document as it is.
func isClean(doc []byte) bool {
	doc, ok := skipPlain(doc)
	if !ok || len(doc) == 0 {
		return ok
	}
	if hasControl(doc) || !utf8.Valid(doc) {
		return false
	}
	for { // U+FFFE and U+FFFF
		n := bytes.Index(doc, []byte("\xef\xbf"))
		if n < 0 {
			return true
		}
		if doc[n+2] >= 0xbe {
			return false
		}
		doc = doc[n+3:]
	}
}

// Eight bytes at once: adding low and masking leaves the high bit of a byte unset only where the byte is below 0x20.
const (
	low  = 0x6060606060606060
	high = 0x8080808080808080
)

// skipPlain gives the document from its first byte that is no ASCII on, or a few bytes before; it reports false where a control
// character stands before that.
func skipPlain(doc []byte) ([]byte, bool) {
	for len(doc) >= 8 {
		v := binary.LittleEndian.Uint64(doc)
		if v&high != 0 {
			return doc, true
		}
		if (v+low)&high != high && isControl(doc[:8]) {
			return doc, false
		}
		doc = doc[8:]
	}
	return doc, true
}

// hasControl looks for bytes below 0x20 other than tab and line feed.
func hasControl(doc []byte) bool {
	for ; len(doc) >= 8; doc = doc[8:] {
		if v := binary.LittleEndian.Uint64(doc); ((v&^high)+low|v)&high != high && isControl(doc[:8]) {
			return true
		}
	}
	return isControl(doc)
}

func isControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' {
			return true
		}
	}
	return false
}
