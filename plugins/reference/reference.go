// Package reference holds the words that scripts can write, as data: the guide's reference, the editor's completion and the
// checks of scripts are all made of it. Each room describes its own words where it makes them.
package reference

// Param is an argument, a result, a value or a field.
type Param struct {
	Name     string `json:"name,omitempty"`
	Type     string `json:"type"` // as LuaLS writes it: string, number, string[], table<string, any>, Fan
	Doc      string `json:"doc,omitempty"`
	DocZH    string `json:"doc_zh,omitempty"`
	Optional bool   `json:"optional,omitempty"`
	Rest     bool   `json:"rest,omitempty"` // stands for any number of them
}

// Func is a function or a method.
type Func struct {
	Name    string  `json:"name"`
	Doc     string  `json:"doc"` // a sentence or a few: what it does, gives, refuses
	DocZH   string  `json:"doc_zh"`
	Params  []Param `json:"params,omitempty"`
	Returns []Param `json:"returns,omitempty"`
	Example string  `json:"example,omitempty"` // Lua that compiles and is checked
}

// Module is a library that scripts see as a global and can require.
type Module struct {
	Name   string  `json:"name"`
	Doc    string  `json:"doc"`
	DocZH  string  `json:"doc_zh"`
	Funcs  []Func  `json:"funcs,omitempty"`
	Values []Param `json:"values,omitempty"`
}

// Class is a kind of table or object: what its fields and methods are.
type Class struct {
	Name    string  `json:"name"`
	Doc     string  `json:"doc"`
	DocZH   string  `json:"doc_zh"`
	Fields  []Param `json:"fields,omitempty"`
	Methods []Func  `json:"methods,omitempty"`
	// Parent has fields and methods that this class has, too.
	Parent string `json:"parent,omitempty"`
	// Open classes may have other fields too.
	Open bool `json:"open,omitempty"`
}

// Bound is a limit that scripts have to keep.
type Bound struct {
	Doc   string `json:"doc"` // of what
	DocZH string `json:"doc_zh"`
	Most  string `json:"most"` // as people write it: 200,000 · 16 MB
}

// Set is all of it.
type Set struct {
	Globals []Func   `json:"globals"` // functions that stand alone: print, require, flow
	Values  []Param  `json:"values"`  // values that stand alone: _VERSION
	Modules []Module `json:"modules"`
	Classes []Class  `json:"classes"`
	Bounds  []Bound  `json:"bounds"`
}

// Class finds a class by its name; nil if there is none.
func (s *Set) Class(name string) *Class {
	for i := range s.Classes {
		if s.Classes[i].Name == name {
			return &s.Classes[i]
		}
	}
	return nil
}

// Module finds a module by its name; nil if there is none.
func (s *Set) Module(name string) *Module {
	for i := range s.Modules {
		if s.Modules[i].Name == name {
			return &s.Modules[i]
		}
	}
	return nil
}

// Members gives the fields and methods of a class with those of its parents, its own first.
func (s *Set) Members(class string) (fields []Param, methods []Func) {
	for c := s.Class(class); c != nil; c = s.Class(c.Parent) {
		fields = append(fields, c.Fields...)
		methods = append(methods, c.Methods...)
		if c.Parent == "" {
			break
		}
	}
	return fields, methods
}
