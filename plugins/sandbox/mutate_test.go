package sandbox_test

import (
	"testing"

	"fanflow/bench/mutation"
)

var mutations = []mutation.Mistake{
	{"instructions are not counted", "meter.go", "\t\tm.left--\n\t\tm.look--", "\t\tm.look--", "TestHostile/loops/loop$"},
	{"a decision's instructions are not counted", "meter.go", "\t\tt.Left -= n\n", "\t\tt.Left -= 0\n", "TestQuestionsAfterWork|TestPartsShareATally"},
	{"what loops allocate is free", "rewrite.go", "if cost := r.region.cost; cost > 0 {", "if cost := r.region.cost; cost < 0 {", "TestHostile/memory/loop_tables"},
	{"what a goto runs again is free", "rewrite.go", "n.Value = strconv.FormatInt(g.cost, 10)", "n.Value = strconv.FormatInt(0*g.cost, 10)", "TestHostile/memory/goto_tables"},
	{"texts have no longest length", "ledger.go", "\tif n > MaxString {", "\tif n > MaxString<<20 {", "TestHostile/memory/(concat_double|rep_huge)"},
	{"the matcher is free", "match.go", "if m.steps += n; m.steps", "if m.steps += 0 * n; m.steps", "TestHostile/texts/pattern_backtrack$"},
	{"globals may be written", "rewrite.go", "if !slices.Contains(r.locals, id.Value) {", "if false && !slices.Contains(r.locals, id.Value) {", "TestHostile/escapes/global_write"},
	{"the metatable of texts comes out", "kit.go", `"__index": str.members, "__metatable": lua.LString("locked")`, `"__index": str.members`, "TestHostile/escapes/string_metatable_pcall"},
	{"a stack that overflows in a tail call ends the process", "state.go", "err := s.protect(len(args), nret)", "err := s.L.PCall(len(args), nret, nil)", "TestHostile/memory/varargs_double"},
	{"nobody becomes heavy", "gate.go", "\tif p.isHeavy() {\n\t\treturn nil", "\tif true {\n\t\treturn nil", "TestHeavyRunsGoOneByOne"},
	{"who becomes heavy keeps the light place", "gate.go", "\t\tp.leave()\n\t\tp.place = p.gate.heavy", "\t\tp.place = p.gate.heavy", "TestHeavyRunsGoOneByOne|TestWhoGivesUpHoldsNoPlace|TestManyHeavyRuns"},
	{"who is turned away keeps the light place", "gate.go", "\t\tp.leave()\n\t}\n\treturn errTurned", "\t}\n\treturn errTurned", "TestTurnedAway|TestHeavyRunsGoOneByOne"},
	{"messages have any length", "error.go", "e.Msg = sentence(plainWords(e.Msg))", "e.Msg = plainWords(e.Msg)", "TestHostile/escapes/error_long"},
	{"the level of error counts error itself", "lib_base.go", "\t\tlevel++ //", "\t\tlevel += 0 //", "TestSuite/_lua5.1-tests/errors"},
	{"a handler of xpcall that fails gets out", "lib_base.go", "\t\tif s.protected(1) != nil {", "\t\tif L.Call(1, 1); false {", "TestSuite/_lua5.1-tests/errors"},
	{"^ in a set is not heeded", "pattern.go", "negated := p.at < len(p.text) && p.text[p.at] == '^'", "negated := p.at < len(p.text) && p.text[p.at] == '!'", "FuzzPattern|TestSuite/_lua5.1-tests/pm"},
	{"brackets stand as deep as they like", "tokens.go", "len(open) > maxNesting {", "len(open) > maxNesting<<20 {", "TestHostileSource/balanced"},
	{"a key costs a tenth", "rewrite.go", "costKey       = 144", "costKey       = 14", "TestLedgerIsHonest"},
	{"handlers lose a field that holds a function", "prune.go", "\tcase *ast.StringExpr, *ast.NumberExpr,", "\tcase *ast.FunctionExpr, *ast.StringExpr, *ast.NumberExpr,", "TestHandlers"},
	{"handlers lose items of lists", "prune.go", "return f.Key != nil && isConstant(f.Key) && isConstant(f.Value)", "return (f.Key == nil || isConstant(f.Key)) && isConstant(f.Value)", "TestHandlers"},
}

// TestMutations: each of these mistakes is found by the tests that are named for it.
func TestMutations(t *testing.T) { mutation.Try(t, mutations, "FANFLOW_HOSTILE_CLOCK=3s") }
