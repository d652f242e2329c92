package http

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
	"fanflow/plugins/std/when"
)

const (
	maxFields  = 64 // headers, parameters
	costField  = 128
	maxKey     = 128
	maxAs      = 64
	maxExpires = 7 * 24 * time.Hour
)

// options of a reading request, and of an order.
var (
	readOptions = []string{"headers", "query", "cache"}
	callOptions = []string{"headers", "query", "form", "body", "json", "as", "key", "expires"}
)

// request reads the arguments of a function; what is wrong with them is the script's failure.
func request(L *lua.LState, s *sandbox.State, in sandbox.Scope, method string) (Request, Order) {
	r := Request{Plugin: in.Plugin, Version: in.Version, Method: method, URL: L.CheckString(1)}
	var o Order
	u, err := fetch.ParseURL(r.URL)
	if err == nil && !utf8.ValidString(r.URL) {
		err = fmt.Errorf("the URL %w", errBytes)
	}
	if err == nil {
		o.As = u.Hostname()
		r.URL = u.String()
		s.Charge(int64(len(r.URL)))
		err = options(s, L.Get(2), &r, &o)
	}
	if err != nil {
		s.Raise(fmt.Errorf("http.%s: %w", verbs[method], err))
	}
	return r, o
}

func options(s *sandbox.State, v lua.LValue, r *Request, o *Order) error {
	known := callOptions
	if r.Method == "GET" {
		known = readOptions
	}
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return fmt.Errorf("the options are a table such as { headers = {…} }, not a %s", v.Type())
	}
	return fields(s, t, func(name string, v lua.LValue) error {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no option %q: the options are %s", name, strings.Join(known, ", "))
		}
		if err := r.option(s, o, name, v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// option reads one of the options.
func (r *Request) option(s *sandbox.State, o *Order, name string, v lua.LValue) (err error) {
	switch name {
	case "headers":
		r.Headers, err = texts(s, v, fetch.CheckHeader)
	case "query":
		r.Query, err = texts(s, v, nil)
	case "form":
		if r.Body != nil {
			return errOneBody
		}
		r.Form, err = texts(s, v, nil)
		r.header("Content-Type", "application/x-www-form-urlencoded")
	case "body":
		if r.Body != nil || r.Form != nil {
			return errOneBody
		}
		r.Body, err = text(s, v)
	case "json":
		if r.Body != nil || r.Form != nil {
			return errOneBody
		}
		r.Body, err = jsonOf(s, v)
		r.header("Content-Type", "application/json")
	case "cache":
		r.Cache, err = duration(v, fetch.MaxCache)
	case "expires":
		o.Expires, err = duration(v, maxExpires)
	case "as":
		o.As, err = word(v, maxAs)
	case "key":
		o.Key, err = word(v, maxKey)
	}
	return err
}

// errBytes refuses what JSON, in which a request is kept, would change without a word.
var errBytes = errors.New("is no UTF-8 text: write the bytes as text first, as crypto.base64 does")

var errOneBody = errors.New("a request has one of body, json and form")

// header sets a header that the script has not.
func (r *Request) header(name, value string) {
	for have := range r.Headers {
		if strings.EqualFold(have, name) {
			return
		}
	}
	if r.Headers == nil {
		r.Headers = map[string]Sealed{}
	}
	r.Headers[name] = Plain(value)
}

func duration(v lua.LValue, most time.Duration) (time.Duration, error) {
	spec, ok := v.(lua.LString)
	if !ok {
		return 0, fmt.Errorf("it is a duration such as \"5m\", not a %s", v.Type())
	}
	d, err := when.ParseDuration(string(spec))
	if err == nil && (d <= 0 || d > most) {
		err = fmt.Errorf("%s is not between 1s and %dh", spec, int(most.Hours()))
	}
	return d, err
}

// word reads a name: of an answer, or a key.
func word(v lua.LValue, most int) (string, error) {
	s, ok := v.(lua.LString)
	if !ok || s == "" || len(s) > most || strings.ContainsFunc(string(s), func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return "", fmt.Errorf("it is a text of 1 to %d letters, digits and signs, without spaces", most)
	}
	return string(s), nil
}

// fields visits a table whose keys are texts, in their order.
func fields(s *sandbox.State, t *lua.LTable, visit func(name string, v lua.LValue) error) error {
	values := map[string]lua.LValue{}
	names := []string{}
	var wrong error
	s.Each(t, func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		switch {
		case wrong != nil:
		case !ok:
			wrong = fmt.Errorf("the names in it are texts, and one is a %s", k.Type())
		case len(names) == maxFields:
			wrong = fmt.Errorf("it has more than %d fields", maxFields)
		default:
			s.Charge(costField)
			names = append(names, string(name))
			values[string(name)] = v
		}
	})
	if wrong != nil {
		return wrong
	}
	slices.Sort(names)
	for _, name := range names {
		if err := visit(name, values[name]); err != nil {
			return err
		}
	}
	return nil
}

// texts reads a table of texts by name.
func texts(s *sandbox.State, v lua.LValue, check func(name string) string) (map[string]Sealed, error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("it is a table of texts by name, not a %s", v.Type())
	}
	out := map[string]Sealed{}
	err := fields(s, t, func(name string, v lua.LValue) error {
		if check != nil {
			if why := check(name); why != "" {
				return errors.New(why)
			}
		}
		if !utf8.ValidString(name) {
			return fmt.Errorf("a name in it %w", errBytes)
		}
		value, err := text(s, v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out[name] = value
		return nil
	})
	return out, err
}

// text reads a text, or what is sealed.
func text(s *sandbox.State, v lua.LValue) (Sealed, error) {
	switch v := v.(type) {
	case lua.LString:
		s.Charge(int64(len(v)))
		s.Spend(len(v) / 64)
		if !utf8.ValidString(string(v)) {
			return nil, fmt.Errorf("it %w", errBytes)
		}
		return Plain(string(v)), nil
	case lua.LNumber:
		return Plain(strconv.FormatFloat(float64(v), 'f', -1, 64)), nil
	case lua.LBool:
		return Plain(strconv.FormatBool(bool(v))), nil
	case *lua.LUserData:
		if sealed, ok := v.Value.(Sealer); ok {
			return sealed.Sealed(), nil
		}
	}
	return nil, fmt.Errorf("it is a text, a number or a secret, not a %s", v.Type())
}
