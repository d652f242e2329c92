package http

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/fetch"
	"fanflow/plugins/sandbox"
)

// answer is what a script sees of an answer: status, ok, body, headers, and json, which is read when it is first looked at.
type answer struct {
	fetch.Answer
	body, headers, json lua.LValue // nil: not looked at yet
}

// noEnv is the environment that the VM asks for and never looks into.
var noEnv = &lua.LTable{Metatable: lua.LNil}

// answerMeta is shared by all answers and never changed.
var answerMeta = func() *lua.LTable {
	m := &lua.LTable{Metatable: lua.LNil}
	set := func(name string, fn lua.LGFunction) {
		m.RawSetString(name, &lua.LFunction{IsG: true, Env: noEnv, GFunction: fn})
	}
	set("__index", func(L *lua.LState) int { L.Push(answerField(L)); return 1 })
	set("__newindex", func(L *lua.LState) int {
		sandbox.From(L).Raise(errors.New("an answer cannot be changed: keep what you need in a local"))
		return 0
	})
	set("__tostring", func(L *lua.LState) int { L.Push(lua.LString("answer")); return 1 })
	m.RawSetString("__metatable", lua.LString("locked"))
	return m
}()

func newAnswer(s *sandbox.State, a fetch.Answer) *lua.LUserData {
	s.Charge(512 + 2*int64(len(a.Body)))
	return &lua.LUserData{Value: &answer{Answer: a}, Env: noEnv, Metatable: answerMeta}
}

func answerField(L *lua.LState) lua.LValue {
	s := sandbox.From(L)
	a, ok := L.CheckUserData(1).Value.(*answer)
	if !ok {
		s.Raise(errors.New("that is no answer"))
	}
	switch name := L.Get(2).String(); name {
	case "status":
		return lua.LNumber(a.Status)
	case "ok":
		return lua.LBool(a.Status >= 200 && a.Status < 300)
	case "body":
		if a.body == nil { // one text, however often it is asked for
			a.body = lua.LString(a.Body)
		}
		return a.body
	case "headers":
		if a.headers == nil {
			a.headers = sandbox.ToLua(L, a.Headers)
		}
		return a.headers
	case "json":
		if a.json == nil {
			a.json = a.decode(L, s)
		}
		return a.json
	default:
		s.Raise(fmt.Errorf("an answer has no field %q: it has status, ok, body, headers and json", name[:min(len(name), 40)]))
		return lua.LNil
	}
}

// decode reads the body as json.decode does; where it is no JSON the script fails, which pcall catches.
func (a *answer) decode(L *lua.LState, s *sandbox.State) lua.LValue {
	s.Spend(len(a.Body) / 16)
	s.Charge(8 * int64(len(a.Body)))
	v, err := sandbox.DecodeJSON(a.Body)
	if err != nil {
		s.Raise(fmt.Errorf("answer.json: %w", err))
	}
	return sandbox.ToLua(L, v)
}
