package reference

import (
	"fmt"
	"slices"
	"strings"
)

// Languages of what [Markdown] writes.
const (
	English = "en"
	Chinese = "zh-CN"
)

// Markdown writes the whole set as a page's parts: what stands alone, the modules, the classes. lang is [English] or [Chinese].
func Markdown(s Set, lang string) []byte {
	var out strings.Builder
	for _, name := range s.Parts() {
		part, _ := s.Part(name, lang)
		fmt.Fprintf(&out, "<!-- generated: %s -->\n%s<!-- /generated -->\n\n", name, part)
	}
	return []byte(out.String())
}

// Parts names what [Set.Part] writes, all of it once: "globals", "module kv", "class Flow"; "events" is the class Event with all
// whose names begin with it.
func (s *Set) Parts() []string {
	parts := []string{"bounds", "globals"}
	for i := range s.Modules {
		parts = append(parts, "module "+s.Modules[i].Name)
	}
	for i := range s.Classes {
		name := "class " + s.Classes[i].Name
		if isEvent(s.Classes[i].Name) {
			name = "events"
		}
		if !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return parts
}

func isEvent(class string) bool { return class == "Event" || strings.HasPrefix(class, "Event.") }

// Part writes one of [Set.Parts]; ok is false where there is no such part.
func (s *Set) Part(name, lang string) (text string, ok bool) {
	w := &writer{zh: lang == Chinese}
	kind, of, _ := strings.Cut(name, " ")
	switch {
	case name == "bounds":
		w.line("| %s | %s |\n| --- | --- |", w.say("what", "什么"), w.say("most", "最多"))
		for _, b := range s.Bounds {
			w.line("| %s | %s |", cell(w.say(b.Doc, b.DocZH)), b.Most)
		}
		w.line("")
	case name == "globals":
		w.functions("", s.Globals)
		w.fields("", s.Values)
	case name == "events" && s.Class("Event") != nil:
		w.events(s)
	case kind == "module" && s.Module(of) != nil:
		w.module(s.Module(of))
	case kind == "class" && s.Class(of) != nil:
		w.class(s, s.Class(of))
	default:
		return "", false
	}
	return w.String(), true
}

// writer writes Markdown in one language.
type writer struct {
	strings.Builder
	zh bool
}

// say chooses the words of the language.
func (w *writer) say(en, zh string) string {
	if w.zh {
		return zh
	}
	return en
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// code makes code for a cell of a table.
func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

// cell makes words fit into a cell of a table, where less-than signs would begin tags and stars be swallowed.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`).Replace(s)
}

func (w *writer) module(m *Module) {
	w.line("%s\n", cell(w.say(m.Doc, m.DocZH)))
	w.functions(m.Name+".", m.Funcs)
	w.fields(m.Name+".", m.Values)
}

// functions writes a table of functions, and their examples as what stands in a function of a flow.
func (w *writer) functions(before string, funcs []Func) {
	if len(funcs) == 0 {
		return
	}
	w.line("| %s | %s |\n| --- | --- |", w.say("function", "函数"), w.say("what it does", "作用"))
	for _, f := range funcs {
		w.line("| %s | %s |", code(before+f.Signature()), cell(w.say(f.Doc, f.DocZH)))
	}
	w.line("")
	for _, f := range funcs {
		if f.Example != "" {
			w.line("```lua\n%s\n%s\n```\n", w.say("-- function:", "-- 函数:"), f.Example)
		}
	}
}

func (w *writer) fields(before string, fields []Param) {
	if len(fields) == 0 {
		return
	}
	w.line("| %s | %s |\n| --- | --- |", w.say("field", "字段"), w.say("what it is", "含义"))
	for _, f := range fields {
		w.line("| %s | %s |", code(before+f.brief()), cell(w.say(f.Doc, f.DocZH)))
	}
	w.line("")
}

// brief writes a field without the types of functions and tables of actions, which say nothing to people.
func (p Param) brief() string {
	if len(p.Type) <= 60 {
		return p.String()
	}
	name, _, _ := strings.Cut(p.String(), ":")
	return name
}

func (w *writer) class(s *Set, c *Class) {
	doc := cell(w.say(c.Doc, c.DocZH))
	if c.Parent != "" {
		doc += fmt.Sprintf(w.say(" All of %s can stand here, too.", "%s 的字段也可以写在这里。"), code(c.Parent))
	}
	w.line("%s\n", doc)
	w.fields("", c.Fields)
	before := strings.ToLower(c.Name[:1]) + c.Name[1:] + ":"
	w.functions(before, c.Methods)
}

// events writes one table of all events.
func (w *writer) events(s *Set) {
	c := s.Class("Event")
	w.line("%s\n", cell(w.say(c.Doc, c.DocZH)))
	w.fields("", c.Fields)
	w.line("| %s | %s | %s |\n| --- | --- | --- |", w.say("event", "事件"), w.say("when, and what a key is compared with", "何时，键与什么比较"), w.say("fields", "字段"))
	for i := range s.Classes {
		name, ok := strings.CutPrefix(s.Classes[i].Name, "Event.")
		if !ok {
			continue
		}
		var fields []string
		for _, f := range s.Classes[i].Fields {
			fields = append(fields, code(f.String())+" "+cell(w.say(f.Doc, f.DocZH)))
		}
		w.line("| %s | %s | %s |", code(name), cell(w.say(s.Classes[i].Doc, s.Classes[i].DocZH)), strings.Join(fields, "<br>"))
	}
	w.line("")
}
