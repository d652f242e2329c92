package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// Types of settings.
const (
	TypeString  = "string"
	TypeNumber  = "number"
	TypeBoolean = "boolean"
	TypeList    = "list"   // of texts
	TypeSecret  = "secret" // a text that no script ever sees
)

var fieldTypes = []string{TypeString, TypeNumber, TypeBoolean, TypeList, TypeSecret}

// fieldWords are what can be said of a setting.
var fieldWords = []string{"type", "title", "required", "default", "min", "max", "pattern", "enum"}

// config reads the schema of the plugin's settings, in the order of the script.
func (r *manifestReader) config(t *lua.LTable) {
	if r.many(t, "config", maxNames, "settings") {
		return
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		at := joinPath("config", k.String())
		key, isText := k.(lua.LString)
		spec, isTable := v.(*lua.LTable)
		switch {
		case !isText || badKey(string(key)):
			r.fail(at, "config has the key %s: a setting's name is a lower-case word, with digits and _ perhaps", k.String())
		case !isTable:
			r.fail(at, "%s is a %s; a setting is a table that says what it may be: %s = { type = \"string\", default = … }", at, v.Type(), string(key))
		case key == "join" && r.text(spec, at, "type") == TypeSecret:
			r.fail(at, "a secret cannot be called join: that is the function secrets.join")
		default:
			before := len(r.found)
			if f := r.field(string(key), at, spec); len(r.found) == before {
				r.m.Config = append(r.m.Config, f)
			}
		}
	}
}

// badKey reports whether a text cannot be the name of a setting: the environment writes it in capitals.
func badKey(s string) bool {
	return s == "" || len(s) > 64 || s[0] >= '0' && s[0] <= '9' || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != ""
}

func (r *manifestReader) field(name, at string, t *lua.LTable) Field {
	r.only(t, at, fieldWords...)
	f := Field{Name: name, Type: r.text(t, at, "type"), Title: r.text(t, at, "title"), Pattern: r.text(t, at, "pattern")}
	if !slices.Contains(fieldTypes, f.Type) {
		r.fail(at, "%s.type is %q; it must be one of %s", at, f.Type, strings.Join(fieldTypes, ", "))
		return f
	}
	switch v := t.RawGetString("required").(type) {
	case lua.LBool:
		f.Required = bool(v)
	case *lua.LNilType:
	default:
		r.fail(at+".required", "%s.required is a %s; it must be true or false", at, v.Type())
	}
	if n, ok := r.number(t, at, "min"); ok {
		f.Min = &n
	}
	if n, ok := r.number(t, at, "max"); ok {
		f.Max = &n
	}
	f.Enum, _ = r.texts(t, at, "enum")
	r.fits(&f, at)
	if v := t.RawGetString("default"); v != lua.LNil {
		r.standard(&f, at, v)
	}
	return f
}

// fits refuses words that say nothing about a setting of this type.
func (r *manifestReader) fits(f *Field, at string) {
	say := func(word string, set bool, types ...string) {
		if set && !slices.Contains(types, f.Type) {
			r.fail(joinPath(at, word), "%s.%s is for a setting of the type %s; this one is a %s", at, word, strings.Join(types, " or "), f.Type)
		}
	}
	say("min", f.Min != nil, TypeNumber)
	say("max", f.Max != nil, TypeNumber)
	say("pattern", f.Pattern != "", TypeString, TypeSecret, TypeList)
	say("enum", f.Enum != nil, TypeString, TypeList)
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		r.fail(joinPath(at, "min"), "%s: min is above max", at)
	}
	if f.Pattern != "" {
		if _, err := matches(f.Pattern, ""); err != nil {
			r.fail(joinPath(at, "pattern"), "%s.pattern: %v", at, err)
		}
	}
}

// standard reads the value that a setting has where the operator sets none.
func (r *manifestReader) standard(f *Field, at string, v lua.LValue) {
	at = joinPath(at, "default")
	switch {
	case f.Type == TypeSecret:
		r.fail(at, "%s: a secret has no default: it would stand in the script for everybody to read", at)
		return
	case f.Required:
		r.fail(at, "%s: a setting that is required has no use for a default", at)
		return
	}
	if list, isTable := v.(*lua.LTable); isTable && r.many(list, at, maxNames, "items") {
		return
	}
	data, err := sandbox.FromLua(v)
	if err == nil {
		if m, empty := data.(map[string]any); empty && len(m) == 0 && f.Type == TypeList {
			data = []any{}
		}
		_, isText := data.(string)
		if isText && f.Type != TypeString { // from the environment only
			err = fmt.Errorf("it is a text; it must be a %s", f.Type)
		} else if data, err = f.Value(data); err == nil {
			f.Default, err = json.Marshal(data)
		}
	}
	if err != nil {
		r.fail(at, "%s: %v", at, err)
	}
}

// Value gives what a script sees of a value that the operator has set: a string, float64, bool or a []any of texts. A text will
// do for any type where it reads as one, as the environment has nothing else: 1000, true, or a list with commas. The error is one
// sentence that does not name the field. It is not for secrets, see [Field.CheckSecret].
func (f *Field) Value(v any) (any, error) {
	got, ok := f.convert(v)
	if !ok {
		what := f.Type
		if what == TypeList {
			what = "list of texts"
		}
		return nil, fmt.Errorf("it is %s; it must be a %s", kindOf(v), what)
	}
	switch got := got.(type) {
	case string:
		return got, f.checkText(got)
	case float64:
		if f.Min != nil && got < *f.Min {
			return nil, fmt.Errorf("it is %v; it must be at least %v", got, *f.Min)
		}
		if f.Max != nil && got > *f.Max {
			return nil, fmt.Errorf("it is %v; it must be at most %v", got, *f.Max)
		}
	case []any:
		for _, item := range got {
			if err := f.checkText(item.(string)); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

// convert brings a value to the field's type.
func (f *Field) convert(v any) (any, bool) {
	text, isText := v.(string)
	switch f.Type {
	case TypeString:
		return text, isText
	case TypeNumber:
		n, ok := number(v)
		return n, ok && !math.IsNaN(n) && !math.IsInf(n, 0)
	case TypeBoolean:
		if isText {
			b, err := strconv.ParseBool(strings.TrimSpace(text))
			return b, err == nil
		}
		b, ok := v.(bool)
		return b, ok
	case TypeList:
		if isText {
			list := []any{}
			for part := range strings.SplitSeq(text, ",") {
				if part = strings.TrimSpace(part); part != "" {
					list = append(list, part)
				}
			}
			return list, true
		}
		list, ok := v.([]any)
		for _, item := range list {
			_, isText := item.(string)
			ok = ok && isText
		}
		return list, ok
	}
	return nil, false
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil
	}
	return 0, false
}

// kindOf names the type of a value as operators know it.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case bool:
		return "a boolean"
	case float64, int64, json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case nil:
		return "not set"
	}
	return "a date"
}

func (f *Field) checkText(v string) error {
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, v) {
		return fmt.Errorf("it is %q; it must be one of %s", v, strings.Join(f.Enum, ", "))
	}
	if f.Pattern == "" {
		return nil
	}
	ok, err := matches(f.Pattern, v)
	if err == nil && !ok {
		err = fmt.Errorf("it is %q; it must look like the Lua pattern %s", v, f.Pattern)
	}
	return err
}

// MinSecret is the shortest secret, in bytes: a shorter one could not be told from other text where it must be kept out.
const MinSecret = 8

// CheckSecret says what is wrong with the value of a secret, without saying the value.
func (f *Field) CheckSecret(v string) error {
	if len(v) < MinSecret {
		return fmt.Errorf("it is shorter than %d characters: it could not be kept out of logs", MinSecret)
	}
	if f.Pattern == "" {
		return nil
	}
	ok, err := matches(f.Pattern, v)
	if err != nil {
		return errors.New("it cannot be compared with its pattern")
	}
	if !ok {
		return fmt.Errorf("it does not look like the Lua pattern %s", f.Pattern)
	}
	return nil
}

var matching = func() *sandbox.Program {
	p, err := sandbox.Compile("pattern", "return function(text, pattern) return string.find(text, pattern) ~= nil end")
	if err != nil {
		panic(err)
	}
	return p
}()

// matches reports whether a text has what a Lua pattern describes.
func matches(pattern, text string) (bool, error) {
	s := sandbox.NewState(context.Background(), sandbox.Options{})
	defer s.Close()
	v, err := s.Run(matching)
	if err != nil {
		return false, err
	}
	fn, _ := v.(*lua.LFunction)
	out, err := s.Call(fn, 1, lua.LString(text), lua.LString(pattern))
	if err != nil {
		var e *sandbox.Error
		if errors.As(err, &e) {
			err = errors.New(e.Msg)
		}
		return false, err
	}
	return out[0] == lua.LTrue, nil
}
