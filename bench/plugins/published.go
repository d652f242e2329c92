package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/wechat"
)

const account = "bench"

// source is a flow of 200 lines: 30 states with tables, and functions in each fifth.
func source(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "return flow { name = %q, title = \"春季\", first = \"s0\", triggers = { text = { %q } }, states = {\n", name, name)
	const states = 30
	for i := range states {
		run := ""
		if i%5 == 0 {
			run = "run = function(fan, event)\n      fan.vars.n = (fan.vars.n or 0) + 1\n      fan:reply(\"第 \" .. fan.vars.n .. \" 次\")\n    end"
		} else {
			run = "reply = \"欢迎！回复 1 领券。\",\n      tag = \"new\""
		}
		fmt.Fprintf(&b, "  s%d = {\n    enter = {\n      %s },\n    on = { text = { [\"1\"] = \"s%d\" } },\n  },\n", i, run, (i+1)%states)
	}
	b.WriteString("} }\n")
	return b.String()
}

// published publishes flows one after the other and tells what they take, in a service that has just started over them, too.
func published(ctx context.Context, count int) error {
	data := mem.New()
	if err := publish(ctx, data, count); err != nil {
		return err
	}
	before := live()
	engine, err := start(data)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := word(ctx, engine, count, "flow0"); err != nil {
		return err
	}
	fmt.Printf("| all of them compiled at the first word after a start, ms | %.0f |\n", ms(time.Since(begun)))
	fmt.Printf("| live bytes of each once compiled, KB | %.1f |\n", (live()-before)/1024/float64(count))
	fmt.Printf("| resident memory of the process, with their sources, MB | %.0f |\n", resident())
	runtime.KeepAlive(engine)
	return nil
}

// publish lets a fan write a word after each publication, which makes the engine take it up.
func publish(ctx context.Context, data store.Store, count int) error {
	engine, err := start(data)
	if err != nil {
		return err
	}
	begun, last := time.Now(), time.Duration(0)
	for i := range count {
		one := time.Now()
		name := fmt.Sprintf("flow%d", i)
		s, err := engine.Push(ctx, account, store.KindFlow, name+".lua", source(name), "bench")
		if err == nil {
			_, err = engine.Publish(ctx, s.ScriptID, s.Version, "bench")
		}
		if err == nil {
			err = word(ctx, engine, i, name)
		}
		if err != nil {
			return fmt.Errorf("publish %s: %w", name, err)
		}
		last = time.Since(one)
	}
	lines := strings.Count(source("x"), "\n")
	fmt.Printf("| push, publish and first word of %d flows of %d lines, ms each | %.2f (the last %.2f) |\n", count, lines, ms(time.Since(begun))/float64(count), ms(last))
	return nil
}

func start(data store.Store) (*flows.Engine, error) {
	return flows.New(flows.Config{Store: data, Now: time.Now, Accounts: []flows.Account{{Name: account}}})
}

// word lets a fan write a word.
func word(ctx context.Context, e *flows.Engine, id int, text string) error {
	_, err := e.Receive(ctx, account, &wechat.Push{
		FromUserName: "fan", CreateTime: time.Now().Unix(), MsgType: "text", MsgID: strconv.Itoa(id), Body: &wechat.Text{Content: text},
	})
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// live collects garbage and gives the bytes that are left.
func live() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// resident gives the resident memory of the process in MB; 0 where Linux does not tell it.
func resident() float64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}
