package sandbox_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"fanflow/plugins/sandbox"
)

const stockSource = "local M = { name = 'stock' }\nfunction M.take(pool) return string.format('%s-%04d', pool:upper(), 7) end\nreturn M"

const (
	issued    = "您的券码:SPRING-0007,7 天内可用。"
	eventText = "coupon 12"
)

// decider makes one decision: a new state, the flow's chunk and a plugin's, one handler.
type decider func() (string, error)

// bareDecider is gopher-lua as it comes: its own base, table, string and math libraries, the source compiled as it stands, no context,
// no budget. The sizes of its stacks are ours.
func bareDecider(tb testing.TB, source string) decider {
	flow, stock := bareProto(tb, "bench.lua", source), bareProto(tb, "stock.lua", stockSource)
	return func() (string, error) {
		L := lua.NewState(lua.Options{CallStackSize: 200, RegistrySize: 256, RegistryMaxSize: 16384, RegistryGrowStep: 512, SkipOpenLibs: true})
		defer L.Close()
		for name, open := range map[string]lua.LGFunction{
			"": lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.StringLibName: lua.OpenString, lua.MathLibName: lua.OpenMath,
		} {
			L.Push(L.NewFunction(open))
			L.Push(lua.LString(name))
			L.Call(1, 0)
		}
		var root *lua.LTable
		L.SetGlobal("flow", L.NewFunction(func(L *lua.LState) int { root = L.CheckTable(1); L.Push(root); return 1 }))
		L.SetGlobal("require", L.NewFunction(func(L *lua.LState) int {
			L.Push(L.NewFunctionFromProto(stock))
			L.Call(0, 1)
			return 1
		}))
		L.Push(L.NewFunctionFromProto(flow))
		if err := L.PCall(0, 1, nil); err != nil {
			return "", err
		}
		fan, vars, event := L.NewTable(), L.NewTable(), L.NewTable()
		fan.RawSetString("vars", vars)
		event.RawSetString("text", lua.LString(eventText))
		err := L.CallByParam(lua.P{Fn: handler(root), NRet: 1, Protect: true}, fan, event)
		return L.Get(-1).String(), err
	}
}

func bareProto(tb testing.TB, file, source string) *lua.FunctionProto {
	tb.Helper()
	chunk, err := parse.Parse(strings.NewReader(source), file)
	if err != nil {
		tb.Fatal(err)
	}
	proto, err := lua.Compile(chunk, file)
	if err != nil {
		tb.Fatal(err)
	}
	return proto
}

func handler(root *lua.LTable) *lua.LFunction {
	state := root.RawGetString("states").(*lua.LTable).RawGetString("issue").(*lua.LTable)
	return state.RawGetString("enter").(*lua.LTable).RawGetString("run").(*lua.LFunction)
}

// ourDecider runs the program given, with all bounds.
func ourDecider(tb testing.TB, flow *sandbox.Program) decider {
	stock := compile(tb, "stock.lua", stockSource)
	gate := sandbox.NewGate(4, 1)
	once := func(pass *sandbox.Pass) (string, error) {
		var root *lua.LTable
		s := sandbox.NewState(context.Background(), sandbox.Options{
			Pass: pass, Tally: sandbox.NewTally(sandbox.Limits{}),
			Require: func(string) (*sandbox.Program, error) { return stock, nil },
			Modules: map[string]sandbox.Module{"flow": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
				return s.L.NewFunction(func(L *lua.LState) int { root = L.CheckTable(1); L.Push(root); return 1 })
			}},
		})
		defer s.Close()
		if _, err := s.Run(flow); err != nil {
			return "", err
		}
		fan := sandbox.ToLua(s.L, map[string]any{"vars": map[string]any{}})
		v, err := s.Call(handler(root), 1, fan, sandbox.ToLua(s.L, map[string]any{"text": eventText}))
		if err != nil {
			return "", err
		}
		return v[0].String(), nil
	}
	return func() (got string, err error) {
		err = gate.Run(context.Background(), func(pass *sandbox.Pass) (err error) {
			got, err = once(pass)
			return err
		})
		return got, err
	}
}

// deciders are the three ways of running a flow, in the order bare, whole, handlers.
func deciders(tb testing.TB, source string) []decider {
	flow := compile(tb, "bench.lua", source)
	return []decider{bareDecider(tb, source), ourDecider(tb, flow), ourDecider(tb, flow.Handlers())}
}

// emptySource is flowSource with a handler that does nothing: what is left is the overhead.
func emptySource() string {
	const head = "function(fan, event)"
	s := flowSource()
	return s[:strings.Index(s, head)+len(head)] + " " + strings.TrimLeft(s[strings.LastIndex(s, "    end } },"):], " ")
}

// workloads are the flows that decisions are measured by, with what their handler returns.
var workloads = []struct{ name, source, want string }{{"empty", emptySource(), "nil"}, {"coupon", flowSource(), issued}}

func decideWell(tb testing.TB, decide decider, want string) {
	if got, err := decide(); err != nil || got != want {
		tb.Fatal(got, err)
	}
}

// BenchmarkDecision is one decision, by gopher-lua as it comes, and by ours with the whole program and with its handlers.
func BenchmarkDecision(b *testing.B) {
	for _, load := range workloads {
		for i, name := range []string{"bare", "whole", "handlers"} {
			decide := deciders(b, load.source)[i]
			b.Run(load.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					decideWell(b, decide, load.want)
				}
			})
		}
	}
}

// BenchmarkRatio takes the three in turns and gives how many times as long as bare ours took, by the medians of 41 rounds. The aim
// is 1.3 at most.
func BenchmarkRatio(b *testing.B) {
	for _, load := range workloads {
		b.Run(load.name, func(b *testing.B) { ratio(b, load.source, load.want) })
	}
}

func ratio(b *testing.B, source, want string) {
	const rounds, each = 41, 20
	all := deciders(b, source)
	for b.Loop() {
		took := make([][]time.Duration, len(all))
		for range rounds {
			for i, decide := range all {
				start := time.Now()
				for range each {
					decideWell(b, decide, want)
				}
				took[i] = append(took[i], time.Since(start)/each)
			}
		}
		for i := range took {
			slices.Sort(took[i])
		}
		bare, whole, handlers := took[0][rounds/2], took[1][rounds/2], took[2][rounds/2]
		b.ReportMetric(float64(whole)/float64(bare), "whole/bare")
		b.ReportMetric(float64(handlers)/float64(bare), "handlers/bare")
		b.ReportMetric(float64(bare.Nanoseconds())/1000, "bare-µs")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHeld gives the live bytes of a State that is held: new, and with a flow of 200 lines run in it, whole or its handlers.
func BenchmarkHeld(b *testing.B) {
	const states = 200
	flow := compile(b, "bench.lua", flowSource())
	stock := compile(b, "stock.lua", stockSource)
	for _, c := range []struct {
		name    string
		program *sandbox.Program
	}{{"new", nil}, {"whole", flow}, {"handlers", flow.Handlers()}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				held := make([]*sandbox.State, states)
				before := liveBytes()
				for i := range held {
					held[i] = sandbox.NewState(context.Background(), sandbox.Options{
						Require: func(string) (*sandbox.Program, error) { return stock, nil },
						Modules: map[string]sandbox.Module{"flow": func(s *sandbox.State, _ sandbox.Scope) lua.LValue {
							return s.L.NewFunction(func(L *lua.LState) int { L.Push(L.CheckTable(1)); return 1 })
						}},
					})
					if c.program == nil {
						continue
					}
					if _, err := held[i].Run(c.program); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(liveBytes()-before)/states, "live-B/state")
				for _, s := range held {
					s.Close()
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// liveBytes collects garbage and gives the bytes that are left.
func liveBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
