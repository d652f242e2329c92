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
	// Open classes may have other fields too.
	Open bool `json:"open,omitempty"`
}

// Set is all of it.
type Set struct {
	Globals []Func   `json:"globals"` // functions that stand alone: print, require, flow
	Modules []Module `json:"modules"`
	Classes []Class  `json:"classes"`
}
