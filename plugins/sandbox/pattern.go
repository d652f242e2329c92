package sandbox

import (
	"fmt"
	"strings"
)

// Lua's patterns, compiled once for all states (patterns.go) and matched under the decision's budget. gopher-lua's own matcher runs
// without any: 24 times `a?` on 24 letters keep it busy for seconds.
const (
	maxPattern  = 1024 // bytes
	maxCaptures = 32
)

type opcode uint8

const (
	opSingle   opcode = iota // one byte of a set, repeated as rep says
	opOpen                   // begin of capture n
	opClose                  // end of capture n
	opPosition               // capture n is the position
	opBack                   // what capture n holds, again
	opBalance                // %bxy: a stretch in which lo and hi balance
	opFrontier               // %f[set]: between a byte out of the set and one in it
	opEnd                    // $
)

// node is one step of a pattern.
type node struct {
	op     opcode
	rep    byte // 0 once, '?', '*', '+', '-'
	n      int
	lo, hi byte
	set    *byteSet
}

// byteSet has a bit for every byte.
type byteSet [4]uint64

func (b *byteSet) has(c byte) bool { return b[c>>6]&(1<<(c&63)) != 0 }
func (b *byteSet) add(c byte)      { b[c>>6] |= 1 << (c & 63) }
func (b *byteSet) merge(other *byteSet) {
	for i := range b {
		b[i] |= other[i]
	}
}

func (b *byteSet) invert() {
	for i := range b {
		b[i] = ^b[i]
	}
}

// pattern is a compiled pattern.
type pattern struct {
	nodes    []node
	anchored bool
	captures int
}

// patternParser reads a pattern from left to right.
type patternParser struct {
	text string
	at   int
	out  pattern
	open []int // captures that are not closed yet
}

// compilePattern reads a pattern. The error is a sentence for the script's author.
func compilePattern(text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	p := &patternParser{text: text}
	if strings.HasPrefix(text, "^") {
		p.out.anchored, p.at = true, 1
	}
	for p.at < len(text) {
		if err := p.item(); err != nil {
			return nil, fmt.Errorf("malformed pattern `%s`: %w", clip(text, 60), err)
		}
	}
	if len(p.open) > 0 {
		return nil, fmt.Errorf("malformed pattern `%s`: a ( is not closed", clip(text, 60))
	}
	return &p.out, nil
}

func (p *patternParser) emit(n node) { p.out.nodes = append(p.out.nodes, n) }

func (p *patternParser) item() error {
	switch c := p.text[p.at]; {
	case c == '(':
		return p.openCapture()
	case c == ')':
		if len(p.open) == 0 {
			return fmt.Errorf("a ) has no (")
		}
		p.at++
		p.emit(node{op: opClose, n: p.open[len(p.open)-1]})
		p.open = p.open[:len(p.open)-1]
		return nil
	case c == '$' && p.at == len(p.text)-1:
		p.at++
		p.emit(node{op: opEnd})
		return nil
	case c == '%' && p.at+1 < len(p.text):
		if done, err := p.escape(p.text[p.at+1]); done || err != nil {
			return err
		}
	}
	set, err := p.single()
	if err != nil {
		return err
	}
	n := node{op: opSingle, set: set}
	if p.at < len(p.text) && strings.IndexByte("?*+-", p.text[p.at]) >= 0 {
		n.rep = p.text[p.at]
		p.at++
	}
	p.emit(n)
	return nil
}

func (p *patternParser) openCapture() error {
	n := p.out.captures
	if n == maxCaptures {
		return fmt.Errorf("more than %d captures", maxCaptures)
	}
	p.out.captures++
	p.at++
	if p.at < len(p.text) && p.text[p.at] == ')' {
		p.at++
		p.emit(node{op: opPosition, n: n})
		return nil
	}
	p.open = append(p.open, n)
	p.emit(node{op: opOpen, n: n})
	return nil
}

// escape reads the escapes that are no single bytes: %b, %f, %1 to %9.
func (p *patternParser) escape(c byte) (done bool, err error) {
	switch {
	case c == 'b':
		if p.at+3 >= len(p.text) {
			return true, fmt.Errorf("%%b needs two characters after it")
		}
		p.emit(node{op: opBalance, lo: p.text[p.at+2], hi: p.text[p.at+3]})
		p.at += 4
		return true, nil
	case c == 'f':
		p.at += 2
		if p.at >= len(p.text) || p.text[p.at] != '[' {
			return true, fmt.Errorf("%%f needs a [set] after it")
		}
		set, err := p.single()
		p.emit(node{op: opFrontier, set: set})
		return true, err
	case c >= '0' && c <= '9':
		n := int(c - '1')
		for _, open := range p.open {
			if open == n {
				n = -1
			}
		}
		if n < 0 || n >= p.out.captures {
			return true, fmt.Errorf("%%%c names no capture that is closed", c)
		}
		p.emit(node{op: opBack, n: n})
		p.at += 2
		return true, nil
	}
	return false, nil
}

// single reads what stands for one byte: a character, `.`, %x, or a [set].
func (p *patternParser) single() (*byteSet, error) {
	c := p.text[p.at]
	p.at++
	switch c {
	case '.':
		return &anyByte, nil
	case '%':
		if p.at == len(p.text) {
			return nil, fmt.Errorf("it ends with %%")
		}
		p.at++
		return &escaped[p.text[p.at-1]], nil
	case '[':
		return p.set()
	}
	return &onlyByte[c], nil
}

// set reads a [set] after its bracket.
func (p *patternParser) set() (*byteSet, error) {
	set := &byteSet{}
	negated := p.at < len(p.text) && p.text[p.at] == '^'
	if negated {
		p.at++
	}
	for first := true; ; first = false {
		if p.at >= len(p.text) {
			return nil, fmt.Errorf("a [ is not closed")
		}
		c := p.text[p.at]
		p.at++
		switch {
		case c == ']' && !first:
			if negated {
				set.invert()
			}
			return set, nil
		case c == '%':
			if p.at >= len(p.text) {
				return nil, fmt.Errorf("a [ is not closed")
			}
			set.merge(&escaped[p.text[p.at]])
			p.at++
		case p.at+1 < len(p.text) && p.text[p.at] == '-' && p.text[p.at+1] != ']':
			for b := int(c); b <= int(p.text[p.at+1]); b++ {
				set.add(byte(b))
			}
			p.at += 2
		default:
			set.add(c)
		}
	}
}

// classes are the letters after % that stand for many bytes, in the C locale.
var classes = map[byte]func(c byte) bool{
	'a': isLetter,
	'c': func(c byte) bool { return c < ' ' || c == 127 },
	'd': func(c byte) bool { return c >= '0' && c <= '9' },
	'l': func(c byte) bool { return c >= 'a' && c <= 'z' },
	'p': func(c byte) bool { return c > ' ' && c < 127 && !isLetter(c) && (c < '0' || c > '9') },
	's': func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
	'u': func(c byte) bool { return c >= 'A' && c <= 'Z' },
	'w': func(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' },
	'x': func(c byte) bool { return c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'f' },
	'z': func(c byte) bool { return c == 0 },
}

func isLetter(c byte) bool { return c|32 >= 'a' && c|32 <= 'z' }

// The sets that need no brackets: of one byte, of what %c stands for, and of all bytes.
var onlyByte, escaped, anyByte = byteSets()

func byteSets() (only, escaped [256]byteSet, all byteSet) {
	for c := range only {
		only[c].add(byte(c))
		escaped[c] = class(byte(c))
	}
	all.invert()
	return only, escaped, all
}

// class is what %c stands for: a class, its complement in upper case, or the character itself.
func class(c byte) (set byteSet) {
	in, ok := classes[c|32]
	if !ok || !isLetter(c) {
		set.add(c)
		return set
	}
	upper := c&32 == 0
	for b := range 256 {
		if in(byte(b)) != upper {
			set.add(byte(b))
		}
	}
	return set
}
