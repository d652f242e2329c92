package flows

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented gives the words in the first column of the tables of a section of docs/verbs.md, in order.
func documented(t *testing.T, section string) (words []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "verbs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/verbs.md has no section %q", section)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, m := range word.FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			words = append(words, m[1])
		}
	}
	return words
}

var word = regexp.MustCompile("`([^`]+)`")

// TestEveryWordIsDocumented: what scripts can write stands in docs/verbs.md, and nothing else; verbs in the order in which they
// are carried out.
func TestEveryWordIsDocumented(t *testing.T) {
	if got := documented(t, "Verbs"); !slices.Equal(got, verbs) {
		t.Errorf("verbs are %v, documented %v", verbs, got)
	}
	for section, words := range map[string][]string{
		"Messages": sortedKeys(riches), "Options": optionFields, "Cases": condFields, "Methods": fanMethods(), "Fields": fanFields,
	} {
		got := documented(t, section)
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(words)); !slices.Equal(got, want) {
			t.Errorf("%s: are %v, documented %v", section, want, got)
		}
	}
}
