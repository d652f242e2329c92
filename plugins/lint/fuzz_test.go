package lint_test

import (
	"strings"
	"testing"

	"fanflow/plugins/lint"
	"fanflow/plugins/sandbox"
)

// FuzzLint: whatever Compile takes is checked without a panic, and every finding stands at a line of the script.
func FuzzLint(f *testing.F) {
	for file := range scripts(f) {
		f.Add(read(f, file))
	}
	for _, deep := range []string{
		"return " + strings.Repeat("{", 190) + strings.Repeat("}", 190),
		"local a = a" + strings.Repeat(".b", 2000),
		"f" + strings.Repeat(` ""`, 2000) + "()",
		"if a then " + strings.Repeat("elseif a then ", 400) + "end",
		strings.Repeat("local a = a\n", 180) + "return a",
		strings.Repeat("local function f(a, b) ", 150) + strings.Repeat("end ", 150),
		"local M = {} M.a = M M.b = M.a.b M.hooks = M function M.hooks.hooks.every() M.config = M end return M",
		"local a a = function(f) return a(f) end return flow { enter = a, a = a, { a, { a } } }",
		"repeat local x = 1; goto done until x ::done:: return secrets.a .. secrets[1]",
	} {
		f.Add(deep)
	}
	worlds := []lint.World{world(lint.KindFlow), world(lint.KindPlugin), world(lint.KindBroadcast), {}}
	f.Fuzz(func(t *testing.T, source string) {
		if _, err := sandbox.Compile("x.lua", source); err != nil {
			return
		}
		lines := strings.Count(source, "\n") + strings.Count(source, "\r") + 1 // either ends one
		for _, w := range worlds {
			for _, found := range lint.Check("x.lua", source, w) {
				if found.Line < 1 || found.Line > lines || found.Msg == "" || len(found.Msg) > 1000 {
					t.Errorf("found %+v in %d lines", found, lines)
				}
			}
		}
		c, err := lint.Parse("x.lua", source)
		if err != nil {
			t.Fatal(err)
		}
		c.Module()
	})
}

// BenchmarkLint checks a flow of 200 lines with 30 functions, resolving and parsing included.
func BenchmarkLint(b *testing.B) {
	var s strings.Builder
	s.WriteString("local shops = require \"shops\"\nreturn flow { name = \"x\", first = \"s1\", states = {\n")
	for range 33 {
		s.WriteString(`  s1 = { on = { text = { ["1"] = { run = function(fan, event)
    local shop = shops.nearest(event.latitude, event.longitude)
    if shop and shop.metres < 3000 then fan:tag("near") end
    fan.vars.code = string.format("%s-%04d", shop.name:match("^%w+"), kv.increment("codes"))
    fan:reply("您的券码:" .. fan.vars.code .. time.date("+6d 22:00"))
  end } } } },
`)
	}
	s.WriteString("} }\n")
	w := world(lint.KindFlow)
	if _, err := sandbox.Compile("x.lua", s.String()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		lint.Check("x.lua", s.String(), w)
	}
}

// TestManyMistakes: a script of mistakes alone is looked through in bounded work, and shows as many as can be mended at once.
func TestManyMistakes(t *testing.T) {
	var tables, texts strings.Builder
	tables.WriteString("local t1 = { run = function(fan) end }\n")
	texts.WriteString("local t1 = \"\"\n")
	for i := 2; i < 100; i++ {
		tables.WriteString(strings.NewReplacer("N", strings.Repeat("I", i), "M", strings.Repeat("I", i-1)).Replace("local tN = { a = tM, b = tM, c = tM, d = tM }\n"))
		texts.WriteString(strings.NewReplacer("N", strings.Repeat("I", i), "M", strings.Repeat("I", i-1)).Replace("local tN = tM .. tM\n"))
	}
	last := "t" + strings.Repeat("I", 99)
	first := strings.NewReplacer("tI ", "t1 ", "tI,", "t1,", "tI\n", "t1\n")
	for name, source := range map[string]string{
		"fields of fields": "local a = a" + strings.Repeat(".b", 30000),
		"calls of calls":   "f" + strings.Repeat(` ""`, 20000) + "()",
		"elseif":           "if a then " + strings.Repeat("elseif a then ", 4000) + "end",
		"unknown names":    strings.Repeat("a()\n", 15000),
		"names and names":  strings.Repeat("do local b1, b2, b3 = a1 end\n", 2000),
		"members":          strings.Repeat("kv.a()\n", 8000),
		"shared tables":    first.Replace(tables.String()) + "return flow(" + last + ")",
		"shared texts":     first.Replace(texts.String()) + strings.Repeat("kv.get("+last+")\n", 100),
		"regular expressions": "return flow { states = { a = { on = { text = function(fan, event) local x = {" + strings.Repeat(`"/(?P<a>x)/",`, 1500) + "}\n" +
			strings.Repeat("x = event.b\n", 2000) + "end } } } }",
	} {
		w := world(lint.KindFlow)
		if n := strings.Count(check(t, source, w), "\n"); n > 200 {
			t.Errorf("%s: %d findings", name, n)
		}
	}
}
