package reference

import (
	"fmt"
	"strings"
)

// Fn describes a function by its signature, as Lua's completion shows it: "sub(s: string, first: integer, last?: integer): string".
// A question mark after a name or a result makes it optional, "...: any" and a result "any..." stand for any number; several
// results stand between commas. It panics where the signature is none: that is a mistake of the program.
func Fn(signature, doc, docZH string) Func {
	name, rest, ok := strings.Cut(signature, "(")
	end := closing(rest)
	if !ok || name == "" || end < 0 {
		panic(fmt.Sprintf("%q is no signature", signature))
	}
	f := Func{Name: name, Doc: doc, DocZH: docZH}
	for _, p := range split(rest[:end], ',') {
		f.Params = append(f.Params, Field(p, "", ""))
	}
	after := strings.TrimSpace(rest[end+1:])
	if after == "" {
		return f
	}
	results, ok := strings.CutPrefix(after, ":")
	if !ok {
		panic(fmt.Sprintf("%q: after the brackets stands a colon", signature))
	}
	for _, r := range split(results, ',') {
		p := Param{Type: r}
		if p.Type, ok = strings.CutSuffix(r, "..."); ok {
			p.Rest = true
		} else if p.Type, ok = strings.CutSuffix(r, "?"); ok {
			p.Optional = true
		}
		f.Returns = append(f.Returns, p)
	}
	return f
}

// Field describes a field, an argument or a value: "name: type", or "name?: type" where it may be left out.
func Field(field, doc, docZH string) Param {
	name, typ, ok := strings.Cut(field, ":")
	p := Param{Name: strings.TrimSpace(name), Type: strings.TrimSpace(typ), Doc: doc, DocZH: docZH}
	if !ok || p.Name == "" || p.Type == "" {
		panic(fmt.Sprintf("%q is no field: write name: type", field))
	}
	if p.Name == "..." {
		p.Rest = true
	} else if name, optional := strings.CutSuffix(p.Name, "?"); optional {
		p.Name, p.Optional = name, true
	}
	return p
}

// Signature writes the function as [Fn] reads it.
func (f Func) Signature() string {
	args := make([]string, len(f.Params))
	for i, p := range f.Params {
		args[i] = p.String()
	}
	out := f.Name + "(" + strings.Join(args, ", ") + ")"
	for i, r := range f.Returns {
		if i == 0 {
			out += ": "
		} else {
			out += ", "
		}
		out += r.Type
		switch {
		case r.Rest:
			out += "..."
		case r.Optional:
			out += "?"
		}
	}
	return out
}

// String writes the field as [Field] reads it; of a word without a type its name.
func (p Param) String() string {
	switch {
	case p.Type == "":
		return p.Name
	case p.Optional:
		return p.Name + "?: " + p.Type
	}
	return p.Name + ": " + p.Type
}

// closing finds the bracket that closes the one before s; -1 if none does.
func closing(s string) int {
	deep := 0
	for i, c := range s {
		switch c {
		case '(':
			deep++
		case ')':
			if deep--; deep < 0 {
				return i
			}
		}
	}
	return -1
}

// split divides s at the separators that stand in no bracket.
func split(s string, separator rune) (parts []string) {
	deep, from := 0, 0
	for i, c := range s {
		switch {
		case strings.ContainsRune("(<{[", c):
			deep++
		case strings.ContainsRune(")>}]", c):
			deep--
		case c == separator && deep == 0:
			parts = append(parts, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	if last := strings.TrimSpace(s[from:]); last != "" {
		parts = append(parts, last)
	}
	return parts
}

// With gives the function with an example: Lua that compiles and passes the checks of scripts.
func (f Func) With(example string) Func {
	f.Example = example
	return f
}
