// Package http is the Lua module http: what scripts read from other systems, and tell them. Reading ends in the decision, within a
// second; everything else is ordered and done after the decision is kept, and its answer comes as an event.
package http

import (
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
)

// Request is what a script wants done, as data. Its JSON is what a decision remembers it by: secrets are in it by name only.
type Request struct {
	Plugin  string            `json:"plugin,omitempty"` // whose script asks; empty: the flow's own
	Version int               `json:"version,omitempty"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]Sealed `json:"headers,omitempty"`
	Query   map[string]Sealed `json:"query,omitempty"`
	Form    map[string]Sealed `json:"form,omitempty"` // the body, URL-encoded
	Body    Sealed            `json:"body,omitempty"`
	Cache   time.Duration     `json:"cache,omitempty"` // how long an answer may be used again
}

// Order says how a request is done that the decision does not wait for.
type Order struct {
	As      string        // the name of its answer event; empty: the host
	Key     string        // the Idempotency-Key; empty: the job's id
	Expires time.Duration // after which it is not tried any more; 0: when its tries are used up
}

// Port is the way out.
type Port interface {
	// Fetch gives the answer to a reading request. What comes of the network is an answer too; the error is the script's fault.
	Fetch(r Request) (fetch.Answer, error)
	// Call orders a request and gives its id.
	Call(r Request, o Order) (id string, err error)
}

// Module is the module on a decision's way out. p may be nil: then every function fails, and says that no fan is being served.
func Module(p Port) sandbox.Module {
	return func(s *sandbox.State, in sandbox.Scope) lua.LValue {
		if p != nil {
			s.Bind(portKey{}, p)
		}
		if in == (sandbox.Scope{}) {
			return library.Module(s, in)
		}
		return sandbox.Describe(words, functions(in), nil).Module(s, in)
	}
}

type portKey struct{}

var library = sandbox.Describe(words, functions(sandbox.Scope{}), nil)

// functions are those of a scope: a request is its plugin's, whoever calls the function.
func functions(in sandbox.Scope) map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"get":    func(L *lua.LState) int { return get(L, in) },
		"post":   func(L *lua.LState) int { return call(L, in, "POST") },
		"put":    func(L *lua.LState) int { return call(L, in, "PUT") },
		"patch":  func(L *lua.LState) int { return call(L, in, "PATCH") },
		"delete": func(L *lua.LState) int { return call(L, in, "DELETE") },
	}
}

// port gives the way out; without one the script fails.
func port(L *lua.LState) (*sandbox.State, Port) {
	s := sandbox.From(L)
	p, ok := s.Bound(portKey{}).(Port)
	if !ok {
		s.Raise(errors.New("http can be used only while a fan is being served: call it inside of a function"))
	}
	return s, p
}

// get is http.get(url, options): reads, and gives the answer, or nil and what went wrong.
func get(L *lua.LState, in sandbox.Scope) int {
	s, p := port(L)
	r, _ := request(L, s, in, "GET")
	a, err := p.Fetch(r)
	if err != nil {
		s.Raise(fmt.Errorf("http.get: %w", err))
	}
	if a.Fault != "" {
		why := string(a.Fault) + ": " + a.Why
		s.Charge(int64(len(why)))
		L.Push(lua.LNil)
		L.Push(lua.LString(why))
		return 2
	}
	L.Push(newAnswer(s, a))
	return 1
}

// call is http.post(url, options) and its like: orders a request, and gives its id.
func call(L *lua.LState, in sandbox.Scope, method string) int {
	s, p := port(L)
	r, o := request(L, s, in, method)
	id, err := p.Call(r, o)
	if err != nil {
		s.Raise(fmt.Errorf("http.%s: %w", verbs[method], err))
	}
	L.Push(lua.LString(id))
	return 1
}

var verbs = map[string]string{"GET": "get", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
