package plugins_test

import (
	"context"
	"fmt"
	"testing"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
)

// BenchmarkScope is a State with plugins in scopes of their own: what each adds, idle and with its kv used.
func BenchmarkScope(b *testing.B) {
	h := newHost(library{"a@1": "return { get = function(k) return kv.get(k) end }", "b@1": "return { get = function(k) return kv.get(k) end }", "c@1": "return { get = function(k) return kv.get(k) end }"})
	for _, tt := range []struct {
		name, source string
	}{
		{"none", "return 1"},
		{"one", "require 'a' return 1"},
		{"three", "require 'a' require 'b' require 'c' return 1"},
		{"one that reads", "return require('a').get('a:1')"},
		{"a flow that reads", "return kv.get('a:1')"},
	} {
		p, err := sandbox.Compile("s.lua", tt.source)
		if err != nil {
			b.Fatal(err)
		}
		r := plugins.Run{Pins: map[string]int{"a": 1, "b": 1, "c": 1}, Port: newPort()}
		b.Run(fmt.Sprint(tt.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := h.State(context.Background(), r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Run(p); err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
		})
	}
}
