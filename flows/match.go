package flows

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"fanflow/store"
)

// rank orders the ways in which a key can match: the specific beats the wildcard.
type rank int

const (
	anything rank = iota // "*", or true
	pattern              // "store-*": the longest literal first
	number               // "#"
	list                 // "是|好|ok"
	exact
)

// matcher picks the rule for an event of one kind. Its rules stand in order of rank.
type matcher struct {
	Event string
	Line  int
	Rules []rule
}

// rule is one key of a matcher.
type rule struct {
	Key     string // as written; "*" for anything
	Line    int
	rank    rank
	words   []string // of exact and list, folded
	literal int      // of a pattern: characters that are not "*"
	Do      *action  // nil in triggers
}

// newRule reads a key. Only texts know lists ("a|b") and numbers ("#").
func newRule(event, key string, line int, do *action) rule {
	r := rule{Key: key, Line: line, Do: do, rank: exact}
	text := event == "text"
	switch {
	case key == "*":
		r.rank = anything
	case text && key == "#":
		r.rank = number
	case strings.Contains(key, "*"):
		r.rank = pattern
		r.literal = utf8.RuneCountInString(strings.ReplaceAll(key, "*", ""))
		r.words = []string{foldFor(event, key)}
	case text && strings.Contains(key, "|") && key != "|":
		r.rank = list
		for w := range strings.SplitSeq(key, "|") {
			r.words = append(r.words, foldFor(event, w))
		}
	default:
		r.words = []string{foldFor(event, key)}
	}
	return r
}

// sortRules puts the specific before the general; what ties stays in the order given.
func sortRules(rules []rule) {
	slices.SortStableFunc(rules, func(a, b rule) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.literal, a.literal))
	})
}

// match gives the rule that takes the subject, or nil, and what its key has captured.
func (m *matcher) match(subject string) (*rule, []string) {
	if m == nil {
		return nil, nil
	}
	s := foldFor(m.Event, subject)
	for i := range m.Rules {
		if m.Rules[i].takes(s) {
			return &m.Rules[i], nil
		}
	}
	return nil, nil
}

// takes looks at a folded subject.
func (r *rule) takes(s string) bool {
	switch r.rank {
	case anything:
		return true
	case number:
		return isNumber(s)
	case pattern:
		return glob(r.words[0], s)
	default:
		return slices.Contains(r.words, s)
	}
}

// wild reports whether the rule takes whatever comes although the event says something particular, so that it must come after
// the rules of others. An event that says nothing, such as an image, can only be taken whole: that is specific.
func (r *rule) wild(ev *event) bool { return r.rank == anything && keyed[ev.Name] }

// glob matches s against a pattern in which "*" stands for any run of characters, in time linear in each piece.
func glob(pattern, s string) bool {
	pieces := strings.Split(pattern, "*")
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(pieces) == 1 {
		return pattern == s
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, p := range pieces[1 : len(pieces)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

// foldFor makes what fans write comparable: without space around it, full-width forms (\uff11) as ASCII (1), letters in lower
// case. Only texts are folded; keys and scenes are compared as they are.
func foldFor(event, s string) string {
	if event != "text" {
		return s
	}
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c <= ' ' || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.ToLower(strings.TrimSpace(strings.Map(halfWidth, s)))
}

func halfWidth(r rune) rune {
	switch {
	case r >= '\uff01' && r <= '\uff5e':
		return r - '\uff01' + '!'
	case r == '\u3000':
		return ' '
	}
	return r
}

// isNumber takes 12, -3 and 4.5.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, frac, dot := strings.Cut(s, ".")
	return digits(whole) && (!dot || digits(frac))
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// ruleName is what the journal and the graph call a rule: "text 1", "location", "link offer-*".
func ruleName(event, key string) string {
	if !keyed[event] {
		return event
	}
	return event + " " + key
}

// hearing lets scripts and plain data see what the rule has captured of the event, until back is called.
func (d *decision) hearing(r *rule, captures []string) (back func()) {
	was := d.event
	d.event = was.with(r, captures)
	return func() { d.event = was }
}

// mayHear reports whether the enrollment may hear the event at all, whatever its rules: a send's result is told to the
// enrollment that ordered it, and no flow hears what it has told itself.
func (d *decision) mayHear(n *store.Enrollment) bool {
	if s := d.event.Settle; s != nil && (s.Flow != n.Flow || s.No != n.No) {
		return false
	}
	return n.Flow != d.event.Source
}
