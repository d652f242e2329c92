package flows

import (
	"fmt"
	"math"
	"testing"
)

func price(weights ...float64) *experiment {
	x := &experiment{Name: "price"}
	for i, w := range weights {
		x.Arms = append(x.Arms, arm{string(rune('a' + i)), w})
	}
	return x
}

// moved draws for n fans and counts who went from an arm of x to an arm of y.
func moved(n int, x, y *experiment) map[string]int {
	to := map[string]int{}
	for i := range n {
		fan := fmt.Sprintf("o%08d-fan", i)
		to[variant("coupon", fan, x)+variant("coupon", fan, y)]++
	}
	return to
}

// TestVariantEditsMoveTheNecessaryShare: a weight edited moves fans into the arm that grew or out of the one that shrank, as many
// as must, and nobody between others.
func TestVariantEditsMoveTheNecessaryShare(t *testing.T) {
	const n = 100_000
	for name, c := range map[string]struct {
		from, to *experiment
		moves    map[string]float64 // of all fans
	}{
		"nothing":         {price(50, 50), price(50, 50), nil},
		"scaled":          {price(50, 50), price(1, 1), nil},
		"60 to 40":        {price(50, 50), price(60, 40), map[string]float64{"ba": 0.1}},
		"an arm more":     {price(50, 50), price(50, 50, 50), map[string]float64{"ac": 1. / 6, "bc": 1. / 6}},
		"an arm less":     {price(1, 1, 1), price(1, 1, 0), map[string]float64{"ca": 1. / 6, "cb": 1. / 6}},
		"one arm grows":   {price(1, 1, 2), price(1, 1, 6), map[string]float64{"ac": 0.125, "bc": 0.125}},
		"all go into one": {price(50, 50), price(0, 100), map[string]float64{"ab": 0.5}},
	} {
		got := moved(n, c.from, c.to)
		for way, k := range got {
			if _, may := c.moves[way]; !may && way[0] != way[1] {
				t.Errorf("%s: %d of %d fans went from %c to %c; want none", name, k, n, way[0], way[1])
			}
		}
		for way, share := range c.moves {
			if off := float64(got[way])/n - share; math.Abs(off) > 0.003 {
				t.Errorf("%s: %d of %d fans went from %c to %c; want %.1f %%", name, got[way], n, way[0], way[1], 100*share)
			}
		}
	}
}

// TestVariantSharesAreFair: chi-squared of the shares drawn stays below its 99.9 percent bound, for each number of arms, and so do
// the pairs of two experiments and of an experiment and the holdout: they are independent.
func TestVariantSharesAreFair(t *testing.T) {
	const n = 100_000
	bound := map[int]float64{1: 10.83, 2: 13.82, 3: 16.27, 5: 20.52, 7: 24.32}
	fair := func(what string, got map[string]int, want map[string]float64) {
		t.Helper()
		var chi float64
		for arm, share := range want {
			d := float64(got[arm]) - share*n
			chi += d * d / (share * n)
		}
		if chi > bound[len(want)-1] {
			t.Errorf("%s: chi-squared is %.1f over %v, want at most %.1f", what, chi, got, bound[len(want)-1])
		}
	}
	tone := &experiment{Name: "tone", Arms: []arm{{"kind", 1}, {"short", 1}}}
	h := &holdout{Share: 10}
	two, three, pairs, layer := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for i := range n {
		fan := fmt.Sprintf("o6_bmjrPTlm6_2sgVt7hMZOPf%06x", i)
		a, b := variant("coupon", fan, price(50, 30, 20)), variant("coupon", fan, tone)
		three[a]++
		two[b]++
		pairs[variant("coupon", fan, price(1, 1))+b]++
		layer[fmt.Sprint(b, h.holds("coupon", fan))]++
	}
	fair("three arms", three, map[string]float64{"a": 0.5, "b": 0.3, "c": 0.2})
	fair("two arms", two, map[string]float64{"kind": 0.5, "short": 0.5})
	fair("two experiments", pairs, map[string]float64{"akind": 0.25, "ashort": 0.25, "bkind": 0.25, "bshort": 0.25})
	fair("holdout", layer, map[string]float64{"kindtrue": 0.05, "shorttrue": 0.05, "kindfalse": 0.45, "shortfalse": 0.45})
}

// TestVariantIsSticky: salt and names decide, and nothing else; these fans have had these arms ever since.
func TestVariantIsSticky(t *testing.T) {
	for _, c := range []struct{ flow, fan, salt, want string }{
		{"coupon", "oA", "", "a"},
		{"coupon", "oB", "", "b"},
		{"coupon", "oC", "", "b"},
		{"drip", "oA", "", "a"},
		{"coupon", "oA", "2026", "b"},
		{"drip", "oA", "2026", "b"},
	} {
		x := price(50, 50)
		x.Salt = c.salt
		if got := variant(c.flow, c.fan, x); got != c.want {
			t.Errorf("fan %s in flow %s with salt %q has arm %q; want %q", c.fan, c.flow, c.salt, got, c.want)
		}
	}
	small, large := &holdout{Share: 5}, &holdout{Share: 20}
	for i := range 10_000 {
		fan := fmt.Sprint("fan", i)
		if small.holds("coupon", fan) && !large.holds("coupon", fan) {
			t.Fatalf("%s was held out and is not any more, as the share grew", fan)
		}
	}
	if (*holdout)(nil).holds("coupon", "oA") {
		t.Error("a flow without a holdout holds somebody out")
	}
}
