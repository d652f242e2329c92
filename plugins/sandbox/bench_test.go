package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

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
