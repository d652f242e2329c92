package ui

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// reason is a sentence of the engine or the outbox that holds what differs from case to case: "exit: {rule}".
type reason struct {
	key   string
	match *regexp.Regexp
	names []string // of its places, in order
}

const whyKeys = "why."

// blank is what a reason's key leaves open.
var blank = regexp.MustCompile(`\{[a-z0-9]+\}`)

// reasonsOf finds the reasons of a catalogue that have places to fill in. A place takes anything; the reason with the most
// words of its own is tried first.
func reasonsOf(text map[string]string) ([]reason, error) {
	var all []reason
	for key := range text {
		says, ok := strings.CutPrefix(key, whyKeys)
		if !ok || !blank.MatchString(says) {
			continue
		}
		r := reason{key: key}
		var pattern strings.Builder
		at := 0
		for _, span := range blank.FindAllStringIndex(says, -1) {
			pattern.WriteString(regexp.QuoteMeta(says[at:span[0]]) + "(.+?)")
			r.names = append(r.names, says[span[0]+1:span[1]-1])
			at = span[1]
		}
		pattern.WriteString(regexp.QuoteMeta(says[at:]))
		var err error
		if r.match, err = regexp.Compile("(?s)^" + pattern.String() + "$"); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		all = append(all, r)
	}
	own := func(r reason) int { return len(blank.ReplaceAllString(r.key, "")) }
	slices.SortFunc(all, func(a, b reason) int { return cmp.Or(cmp.Compare(own(b), own(a)), strings.Compare(a.key, b.key)) })
	return all, nil
}

// why says a reason. The engine's and the outbox's reasons are English sentences: the catalogue has them under the key that
// begins with "why.", as they are or with places. Of several, joined by a semicolon, each is said for itself. What begins with
// an event, such as "text 1", is a rule; what nobody knows stays as it is.
func (w *words) why(why string) string {
	if said, ok := w.text[whyKeys+why]; ok {
		return said
	}
	if said, ok := w.reason(why); ok {
		return said
	}
	if i := strings.LastIndex(why, reasonsJoin); i >= 0 {
		return w.why(why[:i]) + w.t("list.reasons") + w.why(why[i+len(reasonsJoin):])
	}
	return w.on(why)
}

// reasonsJoin stands between the reasons of a step that has several.
const reasonsJoin = "; "

// reason says one that has places to fill in. What stands in a place is never two reasons.
func (w *words) reason(why string) (string, bool) {
	for _, r := range w.reasons {
		found := r.match.FindStringSubmatch(why)
		if found == nil || slices.ContainsFunc(found[1:], func(part string) bool { return strings.Contains(part, reasonsJoin) }) {
			continue
		}
		var pairs []any
		for i, name := range r.names {
			pairs = append(pairs, name, w.part(name, found[i+1]))
		}
		return w.t(r.key, pairs...), true
	}
	return "", false
}

// part says what stands in a place of a reason: another reason, a rule, or a word of the flow's own.
func (w *words) part(name, said string) string {
	switch name {
	case "why", "rule":
		return w.why(said)
	case "time":
		if d, err := time.ParseDuration(said); err == nil {
			return w.span(int64(d.Seconds()))
		}
	case "status":
		return w.or("status."+said, said)
	}
	return said
}
