// Package sandbox runs Lua whose author is not trusted to have thought it through: one [State] for each decision, made new over
// a library kit that all share and none can change, under budgets that no script can talk its way out of.
//
// gopher-lua 1.1.2 as it comes stops none of the scripts in testdata/hostile. What stops them here:
//
//	what a script could do                          what keeps it from that
//	never end                                       the VM asks its context before every instruction: that context counts (meter.go)
//	hold on in one call of a library                own libraries that charge their steps; own pattern matcher (lib_*.go, pattern.go)
//	swallow its own end with pcall                  the end is a flag that the VM, pcall and every host function look at (Abort)
//	fill the memory                                 a ledger: programs are rewritten to charge what they allocate (rewrite.go, ledger.go)
//	overflow the parser's or the compiler's stack   size, depth and operators are counted on the tokens first (tokens.go)
//	reach files, processes, other decisions         those libraries do not exist; globals cannot be written; the kit is userdata (kit.go)
//	see a clock or chance that cannot be repeated   Options.Now, Options.Seed; tostring of a table is a number, not an address
//
// Rewriting also mends two faults of the VM's compiler: `a, b = b, a` on locals, and lists of more than 49 items with computed fields.
//
// Budgets stand around one another:
//
//	a State      Limits.Instructions, Limits.Bytes; Limits.Time for who had the processor, Limits.Hard for everybody (meter.go)
//	a decision   a Tally: all its States together, with what each question makes it run anew (gate.go)
//	all of them  a Gate: light runs, and the heavy ones, one at a time; who waits holds nothing and is done again (gate.go)
//
// What is held by all scripts is so bounded by the ledger, which must not be cheaper than the truth (honest_test.go): with 4 light places
// 4 + 16 MB. Who is heavy gives way every 200 µs, and rests three quarters of the time while others come.
//
// Every budget but the wall clock is exact: the same script with the same input stops at the same instruction on any machine. What the
// VM does within one instruction without asking is left to the clock: comparing long texts (== and <, up to 64 KB each) and using them
// as keys. A sort of them is charged.
//
// A flow's decision needs its functions alone: [Program.Handlers] leaves the data of the declaration out (prune.go). Building the tables
// of a long flow would take nine tenths of a decision's time.
package sandbox
