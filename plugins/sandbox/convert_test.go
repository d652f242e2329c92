package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

func TestToLua(t *testing.T) {
	s := sandbox.NewState(context.Background(), sandbox.Options{})
	defer s.Close()
	tests := map[string]struct {
		in   any
		want string // JSON of what FromLua gives back
	}{
		"nil":         {nil, `null`},
		"bool":        {true, `true`},
		"text":        {"中", `"中"`},
		"int":         {3, `3`},
		"exact":       {int64(1) << 53, `9007199254740992`},
		"id":          {int64(1)<<53 + 1, `"9007199254740993"`},
		"negative id": {-(int64(1)<<53 + 1), `"-9007199254740993"`},
		"float":       {0.5, `0.5`},
		"json number": {json.Number("24000000000000000001"), `"24000000000000000001"`},
		"json float":  {json.Number("1.5e3"), `1500`},
		"raw":         {json.RawMessage(`{"a":[1,{"b":9007199254740993}]}`), `{"a":[1,{"b":"9007199254740993"}]}`},
		"bad raw":     {json.RawMessage(`{`), `null`},
		"list":        {[]any{1, "a", []any{}}, `[1,"a",[]]`},
		"empty list":  {[]any{}, `[]`},
		"empty map":   {map[string]any{}, `{}`},
		"map":         {map[string]any{"b": 1, "a": map[string]any{"c": nil}}, `{"a":{},"b":1}`},
		"strings":     {[]string{"a", "b"}, `["a","b"]`},
		"string map":  {map[string]string{"a": "b"}, `{"a":"b"}`},
		"unknown":     {struct{}{}, `null`},
		"lua value":   {lua.LNumber(7), `7`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := sandbox.FromLua(sandbox.ToLua(s.L, tt.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(v)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestFromLua(t *testing.T) {
	deep := strings.Repeat("{", 32) + strings.Repeat("}", 32)
	tests := map[string]struct {
		source string
		want   any
		err    string
	}{
		"list":          {`{1, "a", true}`, []any{1.0, "a", true}, ""},
		"map":           {`{a = 1, b = {c = "d"}}`, map[string]any{"a": 1.0, "b": map[string]any{"c": "d"}}, ""},
		"empty":         {`{}`, map[string]any{}, ""},
		"twice":         {`(function() local t = {1} return {t, t} end)()`, []any{[]any{1.0}, []any{1.0}}, ""},
		"minus nought":  {`{-0.0, 0 * -1}`, []any{0.0, 0.0}, ""},
		"deep":          {deep, nil, ""},
		"too deep":      {"{" + deep + "}", nil, "tables stand more than 32 deep inside each other"},
		"cycle":         {`(function() local t = {} t.t = t return t end)()`, nil, "a table that contains itself cannot be kept"},
		"hole":          {`(function() local t = {1, 2, 3} t[2] = nil return t end)()`, nil, "the list has a hole at 2"},
		"mixed":         {`{1, a = 2}`, nil, "the table mixes list items with the key `a`: use two tables"},
		"number keys":   {`{[0] = 1}`, nil, "the key 0 is a number: keys are texts, or 1, 2, 3, … for a list"},
		"boolean keys":  {`{[true] = 1}`, nil, "the key true is a boolean: keys are texts, or 1, 2, 3, … for a list"},
		"function":      {`{print}`, nil, "a function cannot be kept: only texts, numbers, booleans and tables of them are data"},
		"library":       {`string`, nil, "a userdata cannot be kept: only texts, numbers, booleans and tables of them are data"},
		"not a number":  {`{0/0}`, nil, "the number nan cannot be kept: it is not finite"},
		"infinite":      {`-1/0`, nil, "the number -inf cannot be kept: it is not finite"},
		"too many":      {`(function() local t = {} for i = 1, 10001 do t[i] = i end return t end)()`, nil, "the list holds more than 10000 values"},
		"too many maps": {`(function() local t, u = {}, {} for i = 1, 200 do u[i] = i end for i = 1, 200 do t["k" .. i] = u end return t end)()`, nil, "the table holds more than 10000 values"},
		"too much text": {`{("x"):rep(40000), ("x"):rep(40000)}`, nil, "the value holds more than 64 KB of text"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sandbox.NewState(context.Background(), sandbox.Options{})
			defer s.Close()
			v, err := s.Run(compile(t, "s.lua", "return "+tt.source))
			if err != nil {
				t.Fatal(err)
			}
			got, err := sandbox.FromLua(v)
			if fmt.Sprint(err) != tt.err && !(err == nil && tt.err == "") {
				t.Fatalf("got error %v, want %s", err, tt.err)
			}
			if tt.want != nil && !cmp.Equal(got, tt.want) {
				t.Error(cmp.Diff(got, tt.want))
			}
		})
	}
}

// TestToLuaOrder: pairs walks what the host made in the order of its keys.
func TestToLuaOrder(t *testing.T) {
	fields := map[string]any{}
	for i := range 50 {
		fields[fmt.Sprintf("k%02d", i)] = i
	}
	for range 5 {
		o := sandbox.Options{Modules: map[string]sandbox.Module{"data": func(s *sandbox.State, _ sandbox.Scope) lua.LValue { return sandbox.ToLua(s.L, fields) }}}
		v, err := run(t, "s.lua", "local s = '' for k in pairs(data) do s = s .. k end return s", o)
		if err != nil || !strings.HasPrefix(v.String(), "k00k01k02k03") {
			t.Fatal(v, err)
		}
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `"\u0000"`, `9007199254740993`, `[`, `1e400`, strings.Repeat("[", 40), `{"a":1} x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := sandbox.DecodeJSON([]byte(text))
		if err != nil {
			return
		}
		s := sandbox.NewState(context.Background(), sandbox.Options{})
		defer s.Close()
		back, err := sandbox.FromLua(sandbox.ToLua(s.L, v))
		if err != nil {
			return // holes that null left
		}
		if _, err := json.Marshal(back); err != nil {
			t.Errorf("%q came back as what JSON cannot hold: %v", text, err)
		}
	})
}
