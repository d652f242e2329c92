package plugins_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
)

// TestReference: what is described is what scripts find, and all of it.
func TestReference(t *testing.T) {
	set := plugins.Reference()
	var described []string
	for _, m := range set.Modules {
		described = append(described, m.Name)
		for _, f := range m.Funcs {
			h := newHost(library{"p@1": "return { member = function() return type(" + m.Name + "[\"" + f.Name + "\"]) end }"})
			got, err := evaluate(t, h, plugins.Run{Pins: map[string]int{"p": 1}, Port: newPort()}, "return require('p').member()")
			if err != nil || got != "function" {
				t.Errorf("%s.%s is a %s, %v", m.Name, f.Name, got, err)
			}
		}
	}
	for name := range plugins.Std(nil) {
		if !slices.Contains(described, name) {
			t.Errorf("module %s is not described", name)
		}
	}
	for _, f := range set.Globals {
		got, err := evaluate(t, newHost(library{}), plugins.Run{}, "return type("+f.Name+")")
		if err != nil || got != "function" {
			t.Errorf("%s is a %s, %v", f.Name, got, err)
		}
	}
}

// TestStdBudgets: whatever a script does with the standard modules without end, it is stopped by what it spends and not by the
// clock, before Go has allocated much.
func TestStdBudgets(t *testing.T) {
	const long = "local s = ('中'):rep(10000)\nlocal n = ('1'):rep(20000)\nlocal list = {}\nfor i = 1, 2000 do list[i] = { latitude = i / 100, longitude = 1 } end\n"
	for _, call := range []string{
		"crypto.sha256(s)", "crypto.hmac_sha256(s, s)", "crypto.base64(s)", "crypto.base64_decode(n)", "crypto.hex(s)", "crypto.hex_decode(n)", "crypto.random_token(64)",
		"geo.distance(1, 2, 3, 4)", "geo.nearest(list, 1, 1)", "geo.within(list, 1, 1, 1e9)",
		"json.encode(s)", "json.encode(list)", "json.decode(n)", "json.decode('[' .. ('1,'):rep(9000) .. '1]')", "json.list()",
		"kv.get('a')", "kv.set('a', s)", "kv.increment('a')", "kv.count('c')", "kv.delete('a')",
		"log.info(s)", "log.warn(1)", "print(s)",
		"text.trim(s)", "text.split(s)", "text.split(s, '中')", "text.fold(s)", "text.length(s)", "text.sub(s, 5000, 5001)", "text.contains(s, n)", "text.replace(s, '中', '文')",
		"text.width(s, 'narrow')", "text.width(n, 'wide')", "text.chinese(123456789)", "text.number(s)", "text.number('三百二十')", "text.greeting()", "text.escape_html(s)",
		"time.now()", "time.date('+6d 22:00')", "time.today()", "time.format('%F', 0)", "time.between('09:00', '10:00')",
	} {
		t.Run(call, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := plugins.Run{Port: newPort(), Limits: sandbox.DefaultLimits()}
			r.Limits.Time, r.Limits.Hard = time.Minute, time.Minute
			_, err := evaluate(t, newHost(library{}), r, long+"local keep = {}\nwhile true do keep[1] = "+call+" end")
			runtime.ReadMemStats(&after)
			var e *sandbox.Error
			if !errors.As(err, &e) || e.Kind != sandbox.KindBudget && e.Kind != sandbox.KindMemory {
				t.Fatalf("it ended by %v", err)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 160<<20 {
				t.Errorf("%d MB were allocated", n>>20)
			}
		})
	}
}
