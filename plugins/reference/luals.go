package reference

import (
	"encoding/json"
	"fmt"
	"strings"
)

// JSON writes the set for programs, such as the completion of an editor.
func JSON(s Set) []byte {
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil { // texts and truth values: it cannot be
		panic(fmt.Sprintf("write the reference as JSON: %v", err))
	}
	return append(out, '\n')
}

// LuaLS writes the set as a definition file of the Lua language server, whose editors then complete and check scripts. The file
// declares and does nothing. Source: luals.github.io/wiki/definition-files and /annotations.
func LuaLS(s Set) []byte {
	var out strings.Builder
	out.WriteString("---@meta\n\n-- What scripts of fanflow can write, for the Lua language server. It is made of the program's own words; docs/lua.md says how to use it.\n")
	for i := range s.Classes {
		class(&out, &s.Classes[i])
	}
	for i := range s.Modules {
		module(&out, &s.Modules[i])
	}
	out.WriteByte('\n')
	for _, v := range s.Values {
		comment(&out, v.Doc, v.DocZH)
		fmt.Fprintf(&out, "---@type %s\n%s = nil\n", v.Type, v.Name)
	}
	for _, f := range s.Globals {
		function(&out, "", f)
	}
	return []byte(out.String())
}

func class(out *strings.Builder, c *Class) {
	out.WriteByte('\n')
	comment(out, c.Doc, c.DocZH)
	exact, parent := "(exact) ", ""
	if c.Open {
		exact = ""
	}
	if c.Parent != "" {
		parent = ": " + c.Parent
	}
	fmt.Fprintf(out, "---@class %s%s%s\n", exact, c.Name, parent)
	for _, f := range c.Fields {
		optional := ""
		if f.Optional {
			optional = "?"
		}
		fmt.Fprintf(out, "---@field %s%s %s %s %s\n", f.Name, optional, f.Type, f.Doc, f.DocZH)
	}
	if len(c.Methods) == 0 {
		return
	}
	fmt.Fprintf(out, "local %s = {}\n", c.Name)
	for _, f := range c.Methods {
		function(out, c.Name+":", f)
	}
}

func module(out *strings.Builder, m *Module) {
	out.WriteByte('\n')
	comment(out, m.Doc, m.DocZH)
	fmt.Fprintf(out, "---@class (exact) %slib\n", m.Name)
	for _, v := range m.Values {
		fmt.Fprintf(out, "---@field %s %s %s %s\n", v.Name, v.Type, v.Doc, v.DocZH)
	}
	fmt.Fprintf(out, "%s = {}\n", m.Name)
	for _, f := range m.Funcs {
		function(out, m.Name+".", f)
	}
}

func function(out *strings.Builder, before string, f Func) {
	out.WriteByte('\n')
	comment(out, f.Doc, f.DocZH)
	args := make([]string, len(f.Params))
	for i, p := range f.Params {
		args[i] = p.Name
		name := p.Name
		if p.Optional {
			name += "?"
		}
		fmt.Fprintf(out, "---@param %s %s", name, p.Type)
		if p.Doc != "" {
			fmt.Fprintf(out, " %s %s", p.Doc, p.DocZH)
		}
		out.WriteByte('\n')
	}
	for _, r := range f.Returns {
		typ := r.Type
		switch {
		case r.Rest:
			typ += " ..."
		case r.Optional:
			typ += "?"
		}
		fmt.Fprintf(out, "---@return %s\n", typ)
	}
	fmt.Fprintf(out, "function %s%s(%s) end\n", before, f.Name, strings.Join(args, ", "))
}

// comment writes both languages, for who reads either.
func comment(out *strings.Builder, doc, docZH string) {
	for _, text := range []string{doc, docZH} {
		if text != "" {
			fmt.Fprintf(out, "--- %s\n", strings.ReplaceAll(text, "\n", " "))
		}
	}
}
