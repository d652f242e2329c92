package flows

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"fanflow/store"
)

// rank orders the ways in which a key can match: the specific beats the wildcard.
type rank int

const (
	anything   rank = iota // "*", or true
	expression             // "/^order (\d+)$/": in the order of the source
	pattern                // "store-*": the longest literal first
	number                 // "#"
	list                   // "是|好|ok"
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
	words   []string // of exact, list and pattern, folded
	literal int      // of what is no list: characters that are not "*"
	re      *regexp.Regexp
	around  *circle // of an event that has a place
	bare    bool    // stands under an event's name without any key: what has a place takes it as specific
	implied bool    // the last "*" of the pattern was not written
	bad     error   // why the key is none
	Do      *action // nil in triggers
}

// parted are the events whose subject has two parts, and what stands between them. A key may leave out the second.
var parted = map[string]string{"attr": "=", "sent": ":"}

// newRule reads a key. Only texts know lists ("a|b"), numbers ("#") and expressions ("/a+/").
func newRule(event, key string, line int, do *action) rule {
	r := rule{Key: key, Line: line, Do: do, rank: exact}
	text := event == "text"
	sep := parted[event]
	switch {
	case key == "*":
		r.rank = anything
	case placed[event]:
		r.around, r.bad = readCircle(key)
	case text && isExpression(key):
		r.rank = expression
		r.re, r.bad = readExpression(key)
	case text && key == "#":
		r.rank = number
	case text && !strings.Contains(key, "*") && strings.Contains(key, "|") && key != "|":
		r.rank = list
		for w := range strings.SplitSeq(key, "|") {
			r.words = append(r.words, foldFor(event, w))
		}
	case sep != "" && !strings.Contains(key, sep):
		r.rank, r.implied = pattern, true
		r.words = []string{foldFor(event, key) + sep + "*"}
	case strings.Contains(key, "*"):
		r.rank = pattern
		r.words = []string{foldFor(event, key)}
	default:
		r.words = []string{foldFor(event, key)}
	}
	if r.rank != list && len(r.words) > 0 {
		r.literal = utf8.RuneCountInString(strings.ReplaceAll(r.words[0], "*", ""))
	}
	if event == "sent" && r.bad == nil && r.rank != anything {
		r.bad = checkSentKey(key)
	}
	return r
}

// wholeRule is the rule of an action, or of true, that stands directly under an event's name.
func wholeRule(event string, line int, do *action) rule {
	r := newRule(event, "*", line, do)
	r.bare = placed[event]
	return r
}

// sortRules puts the specific before the general; what ties stays in the order given.
func sortRules(rules []rule) {
	slices.SortStableFunc(rules, func(a, b rule) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.literal, a.literal), cmp.Compare(a.around.radius(), b.around.radius()))
	})
}

// match gives the rule that takes the subject, or nil, and what its key has captured: of a pattern what each "*" stands for, of
// an expression its groups, of a circle the distance in metres.
func (m *matcher) match(subject string) (*rule, []string) {
	if m == nil {
		return nil, nil
	}
	wide, low := spell(m.Event, subject)
	for i := range m.Rules {
		r := &m.Rules[i]
		if captures, ok := r.takes(wide, low); ok {
			return r, captures
		}
		if m.Event == "goal" { // a goal is known by its name alone, too; no flow's name holds a dot
			_, name, _ := strings.Cut(low, ".")
			if captures, ok := r.takes(name, name); ok {
				return r, captures
			}
		}
	}
	return nil, nil
}

// takes looks at a subject as it was spelled, and folded.
func (r *rule) takes(wide, low string) (captures []string, ok bool) {
	switch {
	case r.rank == anything:
		return nil, true
	case r.around != nil:
		return r.around.holds(low)
	case r.re != nil:
		groups := r.re.FindStringSubmatch(wide)
		if groups == nil {
			return nil, false
		}
		return groups[1:], true
	case r.rank == number:
		return nil, isNumber(low)
	case r.rank == pattern:
		if !glob(r.words[0], low) {
			return nil, false
		}
		captures = stars(r.words[0], wide, low)
		if r.implied {
			captures = captures[:len(captures)-1]
		}
		return captures, true
	}
	return nil, slices.Contains(r.words, low)
}

// wild reports whether the rule takes whatever comes although the event says something particular, so that it must come after
// the rules of others. An event that says nothing, such as an image, can only be taken whole: that is specific, and so is a
// state that asks for a place, whichever.
func (r *rule) wild(ev *event) bool { return r.rank == anything && keyed[ev.Name] && !r.bare }

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

// stars gives what each "*" of a pattern that takes low stands for, the shortest from the left, in the letters of wide, of which
// low is the lower case.
func stars(pattern, wide, low string) []string {
	pieces := strings.Split(pattern, "*")
	from, last := len(pieces[0]), len(pieces)-1
	out := make([]string, 0, last)
	for i, p := range pieces[1:] {
		to := len(low) - len(p)
		if i+1 < last {
			to = from + strings.Index(low[from:], p)
		}
		out = append(out, cased(wide, low, from, to))
		from = to + len(p)
	}
	return out
}

// cased gives the characters of wide that stand where low[from:to] does. Both have as many characters, though not bytes.
func cased(wide, low string, from, to int) string {
	if wide == low {
		return wide[from:to]
	}
	at := func(n int) (i int) {
		for j := 0; j < n; {
			_, a := utf8.DecodeRuneInString(wide[i:])
			_, b := utf8.DecodeRuneInString(low[j:])
			i, j = i+a, j+b
		}
		return i
	}
	return wide[at(from):at(to)]
}

// maxExpression bounds a regular expression in bytes.
const maxExpression = 256

// isExpression reports whether a key is a regular expression between slashes.
func isExpression(key string) bool {
	return len(key) > 2 && strings.HasPrefix(key, "/") && strings.HasSuffix(key, "/")
}

// textFields are the fields of a text, which a group of an expression cannot be called.
var textFields = []string{"text", "menu_id", "article_id", "type", "created_at", "captures"}

// readExpression compiles an expression of RE2, which takes time linear in the text. It finds its words anywhere in the text,
// in upper and lower case.
func readExpression(key string) (*regexp.Regexp, error) {
	text := key[1 : len(key)-1]
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the regular expression is %d bytes; at most %d are allowed", len(text), maxExpression)
	}
	re, err := regexp.Compile("(?i)" + text)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("the regular expression is wrong: %s in %q", bad.Code, strings.TrimPrefix(bad.Expr, "(?i)"))
		}
		return nil, fmt.Errorf("the regular expression is wrong: %w", err)
	}
	for _, name := range re.SubexpNames() {
		if slices.Contains(textFields, name) {
			return nil, fmt.Errorf("the group %q has the name of a field that the event has already: call it otherwise", name)
		}
	}
	return re, nil
}

// foldFor makes what fans write comparable: without space around it, full-width forms (\uff11) as ASCII (1), letters in lower
// case. Of the results of sends the case and the space do not matter either; keys, scenes and names are compared as they are.
func foldFor(event, s string) string {
	_, low := spell(event, s)
	return low
}

// spell folds a subject: wide still has its upper case.
func spell(event, s string) (wide, low string) {
	switch event {
	case "sent":
		status, reason, parts := strings.Cut(strings.ToLower(s), ":")
		s = strings.TrimSpace(status)
		if parts {
			s += ":" + strings.TrimSpace(reason)
		}
		return s, s
	case "text":
	default:
		return s, s
	}
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c <= ' ' || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s, s
	}
	wide = strings.TrimSpace(strings.Map(halfWidth, s))
	return wide, strings.ToLower(wide)
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
	if !keyed[event] || placed[event] && key == "*" {
		return spoken(event)
	}
	return spoken(event) + " " + key
}

// hearing lets scripts and plain data see what the rule has captured of the event, until back is called.
func (d *decision) hearing(r *rule, captures []string) (back func()) {
	was := d.event
	d.event = was.with(r, captures)
	return func() { d.event = was }
}

// mayHear reports whether the enrollment may hear the event at all, whatever its rules: a send's result and a call's answer are
// told to the enrollment that ordered it, and no flow hears what it has told itself.
func (d *decision) mayHear(n *store.Enrollment) bool {
	if s := d.event.Settle; s != nil && (s.Flow != n.Flow || s.No != n.No) {
		return false
	}
	if c := d.event.Call; c != nil && (c.Flow != n.Flow || c.No != n.No) {
		return false
	}
	return n.Flow != d.event.Source
}
