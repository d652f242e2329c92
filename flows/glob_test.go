package flows

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzGlob: what the stars of a pattern stand for makes, put back into the pattern, the text; a pattern takes what the regular
// expression that says the same takes.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{
		{"a*", "abc"},
		{"*-*", "A-B-C"},
		{"a*b*c", "axbyc"},
		{"**", "xY"},
		{"*ß*K", "AßBk"},
		{"İ*", "İstAN"},
		{"aa*aa", "aaa"},
		{"*", ""},
		{"ａ*", "Ａ b"},
		{"\xff*", "\xffz"},
		{"*\xff", "x\xff\xff"},
		{"Ⱥ*Ⱦ", "ⱥ1ⱦ"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		r := newRule("text", key, 1, nil)
		if len(r.words) != 1 || r.words[0] == "" {
			return
		}
		wide, low := spell("text", text)
		captures, ok := r.takes(wide, low)
		quoted := strings.ReplaceAll(regexp.QuoteMeta(r.words[0]), `\*`, `(.*?)`)
		if want := regexp.MustCompile(`(?s)^` + quoted + `$`).MatchString(low); want != ok && utf8.ValidString(low) {
			t.Fatalf("%q takes %q: %t, want %t", key, text, ok, want)
		}
		if !ok || r.rank != pattern {
			return
		}
		if want := strings.Count(r.words[0], "*"); len(captures) != want {
			t.Fatalf("%q of %q: %d captures, want %d", key, text, len(captures), want)
		}
		back, rest := "", r.words[0]
		for _, c := range captures {
			head, tail, _ := strings.Cut(rest, "*")
			back, rest = back+head+strings.ToLower(c), tail
			if !strings.Contains(wide, c) {
				t.Fatalf("%q of %q: captured %q, which does not stand there", key, text, c)
			}
		}
		if back += rest; back != low {
			t.Fatalf("%q of %q: put together again %q", key, text, back)
		}
	})
}

// FuzzExpression: a key between slashes is a sentence of check or has as many captures as groups.
func FuzzExpression(f *testing.F) {
	for _, s := range [][2]string{
		{`^(\d+)$`, "12"}, {"(a)|(b)", "B"}, {"(", "x"}, {"(?P<text>x)", "x"}, {"(?P<no>x)", "X"}, {`\xff`, "\xff"}, {"a{1001}", "a"}, {"()*", ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		r := newRule("text", "/"+expr+"/", 1, nil)
		if r.rank != expression || r.bad != nil {
			if r.bad != nil && !strings.Contains(r.bad.Error(), "regular expression") && !strings.Contains(r.bad.Error(), "group") {
				t.Fatalf("%q: %v", expr, r.bad)
			}
			return
		}
		wide, low := spell("text", text)
		captures, ok := r.takes(wide, low)
		if ok && len(captures) != r.re.NumSubexp() {
			t.Fatalf("%q of %q: %d captures, want %d", expr, text, len(captures), r.re.NumSubexp())
		}
		ev := (&event{Name: "text", Subject: text, Fields: map[string]any{"text": text}}).with(&r, captures)
		if ok && ev.field("text") != text {
			t.Fatalf("%q of %q changes the text to %q", expr, text, ev.field("text"))
		}
	})
}

// FuzzCircle: a circle holds its own middle at no distance, and a key that is none says so.
func FuzzCircle(f *testing.F) {
	for _, s := range []string{"31.2235,121.4457 3km", "0,0 1m", "-90,180 0.5 km", "1,2 NaNm", "1,2 Infkm", "1e3,0 1m", "1,2,3 4m", " 1, 2 3m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		c, err := readCircle(key)
		if err != nil {
			return
		}
		captures, ok := c.holds(placeText(c.Lat, c.Lon))
		if !ok || captures[0] != "0" {
			t.Fatalf("%q holds its middle: %v %v", key, captures, ok)
		}
	})
}
