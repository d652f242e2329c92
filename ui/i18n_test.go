package ui

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fanflow/store"
)

// TestCatalogues: the languages have the same keys with the same places to fill in.
func TestCatalogues(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{[a-z0-9]+\}`)
	zh, en := all["zh-CN"].text, all["en"].text
	if a, b := slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Fatalf("keys differ: %d and %d", len(a), len(b))
	}
	for key := range zh {
		a, b := place.FindAllString(zh[key], -1), place.FindAllString(en[key], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v and %v", key, a, b)
		}
	}
	for key, text := range en {
		if regexp.MustCompile(`\p{Han}`).MatchString(text) && key != "lang.switch" {
			t.Errorf("%s is Chinese in en.json: %s", key, text)
		}
	}
}

// families are keys that are put together when they are used.
var families = []string{
	"journal.", "why.", "status.", "channel.", "event.", "window.", "quota.", "job.", "error.", "js.", "place.", "tried.",
}

// TestKeys: what templates and code ask for is there, and what is there is asked for.
func TestKeys(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	en := all["en"].text
	used := map[string]bool{}
	quoted := regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9-]+)+|skip|next|cancel|logout)"`)
	call := regexp.MustCompile(`(?:\bt |\.t\()"([^"\n]+)"`)
	for _, pattern := range []string{"templates/*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllSubmatch(b, -1) {
				used[string(m[1])] = true
			}
			for _, m := range call.FindAllSubmatch(b, -1) {
				if _, ok := en[string(m[1])]; !ok {
					t.Errorf("%s uses %q, which the catalogues do not have", f, m[1])
				}
			}
		}
	}
	js, err := os.ReadFile("static/phone.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`say\("([^"]+)"`).FindAllSubmatch(js, -1) {
		if _, ok := en["js."+string(m[1])]; !ok {
			t.Errorf("phone.js uses %q, which the catalogues do not have", m[1])
		}
	}
	for key := range en {
		if !used[key] && !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) }) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// TestFamilies: every kind of entry, status and channel has words.
func TestFamilies(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	en := all["en"].text
	for kind := range icons {
		if _, ok := en["journal."+string(kind)]; !ok {
			t.Errorf("no words for entries of kind %s", kind)
		}
	}
	for _, s := range statuses {
		if _, ok := en["status."+string(s)]; !ok {
			t.Errorf("no words for status %s", s)
		}
	}
	for _, c := range []string{store.Passive, store.Customer, store.Template, store.Notice, store.Mass, store.Auto} {
		if _, ok := en["channel."+c]; !ok {
			t.Errorf("no words for channel %s", c)
		}
	}
}

// TestNoWordsElsewhere: templates, style and scripts hold no Chinese; the catalogues do.
func TestNoWordsElsewhere(t *testing.T) {
	for _, pattern := range []string{"templates/*", "static/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if found := regexp.MustCompile(`\p{Han}+`).Find(b); found != nil {
				t.Errorf("%s: %s", f, found)
			}
		}
	}
}

func TestNumberAndSpan(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567", -1234: "−1\u202f234"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q", n, got)
		}
	}
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int64]string{0: "0 s", 59: "59 s", 60: "1 min", 75: "1 min 15 s", 7200: "2 h", 90000: "1 d 1 h"} {
		if got := all["en"].span(n); got != want {
			t.Errorf("span(%d) = %q", n, got)
		}
	}
}
