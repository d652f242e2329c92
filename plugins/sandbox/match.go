package sandbox

import "strings"

// capture is a stretch of the subject; end is -1 for a position.
type capture struct{ start, end int }

// matcher tries a pattern on a subject.
type matcher struct {
	state    *State
	pattern  *pattern
	subject  string
	captures []capture
	few      [4]capture // where captures are, if these are enough
	steps    int
}

// stepsPerInstruction is how many comparisons of the matcher cost as much as one instruction of the VM.
const stepsPerInstruction = 8

// step counts comparisons, and charges them in portions.
func (m *matcher) step(n int) {
	if m.steps += n; m.steps >= 64*stepsPerInstruction {
		m.settle()
	}
}

func (m *matcher) settle() {
	n := m.steps / stepsPerInstruction
	m.steps -= n * stepsPerInstruction
	m.state.Spend(n)
}

// find gives the first match at or after init, -1 if there is none.
func (m *matcher) find(init int) (start, end int) {
	defer m.settle()
	for start = init; start <= len(m.subject); start++ {
		if end = m.match(0, start); end >= 0 {
			return start, end
		}
		if m.pattern.anchored {
			break
		}
	}
	return -1, -1
}

// match tries the nodes from i on at position at and gives the end of the match, -1 if there is none. It calls itself once for
// every node that may have to be tried again, so no deeper than the pattern is long.
func (m *matcher) match(i, at int) int {
	for ; i < len(m.pattern.nodes); i++ {
		n := &m.pattern.nodes[i]
		m.step(1)
		switch n.op {
		case opSingle:
			if n.rep != 0 {
				return m.repeat(i, at)
			}
			if at >= len(m.subject) || !n.set.has(m.subject[at]) {
				return -1
			}
			at++
		case opOpen, opClose, opPosition:
			return m.mark(i, at)
		case opBack:
			c := m.captures[n.n]
			if c.end < 0 || !strings.HasPrefix(m.subject[at:], m.subject[c.start:c.end]) {
				return -1
			}
			m.step(c.end - c.start)
			at += c.end - c.start
		case opBalance:
			if at = m.balance(n, at); at < 0 {
				return -1
			}
		case opFrontier:
			var before, after byte
			if at > 0 {
				before = m.subject[at-1]
			}
			if at < len(m.subject) {
				after = m.subject[at]
			}
			if n.set.has(before) || !n.set.has(after) {
				return -1
			}
		case opEnd:
			if at != len(m.subject) {
				return -1
			}
		}
	}
	return at
}

// mark notes a capture and takes the note back where the rest does not match.
func (m *matcher) mark(i, at int) int {
	n := &m.pattern.nodes[i]
	c := &m.captures[n.n]
	old := *c
	switch n.op {
	case opOpen:
		c.start = at
	case opClose:
		c.end = at
	default:
		*c = capture{at, -1}
	}
	end := m.match(i+1, at)
	if end < 0 {
		*c = old
	}
	return end
}

// repeat tries a node that may match several bytes: as many as possible first, for `-` as few.
func (m *matcher) repeat(i, at int) int {
	n := &m.pattern.nodes[i]
	least, most := 0, len(m.subject)-at
	switch n.rep {
	case '?':
		most = min(most, 1)
	case '+':
		least = 1
	}
	if n.rep == '-' {
		for count := 0; ; count++ {
			if end := m.match(i+1, at+count); end >= 0 {
				return end
			}
			if count >= most || !n.set.has(m.subject[at+count]) {
				return -1
			}
			m.step(1)
		}
	}
	count := 0
	for count < most && n.set.has(m.subject[at+count]) {
		count++
		m.step(1)
	}
	for ; count >= least; count-- {
		if end := m.match(i+1, at+count); end >= 0 {
			return end
		}
	}
	return -1
}

// balance gives the end of the balanced stretch that begins at at, -1 if there is none.
func (m *matcher) balance(n *node, at int) int {
	if at >= len(m.subject) || m.subject[at] != n.lo {
		return -1
	}
	depth := 1
	for i := at + 1; i < len(m.subject); i++ {
		m.step(1)
		switch m.subject[i] {
		case n.hi:
			if depth--; depth == 0 {
				return i + 1
			}
		case n.lo:
			depth++
		}
	}
	return -1
}
