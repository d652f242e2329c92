package plugins_test

import (
	"testing"

	"fanflow/bench/mutation"
)

var mutations = []mutation.Mistake{
	{"a plugin has the scope of the script that requires it", "sandbox/scope.go", "fn.Env = s.env(in)", "fn.Env = s.env(Scope{})", "^TestScope$"},
	{"require hands out the library of the script", "sandbox/scope.go", "\t\ttable := s.env(in)\n", "\t\ttable := s.env(Scope{})\n", "^TestScope$"},
	{"print does not say whose it is", "sandbox/scope.go", "in, _ = ud.Value.(Scope)", "_, _ = ud.Value.(Scope)", "^TestScopeLog$"},
	{"a plugin's keys begin with its name without the colon", "manifest_read.go", `{r.m.Name + ":*"}`, `{r.m.Name + "*"}`, "^TestScope$"},
	{"what ends a glob need not end the key", "std/kv/kv.go", "return strings.HasSuffix(key, part)", "return strings.Contains(key, part)", "^TestMatch$"},
	{"permissions add to the plugin's own keys", "manifest_read.go", "\t\tr.m.KV = globs", "\t\tr.m.KV = append(r.m.KV, globs...)", "^TestScopeOfEach$"},
}

// TestMutations: each of these mistakes is found by the tests that are named for it.
func TestMutations(t *testing.T) { mutation.Try(t, mutations) }
