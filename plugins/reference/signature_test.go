package reference_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/plugins/reference"
)

func TestFn(t *testing.T) {
	for signature, want := range map[string]reference.Func{
		"now()": {Name: "now"},
		"sub(s: string, last?: integer): string": {
			Name:    "sub",
			Params:  []reference.Param{{Name: "s", Type: "string"}, {Name: "last", Type: "integer", Optional: true}},
			Returns: []reference.Param{{Type: "string"}},
		},
		"pcall(f: fun(a: any, b: any): any, ...: any): boolean, any...": {
			Name:    "pcall",
			Params:  []reference.Param{{Name: "f", Type: "fun(a: any, b: any): any"}, {Name: "...", Type: "any", Rest: true}},
			Returns: []reference.Param{{Type: "boolean"}, {Type: "any", Rest: true}},
		},
		"arms(t: table<string, number>): table<string, any>?, integer?": {
			Name:    "arms",
			Params:  []reference.Param{{Name: "t", Type: "table<string, number>"}},
			Returns: []reference.Param{{Type: "table<string, any>", Optional: true}, {Type: "integer", Optional: true}},
		},
	} {
		got := reference.Fn(signature, "", "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", signature, diff)
		}
		if got.Signature() != signature {
			t.Errorf("%s is written as %s", signature, got.Signature())
		}
	}
	for _, bad := range []string{"", "f", "f(", "f(a)", "(a: any)", "f() any", "f(: any)"} {
		if !panics(func() { reference.Fn(bad, "", "") }) {
			t.Errorf("%q is taken for a signature", bad)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
