package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"fanflow/plugins/sandbox"
)

// flowSource is a flow of about 200 lines, nearly all of it tables, as flows are.
func flowSource() string {
	var b strings.Builder
	b.WriteString("local stock = require 'stock'\nreturn flow {\n  name = 'bench', title = '春季', first = 'greet',\n  triggers = { subscribe = true, text = { '领券' } },\n  states = {\n")
	for i := range 32 {
		fmt.Fprintf(&b, "    s%d = {\n      enter = { reply = '欢迎!回复 1 领券。', tag = 'new' },\n      on = {\n        text = { ['1'] = 's1', ['*'] = { reply = '请回复 1。' } },\n      },\n      after = { ['1d'] = 's2' },\n    },\n", i)
	}
	b.WriteString(`    issue = { enter = { run = function(fan, event)
      local kind, n = event.text:match("^(%a+)%s*(%d*)$")
      local code = stock.take("spring")
      fan.vars.code = code
      fan.vars.kind, fan.vars.n = kind, tonumber(n)
      return "您的券码:" .. code .. ",7 天内可用。"
    end } },
  },
}
`)
	return b.String()
}

// BenchmarkDecision is one decision: a new state, the flow's chunk and a plugin's, one handler. Budget: 200 µs and 210 KB on a quiet
// core, of which the VM takes nine tenths to build the flow's 200 tables.
func BenchmarkDecision(b *testing.B) {
	flow := compile(b, "bench.lua", flowSource())
	stock := compile(b, "stock.lua", "local M = { name = 'stock' }\nfunction M.take(pool) return string.format('%s-%04d', pool:upper(), 7) end\nreturn M")
	b.ReportAllocs()
	for b.Loop() {
		var root *lua.LTable
		s := sandbox.NewState(context.Background(), sandbox.Options{
			Require: func(string) (*sandbox.Program, error) { return stock, nil },
			Modules: map[string]sandbox.Module{"flow": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
				return s.L.NewFunction(func(L *lua.LState) int { root = L.CheckTable(1); L.Push(root); return 1 })
			}},
		})
		if _, err := s.Run(flow); err != nil {
			b.Fatal(err)
		}
		state := root.RawGetString("states").(*lua.LTable).RawGetString("issue").(*lua.LTable)
		fn := state.RawGetString("enter").(*lua.LTable).RawGetString("run").(*lua.LFunction)
		fan := sandbox.ToLua(s.L, map[string]any{"vars": map[string]any{}})
		event := sandbox.ToLua(s.L, map[string]any{"text": "coupon 12"})
		if v, err := s.Call(fn, 1, fan, event); err != nil || v[0].String() != "您的券码:SPRING-0007,7 天内可用。" {
			b.Fatal(v, err)
		}
		s.Close()
	}
}

func BenchmarkCompile(b *testing.B) {
	source := flowSource()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sandbox.Compile("bench.lua", source); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewState(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sandbox.NewState(context.Background(), sandbox.Options{}).Close()
	}
}
