package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"fanflow/flows"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// specimen is a script that is right.
type specimen struct{ file, kind, source string }

// specimens are the examples, the tests of the language and those of the standard modules.
func specimens() (all []specimen, err error) {
	for _, g := range []struct{ glob, kind string }{
		{"examples/plugins/*.lua", store.KindPlugin},
		{"examples/broadcasts/*.lua", store.KindBroadcast},
		{"examples/*/*.lua", store.KindFlow},
		{"plugins/testdata/std/*.lua", store.KindPlugin},
		{"plugins/sandbox/testdata/lua/*.lua", store.KindPlugin},
	} {
		files, err := filepath.Glob(g.glob)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if g.kind == store.KindFlow && !strings.Contains(string(source), "return flow") {
				continue // a plugin or a broadcast
			}
			all = append(all, specimen{filepath.Base(file), g.kind, string(source)})
		}
	}
	if len(all) < 10 {
		return nil, fmt.Errorf("%d scripts to change (run from the root of the module)", len(all))
	}
	return all, nil
}

var token = regexp.MustCompile(`[A-Za-z_]\w*|\d+|"[^"\n]*"|'[^'\n]*'|[^\s\w]`)

// mutate changes a script by bytes or by tokens: dropped, doubled, exchanged, or put in from elsewhere.
func mutate(r *rand.Rand, source string) string {
	for range 1 + r.IntN(4) {
		if source == "" {
			return source
		}
		if r.IntN(3) == 0 {
			at := r.IntN(len(source))
			source = source[:at] + []string{"", string(rune(r.IntN(256))), source[at : at+1], source[at/2 : at]}[r.IntN(4)] + source[at+1:]
			continue
		}
		all := token.FindAllStringIndex(source, -1)
		if len(all) == 0 {
			continue
		}
		a, b := all[r.IntN(len(all))], all[r.IntN(len(all))]
		with := []string{
			"", source[a[0]:a[1]] + " " + source[a[0]:a[1]], source[b[0]:b[1]], "1e308", "-1", "nil", "{}", "(function() while true do end end)()", `("x"):rep(1e9)`,
			"...", "end", "function", "string", "'\\0'",
		}[r.IntN(14)]
		source = source[:a[0]] + with + source[a[1]:]
	}
	return source
}

// mutants lets n changed scripts be checked, pushed, published and used. Whatever they are, nothing may fail but they.
func mutants(ctx context.Context, e *flows.Engine, l *load, n int, seed uint64) error {
	all, err := specimens()
	if err != nil {
		return err
	}
	for _, s := range all { // as they are, so that what requires them finds them
		if s.kind == store.KindPlugin && !strings.Contains(s.source, "assert(") {
			if err := putKind(ctx, e, s.kind, s.file, s.source); err != nil {
				return err
			}
		}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range n {
		s := all[r.IntN(len(all))]
		source := mutate(r, s.source)
		if err := l.use(ctx, s.kind, s.file, source, fmt.Sprintf("mutant-%d", i%50)); err != nil {
			return fmt.Errorf("mutant %d of seed %d, from %s: %w\n%s", i, seed, s.file, err, source)
		}
		if i%50 == 0 {
			l.r.HeapMB = max(l.r.HeapMB, float64(live())/(1<<20)-l.r.StartMB)
		}
	}
	return ctx.Err()
}

// use takes a script all the way. The error is not the script's.
func (l *load) use(ctx context.Context, kind, file, source, openID string) error {
	l.r.Mutants++
	if _, _, err := l.engine.Check(ctx, account, kind, file, source); err != nil && !scriptFault(err) {
		return fmt.Errorf("check: %w", err)
	}
	if err := putKind(ctx, l.engine, kind, file, source); err != nil {
		if !scriptFault(err) {
			return err
		}
		return nil
	}
	l.r.Published++
	for _, word := range []string{"领券", "1", "帮助", "生日", "问卷"} {
		if _, err := l.say(ctx, openID, word); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return nil
}

// scriptFault reports whether an error says what is wrong with a script: all but those of the store and of fanflow itself.
func scriptFault(err error) bool {
	var bad *sandbox.Error
	var findings *flows.FindingsError
	var missing *flows.NotFoundError
	if errors.As(err, &bad) {
		return !strings.Contains(bad.Msg, "fanflow itself failed")
	}
	return errors.As(err, &findings) || errors.As(err, &missing) || strings.Contains(err.Error(), "which is not published")
}
